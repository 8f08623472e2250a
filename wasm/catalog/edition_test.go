package catalog

import (
	"bytes"
	"fmt"
	"math/rand"
	"strings"
	"testing"
)

// pages returns every page of an edition, one after the other.
func pages(e *Edition) (all []byte) {
	for i := uint32(0); ; i++ {
		body, ok := e.Page(i)
		if !ok {
			return all
		}
		all = append(all, body...)
	}
}

func TestWhoComesLaterIsToldWhatIsThere(t *testing.T) {
	b := NewBuilder("Day 3", shareID, salt)
	add := func(e Entry) uint32 {
		t.Helper()
		i, err := b.Add(e)
		if err != nil {
			t.Fatal(err)
		}
		return i
	}
	private := add(Entry{Type: Dir, Name: "private"})
	inside := add(Entry{Type: Dir, Parent: private, Name: "private sub"})
	secret := add(Entry{Type: File, Parent: inside, Size: 100, ModMS: 77, Exec: true, Name: "private.mov"})
	clip := add(Entry{Type: File, Size: 7, Name: "clip.mov"})
	first := b.Edition()
	first.Cut()
	before := pages(first)

	if got := b.Remove([]uint32{private, 0, 99, private}); fmt.Sprint(got) != fmt.Sprint([]uint32{private, inside, secret}) {
		t.Errorf("removed %v, want the folder and all below it, once", got)
	}
	b.Retitle("Day 4")
	late := add(Entry{Type: File, Parent: inside, Size: 5, Name: "private too"}) // the walk was still in there
	wav := add(Entry{Type: File, Size: 11, Name: "sound.wav"})
	b.Finish()
	second := b.Edition()
	b.Reopen()
	notes := add(Entry{Type: File, Size: 13, Name: "notes.txt"})
	third := b.Edition()
	b.Finish()

	for _, v := range []struct {
		name    string
		e       *Edition
		title   string
		entries int
		bytes   uint64
		files   []uint32
	}{
		{"who began before", first, "Day 3", 7, 118, []uint32{secret, clip, wav}},
		{"who came after", second, "Day 4", 7, 18, []uint32{clip, wav}},
		{"who came when more was added", third, "Day 4", 8, 31, []uint32{clip, wav, notes}},
	} {
		l := read(t, v.e, Browser)
		if !l.Complete() || l.Len() != v.entries || l.Bytes() != v.bytes || l.Entry(0).Name != v.title || v.e.Bytes() != v.bytes {
			t.Errorf("%s: complete %v, %d entries, %d bytes, %q, want %d, %d, %q", v.name, l.Complete(), l.Len(), l.Bytes(), l.Entry(0).Name, v.entries, v.bytes, v.title)
		}
		var files []uint32
		for i := range uint32(l.Len()) {
			if (l.Kind(i) == File) != v.e.File(i) {
				t.Errorf("%s: entry %d is a file for one side only", v.name, i)
			}
			if l.Kind(i) == File {
				files = append(files, i)
			}
		}
		if fmt.Sprint(files) != fmt.Sprint(v.files) {
			t.Errorf("%s: files %v, want %v", v.name, files, v.files)
		}
		if l.Kind(late) != Gone {
			t.Errorf("%s: what came into a folder that was gone has kind %d", v.name, l.Kind(late))
		}
		if h := v.e.Head([32]byte{}, 0); int(h.Entries) != l.Len() || h.Bytes != l.Bytes() {
			t.Errorf("%s: the head says %d entries, %d bytes", v.name, h.Entries, h.Bytes)
		}
	}
	for _, e := range []*Edition{second, third} {
		if l := read(t, e, Browser); l.Entry(secret) != (Entry{Type: Gone}) || l.Entry(private) != (Entry{Type: Gone}) {
			t.Errorf("what is gone says %+v and %+v", l.Entry(private), l.Entry(secret))
		}
		if bytes.Contains(pages(e), []byte("private")) {
			t.Error("a name that was taken back is told")
		}
	}
	if !bytes.HasPrefix(pages(first), before) {
		t.Error("a page that was read changed")
	}
	if files, entries, size := b.There(); files != 3 || entries != 3 || size != 31 {
		t.Errorf("there are %d files, %d entries, %d bytes, want 3, 3, 31", files, entries, size)
	}
	if !b.Gone(secret) || b.Gone(clip) {
		t.Error("what is gone and what is not are mixed up")
	}
}

