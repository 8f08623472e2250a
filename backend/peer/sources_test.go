package peer

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"beeline/wasm/catalog"
	"beeline/wasm/session"
	"beeline/wasm/wire"
)

func TestAFolderIsWalkedWhole(t *testing.T) {
	dir := tree(t, map[string][]byte{
		"A/empty/": nil, "A/b/c/d.txt": noise(3), "A/b/.hidden": {}, "A/a.mov": noise(5), "Z.txt": noise(7),
		strings.Repeat("d/", 65) + "deep.txt": noise(1),
	})
	check(t, os.Symlink("b", filepath.Join(dir, "A/link")))
	check(t, os.Symlink("nowhere", filepath.Join(dir, "A/dangling")))
	check(t, makePipe(filepath.Join(dir, "A/pipe")))
	check(t, os.Symlink(filepath.Join(dir, "A"), filepath.Join(dir, "named")))

	roots, err := findRoots([]string{filepath.Join(dir, "named") + "/", filepath.Join(dir, "Z.txt"), filepath.Join(dir, "d")})
	check(t, err)
	var entries []catalog.Entry
	var skipped []string
	src := &sources{}
	defer src.close()
	w := &walker{sources: src, skip: func(s Skipped) { skipped = append(skipped, filepath.Base(s.Path)+" "+string(s.Why)) }}
	w.add = func(list []catalog.Entry) bool { entries = append(entries, list...); return true }
	check(t, w.walk(t.Context(), roots))

	var got []string
	for i, e := range entries {
		name := e.Name
		for p := e.Parent; p != 0; p = entries[p-1].Parent {
			name = entries[p-1].Name + "/" + name
		}
		if strings.HasPrefix(name, "d/d/") {
			continue
		}
		got = append(got, fmt.Sprintf("%s %d", name, e.Size))
		if e.Type == catalog.File {
			b := make([]byte, e.Size)
			if err := src.read(uint32(i+1), 0, b); err != nil {
				t.Errorf("read %q: %v", name, err)
			}
		}
	}
	want := []string{"named 0", "named/a.mov 5", "named/b 0", "named/b/.hidden 0", "named/b/c 0", "named/b/c/d.txt 3", "named/empty 0", "Z.txt 7", "d 0", "d/d 0"}
	if !slices.Equal(got, want) {
		t.Errorf("listed\n%q, want\n%q", got, want)
	}
	slices.Sort(skipped)
	if want := []string{"d limit", "dangling link", "link link", "pipe special"}; !slices.Equal(skipped, want) {
		t.Errorf("skipped %q, want %q", skipped, want)
	}
}

// What is unfinished or waits in quarantine is not handed on, however deep it stands, and
// is told once; what only looks like it is.
func TestWhatWaitsIsNotShared(t *testing.T) {
	dir := tree(t, map[string][]byte{
		"a.mov": noise(3), PartFolder + "/0123abcd/t1": noise(5), "in/deep/" + PartFolder + " (2)/0123abcd/journal": noise(5),
		"in/bEELINE (QUARANTINE)/0123abcd/files/y": noise(5), ".beeline-0123456789abcdef": {},
		"in/" + PartFolder + " of mine/b": noise(1), "in/" + PartFolder + " (x)/c": noise(1), "in/.beeline-notes": noise(1), "in/deep/" + QuarantineFolder: noise(1),
	})
	delivered(t, dir, "0123abcd", map[string]string{"evil.exe": "held", "more/evil.exe": "held"})
	link := filepath.Join(t.TempDir(), "named")
	check(t, os.Symlink(filepath.Join(dir, QuarantineFolder), link))
	roots, err := findRoots([]string{dir, filepath.Join(dir, PartFolder), link})
	check(t, err)
	var names, skipped []string
	src := &sources{}
	defer src.close()
	w := &walker{sources: src, skip: func(s Skipped) { skipped = append(skipped, filepath.Base(s.Path)+" "+string(s.Why)) }}
	w.add = func(list []catalog.Entry) bool {
		for _, e := range list[1:] {
			names = append(names, e.Name)
		}
		return true
	}
	check(t, w.walk(t.Context(), roots))
	slices.Sort(names)
	if want := []string{".beeline-notes", QuarantineFolder, PartFolder + " (x)", PartFolder + " of mine", "a.mov", "b", "c", "deep", "in"}; !slices.Equal(names, want) {
		t.Errorf("listed %q, want %q", names, want)
	}
	slices.Sort(skipped)
	want := []string{
		".beeline-0123456789abcdef unfinished", QuarantineFolder + " unfinished", QuarantineFolder + " unfinished", PartFolder + " (2) unfinished",
		PartFolder + " unfinished", PartFolder + " unfinished", "bEELINE (QUARANTINE) unfinished",
	}
	if !slices.Equal(skipped, want) {
		t.Errorf("skipped %q, want %q", skipped, want)
	}
}

