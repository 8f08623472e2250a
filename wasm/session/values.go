package session

import (
	"beeline/wasm/ctrl"
	"beeline/wasm/lane"
	"beeline/wasm/wire"
)

// This file: groups that a sharer reads only for their values, because they were
// sent in an earlier session or because the recipient's digest differs.
// PROTOCOL.md f.4.

// hashNext reads one group for its value, when nothing else is to be done.
func (r *recipient) hashNext(s *Sharer) {
	q := r.sending
	if q.busy || len(q.queue) > 0 || r.paused || !r.reread.may(s.now, s.cat.Bytes()+s.grown) {
		return
	}
	if q.cvs != nil {
		r.answerCVs(s)
		if q.busy {
			return
		}
	}
	for len(q.hash) > 0 {
		i := q.hash[0]
		src := s.files[i]
		if src.fresh {
			return // being looked at: sourceFresh goes on
		}
		if src.failed == wire.None {
			f := q.file(i, src.version)
			n := lane.Groups(src.size)
			for f.hashing < n && (!f.have.has(f.hashing) || f.sent.has(f.hashing)) {
				f.hashing++
			}
			if f.hashing < n {
				r.hash(s, i, f.hashing)
				return
			}
		}
		delete(q.hashed, i)
		q.hash = q.hash[1:]
		if src.failed == wire.None {
			r.maybeEnd(s, i)
		}
	}
}

func (r *recipient) hash(s *Sharer, file, group uint32) {
	src := s.files[file]
	pc, l := r.sending.room()
	if l == nil {
		return
	}
	q := r.sending
	q.busy, q.onLane, q.onFile = true, pc, file
	n := lane.GroupLen(src.size, group)
	r.reread.spend(n)
	s.do(HashGroup{
		Session: r.conn.id, PC: pc, Group: lane.Group{File: file, Version: src.version, Index: group},
		Length: n, Single: lane.Groups(src.size) == 1,
	})
}

// cvReq answers a recipient whose digest differs.
func (r *recipient) cvReq(s *Sharer, m ctrl.CVReq) error {
	src := r.source(s, m.File)
	if src == nil || m.Version > src.version {
		return wire.Format
	}
	if src.failed != wire.None {
		r.tellFailed(m.File, r.sending.file(m.File, src.version), src)
		return nil
	}
	if m.Version < src.version {
		return nil
	}
	if r.sending.cvs != nil || uint64(m.First)+uint64(m.Count) > uint64(lane.Groups(src.size)) {
		return wire.Format
	}
	if r.sending.through.has(m.File) {
		r.sending.file(m.File, src.version)
	}
	r.sending.cvs = &m
	r.hashNext(s)
	return nil
}

func (r *recipient) answerCVs(s *Sharer) {
	q := r.sending
	m := *q.cvs
	src := s.files[m.File]
	if src.version != m.Version || src.failed != wire.None {
		q.cvs = nil // FILE_CHANGED or ERROR said so
		return
	}
	if src.fresh {
		return
	}
	out := ctrl.CVs{File: m.File, Version: m.Version, First: m.First}
	for g := m.First; g < m.First+uint32(m.Count); g++ {
		cv, ok := src.tree.CV(g)
		if !ok {
			r.hash(s, m.File, g)
			return
		}
		out.CVs = append(out.CVs, cv)
	}
	q.cvs = nil
	r.conn.send(out)
	r.forget(s, m.File)
}