// What is gone takes no name from others and is none itself.
func TestWhatIsGoneHasNoLocalName(t *testing.T) {
	b := NewBuilder("Day 3", shareID, salt)
	for range 4 {
		if _, err := b.Add(Entry{Type: File, Name: "a.mov"}); err != nil {
			t.Fatal(err)
		}
	}
	b.Remove([]uint32{1, 2})
	b.Finish()
	n := NewNames(receive(t, b, Browser), Posix)
	if got := []string{n.LocalName(1), n.LocalName(2), n.LocalName(3), n.LocalName(4)}; strings.Join(got, "|") != "||a.mov|a (2).mov" {
		t.Errorf("names = %q", got)
	}
	if len(n.numbers) != 1 {
		t.Errorf("%d names are numbered, want one", len(n.numbers))
	}
	if n.Changed(1) {
		t.Error("the name of what is gone is said to differ")
	}
}

// Whatever changes while editions are read: each reads as a list of its own that
// holds together, and none says what was gone when it began.
func TestEditionsHoldTogether(t *testing.T) {
	for seed := range int64(50) {
		rng := rand.New(rand.NewSource(seed))
		b := NewBuilder("Day 3", shareID, salt)
		dirs := []uint32{0}
		type reader struct {
			e    *Edition
			l    *List
			gone marks
		}
		var readers []*reader
		for step := range 300 {
			switch k := rng.Intn(12); {
			case k < 7:
				b.Reopen()
				e := Entry{Type: File, Parent: dirs[rng.Intn(len(dirs))], Size: uint64(rng.Intn(99)), Name: strings.Repeat("n", 1+rng.Intn(900)) + fmt.Sprint(step)}
				if rng.Intn(5) == 0 {
					e.Type, e.Size = Dir, 0
				}
				if i, err := b.Add(e); err == nil && e.Type == Dir && !b.Gone(i) {
					dirs = append(dirs, i)
				} else if err != nil {
					t.Fatal(err)
				}
			case k == 7:
				b.Finish()
			case k == 8:
				b.Remove([]uint32{uint32(rng.Intn(b.Len()))})
			case k == 9:
				b.Retitle(fmt.Sprint("Day ", step))
			case k == 10:
				readers = append(readers, &reader{b.Edition(), NewList(Native, salt), b.gone.clone()})
			case len(readers) > 0:
				r := readers[rng.Intn(len(readers))]
				if rng.Intn(2) == 0 {
					r.e.Cut()
				}
				if body, ok := r.e.Page(r.l.Pages()); ok {
					if err := r.l.AddPage(body); err != nil {
						t.Fatalf("seed %d: %v", seed, err)
					}
				}
			}
		}
		b.Finish()
		for _, r := range readers {
			for body, ok := r.e.Page(r.l.Pages()); ok; body, ok = r.e.Page(r.l.Pages()) {
				if err := r.l.AddPage(body); err != nil {
					t.Fatalf("seed %d: %v", seed, err)
				}
			}
			end, ok := r.e.End()
			if !ok {
				t.Fatalf("seed %d: no end", seed)
			}
			if err := r.l.AddEnd(end); err != nil {
				t.Fatalf("seed %d: %v", seed, err)
			}
			for i := range uint32(r.l.Len()) {
				if r.gone.has(i) && r.l.Entry(i) != (Entry{Type: Gone}) {
					t.Fatalf("seed %d: entry %d was gone and is told as %+v", seed, i, r.l.Entry(i))
				}
			}
		}
	}
}
