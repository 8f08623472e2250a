package signaling

import (
	"fmt"
	"net/netip"
	"testing"
	"time"

	"beeline/signaling/wire"
)

// refusal returns the one ERR among messages.
func refusal(t *testing.T, got []wire.ServerMessage) wire.ServerMessage {
	t.Helper()
	var errs []wire.ServerMessage
	for _, m := range got {
		if m.Op == wire.OpErr {
			errs = append(errs, m)
		}
	}
	if len(errs) != 1 {
		t.Fatalf("%d ERR among %d messages, want 1", len(errs), len(got))
	}
	return errs[0]
}

func count(got []wire.ServerMessage, op uint8) (n int) {
	for _, m := range got {
		if m.Op == op {
			n++
		}
	}
	return n
}

func TestTopicsPerConnection(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		h := newTestHub(t, nil)
		c := dial(t, h, "192.0.2.1")
		c.sub(wire.Wait, topics(0, 256)...)
		c.expect(wire.OpSubbed, wire.OpSubbed, wire.OpSubbed, wire.OpSubbed)
		wait(time.Second)
		c.sub(wire.Wait, topic(256))
		if m := refusal(t, c.take()); m.ErrOp != wire.OpSub || m.RetryMS != 0 {
			t.Errorf("topic 257: ERR op %02x retry %d, want op 01 retry 0", m.ErrOp, m.RetryMS)
		}
		if n := h.Stats().Topics; n != 256 {
			t.Errorf("%d topics held, want 256", n)
		}
	})
}

func TestRateOfSubAndUnsub(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		h := newTestHub(t, nil)
		c := dial(t, h, "192.0.2.1")
		c.sub(wire.Wait, topics(0, 256)...)
		c.take()
		for i := range 4 {
			c.send(wire.AppendUnsub(nil, topics(64*i, 64)))
		}
		c.expect()
		for op, msg := range map[uint8][]byte{
			wire.OpSub:   wire.AppendSub(nil, wire.Wait, topics(0, 64)),
			wire.OpUnsub: wire.AppendUnsub(nil, topics(0, 64)),
		} {
			c.send(msg)
			wait(h.limits.RefusalPause)
			m := refusal(t, c.take())
			if m.ErrOp != op || m.RetryMS < 900 || m.RetryMS > 1000 {
				t.Errorf("op %02x after the burst: ERR op %02x retry %d, want op %02x retry about 1000", op, m.ErrOp, m.RetryMS, op)
			}
		}
		if n := h.Stats().Topics; n != 0 {
			t.Errorf("%d topics after a refused SUB, want 0", n)
		}
		wait(time.Second)
		c.sub(wire.Wait, topics(0, 64)...)
		c.expect(wire.OpSubbed)
	})
}

func TestRateOfPubOnOneTopic(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		h := newTestHub(t, nil)
		w, k, _, waiter := meet(t, h, topic(1))
		for i := range 20 {
			k.pub(topic(1), waiter, byte(i))
		}
		if n := count(w.take(), wire.OpData); n != 20 {
			t.Errorf("%d frames of a burst of 20 arrived, want all", n)
		}
		k.expect()
		k.pub(topic(1), waiter, 0)
		if m := refusal(t, k.take()); m.ErrOp != wire.OpPub || m.RetryMS == 0 || m.RetryMS > 100 {
			t.Errorf("21st frame: ERR op %02x retry %d, want op 03 retry up to 100", m.ErrOp, m.RetryMS)
		}
		w.expect()
		wait(100 * time.Millisecond)
		k.pub(topic(1), waiter, 9)
		w.expect(wire.OpData)
	})
}

func TestRateOfPubOnOneConnection(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		h := newTestHub(t, nil)
		w, k := dial(t, h, "192.0.2.1"), dial(t, h, "192.0.2.2")
		w.sub(wire.Wait, topics(0, 4)...)
		k.sub(wire.Knock, topics(0, 4)...)
		w.take()
		sent := 0
		for _, m := range k.take() {
			if m.Op != wire.OpJoin {
				continue
			}
			for range 15 {
				k.pub(m.Topic, m.Handle, 1)
				sent++
			}
		}
		if n := count(w.take(), wire.OpData); sent != 60 || n != 60 {
			t.Errorf("%d frames of %d arrived, want 60 of 60", n, sent)
		}
		waiter := func() uint32 {
			k.send(wire.AppendUnsub(nil, topics(0, 1)))
			k.sub(wire.Knock, topic(0))
			return k.expect(wire.OpJoin, wire.OpSubbed)[0].Handle
		}()
		w.take()
		k.pub(topic(0), waiter, 1) // a topic of which the own budget is new
		if m := refusal(t, k.take()); m.ErrOp != wire.OpPub || m.RetryMS == 0 || m.RetryMS > 50 {
			t.Errorf("61st frame: ERR op %02x retry %d, want op 03 retry up to 50", m.ErrOp, m.RetryMS)
		}
		w.expect()
	})
}

