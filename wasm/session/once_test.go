package session

import (
	"fmt"
	"testing"

	"beeline/wasm/handshake"
	"beeline/wasm/invite"
	"beeline/wasm/wire"
)

// once makes a share whose link is for one recipient.
func (w *world) oneTime(files ...testFile) *Sharer {
	s := w.share(1, files...)
	w.sharer.handle(SetFlags{Flags: invite.OneTime})
	return s
}

// nextPage is a recipient's page after one that is gone: all it knows is the link and
// what was stored.
func (w *world) nextPage(link string, old *node) (*node, *Receiver) {
	w.t.Helper()
	old.close()
	cfg := w.config(1)
	cfg.Key = old.stored
	r, err := NewReceiver(link, cfg)
	if err != nil {
		w.t.Fatal(err)
	}
	n := w.node(old.name+"'", r)
	n.stored = old.stored
	n.online()
	n.handle(Connect{})
	return n, r
}

// nextSharer is a sharer's page after one that is gone.
func (w *world) nextSharer(files ...testFile) *Sharer {
	w.t.Helper()
	old := w.sharer
	old.close()
	s, err := RestoreSharer("Share", w.config(1), old.stored)
	if err != nil {
		w.t.Fatalf("what was stored is not taken: %v", err)
	}
	w.sharer = w.node(old.name+"'", s)
	w.sharer.stored = old.stored
	w.sharer.offer(files)
	w.sharer.online()
	return s
}

// A one-time link is its recipient's: it comes back by its own way, the link is dead
// to everybody, and nothing of its secret is left. PROTOCOL.md j.
func TestOneTimeLink(t *testing.T) {
	w := newWorld(t, 1)
	s := w.oneTime(tiny()...)
	link, topic := s.Link(), s.link.Topic(invite.Epoch(w.now))
	n, r := w.take(link, 1)
	w.wait(2_000, "the list", func() bool { return r.View().Listed })
	w.run(500)
	if v := s.View(); !v.Taken || v.Link != "" || s.link.Secret != [16]byte{} || w.hub.held(w.sharer)[topic] {
		t.Errorf("taken: %v, link %q, waits there still: %v", v.Taken, v.Link, w.hub.held(w.sharer)[topic])
	}
	if held := len(w.hub.held(w.sharer)); held != familiesMin {
		t.Errorf("the sharer shows %d topics, want %d", held, familiesMin)
	}
	w.kill(w.live()[0])
	w.wait(5_000, "a new session", func() bool { return sessions(n) == 2 && r.conn != nil && r.conn.hello })
	w.sharer.handle(SetFlags{}) // too late: it is somebody's
	if !s.View().Taken {
		t.Error("a link that is somebody's was made another one")
	}
	_, late := w.take(link, 1)
	w.run(40_000)
	if v := late.View(); v.Phase != Waiting || v.Why != wire.NoPeer {
		t.Errorf("a finder of it: %v, %v, want waiting, %v", v.Phase, v.Why, wire.NoPeer)
	}
	n.handle(Receive{})
	w.complete(10_000, n, r, tiny())
}

// Of two who come together the first one gets it, and the other nothing.
func TestTwoTakeAOneTimeLinkTogether(t *testing.T) {
	for _, approval := range []bool{false, true} {
		w := newWorld(t, 1)
		s := w.share(1, tiny()...)
		flags := uint8(invite.OneTime)
		if approval {
			flags |= invite.Approval
		}
		w.sharer.handle(SetFlags{Flags: flags})
		var held []func()
		w.sharer.storing = func() bool { // the disk is slow
			at := w.sharer
			held = append(held, func() { at.store(); at.handle(Remembered{N: 1}) })
			return false
		}
		n1, r1 := w.take(s.Link(), 1)
		_, r2 := w.take(s.Link(), 1)
		w.run(500)
		if approval {
			w.sharer.handle(Digits{readOut(t, r1)})
			w.run(500)
		}
		if r1.conn != nil || r2.conn != nil || len(held) != 1 {
			t.Errorf("approval %v: somebody has a session before it is kept whose the link is; kept %d times", approval, len(held))
		}
		w.sharer.storing = nil
		held[0]()
		first, n, second := r1, n1, r2
		w.wait(5_000, "one of them gets in", func() bool { return r1.View().Listed || r2.View().Listed })
		if r2.View().Listed {
			first, n, second = r2, w.takers[1], r1
		}
		n.handle(Receive{})
		w.complete(10_000, n, first, tiny())
		w.run(30_000)
		if v := second.View(); v.Listed || v.Title != "" || second.conn != nil || approval && v.Why != wire.Taken {
			t.Errorf("approval %v: the other one: %v, %v", approval, v.Phase, v.Why)
		}
	}
}

