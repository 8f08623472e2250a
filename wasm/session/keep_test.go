package session

import (
	"bytes"
	"crypto/ed25519"
	"fmt"
	"strings"
	"testing"

	"beeline/wasm/catalog"
	"beeline/wasm/wire"
)

// backAgain takes the sharer's tab away and lets another page offer the same link,
// with the same files.
func (w *world) backAgain(s *Sharer, files ...testFile) *Sharer {
	w.t.Helper()
	kept := s.Keep()
	w.sharer.close()
	again, err := RestoreSharer("Share", w.config(1), kept)
	if err != nil {
		w.t.Fatal(err)
	}
	if again.Link() != s.Link() {
		w.t.Errorf("the link is another one now")
	}
	w.sharer = w.node("sharer'", again)
	w.sharer.offer(files)
	w.sharer.online()
	return again
}

// Wherever the sharer's page goes, the next one goes on with the same recipient,
// and what it had is not sent again.
func TestSharerComesBackAnywhere(t *testing.T) {
	stride := 5
	if slow {
		stride = 31
	}
	for k := 1; ; k += stride {
		w := newWorld(t, int64(k))
		s := w.share(1, someTree()...)
		n, r := w.take(s.Link(), 1)
		w.onStep = func() {
			if w.steps == k {
				w.sharer.close()
			}
		}
		w.until(3_000, func() bool { return w.sharer.down || r.View().Phase == ListShown && r.View().Listed })
		if r.View().Phase == ListShown {
			n.handle(Receive{})
		}
		w.until(3_000, func() bool { return w.sharer.down || r.ended() })
		w.onStep = nil
		if !w.sharer.down {
			if k < 20 {
				t.Fatalf("only %d messages pass", k)
			}
			break
		}
		had := n.disk.written
		again := w.backAgain(s, someTree()...)
		w.until(60_000, func() bool { return r.View().Phase == ListShown && r.View().Listed || r.fetch != nil || r.ended() })
		if r.fetch == nil {
			n.handle(Receive{})
		}
		w.complete(90_000, n, r, someTree())
		if moved := n.disk.written; moved != treeBytes {
			t.Errorf("gone after %d: %d bytes came in all, %d of them before", k, moved, had)
		}
		if rows := again.View().Recipients; len(rows) != 1 || rows[0].Phase != Complete {
			t.Errorf("gone after %d: the sharer shows %v", k, rows)
		}
	}
}

// Who was let in is let in, who was refused is refused, and only the very first
// needs no word.
func TestDecisionsOutliveThePage(t *testing.T) {
	w := newWorld(t, 1)
	s := w.share(1, tree()...)
	_, first := w.take(s.Link(), 1)
	w.wait(10_000, "the first sees the list", func() bool { return first.View().Phase == ListShown })
	_, second := w.take(s.Link(), 1)
	w.wait(10_000, "the second asks", func() bool { return second.View().Asking })
	for _, row := range s.View().Recipients {
		if row.Asks {
			w.sharer.handle(Decide{Session: row.ID, Accept: false})
		}
	}
	w.wait(10_000, "the second is refused", func() bool { return second.View().Why == wire.Refused })

	again := w.backAgain(s, tree()...)
	_, stranger := w.take(again.Link(), 1)
	w.wait(10_000, "a stranger has to ask", func() bool { return stranger.View().Asking })
	w.wait(60_000, "the first is back", func() bool {
		return first.View().Phase == ListShown && again.holder(first.key.Public().(ed25519.PublicKey)).conn != nil
	})
	cfg := w.config(1)
	cfg.Key = second.Key()
	r2, err := NewReceiver(again.Link(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	n2 := w.node("second'", r2)
	n2.online()
	n2.handle(Connect{})
	w.wait(10_000, "the second stays refused", func() bool { return r2.View().Why == wire.Refused })
	if !bytes.Contains(again.Keep(), second.key.Public().(ed25519.PublicKey)) {
		t.Error("a refusal is forgotten by the page after next")
	}
}

func TestWhatIsKeptEnds(t *testing.T) {
	w := newWorld(t, 1)
	s := w.share(1, tree()...)
	kept := s.Keep()
	cfg := w.config(1)
	cfg.Now += week
	if _, err := RestoreSharer("Share", cfg, kept); wire.CodeOf(err) != wire.Expired {
		t.Errorf("after a week: %v, want %v", err, wire.Expired)
	}
	w.sharer.handle(StopSharing{})
	if s.Keep() != nil {
		t.Error("something is kept of a share that was stopped")
	}
	for i := range kept {
		if i == keptFixed {
			continue // what was kept before there were terms
		}
		if _, err := RestoreSharer("Share", w.config(1), kept[:i]); err == nil {
			t.Fatalf("%d bytes of %d are taken", i, len(kept))
		}
	}
	if _, err := RestoreSharer("Share", w.config(1), append(bytes.Clone(kept), 0)); err == nil {
		t.Error("a byte more is taken")
	}
}

// What parses is written again as the same bytes.
func FuzzRestoreSharer(f *testing.F) {
	w := newWorld(f, 1)
	s := w.share(1, tree()...)
	f.Add(s.Keep())
	_, r := w.typeIn(w.say(s))
	w.wait(5_000, "somebody came by a code", func() bool { return r.View().Listed })
	f.Add(s.Keep())
	cfg := w.config(1)
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := RestoreSharer("Share", cfg, b)
		if err != nil {
			return
		}
		again, err := RestoreSharer("Share", cfg, s.Keep())
		if err != nil || !bytes.Equal(again.Keep(), s.Keep()) {
			t.Errorf("what was kept is not kept: %v", err)
		}
	})
}

