package peer

import (
	"time"

	"beeline/wasm/catalog"
	"beeline/wasm/session"
	"beeline/wasm/wire"
)

// This file: a list that changes while somebody is in the middle of it.
//
// Decision, 2026-11-26: a share is listed anew, under new indices, when nobody is at it;
// but one recipient who is slow, or stands still, must not keep the list old for all the
// others. After amendAfter the list that is told is changed instead, as a page does it
// (PROTOCOL.md g.2): what is new is put behind it, what is gone is taken back, and a file
// that is another by now from those who come; a folder keeps its date. Who is in the
// middle ends on the list they have, but for what is not there any more; who comes sees
// the new one.

// amendAfter is how long a change waits for the end of transfers.
const amendAfter = 2 * time.Minute

// amendMost is how much of what a list may have one that is changed so has, with what
// was taken back. Then it is listed anew, whoever is at it.
const amendMost = wire.EntriesMax / 2

// amendNames likewise, in bytes of names.
const amendNames = 48 << 20

// amend walks once more, and changes the list. That it is the one of no walk any more is
// kept first: after a crash what is there may be what was listed, and the same list under
// the same salt is the same to who knows the changed one, whose indices then lead nowhere.
func (r *hosting) amend(h *hosted) {
	kept := h.sharer.Keep()
	if kept == nil {
		return // it ended a moment ago
	}
	h.looking = true
	r.looks++
	paths, toKeep := h.one.Paths, r.o.OnKeep != nil && !h.amended
	r.s.background.Go(func() {
		from, list, lost, err := r.walkAgain(paths)
		if err != nil {
			return // this ends
		}
		if lost == nil && toKeep {
			lost = r.o.OnKeep(h.n, kept, [32]byte{})
		}
		r.s.box.put(message{do: func() {
			r.looks--
			h.looking = false
			h.next = time.Now().Add(r.o.Rescan)
			if lost != nil || r.shares[h.n] != h || r.walking.Err() != nil {
				return // the next look finds that, or tries again
			}
			gone, renewed, add, ok := h.sources.amend(from)
			if !ok {
				r.relist(h, nil)
				return
			}
			h.list, h.amended, h.before, h.since = list, true, nil, time.Time{}
			r.tell(h, session.Remove{Entries: gone})
			r.tell(h, session.Renew{Entries: renewed})
			for len(add) > 0 {
				n := min(len(add), walkBatch)
				r.tell(h, session.Add{Entries: add[:n]})
				add = add[n:]
			}
			r.tell(h, session.Listed{})
		}})
	})
}

// amend takes over what another walk of the same paths found, and returns what of the
// list is gone, what of it is another file by now, and what comes behind it. ok is false
// where that can't be, and nothing changed then: what was named itself is something else
// now, or there would be too much in the list.
func (s *sources) amend(from *sources) (gone, renewed []uint32, add []catalog.Entry, ok bool) {
	type place struct {
		parent uint32
		name   string
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	was := make(map[place]uint32, s.nodes.n)
	var tops []uint32
	names := 0
	for i := uint32(1); int(i) <= s.nodes.n; i++ {
		n := s.nodes.at(i)
		switch names += len(n.name); {
		case s.nodes.packed(i).flags&flagGone != 0:
		case n.parent == 0:
			tops = append(tops, i)
		default:
			was[place{n.parent, n.name}] = i
		}
	}
	kept, other := make([]bool, s.nodes.n+1), make([]bool, s.nodes.n+1)
	at := make([]uint32, from.nodes.n+1) // where an entry of the walk is in the list
	var fresh []node
	for k := uint32(1); int(k) <= from.nodes.n; k++ {
		n := from.nodes.at(k)
		top := n.parent == 0
		n.parent = at[n.parent]
		i, there := was[place{n.parent, n.name}]
		if top {
			if len(tops) == 0 || s.nodes.at(tops[0]).dir != n.dir || s.nodes.at(tops[0]).listed != n.listed {
				return nil, nil, nil, false
			}
			i, there, tops = tops[0], true, tops[1:]
			n.root, n.name = s.nodes.at(i).root, s.nodes.at(i).name
		}
		if there && s.same(i, n) {
			kept[i], at[k] = true, i
			continue
		}
		other[i] = there && !n.dir && !s.nodes.at(i).dir
		if names += len(n.name); s.nodes.n+len(fresh) >= amendMost || names > amendNames {
			return nil, nil, nil, false
		}
		fresh = append(fresh, n)
		at[k] = uint32(s.nodes.n + len(fresh))
	}
	if len(tops) > 0 {
		return nil, nil, nil, false
	}
	for i := range kept {
		if p := uint32(i); i > 0 && !kept[i] && s.nodes.packed(p).flags&flagGone == 0 {
			s.nodes.packed(p).flags |= flagGone
			if other[i] {
				renewed = append(renewed, p)
			} else {
				gone = append(gone, p)
			}
		}
	}
	for _, n := range fresh {
		s.nodes.add(n)
		add = append(add, n.entry())
	}
	return gone, renewed, add, true
}

// same reports whether entry i is listed as another one would be.
func (s *sources) same(i uint32, n node) bool {
	had := s.nodes.at(i)
	if had.dir || n.dir {
		return had.dir == n.dir
	}
	return s.nodes.packed(i).flags&flagFresh == 0 && had.size == n.size && had.modMS == n.modMS && had.exec == n.exec
}
