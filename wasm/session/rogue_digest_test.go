package session

import (
	"testing"

	"beeline/wasm/catalog"
	"beeline/wasm/ctrl"
	"beeline/wasm/wire"
)

// liar is a world whose sharer sends what is asked, and changes what it says.
func liar(t testing.TB, files []testFile, rewrite func(m ctrl.Message) ctrl.Message) (*world, *Sharer, *node, *Receiver) {
	w := newWorld(t, 1)
	s := w.share(1, files...)
	w.sharer.rewrite = func(msg []byte) [][]byte {
		m, err := ctrl.Parse(msg)
		if err != nil {
			t.Fatalf("the machine says %x", msg)
		}
		if m = rewrite(m); m == nil {
			return nil
		}
		return [][]byte{m.Append(nil)}
	}
	n, r := w.take(s.Link(), 1)
	return w, s, n, r
}

// ends changes the digests of one file.
func ends(m ctrl.Message, file uint32, change func(*ctrl.FileDigest)) ctrl.Message {
	if e, ok := m.(ctrl.FileEnd); ok {
		for i := range e.Files {
			if e.Files[i].File == file {
				change(&e.Files[i])
			}
		}
	}
	return m
}

// A digest that is never right: the file is fetched again at most three times,
// then it fails with E_ROOT. The others are finished, nothing wrong lands.
// PROTOCOL.md f.4; 3, attack 35.
func TestWrongDigestsGiveUpTheFile(t *testing.T) {
	for file := uint32(1); file <= 3; file++ {
		w, s, n, r := liar(t, few(), func(m ctrl.Message) ctrl.Message {
			return ends(m, file, func(d *ctrl.FileDigest) { d.Digest[3] ^= 1 })
		})
		w.receiveAll(n, r)
		w.wait(20_000, "the recipient is done", r.ended)
		w.run(500)
		v := r.View()
		if v.Phase != Failed || v.Why != wire.Incomplete || v.FilesFailed != 1 || v.FilesVerified != 2 || failedWhy(r) != wire.Root {
			t.Errorf("file %d: %v, %v, %d failed, %d verified, %v", file, v.Phase, v.Why, v.FilesFailed, v.FilesVerified, failedWhy(r))
		}
		if row := s.View().Recipients[0]; row.Phase != Failed || row.Why != wire.Incomplete {
			t.Errorf("file %d: the sharer shows %v, %v", file, row.Phase, row.Why)
		}
		if len(n.disk.landed) != 2 || !n.disk.dropped[file] {
			t.Errorf("file %d: %d files landed, want the two others", file, len(n.disk.landed))
		}
		if most := (1 + wire.RetriesMax) * 3; w.sharer.reads > most {
			t.Errorf("file %d: %d groups were read, want at most %d", file, w.sharer.reads, most)
		}
	}
}

// Values that contradict the digest, or each other from time to time, end the
// same way. PROTOCOL.md f.4.
func TestContradictoryValues(t *testing.T) {
	wrong := func(d *ctrl.FileDigest) { d.Digest[3] ^= 1 }
	for name, lie := range map[string]func(*ctrl.CVs){
		"right values":   func(*ctrl.CVs) {},
		"a wrong value":  func(c *ctrl.CVs) { c.CVs[0][0] ^= 1 },
		"no value right": func(c *ctrl.CVs) { c.CVs[0][0] ^= 1; c.CVs[len(c.CVs)-1][0] ^= 1 },
		"fewer than are": func(c *ctrl.CVs) { c.CVs = c.CVs[:1] },
	} {
		asked := 0
		w, _, n, r := liar(t, few(), func(m ctrl.Message) ctrl.Message {
			if c, ok := m.(ctrl.CVs); ok {
				asked++
				lie(&c)
				return c
			}
			return ends(m, 1, wrong)
		})
		w.receiveAll(n, r)
		w.wait(20_000, name+": the recipient is done", r.ended)
		if v := r.View(); v.Why != wire.Incomplete || v.FilesFailed != 1 || asked == 0 || asked > 2*(1+wire.RetriesMax) {
			t.Errorf("%s: %v, %d failed, %d questions", name, v.Why, v.FilesFailed, asked)
		}
	}
}

