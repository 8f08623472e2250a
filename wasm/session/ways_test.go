package session

import (
	"bytes"
	"crypto/ed25519"
	"fmt"
	"slices"
	"strings"
	"testing"

	"beeline/wasm/handshake"
	"beeline/wasm/wire"
)

// byWay is a recipient's page after one that came by a code and is gone: all it knows
// is what was stored. Nil: nothing that leads back was.
func (w *world) byWay(old *node) (*node, *Receiver) {
	w.t.Helper()
	old.close()
	cfg := w.config(1)
	cfg.Key = old.stored
	r, err := NewWayReceiver(cfg)
	if err != nil {
		if wire.CodeOf(err) != wire.CodeUsed {
			w.t.Fatal(err)
		}
		return nil, nil
	}
	n := w.node(old.name+"'", r)
	n.stored = old.stored
	w.takers = append(w.takers, n)
	n.online()
	n.handle(Connect{})
	return n, r
}

// A session that a code led to comes back by itself, as often as it breaks, and no
// second code is said.
func TestACodeComesBackByItself(t *testing.T) {
	w := newWorld(t, 1)
	files := []testFile{{"reel.mov", pattern(6<<20, 3)}}
	s := w.share(1, files...)
	c1s := 0
	w.onFrame = func(p passing) [][]byte {
		if p.frame[1] == handshake.KindC1 {
			c1s++
		}
		return [][]byte{p.frame}
	}
	n, r := w.typeIn(w.say(s))
	w.rate = 300_000
	w.receiveAll(n, r)
	for i := range 3 {
		had := r.View().Written
		w.wait(10_000, "more has come", func() bool { return r.View().Written > had+500_000 })
		w.kill(w.live()[0])
		w.wait(10_000, "it goes on", func() bool { return r.View().Phase == Transferring && sessions(n) == i+2 })
		if got := r.View().Written; got < had {
			t.Errorf("%d bytes are written after coming back, %d were before", got, had)
		}
	}
	w.complete(60_000, n, r, files)
	if c1s != 1 || len(s.View().Recipients) != 1 || len(s.ways) != 1 {
		t.Errorf("%d runs of a code, %d recipients, %d ways; want one of each", c1s, len(s.View().Recipients), len(s.ways))
	}
	w.sharer.handle(StopSharing{})
	w.run(500)
	if len(s.ways) != 0 || s.Keep() != nil {
		t.Error("something of the way back is left after Stop sharing")
	}
}

// Wherever one of the two dies while it stores something, before or after that is on
// the disk: who had an answer comes back without a code once the way back is stored,
// and everybody else by another code. PROTOCOL.md (c).
func TestCrashWhereACodesWayIsStored(t *testing.T) {
	for _, who := range []string{"sharer", "recipient"} {
		for _, stored := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, stored %v", who, stored), func(t *testing.T) {
				w := newWorld(t, 1)
				s := w.share(1, ten()...)
				w.sharer.store()
				code := w.say(s)
				r, err := NewCodeReceiver(code, w.config(1))
				if err != nil {
					t.Fatal(err)
				}
				n := w.node("typer", r)
				w.takers = append(w.takers, n)
				victim := n
				if who == "sharer" {
					victim = w.sharer
				}
				answers := 0
				w.onFrame = func(p passing) [][]byte {
					if p.to == n && p.frame[1] == handshake.KindT {
						answers++
					}
					return [][]byte{p.frame}
				}
				crashed := false
				victim.storing = func() bool {
					if stored {
						victim.store()
					}
					victim.close()
					crashed = true
					return false
				}
				n.online()
				n.handle(Connect{})
				w.wait(5_000, "it dies", func() bool { return crashed })
				w.sharer.storing, n.storing = nil, nil
				if who == "sharer" {
					if answers != 0 {
						t.Errorf("%d answers before the way back is kept", answers)
					}
					w.run(2_000)
					if v := r.View(); v.Phase != Failed || v.Why != wire.NoCode {
						t.Errorf("the recipient shows %v, %v", v.Phase, v.Why)
					}
					s = w.nextSharer(ten()...)
					if want := map[bool]int{true: 1, false: 0}[stored]; len(s.ways) != want {
						t.Errorf("%d ways back, want %d", len(s.ways), want)
					}
					n.handle(TypeCode{Text: w.say(s)})
				} else if again, back := w.byWay(n); stored {
					n, r = again, back
				} else if back != nil {
					t.Error("something is stored that was not")
				} else {
					n, r = w.typeIn(w.say(s))
				}
				w.receiveAll(n, r)
				w.complete(60_000, n, r, ten())
			})
		}
	}
}

