package relay

import (
	"bufio"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/netip"
	"sync"
	"time"
)

var (
	errFrame  = errors.New("relay: not what a TURN client sends")
	errClosed = errors.New("relay: the relay is closed")
)

// streams accepts TURN over TCP or TLS for the server. It holds what the server
// does not: how many connections there are, and when one has been silent for
// too long.
type streams struct {
	net.Listener
	over   *tls.Config // nil: plain TCP
	limits Limits
	visits *visits

	mu     sync.Mutex // guards the rest
	closed bool
	open   map[*stream]bool
	gone   sync.WaitGroup // one for each in open
}

func newStreams(l net.Listener, over *tls.Config, limits Limits, v *visits) *streams {
	if over != nil {
		over = over.Clone()
		over.NextProtos = nil // of HTTP; TURN clients name none
	}
	return &streams{Listener: l, over: over, limits: limits, visits: v, open: make(map[*stream]bool)}
}

// Accept returns the next connection that has a place. Its TLS handshake comes
// with the first read, in the goroutine of that connection.
func (s *streams) Accept() (net.Conn, error) {
	for {
		c, err := s.Listener.Accept()
		if errors.Is(err, net.ErrClosed) {
			return nil, err
		}
		if err != nil { // no descriptor is free, or the client is gone already
			time.Sleep(10 * time.Millisecond)
			continue
		}
		from := prefixOf(c.RemoteAddr())
		if !s.visits.enter(from) {
			_ = c.Close()
			continue
		}
		if s.over != nil {
			c = tls.Server(c, s.over)
		}
		st := &stream{Conn: c, s: s, from: from, r: bufio.NewReaderSize(c, 4096), wait: s.limits.FirstWithin}
		s.mu.Lock()
		if s.closed {
			s.mu.Unlock()
			s.visits.leave(from)
			_ = c.Close()
			return nil, errClosed
		}
		s.open[st] = true
		s.gone.Add(1)
		s.mu.Unlock()
		return st, nil
	}
}

// Close stops accepting and closes what was accepted.
func (s *streams) Close() error {
	err := s.Listener.Close()
	s.mu.Lock()
	s.closed = true
	all := make([]*stream, 0, len(s.open))
	for st := range s.open {
		all = append(all, st)
	}
	s.mu.Unlock()
	for _, st := range all {
		_ = st.Conn.Close() // the server's read ends, and it calls Close
	}
	return err
}

// wait returns when the server has let go of every connection.
func (s *streams) wait() { s.gone.Wait() }

// A stream is one connection as the server sees it: each Read is one packet.
type stream struct {
	net.Conn
	s    *streams
	from netip.Prefix
	r    *bufio.Reader
	wait time.Duration // for the next packet
	once sync.Once
}

// Read returns the next packet. Whoever sends something else is cut off.
func (st *stream) Read(b []byte) (int, error) {
	_ = st.Conn.SetReadDeadline(time.Now().Add(st.wait))
	head, err := st.r.Peek(channelHead)
	if err != nil {
		return 0, err
	}
	n := frameSize(head)
	if n == 0 || n > len(b) {
		return 0, errFrame
	}
	if _, err := io.ReadFull(st.r, b[:n]); err != nil {
		return 0, err
	}
	if !isBindingRequest(b[:n]) && !isRelayPacket(b[:n]) {
		return 0, errFrame
	}
	st.wait = st.s.limits.IdleWithin
	return n, nil
}

// Write ends the connection of a client that takes nothing.
func (st *stream) Write(b []byte) (int, error) {
	_ = st.Conn.SetWriteDeadline(time.Now().Add(st.s.limits.WriteWithin))
	n, err := st.Conn.Write(b)
	if err != nil {
		_ = st.Conn.Close()
	}
	return n, err
}

// Close is called by the server, once it has read its last.
func (st *stream) Close() error {
	err := st.Conn.Close()
	st.once.Do(func() {
		st.s.visits.leave(st.from)
		st.s.mu.Lock()
		delete(st.s.open, st)
		st.s.mu.Unlock()
		st.s.gone.Done()
	})
	return err
}
