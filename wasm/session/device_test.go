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
	n1.dies() // and nobody told A
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

// looks has a device of a person look at what a contact shares.
func (w *world) looks(device string, own, from person, s *Sharer) (*node, *Receiver) {
	w.t.Helper()
	n, r := w.takeAt(device, own, from, s.id, 1)
	w.wait(10_000, "the list", func() bool { return r.View().Listed })
	return n, r
}

// atDevices has so many devices of b take a share of a, slowly.
func atDevices(w *world, a, b person, s *Sharer, n int) (nodes []*node) {
	w.t.Helper()
	for i := range n {
		nr, r := w.takeAt(fmt.Sprint(i), b, a, s.id, 1)
		w.receiveAll(nr, r)
		w.wait(20_000, "bytes", func() bool { return r.View().Written > 0 })
		nodes = append(nodes, nr)
	}
	return nodes
}

// A contact has so many devices at a share. Further ones are told to come later while all
// of them receive; who is away for a minute gives way, and who only looks at once.
func TestDevicesOfAMemberAreBounded(t *testing.T) {
	w := newWorld(t, 1)
	w.rate = 10_000
	a, b := newPerson(t, "Anna"), newPerson(t, "Bela")
	s := w.share(1, ten()...)
	w.sharer.shareWith(a, b)
	nodes := atDevices(w, a, b, s, devicesMax)
	w.rate = 1_000 // nobody is done meanwhile
	comes := func(device string, want wire.Code) *Receiver {
		t.Helper()
		_, r := w.takeAt(device, b, a, s.id, 1)
		w.run(2_000)
		if v := r.View(); v.Why != want || len(s.recips) != devicesMax {
			t.Errorf("%s is %v for %v, want %v, among %d", device, v.Phase, v.Why, want, len(s.recips))
		}
		return r
	}
	comes("one more", wire.Busy)
	for _, i := range []int{2, 1} {
		nodes[i].dies()
		w.wait(60_000, "it is missed", func() bool { return row(s, i).Phase == Reconnecting })
		if i == 2 {
			w.run(10_000)
		}
	}
	comes("too soon", wire.Busy)
	w.wait(120_000, "a minute", func() bool { return s.now-s.recips[2].lostAt > goneAfter })
	first := comes("looks", wire.None)
	if row(s, devicesMax-1).Device != 3 || row(s, 1).Device != 2 {
		t.Errorf("A sees %+v, want that who went first has given way", s.View().Recipients)
	}
	w.wait(120_000, "a minute", func() bool { return s.now-s.recips[1].lostAt > goneAfter })
	second := comes("looks, too", wire.None) // in the place of who is away, not of who looks
	if first.View().Phase != ListShown || second.View().Phase != ListShown {
		t.Errorf("who looks is %v, and %v", first.View().Phase, second.View().Phase)
	}
	comes("looks last", wire.None)
	w.run(1_000)
	if v := first.View(); v.Why != wire.Busy || second.View().Phase != ListShown {
		t.Errorf("who looked first is %v for %v, and the other %v", v.Phase, v.Why, second.View().Phase)
	}
}

// A browser that keeps nothing is another device with every page, and so are programs
// that receive into another folder each: what is dead of them keeps nobody out.
func TestReloadWithoutAKeptSecret(t *testing.T) {
	w := newWorld(t, 1)
	a, b := newPerson(t, "Anna"), newPerson(t, "Bela")
	s := w.share(1, tiny()...)
	w.sharer.shareWith(a, b)
	for i := range 3 * devicesMax {
		n, r := w.takeAt("", b, a, s.id, 1)
		w.wait(4_000, fmt.Sprint("the list of page ", i), func() bool { return r.View().Listed })
		n.dies()
		w.run(1_000)
	}
	if len(s.recips) != devicesMax {
		t.Errorf("%d rows, want %d", len(s.recips), devicesMax)
	}
	w.wait(30_000, "all are missed", func() bool { return s.recips[devicesMax-1].conn == nil })
	_, r := w.takeAt("", b, a, s.id, 1)
	w.wait(4_000, "the list, though none has gone for good", func() bool { return r.View().Listed })
}

// Who is away gives way before who looks on, however long that has been.
func TestAwayGivesWayFirst(t *testing.T) {
	w := newWorld(t, 1)
	w.rate = 10_000
	a, b := newPerson(t, "Anna"), newPerson(t, "Bela")
	s := w.share(1, ten()...)
	w.sharer.shareWith(a, b)
	_, looks := w.looks("looks", b, a, s)
	nodes := atDevices(w, a, b, s, devicesMax-1)
	w.rate = 1_000
	nodes[0].dies()
	w.wait(120_000, "a minute without it", func() bool { r := s.recips[1]; return r.phase == Reconnecting && s.now-r.lostAt > goneAfter })
	w.looks("one more", b, a, s)
	if looks.View().Phase != ListShown {
		t.Errorf("who looks on is %v for %v", looks.View().Phase, looks.View().Why)
	}
}

