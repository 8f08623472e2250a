package session

import (
	"testing"

	"beeline/wasm/ctrl"
	"beeline/wasm/wire"
)

// What is read back wrong is fetched again, group by group; what never reads
// back right fails alone, E_ROOT. PROTOCOL.md f.4; 3, attack 39.
func TestDamagedOnDisk(t *testing.T) {
	for _, times := range []int{1, wire.RetriesMax, wire.RetriesMax + 1} {
		w := newWorld(t, 1)
		s := w.share(1, tree()...)
		n, r := w.take(s.Link(), 1)
		damaged := map[uint32]int{}
		n.disk.damage = func(file uint32, data []byte) {
			if damaged[file] < times && len(data) > 0 {
				damaged[file]++
				data[len(data)/2] ^= 4
			}
		}
		w.receiveAll(n, r)
		w.wait(30_000, "the recipient is done", r.ended)
		v := r.View()
		if times <= wire.RetriesMax {
			sameTree(t, n, tree())
			if v.Phase != Complete {
				t.Errorf("damaged %d times: %v, %v, want complete", times, v.Phase, v.Why)
			}
			if most := 6<<20 + 30_000 + 7*times<<20; n.disk.written > most {
				t.Errorf("damaged %d times: %d bytes were written, want at most %d: only what is wrong again", times, n.disk.written, most)
			}
		} else if v.Why != wire.Incomplete || v.FilesFailed != 7 || v.FilesVerified != 1 || failedWhy(r) != wire.Root {
			t.Errorf("damaged %d times: %v, %d failed, %d verified, %v", times, v.Why, v.FilesFailed, v.FilesVerified, failedWhy(r))
		}
	}
}

// What somebody changes between the read back and the name is judged anew: other
// bytes are fetched again, the same ones land.
func TestChangedBeforeItLands(t *testing.T) {
	w := newWorld(t, 1)
	s := w.share(1, tree()...)
	n, r := w.take(s.Link(), 1)
	touched := map[uint32]int{}
	n.disk.touch = func(file uint32, data []byte) bool {
		touched[file]++
		if touched[file] == 1 && len(data) > 0 {
			data[len(data)/2] ^= 4
		}
		return touched[file] <= 2 // the second time only its date
	}
	w.receiveAll(n, r)
	w.complete(30_000, n, r, tree())
	if v := r.View(); len(touched) != 8 || v.Verified != v.Bytes || v.Safe != v.Bytes {
		t.Errorf("%d files were touched, verified %d, safe %d of %d", len(touched), v.Verified, v.Safe, v.Bytes)
	}
}

// A full disk pauses and says so; with room it continues, and nothing is lost
// or asked for beyond the window meanwhile.
func TestDiskFull(t *testing.T) {
	w := newWorld(t, 1)
	w.rate = 1_000_000
	files := []testFile{{"big.mov", pattern(25<<20, 1)}}
	s := w.share(1, files...)
	n, r := w.take(s.Link(), 1)
	n.disk.room = 3 << 20
	w.receiveAll(n, r)
	w.wait(20_000, "it is full", func() bool { return r.View().Phase == Paused })
	w.run(30_000)
	if v := r.View(); v.Phase != Paused || v.Why != wire.Space || v.Needed == 0 || v.Written != 3<<20 {
		t.Errorf("full: %+v, want paused, %v, with 3 MiB written", v, wire.Space)
	}
	if rows := s.View().Recipients; len(rows) != 1 || rows[0].Phase != Paused {
		t.Errorf("the sharer sees %+v, want one that is paused", rows)
	}
	if got := r.fetch.owed + r.fetch.unwritten; got > r.window() {
		t.Errorf("%d bytes are asked for or wait to be written, want at most %d", got, r.window())
	}
	n.disk.makeRoom(5 << 20)
	w.run(10_000)
	if v := r.View(); v.Phase != Paused {
		t.Errorf("full again: %v, want paused", v.Phase)
	}
	w.kill(w.live()[0]) // and a new session does not unpause it
	w.run(3_000)
	if v := r.View(); v.Phase != Paused || v.Why != wire.Space {
		t.Errorf("full in a new session: %v, %v, want paused, %v", v.Phase, v.Why, wire.Space)
	}
	if rows := s.View().Recipients; len(rows) != 1 || rows[0].Phase != Paused {
		t.Errorf("in a new session the sharer sees %+v, want one that is paused", rows)
	}
	n.disk.makeRoom(1 << 30)
	w.complete(60_000, n, r, files)
}

