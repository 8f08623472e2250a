package session

import (
	"crypto/rand"

	"beeline/wasm/wire"
)

// Times in milliseconds. PROTOCOL.md 2.2 and f.1.
const (
	m3Within      = 10_000  // at R: from M2 to M3
	m2Within      = 15_000  // at I: from M1 to a good M2
	m4Within      = 10_000  // at I: from M3 to M4
	noPeerAfter   = 30_000  // until "nobody is there" is said
	ctrlWithin    = 30_000  // from the answer to an open control channel
	silentAfter   = 15_000  // of a control channel until the session is over
	troubleAfter  = 4_000   // of a control channel until people are told
	pingEvery     = 2_000   // when the control channel is otherwise silent
	progressEvery = 250     // between PROGRESS messages
	pendingWithin = 300_000 // of a request until it expires
	goneAfter     = 60_000  // of reconnecting until a transfer has failed
	stallAfter    = 10_000  // without any group until everything is asked again
)

// base is what both machines are made of: the time of the event under way and
// the actions it has led to.
type base struct {
	now  int64
	acts []Action
	last uint32 // the latest session id given
}

func (b *base) do(a Action) { b.acts = append(b.acts, a) }

// take returns the actions collected since the last call, at most one Show, at
// the end.
func (b *base) take() []Action {
	acts := b.acts
	b.acts = nil
	show := false
	kept := acts[:0]
	for _, a := range acts {
		if _, ok := a.(Show); ok {
			show = true
			continue
		}
		kept = append(kept, a)
	}
	if show {
		kept = append(kept, Show{})
	}
	return kept
}

func random(b []byte) {
	rand.Read(b) // never fails: crypto/rand
}

func newSID() (sid [16]byte) {
	random(sid[:])
	return sid
}

// bitset is a set of small numbers that grows to the largest one.
type bitset struct {
	words []uint64
	n     int // members
}

func (b *bitset) has(i uint32) bool {
	w := int(i / 64)
	return w < len(b.words) && b.words[w]&(1<<(i%64)) != 0
}

func (b *bitset) set(i uint32) bool {
	w := int(i / 64)
	for w >= len(b.words) {
		b.words = append(b.words, make([]uint64, w+1-len(b.words))...)
	}
	if b.words[w]&(1<<(i%64)) != 0 {
		return false
	}
	b.words[w] |= 1 << (i % 64)
	b.n++
	return true
}

func (b *bitset) clear(i uint32) bool {
	if !b.has(i) {
		return false
	}
	b.words[i/64] &^= 1 << (i % 64)
	b.n--
	return true
}

func (b *bitset) reset() { b.words, b.n = b.words[:0], 0 }

// A Phase is the stage of a share or a transfer, the first word of its status.
type Phase uint8

// Phases, in the order a transfer runs.
const (
	Ready Phase = iota
	Waiting
	Connecting
	ListShown // the list is there, nothing is asked for yet
	Transferring
	Paused
	Reconnecting
	Verifying
	Complete
	Failed
	Cancelled
)

// retryable says that a new session may do what this one could not.
func retryable(c wire.Code) bool {
	switch c {
	case wire.Path, wire.Auth, wire.SignalOrder, wire.None:
		return true
	}
	return false
}
