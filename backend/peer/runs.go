package peer

import (
	"slices"

	"beeline/wasm/journal"
	"beeline/wasm/wire"
)

const groupSize = uint64(wire.GroupSize)

// runs are groups of a file, in order and apart from each other.
type runs []run

type run struct{ first, count uint32 }

// add puts groups to those that are there.
func (r *runs) add(first, count uint32) {
	if count == 0 {
		return
	}
	end := first + count
	at, _ := slices.BinarySearchFunc(*r, first, func(x run, first uint32) int {
		if x.first+x.count < first {
			return -1
		}
		return 1
	})
	to := at
	for ; to < len(*r) && (*r)[to].first <= end; to++ {
		first, end = min(first, (*r)[to].first), max(end, (*r)[to].first+(*r)[to].count)
	}
	*r = slices.Replace(*r, at, to, run{first, end - first})
}

// parts are the runs as a journal has them, all in one place.
func (r runs) parts(place string) []journal.Part {
	out := make([]journal.Part, len(r))
	for i, x := range r {
		out[i] = journal.Part{First: x.first, Count: x.count, Place: place}
	}
	return out
}
