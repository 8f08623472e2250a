package session

import (
	"math/bits"

	"beeline/wasm/catalog"
	"beeline/wasm/lane"
)

// This file: how far single files are, for a page that asks.

// A FileState says how far a file is.
type FileState uint8

// States of a file; a folder is always waiting. web/shared/views.ts has the same.
const (
	FileWaiting  FileState = iota
	FileArriving           // asked for
	FileWritten            // all of it, and not verified yet
	FileVerified           // under its name
	FileFailed
	FileUnwanted // left out by the person, or taken back before the list came
	FileMissing  // the transfer ended without it
)

// States returns the states of up to count entries from index from on, a byte each.
func (r *Receiver) States(from, count int) []byte {
	if r.list == nil || from < 0 || from >= r.list.Len() {
		return nil
	}
	out := make([]byte, max(0, min(count, r.list.Len()-from)))
	if r.fetch == nil {
		return out
	}
	for k := range out {
		if i := uint32(from + k); r.list.Kind(i) != catalog.Dir {
			out[k] = byte(r.stateOf(i))
		}
	}
	return out
}

func (r *Receiver) stateOf(i uint32) FileState {
	switch r.fetch.statusOf(i) {
	case done:
		return FileVerified
	case failed:
		return FileFailed
	case unwanted:
		return FileUnwanted
	}
	switch t := r.fetch.active[i]; {
	case r.phase == Failed || r.phase == Cancelled:
		return FileMissing
	case t == nil:
		return FileWaiting
	case t.finishing:
		return FileWritten
	}
	return FileArriving
}

// cellsMax is how many cells the picture of one file has at most.
const cellsMax = 128

// Parts returns which parts of a file are written: cells of equal length, each the
// share of its groups, 0 to 255. Of what is no file, or an empty one, none.
func (r *Receiver) Parts(file uint32) []byte {
	if r.list == nil || int64(file) >= int64(r.list.Len()) || r.list.Kind(file) != catalog.File {
		return nil
	}
	size := r.list.Size(file)
	if r.fetch != nil {
		size = r.fileNow(file).size
	}
	groups := uint64(lane.Groups(size))
	out := make([]byte, min(groups, cellsMax))
	t := r.target(file)
	whole := t == nil && r.fetch != nil && r.fetch.statusOf(file) == done
	for c := range uint64(len(out)) {
		first, end := c*groups/uint64(len(out)), (c+1)*groups/uint64(len(out))
		switch {
		case whole:
			out[c] = 255
		case t != nil:
			out[c] = uint8(uint64(t.written.count(uint32(first), end)) * 255 / (end - first))
		}
	}
	return out
}

// count returns how many members there are from first to end-1.
func (b *bitset) count(first uint32, end uint64) (n int) {
	for at := uint64(first); at < min(end, uint64(len(b.words))*64); {
		run := min(64-at%64, end-at)
		mask := (^uint64(0) >> (64 - run)) << (at % 64)
		n += bits.OnesCount64(b.words[at/64] & mask)
		at += run
	}
	return n
}
