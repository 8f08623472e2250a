package peer

import "beeline/wasm/catalog"

// A node is one entry as it was found.
type node struct {
	parent uint32
	root   int32  // of a top-level entry: which root it is in
	name   string // of a top-level entry: its path in the root; "." for the root itself
	listed string // of a top-level entry: its name in the list
	dir    bool
	exec   bool
	size   uint64
	modMS  int64
}

// nodes keep the entries of a share, from 1 on, in chunks that are never moved: 32 bytes
// each and the name, and no pointer an entry. As a slice of structs with strings 500,000
// took three times as much, and that again whenever it grew.
type nodes struct {
	n      int
	chunks [][]packed
	names  catalog.NameStore
	tops   map[uint32]top
}

// packed is a node without its name.
type packed struct {
	size   uint64
	modMS  int64
	parent uint32
	start  uint32 // of the name, in names
	length uint16 // of the name, at most a path that the system takes
	flags  uint8
}

// top is what only a top-level entry has.
type top struct {
	root   int32
	listed string
}

const (
	nodeChunk = 4096
	flagDir   = 1
	flagExec  = 2
	flagFresh = 4 // size and date are not those of the list any more
	flagGone  = 8 // it was taken back
)

// add appends a node and returns its number.
func (s *nodes) add(n node) uint32 {
	if s.n%nodeChunk == 0 {
		room := nodeChunk
		if s.n == 0 {
			room = 1 // most shares are small
		}
		s.chunks = append(s.chunks, make([]packed, 0, room))
	}
	p := packed{size: n.size, modMS: n.modMS, parent: n.parent, start: s.names.Add([]byte(n.name)), length: uint16(len(n.name))}
	if n.dir {
		p.flags |= flagDir
	}
	if n.exec {
		p.flags |= flagExec
	}
	last := &s.chunks[len(s.chunks)-1]
	*last = append(*last, p)
	s.n++
	if n.parent == 0 {
		if s.tops == nil {
			s.tops = make(map[uint32]top)
		}
		s.tops[uint32(s.n)] = top{n.root, n.listed}
	}
	return uint32(s.n)
}

// packed is node i, to be read or changed.
func (s *nodes) packed(i uint32) *packed { return &s.chunks[(i-1)/nodeChunk][(i-1)%nodeChunk] }

// at returns node i.
func (s *nodes) at(i uint32) node {
	p := s.packed(i)
	n := node{
		parent: p.parent, name: string(s.names.At(p.start, p.length)), size: p.size, modMS: p.modMS,
		dir: p.flags&flagDir != 0, exec: p.flags&flagExec != 0,
	}
	if n.parent == 0 {
		t := s.tops[i]
		n.root, n.listed = t.root, t.listed
	}
	return n
}

// entry is what the list says of the node.
func (n node) entry() catalog.Entry {
	e := catalog.Entry{Type: catalog.File, Parent: n.parent, Size: n.size, ModMS: n.modMS, Exec: n.exec, Name: n.name}
	if n.dir {
		e.Type = catalog.Dir
	}
	if n.parent == 0 {
		e.Name = n.listed
	}
	return e
}
