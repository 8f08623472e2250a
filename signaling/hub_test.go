package signaling

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"beeline/signaling/socket"
	"beeline/signaling/wire"
)

// pipeBuffer is how much socket.Pipe holds in each direction, and one more is in
// the writer's hands.
const pipeBuffer = 4 + 1

func TestMembersMeetAndFramesCross(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		h := newTestHub(t, nil)
		w, k, knocker, waiter := meet(t, h, topic(1))

		k.pub(topic(1), waiter, 7)
		m := w.expect(wire.OpData)[0]
		if m.Topic != topic(1) || m.Handle != knocker || m.Frame[0] != 7 {
			t.Errorf("DATA from %08x of %x…, want from %08x of 07…", m.Handle, m.Frame[:1], knocker)
		}
		w.pub(topic(1), knocker, 8)
		if m := k.expect(wire.OpData)[0]; m.Handle != waiter || m.Frame[0] != 8 {
			t.Errorf("DATA from %08x of %x…, want from %08x of 08…", m.Handle, m.Frame[:1], waiter)
		}
		k.leave()
		if m := w.expect(wire.OpLeave)[0]; m.Handle != knocker {
			t.Errorf("LEAVE of %08x, want %08x", m.Handle, knocker)
		}
		w.leave()
		if n := h.Stats().Topics; n != 0 {
			t.Errorf("%d topics after everybody left, want 0", n)
		}
	})
}

func TestMembersSeeOnlyTheOtherRole(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		h := newTestHub(t, nil)
		k1, k2 := dial(t, h, "192.0.2.1"), dial(t, h, "192.0.2.2")
		k1.sub(wire.Knock, topic(1))
		k2.sub(wire.Knock, topic(1))
		k1.expect(wire.OpSubbed)
		k2.expect(wire.OpSubbed)

		w1, w2 := dial(t, h, "192.0.2.3"), dial(t, h, "192.0.2.4")
		w1.sub(wire.Wait, topic(1))
		w1.expect(wire.OpJoin, wire.OpJoin, wire.OpSubbed) // those already there, then the answer
		w2.sub(wire.Wait, topic(1))
		w2.expect(wire.OpJoin, wire.OpJoin, wire.OpSubbed)
		w1.expect()
		waiter := k1.expect(wire.OpJoin, wire.OpJoin)[0].Handle
		k2.expect(wire.OpJoin, wire.OpJoin)

		// Nobody reaches a member of the own role: w2 knows no handle of w1, and
		// a guessed one is refused.
		w2.pub(topic(1), waiter, 1)
		w2.expect(wire.OpErr)
		w1.expect()
	})
}

func TestPubIsRefusedOffTheTopic(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		h := newTestHub(t, nil)
		w, k, _, waiter := meet(t, h, topic(1))
		refused := func(what string, c *tester) {
			t.Helper()
			wait(h.limits.RefusalPause)
			if m := c.expect(wire.OpErr)[0]; m.ErrOp != wire.OpPub || m.RetryMS != 0 {
				t.Errorf("PUB %s: ERR op %02x retry %d, want op 03 retry 0", what, m.ErrOp, m.RetryMS)
			}
		}
		stranger := dial(t, h, "192.0.2.9")
		stranger.pub(topic(1), waiter, 1)
		refused("to a topic that is not held", stranger)
		k.pub(topic(1), waiter+1, 1)
		refused("to a handle that is not there", k)
		k.send(wire.AppendUnsub(nil, []wire.Topic{topic(1)}))
		w.expect(wire.OpLeave)
		k.pub(topic(1), waiter, 1)
		refused("after UNSUB", k)
		w.expect()
	})
}

// A frame that waits is not what the connection reads next into the same buffer.
func TestFrameIsCopied(t *testing.T) {
	h := newTestHub(t, nil)
	w, k := newConn(h, nil, 1, ""), newConn(h, nil, 2, "")
	w.subscribe(wire.Wait, topics(1, 1))
	k.subscribe(wire.Knock, topics(1, 1))
	buf := frame(1)
	k.publish(topic(1), handles(h, topic(1))[0], buf)
	copy(buf, frame(2))
	if marks := drain(w.out); len(marks) != 1 || marks[0] != 1 {
		t.Errorf("frames %v wait, want one of 1", marks)
	}
}

