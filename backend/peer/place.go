package peer

import (
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"beeline/wasm/catalog"
	"beeline/wasm/session"
	"beeline/wasm/wire"
)

// A Conflict says what happens where a file's name is taken already. A folder
// that is there is used; nothing that is there is ever lost, but by Replace.
type Conflict uint8

const (
	KeepBoth Conflict = iota // the new one gets a number: "clip (2).mov"
	Skip                     // the same bytes are not kept twice; others as KeepBoth
	Replace                  // a file is replaced by the file of the same name
)

const (
	nameLimit  = 255   // bytes of a name with a number
	numbersMax = 9_999 // tried before a name counts as impossible
)

// A folder is a directory below the destination.
type folder struct {
	path  string // on disk, below the root
	modMS int64  // 0: as the disk has it
	made  bool   // by us
	gone  bool
}

// parent returns the folder a listed path lies in.
func (d *dest) parent(path []string) (*folder, bool) {
	f := d.dirs[strings.Join(path[:len(path)-1], "/")]
	return f, f != nil
}

// makeDir makes a folder, or uses the one that is there. Of one that can't be
// made, the files fail.
func (d *dest) makeDir(a session.DiskEntry) {
	if !plain(a.Path) {
		return
	}
	above, ok := d.parent(a.Path)
	if !ok {
		return
	}
	name := a.Path[len(a.Path)-1]
	f, err := d.dirUnder(above, name)
	if other := catalog.Escape(name, catalog.Windows); refused(err) && other != name {
		f, err = d.dirUnder(above, other)
	}
	if err != nil {
		return
	}
	f.modMS = a.ModMS
	d.dirs[strings.Join(a.Path, "/")] = f
	d.top(a.Path, f.path)
}

func (d *dest) dirUnder(above *folder, name string) (f *folder, err error) {
	err = d.space.retry(func() error {
		f, err = d.tryDir(above, name)
		return err
	})
	return f, err
}

func (d *dest) tryDir(above *folder, name string) (*folder, error) {
	for n := 1; n <= numbersMax; n++ {
		path := filepath.Join(above.path, numbered(name, n, true))
		if _, err := d.root.Lstat(path); errors.Is(err, fs.ErrNotExist) {
			d.noteFolder(path) // first: killed between the two, a later run would leave it without its date
		}
		err := d.root.Mkdir(path, 0o755)
		if err == nil {
			return &folder{path: path, made: true}, nil
		}
		if !errors.Is(err, fs.ErrExist) {
			return nil, err
		}
		// A link is no folder, wherever it leads. And the part folder belongs to no
		// sender: its files could be replaced in there by ones of the list.
		if info, err := d.root.Lstat(path); err == nil && info.IsDir() && !d.ours(above, path) && !d.aliased(path) {
			return &folder{path: path, made: d.madeBefore[path]}, nil
		}
	}
	return nil, fs.ErrExist
}

// ours reports whether path is where unfinished files stand, or the quarantine: what a sender's
// list put there would be released with the delivery of another.
func (d *dest) ours(above *folder, path string) bool {
	if above.path != "." {
		return false
	}
	a, err := d.root.Stat(path)
	if err != nil {
		return true
	}
	for _, name := range []string{d.unfinished, QuarantineFolder} {
		if b, err := d.root.Stat(name); err == nil && os.SameFile(a, b) {
			return true
		}
	}
	return false
}

// land gives a verified file its name, beside the goroutine of the dest.
func (d *dest) land(p *part) {
	above, ok := d.parent(p.path)
	if !ok || !plain(p.path) {
		d.drop(p)
		d.failed(p, wire.Name)
		return
	}
	s := p.state()
	d.jobs.Go(func() {
		if d.book != nil && !s.placed {
			d.book.wait() // that all of it is there must be known before it has another name
		}
		d.permitted(func() { d.landNow(p, s, above) })
	})
}

// landNow is land once the journal has everything of the file.
func (d *dest) landNow(p *part, s state, above *folder) {
	if !d.untouched(p, s) {
		return
	}
	if s.placed {
		d.arrived(p, s.temp, false)
		return
	}
	if mod := time.UnixMilli(p.modMS); p.modMS != 0 {
		_ = d.root.Chtimes(p.temp, mod, mod) // a disk that keeps no dates loses nothing else
	}
	name := p.path[len(p.path)-1]
	final, same, err := d.landUnder(p, s, above, name)
	if other := catalog.Escape(name, catalog.Windows); refused(err) && other != name {
		final, same, err = d.landUnder(p, s, above, other)
	}
	if err != nil {
		p.unwell.Store(true)
		if isName(err) {
			err = wire.Name
		}
		d.failed(p, err)
		return
	}
	d.arrived(p, final, same)
}

// arrived says that a file has its name; same: it was there already.
func (d *dest) arrived(p *part, final string, same bool) {
	if same {
		d.mu.Lock()
		d.same++
		d.mu.Unlock()
	}
	d.top(p.path, final)
	p.landed.Store(true)
	d.ops.put(diskOp{do: func() { p.close(); delete(d.parts, p.file) }})
	place := ""
	if d.book != nil {
		place = d.placeOf(final)
	}
	d.say(session.Landed{File: p.file, Place: place})
}

