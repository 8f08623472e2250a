package peer

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/hanwen/go-fuse/v2/fs"
	"github.com/hanwen/go-fuse/v2/fuse"

	"beeline/wasm/session"
	"beeline/wasm/wire"
)

// An oddDisk is a real file system, mounted by FUSE over a folder, that fails as the
// test says: what asks it is the kernel, not a function in the place of one.
type oddDisk struct {
	at   string
	fail atomic.Pointer[func(op, name string) syscall.Errno]
}

// mountOdd mounts one, or skips the test.
func mountOdd(t *testing.T) *oddDisk {
	t.Helper()
	d := &oddDisk{at: t.TempDir()}
	d.mend()
	below := &fs.LoopbackRoot{Path: t.TempDir()}
	below.RootNode = &oddNode{&fs.LoopbackNode{RootData: below}, d}
	server, err := fs.Mount(d.at, below.RootNode, &fs.Options{MountOptions: fuse.MountOptions{DirectMountStrict: true, Name: "odd"}})
	if err != nil {
		t.Skip("no file system can be mounted by FUSE here: ", err)
	}
	t.Cleanup(func() {
		if err := server.Unmount(); err != nil {
			t.Error("unmount: ", err)
		}
		server.Wait()
	})
	return d
}

// breaks says what fails from now on: an operation on a name (of the file alone).
func (d *oddDisk) breaks(f func(op, name string) syscall.Errno) { d.fail.Store(&f) }
func (d *oddDisk) mend()                                        { d.breaks(func(string, string) syscall.Errno { return 0 }) }
func (d *oddDisk) fails(op, name string) syscall.Errno          { return (*d.fail.Load())(op, name) }

type oddNode struct {
	*fs.LoopbackNode
	disk *oddDisk
}

func (n *oddNode) WrapChild(_ context.Context, child fs.InodeEmbedder) fs.InodeEmbedder {
	return &oddNode{child.(*fs.LoopbackNode), n.disk}
}

func (n *oddNode) Create(ctx context.Context, name string, flags, mode uint32, out *fuse.EntryOut) (*fs.Inode, fs.FileHandle, uint32, syscall.Errno) {
	if e := n.disk.fails("create", name); e != 0 {
		return nil, nil, 0, e
	}
	in, fh, f, e := n.LoopbackNode.Create(ctx, name, flags, mode, out)
	return in, n.disk.file(fh, name, e), f, e
}

func (n *oddNode) Open(ctx context.Context, flags uint32) (fs.FileHandle, uint32, syscall.Errno) {
	name, _ := n.EmbeddedInode().Parent()
	fh, f, e := n.LoopbackNode.Open(ctx, flags)
	return n.disk.file(fh, name, e), f | fuse.FOPEN_DIRECT_IO, e // nothing is read from memory
}

func (n *oddNode) Mkdir(ctx context.Context, name string, mode uint32, out *fuse.EntryOut) (*fs.Inode, syscall.Errno) {
	if e := n.disk.fails("create", name); e != 0 {
		return nil, e
	}
	return n.LoopbackNode.Mkdir(ctx, name, mode, out)
}

func (n *oddNode) Link(ctx context.Context, target fs.InodeEmbedder, name string, out *fuse.EntryOut) (*fs.Inode, syscall.Errno) {
	if e := n.disk.fails("link", name); e != 0 {
		return nil, e
	}
	return n.LoopbackNode.Link(ctx, target, name, out)
}

func (n *oddNode) Rename(ctx context.Context, name string, parent fs.InodeEmbedder, to string, flags uint32) syscall.Errno {
	if e := n.disk.fails("create", to); e != 0 {
		return e
	}
	return n.LoopbackNode.Rename(ctx, name, parent, to, flags)
}

type oddFile struct {
	*fs.LoopbackFile
	disk *oddDisk
	name string
}

