package peer

import (
	"crypto/sha256"
	"encoding/binary"
	"hash"

	"beeline/wasm/catalog"
)

// A listDigest says whether a list is the one of an earlier run, entry by entry in the
// same order: only then may the indices of the two mean the same.
type listDigest struct {
	h   hash.Hash
	buf []byte
}

func newListDigest() *listDigest { return &listDigest{h: sha256.New()} }

func (d *listDigest) add(list []catalog.Entry) {
	for _, e := range list {
		b := append(d.buf[:0], e.Type, 0)
		if e.Exec {
			b[1] = 1
		}
		b = binary.BigEndian.AppendUint32(b, e.Parent)
		b = binary.BigEndian.AppendUint64(b, e.Size)
		b = binary.BigEndian.AppendUint64(b, uint64(e.ModMS))
		b = binary.BigEndian.AppendUint32(b, uint32(len(e.Name)))
		d.buf = append(b, e.Name...)
		d.h.Write(d.buf)
	}
}

func (d *listDigest) sum() [32]byte { return [32]byte(d.h.Sum(nil)) }