// A device is named by who comes, so another name is no other budget, and no way out of
// a pause.
func TestAnotherDeviceIsNoNewBeginning(t *testing.T) {
	w := newWorld(t, 1)
	a, b := newPerson(t, "Anna"), newPerson(t, "Bela")
	s := w.share(1, tiny()...)
	w.sharer.shareWith(a, b)
	fresh := 0
	for i := range 3 * devicesMax {
		n, _ := w.looks(fmt.Sprint(i), b, a, s)
		row := s.recips[len(s.recips)-1]
		if row.reread.may(s.now, s.cat.Bytes()) {
			fresh++
			row.reread.bytes += 1 << 40 // read for nothing, as HAVE or CANCEL makes it
		}
		n.handle(CancelAll{})
		w.run(1_000)
	}
	if fresh > devicesMax {
		t.Errorf("one member got %d whole budgets, want %d at most", fresh, devicesMax)
	}

	s = w.share(1, tiny()...)
	w.sharer.shareWith(a, b)
	for i := range devicesMax {
		n, _ := w.looks(fmt.Sprint(i), b, a, s)
		w.sharer.handle(PauseRecipient{row(s, i).ID, true})
		n.handle(CancelAll{})
		w.run(1_000)
	}
	n, r := w.takeAt("fresh", b, a, s.id, 1)
	w.receiveAll(n, r)
	w.run(20_000)
	if r.View().Phase == Complete {
		t.Error("all of a member's devices are paused, and another name has everything")
	}
}

// besideLookers makes a share of a with b and with four others, who look on.
func besideLookers(t *testing.T, w *world) (a, b person, s *Sharer, others int) {
	t.Helper()
	a, b = newPerson(t, "Anna"), newPerson(t, "Bela")
	all := []person{newPerson(t, "C"), newPerson(t, "D"), newPerson(t, "E"), newPerson(t, "F")}
	s = w.share(1, ten()...)
	w.sharer.shareWith(a, append(all, b)...)
	for _, o := range all {
		w.looks("the only one", o, a, s)
	}
	return a, b, s, len(all)
}

// A device that is refused puts nobody out who looks on.
func TestADeviceTooManyPutsNobodyOut(t *testing.T) {
	w := newWorld(t, 1)
	a, b, s, others := besideLookers(t, w)
	w.run(61_000)
	w.rate = 10_000
	atDevices(w, a, b, s, devicesMax)
	for i := range 4 {
		_, late := w.takeAt(fmt.Sprint("more", i), b, a, s.id, 1)
		w.run(2_000)
		if v := late.View(); v.Why != wire.Busy {
			t.Errorf("a device too many is %v for %v", v.Phase, v.Why)
		}
	}
	for i := range others {
		if v := row(s, i); v.Phase != ListShown {
			t.Errorf("who only looked is %v for %v", v.Phase, v.Why)
		}
	}
}

// Nor does one that fits: in a share that is full the row that it takes is its person's.
func TestOnesOwnGivesWayFirst(t *testing.T) {
	for _, idle := range []int{61_000, 0} {
		w := newWorld(t, 1)
		a, b, s, others := besideLookers(t, w)
		w.run(idle)
		for i := range devicesMax {
			w.looks(fmt.Sprint(i), b, a, s)
		}
		before := row(s, others).ID
		_, r := w.takeAt("fifth", b, a, s.id, 1)
		w.run(3_000)
		if v := r.View(); v.Phase != ListShown {
			t.Errorf("the fifth is %v for %v, though one of its own gives way", v.Phase, v.Why)
		}
		if last := row(s, others+devicesMax-1); last.ID != before || last.Device != 1 {
			t.Errorf("it is row %d, device %d, want the one it took, %d and 1", last.ID, last.Device, before)
		}
		for i := range others {
			if v := row(s, i); v.Phase != ListShown {
				t.Errorf("who only looked is %v for %v", v.Phase, v.Why)
			}
		}
	}
}

