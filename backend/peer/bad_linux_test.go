package peer

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"beeline/wasm/session"
	"beeline/wasm/wire"
)

// This file: real file systems, and what people and programs do to them meanwhile.

// once skips a test of disks where only the lanes are others than the first time.
func once(t *testing.T) {
	t.Helper()
	if inMemory {
		t.Skip("the disks are the same")
	}
}

// disk mounts a small file system in memory.
func disk(t *testing.T, options string) string {
	t.Helper()
	at := t.TempDir()
	if err := syscall.Mount("tmpfs", at, "tmpfs", 0, options); err != nil {
		t.Skip("no disk can be mounted here: ", err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(at, syscall.MNT_DETACH) })
	return at
}

// Somebody who may write into the destination exchanges a folder for a link that leads
// out of it, over and over, while files land in it. Nothing is ever written outside,
// and once they stop the same command ends with all of it.
func TestLinksSwappedInTheDestination(t *testing.T) {
	once(t)
	t.Parallel()
	for _, swapped := range []string{"A", PartFolder} {
		base := t.TempDir()
		out, outside := filepath.Join(base, "out"), filepath.Join(base, "outside")
		check(t, errors.Join(os.Mkdir(out, 0o755), os.Mkdir(outside, 0o755)))
		check(t, os.Mkdir(filepath.Join(out, "A"), 0o755))
		files := map[string][]byte{"A/big.mov": noise(8 << 20)}
		for n := range 3 { // what would let a path through
			check(t, os.Mkdir(filepath.Join(outside, fmt.Sprint("B", n)), 0o755))
		}
		for n := range 60 {
			files[fmt.Sprintf("A/B%d/%02d.xml", n%3, n)] = noise(5000)
		}
		src := tree(t, files)
		s := startShare(t, SendOptions{Server: newServer(t), Paths: all(t, src)})
		o := ReceiveOptions{Link: s.link, Out: out, Resume: true, Keys: t.TempDir(), Conflict: Skip}

		stop := make(chan struct{})
		var swaps int
		var wg sync.WaitGroup
		wg.Go(func() {
			path, aside := filepath.Join(out, swapped), filepath.Join(out, "aside")
			for {
				select {
				case <-stop:
					return
				case <-time.After(time.Millisecond):
				}
				if os.Rename(path, aside) != nil {
					continue // not there yet
				}
				swaps++
				_ = os.Symlink([]string{outside, "../outside"}[swaps%2], path)
				time.Sleep(time.Millisecond)
				_ = os.Remove(path)
				_ = os.RemoveAll(path) // it was made anew meanwhile
				_ = os.Rename(aside, path)
			}
		})
		got, err := receive(t, o)
		close(stop)
		wg.Wait()
		t.Logf("%s: %d swaps, Receive = %v, %d of %d failed", swapped, swaps, err, got.View.FilesFailed, len(files))
		if swaps == 0 {
			t.Errorf("%s: nothing was swapped", swapped)
		}
		if err != nil {
			if got, err = receive(t, o); err != nil {
				t.Errorf("%s: once nobody swaps: %v, view %+v", swapped, err, got.View)
			}
		}
		if list := read(t, outside); len(list) != 3 {
			t.Errorf("%s: %d things were written outside", swapped, len(list)-3)
		}
		for path, want := range read(t, src) {
			if want.data == nil {
				continue
			}
			found := false
			for at, it := range read(t, out) {
				found = found || filepath.Base(at) == filepath.Base(path) && string(it.data) == string(want.data)
			}
			if !found {
				t.Errorf("%s: %s did not arrive", swapped, path)
			}
		}
	}
}

