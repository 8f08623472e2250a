//go:build linux

package lab

import (
	"fmt"
	"io"
	"net"
	"net/netip"
	"sync"
)

// A forward is a port of a host's loopback that leads to another host.
type forward struct {
	listener net.Listener
	dial     func() (net.Conn, error)
	running  sync.WaitGroup

	mu    sync.Mutex // guards open
	open  map[net.Conn]bool
	ended bool
}

func (l *Lab) forward(f Forward) error {
	for name, space := range l.spaces {
		if name == f.Host {
			continue
		}
		w := &forward{open: map[net.Conn]bool{}}
		err := in(space.handle, func() (err error) {
			w.listener, err = net.Listen("tcp4", fmt.Sprintf("127.0.0.1:%d", f.Port))
			return err
		})
		if err != nil {
			return fmt.Errorf("forward on %s: %w", name, err)
		}
		w.dial = func() (conn net.Conn, err error) {
			to := l.reach(space, f.Host)
			err = in(space.handle, func() error {
				conn, err = dialHere(netip.AddrPortFrom(to, uint16(f.To)))
				return err
			})
			return conn, err
		}
		l.forwards = append(l.forwards, w)
		w.running.Go(w.run)
	}
	return nil
}

// reach is the address of a host in a family that the other one has.
func (l *Lab) reach(from *namespace, host string) netip.Addr {
	l.moving.Lock()
	defer l.moving.Unlock()
	to := l.spaces[host].addresses
	if from.addresses.v4.IsValid() && to.v4.IsValid() {
		return to.v4
	}
	return to.v6
}

// dialHere connects from the thread's namespace. A dialer for one address makes
// its socket on the goroutine that called it.
func dialHere(to netip.AddrPort) (net.Conn, error) {
	return new(net.Dialer).Dial("tcp", to.String())
}

func (w *forward) run() {
	for {
		conn, err := w.listener.Accept()
		if err != nil {
			return
		}
		if w.keep(conn) {
			w.running.Go(func() { w.carry(conn) })
		}
	}
}

// keep notes a connection that close must end.
func (w *forward) keep(c net.Conn) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.ended {
		_ = c.Close()
		return false
	}
	w.open[c] = true
	return true
}

func (w *forward) drop(c net.Conn) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.open, c)
	_ = c.Close()
}

func (w *forward) carry(conn net.Conn) {
	defer w.drop(conn)
	far, err := w.dial()
	if err != nil || !w.keep(far) {
		return
	}
	defer w.drop(far)
	var back sync.WaitGroup
	back.Go(func() { pass(conn, far) })
	pass(far, conn)
	back.Wait()
}

// pass copies one direction, its end included.
func pass(to, from net.Conn) {
	_, err := io.Copy(to, from)
	if tcp, ok := to.(*net.TCPConn); ok && err == nil {
		_ = tcp.CloseWrite()
		return
	}
	_ = to.Close()
	_ = from.Close()
}

func (w *forward) close() {
	_ = w.listener.Close()
	w.mu.Lock()
	w.ended = true
	for c := range w.open {
		_ = c.Close()
	}
	w.mu.Unlock()
	w.running.Wait()
}
