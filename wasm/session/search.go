package session

import (
	swire "beeline/signaling/wire"
	"beeline/wasm/handshake"
	"beeline/wasm/wire"
)

// This file: how a recipient finds the sharer.

// attempt is one handshake: one sid and KEM key, M1 to up to 16 who wait.
type attempt struct {
	init  *handshake.Initiator
	door  *door
	m1    []byte
	topic [32]byte
	sid   [16]byte
	at    int64
	sent  map[uint32]bool // handles; false once they failed
	other bool            // someone had the secret but not the sharer's key

	t      *handshake.Transport // set by the first good M2
	handle uint32
	m3     int64
	m4     bool
	m4At   int64
}

// connect is the click, also the one on "Try again".
func (r *Receiver) connect() {
	if r.conn != nil || r.phase == Complete || r.phase == Cancelled || r.typing() != nil && r.coded.spent {
		return
	}
	r.clicked, r.why, r.since, r.tellUntil = true, wire.None, r.now, 0
	r.tries, r.silent, r.asking, r.run, r.holdUntil = 0, 0, false, nil, 0
	r.phase = Waiting
	if r.fetch != nil && r.fetch.closed {
		r.fetch = nil // that destination is done with: Receive opens another
	}
	if r.fetch != nil {
		r.phase = Reconnecting
	}
	if !r.up {
		r.why = r.lack
	}
	r.resubscribe()
	if r.typing() != nil {
		r.tickCode()
	}
	r.knockAll()
	r.do(Show{})
}

func (r *Receiver) resubscribe() {
	if !r.clicked {
		return // not even dummies: nothing before the click
	}
	var want []*door
	if r.searching() || r.conn != nil && r.conn.t != nil {
		want = r.doors()
	}
	r.refresh(&r.base, want, func(topic [32]byte) bool {
		return r.run != nil && r.run.t != nil && r.run.topic == topic ||
			r.conn != nil && r.conn.t != nil && r.conn.topic == topic
	})
}

// doors returns where the sharer may be found.
func (r *Receiver) doors() []*door {
	var doors []*door
	for _, d := range []*door{r.back, r.front} {
		if d != nil {
			doors = append(doors, d)
		}
	}
	return doors
}

// linkWaits says that the link is not the way in now: the way back is, or may be in
// a moment. Who waits there can only be the sharer.
func (r *Receiver) linkWaits() bool {
	if r.back == nil {
		return false
	}
	for topic, waiters := range r.waiters {
		if at, ok := r.spotOf(topic); ok && at.door == r.back && len(waiters) > 0 {
			return true
		}
	}
	return r.now-r.since < wayFirst
}

func (r *Receiver) tickSearch() {
	if r.headed && r.head.Expires > 0 && r.now/1000 >= int64(r.head.Expires) {
		r.fail(wire.Expired) // whoever made the link has ended it by now
		return
	}
	if r.typing() != nil {
		r.tickCode()
		return
	}
	a := r.run
	switch {
	case a == nil:
		if r.up {
			r.knockAll()
		}
	case a.t == nil && r.now-a.at > m2Within:
		if a.other {
			r.say(wire.Identity)
		}
		r.run = nil
		r.knockAll()
	case a.t != nil && !a.m4 && r.now-a.m3 > m4Within:
		r.unanswered(wire.NoPeer)
		r.knockAll()
	case a.m4 && r.promised() && !r.isProven && r.now-a.m4At > provenWithin:
		r.fail(wire.Identity)
	case a.m4 && r.now-a.m3 > pendingWithin+m4Within:
		r.fail(wire.Expired)
	}
	if r.why == wire.None && r.up && r.now-r.since > noPeerAfter && (r.run == nil || r.run.t == nil) {
		r.say(wire.NoPeer)
	}
	if r.why == wire.NoPeer && (r.skew > clockOff || r.skew < -clockOff) {
		r.say(wire.Clock) // the topics of two clocks that far apart never meet
	}
}

