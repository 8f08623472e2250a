package relay

import (
	"net"
	"sync"
)

// handed is a listener for connections that somebody else accepted.
type handed struct {
	addr  net.Addr
	conns chan net.Conn
	done  chan struct{}
	once  sync.Once
}

func newHanded(addr net.Addr) *handed {
	return &handed{addr: addr, conns: make(chan net.Conn), done: make(chan struct{})}
}

func (h *handed) Accept() (net.Conn, error) {
	select {
	case c := <-h.conns:
		return c, nil
	case <-h.done:
		return nil, net.ErrClosed
	}
}

func (h *handed) Close() error {
	h.once.Do(func() { close(h.done) })
	return nil
}

func (h *handed) Addr() net.Addr { return h.addr }

// Take serves a connection that the page's own port accepted, with TLS on it,
// and that begins as TURN does. Its limits are those of every connection.
func (r *Relay) Take(c net.Conn) {
	if r.beside == nil {
		_ = c.Close()
		return
	}
	select {
	case r.beside.conns <- c:
	case <-r.beside.done:
		_ = c.Close()
	}
}
