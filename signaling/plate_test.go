package signaling

import (
	"fmt"
	"testing"
	"time"

	"beeline/signaling/wire"
)

// allot connects a client from ip that waits under a plate.
func allot(t *testing.T, h *Hub, ip string) (c *tester, plate uint32) {
	t.Helper()
	c = dial(t, h, ip)
	c.send(wire.AppendAlloc(nil))
	return c, c.expect(wire.OpPlateIs)[0].Plate
}

// claimed connects a client from ip that knocks at a plate, and returns the
// handle under which it knows the waiter.
func claimed(t *testing.T, h *Hub, ip string, plate uint32) (c *tester, waiter uint32) {
	t.Helper()
	c = dial(t, h, ip)
	c.send(wire.AppendClaim(nil, plate))
	got := c.expect(wire.OpJoin, wire.OpPlateIs)
	if got[0].Topic != wire.PlateTopic(plate) || got[1].Plate != plate {
		t.Fatalf("a claim of %d is answered with %x and %d", plate, got[0].Topic, got[1].Plate)
	}
	return c, got[0].Handle
}

// refused sends a message that must be refused, and returns retry_ms.
func (c *tester) refused(h *Hub, msg []byte) uint16 {
	c.t.Helper()
	c.send(msg)
	wait(h.limits.RefusalPause)
	m := c.expect(wire.OpErr)[0]
	if m.ErrOp != msg[0] {
		c.t.Errorf("ERR for operation %02x, want %02x", m.ErrOp, msg[0])
	}
	return m.RetryMS
}

func TestTwoMeetUnderAPlate(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		h := newTestHub(t, nil)
		w, plate := allot(t, h, "192.0.2.1")
		if plate < 10_000 || plate > 99_999 {
			t.Errorf("plate %d, want five digits", plate)
		}
		k, waiter := claimed(t, h, "192.0.2.2", plate)
		topic := wire.PlateTopic(plate)
		knocker := w.expect(wire.OpJoin)[0].Handle
		k.pub(topic, waiter, 0xc1)
		w.expect(wire.OpData)
		w.pub(topic, knocker, 0xc2)
		k.expect(wire.OpData)
		k.send(wire.AppendClaim(nil, plate)) // said again it changes nothing
		k.expect(wire.OpPlateIs)
		w.expect()
		if s := h.Stats(); s.Plates != 1 || s.Allotted != 1 || s.Claimed != 1 {
			t.Errorf("%+v, want one plate, given and claimed once", s)
		}
		w.send(wire.AppendFree(nil))
		k.expect(wire.OpLeave)
		k.send(wire.AppendFree(nil))
		k.expect()
		if s := h.Stats(); s.Plates != 0 || s.Topics != 0 {
			t.Errorf("%d plates and %d topics after both left", s.Plates, s.Topics)
		}
		if retry := k.refused(h, wire.AppendClaim(nil, plate)); retry != 0 {
			t.Errorf("a plate that was given up: retry %d, want 0", retry)
		}
	})
}

// A plate dies with its connection, and its number is given to nobody else as
// long as somebody who claimed it is still there.
func TestAPlateDiesWithItsConnection(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		h := newTestHub(t, nil)
		w, plate := allot(t, h, "192.0.2.1")
		k, waiter := claimed(t, h, "192.0.2.2", plate)
		k.pub(wire.PlateTopic(plate), waiter, 1)
		w.leave()
		if got := k.expect(wire.OpLeave)[0]; got.Handle != waiter {
			t.Errorf("%08x left, want the waiter %08x", got.Handle, waiter)
		}
		other := dial(t, h, "192.0.2.3")
		if retry := other.refused(h, wire.AppendClaim(nil, plate)); retry != 0 {
			t.Errorf("a dead plate: retry %d, want 0", retry)
		}
		if h.Stats().Plates != 1 {
			t.Error("the number is free while its claimer is still there")
		}
		k.leave()
		if n := h.Stats().Topics; n != 0 {
			t.Errorf("%d topics after both left", n)
		}
	})
}

func TestOnePlateAConnection(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		h := newTestHub(t, nil)
		w, plate := allot(t, h, "192.0.2.1")
		if retry := w.refused(h, wire.AppendAlloc(nil)); retry != 0 {
			t.Errorf("a second plate: retry %d, want 0", retry)
		}
		if retry := w.refused(h, wire.AppendClaim(nil, plate)); retry != 0 {
			t.Errorf("one's own plate: retry %d, want 0", retry)
		}
		w.send(wire.AppendFree(nil))
		w.send(wire.AppendAlloc(nil))
		w.expect(wire.OpPlateIs)

		// One claim as well: another gives up the one before.
		_, first := allot(t, h, "192.0.2.2")
		w2, second := allot(t, h, "192.0.2.3")
		k, _ := claimed(t, h, "192.0.2.4", first)
		k.send(wire.AppendClaim(nil, second))
		k.expect(wire.OpJoin, wire.OpPlateIs)
		w2.expect(wire.OpJoin)
		claimed(t, h, "192.0.2.5", first)
	})
}

