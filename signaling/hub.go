package signaling

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"log/slog"
	"sync"
	"time"

	"beeline/signaling/socket"
	"beeline/signaling/wire"
)

// Errors that end a connection. A peer never sees their text.
var (
	ErrClosing  = errors.New("signaling: the hub is closing")
	ErrSilent   = errors.New("signaling: no pong came")
	ErrSlow     = errors.New("signaling: the client takes nothing, or too little")
	errLifetime = errors.New("signaling: the connection is too old")
)

// A Config says what a hub works with. Only Bus must be set.
type Config struct {
	Bus    Bus
	Limits Limits // none set: DefaultLimits
	// ICE returns the servers for a client that reached this one as host (the
	// Host of its request, with port). nil: none.
	ICE func(host string) wire.ICE
	// Log gets what an operator has to know, never a topic or an address.
	Log *slog.Logger
}

// A Hub holds the connections of clients. Make one with [NewHub].
type Hub struct {
	bus       Bus
	limits    Limits
	ice       func(host string) wire.ICE
	log       *slog.Logger
	addresses *addresses
	counters  counters
	closing   chan struct{}   // closed by Close
	patience  context.Context // ends when Close has waited long enough
	impatient context.CancelFunc
	proxied   sync.Once // the warning about a proxy

	mu      sync.Mutex // guards closed; serving is only added to under it
	closed  bool
	serving sync.WaitGroup
}

// NewHub returns a hub that serves until Close.
func NewHub(c Config) *Hub {
	h := &Hub{
		bus: c.Bus, limits: c.Limits, ice: c.ICE, log: c.Log,
		closing: make(chan struct{}),
	}
	h.patience, h.impatient = context.WithCancel(context.Background())
	if h.limits == (Limits{}) {
		h.limits = DefaultLimits()
	}
	h.addresses = newAddresses(h.limits)
	if h.ice == nil {
		h.ice = func(string) wire.ICE { return wire.ICE{} }
	}
	if h.log == nil {
		h.log = slog.New(slog.DiscardHandler)
	}
	return h
}

// Serve carries one client's messages until it goes, breaks a rule, ctx ends or
// the hub closes, and returns why. It closes s and waits for everything it
// started. The caller has counted the connection for from (see Upgrade).
func (h *Hub) Serve(ctx context.Context, s socket.Conn, from Address, host string) error {
	h.mu.Lock()
	if h.closed {
		h.mu.Unlock()
		s.Close(wire.CloseComeBack, "closing")
		return ErrClosing
	}
	h.serving.Add(1)
	h.mu.Unlock()
	defer h.serving.Done()
	h.counters.accepted.Add(1)
	h.counters.connections.Add(1)
	defer h.counters.connections.Add(-1)

	ctx, stop := context.WithCancelCause(ctx)
	defer context.AfterFunc(h.patience, func() { stop(ErrClosing) })()
	c := newConn(h, s, from, host)
	c.out.over = func() {
		h.counters.slow.Add(1)
		stop(ErrSlow) // however little it takes, and in time
	}
	var wg sync.WaitGroup
	wg.Go(func() { stop(c.write(ctx)) })
	wg.Go(func() { stop(c.ping(ctx)) })
	err := c.read(ctx)
	if cause := context.Cause(ctx); cause != nil {
		err = cause // reading ended because something else did
	}
	c.exit()
	if errors.Is(err, wire.ErrMessage) || errors.Is(err, socket.ErrNotBinary) || errors.Is(err, socket.ErrTooLong) {
		h.counters.protocol.Add(1)
		s.Close(wire.CloseProtocol, "not a message of this protocol")
	}
	stop(err)
	wg.Wait()
	s.Abort() // does nothing where it is closed already
	return err
}

// Close tells every client to come back (to whatever serves next), and waits
// until all have gone or Limits.ClosingWithin has passed; then it ends the rest.
// It may be called more than once.
func (h *Hub) Close() {
	h.mu.Lock()
	first := !h.closed
	h.closed = true
	h.mu.Unlock()
	if first {
		close(h.closing)
		defer time.AfterFunc(h.limits.ClosingWithin, h.impatient).Stop()
	}
	h.serving.Wait()
}

// randomID returns a number that no other connection has.
func randomID() uint64 {
	var b [8]byte
	_, _ = rand.Read(b[:]) // never fails
	return binary.BigEndian.Uint64(b[:])
}
