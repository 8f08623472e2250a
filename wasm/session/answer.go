package session

import (
	"crypto/ed25519"

	"beeline/wasm/describe"
	"beeline/wasm/handshake"
	"beeline/wasm/wire"
)

// This file: what is answered to a recipient who knocked, until it has a session.

// m2 tries a candidate. One that fails costs its handle the candidacy and
// changes nothing else: whoever else has the link can't end or alarm anything.
func (r *Receiver) m2(a *attempt, from uint32, frame []byte) {
	t, err := a.init.Accept(frame, func(idtype uint8, pk ed25519.PublicKey) bool {
		return idtype == a.door.typeR && a.door.pinned(pk)
	})
	if err != nil {
		a.sent[from] = false
		a.other = a.other || wire.CodeOf(err) == wire.Identity
		if r.typing() != nil {
			r.guessedWrong() // there is no other candidate
		}
		return
	}
	if r.typing() != nil {
		r.coded.guesses = 0
	}
	a.t, a.handle, a.m3 = t, from, r.now
	r.sharerKey = t.PeerKey()
	r.phaseIf(Waiting, Connecting)
	r.sayWho(a, t)
	r.do(Show{})
}

func (r *Receiver) sendT(a *attempt, payload []byte) {
	frame, err := a.t.Seal(payload)
	if err != nil {
		return
	}
	r.publish(&r.base, a.topic, a.handle, frame)
}

// answer takes M4, and STATUS after a pending one.
func (r *Receiver) answer(a *attempt, frame []byte) {
	payload, err := a.t.Open(frame)
	if err != nil && !a.t.Broken() {
		return // no frame of this run
	}
	if err != nil {
		r.asking = false
		r.unanswered(wire.SignalOrder) // only the hub can do that: a new sid
		return
	}
	var status uint8
	var reason uint16
	switch {
	case payload[0] == wire.TAuthR && !a.m4:
		status, reason, err = a.t.CheckAuthR(payload)
		if err != nil {
			r.fail(wire.CodeOf(err))
			return
		}
		a.m4, a.m4At = true, r.now
		r.isProven = false
		r.digits = a.t.Digits()
		if p := r.proves.proof(a.t, true); p != nil && status != wire.StatusRefused && a.door.mode != wire.ModeContact {
			r.sendT(a, p)
		}
	case payload[0] == wire.TStatus && a.m4:
		status, reason, err = handshake.ParseStatus(payload)
		if err != nil || status == wire.StatusPending {
			r.fail(wire.Format)
			return
		}
	case payload[0] == wire.TIdentProof && a.m4:
		r.gotProof(payload, a.t.Secret())
		return
	case payload[0] == wire.TBye:
		r.fail(byeCode(payload))
		return
	default:
		r.fail(wire.Format)
		return
	}
	if r.takes != nil && payload[0] == wire.TAuthR && status == wire.StatusAccepted {
		r.fail(wire.Format) // nobody has typed the digits yet
		return
	}
	switch status {
	case wire.StatusAccepted:
		r.begin(a)
	case wire.StatusPending:
		r.asking, r.silent = true, 0
		r.say(wire.None)
	case wire.StatusRefused:
		why := refusal(reason)
		if why == wire.Revoked && r.elsewhere(a) {
			return
		}
		r.fail(why)
	}
}

// elsewhere goes on to another device of the same contact: this one does not have
// the share, another that waits may.
func (r *Receiver) elsewhere(a *attempt) bool {
	if r.share == [16]byte{} {
		return false
	}
	if r.notAt == nil {
		r.notAt = make(map[uint32]bool)
	}
	r.notAt[a.handle] = true
	for h := range r.waiters[a.topic] {
		if !r.notAt[h] {
			r.run, r.asking = nil, false
			r.knockAll()
			return true
		}
	}
	return false
}

// refusal is the code of a number in M4 or STATUS; without one the person said no.
func refusal(n uint16) wire.Code {
	if n == 0 {
		return wire.Refused
	}
	return wire.FromNumber(n)
}

// byeCode is why a peer left before the control channel was open.
func byeCode(payload []byte) wire.Code {
	n, err := handshake.ParseBye(payload)
	if err != nil {
		return wire.Format
	}
	if n == 0 {
		return wire.Path // it can't go on with this session; another may do
	}
	return wire.FromNumber(n)
}

// begin turns an accepted handshake into a session; the sharer offers.
func (r *Receiver) begin(a *attempt) {
	r.asking, r.silent = false, 0
	if r.coded != nil {
		r.coded.spent = true
	}
	if r.takes != nil {
		*r.takes = taking{} // nothing of an earlier session counts
	}
	var res [32]byte
	if r.oneTime() && a.door == r.front || a.door.mode == wire.ModeCode {
		res = a.t.Resume() // before the session's secret is taken out
	}
	r.conn = newConn(&r.base, &r.meeting, false, a.t, a.topic, a.handle, describe.Rules{Loopback: r.cfg.Loopback})
	r.conn.sid, r.conn.res = a.sid, res
	r.paths = wire.PathsAny
	if r.hidden {
		r.conn.own.Paths = wire.PathsRelay // whatever the sharer shows of itself
	}
	r.lanes = make(map[uint8]*inLane)
	r.run = nil
	r.phaseIf(Waiting, Connecting)
	if r.tries <= wire.RetriesMax {
		r.say(wire.None) // else the reason stays until a session came to something
	}
}
