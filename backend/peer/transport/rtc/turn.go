package rtc

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"time"

	"beeline/wasm/session"
)

// relayWithin is how long it may take to reach a relay over TCP, handshake of
// TLS included: where a firewall drops what it does not like nobody answers ever.
const relayWithin = 5 * time.Second

// alpnTURN is how a TURN client names itself in a TLS handshake. RFC 7443.
const alpnTURN = "stun.turn"

// relays makes the connections to TURN servers over TCP and TLS that pion/ice v2
// can't: to an address of IPv6, and with certificates that this program was told
// to trust. It is what pion calls a dialer for proxies: pion is given an address
// that stands for a server (RFC 5737, nobody has it) and asks for a connection
// to that; who is meant is known here.
//
//	turns:relay.example:443?transport=tcp ─▶ pion is told turn:192.0.2.1:1?transport=tcp
//	pion dials 192.0.2.1:1                ─▶ TLS to relay.example:443, IPv4 or IPv6
type relays struct {
	trust   *tls.Config     // of the server; nil: the system's authorities
	gone    context.Context // ends with the connection that they are for
	servers []relayServer
}

// A relayServer is what a URL of TURN over TCP names.
type relayServer struct {
	address string // host:port
	tls     bool
}

const standIn = "192.0.2.1"

// replace returns the URLs as pion is told them.
func (r *relays) replace(urls []string) []string {
	told := make([]string, 0, len(urls))
	for _, url := range urls {
		s, ok := parseRelay(url)
		if ok && !s.mayBe() {
			continue // not even by pion
		}
		if ok {
			r.servers = append(r.servers, s)
			url = fmt.Sprintf("turn:%s:%d?transport=tcp", standIn, len(r.servers))
		}
		told = append(told, url)
	}
	return told
}

// parseRelay reads the URL of a TURN server that is reached over TCP. The others
// are pion's. What a URL may look like was judged before (signaling/wire).
func parseRelay(url string) (s relayServer, ok bool) {
	rest, secure := strings.CutPrefix(url, "turns:")
	if !secure {
		if rest, ok = strings.CutPrefix(url, "turn:"); !ok {
			return s, false
		}
	}
	where, query, _ := strings.Cut(rest, "?")
	if query != "transport=tcp" && (query != "" || !secure) { // turns: without a word is TCP
		return s, false
	}
	host, port, err := net.SplitHostPort(where)
	if err != nil {
		host, port = strings.Trim(where, "[]"), "3478"
		if secure {
			port = "5349"
		}
	}
	return relayServer{net.JoinHostPort(host, port), secure}, host != "" && !strings.ContainsAny(host, "[]")
}

// mayBe says whether a relay may be at such a port: who runs the hub names it, and
// must not have this program knock at the mail server of its network. Browsers hold
// the same (signaling/PROTOCOL.md 3.2).
func (s relayServer) mayBe() bool {
	_, port, _ := net.SplitHostPort(s.address)
	n, err := strconv.ParseUint(port, 10, 16)
	return err == nil && (n == 80 || n == 443 || n >= 1024)
}

// Dial connects to the server that an address stands for.
func (r *relays) Dial(_, standsFor string) (net.Conn, error) {
	host, number, _ := net.SplitHostPort(standsFor)
	n, err := strconv.Atoi(number)
	if err != nil || host != standIn || n < 1 || n > len(r.servers) {
		return nil, errors.New("peer: no such relay")
	}
	ctx, cancel := context.WithTimeout(r.gone, relayWithin)
	defer cancel()
	s := r.servers[n-1]
	var d net.Dialer
	if !s.tls {
		return d.DialContext(ctx, "tcp", s.address)
	}
	config := &tls.Config{}
	if r.trust != nil {
		config = r.trust.Clone()
	}
	config.NextProtos = []string{alpnTURN}
	return (&tls.Dialer{NetDialer: &d, Config: config}).DialContext(ctx, "tcp", s.address)
}

// with returns the servers of a connection as pion is told them.
func (r *relays) with(servers []session.ICEServer) []session.ICEServer {
	told := make([]session.ICEServer, len(servers))
	for i, s := range servers {
		told[i] = s
		told[i].URLs = r.replace(s.URLs)
	}
	return told
}
