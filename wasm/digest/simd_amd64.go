package digest

import "lukechampine.com/blake3/guts"

// gutsIV is the key of unkeyed hashing: guts asks for a pointer and only reads it.
var gutsIV = guts.IV

// wide compresses 16 whole chunks side by side. Natively only: package guts asks
// for the processor's properties by a package that brings flag and fmt with it, and
// in WebAssembly it has nothing that is faster.
func wide(data *[blockBytes]byte, counter uint64) (node, bool) {
	n := guts.CompressBuffer(data, blockBytes, &gutsIV, counter, 0)
	return node{n.CV, n.Block, n.Counter, n.BlockLen, n.Flags}, true
}
