package session

import (
	"bytes"
	"fmt"
	"slices"
	"testing"

	"beeline/wasm/ctrl"
	"beeline/wasm/lane"
	"beeline/wasm/wire"
)

// during runs do once, when the k-th group of a file is read.
func during(n *node, file uint32, k int, do func()) {
	seen := 0
	n.onRead = func(g lane.Group, data []byte) ([]byte, bool) {
		if g.File == file {
			if seen++; seen == k {
				n.w.later(do)
			}
		}
		return data, true
	}
}

// A file that changes while it is sent is said to have changed and starts again:
// what lands is all of one moment, of the new size. PROTOCOL.md f.4; 3, attack 38.
func TestSourceChangesOnce(t *testing.T) {
	for name, size := range map[string]int{"as large": 3<<20 + 7, "larger": 5 << 20, "smaller": 1<<20 + 1, "small": 300, "empty": 0} {
		for _, strict := range []bool{false, true} {
			for k := 1; k <= 4; k += 3 {
				w := newWorld(t, 1)
				s := w.share(2, tree()...)
				w.sharer.strict = strict
				n, r := w.take(s.Link(), 2)
				now := pattern(size, 99)
				during(w.sharer, 3, k, func() { w.sharer.edit(3, now) })
				changes := 0
				n.log = func(a Action) {
					if reset, ok := a.(DiskReset); ok && reset.File == 3 {
						changes++
					}
				}
				w.receiveAll(n, r)
				files := tree()
				files[2].data = now
				w.complete(30_000, n, r, files)
				if v := r.View(); v.Changed != 1 || s.View().Changed != 1 || len(v.Failed) > 0 {
					t.Errorf("%s, group %d: the recipient sees %d changes and %v, the sharer %d", name, k, v.Changed, v.Failed, s.View().Changed)
				}
				if changes != 1 || sessions(n) != 1 {
					t.Errorf("%s, group %d: %d changes in %d sessions, want one in one", name, k, changes, sessions(n))
				}
				if v, row := r.View(), s.View().Recipients[0]; v.Verified != v.Bytes || row.Bytes != v.Bytes || row.Phase != Complete {
					t.Errorf("%s: verified %d of %d, the sharer shows %v of %d", name, v.Verified, v.Bytes, row.Phase, row.Bytes)
				}
			}
		}
	}
}

// failedWhy is why the first file that failed did.
func failedWhy(r *Receiver) wire.Code {
	if failed := r.View().Failed; len(failed) > 0 {
		return failed[0].Why
	}
	return wire.None
}

// A file that never stops changing is given up after three changes, E_CHANGED;
// the others are finished.
func TestSourceNeverStopsChanging(t *testing.T) {
	w := newWorld(t, 1)
	s := w.share(1, tree()...)
	n, r := w.take(s.Link(), 1)
	edits := 0
	w.sharer.onRead = func(g lane.Group, data []byte) ([]byte, bool) {
		if g.File == 3 {
			edits++
			w.later(func() { w.sharer.edit(3, pattern(3<<20, uint32(1000+edits))) })
		}
		return data, true
	}
	w.receiveAll(n, r)
	w.wait(30_000, "the recipient is done", r.ended)
	v := r.View()
	if v.Why != wire.Incomplete || v.FilesFailed != 1 || v.FilesVerified != 7 || failedWhy(r) != wire.Changed {
		t.Errorf("%v, %d failed, %d verified, %v", v.Why, v.FilesFailed, v.FilesVerified, failedWhy(r))
	}
	if want := []FailedFile{{"clip.mov", wire.Changed}}; !slices.Equal(v.Failed, want) || !slices.Equal(s.View().Failed, want) || v.Changed != 1 || s.View().Changed != 1 {
		t.Errorf("the recipient sees %v and %d changes, the sharer %v and %d, want %v and one", v.Failed, v.Changed, s.View().Failed, s.View().Changed, want)
	}
	if s.files[3].version != wire.RetriesMax {
		t.Errorf("version %d, want %d", s.files[3].version, wire.RetriesMax)
	}
	// Nobody else gets it either, and is told at once.
	n2, r2 := w.take(s.Link(), 1)
	w.wait(3_000, "the next one asks", func() bool { return r2.View().Asking })
	w.sharer.handle(Decide{Session: s.View().Recipients[1].ID, Accept: true})
	w.receiveAll(n2, r2)
	w.wait(30_000, "the next one is done", r2.ended)
	if v := r2.View(); v.FilesFailed != 1 || v.FilesVerified != 7 || failedWhy(r2) != wire.Changed {
		t.Errorf("the next one: %d failed, %d verified, %v", v.FilesFailed, v.FilesVerified, failedWhy(r2))
	}
}

