package socket

import (
	"bytes"
	"context"
	"net"
	"sync"

	"beeline/signaling/wire"
)

// pipeBuffer is how many messages lie on the way of a Pipe, as a network would
// hold some.
const pipeBuffer = 4

// Pipe returns two ends of a connection within this process, for tests: only
// channels, so that it works under testing/synctest. Like a WebSocket it
// answers pings while Read runs, and refuses messages above wire.ReadLimit.
func Pipe() (a, b Conn) {
	ends := newLink()
	x := &pipeEnd{link: ends, in: make(chan []byte, pipeBuffer), pings: make(chan chan struct{})}
	y := &pipeEnd{link: ends, in: make(chan []byte, pipeBuffer), pings: make(chan chan struct{})}
	x.peer, y.peer = y, x
	return x, y
}

// A link is what both ends share: whether and how it was closed.
type link struct {
	closed chan struct{}
	once   sync.Once
	err    error // set before closed is closed
}

func newLink() *link { return &link{closed: make(chan struct{})} }

func (l *link) close(err error) {
	l.once.Do(func() {
		l.err = err
		close(l.closed)
	})
}

type pipeEnd struct {
	*link
	peer  *pipeEnd
	in    chan []byte
	pings chan chan struct{}
}

func (p *pipeEnd) Read(ctx context.Context) ([]byte, error) {
	for {
		select { // what is there comes before the end
		case msg := <-p.in:
			return p.take(msg)
		default:
		}
		select {
		case msg := <-p.in:
			return p.take(msg)
		case pong := <-p.pings:
			close(pong)
		case <-p.closed:
			return nil, p.err
		case <-ctx.Done():
			p.Abort()
			return nil, ctx.Err()
		}
	}
}

func (p *pipeEnd) take(msg []byte) ([]byte, error) {
	if len(msg) > wire.ReadLimit {
		return nil, ErrTooLong
	}
	return msg, nil
}

func (p *pipeEnd) Write(ctx context.Context, msg []byte) error {
	select {
	case <-p.closed:
		return net.ErrClosed
	default:
	}
	select {
	case p.peer.in <- bytes.Clone(msg):
		return nil
	case <-p.closed:
		return net.ErrClosed
	case <-ctx.Done():
		p.Abort()
		return ctx.Err()
	}
}

func (p *pipeEnd) Ping(ctx context.Context) error {
	pong := make(chan struct{})
	select {
	case p.peer.pings <- pong:
		return nil
	case <-p.closed:
		return net.ErrClosed
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (p *pipeEnd) Close(code int, _ string) { p.close(CloseError(code)) }

func (p *pipeEnd) Abort() { p.close(net.ErrClosed) }
