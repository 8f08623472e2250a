package session

import (
	"bytes"
	"fmt"
	"testing"

	"beeline/wasm/catalog"
	"beeline/wasm/journal"
	"beeline/wasm/lane"
)

// A page that is gone leaves its disk: the journal, the bytes, what landed. These
// tests give it to a new machine with the same session key, as web/core does.

// comeBack takes the tab away and gives its disk to another page of the same link.
func (w *world) comeBack(link string, n *node, r *Receiver, spoil func(d *fakeDisk)) (*node, *Receiver) {
	w.t.Helper()
	n.close()
	cfg := w.config(1)
	cfg.Key = r.Key()
	r2, err := NewReceiver(link, cfg)
	if err != nil {
		w.t.Fatal(err)
	}
	n2 := w.node(n.name+"'", r2)
	n2.disk.inherit(&n.disk)
	if spoil != nil {
		spoil(&n2.disk)
	}
	n2.online()
	n2.handle(Connect{})
	return n2, r2
}

// close is what a closed tab does: nothing more, and its connections end.
func (n *node) close() {
	n.down = true
	if n.conn != nil {
		n.w.hub.leave(n.conn)
		n.conn = nil
	}
	for _, id := range sortedLanes(n.pcs) {
		n.pcs[id].close()
	}
}

func (w *world) finish(n *node, r *Receiver, files []testFile) {
	w.t.Helper()
	w.until(10_000, func() bool { return r.View().Phase == ListShown && r.View().Listed || r.ended() })
	n.handle(Receive{})
	w.complete(90_000, n, r, files)
}

func someTree() []testFile {
	return []testFile{
		{"a.mov", pattern(5<<20+77, 1)}, {"d", nil}, {"d/b", pattern(99, 2)}, {"d/c.mov", pattern(2<<20, 3)},
		{"empty", []byte{}}, {"e", pattern(1<<20, 4)},
	}
}

const treeBytes = 5<<20 + 77 + 99 + 2<<20 + 1<<20

// Wherever the page goes, the next one ends with the same tree, as the same
// recipient, and what was safe is not sent again.
func TestComesBackAnywhere(t *testing.T) {
	stride := 1
	if slow {
		stride = 7
	}
	for _, finds := range []bool{true, false} {
		for k := 1; ; k += stride {
			w := newWorld(t, int64(k))
			s := w.share(1, someTree()...)
			n, r := w.take(s.Link(), 1)
			n.disk.journals, n.disk.finds = true, finds
			w.onStep = func() {
				if w.steps == k {
					n.close()
				}
			}
			w.until(3_000, func() bool { return n.down || r.View().Phase == ListShown && r.View().Listed })
			n.handle(Receive{})
			w.until(3_000, func() bool { return n.down || r.ended() })
			w.onStep = nil
			if !n.down {
				if k < 20 {
					t.Fatalf("only %d messages pass", k)
				}
				break
			}
			safe := int(r.View().Safe)
			n2, r2 := w.comeBack(s.Link(), n, r, nil)
			w.finish(n2, r2, someTree())
			if moved := n2.disk.written; moved > treeBytes-safe {
				t.Errorf("gone after %d: %d bytes came again of %d, and %d were safe", k, moved, treeBytes, safe)
			}
			if len(s.recips) > 1 {
				t.Errorf("gone after %d: the sharer has %d recipients", k, len(s.recips))
			}
		}
	}
}