// Attack 7: a plate can't be reached but by NP_ALLOC and NP_CLAIM, and who has
// claimed it has it alone.
func TestAttack07PlatesAreClosed(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		h := newTestHub(t, nil)
		w, plate := allot(t, h, "192.0.2.1")
		topic := wire.PlateTopic(plate)
		squatter := dial(t, h, "192.0.2.66")
		for _, role := range []uint8{wire.Knock, wire.Wait} {
			squatter.sub(role, topic, wire.PlateTopic(12345))
			wait(h.limits.RefusalPause)
			squatter.expect(wire.OpSubbed, wire.OpErr)
		}
		if retry := squatter.refused(h, wire.AppendPub(nil, topic, 1, frame(1))); retry != 0 {
			t.Errorf("a frame to a plate that is not held: retry %d, want 0", retry)
		}
		k, waiter := claimed(t, h, "192.0.2.2", plate)
		k.pub(topic, waiter, 1)
		w.expect(wire.OpJoin, wire.OpData)
		for range 2 {
			if retry := squatter.refused(h, wire.AppendClaim(nil, plate)); retry != 5000 {
				t.Errorf("a claimed plate: retry %d, want 5000", retry)
			}
			wait(10 * time.Second)
		}
		w.expect() // it never hears of the squatter
		k.send(wire.AppendFree(nil))
		w.expect(wire.OpLeave)
		claimed(t, h, "192.0.2.3", plate)
	})
}

// Attack 12: a claimer that sends nothing is put out after 5 s; one that does stays.
func TestAttack12QuietClaimersArePutOut(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		h := newTestHub(t, nil)
		w, plate := allot(t, h, "192.0.2.1")
		topic := wire.PlateTopic(plate)
		sweeper, _ := claimed(t, h, "192.0.2.66", plate)
		w.expect(wire.OpJoin)
		wait(4900 * time.Millisecond)
		sweeper.expect()
		wait(200 * time.Millisecond)
		if m := sweeper.expect(wire.OpErr)[0]; m.ErrOp != wire.OpClaim || m.RetryMS != 5000 {
			t.Errorf("put out with ERR op %02x retry %d, want op 05 retry 5000", m.ErrOp, m.RetryMS)
		}
		w.expect(wire.OpLeave)
		if retry := sweeper.refused(h, wire.AppendPub(nil, topic, 1, frame(1))); retry != 0 {
			t.Errorf("a frame after being put out: retry %d, want 0", retry)
		}
		k, waiter := claimed(t, h, "192.0.2.2", plate)
		k.pub(topic, waiter, 1)
		w.expect(wire.OpJoin, wire.OpData)
		wait(time.Minute)
		k.pub(topic, waiter, 2)
		w.expect(wire.OpData)
		if n := h.Stats().QuietClaims; n != 1 {
			t.Errorf("%d claimers were put out, want 1", n)
		}
	})
}

// Attack 12: from one address ten plates a minute can be claimed, and two that
// nobody has; from all its connections together.
func TestAttack12SweepFromOneAddress(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		h := newTestHub(t, nil)
		var plates []uint32
		for i := range 40 {
			_, plate := allot(t, h, fmt.Sprintf("198.51.100.%d", i))
			plates = append(plates, plate)
		}
		live := 0
		for _, plate := range plates {
			c := dial(t, h, "192.0.2.66")
			c.send(wire.AppendClaim(nil, plate))
			live += count(c.take(), wire.OpPlateIs)
		}
		if live != 10 {
			t.Errorf("%d plates claimed at once from one address, want 10", live)
		}
		wait(time.Minute)
		dead := 0
		c := dial(t, h, "192.0.2.66")
		for n := range 40 {
			c.send(wire.AppendClaim(nil, uint32(n)))
			wait(h.limits.RefusalPause)
			if m := refusal(t, c.take()); m.RetryMS == 0 {
				dead++
			} else if m.RetryMS < 5000 {
				t.Errorf("claim %d after two dead ones: retry %d, want more than 5,000", n, m.RetryMS)
			}
		}
		if dead != 2 {
			t.Errorf("%d dead plates tried at once from one address, want 2", dead)
		}
		// Somebody else is not held up.
		claimed(t, h, "192.0.2.2", plates[39])
	})
}

func TestRateOfPlates(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		h := newTestHub(t, nil)
		for range 6 {
			allot(t, h, "192.0.2.1")
		}
		c := dial(t, h, "192.0.2.1")
		if retry := c.refused(h, wire.AppendAlloc(nil)); retry < 9000 || retry > 10_000 {
			t.Errorf("the seventh plate of an address: retry %d, want about 10,000", retry)
		}
		allot(t, h, "192.0.2.2")
		wait(10 * time.Second)
		c.send(wire.AppendAlloc(nil))
		c.expect(wire.OpPlateIs)
	})
}

// With many plates taken a number tried at random would often be one: six digits.
func TestManyPlatesHaveSixDigits(t *testing.T) {
	b := NewMemoryBus(DefaultLimits())
	seen := map[uint32]bool{}
	for n := range 150 {
		plate, _, err := b.Allot(Seat{Role: wire.Wait, Member: &deaf{}})
		if err != nil || seen[plate] {
			t.Fatalf("plate %d = %d, %v", n, plate, err)
		}
		seen[plate] = true
		if long := plate >= 100_000; long != (n >= 100) || plate < 10_000 || plate > 999_999 {
			t.Errorf("plate %d is %d", n, plate)
		}
	}
	if n := b.Plates(); n != 150 {
		t.Errorf("%d plates are taken, want 150", n)
	}
}

// A deaf member hears nothing.
type deaf struct{}

func (*deaf) Joined(wire.Topic, uint32)                {}
func (*deaf) Left(wire.Topic, uint32)                  {}
func (*deaf) Frame(wire.Topic, uint32, uint64, []byte) {}
func (*deaf) Displaced(wire.Topic, uint32)             {}
