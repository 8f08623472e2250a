package session

import (
	"bytes"
	"crypto/ed25519"
	"slices"

	"beeline/wasm/ctrl"
	"beeline/wasm/identity"
	"beeline/wasm/wire"
)

// This file: a share that is offered to contacts. The sharer waits for each member
// at a door of their own, which nobody else can find; who is no member meets
// nothing. PROTOCOL.md d.1, mode 3.

// contactDoor is where the sharer and a contact meet. Which of the two this side
// is, own says by being the sharer's identity or not.
func contactDoor(own *identity.Identity, card *identity.Card, sharer bool) (*door, error) {
	root, err := own.ContactRoot(card)
	if err != nil {
		return nil, err
	}
	from, to := own.Public(), card.Public()
	if !sharer {
		from, to = to, from
	}
	return &door{
		mode:   wire.ModeContact,
		topic:  func(epoch uint32) [32]byte { return identity.ContactTopic(root, from, to, epoch) },
		psk:    func() [32]byte { return identity.ContactPSK(root, from, to) },
		ctx:    func() []byte { return identity.ContactContext(from, to) },
		typeR:  wire.KeyIdentity,
		typeI:  wire.KeyIdentity,
		key:    own.Key(),
		pinned: func(pk ed25519.PublicKey) bool { return bytes.Equal(pk, card.Public()) },
	}, nil
}

// SetMembers says to whom, beside those who have the link, the share is offered
// from now on. Who is no member any more loses what is under way, at once.
type SetMembers struct {
	Own   *identity.Identity
	Cards []*identity.Card
}

func (SetMembers) event() {}

// membersMax is how many contacts a share is offered to: with the link's these are
// all the families of one connection to the hub. PROTOCOL.md d.2.
const membersMax = familiesMax - 1

// member is one of them.
type member struct {
	id   identity.ID
	key  string // Ed25519 public key
	door *door
}

// contact names a member; zeros: it is none.
func (m *member) contact() identity.ID {
	if m == nil {
		return identity.ID{}
	}
	return m.id
}

func (s *Sharer) setMembers(e SetMembers) {
	if s.over {
		return
	}
	before := s.members
	if e.Own != nil && e.Own.ID() != s.own {
		s.own, s.members = e.Own.ID(), nil // somebody else now: nobody is met as before
	}
	var next []*member
	for _, card := range e.Cards {
		id := card.ID()
		same := func(m *member) bool { return m.id == id }
		if slices.ContainsFunc(next, same) || s.house == nil && len(next) == membersMax {
			continue
		}
		if i := slices.IndexFunc(s.members, same); i >= 0 {
			next = append(next, s.members[i])
			continue
		}
		var m *member
		var err error
		if s.house != nil {
			m, err = s.house.meets(e.Own, card)
		} else {
			m, err = newMember(e.Own, card)
		}
		if err != nil {
			continue // one's own card, which no page offers
		}
		next = append(next, m)
		for _, r := range s.devices(id) {
			r.banned = false // the person means it anew
		}
	}
	s.members = next
	for _, m := range before {
		if !slices.Contains(next, m) {
			s.dismiss(m)
		}
	}
	s.resubscribe()
	s.do(Show{})
}

func newMember(own *identity.Identity, card *identity.Card) (*member, error) {
	d, err := contactDoor(own, card, true)
	if err != nil {
		return nil, err
	}
	return &member{card.ID(), string(card.Public()), d}, nil
}

// dismiss ends whatever a member has of the share.
func (s *Sharer) dismiss(m *member) {
	for k, h := range s.halves {
		if h.door == m.door {
			s.endHalf(k, h)
		}
	}
	for _, r := range s.devices(m.id) {
		r.approved = false
		r.finish(s, wire.Revoked)
	}
	for _, id := range sortedKeys(s.visits) {
		if v := s.visits[id]; v.member == m {
			s.endVisit(v, wire.Revoked)
		}
	}
}

// memberAt returns whose door it is; nil: the link's, or another.
func (s *Sharer) memberAt(d *door) *member {
	for _, m := range s.members {
		if m.door == d {
			return m
		}
	}
	return nil
}

// enter lets a member in who proved to be it: to a share, or to look what there
// is. What it names and is not there for it, it is told nothing of.
func (s *Sharer) enter(k halfKey, h *half, m *member, pk ed25519.PublicKey, share [16]byte) {
	why := wire.Revoked
	switch {
	case share == [16]byte{}:
		s.visit(k, h, m)
		return
	case s.house != nil:
		delete(s.halves, k)
		why = s.house.enter(k, h, m, pk, share)
	case share == s.id:
		s.comesIn(k, h, m, pk)
		return
	}
	if why != wire.None {
		s.refuse(k, h, why)
	}
}

// comesIn lets a member in to this share.
func (s *Sharer) comesIn(k halfKey, h *half, m *member, pk ed25519.PublicKey) {
	for _, r := range s.devices(m.id) {
		if r.approved = !r.banned; r.banned { // with one device the person is turned away
			s.refuse(k, h, wire.Refused)
			return
		}
	}
	s.knock(k, h, pk)
}

// devices returns the rows of a contact: one for each device that came.
func (s *Sharer) devices(contact identity.ID) (rows []*recipient) {
	for _, r := range s.recips {
		if r.contact == contact && contact != (identity.ID{}) {
			rows = append(rows, r)
		}
	}
	return rows
}

// place returns which device of a contact gives way to one more: the one that moved least
// lately of those that are away, else of those that receive nothing, as pages don't that
// were closed without a word. Nil where there is a place left; not ok where all receive.
func (s *Sharer) place(contact identity.ID) (least *recipient, ok bool) {
	devices := s.devices(contact)
	if len(devices) < devicesMax {
		return nil, true
	}
	away := func(r *recipient) bool { return r.conn == nil }
	for _, r := range devices {
		_, all := r.done() // what it told in an earlier session stays told
		began := r.progress != (ctrl.Progress{}) && !all
		switch {
		case r.conn != nil && began:
		case r.conn == nil && began && r.phase == Reconnecting && s.now-r.lostAt <= goneAfter:
		case least == nil, away(r) && !away(least), away(r) == away(least) && r.active < least.active:
			least = r
		}
	}
	return least, least != nil
}

// addDevice makes a new row that of a member's device, for which there is a place. What counts through all
// sessions of a row that gives way goes on in the new one: a device is named by who comes.
func (s *Sharer) addDevice(r *recipient, device [16]byte) {
	r.device = device
	r.returned = true                             // it may know a list of an earlier page, or of a row that gave way: g.2
	if old, _ := s.place(r.contact); old != nil { // maybe another by now: who idled was put out
		r.id, r.nth = old.id, old.nth // what the person is about to press is still theirs
		r.reread, r.paused = old.reread, old.paused
		old.finish(s, wire.Busy)
		s.forgetRow(old)
		return
	}
	for r.nth = 1; slices.ContainsFunc(s.devices(r.contact), func(o *recipient) bool { return o.nth == r.nth }); {
		r.nth++
	}
}
