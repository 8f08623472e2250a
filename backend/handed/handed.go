// Package handed is a net.Listener of connections that somebody else accepted.
package handed

import (
	"net"
	"sync"
)

// A Listener gives Accept what Hand brings. It has no queue and no socket.
type Listener struct {
	addr  net.Addr
	conns chan net.Conn
	done  chan struct{}
	once  sync.Once
}

// Listen returns a Listener that calls itself addr.
func Listen(addr net.Addr) *Listener {
	return &Listener{addr: addr, conns: make(chan net.Conn), done: make(chan struct{})}
}

// Hand waits until c is accepted. Of a Listener that is closed it closes c.
func (l *Listener) Hand(c net.Conn) {
	select {
	case l.conns <- c:
	case <-l.done:
		_ = c.Close()
	}
}

// Accept returns the next connection, or net.ErrClosed.
func (l *Listener) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.done:
		return nil, net.ErrClosed
	}
}

// Close ends Accept and Hand. It never fails, and leaves alone what was accepted.
func (l *Listener) Close() error {
	l.once.Do(func() { close(l.done) })
	return nil
}

// Closed reports whether Close was called.
func (l *Listener) Closed() bool {
	select {
	case <-l.done:
		return true
	default:
		return false
	}
}

// Addr returns the address given to Listen.
func (l *Listener) Addr() net.Addr { return l.addr }
