// Package lane is the work of one data channel: it turns groups of files into
// sealed records and sealed records back into whole groups with their BLAKE3
// values. It decides nothing about a transfer: what to send and what to keep is
// the business of package session, which sees groups, never records.
//
//	sharer                                       recipient
//	group ─▶ Out.Load ─▶ Out.Next ─▶ record ─▶ In.Open ─▶ Arrived group
//
// An Out or In belongs to one goroutine or one worker. Neither allocates per
// record once warm. PROTOCOL.md f.2 and f.3.
package lane

import (
	"math"

	"beeline/wasm/digest"
	"beeline/wasm/record"
	"beeline/wasm/wire"
)

// A Group names one megabyte of one version of one file.
type Group struct {
	File    uint32
	Version uint8
	Index   uint32 // from 0; byte offset Index × wire.GroupSize
}

// Groups returns how many groups a file of size bytes has; 0 for an empty file.
// Above 2⁵² bytes it returns the largest number: nobody transfers such a file.
func Groups(size uint64) uint32 {
	return uint32(min(size/wire.GroupSize+min(size%wire.GroupSize, 1), math.MaxUint32))
}

// GroupLen returns the bytes of group index of a file of size bytes; 0 if the
// group lies past the end.
func GroupLen(size uint64, index uint32) int {
	at := uint64(index) * wire.GroupSize
	if at >= size {
		return 0
	}
	return int(min(size-at, wire.GroupSize))
}

// Values are the two BLAKE3 values of a group. PROTOCOL.md f.4.
type Values struct {
	CV     [32]byte // non-root chaining value of the group's subtree
	Single [32]byte // digest of the file, if this is its only group
}

// Hash returns the values of a group's bytes. single says that the group is the
// whole file.
func Hash(data []byte, index uint32, single bool) Values {
	if single {
		cv, whole := digest.OneGroup(data)
		return Values{CV: cv, Single: whole}
	}
	return Values{CV: digest.Group(data, uint64(index))}
}

// An Out seals the groups of one lane in the order they are loaded. Small
// groups share records; a record leaves when it is full or when [Out.Next] is
// told to flush.
type Out struct {
	sealer *record.Sealer
	max    int // plaintext bytes of a full record

	plain   []byte // extents of the record being filled
	extents int

	group Group
	rest  []byte // what is not yet in plain of the loaded group
	at    uint64 // offset of rest in the file
}

// NewOut returns an Out that seals with key into records of at most recMax
// bytes (wire.RecordMax..wire.RecordLimit).
func NewOut(key [32]byte, recMax int) *Out {
	recMax = max(wire.RecordMax, min(recMax, wire.RecordLimit))
	return &Out{
		sealer: record.NewSealer(key, wire.RecordData),
		max:    recMax - wire.Overhead,
		plain:  make([]byte, 0, recMax),
	}
}

// Load makes data, the bytes of g, the next to be sealed and returns its
// values. The group before must have been drained with [Out.Next]; data must
// stay unchanged until this one is.
func (o *Out) Load(g Group, data []byte, single bool) Values {
	o.group, o.rest, o.at = g, data, uint64(g.Index)*wire.GroupSize
	return Hash(data, g.Index, single)
}

// Next appends the next full record to dst. It returns dst unchanged when the
// loaded group is used up and the record under way is not full; with flush it
// then appends that record too, if there is any.
func (o *Out) Next(dst []byte, flush bool) ([]byte, error) {
	for len(o.rest) > 0 {
		room := o.max - len(o.plain) - wire.ExtentHeader
		if room <= 0 || o.extents == wire.ExtentsPerRecord || (room < len(o.rest) && room < 1024) {
			return o.seal(dst)
		}
		n := min(room, len(o.rest), wire.ExtentMax)
		o.plain = record.AppendExtentHeader(o.plain, o.group.File, o.group.Version, n, o.at)
		o.plain = append(o.plain, o.rest[:n]...)
		o.extents++
		o.rest, o.at = o.rest[n:], o.at+uint64(n)
	}
	if len(o.plain) > 0 && (flush || o.max-len(o.plain) <= wire.ExtentHeader) {
		return o.seal(dst)
	}
	return dst, nil
}

func (o *Out) seal(dst []byte) ([]byte, error) {
	dst, err := o.sealer.Seal(dst, o.plain)
	o.plain, o.extents = o.plain[:0], 0
	return dst, err
}

// Pending reports whether a record is under way that only a flush will send.
func (o *Out) Pending() bool { return len(o.plain) > 0 }

// Records returns how many records were sealed, for LANE_END and CLOSE.
func (o *Out) Records() uint64 { return o.sealer.Count() }
