package peer

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"beeline/wasm/catalog"
	"beeline/wasm/wire"
)

// Open files kept for the next group: a handle is cheaper than a path.
const (
	handlesKept = 64
	handlesIdle = 10 * time.Second // then a file is let go, so that its owner may move it
)

// sources are the files of a share, by index in its list. Everything is opened
// through an os.Root: what was swapped for a link that leads elsewhere can't be
// read. It may be used by any number of goroutines.
type sources struct {
	pread func(f *os.File, b []byte, at int64) (int, error) // what tests put in the place of the disk; nil: (*os.File).ReadAt

	mu      sync.RWMutex // guards nodes and roots
	nodes   nodes
	roots   []*os.Root
	handles handles
}

// open adds a root and returns its number.
func (s *sources) open(dir string) (int32, error) {
	r, err := os.OpenRoot(dir)
	if err != nil {
		return 0, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.roots = append(s.roots, r)
	return int32(len(s.roots) - 1), nil
}

// add appends a node and returns its index in the list.
func (s *sources) add(n node) uint32 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.nodes.add(n)
}

// where returns the root and path of entry i, and the entry.
func (s *sources) where(i uint32) (*os.Root, string, node) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	n := s.nodes.at(i)
	top, names := n, []string{n.name}
	for top.parent != 0 {
		top = s.nodes.at(top.parent)
		names = append(names, top.name)
	}
	slices.Reverse(names)
	return s.roots[top.root], filepath.Join(names...), n
}

// entries returns up to count entries from entry from on, as they are listed.
func (s *sources) entries(from uint32, count int) (list []catalog.Entry) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	for i := from; int64(i) <= int64(s.nodes.n) && len(list) < count; i++ {
		list = append(list, s.nodes.at(i).entry())
	}
	return list
}

// read fills b from a file and reports an error unless the file is as it was
// listed, after reading as before.
func (s *sources) read(i uint32, at int64, b []byte) error {
	h, err := s.acquire(i)
	if err != nil {
		return err
	}
	defer s.handles.release(h)
	pread := s.pread
	if pread == nil {
		pread = (*os.File).ReadAt
	}
	if _, err := pread(h.file, b, at); err != nil {
		return fmt.Errorf("read a source: %w", err)
	}
	info, err := h.file.Stat()
	if err != nil {
		return fmt.Errorf("read a source: %w", err)
	}
	s.mu.RLock()
	n := *s.nodes.packed(i)
	s.mu.RUnlock()
	if uint64(info.Size()) != n.size || info.ModTime().UnixMilli() != n.modMS {
		return wire.Changed
	}
	return nil
}

// refresh looks at a file anew: what is read from now on is compared with that.
func (s *sources) refresh(i uint32) (size uint64, modMS int64, ok bool) {
	s.handles.forget(i)
	root, path, _ := s.where(i)
	f, err := openRegular(root, path)
	if err != nil {
		return 0, 0, false
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return 0, 0, false
	}
	size, modMS = uint64(info.Size()), info.ModTime().UnixMilli()
	s.mu.Lock()
	defer s.mu.Unlock()
	n := s.nodes.packed(i)
	if n.size != size || n.modMS != modMS {
		n.flags |= flagFresh
	}
	n.size, n.modMS = size, modMS
	return size, modMS, true
}

func (s *sources) acquire(i uint32) (*handle, error) {
	if h := s.handles.find(i); h != nil {
		return h, nil
	}
	root, path, n := s.where(i)
	if n.dir {
		return nil, wire.Unreadable
	}
	f, err := openRegular(root, path)
	if err != nil {
		return nil, err
	}
	return s.handles.keep(i, f), nil
}

// openRegular opens a file for reading, and nothing that only looks like one: a
// pipe would block, a device do who knows what.
func openRegular(root *os.Root, path string) (*os.File, error) {
	f, err := root.OpenFile(path, os.O_RDONLY|nonblock, 0)
	if err != nil {
		return nil, fmt.Errorf("open a source: %w", err)
	}
	if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() {
		f.Close()
		return nil, wire.Unreadable
	}
	return f, nil
}

// close lets go of everything: whoever still reads gets an error.
func (s *sources) close() {
	s.handles.sweep(time.Time{}, 0)
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range s.roots {
		r.Close()
	}
}

// handles are the open files, the latest used last.
type handles struct {
	mu   sync.Mutex
	list []*handle
}

type handle struct {
	index uint32
	file  *os.File
	used  time.Time
	users int
	old   bool // not in the list any more: closed by its last user
}

func (h *handles) find(i uint32) *handle {
	h.mu.Lock()
	defer h.mu.Unlock()
	for at, x := range h.list {
		if x.index == i {
			h.list = append(slices.Delete(h.list, at, at+1), x)
			x.users++
			return x
		}
	}
	return nil
}

func (h *handles) keep(i uint32, f *os.File) *handle {
	h.mu.Lock()
	defer h.mu.Unlock()
	x := &handle{index: i, file: f, users: 1}
	h.list = append(h.list, x)
	for len(h.list) > handlesKept {
		h.drop(0)
	}
	return x
}

func (h *handles) release(x *handle) {
	h.mu.Lock()
	defer h.mu.Unlock()
	x.users--
	x.used = time.Now()
	if x.old && x.users == 0 {
		x.file.Close()
	}
}

func (h *handles) forget(i uint32) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for at := len(h.list) - 1; at >= 0; at-- {
		if h.list[at].index == i {
			h.drop(at)
		}
	}
}

// sweep closes what nobody has used for idle.
func (h *handles) sweep(now time.Time, idle time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for at := len(h.list) - 1; at >= 0; at-- {
		if x := h.list[at]; idle == 0 || x.users == 0 && now.Sub(x.used) > idle {
			h.drop(at)
		}
	}
}

// drop takes a handle off the list. Called with mu held.
func (h *handles) drop(at int) {
	x := h.list[at]
	h.list = slices.Delete(h.list, at, at+1)
	x.old = true
	if x.users == 0 {
		x.file.Close()
	}
}
