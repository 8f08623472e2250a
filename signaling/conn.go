package signaling

import (
	"bytes"
	"context"
	"errors"
	"time"

	"golang.org/x/time/rate"

	"beeline/signaling/socket"
	"beeline/signaling/wire"
)

// A conn is one client. One goroutine reads and owns the seats, one writes what
// is in the queue, one pings. The bus reaches a conn only through its queue.
type conn struct {
	hub    *Hub
	socket socket.Conn
	from   Address
	host   string
	id     uint64 // for fairness between senders; never told to anybody
	out    *queue

	// The reader's own.
	seats           map[wire.Topic]*seat
	subs, unsubs    *rate.Limiter // topics
	pubs, iceAnswer *rate.Limiter
}

type seat struct {
	role   uint8
	handle uint32
	pubs   *rate.Limiter // nil until the first frame
	quiet  *time.Timer   // puts a claimer of a plate out; nil once it has sent something
}

func newConn(h *Hub, s socket.Conn, from Address, host string) *conn {
	l := h.limits
	return &conn{
		hub: h, socket: s, from: from, host: host, id: randomID(), out: newQueue(l),
		seats:     make(map[wire.Topic]*seat),
		subs:      rate.NewLimiter(l.TopicRate, l.TopicBurst),
		unsubs:    rate.NewLimiter(l.TopicRate, l.TopicBurst),
		pubs:      rate.NewLimiter(l.PubRate, l.PubBurst),
		iceAnswer: rate.NewLimiter(l.ICERate, l.ICEBurst),
	}
}

