package session

import (
	"beeline/wasm/ctrl"
	"beeline/wasm/digest"
	"beeline/wasm/wire"
)

// A source may change while it is sent. It is looked at when a read fails and
// after the last group; a difference makes a new version, and everybody who has
// anything of the old one starts that file again, at most three times.
// PROTOCOL.md f.4.

func (s *Sharer) refreshSource(i uint32, src *source) {
	if !src.fresh {
		src.fresh = true
		s.do(RefreshSource{File: i})
	}
}

func (r *recipient) sourceFailed(s *Sharer, e SourceFailed) {
	q := r.sending
	if e.Hashed {
		q.busy = false
	} else if l := q.lanes[e.PC]; l != nil {
		l.drop(e.Group)
	}
	src := s.files[e.Group.File]
	if src == nil || src.version != e.Group.Version || src.failed != wire.None {
		r.assign(s)
		return
	}
	q.file(e.Group.File, src.version).queued.clear(e.Group.Index)
	s.unreadable(e.Group.File, src)
	r.assign(s)
}

// unreadable looks at a file whose read failed. The groups that failed are
// asked for again by the recipients, in the new version or, if it is lost, not
// at all.
func (s *Sharer) unreadable(i uint32, src *source) {
	src.checked, src.readFailed = false, true
	s.refreshSource(i, src)
}

func (s *Sharer) sourceFresh(e SourceFresh) {
	src := s.files[e.File]
	if src == nil || !src.fresh {
		return
	}
	src.fresh = false
	failed := src.readFailed
	src.readFailed = false
	switch {
	case src.failed != wire.None: // taken back in the meantime
	case !e.OK && failed:
		s.giveUp(e.File, src, wire.Unreadable)
	case e.OK && (e.Size != src.size || e.ModMS != src.modMS):
		s.changed(e.File, src, e.Size, e.ModMS)
	case failed:
		s.giveUp(e.File, src, wire.Unreadable)
	default: // unchanged, or it can't be looked at in this browser
		src.checked = true
		for _, r := range s.recips {
			if r.sending == nil {
				continue
			}
			if f := r.sending.files[e.File]; f != nil && f.version == src.version && f.ending {
				f.ending = false
				r.maybeEnd(s, e.File)
				r.flush(s)
			}
			r.assign(s)
		}
	}
}

// changed starts a new version of a file for everybody who has had any of it.
func (s *Sharer) changed(i uint32, src *source, size uint64, modMS int64) {
	if src.version >= wire.RetriesMax || size > wire.FileMax {
		s.giveUp(i, src, wire.Changed)
		return
	}
	if src.version == 0 {
		s.troubles.changed++
		s.do(Show{})
	}
	src.version++
	if !s.cat.Gone(i) { // what was renewed counts as the other entry
		s.grown += size - src.size
	}
	src.size, src.modMS, src.checked = size, modMS, false
	src.tree = digest.NewTree(size)
	for _, r := range s.recips {
		if r.sending == nil || !r.conn.open {
			continue
		}
		r.unqueue(s, i)
		if r.sending.hadAny(i) {
			r.tellChanged(i, src)
		}
		r.assign(s)
	}
}

// tellChanged says FILE_CHANGED, once a version and session.
func (r *recipient) tellChanged(i uint32, src *source) {
	if f := r.sending.files[i]; f != nil && f.version >= src.version {
		return // crossed it on the way
	}
	r.sending.file(i, src.version).asked = true
	r.conn.send(ctrl.FileChanged{File: i, Version: src.version, Size: src.size, ModMS: src.modMS})
}

// giveUp tells everybody who asked for a file that it will not come.
func (s *Sharer) giveUp(i uint32, src *source, why wire.Code) {
	src.failed = why
	s.troubles.fail(i, why)
	s.do(Show{})
	for _, r := range s.recips {
		if r.sending == nil || !r.sending.hadAny(i) || !r.conn.open {
			continue
		}
		r.unqueue(s, i)
		f := r.sending.files[i]
		if f == nil {
			f = r.sending.file(i, src.version)
		}
		r.tellFailed(i, f, src)
		r.assign(s)
	}
}

// tryAgain is for a session that was not told yet that a file can't be read: the
// drive may be there again.
func (s *Sharer) tryAgain(i uint32, src *source) {
	src.failed, src.checked = wire.None, false
	s.troubles.mend(i)
	s.do(Show{})
}
