package session

import (
	"beeline/wasm/catalog"
	"beeline/wasm/ctrl"
	"beeline/wasm/journal"
	"beeline/wasm/lane"
	"beeline/wasm/wire"
)

// growthMax is by how many bytes, or a twentieth if that is more, changing
// sources may exceed the list that the person saw and agreed to.
const growthMax = 64 << 20

// verdict says what to do with a group that came. PROTOCOL.md f.3.
type verdict uint8

const (
	keep verdict = iota
	dropIt
	violation
)

// judgeGroup decides about a group: kept, dropped in silence, or a violation
// that ends the session.
func (r *Receiver) judgeGroup(g lane.Group) (verdict, *target) {
	f := r.fetch
	if f == nil || int64(g.File) >= int64(r.list.Len()) || r.list.Kind(g.File) != catalog.File {
		return violation, nil
	}
	t := f.active[g.File]
	if t == nil {
		now := r.fileNow(g.File)
		if s := f.statusOf(g.File); (s == done || s == failed) && (g.Version < now.version || g.Version == now.version && g.Index < lane.Groups(now.size)) {
			return dropIt, nil
		}
		return violation, nil
	}
	switch {
	case g.Version > t.version || g.Version == t.version && g.Index >= t.groups:
		return violation, nil
	case g.Version < t.version || t.arrived.has(g.Index):
		return dropIt, nil
	case !t.asked.has(g.Index):
		return violation, nil
	}
	return keep, t
}

func (r *Receiver) arrivedBatch(e ArrivedBatch) {
	f := r.fetch
	l := r.lanes[e.PC]
	if r.current(e.Session) == nil || l == nil {
		r.do(Write{Batch: e.Batch, Keep: []int{}}) // of a session that is over
		return
	}
	if f == nil {
		r.do(Write{Batch: e.Batch, Keep: []int{}})
		r.lose(wire.Unrequested) // Receive was not pressed
		return
	}
	if e.Bytes > l.bytes {
		f.sign(r, e.PC) // also without a whole group: a slow path is no stall
	}
	l.bytes, l.records = e.Bytes, e.Records
	// All of a batch is judged before any of it counts: a violation drops it whole.
	for _, a := range e.Groups {
		v, t := r.judgeGroup(a.Group)
		if v == violation || v == keep && a.Length != lane.GroupLen(t.size, a.Index) {
			r.do(Write{Batch: e.Batch, Keep: []int{}})
			r.lose(wire.Unrequested)
			return
		}
	}
	var kept []int
	for i, a := range e.Groups {
		if v, t := r.judgeGroup(a.Group); v == keep { // the second of two in a batch is dropped
			kept = append(kept, i)
			r.arrive(t, a)
		}
	}
	if len(e.Groups) > 0 {
		w := Write{Batch: e.Batch, Keep: kept}
		if len(kept) == len(e.Groups) {
			w.Keep = nil
		} else if kept == nil {
			w.Keep = []int{}
		}
		r.do(w)
	}
	for _, g := range e.Unknown {
		switch v, t := r.judgeGroup(g); v {
		case violation:
			r.lose(wire.Unrequested)
			return
		case keep:
			r.expect(t)
		default:
			r.do(Forget{Session: e.Session, PC: e.PC, Group: g})
		}
	}
	opened := f.openedIn(r)
	if opened > f.askedSum {
		r.lose(wire.Unrequested)
		return
	}
	r.fill()
}

// sign notes that records opened: whoever sealed them lives, and what comes on
// PC 0 shares its path with the control channel, which it may hold up.
func (f *fetching) sign(r *Receiver, pc uint8) {
	f.arrivedAt = r.now
	if pc == 0 {
		r.conn.signs()
	}
}

// arrive counts a group that is kept.
func (r *Receiver) arrive(t *target, a ArrivedGroup) {
	f := r.fetch
	t.arrived.set(a.Index)
	if t.due.clear(a.Index) {
		f.owed -= a.Length
	}
	f.unwritten += a.Length
	f.current = t.file
	f.arrived += uint64(a.Length)
	if t.arrived.n == int(t.groups) {
		f.progress.FilesArrived++
	}
}

// openedIn returns the bytes opened in this session on all its lanes.
func (f *fetching) openedIn(r *Receiver) uint64 {
	sum := f.gone
	for _, l := range r.lanes {
		sum += l.bytes
	}
	return sum
}

func (r *Receiver) written(e Written) {
	f := r.fetch
	if f == nil {
		return
	}
	for _, g := range e.Groups {
		t := f.active[g.File]
		if t == nil || t.version != g.Version || !t.arrived.has(g.Index) || !t.written.set(g.Index) {
			continue
		}
		n := lane.GroupLen(t.size, g.Index)
		f.unwritten -= n
		f.progress.Written += uint64(n)
		if t.written.n == int(t.groups) && !t.finishing {
			t.finishing = true
			r.do(DiskFinish{File: t.file})
		}
	}
	r.do(Show{})
	r.fill()
}

func (r *Receiver) target(i uint32) *target {
	if r.fetch == nil {
		return nil
	}
	return r.fetch.active[i]
}