// What could not be read when one recipient asked is read for the next one, or for the
// same one in another session, and it is no trouble any more.
func TestSourceThatCanBeReadAgain(t *testing.T) {
	w := newWorld(t, 1)
	files := []testFile{{"a.mov", pattern(3<<20, 1)}, {"b.txt", pattern(10, 2)}}
	s := w.share(1, files...)
	n, r := w.take(s.Link(), 1)
	data := w.sharer.sources[1].data
	w.sharer.edit(1, nil)
	w.receiveAll(n, r)
	w.wait(30_000, "the recipient is done", r.ended)
	if v := r.View(); v.FilesFailed != 1 || failedWhy(r) != wire.Unreadable || len(s.View().Failed) != 1 {
		t.Errorf("%d failed, %v, the sharer sees %v", v.FilesFailed, failedWhy(r), s.View().Failed)
	}
	w.sharer.edit(1, data)
	n2, r2 := w.take(s.Link(), 1)
	w.wait(3_000, "the next one asks", func() bool { return r2.View().Asking })
	w.sharer.handle(Decide{Session: s.View().Recipients[1].ID, Accept: true})
	w.receiveAll(n2, r2)
	w.complete(60_000, n2, r2, files)
	if f := s.View().Failed; len(f) != 0 {
		t.Errorf("the sharer sees %v still", f)
	}
}

// Files that vanish fail with E_READ, each by itself, the others are finished:
// also when it is a whole folder, of more files than a peer may say in a minute.
func TestSourceVanishes(t *testing.T) {
	w := newWorld(t, 1)
	s := w.share(1, tree()...)
	n, r := w.take(s.Link(), 1)
	during(w.sharer, 3, 1, func() { w.sharer.edit(3, nil); w.sharer.edit(6, nil) })
	w.receiveAll(n, r)
	w.wait(30_000, "the recipient is done", r.ended)
	if v := r.View(); v.Why != wire.Incomplete || v.FilesFailed == 0 || v.FilesFailed+v.FilesVerified != 8 || failedWhy(r) != wire.Unreadable {
		t.Errorf("%v, %d failed, %d verified, %v", v.Why, v.FilesFailed, v.FilesVerified, failedWhy(r))
	}

	files := []testFile{{"good", pattern(10, 1)}}
	count := ctrlPerMinute + 2000
	if slow {
		count = 300
	}
	for i := range count {
		files = append(files, testFile{fmt.Sprint("f", i), []byte{byte(i)}})
	}
	w = newWorld(t, 1)
	s = w.share(1, files...)
	for i := range w.sharer.sources {
		if i != 1 {
			w.sharer.edit(i, nil)
		}
	}
	n, r = w.take(s.Link(), 1)
	w.receiveAll(n, r)
	w.wait(60_000, "the recipient is done", r.ended)
	if v := r.View(); v.Why != wire.Incomplete || int(v.FilesFailed) != count || v.FilesVerified != 1 || sessions(n) != 1 {
		t.Errorf("a folder: %v, %d failed, %d verified, %d sessions", v.Why, v.FilesFailed, v.FilesVerified, sessions(n))
	}
}

