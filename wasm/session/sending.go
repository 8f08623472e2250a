package session

import (
	"slices"

	"beeline/wasm/catalog"
	"beeline/wasm/ctrl"
	"beeline/wasm/digest"
	"beeline/wasm/lane"
	"beeline/wasm/wire"
)

// idle says that nothing is asked for that has not been handed to the network.
func (q *sending) idle() bool {
	for _, l := range q.lanes {
		if len(l.under) > 0 {
			return false
		}
	}
	return len(q.queue) == 0
}

// source is what the sharer knows of a file that somebody asked for.
type source struct {
	version uint8
	size    uint64
	modMS   int64
	tree    *digest.Tree // every value computed of this version
	failed  wire.Code    // can't be offered any more
	fresh   bool         // a RefreshSource is under way
	checked bool         // looked at after its last group was read
	// readFailed: the look was asked for by a failed read, so a file that looks as
	// before is unreadable, not unchanged.
	readFailed bool
}

// source returns the state of file i, or nil if i is no file of the list that this
// recipient was told. What an earlier page told one that came back is not known any
// more: a file that was taken back since may have been in it.
func (r *recipient) source(s *Sharer, i uint32) *source {
	if !r.edition.File(i) && !(r.returned && s.cat.Gone(i) && s.cat.Entry(i).Type == catalog.File) {
		return nil
	}
	src := s.files[i]
	if src == nil {
		e := s.cat.Entry(i)
		src = &source{size: e.Size, modMS: e.ModMS, tree: digest.NewTree(e.Size)}
		if s.cat.Gone(i) && !s.renewed.has(i) {
			src.failed = wire.Withdrawn
		}
		s.files[i] = src
	}
	return src
}

// file returns what this session has had of the current version of a file.
func (q *sending) file(i uint32, version uint8) *sentFile {
	f := q.files[i]
	if f == nil || f.version != version {
		f = &sentFile{version: version}
		if through := q.through.clear(i); version == 0 {
			f.asked, f.ended = through, through
		}
		q.files[i] = f
	}
	return f
}

// groupsPerMessage bounds the groups that one GET or HAVE may name, a terabyte:
// 13 bytes of a peer must not cost minutes.
const groupsPerMessage = 1 << 20

// get queues what is asked for. A range that was valid in an older version is
// dropped in silence; one that was never valid ends the session.
func (r *recipient) get(s *Sharer, m ctrl.Get) error {
	if r.phase == ListShown {
		r.phase = Transferring
		s.do(Show{})
	}
	named := uint64(0)
	for _, rg := range m.Ranges {
		src := r.source(s, rg.File)
		if named += uint64(rg.Count); src == nil || rg.Version > src.version || named > groupsPerMessage {
			return wire.Format
		}
		if rg.Version < src.version {
			r.tellChanged(rg.File, src)
			continue
		}
		n := lane.Groups(src.size)
		if uint64(rg.First)+uint64(rg.Count) > uint64(n) || (rg.Count == 0) != (n == 0) {
			return wire.Format
		}
		f := r.sending.file(rg.File, src.version)
		if src.failed == wire.Unreadable && !f.failed {
			s.tryAgain(rg.File, src)
		}
		if src.failed != wire.None {
			r.tellFailed(rg.File, f, src)
			continue
		}
		f.asked, f.ended = true, false
		if named <= againMost {
			r.askedAgain(s, rg)
		}
		if n == 0 {
			r.maybeEnd(s, rg.File)
			continue
		}
		// Only what is not queued already or under way: asking again costs nothing.
		end := rg.First + rg.Count
		for first := f.queued.gap(rg.First, end); first < end; {
			stop := f.queued.next(first, end)
			r.sending.queue = append(r.sending.queue, ctrl.Range{File: rg.File, Version: rg.Version, First: first, Count: stop - first})
			if len(r.sending.queue) > wire.RangesQueued {
				return wire.Format
			}
			f.queued.setRange(first, stop)
			first = f.queued.gap(stop, end)
		}
	}
	r.assign(s)
	return nil
}

// tellFailed says that a file will not come, once a session, however often it is
// asked for.
func (r *recipient) tellFailed(i uint32, f *sentFile, src *source) {
	if !f.failed {
		f.failed = true
		r.conn.send(ctrl.Error{Number: src.failed.Number(), File: i})
	}
}

