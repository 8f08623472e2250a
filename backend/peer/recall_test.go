package peer

import (
	"bytes"
	"os"
	"path/filepath"
	"reflect"
	"testing"
	"time"

	"beeline/wasm/digest"
	"beeline/wasm/journal"
	"beeline/wasm/session"
	"beeline/wasm/wire"
)

// What an earlier run left of one file, x.mov of two groups, and what is made of it.
func TestWhatAnEarlierRunLeft(t *testing.T) {
	film := bytes.Repeat([]byte("film"), wire.GroupSize/4+1)
	taken := time.UnixMilli(1_600_000_000_123)
	under := []journal.Part{{First: 0, Count: 1, Place: "in/t5"}, {First: 1, Count: 1, Place: "in/t5"}}
	at := journal.Part{First: 0, Count: 2, Place: "at/1600000000123/x.mov"}
	put := func(t *testing.T, path string, b []byte) {
		check(t, os.MkdirAll(filepath.Dir(path), 0o755))
		check(t, os.WriteFile(path, b, 0o644))
		check(t, os.Chtimes(path, taken, taken))
	}
	for name, v := range map[string]struct {
		left   func(t *testing.T, out, temp string)
		kept   []journal.Part
		groups uint32 // that are there
		landed bool
		stays  map[string]string // besides x.mov, once all is done
	}{
		"a file under way":                      {func(t *testing.T, _, temp string) { put(t, temp+"/t5", film) }, under, 2, false, nil},
		"a file of which the end is not there":  {func(t *testing.T, _, temp string) { put(t, temp+"/t5", film[:wire.GroupSize]) }, under, 1, false, nil},
		"nothing":                               {func(*testing.T, string, string) {}, under, 0, false, nil},
		"another file under that name":          {func(t *testing.T, _, temp string) { put(t, temp+"/t6", film) }, under, 0, false, nil},
		"the folder itself as a place":          {func(t *testing.T, _, temp string) { put(t, temp+"/t5", film) }, []journal.Part{{Count: 2, Place: "in/../t5"}}, 0, false, nil},
		"a file that has its name":              {func(t *testing.T, out, _ string) { put(t, out+"/x.mov", film) }, append(under[:2:2], at), 0, true, nil},
		"one that got its name at the very end": {func(t *testing.T, out, _ string) { put(t, out+"/x.mov", film) }, under, 2, false, nil},
		"one that was just getting its name": {func(t *testing.T, out, temp string) {
			put(t, out+"/x.mov", film)
			check(t, os.MkdirAll(temp, 0o755))
			check(t, os.Link(out+"/x.mov", temp+"/t5"))
		}, under, 0, true, nil},
		"a name that an empty file still holds": {func(t *testing.T, out, temp string) {
			put(t, temp+"/t5", film)
			put(t, out+"/x.mov", nil)
			put(t, temp+"/folders", []byte("\x01x.mov\x00"))
		}, under, 2, false, nil},
		"a link that somebody put there": {func(t *testing.T, out, temp string) {
			put(t, out+"/secret", []byte("theirs"))
			check(t, os.MkdirAll(temp, 0o755))
			check(t, os.Symlink("../../secret", temp+"/t5"))
		}, under, 0, false, map[string]string{"secret": "theirs"}},
		"a hard link that somebody put there": {func(t *testing.T, out, temp string) {
			put(t, out+"/secret", film)
			check(t, os.MkdirAll(temp, 0o755))
			check(t, os.Link(out+"/secret", temp+"/t5"))
		}, under, 0, false, map[string]string{"secret": string(film)}},
		"a journal that is a link": {func(t *testing.T, out, temp string) {
			put(t, out+"/secret", []byte("theirs"))
			check(t, os.MkdirAll(temp, 0o755))
			check(t, os.Symlink("../../secret", temp+"/journal"))
		}, nil, 0, false, map[string]string{"secret": "theirs", PartFolder + "/0123abcd/journal": ""}},
	} {
		t.Run(name, func(t *testing.T) {
			out := t.TempDir()
			v.left(t, out, filepath.Join(out, PartFolder, "0123abcd"))
			k := newSink(t, out, KeepBoth, func(d *dest) { d.journal = true }).open()
			k.do(session.DiskEntry{File: 5, Path: []string{"x.mov"}, Size: uint64(len(film)), ModMS: taken.UnixMilli(), Kept: v.kept})
			if len(v.kept) > 0 {
				got := expect[session.DiskKept](k)
				var have uint32 // from the first group on
				for _, p := range got.Parts {
					have += p.Count
				}
				if got.Landed != v.landed || have != v.groups {
					t.Fatalf("answer %+v, want %d groups and landed %v", got, v.groups, v.landed)
				}
			}
			if !v.landed {
				for i := v.groups; i < 2; i++ {
					k.write(5, 0, i, film[int(i)*wire.GroupSize:min(len(film), int(i+1)*wire.GroupSize)])
				}
				k.do(session.DiskFinish{File: 5})
				for got := false; !got; {
					switch e := (<-k.events).(type) {
					case session.DiskDigest:
						h := digest.NewHasher(func(uint32, [32]byte) {})
						h.Write(film)
						if got = true; e.Digest != h.Sum() {
							t.Error("the digest read back is wrong")
						}
					case session.Flushed, session.Written:
					default:
						t.Fatalf("event %T %+v", e, e)
					}
				}
				k.do(session.DiskLand{File: 5})
				if e := expect[session.Landed](k); e.Place != at.Place {
					t.Errorf("landed at %q, want %q", e.Place, at.Place)
				}
			}
			k.close()
			k.d.giveUp()
			want := map[string]string{"x.mov": string(film)}
			for path, text := range v.stays {
				want[path] = text
				for dir := filepath.Dir(path); dir != "."; dir = filepath.Dir(dir) {
					want[dir] = ""
				}
			}
			k.holds(want)
		})
	}
}