// A destination that can't be written to is said before the first byte: a disk that is
// protected, a folder of somebody else's. Once it can, the same command receives.
func TestADestinationThatIsProtected(t *testing.T) {
	once(t)
	out := disk(t, "size=8m")
	src := tree(t, map[string][]byte{"a.mov": noise(10)})
	s := startShare(t, SendOptions{Server: newServer(t), Paths: all(t, src)})
	keys := t.TempDir()
	check(t, syscall.Mount("", out, "", syscall.MS_REMOUNT|syscall.MS_RDONLY, ""))
	got, err := receive(t, ReceiveOptions{Link: s.link, Out: out, Resume: true, Keys: keys})
	if wire.CodeOf(err) != wire.Unwritable || got.View.Written != 0 {
		t.Errorf("a protected disk: %v, view %+v", err, got.View)
	}
	check(t, syscall.Mount("", out, "", syscall.MS_REMOUNT, ""))

	// Root may write anywhere: somebody else is asked for, in a program of their own.
	open := t.TempDir()
	for dir := open; dir != os.TempDir() && dir != "/"; dir = filepath.Dir(dir) {
		check(t, os.Chmod(dir, 0o755))
	}
	program := filepath.Join(open, "program")
	copied(t, os.Args[0], program)
	theirs := filepath.Join(open, "theirs")
	check(t, errors.Join(os.Mkdir(theirs, 0o755), os.Mkdir(filepath.Join(open, "keys"), 0o777), os.Chmod(filepath.Join(open, "keys"), 0o777)))
	asNobody := func() (int, string) {
		c := exec.Command(program)
		c.Env = append(os.Environ(), "PEER_TEST_OUT="+theirs, "PEER_TEST_KEYS="+filepath.Join(open, "keys"))
		c.Dir = open
		c.Stdin = strings.NewReader(s.link + "\n")
		c.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
		var complaint strings.Builder
		c.Stderr = &complaint
		err := c.Run()
		if c.ProcessState == nil {
			t.Fatal(err)
		}
		return c.ProcessState.ExitCode(), complaint.String()
	}
	s.letIn(t)
	if code, said := asNobody(); code != 1 || !strings.Contains(said, wire.Unwritable.Error()) {
		t.Errorf("somebody else's folder: exit %d, %q", code, said)
	}
	check(t, os.Chown(theirs, 65534, 65534))
	if code, said := asNobody(); code != 0 {
		t.Errorf("once it is theirs: exit %d, %q", code, said)
	}
	sameTrees(t, theirs, src)
	if got, err = receive(t, ReceiveOptions{Link: s.link, Out: out, Resume: true, Keys: keys}); err != nil {
		t.Errorf("once it is not protected: %v, view %+v", err, got.View)
	}
	sameTrees(t, out, src)
}

// letIn says yes to whoever asks.
func (s *share) letIn(t *testing.T) {
	t.Helper()
	go func() {
		for {
			select {
			case v := <-s.views:
				for _, r := range v.Recipients {
					if !r.Asks {
						continue
					}
					select {
					case s.clicks <- session.Decide{Session: r.ID, Accept: true}:
					case <-t.Context().Done():
					}
				}
			case <-t.Context().Done():
				return
			}
		}
	}()
}

func copied(t *testing.T, from, to string) {
	t.Helper()
	in, err := os.Open(from)
	check(t, err)
	defer in.Close()
	f, err := os.OpenFile(to, os.O_CREATE|os.O_WRONLY, 0o755)
	check(t, err)
	_, err = io.Copy(f, in)
	check(t, errors.Join(err, f.Close()))
}

// A disk that is full of small files, with the journal on it, and one that has room and
// no place for another file: a pause, then it goes on.
func TestASmallDiskOfSmallFiles(t *testing.T) {
	once(t)
	t.Parallel()
	for small, large := range map[string]string{"size=400k": "size=32m", "size=32m,nr_inodes=60": "size=32m,nr_inodes=1000"} {
		out := disk(t, small)
		files := map[string][]byte{}
		for n := range 200 {
			files[fmt.Sprintf("A/%03d.xml", n)] = noise(4000)
		}
		src := tree(t, files)
		s := startShare(t, SendOptions{Server: newServer(t), Paths: all(t, src)})
		paused := false
		got, err := receive(t, ReceiveOptions{
			Link: s.link, Out: out, Resume: true, Keys: t.TempDir(),
			hook: func(s *shell) {
				s.dest.free = func(string) (uint64, bool) { return 1 << 40, true } // nobody knew
				s.dest.pause = 20 * time.Millisecond
			},
			OnView: func(v session.ReceiveView) {
				if v.Phase == session.Paused && v.Why == wire.Space && v.Needed > 0 && !paused {
					paused = true
					check(t, syscall.Mount("", out, "", syscall.MS_REMOUNT, large))
				}
			},
		})
		if err != nil || !paused {
			t.Errorf("%s: Receive = %v, paused %v, view %+v", small, err, paused, got.View)
		}
		sameTrees(t, out, src)
	}
}

