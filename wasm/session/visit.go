package session

import (
	"slices"

	"beeline/wasm/ctrl"
	"beeline/wasm/describe"
	"beeline/wasm/wire"
)

// This file: a listing session at the sharer's end. A contact looks what there is
// for it, and hears at once when that changes; no file moves here. PROTOCOL.md e
// and f.5, SHARES.

// visit is one listing session.
type visit struct {
	member *member
	conn   *conn
	said   []ctrl.Offer // what it was told last
	toldAt int64        // when; 0: never
}

// visitsMax is how many listing sessions there are at once: each is a connection.
// A member has one a device; of more the oldest gives way.
const (
	visitsMax      = 64
	visitsOfMember = 4
)

// tellEvery is how often a listing session hears of changes at most, ms.
const tellEvery = 1_000

func (s *Sharer) visit(k halfKey, h *half, m *member) {
	delete(s.halves, k)
	var own []*visit
	for _, id := range sortedKeys(s.visits) {
		if v := s.visits[id]; v.member == m {
			own = append(own, v)
		}
	}
	switch {
	case len(own) >= visitsOfMember:
		s.endVisit(own[0], wire.None)
	case len(s.visits) >= visitsMax:
		s.reply(k, h, h.t.AuthR(wire.StatusRefused, wire.Busy.Number()))
		return
	}
	s.reply(k, h, h.t.AuthR(wire.StatusAccepted, 0))
	paths := s.paths
	if s.house != nil {
		paths = s.house.paths(m)
	}
	v := &visit{member: m}
	v.conn = newConn(s.base, s.meeting, true, h.t, k.topic, k.from, describe.Rules{Loopback: s.cfg.Loopback, Paths: paths})
	v.conn.sid = k.sid
	s.visits[v.conn.id] = v
	s.checkVisit(v, v.conn.start(paths))
}

// endVisit closes a listing session; the contact makes another if it may.
func (s *Sharer) endVisit(v *visit, why wire.Code) {
	delete(s.visits, v.conn.id)
	v.conn.close(why)
	s.hand.fail(s, why)
	s.resubscribe()
}

func (s *Sharer) checkVisit(v *visit, err error) {
	if err != nil {
		s.endVisit(v, wire.CodeOf(err))
	}
}

// visitOf returns the listing session that is described through the hub under k.
func (s *Sharer) visitOf(k halfKey) *visit {
	for _, v := range s.visits {
		if c := v.conn; c.t != nil && c.topic == k.topic && c.handle == k.from && c.sid == k.sid {
			return v
		}
	}
	return nil
}

// visitEvent takes what happens in a listing session.
func (s *Sharer) visitEvent(v *visit, e Event) {
	c := v.conn
	switch e := e.(type) {
	case CtrlOpen:
		if err := c.ctrlOpen(1); err != nil {
			s.endVisit(v, wire.CodeOf(err))
			return
		}
		s.tell(v)
		s.resubscribe()
	case CtrlMessage:
		m, _, err := c.receive(e.Data)
		switch m := m.(type) {
		case nil, ctrl.Hello:
		case ctrl.Close:
			s.hand.stored(s)
			s.endVisit(v, wire.None)
			return
		case ctrl.Error:
			if m.File == ctrl.WholeSession {
				s.hand.fail(s, m.Code())
				s.endVisit(v, wire.None)
				return
			}
			err = wire.Format
		default:
			err = wire.Format // nothing else is asked here
		}
		s.checkVisit(v, err)
	default:
		s.checkVisit(v, c.connEvent(e))
	}
}

// tell says what is offered, where that is not what was said last.
func (s *Sharer) tell(v *visit) {
	if !v.conn.open {
		return
	}
	if s.hand != nil {
		s.hand.say(s, v)
		return
	}
	var offers []ctrl.Offer
	if s.house != nil {
		offers = s.house.offers(v.member)
	} else {
		offers = append(offers, s.offer())
	}
	if v.toldAt > 0 && slices.Equal(offers, v.said) {
		return
	}
	v.said, v.toldAt = offers, s.now
	v.conn.send(ctrl.Shares{Last: true, Offers: offers})
}

// offer is what a contact sees of the share before it opens it.
func (s *Sharer) offer() ctrl.Offer {
	_, _, bytes := s.cat.There()
	// All that was ever listed, so that who looked before knows how much came since.
	return ctrl.Offer{ID: s.id, Bytes: bytes + s.grown, Entries: uint32(s.cat.Len() - 1), Expires: uint64(s.expires / 1000), Title: s.cat.Entry(0).Name}
}

// tickVisits keeps the listing sessions alive and what they say up to date.
func (s *Sharer) tickVisits() {
	for _, id := range sortedKeys(s.visits) {
		v := s.visits[id]
		if why, over := v.conn.tick(); over {
			s.endVisit(v, why)
			continue
		}
		if s.now-v.toldAt >= tellEvery {
			s.tell(v)
		}
	}
}

// endVisits closes all listing sessions, or those that still need the hub.
func (s *Sharer) endVisits(why wire.Code, all bool) {
	for _, id := range sortedKeys(s.visits) {
		if v := s.visits[id]; all || !v.conn.described() {
			s.endVisit(v, why)
		}
	}
}
