package session

import (
	"beeline/wasm/catalog"
	"bytes"
	"crypto/ed25519"
	"testing"

	"beeline/wasm/ctrl"
	"beeline/wasm/handshake"
	"beeline/wasm/identity"
	"beeline/wasm/invite"
	"beeline/wasm/wire"
)

// person is somebody with an identity.
type person struct {
	t    *testing.T
	id   *identity.Identity
	card *identity.Card
}

func newPerson(t *testing.T, name string) person {
	t.Helper()
	id := identity.New()
	card, err := id.Card(name, 1_790_000_000)
	if err != nil {
		t.Fatalf("Card(%q): %v", name, err)
	}
	return person{t, id, card}
}

// shareWith offers the share to contacts beside its link.
func (n *node) shareWith(own person, with ...person) {
	n.handle(SetMembers{own.id, cards(with)})
}

func cards(of []person) []*identity.Card {
	var all []*identity.Card
	for _, p := range of {
		all = append(all, p.card)
	}
	return all
}

// watch looks what the contacts of a person offer to it.
func (w *world) watch(name string, own person, contacts ...person) (*node, *Watcher) {
	m := NewWatcher(0, w.config(1))
	n := w.node(name, m)
	n.online()
	n.handle(SetContacts{Own: own.id, Cards: cards(contacts)})
	return n, m
}

// takeOf makes a recipient of a share that a contact offers.
func (w *world) takeOf(own, from person, share [16]byte, lanes int) (*node, *Receiver) {
	w.t.Helper()
	return w.takeAt("the only one", own, from, share, lanes)
}

// takeAt takes a contact's share at one of the devices of a person.
func (w *world) takeAt(device string, own, from person, share [16]byte, lanes int) (*node, *Receiver) {
	w.t.Helper()
	c := w.config(lanes)
	c.Device = []byte(device)
	r, err := NewContactReceiver(own.id, from.card, share, c)
	if err != nil {
		w.t.Fatalf("NewContactReceiver: %v", err)
	}
	n := w.node("contact", r)
	w.takers = append(w.takers, n)
	n.online()
	n.handle(Connect{})
	return n, r
}

func offers(m *Watcher, i int) []ctrl.Offer {
	if views := m.View(); i < len(views) {
		return views[i].Offers
	}
	return nil
}

// A shares with B: B sees it with its title and size, hears of changes, takes it,
// and every byte is right.
func TestShareWithContact(t *testing.T) {
	w := newWorld(t, 1)
	a, b := newPerson(t, "Anna"), newPerson(t, "Bela")
	s := w.share(2, ten()...)
	w.sharer.shareWith(a, b)
	_, m := w.watch("B", b, a)
	w.wait(5_000, "the share in B's list", func() bool { return len(offers(m, 0)) == 1 })
	o := offers(m, 0)[0]
	_, entries, size := s.cat.There()
	if o.ID != s.id || o.Title != "Share" || o.Bytes != size || o.Entries != uint32(entries) {
		t.Errorf("B sees %+v, want %q of %d bytes in %d entries", o, "Share", size, entries)
	}
	w.sharer.handle(Retitle{Title: "Reel 2"})
	w.wait(3_000, "the new title", func() bool { return offers(m, 0)[0].Title == "Reel 2" })
	n, r := w.takeOf(b, a, o.ID, 2)
	w.receiveAll(n, r)
	w.complete(60_000, n, r, ten())
	if v := row(s, 0); v.Phase != Complete || len(s.recips) != 1 || s.recips[0].contact != b.card.ID() {
		t.Errorf("A sees its recipient as %v", v.Phase)
	}
}

// How much was ever listed is told, so that something taken back does not hide what
// came in its place: a page says by it what is new.
func TestOfferCountsWhatWasEverListed(t *testing.T) {
	w := newWorld(t, 1)
	a, b := newPerson(t, "Anna"), newPerson(t, "Bela")
	s := w.share(1, tiny()...)
	w.sharer.shareWith(a, b)
	_, m := w.watch("B", b, a)
	w.wait(5_000, "the share in B's list", func() bool { return len(offers(m, 0)) == 1 })
	before := offers(m, 0)[0]
	w.sharer.handle(Remove{[]uint32{1}})
	w.sharer.handle(Add{[]catalog.Entry{{Type: catalog.File, Size: 5, Name: "late.mov"}}})
	w.wait(3_000, "news of it", func() bool { return offers(m, 0)[0] != before })
	if now := offers(m, 0)[0]; now.Entries != before.Entries+1 || int(now.Entries) != s.cat.Len()-1 {
		t.Errorf("one entry taken back and one more: %d entries after %d, want one more", now.Entries, before.Entries)
	}
}

