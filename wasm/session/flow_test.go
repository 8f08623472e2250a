package session

import (
	"fmt"
	"math/rand"
	"os"
	"strconv"
	"testing"

	"beeline/wasm/wire"
)

// seeds returns how many seeds a property runs: few where the machine is slow,
// BEELINE_SEEDS for `make lab`.
func seeds(t testing.TB, quick int) int64 {
	if s := os.Getenv("BEELINE_SEEDS"); s != "" {
		n, err := strconv.Atoi(s)
		if err != nil {
			t.Fatalf("BEELINE_SEEDS: %v", err)
		}
		return int64(n)
	}
	if slow || testing.Short() {
		return int64(max(1, quick/20))
	}
	return int64(quick)
}

// eachSeed runs f on every seed, on all processors. BEELINE_SEED picks one.
func eachSeed(t *testing.T, quick int, f func(t testing.TB, seed int64)) {
	if s := os.Getenv("BEELINE_SEED"); s != "" {
		seed, _ := strconv.ParseInt(s, 10, 64)
		f(t, seed)
		return
	}
	const parts = 4
	n := seeds(t, quick)
	for part := range int64(parts) {
		t.Run(fmt.Sprint("part", part), func(t *testing.T) {
			t.Parallel()
			for seed := part; seed < n && !t.Failed(); seed += parts {
				f(seeded{t, seed}, seed)
			}
		})
	}
}

// seeded names the seed in what fails.
type seeded struct {
	testing.TB
	seed int64
}

func (s seeded) Errorf(format string, args ...any) {
	s.Helper()
	s.TB.Errorf("seed %d: "+format, append([]any{s.seed}, args...)...)
}

func (s seeded) Fatalf(format string, args ...any) {
	s.Helper()
	s.TB.Fatalf("seed %d: "+format, append([]any{s.seed}, args...)...)
}

// someFiles returns a small share of random shape: now and then more than one
// group, else small files and empty ones.
func someFiles(rng *rand.Rand) []testFile {
	var files []testFile
	for i := range 1 + rng.Intn(6) {
		size := rng.Intn(3000)
		switch rng.Intn(12) {
		case 0:
			size = 0
		case 1:
			size = wire.GroupSize + rng.Intn(5000)
		case 2:
			size = 2*wire.GroupSize + 1 + rng.Intn(200_000)
		}
		files = append(files, testFile{fmt.Sprintf("f%d.bin", i), pattern(size, uint32(rng.Int31()))})
	}
	return files
}

// editSome edits a file: other bytes of the same size, another size, or nothing
// that can be read any more.
func editSome(w *world, n *node) {
	file := uint32(1 + w.rng.Intn(len(n.sources)))
	old := n.sources[file].data
	if old == nil {
		return
	}
	switch w.rng.Intn(5) {
	case 0:
		n.edit(file, nil)
	case 1, 2:
		n.edit(file, pattern(len(old), uint32(w.rng.Int31())))
	default:
		n.edit(file, pattern(w.rng.Intn(len(old)+wire.GroupSize/2), uint32(w.rng.Int31())))
	}
}

// Honest peers whose lanes die, whose files change under them, whose disks fail
// and who pause and cancel files never take each other for liars, and never
// stall. No key meets a number twice. PROTOCOL.md 2.4, flow; 3, attacks 24 and 35.
func TestHonestPeersNeverViolateFlow(t *testing.T) {
	eachSeed(t, 500, func(t testing.TB, seed int64) {
		w := newWorld(t, seed)
		w.shuffle = w.rng.Intn(2) == 0
		if w.rng.Intn(2) == 0 {
			w.rate = 100_000 + w.rng.Intn(400_000)
		}
		lanes := 1 + w.rng.Intn(4)
		strict := w.rng.Intn(2) == 0
		s := w.share(lanes, someFiles(w.rng)...)
		w.sharer.strict = strict
		n, r := w.take(s.Link(), lanes)
		w.receiveAll(n, r)
		w.each = func() { sums(t, r) }
		calm := 60 + w.rng.Intn(60)
		w.onStep = func() {
			if w.rng.Intn(12) != 0 || calm == 0 {
				return
			}
			calm--
			w.later(func() { mishap(w, n, r) })
		}
		w.wait(300_000, "both are done", func() bool {
			p := s.View().Recipients[0].Phase
			return r.ended() && (p == Complete || p == Failed || p == Cancelled)
		})
		v, row := r.View(), s.View().Recipients[0]
		switch {
		case v.Phase == Complete && v.Why == wire.None && row.Phase == Complete && v.Verified == v.Bytes:
		case v.Phase == Failed && v.Why == wire.Incomplete && v.FilesFailed > 0 && row.Phase == Failed && row.Why == wire.Incomplete:
		default:
			t.Errorf("it ended as%s", w.state())
		}
	})
}

// mishap is something that happens among honest peers.
func mishap(w *world, n *node, r *Receiver) {
	row := w.sharer.m.(*Sharer).View().Recipients[0].ID
	file := uint32(1 + w.rng.Intn(len(w.sharer.sources)))
	switch w.rng.Intn(10) {
	case 0, 1, 2:
		if live := w.live(); len(live) > 0 {
			if pc := live[w.rng.Intn(len(live))]; pc.id.pc != 0 || w.rng.Intn(4) == 0 {
				w.kill(pc)
			}
		}
	case 3, 4:
		editSome(w, w.sharer)
	case 5:
		n.handle(SetPause{On: true})
		w.later(func() { n.handle(SetPause{On: false}) })
	case 6:
		w.sharer.handle(PauseRecipient{Session: row, On: true})
		w.later(func() { w.sharer.handle(PauseRecipient{Session: row}) })
	case 7:
		if w.rng.Intn(3) == 0 {
			n.disk.failing[file] = wire.Unwritable
		}
	case 8:
		first := uint32(w.rng.Intn(4))
		n.disk.lose(file, first, first+1+uint32(w.rng.Intn(8)))
	case 9:
		if p := n.disk.parts[file]; p != nil && len(p.data) > 0 && !p.read {
			p.data[w.rng.Intn(len(p.data))] ^= 1
		}
	}
}