// A journal and a disk in any state cost groups, never a wrong byte: the disk of
// the world fails the test when one lands. No key is used for two lanes (oneKey),
// no nonce twice with one (onePair). PROTOCOL.md 3, attacks 24 and 39.
func TestAttack39NoStateOfAJournalCostsAByte(t *testing.T) {
	spoils := map[string]func(w *world, d *fakeDisk){
		"rolled back":   func(w *world, d *fakeDisk) { d.journal = d.journal[:w.rng.Intn(len(d.journal)+1)] },
		"a bit":         func(w *world, d *fakeDisk) { flip(w, d.journal) },
		"made of noise": func(w *world, d *fakeDisk) { w.rng.Read(d.journal) },
		"bytes": func(w *world, d *fakeDisk) {
			for _, p := range sortedKeys(d.kept) {
				flip(w, d.kept[p])
			}
		},
		"records turned round": func(w *world, d *fakeDisk) {
			if recs := records(d.journal); len(recs) > 1 {
				i := w.rng.Intn(len(recs) - 1)
				recs[i], recs[i+1] = recs[i+1], recs[i]
				d.journal = append(d.journal[:36:36], bytes.Join(recs, nil)...)
			}
		},
		"a record twice": func(w *world, d *fakeDisk) {
			if recs := records(d.journal); len(recs) > 0 {
				d.journal = append(d.journal, recs[w.rng.Intn(len(recs))]...)
			}
		},
		"another transfer's": func(w *world, d *fakeDisk) {
			d.journal = boast(journal.NewID([]byte("another"), d.id[:16]), someTree(), d)
		},
		"spliced from another transfer": func(w *world, d *fakeDisk) {
			other := records(boast(journal.NewID([]byte("another"), d.id[:16]), someTree(), d))
			if recs := records(d.journal); len(recs) > 0 {
				i := w.rng.Intn(len(recs))
				recs = append(append(recs[:i:i], other...), recs[i:]...)
				d.journal = append(d.journal[:36:36], bytes.Join(recs, nil)...)
			}
		},
		"spliced under its own head": func(w *world, d *fakeDisk) {
			other := boast(journal.NewID([]byte("another"), d.id[:16]), someTree(), d)
			d.journal = append(append([]byte("BLJ1"), d.id[:]...), other[36:]...)
		},
		"bytes are gone":      func(w *world, d *fakeDisk) { clear(d.kept) },
		"what landed is gone": func(w *world, d *fakeDisk) { clear(d.landed) },
		"it says more than is there": func(w *world, d *fakeDisk) {
			d.journal = boast(d.id, someTree(), d)
		},
	}
	for name, spoil := range spoils {
		for seed := range int64(12) {
			t.Run(fmt.Sprintf("%s/%d", name, seed), func(t *testing.T) {
				w := newWorld(t, seed)
				w.rate = 300_000
				s := w.share(1, someTree()...)
				n, r := w.take(s.Link(), 1)
				n.disk.journals, n.disk.finds = true, seed%2 == 0
				w.receiveAll(n, r)
				w.run(600 + w.rng.Intn(25)*100)
				n.disk.id = r.journalID()
				for range 2 { // twice: also what was mended is a journal
					if r.ended() {
						break
					}
					n, r = w.comeBack(s.Link(), n, r, func(d *fakeDisk) { spoil(w, d) })
					w.until(5_000, func() bool { return r.View().Phase == ListShown && r.View().Listed })
					n.handle(Receive{})
					w.run(500)
				}
				w.complete(90_000, n, r, someTree())
			})
		}
	}
}

// boast returns a journal of a transfer that says that all of these files are
// there, and puts zeros where it says so.
func boast(id journal.ID, files []testFile, d *fakeDisk) (b []byte) {
	j := journal.Read(id, nil)
	for _, f := range files {
		if groups := lane.Groups(uint64(len(f.data))); groups > 0 {
			_, rec := j.Append(pathOf(f.name), uint64(len(f.data)), journal.Part{Count: groups, Place: f.name})
			b = append(b, rec...)
			d.kept[f.name] = make([]byte, len(f.data))
		}
	}
	return b
}

// records cuts a journal into what follows its head.
func records(b []byte) (recs [][]byte) {
	for b = b[min(len(b), 36):]; len(b) > 0; {
		n := min(len(b), 33+int(b[32])+8)
		recs, b = append(recs, b[:n:n]), b[n:]
	}
	return recs
}

func pathOf(name string) journal.Path {
	var names []string
	for part := range bytes.SplitSeq([]byte(name), []byte("/")) {
		names = append(names, string(part))
	}
	return journal.NewPath(names)
}

func flip(w *world, b []byte) {
	if len(b) > 0 {
		b[w.rng.Intn(len(b))] ^= 1 << w.rng.Intn(8)
	}
}

// A sender that has learned the number of another's share gets another journal:
// nothing of what the first sent is named to it. PROTOCOL.md 3, attack 39.
func TestAttack39BorrowedShareID(t *testing.T) {
	w := newWorld(t, 1)
	w.rate = 300_000
	s := w.share(1, someTree()...)
	n, r := w.take(s.Link(), 1)
	n.disk.journals = true
	w.receiveAll(n, r)
	w.wait(20_000, "some is safe", func() bool { return r.View().Safe >= 2<<20 })
	n.close()

	thief := NewSharer("Share", w.config(1))
	thief.cat = catalog.NewBuilder("Share", r.head.ShareID, r.head.Salt)
	w.sharer = w.node("thief", thief)
	w.sharer.offer(someTree())
	w.sharer.online()
	n2, r2 := w.take(thief.Link(), 1)
	n2.disk.inherit(&n.disk)
	w.until(5_000, func() bool { return r2.View().Phase == ListShown && r2.View().Listed })
	n2.handle(Receive{})
	w.until(5_000, func() bool { return r2.fetch != nil && r2.fetch.journal != nil })
	if v := r2.View(); r2.fetch.journal.Files() > 0 || v.Safe > 0 {
		t.Errorf("the journal of another sender counts: %d files, %d bytes safe", r2.fetch.journal.Files(), v.Safe)
	}
	if r.journalKey() == r2.journalKey() {
		t.Error("both have one part folder")
	}
	w.complete(90_000, n2, r2, someTree())
	if n2.disk.written != treeBytes {
		t.Errorf("%d bytes came, want all %d", n2.disk.written, treeBytes)
	}
}