// A contact who has taken all comes again with another page, and is told what came
// since and what is gone: it is the same recipient, with a new list.
func TestContactComesAgainForWhatIsNew(t *testing.T) {
	w := newWorld(t, 1)
	a, b := newPerson(t, "Anna"), newPerson(t, "Bela")
	s := w.share(1, tiny()...)
	w.sharer.shareWith(a, b)
	n, r := w.takeOf(b, a, s.id, 1)
	w.receiveAll(n, r)
	w.complete(30_000, n, r, tiny())
	before := r.View().Entries
	w.sharer.handle(Remove{[]uint32{1}})
	w.sharer.handle(Add{[]catalog.Entry{{Type: catalog.File, Size: 5, Name: "late.mov"}}})
	w.sharer.handle(Listed{})
	_, r2 := w.takeOf(b, a, s.id, 1)
	w.wait(10_000, "the list as it is now", func() bool { return r2.View().Phase == ListShown && r2.View().Listed })
	if v := r2.View(); v.Entries != before+1 || r2.list.Entry(1).Type != catalog.Gone || r2.list.Entry(uint32(v.Entries)).Name != "late.mov" {
		t.Errorf("the second page sees %d entries after %d, the first of them %+v", v.Entries, before, r2.list.Entry(1))
	}
	if len(s.recips) != 1 {
		t.Errorf("%d recipients, want the one", len(s.recips))
	}
}

// The first who comes by the link is let in, whoever came as a contact before, and
// a contact needs nobody's click. A contact and a link holder are two rows.
func TestContactDoesNotTakeTheLinksPlace(t *testing.T) {
	w := newWorld(t, 1)
	a, b := newPerson(t, "Anna"), newPerson(t, "Bela")
	s := w.share(1, tiny()...)
	w.sharer.shareWith(a, b)
	n, r := w.takeOf(b, a, s.id, 1)
	w.receiveAll(n, r)
	w.complete(30_000, n, r, tiny())
	n2, r2 := w.take(s.Link(), 1)
	w.receiveAll(n2, r2)
	w.complete(30_000, n2, r2, tiny())
	_, r3 := w.take(s.Link(), 1)
	w.run(3_000)
	if !r3.View().Asking {
		t.Errorf("the second holder of the link is %v, want asking", r3.View().Phase)
	}
}

// Attack 20: A has B's card and B does not have A's. Nothing happens at B: it sends
// the hub nothing and hears nothing.
func TestNobodyIsReachedWhoDidNotAdd(t *testing.T) {
	w := newWorld(t, 1)
	a, b, c := newPerson(t, "Anna"), newPerson(t, "Bela"), newPerson(t, "Cleo")
	w.share(1, tiny()...)
	w.sharer.shareWith(a, b)
	nb, m := w.watch("B", b) // knows nobody
	_, mc := w.watch("C", c, a)
	w.run(60_000)
	if len(m.View()) != 0 || len(w.hub.held(nb)) != 0 {
		t.Errorf("B shows %d contacts and holds %d topics, want nothing at all", len(m.View()), len(w.hub.held(nb)))
	}
	for _, p := range w.hub.log {
		if p.from == nb || p.to == nb {
			t.Fatalf("a frame passed between B and %v", p.from.name)
		}
	}
	if v := mc.View()[0]; v.Online || len(v.Offers) != 0 {
		t.Errorf("C, who is no member, sees %+v", v)
	}
	// Late, B adds A.
	nb.handle(SetContacts{Own: b.id, Cards: cards([]person{a})})
	w.wait(5_000, "the share in B's list", func() bool { return len(offers(m, 0)) == 1 })
}