// signal takes one message of the hub.
func (r *Receiver) signal(data []byte) {
	m, err := swire.ParseServer(data)
	if err != nil {
		return
	}
	r.heardHub(&r.base)
	switch m.Op {
	case swire.OpICEAnswer:
		r.gotICE(&r.base, m.ICE)
	case swire.OpErr:
		r.refused(&r.base, m.ErrOp, m.RetryMS)
		if m.ErrOp == swire.OpClaim {
			r.claimRefused(m.RetryMS)
		}
	case swire.OpPlateIs:
		r.claimAnswer(m.Plate)
	case swire.OpJoin:
		r.plateJoin(m.Topic, m.Handle)
		if _, ok := r.spotOf(m.Topic); !ok {
			return
		}
		w := r.waiters[m.Topic]
		if w == nil {
			w = make(map[uint32]bool)
			r.waiters[m.Topic] = w
		}
		if len(w) < candidatesMax {
			w[m.Handle] = true
			r.knockAll()
		}
	case swire.OpLeave:
		r.plateLeave(m.Topic, m.Handle)
		delete(r.waiters[m.Topic], m.Handle)
		if a := r.run; a != nil && a.t != nil && a.topic == m.Topic && a.handle == m.Handle && r.conn == nil {
			r.run, r.asking = nil, false
			r.do(Show{})
		}
	case swire.OpData:
		r.frame(m.Topic, m.Handle, m.Frame)
	}
}

// unanswered gives up a handshake that got M2 and no session. After three in a
// row people are told why, and the next waits as long as one without an answer.
func (r *Receiver) unanswered(why wire.Code) {
	r.run = nil
	if r.silent++; r.silent >= wire.RetriesMax {
		r.silent, r.holdUntil = 0, r.now+m2Within
		r.say(why)
	}
}

// knockAll sends M1 to everybody who waits and has not had it.
func (r *Receiver) knockAll() {
	if !r.searching() || r.now < r.holdUntil {
		return
	}
	hold := r.linkWaits()
	for topic, waiters := range r.waiters {
		at, ok := r.spotOf(topic)
		if !ok || len(waiters) == 0 || hold && at.door == r.front || r.run != nil && (r.run.t != nil || r.run.topic != topic) {
			continue
		}
		if r.run == nil {
			a := &attempt{door: at.door, topic: topic, sid: newSID(), at: r.now, sent: make(map[uint32]bool)}
			var err error
			a.init, a.m1, err = handshake.Initiate(at.door.run(at.epoch, topic, a.sid))
			if err != nil {
				r.fail(wire.Internal)
				return
			}
			r.run = a
			r.wantICE(&r.base)
		}
		for h := range waiters {
			if _, done := r.run.sent[h]; !done && !r.notAt[h] && len(r.run.sent) < candidatesMax {
				r.run.sent[h] = true
				r.publish(&r.base, topic, h, r.run.m1)
			}
		}
	}
}

func (r *Receiver) frame(topic [32]byte, from uint32, frame []byte) {
	kind, sid, err := handshake.FrameKind(frame)
	if err != nil {
		return
	}
	if c := r.conn; c != nil {
		if kind == handshake.KindT && c.t != nil && c.topic == topic && c.handle == from && c.sid == sid {
			r.connFrame(frame)
		}
		return
	}
	if kind == handshake.KindC2 {
		r.c2(topic, from, sid, frame)
		return
	}
	a := r.run
	if a == nil || a.topic != topic || a.sid != sid || !a.sent[from] {
		return
	}
	switch {
	case kind == handshake.KindM2 && a.t == nil:
		r.m2(a, from, frame)
	case kind == handshake.KindT && a.t != nil && a.handle == from:
		r.answer(a, frame)
	}
}

func (r *Receiver) phaseIf(from, to Phase) {
	if r.phase == from {
		r.phase = to
	}
}
