package peer

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"beeline/wasm/digest"
	"beeline/wasm/lane"
	"beeline/wasm/session"
	"beeline/wasm/wire"
)

// A sink is a destination under test, driven as the machine drives it.
type sink struct {
	t      *testing.T
	d      *dest
	events chan session.Event
	out    string
	from   *inbound
	ended  chan struct{}
}

func newSink(t *testing.T, out string, conflict Conflict, change func(*dest)) *sink {
	t.Helper()
	k := &sink{t: t, out: out, events: make(chan session.Event, 100), from: &inbound{in: lane.NewIn([32]byte{}, 1<<20)}, ended: make(chan struct{})}
	k.d = newDest(out, conflict, func(e session.Event) { k.events <- e })
	k.d.pause = time.Millisecond
	if change != nil {
		change(k.d)
	}
	go func() {
		defer close(k.ended)
		k.d.run()
	}()
	t.Cleanup(k.end)
	return k
}

// end lets go of the destination, as the end of a program does.
func (k *sink) end() {
	k.d.giveUp()
	k.d.ops.close()
	<-k.ended
}

func (k *sink) do(a session.Action) { k.d.ops.put(diskOp{action: a}) }

// open opens the destination.
func (k *sink) open() *sink {
	k.t.Helper()
	k.do(session.DiskOpen{Key: "0123abcd", Bytes: 1000})
	expect[session.DiskOpened](k)
	return k
}

// expect returns the next event, which must be a T.
func expect[T session.Event](k *sink) T {
	k.t.Helper()
	select {
	case e := <-k.events:
		got, ok := e.(T)
		if !ok {
			k.t.Fatalf("event %T %+v, want %T", e, e, got)
		}
		return got
	case <-time.After(patienceMax):
		var want T
		k.t.Fatalf("no event, want %T", want)
		return want
	}
}

func (k *sink) write(file uint32, version uint8, index uint32, data []byte) {
	g := lane.Arrived{Group: lane.Group{File: file, Version: version, Index: index}, Data: data}
	k.d.ops.put(diskOp{action: session.Write{}, batch: &batch{groups: []lane.Arrived{g}, from: k.from}})
}

// finished takes a file to the word that it was read back.
func (k *sink) finished(index uint32, data []byte, path ...string) {
	k.t.Helper()
	k.do(session.DiskEntry{File: index, Path: path, Size: uint64(len(data))})
	k.write(index, 0, 0, data)
	expect[session.Written](k)
	k.do(session.DiskFinish{File: index})
	expect[session.Safe](k)
	if got := expect[session.DiskDigest](k); got.Digest != digest.Single(data) || got.File != index {
		k.t.Errorf("file %d: the digest read back is wrong", index)
	}
}

// file takes one file all the way to its name, or to what goes wrong on it.
func (k *sink) file(index uint32, data []byte, path ...string) session.Event {
	k.t.Helper()
	k.finished(index, data, path...)
	k.do(session.DiskLand{File: index})
	select {
	case e := <-k.events:
		return e
	case <-time.After(patienceMax):
		k.t.Fatal("the file neither lands nor fails")
		return nil
	}
}

func (k *sink) dir(path ...string) {
	k.do(session.DiskEntry{Dir: true, Path: path})
}

func (k *sink) close() {
	k.t.Helper()
	k.do(session.DiskClose{})
	expect[session.DiskClosed](k)
}

// holds fails unless the destination has exactly these files and folders (nil).
func (k *sink) holds(want map[string]string) {
	k.t.Helper()
	got := read(k.t, k.out)
	for path, text := range want {
		it, ok := got[path]
		if !ok || string(it.data) != text {
			k.t.Errorf("%q holds %q (there: %v), want %q", path, it.data, ok, text)
		}
		delete(got, path)
	}
	for path := range got {
		k.t.Errorf("%q is there and should not", path)
	}
}

func landed(t *testing.T, e session.Event) {
	t.Helper()
	if _, ok := e.(session.Landed); !ok {
		t.Errorf("got %T %+v, want it to land", e, e)
	}
}