// PROTOCOL.md 3, attack 37: a listed file is swapped for a link or a pipe.
func TestAttack37SwappedSources(t *testing.T) {
	base := t.TempDir()
	secret := filepath.Join(base, "secret")
	check(t, os.WriteFile(secret, []byte("theirs"), 0o644))
	dir := filepath.Join(base, "share")
	check(t, os.MkdirAll(filepath.Join(dir, "sub"), 0o755))
	for _, name := range []string{"absolute", "relative", "pipe", "sub/file"} {
		check(t, os.WriteFile(filepath.Join(dir, name), []byte("ours!!"), 0o644))
	}
	src := &sources{}
	defer src.close()
	roots, err := findRoots([]string{dir})
	check(t, err)
	w := &walker{sources: src, skip: func(Skipped) {}, add: func([]catalog.Entry) bool { return true }}
	check(t, w.walk(t.Context(), roots))

	now := time.Now()
	for _, name := range []string{"absolute", "relative", "pipe"} {
		check(t, os.Remove(filepath.Join(dir, name)))
	}
	check(t, os.Symlink(secret, filepath.Join(dir, "absolute")))
	check(t, os.Symlink("../secret", filepath.Join(dir, "relative")))
	check(t, makePipe(filepath.Join(dir, "pipe")))
	check(t, os.RemoveAll(filepath.Join(dir, "sub")))
	check(t, os.Symlink(base, filepath.Join(dir, "sub")))
	check(t, os.WriteFile(filepath.Join(base, "file"), []byte("theirs"), 0o644))
	check(t, os.Chtimes(filepath.Join(base, "file"), now, now))

	for i := uint32(1); i <= uint32(src.nodes.n); i++ {
		if src.nodes.at(i).dir {
			continue
		}
		b := make([]byte, 6)
		if err := src.read(i, 0, b); err == nil || bytes.Equal(b, []byte("theirs")) {
			t.Errorf("entry %d (%s): read %q, %v; want an error", i, src.nodes.at(i).name, b, err)
		}
		if _, _, ok := src.refresh(i); ok {
			t.Errorf("entry %d (%s) counts as there", i, src.nodes.at(i).name)
		}
	}
}

// A read is good only if the file is still as it was listed, after it as before.
func TestAReadSeesAChange(t *testing.T) {
	dir := tree(t, map[string][]byte{"a": []byte("one")})
	path := filepath.Join(dir, "a")
	src := &sources{}
	defer src.close()
	roots, err := findRoots([]string{path})
	check(t, err)
	w := &walker{sources: src, skip: func(Skipped) {}, add: func([]catalog.Entry) bool { return true }}
	check(t, w.walk(t.Context(), roots))
	b := make([]byte, 3)
	check(t, src.read(1, 0, b))
	for _, text := range []string{"two", "longer"} {
		check(t, os.WriteFile(path, []byte(text), 0o644)) // in place: the handle is still good
		later := time.Now().Add(time.Duration(len(text)) * time.Second)
		check(t, os.Chtimes(path, later, later))
		if err := src.read(1, 0, b); wire.CodeOf(err) != wire.Changed {
			t.Errorf("read after a change to %q: %v, want %v", text, err, wire.Changed)
		}
		size, modMS, ok := src.refresh(1)
		if !ok || size != uint64(len(text)) || modMS != later.UnixMilli() {
			t.Errorf("refresh = %d, %d, %v, want %d, %d", size, modMS, ok, len(text), later.UnixMilli())
		}
		if err := src.read(1, 0, b); err != nil || string(b) != text[:3] {
			t.Errorf("read after a look: %q, %v, want %q", b, err, text[:3])
		}
	}
}

