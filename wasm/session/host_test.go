package session

import (
	"fmt"
	"runtime"
	"testing"
	"time"

	"beeline/wasm/catalog"
	"beeline/wasm/ctrl"
	"beeline/wasm/identity"
	"beeline/wasm/wire"
)

// host makes a node with a host of a person.
func (w *world) host(own person) (*node, *Host) {
	h := NewHost(0, own.id, w.config(1))
	n := w.node("host of "+own.card.Name, h)
	n.hosted = make(map[[16]byte]map[uint32]*fakeSource)
	return n, h
}

// add offers one more share of a host's to contacts.
func (n *node) add(title string, own person, files []testFile, with ...person) *Sharer {
	n.w.t.Helper()
	h := n.m.(*Host)
	s := NewSharer(title, n.w.config(1))
	if err := h.Add(s); err != nil {
		n.w.t.Fatalf("Add(%q): %v", title, err)
	}
	n.hosted[s.id] = make(map[uint32]*fakeSource)
	n.handle(To{s.id, Add{n.list(n.hosted[s.id], files)}})
	n.handle(To{s.id, Listed{}})
	n.handle(To{s.id, SetMembers{own.id, cards(with)}})
	return s
}

func titles(list []ctrl.Offer) map[string]bool {
	all := make(map[string]bool)
	for _, o := range list {
		all[o.Title] = true
	}
	return all
}

// A shares much with B and some with C: each sees what is for it, and takes it,
// several shares at once, through one family each.
func TestHostOfManyShares(t *testing.T) {
	w := newWorld(t, 1)
	a, b, c := newPerson(t, "Anna"), newPerson(t, "Bela"), newPerson(t, "Cleo")
	n, h := w.host(a)
	forB := n.add("For B", a, ten(), b)
	both := n.add("For both", a, tiny(), b, c)
	n.add("For C", a, tiny(), c)
	n.online()
	_, mb := w.watch("B", b, a)
	_, mc := w.watch("C", c, a)
	w.wait(5_000, "two shares each", func() bool { return len(offers(mb, 0)) == 2 && len(offers(mc, 0)) == 2 })
	if got := titles(offers(mb, 0)); !got["For B"] || !got["For both"] {
		t.Errorf("B sees %v", got)
	}
	if got := titles(offers(mc, 0)); !got["For C"] || !got["For both"] {
		t.Errorf("C sees %v", got)
	}
	n1, r1 := w.takeOf(b, a, forB.id, 1)
	n2, r2 := w.takeOf(b, a, both.id, 1)
	n3, r3 := w.takeOf(c, a, both.id, 1)
	w.receiveAll(n1, r1)
	w.receiveAll(n2, r2)
	w.receiveAll(n3, r3)
	w.complete(60_000, n1, r1, ten())
	w.complete(60_000, n2, r2, tiny())
	w.complete(60_000, n3, r3, tiny())
	if len(forB.recips) != 1 || len(both.recips) != 2 || len(h.lobby.recips) != 0 {
		t.Errorf("rows: %d, %d, and %d of no share", len(forB.recips), len(both.recips), len(h.lobby.recips))
	}
	if held := len(w.hub.held(n)); held != familiesMin {
		t.Errorf("three shares with two contacts show %d families, want %d", held, familiesMin)
	}
	for _, s := range h.Shares() {
		if s.Link() != "" || s.View().Link != "" {
			t.Error("a share of a host shows a link at which nobody waits")
		}
	}
}