// A recipient who was still reading the list reads it to its end, though the page
// that tells it now cuts other pages.
func TestSharerComesBackToAHalfReadList(t *testing.T) {
	for _, early := range []bool{true, false} { // Receive while the list still grows, or after
		w := newWorld(t, 1)
		s := NewSharer("Share", w.config(1))
		w.sharer = w.node("sharer", s)
		w.sharer.online()
		n, r := w.take(s.Link(), 1)
		w.wait(5_000, "it is connected", func() bool { return r.View().Phase == ListShown })
		files := someTree()
		for i, f := range files[:4] { // one after the other: each is a page
			w.sharer.half(f)
			w.wait(5_000, "an entry is shown", func() bool { return r.View().Entries == i+1 })
		}
		if early {
			n.handle(Receive{})
			w.run(300)
		}
		w.listedAgain(s, files)
		w.wait(60_000, "the list is whole", func() bool { return r.View().Listed || r.ended() })
		if v := r.View(); v.Entries != len(files) || v.Why != wire.None {
			t.Errorf("the recipient shows %+v", v)
		}
		if !early {
			n.handle(Receive{})
		}
		w.complete(60_000, n, r, files)
	}
}

// listedAgain takes the sharer's tab away and lets another page offer the same link,
// with these entries as they were listed before, less those that are taken back.
func (w *world) listedAgain(s *Sharer, files []testFile, gone ...uint32) *Sharer {
	w.t.Helper()
	kept := s.Keep()
	w.sharer.close()
	again, err := RestoreSharer("Another title", w.config(1), kept)
	if err != nil {
		w.t.Fatal(err)
	}
	w.sharer = w.node("sharer'", again)
	for _, f := range files {
		w.sharer.half(f)
	}
	w.sharer.handle(Remove{gone})
	w.sharer.handle(Listed{})
	w.sharer.online()
	return again
}

// half lists one more entry, and more will come.
func (n *node) half(f testFile) {
	s := n.m.(*Sharer)
	if f.data == nil {
		n.handle(Add{[]catalog.Entry{{Type: catalog.Dir, ModMS: noon, Name: f.name}}})
		return
	}
	i := uint32(s.cat.Len())
	e := catalog.Entry{Type: catalog.File, Size: uint64(len(f.data)), ModMS: noon, Name: f.name}
	for at := range i {
		if dir := s.cat.Entry(at).Name + "/"; at > 0 && strings.HasPrefix(f.name, dir) {
			e.Parent, e.Name = at, strings.TrimPrefix(f.name, dir)
		}
	}
	n.sources[i] = &fakeSource{path: f.name, data: f.data, modMS: noon, seen: noon}
	w := n.w
	w.truth[f.name] = append(w.truth[f.name], f.data)
	n.handle(Add{[]catalog.Entry{e}})
}

// What is not there any more when the link is offered again is said to who had it
// in the list, and the rest arrives: whether the list was whole by then or not.
func TestSharerComesBackWithLess(t *testing.T) {
	for _, whole := range []bool{true, false} {
		for _, early := range []bool{true, false} {
			w := newWorld(t, 1)
			w.rate = 300_000
			files := someTree()
			s := NewSharer("Share", w.config(1))
			w.sharer = w.node("sharer", s)
			w.sharer.online()
			n, r := w.take(s.Link(), 1)
			for _, f := range files {
				w.sharer.half(f)
			}
			if whole {
				w.sharer.handle(Listed{})
			}
			w.wait(5_000, "the list is shown", func() bool { return r.View().Entries == len(files) })
			if early {
				n.handle(Receive{})
				w.run(300)
			}
			again := w.listedAgain(s, files, 4, 6) // d/c.mov and e
			w.wait(60_000, "it is back", func() bool { return len(again.recips) > 0 && again.recips[0].conn != nil && again.recips[0].conn.hello })
			w.run(1_000)
			if !early {
				n.handle(Receive{})
			}
			w.wait(60_000, "it ends", r.ended)
			v := r.View()
			lost := 2
			if !whole && !early {
				lost = 0 // it was not shown them when Receive was pressed
			}
			var names []string
			for _, f := range v.Failed {
				names = append(names, fmt.Sprint(f.Name, " ", f.Why))
			}
			if int(v.FilesFailed) != lost || len(v.Failed) != lost || int(v.FilesVerified) != 3 {
				t.Errorf("whole %v, early %v: %v %v, %d verified, %d failed: %q", whole, early, v.Phase, v.Why, v.FilesVerified, v.FilesFailed, names)
			}
			for _, f := range v.Failed {
				if f.Why != wire.Withdrawn || f.Name == "" {
					t.Errorf("whole %v, early %v: it is said %q", whole, early, names)
				}
			}
		}
	}
}

