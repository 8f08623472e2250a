package session

import (
	"fmt"
	"testing"

	"beeline/wasm/ctrl"
	"beeline/wasm/wire"
)

// What a sharer keeps of a file goes when everybody who asked has had it: 500,000
// files are no more than those under way.
func TestWhatIsThroughIsForgotten(t *testing.T) {
	w := newWorld(t, 1)
	w.rate = 200_000
	files := []testFile{{"large.mov", pattern(3<<20, 1)}, {"A", nil}}
	for i := range 3_000 {
		files = append(files, testFile{fmt.Sprintf("A/%05d.txt", i), pattern(i%100, uint32(i))})
	}
	s := w.share(1, files...)
	n1, r1 := w.take(s.Link(), 1)
	n2, r2 := w.take(s.Link(), 1)
	w.wait(5_000, "the second asks", func() bool { return r2.View().Asking })
	w.let(s)
	most, left := 0, 0
	look := func(n *node) {
		n.log = func(Action) {
			left = len(s.files)
			for _, r := range s.recips {
				if r.sending != nil {
					most = max(most, len(s.files), len(r.sending.files))
				}
			}
		}
	}
	look(n1)
	look(n2)
	w.receiveAll(n1, r1)
	w.receiveAll(n2, r2)
	w.complete(60_000, n1, r1, files)
	w.complete(60_000, n2, r2, files)
	if most > 1_500 || left > 0 {
		t.Errorf("the sharer knew of up to %d files at once, and of %d in the end, want 1,500 and none", most, left)
	}
}

// Who asks for the values of a file that was forgotten gets them, and FILE_END is not
// said twice for that.
func TestValuesOfWhatWasForgotten(t *testing.T) {
	w := newWorld(t, 1)
	s := w.share(1, testFile{"a.mov", pattern(3<<20, 1)}, testFile{"b.mov", pattern(20<<20, 2)})
	ends, values := 0, 0
	w.sharer.heard = func(msg []byte) {
		switch m, _ := ctrl.Parse(msg); m := m.(type) {
		case ctrl.FileEnd:
			for _, d := range m.Files {
				if d.File == 1 {
					ends++
				}
			}
		case ctrl.CVs:
			values += len(m.CVs)
		}
	}
	n, r := w.take(s.Link(), 1)
	w.rate = 400_000
	n.disk.damage = func(file uint32, data []byte) {
		if file == 1 && values == 0 {
			data[5] ^= 1
		}
	}
	w.receiveAll(n, r)
	w.wait(60_000, "values were asked for", func() bool { return values > 0 })
	w.wait(60_000, "a.mov is mended", func() bool { return r.View().FilesVerified == 1 })
	if ends != 1 || values != 3 {
		t.Errorf("%d FILE_ENDs and %d values, want 1 and 3", ends, values)
	}
}

// A file that was forgotten and is read again has to be what it was, though its size
// and date are: who comes later is told that it changed.
func TestAForgottenFileIsStillTheSame(t *testing.T) {
	for _, size := range []int{100, 3 << 20} {
		w := newWorld(t, 1)
		files := []testFile{{"a.mov", pattern(size, 1)}, {"b.mov", pattern(4<<20, 2)}}
		s := w.share(1, files...)
		n, r := w.take(s.Link(), 1)
		w.receiveAll(n, r)
		w.complete(30_000, n, r, files)
		if len(s.files) > 0 {
			t.Fatalf("%d files are known still", len(s.files))
		}
		files[0].data = pattern(size, 3)
		w.sharer.sources[1].data = files[0].data
		w.truth["a.mov"] = append(w.truth["a.mov"], files[0].data)
		n, r = w.take(s.Link(), 1)
		w.wait(5_000, "it asks", func() bool { return r.View().Asking })
		w.let(s)
		w.receiveAll(n, r)
		w.complete(30_000, n, r, files)
		if got := r.View().Changed; got != 1 {
			t.Errorf("%d bytes: the second recipient sees %d changes, want 1", size, got)
		}
	}
}

// Where the disk is what takes long, every file that gets its name makes room for one
// more. It is asked for with others: 12,000 messages a minute are a violation.
func TestAGetIsWorthAMessage(t *testing.T) {
	w := newWorld(t, 1)
	w.rate = 10_000_000
	files := []testFile{{"A", nil}}
	for i := range 3_000 {
		files = append(files, testFile{fmt.Sprintf("A/%05d.txt", i), pattern(100, uint32(i))})
	}
	s := w.share(1, files...)
	n, r := w.take(s.Link(), 1)
	gets := 0
	n.heard = func(msg []byte) {
		if msg[0] == wire.Get {
			gets++
		}
	}
	n.disk.slow = 20
	w.receiveAll(n, r)
	w.complete(120_000, n, r, files)
	if gets > 3_000/64+5 {
		t.Errorf("%d GETs for 3,000 files, want at most one for 64 files", gets)
	}
}
