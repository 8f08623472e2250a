package session

import (
	"crypto/ed25519"
	"encoding/binary"

	"beeline/wasm/ctrl"
	"beeline/wasm/handshake"
	"beeline/wasm/invite"
	"beeline/wasm/kdf"
	"beeline/wasm/wire"
)

// This file: a one-time link belongs to the first recipient that is let in, from
// that moment on. What says so is kept before the frame that follows, at both ends:
// a crash at any point leaves that recipient a way in, and nobody else. PROTOCOL.md j.
//
//	sharer    OPEN ──▶ BOUND(pkI, res) ──▶ MOVED(pkI, res)
//	              M4 is due            RESUME_SECRET_OK, or M3 at the way back
//	recipient session key before M3, res before RESUME_SECRET_OK

// What a one-time link is at.
const (
	onceOpen  = 0 // nobody's
	onceBound = 1 // a recipient's, who may not know the way back yet
	onceMoved = 2 // theirs who knows it: the link is dead
)

// once is the state of a one-time link at the sharer.
type once struct {
	state uint8
	key   string // pkI
	way   way
	door  *door // nil while nobody's
}

const onceSize = 1 + 32 + 32 // as it is kept, where it is somebody's

// way is how the two sides of a one-time link meet again. PROTOCOL.md d.1, mode 4.
type way struct {
	res [32]byte
	pkR ed25519.PublicKey
}

const (
	waySize  = 64    // as it is kept
	wayFirst = 1_000 // ms that the way back is tried alone
)

// wayDoor is where they do. Keys of this side and what is pinned are the caller's to set.
func wayDoor(w way, pkI ed25519.PublicKey, typeR uint8) *door {
	return &door{
		mode: wire.ModeResume,
		topic: func(epoch uint32) [32]byte {
			return [32]byte(kdf.X(w.res[:], "topic", binary.BigEndian.AppendUint32(nil, epoch), 32))
		},
		psk:   func() [32]byte { return [32]byte(kdf.X(w.res[:], "psk", nil, 32)) },
		ctx:   func() []byte { return append(append([]byte(nil), w.pkR...), pkI...) },
		typeR: typeR,
		typeI: wire.KeySession,
	}
}

// Remember has what Keep returns now stored, flushed, and answered by Remembered:
// what follows waits for that.
type Remember struct{ N uint32 }

// Remembered answers Remember, also where nothing can be stored: then nothing of
// this machine survives a crash either.
// Stale: what was stored before is there still, and not this.
type Remembered struct {
	N     uint32
	Stale bool
}

func (Remember) action()  {}
func (Remembered) event() {}

// afterStoring does then once what is to be known by now can't be lost any more.
func (b *base) afterStoring(then func()) {
	if b.storing == nil {
		b.storing = make(map[uint32]func())
	}
	b.stores++
	b.storing[b.stores] = then
	b.do(Remember{b.stores})
}

func (b *base) remembered(e Remembered) {
	if then := b.storing[e.N]; then != nil {
		delete(b.storing, e.N)
		b.stale = e.Stale
		then()
	}
}

// oneTime reports whether the link is for one recipient only.
func (s *Sharer) oneTime() bool { return s.link.Flags&invite.OneTime != 0 }

// mayTake says of a one-time link whether this key gets an answer at it.
func (s *Sharer) mayTake(pk ed25519.PublicKey) bool {
	return s.once.state == onceOpen || s.once.state == onceBound && string(pk) == s.once.key
}

// accept says yes in one of its two forms and begins the session: at a one-time link
// once it is kept whose it is.
func (s *Sharer) accept(k halfKey, h *half, yes []byte) {
	h.answers = true
	begin := func() {
		if s.halves[k] == h {
			s.reply(k, h, yes)
			if yes[0] == wire.TAuthR {
				s.sayProof(k, h)
			}
			s.begin(k, h)
		}
	}
	switch {
	case h.door == s.once.door && s.once.door != nil:
		if s.once.state == onceMoved {
			begin()
			return
		}
		s.once.state = onceMoved
		s.afterStoring(func() { s.dropLink(); begin() })
	case s.oneTime() && h.door == s.front:
		if !s.mayTake(ed25519.PublicKey(h.asks.key)) {
			delete(s.halves, k) // somebody else was faster
			return
		}
		h.res = h.t.Resume()
		s.bind(h.asks.key, h.res)
		s.afterStoring(begin)
	case h.door.mode == wire.ModeCode:
		h.res = h.t.Resume()
		s.openWay(h.asks.key, h.res)
		s.afterStoring(begin)
	default:
		begin()
	}
}