// Bytes that change although size and date do not are noticed where a group is
// read twice, and the file starts again: never a mixture. PROTOCOL.md f.4.
func TestSameSizeAndDateOtherBytes(t *testing.T) {
	w := newWorld(t, 1)
	old := pattern(2<<20, 1)
	s := w.share(1, testFile{"clip.mov", old})
	n, r := w.take(s.Link(), 1)
	now := bytes.Clone(old)
	now[5], now[1<<20+5] = now[5]^1, now[1<<20+5]^1
	n.disk.damage = func(_ uint32, data []byte) { // group 0 is fetched again
		data[77] ^= 1
		n.disk.damage = nil
		w.sharer.sources[1].data = now // and is another by then
		w.truth["clip.mov"] = append(w.truth["clip.mov"], now)
	}
	w.receiveAll(n, r)
	w.complete(30_000, n, r, []testFile{{"clip.mov", now}})
}

// A source that changes between two sessions is told in the second one, also to
// who says HAVE first, and once. PROTOCOL.md f.3, f.4.
func TestSourceChangesBetweenSessions(t *testing.T) {
	w := newWorld(t, 1)
	w.rate = 100_000
	files := []testFile{{"a.mov", pattern(7<<20, 1)}, {"b.mov", pattern(5<<20, 2)}}
	s := w.share(3, files...)
	n, r := w.take(s.Link(), 3)
	told := map[string]int{}
	w.sharer.heard = func(msg []byte) {
		if m, _ := ctrl.Parse(msg); msg[0] == wire.FileChanged {
			c := m.(ctrl.FileChanged)
			told[fmt.Sprint(c.File, " v", c.Version, " session ", len(w.sharer.shadows))]++
		}
	}
	w.receiveAll(n, r)
	w.onRecord = func(to *fakePC, rec []byte) [][]byte {
		if to.id.session == 1 && to.id.pc == 1 {
			return nil
		}
		return [][]byte{rec}
	}
	w.wait(9_000, "there are holes in what arrived", func() bool { // so that HAVE has several ranges
		a := r.fetch.active[1].arrived
		return a.n > 2 && int(a.gap(0, 7)) < a.n
	})
	w.kill(w.live()[0])
	files[0].data = pattern(4<<20+5, 3)
	w.sharer.edit(1, files[0].data)
	s.changed(1, s.files[1], uint64(len(files[0].data)), w.sharer.sources[1].modMS)
	w.sharer.sources[1].seen = w.sharer.sources[1].modMS
	w.sharer.do(s.take())
	w.complete(60_000, n, r, files)
	for what, n := range told {
		if n != 1 {
			t.Errorf("FILE_CHANGED %s was said %d times, want once", what, n)
		}
	}
	if len(told) == 0 {
		t.Error("nothing was said to have changed")
	}
}

// A recipient that has every byte and waits for FILE_END is told when the file was
// lost at the sharer between two sessions: it says HAVE, and asks for nothing. It is
// looked for once more, and found gone. PROTOCOL.md f.4.
func TestSourceVanishesBetweenSessions(t *testing.T) {
	w := newWorld(t, 1)
	s := w.share(1, testFile{"a.mov", pattern(3<<20, 1)})
	told := 0
	w.sharer.heard = func(msg []byte) {
		if m, _ := ctrl.Parse(msg); msg[0] == wire.Error && m.(ctrl.Error).Number == wire.Unreadable.Number() {
			told++
		}
	}
	_, r := w.take(s.Link(), 1)
	w.wait(3_000, "the list comes", func() bool { return r.View().Listed })
	w.sharer.edit(1, nil)
	s.giveUp(1, s.recips[0].source(s, 1), wire.Unreadable)
	have := ctrl.Have{Ranges: []ctrl.Range{{File: 1, Count: 3}}}
	for _, row := range s.recips { // said twice, answered once
		if err := row.haveGroups(s, have); err != nil {
			t.Fatal(err)
		}
		if err := row.haveGroups(s, have); err != nil {
			t.Fatal(err)
		}
		w.sharer.do(s.take())
	}
	w.run(2_000)
	if told != 1 {
		t.Errorf("HAVE of a lost file got %d ERRORs, want one", told)
	}
}
