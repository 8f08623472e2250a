package session

import (
	"fmt"
	"testing"

	"beeline/wasm/wire"
)

// cut runs a transfer in which something happens after the k-th message of a
// channel, for k = 1, 2, 3 … until there are no more, and hands each world to
// after.
func cut(t *testing.T, lanes, most int, files []testFile, happens func(w *world, n *node), after func(w *world, s *Sharer, n *node, r *Receiver, k int)) {
	t.Helper()
	stride := 1
	if slow {
		stride = 7
	}
	for k := 1; ; k += stride {
		w := newWorld(t, int64(k))
		s := w.share(lanes, files...)
		n, r := w.take(s.Link(), lanes)
		hit := false
		w.onStep = func() {
			if w.steps == k && !hit {
				hit = true
				happens(w, n)
			}
		}
		w.until(3_000, func() bool { return hit || r.View().Phase == ListShown && r.View().Listed })
		n.handle(Receive{})
		w.until(3_000, func() bool { return hit || r.ended() })
		if !hit {
			if k < most {
				t.Fatalf("only %d messages pass, want at least %d", k-1, most)
			}
			return
		}
		after(w, s, n, r, k)
	}
}

// The cable is cut after any message. Within five seconds both say that they
// reconnect; nobody is complete before every byte is there; when the cable is
// mended a new session carries on with what arrived, and no byte is sent twice
// beyond a window. PROTOCOL.md 3, attack 27.
func TestCutAnywhereAndMended(t *testing.T) {
	files := []testFile{{"a", pattern(100_000, 1)}, {"b.mov", pattern(1<<20+9, 2)}, {"c", []byte{}}}
	total := 1<<20 + 9 + 100_000
	cut(t, 1, 20, files, func(w *world, _ *node) { w.freeze() }, func(w *world, s *Sharer, n *node, r *Receiver, k int) {
		arrived := n.disk.written
		w.run(5_000)
		v := r.View()
		if moving := v.Phase == Reconnecting; !moving && r.conn != nil && r.conn.open && r.fetch != nil && v.Phase != Complete {
			t.Errorf("cut after %d: the recipient shows %v after 5 s", k, v.Phase)
		}
		if rv := row(s, 0); rv.Phase != Reconnecting && rv.Phase != Connecting && rv.Phase != Complete {
			t.Errorf("cut after %d: the sharer shows %v after 5 s", k, rv.Phase)
		}
		w.run(20_000)
		if v := r.View(); v.Phase == Complete && len(n.disk.landed) != len(files) {
			t.Errorf("cut after %d: complete with %d files", k, len(n.disk.landed))
		}
		w.thaw()
		w.until(60_000, func() bool {
			if r.View().Phase == ListShown && r.View().Listed {
				n.handle(Receive{})
			}
			return r.View().Phase == Complete
		})
		w.complete(1_000, n, r, files)
		w.wait(70_000, "the sharer knows", func() bool { return row(s, 0).Phase == Complete })
		if n.disk.written > total+arrived && n.disk.written > total+wire.WindowBytes {
			t.Errorf("cut after %d: %d bytes were written of %d", k, n.disk.written, total)
		}
	})
}

// The connection dies after any message and at once there is another.
func TestConnectionDiesAnywhere(t *testing.T) {
	files := []testFile{{"a", pattern(100_000, 1)}, {"b.mov", pattern(1<<20+9, 2)}, {"c", []byte{}}}
	for _, lanes := range []int{1, 2} {
		cut(t, lanes, 20, files, func(w *world, _ *node) {
			w.later(func() {
				if live := w.live(); len(live) > 0 {
					w.kill(live[w.rng.Intn(len(live))])
				}
			})
		}, func(w *world, s *Sharer, n *node, r *Receiver, k int) {
			w.until(10_000, func() bool {
				if r.View().Phase == ListShown && r.View().Listed {
					n.handle(Receive{})
				}
				return r.View().Phase == Complete
			})
			w.complete(1_000, n, r, files)
			w.wait(10_000, fmt.Sprintf("the sharer knows, killed after %d", k), func() bool { return row(s, 0).Phase == Complete })
		})
	}
}

