package session

import (
	"crypto/ed25519"
	"slices"

	"beeline/wasm/ctrl"
	"beeline/wasm/identity"
	"beeline/wasm/wire"
)

// This file: a [Host] as the [house] of its lobby and its shares: whom it meets, to which
// share it hands them, and what it tells them.

func (h *Host) meets(own *identity.Identity, card *identity.Card) (*member, error) {
	if own == nil || own.ID() != h.own.ID() {
		return nil, wire.Identity.Because("a host is one person's")
	}
	id := card.ID()
	for _, m := range h.lobby.members {
		if m.id == id {
			return m, nil
		}
	}
	if len(h.lobby.members) >= HostMost {
		return nil, wire.Busy.Because("as many contacts as a host meets")
	}
	m, err := newMember(own, card)
	if err == nil {
		h.lobby.members = append(h.lobby.members, m)
	}
	return m, err
}

func (h *Host) frame(k halfKey, frame []byte) bool {
	s := h.met[k]
	if s == nil {
		return false
	}
	r := s.describing(k)
	if r != nil && frame != nil {
		h.within(s, func() { r.frame(s, frame) })
	}
	return r != nil
}

func (h *Host) enter(k halfKey, half *half, m *member, pk ed25519.PublicKey, share [16]byte) wire.Code {
	s, why := h.find(m, share, half.t.Device())
	if s == nil && why == wire.Revoked && slices.Contains(h.away[share], m.id) {
		return wire.None // silence: they ask again
	}
	if s != nil {
		h.met[k] = s
		h.within(s, func() {
			s.halves[k] = half
			s.comesIn(k, half, m, pk)
		})
	}
	return why
}

// find returns a share for a member of it. Sessions are bounded over all shares: a
// contact could open each of them at once.
func (h *Host) find(m *member, share, device [16]byte) (*Sharer, wire.Code) {
	s := h.byID[share]
	if s == nil || s.over || s.now >= s.expires || !slices.Contains(s.members, m) {
		return nil, wire.Revoked
	}
	all, theirs := 0, 0
	for _, o := range h.order {
		for _, r := range o.recips {
			if r.conn == nil || o == s && r.contact == m.id && r.device == device {
				continue // the one that is made takes the place of its older one
			}
			if all++; r.contact == m.id {
				theirs++
			}
		}
	}
	if all >= hostSessions || theirs >= sessionsOfMember {
		return nil, wire.Busy
	}
	return s, wire.None
}

// paths is a relay only where one of the contact's shares is: looking must not show the
// address that taking would hide. Where none is left, too: the last may be away, and the
// contact is at the door until the next Tick.
func (h *Host) paths(m *member) uint8 {
	paths := uint8(wire.PathsRelay)
	for _, s := range h.order {
		if !s.over && slices.Contains(s.members, m) {
			if s.paths == wire.PathsRelay {
				return wire.PathsRelay
			}
			paths = h.lobby.paths
		}
	}
	return paths
}

// offers names the latest shares, where there are more for a contact than a list
// takes.
func (h *Host) offers(m *member) []ctrl.Offer {
	of := h.of[m]
	of = of[max(0, len(of)-offersMax):]
	list := make([]ctrl.Offer, len(of))
	for i, s := range of {
		list[i] = s.offer()
	}
	return list
}
