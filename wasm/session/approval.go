package session

import (
	"beeline/wasm/invite"
	"beeline/wasm/wire"
)

// This file: a link that wants approval. The recipient reads six digits out, the
// sharer types them: so the person who is let in is the one on the phone, not
// whoever stands where the mouse is, and nobody between can be either of the two.
// PROTOCOL.md e and j.

const (
	triesMax  = 3         // wrong digits until all who ask are refused
	turnedHr  = 10        // turned away in an hour until nobody new may ask
	turnedFor = 3_600_000 // ms, the hour
)

// typed is what came of the digits that the person typed, and of who was turned away.
type typed struct {
	wrong int     // in a row
	away  []int64 // when requests were refused or expired, in the last hour
	shut  bool    // nobody new may ask
}

// again begins anew with the first request after all were refused.
func (t *typed) again() {
	if t.wrong >= triesMax {
		t.wrong = 0
	}
}

// turned notes that a request was refused or expired.
func (t *typed) turned(now int64) {
	for len(t.away) > 0 && now-t.away[0] >= turnedFor {
		t.away = t.away[1:]
	}
	if t.away = append(t.away, now); len(t.away) >= turnedHr {
		t.shut = true
	}
}

// approves reports whether nobody is let in but by their digits.
func (s *Sharer) approves() bool { return s.link.Flags&invite.Approval != 0 }

// gotDigits lets the one in whose digits these are: by session, whatever place it
// has in a list. Two that have the same are nobody.
func (s *Sharer) gotDigits(digits uint32) {
	if !s.approves() {
		return
	}
	var at halfKey
	var found *half
	asking, same := 0, 0
	for k, h := range s.halves {
		if h.asks == nil || !h.asks.asking {
			continue
		}
		asking++
		if h.digits == digits {
			at, found = k, h
			same++
		}
	}
	s.do(Show{})
	switch {
	case asking == 0:
	case same == 1:
		s.typed.wrong = 0
		s.letIn(at, found)
	default:
		if s.typed.wrong++; s.typed.wrong < triesMax {
			return
		}
		for k, h := range s.halves {
			if h.asks != nil && h.asks.asking {
				s.sendAway(k, h, wire.Refused) // nobody in particular: they may ask again
			}
		}
	}
}

// sixDigits writes the digits as people read them.
func sixDigits(n uint32) string {
	var b [6]byte
	for i := len(b) - 1; i >= 0; i-- {
		b[i] = byte('0' + n%10)
		n /= 10
	}
	return string(b[:])
}