// read carries out the client's messages until it goes or breaks a rule.
func (c *conn) read(ctx context.Context) error {
	for {
		msg, err := c.socket.Read(ctx)
		if err != nil {
			return err
		}
		m, err := wire.ParseClient(msg)
		if err != nil {
			return err
		}
		c.dropLost()
		if refused := c.carryOut(m); refused {
			// Whoever goes on at once is read no faster than this, so refusing
			// stays cheap.
			if err := sleep(ctx, c.hub.limits.RefusalPause); err != nil {
				return err
			}
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

func (c *conn) carryOut(m wire.ClientMessage) (refused bool) {
	switch m.Op {
	case wire.OpSub:
		return c.subscribe(m.Role, m.Topics)
	case wire.OpUnsub:
		return c.unsubscribe(m.Topics)
	case wire.OpPub:
		return c.publish(m.Topic, m.Dst, m.Frame)
	case wire.OpICE:
		return c.answerICE()
	case wire.OpPlate:
		return c.allot()
	case wire.OpClaim:
		return c.claim(m.Plate)
	default: // OpPlateFree
		return c.freePlates()
	}
}

// refuse answers with ERR; wait 0 means that trying again is of no use.
func (c *conn) refuse(op uint8, wait time.Duration) bool {
	c.hub.counters.refused.Add(1)
	ms := uint16(0)
	if wait > 0 {
		ms = retryMS(wait)
	}
	c.out.refuse(op, ms)
	return true
}

func (c *conn) subscribe(role uint8, topics []wire.Topic) (refused bool) {
	if wait := take(c.subs, time.Now(), len(topics)); wait > 0 {
		return c.refuse(wire.OpSub, wait)
	}
	var wait time.Duration
	for _, t := range topics {
		switch held := c.seats[t]; {
		case held != nil && held.role == role: // nothing to do: a client may repeat itself
		case held != nil, wire.IsPlate(t), len(c.seats) >= c.hub.limits.Topics:
			refused = true
		default:
			handle, err := c.hub.bus.Enter(t, Seat{Role: role, Address: c.from, Connection: c.id, Member: c})
			var full *FullError
			switch {
			case err == nil:
				c.seats[t] = &seat{role: role, handle: handle}
			case errors.As(err, &full):
				refused, wait = true, max(wait, full.Retry)
			default:
				refused, wait = true, max(wait, time.Second)
			}
		}
	}
	c.out.subbed()
	if refused {
		c.refuse(wire.OpSub, wait)
	}
	return refused
}

func (c *conn) unsubscribe(topics []wire.Topic) (refused bool) {
	if wait := take(c.unsubs, time.Now(), len(topics)); wait > 0 {
		return c.refuse(wire.OpUnsub, wait)
	}
	for _, t := range topics {
		c.leave(t)
	}
	c.out.forget(topics)
	return false
}

// leave gives a topic up; one that isn't held is no error.
func (c *conn) leave(t wire.Topic) {
	s := c.seats[t]
	if s == nil {
		return
	}
	if s.quiet != nil {
		s.quiet.Stop()
	}
	c.hub.bus.Exit(t, s.handle)
	delete(c.seats, t)
}

func (c *conn) publish(topic wire.Topic, dst uint32, frame []byte) (refused bool) {
	s := c.seats[topic]
	if s == nil {
		return c.refuse(wire.OpPub, 0)
	}
	l, now := c.hub.limits, time.Now()
	if s.pubs == nil {
		s.pubs = rate.NewLimiter(l.TopicPubRate, l.TopicPubBurst)
	}
	if wait := take(s.pubs, now, 1); wait > 0 {
		return c.refuse(wire.OpPub, wait)
	}
	if wait := take(c.pubs, now, 1); wait > 0 {
		return c.refuse(wire.OpPub, wait)
	}
	if err := c.hub.bus.Send(topic, s.handle, dst, bytes.Clone(frame)); err != nil {
		return c.refuse(wire.OpPub, 0)
	}
	if s.quiet != nil {
		s.quiet.Stop()
		s.quiet = nil
	}
	return false
}

func (c *conn) answerICE() (refused bool) {
	now := time.Now()
	if wait := take(c.iceAnswer, now, 1); wait > 0 {
		return c.refuse(wire.OpICE, wait)
	}
	if wait := c.hub.addresses.takeICE(c.from, now); wait > 0 {
		return c.refuse(wire.OpICE, wait)
	}
	msg, ok := wire.AppendICEAnswer(nil, c.hub.ice(c.host))
	if !ok {
		c.hub.log.Error("the configured ICE servers do not fit into 512 bytes")
		return c.refuse(wire.OpICE, 0)
	}
	c.out.answerICE(msg)
	return false
}

// dropLost forgets the seats that the bus gave to newcomers.
func (c *conn) dropLost() {
	for _, lost := range c.out.takeLost() {
		if s := c.seats[lost.topic]; s != nil && s.handle == lost.handle {
			delete(c.seats, lost.topic)
		}
	}
}

// exit leaves every topic.
func (c *conn) exit() {
	for t := range c.seats {
		c.leave(t)
	}
}

// write sends what is queued, and says goodbye when the hub closes or the
// connection is too old. It returns why it stopped.
func (c *conn) write(ctx context.Context) error {
	old := time.NewTimer(c.hub.limits.Lifetime)
	defer old.Stop()
	var buf []byte
	for {
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-c.hub.closing:
			c.socket.Close(wire.CloseComeBack, "closing")
			return ErrClosing
		case <-old.C:
			c.socket.Close(wire.CloseComeBack, "old")
			return errLifetime
		case <-c.out.wake:
		}
		for it, more := c.out.pop(); more; it, more = c.out.pop() {
			buf = it.message(buf[:0])
			if err := c.writeOne(ctx, buf); err != nil {
				return err
			}
		}
	}
}

func (c *conn) writeOne(ctx context.Context, msg []byte) error {
	within, cancel := context.WithTimeout(ctx, c.hub.limits.WriteWithin)
	defer cancel()
	if err := c.socket.Write(within, msg); err != nil {
		if ctx.Err() == nil && within.Err() != nil {
			c.hub.counters.slow.Add(1)
			return ErrSlow
		}
		return err
	}
	return nil
}

// ping asks for a sign of life in regular intervals.
func (c *conn) ping(ctx context.Context) error {
	for {
		if err := sleep(ctx, c.hub.limits.PingEvery); err != nil {
			return err
		}
		within, cancel := context.WithTimeout(ctx, c.hub.limits.PongWithin)
		err := c.socket.Ping(within)
		silent := ctx.Err() == nil && within.Err() != nil
		cancel()
		if silent {
			c.hub.counters.silent.Add(1)
			return ErrSilent
		}
		if err != nil {
			return err
		}
	}
}

// Joined implements [Member].
func (c *conn) Joined(topic wire.Topic, handle uint32) { c.out.joined(topic, handle) }

// Left implements [Member].
func (c *conn) Left(topic wire.Topic, handle uint32) { c.out.left(topic, handle) }

// Frame implements [Member].
func (c *conn) Frame(topic wire.Topic, src uint32, connection uint64, frame []byte) {
	dropped := c.out.frame(topic, src, connection, frame)
	c.hub.counters.forwarded.Add(1)
	c.hub.counters.dropped.Add(uint64(dropped))
}

// Displaced implements [Member].
func (c *conn) Displaced(topic wire.Topic, handle uint32) {
	c.hub.counters.displaced.Add(1)
	c.out.displaced(topic, handle, wire.OpSub, retryMS(c.hub.limits.Tenure))
}