func TestWhatIsThereStays(t *testing.T) {
	for _, v := range []struct {
		conflict Conflict
		want     map[string]string
		same     int
	}{
		{KeepBoth, map[string]string{"A": "", "A/clip.mov": "old", "A/clip (2).mov": "old, too", "A/clip (3).mov": "new", "A/same.mov": "same", "A/same (2).mov": "same", "A/is dir": "", "A/is dir (2)": "new"}, 0},
		{Skip, map[string]string{"A": "", "A/clip.mov": "old", "A/clip (2).mov": "old, too", "A/clip (3).mov": "new", "A/same.mov": "same", "A/is dir": "", "A/is dir (2)": "new"}, 1},
		{Replace, map[string]string{"A": "", "A/clip.mov": "new", "A/clip (2).mov": "old, too", "A/same.mov": "same", "A/is dir": "", "A/is dir (2)": "new"}, 0},
	} {
		out := tree(t, map[string][]byte{
			"A/clip.mov": []byte("old"), "A/clip (2).mov": []byte("old, too"), "A/same.mov": []byte("same"), "A/is dir/": nil,
		})
		k := newSink(t, out, v.conflict, nil).open()
		k.dir("A")
		landed(t, k.file(2, []byte("new"), "A", "clip.mov"))
		landed(t, k.file(3, []byte("same"), "A", "same.mov"))
		landed(t, k.file(4, []byte("new"), "A", "is dir"))
		k.close()
		k.holds(v.want)
		if _, same := k.d.result(); same != v.same {
			t.Errorf("conflict %d: %d files were the same, want %d", v.conflict, same, v.same)
		}
	}
}

// Who comes between the look and the landing keeps the name, too.
func TestWhatComesBetweenStays(t *testing.T) {
	for _, links := range []bool{true, false} {
		raced := 0
		k := newSink(t, t.TempDir(), KeepBoth, func(d *dest) {
			d.link = func(root *os.Root, from, to string) error {
				if raced++; raced == 1 {
					check(t, root.WriteFile(to, []byte("theirs"), 0o644))
				}
				if !links {
					return &os.LinkError{Op: "link", Err: syscall.EPERM} // exFAT
				}
				return root.Link(from, to)
			}
		}).open()
		landed(t, k.file(1, []byte("ours"), "x.txt"))
		k.close()
		k.holds(map[string]string{"x.txt": "theirs", "x (2).txt": "ours"})
	}
}

// A folder whose name a file has gets another; what belongs in it follows.
func TestAFileInTheWayOfAFolder(t *testing.T) {
	k := newSink(t, tree(t, map[string][]byte{"A": []byte("a file")}), Replace, nil).open()
	k.dir("A")
	k.dir("A", "B")
	landed(t, k.file(3, []byte("x"), "A", "B", "x.txt"))
	k.close()
	k.holds(map[string]string{"A": "a file", "A (2)": "", "A (2)/B": "", "A (2)/B/x.txt": "x"})
	if names, _ := k.d.result(); len(names) != 1 || names[0] != "A (2)" {
		t.Errorf("landed as %q, want A (2)", names)
	}
}

// PROTOCOL.md 3, attack 31: names and links that lead outside the destination.
func TestAttack31NothingOutsideTheDestination(t *testing.T) {
	base := t.TempDir()
	out, outside := filepath.Join(base, "out"), filepath.Join(base, "outside")
	for _, dir := range []string{out, outside, filepath.Join(out, "real")} {
		check(t, os.Mkdir(dir, 0o755))
	}
	check(t, os.WriteFile(filepath.Join(outside, "file"), []byte("theirs"), 0o644))
	check(t, os.Symlink(outside, filepath.Join(out, "absolute")))
	check(t, os.Symlink("../outside", filepath.Join(out, "relative")))
	check(t, os.Symlink("real", filepath.Join(out, "inside")))
	check(t, os.Symlink("../outside/file", filepath.Join(out, "file")))

	for _, conflict := range []Conflict{KeepBoth, Skip, Replace} {
		k := newSink(t, out, conflict, nil).open()
		n := uint32(1)
		for _, link := range []string{"absolute", "relative", "inside"} {
			k.dir(link)
			landed(t, k.file(n, []byte("ours"), link, "file"))
			n++
		}
		landed(t, k.file(n, []byte("ours"), "file"))
		k.dir("..")
		k.dir("..", "outside")
		for _, path := range [][]string{
			{"..", "evil"}, {"..", "outside", "file"}, {"../evil"}, {"../outside/file"}, {"/evil"}, {outside + "/evil"},
			{"a/../../evil"}, {"."}, {".."}, {""}, {"a\x00b"}, {"real/evil"},
		} {
			n++
			e := k.file(n, []byte("ours"), path...)
			if f, ok := e.(session.DiskFailed); !ok || f.File != n || f.Code != wire.Name {
				t.Errorf("path %q: %T %+v, want it to fail with %v", path, e, e, wire.Name)
			}
		}
		k.close()
		if info, err := os.Lstat(filepath.Join(out, "file")); err != nil || info.Mode()&os.ModeSymlink == 0 {
			t.Errorf("conflict %d: the link that was there is gone", conflict)
		}
	}
	got := read(t, base)
	for path, it := range got {
		if inside := len(path) > 4 && path[:4] == "out/" || path == "out"; !inside && path != "outside" && path != "outside/file" {
			t.Errorf("%q appeared", path)
		}
		if len(path) >= 8 && path[:8] == "out/real" && path != "out/real" {
			t.Errorf("%q was written through a link", path)
		}
		if path == "outside/file" && string(it.data) != "theirs" {
			t.Error("a file outside was changed through a link")
		}
	}
}

