package signaling

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"runtime"
	"testing"
	"time"

	"beeline/signaling/wire"
)

// The numbers are those of the attacker's list in the protocol's specification.

// Attack 8: holders of a link flood its topic from 16 connections and never
// answer. An honest recipient still gets a frame to the sharer, and one back,
// within seconds; it does no more than repeat its SUB when it is told to.
func TestAttack08FloodedTopicLetsHonestRecipientIn(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		h := newTestHub(t, nil)
		// The sharer is on a slow line: 50 messages a second.
		sharer := dialDeaf(t, h, "192.0.2.1")
		var honestAtSharer uint32
		sharerDone := make(chan struct{})
		go func() {
			defer close(sharerDone)
			for {
				msg, err := sharer.conn.Read(context.Background())
				if err != nil {
					return
				}
				m, _ := wire.ParseServer(bytes.Clone(msg))
				if m.Op == wire.OpData && m.Frame[0] == 0xee {
					honestAtSharer = m.Handle
					_ = sharer.conn.Write(context.Background(), wire.AppendPub(nil, topic(1), m.Handle, frame(0xdd)))
				}
				time.Sleep(20 * time.Millisecond)
			}
		}()
		sharer.send(wire.AppendSub(nil, wire.Wait, topics(1, 1)))
		wait(time.Minute)

		ctx, stop := context.WithCancel(context.Background())
		for i := range 16 {
			flood(ctx, t, h, fmt.Sprintf("198.51.100.%d", i))
		}
		wait(12 * time.Second) // in the middle of the tenure of whoever is there

		honest := dial(t, h, "203.0.113.1")
		began := time.Now()
		honest.sub(wire.Knock, topic(1))
		var answered bool
		for time.Since(began) < time.Minute && !answered {
			for _, m := range honest.take() {
				switch {
				case m.Op == wire.OpErr && m.ErrOp == wire.OpSub:
					time.Sleep(time.Duration(m.RetryMS) * time.Millisecond)
					honest.sub(wire.Knock, topic(1))
				case m.Op == wire.OpJoin:
					honest.pub(topic(1), m.Handle, 0xee)
				case m.Op == wire.OpData && m.Frame[0] == 0xdd:
					answered = true
				}
			}
			wait(10 * time.Millisecond)
		}
		if !answered {
			t.Errorf("no answer within %v, want one (the sharer saw the recipient: %v)", time.Since(began), honestAtSharer != 0)
		} else if took := time.Since(began); took > 15*time.Second {
			t.Errorf("the answer took %v, want at most 15 s", took)
		}
		s := h.Stats()
		t.Logf("answered after %v; %d frames forwarded, %d dropped, %d put out", time.Since(began), s.Forwarded, s.Dropped, s.Displaced)
		if s.Slow != 0 || s.Silent != 0 {
			t.Errorf("%d slow, %d silent closed; want none", s.Slow, s.Silent)
		}
		if s.Dropped < 100 || s.Displaced < 10 {
			t.Errorf("%d frames dropped, %d put out: the flood is too small to show anything", s.Dropped, s.Displaced)
		}
		stop()
		sharer.leave()
		<-sharerDone
	})
}

// flood keeps a place on topic 1 and sends to everybody there as fast as the
// hub takes it.
func flood(ctx context.Context, t *testing.T, h *Hub, ip string) {
	c := dial(t, h, ip)
	go func() {
		for ctx.Err() == nil {
			_ = c.conn.Write(ctx, wire.AppendSub(nil, wire.Knock, topics(1, 1)))
			time.Sleep(5 * time.Millisecond)
			for _, handle := range handles(h, topic(1)) {
				_ = c.conn.Write(ctx, wire.AppendPub(nil, topic(1), handle, frame(0xaa)))
			}
		}
	}()
}

// handles returns the waiters' handles, which members learn by JOIN.
func handles(h *Hub, t wire.Topic) (s []uint32) {
	bus := h.bus.(*MemoryBus)
	bus.mu.Lock()
	defer bus.mu.Unlock()
	if r := bus.rooms[t]; r != nil {
		for _, m := range r.members {
			if m.seat.Role == wire.Wait {
				s = append(s, m.handle)
			}
		}
	}
	return s
}

// Attack 9: a burst at a client that takes nothing for nearly 10 s costs the
// sender its frames, and the client nothing but those.
func TestAttack09BurstDoesNotCloseAnHonestClient(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		h := newTestHub(t, nil)
		mobile := dialDeaf(t, h, "192.0.2.1")
		mobile.send(wire.AppendSub(nil, wire.Wait, topics(1, 1)))
		senders := make([]*tester, 15)
		for i := range senders {
			senders[i] = dial(t, h, fmt.Sprintf("198.51.100.%d", i))
			senders[i].sub(wire.Knock, topic(1))
		}
		waiter := handles(h, topic(1))[0]
		for range 20 {
			for _, s := range senders {
				s.pub(topic(1), waiter, 1)
			}
		}
		wait(h.limits.WriteWithin - time.Second)
		got := map[uint8]int{}
		for {
			ctx, cancel := context.WithTimeout(context.Background(), time.Millisecond)
			msg, err := mobile.conn.Read(ctx)
			cancel()
			if err != nil {
				break
			}
			got[msg[0]]++
		}
		// Everybody was announced; at most a queue of frames beside what was under way.
		if got[wire.OpJoin] != 15 || got[wire.OpData] < 20 || got[wire.OpData] > 32+8 {
			t.Errorf("after the burst the client read %d JOIN and %d frames, want 15 and 20 to 40", got[wire.OpJoin], got[wire.OpData])
		}
		if s := h.Stats(); s.Slow != 0 || s.Dropped < 200 {
			t.Errorf("%d closed as slow, %d frames dropped; want 0 and at least 200", s.Slow, s.Dropped)
		}
	})
}

