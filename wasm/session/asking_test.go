package session

import (
	"testing"

	"beeline/wasm/ctrl"
	"beeline/wasm/describe"
	"beeline/wasm/lane"
	"beeline/wasm/wire"
)

// What was asked for once may come for the rest of the session: asking again,
// pausing and fetching again do not turn an honest sharer's bytes, which are on
// their way, into a violation. PROTOCOL.md f.3; 3, attack 35.
func TestWhatWasAskedForMayCome(t *testing.T) {
	for name, do := range map[string]func(w *world, n *node, r *Receiver){
		"a lane dies while it is paused": func(w *world, n *node, _ *Receiver) {
			n.handle(SetPause{On: true})
			w.kill(w.live()[1])
			w.run(12_000)
			n.handle(SetPause{})
		},
		"a lane dies while the disk is full": func(w *world, n *node, _ *Receiver) {
			n.disk.room = 0
			w.wait(10_000, "it is full", func() bool { return len(n.disk.waiting) > 0 })
			w.kill(w.live()[1])
			w.run(12_000)
			n.disk.makeRoom(1 << 30)
		},
		"a stall while the sharer pauses": func(w *world, n *node, r *Receiver) {
			w.freeze()
			w.run(11_000)
			r.reask(nil)
			w.sharer.handle(PauseRecipient{Session: row(w.sharer.m.(*Sharer), 0).ID, On: true})
			w.thaw()
			w.run(12_000)
			w.sharer.handle(PauseRecipient{Session: row(w.sharer.m.(*Sharer), 0).ID})
		},
		"lost on disk while copies are on their way": func(w *world, n *node, r *Receiver) {
			w.wait(10_000, "a group is written", func() bool { return r.fetch.active[1].written.n > 0 })
			r.reask(nil) // everything twice
			n.do(r.take())
			w.run(500)
			n.handle(SetPause{On: true})
			n.disk.lose(1, 0, 11)
			w.run(9_000)
			n.handle(SetPause{})
		},
	} {
		w, _, n, r := begin(t, 2, ten()...)
		w.rate = 20_000 // a group takes five seconds
		w.each = func() { sums(t, r) }
		w.run(1_000)
		do(w, n, r)
		w.rate = 1_000_000
		w.until(60_000, r.ended)
		if v := r.View(); v.Phase != Complete || sessions(n) != 1 {
			t.Errorf("%s: %v, %v after %d sessions, want complete in one", name, v.Phase, v.Why, sessions(n))
		}
		sameTree(t, n, ten())
	}
}

// sums recounts what a recipient keeps count of.
func sums(t testing.TB, r *Receiver) {
	t.Helper()
	f := r.fetch
	if f == nil {
		return
	}
	owed, unwritten, written := 0, 0, uint64(0)
	for _, tg := range f.active {
		for g := range tg.groups {
			n := lane.GroupLen(tg.size, g)
			switch {
			case tg.due.has(g) && tg.arrived.has(g):
				t.Errorf("file %d, group %d is here and still to come", tg.file, g)
			case tg.due.has(g):
				owed += n
			case tg.written.has(g):
				written += uint64(n)
			case tg.arrived.has(g):
				unwritten += n
			}
			if r.conn != nil && r.conn.open && tg.due.has(g) && !tg.asked.has(g) {
				t.Errorf("file %d, group %d is to come and was not asked for", tg.file, g)
			}
		}
	}
	if f.owed != owed || f.unwritten != unwritten || f.progress.Written < written {
		t.Errorf("%d bytes are owed, %d to be written, %d written; it counts %d, %d, %d", owed, unwritten, written, f.owed, f.unwritten, f.progress.Written)
	}
	if f.owed+f.unwritten > r.window() {
		t.Errorf("%d bytes are on their way, the window is %d", f.owed+f.unwritten, r.window())
	}
}

// A lane that is lost is asked for again after two seconds, not after the ten of
// a stall, and its place is taken. PROTOCOL.md f.3.
func TestALostLaneIsAskedForSoon(t *testing.T) {
	for lost := 1; lost <= 2; lost++ {
		w, _, n, r := begin(t, 3, ten()...)
		w.rate = 100_000
		w.run(300)
		w.kill(w.live()[lost])
		w.run(1_000)
		if got := len(w.live()); got != 3 {
			t.Errorf("lane %d is lost, %d work, want 3: another took its place", lost, got)
		}
		w.rate = 100 << 20
		w.complete(3_000, n, r, ten())
	}
}

// An offer may come before the end of the lane it replaces is known, and more
// lanes than agreed may not.
func TestLanesMayOverlap(t *testing.T) {
	w, s, n, r := begin(t, 2, ten()...)
	w.rate = 50_000
	w.run(300)
	n.down = true // it hears late that the lane is closed
	pc := w.sharer.pcs[laneID{s.recips[0].conn.id, 1}]
	pc.close()
	w.settle()
	w.sharer.handle(LaneClosed{Session: pc.id.session, PC: 1})
	n.down = false
	w.rate = 1 << 20
	w.complete(30_000, n, r, ten())
	if sessions(n) != 1 {
		t.Errorf("%d sessions, want one", sessions(n))
	}
}

