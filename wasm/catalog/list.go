package catalog

// List is the recipient's copy of what a share offers. It trusts nothing: every
// rule of PROTOCOL.md g is checked as a page comes, and memory is bounded by the
// limits whatever the sender says.
//
// After an error a List is dead: every further page is refused, what was
// accepted before stays readable.
type List struct {
	limits Limits
	columns
	root  root
	pages uint32
	ended bool
	err   error
}

// NewList returns an empty list. The salt comes from the share's [Head].
func NewList(l Limits, salt [32]byte) *List { return &List{limits: l, root: root{salt: salt}} }

// AddPage takes the body of the next LIST_PAGE, without the type byte, and
// copies what it needs. Errors are [*Error] and wrap wire.Manifest.
func (l *List) AddPage(body []byte) error {
	if l.err == nil {
		l.err = l.addPage(body)
	}
	return l.err
}

func (l *List) addPage(body []byte) error {
	if len(body) < pageHeader || len(body) > pageMax {
		return &Error{RuleForm, l.n}
	}
	if l.ended || be.Uint32(body) != l.pages {
		return &Error{RuleOrder, l.n}
	}
	n := int(be.Uint16(body[4:]))
	b := body[pageHeader:]
	if n == 0 {
		return &Error{RuleForm, l.n}
	}
	for range n {
		e, name, size := cutEntry(b)
		if size == 0 {
			return &Error{RuleForm, l.n}
		}
		depth, err := l.admit(e, len(name), l.limits)
		if err != nil {
			return err
		}
		l.root.add(b[:size])
		l.add(e, name, depth)
		b = b[size:]
	}
	if len(b) != 0 {
		return &Error{RuleForm, l.n}
	}
	l.pages++
	return nil
}

const endSize = 48 // u32 pages ‖ u32 entries ‖ u64 bytes ‖ root 32

// AddEnd takes the body of LIST_END, without the type byte. Counts, bytes and
// the Merkle root must be those of the pages.
func (l *List) AddEnd(body []byte) error {
	if l.err == nil {
		l.err = l.addEnd(body)
	}
	return l.err
}

func (l *List) addEnd(body []byte) error {
	if len(body) != endSize {
		return &Error{RuleForm, l.n}
	}
	if l.ended {
		return &Error{RuleOrder, l.n}
	}
	if l.n == 0 ||
		be.Uint32(body) != l.pages ||
		be.Uint32(body[4:]) != uint32(l.n) ||
		be.Uint64(body[8:]) != l.bytes ||
		[32]byte(body[16:]) != l.root.sum() {
		return &Error{RuleEnd, l.n}
	}
	l.ended = true
	return nil
}

// Len returns the number of entries so far, with the root folder.
func (l *List) Len() int { return l.n }

// Pages returns the number of pages so far: the next one to ask for.
func (l *List) Pages() uint32 { return l.pages }

// Bytes returns the size of all files so far.
func (l *List) Bytes() uint64 { return l.bytes }

// Complete reports whether the list has come to its end and holds together.
// Until then Len and Bytes mean "at least".
func (l *List) Complete() bool { return l.ended }

// Root returns the Merkle root over the entries so far; with Complete it is the
// manifest_root of the receipt.
func (l *List) Root() [32]byte { return l.root.sum() }

// Entry returns entry i as it was listed. It panics if i ≥ Len: an index that a
// peer named is compared with Len first.
func (l *List) Entry(i uint32) Entry { return l.entry(i) }

// Kind returns the type of entry i without copying its name.
func (l *List) Kind(i uint32) uint8 { return l.kind(i) }

// Size returns the size of entry i without copying its name.
func (l *List) Size(i uint32) uint64 { return l.size(i) }

// Parent returns the folder of entry i without copying its name.
func (l *List) Parent(i uint32) uint32 { return l.parent(i) }