// haveGroups notes what the recipient kept of an earlier session.
func (r *recipient) haveGroups(s *Sharer, m ctrl.Have) error {
	named := uint64(0)
	for _, rg := range m.Ranges {
		src := r.source(s, rg.File)
		if named += uint64(rg.Count); src == nil || rg.Version > src.version || named > groupsPerMessage {
			return wire.Format
		}
		if rg.Version < src.version {
			r.tellChanged(rg.File, src)
			continue
		}
		if uint64(rg.First)+uint64(rg.Count) > uint64(lane.Groups(src.size)) {
			return wire.Format
		}
		f := r.sending.file(rg.File, src.version)
		if src.failed == wire.Unreadable && !f.failed {
			s.tryAgain(rg.File, src)
		}
		if src.failed != wire.None {
			r.tellFailed(rg.File, f, src) // also who has every byte waits for FILE_END
			continue
		}
		f.have.setRange(rg.First, rg.First+rg.Count)
		f.both.setRange(rg.First, rg.First+rg.Count)
		r.maybeEnd(s, rg.File)
	}
	return nil
}

// assign gives groups to lanes that have room, in the order they were asked
// for: a slow lane takes fewer and never holds the others back.
func (r *recipient) assign(s *Sharer) {
	q := r.sending
	if q == nil || r.paused || r.held || !r.conn.open || !r.reread.may(s.now, s.cat.Bytes()+s.grown) {
		return
	}
	for len(q.queue) > 0 {
		rg := &q.queue[0]
		src := s.files[rg.File]
		if src == nil || src.version != rg.Version || src.failed != wire.None {
			q.queue = q.queue[1:]
			continue
		}
		pc, l := q.room()
		if l == nil {
			return
		}
		r.send(s, src, pc, lane.Group{File: rg.File, Version: rg.Version, Index: rg.First})
		rg.First++
		if rg.Count--; rg.Count == 0 {
			q.queue = q.queue[1:]
		}
	}
	q.queue = nil
	r.repeat(s)
	r.hashNext(s)
}

// send hands one group to a lane.
func (r *recipient) send(s *Sharer, src *source, pc uint8, g lane.Group) {
	n := lane.GroupLen(src.size, g.Index)
	r.sending.lanes[pc].take(s.now, g, n)
	s.do(SendGroup{Session: r.conn.id, PC: pc, Group: g, Length: n, Single: lane.Groups(src.size) == 1})
}

func (r *recipient) groupSent(s *Sharer, e Sent) {
	q := r.sending
	l := q.lanes[e.PC]
	if l == nil {
		return // of a lane that is closed
	}
	src := s.files[e.Group.File]
	if e.Hashed {
		q.busy = false
	} else {
		n, ok := l.drop(e.Group)
		if !ok {
			return
		}
		l.records = max(l.records, e.Records)
		l.last, l.lastAt = e.Group, s.now
		l.groups += uint64(n)
		q.sent(e.PC, l.groups)
	}
	if src != nil && src.version == e.Group.Version && src.failed == wire.None {
		if !s.known(e.Group, src, e.Values) {
			// The same bytes read twice are not the same: the source changed though
			// its size and date may not have.
			s.changed(e.Group.File, src, src.size, src.modMS)
		} else {
			f := q.file(e.Group.File, src.version)
			if !e.Hashed {
				f.queued.clear(e.Group.Index)
			}
			f.sent.set(e.Group.Index)
			f.both.set(e.Group.Index)
			r.maybeEnd(s, e.Group.File)
		}
	}
	r.assign(s)
	if len(q.queue) == 0 {
		r.hashNext(s)
	}
	// Many small files share a message, a file that stands alone does not wait.
	if len(q.ends) >= endsFull || len(q.ends) > 0 && len(l.under) == 0 && s.now-q.endAt >= endsEvery {
		r.flush(s)
	}
}

// known stores a group's values and reports whether they are what they were.
func (s *Sharer) known(g lane.Group, src *source, v lane.Values) bool {
	if old, ok := src.tree.CV(g.Index); ok {
		return old == v.CV
	}
	if src.tree.Groups() == 1 {
		src.tree.SetSingle(v.CV, v.Single)
	} else {
		src.tree.Set(g.Index, v.CV)
	}
	return true
}

