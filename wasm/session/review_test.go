package session

import (
	"testing"
	"time"

	"beeline/wasm/ctrl"
	"beeline/wasm/lane"
	"beeline/wasm/wire"
)

// moving brings a world to where groups are under way.
func moving(t *testing.T, files ...testFile) (*world, *Sharer, *node, *Receiver) {
	t.Helper()
	w := newWorld(t, 7)
	s := w.share(1, files...)
	n, r := w.take(s.Link(), 1)
	w.onRecord = func(*fakePC, []byte) [][]byte { return nil } // all of it is still owed
	w.receiveAll(n, r)
	w.settle()
	if r.fetch == nil || r.fetch.owed == 0 {
		t.Fatal("nothing is under way")
	}
	return w, s, n, r
}

// A recipient names thousands of files in one CANCEL, the same one again and
// again: one pass over the queue, and one word to the lanes a file. Attack 59.
func TestCancelOfThousandsIsOnePass(t *testing.T) {
	w := newWorld(t, 7)
	s := w.share(1, testFile{"a.mov", pattern(24<<20, 1)}, testFile{"b.mov", pattern(2<<20, 2)})
	n, r := w.take(s.Link(), 1)
	w.receiveAll(n, r)
	row := s.recips[0]
	row.paused = true
	var ranges []ctrl.Range
	for g := uint32(0); g < 24; g += 2 {
		ranges = append(ranges, ctrl.Range{File: 1, First: g, Count: 1})
	}
	if err := row.get(s, ctrl.Get{Ranges: ranges}); err != nil {
		t.Fatal(err)
	}
	s.take()
	many := make([]uint32, ctrl.CancelMax)
	for i := range many {
		many[i] = 1
	}
	row.unqueue(s, many...)
	cancels := 0
	for _, a := range s.take() {
		if _, ok := a.(CancelGroups); ok {
			cancels++
		}
	}
	if cancels != 1 {
		t.Errorf("%d CancelGroups for one file named %d times, want 1", cancels, len(many))
	}
	for _, rg := range row.sending.queue {
		if rg.File == 1 {
			t.Fatalf("groups of the cancelled file are still queued: %+v", rg)
		}
	}
}

// A group of a batch that holds a violation counts for nothing: it was not
// written, so it must not be said to be there.
func TestNothingOfABatchWithAViolationCounts(t *testing.T) {
	_, _, n, r := moving(t, testFile{"a.mov", pattern(3<<20, 1)})
	var file uint32
	for file = range r.fetch.active {
	}
	tg := r.fetch.active[file]
	before, unwritten := tg.arrived.n, r.fetch.unwritten
	good := uint32(0)
	for tg.arrived.has(good) && good < tg.groups {
		good++
	}
	n.handle(ArrivedBatch{
		Session: r.conn.id, PC: 0, Batch: 9_999, Bytes: 1 << 20,
		Groups: []ArrivedGroup{
			{Group: lane.Group{File: file, Index: good}, Length: lane.GroupLen(tg.size, good)},
			{Group: lane.Group{File: file, Index: 77}, Length: 1},
		},
	})
	if tg.arrived.n != before || r.fetch.unwritten != unwritten {
		t.Errorf("arrived %d groups, %d bytes to write, want %d and %d", tg.arrived.n, r.fetch.unwritten, before, unwritten)
	}
}

// A source that grows far beyond the list the person said yes to is given up:
// ten kilobytes must not become a full disk. Attack 36.
func TestASourceThatGrowsBeyondWhatWasAgreed(t *testing.T) {
	w := newWorld(t, 3)
	s := w.share(1, testFile{"small.txt", pattern(10_000, 1)}, testFile{"other.txt", pattern(10_000, 2)})
	_, r := w.take(s.Link(), 1)
	if !w.until(5_000, func() bool { return r.View().Phase == ListShown }) {
		t.Fatal("no list")
	}
	r.Handle(w.now, Receive{})
	if err := r.fileChanged(ctrl.FileChanged{File: 1, Version: 1, Size: 1 << 40}); err != nil {
		t.Fatalf("fileChanged: %v", err)
	}
	r.take()
	if r.fetch.statusOf(1) != failed || r.View().Bytes > 1<<20 {
		t.Errorf("status %d with %d bytes to come, want the file given up", r.fetch.statusOf(1), r.View().Bytes)
	}
	if err := r.fileChanged(ctrl.FileChanged{File: 2, Version: 1, Size: 30_000}); err != nil || r.fetch.statusOf(2) == failed {
		t.Errorf("a small change is refused too: %v", err)
	}
}

// One connection has one request before the person: a finder of the link can't
// fill the list with keys of its own. Attack 55.
func TestOneRequestAConnection(t *testing.T) {
	w := newWorld(t, 5)
	s := w.share(1, tree()...)
	w.take(s.Link(), 1)
	w.run(2_000)
	_, second := w.take(s.Link(), 1)
	w.run(2_000)
	if !second.View().Asking {
		t.Fatalf("the second recipient does not wait: %+v", second.View())
	}
	var from uint32
	for k, h := range s.halves {
		if h.asks != nil {
			from = k.from
		}
	}
	if !s.asksAlready(from) || s.asksAlready(from+1_000) {
		t.Error("a connection that asks is not known by its handle")
	}
}

// The folder in which transfers are written is none of a sender's names: what it
// put there would be swept away, or stand in for another's file.
func TestNoEntryGetsTheNameOfThePartFolder(t *testing.T) {
	w := newWorld(t, 5)
	s := w.share(1, testFile{PartFolder, nil}, testFile{PartFolder + "/x.mov", pattern(10, 1)})
	_, r := w.take(s.Link(), 1)
	w.wait(5_000, "the list is there", func() bool { return r.View().Listed })
	if got := r.names.Path(2)[0]; got != PartFolder+" (2)" {
		t.Errorf("an entry of a list lands in %q", got)
	}
}

// A size is only what a peer says: no message may cost time by it. Attack 33.
func TestAHugeSizeCostsNothing(t *testing.T) {
	_, _, _, r := moving(t, testFile{"a.mov", pattern(24<<20, 1)})
	start := time.Now()
	if tg := r.fetch.active[1]; tg != nil {
		tg.size, tg.groups = wire.FileMax>>1, lane.Groups(wire.FileMax>>1)
		r.forgetBytes(tg)
	}
	if d := time.Since(start); d > 200*time.Millisecond {
		t.Errorf("forgetting a file of 2^52 bytes took %v", d)
	}
}
