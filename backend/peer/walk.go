package peer

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"beeline/wasm/catalog"
	"beeline/wasm/wire"
)

// A Skipped entry is not shared.
type Skipped struct {
	Path string // as found on this machine
	Why  SkipReason
}

// A SkipReason says why an entry is not shared.
type SkipReason string

const (
	SkipLink       SkipReason = "link"       // a symbolic link inside a folder
	SkipSpecial    SkipReason = "special"    // a device, pipe or socket
	SkipUnreadable SkipReason = "unreadable" // it could not be looked at, or the folder not opened
	SkipLimit      SkipReason = "limit"      // too deep, too large, or its name too long: PROTOCOL.md g
	SkipOwn        SkipReason = "unfinished" // a folder of what is not complete, or waits in quarantine
)

// ownFolders are the folders that a destination has beside what arrived, also where the
// first name was taken; folded, since a disk may tell no case apart.
var ownFolders = regexp.MustCompile(`^(` + regexp.QuoteMeta(catalog.Fold(PartFolder)) + `|` + regexp.QuoteMeta(catalog.Fold(QuarantineFolder)) + `)( \([0-9]+\))?$`)

// ownTrial is what is made for a moment to learn what a disk can do (target.go).
var ownTrial = regexp.MustCompile(`^\.beeline-[0-9a-f]{16}(:\?")?$`)

// own reports whether an entry is this program's: it is not verified, or no scan has
// released it, and so nobody's to have.
func own(name string, dir bool) bool {
	return dir && ownFolders.MatchString(catalog.Fold(name)) || ownTrial.MatchString(name)
}

// found is what is known of an entry that was looked at.
type found struct {
	name  string
	size  int64
	modMS int64
	mode  fs.FileMode
	short bool // it takes clearly less room than it is long
}

func seen(name string, info os.FileInfo) found {
	return found{name, info.Size(), info.ModTime().UnixMilli(), info.Mode(), info.Mode().IsRegular() && maybeSparse(info)}
}

// walkBatch is how many entries are handed to the machine at once.
const walkBatch = 512

// A root is one path the person named.
type root struct {
	path string // without links, absolute
	name string // in the list
	info os.FileInfo
}

// findRoots looks at the paths before anything is made of them: one that is not
// there is a mistake to be told at once. A link is followed here, because the
// person named it; inside folders none is.
func findRoots(paths []string) ([]root, error) {
	if len(paths) == 0 {
		return nil, fmt.Errorf("nothing to send")
	}
	var roots []root
	for _, p := range paths {
		abs, err := filepath.Abs(p)
		if err != nil {
			return nil, fmt.Errorf("find a path to send: %w", err)
		}
		real, err := filepath.EvalSymlinks(abs)
		if err != nil {
			return nil, fmt.Errorf("find a path to send: %w", err)
		}
		info, err := os.Lstat(real)
		if err != nil {
			return nil, fmt.Errorf("find a path to send: %w", err)
		}
		if !info.IsDir() && !info.Mode().IsRegular() {
			return nil, fmt.Errorf("find a path to send: %w", &fs.PathError{Op: "send", Path: p, Err: fs.ErrInvalid})
		}
		name := filepath.Base(abs)
		if name == string(filepath.Separator) || strings.HasSuffix(name, ":") || strings.HasSuffix(name, ":\\") {
			name = "disk" // the root of a file system has no name
		}
		roots = append(roots, root{real, name, info})
	}
	return roots, nil
}

// CheckPaths looks whether paths can be shared, as they are now.
func CheckPaths(paths []string) error {
	_, err := findRoots(paths)
	return err
}

// title is the share's name: that of the only path, or how many there are.
func title(roots []root) string {
	if len(roots) == 1 {
		return roots[0].name
	}
	return fmt.Sprintf("%d items", len(roots))
}

// A walker lists what is shared, every level, in the order of names.
type walker struct {
	sources *sources
	skip    func(Skipped)
	// add hands on entries and reports false when nobody wants them any more.
	add     func([]catalog.Entry) bool
	entries []catalog.Entry
	total   int
	// onHoles is told of files with holes, if there are any, once all is listed: each that
	// may have some is opened. nil: none is.
	onHoles func(Holes)
	holes   Holes
}

