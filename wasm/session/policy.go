package session

import (
	"crypto/ed25519"

	"beeline/wasm/catalog"
	"beeline/wasm/ctrl"
	"beeline/wasm/identity"
	"beeline/wasm/invite"
	"beeline/wasm/wire"
)

// This file: for whom and how long a share is, as its person chooses at any time.
// PROTOCOL.md j.

const (
	expiresMax = 366 * 24 * 3_600_000 // ms from now until a share ends at the latest
	limitMax   = guestsMax            // of recipients
	formerMax  = 2                    // with the link, and the way back of a one-time one, as many families as always show
)

// former is a link whose place another one took. Whoever was let in by it comes
// back by it; for everybody else it is dead.
type former struct {
	link invite.Link
	door *door
}

// setFlags makes another link where the flags differ: they are part of it. A one-time
// link that is somebody's stays as it is. The share and its key stay, and with them what recipients have of it.
func (s *Sharer) setFlags(flags uint8) {
	if flags &= invite.OneTime | invite.Approval; s.proving {
		flags |= invite.Proven
	}
	if s.over || s.once.state != onceOpen || flags == s.link.Flags {
		return
	}
	for k, h := range s.halves {
		if h.asks != nil && h.asks.asking {
			s.sendAway(k, h, wire.Revoked) // it asked by a link that is dead now
		}
	}
	s.retire(s.link)
	s.front.pinned = s.wasLetIn // also for the handshakes that are under way there
	s.opens(invite.New(flags, s.key.Public().(ed25519.PublicKey)))
	s.typed = typed{}
	s.resubscribe()
	s.do(Show{})
}

// retire keeps a link for those who were let in by it, the latest ones.
func (s *Sharer) retire(link invite.Link) {
	if s.letInSoFar() == 0 {
		return
	}
	old := former{link: link}
	old.door = linkDoor(&old.link)
	old.door.key, old.door.pinned = s.key, s.wasLetIn
	if s.former = append(s.former, old); len(s.former) > formerMax {
		s.former = s.former[1:]
	}
}

// wasLetIn reports whether a session key was let in.
func (s *Sharer) wasLetIn(pk ed25519.PublicKey) bool {
	if r := s.holder(pk); r != nil {
		return r.decided() == letIn
	}
	return s.guests[string(pk)] == letIn
}

// letInSoFar counts those who were let in by a link, whatever became of them.
func (s *Sharer) letInSoFar() int {
	n := 0
	for _, r := range s.recips {
		if r.contact == (identity.ID{}) && r.decided() == letIn {
			n++
		}
	}
	for key, what := range s.guests {
		if what == letIn && s.holder(ed25519.PublicKey(key)) == nil {
			n++
		}
	}
	return n
}

// full reports whether nobody new may be let in.
func (s *Sharer) full() bool { return s.limit > 0 && s.letInSoFar() >= s.limit }

func (s *Sharer) setTerms(e SetTerms) {
	if s.over {
		return
	}
	before := s.terms()
	if e.Expires > s.now && e.Expires <= s.now+expiresMax {
		s.expires = e.Expires
	}
	s.limit = max(0, min(e.Limit, limitMax))
	s.note = catalog.Note(e.Note)
	for _, r := range s.recips {
		if r.conn != nil && r.phase != Connecting && s.terms() != before {
			r.conn.send(s.terms())
		}
	}
	s.do(Show{})
}

// terms is what stands beside the list.
func (s *Sharer) terms() ctrl.Terms {
	return ctrl.Terms{Expires: uint64(s.expires / 1000), Note: s.note}
}

// gotTerms takes what the sharer says beside its list. What no honest one writes
// is refused, as everything of a peer that people are shown.
func (r *Receiver) gotTerms(m ctrl.Terms) error {
	if !r.conn.headed || catalog.Note(m.Note) != m.Note {
		return wire.Format
	}
	r.note, r.head.Expires = m.Note, m.Expires
	r.do(Show{})
	return nil
}
