package session

import (
	"bytes"
	"slices"
	"testing"

	swire "beeline/signaling/wire"
	"beeline/wasm/invite"
	"beeline/wasm/wire"
)

// hourAt is the given minute of an hour.
func hourAt(minute int64) int64 { return noon + (minute-30)*60_000 }

// asleep lets time pass without a tick until then: a closed laptop.
func (w *world) asleep(until int64) {
	w.settle()
	w.now = until
	w.step()
}

// own returns the topics a node subscribed to, with the SUBs and UNSUBs so far.
func (h *fakeHub) own(n *node) (topics map[[32]byte]bool, log []sub) {
	for _, s := range h.subs {
		if s.node == n {
			log = append(log, s)
		}
	}
	return h.held(n), log
}

// Nothing depends on the link before the click: a preview robot that runs the
// page must not be seen by anybody. PROTOCOL.md 3, attack 16.
func TestNothingBeforeConnect(t *testing.T) {
	w := newWorld(t, 1)
	s := w.share(1, tiny()...)
	r, err := NewReceiver(s.Link(), w.config(1))
	if err != nil {
		t.Fatal(err)
	}
	n := w.node("robot", r)
	n.log = func(a Action) {
		if m, ok := a.(SignalSend); ok && m.Data[0] != swire.OpICE {
			t.Errorf("message %x goes to the hub before the click", m.Data[:1])
		}
	}
	n.online()
	n.handle(SignalMessage{swire.AppendJoin(nil, s.link.Topic(invite.Epoch(w.now)), 9)})
	w.run(60_000)
	if topics := w.hub.held(n); len(topics) > 0 {
		t.Errorf("%d topics are held before the click, want none", len(topics))
	}
	n.handle(Receive{})
	n.handle(SetPause{On: true})
	n.handle(CancelAll{})
	w.run(1_000)
	n.log = nil
	n.handle(Connect{})
	w.wait(2_000, "the list comes after the click", func() bool { return r.View().Listed })
}

// The number of families is a power of two, at least 4, dummies are made by the
// same formula, and topics that change together go in one SUB, sorted.
// PROTOCOL.md d.2; 3, attack 57.
func TestFamiliesArePaddedAndSorted(t *testing.T) {
	w := newWorld(t, 1)
	s := w.share(1, tiny()...)
	n, _ := w.take(s.Link(), 1)
	for _, node := range []*node{w.sharer, n} {
		topics, log := w.hub.own(node)
		if len(log) != 1 || len(topics) != familiesMin {
			t.Errorf("%s: %d topics in %d messages, want %d in one", node.name, len(topics), len(log), familiesMin)
		}
		if !topics[s.link.Topic(invite.Epoch(w.now))] {
			t.Errorf("%s is not on the link's topic", node.name)
		}
		if topics[s.link.Topic(invite.Epoch(w.now)+1)] {
			t.Errorf("%s holds a topic before its time", node.name)
		}
		if !slices.IsSortedFunc(log[0].topics, func(x, y [32]byte) int { return bytes.Compare(x[:], y[:]) }) {
			t.Errorf("%s: the SUB is not sorted", node.name)
		}
	}
}

// Once a session is open the recipient is on the link's topic no more: a dummy
// takes its place.
func TestARecipientLeavesTheTopic(t *testing.T) {
	w := newWorld(t, 1)
	s := w.share(1, tiny()...)
	n, r := w.take(s.Link(), 1)
	topic := s.link.Topic(invite.Epoch(w.now))
	for _, then := range []func(){func() {}, func() { n.handle(Receive{}) }, func() { n.handle(CancelAll{}) }} {
		then()
		w.run(2_000)
		if topics := w.hub.held(n); topics[topic] || len(topics) != familiesMin {
			t.Errorf("%v: on the topic %v, on %d topics, want off it, on %d", r.View().Phase, topics[topic], len(topics), familiesMin)
		}
		if !w.hub.held(w.sharer)[topic] {
			t.Error("the sharer left the topic")
		}
	}
}