// maybeEnd sends FILE_END once every group of a file was sent in this session
// or is at the recipient. Groups that are only there are read again first: a
// digest put together from values of different times could be of a file that
// never existed.
func (r *recipient) maybeEnd(s *Sharer, i uint32) {
	src, q := s.files[i], r.sending
	f := q.file(i, src.version)
	n := lane.Groups(src.size)
	if f.ended {
		r.forget(s, i)
		return
	}
	if f.ending {
		return
	}
	if f.have.n > 0 && uint32(f.sent.n) < n {
		if uint32(f.both.n) < n {
			return
		}
		if !q.hashed[i] {
			q.hashed[i] = true
			q.hash = append(q.hash, i)
			r.hashNext(s)
		}
		return
	}
	if uint32(f.sent.n) < n || n == 0 && !f.asked && f.have.n == 0 {
		return
	}
	if n > 1 && !src.checked {
		f.ending = true
		s.refreshSource(i, src)
		return
	}
	r.fileEnd(s, i)
}

func (r *recipient) fileEnd(s *Sharer, i uint32) {
	src := s.files[i]
	f := r.sending.file(i, src.version)
	d, ok := src.tree.Digest()
	if !ok || f.ended {
		return
	}
	if src.version == 0 && s.prints.differ(i, d) {
		s.changed(i, src, src.size, src.modMS)
		return
	}
	f.ended, f.ending = true, false
	r.sending.ends = append(r.sending.ends, ctrl.FileDigest{File: i, Version: src.version, Digest: d})
	r.forget(s, i)
}

// endsFull is how many files make a FILE_END worth sending while more come.
const endsFull = 256

// flush sends the FILE_ENDs that have gathered.
func (r *recipient) flush(s *Sharer) {
	q := r.sending
	if len(q.ends) > 0 {
		q.endAt = s.now
	}
	for len(q.ends) > 0 {
		n := min(len(q.ends), ctrl.FileEndMax)
		r.conn.send(ctrl.FileEnd{Files: q.ends[:n]})
		q.ends = q.ends[n:]
	}
	q.ends = nil
}

// unqueue drops what is queued or under way of files, in one pass over the
// queue however many they are: a recipient names thousands in one message. It
// returns how many bytes the shell was reading for nothing.
func (r *recipient) unqueue(s *Sharer, files ...uint32) (vain int) {
	q := r.sending
	drop := make(map[uint32]bool, len(files))
	for _, i := range files {
		if f := q.files[i]; f != nil && (f.queued.n > 0 || q.busy && q.onFile == i || q.hashed[i]) {
			drop[i] = true
		}
	}
	if len(drop) == 0 {
		return 0
	}
	q.queue = slices.DeleteFunc(q.queue, func(rg ctrl.Range) bool { return drop[rg.File] })
	q.hash = slices.DeleteFunc(q.hash, func(i uint32) bool { return drop[i] })
	for _, l := range q.lanes {
		for g := range l.under {
			if drop[g.File] {
				n, _ := l.drop(g)
				vain += n
			}
		}
	}
	q.again = slices.DeleteFunc(q.again, func(p repeat) bool { return drop[p.group.File] })
	for _, i := range sortedKeys(drop) {
		q.files[i].queued.reset()
		delete(q.hashed, i)
		s.do(CancelGroups{Session: r.conn.id, File: i})
		if q.busy && q.onFile == i {
			q.busy = false // what is cancelled is not answered
		}
	}
	return vain
}

// laneClosed says LANE_END and forgets what was under way: the recipient asks
// again for what did not come.
func (r *recipient) laneClosed(s *Sharer, pc uint8) {
	q := r.sending
	l := q.lanes[pc]
	if l == nil {
		if pc != 0 {
			r.conn.closePC(pc) // it never came to be one
			q.offerAt = s.now + offerAgain
		}
		return
	}
	if !l.up {
		q.offerAt = s.now + offerAgain
	}
	delete(q.lanes, pc)
	for g := range l.under {
		if f := q.files[g.File]; f != nil && f.version == g.Version {
			f.queued.clear(g.Index)
		}
	}
	if q.onLane == pc {
		q.busy = false
	}
	r.conn.send(ctrl.LaneEnd{LaneCount: ctrl.LaneCount{PC: pc, Records: l.records}})
	if pc == 0 {
		r.fail(s, wire.Path) // the lane of PC 0 goes with its connection
		return
	}
	r.conn.closePC(pc)
	r.steer(s)
	r.assign(s)
}