// A list that is another one now is no list of this share.
func TestAnotherListAfterTheSharerCameBack(t *testing.T) {
	files := someTree()
	for name, other := range map[string][]testFile{
		"another name":  {{"b.mov", files[0].data}, files[1]},
		"another size":  {{"a.mov", pattern(5, 5)}, files[1]},
		"another order": {files[1], files[0]},
		"less":          {},
	} {
		w := newWorld(t, 1)
		s := NewSharer("Share", w.config(1))
		w.sharer = w.node("sharer", s)
		w.sharer.online()
		_, r := w.take(s.Link(), 1)
		w.sharer.half(files[0])
		w.wait(5_000, "an entry is shown", func() bool { return r.View().Entries == 1 })
		w.listedAgain(s, other)
		w.wait(60_000, "it ends", r.ended)
		if v := r.View(); v.Why != wire.Manifest {
			t.Errorf("%s: %v %v, want %v", name, v.Phase, v.Why, wire.Manifest)
		}
	}
}

// A list that changed while the sharer was away is the same share under another salt:
// who is in the middle is told that the list is another one, and whoever comes back to
// the share gets what is missing, wherever the rest stands in the list now.
func TestRelistedIsTheSameShareWithAnotherList(t *testing.T) {
	files := []testFile{{"a.mov", pattern(4<<20, 1)}, {"b.mov", pattern(4<<20, 2)}}
	w := newWorld(t, 1)
	w.rate = 1 << 20
	s := NewSharer("Share", w.config(1))
	w.sharer = w.node("sharer", s)
	for _, f := range files {
		w.sharer.half(f)
	}
	w.sharer.handle(Listed{})
	w.sharer.online()
	n, r := w.take(s.Link(), 1)
	n.disk.journals = true
	w.receiveAll(n, r)
	w.wait(10_000, "some is safe", func() bool { return r.View().Safe >= 5<<20 })
	kept := s.Keep()
	before := bytes.Clone(kept)
	w.sharer.close()
	had := int(r.View().Safe)

	again, err := RestoreSharer("Share", w.config(1), Relisted(kept))
	if err != nil {
		t.Fatal(err)
	}
	switch {
	case !bytes.Equal(kept, before):
		t.Error("what was kept was changed in its place")
	case again.ID() != s.ID() || keptID(kept) != s.ID() || again.Link() != s.Link():
		t.Error("it is another share")
	case again.salt == s.salt:
		t.Error("another list under the same salt")
	}
	w.sharer = w.node("sharer'", again)
	files = append([]testFile{{"0.txt", pattern(10, 3)}}, files...)
	for _, f := range files {
		w.sharer.half(f)
	}
	w.sharer.handle(Listed{})
	w.sharer.online()
	w.wait(60_000, "who was in the middle ends", r.ended)
	if v := r.View(); v.Why != wire.Manifest {
		t.Errorf("who was in the middle: %v %v, want %v", v.Phase, v.Why, wire.Manifest)
	}
	n2, r2 := w.comeBack(s.Link(), n, r, nil)
	w.finish(n2, r2, files)
	if moved := n2.disk.written; moved != 8<<20+10-had {
		t.Errorf("%d bytes came again, want %d", moved, 8<<20+10-had)
	}
}

func TestRelistedOfNothing(t *testing.T) {
	for _, kept := range [][]byte{nil, []byte("BLS1"), make([]byte, keptFixed-1)} {
		if got := Relisted(kept); !bytes.Equal(got, kept) {
			t.Errorf("of %d bytes that are no share it makes others", len(kept))
		}
		if _, ok := KeptID(kept); ok {
			t.Errorf("%d bytes that are no share name one", len(kept))
		}
	}
}

func keptID(kept []byte) [16]byte {
	id, _ := KeptID(kept)
	return id
}