// A file that has its name and was changed since is somebody's: it stays, and
// what was sent comes beside it.
func TestWhatWasChangedSinceStays(t *testing.T) {
	out := t.TempDir()
	check(t, os.WriteFile(filepath.Join(out, "x.mov"), []byte("edited"), 0o644))
	k := newSink(t, out, KeepBoth, func(d *dest) { d.journal = true }).open()
	k.do(session.DiskEntry{File: 5, Path: []string{"x.mov"}, Size: 6, Kept: []journal.Part{{Count: 1, Place: "in/t5"}, {Count: 1, Place: "at/1600000000123/x.mov"}}})
	if got := expect[session.DiskKept](k); got.Landed || len(got.Parts) > 0 {
		t.Fatalf("answer %+v, want that nothing is there", got)
	}
	k.write(5, 0, 0, []byte("filmed"))
	expect[session.Written](k)
	k.do(session.DiskFinish{File: 5})
	expect[session.Flushed](k)
	expect[session.DiskDigest](k)
	k.do(session.DiskLand{File: 5})
	expect[session.Landed](k)
	k.close()
	k.holds(map[string]string{"x.mov": "edited", "x (2).mov": "filmed"})
}

// Two programs do not write to one part folder.
func TestAJournalIsOnesOwn(t *testing.T) {
	out := t.TempDir()
	a := newSink(t, out, KeepBoth, func(d *dest) { d.journal = true }).open()
	b := newSink(t, out, KeepBoth, func(d *dest) { d.journal = true }).open()
	if a.d.temp == b.d.temp {
		t.Errorf("both write to %s", a.d.temp)
	}
}