func (d *dest) landUnder(p *part, s state, above *folder, name string) (final string, same bool, err error) {
	err = d.space.retry(func() error {
		final, same, err = d.tryLand(p, s, above, name)
		return err
	})
	return final, same, err
}

func (d *dest) tryLand(p *part, s state, above *folder, name string) (final string, same bool, err error) {
	for n := 1; n <= numbersMax; n++ {
		final = filepath.Join(above.path, numbered(name, n, false))
		info, err := d.root.Lstat(final)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			if err = d.claim(p, final); !errors.Is(err, fs.ErrExist) {
				return final, false, err
			}
			n-- // somebody was faster: look again
		case err != nil:
			return "", false, err
		case !info.Mode().IsRegular() || d.aliased(final):
		case d.conflict == Replace && n == 1:
			p.close()
			return final, false, d.root.Rename(p.temp, final)
		case d.conflict == Skip && uint64(info.Size()) == p.size && d.sameBytes(s, final):
			p.close()
			return final, true, d.root.Remove(p.temp)
		}
	}
	return "", false, fs.ErrExist
}

// claim gives a file its name if nothing has it. A link is made in one step, and
// fails where something is there; a rename would replace it in silence. Where a
// disk has no links (exFAT), an empty file holds the place first.
func (d *dest) claim(p *part, final string) error {
	p.close()
	err := d.link(d.root, p.temp, final)
	switch {
	case err == nil:
		return d.root.Remove(p.temp)
	case errors.Is(err, fs.ErrExist) || isFull(err):
		return err
	}
	d.noteFolder(held(final)) // a crash between the two lines must not leave it
	f, err := d.root.OpenFile(final, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	f.Close()
	if err := d.root.Rename(p.temp, final); err != nil {
		_ = d.root.Remove(final)
		return err
	}
	return nil
}

// sameBytes compares a file that is there with one that came.
func (d *dest) sameBytes(s state, path string) bool {
	f, err := d.root.OpenFile(path, os.O_RDONLY|nonblock, 0)
	if err != nil {
		return false
	}
	defer f.Close()
	goOn := func() bool {
		select {
		case <-d.stop:
			return false
		default:
			return true
		}
	}
	there := s
	there.f = f
	a, _, err1 := readBack(there, goOn)
	b, _, err2 := readBack(s, goOn)
	return err1 == nil && err2 == nil && a == b && goOn()
}

// top notes the name of a top-level entry as it is on disk.
func (d *dest) top(path []string, final string) {
	if len(path) != 1 {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.seen[final] {
		d.seen[final] = true
		d.landed = append(d.landed, final)
	}
}

// deepest returns the folders of the transfer, what is in one before it.
func (d *dest) deepest() []*folder {
	list := slices.Collect(maps.Values(d.dirs))
	slices.SortFunc(list, func(a, b *folder) int { return len(b.path) - len(a.path) })
	return list
}

// removeDirs takes away the folders that were made and have nothing in them.
func (d *dest) removeDirs() {
	for _, f := range d.deepest() {
		if f.made && d.root.Remove(f.path) == nil {
			f.gone = true
		}
	}
}

// settleDirs gives folders their dates and makes what happened in them last. The
// deepest come first: what happens in a folder changes its date.
func (d *dest) settleDirs() {
	for _, f := range d.deepest() {
		if f.gone {
			continue
		}
		if f.made && f.modMS != 0 {
			mod := time.UnixMilli(f.modMS)
			_ = d.root.Chtimes(f.path, mod, mod)
		}
		if dir, err := d.root.Open(f.path); err == nil {
			_ = dir.Sync() // not every system can
			dir.Close()
		}
	}
}

// names lists a folder below the destination.
func names(root *os.Root, dir string) ([]string, error) {
	f, err := root.Open(dir)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return f.Readdirnames(-1)
}

// plain reports whether every part of a path is one name and no more. The names
// were made so already (package catalog); this is the second lock on that door.
func plain(path []string) bool {
	for _, name := range path {
		if name == "" || name == "." || name == ".." || strings.ContainsAny(name, "/\x00") ||
			strings.ContainsRune(name, filepath.Separator) || !filepath.IsLocal(name) {
			return false
		}
	}
	return len(path) > 0
}

// refused reports a name that the disk does not take, though its system would.
func refused(err error) bool {
	return err != nil && !errors.Is(err, fs.ErrExist) && !errors.Is(err, fs.ErrPermission) && !isFull(err) && !errors.Is(err, errGivenUp)
}

// numbered returns the n-th name for what wants to be called name: "clip.mov",
// "clip (2).mov" and so on.
func numbered(name string, n int, dir bool) string {
	if n <= 1 {
		return name
	}
	stem, ext := name, ""
	if dot := strings.LastIndexByte(name, '.'); !dir && dot > 0 && len(name)-dot <= 17 {
		stem, ext = name[:dot], name[dot:]
	}
	tail := " (" + strconv.Itoa(n) + ")" + ext
	for len(stem)+len(tail) > nameLimit {
		_, size := utf8.DecodeLastRuneInString(stem)
		stem = stem[:len(stem)-size]
	}
	return stem + tail
}