// A file of one group that changes while it is read is noticed at once: the
// machine looks at it no second time. It arrives in its new version, also where
// that has the same size. PROTOCOL.md f.4.
func TestASingleGroupThatChangesWhileItIsRead(t *testing.T) {
	t.Parallel()
	server, out := newServer(t), t.TempDir()
	files := map[string][]byte{"a.txt": []byte("old"), "b.mov": bytes.Repeat([]byte("old "), wire.GroupSize/4)}
	src := tree(t, files)
	changed := map[string]bool{}
	var mu sync.Mutex
	s := startShare(t, SendOptions{Server: server, Paths: all(t, src), Once: true, hook: func(x *shell) {
		x.sources.pread = func(f *os.File, b []byte, at int64) (int, error) {
			n, err := f.ReadAt(b, at)
			mu.Lock()
			defer mu.Unlock()
			if name := filepath.Base(f.Name()); !changed[name] {
				changed[name] = true
				path := filepath.Join(src, name)
				later := time.Now().Add(time.Second)
				check(t, errors.Join(os.WriteFile(path, bytes.ReplaceAll(files[name], []byte("old"), []byte("new")), 0), os.Chtimes(path, later, later)))
			}
			return n, err
		}
	}})
	got, err := receive(t, ReceiveOptions{Link: s.link, Out: out})
	if err != nil || s.wait(t) != nil || len(changed) != 2 {
		t.Errorf("Receive = %v, view %+v, %d files changed", err, got.View, len(changed))
	}
	for name, it := range read(t, out) {
		if !bytes.HasPrefix(it.data, []byte("new")) || len(it.data) != len(files[name]) {
			t.Errorf("%s arrived as it was before, or as %d bytes", name, len(it.data))
		}
	}
}

// A file that is gone costs itself, and says so; the others arrive.
func TestAnUnreadableSourceCostsOneFile(t *testing.T) {
	t.Parallel()
	server, out := newServer(t), t.TempDir()
	src := tree(t, map[string][]byte{"A/a": noise(100), "A/b": noise(100)})
	s := startShare(t, SendOptions{Server: server, Paths: all(t, src), Once: true})
	got, err := receive(t, ReceiveOptions{Link: s.link, Out: out, Accept: func(context.Context, *Offer) bool {
		return os.Remove(filepath.Join(src, "A/b")) == nil
	}})
	if wire.CodeOf(err) != wire.Incomplete || got.View.FilesFailed != 1 || got.View.FilesVerified != 1 {
		t.Errorf("Receive = %v, view %+v, want %v with one file of two", err, got.View, wire.Incomplete)
	}
	if err := s.wait(t); wire.CodeOf(err) != wire.Incomplete {
		t.Errorf("Send = %v, want %v", err, wire.Incomplete)
	}
	if left := read(t, out); len(left) != 2 || left["A/a"].data == nil {
		t.Errorf("there are %d entries, want A and A/a", len(left))
	}
}

// PROTOCOL.md 3, attack 38: a source that changes while it is sent arrives whole
// in its new version, never as a mixture.
func TestAttack38SourceChangesUnderTheSender(t *testing.T) {
	t.Parallel()
	server, out := newServer(t), t.TempDir()
	old, new := bytes.Repeat([]byte("old "), 3<<20), bytes.Repeat([]byte("new!"), 4<<20)
	src := tree(t, map[string][]byte{"clip.mov": old})
	s := startShare(t, SendOptions{Server: server, Paths: all(t, src), Once: true})
	var once sync.Once
	got, err := receive(t, ReceiveOptions{Link: s.link, Out: out, hook: func(x *shell) {
		x.dest.pwrite = func(f *os.File, b []byte, at int64) (int, error) {
			once.Do(func() { // in place: the same inode
				f, err := os.OpenFile(filepath.Join(src, "clip.mov"), os.O_WRONLY, 0)
				if err == nil {
					f.Write(new)
					f.Close()
				}
			})
			return f.WriteAt(b, at)
		}
	}})
	if err != nil || s.wait(t) != nil {
		t.Errorf("Receive = %v, view %+v", err, got.View)
	}
	if it := read(t, out)["clip.mov"]; !bytes.Equal(it.data, new) {
		t.Errorf("%d bytes arrived that are not those of the new version", len(it.data))
	}
}