// A waiter holds the hour, in its first quarter also the one before, in its last
// also the one after; a knocker only its own. Families change as a whole.
// PROTOCOL.md d.1.
func TestTopicsTurnWithTheHour(t *testing.T) {
	w := newWorld(t, 1)
	w.now = hourAt(30)
	s := w.share(1, tiny()...)
	n, r := w.take(sharedLink(s, func(l *invite.Link) { l.Secret[0] ^= 1 }), 1) // never meets
	e := invite.Epoch(w.now)
	steps := []struct {
		minute  int64
		waits   []uint32
		knocks  uint32
		changes int // messages of the sharer
	}{
		{44, []uint32{e}, e, 0},
		{45, []uint32{e, e + 1}, e, 1},
		{59, []uint32{e, e + 1}, e, 0},
		{60, []uint32{e + 1, e}, e + 1, 0},
		{74, []uint32{e + 1, e}, e + 1, 0},
		{75, []uint32{e + 1}, e + 1, 1},
		{105, []uint32{e + 1, e + 2}, e + 1, 1},
		{300, []uint32{e + 5, e + 4}, e + 5, 2},
	}
	for _, st := range steps {
		_, before := w.hub.own(w.sharer)
		w.asleep(hourAt(st.minute))
		topics, log := w.hub.own(w.sharer)
		if len(topics) != familiesMin*len(st.waits) {
			t.Errorf("minute %d: the sharer holds %d topics, want %d", st.minute, len(topics), familiesMin*len(st.waits))
		}
		for _, e := range st.waits {
			if !topics[s.link.Topic(e)] {
				t.Errorf("minute %d: the sharer does not wait in hour %d", st.minute, e)
			}
		}
		if got := changes(log) - changes(before); got != st.changes {
			t.Errorf("minute %d: %d messages, want %d", st.minute, got, st.changes)
		}
		topics = w.hub.held(n)
		if len(topics) != familiesMin || !topics[r.front.topic(st.knocks)] {
			t.Errorf("minute %d: the recipient holds %d topics, want %d with that of hour %d", st.minute, len(topics), familiesMin, st.knocks)
		}
	}
}

// changes counts the messages that changed what is held. After a silence all is
// said again.
func changes(log []sub) (n int) {
	held := make(map[[32]byte]bool)
	for _, s := range log {
		changed := false
		for _, t := range s.topics {
			changed = changed || held[t] != s.on
			held[t] = s.on
		}
		if changed {
			n++
		}
	}
	return n
}

// Two clocks that are 15 minutes apart meet at any time of the hour.
func TestClocksApartMeet(t *testing.T) {
	for _, minute := range []int64{0, 1, 14, 16, 30, 44, 46, 59} {
		for _, skew := range []int64{-14 * 60_000, 14 * 60_000} {
			w := newWorld(t, 1)
			w.now = hourAt(minute)
			s := w.share(1, tiny()...)
			r, _ := NewReceiver(s.Link(), w.config(1))
			n := w.node("taker", r)
			n.skew = skew
			n.online()
			n.handle(Connect{})
			if !w.until(3_000, func() bool { return r.View().Listed }) {
				t.Errorf("minute %d, %d minutes apart: they don't meet", minute, skew/60_000)
			}
		}
	}
}

