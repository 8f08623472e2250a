package session

import (
	"testing"

	swire "beeline/signaling/wire"
	"beeline/wasm/lane"
	"beeline/wasm/wire"
)

// mbps is what a lane carries in 100 ms: two records, a megabyte and a bit each second.
const mbps = 2 * wire.RecordMax

// far are files of 78 MB in all, three at most in the window.
func far() []testFile {
	return []testFile{{"a.mov", pattern(26<<20, 1)}, {"b.mov", pattern(26<<20, 2)}, {"c.mov", pattern(26<<20, 3)}}
}

// distant begins a transfer over lanes of 1 MB a second each. It returns how many
// lanes are in use.
func distant(t *testing.T, rtt int64, files ...testFile) (*world, *node, *Receiver, func() int) {
	w := newWorld(t, 1)
	w.plain, w.rtt, w.rate = true, rtt, mbps
	s := w.share(16, files...)
	n, r := w.take(s.Link(), 16)
	w.receiveAll(n, r)
	return w, n, r, func() int {
		if s.recips[0].sending == nil {
			return 0
		}
		return len(s.recips[0].sending.inUse())
	}
}

func TestLanesComeWithTheDistance(t *testing.T) {
	w, n, r, lanes := distant(t, 50, far()...)
	w.wait(1_000, "eight lanes", func() bool { return lanes() == 8 })
	w.wait(5_000, "sixteen lanes", func() bool { return lanes() == 16 })
	w.complete(8_000, n, r, far())
	if sessions(n) != 1 {
		t.Errorf("%d sessions, want one", sessions(n))
	}
}

func TestOneLaneIsEnoughNearby(t *testing.T) {
	w, n, r, _ := distant(t, 2, far()[0])
	w.complete(60_000, n, r, far()[:1])
	if len(w.sharer.pcs) != 1 {
		t.Errorf("%d connections were made, want one", len(w.sharer.pcs))
	}
}

// A lane that crawls, and one on which nothing arrives any more though it is not
// closed, cost no more than what they don't carry. PROTOCOL.md f.3.
func TestASlowLaneHoldsNothingBack(t *testing.T) {
	for name, slow := range map[string]int{"slow": 4_000, "dead": 0} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, 1)
			w.rate = mbps
			s := w.share(4, far()...)
			n, r := w.take(s.Link(), 4)
			w.wait(5_000, "the lanes are up", func() bool { return r.View().Listed && len(w.live()) == 4 })
			n.handle(Receive{})
			w.run(2_000)
			w.slow = map[uint8]int{2: slow}
			twice, got := 0, map[lane.Group]bool{}
			w.sharer.log = func(a Action) {
				if g, ok := a.(SendGroup); ok {
					if got[g.Group] {
						twice++
					}
					got[g.Group] = true
				}
			}
			// 74 MB are left for three lanes of 1 MB a second: 25 s.
			w.complete(28_000, n, r, far())
			if twice > 6 {
				t.Errorf("%d groups were sent twice, want at most 6", twice)
			}
			if sessions(n) != 1 {
				t.Errorf("%d sessions, want one", sessions(n))
			}
		})
	}
}

// Lanes that bring nothing are not used, and closed after a while.
func TestLanesThatBringNothingGo(t *testing.T) {
	w, _, _, lanes := distant(t, 30, far()...)
	all := 0
	w.each = func() { // four lanes fill the path
		all = max(all, lanes())
		w.rate = 4 * mbps / max(4, lanes())
	}
	w.wait(5_000, "more than four", func() bool { return lanes() > 4 })
	w.wait(5_000, "four again", func() bool { return lanes() == 4 })
	if all != 8 {
		t.Errorf("%d lanes at most, want 8", all)
	}
}

// Lanes that the network refuses are not offered over and over.
func TestLanesThatNeverComeUp(t *testing.T) {
	w := newWorld(t, 1)
	w.plain, w.rtt, w.rate = true, 30, mbps
	w.refuse = func(pc *fakePC) bool { return pc.id.pc > 0 }
	s := w.share(16, far()[0])
	n, r := w.take(s.Link(), 16)
	w.receiveAll(n, r)
	w.complete(60_000, n, r, far()[:1])
	if made := len(w.sharer.pcs); made > 8 {
		t.Errorf("%d connections were tried, want at most 8", made)
	}
}

// Lanes are made several at once, and a browser describes them in the order it
// likes; one that is never described holds nobody back for ever.
func TestLanesDescribedInAnyOrder(t *testing.T) {
	for name, in := range map[string]func(pc uint8) int64{
		"the last one first": func(pc uint8) int64 { return 400 - 20*int64(pc) },
		"one never":          func(pc uint8) int64 { return map[uint8]int64{2: 1 << 40}[pc] },
	} {
		w := newWorld(t, 1)
		w.plain, w.rtt, w.rate, w.describeIn = true, 50, mbps, in
		s := w.share(16, far()...)
		n, r := w.take(s.Link(), 16)
		w.receiveAll(n, r)
		w.run(1_000)
		if name == "one never" {
			w.sharer.handle(PCState{Session: s.recips[0].conn.id, PC: 2, State: ConnFailed})
			w.run(1_000)
		}
		if got := len(s.recips[0].sending.inUse()); got < 7 {
			t.Errorf("%s: %d lanes, want 7 and more", name, got)
		}
		w.complete(60_000, n, r, far())
	}
}

// A session that goes through a relay has four lanes, and one that doesn't asks for
// none: a credential is good for 32 allocations. PROTOCOL.md f.1.
func TestLanesAndARelay(t *testing.T) {
	for _, v := range []struct {
		route Route
		lanes int
		turn  bool
	}{{RouteRelayed, lanesRelayed, true}, {RouteDirect, 8, false}} {
		w := newWorld(t, 1)
		w.plain, w.rtt, w.rate, w.route = true, 50, mbps, v.route
		w.hub.ice = func() swire.ICE {
			return swire.ICE{TTL: 600, Username: "u", Password: "p", URLs: []string{"stun:127.0.0.1:3478", "turn:127.0.0.1:3478?transport=udp"}}
		}
		s := w.share(16, far()...)
		turns, made := 0, 0
		see := func(a Action) {
			if pc, ok := a.(MakePC); ok && pc.PC > 0 {
				made++
				turns += len(pc.ICE) - 1
			}
		}
		n, r := w.take(s.Link(), 16)
		w.sharer.log, n.log = see, see
		w.receiveAll(n, r)
		w.run(1_000)
		if got := len(s.recips[0].sending.inUse()); got != v.lanes {
			t.Errorf("route %d: %d lanes, want %d", v.route, got, v.lanes)
		}
		if (turns == made) != v.turn || !v.turn && turns > 0 {
			t.Errorf("route %d: %d of %d further connections may use the relay", v.route, turns, made)
		}
	}
}