// A disk that fills up in the middle pauses both sides, and nothing is lost.
func TestAFullDiskPausesTheTransfer(t *testing.T) {
	t.Parallel()
	server, out := newServer(t), t.TempDir()
	src := tree(t, map[string][]byte{"big.mov": noise(20 << 20), "small.txt": noise(10)})
	s := startShare(t, SendOptions{Server: server, Paths: all(t, src), Once: true})
	var mu sync.Mutex
	full, left := true, 5<<20
	paused := false
	got, err := receive(t, ReceiveOptions{
		Link: s.link, Out: out,
		hook: func(x *shell) {
			x.dest.pause = 10 * time.Millisecond
			x.dest.pwrite = func(f *os.File, b []byte, at int64) (int, error) {
				mu.Lock()
				defer mu.Unlock()
				if left -= len(b); full && left < 0 {
					return 0, &os.PathError{Op: "write", Path: "t1", Err: syscall.ENOSPC}
				}
				return f.WriteAt(b, at)
			}
		},
		OnView: func(v session.ReceiveView) {
			if v.Phase == session.Paused && v.Why == wire.Space && v.Needed > 0 {
				mu.Lock()
				defer mu.Unlock()
				full, paused = false, true
			}
		},
	})
	if err != nil || s.wait(t) != nil || !paused {
		t.Errorf("Receive = %v, paused %v, view %+v", err, paused, got.View)
	}
	sameTrees(t, out, src)
}

// PROTOCOL.md 3, attacks 31 and 32, end to end: names that are legal where they
// come from and trouble where they go.
func TestAttack31HostileNames(t *testing.T) {
	t.Parallel()
	server, out := newServer(t), t.TempDir()
	names := []string{
		"CON.txt", "a:b", `back\slash`, `..\..\evil`, "..%2f..%2fevil", "%2e%2e", "exe\u202egpj.mov", "new\nline", "esc\x1b[31m",
		"not utf\xff8", "trailing.", " space ", "-rf", "Clip.mov", "cLIP.mov", "clip.mov", "e\u0301", "\u00e9", PartFolder, "...",
	}
	files := map[string][]byte{}
	for i, name := range names {
		files[name] = fmt.Appendf(nil, "%d", i)
	}
	src := tree(t, files)
	s := startShare(t, SendOptions{Server: server, Paths: all(t, src), Once: true})
	got, err := receive(t, ReceiveOptions{Link: s.link, Out: out})
	if err != nil || s.wait(t) != nil {
		t.Fatalf("Receive = %v, view %+v", err, got.View)
	}
	have := map[string]bool{}
	for path, it := range read(t, out) {
		have[string(it.data)] = true
		if path != filepath.Base(path) || catalog.Check(path) == catalog.Dangerous {
			t.Errorf("%q was saved under a name that deceives", path)
		}
	}
	for i, name := range names {
		if !have[fmt.Sprint(i)] {
			t.Errorf("%q did not arrive", name)
		}
	}
	if len(have) != len(names) {
		t.Errorf("%d files, want %d", len(have), len(names))
	}
}

// Handles are kept for the next group, not for ever.
func TestHandlesAreLetGo(t *testing.T) {
	files := map[string][]byte{}
	for i := range handlesKept + 10 {
		files[fmt.Sprintf("A/%03d", i)] = noise(10)
	}
	src := &sources{}
	defer src.close()
	roots, err := findRoots(all(t, tree(t, files)))
	check(t, err)
	w := &walker{sources: src, skip: func(Skipped) {}, add: func([]catalog.Entry) bool { return true }}
	check(t, w.walk(t.Context(), roots))
	for i := uint32(2); i <= uint32(len(files)+1); i++ {
		check(t, src.read(i, 0, make([]byte, 10)))
	}
	if n := len(src.handles.list); n != handlesKept {
		t.Errorf("%d files are open, want %d", n, handlesKept)
	}
	src.handles.sweep(time.Now().Add(handlesIdle+time.Second), handlesIdle)
	if n := len(src.handles.list); n != 0 {
		t.Errorf("%d files are open after a while, want 0", n)
	}
}