// Every family of a connection lives, changes and comes back exactly as the
// others do, and the real one stands anywhere in a message: nothing in the log
// of a hub tells it apart. PROTOCOL.md 2.4, padding; 3, attack 57.
func TestDummiesCantBeToldFromTheRealFamily(t *testing.T) {
	positions := make([]int, familiesMin)
	const days = 60
	for day := range days {
		w := newWorld(t, int64(day))
		s := w.share(1, tiny()...)
		seen := map[[32]byte][]sub{}
		reconnect := map[int]bool{3: true, 11: true}
		for q := range 4 * 6 { // quarters of an hour
			if reconnect[q] {
				before := w.hub.held(w.sharer)
				w.sharer.offline()
				w.sharer.online()
				w.settle()
				if after := w.hub.held(w.sharer); !sameKeys(before, after) {
					t.Fatal("after a reconnect other topics are held")
				}
			}
			w.asleep(noon + int64(q)*15*60_000)
		}
		_, log := w.hub.own(w.sharer)
		for _, m := range log {
			for i, topic := range m.topics {
				seen[topic] = append(seen[topic], m)
				if e := invite.Epoch(m.at); m.on && len(m.topics) == familiesMin && (topic == s.link.Topic(e) || topic == s.link.Topic(e+1)) {
					positions[i]++
				}
			}
		}
		// Group topics by the moments at which they came and went.
		lives := map[string]int{}
		for _, ms := range seen {
			life := ""
			for _, m := range ms {
				life += string(rune(m.at/60_000)) + map[bool]string{true: "+", false: "-"}[m.on]
			}
			lives[life]++
		}
		for life, n := range lives {
			if n%familiesMin != 0 {
				t.Errorf("%d topics share the life %q, want multiples of %d", n, life, familiesMin)
			}
		}
	}
	total := 0
	for _, n := range positions {
		total += n
	}
	for i, n := range positions {
		if n < total/familiesMin/2 || n > total*3/familiesMin/2 {
			t.Errorf("the real topic stands %d times of %d at place %d: %v", n, total, i, positions)
		}
	}
}

func sameKeys(a, b map[[32]byte]bool) bool {
	if len(a) != len(b) {
		return false
	}
	for k := range a {
		if !b[k] {
			return false
		}
	}
	return true
}

// A topic on which a handshake runs stays until that ends, however the hour
// turns. PROTOCOL.md d.1.
func TestHandshakeKeepsItsTopic(t *testing.T) {
	w := newWorld(t, 1)
	w.now = hourAt(30)
	s := w.share(1, tiny()...)
	first, r := w.take(s.Link(), 1)
	w.receiveAll(first, r)
	w.complete(10_000, first, r, tiny())
	second, r2 := w.take(s.Link(), 1)
	w.wait(2_000, "the second one asks", func() bool { return r2.View().Asking })
	old := s.link.Topic(invite.Epoch(w.now))
	w.now = hourAt(73) // M3 came at :73 of the old hour's topic as far as the sharer is concerned
	for k, h := range s.halves {
		h.at = w.now
		if k.topic != old {
			t.Fatal("the handshake runs on another topic")
		}
	}
	r2.run.m3 = w.now
	w.asleep(hourAt(76))
	for _, n := range []*node{w.sharer, second} {
		if !w.hub.held(n)[old] {
			t.Errorf("%s left the topic in the middle of the handshake", n.name)
		}
	}
	w.sharer.handle(Decide{Session: s.View().Recipients[1].ID, Accept: true})
	w.wait(2_000, "the list comes", func() bool { return r2.View().Listed })
	w.run(500)
	for _, n := range []*node{w.sharer, second} {
		if w.hub.held(n)[old] {
			t.Errorf("%s still holds the old topic", n.name)
		}
	}
}

// A SUB that the hub refuses for a while is repeated; without that nobody would
// ever be found.
func TestRefusedSubIsRepeated(t *testing.T) {
	w := newWorld(t, 1)
	w.hub.deny = 1
	s := w.share(1, tiny()...)
	n, r := w.take(s.Link(), 1)
	w.receiveAll(n, r)
	w.complete(10_000, n, r, tiny())
}

// Both come back after the hub was gone, at any stage before the control channel
// is open; after that nobody needs the hub.
func TestTheHubGoesAndComes(t *testing.T) {
	for frames := 0; frames < 8; frames++ {
		for _, who := range []string{"sharer", "taker0"} {
			w := newWorld(t, int64(frames))
			s := w.share(1, tiny()...)
			seen := 0
			w.onFrame = func(p passing) [][]byte {
				if seen++; seen == frames {
					for _, n := range w.nodes {
						if n.name == who {
							w.later(func() { n.offline(); w.in(700, n.online) })
						}
					}
				}
				return [][]byte{p.frame}
			}
			n, r := w.take(s.Link(), 1)
			w.wait(40_000, "the list comes", func() bool { return r.View().Listed })
			if why := r.View().Why; why != wire.None {
				t.Errorf("after frame %d %s lost the hub: the recipient still shows %v", frames, who, why)
			}
			w.onFrame = nil
			w.sharer.offline()
			n.handle(Receive{})
			w.complete(10_000, n, r, tiny())
		}
	}
}