// A sender knows the name of the part folder. What it lists under that name must
// not get in there, where it could take the place of an unfinished file.
func TestThePartFolderBelongsToNoSender(t *testing.T) {
	for _, conflict := range []Conflict{KeepBoth, Skip, Replace} {
		k := newSink(t, t.TempDir(), conflict, nil).open()
		k.do(session.DiskEntry{File: 5, Path: []string{"film.mov"}, Size: 4})
		k.write(5, 0, 0, []byte("film"))
		expect[session.Written](k)
		k.dir(PartFolder)
		k.dir(PartFolder, "0123abcd")
		landed(t, k.file(3, []byte("evil"), PartFolder, "0123abcd", "t5"))
		k.do(session.DiskFinish{File: 5})
		expect[session.Safe](k)
		expect[session.DiskDigest](k)
		k.do(session.DiskLand{File: 5})
		expect[session.Landed](k)
		k.close()
		other := PartFolder + " (2)"
		k.holds(map[string]string{"film.mov": "film", other: "", other + "/0123abcd": "", other + "/0123abcd/t5": "evil"})
	}
}

// A full disk is a state: the person is told, and it goes on once there is room.
func TestAFullDiskWaits(t *testing.T) {
	room := make(chan struct{})
	k := newSink(t, t.TempDir(), KeepBoth, func(d *dest) {
		d.free = func(string) (uint64, bool) { return 1000, true }
		d.pwrite = func(f *os.File, b []byte, at int64) (int, error) {
			select {
			case <-room:
				return f.WriteAt(b, at)
			default:
				return 0, fmt.Errorf("write: %w", syscall.ENOSPC)
			}
		}
	}).open()
	k.d.free = func(string) (uint64, bool) { return 100, true }
	k.do(session.DiskEntry{File: 1, Path: []string{"a"}, Size: 4})
	k.write(1, 0, 0, []byte("film"))
	if e := expect[session.DiskFull](k); e.Needed != 900 {
		t.Errorf("%d bytes needed, want 900", e.Needed)
	}
	close(room)
	expect[session.DiskRoom](k)
	expect[session.Written](k)
	k.do(session.DiskFinish{File: 1})
	expect[session.Safe](k)
	expect[session.DiskDigest](k)
	k.do(session.DiskLand{File: 1})
	expect[session.Landed](k)
	k.close()
	k.holds(map[string]string{"a": "film"})
}

// Who waits for room does not hold up the end.
func TestAFullDiskCanBeGivenUp(t *testing.T) {
	k := newSink(t, t.TempDir(), KeepBoth, func(d *dest) {
		d.pwrite = func(*os.File, []byte, int64) (int, error) { return 0, syscall.ENOSPC }
	}).open()
	k.dir("A")
	k.do(session.DiskEntry{File: 2, Path: []string{"A", "a"}, Size: 4})
	k.write(2, 0, 0, []byte("film"))
	expect[session.DiskFull](k)
	k.d.giveUp()
	k.do(session.DiskDiscard{})
	expect[session.DiskRoom](k)
	expect[session.DiskClosed](k)
	k.holds(nil)
}

func TestADiskThatFailsCostsOneFile(t *testing.T) {
	k := newSink(t, t.TempDir(), KeepBoth, func(d *dest) {
		d.pwrite = func(f *os.File, b []byte, at int64) (int, error) {
			if bytes.Equal(b, []byte("bad")) {
				return 0, errors.New("input/output error")
			}
			return f.WriteAt(b, at)
		}
	}).open()
	k.do(session.DiskEntry{File: 1, Path: []string{"bad"}, Size: 3})
	k.write(1, 0, 0, []byte("bad"))
	if e := expect[session.DiskFailed](k); e.File != 1 || e.Code != wire.Unwritable {
		t.Errorf("got %+v, want file 1 to fail with %v", e, wire.Unwritable)
	}
	k.do(session.DiskDrop{File: 1})
	landed(t, k.file(2, []byte("good"), "good"))
	k.close()
	k.holds(map[string]string{"good": "good"})
}

