package session

import (
	"beeline/wasm/ctrl"
	"beeline/wasm/identity"
	"beeline/wasm/wire"
)

// A house is what several shares have in common whose person meets each contact at
// one door. A Sharer alone needs none, and the browser's binary holds none: the one
// there is is [Host].
type house interface {
	// meets returns the contact of a card as all shares know it.
	meets(own *identity.Identity, card *identity.Card) (*member, error)
	// find returns the share that a contact wants; nil: why it gets none.
	find(m *member, share [16]byte) (*Sharer, wire.Code)
	// offers returns what a contact is told.
	offers(m *member) []ctrl.Offer
	// shares returns all of them.
	shares() []*Sharer
	// within does something of one of them.
	within(s *Sharer, do func())
}

// behind returns the shares that may be had at the doors of a sharer.
func (s *Sharer) behind() []*Sharer {
	if s.house != nil {
		return s.house.shares()
	}
	return []*Sharer{s}
}

func (s *Sharer) within(do func()) {
	if s.house != nil {
		s.house.within(s, do)
	} else {
		do()
	}
}

// ID returns the share_id, by which contacts name the share.
func (s *Sharer) ID() [16]byte { return s.id }
