package session

import (
	"crypto/rand"
	"math/bits"

	"beeline/wasm/wire"
)

// Times in milliseconds. PROTOCOL.md 2.2 and f.1.
const (
	m3Within       = 10_000  // at R: from M2 to M3
	m2Within       = 15_000  // at I: from M1 to a good M2
	m4Within       = 10_000  // at I: from M3 to M4
	clockOff       = 900_000 // of the own clock from the server's, before it may be the reason
	noPeerAfter    = 30_000  // until "nobody is there" is said
	ctrlWithin     = 30_000  // from the answer to an open control channel
	silentAfter    = 15_000  // of a control channel until the session is over
	troubleAfter   = 3_500   // of a control channel until people are told
	cutAfter       = 1_000   // the same, while ICE says that the path is lost
	pingEvery      = 2_000   // when the control channel is otherwise silent
	progressEvery  = 250     // between PROGRESS messages
	pendingWithin  = 300_000 // of a request until it expires
	goneAfter      = 60_000  // of a lost recipient until its place may be another's
	stallAfter     = 10_000  // without any bytes until everything is asked again
	laterAfter     = 5_000   // from CVS "later" until they are asked for again
	laneEndWithin  = 2_000   // from LANE_END until what the lane owed is asked again
	farewellWithin = 3_000   // from the last word until the sharer has heard it
	lingerFor      = 1_000   // of PC 0 after the last word on its control channel
	idleAfter      = 60_000  // without a request until a session gives its place to another
	sessionMax     = week    // age of a session; then a new handshake
	tailAfter      = 500     // from the last new GET until what is owed is asked for again
	tailAgain      = 2_000   // between such questions
	endsEvery      = 50      // between FILE_ENDs of a few files only
)

const week = 7 * 24 * 3_600_000

// base is what both machines are made of: the time of the event under way and
// the actions it has led to.
type base struct {
	now  int64
	acts []Action
	last uint32 // the latest session id given

	closing []lingering

	stores  uint32            // Remember actions so far
	stale   bool              // what was to be stored last is not, and what was before is
	storing map[uint32]func() // what waits for each
}

// lingering is PC 0 of a session that is over. It is closed a moment after the
// last word, because closing drops what still waits to be sent.
type lingering struct {
	session uint32
	at      int64
}

func (b *base) do(a Action) { b.acts = append(b.acts, a) }

// closeDue closes the connections whose last word has had its time.
func (b *base) closeDue() {
	for len(b.closing) > 0 && b.now >= b.closing[0].at {
		b.do(ClosePC{Session: b.closing[0].session, PC: 0})
		b.closing = b.closing[1:]
	}
}

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

func (b *bitset) reset() { b.words, b.n = nil, 0 }

// next returns the first member at or after i, or end if there is none below it.
func (b *bitset) next(i, end uint32) uint32 { return b.scan(i, end, 0) }

// gap returns the first number at or after i that is no member, or end.
func (b *bitset) gap(i, end uint32) uint32 { return b.scan(i, end, ^uint64(0)) }

// scan returns the first number at or after i whose bit differs from those of
// same, 64 at a time: a peer may name millions of groups in a few bytes.
func (b *bitset) scan(i, end uint32, same uint64) uint32 {
	for at := uint64(i); at < uint64(end); at = (at/64 + 1) * 64 {
		word := uint64(0)
		if w := at / 64; w < uint64(len(b.words)) {
			word = b.words[w]
		} else if same == 0 {
			return end
		}
		if left := (word ^ same) >> (at % 64); left != 0 {
			return uint32(min(at+uint64(bits.TrailingZeros64(left)), uint64(end)))
		}
	}
	return end
}

// setRange makes first to end-1 members.
func (b *bitset) setRange(first, end uint32) {
	for at := uint64(first); at < uint64(end); {
		run := min(64-at%64, uint64(end)-at)
		mask := (uint64(1)<<run - 1) << (at % 64) // all ones where run is 64
		w := int(at / 64)
		if w >= len(b.words) {
			b.words = append(b.words, make([]uint64, w+1-len(b.words))...)
		}
		b.n += bits.OnesCount64(mask &^ b.words[w])
		b.words[w] |= mask
		at += run
	}
}

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

var phaseNames = [...]string{
	Ready: "ready", Waiting: "waiting", Connecting: "connecting", ListShown: "listed", Transferring: "transferring", Paused: "paused",
	Reconnecting: "reconnecting", Verifying: "verifying", Complete: "complete", Failed: "failed", Cancelled: "cancelled",
}

// String returns the word that programs are told: web/shared/views.ts, and the
// JSON lines of the commands.
func (p Phase) String() string { return phaseNames[p] }

// retryable says that a new session may do what this one could not.
func retryable(c wire.Code) bool {
	switch c {
	case wire.Path, wire.Auth, wire.SignalOrder, wire.None:
		return true
	}
	return false
}
