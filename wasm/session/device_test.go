package session

import (
	"fmt"
	"testing"

	"beeline/wasm/wire"
)

// Two devices of one contact take a share at the same time, and neither takes the other's
// session: each has a row and every byte. One that comes back, as after a power cut, is
// the row it was.
func TestTwoDevicesTakeOneShare(t *testing.T) {
	w := newWorld(t, 1)
	w.rate = 300_000
	a, b := newPerson(t, "Anna"), newPerson(t, "Bela")
	s := w.share(1, ten()...)
	w.sharer.shareWith(a, b)
	n1, r1 := w.takeAt("laptop", b, a, s.id, 1)
	n2, r2 := w.takeAt("nas", b, a, s.id, 1)
	sessions := make(map[*node]map[uint32]bool)
	for _, n := range []*node{n1, n2} {
		sessions[n] = make(map[uint32]bool)
		n.log = func(a Action) {
			if o, ok := a.(OpenIn); ok {
				sessions[n][o.Session] = true
			}
		}
	}
	w.receiveAll(n1, r1)
	w.receiveAll(n2, r2)
	w.wait(30_000, "bytes at both", func() bool { return r1.View().Written > 0 && r2.View().Written > 0 })
	if len(s.recips) != 2 || s.View().Recipients[0].Device != 1 || s.View().Recipients[1].Device != 2 {
		t.Fatalf("A sees %+v, want two devices", s.View().Recipients)
	}
	n1.offline()
	n1.down = true // and nobody told A
	n3, r3 := w.takeAt("laptop", b, a, s.id, 1)
	w.receiveAll(n3, r3)
	w.complete(120_000, n3, r3, ten())
	w.complete(120_000, n2, r2, ten())
	if len(s.recips) != 2 || row(s, 0).Phase != Complete || row(s, 1).Phase != Complete {
		t.Errorf("A sees %+v, want two that have all", s.View().Recipients)
	}
	if len(sessions[n2]) != 1 {
		t.Errorf("the device that stayed had %d sessions, want one", len(sessions[n2]))
	}
}

// Another share is told another number: the tag of a device names it to nobody else, and
// says nothing of the secret it comes from.
func TestDeviceIsOneOfItsShare(t *testing.T) {
	w := newWorld(t, 1)
	a, b, c := newPerson(t, "Anna"), newPerson(t, "Bela"), newPerson(t, "Cleo")
	tag := func(device string, who person, share byte) [16]byte {
		_, r := w.takeAt(device, who, a, [16]byte{share}, 1)
		return r.device
	}
	first := tag("nas", b, 1)
	if tag("nas", b, 1) != first {
		t.Error("a device is another when it comes back")
	}
	nowhere := tag("", b, 1) // kept nowhere
	for what, other := range map[string][16]byte{"another share": tag("nas", b, 2), "another device": tag("laptop", b, 1), "another person": tag("nas", c, 1), "one that is kept nowhere": nowhere} {
		if other == first {
			t.Errorf("%s is told the same number", what)
		}
	}
	if tag("", b, 1) == nowhere {
		t.Error("what is kept nowhere is the same twice")
	}
}

// A contact has so many devices at a share. Further ones are told to come later while all
// are there, and one that is away gives way, the one that moved least lately first.
func TestDevicesOfAMemberAreBounded(t *testing.T) {
	w := newWorld(t, 1)
	a, b := newPerson(t, "Anna"), newPerson(t, "Bela")
	s := w.share(1, tiny()...)
	w.sharer.shareWith(a, b)
	var nodes []*node
	for i := range devicesMax {
		n, r := w.takeAt(fmt.Sprint(i), b, a, s.id, 1)
		nodes = append(nodes, n)
		w.wait(10_000, "the list", func() bool { return r.View().Listed })
	}
	_, late := w.takeAt("one more", b, a, s.id, 1)
	w.run(2_000)
	if v := late.View(); v.Why != wire.Busy || len(s.recips) != devicesMax {
		t.Errorf("one device too many is %v for %v, among %d", v.Phase, v.Why, len(s.recips))
	}
	nodes[2].handle(CancelAll{})
	w.run(1_000)
	n, r := w.takeAt("one more", b, a, s.id, 1)
	w.receiveAll(n, r)
	w.complete(60_000, n, r, tiny())
	if len(s.recips) != devicesMax || row(s, devicesMax-1).Device != 3 {
		t.Errorf("A sees %+v, want the third device's place taken", s.View().Recipients)
	}
}

// To stop one device is to stop the contact: all of theirs, and those that come.
func TestStopIsOfThePerson(t *testing.T) {
	w := newWorld(t, 1)
	a, b := newPerson(t, "Anna"), newPerson(t, "Bela")
	s := w.share(1, ten()...)
	w.sharer.shareWith(a, b)
	_, r1 := w.takeAt("laptop", b, a, s.id, 1)
	_, r2 := w.takeAt("nas", b, a, s.id, 1)
	w.wait(10_000, "both lists", func() bool { return r1.View().Listed && r2.View().Listed })
	w.sharer.handle(StopRecipient{row(s, 0).ID})
	w.run(1_000)
	_, r3 := w.takeAt("phone", b, a, s.id, 1)
	w.run(2_000)
	for i, want := range []wire.Code{wire.Revoked, wire.Revoked, wire.Refused} {
		if v := []*Receiver{r1, r2, r3}[i].View(); v.Phase != Failed || v.Why != want {
			t.Errorf("device %d is %v for %v, want %v", i+1, v.Phase, v.Why, want)
		}
	}
	w.sharer.shareWith(a)
	w.sharer.shareWith(a, b)
	n4, r4 := w.takeAt("phone", b, a, s.id, 1)
	w.receiveAll(n4, r4)
	w.complete(60_000, n4, r4, ten())
}
