package catalog

// chunkSize is how many entries share one set of columns. A full chunk is never
// moved again: only the last one grows, so a growing list leaves no large
// garbage behind.
const chunkSize = 65_536

// columns keeps entries, a column a field. It holds no pointer an entry: the
// garbage collector has some hundreds of objects to look at, not 500,000.
type columns struct {
	chunks    []*chunk
	names     NameStore
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
	starts  []uint32 // of the name, in names
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
	k.starts = append(k.starts, c.names.Add(name))
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
	return c.names.At(k.starts[j], k.lengths[j])
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
