package catalog

import (
	"unicode/utf8"

	"beeline/wasm/wire"
)

// Builder is the sender's list. It grows while the folder is still being
// walked; pages are cut as they fill and can be served at once.
type Builder struct {
	shareID [16]byte
	limits  Limits
	columns
	root     root
	starts   []uint32 // first entry of each cut page
	cut      uint32   // entries in cut pages
	open     int      // bytes of the page that is not cut yet
	finished bool
	changed  map[uint32]change // sizes that differ from what a cut page says
	scratch  []byte
}

type change struct {
	size  uint64
	modMS int64
}

// NewBuilder starts the list of a share with its root folder as entry 0. A
// title of more than 200 bytes is cut at a character.
func NewBuilder(title string, shareID [16]byte, salt [32]byte) *Builder {
	if len(title) > wire.TitleMax {
		end := wire.TitleMax
		for end > wire.TitleMax-utf8.UTFMax && !utf8.RuneStart(title[end]) {
			end--
		}
		title = title[:end]
	}
	b := &Builder{shareID: shareID, limits: Native, root: root{salt: salt}, changed: map[uint32]change{}}
	b.Add(Entry{Type: Dir, Name: title}) // can't break a rule
	return b
}

// Limit sets other limits than [Native], before the first Add.
func (b *Builder) Limit(l Limits) { b.limits = l }

// Add appends an entry and returns its index. A time that no browser can hold is
// clamped. An [*Error] says which rule the entry breaks; the list stays as it
// was, so the walk can leave the entry out and go on.
func (b *Builder) Add(e Entry) (index uint32, err error) {
	if b.finished {
		return 0, &Error{RuleOrder, b.n}
	}
	e.ModMS = max(-TimeMax, min(TimeMax, e.ModMS))
	depth, err := b.admit(e, len(e.Name), b.limits)
	if err != nil {
		return 0, err
	}
	size := entryHeader + len(e.Name)
	if pageHeader+b.open+size > pageMax {
		b.Cut()
	}
	b.open += size
	b.scratch = append(b.scratch[:0], e.Name...)
	b.add(e, b.scratch, depth)
	return uint32(b.n - 1), nil
}

// Cut closes the page under construction although it is not full, so that a
// waiting recipient sees what was found so far. It does nothing where no entry
// waits.
func (b *Builder) Cut() {
	if b.open == 0 {
		return
	}
	b.starts = append(b.starts, b.cut)
	for i := b.cut; i < uint32(b.n); i++ {
		b.scratch = b.appendListed(b.scratch[:0], i)
		b.root.add(b.scratch)
	}
	b.cut, b.open = uint32(b.n), 0
}

// Finish ends the walk: the last page is cut, further entries are refused.
func (b *Builder) Finish() {
	b.Cut()
	b.finished = true
}

// Finished reports whether the list is whole.
func (b *Builder) Finished() bool { return b.finished }

// Pages returns how many pages are cut.
func (b *Builder) Pages() uint32 { return uint32(len(b.starts)) }

// Page returns the body of LIST_PAGE i, without the type byte; not ok where
// that page is not cut yet. The same i always gives the same bytes.
func (b *Builder) Page(i uint32) (body []byte, ok bool) {
	if i >= uint32(len(b.starts)) {
		return nil, false
	}
	first, next := b.starts[i], b.cut
	if i+1 < uint32(len(b.starts)) {
		next = b.starts[i+1]
	}
	size := pageHeader
	for j := first; j < next; j++ {
		size += entryHeader + len(b.name(j))
	}
	body = make([]byte, 0, size)
	body = be.AppendUint16(be.AppendUint32(body, i), uint16(next-first))
	for j := first; j < next; j++ {
		body = b.appendListed(body, j)
	}
	return body, true
}

// End returns the body of LIST_END, without the type byte; not ok before Finish.
func (b *Builder) End() (body []byte, ok bool) {
	if !b.finished {
		return nil, false
	}
	root := b.root.sum()
	body = make([]byte, 0, endSize)
	body = be.AppendUint32(body, b.Pages())
	body = be.AppendUint32(body, uint32(b.n))
	body = be.AppendUint64(body, b.bytes)
	return append(body, root[:]...), true
}

// Head returns what SHARE_HEAD says now: the counts so far.
func (b *Builder) Head(anchor [32]byte, expires uint64) Head {
	return Head{b.shareID, b.root.salt, anchor, expires, uint32(b.n), b.bytes}
}

// Len returns the number of entries so far, with the root folder.
func (b *Builder) Len() int { return b.n }

// Bytes returns the size of all files as they are listed.
func (b *Builder) Bytes() uint64 { return b.bytes }

// Root returns the Merkle root over the cut pages; after Finish, over all.
func (b *Builder) Root() [32]byte { return b.root.sum() }

// Entry returns entry i with the size and time it has now. It panics if
// i ≥ Len: an index that a peer named is compared with Len first.
func (b *Builder) Entry(i uint32) Entry {
	e := b.entry(i)
	if c, ok := b.changed[i]; ok {
		e.Size, e.ModMS = c.size, c.modMS
	}
	return e
}

// SetSize notes that the source of file i has changed (FILE_CHANGED). The list
// keeps saying what it said: a page that was cut never changes.
func (b *Builder) SetSize(i uint32, size uint64, modMS int64) {
	b.changed[i] = change{size, max(-TimeMax, min(TimeMax, modMS))}
}

// appendListed writes entry i as it stands in its page.
func (b *Builder) appendListed(dst []byte, i uint32) []byte {
	k, j := b.at(i)
	e := Entry{
		Type:   k.kinds[j] &^ kindExec,
		Parent: k.parents[j],
		Size:   k.sizes[j],
		ModMS:  k.times[j],
		Exec:   k.kinds[j]&kindExec != 0,
	}
	return e.append(dst, b.name(i))
}