// One side is gone for good after any message: the other says so and waits for it,
// and never says complete. Who only looked at the list is not waited for.
func TestNobodyComesBack(t *testing.T) {
	files := []testFile{{"b.mov", pattern(1<<20+9, 2)}}
	for _, gone := range []string{"sharer", "taker0"} {
		cut(t, 1, 10, files, func(w *world, n *node) {
			who := w.sharer
			if gone == "taker0" {
				who = n
			}
			w.freeze()
			w.later(func() {
				who.dies()
			})
		}, func(w *world, s *Sharer, n *node, r *Receiver, k int) {
			w.run(int(silentAfter+goneAfter) + 3_000)
			if gone == "taker0" {
				rv := row(s, 0)
				_, done := s.recips[0].done()
				switch begun := s.recips[0].progress.Whole; {
				case done && rv.Phase == Complete: // all was there
				case begun && rv.Phase == Reconnecting:
				case !begun && rv.Phase == Failed && rv.Why == wire.PeerGone:
				default:
					t.Errorf("the recipient went after %d, begun %v: the sharer shows %v, %v", k, begun, rv.Phase, rv.Why)
				}
				return
			}
			v := r.View()
			switch {
			case v.Phase == Complete && len(n.disk.landed) == 1: // all was there
			case v.Phase == Reconnecting && v.Why == wire.NoPeer:
			case v.Phase == Waiting && v.Why == wire.NoPeer: // no list yet: nothing has begun
			default:
				t.Errorf("the sharer went after %d: the recipient shows %v, %v", k, v.Phase, v.Why)
			}
		})
	}
}

// WebRTC may notice before silence does: "disconnected" shows a second after the
// last that was heard, and goes when anything is heard again.
func TestDisconnectedShowsSoon(t *testing.T) {
	w := newWorld(t, 1)
	w.rate = 100_000
	s := w.share(1, ten()...)
	n, r := w.take(s.Link(), 1)
	w.receiveAll(n, r)
	w.run(500)
	w.freeze()
	n.handle(PCState{Session: 1, PC: 0, State: Disconnected})
	w.sharer.handle(PCState{Session: s.recips[0].conn.id, PC: 0, State: Disconnected})
	if v := r.View(); v.Phase != Transferring {
		t.Errorf("disconnected while records arrive: %v, want no alarm", v.Phase)
	}
	w.run(cutAfter + 1_600) // what was under way is reported within a second
	for range 3 {
		if v, rv := r.View(), row(s, 0); v.Phase != Reconnecting || rv.Phase != Reconnecting {
			t.Errorf("disconnected: %v and %v, want reconnecting", v.Phase, rv.Phase)
		}
		w.run(500)
	}
	w.thaw()
	w.run(2_500)
	if v, rv := r.View(), row(s, 0); v.Phase != Transferring || rv.Phase != Transferring {
		t.Errorf("heard again: %v and %v, want transferring", v.Phase, rv.Phase)
	}
	if sessions(n) != 1 {
		t.Errorf("%d sessions, want one: it was only a moment", sessions(n))
	}
}

// A path so slow that a group takes longer than any patience is no stall and no
// silence: nothing is asked for twice, the session stays.
func TestSlowPathIsNoStall(t *testing.T) {
	w := newWorld(t, 1)
	w.rate = 2_500 // 25 kB/s: 42 s a group
	s := w.share(1, few()...)
	n, r := w.take(s.Link(), 1)
	w.receiveAll(n, r)
	w.run(30_000)
	if v := r.View(); v.Phase != Transferring {
		t.Errorf("%v, want transferring", v.Phase)
	}
	w.complete(60_000, n, r, few())
	if w.sharer.reads > 3 || sessions(n) != 1 {
		t.Errorf("%d groups were read in %d sessions, want 3 in one", w.sharer.reads, sessions(n))
	}
}
