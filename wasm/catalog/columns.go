package catalog

// chunkSize is how many entries share one set of columns. A full chunk is never
// moved again: only the last one grows, so a growing list leaves no large
// garbage behind.
const chunkSize = 65_536

// columns keeps entries, a column a field. It never holds pointers an entry:
// the garbage collector has a handful of objects to look at, not 500,000.
type columns struct {
	chunks    []*chunk
	n         int
	bytes     uint64 // of all files together
	nameBytes int
}

type chunk struct {
	kinds   []uint8 // low 2 bits the type, bit 2 exec
	depths  []uint8
	parents []uint32
	sizes   []uint64
	times   []int64
	ends    []uint32 // where the name ends in names; it begins where the one before ends
	names   []byte
}

const kindExec = 4

func (c *columns) add(e Entry, name []byte, depth uint8) {
	if c.n%chunkSize == 0 {
		c.chunks = append(c.chunks, c.nextChunk())
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
	k.names = append(k.names, name...)
	k.ends = append(k.ends, uint32(len(k.names)))
	c.n++
	c.bytes += e.Size
	c.nameBytes += len(name)
}

// nextChunk starts small for the first chunk, since most shares are small, and
// at full size for the others. It trims the names of the chunk before.
func (c *columns) nextChunk() *chunk {
	if c.n == 0 {
		return &chunk{}
	}
	last := c.chunks[len(c.chunks)-1]
	last.names = append(make([]byte, 0, len(last.names)), last.names...)
	return &chunk{
		kinds:   make([]uint8, 0, chunkSize),
		depths:  make([]uint8, 0, chunkSize),
		parents: make([]uint32, 0, chunkSize),
		sizes:   make([]uint64, 0, chunkSize),
		times:   make([]int64, 0, chunkSize),
		ends:    make([]uint32, 0, chunkSize),
		names:   make([]byte, 0, len(last.names)),
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

// name returns a view of the name of entry i, to be read and let go.
func (c *columns) name(i uint32) []byte {
	k, j := c.at(i)
	start := uint32(0)
	if j > 0 {
		start = k.ends[j-1]
	}
	return k.names[start:k.ends[j]:k.ends[j]]
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