// Between acceptance and the way back a finder of the link sees an M2 and never an
// M4, and after it silence. PROTOCOL.md 3, attack 18.
func TestAttack18FinderOfAOneTimeLink(t *testing.T) {
	w := newWorld(t, 1)
	s := w.oneTime(ten()...)
	link := s.Link()
	n, r := w.take(link, 1)
	n.storing = func() bool { return r.conn == nil } // the way back is never stored: BOUND stays
	w.wait(2_000, "the list", func() bool { return r.View().Listed })
	to := map[*node]int{}
	m2 := map[*node]int{}
	w.onFrame = func(p passing) [][]byte {
		if p.from == w.sharer && p.frame[1] == handshake.KindT {
			to[p.to]++
		} else if p.from == w.sharer {
			m2[p.to]++
		}
		return [][]byte{p.frame}
	}
	finder, f := w.take(link, 1)
	w.run(60_000)
	if v := f.View(); v.Listed || v.Asking || to[finder] != 0 || m2[finder] == 0 {
		t.Errorf("bound: a finder of the link got %d M2s and %d answers, and shows %v, %v", m2[finder], to[finder], v.Phase, v.Why)
	}
	n.storing = nil
	w.kill(w.live()[0]) // another session of the one whose it is, by the link
	w.wait(10_000, "it comes back", func() bool { return sessions(n) == 2 && r.conn != nil && r.conn.hello })
	w.run(500)
	m2[finder], to[finder] = 0, 0
	w.run(60_000)
	if s.once.state != onceMoved || m2[finder]+to[finder] != 0 {
		t.Errorf("moved (%d): a finder of the link got %d M2s and %d answers", s.once.state, m2[finder], to[finder])
	}
	n.handle(Receive{})
	w.complete(10_000, n, r, ten())
}

// Wherever one of the two dies while it stores something, before or after that is on
// the disk, the recipient that was first gets in by its next page, and nobody else.
// The six points are the session key, the link's being bound, the way back at both
// ends, and being bound and moved anew. PROTOCOL.md 2.4.
func TestCrashAtEachStoragePoint(t *testing.T) {
	for _, who := range []string{"sharer", "recipient"} {
		for point := 1; point <= 3; point++ {
			for _, stored := range []bool{false, true} {
				t.Run(fmt.Sprintf("%s, point %d, stored %v", who, point, stored), func(t *testing.T) {
					crashAt(t, who, point, stored)
				})
			}
		}
	}
}

func crashAt(t *testing.T, who string, point int, stored bool) {
	w := newWorld(t, 1)
	s := w.oneTime(ten()...)
	w.sharer.store()
	link := s.Link()
	r, err := NewReceiver(link, w.config(1))
	if err != nil {
		t.Fatal(err)
	}
	n := w.node("first", r)
	victim := n
	if who == "sharer" {
		victim = w.sharer
	}
	at, crashed := 0, false
	storing := func() bool {
		if at++; at != point {
			return true
		}
		if crashed = true; stored {
			victim.store()
		}
		victim.close()
		return false
	}
	victim.storing = storing
	n.online()
	n.handle(Connect{})
	w.until(5_000, func() bool { return crashed })
	if !crashed && point == 3 { // the last of the three is in a session after the first
		if live := w.live(); len(live) > 0 {
			w.kill(live[0])
		}
		w.until(10_000, func() bool { return crashed })
	}
	if !crashed {
		w.run(1_000) // that many are not needed: the link has moved
	}
	bound := s.once.state != onceOpen
	w.sharer.storing, n.storing = nil, nil
	if victim == w.sharer && crashed {
		w.nextSharer(ten()...)
	} else if crashed {
		n, r = w.nextPage(link, n)
	}
	var finder *Receiver
	if bound && (stored || who == "recipient") {
		_, finder = w.take(link, 1)
	}
	w.wait(40_000, "whose link it is gets in", func() bool { return r.View().Listed && r.View().Phase == ListShown })
	w.run(2_000)
	now := w.sharer.m.(*Sharer)
	if now.once.state != onceMoved || now.link.Secret != [16]byte{} {
		t.Errorf("at last the link is %d", now.once.state)
	}
	if finder == nil {
		_, finder = w.take(link, 1)
	}
	w.run(30_000)
	if v := finder.View(); v.Listed || v.Asking || finder.conn != nil {
		t.Errorf("somebody else got in too: %v, %v", v.Phase, v.Why)
	}
	n.handle(Receive{})
	w.complete(60_000, n, r, ten())
}

// A recipient who can't store the way back does not say it did: the link stays its
// way in.
func TestWhatIsNotStoredIsNotSaid(t *testing.T) {
	w := newWorld(t, 1)
	s := w.share(1, tiny()...)
	w.sharer.handle(SetFlags{Flags: invite.OneTime})
	r, err := NewReceiver(s.Link(), w.config(1))
	if err != nil {
		t.Fatal(err)
	}
	n := w.node("taker", r)
	w.takers = append(w.takers, n)
	times := uint32(0)
	n.storing = func() bool {
		if times++; times == 1 {
			return true // the key; after it the disk is full
		}
		n.post(Remembered{N: times, Stale: true})
		return false
	}
	n.online()
	n.handle(Connect{})
	w.receiveAll(n, r)
	w.complete(30_000, n, r, tiny())
	if s.once.state != onceBound || s.link.Secret == [16]byte{} {
		t.Errorf("the link's state is %d, its secret gone: %v", s.once.state, s.link.Secret == [16]byte{})
	}
}
