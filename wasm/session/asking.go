package session

import (
	"beeline/wasm/catalog"
	"beeline/wasm/ctrl"
	"beeline/wasm/lane"
	"beeline/wasm/wire"
)

// This file: what a recipient asks for, and in which order: that of the list, as much as
// the window takes. PROTOCOL.md f.3.

// fill asks for as much as the window takes, and declares directories on the
// way. The order is that of the list.
func (r *Receiver) fill() {
	f := r.fetch
	if f == nil || !f.open || f.closed || r.list == nil || r.ended() {
		return
	}
	if r.conn == nil || !r.conn.hello || !r.headed || f.paused || f.held || f.full {
		r.maybeDone()
		return
	}
	r.lookAgain()
	room := r.window() - f.owed - f.unwritten
	files := r.filesOpen()
	// Wait until a GET is worth a message, also where the disk has everything and takes
	// long: each file that gets its name would ask for one. But in a stream all may wait
	// for the group that is to be asked for.
	if (f.owed > 0 || !f.stream) && room < r.window()/8 || len(f.asking) == 0 && files-f.fresh() < files/8 {
		r.maybeDone()
		return
	}
	var ranges []ctrl.Range
	for room >= 0 && len(ranges) < wire.RangesPerGet {
		t := r.pick()
		if t == nil || lane.GroupLen(t.size, t.cursor) > room {
			break // the window is never passed, not by one group
		}
		ranges, room = r.ask(t, ranges, room)
	}
	if len(ranges) > 0 {
		r.conn.send(ctrl.Get{Ranges: ranges})
		r.phaseIf(ListShown, Transferring)
		r.phaseIf(Reconnecting, Transferring)
	}
	r.lookAgain()
	r.maybeDone()
}

// fresh is how many files are under way that were not put off.
func (f *fetching) fresh() int { return len(f.active) - f.again }

// pick returns the next file to ask groups of: one under way, or the next of
// the list.
func (r *Receiver) pick() *target {
	f := r.fetch
	for len(f.asking) > 0 {
		t := f.active[f.asking[0]]
		if t != nil && r.wants(t) {
			return t
		}
		if t != nil {
			t.queued = false
		}
		f.asking = f.asking[1:]
	}
	f.asking = nil
	for int(f.next) < r.list.Len() && f.fresh() < r.filesOpen() {
		i := f.next
		f.next++
		if i == 0 || f.statusOf(i) != untouched {
			continue
		}
		if r.list.Kind(i) == catalog.Dir {
			f.setStatus(i, done)
			r.do(DiskEntry{File: i, Dir: true, Path: r.names.Path(i), ModMS: r.list.Entry(i).ModMS})
			continue
		}
		if r.putOff(i) {
			continue
		}
		t := r.activate(i)
		if t.size > sizeMax {
			delete(f.active, i)
			f.setStatus(i, failed)
			f.progress.FilesFailed++
			r.do(DiskDrop{File: i})
			continue
		}
		if t.waits {
			continue
		}
		f.asking = append(f.asking, i)
		t.queued = true
		return t
	}
	return nil
}

// sizeMax is the size of the largest file that can be taken: groups are numbered
// in 32 bits. No disk holds one.
const sizeMax = 1 << 52

func (r *Receiver) activate(i uint32) *target {
	now := r.fileNow(i)
	t := &target{file: i, version: now.version, size: now.size, groups: lane.Groups(now.size)}
	r.fetch.active[i] = t
	r.fetch.setStatus(i, underWay)
	e := DiskEntry{File: i, Path: r.names.Path(i), Size: now.size, ModMS: now.modMS, Exec: r.list.Entry(i).Exec}
	r.recall(t, &e)
	r.do(e)
	r.expect(t)
	return t
}

func (r *Receiver) expect(t *target) {
	if r.conn != nil {
		r.do(Expect{Session: r.conn.id, File: t.file, Version: t.version, Size: t.size})
	}
}

// wants moves the cursor to the next group that has to be asked for.
func (r *Receiver) wants(t *target) bool {
	if t.waits {
		return false
	}
	if t.groups == 0 {
		return !t.empty && !t.ended
	}
	for t.cursor < t.groups && (t.arrived.has(t.cursor) || t.due.has(t.cursor)) {
		t.cursor++
	}
	return t.cursor < t.groups
}

// ask appends ranges of one file, saying HAVE before the first of a session. It
// asks for one group at least.
func (r *Receiver) ask(t *target, ranges []ctrl.Range, room int) ([]ctrl.Range, int) {
	f := r.fetch
	if t.had {
		r.sayHave(t)
	}
	if t.groups == 0 {
		t.empty = true
		ranges = append(ranges, ctrl.Range{File: t.file, Version: t.version})
		if !t.finishing {
			t.finishing = true
			r.do(DiskFinish{File: t.file})
		}
		return ranges, room
	}
	fits := func() bool { return lane.GroupLen(t.size, t.cursor) <= room }
	for r.wants(t) && fits() && len(ranges) < wire.RangesPerGet {
		first := t.cursor
		for t.cursor < t.groups && fits() && !t.arrived.has(t.cursor) && t.due.set(t.cursor) {
			t.asked.set(t.cursor)
			n := lane.GroupLen(t.size, t.cursor)
			f.owed += n
			f.askedSum += uint64(n)
			room -= n
			t.cursor++
		}
		ranges = append(ranges, ctrl.Range{File: t.file, Version: t.version, First: first, Count: t.cursor - first})
	}
	t.mark = f.arrived
	return ranges, room
}

// sayHave names the groups of files that are here.
func (r *Receiver) sayHave(files ...*target) {
	var have []ctrl.Range
	named := uint32(0)
	say := func() {
		if len(have) > 0 {
			r.conn.send(ctrl.Have{Ranges: have})
			have, named = nil, 0
		}
	}
	for _, t := range files {
		t.had = false
		for g := t.arrived.next(0, t.groups); g < t.groups; {
			end := t.arrived.gap(g, t.groups)
			if room := groupsPerMessage - named; end-g > room {
				end = g + room
			}
			have = append(have, ctrl.Range{File: t.file, Version: t.version, First: g, Count: end - g})
			if named += end - g; named == groupsPerMessage || len(have) == wire.RangesPerGet {
				say()
			}
			g = t.arrived.next(end, t.groups)
		}
	}
	say()
}
