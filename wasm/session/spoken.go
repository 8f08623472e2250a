package session

import (
	"crypto/ed25519"

	swire "beeline/signaling/wire"
	"beeline/wasm/handshake"
	"beeline/wasm/invite"
	"beeline/wasm/wire"
)

// This file: the sharer's side of a spoken code, a door beside the link's that is
// open for minutes and for one person. Everything of it is in memory only.
// PROTOCOL.md (c).
//
//	MakeCode ── NP_ALLOC ── NP ──▶ live ── C1, C2, M1 right ── M2, M3, M4 ──▶ used
//	                                └── M1 wrong: a life less ── none left ──▶ wrong

// Limits of a code. PROTOCOL.md (c).
const (
	codeLives  = 3
	codeRuns   = 20
	codeFor    = 600_000 // ms
	codeRunFor = 10_000  // ms from C1 to M1
)

// MakeCode asks for a code, also in the place of one that is there.
type MakeCode struct{}

// StopCode ends the code, if there is one.
type StopCode struct{}

func (MakeCode) event() {}
func (StopCode) event() {}

// A CodeState says what became of a share's code.
type CodeState uint8

// States of a code.
const (
	CodeNone    CodeState = iota
	CodeComing            // the hub is asked for a plate
	CodeLive              // it can be said
	CodeUsed              // somebody came by it
	CodeWrong             // three wrong tries
	CodeTried             // twenty runs that came to nothing
	CodeExpired           // ten minutes
	CodeLost              // its plate went with the connection to the hub, or there was none to have
)

// spoken is the code of a share.
type spoken struct {
	state CodeState
	code  invite.Code // while it is live
	until int64
	lives int
	runs  int
	sids  map[[16]byte]bool // of its runs
	run   *codeRun          // one at a time

	key    ed25519.PrivateKey // signs for all codes of the share; nil before the first
	plate  uint32             // held at the hub, also while a session of a used code needs it; 0: none
	wanted bool               // a code, as soon as there is a plate
	asked  bool               // the hub, for a plate
}

// codeRun is one run of CPace, bound to a handle and a sid.
type codeRun struct {
	k      halfKey
	at     int64
	psk    [32]byte
	ctx    []byte
	opened bool // its M1 was right
}

// makeCode lets go of the code that is there and asks for another.
func (s *Sharer) makeCode() {
	if s.over {
		return
	}
	s.endCode(CodeComing)
	s.spoken.wanted = true
	s.tickCode()
}

func (s *Sharer) stopCode() {
	s.spoken.wanted = false
	s.endCode(CodeNone)
	s.tickCode()
}

// endCode lets nobody in by the code any more. Who is in stays.
func (s *Sharer) endCode(state CodeState) {
	c := &s.spoken
	for k := range s.halves {
		if swire.IsPlate(k.topic) {
			delete(s.halves, k)
		}
	}
	c.state, c.code, c.run, c.sids = state, invite.Code{}, nil, nil
	s.do(Show{})
}

// codeUnreachable says that the plate went with the connection to the hub.
func (s *Sharer) codeUnreachable() {
	s.spoken.plate, s.spoken.asked = 0, false
	if s.spoken.state == CodeLive {
		s.endCode(CodeLost)
	}
}

// tickCode moves what time and the hub move.
func (s *Sharer) tickCode() {
	c := &s.spoken
	if r := c.run; r != nil {
		over := !r.opened && s.now-r.at > codeRunFor
		if over || r.opened && s.halves[r.k] == nil {
			c.run = nil
		}
	}
	if c.state == CodeLive && s.now >= c.until {
		s.endCode(CodeExpired)
	}
	if c.plate != 0 && c.state != CodeLive && !s.plateBusy() {
		s.freePlate()
	}
	if c.wanted && s.up && !c.asked && c.plate == 0 {
		c.asked = true
		s.owed(s.base)
		s.do(SignalSend{swire.AppendAlloc(nil)})
	}
}

func (s *Sharer) freePlate() {
	s.spoken.plate = 0
	if s.up {
		s.do(SignalSend{swire.AppendFree(nil)})
	}
}