// Attack 21: who is no member and knocks 1,000 times meets what it meets when A is
// not there: no waiter, no frame, at no time.
func TestSilenceForNonMembers(t *testing.T) {
	seen := make(map[bool][]string)
	for _, there := range []bool{true, false} {
		w := newWorld(t, 1)
		a, b, c := newPerson(t, "Anna"), newPerson(t, "Bela"), newPerson(t, "Cleo")
		if there {
			w.share(1, tiny()...)
			w.sharer.shareWith(a, b)
		}
		nc, m := w.watch("C", c, a)
		for range 1000 {
			nc.offline()
			nc.online()
			w.run(100)
			if v := m.View()[0]; v.Online {
				t.Fatalf("C sees A")
			}
		}
		for _, p := range w.hub.log {
			if p.to == nc || p.from == nc {
				seen[there] = append(seen[there], "frame")
			}
		}
	}
	if len(seen[true]) != len(seen[false]) || len(seen[true]) != 0 {
		t.Errorf("C saw %d frames with A there, %d without", len(seen[true]), len(seen[false]))
	}
}

// Removal takes effect at once in both directions: A takes B off the list in the
// middle of a transfer; B, who removes A, leaves.
func TestRemoval(t *testing.T) {
	w := newWorld(t, 1)
	w.rate = 300_000
	a, b := newPerson(t, "Anna"), newPerson(t, "Bela")
	s := w.share(1, ten()...)
	w.sharer.shareWith(a, b)
	nb, m := w.watch("B", b, a)
	n, r := w.takeOf(b, a, s.id, 1)
	w.receiveAll(n, r)
	w.wait(20_000, "bytes", func() bool { return r.View().Written > 0 && len(offers(m, 0)) == 1 })
	w.sharer.shareWith(a)
	w.run(1_000)
	if v := r.View(); v.Phase != Failed || v.Why != wire.Revoked {
		t.Errorf("B is %v for %v, want failed for %v", v.Phase, v.Why, wire.Revoked)
	}
	if v := m.View()[0]; v.Online || len(v.Offers) > 0 {
		t.Errorf("B still sees %+v", v)
	}
	for _, door := range s.doors() {
		if door.mode == wire.ModeContact {
			t.Error("A still waits for B")
		}
	}
	w.run(120_000)
	if v := m.View()[0]; v.Online {
		t.Error("B came in again")
	}
	w.sharer.shareWith(a, b)
	w.wait(90_000, "the share again", func() bool { return len(offers(m, 0)) == 1 })
	nb.handle(SetContacts{Own: b.id})
	w.run(2_000)
	if len(s.visits) != 0 || len(m.View()) != 0 {
		t.Errorf("after B removed A there are %d listing sessions", len(s.visits))
	}
}

// Two devices of A, each with a share of its own: B sees both, and each opens.
func TestTwoDevicesOfOneContact(t *testing.T) {
	w := newWorld(t, 1)
	a, b := newPerson(t, "Anna"), newPerson(t, "Bela")
	first := w.share(1, tiny()...)
	w.sharer.shareWith(a, b)
	second := NewSharer("Second", w.config(1))
	n2 := w.node("sharer2", second)
	n2.offer(ten())
	n2.online()
	n2.shareWith(a, b)
	_, m := w.watch("B", b, a)
	w.wait(5_000, "both shares", func() bool { return len(offers(m, 0)) == 2 })
	for _, it := range []struct {
		s     *Sharer
		files []testFile
	}{{first, tiny()}, {second, ten()}} {
		n, r := w.takeOf(b, a, it.s.id, 1)
		w.receiveAll(n, r)
		w.complete(60_000, n, r, it.files)
	}
	n2.dies()
	w.wait(60_000, "one share", func() bool { return len(offers(m, 0)) == 1 })
}

// A listing session goes on over the turn of the hour, and is made anew after the
// network was gone; B never sees a share twice.
func TestListingLasts(t *testing.T) {
	w := newWorld(t, 1)
	a, b := newPerson(t, "Anna"), newPerson(t, "Bela")
	s := w.share(1, tiny()...)
	w.sharer.shareWith(a, b)
	nb, m := w.watch("B", b, a)
	w.wait(5_000, "the share", func() bool { return len(offers(m, 0)) == 1 })
	w.run(35 * 60_000)
	if n := len(offers(m, 0)); n != 1 || len(s.visits) != 1 || len(m.looks) != 1 {
		t.Errorf("after the turn of the hour: %d offers, %d sessions at A, %d at B", n, len(s.visits), len(m.looks))
	}
	for _, pc := range w.live() {
		w.kill(pc)
	}
	w.run(1_000)
	w.wait(40_000, "the share again", func() bool { return len(offers(m, 0)) == 1 && m.View()[0].Online })
	nb.offline()
	w.sharer.offline()
	w.run(5_000)
	if !m.View()[0].Online {
		t.Error("a session that needs no hub ended with it")
	}
}

