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

	"lukechampine.com/blake3/guts"

	"beeline/wasm/wire"
)

const (
	blockBytes  = guts.MaxSIMD * guts.ChunkSize // 16 KiB: what guts hashes in one call
	groupChunks = wire.GroupSize / guts.ChunkSize
	maxDepth    = 34 // of a stack: a file of 2^53 bytes has 2^33 groups
)

// key is the key of unkeyed hashing. guts asks for a pointer and only reads it.
var key = guts.IV

// Group returns the chaining value of a group: data is 1 byte to 1 MiB of a file
// from byte group·1 MiB on, and less than 1 MiB only at the end of the file. It
// panics on another length. It does not allocate.
func Group(data []byte, group uint64) (cv [32]byte) {
	return toBytes(guts.ChainingValue(subtree(data, group)))
}

// Single returns the digest of a file of at most 1 MiB, which may be empty. It
// panics if data is longer. It does not allocate.
func Single(data []byte) (digest [32]byte) {
	if len(data) == 0 {
		return root(guts.CompressChunk(nil, &key, 0, 0))
	}
	return root(subtree(data, 0))
}

// OneGroup returns what [Group] and [Single] return for a file of one group, for
// the price of one of them.
func OneGroup(data []byte) (cv, digest [32]byte) {
	n := subtree(data, 0)
	return toBytes(guts.ChainingValue(n)), root(n)
}

// subtree returns the top node of a group, not yet compressed: only the caller
// knows whether it is the root.
func subtree(data []byte, group uint64) guts.Node {
	if len(data) == 0 || len(data) > wire.GroupSize {
		panic("digest: not the size of a group")
	}
	var s stack
	chunk := group * groupChunks
	for len(data) > blockBytes {
		s.push(guts.ChainingValue(guts.CompressBuffer((*[blockBytes]byte)(data), blockBytes, &key, chunk, 0)))
		data = data[blockBytes:]
		chunk += guts.MaxSIMD
	}
	return s.top(block(data, chunk))
}

// block returns the node of the 1 byte to 16 KiB in data.
func block(data []byte, chunk uint64) guts.Node {
	if len(data) == blockBytes {
		return guts.CompressBuffer((*[blockBytes]byte)(data), blockBytes, &key, chunk, 0)
	}
	var s stack
	for len(data) > guts.ChunkSize {
		s.push(guts.ChainingValue(guts.CompressChunk(data[:guts.ChunkSize], &key, chunk, 0)))
		data = data[guts.ChunkSize:]
		chunk++
	}
	return s.top(guts.CompressChunk(data, &key, chunk, 0))
}

// root compresses n as the root of a tree.
func root(n guts.Node) [32]byte {
	n.Flags |= guts.FlagRoot
	return toBytes(guts.ChainingValue(n))
}

func parent(left, right [8]uint32) guts.Node {
	return guts.ParentNode(left, right, &key, 0)
}

// A stack merges the chaining values of equal subtrees, left to right, as BLAKE3's
// tree wants it: two neighbours of the same size become one as soon as it is sure
// that something follows them.
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
		cv = guts.ChainingValue(parent(s.cvs[s.depth], cv))
	}
	s.cvs[s.depth] = cv
	s.depth++
}

// top adds the last subtree, whose node is n, and returns the node above all.
func (s *stack) top(n guts.Node) guts.Node {
	for d := s.depth; d > 0; d-- {
		n = parent(s.cvs[d-1], guts.ChainingValue(n))
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
