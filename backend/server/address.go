package server

import (
	"net"
	"net/netip"
	"sync"

	"github.com/labstack/echo/v4"
)

// ipExtractor decides whom a request comes from. A client writes what it likes
// into X-Forwarded-For, so that header counts only where a proxy that the
// operator named has added to it; the client is the last address in it that is
// no such proxy.
func (s *Server) ipExtractor() echo.IPExtractor {
	if len(s.config.TrustedProxies) == 0 {
		return echo.ExtractIPDirect()
	}
	trust := []echo.TrustOption{echo.TrustLoopback(false), echo.TrustLinkLocal(false), echo.TrustPrivateNet(false)}
	for _, p := range s.config.TrustedProxies {
		p = p.Masked()
		trust = append(trust, echo.TrustIPRange(&net.IPNet{
			IP:   p.Addr().AsSlice(),
			Mask: net.CIDRMask(p.Bits(), p.Addr().BitLen()),
		}))
	}
	return echo.ExtractIPFromXFFHeader(trust...)
}

func (s *Server) trusts(ip netip.Addr) bool {
	ip = ip.Unmap()
	for _, p := range s.config.TrustedProxies {
		if p.Contains(ip) {
			return true
		}
	}
	return false
}

// exempt reports whether an address may have any number of connections: a
// proxy brings those of everybody.
func (s *Server) exempt(ip netip.Addr) bool {
	return s.trusts(ip) || s.config.ExemptLoopback && ip.IsLoopback()
}

// An addressLimiter bounds how many connections one IPv4 address or IPv6 /64
// has open, before anything is read from them: who opens many and sends nothing
// must not take all places.
type addressLimiter struct {
	max    int
	exempt func(netip.Addr) bool

	mu      sync.Mutex // guards the rest
	open    map[netip.Prefix]int
	refused uint64
}

func newAddressLimiter(max int, exempt func(netip.Addr) bool) *addressLimiter {
	return &addressLimiter{max: max, exempt: exempt, open: make(map[netip.Prefix]int)}
}

func (a *addressLimiter) listener(l net.Listener) net.Listener { return &limitedListener{l, a} }

// enter counts a connection; false means that it is one too many.
func (a *addressLimiter) enter(p netip.Prefix) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.open[p] >= a.max {
		a.refused++
		return false
	}
	a.open[p]++
	return true
}

func (a *addressLimiter) leave(p netip.Prefix) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.open[p]--; a.open[p] == 0 {
		delete(a.open, p)
	}
}

func (a *addressLimiter) refusals() uint64 {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.refused
}

type limitedListener struct {
	net.Listener
	limiter *addressLimiter
}

func (l *limitedListener) Accept() (net.Conn, error) {
	for {
		c, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		at, err := netip.ParseAddrPort(c.RemoteAddr().String())
		if err != nil || l.limiter.exempt(at.Addr().Unmap()) {
			return c, nil // no address: a listener that is not the network's
		}
		p := prefixOf(at.Addr())
		if l.limiter.enter(p) {
			return &limitedConn{Conn: c, leave: sync.OnceFunc(func() { l.limiter.leave(p) })}, nil
		}
		_ = c.Close()
	}
}

func prefixOf(ip netip.Addr) netip.Prefix {
	ip = ip.Unmap().WithZone("")
	bits := ip.BitLen()
	if ip.Is6() {
		bits = 64
	}
	p, _ := ip.Prefix(bits) // bits fit
	return p
}

type limitedConn struct {
	net.Conn
	leave func()
}

func (c *limitedConn) Close() error {
	defer c.leave()
	return c.Conn.Close()
}