// After UNSUB nothing more comes for a topic, not even what waited already.
func TestUnsubEmptiesTheQueue(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		h := newTestHub(t, nil)
		slow := dialDeaf(t, h, "192.0.2.1")
		slow.send(wire.AppendSub(nil, wire.Wait, topics(1, 1)))
		k := dial(t, h, "192.0.2.2")
		k.sub(wire.Knock, topic(1))
		waiter := k.expect(wire.OpJoin, wire.OpSubbed)[0].Handle
		for i := range 10 {
			k.pub(topic(1), waiter, byte(i))
		}
		slow.send(wire.AppendUnsub(nil, topics(1, 1)))
		slow.send(wire.AppendSub(nil, wire.Wait, topics(2, 1)))
		var ops []byte
		for range 2 + pipeBuffer + 1 { // SUBBED, JOIN, frames on their way, and then
			msg, err := slow.conn.Read(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			ops = append(ops, msg[0])
			if len(ops) > 1 && msg[0] == wire.OpSubbed {
				return
			}
		}
		t.Errorf("got operations %x, want SUBBED of the other topic after at most %d frames", ops, pipeBuffer)
	})
}

func TestSubIsIdempotentAndHasOneRole(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		h := newTestHub(t, nil)
		w, k, _, _ := meet(t, h, topic(1))
		k.sub(wire.Knock, topic(1))
		k.expect(wire.OpSubbed)
		w.expect()
		k.sub(wire.Wait, topic(1)) // both roles on one connection would see each other
		if m := k.expect(wire.OpSubbed, wire.OpErr)[1]; m.ErrOp != wire.OpSub || m.RetryMS != 0 {
			t.Errorf("SUB in the other role: ERR op %02x retry %d, want op 01 retry 0", m.ErrOp, m.RetryMS)
		}
		w.expect()
	})
}

func TestHandlesAreRandomPerConnectionAndTopic(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		h := newTestHub(t, nil)
		w, k := dial(t, h, "192.0.2.1"), dial(t, h, "192.0.2.2")
		w.sub(wire.Wait, topics(0, 64)...)
		w.take()
		seen := map[uint32]bool{}
		for range 2 { // a seat that is taken again has another handle
			k.sub(wire.Knock, topics(0, 64)...)
			for _, m := range w.take() {
				if m.Op == wire.OpJoin {
					seen[m.Handle] = true
				}
			}
			k.send(wire.AppendUnsub(nil, topics(0, 64)))
		}
		if len(seen) < 127 {
			t.Errorf("%d handles of 128 differ, want all", len(seen))
		}
	})
}

func TestICEIsAnsweredForTheHostOfTheRequest(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		h := newTestHub(t, nil)
		c := dial(t, h, "192.0.2.1")
		c.send(wire.AppendICE(nil))
		m := c.expect(wire.OpICEAnswer)[0]
		if len(m.ICE.URLs) != 1 || m.ICE.URLs[0] != "stun:host:1" || m.ICE.Username != "" || m.ICE.Password != "" {
			t.Errorf("ICE = %+v, want stun:host:1 without a credential", m.ICE)
		}
	})
}

func TestWrongMessageClosesWith1002(t *testing.T) {
	long := wire.AppendPub(nil, topic(1), 1, frame(0))
	for name, msg := range map[string][]byte{
		"unknown operation": {0x42},
		"size":              long[:len(long)-1],
		"role":              append([]byte{wire.OpSub, 2, 1}, make([]byte, 32)...),
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				h := newTestHub(t, nil)
				w, k, _, _ := meet(t, h, topic(1))
				k.send(msg)
				<-k.done
				if k.code != wire.CloseProtocol {
					t.Errorf("closed with %d, want %d", k.code, wire.CloseProtocol)
				}
				w.expect(wire.OpLeave)
				if n := h.Stats().Protocol; n != 1 {
					t.Errorf("counted %d protocol errors, want 1", n)
				}
			})
		})
	}
}

