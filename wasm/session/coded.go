package session

import (
	"crypto/ed25519"

	swire "beeline/signaling/wire"
	"beeline/wasm/cpace"
	"beeline/wasm/handshake"
	"beeline/wasm/invite"
	"beeline/wasm/wire"
)

// This file: the recipient's side of a spoken code. PROTOCOL.md (c).
//
//	NP_CLAIM ── JOIN, NP ── C1 ── C2 ── M1 ──▶ M2 right: a session as by a link
//	                         ▲                 M2 wrong, or none: the person types again
//	                         └── no C2 in 10 s

// guessesMax is how many M1s go out under one plate without a good answer: each
// lets whoever poses as the sharer try one set of words.
const guessesMax = 3

const c2Within = 10_000 // ms from C1

// TypeCode is another code in the place of the one that was typed before.
type TypeCode struct{ Text string }

func (TypeCode) event() {}

// typedCode is the code that a person typed.
type typedCode struct {
	mode    uint8 // wire.ModeCode or ModeDevice
	code    invite.Code
	topic   [32]byte
	guesses int  // M1s since the last good M2
	wrong   bool // the last one was: the person types again
	spent   bool // a session came of it, and the sharer takes it no more

	claimed bool
	asked   bool   // to claim
	again   int64  // no claim before
	waiter  uint32 // the sharer, or so the hub says; 0: not there

	// A run between C1 and C2.
	side *cpace.Side
	sid  [16]byte
	c1   []byte
	at   int64
}

// NewCodeReceiver reads a code as a person typed it. Error: wire.BadCode.
func NewCodeReceiver(text string, cfg Config) (*Receiver, error) {
	code, err := invite.ParseCode(text)
	if err != nil {
		return nil, err
	}
	key, _, _ := sessionKey(cfg)
	r := newReceiver(key, cfg)
	r.coded = newTyped(wire.ModeCode, code)
	return r, nil
}

// NewWayReceiver goes on where an earlier page was that came by a code: cfg.Key is
// what [Receiver.Key] returned there, once the way back was known. Without that it
// fails with wire.CodeUsed.
func NewWayReceiver(cfg Config) (*Receiver, error) {
	key, w, _ := sessionKey(cfg)
	if len(w) != waySize {
		return nil, wire.CodeUsed
	}
	r := newReceiver(key, cfg)
	r.coded = &typedCode{mode: wire.ModeCode, spent: true}
	r.setWay(way{[32]byte(w), w[32:]})
	return r, nil
}

// typing returns the code by which the sharer is looked for; nil: not by one, or no
// more, because the way back is known.
func (r *Receiver) typing() *typedCode {
	if r.back != nil {
		return nil
	}
	return r.coded
}

func newTyped(mode uint8, code invite.Code) *typedCode {
	return &typedCode{mode: mode, code: code, topic: swire.PlateTopic(code.Plate)}
}

// typeCode takes another code and goes on with it: after a wrong one, or after
// the connection that an earlier one led to was lost.
func (r *Receiver) typeCode(text string) {
	if r.coded == nil || r.conn != nil {
		return
	}
	code, err := invite.ParseCode(text)
	if err != nil {
		r.why = wire.CodeOf(err)
		r.do(Show{})
		return
	}
	r.back = nil // the sharer said it because the way back leads nowhere
	if old := r.coded; old.code.Plate == code.Plate && !old.spent {
		old.code, old.wrong, old.side = code, false, nil // the plate may be claimed still
	} else {
		r.leavePlate()
		r.coded = newTyped(r.coded.mode, code)
	}
	if r.coded.guesses >= guessesMax {
		r.phase = Waiting // so that the reason is shown once more
		r.fail(wire.PSK)
		return
	}
	r.connect()
}

// leavePlate gives the claim up.
func (r *Receiver) leavePlate() {
	c := r.coded
	if c == nil {
		return
	}
	if (c.claimed || c.asked) && r.up {
		r.do(SignalSend{swire.AppendFree(nil)})
	}
	c.claimed, c.asked, c.waiter, c.side = false, false, 0, nil
}

// codeOffline says that there is another connection to the hub, or none: the
// claim is gone. A guess that was out stays one: or whoever runs the hub could
// have any number of them.
func (r *Receiver) codeOffline() {
	c := r.coded
	if c == nil {
		return
	}
	c.claimed, c.asked, c.waiter, c.side = false, false, 0, nil
	if c.guesses >= guessesMax && r.searching() {
		r.fail(wire.PSK)
	}
}

// tickCode moves the search for the sharer on.
func (r *Receiver) tickCode() {
	c := r.coded
	if !r.up {
		return
	}
	switch a := r.run; {
	case a != nil && a.t == nil && r.now-a.at > m2Within:
		r.guessedWrong()
	case a != nil && a.t != nil && !a.m4 && r.now-a.m3 > m4Within:
		r.unanswered(wire.NoPeer)
	case a != nil && a.m4 && r.now-a.m3 > pendingWithin+m4Within:
		r.fail(wire.Expired)
	case a != nil || r.now < r.holdUntil:
	case !c.claimed && !c.asked && r.now >= c.again:
		c.asked = true
		r.owed(&r.base)
		r.do(SignalSend{swire.AppendClaim(nil, c.code.Plate)})
	case c.claimed && c.waiter != 0 && (c.side == nil || r.now-c.at > c2Within):
		r.sendC1()
	}
	if r.why == wire.None && r.searching() && r.now-r.since > noPeerAfter && r.run == nil {
		r.say(wire.NoPeer)
	}
}

