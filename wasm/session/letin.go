package session

import (
	"crypto/ed25519"

	"beeline/wasm/describe"
	"beeline/wasm/handshake"
	"beeline/wasm/identity"
	"beeline/wasm/wire"
)

// This file: who is let in of those who proved to hold the link, or the code: at once, by
// the person's answer, or not.

// knock decides about a recipient who proved to hold the link, or the code: that
// was said to one person, who is let in, and opens to nobody after an answer.
func (s *Sharer) knock(k halfKey, h *half, pk ed25519.PublicKey) {
	coded := h.door.mode == wire.ModeCode
	if coded {
		s.endCode(CodeUsed)
		s.halves[k] = h // it is answered below, not ended with the code
	}
	m := s.memberAt(h.door)
	device := [16]byte{}
	if m != nil {
		device = h.t.Device()
	}
	r := s.recipient(pk, m.contact(), device)
	for old, o := range s.halves {
		if r != nil && o.asks == r && old != k {
			delete(s.halves, old) // it knocks again: the one before is dead
		}
	}
	var old *recipient // the device whose place this one takes
	if r == nil && m != nil {
		var fits bool
		if old, fits = s.place(m.id); !fits {
			s.refuse(k, h, wire.Busy)
			return
		}
	}
	if r == nil {
		active, pending := s.active(), 0
		for _, o := range s.recips {
			if o.asking {
				pending++
			}
		}
		if old != nil && s.counts(old) {
			active-- // one's own gives way first
		}
		if active >= s.cfg.recipients() && s.freeIdle() {
			active--
		}
		r = s.welcome(string(pk), m)
		r.approved = r.approved || coded
		// Who asks gives way to too many who ask; who was let in once does not.
		busy := !r.approved && (pending >= pendingMax || s.asksAlready(k.from) || s.typed.shut)
		if busy || active >= s.cfg.recipients() {
			s.refuse(k, h, wire.Busy)
			return
		}
		if m == nil && !r.returned && s.full() {
			s.refuse(k, h, wire.Taken)
			return
		}
		if m != nil {
			s.addDevice(r, device)
		}
		if r.id == 0 {
			s.last++
			r.id = s.last
		}
		s.recips = append(s.recips, r)
	}
	h.asks, h.at = r, s.now
	if coded {
		r.byCode = true                    // until it knows the way back
		r.approved, r.asking = true, false // it may have waited at the link
	}
	switch {
	case r.banned:
		s.refuse(k, h, wire.Refused)
	case r.approved:
		s.accept(k, h, h.t.AuthR(wire.StatusAccepted, 0))
	default:
		r.asking, r.phase = true, Waiting
		s.typed.again()
		s.reply(k, h, h.t.AuthR(wire.StatusPending, 0))
		s.sayProof(k, h)
		h.digits = h.t.Digits()
		s.do(Show{})
	}
}

// freeIdle ends the session that has asked for nothing for longest, if that is
// a minute or more.
func (s *Sharer) freeIdle() bool {
	var idle *recipient
	for _, r := range s.recips {
		if r.conn != nil && s.now-r.active > idleAfter && (idle == nil || r.active < idle.active) {
			idle = r
		}
	}
	if idle != nil {
		idle.finish(s, wire.Busy)
	}
	return idle != nil
}

// active counts the recipients who have a session or lost it a moment ago. Who
// stays away longer comes back all the same, but keeps nobody out until then.
func (s *Sharer) active() int {
	n := 0
	for _, r := range s.recips {
		if s.counts(r) {
			n++
		}
	}
	return n
}

func (s *Sharer) counts(r *recipient) bool {
	return !r.asking && (r.conn != nil || r.phase == Reconnecting && s.now-r.lostAt <= goneAfter)
}

// asksAlready says that a connection has a request before the person: one each,
// or a single finder of the link fills the list with keys of its own.
func (s *Sharer) asksAlready(from uint32) bool {
	for k, h := range s.halves {
		if k.from == from && h.asks != nil && h.asks.asking {
			return true
		}
	}
	return false
}

// recipient returns the row of a key, among members or among all others: one key in
// both places is two recipients, of whom each has what its own way in gave it. A
// member has one for each device.
func (s *Sharer) recipient(pk ed25519.PublicKey, contact identity.ID, device [16]byte) *recipient {
	for _, r := range s.recips {
		if r.key == string(pk) && r.contact == contact && r.device == device {
			return r
		}
	}
	return nil
}

// holder returns the row of who has the link, or came by a code.
func (s *Sharer) holder(pk ed25519.PublicKey) *recipient {
	return s.recipient(pk, identity.ID{}, [16]byte{})
}

// decide is the person's answer to a recipient who asks. Where the link wants
// approval a yes takes their digits.
func (s *Sharer) decide(id uint32, accept bool) bool {
	for k, h := range s.halves {
		if h.asks == nil || h.asks.id != id || !h.asks.asking {
			continue
		}
		if !accept {
			s.turnAway(k, h)
		} else if !s.approves() {
			s.letIn(k, h)
		}
		return true
	}
	return false
}

// letIn accepts a request.
func (s *Sharer) letIn(k halfKey, h *half) {
	if s.full() {
		s.sendAway(k, h, wire.Taken)
		return
	}
	if s.active() >= s.cfg.recipients() && !s.freeIdle() {
		s.sendAway(k, h, wire.Busy)
		return
	}
	h.asks.asking, h.asks.approved = false, true
	s.accept(k, h, handshake.AppendStatus(nil, wire.StatusAccepted, 0))
}

// refuse is the no that M4 says: who asks hears it at once.
func (s *Sharer) refuse(k halfKey, h *half, why wire.Code) {
	s.reply(k, h, h.t.AuthR(wire.StatusRefused, why.Number()))
	delete(s.halves, k)
}

// sendAway refuses a request. Who it was is not remembered.
func (s *Sharer) sendAway(k halfKey, h *half, why wire.Code) {
	s.reply(k, h, handshake.AppendStatus(nil, wire.StatusRefused, why.Number()))
	if s.approves() && (why == wire.Refused || why == wire.Expired) {
		s.typed.turned(s.now)
	}
	s.hand.fail(s, why)
	s.endHalf(k, h)
}

// turnAway is the person's no: it is remembered.
func (s *Sharer) turnAway(k halfKey, h *half) {
	r := h.asks
	h.asks = nil // so that its row stays
	s.sendAway(k, h, wire.Refused)
	r.asking, r.banned = false, true
	r.end(s, wire.Refused)
	var turned []*recipient
	for _, o := range s.recips {
		if o.banned && !o.approved {
			turned = append(turned, o)
		}
	}
	if len(turned) > turnedMax {
		s.forgetRow(turned[0])
	}
}

// begin turns an accepted handshake into a session.
func (s *Sharer) begin(k halfKey, h *half) {
	delete(s.halves, k)
	if s.hand != nil {
		s.hand.begin(s, k, h)
		return
	}
	r := h.asks
	if r.conn != nil {
		r.drop(s) // the same recipient came back: the old session is over
	}
	r.conn = newConn(s.base, s.meeting, true, h.t, k.topic, k.from, describe.Rules{Loopback: s.cfg.Loopback, Paths: s.paths})
	r.conn.sid, r.conn.res = k.sid, h.res
	r.sending = newSending()
	if r.why = wire.None; r.phase != Reconnecting {
		r.phase = Connecting
	}
	r.lostAt, r.active, r.held = 0, s.now, false
	r.paths = s.paths
	r.check(s, r.conn.start(s.paths))
	s.do(Show{})
}