func TestSilentClientIsDropped(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		h := newTestHub(t, nil)
		w := dial(t, h, "192.0.2.1")
		w.sub(wire.Wait, topic(1))
		dead := dialDeaf(t, h, "192.0.2.2")
		dead.send(wire.AppendSub(nil, wire.Knock, []wire.Topic{topic(1)}))
		w.expect(wire.OpSubbed, wire.OpJoin)

		wait(h.limits.PingEvery + h.limits.PongWithin - time.Millisecond)
		w.expect()
		wait(time.Millisecond)
		w.expect(wire.OpLeave)
		<-dead.served
		if !errors.Is(dead.why, ErrSilent) {
			t.Errorf("Serve = %v, want %v", dead.why, ErrSilent)
		}
		select {
		case <-w.done:
			t.Error("the client that answers pings was dropped too")
		default:
		}
	})
}

func TestConnectionHasALifetime(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		h := newTestHub(t, nil)
		c := dial(t, h, "192.0.2.1")
		wait(24*time.Hour - time.Second)
		c.expect()
		wait(time.Second)
		<-c.done
		if c.code != wire.CloseComeBack {
			t.Errorf("closed with %d, want %d", c.code, wire.CloseComeBack)
		}
	})
}

func TestCloseTellsClientsToComeBack(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		h := newTestHub(t, nil)
		w, k, _, _ := meet(t, h, topic(1))
		h.Close()
		h.Close() // twice is no error
		<-w.done
		<-k.done
		if w.code != wire.CloseComeBack || k.code != wire.CloseComeBack {
			t.Errorf("closed with %d and %d, want %d", w.code, k.code, wire.CloseComeBack)
		}
		s := h.Stats()
		if s.Connections != 0 || s.Topics != 0 {
			t.Errorf("%d connections, %d topics after Close, want none", s.Connections, s.Topics)
		}
		ours, theirs := socket.Pipe()
		if err := h.Serve(context.Background(), theirs, 0, ""); !errors.Is(err, ErrClosing) {
			t.Errorf("Serve after Close = %v, want %v", err, ErrClosing)
		}
		if _, err := ours.Read(context.Background()); socket.CloseCode(err) != wire.CloseComeBack {
			t.Errorf("a client after Close got %v, want code %d", err, wire.CloseComeBack)
		}
	})
}

// stuck is a client whose goodbye never comes back: Close of the hub must end
// all the same.
type stuck struct {
	socket.Conn
	aborted chan struct{}
}

func (s stuck) Close(int, string) { <-s.aborted }

func (s stuck) Read(ctx context.Context) ([]byte, error) {
	<-ctx.Done()
	close(s.aborted)
	return nil, ctx.Err()
}

func TestCloseDoesNotWaitForever(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		h := newTestHub(t, nil)
		_, theirs := socket.Pipe()
		go func() {
			_ = h.Serve(context.Background(), stuck{theirs, make(chan struct{})}, 0, "")
		}()
		synctest.Wait()
		began := time.Now()
		h.Close()
		if took := time.Since(began); took != h.limits.ClosingWithin {
			t.Errorf("Close took %v, want %v", took, h.limits.ClosingWithin)
		}
	})
}

func TestTwoHubsShareABus(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		l := DefaultLimits()
		bus := NewMemoryBus(l)
		h1, h2 := NewHub(Config{Bus: bus, Limits: l}), NewHub(Config{Bus: bus, Limits: l})
		w, k := dial(t, h1, "192.0.2.1"), dial(t, h2, "192.0.2.2")
		w.sub(wire.Wait, topic(1))
		k.sub(wire.Knock, topic(1))
		waiter := k.expect(wire.OpJoin, wire.OpSubbed)[0].Handle
		k.pub(topic(1), waiter, 3)
		w.expect(wire.OpSubbed, wire.OpJoin, wire.OpData)
		h2.Close()
		w.expect(wire.OpLeave)
		h1.Close()
	})
}
