package catalog

import "slices"

// An Edition is the list as it is told to those who begin to read it at one time.
// A list changes: entries come, go and get another title. Who reads one must not
// notice, for pages that were cut never change and indices stay what they are; who
// comes later must not be told what was taken back. So each change begins another
// Edition over the same entries, and what is gone is a hole in it: a place in the
// order without name, size or date.
//
// Pages are cut when they are first asked for: an Edition that nobody reads costs
// a bit an entry.
type Edition struct {
	b     *Builder
	title string
	gone  marks  // those taken back before
	lost  uint64 // bytes of them
	round int    // which end of the walk is its own

	starts []uint32 // first entry of each cut page
	cut    uint32   // entries in cut pages
	bytes  uint64   // of files in them
	root   root
}

// round is where the list ended once.
type round struct {
	entries uint32
	bytes   uint64
}

// span returns how many entries the edition has so far, with the bytes of all of
// them, and whether that is all.
func (e *Edition) span() (now round, whole bool) {
	if e.round < len(e.b.rounds) {
		return e.b.rounds[e.round], true
	}
	return round{uint32(e.b.n), e.b.bytes}, false
}

// Bytes returns the size of all files so far, as they are listed.
func (e *Edition) Bytes() uint64 {
	now, _ := e.span()
	return now.bytes - e.lost
}

// File reports whether entry i is a file of this edition.
func (e *Edition) File(i uint32) bool {
	now, _ := e.span()
	return i < now.entries && e.b.kind(i) == File && !e.gone.has(i)
}

// Head returns what SHARE_HEAD says now: the counts so far.
func (e *Edition) Head(anchor [32]byte, expires uint64) Head {
	now, _ := e.span()
	return Head{e.b.shareID, e.root.salt, anchor, expires, now.entries, now.bytes - e.lost}
}

// Pages returns how many pages are cut.
func (e *Edition) Pages() uint32 { return uint32(len(e.starts)) }

// Page returns the body of LIST_PAGE i, without the type byte; not ok where that
// page is not full yet. The same i always gives the same bytes.
func (e *Edition) Page(i uint32) (body []byte, ok bool) {
	for i >= e.Pages() {
		if !e.cutNext(false) {
			return nil, false
		}
	}
	first, next := e.starts[i], e.cut
	if i+1 < e.Pages() {
		next = e.starts[i+1]
	}
	size := pageHeader
	for j := first; j < next; j++ {
		size += e.size(j)
	}
	body = make([]byte, 0, size)
	body = be.AppendUint16(be.AppendUint32(body, i), uint16(next-first))
	for j := first; j < next; j++ {
		body = e.append(body, j)
	}
	return body, true
}

// Cut closes the page under construction although it is not full, so that a
// waiting recipient sees what was found so far. It does nothing where no entry
// waits.
func (e *Edition) Cut() {
	for e.cutNext(true) {
	}
}

// cutNext cuts the next page if it is full, or the last one, or early, and reports
// whether there was one to cut.
func (e *Edition) cutNext(early bool) bool {
	now, whole := e.span()
	size, next := pageHeader, e.cut
	for next < now.entries && size+e.size(next) <= pageMax {
		size += e.size(next)
		next++
	}
	if next == e.cut || next == now.entries && !whole && !early {
		return false
	}
	e.starts = append(e.starts, e.cut)
	for ; e.cut < next; e.cut++ {
		e.b.scratch = e.append(e.b.scratch[:0], e.cut)
		e.root.add(e.b.scratch)
		if !e.gone.has(e.cut) {
			e.bytes += e.b.size(e.cut)
		}
	}
	return true
}

// End returns the body of LIST_END, without the type byte; not ok before every
// page is cut and the walk over.
func (e *Edition) End() (body []byte, ok bool) {
	if now, whole := e.span(); !whole || e.cut < now.entries {
		return nil, false
	}
	root := e.root.sum()
	body = make([]byte, 0, endSize)
	body = be.AppendUint32(body, e.Pages())
	body = be.AppendUint32(body, e.cut)
	body = be.AppendUint64(body, e.bytes)
	return append(body, root[:]...), true
}

func (e *Edition) hole(i uint32) bool { return e.gone.has(i) || e.b.kind(i) == Gone }

// size is that of entry i in its page.
func (e *Edition) size(i uint32) int {
	switch {
	case i == 0:
		return entryHeader + len(e.title)
	case e.hole(i):
		return entryHeader
	}
	return entryHeader + len(e.b.name(i))
}

// append writes entry i as it stands in its page.
func (e *Edition) append(dst []byte, i uint32) []byte {
	switch {
	case i == 0:
		return Entry{Type: Dir}.append(dst, []byte(e.title))
	case e.hole(i):
		return Entry{Type: Gone}.append(dst, nil)
	}
	k, j := e.b.at(i)
	entry := Entry{
		Type:   k.kinds[j] &^ kindExec,
		Parent: k.parents[j],
		Size:   k.sizes[j],
		ModMS:  k.times[j],
		Exec:   k.kinds[j]&kindExec != 0,
	}
	return entry.append(dst, e.b.name(i))
}

// marks is a set of entries.
type marks []uint64

func (m marks) has(i uint32) bool { return int(i/64) < len(m) && m[i/64]>>(i%64)&1 == 1 }

func (m *marks) set(i uint32) {
	if need := int(i/64) + 1; need > len(*m) {
		*m = append(*m, make([]uint64, need-len(*m))...)
	}
	(*m)[i/64] |= 1 << (i % 64)
}

func (m marks) clone() marks { return slices.Clone(m) }
