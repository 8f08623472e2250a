package digest

import (
	"encoding/binary"
	"math/bits"
)

// This file: BLAKE3's compression function, as its specification writes it.

const (
	blockSize = 64   // bytes of a message block
	chunkSize = 1024 // bytes of a leaf of the tree

	flagStart  = 1 << 0 // the first block of a chunk
	flagEnd    = 1 << 1 // the last one
	flagParent = 1 << 2
	flagRoot   = 1 << 3
)

// iv is also the key of unkeyed hashing.
var iv = [8]uint32{
	0x6A09E667, 0xBB67AE85, 0x3C6EF372, 0xA54FF53A,
	0x510E527F, 0x9B05688C, 0x1F83D9AB, 0x5BE0CD19,
}

// A node is the last block of a chunk, or two children: what is compressed once
// it is known whether it is the root.
type node struct {
	cv      [8]uint32 // of the blocks before
	block   [16]uint32
	counter uint64 // number of the chunk; 0 above chunks
	length  uint32 // bytes of block
	flags   uint32
}

// mix is BLAKE3's G. It must be inlined: everything is in registers then.
func mix(a, b, c, d, x, y uint32) (uint32, uint32, uint32, uint32) {
	a += b + x
	d = bits.RotateLeft32(d^a, -16)
	c += d
	b = bits.RotateLeft32(b^c, -12)
	a += b + y
	d = bits.RotateLeft32(d^a, -8)
	c += d
	b = bits.RotateLeft32(b^c, -7)
	return a, b, c, d
}

