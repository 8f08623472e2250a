package catalog

import (
	"unicode/utf8"

	"beeline/wasm/wire"
)

// Builder is the sender's list. It grows while the folder is still being walked,
// and may grow again after that; what is taken back of it stays where it was, so
// that indices keep their meaning. What recipients are told is an [Edition].
type Builder struct {
	shareID [16]byte
	salt    [32]byte
	limits  Limits
	columns
	title    string
	titleMax int // bytes of the longest it ever had
	gone     marks
	lost     uint64 // bytes of what is gone
	files    int    // that are there
	entries  int    // likewise, the root left out
	rounds   []round
	finished bool
	edition  *Edition // the present one; nil: the next who comes needs a new one
	scratch  []byte
}

// NewBuilder starts the list of a share with its root folder as entry 0. A
// title of more than 200 bytes is cut at a character.
func NewBuilder(title string, shareID [16]byte, salt [32]byte) *Builder {
	b := &Builder{shareID: shareID, salt: salt, limits: Native}
	b.add(Entry{Type: Dir}, nil, 0)
	b.Retitle(title)
	return b
}

// Retitle gives the share another title, for those who come from now on.
func (b *Builder) Retitle(title string) {
	if len(title) > wire.TitleMax {
		end := wire.TitleMax
		for end > wire.TitleMax-utf8.UTFMax && !utf8.RuneStart(title[end]) {
			end--
		}
		title = title[:end]
	}
	if longer := len(title) - b.titleMax; longer > 0 { // it counts in every reader's limit
		b.titleMax += longer
		b.nameBytes += longer
	}
	b.title, b.edition = title, nil
}

// Limit sets other limits than [Native], before the first Add.
func (b *Builder) Limit(l Limits) { b.limits = l }

// Add appends an entry and returns its index. A time that no browser can hold is
// clamped. What comes into a folder that was taken back is a hole from the start.
// An [*Error] says which rule the entry breaks; the list stays as it was, so the
// walk can leave the entry out and go on.
func (b *Builder) Add(e Entry) (index uint32, err error) {
	if b.finished {
		return 0, &Error{RuleOrder, b.n}
	}
	if b.gone.has(e.Parent) {
		e = Entry{Type: Gone}
		b.gone.set(uint32(b.n))
	}
	e.ModMS = max(-TimeMax, min(TimeMax, e.ModMS))
	depth, err := b.admit(e, len(e.Name), b.limits)
	if err != nil {
		return 0, err
	}
	b.scratch = append(b.scratch[:0], e.Name...)
	b.add(e, b.scratch, depth)
	b.count(e.Type, 1)
	return uint32(b.n - 1), nil
}

func (b *Builder) count(kind uint8, by int) {
	if kind != Gone {
		b.entries += by
	}
	if kind == File {
		b.files += by
	}
}

// Remove takes entries back, each with everything below it, and returns those that
// were there until now. The root stays.
func (b *Builder) Remove(entries []uint32) (removed []uint32) {
	var named marks
	first := uint32(b.n)
	for _, i := range entries {
		if i > 0 && int64(i) < int64(b.n) {
			named.set(i)
			first = min(first, i)
		}
	}
	for i := first; i < uint32(b.n); i++ {
		if b.gone.has(i) || !named.has(i) && !b.gone.has(b.parent(i)) {
			continue
		}
		b.gone.set(i)
		b.lost += b.size(i)
		b.count(b.kind(i), -1)
		removed = append(removed, i)
	}
	if len(removed) > 0 {
		b.edition = nil
	}
	return removed
}

// Gone reports whether entry i was taken back.
func (b *Builder) Gone(i uint32) bool { return b.gone.has(i) }

// Finish ends the walk: further entries are refused, until Reopen.
func (b *Builder) Finish() {
	if !b.finished {
		b.finished = true
		b.rounds = append(b.rounds, round{uint32(b.n), b.bytes})
	}
}

// Reopen lets entries follow an end. They are in the editions from now on.
func (b *Builder) Reopen() {
	if b.finished {
		b.finished, b.edition = false, nil
	}
}

// Finished reports whether the walk is over.
func (b *Builder) Finished() bool { return b.finished }

// Edition returns the list as it is to be told to who comes now.
func (b *Builder) Edition() *Edition {
	if b.edition == nil {
		e := &Edition{b: b, title: b.title, gone: b.gone.clone(), lost: b.lost, round: len(b.rounds), root: root{salt: b.salt}}
		if b.finished {
			e.round--
		}
		b.edition = e
	}
	return b.edition
}

// Len returns the number of entries so far, with the root folder and what is gone.
func (b *Builder) Len() int { return b.n }

// There returns how many files, and files and folders, are there now, and the size
// of the files as they are listed.
func (b *Builder) There() (files, entries int, bytes uint64) {
	return b.files, b.entries, b.bytes - b.lost
}

// Bytes returns the size of all files there ever were, as they are listed.
func (b *Builder) Bytes() uint64 { return b.bytes }

// Entry returns entry i as it was added. It panics if i ≥ Len: an index that a
// peer named is compared with Len first.
func (b *Builder) Entry(i uint32) Entry {
	e := b.entry(i)
	if i == 0 {
		e.Name = b.title
	}
	return e
}