// A row that has gone makes no room in a share that is full without it.
func TestARowThatIsGoneMakesNoRoom(t *testing.T) {
	w := newWorld(t, 1)
	a, b := newPerson(t, "Anna"), newPerson(t, "Bela")
	var others []person
	for i := range browserMax {
		others = append(others, newPerson(t, fmt.Sprint("Other ", i)))
	}
	s := w.share(1, tiny()...)
	w.sharer.shareWith(a, append(others, b)...)
	for i := range devicesMax {
		n, r := w.takeAt(fmt.Sprint(i), b, a, s.id, 1)
		w.receiveAll(n, r)
		w.complete(30_000, n, r, tiny())
	}
	for _, o := range others {
		w.looks("the only one", o, a, s)
	}
	_, r := w.takeAt("fifth", b, a, s.id, 1)
	w.run(2_000)
	if v := r.View(); v.Why != wire.Busy {
		t.Errorf("beyond %d it is %v for %v, want %v", browserMax, v.Phase, v.Why, wire.Busy)
	}
}

// Who had everything once and looks again receives nothing, and gives way.
func TestWhoHadAllAndLooksGivesWay(t *testing.T) {
	w := newWorld(t, 1)
	a, b := newPerson(t, "Anna"), newPerson(t, "Bela")
	s := w.share(1, tiny()...)
	w.sharer.shareWith(a, b)
	for i := range devicesMax {
		n, r := w.takeAt(fmt.Sprint(i), b, a, s.id, 1)
		w.receiveAll(n, r)
		w.complete(30_000, n, r, tiny())
	}
	w.run(5_000)
	for i := range devicesMax {
		w.looks(fmt.Sprint(i), b, a, s)
	}
	_, r := w.takeAt("fifth", b, a, s.id, 1)
	w.wait(3_000, "the list, in the place of who looks", func() bool { return r.View().Listed })
}

// Of those who only look the one that moved least lately gives way, whichever came first.
func TestWhoMovedLeastLatelyGivesWay(t *testing.T) {
	w := newWorld(t, 1)
	a, b := newPerson(t, "Anna"), newPerson(t, "Bela")
	s := w.share(1, tiny()...)
	w.sharer.shareWith(a, b)
	var nodes []*node
	var all []*Receiver
	for i := range devicesMax {
		n, r := w.looks(fmt.Sprint(i), b, a, s)
		w.run(1_000)
		nodes, all = append(nodes, n), append(all, r)
	}
	nodes[0].dies()
	_, again := w.takeAt("0", b, a, s.id, 1) // the first row moves last
	w.wait(10_000, "the list", func() bool { return again.View().Listed })
	w.run(1_000)
	w.looks("fifth", b, a, s)
	w.run(500)
	if again.View().Phase != ListShown || all[1].View().Why != wire.Busy {
		t.Errorf("who moved last is %v, who moved first %v for %v", again.View().Phase, all[1].View().Phase, all[1].View().Why)
	}
}

// Who is removed loses what all of their devices have under way.
func TestRemovedWithAllDevices(t *testing.T) {
	w := newWorld(t, 1)
	a, b := newPerson(t, "Anna"), newPerson(t, "Bela")
	s := w.share(1, tiny()...)
	w.sharer.shareWith(a, b)
	_, r1 := w.takeAt("laptop", b, a, s.id, 1)
	_, r2 := w.takeAt("nas", b, a, s.id, 1)
	w.wait(10_000, "both lists", func() bool { return r1.View().Listed && r2.View().Listed })
	w.sharer.shareWith(a)
	w.run(500)
	for _, r := range []*Receiver{r1, r2} {
		if v := r.View(); v.Why != wire.Revoked {
			t.Errorf("a device is %v for %v", v.Phase, v.Why)
		}
	}
}

// A member in the middle is told what was taken back while the sharer's page was away.
func TestMemberComesBackToLess(t *testing.T) {
	w := newWorld(t, 1)
	w.rate = 300_000
	files := someTree()
	a, b := newPerson(t, "Anna"), newPerson(t, "Bela")
	s := NewSharer("Share", w.config(1))
	w.sharer = w.node("sharer", s)
	w.sharer.online()
	w.sharer.shareWith(a, b)
	n, r := w.takeOf(b, a, s.id, 1)
	for _, f := range files {
		w.sharer.half(f)
	}
	w.sharer.handle(Listed{})
	w.wait(5_000, "the list is shown", func() bool { return r.View().Entries == len(files) })
	n.handle(Receive{})
	w.run(300)
	again := w.listedAgain(s, files, 4, 6)
	w.sharer.shareWith(a, b)
	w.wait(60_000, "it is back", func() bool { return len(again.recips) > 0 && again.recips[0].conn != nil })
	w.wait(60_000, "it ends", r.ended)
	if v := r.View(); v.FilesFailed != 2 || v.FilesVerified != 3 {
		t.Errorf("%v %v, %d verified, %d failed", v.Phase, v.Why, v.FilesVerified, v.FilesFailed)
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
