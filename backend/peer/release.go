package peer

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"beeline/wasm/session"
)

// release gives everything of a delivery its place in the destination, by the rule
// that all files land by: nothing that is there is overwritten but by Replace. What is
// neither file nor folder did not come from a sender, and goes. Killed in the middle,
// what is left is a smaller delivery.
func (q *quarantine) release(ctx context.Context, conflict Conflict) (top []string, err error) {
	d := newDest(q.out, conflict, func(session.Event) {})
	d.root, d.dirs[""] = q.root, &folder{path: "."}
	defer context.AfterFunc(ctx, d.giveUp)()
	files := q.path(filesName)
	root, err := q.files()
	if err != nil {
		return nil, err
	}
	defer root.Close()
	err = eachFile(root, ".", func(path string, info fs.FileInfo) error {
		listed := strings.Split(filepath.ToSlash(path), "/")
		switch {
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case info.IsDir():
			d.makeDir(session.DiskEntry{Dir: true, Path: listed, ModMS: info.ModTime().UnixMilli()})
			if d.dirs[strings.Join(listed, "/")] == nil {
				return fs.ErrPermission
			}
			return nil
		case !info.Mode().IsRegular():
			return nil
		}
		return d.releaseFile(filepath.Join(files, path), listed, info)
	})
	d.settleDirs() // also what was released until something went wrong
	top, _ = d.result()
	if err != nil {
		return top, err
	}
	if _, err := root.Lstat(PartFolder); err == nil {
		if _, err := q.state(); err != nil {
			return top, nil // more of it may come: that stays
		}
	}
	root.Close()
	q.remove()
	return top, nil
}

// releaseFile moves one file.
func (d *dest) releaseFile(from string, listed []string, info fs.FileInfo) error {
	above, ok := d.parent(listed)
	if !ok || !plain(listed) {
		return fs.ErrInvalid
	}
	f, err := d.root.OpenFile(from, os.O_RDONLY|nonblock, 0)
	if err != nil {
		return err
	}
	p := &part{path: listed, size: uint64(info.Size()), temp: from, f: f}
	defer p.close()
	if links(info) > 1 {
		// It has its other name since a run that was killed between two steps.
		if final, found := d.findPlaced(p, above, f); found {
			p.close()
			d.top(listed, final)
			return d.root.Remove(from)
		}
	}
	final, _, err := d.landUnder(p, p.state(), above, listed[len(listed)-1])
	if err == nil {
		d.top(listed, final)
	}
	return err
}

// remove takes away the quarantine of a delivery that was released.
func (q *quarantine) remove() {
	// "state" last of what tells of a delivery: killed in between, it is an empty one.
	_ = q.root.RemoveAll(q.path(filesName))
	q.lock.Close()
	_ = q.root.RemoveAll(q.path())
	_ = q.root.Remove(QuarantineFolder) // stays while there is another
}
