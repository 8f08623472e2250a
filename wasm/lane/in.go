package lane

import (
	"beeline/wasm/record"
	"beeline/wasm/wire"
)

// BadRecords is how many records that don't open close a lane. PROTOCOL.md f.2.
const BadRecords = 16

// maxRuns bounds the pieces of one incomplete group: an honest sender cuts a
// group into 18, and loss reorders few of them at a time.
const maxRuns = 1024

// partCost is what an incomplete group counts beside its bytes, so that a
// million of one byte each don't slip under the limit.
const partCost = 256

// An Arrived group is complete. Data is valid until it is given back with
// [In.Free].
type Arrived struct {
	Group
	Data []byte
}

// An In opens the records of one lane and puts groups together. It knows the
// lengths of the groups the recipient asked for ([In.Expect]); a group it was
// not told of is held back and reported once through Unknown, and the session
// says whether it was asked for: Expect, [In.Forget], or the end.
type In struct {
	opener *record.Opener
	limit  int // bytes held in incomplete groups

	sizes map[fileKey]uint64 // of files with groups asked for
	parts map[Group]*part
	held  int      // bytes of buffers in parts
	pool  [][]byte // buffers of wire.GroupSize

	done    []Arrived
	spare   []Arrived // the slice handed out last
	unknown []Group
	bytes   uint64 // of all extents opened, repeats counted
	bad     int
	fault   error // what held-back bytes turned out to break; Open returns it
	scratch []byte
}

type fileKey struct {
	file    uint32
	version uint8
}

type part struct {
	data []byte // up to the furthest byte seen
	have int    // distinct bytes
	want int    // 0 while unknown
	runs []run  // sorted, disjoint, not touching
}

type run struct{ from, to int }

// NewIn returns an In that opens with key. limit bounds the bytes of incomplete
// groups, normally the recipient's window and a little more.
func NewIn(key [32]byte, limit int) *In {
	return &In{
		opener:  record.NewOpener(key, wire.RecordData),
		limit:   limit,
		sizes:   make(map[fileKey]uint64),
		parts:   make(map[Group]*part),
		scratch: make([]byte, 0, wire.RecordLimit),
	}
}

// Expect tells the size of a version of a file of which groups were asked for.
// A group of it that was held back may be complete by this.
func (in *In) Expect(file uint32, version uint8, size uint64) {
	k := fileKey{file, version}
	if _, ok := in.sizes[k]; ok {
		return
	}
	in.sizes[k] = size
	for g, p := range in.parts {
		if g.File == file && g.Version == version && p.want == 0 {
			in.settle(g, p, size)
		}
	}
}

// Settled forgets the size of a file that is complete or given up, so that the
// memory of a lane does not grow with the number of files.
func (in *In) Settled(file uint32, version uint8) {
	delete(in.sizes, fileKey{file, version})
	for g, p := range in.parts {
		if g.File == file && g.Version == version {
			in.discard(g, p)
		}
	}
}

// Forget drops what was held of a group.
func (in *In) Forget(g Group) {
	if p := in.parts[g]; p != nil {
		in.discard(g, p)
	}
}

// Open opens one record. It returns nil for a record that has to be dropped in
// silence ([In.Bad] counts those), an error with code wire.Auth when the lane
// has seen BadRecords of them, and wire.Format or wire.Unrequested when a record
// that did open breaks a rule: the session ends then. Complete groups wait in
// [In.Done], groups nobody told of in [In.Unknown].
func (in *In) Open(rec []byte) error {
	if len(rec) > wire.RecordLimit {
		return in.drop()
	}
	plain, err := in.opener.Open(in.scratch[:0], rec)
	if err != nil {
		return in.drop()
	}
	if in.fault != nil {
		return in.fault
	}
	if _, err := record.CountExtents(plain); err != nil {
		return err // nothing of a record is used before all of it was read
	}
	for len(plain) > 0 {
		e, rest, err := record.NextExtent(plain)
		if err != nil {
			return err
		}
		plain = rest
		if err := in.extent(e); err != nil {
			return err
		}
	}
	return nil
}

func (in *In) drop() error {
	if in.bad++; in.bad >= BadRecords {
		return wire.Auth
	}
	return nil
}