func TestRateOfICE(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		h := newTestHub(t, nil)
		var all []*tester
		for range 7 {
			all = append(all, dial(t, h, "192.0.2.1"))
		}
		answers := 0
		for _, c := range all {
			for range 20 {
				c.send(wire.AppendICE(nil))
				wait(h.limits.RefusalPause)
			}
			got := c.take()
			answers += count(got, wire.OpICEAnswer)
		}
		if answers != 128 { // and none came back in the 3 s that this took
			t.Errorf("%d answers for one address, want 128", answers)
		}
		other := dial(t, h, "192.0.2.2")
		for range 21 {
			other.send(wire.AppendICE(nil))
		}
		got := other.take()
		m := refusal(t, got)
		if n := count(got, wire.OpICEAnswer); n != 20 || m.ErrOp != wire.OpICE || m.RetryMS < 9000 {
			t.Errorf("%d answers to one connection, then op %02x retry %d; want 20, op 07, about 10,000", n, m.ErrOp, m.RetryMS)
		}
	})
}

func TestRefusalsDoNotPileUpAndCostTime(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		h := newTestHub(t, nil)
		c := dial(t, h, "192.0.2.1")
		began := time.Now()
		for range 50 {
			c.send(wire.AppendClaim(nil, 1))
		}
		for h.Stats().Refused < 50 {
			wait(time.Millisecond)
		}
		if took := time.Since(began); took < 49*h.limits.RefusalPause {
			t.Errorf("50 refusals took %v, want at least 49 pauses of %v", took, h.limits.RefusalPause)
		}
		q := newQueue(h.limits)
		for range 1000 {
			q.refuse(wire.OpPub, 5)
		}
		q.refuse(wire.OpSub, 5)
		if len(q.items) != 2 {
			t.Errorf("%d refusals wait for a client that reads nothing, want one an operation", len(q.items))
		}
	})
}

func TestMembersPerAddressAndRole(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		h := newTestHub(t, nil)
		k1, k2, k3 := dial(t, h, "192.0.2.1"), dial(t, h, "192.0.2.1"), dial(t, h, "192.0.2.1")
		for _, c := range []*tester{k1, k2} {
			c.sub(wire.Knock, topic(1))
			c.expect(wire.OpSubbed)
		}
		k3.sub(wire.Knock, topic(1))
		m := k3.expect(wire.OpSubbed, wire.OpErr)[1]
		if m.ErrOp != wire.OpSub || m.RetryMS < 4900 || m.RetryMS > 5000 {
			t.Errorf("third of an address: ERR op %02x retry %d, want op 01 retry 5000", m.ErrOp, m.RetryMS)
		}
		// The other role has places of its own, and so has another address.
		for i, ip := range []string{"192.0.2.1", "192.0.2.1", "192.0.2.2"} {
			c := dial(t, h, ip)
			c.sub(wire.Wait, topic(1))
			if n := count(c.take(), wire.OpErr); n != 0 {
				t.Errorf("waiter %d was refused, want a place", i)
			}
		}
		// After the tenure the one that was there longest gives way.
		wait(h.limits.Tenure)
		k1.take()
		k3.sub(wire.Knock, topic(1))
		if n := count(k3.take(), wire.OpJoin); n != 3 {
			t.Errorf("the newcomer met %d waiters, want 3", n)
		}
		got := k1.take()
		if m := refusal(t, got); m.ErrOp != wire.OpSub || m.RetryMS != 5000 || count(got, wire.OpLeave) != 3 {
			t.Errorf("the one put out heard op %02x retry %d and %d LEAVE; want op 01 retry 5000 and 3", m.ErrOp, m.RetryMS, count(got, wire.OpLeave))
		}
		k1.pub(topic(1), 1, 1)
		if m := refusal(t, k1.take()); m.ErrOp != wire.OpPub {
			t.Errorf("PUB after being put out: ERR op %02x, want 03", m.ErrOp)
		}
	})
}

