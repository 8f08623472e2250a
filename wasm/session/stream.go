package session

import (
	"encoding/binary"

	"beeline/wasm/catalog"
	"beeline/wasm/wire"
)

// This file: a destination that takes bytes only in order and gives none back, a
// download that the browser writes as it comes. Its exact length has to be known
// before the first byte, so it waits for the whole list; and what was handed on can't
// be mended, so a file that fails or changes ends all of it. PROTOCOL.md f.4.

// planSize is the size in bytes of an entry of a plan: the length of its path in
// UTF-8 with strokes between (and behind a folder's), with the highest bit set for a
// folder, u32; its size in bytes, u64.
const planSize = 12

// openDisk opens the destination, once all is known that it needs.
func (r *Receiver) openDisk() {
	f := r.fetch
	if f == nil || f.opening || f.stream && !r.list.Complete() {
		return
	}
	f.opening = true
	files, bytes := r.totals()
	open := DiskOpen{Key: r.journalKey(), Title: r.title(), Files: files, Bytes: bytes}
	if f.stream {
		open.Plan, open.Top = r.plan()
	}
	r.do(open)
}

// plan returns what will come, in order, and the name of the only thing at the top
// level; empty where there are several.
func (r *Receiver) plan() (plan []byte, top string) {
	plan = make([]byte, 0, planSize*r.fetch.entries)
	first := uint32(0) // the top-level entry that all so far lie in
	one := true
	for i := uint32(1); int64(i) < int64(r.list.Len()); i++ {
		if r.fetch.statusOf(i) == unwanted {
			continue
		}
		length := uint32(len(r.names.LocalName(i)))
		at := i
		for p := r.list.Parent(i); p != 0; p = r.list.Parent(p) {
			length += uint32(len(r.names.LocalName(p))) + 1
			at = p
		}
		if first == 0 {
			first = at
		}
		one = one && at == first
		size := uint64(0)
		if r.list.Kind(i) == catalog.Dir {
			length = length + 1 | 1<<31
		} else {
			size = r.fileNow(i).size
		}
		plan = binary.BigEndian.AppendUint32(plan, length)
		plan = binary.BigEndian.AppendUint64(plan, size)
	}
	if first != 0 && one {
		top = r.names.LocalName(first)
	}
	return plan, top
}

// broken ends a transfer whose destination is spoiled. Another try begins anew.
func (r *Receiver) broken(why wire.Code) {
	if r.fetch == nil || r.ended() {
		return
	}
	r.discard(r.fetch)
	r.fail(why)
}