// What is no file is never opened, since a pipe would wait for ever, and is told of: by
// itself at once, in a folder beside what is sent.
func TestWhatIsNoFileIsNotOpened(t *testing.T) {
	once(t)
	t.Parallel()
	dir := tree(t, map[string][]byte{"A/a.mov": noise(10)})
	at := func(name string) string { return filepath.Join(dir, "A", name) }
	check(t, syscall.Mkfifo(at("pipe"), 0o644))
	socket, err := net.Listen("unix", at("socket"))
	check(t, err)
	defer socket.Close()
	odd := []string{"pipe", "socket"}
	if syscall.Mknod(at("device"), syscall.S_IFCHR|0o644, 1<<8|5) == nil { // /dev/zero has no end
		odd = append(odd, "device")
	}
	for _, name := range odd {
		err := Send(t.Context(), SendOptions{Server: "http://127.0.0.1:1", Paths: []string{at(name)}})
		if !errors.Is(err, os.ErrInvalid) {
			t.Errorf("send %s: %v", name, err)
		}
	}
	var mu sync.Mutex
	var skipped []string
	s := startShare(t, SendOptions{Server: newServer(t), Paths: all(t, dir), OnSkip: func(s Skipped) {
		mu.Lock()
		defer mu.Unlock()
		skipped = append(skipped, filepath.Base(s.Path)+" "+string(s.Why))
	}})
	out := t.TempDir()
	if got, err := receive(t, ReceiveOptions{Link: s.link, Out: out}); err != nil || got.View.Files != 1 {
		t.Errorf("Receive = %v, view %+v", err, got.View)
	}
	mu.Lock()
	defer mu.Unlock()
	slices.Sort(skipped)
	want := []string{"device special", "pipe special", "socket special"}[3-len(odd):]
	if !slices.Equal(skipped, want) {
		t.Errorf("told of %q, want %q", skipped, want)
	}
}

// Holes, names of one file, no bytes at all, and paths longer than any system takes in
// one piece: each arrives as the bytes it has.
func TestOddFilesCross(t *testing.T) {
	once(t)
	t.Parallel()
	src, out := t.TempDir(), t.TempDir()
	hole := filepath.Join(src, "hole.bin")
	check(t, os.WriteFile(hole, []byte("begin"), 0o644))
	check(t, os.Truncate(hole, 20<<20))
	f, err := os.OpenFile(hole, os.O_APPEND|os.O_WRONLY, 0)
	check(t, err)
	_, err = f.WriteString("end")
	check(t, errors.Join(err, f.Close()))
	check(t, os.WriteFile(filepath.Join(src, "one.mov"), noise(1000), 0o644))
	check(t, os.Link(filepath.Join(src, "one.mov"), filepath.Join(src, "two.mov")))
	check(t, os.WriteFile(filepath.Join(src, "none"), nil, 0o644))
	check(t, os.Mkdir(filepath.Join(src, "deep"), 0o755))
	root, err := os.OpenRoot(filepath.Join(src, "deep"))
	check(t, err)
	deep := "."
	for n := range wire.DepthMax - 2 {
		deep = filepath.Join(deep, fmt.Sprintf("%02d%s", n, strings.Repeat("d", 198)))
	}
	check(t, root.MkdirAll(deep, 0o755))
	check(t, root.WriteFile(filepath.Join(deep, "bottom.txt"), []byte("bottom"), 0o644))
	check(t, root.Close())

	s := startShare(t, SendOptions{Server: newServer(t), Paths: all(t, src)})
	if got, err := receive(t, ReceiveOptions{Link: s.link, Out: out, Resume: true, Keys: t.TempDir()}); err != nil {
		t.Fatalf("Receive = %v, view %+v", err, got.View)
	}
	root, err = os.OpenRoot(filepath.Join(out, "deep"))
	check(t, err)
	defer root.Close()
	if b, err := root.ReadFile(filepath.Join(deep, "bottom.txt")); string(b) != "bottom" {
		t.Errorf("at the bottom: %q, %v", b, err)
	}
	for _, name := range []string{"hole.bin", "one.mov", "two.mov", "none"} {
		a, err1 := os.ReadFile(filepath.Join(src, name))
		b, err2 := os.ReadFile(filepath.Join(out, name))
		info, err3 := os.Lstat(filepath.Join(out, name))
		if err1 != nil || err2 != nil || err3 != nil || string(a) != string(b) || links(info) != 1 {
			t.Errorf("%s: %d bytes of %d, %v", name, len(b), len(a), errors.Join(err1, err2, err3))
		}
	}
}