// Holes are the files of a list that take less of this disk than they are long: what was
// never written in them reads as zeros, and is sent and written as such.
type Holes struct {
	Files int
	Bytes uint64 // that are sent for them
}

// sparse counts a file that has holes. Only Linux tells.
func (w *walker) sparse(index uint32) {
	root, path, n := w.sources.where(index)
	f, err := openRegular(root, path)
	if err != nil {
		return // who wants it will hear of that
	}
	defer f.Close()
	if hasHole(f, int64(n.size)) {
		w.holes.Files++
		w.holes.Bytes += n.size
	}
}

func (w *walker) walk(ctx context.Context, roots []root) error {
	parents := make(map[string]int32) // of folders whose files were named
	for _, r := range roots {
		dir, rel := r.path, "."
		if !r.info.IsDir() {
			dir, rel = filepath.Split(r.path)
		}
		at, ok := parents[dir]
		if !ok || rel == "." {
			var err error
			if at, err = w.sources.open(dir); err != nil {
				w.report(r.path, SkipUnreadable)
				continue
			}
			if rel != "." {
				parents[dir] = at
			}
		}
		if err := w.entry(ctx, node{root: at, name: rel}, r.name, r.path, seen(r.name, r.info), 1); err != nil {
			return err
		}
	}
	if !w.flush() {
		return context.Canceled
	}
	if w.holes.Files > 0 {
		w.onHoles(w.holes)
	}
	return nil
}

// entry lists one file or folder, and what is in it.
func (w *walker) entry(ctx context.Context, n node, name, path string, e found, depth int) error {
	n.size, n.modMS = uint64(e.size), e.modMS
	if n.parent == 0 {
		n.listed = name
	}
	switch mode := e.mode; {
	case own(name, mode.IsDir()) || own(filepath.Base(path), mode.IsDir()): // a link may have been named
		w.report(path, SkipOwn)
		return nil
	case mode.IsDir():
		n.dir, n.size = true, 0
	case mode&fs.ModeSymlink != 0:
		w.report(path, SkipLink)
		return nil
	case !mode.IsRegular():
		w.report(path, SkipSpecial)
		return nil
	default:
		n.exec = mode&0o100 != 0
	}
	if depth > wire.DepthMax || len(name) > wire.NameMax || n.size > wire.FileMax || w.total == wire.EntriesMax-1 {
		w.report(path, SkipLimit)
		return nil
	}
	index := w.sources.add(n)
	if e.short && w.onHoles != nil {
		w.sparse(index)
	}
	w.total++
	w.entries = append(w.entries, n.entry())
	if len(w.entries) == walkBatch && !w.flush() {
		return context.Canceled
	}
	if n.dir {
		return w.folder(ctx, index, path, depth)
	}
	return nil
}

func (w *walker) folder(ctx context.Context, index uint32, path string, depth int) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	root, rel, _ := w.sources.where(index)
	dir, err := root.Open(rel)
	if err != nil {
		w.report(path, SkipUnreadable)
		return nil
	}
	list, err := w.content(dir, path)
	dir.Close()
	if err != nil {
		w.report(path, SkipUnreadable) // what was read of it is listed all the same
	}
	for i, e := range list {
		list[i] = found{} // of a folder of 500,000
		if err := w.entry(ctx, node{parent: index, name: e.name}, e.name, filepath.Join(path, e.name), e, depth+1); err != nil {
			return err
		}
	}
	return nil
}

// content reads a folder, in the order of names. What the system says of an entry is
// 300 bytes: some are asked for at a time.
func (w *walker) content(dir *os.File, path string) (list []found, err error) {
	for err == nil {
		var some []fs.DirEntry
		some, err = dir.ReadDir(walkBatch)
		for _, e := range some {
			info, err := e.Info()
			if err != nil {
				w.report(filepath.Join(path, e.Name()), SkipUnreadable)
				continue
			}
			list = append(list, seen(e.Name(), info))
		}
	}
	if err == io.EOF {
		err = nil
	}
	slices.SortFunc(list, func(a, b found) int { return strings.Compare(a.name, b.name) })
	return list, err
}

func (w *walker) flush() bool {
	list := w.entries
	w.entries = nil
	return len(list) == 0 || w.add(list)
}

func (w *walker) report(path string, why SkipReason) {
	w.skip(Skipped{path, why})
}
