package session

import (
	"beeline/wasm/ctrl"
	"beeline/wasm/wire"
)

// remove takes entries back. Who comes from now on is not told of them. Whoever is
// at it is told that a file won't come when it is asked for, or at once where it
// was asked for and is not through; what has had its FILE_END may still land, but
// nothing more of it is read. PROTOCOL.md g.2.
func (s *Sharer) remove(entries []uint32) {
	removed := s.cat.Remove(entries)
	for _, i := range removed {
		src := s.files[i]
		if src == nil {
			continue // nobody asked yet
		}
		s.grown -= src.size - s.cat.Entry(i).Size
		if src.failed == wire.None {
			src.failed = wire.Withdrawn
		}
	}
	for _, r := range s.recips {
		r.withdraw(s, removed)
	}
	s.do(Show{})
}

// renew takes files back for those who come from now on. PROTOCOL.md g.2.
func (s *Sharer) renew(entries []uint32) {
	for _, i := range s.cat.Remove(entries) {
		s.renewed.set(i)
		if src := s.files[i]; src != nil {
			s.grown -= src.size - s.cat.Entry(i).Size
		}
	}
	s.do(Show{})
}

func (r *recipient) withdraw(s *Sharer, removed []uint32) {
	q := r.sending
	if q == nil {
		return
	}
	var open []uint32
	for _, i := range removed {
		f := q.files[i]
		if f != nil && (!f.ended || q.asksValues(i)) {
			open = append(open, i)
		}
	}
	r.unqueue(s, open...)
	for _, i := range open {
		r.conn.send(ctrl.Error{Number: s.files[i].failed.Number(), File: i})
	}
	r.assign(s)
}