// What is added, renamed, stopped or offered to somebody else is seen within a
// second or so by who looks, and no faster than once a second.
func TestHostListIsLive(t *testing.T) {
	w := newWorld(t, 1)
	a, b, c := newPerson(t, "Anna"), newPerson(t, "Bela"), newPerson(t, "Cleo")
	n, h := w.host(a)
	first := n.add("First", a, tiny(), b)
	n.online()
	_, m := w.watch("B", b, a)
	w.wait(5_000, "the share", func() bool { return len(offers(m, 0)) == 1 })
	told := 0
	w.onCtrl = func(from *node, rec []byte) [][]byte {
		if from == n && len(rec) > 100 {
			told++
		}
		return [][]byte{rec}
	}
	for i := range 50 {
		n.add(fmt.Sprint("More ", i), a, tiny(), b)
		w.run(100)
	}
	w.run(3_000)
	if len(offers(m, 0)) != 51 || told > 6 {
		t.Errorf("B sees %d shares after %d messages in 5 s, want 51 after 6 at most", len(offers(m, 0)), told)
	}
	n.handle(To{first.id, Retitle{Title: "Renamed"}})
	w.wait(2_000, "the new title", func() bool { return titles(offers(m, 0))["Renamed"] })
	n.handle(To{first.id, StopSharing{}})
	w.wait(2_000, "one less", func() bool { return len(offers(m, 0)) == 50 })
	second := h.Shares()[0]
	n.handle(To{second.id, SetMembers{a.id, cards([]person{c})}})
	w.wait(2_000, "another less", func() bool { return len(offers(m, 0)) == 49 })
	if second.View().Phase != Waiting || first.View().Phase != Cancelled || len(h.Shares()) != 50 {
		t.Errorf("stopped is %v, given to C is %v, %d are left", first.View().Phase, second.View().Phase, len(h.Shares()))
	}
	if ids := h.Contacts(); len(ids) != 2 {
		t.Errorf("%d contacts are waited for, want 2", len(ids))
	}
}

// Removal in the middle of a transfer, of a member or of the share: that session
// ends at once and says why, those of the same contact with other shares go on.
func TestHostRemoval(t *testing.T) {
	for _, what := range []string{"member", "share"} {
		w := newWorld(t, 1)
		w.rate = 300_000
		a, b, c := newPerson(t, "Anna"), newPerson(t, "Bela"), newPerson(t, "Cleo")
		n, h := w.host(a)
		gone, stays := n.add("Gone", a, ten(), b, c), n.add("Stays", a, ten(), b, c)
		n.online()
		_, m := w.watch("B", b, a)
		n1, r1 := w.takeOf(b, a, gone.id, 1)
		n2, r2 := w.takeOf(b, a, stays.id, 1)
		w.receiveAll(n1, r1)
		w.receiveAll(n2, r2)
		w.wait(20_000, "bytes", func() bool { return r1.View().Written > 0 && r2.View().Written > 0 && len(offers(m, 0)) == 2 })
		if what == "member" {
			n.handle(To{gone.id, SetMembers{a.id, cards([]person{c})}})
		} else {
			n.handle(To{gone.id, StopSharing{}})
		}
		w.run(200)
		if v := r1.View(); v.Phase != Failed || v.Why != wire.Revoked {
			t.Errorf("%s: B is %v for %v, want failed for %v", what, v.Phase, v.Why, wire.Revoked)
		}
		w.wait(2_000, "one share", func() bool { return len(offers(m, 0)) == 1 })
		again, r3 := w.takeOf(b, a, gone.id, 1)
		w.run(3_000)
		if v := r3.View(); v.Phase != Failed || v.Why != wire.Revoked || len(again.pcs) > 0 {
			t.Errorf("%s: opened again, B is %v for %v", what, v.Phase, v.Why)
		}
		w.complete(60_000, n2, r2, ten())
		// With its last share the contact is left: the door is closed, the list ends.
		n.handle(To{stays.id, SetMembers{a.id, cards([]person{c})}})
		w.run(1_000)
		if v := m.View()[0]; v.Online || len(h.lobby.visits) > 0 || len(h.Contacts()) != 1 {
			t.Errorf("%s: B, who has nothing any more, sees %+v; %d contacts are waited for", what, v, len(h.Contacts()))
		}
	}
}