func TestIPv6CountsBySlash64(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		h := newTestHub(t, nil)
		addr := func(s string) Address { return h.addresses.of(netip.MustParseAddr(s)) }
		for _, tt := range []struct {
			a, b string
			same bool
		}{
			{"2001:db8::1", "2001:db8::ffff:1", true},
			{"2001:db8::1", "2001:db8:0:1::1", false},
			{"192.0.2.1", "::ffff:192.0.2.1", true},
			{"192.0.2.1", "192.0.2.2", false},
			{"fe80::1%eth0", "fe80::1%eth1", true},
		} {
			if got := addr(tt.a) == addr(tt.b); got != tt.same {
				t.Errorf("%s and %s count as one: %v, want %v", tt.a, tt.b, got, tt.same)
			}
		}
		if addr("127.0.0.1") == 0 || addr("::1") == 0 {
			t.Error("loopback has no limits, want them unless exempt")
		}
		if a := h.addresses.of(netip.Addr{}); a == 0 {
			t.Error("an address that is not known has no limits, want them")
		}
		open := newTestHub(t, func(l *Limits) { l.ExemptLoopback = true })
		for _, ip := range []string{"127.0.0.1", "127.3.2.1", "::1", "::ffff:127.0.0.1"} {
			if a := open.addresses.of(netip.MustParseAddr(ip)); a != 0 {
				t.Errorf("%s is not exempt, want it exempt", ip)
			}
		}
		if open.addresses.of(netip.MustParseAddr("192.0.2.1")) == 0 {
			t.Error("192.0.2.1 is exempt, want only loopback")
		}
	})
}

func TestConnectionsPerAddress(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		a := newAddresses(DefaultLimits())
		from := a.of(netip.MustParseAddr("192.0.2.1"))
		admitted := 0
		for range 100 {
			if a.enter(from) == 0 {
				admitted++
			}
		}
		if admitted != 60 {
			t.Errorf("%d new connections at once, want 60", admitted)
		}
		for range 200 { // one a second is let in until 128 are there
			wait(time.Second)
			if a.enter(from) == 0 {
				admitted++
			}
		}
		if admitted != 128 {
			t.Errorf("%d connections of one address, want 128", admitted)
		}
		if other := a.of(netip.MustParseAddr("192.0.2.2")); a.enter(other) != 0 {
			t.Error("another address is refused, want it let in")
		}
		a.leave(from)
		if a.enter(from) != 0 {
			t.Error("refused although one has left")
		}
	})
}

func TestAddressesAreForgotten(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		a := newAddresses(DefaultLimits())
		for i := range 1000 {
			from := a.of(netip.MustParseAddr(fmt.Sprintf("192.0.%d.%d", i/250, i%250)))
			a.enter(from)
			a.takeICE(from, time.Now())
			a.leave(from)
		}
		wait(sweepEvery)
		last := a.of(netip.MustParseAddr("198.51.100.1"))
		a.enter(last)
		if len(a.known) != 1 {
			t.Errorf("%d addresses are remembered, want 1", len(a.known))
		}
	})
}

func TestFirstWaiterKeepsItsPlace(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		h := newTestHub(t, nil)
		sharer := dial(t, h, "192.0.2.1")
		sharer.sub(wire.Wait, topic(1))
		sharer.take()
		wait(time.Hour)
		for i := range 40 { // squatters in both roles, from many addresses
			c := dial(t, h, fmt.Sprintf("198.51.100.%d", i))
			c.sub(uint8(i%2), topic(1))
			wait(h.limits.Tenure)
		}
		for i := range 4 { // and some from the sharer's own
			c := dial(t, h, "192.0.2.1")
			c.sub(wire.Wait, topic(1))
			wait(h.limits.Tenure)
			if n := count(sharer.take(), wire.OpErr); n != 0 {
				t.Fatalf("the first waiter was put out by newcomer %d, want it to stay", i)
			}
		}
		honest := dial(t, h, "203.0.113.1")
		honest.sub(wire.Knock, topic(1))
		if n := count(honest.take(), wire.OpJoin); n == 0 {
			t.Error("an honest knocker met nobody, want the sharer at least")
		}
		joined := sharer.take()
		if count(joined, wire.OpJoin) != 1 {
			t.Errorf("the sharer heard of %d newcomers, want 1", count(joined, wire.OpJoin))
		}
	})
}

func TestSixteenMembersAtMost(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		h := newTestHub(t, nil)
		bus := h.bus.(*MemoryBus)
		for i := range 16 {
			dial(t, h, fmt.Sprintf("198.51.100.%d", i)).sub(wire.Knock, topic(1))
		}
		late := dial(t, h, "203.0.113.1")
		late.sub(wire.Wait, topic(1))
		if m := refusal(t, late.take()); m.ErrOp != wire.OpSub || m.RetryMS == 0 {
			t.Errorf("17th member: ERR op %02x retry %d, want op 01 and a time", m.ErrOp, m.RetryMS)
		}
		wait(h.limits.Tenure)
		late.sub(wire.Wait, topic(1))
		if n := count(late.take(), wire.OpJoin); n != 15 {
			t.Errorf("after the tenure it met %d, want 15", n)
		}
		if n := len(bus.rooms[topic(1)].members); n != 16 {
			t.Errorf("%d members, want 16", n)
		}
		if h.Stats().Displaced != 1 {
			t.Errorf("counted %d put out, want 1", h.Stats().Displaced)
		}
	})
}
