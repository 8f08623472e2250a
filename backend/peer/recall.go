package peer

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"beeline/wasm/journal"
	"beeline/wasm/lane"
	"beeline/wasm/session"
)

// This file: what an earlier run left of a transfer. Nothing is believed but names
// and sizes that are found; what is found is read back and compared like all else.
//
//	Beeline (unfinished)/8f3a01c2/
//	  journal     wasm/journal: what is safe, and where; locked by who writes it
//	  folders     folders that this transfer made, for their dates, and behind a 1 names
//	              that empty files hold for files under way: path NUL path NUL …
//	  t5, t5-2    files under way; the number is that of one run's list
//
// Places in the journal: "in/t5" of a file under way, "at/<date, ms>/<name>" of one
// that has its name, in the folder it was listed in.

const (
	placeIn = "in/"
	placeAt = "at/"
)

// foldersMax is how much is read of the list of folders.
const foldersMax = 64 << 20

// takePlace finds the part folder of an earlier run that no other program uses, or
// makes one, and opens its journal.
func (d *dest) takePlace(key string) error {
	for _, name := range d.earlier(key) {
		dir := filepath.Join(d.unfinished, name)
		if !d.ownFolder(dir) {
			continue
		}
		if b, err := openLogbook(d.root, dir); err == nil {
			d.temp = dir
			return d.begin(b)
		}
	}
	if err := d.newPlace(key); err != nil {
		return err
	}
	b, err := openLogbook(d.root, d.temp)
	if err != nil {
		return err
	}
	return d.begin(b)
}

// earlier are the names that a run gave to the part folder of a transfer.
func (d *dest) earlier(key string) []string {
	list, _ := d.list(d.root, d.unfinished) // not there yet: none
	list = slices.DeleteFunc(list, func(name string) bool { return name != key && !strings.HasPrefix(name, key+"-") })
	slices.Sort(list)
	return list
}

// begin starts to keep the journal.
func (d *dest) begin(b *logbook) error {
	d.book = b
	b.write, b.full = d.pwrite, d.space.retry
	b.done = func(a session.DiskJournal) {
		if a.Bytes > 0 {
			d.say(session.Safe{File: a.File, Bytes: a.Bytes})
		}
	}
	go b.run()
	f, err := openPlain(d.root, filepath.Join(d.temp, foldersName), 0o600)
	if err != nil {
		return nil // costs dates of folders after a crash, no more
	}
	text, _ := io.ReadAll(io.LimitReader(f, foldersMax))
	for path := range strings.SplitSeq(string(text), "\x00") {
		d.madeBefore[path] = true
	}
	d.folders = f
	return nil
}

// noteFolder writes down that a folder is about to be made.
func (d *dest) noteFolder(path string) {
	if d.folders != nil {
		_, _ = d.folders.WriteString(path + "\x00") // see begin
	}
}

// held marks the name of a file that holds it empty for one under way.
func held(final string) string { return "\x01" + final }

// release removes the empty file that held the name for this one when an earlier run
// ended: what is still under way did not get it.
func (d *dest) release(p *part, above *folder) {
	for n := 1; n <= numbersMax; n++ {
		final := filepath.Join(above.path, numbered(p.path[len(p.path)-1], n, false))
		info, err := d.root.Lstat(final)
		if err != nil {
			return
		}
		if d.madeBefore[held(final)] && info.Mode().IsRegular() && info.Size() == 0 {
			_ = d.root.Remove(final)
			return
		}
	}
}

// recall answers with what is there of a file by the words of its journal.
func (d *dest) recall(p *part, kept []journal.Part) {
	d.say(d.recalled(p, kept))
}

func (d *dest) recalled(p *part, kept []journal.Part) session.DiskKept {
	nothing := session.DiskKept{File: p.file}
	above, ok := d.parent(p.path)
	if !ok || !plain(p.path) {
		return nothing
	}
	var last string
	var groups uint64
	for _, k := range kept {
		if d.landedAt(p, above, k.Place) {
			return d.landedBefore(p)
		}
		if name, in := strings.CutPrefix(k.Place, placeIn); in {
			last = name
			groups += uint64(k.Count)
		}
	}
	if !strings.HasPrefix(last, "t") || filepath.Base(last) != last {
		return nothing
	}
	temp := filepath.Join(d.temp, last)
	if info, err := d.root.Lstat(temp); err == nil && !info.Mode().IsRegular() {
		return nothing // not made by us
	}
	f, err := d.root.OpenFile(temp, os.O_RDWR|nonblock, 0)
	switch {
	case err == nil && alone(d.root, temp, f):
		d.release(p, above)
		return d.takeUp(p, temp, f, kept)
	case err == nil:
		// It has another name too: its final one, which it was getting when the earlier
		// run ended, or one that is none of ours. Nothing is written through it.
		final, found := d.findPlaced(p, above, f)
		f.Close()
		_ = d.root.Remove(temp)
		if found {
			d.top(p.path, final)
			return d.landedBefore(p)
		}
	case errors.Is(err, fs.ErrNotExist) && groups >= uint64(lane.Groups(p.size)):
		// All of it was there, so it got its name before anybody could write that down.
		if final, found := d.findPlaced(p, above, nil); found {
			return d.readPlaced(p, final)
		}
	}
	return nothing
}