// plateBusy says that a session which began by a code still talks through the hub.
func (s *Sharer) plateBusy() bool {
	for k := range s.halves {
		if swire.IsPlate(k.topic) {
			return true // it is answered once something is stored, or typed
		}
	}
	for _, r := range s.recips {
		if r.conn != nil && r.conn.t != nil && swire.IsPlate(r.conn.topic) {
			return true
		}
	}
	for _, v := range s.visits {
		if v.conn.t != nil && swire.IsPlate(v.conn.topic) {
			return true
		}
	}
	return false
}

// gotPlate makes the code of the plate that the hub gave.
func (s *Sharer) gotPlate(plate uint32) {
	c := &s.spoken
	if !c.asked {
		return // not asked for
	}
	c.asked = false
	c.plate = plate
	if !c.wanted || !invite.IsPlate(plate) {
		s.noPlate()
		return
	}
	if c.key == nil {
		_, c.key, _ = ed25519.GenerateKey(nil)
	}
	c.wanted = false
	c.state, c.code, c.until = CodeLive, invite.NewCode(plate), s.now+codeFor
	c.lives, c.runs, c.sids = codeLives, 0, make(map[[16]byte]bool)
	s.do(Show{})
}

// noPlate gives up what was asked for: the person may ask again.
func (s *Sharer) noPlate() {
	c := &s.spoken
	c.asked = false
	if c.plate != 0 {
		s.freePlate()
	}
	if c.wanted {
		c.wanted = false
		s.endCode(CodeLost)
	}
}

// c1 begins a run, if none is under way. It costs R two multiplications, and says
// nothing to whoever doesn't know the words.
func (s *Sharer) c1(k halfKey, frame []byte) {
	c := &s.spoken
	if c.state != CodeLive || k.topic != swire.PlateTopic(c.code.Plate) || c.run != nil || c.sids[k.sid] {
		return
	}
	theirs, err := handshake.ParseShare(frame, handshake.KindC1, k.sid)
	if err != nil {
		return
	}
	if c.runs >= codeRuns {
		s.endCode(CodeTried)
		return
	}
	c.runs++
	c.sids[k.sid] = true
	side, err := c.code.Exchange(s.codeMode(), k.sid)
	if err != nil {
		return
	}
	psk, err := invite.ResponderPSK(side, k.sid, theirs)
	if err != nil {
		return
	}
	c2 := handshake.NewShare(handshake.KindC2, k.sid, side.Share())
	c.run = &codeRun{k: k, at: s.now, psk: psk, ctx: handshake.CodeCtx(frame, c2)}
	s.publish(s.base, k.topic, k.from, c2)
}

// codeM1 is where it shows whether the other side knows the words: one guess a
// run. What comes without an open run is dropped untested, and costs no life.
func (s *Sharer) codeM1(k halfKey, frame []byte) {
	c := &s.spoken
	run := c.run
	if c.state != CodeLive || run == nil || run.k != k || run.opened {
		return
	}
	d := &door{
		mode: s.codeMode(),
		psk:  func() [32]byte { return run.psk }, ctx: func() []byte { return run.ctx },
		typeR: wire.KeySession, typeI: wire.KeySession, key: c.key,
	}
	t, m2, err := handshake.Respond(d.run(0, k.topic, k.sid), frame, d.typeR, d.key)
	if err != nil {
		c.run = nil
		if wire.CodeOf(err) != wire.PSK {
			return
		}
		// An answer that opens under no key: an honest person has mistyped, and need
		// not wait for the end of a time to hear of it.
		s.publish(s.base, k.topic, k.from, handshake.NoAnswer(k.sid))
		if c.lives--; c.lives == 0 {
			s.endCode(CodeWrong)
		}
		s.do(Show{})
		return
	}
	run.opened = true
	s.halves[k] = &half{t: t, door: d, at: s.now}
	s.wantICE(s.base)
	s.publish(s.base, k.topic, k.from, m2)
}

// codeView is what to show of the code.
func (s *Sharer) codeView() CodeView {
	c := &s.spoken
	v := CodeView{State: c.state}
	if c.state == CodeLive {
		v.Text, v.Until, v.Lives = c.code.String(), c.until, c.lives
	}
	return v
}

// A CodeView is what a sharer's page shows of a code.
type CodeView struct {
	State CodeState
	Text  string // while it is live
	Until int64
	Lives int
}
