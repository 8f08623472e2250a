package session

import (
	"bytes"
	"testing"

	swire "beeline/signaling/wire"
	"beeline/wasm/wire"
)

// adversary is a hub and a network that do what they like for a while: each of
// their tricks with a chance in a thousand.
type adversary struct {
	w     *world
	until int64
	hub   int // of a frame
	ctrl  int // of a control record
	data  int // of a data record
	cable int // of a step: connections die, cables are cut, the hub goes

	frames, records [][]byte
	held            []byte
	thawAt          int64
}

func newAdversary(w *world) *adversary {
	chance := func(most int) int {
		if w.rng.Intn(2) == 0 {
			return 0
		}
		return 1 + w.rng.Intn(most)
	}
	a := &adversary{w: w, until: w.now + int64(5_000+w.rng.Intn(40_000))}
	a.hub, a.ctrl, a.data, a.cable = chance(400), chance(30), chance(200), chance(60)
	w.onFrame = func(p passing) [][]byte { return a.frame(p) }
	w.onCtrl = func(_ *node, rec []byte) [][]byte { return a.tamper(a.ctrl, rec) }
	w.onRecord = func(_ *fakePC, rec []byte) [][]byte { return a.tamper(a.data, rec) }
	return a
}

func (a *adversary) active() bool { return a.w.now < a.until }

func (a *adversary) does(chance int) bool { return a.active() && a.w.rng.Intn(1000) < chance }

// frame is the malicious hub: drop, duplicate, flip, replay, swap, reflect, and
// tell of joins and leaves that never were. PROTOCOL.md 3, attacks 1 to 5.
func (a *adversary) frame(p passing) [][]byte {
	a.frames = append(a.frames, bytes.Clone(p.frame))
	if !a.does(a.hub) {
		return [][]byte{p.frame}
	}
	rng, h := a.w.rng, a.w.hub
	switch rng.Intn(8) {
	case 0:
		return nil
	case 1:
		return [][]byte{p.frame, p.frame}
	case 2:
		p.frame[rng.Intn(len(p.frame))] ^= 1 << rng.Intn(8)
		return [][]byte{p.frame}
	case 3:
		return [][]byte{p.frame, a.frames[rng.Intn(len(a.frames))]}
	case 4: // swap with the next one
		old := a.held
		if a.held = p.frame; old == nil {
			return nil
		}
		return [][]byte{old}
	case 5:
		h.reflect(p)
		return [][]byte{p.frame}
	case 6:
		if p.to.conn != nil {
			h.tell(p.to.conn, swire.AppendLeave(nil, p.topic, p.src))
		}
		return [][]byte{p.frame}
	}
	if p.to.conn != nil {
		h.tell(p.to.conn, swire.AppendJoin(nil, p.topic, rng.Uint32()))
	}
	return [][]byte{p.frame}
}

// tamper is the malicious network: drop, duplicate, flip, forge, truncate, and
// splice what was sent elsewhere before. PROTOCOL.md 3, attacks 25, 26, 28.
func (a *adversary) tamper(chance int, rec []byte) [][]byte {
	if rng := a.w.rng; rng.Intn(20) == 0 {
		a.records = append(a.records, bytes.Clone(rec))
	}
	if !a.does(chance) {
		return [][]byte{rec}
	}
	rng := a.w.rng
	switch rng.Intn(6) {
	case 0:
		return nil
	case 1:
		return [][]byte{rec, rec}
	case 2:
		rec[rng.Intn(len(rec))] ^= 1 << rng.Intn(8)
		return [][]byte{rec}
	case 3:
		junk := make([]byte, rng.Intn(200))
		rng.Read(junk)
		return [][]byte{junk, rec}
	case 4:
		return [][]byte{rec[:rng.Intn(len(rec))]}
	}
	if len(a.records) == 0 {
		return [][]byte{rec}
	}
	return [][]byte{rec, a.records[rng.Intn(len(a.records))]}
}

// weather is what happens to cables once a step.
func (a *adversary) weather(nodes ...*node) {
	w := a.w
	switch {
	case w.frozen && (w.now >= a.thawAt || !a.active()):
		w.thaw()
	case !a.does(a.cable):
	case w.rng.Intn(3) == 0:
		w.freeze()
		a.thawAt = w.now + int64(w.rng.Intn(25_000))
	case w.rng.Intn(2) == 0:
		if live := w.live(); len(live) > 0 {
			w.kill(live[w.rng.Intn(len(live))])
		}
	default:
		n := nodes[w.rng.Intn(len(nodes))]
		n.offline()
		n.online()
	}
}

// Whatever hub, network, disks, sources and clicks do for a while: never a wrong
// byte under a final name, never a key twice (the world watches both), never
// "Complete" before all is there; and once they calm down both ends finish, or
// both say why not. PROTOCOL.md 2.4, properties.
func TestTwoPeersAmongAdversaries(t *testing.T) {
	eachSeed(t, 300, func(t testing.TB, seed int64) {
		w := newWorld(t, seed)
		w.shuffle, w.lossy = w.rng.Intn(2) == 0, w.rng.Intn(2) == 0
		if w.rng.Intn(2) == 0 {
			w.rate = 20_000 + w.rng.Intn(400_000)
		}
		lanes, strict := 1+w.rng.Intn(4), w.rng.Intn(2) == 0
		files := someFiles(w.rng)
		s := w.share(lanes, files...)
		w.sharer.strict = strict
		if w.rng.Intn(3) == 0 {
			w.impostor(s)
		}
		n, r := w.take(s.Link(), lanes)
		a := newAdversary(w)
		w.each = func() { sums(t, r) }
		mishaps := w.rng.Intn(4) == 0
		retried, honest := false, false
		for at := w.now; w.now-at < 600_000; w.step() {
			a.weather(w.sharer, n)
			if !a.active() && !honest {
				honest = true // an honest hub takes over: it knows who is there
				w.sharer.offline()
				w.sharer.online()
			}
			if r.View().Phase == ListShown {
				n.handle(Receive{})
			}
			if mishaps && a.active() && w.rng.Intn(30) == 0 && len(s.recips) > 0 {
				mishap(w, n, r)
			}
			if r.ended() && !a.active() {
				if r.phase != Failed || r.why == wire.Incomplete || retried {
					break
				}
				retried = true // the person tries again
				n.handle(Connect{})
			}
		}
		w.run(70_000) // what is shown as lost is given up by then
		check(w, n, r, s, files, mishaps)
	})
}

func check(w *world, n *node, r *Receiver, s *Sharer, files []testFile, mishaps bool) {
	v, row := r.View(), RecipientView{}
	if rows := s.View().Recipients; len(rows) == 1 {
		row = rows[0]
	} else {
		w.t.Errorf("%d recipients are shown, want 1", len(rows))
	}
	switch v.Phase {
	case Complete:
		if v.Verified != v.Bytes || int(v.FilesVerified) != v.Files || v.Why != wire.None {
			w.t.Errorf("complete, but %+v", v)
		}
		if !mishaps {
			sameTree(w.t, n, files)
		}
		if row.Phase != Complete {
			w.t.Errorf("complete, but the sharer shows %+v", row)
		}
	case Failed:
		if v.Why == wire.None || row.Phase != Failed && row.Phase != Cancelled {
			w.t.Errorf("failed without a word:%s", w.state())
		}
		if v.Why != wire.Incomplete || !mishaps {
			w.t.Errorf("nothing is wrong any more, but it failed:%s", w.state())
		}
	default:
		w.t.Errorf("it does not come to an end:%s", w.state())
	}
}
