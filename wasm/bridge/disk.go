//go:build js && wasm

package bridge

import (
	"hash/crc32"
	"runtime"

	"beeline/wasm/digest"
	"beeline/wasm/wire"
)

// The exports below hash what the disk worker reads back. Each call stands for
// itself (the tree of one file excepted, which is filled and summed without a
// pause), so a worker can read many files in turn, and replace an instance that
// failed in the middle of one. As in lane.go, numbers below 0 are failure codes.

var (
	diskSlot []byte       // one group; made when first asked for, so that only the disk worker pays
	diskTree *digest.Tree // of the file being summed
)

// largeTree is from how many groups on a tree is not left to the collector, which
// begins at 2 MiB of garbage: those of sixty files of 1 GB.
const largeTree = 256

// diskSlotPointer returns where the bytes to hash are put: wire.GroupSize of them.
//
//go:wasmexport disk_slot
func diskSlotPointer() (p int32) {
	defer guard(&p)
	if diskSlot == nil {
		diskSlot = make([]byte, wire.GroupSize)
	}
	return pointer(diskSlot)
}

// diskGroup leaves the chaining value of the first length bytes of the slot in
// the scratch. They are a group of a file of several.
//
//go:wasmexport disk_group
func diskGroup(length, index int32) (code int32) {
	defer guard(&code)
	cv := digest.Group(diskSlot[:length], uint64(uint32(index)))
	copy(scratch[:], cv[:])
	return 0
}

// diskSingle leaves the digest of a file of length bytes, all in the slot, in
// the scratch.
//
//go:wasmexport disk_single
func diskSingle(length int32) (code int32) {
	defer guard(&code)
	d := digest.Single(diskSlot[:length])
	copy(scratch[:], d[:])
	return 0
}

// diskCRC carries a CRC-32 (IEEE 802.3, as in ZIP) on over the first length
// bytes of the slot. The scratch holds it before and after, little-endian.
//
//go:wasmexport disk_crc
func diskCRC(length int32) (code int32) {
	defer guard(&code)
	s := scratch[:4]
	c := uint32(s[0]) | uint32(s[1])<<8 | uint32(s[2])<<16 | uint32(s[3])<<24
	c = crc32.Update(c, crc32.IEEETable, diskSlot[:length])
	s[0], s[1], s[2], s[3] = byte(c), byte(c>>8), byte(c>>16), byte(c>>24)
	return 0
}

// diskTreeOpen begins the digest of a file of several groups.
//
//go:wasmexport disk_tree_open
func diskTreeOpen(size float64) (code int32) {
	defer guard(&code)
	diskTree = digest.NewTree(uint64(size))
	return 0
}

// diskTreeAdd takes count chaining values from the slot, of groups first and up.
//
//go:wasmexport disk_tree_add
func diskTreeAdd(first, count int32) (code int32) {
	defer guard(&code)
	for i := range count {
		diskTree.Set(uint32(first+i), [32]byte(diskSlot[32*i:]))
	}
	return 0
}

// diskTreeSum leaves the digest in the scratch and forgets the tree.
//
//go:wasmexport disk_tree_sum
func diskTreeSum() (code int32) {
	defer guard(&code)
	d, ok := diskTree.Digest()
	large := diskTree.Groups() >= largeTree
	diskTree = nil
	if large {
		runtime.GC() // nothing else is allocated here: the heap would only grow until it came to that
	}
	if !ok {
		return -int32(wire.Internal)
	}
	copy(scratch[:], d[:])
	return 0
}
