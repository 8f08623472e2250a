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

// sameTree compares what landed with the source, byte for byte.
func sameTree(t *testing.T, n *node, files []testFile) {
	t.Helper()
	want := 0
	for _, f := range files {
		if f.data == nil {
			if !n.dirs[f.name] {
				t.Errorf("directory %q is missing", f.name)
			}
			continue
		}
		want++
		got, ok := n.landed[f.name]
		if !ok {
			t.Errorf("%q did not land", f.name)
		} else if !bytes.Equal(got, f.data) {
			t.Errorf("%q landed with wrong bytes", f.name)
		}
	}
	if len(n.landed) != want {
		t.Errorf("%d files landed, want %d", len(n.landed), want)
	}
}

func (w *world) receiveAll(n *node, r *Receiver) {
	w.t.Helper()
	if !w.until(5_000, func() bool { return r.View().Phase == ListShown }) {
		w.t.Fatalf("the list does not come: %+v", r.View())
	}
	n.handle(Receive{})
}

func TestAFileCrosses(t *testing.T) {
	for _, lanes := range []int{1, 3} {
		w := newWorld(t, 1)
		s := w.share(lanes, tree()...)
		n, r := w.take(s.Link(), lanes)
		w.receiveAll(n, r)
		if !w.until(20_000, func() bool { return r.View().Phase == Complete }) {
			t.Fatalf("lanes %d: not complete: %+v", lanes, r.View())
		}
		w.run(1_000)
		sameTree(t, n, tree())
		v := s.View().Recipients[0]
		if v.Phase != Complete || v.Verified != v.Bytes {
			t.Errorf("lanes %d: the sharer shows %+v", lanes, v)
		}
		if got := r.View(); got.Verified != got.Bytes || got.FilesVerified != 8 || got.Why != wire.None {
			t.Errorf("the recipient shows %+v", got)
		}
	}
}