// Of a large file most of which is there as much is asked for as is missing.
func TestComesBackForWhatIsMissing(t *testing.T) {
	files := []testFile{{"large.mov", pattern(20<<20, 5)}}
	w := newWorld(t, 1)
	w.rate = 1 << 20
	s := w.share(1, files...)
	n, r := w.take(s.Link(), 1)
	n.disk.journals = true
	w.receiveAll(n, r)
	w.wait(10_000, "half is safe", func() bool { return r.View().Safe >= 10<<20 })
	asked := 0
	had := int(r.View().Safe)
	n2, r2 := w.comeBack(s.Link(), n, r, nil)
	w.wait(5_000, "the list", func() bool { return r2.View().Phase == ListShown && r2.View().Listed })
	n2.handle(Receive{})
	w.settle()
	if v := r2.View(); int(v.Safe) != had || int(v.Written) != had {
		t.Errorf("at once %d bytes are there, %d safe, want %d", v.Written, v.Safe, had)
	}
	w.complete(60_000, n2, r2, files)
	if asked = n2.disk.written; asked != 20<<20-had {
		t.Errorf("%d bytes came again, want %d", asked, 20<<20-had)
	}
}

// A file that is another one since is not taken for the old one by its name, and
// one whose bytes are others under the same size and date is found out.
func TestComesBackToAnotherFile(t *testing.T) {
	for _, changed := range [][]byte{pattern(3<<20, 8), pattern(2<<20, 8), pattern(4<<20, 8)} {
		w := newWorld(t, 1)
		w.rate = 500_000
		s := w.share(1, testFile{"a.mov", pattern(3<<20, 7)}, testFile{"b.mov", pattern(3<<20, 9)})
		n, r := w.take(s.Link(), 1)
		n.disk.journals = true
		w.receiveAll(n, r)
		w.wait(10_000, "some is safe", func() bool { return r.View().Safe >= 2<<20 })
		src := w.sharer.sources[1]
		src.data, src.modMS = changed, src.modMS+int64(len(changed)%2)
		w.truth["a.mov"] = append(w.truth["a.mov"], changed)
		n2, r2 := w.comeBack(s.Link(), n, r, nil)
		w.until(5_000, func() bool { return r2.View().Phase == ListShown && r2.View().Listed })
		n2.handle(Receive{})
		w.wait(90_000, "it ends", r2.ended)
	}
}

// 10,000 files that are there are named in few messages: the sharer takes so many
// a minute and no more.
func TestManyFilesComeBackAtOnce(t *testing.T) {
	var files []testFile
	for i := range 3_000 {
		files = append(files, testFile{fmt.Sprintf("%04d", i), pattern(50+i%7, uint32(i))})
	}
	w := newWorld(t, 1)
	s := w.share(1, files...)
	n, r := w.take(s.Link(), 1)
	n.disk.journals = true
	n.disk.stuck = true // nothing gets its name
	w.receiveAll(n, r)
	w.wait(30_000, "it is full of files without names", func() bool { return r.View().FilesArrived >= 500 })
	n2, r2 := w.comeBack(s.Link(), n, r, nil)
	haves := 0
	n2.log = func(a Action) {
		if c, ok := a.(CtrlSend); ok && len(c.Data) > 0 {
			haves++
		}
	}
	w.finish(n2, r2, files)
	if haves > 400 {
		t.Errorf("%d control messages", haves)
	}
}

// What is missing is asked for at once, however many files of an earlier page the
// destination has to look at and to read back, and these don't wait for its end.
func TestWhatIsMissingComesBeforeWhatIsThere(t *testing.T) {
	var files []testFile
	for i := range 2_000 {
		files = append(files, testFile{fmt.Sprintf("%04d", i), pattern(50+i%7, uint32(i))})
	}
	missing := testFile{"missing", pattern(3<<20, 7)}
	w := newWorld(t, 1)
	s := w.share(1, append(files, missing)...)
	n, r := w.take(s.Link(), 1)
	w.wait(5_000, "the list is there", func() bool { return r.View().Listed })
	n.disk.id = r.journalID()
	n2, r2 := w.comeBack(s.Link(), n, r, func(d *fakeDisk) {
		d.journals = true
		d.journal = boast(n.disk.id, files, d)
		for _, f := range files {
			d.kept[f.name] = f.data
		}
	})
	n2.disk.stuck = true // what is there is never through
	w.rate = 200_000
	w.until(10_000, func() bool { return r2.View().Listed })
	n2.handle(Receive{})
	w.wait(3_000, "the first new byte", func() bool { return n2.disk.written > 0 })
	if v := r2.View(); v.FilesArrived == 0 {
		t.Error("nothing is looked at meanwhile")
	}
	n2.disk.stuck = false
	for _, i := range sortedKeys(r2.fetch.active) {
		if r2.fetch.active[i].landing {
			n2.disk.land(i)
		}
	}
	w.complete(90_000, n2, r2, append(files, missing))
	if n2.disk.written != len(missing.data) {
		t.Errorf("%d bytes came, want %d", n2.disk.written, len(missing.data))
	}
}
