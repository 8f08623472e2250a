package session

import (
	"crypto/ed25519"
	"slices"

	"beeline/wasm/wire"
)

// This file: whoever came by a code comes back without one, by the way that a
// one-time link has too, mode 4. A code burns at its first answer, so what says how
// its recipient is met again is kept before that answer goes out. PROTOCOL.md (c)
// and (j).

// waysMax is how many recipients of codes are waited for; of more the oldest needs
// another code. Each is a family at the hub.
const waysMax = 8

// codeWay is the way back of one of them.
type codeWay struct {
	key  string // pkI
	way  way
	door *door
}

const codeWaySize = 32 + 32 // as it is kept

// openWay waits at the way back of a session that begins by a code. Until its recipient
// has stored it, that of an earlier session of theirs stays beside it.
func (s *Sharer) openWay(key string, res [32]byte) {
	s.addWay(key, res)
	s.resubscribe()
}

func (s *Sharer) addWay(key string, res [32]byte) {
	w := codeWay{key: key, way: way{res, s.spoken.key.Public().(ed25519.PublicKey)}}
	w.door = wayDoor(w.way, ed25519.PublicKey(key), wire.KeySession)
	w.door.key = s.spoken.key
	w.door.pinned = func(pk ed25519.PublicKey) bool { return string(pk) == key }
	// Of one recipient the one that it has stored, if any, and the latest: who never says
	// that it has stored one takes no place from others.
	var own []int
	for i, o := range s.ways {
		if o.key == key {
			own = append(own, i)
		}
	}
	if len(own) > 1 {
		s.ways = slices.Delete(s.ways, own[1], own[1]+1)
	}
	if s.ways = append(s.ways, w); len(s.ways) > waysMax {
		s.ways = s.ways[1:]
	}
}

// codeWayKnown notes that a recipient has stored the way back of this session: those
// of earlier ones are not needed, and neither is another code.
func (s *Sharer) codeWayKnown(r *recipient) {
	keep := s.ways[:0:0]
	found := false
	for _, w := range s.ways {
		if mine := w.key == r.key; !mine || w.way.res == r.conn.res {
			keep = append(keep, w)
			found = found || mine
		}
	}
	if found {
		s.ways, r.byCode = keep, false
		s.resubscribe()
		s.do(Show{}) // what is kept is another state
	}
}

// dropWays forgets those of a recipient who may not come back.
func (s *Sharer) dropWays(key string) {
	keep := s.ways[:0:0]
	for _, w := range s.ways {
		if w.key != key {
			keep = append(keep, w)
		}
	}
	s.ways = keep
	s.resubscribe()
}

// appendWays writes what is kept of them; nothing, where nobody came by a code.
func (s *Sharer) appendWays(b []byte) []byte {
	if len(s.ways) == 0 {
		return b
	}
	b = append(append(b, s.spoken.key.Seed()...), byte(len(s.ways)))
	for _, w := range s.ways {
		b = append(append(b, w.key...), w.way.res[:]...)
	}
	return b
}

// restoreWays reads it.
func (s *Sharer) restoreWays(b []byte) bool {
	if len(b) == 0 {
		return true
	}
	if len(b) < 33 || b[32] == 0 || b[32] > waysMax || len(b) != 33+int(b[32])*codeWaySize {
		return false
	}
	s.spoken.key = ed25519.NewKeyFromSeed(b[:32])
	for b = b[33:]; len(b) > 0; b = b[codeWaySize:] {
		if s.guests[string(b[:32])] == letIn { // whoever came by a code was, and more than a thousand others since
			s.addWay(string(b[:32]), [32]byte(b[32:]))
		}
	}
	return true
}
