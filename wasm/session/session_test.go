package session

import (
	"bytes"
	"testing"

	"beeline/wasm/wire"
)

// tree is a share with what goes wrong first: empty files and folders, sizes
// around a group, names that need care.
func tree() []testFile {
	return []testFile{
		{"A001", nil},
		{"A001/empty", nil},
		{"A001/clip.mov", pattern(3<<20+7, 1)},
		{"A001/zero.txt", []byte{}},
		{"A001/ünïcode 名前.wav", pattern(1<<20, 2)},
		{"A001/small.bin", pattern(1, 3)},
		{"A001/edge.bin", pattern(1<<20+1, 4)},
		{"A001/sub", nil},
		{"A001/sub/a.exr", pattern(10_000, 5)},
		{"A001/sub/b.exr", pattern(10_000, 6)},
		{"loose.txt", pattern(100, 7)},
	}
}

// few is a small share: one file of two groups, a small one, an empty one.
func few() []testFile {
	return []testFile{
		{"clip.mov", pattern(1<<20+4321, 11)},
		{"notes.txt", pattern(2000, 12)},
		{"zero", []byte{}},
	}
}

// tiny is a share that costs nothing.
func tiny() []testFile {
	return []testFile{{"notes.txt", pattern(2000, 12)}, {"zero", []byte{}}}
}

// sameTree compares what landed with the source, byte for byte.
func sameTree(t testing.TB, n *node, files []testFile) {
	t.Helper()
	want := 0
	for _, f := range files {
		if f.data == nil {
			if !n.disk.dirs[f.name] {
				t.Errorf("directory %q is missing", f.name)
			}
			continue
		}
		want++
		got, ok := n.disk.landed[f.name]
		if !ok {
			t.Errorf("%q did not land", f.name)
		} else if !bytes.Equal(got, f.data) {
			t.Errorf("%q landed with wrong bytes", f.name)
		}
	}
	if len(n.disk.landed) != want {
		t.Errorf("%d files landed, want %d", len(n.disk.landed), want)
	}
}

func TestAFileCrosses(t *testing.T) {
	for _, lanes := range []int{1, 3} {
		w := newWorld(t, 1)
		s := w.share(lanes, tree()...)
		n, r := w.take(s.Link(), lanes)
		w.receiveAll(n, r)
		w.complete(20_000, n, r, tree())
		v := s.View().Recipients[0]
		if v.Phase != Complete || v.Verified != v.Bytes || v.FilesVerified != 8 {
			t.Errorf("lanes %d: the sharer shows %+v", lanes, v)
		}
		if got := r.View(); got.Verified != got.Bytes || got.FilesVerified != 8 || got.Why != wire.None {
			t.Errorf("the recipient shows %+v", got)
		}
	}
}

// Lanes are unordered channels: what they carry may come in any order.
func TestLanesDeliverInAnyOrder(t *testing.T) {
	for seed := range int64(5) {
		w := newWorld(t, seed)
		w.shuffle = true
		s := w.share(3, tree()...)
		n, r := w.take(s.Link(), 3)
		w.receiveAll(n, r)
		w.complete(20_000, n, r, tree())
	}
}