// bind makes the link this recipient's: all others who wait there are refused.
func (s *Sharer) bind(key string, res [32]byte) {
	s.setOnce(once{state: onceBound, key: key, way: way{res, s.key.Public().(ed25519.PublicKey)}})
	for k, h := range s.halves {
		if h.asks != nil && h.asks.asking && h.asks.key != key {
			s.sendAway(k, h, wire.Taken)
		}
	}
	s.do(Show{})
}

func (s *Sharer) setOnce(o once) {
	o.door = wayDoor(o.way, ed25519.PublicKey(o.key), wire.KeyShare)
	o.door.key = s.key
	o.door.pinned = func(pk ed25519.PublicKey) bool { return string(pk) == o.key }
	s.once = o
}

// secretArrived notes that a recipient has stored the way back of this session.
func (s *Sharer) secretArrived(r *recipient) {
	s.codeWayKnown(r)
	if s.once.state != onceBound || r.conn.res != s.once.way.res {
		return // of an earlier session, or said again: nothing changes
	}
	s.once.state = onceMoved
	s.afterStoring(s.dropLink)
}

// dropLink forgets the secret of a link that has done its work.
func (s *Sharer) dropLink() {
	s.link.Secret = [16]byte{}
	s.resubscribe()
	s.do(Show{})
}

// appendOnce writes what is kept of a one-time link.
func (s *Sharer) appendOnce(b []byte) []byte {
	b = append(b, s.once.state)
	if s.once.state == onceOpen {
		return b
	}
	return append(append(b, s.once.key...), s.once.way.res[:]...)
}

// restoreOnce reads it, and returns what follows.
func (s *Sharer) restoreOnce(b []byte) (rest []byte, ok bool) {
	switch {
	case len(b) > 0 && b[0] == onceOpen:
		return b[1:], true
	case len(b) < onceSize || b[0] != onceBound && b[0] != onceMoved || !s.oneTime():
		return nil, false
	case s.guests[string(b[1:33])] != letIn:
		return nil, false // whose it is was let in
	}
	if s.link.Secret == [16]byte{} != (b[0] == onceMoved) {
		return nil, false // the secret goes with the last step, and not before
	}
	s.setOnce(once{state: b[0], key: string(b[1:33]), way: way{[32]byte(b[33:]), s.key.Public().(ed25519.PublicKey)}})
	return b[onceSize:], true
}

// sayWho sends M3: where the link is for one only, once the key is kept by which
// this recipient is that one.
func (r *Receiver) sayWho(a *attempt, t *handshake.Transport) {
	say := func() {
		if r.run == a {
			a.m3 = r.now
			r.sendT(a, r.authI(a.door, t))
		}
	}
	if !r.oneTime() || r.keyKept {
		say()
		return
	}
	r.afterStoring(func() { r.keyKept = true; say() })
}

func (r *Receiver) authI(d *door, t *handshake.Transport) []byte {
	if d.mode == wire.ModeContact {
		return t.AuthIOf(d.key, d.typeI, r.share, r.device)
	}
	return t.AuthI(d.key, d.typeI, r.share)
}

func (r *Receiver) oneTime() bool { return r.link.Flags&invite.OneTime != 0 }

// setWay opens the door of the way back.
func (r *Receiver) setWay(w way) {
	typeR := uint8(wire.KeyShare)
	if r.coded != nil {
		typeR = wire.KeySession
	}
	r.way = w
	r.back = wayDoor(w, r.key.Public().(ed25519.PublicKey), typeR)
	r.back.key = r.key
	r.back.pinned = func(pk ed25519.PublicKey) bool { return pk.Equal(w.pkR) }
}

// keepWay stores the way back of a session that began at the link, and says so.
func (r *Receiver) keepWay(c *conn) {
	if c.res == [32]byte{} {
		return
	}
	r.setWay(way{c.res, r.sharerKey})
	r.afterStoring(func() {
		if r.conn == c && c.open && !r.stale { // with an older state the link is still the way in
			c.send(ctrl.ResumeOK{})
		}
	})
}
