package digest

import (
	"beeline/wasm/wire"
)

// A Hasher computes the digest of a file that is read from start to end, and the
// chaining value of each group on the way: the read-back after a transfer. It
// holds 16 KiB, whatever the size. It must not be used by two goroutines at once.
type Hasher struct {
	onGroup func(group uint32, cv [32]byte) // nil: nobody asks

	buf    [blockBytes]byte // bytes that no block was made of yet
	fill   int
	blocks stack  // of the current group
	group  uint64 // its number
	inside uint64 // its blocks that were pushed
	groups stack  // of the file
}

// NewHasher returns a Hasher that reports each group to onGroup, in order, as soon
// as its last byte is known to be that. The function may be nil.
func NewHasher(onGroup func(group uint32, cv [32]byte)) *Hasher {
	return &Hasher{onGroup: onGroup}
}

// Reset makes h ready for another file.
func (h *Hasher) Reset() {
	*h = Hasher{onGroup: h.onGroup}
}

// Write adds p. It never fails and keeps nothing of p.
func (h *Hasher) Write(p []byte) (int, error) {
	total := len(p)
	for len(p) > 0 {
		if h.fill == blockBytes {
			h.advance(&h.buf)
			h.fill = 0
		}
		// A block straight from p, but only if more follows: the last block of
		// a file may be the root.
		for h.fill == 0 && len(p) > blockBytes {
			h.advance((*[blockBytes]byte)(p))
			p = p[blockBytes:]
		}
		n := copy(h.buf[h.fill:], p)
		h.fill += n
		p = p[n:]
	}
	return total, nil
}

// advance takes in a full block that something follows.
func (h *Hasher) advance(b *[blockBytes]byte) {
	n := block(b[:], h.counter())
	if h.inside++; h.inside < wire.GroupSize/blockBytes {
		h.blocks.push(value(n))
		return
	}
	cv := value(h.blocks.top(n))
	h.report(cv)
	h.groups.push(cv)
	h.blocks, h.inside = stack{}, 0
	h.group++
}

// Sum reports the last group and returns the digest. The Hasher must be Reset
// before it is used again.
func (h *Hasher) Sum() (digest [32]byte) {
	if h.fill == 0 { // nothing was ever written
		return Single(nil)
	}
	n := h.blocks.top(block(h.buf[:h.fill], h.counter()))
	h.report(value(n))
	return root(h.groups.top(n))
}

func (h *Hasher) counter() uint64 {
	return h.group*groupChunks + h.inside*blockChunks
}

func (h *Hasher) report(cv [8]uint32) {
	if h.onGroup != nil {
		h.onGroup(uint32(h.group), toBytes(cv))
	}
}