func (d *oddDisk) file(fh fs.FileHandle, name string, e syscall.Errno) fs.FileHandle {
	if f, ok := fh.(*fs.LoopbackFile); ok && e == 0 {
		return &oddFile{f, d, name}
	}
	return fh
}

func (f *oddFile) PassthroughFd() (int, bool) { return 0, false } // the kernel would not ask here

func (f *oddFile) Write(ctx context.Context, b []byte, at int64) (uint32, syscall.Errno) {
	if e := f.disk.fails("write", f.name); e != 0 {
		return 0, e
	}
	return f.LoopbackFile.Write(ctx, b, at)
}

func (f *oddFile) Read(ctx context.Context, b []byte, at int64) (fuse.ReadResult, syscall.Errno) {
	if e := f.disk.fails("read", f.name); e != 0 {
		return nil, e
	}
	return f.LoopbackFile.Read(ctx, b, at)
}

func (f *oddFile) Fsync(ctx context.Context, flags uint32) syscall.Errno {
	if e := f.disk.fails("sync", f.name); e != 0 {
		return e
	}
	return f.LoopbackFile.Fsync(ctx, flags)
}

// A disk that thinks like Windows and has no links, as a memory stick: names it can't
// hold are escaped, and nothing is lost.
func TestADiskOfOtherNames(t *testing.T) {
	once(t)
	t.Parallel()
	odd := mountOdd(t)
	odd.breaks(func(op, name string) syscall.Errno {
		switch {
		case op == "link":
			return syscall.EPERM
		case op == "create" && strings.ContainsAny(name, `:*?"<>|\`):
			return syscall.EINVAL
		}
		return 0
	})
	src := tree(t, map[string][]byte{"Take: 1/what?.mov": noise(3 << 20), "Take: 1/plain.mov": noise(10), "a<b>.txt": {}, "Day 1/x.mov": noise(5)})
	s := startShare(t, SendOptions{Server: newServer(t), Paths: all(t, src), Once: true})
	flagged := 0
	got, err := receive(t, ReceiveOptions{Link: s.link, Out: odd.at, Resume: true, Keys: t.TempDir(), Accept: func(_ context.Context, o *Offer) bool {
		flagged = o.View.Flagged
		return true
	}})
	if err != nil || s.wait(t) != nil {
		t.Fatalf("Receive = %v, view %+v", err, got.View)
	}
	if flagged != 3 {
		t.Errorf("%d names were said to be changed, want 3", flagged)
	}
	have := read(t, odd.at)
	if len(have) != 6 || have["Day 1/x.mov"].data == nil {
		t.Errorf("there are %d entries, want 6", len(have))
	}
	for path := range read(t, src) {
		if _, err := os.Stat(filepath.Join(odd.at, path)); strings.ContainsAny(path, `:?<`) == (err == nil) {
			t.Errorf("%q: %v", path, err)
		}
	}
}

// What nobody can foresee: a disk that refuses one name. That file says so; the others
// land, and it does once the name can be used.
func TestANameThatOnlyTheDiskRefuses(t *testing.T) {
	once(t)
	t.Parallel()
	for _, errno := range []syscall.Errno{syscall.EILSEQ, syscall.ENAMETOOLONG} {
		odd := mountOdd(t)
		odd.breaks(func(op, name string) syscall.Errno {
			if (op == "create" || op == "link") && strings.Contains(name, "é") {
				return errno
			}
			return 0
		})
		src := tree(t, map[string][]byte{"A/é.mov": noise(3 << 20), "A/e.mov": noise(10), "é/in.mov": noise(10)})
		s := startShare(t, SendOptions{Server: newServer(t), Paths: all(t, src)})
		o := ReceiveOptions{Link: s.link, Out: odd.at, Resume: true, Keys: t.TempDir(), Conflict: Skip}
		got, err := receive(t, o)
		if wire.CodeOf(err) != wire.Incomplete || got.View.FilesVerified != 1 || len(got.View.Failed) != 2 {
			t.Fatalf("%v: Receive = %v, view %+v", errno, err, got.View)
		}
		for _, f := range got.View.Failed {
			if f.Why != wire.Name {
				t.Errorf("%v: %s failed with %v, want %v", errno, f.Name, f.Why, wire.Name)
			}
		}
		odd.mend()
		if got, err = receive(t, o); err != nil {
			t.Errorf("%v: once it may be used: %v, view %+v", errno, err, got.View)
		}
		sameTrees(t, odd.at, src)
	}
}

// A disk that fails in the middle: what can't be kept says so, and once the disk is
// well the same command goes on from what was safe.
func TestADiskThatFails(t *testing.T) {
	once(t)
	for _, op := range []string{"write", "sync", "read", "link"} {
		t.Run(op, func(t *testing.T) {
			t.Parallel()
			odd := mountOdd(t)
			src := tree(t, map[string][]byte{"A/big.mov": noise(12 << 20), "A/small.txt": noise(10), "none": {}})
			var moved atomic.Int64
			s := startShare(t, SendOptions{Server: newServer(t), Paths: all(t, src), hook: func(s *shell) { s.machine = counted{s.machine, &moved} }})
			o := ReceiveOptions{Link: s.link, Out: odd.at, Resume: true, Keys: t.TempDir(), Conflict: Skip}
			broken := o
			broken.OnView = func(v session.ReceiveView) {
				if v.Safe < 4<<20 {
					return
				}
				odd.breaks(func(o, name string) syscall.Errno {
					if (o == op || o == "create" && op == "link") && name != "journal" && !strings.HasPrefix(name, "none") {
						return syscall.EIO
					}
					return 0
				})
			}
			got, err := receive(t, broken)
			if code := wire.CodeOf(err); code != wire.Incomplete && code != wire.Unwritable {
				t.Fatalf("Receive = %v, view %+v", err, got.View)
			}
			for _, f := range got.View.Failed {
				if f.Why != wire.Unwritable {
					t.Errorf("%s failed with %v, want %v", f.Name, f.Why, wire.Unwritable)
				}
			}
			odd.mend()
			if got, err = receive(t, o); err != nil {
				t.Fatalf("once it is well: %v, view %+v", err, got.View)
			}
			sameTrees(t, odd.at, src)
			again := moved.Load() - 12<<20 - 10
			t.Logf("%.1f MB were moved again", float64(again)/1e6)
			if again > 9<<20 {
				t.Errorf("%d bytes were moved again, want what was not safe", again)
			}
		})
	}
}

// A disk at the sender's that can't be read costs the file that is on it, and no more.
func TestASourceThatFails(t *testing.T) {
	once(t)
	t.Parallel()
	odd := mountOdd(t)
	out := t.TempDir()
	for name, data := range map[string][]byte{"bad.mov": noise(5 << 20), "good.mov": noise(2 << 20)} {
		check(t, os.WriteFile(filepath.Join(odd.at, name), data, 0o644))
	}
	odd.breaks(func(op, name string) syscall.Errno {
		if op == "read" && name == "bad.mov" {
			return syscall.EIO
		}
		return 0
	})
	s := startShare(t, SendOptions{Server: newServer(t), Paths: all(t, odd.at)})
	o := ReceiveOptions{Link: s.link, Out: out, Resume: true, Keys: t.TempDir(), Conflict: Skip}
	got, err := receive(t, o)
	if wire.CodeOf(err) != wire.Incomplete || got.View.FilesVerified != 1 || len(got.View.Failed) != 1 || got.View.Failed[0].Why != wire.Unreadable {
		t.Fatalf("Receive = %v, view %+v", err, got.View)
	}
	odd.mend()
	if got, err = receive(t, o); err != nil {
		t.Fatalf("once it can be read: %v, view %+v", err, got.View)
	}
	sameTrees(t, out, odd.at)
}
