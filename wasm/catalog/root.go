package catalog

import (
	"beeline/wasm/kdf"

	"golang.org/x/mod/sumdb/tlog"
)

// root computes the RFC 6962 root over the entries one after the other. It
// keeps the right edge of the tree only: the root of each complete subtree,
// one for each bit that is set in n.
type root struct {
	salt [32]byte
	n    uint64
	edge [64]tlog.Hash // edge[k] is meaningful where bit k of n is set
	leaf []byte        // scratch
}

// add appends entry number n. Its leaf begins with 16 bytes made from the
// share's salt, so that nobody without the salt can test a guess of the entry
// against the root. PROTOCOL.md g.
func (r *root) add(entry []byte) {
	var index [4]byte
	be.PutUint32(index[:], uint32(r.n))
	r.leaf = append(r.leaf[:0], kdf.X(r.salt[:], "leaf", index[:], 16)...)
	r.leaf = append(r.leaf, entry...)
	h := tlog.RecordHash(r.leaf)
	k := 0
	for ; r.n>>k&1 == 1; k++ {
		h = tlog.NodeHash(r.edge[k], h)
	}
	r.edge[k] = h
	r.n++
}

// sum returns the root over what was added. Of nothing it is zero; a list has
// at least its root folder.
func (r *root) sum() [32]byte {
	var h tlog.Hash
	found := false
	for k := range r.edge {
		switch {
		case r.n>>k&1 == 0:
		case !found:
			h, found = r.edge[k], true
		default:
			h = tlog.NodeHash(r.edge[k], h)
		}
	}
	return h
}