// Without a connection to the hub people are told that, not that nobody is there.
func TestOfflineIsNotNobody(t *testing.T) {
	w := newWorld(t, 1)
	s := w.share(1, tiny()...)
	w.sharer.offline()
	if v := s.View(); v.Why != wire.Offline {
		t.Errorf("the sharer shows %v, want %v", v.Why, wire.Offline)
	}
	n, r := w.take(s.Link(), 1)
	w.run(31_000)
	if v := r.View(); v.Phase != Waiting || v.Why != wire.NoPeer {
		t.Errorf("with nobody there: %v %v, want waiting, %v", v.Phase, v.Why, wire.NoPeer)
	}
	n.offline()
	if v := r.View(); v.Why != wire.Offline {
		t.Errorf("without the hub: %v, want %v", v.Why, wire.Offline)
	}
	n.online()
	w.sharer.online()
	w.wait(3_000, "the list comes", func() bool { return r.View().Listed && r.View().Why == wire.None })
}

// A page whose server was updated is told to load itself again, not to wait for
// a server that is there. signaling/PROTOCOL.md 10.
func TestAnOldPageIsNotOffline(t *testing.T) {
	w := newWorld(t, 1)
	s := w.share(1, tiny()...)
	w.sharer.offline()
	n, r := w.take(s.Link(), 1)
	n.offline()
	for _, m := range []*node{w.sharer, n} {
		m.handle(SignalDown{Outdated: true})
	}
	if s.View().Why != wire.Outdated || r.View().Why != wire.Outdated {
		t.Errorf("sharer and recipient show %v and %v, want %v", s.View().Why, r.View().Why, wire.Outdated)
	}
	n.handle(Connect{})
	if v := r.View(); v.Why != wire.Outdated {
		t.Errorf("after another click: %v, want %v", v.Why, wire.Outdated)
	}
	n.handle(SignalDown{})
	if v := r.View(); v.Why != wire.Offline {
		t.Errorf("without a server: %v, want %v", v.Why, wire.Offline)
	}
	n.handle(SignalDown{Outdated: true})
	n.online()
	w.sharer.online()
	w.wait(3_000, "the list comes", func() bool { return r.View().Listed && r.View().Why == wire.None && s.View().Why == wire.None })
}

// However many doors are wanted, a connection shows a power of two of families, and
// one that it showed does not go. Attack 57.
func TestDoorsArePadded(t *testing.T) {
	var b base
	b.now = noon + 20*60_000 // near the turn of the hour: two topics a family
	m := newMeeting(roleWait)
	m.connected(&b)
	var all []*door
	for range 70 {
		link := invite.New(0, make([]byte, 32))
		all = append(all, linkDoor(&link))
	}
	epoch := invite.Epoch(b.now)
	for _, st := range []struct{ wanted, families int }{{0, 4}, {1, 4}, {4, 4}, {5, 8}, {2, 8}, {33, 64}, {70, 64}, {0, 64}} {
		b.acts = nil
		m.refresh(&b, all[:st.wanted], func([32]byte) bool { return false })
		if len(m.topics) != 2*st.families {
			t.Errorf("%d doors are %d topics, want %d", st.wanted, len(m.topics), 2*st.families)
		}
		real := 0
		for _, d := range all[:st.wanted] {
			if at, ok := m.spotOf(d.topic(epoch)); ok && at.door == d && at.epoch == epoch {
				real++
			}
		}
		if want := min(st.wanted, 64); real != want || len(m.real) != 2*want {
			t.Errorf("%d of %d doors are open, %d topics count as real", real, want, len(m.real))
		}
	}
}