// Bytes that vanish from the destination are fetched again.
func TestLostOnDisk(t *testing.T) {
	w := newWorld(t, 1)
	w.rate = 500_000
	s := w.share(1, ten()...)
	n, r := w.take(s.Link(), 1)
	w.receiveAll(n, r)
	for range 5 {
		w.run(300)
		n.disk.lose(1, 0, 11)
	}
	w.complete(60_000, n, r, ten())
}

// Only the groups that were lost are asked for again, also when bytes on both
// sides of a group's edge went, and what the disk says of nothing changes nothing.
func TestOnlyWhatWasLostIsAskedAgain(t *testing.T) {
	w := newWorld(t, 1)
	w.rate = 500_000
	s := w.share(1, ten()...)
	n, r := w.take(s.Link(), 1)
	asked := map[uint32]int{} // groups of the large file, how often
	n.heard = func(msg []byte) {
		if msg[0] != wire.Get {
			return
		}
		m, _ := ctrl.Parse(msg)
		for _, rg := range m.(ctrl.Get).Ranges {
			for g := rg.First; rg.File == 1 && g < rg.First+rg.Count; g++ {
				asked[g]++
			}
		}
	}
	w.receiveAll(n, r)
	w.wait(30_000, "eight groups are written", func() bool { return r.fetch.active[1].written.n >= 8 })
	const nonsense = ^uint64(0)
	for _, e := range []Lost{
		{File: 1, Version: 1, Length: 10<<20 + 77},
		{File: 1, Offset: 10<<20 + 77, Length: 1},
		{File: 1, Offset: nonsense, Length: nonsense},
		{File: 1, Offset: 5 << 20},
		{File: 2, Length: nonsense}, {File: 0, Length: 1}, {File: 77, Length: 1},
	} {
		n.handle(e)
	}
	n.disk.lose(1, 2, 4)
	p := n.disk.parts[1]
	delete(p.wrote, 5)
	delete(p.wrote, 6)
	n.handle(Lost{File: 1, Offset: 6<<20 - 1, Length: 2}) // the end of one and the beginning of the next
	w.complete(60_000, n, r, ten())
	for g := range uint32(11) {
		want := 1
		if g == 2 || g == 3 || g == 5 || g == 6 {
			want = 2
		}
		if asked[g] != want {
			t.Errorf("group %d was asked for %d times, want %d", g, asked[g], want)
		}
	}
	if v := r.View(); v.Written != v.Bytes || v.Safe != v.Bytes {
		t.Errorf("written %d, safe %d of %d", v.Written, v.Safe, v.Bytes)
	}
}

// A file that can't be written fails alone; the sharer is told not to send it.
func TestUnwritableFile(t *testing.T) {
	w := newWorld(t, 1)
	s := w.share(1, tree()...)
	n, r := w.take(s.Link(), 1)
	n.disk.failing[3] = wire.Unwritable
	w.receiveAll(n, r)
	w.wait(30_000, "the recipient is done", r.ended)
	w.run(500)
	v, row := r.View(), s.View().Recipients[0]
	if v.Why != wire.Incomplete || v.FilesFailed != 1 || v.FilesVerified != 7 || failedWhy(r) != wire.Unwritable {
		t.Errorf("%v, %d failed, %d verified, %v", v.Why, v.FilesFailed, v.FilesVerified, failedWhy(r))
	}
	if row.Phase != Failed || row.Why != wire.Incomplete {
		t.Errorf("the sharer shows %v, %v", row.Phase, row.Why)
	}
	// Trying again takes it from the start, into a destination that is opened anew.
	delete(n.disk.failing, 3)
	n.disk.landed = map[string][]byte{}
	n.handle(Connect{})
	w.wait(3_000, "the list is there again", func() bool { return r.View().Phase == ListShown })
	n.handle(Receive{})
	w.complete(30_000, n, r, tree())
	if row := s.View().Recipients[0]; row.Phase != Complete {
		t.Errorf("after the second try the sharer shows %v, %v", row.Phase, row.Why)
	}
}

// A destination that can't be opened is said before the first byte, and another
// can be chosen.
func TestDestinationRefused(t *testing.T) {
	w := newWorld(t, 1)
	s := w.share(1, tree()...)
	n, r := w.take(s.Link(), 1)
	n.disk.refuse = wire.NoPlace
	w.receiveAll(n, r)
	w.run(1_000)
	if v := r.View(); v.Phase != ListShown || v.Why != wire.NoPlace || w.sharer.reads > 0 {
		t.Errorf("%v, %v, %d groups read, want the list, %v and none", v.Phase, v.Why, w.sharer.reads, wire.NoPlace)
	}
	n.disk.refuse = wire.None
	n.handle(Receive{})
	w.complete(30_000, n, r, tree())
}

