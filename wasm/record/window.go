package record

// windowSize is how many numbers below the highest one may still come, once each.
// On a lane whose smallest records carry 8 KiB that is 512 MiB of reordering.
const windowSize = 65_536

const windowWords = windowSize / 64

// window remembers which record numbers were seen: a ring of bits, 8 KiB, in which
// number n has its place at n modulo windowSize. The zero window has seen nothing.
type window struct {
	end  uint64 // one more than the highest number seen
	ring [windowWords]uint64
}

// fresh reports whether n lies within the window or above it and was not seen.
func (w *window) fresh(n uint64) bool {
	if n >= w.end {
		return true
	}
	if w.end-n > windowSize {
		return false
	}
	return w.ring[n/64%windowWords]&(1<<(n%64)) == 0
}

// add marks n, which must be fresh, as seen. Where n is the new highest number,
// the places between the old one and it still hold what was seen a turn of the
// ring ago and are cleared.
func (w *window) add(n uint64) {
	if n >= w.end {
		if n-w.end >= windowSize {
			w.ring = [windowWords]uint64{}
		} else {
			w.clear(w.end, n+1)
		}
		w.end = n + 1
	}
	w.ring[n/64%windowWords] |= 1 << (n % 64)
}

// clear forgets the numbers from first to end-1, of which there are at most
// windowSize.
func (w *window) clear(first, end uint64) {
	for first < end {
		run := min(64-first%64, end-first)    // numbers left in this word
		upTo := uint64(1)<<(first%64+run) - 1 // all ones where the run fills the word
		w.ring[first/64%windowWords] &^= upTo &^ (1<<(first%64) - 1)
		first += run
	}
}