// landedBefore says that a file has its name since an earlier run.
func (d *dest) landedBefore(p *part) session.DiskKept {
	p.landed.Store(true)
	delete(d.parts, p.file)
	return session.DiskKept{File: p.file, Landed: true}
}

// landedAt reports whether a file has the name still that the journal says it got,
// and is what it was then.
func (d *dest) landedAt(p *part, above *folder, place string) bool {
	rest, ok := strings.CutPrefix(place, placeAt)
	date, name, cut := strings.Cut(rest, "/")
	ms, err := strconv.ParseInt(date, 10, 64)
	if !ok || !cut || err != nil || !plain([]string{name}) {
		return false
	}
	final := filepath.Join(above.path, name)
	info, err := d.root.Lstat(final)
	if err != nil || !info.Mode().IsRegular() || uint64(info.Size()) != p.size || info.ModTime().UnixMilli() != ms {
		return false
	}
	d.top(p.path, final)
	return true
}

// placeOf is how the journal names a file that got its name; empty where there is
// no room for it.
func (d *dest) placeOf(final string) string {
	info, err := d.root.Lstat(final)
	if err != nil {
		return ""
	}
	place := placeAt + strconv.FormatInt(info.ModTime().UnixMilli(), 10) + "/" + filepath.Base(final)
	if len(place) > journal.PlaceMax {
		return ""
	}
	return place
}

// findPlaced looks for a file under the names it may have got: the one that same
// is, or without it one of the size and date of the list.
func (d *dest) findPlaced(p *part, above *folder, same *os.File) (final string, found bool) {
	var want os.FileInfo
	if same != nil {
		var err error
		if want, err = same.Stat(); err != nil {
			return "", false
		}
	}
	for n := 1; n <= numbersMax; n++ {
		final = filepath.Join(above.path, numbered(p.path[len(p.path)-1], n, false))
		info, err := d.root.Lstat(final)
		switch {
		case err != nil:
			return "", false
		case !info.Mode().IsRegular() || uint64(info.Size()) != p.size:
		case want != nil && os.SameFile(info, want), want == nil && p.modMS != 0 && info.ModTime().UnixMilli() == p.modMS:
			return final, true
		}
	}
	return "", false
}

// readPlaced has a file read back that stands under its name, and was not seen to
// get it.
func (d *dest) readPlaced(p *part, final string) session.DiskKept {
	if p.size == 0 {
		d.top(p.path, final)
		return d.landedBefore(p)
	}
	f, err := d.root.OpenFile(final, os.O_RDONLY|nonblock, 0)
	if err != nil {
		return session.DiskKept{File: p.file}
	}
	p.temp, p.f, p.placed, p.written = final, f, true, p.size
	d.space.add(int64(p.size))
	return session.DiskKept{File: p.file, Parts: []journal.Part{{Count: lane.Groups(p.size)}}}
}

// unplace lets go of a file under its name that is not what was sent: it may be
// somebody's, and stays. What is sent is written beside it.
func (d *dest) unplace(p *part) {
	if !p.placed {
		return
	}
	d.letGo(p)
	d.space.add(-int64(p.reset(p.version, p.size)))
	d.say(session.Lost{File: p.file, Version: p.version, Length: p.size})
}

// letGo leaves a file under its name alone.
func (d *dest) letGo(p *part) {
	if p.placed {
		p.close()
		p.temp, p.placed = "", false
	}
}

// takeUp goes on with a file under way.
func (d *dest) takeUp(p *part, temp string, f *os.File, kept []journal.Part) session.DiskKept {
	info, err := f.Stat()
	if err != nil || d.taken[temp] {
		f.Close() // two entries of one list can't be one file
		return session.DiskKept{File: p.file}
	}
	d.taken[temp] = true
	p.temp, p.f = temp, f
	answer := session.DiskKept{File: p.file}
	var have runs
	for _, k := range kept {
		end := min(uint64(k.First+k.Count)*groupSize, p.size)
		if k.Place == placeIn+filepath.Base(temp) && end <= uint64(info.Size()) {
			have.add(k.First, k.Count)
		}
	}
	for _, r := range have {
		answer.Parts = append(answer.Parts, journal.Part{First: r.first, Count: r.count})
		p.written += min(uint64(r.first+r.count)*groupSize, p.size) - uint64(r.first)*groupSize
	}
	d.space.add(int64(p.written))
	return answer
}
