package peer

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"beeline/wasm/digest"
	"beeline/wasm/session"
	"beeline/wasm/wire"
)

func (k *sink) part(index uint32) string {
	return filepath.Join(k.out, PartFolder, "0123abcd", fmt.Sprint("t", index))
}

// Between the word that a file is right and its name somebody may write it: it is
// read back once more, the machine judges, and what lands is what was judged.
func TestAFileThatChangedSinceIsReadAgain(t *testing.T) {
	k := newSink(t, t.TempDir(), KeepBoth, nil).open()
	k.finished(1, []byte("right"), "a.mov")
	for _, text := range []string{"wrong", "right"} {
		check(t, os.WriteFile(k.part(1), []byte(text), 0)) // in place, another time
		k.do(session.DiskLand{File: 1})
		if got := expect[session.DiskDigest](k); got.Digest != digest.Single([]byte(text)) || got.File != 1 {
			t.Errorf("changed to %q: another digest was read back", text)
		}
	}
	k.do(session.DiskLand{File: 1})
	landed(t, <-k.events)
	k.close()
	k.holds(map[string]string{"a.mov": "right"})
}

// A file that somebody keeps writing, or put another one in the place of, fails;
// so does one that was taken away. Nothing of that gets the name.
func TestAFileThatIsNoLongerOursFails(t *testing.T) {
	for what, meddle := range map[string]func(path string) error{
		"written again and again": func(path string) error { return os.WriteFile(path, []byte("wrong"), 0) },
		"replaced":                func(path string) error { return os.Rename(path+".new", path) },
		"taken away":              os.Remove,
	} {
		k := newSink(t, t.TempDir(), KeepBoth, nil).open()
		k.finished(1, []byte("right"), "a.mov")
		k.finished(2, []byte("other"), "b.mov")
		check(t, os.WriteFile(k.part(1)+".new", []byte("right"), 0o644))
		var last session.Event
		for range 10 {
			check(t, meddle(k.part(1)))
			k.do(session.DiskLand{File: 1})
			if last = <-k.events; last != any(nil) {
				if _, again := last.(session.DiskDigest); !again {
					break
				}
			}
		}
		if last != (session.DiskFailed{File: 1, Code: wire.Unwritable}) {
			t.Errorf("%s: the file ended with %T %+v, want %v", what, last, last, wire.Unwritable)
		}
		k.do(session.DiskDrop{File: 1})
		k.do(session.DiskLand{File: 2})
		landed(t, <-k.events)
		_ = os.Remove(k.part(1) + ".new")
		k.close()
		k.holds(map[string]string{"b.mov": "other"})
	}
}

// What landed is not thrown away with what did not, also when both come at once.
func TestDiscardLeavesWhatLanded(t *testing.T) {
	k := newSink(t, t.TempDir(), KeepBoth, nil).open()
	k.finished(1, []byte("one"), "a.mov")
	k.finished(2, []byte("two"), "b.mov")
	k.do(session.DiskLand{File: 1})
	k.do(session.DiskDiscard{})
	landed(t, <-k.events)
	expect[session.DiskClosed](k)
	k.holds(map[string]string{"a.mov": "one"})
}

// Windows finds "Important clip.mov" under "IMPORT~1.MOV", too: what answers to a
// short name and is called otherwise is not replaced, not taken for the same, and
// no folder to write into.
func TestShortNamesLeadToOthers(t *testing.T) {
	for _, conflict := range []Conflict{KeepBoth, Skip, Replace} {
		k := newSink(t, t.TempDir(), conflict, func(d *dest) {
			d.list = func(root *os.Root, dir string) ([]string, error) {
				all, err := names(root, dir)
				return slices.DeleteFunc(all, func(n string) bool { return n == "IMPORT~1.MOV" || n == "REEL~1" }), err
			}
		}).open()
		check(t, os.WriteFile(filepath.Join(k.out, "IMPORT~1.MOV"), []byte("new"), 0o644))
		check(t, os.WriteFile(filepath.Join(k.out, "SHORT~1.MOV"), []byte("old"), 0o644)) // really called so
		check(t, os.Mkdir(filepath.Join(k.out, "REEL~1"), 0o755))
		k.dir("REEL~1")
		landed(t, k.file(1, []byte("new"), "IMPORT~1.MOV"))
		landed(t, k.file(2, []byte("new"), "REEL~1", "a.mov"))
		landed(t, k.file(3, []byte("new"), "SHORT~1.MOV"))
		k.close()
		want := map[string]string{
			"IMPORT~1.MOV": "new", "IMPORT~1 (2).MOV": "new", "REEL~1": "", "REEL~1 (2)": "", "REEL~1 (2)/a.mov": "new",
			"SHORT~1.MOV": "old", "SHORT~1 (2).MOV": "new",
		}
		if conflict == Replace {
			delete(want, "SHORT~1 (2).MOV")
			want["SHORT~1.MOV"] = "new"
		}
		k.holds(want)
	}
}

func TestShortNamesAreKnownByTheirForm(t *testing.T) {
	for name, want := range map[string]bool{
		"IMPORT~1.MOV": true, "PROGRA~1": true, "A~1.R": true, "import~2": true, "ABCDE~12.MOV": true,
		"Important~1.mov": false, "IMPORT~1.MOVIE": false, "IMPORT~.MOV": false, "A~1.B.C": false, "~": false, "IMPORT~1 (2).MOV": false, "": false,
	} {
		if maybeAlias(name) != want {
			t.Errorf("maybeAlias(%q) = %v, want %v", name, !want, want)
		}
	}
}