// A file that starts again holds nothing of the version before.
func TestResetBeginsAgain(t *testing.T) {
	k := newSink(t, t.TempDir(), KeepBoth, nil).open()
	k.do(session.DiskEntry{File: 1, Path: []string{"a"}, Size: 10})
	k.write(1, 0, 0, []byte("0123456789"))
	expect[session.Written](k)
	k.do(session.DiskReset{File: 1, Version: 1, Size: 3})
	k.write(1, 0, 0, []byte("late bytes")) // of the old version
	k.write(1, 1, 0, []byte("new"))
	if e := expect[session.Written](k); e.Groups[0].Version != 1 {
		t.Errorf("written: %+v, want version 1 only", e)
	}
	k.do(session.DiskFinish{File: 1})
	expect[session.Safe](k)
	if e := expect[session.DiskDigest](k); e.Version != 1 || e.Digest != digest.Single([]byte("new")) {
		t.Errorf("digest of version %d, want that of version 1", e.Version)
	}
	k.do(session.DiskLand{File: 1})
	expect[session.Landed](k)
	k.close()
	k.holds(map[string]string{"a": "new"})
}

// What was read back of a version that is over is not told any more.
func TestResetOvertakesTheReadBack(t *testing.T) {
	k := newSink(t, t.TempDir(), KeepBoth, nil).open()
	k.do(session.DiskEntry{File: 1, Path: []string{"a"}, Size: 3})
	k.write(1, 0, 0, []byte("old"))
	expect[session.Written](k)
	for range finishers {
		k.d.permit <- struct{}{}
	}
	k.do(session.DiskFinish{File: 1})
	k.do(session.DiskReset{File: 1, Version: 1, Size: 3})
	k.write(1, 1, 0, []byte("new"))
	expect[session.Written](k)
	for range finishers {
		<-k.d.permit
	}
	k.do(session.DiskDrop{File: 1})
	k.do(session.DiskClose{})
	expect[session.DiskClosed](k)
}

// What is on disk counts, not what was written.
func TestReadBackReadsTheDisk(t *testing.T) {
	k := newSink(t, t.TempDir(), KeepBoth, func(d *dest) {
		d.pwrite = func(f *os.File, b []byte, at int64) (int, error) {
			b = bytes.Clone(b)
			b[0]++ // a disk that lies
			return f.WriteAt(b, at)
		}
	}).open()
	data := noise(3<<20 + 7)
	k.do(session.DiskEntry{File: 1, Path: []string{"a"}, Size: uint64(len(data))})
	tr := digest.NewTree(uint64(len(data)))
	for i := uint32(0); i < 4; i++ {
		g := data[i<<20 : min(len(data), int(i+1)<<20)]
		tr.Set(i, digest.Group(g, uint64(i)))
		k.write(1, 0, i, g)
		expect[session.Written](k)
	}
	k.do(session.DiskFinish{File: 1})
	expect[session.Safe](k)
	e := expect[session.DiskDigest](k)
	if want, _ := tr.Digest(); e.Digest == want {
		t.Error("the digest is that of what was written, not of what is on disk")
	}
	if len(e.CVs) != 4*32 {
		t.Errorf("%d bytes of values, want those of 4 groups", len(e.CVs))
	}
	k.do(session.DiskDrop{File: 1})
	k.close()
	k.holds(nil)
}

// Two transfers of one share into one place don't meet.
func TestTwoRunsOfOneShare(t *testing.T) {
	out := t.TempDir()
	a, b := newSink(t, out, KeepBoth, nil).open(), newSink(t, out, KeepBoth, nil).open()
	landed(t, a.file(1, []byte("a"), "x.txt"))
	landed(t, b.file(1, []byte("b"), "x.txt"))
	a.close()
	b.close()
	a.holds(map[string]string{"x.txt": "a", "x (2).txt": "b"})
}

func TestNumbered(t *testing.T) {
	long := string(bytes.Repeat([]byte("ü"), 125)) + ".mov"
	for _, v := range []struct {
		name string
		n    int
		dir  bool
		want string
	}{
		{"clip.mov", 1, false, "clip.mov"},
		{"clip.mov", 2, false, "clip (2).mov"},
		{"clip", 3, false, "clip (3)"},
		{".hidden", 2, false, ".hidden (2)"},
		{"A.B", 2, true, "A.B (2)"},
		{"a.not really an extension", 2, false, "a.not really an extension (2)"},
		{long, 2, false, string(bytes.Repeat([]byte("ü"), 123)) + " (2).mov"},
	} {
		if got := numbered(v.name, v.n, v.dir); got != v.want || len(got) > nameLimit {
			t.Errorf("numbered(%q, %d, %v) = %q, want %q", v.name, v.n, v.dir, got, v.want)
		}
	}
}
