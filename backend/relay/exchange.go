package relay

import (
	"errors"
	"math/rand/v2"
	"net"
	"net/netip"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/turn/v5"
	"golang.org/x/time/rate"
)

// Relayed addresses. Nothing is bound to them and no packet ever leaves for
// them: 192.0.0.8 is the IPv4 dummy address (RFC 7600) and 100::/64 the prefix
// that routers discard (RFC 6666). So a client that tries one directly, which
// ICE does, reaches nobody.
var (
	relayed4 = netip.MustParseAddr("192.0.0.8")
	relayed6 = netip.MustParseAddr("100::8")
)

const (
	portMin = 1024
	// queued is how many packets may wait for one client: at 25 MB/s about 25 ms.
	// Beyond it they are dropped, which is how a sender learns to be slower.
	queued = 512
	// burst is what may come at once under a cap: 50 ms of it, at least this many
	// bytes.
	burst = 64 << 10
)

// An exchange carries packets from one allocation to another. It hands out
// their addresses, as the server's generator of relay addresses.
type exchange struct {
	limits Limits

	bytes   atomic.Uint64 // carried
	dropped atomic.Uint64 // packets: over a cap, to a client that is slow, to nobody

	mu   sync.RWMutex // guards ends
	ends map[netip.AddrPort]*end
}

func newExchange(l Limits) *exchange {
	return &exchange{limits: l, ends: make(map[netip.AddrPort]*end)}
}

// permits reports whether an allocation may exchange packets with an address:
// only with other allocations. Attack 41.
func (x *exchange) permits(_ net.Addr, peer net.IP) bool {
	ip, ok := netip.AddrFromSlice(peer)
	return ok && (ip.Unmap() == relayed4 || ip == relayed6)
}

// Validate implements [turn.RelayAddressGenerator].
func (x *exchange) Validate() error { return nil }

// AllocatePacketConn implements [turn.RelayAddressGenerator].
func (x *exchange) AllocatePacketConn(c turn.AllocateListenerConfig) (net.PacketConn, net.Addr, error) {
	ip := relayed4
	if c.Network == "udp6" {
		ip = relayed6
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	if len(x.ends) >= x.limits.Allocations {
		return nil, nil, errFull
	}
	for range 100 { // with a tenth of the ports in use two tries are plenty
		at := netip.AddrPortFrom(ip, uint16(portMin+rand.IntN(1<<16-portMin)))
		if x.ends[at] == nil {
			e := newEnd(x, at)
			x.ends[at] = e
			return e, e.LocalAddr(), nil
		}
	}
	return nil, nil, errFull
}

// AllocateListener implements [turn.RelayAddressGenerator].
func (x *exchange) AllocateListener(turn.AllocateListenerConfig) (net.Listener, net.Addr, error) {
	return nil, nil, errTCP
}

// AllocateConn implements [turn.RelayAddressGenerator].
func (x *exchange) AllocateConn(turn.AllocateConnConfig) (net.Conn, error) { return nil, errTCP }

var errFull = errors.New("relay: no address is free")

func (x *exchange) find(to net.Addr) *end {
	udp, ok := to.(*net.UDPAddr)
	if !ok {
		return nil
	}
	at := udp.AddrPort()
	x.mu.RLock()
	defer x.mu.RUnlock()
	return x.ends[netip.AddrPortFrom(at.Addr().Unmap().WithZone(""), at.Port())]
}

// An end is one allocation's side of the exchange. It looks like a UDP socket to
// the server.
type end struct {
	x    *exchange
	at   *net.UDPAddr
	in   chan packet
	out  *rate.Limiter // from its client; nil: no cap
	back *rate.Limiter // to its client

	once sync.Once
	done chan struct{}
}

type packet struct {
	from *net.UDPAddr
	data *[]byte // of buffers
}

var buffers = sync.Pool{New: func() any { b := make([]byte, 0, packetMax); return &b }}

func newEnd(x *exchange, at netip.AddrPort) *end {
	e := &end{x: x, at: net.UDPAddrFromAddrPort(at), in: make(chan packet, queued), done: make(chan struct{})}
	if r := x.limits.Rate; r > 0 {
		size := max(r/20, burst)
		e.out, e.back = rate.NewLimiter(rate.Limit(r), size), rate.NewLimiter(rate.Limit(r), size)
	}
	return e
}

// WriteTo carries a packet of this allocation's client to the client of another.
// What is too much, or goes nowhere, is dropped as a network would.
func (e *end) WriteTo(p []byte, to net.Addr) (int, error) {
	other := e.x.find(to)
	now := time.Now()
	if other == nil || len(p) > packetMax || e.out != nil && !(e.out.AllowN(now, len(p)) && other.back.AllowN(now, len(p))) {
		e.x.dropped.Add(1)
		return len(p), nil
	}
	b := buffers.Get().(*[]byte)
	*b = append((*b)[:0], p...)
	select {
	case other.in <- packet{e.at, b}:
		e.x.bytes.Add(uint64(len(p)))
	default:
		e.x.dropped.Add(1)
		buffers.Put(b)
	}
	return len(p), nil
}

// ReadFrom returns the next packet for this allocation's client.
func (e *end) ReadFrom(b []byte) (int, net.Addr, error) {
	select {
	case p := <-e.in:
		n := copy(b, *p.data)
		buffers.Put(p.data)
		return n, p.from, nil
	case <-e.done:
		return 0, nil, net.ErrClosed
	}
}

// Close gives the address back.
func (e *end) Close() error {
	e.once.Do(func() {
		close(e.done)
		e.x.mu.Lock()
		defer e.x.mu.Unlock()
		delete(e.x.ends, e.at.AddrPort())
	})
	return nil
}

// LocalAddr returns the relayed address.
func (e *end) LocalAddr() net.Addr { return e.at }

// SetDeadline is not used by the server; nor are the others.
func (e *end) SetDeadline(time.Time) error      { return os.ErrNoDeadline }
func (e *end) SetReadDeadline(time.Time) error  { return os.ErrNoDeadline }
func (e *end) SetWriteDeadline(time.Time) error { return os.ErrNoDeadline }
