// Package relay tells a peer under which address the rest of the world sees it
// (STUN, RFC 8489), so that two peers behind NATs can find each other without
// anybody's else server.
//
// It answers Binding requests and nothing else: no allocation, no forwarding
// (TURN), no state. It learns that an address asked and when; it keeps and logs
// neither.
//
//	browser -- Binding request (20 bytes) --> relay
//	        <-- XOR-MAPPED-ADDRESS ----------
//
// The server is pion/turn without an authentication handler, which makes it
// STUN only; a guard in front lets nothing through to it but what has the form
// of a Binding request.
package relay

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/pion/logging"
	"github.com/pion/turn/v5"
)

// DefaultPort is the port that IANA gave to STUN.
const DefaultPort = 3478

// RFC 8489, 5.
const (
	headerSize     = 20
	bindingRequest = 0x0001
	magicCookie    = 0x2112A442
	messageMax     = 548 // bytes of a request: what a UDP packet carries everywhere, less is usual
)

// A Relay answers on one UDP address until Close.
type Relay struct {
	guard  *guard
	server *turn.Server
}

// Listen opens the UDP address ("host:port"; an empty host means every
// interface, port 0 any port) and answers on it.
func Listen(address string) (*Relay, error) {
	conn, err := net.ListenPacket("udp", address)
	if err != nil {
		return nil, fmt.Errorf("listen for STUN: %w", err)
	}
	return serve(conn)
}

func serve(conn net.PacketConn) (*Relay, error) {
	g := &guard{PacketConn: conn, done: make(chan struct{})}
	s, err := turn.NewServer(turn.ServerConfig{
		PacketConnConfigs: []turn.PacketConnConfig{{PacketConn: g}},
		Realm:             "beeline", // of no use without an authentication handler
		LoggerFactory:     &logging.DefaultLoggerFactory{Writer: io.Discard, DefaultLogLevel: logging.LogLevelDisabled},
	})
	if err != nil {
		_ = conn.Close()
		return nil, fmt.Errorf("start STUN: %w", err)
	}
	return &Relay{guard: g, server: s}, nil
}

// Addr returns the address that is answered on.
func (r *Relay) Addr() netip.AddrPort {
	a, _ := netip.ParseAddrPort(r.guard.LocalAddr().String())
	return a
}

// Close stops answering and waits until nothing reads any more. It may be
// called twice.
func (r *Relay) Close() {
	_ = r.server.Close() // says only that the connection was closed before
	<-r.guard.done
}

// URL returns "stun:host:port" for a client that reached this machine as host
// (a Host header, with or without a port), or "" where such a client can't
// reach the relay.
func (r *Relay) URL(host string) string { return urlFor(host, r.Addr()) }

func urlFor(host string, bound netip.AddrPort) string {
	name := host
	if h, _, err := net.SplitHostPort(host); err == nil {
		name = h
	}
	name = strings.TrimSuffix(strings.TrimPrefix(name, "["), "]")
	local := isLoopback(name)
	switch ip := bound.Addr().Unmap(); {
	case name == "" || !plain(name):
		return ""
	case ip.IsLoopback() && !local:
		return ""
	case !ip.IsLoopback() && !ip.IsUnspecified() && local:
		name = ip.String()
	}
	return "stun:" + net.JoinHostPort(name, strconv.Itoa(int(bound.Port())))
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

// A guard is the socket as the server sees it: only Binding requests.
type guard struct {
	net.PacketConn
	once sync.Once
	done chan struct{} // closed when ReadFrom has returned its error
}

// ReadFrom returns the next Binding request. Only a closed socket is an error:
// the server stops reading at the first.
func (g *guard) ReadFrom(b []byte) (int, net.Addr, error) {
	for {
		n, addr, err := g.PacketConn.ReadFrom(b)
		switch {
		case errors.Is(err, net.ErrClosed):
			g.once.Do(func() { close(g.done) })
			return 0, nil, err
		case err != nil: // an ICMP answer to an earlier packet, on some systems
			time.Sleep(time.Millisecond)
		case isBindingRequest(b[:n]):
			return n, addr, nil
		}
	}
}

// isBindingRequest reports whether b has the form of one: type, cookie, and a
// length that is the packet's.
func isBindingRequest(b []byte) bool {
	return len(b) >= headerSize && len(b) <= messageMax && len(b)%4 == 0 &&
		binary.BigEndian.Uint16(b) == bindingRequest &&
		int(binary.BigEndian.Uint16(b[2:])) == len(b)-headerSize &&
		binary.BigEndian.Uint32(b[4:]) == magicCookie
}