// What is asked for and not yet written never passes the window, however slow
// the disk. PROTOCOL.md f.3.
func TestWindowIsKept(t *testing.T) {
	for _, window := range []int{2 << 20, 5<<20 + 1, 16 << 20} {
		w := newWorld(t, 1)
		s := w.share(1, testFile{"big.mov", pattern(20<<20+5, 1)}, testFile{"b", pattern(700_000, 2)}, testFile{"c", pattern(700_000, 3)})
		cfg := w.config(1)
		cfg.Window = window
		r, _ := NewReceiver(s.Link(), cfg)
		n := w.node("taker", r)
		n.online()
		n.handle(Connect{})
		w.receiveAll(n, r)
		most := 0
		w.onStep = func() { most = max(most, r.fetch.owed+r.fetch.unwritten) }
		w.complete(30_000, n, r, []testFile{{"big.mov", pattern(20<<20+5, 1)}, {"b", pattern(700_000, 2)}, {"c", pattern(700_000, 3)}})
		if most > max(window, wire.WindowLane) || most < window*2/3 {
			t.Errorf("window %d: at most %d bytes were on their way", window, most)
		}
	}
}

// What is left of a transfer that failed can be let go, once.
func TestDiscard(t *testing.T) {
	w := newWorld(t, 1)
	w.rate = 500_000
	s := w.share(1, ten()...)
	n, r := w.take(s.Link(), 1)
	w.receiveAll(n, r)
	n.handle(Discard{}) // not while it runs
	w.run(500)
	failing := true
	w.onCtrl = func(_ *node, rec []byte) [][]byte {
		if failing {
			rec[20] ^= 1
		}
		return [][]byte{rec}
	}
	w.wait(120_000, "it failed", func() bool { return r.View().Phase == Failed })
	if n.disk.tossed {
		t.Error("what arrived was thrown away without a word")
	}
	n.handle(Discard{})
	n.handle(Discard{})
	w.run(300)
	if !n.disk.tossed || len(n.disk.parts) != 0 || r.View().Phase != Failed || r.View().Written != 0 {
		t.Errorf("discarded: %v, %d parts, %v, %d bytes shown", n.disk.tossed, len(n.disk.parts), r.View().Phase, r.View().Written)
	}
	failing = false
	n.handle(Connect{})
	w.receiveAll(n, r)
	w.complete(60_000, n, r, ten())
}

// After the end, what is kept for the person to save can be let go, once; what
// the person cancelled is gone already.
func TestDiscardAfterTheEnd(t *testing.T) {
	tossed := func(n *node) *int {
		count := 0
		n.log = func(a Action) {
			if _, ok := a.(DiskDiscard); ok {
				count++
			}
		}
		return &count
	}
	w := newWorld(t, 1)
	s := w.share(1, ten()...)
	n, r := w.take(s.Link(), 1)
	count := tossed(n)
	n.handle(Discard{}) // there is nothing
	w.receiveAll(n, r)
	w.complete(60_000, n, r, ten())
	for range 2 {
		n.handle(Discard{})
		w.run(100)
	}
	if *count != 1 || r.View().Phase != Complete {
		t.Errorf("complete: discarded %d times, then %v; want once, complete", *count, r.View().Phase)
	}

	w = newWorld(t, 1)
	s = w.share(1, ten()...)
	n, r = w.take(s.Link(), 1)
	count = tossed(n)
	n.disk.failing[2] = wire.Unwritable
	w.receiveAll(n, r)
	w.wait(30_000, "it is over", r.ended)
	n.handle(Discard{})
	if *count != 1 || r.View().Why != wire.Incomplete {
		t.Errorf("incomplete: discarded %d times, then %v; want once, %v", *count, r.View().Why, wire.Incomplete)
	}
	n.handle(Connect{}) // and another try has its own destination
	delete(n.disk.failing, 2)
	n.disk.landed = map[string][]byte{}
	w.wait(3_000, "the list is there again", func() bool { return r.View().Phase == ListShown })
	n.handle(Receive{})
	w.complete(30_000, n, r, ten())
	n.handle(Discard{})
	if *count != 2 {
		t.Errorf("after another try: discarded %d times in all, want twice", *count)
	}

	w = newWorld(t, 1)
	w.rate = 500_000
	s = w.share(1, ten()...)
	n, r = w.take(s.Link(), 1)
	count = tossed(n)
	w.receiveAll(n, r)
	w.run(300)
	n.handle(CancelAll{})
	n.handle(Discard{})
	if *count != 1 {
		t.Errorf("cancelled: discarded %d times, want once", *count)
	}
}