// lostBytes asks again for the groups that lost bytes lie in, and for no others: a
// segment of a large file is not the file.
func (r *Receiver) lostBytes(e Lost) {
	t := r.target(e.File)
	if t == nil || t.version != e.Version || t.landing || e.Offset >= t.size {
		return
	}
	end := e.Offset + min(e.Length, t.size-e.Offset)
	last := uint32((end + wire.GroupSize - 1) / wire.GroupSize)
	var gone []uint32
	for g := t.arrived.next(uint32(e.Offset/wire.GroupSize), last); g < last; g = t.arrived.next(g+1, last) {
		gone = append(gone, g)
	}
	if len(gone) > 0 {
		r.refetch(t, gone)
	}
}

// writtenBytes returns how many bytes of a file the disk has taken.
func (t *target) writtenBytes() uint64 {
	n := uint64(t.written.n) * wire.GroupSize
	if t.groups > 0 && t.written.has(t.groups-1) {
		n -= uint64(wire.GroupSize - lane.GroupLen(t.size, t.groups-1))
	}
	return n
}

// fileChanged starts a file again in a new version.
func (r *Receiver) fileChanged(m ctrl.FileChanged) error {
	f := r.fetch
	if f == nil || int64(m.File) >= int64(r.list.Len()) || r.list.Kind(m.File) != catalog.File {
		return wire.Unrequested
	}
	now := r.fileNow(m.File)
	if m.Version <= now.version || m.Version > wire.RetriesMax {
		return wire.Format
	}
	t := f.active[m.File]
	if t != nil && t.landing || t == nil && f.statusOf(m.File) != untouched {
		f.over[m.File] = change{m.Version, now.size, now.modMS}
		return nil // over: what landed, if it did, was one version
	}
	grown := f.progress.Bytes - now.size + m.Size
	if now.version == 0 {
		f.troubles.changed++
	}
	f.over[m.File] = change{m.Version, m.Size, m.ModMS}
	if m.Size > now.size && grown > f.agreed+max(f.agreed/20, growthMax) {
		// Not what the person said yes to: 10 KB must not become a full disk.
		f.over[m.File] = change{m.Version, now.size, now.modMS}
		if t == nil {
			t = r.activate(m.File)
		}
		r.failFile(t, wire.Changed)
		return nil
	}
	f.progress.Bytes = grown
	if t == nil {
		return nil // not begun yet
	}
	r.forgetBytes(t)
	r.do(Settled{Session: r.conn.id, File: t.file, Version: t.version})
	*t = target{
		file: t.file, version: m.Version, size: m.Size, groups: lane.Groups(m.Size), queued: t.queued, again: t.again,
	}
	r.do(DiskReset{File: t.file, Version: t.version, Size: t.size, ModMS: m.ModMS})
	r.expect(t)
	if t.size > sizeMax {
		r.failFile(t, wire.NoPlace)
		return nil
	}
	r.noCVs(t.file)
	r.requeue(t)
	r.fill()
	return nil
}

// forgetBytes takes what is there of a file out of every count.
func (r *Receiver) forgetBytes(t *target) {
	f := r.fetch
	// Only the groups there are: a size is what a peer said.
	for g := t.arrived.next(0, t.groups); g < t.groups; g = t.arrived.next(g+1, t.groups) {
		if n := lane.GroupLen(t.size, g); t.written.has(g) {
			f.progress.Written -= uint64(n)
		} else {
			f.unwritten -= n
		}
	}
	for g := t.due.next(0, t.groups); g < t.groups; g = t.due.next(g+1, t.groups) {
		f.owed -= lane.GroupLen(t.size, g)
	}
	if t.groups > 0 && t.arrived.n == int(t.groups) {
		f.progress.FilesArrived--
	}
	f.progress.Safe -= min(t.safe, f.progress.Safe)
	t.safe = 0
}

// failFile gives one file up; the others go on.
func (r *Receiver) failFile(t *target, why wire.Code) {
	f := r.fetch
	if f.stream {
		r.broken(why)
		return
	}
	r.forgetBytes(t)
	f.leave(t)
	f.setStatus(t.file, failed)
	f.progress.FilesFailed++
	f.troubles.fail(t.file, why)
	r.do(DiskDrop{File: t.file})
	if r.conn != nil {
		r.do(Settled{Session: r.conn.id, File: t.file, Version: t.version})
		if f.dropped = append(f.dropped, t.file); len(f.dropped) >= ctrl.CancelMax {
			r.sayDropped()
		}
	}
	r.do(Show{})
	r.fill()
}

// sayDropped tells the sharer which files are not wanted any more, many at a
// time: a whole folder may fail at once.
func (r *Receiver) sayDropped() {
	f := r.fetch
	if len(f.dropped) > 0 && r.conn != nil {
		r.conn.send(ctrl.Cancel{Files: f.dropped})
	}
	f.dropped = nil
}

func (r *Receiver) landed(e Landed) {
	t := r.target(e.File)
	if t == nil || !t.landing {
		return
	}
	f := r.fetch
	f.leave(t)
	f.setStatus(t.file, done)
	if !f.stream { // nobody tells when the browser has it on disk
		f.progress.Safe += t.size - t.safe
	}
	if e.Place != "" {
		r.writeDown(t.file, t.size, 0, []journal.Part{{Count: t.groups, Place: e.Place}})
	}
	if t.groups == 0 {
		f.progress.FilesArrived++
	}
	if !t.assembled {
		f.progress.FilesVerified++
		f.progress.Verified += t.size
	}
	if r.conn != nil {
		r.do(Settled{Session: r.conn.id, File: t.file, Version: t.version})
	}
	r.do(Show{})
	r.fill()
}