func (in *In) extent(e record.Extent) error {
	in.bytes += uint64(len(e.Bytes))
	g := Group{File: e.File, Version: e.Version, Index: uint32(e.Offset / wire.GroupSize)}
	from := int(e.Offset % wire.GroupSize)
	to := from + len(e.Bytes)
	p := in.parts[g]
	if p == nil {
		p = &part{}
		size, known := in.sizes[fileKey{e.File, e.Version}]
		if known {
			if p.want = GroupLen(size, g.Index); p.want == 0 {
				return wire.Unrequested // past the end
			}
		} else {
			in.unknown = append(in.unknown, g)
		}
		in.parts[g] = p
		in.held += partCost
	}
	if p.want > 0 && to > p.want {
		return wire.Unrequested
	}
	if to > cap(p.data) {
		if !in.grow(p, to) {
			return wire.Unrequested // more than any window allows
		}
	}
	if to > len(p.data) {
		p.data = p.data[:to]
	}
	if !p.add(from, to, e.Bytes) {
		return wire.Format
	}
	if p.want > 0 && p.have == p.want {
		in.complete(g, p)
	}
	return nil
}

// add copies what is new of b into the part and reports false when the part is
// in more pieces than an honest sender makes.
func (p *part) add(from, to int, b []byte) bool {
	i := len(p.runs)
	for i > 0 && p.runs[i-1].to >= from {
		i--
	}
	j, lo, hi, had := i, from, to, 0
	for j < len(p.runs) && p.runs[j].from <= to {
		r := p.runs[j]
		lo, hi, had = min(lo, r.from), max(hi, r.to), had+r.to-r.from
		j++
	}
	if had == 0 { // the common case: nothing of it was there
		copy(p.data[from:to], b)
	} else {
		at := from // copy only the gaps: bytes that are there stay
		for _, r := range p.runs[i:j] {
			if r.from > at {
				copy(p.data[at:r.from], b[at-from:])
			}
			at = max(at, r.to)
		}
		if at < to {
			copy(p.data[at:to], b[at-from:])
		}
	}
	p.have += hi - lo - had
	if j == i {
		p.runs = append(p.runs, run{})
		copy(p.runs[i+1:], p.runs[i:])
	} else {
		p.runs = append(p.runs[:i+1], p.runs[j:]...)
	}
	p.runs[i] = run{lo, hi}
	return len(p.runs) <= maxRuns
}

// settle gives a group that was held back its length.
func (in *In) settle(g Group, p *part, size uint64) {
	p.want = GroupLen(size, g.Index)
	switch {
	case p.want == 0 || len(p.data) > p.want:
		in.discard(g, p)
		in.fault = wire.Unrequested // past the end
	case p.have == p.want:
		in.complete(g, p)
	}
}

func (in *In) complete(g Group, p *part) {
	delete(in.parts, g)
	in.held -= cap(p.data) + partCost
	data := p.data[:p.want]
	in.done = append(in.done, Arrived{Group: g, Data: data})
}

func (in *In) discard(g Group, p *part) {
	delete(in.parts, g)
	in.held -= cap(p.data) + partCost
	in.recycle(p.data)
}

// Done returns the groups completed since the last call. The slice is valid
// until the call after the next; give each Data back with [In.Free].
func (in *In) Done() []Arrived {
	d := in.done
	in.done, in.spare = in.spare[:0], d
	return d
}

// Free takes back the buffer of an arrived group.
func (in *In) Free(data []byte) { in.recycle(data) }

// Unknown returns the groups reported for the first time since the last call.
func (in *In) Unknown() []Group {
	u := in.unknown
	in.unknown = nil
	return u
}

// Bytes returns the bytes of all extents opened so far, repeats counted.
func (in *In) Bytes() uint64 { return in.bytes }

// Records returns how many records opened.
func (in *In) Records() uint64 { return in.opener.Opened() }

// Bad returns how many records did not open.
func (in *In) Bad() int { return in.bad }

// grow makes room for a group up to byte to. A group of unknown length grows
// with what comes of it: hundreds of small files may be here before the word of
// what they are, and a megabyte for each would look like an attack.
func (in *In) grow(p *part, to int) bool {
	want := p.want
	if want == 0 {
		want = min(max(to, 2*cap(p.data)), wire.GroupSize)
	}
	if want <= wire.GroupSize/2 {
		return in.swap(p, make([]byte, 0, want))
	}
	if n := len(in.pool); n > 0 {
		b := in.pool[n-1]
		in.pool = in.pool[:n-1]
		return in.swap(p, b[:0])
	}
	return in.swap(p, make([]byte, 0, wire.GroupSize))
}

// swap moves a part into a larger buffer and reports whether the limit allows it.
func (in *In) swap(p *part, b []byte) bool {
	in.held += cap(b) - cap(p.data)
	old := p.data
	p.data = append(b, old...)
	in.recycle(old)
	return in.held <= in.limit
}

func (in *In) recycle(b []byte) {
	if cap(b) == wire.GroupSize && len(in.pool) < 24 {
		in.pool = append(in.pool, b[:0])
	}
}
