// Package catalog is what a share offers: one tree of folders and files with
// names, sizes and times. It writes the list on the sender's side, checks it on
// the recipient's, and decides under which names the entries can be saved.
//
// It never touches a file, never trusts a count that a peer states, and never
// builds a path string: an entry knows the number of its folder, so there is no
// separator in which something could hide. Specification: ../PROTOCOL.md g.
//
//	sender                              recipient
//	Builder.Add … Add … Remove          ParseHead
//	   │ Edition, pages cut while walking  │
//	   ├── Page 0 ───── LIST_PAGE ────> List.AddPage
//	   ├── Page 1 ───── LIST_PAGE ────> List.AddPage      every rule of g, at once
//	Builder.Finish                         │
//	   └── End ──────── LIST_END ─────> List.AddEnd       counts, bytes, Merkle root
//	                                       │
//	                                    Names.LocalName   rule g.3 for a target
//
// Entries are kept in columns, in chunks of 65,536, 28 bytes each and the name: a
// list of 500,000 frames takes 30 MB, and the plan of their local names 20 MB.
package catalog

import (
	"encoding/binary"
	"math"

	"beeline/wasm/wire"
)

var be = binary.BigEndian

// Kinds of an entry.
const (
	Dir  = 1
	File = 2
	Gone = 3 // was taken back: nothing of it is left but its place in the order
)

// An Entry is one folder or file. Its index is its running number; entry 0 is
// the root folder, which is its own parent and whose name is the share's title.
type Entry struct {
	Type   uint8  // Dir, File or Gone
	Parent uint32 // index of its folder, always below its own
	Size   uint64 // bytes, at most wire.FileMax; 0 for a folder
	ModMS  int64  // last change, milliseconds since 1970, within ±TimeMax
	Exec   bool   // may be run as a program; never set on a folder
	Name   string // 1..1,020 bytes as they came, the title 0..200; may be dangerous: see Check
}

// TimeMax is the largest distance from 1970 that a date in a browser can hold,
// in milliseconds.
const TimeMax = 8_640_000_000_000_000

const (
	entryHeader = 24 // u8 type ‖ u32 parent ‖ u64 size ‖ i64 mtime_ms ‖ u8 mode ‖ u16 n
	pageHeader  = 6  // u32 page ‖ u16 n
	pageMax     = wire.CtrlMax - 1
	modeExec    = 1
)

// append writes the entry as it stands in a page and under the Merkle root. The
// name comes apart from it because columns keep names as bytes.
func (e Entry) append(b, name []byte) []byte {
	b = be.AppendUint32(append(b, e.Type), e.Parent)
	b = be.AppendUint64(be.AppendUint64(b, e.Size), uint64(e.ModMS))
	mode := uint8(0)
	if e.Exec {
		mode = modeExec
	}
	b = be.AppendUint16(append(b, mode), uint16(len(name)))
	return append(b, name...)
}

// cutEntry reads one entry, all but its name, which is returned as a view of b.
// size is how many bytes it took: 0 where b ends early or a reserved bit is set.
func cutEntry(b []byte) (e Entry, name []byte, size int) {
	if len(b) < entryHeader || b[21]&^modeExec != 0 {
		return Entry{}, nil, 0
	}
	size = entryHeader + int(be.Uint16(b[22:]))
	if len(b) < size {
		return Entry{}, nil, 0
	}
	e = Entry{
		Type:   b[0],
		Parent: be.Uint32(b[1:]),
		Size:   be.Uint64(b[5:]),
		ModMS:  int64(be.Uint64(b[13:])),
		Exec:   b[21] == modeExec,
	}
	return e, b[entryHeader:size], size
}

// Limits of a list, whoever wrote it. Without the one on names, 500,000 names
// of 1,020 bytes would take half a gigabyte of a browser's memory. An entry takes
// 28 bytes besides its name: at most 78 MB for a browser, 157 MB natively.
type Limits struct {
	Entries int // with the root
	Names   int // bytes of all names together
}

// Limits by where the list has to fit. PROTOCOL.md 2.2.
var (
	Browser = Limits{Entries: wire.EntriesBrowser, Names: 64 << 20}
	Native  = Limits{Entries: wire.EntriesMax, Names: 96 << 20}
)

