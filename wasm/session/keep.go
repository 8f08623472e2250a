package session

import (
	"crypto/ed25519"
	"encoding/binary"
	"slices"

	"beeline/wasm/catalog"
	"beeline/wasm/identity"
	"beeline/wasm/invite"
	"beeline/wasm/wire"
)

// This file: what a sharer has to remember to offer the same link once more after
// its page is gone. It is a secret, to be sealed at rest; the list is remembered by
// whoever has it, and added again in the same order. PROTOCOL.md i.
//
//	0 "BLS1" | 4 link, its 48 characters | 52 seed of the share key 32 | 84 share_id 16
//	100 salt 32 | 132 i64 expires | 140 u16 n | 142 n × ( u8 1 let in, 2 refused | session key 32 )
//	u16 limit | u8 m, m × link of before, 48 characters | u16 k, note k bytes
//	u8 of a one-time link: 0 nobody's, 1 bound, 2 moved; if not 0: session key 32, way back 32
//	where somebody came by a code: seed of the key of codes 32, u8 n, n × (session key 32, way back 32)
//
// What was kept before there was a last line ends without it.

const (
	keptMagic = "BLS1"
	keptFixed = 142
	guestSize = 33
	linkSize  = 48
	guestsMax = 1024
)

// What the sharer's person decided about a recipient.
const (
	letIn   = 1
	refused = 2
)

// Keep returns what a later page needs to be this sharer; nothing once sharing
// stopped.
func (s *Sharer) Keep() []byte {
	if s.over {
		return nil
	}
	link := s.link
	if s.once.state == onceMoved {
		link.Secret = [16]byte{} // also while that is being stored
	}
	b := append([]byte(keptMagic), link.String()...)
	b = append(b, s.key.Seed()...)
	b = append(b, s.id[:]...)
	b = append(b, s.salt[:]...)
	b = binary.BigEndian.AppendUint64(b, uint64(s.expires))
	b = append(b, 0, 0)
	n := 0
	add := func(key string, what byte) {
		if n < guestsMax {
			n++
			b = append(append(b, what), key...)
		}
	}
	for _, r := range s.recips {
		if what := r.decided(); what != 0 && r.contact == (identity.ID{}) {
			add(r.key, what)
		}
	}
	for _, key := range sortedKeys(s.guests) {
		if s.holder(ed25519.PublicKey(key)) == nil {
			add(key, s.guests[key])
		}
	}
	binary.BigEndian.PutUint16(b[keptFixed-2:], uint16(n))
	b = binary.BigEndian.AppendUint16(b, uint16(s.limit))
	b = append(b, byte(len(s.former)))
	for i := range s.former {
		b = append(b, s.former[i].link.String()...)
	}
	b = binary.BigEndian.AppendUint16(b, uint16(len(s.note)))
	return s.appendWays(s.appendOnce(append(b, s.note...)))
}

// decided says what is remembered of a recipient.
func (r *recipient) decided() byte {
	switch {
	case r.banned:
		return refused
	case r.approved:
		return letIn
	}
	return 0
}

// RestoreSharer makes the sharer again that Keep was asked of. Its list is empty.
func RestoreSharer(title string, cfg Config, kept []byte) (*Sharer, error) {
	if len(kept) < keptFixed || string(kept[:4]) != keptMagic {
		return nil, wire.Internal.Because("nothing that was kept of a share")
	}
	guests := kept[keptFixed:]
	n := int(binary.BigEndian.Uint16(kept[keptFixed-2:]))
	if n > guestsMax || len(guests) < n*guestSize {
		return nil, wire.Internal.Because("another number of recipients than there are")
	}
	guests, chosen := guests[:n*guestSize], guests[n*guestSize:]
	link, err := invite.Parse(string(kept[4:52]))
	if err != nil {
		return nil, err
	}
	key := ed25519.NewKeyFromSeed(kept[52:84])
	if invite.Fingerprint(key.Public().(ed25519.PublicKey)) != link.Fingerprint {
		return nil, wire.Internal.Because("a key that is not the link's")
	}
	expires := int64(binary.BigEndian.Uint64(kept[132:]))
	if expires <= cfg.Now {
		return nil, wire.Expired
	}
	cfg.Expires = expires
	s := NewSharer(title, cfg)
	s.key = key
	s.opens(link)
	s.proving = link.Flags&invite.Proven != 0
	s.id, s.salt = [16]byte(kept[84:]), [32]byte(kept[100:])
	s.cat = catalog.NewBuilder(title, s.id, s.salt)
	s.guests = make(map[string]byte)
	for ; len(guests) > 0; guests = guests[guestSize:] {
		if what := guests[0]; what != letIn && what != refused {
			return nil, wire.Internal.Because("a decision that nobody made")
		}
		s.guests[string(guests[1:guestSize])] = guests[0]
	}
	if len(chosen) > 0 && !s.restoreTerms(chosen) {
		return nil, wire.Internal.Because("terms that nobody chose")
	}
	return s, nil
}

// KeptID returns the share_id of what Keep returned.
func KeptID(kept []byte) (id [16]byte, ok bool) {
	if len(kept) < keptFixed {
		return id, false
	}
	return [16]byte(kept[84:]), true
}

// Relisted makes of what Keep returned what the same share is with another list: who
// still knows the one before is told so, by another salt, and takes no index of it for
// one of this. What they have of it counts on. PROTOCOL.md f.4.
func Relisted(kept []byte) []byte {
	kept = slices.Clone(kept)
	if len(kept) >= keptFixed {
		random(kept[100:132])
	}
	return kept
}

// restoreTerms reads what follows the recipients.
func (s *Sharer) restoreTerms(b []byte) bool {
	if len(b) < 3 || int(b[2]) > formerMax || len(b) < 5+int(b[2])*linkSize {
		return false
	}
	s.limit = int(binary.BigEndian.Uint16(b))
	links := b[3 : 3+int(b[2])*linkSize]
	note := b[3+len(links):]
	end := 2 + int(binary.BigEndian.Uint16(note))
	if s.limit > limitMax || len(note) < end {
		return false
	}
	ways, ok := s.restoreOnce(note[end:])
	if s.note = string(note[2:end]); !ok || catalog.Note(s.note) != s.note || !s.restoreWays(ways) {
		return false
	}
	for ; len(links) > 0; links = links[linkSize:] {
		link, err := invite.Parse(string(links[:linkSize]))
		if err != nil || link.Fingerprint != s.link.Fingerprint {
			return false
		}
		s.retire(link)
	}
	return true
}

// welcome makes the row of a recipient who comes for the first time to this page.
// The first who ever had the link is let in, unless it wants approval, and so is a member.
func (s *Sharer) welcome(key string, m *member) *recipient {
	first := !s.approves() && len(s.guests) == 0 && !slices.ContainsFunc(s.recips, func(r *recipient) bool { return r.contact == identity.ID{} })
	r := &recipient{key: key, contact: m.contact(), phase: Waiting, approved: m != nil || first}
	if m != nil {
		return r // who has the link is another
	}
	switch s.guests[key] {
	case letIn:
		r.approved, r.returned = true, true
	case refused:
		r.banned = true
	}
	return r
}