// Whoever names a share that is not for it meets what it meets when there is none
// of that name: the same frames at the same times.
func TestHostRefusesAlike(t *testing.T) {
	var seen []string
	for _, which := range []string{"none", "another's", "stopped", "the lobby's"} {
		w := newWorld(t, 1)
		a, b, c := newPerson(t, "Anna"), newPerson(t, "Bela"), newPerson(t, "Cleo")
		n, h := w.host(a)
		n.add("For B", a, tiny(), b)
		forC, old := n.add("For C", a, tiny(), c), n.add("Old", a, tiny(), b)
		n.handle(To{old.id, StopSharing{}})
		n.online()
		w.run(1_000)
		share := map[string][16]byte{"none": {1}, "another's": forC.id, "stopped": old.id, "the lobby's": h.lobby.id}[which]
		nb, r := w.takeOf(b, a, share, 1)
		w.run(5_000)
		if v := r.View(); v.Phase != Failed || v.Why != wire.Revoked {
			t.Errorf("%s: %v for %v, want failed for %v", which, v.Phase, v.Why, wire.Revoked)
		}
		s := ""
		for _, p := range w.hub.log {
			s += fmt.Sprintln(p.from == nb, len(p.frame), p.frame[:2], p.at-noon)
		}
		seen = append(seen, s)
	}
	for _, s := range seen[1:] {
		if s != seen[0] || s == "" {
			t.Errorf("the hub sees\n%sinstead of\n%s", s, seen[0])
		}
	}
}

// The hub sees of a host with hundreds of shares what it sees of a sharer with one:
// families, frames, times.
func TestHubCantCountShares(t *testing.T) {
	seen := make(map[int]string)
	for _, count := range []int{0, 1, 300} { // 0: a Sharer alone
		w := newWorld(t, 1)
		a, b := newPerson(t, "Anna"), newPerson(t, "Bela")
		var n *node
		var id [16]byte
		if count == 0 {
			s := NewSharer("Share", w.config(1))
			n, id = w.node("sharer", s), s.id
			n.offer(tiny())
			n.shareWith(a, b)
		} else {
			n, _ = w.host(a)
			for range count {
				id = n.add("Share", a, tiny(), b).id
			}
		}
		n.online()
		w.run(1_000)
		nb, m := w.watch("B", b, a)
		w.wait(5_000, "the list", func() bool { return len(offers(m, 0)) == min(max(count, 1), offersMax) })
		nr, r := w.takeOf(b, a, id, 1)
		w.receiveAll(nr, r)
		w.complete(30_000, nr, r, tiny())
		who := map[*node]string{n: "A", nb: "B", nr: "B'"}
		s := ""
		for _, e := range w.hub.subs {
			s += fmt.Sprintln(who[e.node], e.on, e.role, len(e.topics), e.at-noon)
		}
		for _, p := range w.hub.log {
			s += fmt.Sprintln(who[p.from], len(p.frame), p.frame[:2], p.at-noon)
		}
		seen[count] = s
	}
	if seen[1] != seen[300] || seen[1] != seen[0] {
		t.Errorf("of one share the hub sees\n%sof 300\n%sof a sharer alone\n%s", seen[1], seen[300], seen[0])
	}
}