// A Rule names the rule of PROTOCOL.md g that an entry, a page or the end of a
// list breaks.
type Rule string

const (
	RuleForm    Rule = "form"    // lengths, reserved bits
	RuleOrder   Rule = "order"   // a page out of turn, or after the end
	RuleRoot    Rule = "root"    // entry 0 is not a root
	RuleParent  Rule = "parent"  // not an earlier folder
	RuleDepth   Rule = "depth"   // more than 64 folders deep
	RuleName    Rule = "name"    // length of a name or the title
	RuleSize    Rule = "size"    // size or time out of range, size of a folder, sum
	RuleTooMany Rule = "toomany" // more entries or bytes of names than the limits
	RuleEnd     Rule = "end"     // LIST_END says other counts or another Merkle root
)

// An Error says which rule was broken where. It wraps [wire.Manifest].
type Error struct {
	Rule  Rule
	Index int // entry, or the number of entries before the page or end
}

func (e *Error) Error() string { return "list: " + string(e.Rule) + ": " + wire.Manifest.Error() }
func (e *Error) Unwrap() error { return wire.Manifest }

// admit checks an entry against everything before it and returns its depth.
// Both sides use it: what a Builder takes, a List of the same limits takes too.
func (c *columns) admit(e Entry, nameLen int, l Limits) (depth uint8, err error) {
	fail := func(r Rule) (uint8, error) { return 0, &Error{r, c.n} }
	if c.n >= l.Entries || c.nameBytes+nameLen > l.Names {
		return fail(RuleTooMany)
	}
	if e.Size > wire.FileMax || e.Size > wire.TotalMax-c.bytes || e.ModMS > TimeMax || e.ModMS < -TimeMax {
		return fail(RuleSize)
	}
	if e.Type == Dir && (e.Size != 0 || e.Exec) {
		return fail(RuleSize)
	}
	if c.n == 0 {
		if e.Type != Dir || e.Parent != 0 {
			return fail(RuleRoot)
		}
		if nameLen > wire.TitleMax {
			return fail(RuleName)
		}
		return 0, nil
	}
	if e.Type == Gone && nameLen == 0 && e == (Entry{Type: Gone}) {
		return 1, nil
	}
	if e.Type != Dir && e.Type != File {
		return fail(RuleForm) // also what is gone and still says something
	}
	if nameLen < 1 || nameLen > wire.NameMax {
		return fail(RuleName)
	}
	if int64(e.Parent) >= int64(c.n) || c.kind(e.Parent) != Dir {
		return fail(RuleParent)
	}
	if depth = c.depth(e.Parent) + 1; depth > wire.DepthMax {
		return fail(RuleDepth)
	}
	return depth, nil
}

// Head is what a sender says of its share before the list.
type Head struct {
	ShareID [16]byte
	Salt    [32]byte // of the leaves under the Merkle root
	Anchor  [32]byte // of the sender's log, PROTOCOL.md h
	Expires uint64   // seconds since 1970; 0: never
	Entries uint32   // a hint while the sender is still walking: promise nothing on it
	Bytes   uint64   // likewise
}

const headSize = 101

// Append writes the body of SHARE_HEAD, without the type byte.
func (h Head) Append(b []byte) []byte {
	b = append(b, h.ShareID[:]...)
	b = append(b, h.Salt[:]...)
	b = append(b, h.Anchor[:]...)
	b = be.AppendUint64(append(b, 0), h.Expires)
	return be.AppendUint64(be.AppendUint32(b, h.Entries), h.Bytes)
}

// ParseHead reads the body of SHARE_HEAD. It rejects another length and flags
// with wire.Format; it bounds the hints to what a list may hold.
func ParseHead(b []byte) (Head, error) {
	if len(b) != headSize || b[80] != 0 {
		return Head{}, wire.Format
	}
	h := Head{
		ShareID: [16]byte(b),
		Salt:    [32]byte(b[16:]),
		Anchor:  [32]byte(b[48:]),
		Expires: be.Uint64(b[81:]),
		Entries: be.Uint32(b[89:]),
		Bytes:   be.Uint64(b[93:]),
	}
	if h.Entries > wire.EntriesMax || h.Bytes > wire.TotalMax || h.Expires > math.MaxInt64 {
		return Head{}, wire.Format
	}
	return h, nil
}