// One question is open at a time, and an answer must fit it.
func TestOneCVRequestAtATime(t *testing.T) {
	files := append(few(), testFile{"more.mov", pattern(2<<20, 31)}, testFile{"most.mov", pattern(3<<20, 32)})
	open := 0
	w, _, n, r := liar(t, files, func(m ctrl.Message) ctrl.Message {
		switch c := m.(type) {
		case ctrl.CVs:
			if open != 1 {
				t.Errorf("%d questions were open at an answer, want 1", open)
			}
			open--
		case ctrl.FileEnd:
			for i := range c.Files {
				c.Files[i].Digest[0] ^= 1
			}
		}
		return m
	})
	n.heard = func(msg []byte) {
		if msg[0] == wire.CVReq {
			open++
		}
	}
	w.receiveAll(n, r)
	w.wait(20_000, "the recipient is done", r.ended)
	if v := r.View(); v.Why != wire.Incomplete || int(v.FilesFailed) != len(files) {
		t.Errorf("%v, %d files failed, want all %d", v.Why, v.FilesFailed, len(files))
	}
	for name, lie := range map[string]func(*ctrl.CVs){
		"another file":    func(c *ctrl.CVs) { c.File++ },
		"another version": func(c *ctrl.CVs) { c.Version++ },
		"another place":   func(c *ctrl.CVs) { c.First++ },
		"more":            func(c *ctrl.CVs) { c.CVs = append(c.CVs, [32]byte{}) },
	} {
		w, _, n, r := liar(t, few(), func(m ctrl.Message) ctrl.Message {
			if c, ok := m.(ctrl.CVs); ok {
				lie(&c)
				return c
			}
			return ends(m, 1, func(d *ctrl.FileDigest) { d.Digest[0] ^= 1 })
		})
		w.receiveAll(n, r)
		w.run(1_000)
		if v := r.View(); v.Phase != Failed || v.Why != wire.Unrequested {
			t.Errorf("values of %s: %v, %v, want %v", name, v.Phase, v.Why, wire.Unrequested)
		}
	}
}

// "Later" is asked again after five seconds, not before. PROTOCOL.md f.5.
func TestLaterIsAskedAgain(t *testing.T) {
	var at []int64
	var w *world
	w, _, n, r := liar(t, few(), func(m ctrl.Message) ctrl.Message {
		if c, ok := m.(ctrl.CVs); ok && len(at) < 3 {
			return ctrl.CVs{File: c.File, Version: c.Version, First: c.First, Later: true}
		}
		if len(at) == 0 {
			return ends(m, 1, func(d *ctrl.FileDigest) { d.Digest[0] ^= 1 })
		}
		return m
	})
	n.heard = func(msg []byte) {
		if msg[0] == wire.CVReq {
			at = append(at, w.now)
		}
	}
	w.receiveAll(n, r)
	w.wait(60_000, "the recipient is done", r.ended)
	if len(at) < 3 || at[1]-at[0] < laterAfter || at[1]-at[0] > laterAfter+500 {
		t.Errorf("asked at %v, want every %d ms", at, laterAfter)
	}
}

// A sender that answers nothing more keeps the recipient waiting, never makes it
// complete, and is not asked more than every ten seconds. PROTOCOL.md f.3.
func TestASenderThatNeverAnswers(t *testing.T) {
	for name, mute := range map[string]func(ctrl.Message) bool{
		"no FILE_END": func(m ctrl.Message) bool { _, ok := m.(ctrl.FileEnd); return ok },
		"no CVS":      func(m ctrl.Message) bool { _, ok := m.(ctrl.CVs); return ok },
		"no LIST_END": func(m ctrl.Message) bool { r, ok := m.(ctrl.Raw); return ok && r.Type == wire.ListEnd },
		"no data":     func(ctrl.Message) bool { return false },
	} {
		w, _, n, r := liar(t, few(), func(m ctrl.Message) ctrl.Message {
			if mute(m) {
				return nil
			}
			if name == "no CVS" {
				return ends(m, 1, func(d *ctrl.FileDigest) { d.Digest[0] ^= 1 })
			}
			return m
		})
		if name == "no data" {
			w.sharer.rogue = func(SendGroup) [][]byte { return nil }
		}
		gets := 0
		n.heard = func(msg []byte) {
			if msg[0] == wire.Get {
				gets++
			}
		}
		w.wait(3_000, "the list is there", func() bool { return r.View().Phase == ListShown })
		n.handle(Receive{})
		w.run(120_000)
		if v := r.View(); v.Phase != Transferring && v.Phase != Verifying || v.Verified == v.Bytes && v.Listed {
			t.Errorf("%s: %v, verified %d of %d", name, v.Phase, v.Verified, v.Bytes)
		}
		if gets > 20 || sessions(n) != 1 {
			t.Errorf("%s: %d GETs, %d sessions, want few and one", name, gets, sessions(n))
		}
		n.handle(CancelAll{})
		if v := r.View(); v.Phase != Cancelled {
			t.Errorf("%s: after Cancel %v", name, v.Phase)
		}
	}
}