// Two people who each share with the other, and look: sessions of both kinds, the
// turn of the hour, a hub that is gone, paths that break.
func TestTwoHosts(t *testing.T) {
	w := newWorld(t, 1)
	a, b := newPerson(t, "Anna"), newPerson(t, "Bela")
	na, ha := w.host(a)
	w.sharer = na
	nb, hb := w.host(b)
	one, two := na.add("A's", a, ten(), b), nb.add("B's", b, tiny(), a)
	na.online()
	nb.online()
	_, ma := w.watch("A", a, b)
	_, mb := w.watch("B", b, a)
	see := func() bool { return len(offers(ma, 0)) == 1 && len(offers(mb, 0)) == 1 }
	w.wait(5_000, "each other's share", see)
	n1, r1 := w.takeOf(b, a, one.id, 1)
	n2, r2 := w.takeOf(a, b, two.id, 1)
	w.receiveAll(n1, r1)
	w.receiveAll(n2, r2)
	w.complete(60_000, n1, r1, ten())
	w.complete(60_000, n2, r2, tiny())
	w.run(35 * 60_000)
	if !see() || len(ha.lobby.visits) != 1 || len(hb.lobby.visits) != 1 {
		t.Errorf("after the turn of the hour: %d and %d listing sessions", len(ha.lobby.visits), len(hb.lobby.visits))
	}
	na.offline()
	for _, pc := range w.live() {
		w.kill(pc)
	}
	w.run(1_000)
	na.online()
	w.wait(90_000, "the shares again", see)
	n3, r3 := w.takeOf(b, a, one.id, 1)
	w.receiveAll(n3, r3)
	w.run(300)
	w.kill(n3.pcs[sortedLanes(n3.pcs)[0]]) // a path breaks: the same share is found again
	w.complete(60_000, n3, r3, ten())
	w.run(61_000)
	if len(ha.owner) != 1 { // of the row
		t.Errorf("%d numbers are kept, want only that of the row", len(ha.owner))
	}
}

// Numbers of sessions are one row, over all shares and whoever looks; a file that
// changes is looked at in its own share.
func TestHostNumbersAndSources(t *testing.T) {
	w := newWorld(t, 1)
	a, b := newPerson(t, "Anna"), newPerson(t, "Bela")
	n, h := w.host(a)
	h.lobby.last = 7_000
	first, second := n.add("First", a, tiny(), b), n.add("Second", a, ten(), b)
	n.online()
	made := make(map[laneID]bool)
	n.log = func(act Action) {
		if of, ok := act.(Of); ok {
			act = of.Action
		}
		if pc, ok := act.(MakePC); ok {
			if id := (laneID{pc.Session, pc.PC}); made[id] || pc.Session <= 7_000 {
				t.Errorf("session %d, connection %d: taken already, or below the first", pc.Session, pc.PC)
			} else {
				made[id] = true
			}
		}
	}
	w.watch("B", b, a)
	n1, r1 := w.takeOf(b, a, first.id, 1)
	n2, r2 := w.takeOf(b, a, second.id, 1)
	w.wait(5_000, "both lists", func() bool { return r1.View().Listed && r2.View().Listed })
	src := n.hosted[first.id][1]
	src.data, src.modMS = pattern(len(src.data)+5, 77), src.modMS+1000
	w.truth[src.path] = append(w.truth[src.path], src.data)
	n1.handle(Receive{})
	n2.handle(Receive{})
	changed := tiny()
	changed[0].data = src.data
	w.complete(60_000, n1, r1, changed)
	w.complete(60_000, n2, r2, ten())
	n.handle(StopRecipient{Session: second.recips[0].id})
	if first.recips[0].banned || !second.recips[0].banned {
		t.Error("a row of one share was meant, and another's was stopped")
	}
	if len(made) < 3 {
		t.Errorf("%d connections were seen, want three at least", len(made))
	}
}