// What other programs do to a source while it is read: it arrives as it is in the end,
// whole; so do the others.
func TestSourcesThatAreChangedMeanwhile(t *testing.T) {
	once(t)
	t.Parallel()
	old := noise(6 << 20)
	half := noise(3 << 20)
	for what, v := range map[string]struct {
		change func(path string) error
		want   []byte
	}{
		"cut":      {func(p string) error { return os.Truncate(p, 2<<20) }, old[:2<<20]},
		"emptied":  {func(p string) error { return os.Truncate(p, 0) }, []byte{}},
		"longer":   {func(p string) error { return os.WriteFile(p, append(slices.Clone(old), half...), 0o644) }, append(slices.Clone(old), half...)},
		"replaced": {func(p string) error { return errors.Join(os.WriteFile(p+"~", half, 0o644), os.Rename(p+"~", p)) }, half},
		// Whoever has a file open reads it to its end here, whatever its name leads to.
		"deleted": {os.Remove, old},
		"a pipe":  {func(p string) error { return errors.Join(os.Remove(p), syscall.Mkfifo(p, 0o644)) }, old},
	} {
		src, out := tree(t, map[string][]byte{"A/film.mov": old, "A/other.txt": []byte("other")}), t.TempDir()
		var first sync.Once
		s := startShare(t, SendOptions{Server: newServer(t), Paths: all(t, src), hook: func(x *shell) {
			x.sources.pread = func(f *os.File, b []byte, at int64) (int, error) {
				if filepath.Base(f.Name()) == "film.mov" && at >= 1<<20 {
					first.Do(func() { check(t, v.change(filepath.Join(src, "A/film.mov"))) })
				}
				return f.ReadAt(b, at)
			}
		}})
		got, err := receive(t, ReceiveOptions{Link: s.link, Out: out, Accept: func(context.Context, *Offer) bool { return true }})
		have := read(t, out)
		if string(have["A/other.txt"].data) != "other" {
			t.Errorf("%s: the other file did not arrive", what)
		}
		if film := have["A/film.mov"].data; err != nil || string(film) != string(v.want) {
			t.Errorf("%s: Receive = %v, %d bytes, want %d; %+v", what, err, len(film), len(v.want), got.View)
		}
	}
}

// A folder of very many files. BEELINE_MANY=100000 makes it as large as it is asked of
// us; a test of every run has fewer.
func TestAFolderOfVeryManyFiles(t *testing.T) {
	once(t)
	t.Parallel()
	many := 2_000
	if _, err := fmt.Sscan(os.Getenv("BEELINE_MANY"), &many); err != nil && os.Getenv("BEELINE_MANY") != "" {
		t.Fatal(err)
	}
	src, out := t.TempDir(), t.TempDir()
	check(t, os.Mkdir(filepath.Join(src, "A"), 0o755))
	for n := range many {
		check(t, os.WriteFile(filepath.Join(src, "A", fmt.Sprintf("%06d", n)), []byte(fmt.Sprintf("%06d", n))[:n%3], 0o644))
	}
	s := startShare(t, SendOptions{Server: newServer(t), Paths: all(t, src)})
	began := time.Now()
	got, err := Receive(t.Context(), ReceiveOptions{Link: s.link, Out: out, Resume: true, Keys: t.TempDir()})
	if err != nil || got.View.FilesVerified != uint32(many) {
		t.Fatalf("Receive = %v, view %+v", err, got.View)
	}
	t.Logf("%d files, %.0f a second", many, float64(many)/time.Since(began).Seconds())
	list, err := os.ReadDir(filepath.Join(out, "A"))
	if err != nil || len(list) != many {
		t.Errorf("%d files are there, %v", len(list), err)
	}
}