// Numbers of connections only grow, also after one is closed, and no more of them
// work at once than both said. PROTOCOL.md f.1; 3, attack 24.
func TestConnectionNumbersOnlyGrow(t *testing.T) {
	offer := func(pc uint8) ctrl.Message {
		d := describe.Description{PC: pc, Type: 1, Setup: 1, Ufrag: "abcd", Pwd: "abcdefghijklmnopqrstuv"}
		return ctrl.Raw{Type: wire.CtrlDesc, Body: d.Append(nil)}
	}
	for name, say := range map[string][]ctrl.Message{
		"a closed one again": {ctrl.LaneEnd{LaneCount: ctrl.LaneCount{PC: 1}}, nil, offer(1)},
		"a smaller one":      {ctrl.LaneEnd{LaneCount: ctrl.LaneCount{PC: 1}}, nil, offer(5), ctrl.LaneEnd{LaneCount: ctrl.LaneCount{PC: 5}}, nil, offer(4)},
		"a fourth of three":  {offer(7), offer(8)},
		"ended without end":  many(offer),
	} {
		w, s, _, r := begin(t, 2, ten()...)
		w.rate = 1000
		r.conn.lanes++ // room for one more at the recipient, which the sharer does not use by itself
		for _, m := range say {
			c := s.recips[0].conn
			if c == nil {
				break
			}
			if m == nil {
				w.run(2_500)
				continue
			}
			c.send(m)
			w.sharer.do(s.take())
			w.settle()
		}
		if v := r.View(); v.Phase != Failed || v.Why != wire.Desc {
			t.Errorf("%s: %v, %v, want failed, %v", name, v.Phase, v.Why, wire.Desc)
		}
	}
}

// many offers lanes and ends them at once, so that none is closed in time.
func many(offer func(uint8) ctrl.Message) (out []ctrl.Message) {
	for pc := uint8(1); pc < 30; pc++ {
		out = append(out, ctrl.LaneEnd{LaneCount: ctrl.LaneCount{PC: pc}}, offer(pc+1))
	}
	return out
}

// HELLO comes first, from both. PROTOCOL.md f.5.
func TestHelloComesFirst(t *testing.T) {
	for _, side := range []string{"sharer", "taker0"} {
		w := newWorld(t, 1)
		s := w.share(1, tiny()...)
		r, _ := NewReceiver(s.Link(), w.config(1))
		n := w.node("taker0", r)
		for _, x := range w.nodes {
			if x.name == side {
				x.rewrite = func(msg []byte) [][]byte {
					if msg[0] == wire.Hello {
						return nil
					}
					return [][]byte{msg}
				}
			}
		}
		n.online()
		n.handle(Connect{})
		w.run(3_000)
		if v, rv := r.View(), row(s, 0); v.Phase != Failed || v.Why != wire.Format || rv.Phase != Failed || rv.Why != wire.Format {
			t.Errorf("%s says no HELLO: %v, %v and %v, %v, want failed, %v", side, v.Phase, v.Why, rv.Phase, rv.Why, wire.Format)
		}
	}
}

// A file that is cancelled while it is read only for its digest does not hold up
// the digests of others. PROTOCOL.md f.4.
func TestCancelledWhileHashed(t *testing.T) {
	x := newTaker(t, testFile{"a", pattern(500, 1)}, testFile{"b", pattern(600, 2)})
	x.n.down = true
	hashes := map[uint32]int{}
	x.sharer.log = func(a Action) {
		h, ok := a.(HashGroup)
		if !ok {
			return
		}
		if hashes[h.Group.File]++; h.Group.File == 1 && hashes[1] == 1 {
			x.r.conn.send(ctrl.Cancel{Files: []uint32{1}})
			said := x.r.take()[0].(CtrlSend)
			x.todo = append([]func(){func() { // before the answer
				x.sharer.handle(CtrlMessage{Session: h.Session, Data: said.Data})
			}}, x.todo...)
		}
	}
	x.say(ctrl.Have{Ranges: []ctrl.Range{{File: 1, Count: 1}, {File: 2, Count: 1}}})
	x.run(1_000)
	if hashes[1] != 1 || hashes[2] != 1 {
		t.Errorf("the cancelled file was read %d times for its digest, the other %d times, want once each", hashes[1], hashes[2])
	}
}

// A recipient that said that all is verified and is gone without a goodbye is
// not called gone. PROTOCOL.md f.3, PROGRESS.
func TestGoneAfterAllIsVerified(t *testing.T) {
	w, s, n, r := begin(t, 1, tiny()...)
	said := false
	n.heard = nil
	w.onCtrl = func(from *node, rec []byte) [][]byte {
		if from == n && r.fetch != nil && int(r.fetch.progress.FilesVerified) == len(tiny()) {
			if said {
				return nil // CLOSE is lost
			}
			said = true
		}
		return [][]byte{rec}
	}
	w.wait(5_000, "it is complete", func() bool { return r.View().Phase == Complete })
	n.down = true
	w.kill(w.live()[0])
	w.run(500)
	if rv := row(s, 0); rv.Phase != Complete {
		t.Errorf("the sharer shows %v, %v, want complete", rv.Phase, rv.Why)
	}
}
