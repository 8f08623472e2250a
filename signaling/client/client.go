// Package client keeps a connection to a signaling hub. It reconnects by itself
// and knows nothing of what is said: after each Up the owner subscribes anew,
// because the hub forgets everything about a connection that ended.
//
//	Run ── connect ── Up ── Message, Message … ── Down ── wait ── connect …
//
// Specification: ../PROTOCOL.md 4.
package client

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/http"
	"sync"
	"time"

	"beeline/signaling/socket"
)

// A Handler hears from a [Client], in one goroutine, in this order: Up, any
// number of Messages, Down, and again. It must not block for long.
type Handler interface {
	// Up means that there is a connection: subscribe.
	Up()
	// Message hands over one message of the hub, valid during the call.
	Message(msg []byte)
	// Down means that the connection is gone and another is tried.
	Down()
}

// ErrDown means that a message was not sent because there is no connection.
// Everything that waits for an answer starts again with the next Up.
var ErrDown = errors.New("signaling client: no connection")

// ErrSlow means that the connection is closed because the hub takes nothing.
var ErrSlow = errors.New("signaling client: the hub takes nothing")

// ErrSilent means that the owner gave the connection up: the hub did not answer.
var ErrSilent = errors.New("signaling client: the hub does not answer")

// Times of a client. PROTOCOL.md 4.
const (
	firstWait   = 500 * time.Millisecond // before the first new attempt
	lastWait    = 10 * time.Second       // the wait doubles up to this
	stableAfter = 10 * time.Second       // a connection that lived this long starts the waits anew
	dialWithin  = 10 * time.Second
	writeWithin = 10 * time.Second
	pingEvery   = 25 * time.Second
	pongWithin  = 15 * time.Second // a phone that changes networks notices within 40 s
	closeNormal = 1000
	sendQueue   = 64 // messages; a client that is further ahead than this is stuck
)

// A Client is one connection that comes back. Make one with [New].
type Client struct {
	dial func(context.Context) (socket.Conn, error)

	mu    sync.Mutex // guards the rest
	out   chan []byte
	reset func() // gives the connection of now up
	why   error
}

// New returns a client for the hub at url, for example
// "wss://host/signal". hc may be nil; it decides about TLS.
func New(url string, hc *http.Client) *Client {
	return NewDial(func(ctx context.Context) (socket.Conn, error) { return socket.Dial(ctx, url, hc) })
}

// NewDial returns a client that gets its connections from dial.
func NewDial(dial func(context.Context) (socket.Conn, error)) *Client {
	return &Client{dial: dial}
}

// Run keeps a connection until ctx ends, and returns why it did. It may be
// called once at a time.
func (c *Client) Run(ctx context.Context, h Handler) error {
	wait := firstWait
	for {
		began := time.Now()
		why := c.once(ctx, h)
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		c.setWhy(why)
		if time.Since(began) >= stableAfter {
			wait = firstWait
		}
		if err := sleep(ctx, jitter(wait)); err != nil {
			return err
		}
		wait = min(2*wait, lastWait)
	}
}

// jitter spreads clients that lost the same server: between half of d and d.
func jitter(d time.Duration) time.Duration {
	return d/2 + time.Duration(rand.Int64N(int64(d/2)+1))
}

// Send queues a message for the connection of now and copies it. It never
// blocks: ErrDown where there is no connection, or where so much waits that the
// connection is as good as none.
func (c *Client) Send(msg []byte) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.out == nil {
		return ErrDown
	}
	select {
	case c.out <- append([]byte(nil), msg...):
		return nil
	default:
		return ErrDown
	}
}

// Reset gives the connection of now up, because its owner knows that the hub at
// its other end is gone; Run makes another. Without a connection it does nothing.
func (c *Client) Reset() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.reset != nil {
		c.reset()
	}
}

// once connects, carries messages until that ends, and waits for everything it
// started. It returns why it ended.
func (c *Client) once(ctx context.Context, h Handler) error {
	dialing, cancel := context.WithTimeout(ctx, dialWithin)
	s, err := c.dial(dialing)
	cancel()
	if err != nil {
		return err
	}
	defer s.Abort()
	out := make(chan []byte, sendQueue)
	// live outlasts ctx by as long as it takes to send what waits and say goodbye.
	live, stop := context.WithCancelCause(context.WithoutCancel(ctx))
	c.setOut(out, func() { stop(ErrSilent) })
	defer c.setOut(nil, nil)
	var wg sync.WaitGroup
	wg.Go(func() { stop(write(ctx, live, s, out)) })
	wg.Go(func() { stop(ping(live, s)) })
	h.Up()
	for {
		msg, err := s.Read(live)
		if err != nil {
			stop(err)
			break
		}
		h.Message(msg)
	}
	wg.Wait()
	c.setOut(nil, nil)
	h.Down()
	return context.Cause(live)
}

// Why returns why the last connection ended or could not be opened; nil before
// that happened.
func (c *Client) Why() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.why
}

func (c *Client) setWhy(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.why = err
}

func (c *Client) setOut(out chan []byte, reset func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.out, c.reset = out, reset
}

// write sends messages until live ends. When ctx ends it sends what waits, for a
// second at most, and closes the connection.
func write(ctx, live context.Context, s socket.Conn, out <-chan []byte) error {
	one := func(msg []byte, within time.Duration) error {
		deadline, cancel := context.WithTimeoutCause(live, within, ErrSlow)
		defer cancel()
		return s.Write(deadline, msg)
	}
	for {
		select {
		case <-live.Done():
			return context.Cause(live)
		case msg := <-out:
			if err := one(msg, writeWithin); err != nil {
				return err
			}
		case <-ctx.Done():
			for len(out) > 0 && one(<-out, time.Second) == nil {
			}
			s.Close(closeNormal, "")
			return context.Cause(ctx)
		}
	}
}

func ping(ctx context.Context, s socket.Conn) error {
	for {
		if err := sleep(ctx, pingEvery); err != nil {
			return err
		}
		within, cancel := context.WithTimeout(ctx, pongWithin)
		err := s.Ping(within)
		cancel()
		if err != nil {
			return err
		}
	}
}

func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
