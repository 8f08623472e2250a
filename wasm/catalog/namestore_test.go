package catalog

import (
	"bytes"
	"math"
	"testing"
)

// Every name comes back as it was, wherever a block ends, and nobody who is given one can
// write into the next.
func TestNamesComeBackFromTheirBlocks(t *testing.T) {
	lengths := []int{0, 1, nameBlock - 3, 1, 0, 255, math.MaxUint16, 1, math.MaxUint16, math.MaxUint16, 2}
	for range 1000 {
		lengths = append(lengths, 1020, 0, 333)
	}
	lengths = append(lengths, math.MaxUint16, 1, 0) // where the last block ends
	var s NameStore
	var starts []uint32
	name := func(i int) []byte { return bytes.Repeat([]byte{byte('a' + i%26)}, lengths[i]) }
	for i := range lengths {
		starts = append(starts, s.Add(name(i)))
	}
	for i, n := range lengths {
		_ = append(s.At(starts[i], uint16(n)), '/')
	}
	for i, n := range lengths {
		if got := s.At(starts[i], uint16(n)); !bytes.Equal(got, name(i)) {
			t.Fatalf("name %d of %d bytes, at %d, begins with %.20q, want %.20q", i, n, starts[i], got, name(i))
		}
	}
	for i, b := range s.blocks[1:] {
		if cap(b) != nameBlock {
			t.Errorf("block %d has room for %d bytes, want %d: it was moved", i+1, cap(b), nameBlock)
		}
	}
}
