package catalog

// chunkSize is how many entries share one set of columns. A full chunk is never
// moved again: only the last one grows, so a growing list leaves no large
// garbage behind.
const chunkSize = 65_536

// blockSize is how many bytes of names share one block. Names never grow by
// copying: 65,536 of the longest would be 67 MB to move.
const blockSize = 256 << 10

// columns keeps entries, a column a field. It holds no pointer an entry: the
// garbage collector has some dozens of objects to look at, not 500,000.
type columns struct {
	chunks    []*chunk
	names     [][]byte // blocks
	n         int
	bytes     uint64 // of all files together
	nameBytes int
}

type chunk struct {
	kinds   []uint8 // the type, and kindExec
	depths  []uint8
	parents []uint32
	sizes   []uint64
	times   []int64
	starts  []uint32 // of the name: block · blockSize + place in the block
	lengths []uint16
}

const kindExec = 4

func (c *columns) add(e Entry, name []byte, depth uint8) {
	if c.n%chunkSize == 0 {
		c.chunks = append(c.chunks, newChunk(c.n))
	}
	k := c.chunks[len(c.chunks)-1]
	kind := e.Type
	if e.Exec {
		kind |= kindExec
	}
	k.kinds = append(k.kinds, kind)
	k.depths = append(k.depths, depth)
	k.parents = append(k.parents, e.Parent)
	k.sizes = append(k.sizes, e.Size)
	k.times = append(k.times, e.ModMS)
	k.starts = append(k.starts, c.store(name))
	k.lengths = append(k.lengths, uint16(len(name)))
	c.n++
	c.bytes += e.Size
	c.nameBytes += len(name)
}

// newChunk lets the first chunk grow, since most shares are small, and makes the
// others at full size.
func newChunk(entries int) *chunk {
	if entries == 0 {
		return &chunk{}
	}
	return &chunk{
		kinds:   make([]uint8, 0, chunkSize),
		depths:  make([]uint8, 0, chunkSize),
		parents: make([]uint32, 0, chunkSize),
		sizes:   make([]uint64, 0, chunkSize),
		times:   make([]int64, 0, chunkSize),
		starts:  make([]uint32, 0, chunkSize),
		lengths: make([]uint16, 0, chunkSize),
	}
}

// store copies a name into the last block, or a new one, and returns its start.
func (c *columns) store(name []byte) (start uint32) {
	last := len(c.names) - 1
	switch {
	case last < 0:
		c.names, last = append(c.names, nil), 0
	case len(c.names[last])+len(name) >= blockSize: // never quite full: where no name starts there may be no block
		c.names = append(c.names, make([]byte, 0, blockSize))
		last++
	}
	start = uint32(last*blockSize + len(c.names[last]))
	c.names[last] = append(c.names[last], name...)
	return start
}

func (c *columns) at(i uint32) (*chunk, int) { return c.chunks[i/chunkSize], int(i % chunkSize) }

func (c *columns) kind(i uint32) uint8 {
	k, j := c.at(i)
	return k.kinds[j] &^ kindExec
}

func (c *columns) depth(i uint32) uint8 {
	k, j := c.at(i)
	return k.depths[j]
}

func (c *columns) parent(i uint32) uint32 {
	k, j := c.at(i)
	return k.parents[j]
}

func (c *columns) size(i uint32) uint64 {
	k, j := c.at(i)
	return k.sizes[j]
}

// name returns a view of the name of entry i, to be read and let go.
func (c *columns) name(i uint32) []byte {
	k, j := c.at(i)
	place := k.starts[j] % blockSize
	end := place + uint32(k.lengths[j])
	return c.names[k.starts[j]/blockSize][place:end:end]
}

// entry copies the name of entry i and nothing else.
func (c *columns) entry(i uint32) Entry {
	k, j := c.at(i)
	return Entry{
		Type:   k.kinds[j] &^ kindExec,
		Parent: k.parents[j],
		Size:   k.sizes[j],
		ModMS:  k.times[j],
		Exec:   k.kinds[j]&kindExec != 0,
		Name:   string(c.name(i)),
	}
}
