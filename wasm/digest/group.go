// Package digest computes the BLAKE3 digest of a file from its groups of 1 MiB,
// which may come in any order and on any lane: what it returns is what b3sum
// prints for the whole file. It never reads a file and starts no goroutine.
// PROTOCOL.md f.4.
//
//	group 0    group 1    group 2        each hashed by whoever has its bytes
//	   └─ CV      └─ CV      └─ CV       Group: 32 bytes, not a digest
//	      └─ parent ─┘          │
//	            └──── root ─────┘        Tree.Digest: the file's digest
//
// BLAKE3 is a tree of 1 KiB chunks. A group is 1,024 of them and therefore a whole
// subtree. A chaining value (CV) is always that of an inner node, even for the
// only group of a file; a digest always comes from the root. The two are never
// equal, and neither stands in for the other.
package digest

import (
	"encoding/binary"

	"beeline/wasm/wire"
)

const (
	blockChunks = 16
	blockBytes  = blockChunks * chunkSize // hashed in one call where the processor can
	groupChunks = wire.GroupSize / chunkSize
	maxDepth    = 34 // of a stack: a file of 2^53 bytes has 2^33 groups
)

// Group returns the chaining value of a group: data is 1 byte to 1 MiB of a file
// from byte group·1 MiB on, and less than 1 MiB only at the end of the file. It
// panics on another length. It does not allocate.
func Group(data []byte, group uint64) (cv [32]byte) {
	return toBytes(value(subtree(data, group)))
}

// Single returns the digest of a file of at most 1 MiB, which may be empty. It
// panics if data is longer. It does not allocate.
func Single(data []byte) (digest [32]byte) {
	if len(data) == 0 {
		return root(lastNode(nil, 0))
	}
	return root(subtree(data, 0))
}

// OneGroup returns what [Group] and [Single] return for a file of one group, for
// the price of one of them.
func OneGroup(data []byte) (cv, digest [32]byte) {
	n := subtree(data, 0)
	return toBytes(value(n)), root(n)
}

// subtree returns the top node of a group, not yet compressed: only the caller
// knows whether it is the root.
func subtree(data []byte, group uint64) node {
	if len(data) == 0 || len(data) > wire.GroupSize {
		panic("digest: not the size of a group")
	}
	var s stack
	counter := group * groupChunks
	for len(data) > blockBytes {
		s.push(value(block(data[:blockBytes], counter)))
		data = data[blockBytes:]
		counter += blockChunks
	}
	return s.top(block(data, counter))
}

// block returns the top node of 1 byte to 16 KiB, whose first chunk is number
// counter of the file.
func block(data []byte, counter uint64) node {
	if len(data) == blockBytes {
		if n, ok := wide((*[blockBytes]byte)(data), counter); ok {
			return n
		}
	}
	return oneByOne(data, counter)
}

func oneByOne(data []byte, counter uint64) node {
	var s stack
	for len(data) > chunkSize {
		s.push(value(lastNode(data[:chunkSize], counter)))
		data = data[chunkSize:]
		counter++
	}
	return s.top(lastNode(data, counter))
}

// value compresses n as an inner node.
func value(n node) [8]uint32 { return compress(&n) }

// root compresses n as the root of a tree.
func root(n node) [32]byte {
	n.flags |= flagRoot
	return toBytes(compress(&n))
}

// A stack merges the chaining values of equal subtrees, left to right, as BLAKE3's
// tree wants it: two neighbours of the same size become one as soon as it is sure
// that something follows them. All values pushed on one stack are of subtrees of
// one size, the one given to top may be of a smaller one.
type stack struct {
	cvs   [maxDepth][8]uint32
	depth int
	count uint64 // values pushed
}

// push adds the next subtree. Something must still follow it.
func (s *stack) push(cv [8]uint32) {
	s.count++
	for n := s.count; n&1 == 0; n >>= 1 {
		s.depth--
		cv = value(parent(s.cvs[s.depth], cv))
	}
	s.cvs[s.depth] = cv
	s.depth++
}

// top adds the last subtree, whose node is n, and returns the node above all.
func (s *stack) top(n node) node {
	for d := s.depth; d > 0; d-- {
		n = parent(s.cvs[d-1], value(n))
	}
	return n
}

func toBytes(words [8]uint32) (b [32]byte) {
	for i, w := range words {
		binary.LittleEndian.PutUint32(b[4*i:], w)
	}
	return b
}

func toWords(b [32]byte) (words [8]uint32) {
	for i := range words {
		words[i] = binary.LittleEndian.Uint32(b[4*i:])
	}
	return words
}
