package session

import (
	"fmt"
	"testing"

	"beeline/wasm/identity"
)

// What the hub sees of a transfer with a contact is what it sees of one by link:
// the same frames, at the same times, the same numbers of topics.
func TestHubCantTellContactFromLink(t *testing.T) {
	seen := make(map[string][]string)
	for _, by := range []string{"link", "contact"} {
		w := newWorld(t, 1)
		a, b := newPerson(t, "Anna"), newPerson(t, "Bela")
		s := NewSharer("Share", w.config(1))
		w.sharer = w.node("sharer", s)
		w.sharer.offer(tiny())
		if by == "contact" {
			w.sharer.shareWith(a, b) // before it is online: what comes later is seen to come
		}
		w.sharer.online()
		w.run(1_000)
		var n *node
		var r *Receiver
		if by == "contact" {
			n, r = w.takeOf(b, a, s.id, 1)
		} else {
			n, r = w.take(s.Link(), 1)
		}
		w.receiveAll(n, r)
		w.complete(30_000, n, r, tiny())
		for _, e := range w.hub.subs {
			seen[by] = append(seen[by], fmt.Sprint(e.node == n, e.on, e.role, len(e.topics), (e.at-noon)/100))
		}
		for _, p := range w.hub.log {
			seen[by] = append(seen[by], fmt.Sprint(p.from == n, len(p.frame), p.frame[:2], (p.at-noon)/100))
		}
	}
	if len(seen["link"]) < 8 || fmt.Sprint(seen["link"]) != fmt.Sprint(seen["contact"]) {
		t.Errorf("by link the hub sees\n%v\nwith a contact\n%v", seen["link"], seen["contact"])
	}
}

// On fresh connections no topic of one hour is one of the next: neither of the
// contact nor of a dummy.
func TestHoursAreNotTied(t *testing.T) {
	w := newWorld(t, 1)
	a, b := newPerson(t, "Anna"), newPerson(t, "Bela")
	w.share(1, tiny()...)
	w.sharer.shareWith(a, b)
	nb, m := w.watch("B", b, a)
	w.wait(5_000, "the share", func() bool { return len(offers(m, 0)) == 1 })
	before := make(map[[32]byte]bool)
	for _, n := range []*node{w.sharer, nb} {
		for topic := range w.hub.held(n) {
			before[topic] = true
		}
		n.offline()
	}
	w.run(60 * 60_000) // from noon and a half to the next
	w.sharer.online()
	nb.online()
	w.wait(60_000, "the share", func() bool { return len(offers(m, 0)) == 1 })
	for _, n := range []*node{w.sharer, nb} {
		held := w.hub.held(n)
		for topic := range held {
			if before[topic] {
				t.Errorf("%s holds a topic of an hour ago", n.name)
			}
		}
		if len(held) != familiesMin {
			t.Errorf("%s holds %d topics, want %d", n.name, len(held), familiesMin)
		}
	}
}

// 64 contacts of whom all are there: each is seen, with no more frames a second
// than the hub takes.
func TestManyContacts(t *testing.T) {
	w := newWorld(t, 1)
	b := newPerson(t, "Bela")
	var all []person
	for i := range WatchMost {
		a := newPerson(t, fmt.Sprint("Contact ", i))
		all = append(all, a)
		s := NewSharer(fmt.Sprint("Share ", i), w.config(1))
		n := w.node(fmt.Sprint("sharer", i), s)
		n.offer(tiny())
		n.online()
		n.shareWith(a, b)
	}
	nb, m := w.watch("B", b, all...)
	w.wait(30_000, "all shares", func() bool {
		n := 0
		for _, v := range m.View() {
			n += len(v.Offers)
		}
		return n == WatchMost
	})
	if subs := len(w.hub.held(nb)); subs != WatchMost {
		t.Errorf("B holds %d topics, want %d", subs, WatchMost)
	}
	perSecond := make(map[int64]int)
	for _, p := range w.hub.log {
		if p.from == nb {
			perSecond[p.at/1000]++
		}
	}
	for _, n := range perSecond {
		if n > 60 {
			t.Errorf("%d frames in one second, the hub takes 20, and 60 at once", n)
		}
	}
}

// A book of any size is looked at by watchers of at most WatchMost contacts; more
// are not taken, and the same one twice counts once.
func TestWatcherTakesNoMore(t *testing.T) {
	b := newPerson(t, "Bela")
	m := NewWatcher(0, Config{Now: noon, Lanes: 1})
	var cards []*identity.Card
	for i := range WatchMost + 3 {
		c := newPerson(t, fmt.Sprint("Contact ", i)).card
		cards = append(cards, c, c)
	}
	cards = append(cards, b.card) // oneself
	m.Handle(noon, SetContacts{Own: b.id, Cards: cards})
	if n := len(m.View()); n != WatchMost {
		t.Errorf("%d contacts are watched, want %d", n, WatchMost)
	}
}