// claimAnswer takes what the hub says of the plate: NP, or the refusal of a claim.
func (r *Receiver) claimAnswer(plate uint32) {
	c := r.coded
	if c == nil || !c.asked || plate != c.code.Plate {
		return
	}
	c.asked, c.claimed = false, true
	if c.waiter == 0 {
		r.nobody() // it left at this moment
		return
	}
	if r.why == wire.Busy {
		r.say(wire.None)
	}
	r.tickCode()
}

func (r *Receiver) claimRefused(retryMS uint16) {
	c := r.coded
	if c == nil || !c.asked && !c.claimed {
		return
	}
	c.asked, c.claimed, c.waiter, c.side = false, false, 0, nil
	switch {
	case !r.searching():
	case retryMS == 0:
		r.nobody()
	default: // somebody else has it, or this address tried too many
		c.again = r.now + int64(retryMS)
		r.say(wire.Busy)
	}
}

// nobody says that no one waits under this plate.
func (r *Receiver) nobody() {
	if r.searching() {
		r.leavePlate()
		r.fail(wire.NoCode)
	}
}

// plateJoin and plateLeave follow the one who waits under the plate. Others that
// the hub may name are none of this code's.
func (r *Receiver) plateJoin(topic [32]byte, handle uint32) {
	if c := r.coded; c != nil && topic == c.topic && c.waiter == 0 && (c.asked || c.claimed) {
		c.waiter = handle
	}
}

func (r *Receiver) plateLeave(topic [32]byte, handle uint32) {
	c := r.coded
	if c == nil || topic != c.topic || handle != c.waiter {
		return
	}
	c.waiter, c.side = 0, nil
	if r.conn != nil {
		return // it breaks by itself, if it is not described yet
	}
	r.run = nil
	r.nobody()
	r.leavePlate() // also while the person types again: the next code is claimed anew
}

// sendC1 begins a run.
func (r *Receiver) sendC1() {
	c := r.coded
	c.sid, c.at = newSID(), r.now
	var err error
	if c.side, err = c.code.Exchange(c.mode, c.sid); err != nil {
		r.fail(wire.Internal)
		return
	}
	c.c1 = handshake.NewShare(handshake.KindC1, c.sid, c.side.Share())
	r.publish(&r.base, c.topic, c.waiter, c.c1)
}

// c2 makes the psk and knocks with it, at the handle that sent C2 and no other.
func (r *Receiver) c2(topic [32]byte, from uint32, sid [16]byte, frame []byte) {
	c := r.coded
	if c == nil || c.side == nil || r.run != nil || r.conn != nil || topic != c.topic || from != c.waiter || sid != c.sid {
		return
	}
	side := c.side
	c.side = nil
	theirs, err := handshake.ParseShare(frame, handshake.KindC2, sid)
	if err != nil {
		return
	}
	psk, err := invite.InitiatorPSK(side, sid, theirs)
	if err != nil {
		r.holdUntil = r.now + c2Within // no honest peer's share: nothing was given away by it
		return
	}
	ctx := handshake.CodeCtx(c.c1, frame)
	d := &door{
		mode: c.mode,
		psk:  func() [32]byte { return psk }, ctx: func() []byte { return ctx },
		typeR: wire.KeySession, typeI: wire.KeySession, key: r.key,
		pinned: func(ed25519.PublicKey) bool { return true }, // who knows the words
	}
	a := &attempt{door: d, topic: topic, sid: sid, at: r.now, sent: map[uint32]bool{from: true}}
	if a.init, a.m1, err = handshake.Initiate(d.run(0, topic, sid)); err != nil {
		r.fail(wire.Internal)
		return
	}
	c.guesses++
	r.run = a
	r.wantICE(&r.base)
	r.publish(&r.base, topic, from, a.m1)
}

// guessedWrong says that the other side does not have these words. The plate
// stays claimed while the person looks at them again.
func (r *Receiver) guessedWrong() {
	c := r.coded
	r.run, c.side = nil, nil
	if c.guesses >= guessesMax {
		r.leavePlate()
		r.fail(wire.PSK)
		return
	}
	c.wrong = true
	r.do(Show{})
}

// codeWay says how the person finds the sharer, for the view.
func (r *Receiver) codeWay() (byCode, wrong bool, tries int) {
	switch {
	case r.coded == nil:
		return false, false, 0
	case r.typing() == nil:
		return true, false, 0 // the way back is known
	}
	return true, r.coded.wrong && !r.ended(), guessesMax - r.coded.guesses
}
