package catalog

import (
	"crypto/sha256"

	"beeline/wasm/kdf"
)

// root computes the RFC 6962 root over the entries one after the other. It
// keeps the right edge of the tree only: the root of each complete subtree,
// one for each bit that is set in n.
type root struct {
	salt [32]byte
	n    uint64
	edge [64][32]byte // edge[k] is meaningful where bit k of n is set
	leaf []byte       // scratch
	many *kdf.Many    // of salt, from the first entry on
}

// A leaf and a node begin with different bytes: what is one can't be taken for the
// other. RFC 6962, 2.1.
const (
	leafPrefix = 0
	nodePrefix = 1
)

func node(left, right [32]byte) [32]byte {
	var b [65]byte
	b[0] = nodePrefix
	copy(b[1:], left[:])
	copy(b[33:], right[:])
	return sha256.Sum256(b[:])
}

// add appends entry number n. Its leaf begins with 16 bytes made from the
// share's salt, so that nobody without the salt can test a guess of the entry
// against the root. PROTOCOL.md g.
func (r *root) add(entry []byte) {
	var index [4]byte
	be.PutUint32(index[:], uint32(r.n))
	if r.many == nil {
		r.many = kdf.NewMany(r.salt[:])
	}
	r.leaf = append(append(r.leaf[:0], leafPrefix), r.many.X("leaf", index[:], 16)...)
	r.leaf = append(r.leaf, entry...)
	h := sha256.Sum256(r.leaf)
	k := 0
	for ; r.n>>k&1 == 1; k++ {
		h = node(r.edge[k], h)
	}
	r.edge[k] = h
	r.n++
}

// sum returns the root over what was added. Of nothing it is zero; a list has
// at least its root folder.
func (r *root) sum() [32]byte {
	var h [32]byte
	found := false
	for k := range r.edge {
		switch {
		case r.n>>k&1 == 0:
		case !found:
			h, found = r.edge[k], true
		default:
			h = node(r.edge[k], h)
		}
	}
	return h
}
