package session

import (
	"encoding/binary"

	"beeline/wasm/wire"
)

// This file: what a sharer knew of a file is let go once everybody who asked for it
// has had all of it. Of 500,000 files it would be 300 MB.

// forgetMax is the size of the largest file of which nothing is kept. A larger one
// takes long to be read once more, should a recipient ask for its values, and there
// are not many of them.
const forgetMax = 64 * wire.GroupSize

// forget lets go of what is kept of a file that the session is through with. What
// asks for it later finds it as one that nobody has asked for, and is told the same.
func (r *recipient) forget(s *Sharer, i uint32) {
	q, src := r.sending, s.files[i]
	f := q.files[i]
	switch {
	case f == nil || !f.ended || f.failed || f.queued.n > 0 || q.hashed[i] || q.asksValues(i):
		return
	case src == nil || src.version > 0 || src.fresh || src.failed != wire.None || src.size > forgetMax:
		return
	}
	d, ok := src.tree.Digest()
	if !ok {
		return
	}
	delete(q.files, i)
	q.through.set(i)
	for _, o := range s.recips {
		if o.sending != nil && (o.sending.files[i] != nil || o.sending.asksValues(i)) {
			return
		}
	}
	s.prints.set(i, print64(d))
	delete(s.files, i)
}

// asksValues reports whether the CV_REQ under way is about a file.
func (q *sending) asksValues(i uint32) bool { return q.cvs != nil && q.cvs.File == i }

// hadAny reports whether anything of a file was asked for in this session.
func (q *sending) hadAny(i uint32) bool { return q.files[i] != nil || q.through.has(i) }

// prints keep 64 bits of the digests of files that were forgotten: the same file read
// again has to give the same. No collision helps anybody, the files are the sharer's.
type prints map[uint32]*[printsPer]uint64

const printsPer = 1024

// print64 is never 0, which stands for none.
func print64(digest [32]byte) uint64 { return binary.BigEndian.Uint64(digest[:]) | 1 }

func (p prints) set(i uint32, v uint64) {
	at := p[i/printsPer]
	if at == nil {
		at = new([printsPer]uint64)
		p[i/printsPer] = at
	}
	at[i%printsPer] = v
}

// differ reports whether a file had another digest when it was forgotten.
func (p prints) differ(i uint32, digest [32]byte) bool {
	at := p[i/printsPer]
	return at != nil && at[i%printsPer] != 0 && at[i%printsPer] != print64(digest)
}