// Attack 9, the other side: a client that takes nothing for 10 s is dropped.
func TestAttack09ClientThatTakesNothingIsDropped(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		h := newTestHub(t, nil)
		dead := dialDeaf(t, h, "192.0.2.1")
		for range 6 { // more than the way holds
			dead.send(wire.AppendSub(nil, wire.Wait, topics(1, 1)))
		}
		wait(h.limits.WriteWithin - time.Millisecond)
		if s := h.Stats(); s.Connections != 1 {
			t.Errorf("%d connections before 10 s, want 1", s.Connections)
		}
		wait(time.Millisecond)
		if s := h.Stats(); s.Connections != 0 || s.Slow != 1 || s.Topics != 0 {
			t.Errorf("%d connections, %d closed as slow, %d topics after 10 s; want 0, 1, 0", s.Connections, s.Slow, s.Topics)
		}
		<-dead.served
	})
}

// Attack 9, between the two: a client that takes a message now and then, always in
// time, and asks for more than it takes, is dropped before its queue is long.
func TestAttack09ClientThatTakesTooLittleIsDropped(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		h := newTestHub(t, nil)
		c := dialDeaf(t, h, "192.0.2.1")
		asked := 0
		for open := true; open && asked < 10_000; asked += 32 {
			for range 32 {
				// Not send: it says what can't be written as a fault.
				if c.conn.Write(context.Background(), wire.AppendSub(nil, wire.Wait, topics(1, 1))) != nil {
					open = false
					break
				}
			}
			if asked%256 == 0 && open { // every 4 s: within the 10
				if _, err := c.conn.Read(context.Background()); err != nil {
					open = false
				}
			}
			wait(500 * time.Millisecond)
			open = open && h.Stats().Connections == 1
		}
		if s := h.Stats(); s.Connections != 0 || s.Slow != 1 || s.Topics != 0 {
			t.Errorf("%d connections, %d closed as slow, %d topics; want 0, 1, 0", s.Connections, s.Slow, s.Topics)
		}
		if want := h.limits.QueueAll; asked < want || asked > want+want/4 {
			t.Errorf("dropped after %d messages, want a little over %d", asked, want)
		}
		<-c.served
		if !errors.Is(c.why, ErrSlow) {
			t.Errorf("Serve = %v, want %v", c.why, ErrSlow)
		}
	})
}

// Attack 9, memory: what a connection costs while it idles, with all its topics.
func TestAttack09IdleConnectionsAreCheap(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		h := newTestHub(t, nil)
		const n = 2000
		before := heap()
		for i := range n {
			c := dial(t, h, fmt.Sprintf("10.%d.%d.1", i/250, i%250))
			c.sub(wire.Wait, topics(8*i, 8)...)
		}
		each := (heap() - before) / n
		t.Logf("%d bytes a connection with 8 topics, both ends", each)
		if each > 32<<10 {
			t.Errorf("a connection costs %d bytes, want at most 32 KiB", each)
		}
	})
}

func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc + m.StackInuse
}

// Attack 9, memory again: a client that reads nothing while its topics churn.
func TestAttack09ChurnIsBounded(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		h := newTestHub(t, func(l *Limits) { l.TopicRate, l.TopicBurst = 1e6, 1e6 })
		c := &conn{hub: h, out: newQueue(h.limits)}
		if _, err := h.bus.Enter(topic(1), Seat{Role: wire.Wait, Connection: 1, Member: c}); err != nil {
			t.Fatal(err)
		}
		k := dial(t, h, "192.0.2.2")
		for range 500 {
			k.sub(wire.Knock, topic(1))
			k.send(wire.AppendUnsub(nil, topics(1, 1)))
		}
		if n := len(c.out.items); n != 0 {
			t.Errorf("%d items wait for a client that reads nothing, want none after everybody left", n)
		}
	})
}

// Attack 3, 4, 5 at the hub: it has no way to be made to reflect or cross-wire.
// A frame goes to one handle of the other role of that topic, or nowhere.
func TestFrameGoesNowhereElse(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		h := newTestHub(t, nil)
		w1, k1, _, waiter1 := meet(t, h, topic(1))
		w2, k2, _, _ := meet(t, h, topic(2))
		k2.pub(topic(2), waiter1, 1) // a handle of another topic
		k2.expect(wire.OpErr)
		k1.pub(topic(1), waiter1, 1)
		w1.expect(wire.OpData)
		for name, c := range map[string]*tester{"sender": k1, "waiter of the other topic": w2} {
			if got := c.take(); len(got) != 0 {
				t.Errorf("the %s got %d messages, want none", name, len(got))
			}
		}
	})
}