// What is written down survives, and what is cut of it costs no more than itself.
func TestLogbook(t *testing.T) {
	out := t.TempDir()
	t.Run("first", func(t *testing.T) {
		k := newSink(t, out, KeepBoth, func(d *dest) { d.journal = true }).open()
		k.do(session.DiskJournal{At: 0, Data: []byte("head one"), File: 1, Bytes: 7})
		if e := expect[session.Safe](k); e.File != 1 || e.Bytes != 7 {
			t.Errorf("safe %+v", e)
		}
		k.do(session.DiskJournal{At: 5, Data: []byte("two"), File: 1, Bytes: 9})
		expect[session.Safe](k)
		k.d.keep.Store(true)
		k.do(session.DiskDiscard{})
		expect[session.DiskClosed](k)
	})
	k := newSink(t, out, KeepBoth, func(d *dest) { d.journal = true })
	k.do(session.DiskOpen{Key: "0123abcd", Bytes: 1 << 62}) // what is there is not asked about the room again
	if got := expect[session.DiskOpened](k); string(got.Journal) != "head two" {
		t.Errorf("found %q, want what was written last, and no more", got.Journal)
	}
	k.do(session.DiskDiscard{})
	expect[session.DiskClosed](k)
	k.holds(nil)
}

func TestRuns(t *testing.T) {
	var r runs
	for _, x := range [][2]uint32{{5, 1}, {3, 1}, {4, 1}, {9, 2}, {0, 1}, {4, 3}, {20, 0}, {7, 2}} {
		r.add(x[0], x[1])
	}
	if want := (runs{{0, 1}, {3, 8}}); !reflect.DeepEqual(r, want) {
		t.Errorf("runs %v, want %v", r, want)
	}
}

// A session key is kept for its link alone, readable by nobody else, and the
// newest stays.
func TestKeyFile(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "keys")
	k := newKeyFile(dir, "link")
	check(t, k.write(2, []byte("new")))
	check(t, k.write(1, []byte("old")))
	if got := newKeyFile(dir, "link").read(); string(got) != "new" {
		t.Errorf("kept %q, want the newest", got)
	}
	if got := newKeyFile(dir, "other").read(); got != nil {
		t.Errorf("another link has %q", got)
	}
	info, err := os.Stat(k.path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v; want 0600", info.Mode(), err)
	}
	k.remove()
	if list, _ := os.ReadDir(dir); len(list) != 0 {
		t.Errorf("%v stays", list)
	}
}

// Whatever a journal calls a place, what is looked at lies in the folder of the
// file, or in the part folder.
func FuzzPlace(f *testing.F) {
	for _, seed := range []string{"in/t5", "in/../x", "at/1600000000123/x.mov", "at/1/../secret", "at//", "in/t/../../secret", ""} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, place string) {
		out := t.TempDir()
		check(t, os.WriteFile(filepath.Join(out, "secret"), []byte("theirs"), 0o644))
		check(t, os.Chtimes(filepath.Join(out, "secret"), time.UnixMilli(1), time.UnixMilli(1)))
		k := newSink(t, out, KeepBoth, func(d *dest) { d.journal = true }).open()
		k.do(session.DiskEntry{File: 1, Dir: true, Path: []string{"A"}})
		k.do(session.DiskEntry{File: 5, Path: []string{"A", "x.mov"}, Size: 6, ModMS: 1, Kept: []journal.Part{{Count: 1, Place: place}}})
		if got := expect[session.DiskKept](k); got.Landed || len(got.Parts) > 0 {
			t.Errorf("%q led to %+v", place, got)
		}
	})
}

// A link to where nothing is makes nothing there.
func TestALinkToNothingMakesNothing(t *testing.T) {
	dir := t.TempDir()
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	if err := os.Symlink("elsewhere", filepath.Join(dir, "journal")); err != nil {
		t.Skip("no links here: ", err)
	}
	if f, err := openPlain(root, "journal", 0o600); err == nil {
		f.Close()
		t.Error("what is a link was opened")
	}
	if _, err := os.Lstat(filepath.Join(dir, "elsewhere")); err == nil {
		t.Error("a file was made where the link points")
	}
}
