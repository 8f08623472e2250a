// Package relay helps two peers behind NATs and firewalls to reach each other:
// it tells a peer under which address the rest of the world sees it (STUN, RFC
// 8489) and, where there is no other way, carries sealed packets between two of
// its own clients (TURN, RFC 8656), over UDP, TCP or TLS.
//
// It is no way to anywhere else. Packets go from one allocation to another
// inside this process; no socket is ever opened towards a peer, so the relay
// can't be used to reach a machine, a network or a cloud's metadata. It learns
// who uses it and how much; it keeps and logs neither.
//
//	browser A                    relay                      browser B
//	-- Binding request --------->
//	<- XOR-MAPPED-ADDRESS -------
//	-- Allocate, credential ---->  192.0.0.8:p
//	                               192.0.0.8:q  <--- Allocate, credential --
//	== sealed, UDP or TCP ======>  p -> q, capped  ======= UDP or TLS ======>
//
// The protocol is pion/turn's. Ours are the guard in front (what has not the
// form of a request is dropped unread), credentials, quotas, and the exchange
// between allocations.
package relay

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/pion/logging"
	"github.com/pion/turn/v5"

	"beeline/backend/handed"
)

// DefaultPort is what IANA gave to STUN and TURN.
const DefaultPort = 3478

// realm is in every answer that asks for a credential. It is short because such
// an answer goes to whoever sent a request, or seems to have.
const realm = "b"

// A Config says where to listen and what one client may have. Only Address must
// be set.
type Config struct {
	Address string // "host:port"; an empty host means every interface, port 0 any port
	// Relay carries packets as well (TURN), also over TCP at the same address.
	Relay bool
	// TLS adds TURN over TLS at TLSAddress. nil: none.
	TLS        *tls.Config
	TLSAddress string
	// Beside adds TURN over TLS on the page's own port: [Relay.Take] gets it from there.
	Beside bool
	Limits Limits // none set: DefaultLimits
	// ExemptLoopback gives clients on this machine no limits per address.
	ExemptLoopback bool
}

// Limits of the relay. PROTOCOL.md of signaling, 5.
type Limits struct {
	Rate        int           // bytes a second of one allocation in each direction; 0: no cap
	Allocations int           // in all
	PerAddress  int           // allocations of one IPv4 address or IPv6 /64, and TCP connections
	PerUser     int           // allocations with one credential: one a way to the relay, network of the client and connection
	Connections int           // over TCP and TLS, in all
	FirstWithin time.Duration // from a TCP connection to its first request
	IdleWithin  time.Duration // between two requests on it: allocations are refreshed every 10 min or earlier
	WriteWithin time.Duration // a TCP client that takes nothing for this long is dropped
}

// DefaultRate is the cap of one allocation, in bytes a second: 200 Mbit/s, just
// above what a browser's data channel carries at best.
const DefaultRate = 25_000_000

// DefaultLimits returns the limits of signaling/PROTOCOL.md 5.
func DefaultLimits() Limits {
	return Limits{
		Rate: DefaultRate, Allocations: 4096, PerAddress: 256, PerUser: 32, Connections: 4096,
		FirstWithin: 10 * time.Second, IdleWithin: 11 * time.Minute, WriteWithin: 10 * time.Second,
	}
}

// A Relay answers until Close.
type Relay struct {
	guard   *guard
	streams []*streams       // TCP, then TLS, then beside the page; none without TURN
	beside  *handed.Listener // nil: nothing comes from the page's port
	server  *turn.Server
	keys    *Credentials // nil without TURN
	tlsPort uint16       // 0: no TLS
	quota   *quota
	x       *exchange
}

// Stats are sums about all clients together.
type Stats struct {
	Allocations int    // there are now
	Refused     uint64 // allocations, by a quota
	Bytes       uint64 // carried
	Dropped     uint64 // packets
}

// Listen opens the addresses and answers on them.
func Listen(c Config) (*Relay, error) {
	if c.Limits == (Limits{}) {
		c.Limits = DefaultLimits()
	}
	for try := 0; ; try++ {
		r, err := open(c)
		if err != nil && try < 10 && c.Relay && strings.HasSuffix(c.Address, ":0") {
			continue // the free UDP port is taken for TCP
		}
		return r, err
	}
}

func open(c Config) (*Relay, error) {
	conn, err := net.ListenPacket("udp", c.Address)
	if err != nil {
		return nil, fmt.Errorf("listen for STUN: %w", err)
	}
	r := &Relay{guard: &guard{PacketConn: conn, turn: c.Relay, done: make(chan struct{})}}
	conf := turn.ServerConfig{
		PacketConnConfigs: []turn.PacketConnConfig{{PacketConn: r.guard}},
		Realm:             realm,
		InboundMTU:        packetMax + 1, // pion drops what fills its buffer
		LoggerFactory:     &logging.DefaultLoggerFactory{Writer: io.Discard, DefaultLogLevel: logging.LogLevelDisabled},
		// A client gets an IPv4 address whatever it came over, unless it asks for the
		// other: so who has IPv6 alone reaches who has IPv4 alone. RFC 8656, 7.2.
		StrictAddressFamily: true,
	}
	if c.Relay {
		err = r.addRelay(c, &conf)
	}
	if err == nil {
		r.server, err = turn.NewServer(conf)
	}
	if err != nil {
		_ = conn.Close()
		for _, s := range r.streams {
			_ = s.Listener.Close()
		}
		return nil, fmt.Errorf("start the relay: %w", err)
	}
	return r, nil
}