// Attack 22: the psk is right and the signer is another: not A. B ignores it.
func TestContactSignedByAnother(t *testing.T) {
	w := newWorld(t, 1)
	a, b, evil := newPerson(t, "Anna"), newPerson(t, "Bela"), newPerson(t, "Eve")
	w.share(1, tiny()...)
	w.sharer.shareWith(a, b)
	s := w.sharer.m.(*Sharer)
	s.members[0].door.key = evil.id.Key()
	_, m := w.watch("B", b, a)
	w.run(60_000)
	if m.View()[0].Online {
		t.Error("B took another's signature for A's")
	}
}

// Attack 23: what A says to B is no good to C, although A shares with both: both
// names are in the prologue.
func TestNoMisbinding(t *testing.T) {
	w := newWorld(t, 1)
	a, b, c := newPerson(t, "Anna"), newPerson(t, "Bela"), newPerson(t, "Cleo")
	w.share(1, tiny()...)
	w.sharer.shareWith(a, b, c)
	doorB, _ := contactDoor(b.id, a.card, false)
	doorC, _ := contactDoor(c.id, a.card, false)
	epoch := uint32(7)
	var sid [16]byte
	topic := doorB.topic(epoch)
	init, m1, err := handshake.Initiate(doorB.run(epoch, topic, sid))
	if err != nil {
		t.Fatal(err)
	}
	s := w.sharer.m.(*Sharer)
	_, m2, err := handshake.Respond(s.members[0].door.run(epoch, topic, sid), m1, wire.KeyIdentity, a.id.Key())
	if err != nil {
		t.Fatal(err)
	}
	atC, _, err := handshake.Initiate(doorC.run(epoch, topic, sid))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := atC.Accept(m2, func(uint8, ed25519.PublicKey) bool { return true }); err == nil {
		t.Error("C took an answer that was B's")
	}
	if tr, err := init.Accept(m2, func(_ uint8, pk ed25519.PublicKey) bool { return bytes.Equal(pk, a.card.Public()) }); err != nil || tr == nil {
		t.Errorf("B's own answer: %v", err)
	}
}

// A share that is not there any more is refused by its device, and another one that
// has it is asked.
func TestShareThatIsGone(t *testing.T) {
	w := newWorld(t, 1)
	a, b := newPerson(t, "Anna"), newPerson(t, "Bela")
	w.share(1, tiny()...)
	w.sharer.shareWith(a, b)
	_, r := w.takeOf(b, a, [16]byte{1}, 1)
	w.run(5_000)
	if v := r.View(); v.Phase != Failed || v.Why != wire.Revoked {
		t.Errorf("a share that is not there: %v for %v", v.Phase, v.Why)
	}
}

// A listing session carries nothing but lists: whoever asks for more, or floods, is
// cut off.
func TestListingSessionCarriesNoFiles(t *testing.T) {
	for name, msg := range map[string]ctrl.Message{
		"LIST_REQ": ctrl.ListReq{Max: 1}, "GET": ctrl.Get{Ranges: []ctrl.Range{{File: 1}}}, "PROGRESS": ctrl.Progress{},
	} {
		w := newWorld(t, 1)
		a, b := newPerson(t, "Anna"), newPerson(t, "Bela")
		s := w.share(1, tiny()...)
		w.sharer.shareWith(a, b)
		_, m := w.watch("B", b, a)
		w.wait(5_000, "the share", func() bool { return len(offers(m, 0)) == 1 })
		for _, l := range m.looks {
			id := l.conn.id
			l.conn.send(msg)
			for _, n := range w.nodes {
				if n.m == machine(m) {
					n.do(m.take())
				}
			}
			w.settle()
			if l.conn != nil && l.conn.id == id && len(s.visits) > 0 {
				t.Errorf("%s in a listing session: it goes on", name)
			}
		}
	}
}

