package signaling

import (
	"bytes"
	"context"
	"encoding/binary"
	"net/netip"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"beeline/signaling/socket"
	"beeline/signaling/wire"
)

// tester is a client of a hub under test: it reads at once whatever comes and
// keeps it, unless it is deaf.
type tester struct {
	t    *testing.T
	conn socket.Conn
	code int           // with which the hub closed, 0 while open
	done chan struct{} // closed when the reader ended
	why  error         // what Serve returned; set before served is closed

	served chan struct{}
	cancel context.CancelFunc

	mu  sync.Mutex // guards got
	got []wire.ServerMessage
}

func newTestHub(t *testing.T, change func(*Limits)) *Hub {
	l := DefaultLimits()
	if change != nil {
		change(&l)
	}
	h := NewHub(Config{Bus: NewMemoryBus(l), Limits: l, ICE: func(host string) wire.ICE {
		return wire.ICE{URLs: []string{"stun:" + host}}
	}})
	t.Cleanup(h.Close)
	return h
}

// dial connects a client from ip that reads.
func dial(t *testing.T, h *Hub, ip string) *tester {
	t.Helper()
	c := dialDeaf(t, h, ip)
	go func() {
		defer close(c.done)
		for {
			msg, err := c.conn.Read(context.Background())
			if err != nil {
				c.code = socket.CloseCode(err)
				return
			}
			m, err := wire.ParseServer(bytes.Clone(msg))
			if err != nil {
				t.Errorf("the hub sent %x, which is no message", msg)
				return
			}
			c.mu.Lock()
			c.got = append(c.got, m)
			c.mu.Unlock()
		}
	}()
	return c
}

// dialDeaf connects a client that reads nothing and so answers no ping.
func dialDeaf(t *testing.T, h *Hub, ip string) *tester {
	t.Helper()
	ours, theirs := socket.Pipe()
	c := &tester{t: t, conn: ours, done: make(chan struct{}), served: make(chan struct{})}
	from := h.addresses.of(netip.MustParseAddr(ip))
	if wait := h.addresses.enter(from); wait > 0 {
		t.Fatalf("connection from %s refused for %v", ip, wait)
	}
	ctx, cancel := context.WithCancel(context.Background())
	c.cancel = cancel
	go func() {
		defer close(c.served)
		defer h.addresses.leave(from)
		c.why = h.Serve(ctx, theirs, from, "host:1")
	}()
	t.Cleanup(c.leave)
	return c
}

// leave goes without a word and waits until the hub has noticed.
func (c *tester) leave() {
	c.conn.Abort()
	<-c.served
	c.cancel()
}

func (c *tester) send(msg []byte) {
	c.t.Helper()
	if err := c.conn.Write(context.Background(), msg); err != nil {
		c.t.Errorf("write to the hub: %v", err)
	}
	synctest.Wait()
}

// take returns what came since the last take.
func (c *tester) take() []wire.ServerMessage {
	synctest.Wait()
	c.mu.Lock()
	defer c.mu.Unlock()
	got := c.got
	c.got = nil
	return got
}

// expect fails unless exactly these operations came, in this order.
func (c *tester) expect(ops ...uint8) []wire.ServerMessage {
	c.t.Helper()
	got := c.take()
	same := len(got) == len(ops)
	for i := range got {
		same = same && got[i].Op == ops[i]
	}
	if !same {
		var have []uint8
		for _, m := range got {
			have = append(have, m.Op)
		}
		c.t.Fatalf("got operations %x, want %x", have, ops)
	}
	return got
}

func (c *tester) sub(role uint8, topics ...wire.Topic) {
	c.t.Helper()
	for len(topics) > wire.TopicsPerMessage {
		c.send(wire.AppendSub(nil, role, topics[:wire.TopicsPerMessage]))
		topics = topics[wire.TopicsPerMessage:]
	}
	c.send(wire.AppendSub(nil, role, topics))
}

func (c *tester) pub(topic wire.Topic, dst uint32, mark byte) {
	c.t.Helper()
	c.send(wire.AppendPub(nil, topic, dst, frame(mark)))
}

// meet connects a waiter and a knocker on topic and returns the handles under
// which each knows the other.
func meet(t *testing.T, h *Hub, topic wire.Topic) (w, k *tester, knocker, waiter uint32) {
	t.Helper()
	w, k = dial(t, h, "192.0.2.1"), dial(t, h, "192.0.2.2")
	w.sub(wire.Wait, topic)
	k.sub(wire.Knock, topic)
	waiter = k.expect(wire.OpJoin, wire.OpSubbed)[0].Handle
	knocker = w.expect(wire.OpSubbed, wire.OpJoin)[1].Handle
	return w, k, knocker, waiter
}

func topic(n int) (t wire.Topic) {
	for i := range t {
		t[i] = 0x5a
	}
	binary.BigEndian.PutUint32(t[:], uint32(n))
	return t
}

func topics(from, n int) []wire.Topic {
	s := make([]wire.Topic, n)
	for i := range s {
		s[i] = topic(from + i)
	}
	return s
}

func frame(mark byte) []byte { return bytes.Repeat([]byte{mark}, wire.FrameSize) }

// inBubble runs a test on a clock of its own; a goroutine that outlives the
// test fails it.
func inBubble(t *testing.T, f func(t *testing.T)) {
	t.Helper()
	synctest.Test(t, f)
}

func wait(d time.Duration) {
	time.Sleep(d) // the bubble's clock
	synctest.Wait()
}