// A thousand shares with sixty-four contacts: memory, the time that a tick takes,
// and what is refused beyond the bounds.
func TestThousandShares(t *testing.T) {
	w := newWorld(t, 1)
	a := newPerson(t, "Anna")
	var with []person
	for i := range HostMost + 1 {
		with = append(with, newPerson(t, fmt.Sprint("Contact ", i)))
	}
	n, h := w.host(a)
	heap := func() uint64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before, began := heap(), time.Now()
	for i := range 1000 {
		n.add(fmt.Sprint("Share ", i), a, []testFile{{"a.mov", pattern(100, 1)}}, with...)
	}
	each := (heap() - before) / 1000
	t.Logf("1,000 shares took %v to make and %d bytes each", time.Since(began), each)
	if each > 32<<10 {
		t.Errorf("a share takes %d bytes, want 32 KiB at most", each)
	}
	if len(h.Contacts()) != HostMost {
		t.Errorf("%d contacts are met, want %d", len(h.Contacts()), HostMost)
	}
	n.online()
	_, m := w.watch("B", with[3], a)
	_, none := w.watch("C", with[HostMost], a)
	w.wait(10_000, "as many shares as a list takes", func() bool { return len(offers(m, 0)) == offersMax })
	if !titles(offers(m, 0))["Share 999"] || none.View()[0].Online {
		t.Error("the latest share is not seen, or who is one contact too many sees something")
	}
	oldest := h.Shares()[0]
	nr, r := w.takeOf(with[3], a, oldest.id, 1) // not in the list, and open to its members all the same
	w.receiveAll(nr, r)
	w.complete(30_000, nr, r, []testFile{{"a.mov", pattern(100, 1)}})
	began = time.Now()
	for range 100 {
		w.now += 100
		n.tick()
	}
	w.settle()
	if per := time.Since(began) / 100; per > 20*time.Millisecond {
		t.Errorf("a tick takes %v with 1,000 shares, want less than 20 ms", per)
	} else {
		t.Logf("a tick takes %v", per)
	}
	for len(h.Shares()) < hostedMax {
		if err := h.Add(NewSharer("", w.config(1))); err != nil {
			t.Fatalf("share %d: %v", len(h.Shares()), err)
		}
	}
	if err := h.Add(NewSharer("", w.config(1))); wire.CodeOf(err) != wire.Busy {
		t.Errorf("one share too many: %v, want %v", err, wire.Busy)
	}
	if err := h.Add(oldest); err == nil {
		t.Error("a share was taken in twice")
	}
}

// What a session needs of the hub until it is described: its topic stays, and the
// loss of the hub ends it.
func TestHostSessionsThatAreDescribed(t *testing.T) {
	w := newWorld(t, 1)
	a, b := newPerson(t, "Anna"), newPerson(t, "Bela")
	n, h := w.host(a)
	n.add("Other", a, tiny(), b)
	s := n.add("Share", a, tiny(), b)
	n.online()
	w.describeIn = func(uint8) int64 { return 2_000 }
	nr, r := w.takeOf(b, a, s.id, 1)
	w.wait(2_000, "a session", func() bool { return len(s.recips) == 1 && s.recips[0].conn != nil })
	if topic := s.recips[0].conn.topic; !h.needs(topic) {
		t.Error("nobody is said to need the topic by which a session is described")
	}
	n.offline()
	if s.recips[0].conn != nil {
		t.Error("a session that can't be described any more goes on")
	}
	n.online()
	w.wait(60_000, "the list, in another session", func() bool { return r.View().Listed })
	nr.handle(Receive{})
	if h.needs(r.conn.topic) {
		t.Error("a topic is needed after the session was described")
	}
	w.complete(30_000, nr, r, tiny())
}

