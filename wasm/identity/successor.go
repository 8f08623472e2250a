package identity

import (
	"crypto/ed25519"
	"slices"

	"beeline/wasm/wire"
)

// A successor is a new card, the ID it replaces, and a signature by the old key
// over "bee1 next\0" ‖ old ID ‖ new card. PROTOCOL.md a, rotation.
const (
	successorTail = 32 + ed25519.SignatureSize
	successorMost = cardMost + successorTail
)

// A Successor says: my new card is this one. It replaces nothing by itself; a
// person is shown it and decides.
type Successor struct {
	Card *Card // the new one
	Old  ID
	sig  [64]byte
}

// Succeed signs with the old identity that the card of the new one follows it. It
// fails with [wire.Card] where both are the same.
func (id *Identity) Succeed(next *Card) (*Successor, error) {
	if next.ID() == id.ID() {
		return nil, wire.Card.Because("an identity does not follow itself")
	}
	s := &Successor{Card: next, Old: id.ID()}
	copy(s.sig[:], ed25519.Sign(id.signing, s.signed()))
	return s, nil
}

func (s *Successor) signed() []byte {
	return slices.Concat([]byte(signNext), s.Old[:], s.Card.Bytes())
}

// Follows reports whether the owner of the old card said so. Only that key can.
func (s *Successor) Follows(old *Card) bool {
	return old.ID() == s.Old && s.Card.ID() != s.Old && ed25519.Verify(old.Public(), s.signed(), s.sig[:])
}

// Bytes returns the successor: new card ‖ old ID ‖ signature.
func (s *Successor) Bytes() []byte { return slices.Concat(s.Card.Bytes(), s.Old[:], s.sig[:]) }

// Text returns it in the form of a card's.
func (s *Successor) Text() string { return prefix + coding.EncodeToString(s.Bytes()) }

// Parse reads the text of a card, or of a successor, whose card is judged as
// [ParseCard] does. Whether it follows anybody only who has the old card can say,
// see [Successor.Follows]: s is not nil where the text claims to.
func Parse(text string) (c *Card, s *Successor, err error) {
	b, err := decode(text)
	if err != nil {
		return nil, nil, err
	}
	if len(b) > lengthAt && len(b) == cardLeast+int(b[lengthAt])+successorTail {
		at := len(b) - successorTail
		s = &Successor{Old: ID(b[at : at+32]), sig: [64]byte(b[at+32:])}
		b = b[:at]
	}
	c, err = ParseCard(b)
	if err != nil {
		return nil, nil, err
	}
	if s != nil {
		s.Card = c
		if s.Old == c.ID() {
			return nil, nil, wire.Card.Because("a card does not follow itself")
		}
	}
	return c, s, nil
}