// A list that breaks a rule ends the session. PROTOCOL.md g; 3, attack 33.
func TestRogueLists(t *testing.T) {
	pages := func(bodies ...[]byte) (out [][]byte) {
		for _, b := range bodies {
			out = append(out, append([]byte{wire.ListPage}, b...))
		}
		return out
	}
	for name, list := range map[string][][]byte{
		"a page of nothing":            pages(page(0, 0, 0, 0)),
		"no root":                      pages(page(0, 1, catalog.File, 0)),
		"a parent that comes later":    pages(rootPage(), page(1, 1, catalog.File, 5)),
		"a file as parent":             pages(rootPage(), page(1, 2, catalog.File, 1)),
		"pages out of order":           pages(rootPage(), page(2, 1, catalog.File, 0)),
		"a page twice":                 pages(rootPage(), rootPage()),
		"an end that does not fit":     append(pages(rootPage()), append([]byte{wire.ListEnd}, make([]byte, 48)...)),
		"an end before the first page": {append([]byte{wire.ListEnd}, make([]byte, 48)...)},
	} {
		w := newWorld(t, 1)
		s := w.share(1, few()...)
		w.sharer.rewrite = func(msg []byte) [][]byte {
			switch msg[0] {
			case wire.ListPage:
				return list
			case wire.ListEnd:
				return nil
			}
			return [][]byte{msg}
		}
		_, r := w.take(s.Link(), 1)
		w.run(300)
		if v := r.View(); v.Phase != Failed || v.Why != wire.Manifest {
			t.Errorf("%s: %v, %v, want failed, %v", name, v.Phase, v.Why, wire.Manifest)
		}
	}
}

// rootPage is page 0 with nothing but the root.
func rootPage() []byte { return page(0, 1, catalog.Dir, 0) }

// Three million entries end at the limit of a browser, long before they cost
// what they could. PROTOCOL.md 3, attack 33.
func TestThreeMillionEntries(t *testing.T) {
	r, _ := NewReceiver(NewSharer("x", Config{Now: noon}).Link(), Config{Now: noon})
	limits := catalog.Browser
	if slow {
		limits.Entries = 20_000
	}
	r.list = catalog.NewList(limits, [32]byte{})
	r.pagesAsked = 1 << 30
	err := r.listPage(rootPage())
	for i := uint32(1); err == nil; i++ {
		p := page(0, 2200, catalog.File, 0)
		p[0], p[1], p[2], p[3] = byte(i>>24), byte(i>>16), byte(i>>8), byte(i)
		err = r.listPage(p)
	}
	if wire.CodeOf(err) != wire.Manifest || r.list.Len() > limits.Entries {
		t.Errorf("it ends with %v after %d entries, want %v after %d", err, r.list.Len(), wire.Manifest, limits.Entries)
	}
}

// A later session of the same link must be of the same share.
func TestAnotherShareUnderTheSameLink(t *testing.T) {
	w, s, n, r := liar(t, few(), func(m ctrl.Message) ctrl.Message { return m })
	w.rate = 50_000
	w.receiveAll(n, r)
	w.run(500)
	w.kill(w.live()[0])
	s.recips[0].edition = catalog.NewBuilder("Share", [16]byte{1}, [32]byte{}).Edition()
	w.run(5_000)
	if v := r.View(); v.Phase != Failed || v.Why != wire.Manifest {
		t.Errorf("%v, %v, want failed, %v", v.Phase, v.Why, wire.Manifest)
	}
}

// A size that no disk holds fails the file at once, whether it was listed or
// comes later; it costs nothing, and the others are finished. PROTOCOL.md 3,
// attack 33.
func TestImpossibleSizes(t *testing.T) {
	for _, size := range []uint64{sizeMax + 1, wire.FileMax} {
		w := newWorld(t, 1)
		s := NewSharer("Share", w.config(1))
		w.sharer = w.node("sharer", s)
		w.sharer.sources[2] = &fakeSource{path: "b", data: []byte("bytes"), modMS: w.now, seen: w.now}
		w.truth["b"] = [][]byte{[]byte("bytes")}
		w.sharer.handle(Add{[]catalog.Entry{{Type: catalog.File, Size: size, Name: "a"}, {Type: catalog.File, Size: 5, Name: "b"}}})
		w.sharer.handle(Listed{})
		w.sharer.online()
		n, r := w.take(s.Link(), 1)
		w.receiveAll(n, r)
		w.wait(5_000, "the recipient is done", r.ended)
		if v := r.View(); v.Why != wire.Incomplete || v.FilesFailed != 1 || v.FilesVerified != 1 {
			t.Errorf("listed with %d bytes: %v, %d failed, %d verified", size, v.Why, v.FilesFailed, v.FilesVerified)
		}

		changed := false
		w, _, n, r = liar(t, few(), func(m ctrl.Message) ctrl.Message {
			if e, ok := m.(ctrl.FileEnd); ok && !changed {
				changed = true
				return ctrl.FileChanged{File: e.Files[0].File, Version: 1, Size: size}
			}
			return m
		})
		n.handle(SetPause{})
		w.receiveAll(n, r)
		w.run(2_000)
		if v := r.View(); v.FilesFailed != 1 || r.fetch.owed < 0 || v.Phase == Complete {
			t.Errorf("changed to %d bytes: %v, %d failed, %d owed", size, v.Phase, v.FilesFailed, r.fetch.owed)
		}
	}
}