// Sessions are bounded over all shares, for each contact and in all: beyond that
// it is asked to come later, and one that ends makes room.
func TestHostBoundsSessions(t *testing.T) {
	w := newWorld(t, 1)
	a, b := newPerson(t, "Anna"), newPerson(t, "Bela")
	n, h := w.host(a)
	var all []*Sharer
	for range sessionsOfMember + 1 {
		all = append(all, n.add("Share", a, tiny(), b))
	}
	n.online()
	var first, dead *node
	for _, s := range all[:sessionsOfMember] {
		nr, r := w.takeOf(b, a, s.id, 1)
		w.wait(5_000, "the list", func() bool { return r.View().Listed })
		if first == nil {
			first = nr
		}
		dead = nr
	}
	last := all[sessionsOfMember]
	_, r := w.takeOf(b, a, last.id, 1)
	w.run(2_000)
	if v := r.View(); v.Why != wire.Busy {
		t.Errorf("one session too many: %v for %v, want %v", v.Phase, v.Why, wire.Busy)
	}
	newest := all[sessionsOfMember-1]
	_, r = w.takeAt("another", b, a, newest.id, 1)
	w.run(2_000)
	if v := r.View(); v.Why != wire.Busy {
		t.Errorf("another device at a share that has one: %v for %v, want %v", v.Phase, v.Why, wire.Busy)
	}
	dead.dies() // and nobody knows
	_, r = w.takeOf(b, a, newest.id, 1)
	w.wait(5_000, "the list, in the place of the same device's session", func() bool { return r.View().Listed })
	first.handle(CancelAll{})
	w.run(1_000)
	nr, r := w.takeOf(b, a, last.id, 1)
	w.receiveAll(nr, r)
	w.complete(30_000, nr, r, tiny())
	if len(h.owner) > 4*sessionsOfMember {
		t.Errorf("%d numbers are kept", len(h.owner))
	}
}

// A share is taken away without a word and comes back: who was at it goes on by itself,
// and only who may have it meets silence meanwhile instead of a no.
func TestHostSharesGoAndComeBack(t *testing.T) {
	w := newWorld(t, 1)
	w.rate = 500_000
	a, b, c := newPerson(t, "Anna"), newPerson(t, "Bela"), newPerson(t, "Cleo")
	n, h := w.host(a)
	n.add("Other", a, tiny(), b, c)
	s := n.add("Share", a, ten(), b)
	n.online()
	_, m := w.watch("B", b, a)
	nr, r := w.takeOf(b, a, s.id, 1)
	w.receiveAll(nr, r)
	w.wait(20_000, "bytes", func() bool { return r.View().Written > 0 && len(offers(m, 0)) == 2 })
	kept, files := s.Keep(), n.hosted[s.id]
	n.handle(Suspend{s.id})
	n.handle(Await{s.id, []*identity.Card{b.card}})
	w.wait(2_000, "one share less", func() bool { return len(offers(m, 0)) == 1 })
	_, stranger := w.takeOf(c, a, s.id, 1)
	w.run(30_000)
	if v := r.View(); v.Phase != Reconnecting {
		t.Errorf("who was at it is %v for %v, want reconnecting", v.Phase, v.Why)
	}
	if v := stranger.View(); v.Why != wire.Revoked {
		t.Errorf("whom it is not for is told %v for %v, want %v", v.Phase, v.Why, wire.Revoked)
	}
	again, err := RestoreSharer("Share", w.config(1), kept)
	if err != nil {
		t.Fatal(err)
	}
	if err := h.Add(again); err != nil {
		t.Fatal(err)
	}
	var entries []catalog.Entry
	for i := range uint32(s.cat.Len() - 1) {
		entries = append(entries, s.cat.Entry(i+1))
	}
	n.hosted[s.id] = files
	n.handle(To{s.id, Add{entries}})
	n.handle(To{s.id, Listed{}})
	n.handle(To{s.id, SetMembers{a.id, cards([]person{b})}})
	w.complete(90_000, nr, r, ten())
	if len(offers(m, 0)) != 2 {
		t.Errorf("%d shares are seen, want 2", len(offers(m, 0)))
	}
	n.handle(Suspend{s.id})
	n.handle(Await{s.id, []*identity.Card{b.card}})
	n.handle(Await{Share: s.id}) // it will not come
	_, r = w.takeOf(b, a, s.id, 1)
	w.run(5_000)
	if v := r.View(); v.Why != wire.Revoked {
		t.Errorf("after it is given up B is told %v for %v, want %v", v.Phase, v.Why, wire.Revoked)
	}
	n.handle(Suspend{[16]byte{9}}) // of none
	w.run(2 * sweepEvery)
	if len(h.met) > 0 {
		t.Errorf("%d handshakes are remembered", len(h.met))
	}
}