// addRelay adds to a STUN server what makes it a TURN server.
func (r *Relay) addRelay(c Config, conf *turn.ServerConfig) error {
	r.x = newExchange(c.Limits)
	r.keys = NewCredentials(nil)
	r.quota = newQuota(c.Limits, c.ExemptLoopback)
	if udp, ok := r.guard.PacketConn.(*net.UDPConn); ok {
		// All clients share it: what arrives while others are served must have room.
		_ = udp.SetReadBuffer(socketBuffer) // the system may give less
		_ = udp.SetWriteBuffer(socketBuffer)
	}
	conf.PacketConnConfigs[0].RelayAddressGenerator = r.x
	conf.PacketConnConfigs[0].PermissionHandler = r.x.permits
	conf.AuthHandler = r.keys.authorize
	conf.QuotaHandler = r.quota.allows
	conf.EventHandler = turn.EventHandler{OnAllocationCreated: r.quota.created, OnAllocationDeleted: r.quota.deleted}

	visits := newVisits(c.Limits.PerAddress, c.Limits.Connections, c.ExemptLoopback)
	serve := func(l net.Listener, over *tls.Config) {
		s := newStreams(l, over, c.Limits, visits)
		r.streams = append(r.streams, s)
		conf.ListenerConfigs = append(conf.ListenerConfigs, turn.ListenerConfig{Listener: s, RelayAddressGenerator: r.x, PermissionHandler: r.x.permits})
	}
	l, err := net.Listen("tcp", r.Addr().String())
	if err != nil {
		return err
	}
	serve(l, nil)
	if c.TLS != nil {
		if l, err = net.Listen("tcp", c.TLSAddress); err != nil {
			return err
		}
		serve(l, c.TLS)
		at, err := netip.ParseAddrPort(l.Addr().String())
		if err != nil {
			return err
		}
		r.tlsPort = at.Port()
	}
	if c.Beside {
		r.beside = handed.Listen(r.streams[0].Addr())
		serve(r.beside, nil) // TLS is on it already
	}
	return nil
}

// Take serves a connection that the page's own port accepted, with TLS on it,
// and that begins as TURN does. Its limits are those of every connection.
func (r *Relay) Take(c net.Conn) {
	if r.beside == nil {
		_ = c.Close()
		return
	}
	r.beside.Hand(c)
}

// socketBuffer is what the system may keep for the UDP socket, in bytes: about
// 40 ms of 100 MB/s.
const socketBuffer = 4 << 20

// Addr returns the address that is answered on, by UDP and, with TURN, by TCP.
func (r *Relay) Addr() netip.AddrPort {
	a, _ := netip.ParseAddrPort(r.guard.LocalAddr().String())
	return a
}

// TLSPort returns the port of TURN over TLS; 0: none.
func (r *Relay) TLSPort() uint16 { return r.tlsPort }

// Stats returns what happened so far. Without TURN it is zero.
func (r *Relay) Stats() Stats {
	if r.x == nil {
		return Stats{}
	}
	return Stats{
		Allocations: r.server.AllocationCount(), Refused: r.quota.refused.Load(),
		Bytes: r.x.bytes.Load(), Dropped: r.x.dropped.Load(),
	}
}

// Close stops answering and waits until nothing reads any more. It may be
// called twice.
func (r *Relay) Close() {
	_ = r.server.Close() // says only that a connection was closed before
	<-r.guard.done
	for _, s := range r.streams {
		s.wait()
	}
}

// URLs returns what a client that reached this machine as host (a Host header,
// with or without a port) may use: "stun:host:port" and, with TURN, the ways
// to the relay, the best first. It is empty where such a client can't reach it.
func (r *Relay) URLs(host string) []string {
	at := endpoint(host, r.Addr())
	if at == "" {
		return nil
	}
	urls := []string{"stun:" + at}
	if r.keys != nil {
		urls = append(urls, "turn:"+at+"?transport=udp", "turn:"+at+"?transport=tcp")
	}
	if r.beside != nil {
		name, port := splitHost(host)
		if port == "" {
			port = "443"
		}
		urls = append(urls, "turns:"+net.JoinHostPort(name, port)+"?transport=tcp")
	}
	if r.tlsPort != 0 {
		name, _, _ := net.SplitHostPort(at)
		urls = append(urls, "turns:"+net.JoinHostPort(name, strconv.Itoa(int(r.tlsPort)))+"?transport=tcp")
	}
	return urls
}

// Credential returns a fresh user name and password for the relay. Without TURN
// they are empty.
func (r *Relay) Credential() (username, password string) {
	if r.keys == nil {
		return "", ""
	}
	return r.keys.Make(TTL)
}

// endpoint returns "host:port" of what is bound, for a client that reached this
// machine as host.
func endpoint(host string, bound netip.AddrPort) string {
	name, _ := splitHost(host)
	local := isLoopback(name)
	switch ip := bound.Addr().Unmap(); {
	case name == "" || !plain(name):
		return ""
	case ip.IsLoopback() && !local:
		return ""
	case !ip.IsLoopback() && !ip.IsUnspecified() && local:
		name = ip.String()
	}
	return net.JoinHostPort(name, strconv.Itoa(int(bound.Port())))
}

// splitHost takes a Host header apart; without a port that is empty.
func splitHost(host string) (name, port string) {
	if h, p, err := net.SplitHostPort(host); err == nil {
		return h, p
	}
	return strings.TrimSuffix(strings.TrimPrefix(host, "["), "]"), ""
}

func isLoopback(name string) bool {
	ip, err := netip.ParseAddr(name)
	return strings.EqualFold(name, "localhost") || err == nil && ip.Unmap().IsLoopback()
}

// plain reports whether name has only what names and addresses are made of, and
// fits into an ICE answer.
func plain(name string) bool {
	for _, c := range []byte(name) {
		if !('a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || strings.IndexByte("-.:", c) >= 0) {
			return false
		}
	}
	return len(name) <= 240
}

var errTCP = errors.New("relay: it carries datagrams only")