// Both pages are gone and come back: the sharer's waits for everybody who came by a
// code, with no code said.
func TestACodeOutlivesBothPages(t *testing.T) {
	w := newWorld(t, 1)
	s := w.share(1, ten()...)
	var nodes []*node
	for range 2 {
		n, r := w.typeIn(w.say(s))
		w.wait(5_000, "the list", func() bool { return r.View().Listed })
		nodes = append(nodes, n)
	}
	w.sharer.store()
	s = w.nextSharer(ten()...)
	if len(s.ways) != 2 || s.spoken.state != CodeNone {
		t.Fatalf("%d ways back and a code that is %v, want 2 and none", len(s.ways), s.spoken.state)
	}
	kept := s.Keep()
	for i, old := range nodes {
		n, r := w.byWay(old)
		w.receiveAll(n, r)
		w.complete(60_000, n, r, ten())
		if v := r.View(); !v.ByCode {
			t.Errorf("recipient %d: the page does not know that it came by a code", i)
		}
	}
	if again := s.Keep(); len(again) != len(kept) || !bytes.Equal(again[len(again)-2*codeWaySize:], kept[len(kept)-2*codeWaySize:]) {
		t.Error("coming back by the way changes it")
	}
	// The next code is signed with the same key, so journals are found.
	n, r := w.typeIn(w.say(s))
	w.receiveAll(n, r)
	w.complete(60_000, n, r, ten())
}

// A way back is one recipient's: who has its secret and another session key gets not
// even an M2; who was stopped gets nothing more, and of many the oldest are let go.
func TestWaysBackAreOnesOwn(t *testing.T) {
	w := newWorld(t, 1)
	s := w.share(1, tiny()...)
	var nodes []*node
	for i := range waysMax + 1 {
		n, r := w.typeIn(w.say(s))
		w.receiveAll(n, r)
		w.complete(10_000, n, r, tiny())
		if nodes = append(nodes, n); i == waysMax && s.ways[waysMax-1].key != string(r.key.Public().(ed25519.PublicKey)) {
			t.Error("the latest has no way back")
		}
	}
	if held := len(w.hub.held(w.sharer)); len(s.ways) != waysMax || held > 16 {
		t.Errorf("%d ways back and %d topics, want %d and at most 16", len(s.ways), held, waysMax)
	}
	answered := 0
	w.onFrame = func(p passing) [][]byte {
		if p.from == w.sharer {
			answered++
		}
		return [][]byte{p.frame}
	}
	silent := func(what string, n *node) {
		answered = 0
		_, r := w.byWay(n)
		w.run(40_000)
		if v := r.View(); v.Phase != Waiting || v.Why != wire.NoPeer || answered != 0 {
			t.Errorf("%s: %v, %v, %d answers", what, v.Phase, v.Why, answered)
		}
	}
	silent("the oldest", nodes[0])
	stolen := nodes[1]
	stolen.stored = append(make([]byte, ed25519.SeedSize), stolen.stored[ed25519.SeedSize:]...)
	silent("another session key", stolen)
	// Even who knows whose the way is: M2, and no word after M3.
	cfg := w.config(1)
	cfg.Key = stolen.stored
	thief, err := NewWayReceiver(cfg)
	if err != nil {
		t.Fatal(err)
	}
	theirs := s.ways[0].door.ctx()
	thief.back.ctx = func() []byte { return theirs }
	x := w.node("thief", thief)
	w.onFrame = func(p passing) [][]byte {
		if p.from == w.sharer && p.frame[1] == handshake.KindT {
			t.Error("a session key that is not theirs is answered")
		}
		return [][]byte{p.frame}
	}
	x.online()
	x.handle(Connect{})
	w.run(15_000)
	if thief.silent+thief.tries == 0 && thief.run == nil {
		t.Error("the thief did not even get M2: this tests nothing")
	}
	x.close()
	w.onFrame = func(p passing) [][]byte {
		if p.from == w.sharer {
			answered++
		}
		return [][]byte{p.frame}
	}
	w.sharer.handle(StopRecipient{Session: row(s, 2).ID})
	silent("who was stopped", nodes[2])
	n, r := w.byWay(nodes[3])
	w.wait(5_000, "another still gets in", func() bool { return r.View().Listed })
	n.close()
}

// A recipient that uses code after code and never says that it stored a way back
// takes no place from the others.
func TestNobodyEvictsTheWaysOfOthers(t *testing.T) {
	w := newWorld(t, 1)
	s := w.share(1, tiny()...)
	_, s.spoken.key, _ = ed25519.GenerateKey(nil)
	one, many := strings.Repeat("1", 32), strings.Repeat("2", 32)
	s.addWay(one, [32]byte{1})
	for i := range byte(3 * waysMax) {
		s.addWay(many, [32]byte{2, i})
	}
	var of []string
	for _, way := range s.ways {
		of = append(of, way.key)
	}
	if !slices.Equal(of, []string{one, many, many}) || s.ways[2].way.res != [32]byte{2, 3*waysMax - 1} {
		t.Errorf("ways of %q are kept, want that of the one, and of the other the first and the latest", of)
	}
}