// Who was a member, is none, and is one again needs nobody's click, and can be
// removed again: also while receiving.
func TestMemberAgain(t *testing.T) {
	w := newWorld(t, 1)
	w.rate = 300_000
	a, b := newPerson(t, "Anna"), newPerson(t, "Bela")
	s := w.share(1, ten()...)
	w.sharer.handle(SetFlags{Flags: invite.Approval})
	for range 2 {
		w.sharer.shareWith(a, b)
		n, r := w.takeOf(b, a, s.id, 1)
		w.receiveAll(n, r)
		w.wait(20_000, "bytes", func() bool { return r.View().Written > 0 })
		w.sharer.shareWith(a)
		w.run(500)
		if v := r.View(); v.Phase != Failed || v.Why != wire.Revoked {
			t.Errorf("removed, B is %v for %v", v.Phase, v.Why)
		}
	}
	for _, r := range s.recips {
		if r.approved || r.conn != nil {
			t.Error("something is left of a member that was removed")
		}
	}
}

// A member who knocks at the link, with the key it is known by, is one who has the
// link: it asks, and takes no one-time link by being a member.
func TestMemberAtTheLink(t *testing.T) {
	for _, flags := range []uint8{0, invite.Approval, invite.OneTime | invite.Approval} {
		w := newWorld(t, 1)
		a, b := newPerson(t, "Anna"), newPerson(t, "Bela")
		s := w.share(1, tiny()...)
		w.sharer.handle(SetFlags{Flags: flags})
		w.sharer.shareWith(a, b)
		if flags == 0 {
			w.take(s.Link(), 1) // the link's first place is taken
			w.run(1_000)
		}
		n, r := w.takeOf(b, a, s.id, 1)
		w.receiveAll(n, r)
		w.complete(30_000, n, r, tiny())
		at, err := NewReceiver(s.Link(), w.config(1))
		if err != nil {
			t.Fatal(err)
		}
		at.front.key = b.id.Key()
		at.keyKept = true
		na := w.node("member at the link", at)
		na.online()
		na.handle(Connect{})
		w.run(3_000)
		if !at.View().Asking || s.once.state != onceOpen {
			t.Errorf("flags %d: a member at the link is %v, the link's state %d", flags, at.View().Phase, s.once.state)
		}
		if _, err := RestoreSharer("Share", w.config(1), s.Keep()); err != nil {
			t.Errorf("flags %d: what is kept of the share: %v", flags, err)
		}
	}
}

// What a page keeps of a share that a contact offers holds no key of the person.
func TestIdentityIsNoSessionKey(t *testing.T) {
	a, b := newPerson(t, "Anna"), newPerson(t, "Bela")
	r, err := NewContactReceiver(b.id, a.card, [16]byte{1}, Config{Lanes: 1})
	if err != nil || len(r.Key()) != 0 {
		t.Errorf("%d bytes are kept, %v", len(r.Key()), err)
	}
}

// Another identity is opened in this browser: members and contacts are met as that
// one, never as the one before.
func TestAnotherIdentityMeetsAnew(t *testing.T) {
	w := newWorld(t, 1)
	a, later, b := newPerson(t, "Anna"), newPerson(t, "Anna again"), newPerson(t, "Bela")
	s := w.share(1, tiny()...)
	w.sharer.shareWith(a, b)
	nb, m := w.watch("B", b, a, later)
	w.wait(5_000, "the share of the first", func() bool { return len(offers(m, 0)) == 1 })
	w.sharer.shareWith(later, b)
	w.wait(70_000, "the share of the second", func() bool { return len(offers(m, 0)) == 0 && len(offers(m, 1)) == 1 })
	if len(s.members) != 1 || string(s.members[0].door.key) != string(later.id.Key()) {
		t.Error("the member is met as somebody else")
	}
	other := newPerson(t, "Bela's other")
	nb.handle(SetContacts{Own: other.id, Cards: cards([]person{later})})
	w.run(5_000)
	if v := m.View()[0]; v.Online {
		t.Error("who looks is somebody else, and sees what was for the one before")
	}
}