// compress returns the first half of the output, the chaining value. The rounds
// are written out with the words in the order each takes them: a loop that permutes
// them costs a third.
func compress(n *node) [8]uint32 {
	m := &n.block
	s0, s4, s8, s12 := mix(n.cv[0], n.cv[4], iv[0], uint32(n.counter), m[0], m[1])
	s1, s5, s9, s13 := mix(n.cv[1], n.cv[5], iv[1], uint32(n.counter>>32), m[2], m[3])
	s2, s6, s10, s14 := mix(n.cv[2], n.cv[6], iv[2], n.length, m[4], m[5])
	s3, s7, s11, s15 := mix(n.cv[3], n.cv[7], iv[3], n.flags, m[6], m[7])
	s0, s5, s10, s15 = mix(s0, s5, s10, s15, m[8], m[9])
	s1, s6, s11, s12 = mix(s1, s6, s11, s12, m[10], m[11])
	s2, s7, s8, s13 = mix(s2, s7, s8, s13, m[12], m[13])
	s3, s4, s9, s14 = mix(s3, s4, s9, s14, m[14], m[15])

	s0, s4, s8, s12 = mix(s0, s4, s8, s12, m[2], m[6])
	s1, s5, s9, s13 = mix(s1, s5, s9, s13, m[3], m[10])
	s2, s6, s10, s14 = mix(s2, s6, s10, s14, m[7], m[0])
	s3, s7, s11, s15 = mix(s3, s7, s11, s15, m[4], m[13])
	s0, s5, s10, s15 = mix(s0, s5, s10, s15, m[1], m[11])
	s1, s6, s11, s12 = mix(s1, s6, s11, s12, m[12], m[5])
	s2, s7, s8, s13 = mix(s2, s7, s8, s13, m[9], m[14])
	s3, s4, s9, s14 = mix(s3, s4, s9, s14, m[15], m[8])

	s0, s4, s8, s12 = mix(s0, s4, s8, s12, m[3], m[4])
	s1, s5, s9, s13 = mix(s1, s5, s9, s13, m[10], m[12])
	s2, s6, s10, s14 = mix(s2, s6, s10, s14, m[13], m[2])
	s3, s7, s11, s15 = mix(s3, s7, s11, s15, m[7], m[14])
	s0, s5, s10, s15 = mix(s0, s5, s10, s15, m[6], m[5])
	s1, s6, s11, s12 = mix(s1, s6, s11, s12, m[9], m[0])
	s2, s7, s8, s13 = mix(s2, s7, s8, s13, m[11], m[15])
	s3, s4, s9, s14 = mix(s3, s4, s9, s14, m[8], m[1])

	s0, s4, s8, s12 = mix(s0, s4, s8, s12, m[10], m[7])
	s1, s5, s9, s13 = mix(s1, s5, s9, s13, m[12], m[9])
	s2, s6, s10, s14 = mix(s2, s6, s10, s14, m[14], m[3])
	s3, s7, s11, s15 = mix(s3, s7, s11, s15, m[13], m[15])
	s0, s5, s10, s15 = mix(s0, s5, s10, s15, m[4], m[0])
	s1, s6, s11, s12 = mix(s1, s6, s11, s12, m[11], m[2])
	s2, s7, s8, s13 = mix(s2, s7, s8, s13, m[5], m[8])
	s3, s4, s9, s14 = mix(s3, s4, s9, s14, m[1], m[6])

	s0, s4, s8, s12 = mix(s0, s4, s8, s12, m[12], m[13])
	s1, s5, s9, s13 = mix(s1, s5, s9, s13, m[9], m[11])
	s2, s6, s10, s14 = mix(s2, s6, s10, s14, m[15], m[10])
	s3, s7, s11, s15 = mix(s3, s7, s11, s15, m[14], m[8])
	s0, s5, s10, s15 = mix(s0, s5, s10, s15, m[7], m[2])
	s1, s6, s11, s12 = mix(s1, s6, s11, s12, m[5], m[3])
	s2, s7, s8, s13 = mix(s2, s7, s8, s13, m[0], m[1])
	s3, s4, s9, s14 = mix(s3, s4, s9, s14, m[6], m[4])

	s0, s4, s8, s12 = mix(s0, s4, s8, s12, m[9], m[14])
	s1, s5, s9, s13 = mix(s1, s5, s9, s13, m[11], m[5])
	s2, s6, s10, s14 = mix(s2, s6, s10, s14, m[8], m[12])
	s3, s7, s11, s15 = mix(s3, s7, s11, s15, m[15], m[1])
	s0, s5, s10, s15 = mix(s0, s5, s10, s15, m[13], m[3])
	s1, s6, s11, s12 = mix(s1, s6, s11, s12, m[0], m[10])
	s2, s7, s8, s13 = mix(s2, s7, s8, s13, m[2], m[6])
	s3, s4, s9, s14 = mix(s3, s4, s9, s14, m[4], m[7])

	s0, s4, s8, s12 = mix(s0, s4, s8, s12, m[11], m[15])
	s1, s5, s9, s13 = mix(s1, s5, s9, s13, m[5], m[0])
	s2, s6, s10, s14 = mix(s2, s6, s10, s14, m[1], m[9])
	s3, s7, s11, s15 = mix(s3, s7, s11, s15, m[8], m[6])
	s0, s5, s10, s15 = mix(s0, s5, s10, s15, m[14], m[10])
	s1, s6, s11, s12 = mix(s1, s6, s11, s12, m[2], m[12])
	s2, s7, s8, s13 = mix(s2, s7, s8, s13, m[3], m[4])
	s3, s4, s9, s14 = mix(s3, s4, s9, s14, m[7], m[13])

	return [8]uint32{s0 ^ s8, s1 ^ s9, s2 ^ s10, s3 ^ s11, s4 ^ s12, s5 ^ s13, s6 ^ s14, s7 ^ s15}
}

// lastNode returns the node of a chunk of 0 to 1,024 bytes: its last block, not
// yet compressed.
func lastNode(data []byte, counter uint64) node {
	n := node{cv: iv, counter: counter, length: blockSize, flags: flagStart}
	for len(data) > blockSize {
		n.load((*[blockSize]byte)(data))
		n.cv = compress(&n)
		n.flags = 0
		data = data[blockSize:]
	}
	var last [blockSize]byte
	n.length = uint32(copy(last[:], data))
	n.load(&last)
	n.flags |= flagEnd
	return n
}

func (n *node) load(b *[blockSize]byte) {
	for i := range n.block {
		n.block[i] = binary.LittleEndian.Uint32(b[4*i:])
	}
}

func parent(left, right [8]uint32) node {
	n := node{cv: iv, length: blockSize, flags: flagParent}
	copy(n.block[:8], left[:])
	copy(n.block[8:], right[:])
	return n
}
