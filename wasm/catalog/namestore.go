package catalog

// A NameStore keeps the names of many entries one after another, in blocks that are
// never moved: names don't grow by copying, 65,536 of the longest would be 67 MB to move,
// and the garbage collector has no pointer a name to look at. Nothing is taken out. The
// zero value is empty.
type NameStore struct{ blocks [][]byte }

// nameBlock is what a block has room for, in bytes. None is ever quite full: a name of 0
// bytes, too, starts in a block that is there.
const nameBlock = 64 << 10

// Add copies a name of less than 64 KiB into the last block, or a new one, and returns
// where it starts. There is room for 4 GiB of names.
func (s *NameStore) Add(name []byte) (start uint32) {
	last := len(s.blocks) - 1
	switch {
	case last < 0:
		s.blocks, last = append(s.blocks, nil), 0 // it grows: most lists are small
	case len(s.blocks[last])+len(name) >= nameBlock:
		s.blocks = append(s.blocks, make([]byte, 0, nameBlock))
		last++
	}
	start = uint32(last*nameBlock + len(s.blocks[last]))
	s.blocks[last] = append(s.blocks[last], name...)
	return start
}

// At returns a view of the name that starts there, to be read and let go.
func (s *NameStore) At(start uint32, length uint16) []byte {
	from := start % nameBlock
	end := from + uint32(length)
	return s.blocks[start/nameBlock][from:end:end]
}
