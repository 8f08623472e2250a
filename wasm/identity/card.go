package identity

import (
	"crypto/ed25519"
	"encoding/base64"
	"encoding/binary"
	"strings"
	"unicode/utf8"

	"beeline/wasm/catalog"
	"beeline/wasm/wire"
)

// NameMax is the longest name of a card, in bytes of UTF-8. PROTOCOL.md a.
const NameMax = 48

// What is signed begins with one of these. None is a prefix of another, nor of
// what else an identity signs. PROTOCOL.md 2, what is signed.
const (
	signCard = "bee1 card\x00"
	signNext = "bee1 next\x00"
)

// Places in a card.
//
//	0 version=1 | 1 flags=0 | 2 ed25519 32 | 34 x25519 32 | 66 created u32 | 70 u8 n | 71 name n | 71+n signature 64
const (
	cardVersion = 1
	edAt        = 2
	xAt         = 34
	createdAt   = 66
	lengthAt    = 70
	nameAt      = 71
	cardLeast   = nameAt + ed25519.SignatureSize // with no name
	cardMost    = cardLeast + NameMax
)

// prefix begins the text of a card, so that it is found in whatever it was pasted
// with, and can't be taken for a link.
const prefix = "bl1."

// coding is strict: spare bits that are not zero would give one card two texts.
var coding = base64.RawURLEncoding.Strict()

// A Card says who somebody is: to be handed to others in any way. Its name is a
// suggestion of its owner; who adds the card gives it a name of their own.
type Card struct {
	Ed25519 [32]byte
	X25519  [32]byte
	Created uint32 // unix seconds
	Name    string
	sig     [64]byte
}

// Card makes the card of this identity. It fails with [wire.Card] for a name that
// no card may have, see [CheckName].
func (id *Identity) Card(name string, created uint32) (*Card, error) {
	if err := CheckName(name); err != nil {
		return nil, err
	}
	c := &Card{Created: created, Name: name}
	copy(c.Ed25519[:], id.Public())
	copy(c.X25519[:], id.meeting.PublicKey().Bytes())
	copy(c.sig[:], ed25519.Sign(id.signing, append([]byte(signCard), c.body()...)))
	return c, nil
}

// CheckName applies the rule for names: at most [NameMax] bytes, and nothing that
// g.3 calls dangerous, in particular nothing that turns the direction of writing.
// No name at all is fine.
func CheckName(name string) error {
	if len(name) > NameMax || name != "" && catalog.Check(name) == catalog.Dangerous {
		return wire.Card.Because("a name that no card may have")
	}
	return nil
}

// ID returns the name of the identity that the card is of.
func (c *Card) ID() ID { return idOf(c.Ed25519[:], c.X25519[:]) }

// Public returns the key that its owner signs with.
func (c *Card) Public() ed25519.PublicKey { return c.Ed25519[:] }

// body is what the signature covers.
func (c *Card) body() []byte {
	b := make([]byte, 0, cardMost)
	b = append(b, cardVersion, 0)
	b = append(b, c.Ed25519[:]...)
	b = append(b, c.X25519[:]...)
	b = binary.BigEndian.AppendUint32(b, c.Created)
	b = append(b, byte(len(c.Name)))
	return append(b, c.Name...)
}

// Bytes returns the card as it is signed and kept.
func (c *Card) Bytes() []byte { return append(c.body(), c.sig[:]...) }

// Text returns the card as people hand it on: "bl1." and base64url.
func (c *Card) Text() string { return prefix + coding.EncodeToString(c.Bytes()) }

// ParseCard reads the bytes of a card. It fails with [wire.Version] for a card of
// a later version, and with [wire.Card] for everything else that is wrong: length,
// flags, name, keys, signature, in this order.
func ParseCard(b []byte) (*Card, error) {
	c, err := KeptCard(b)
	if err != nil {
		return nil, err
	}
	if err := CheckName(c.Name); err != nil {
		return nil, err
	}
	if err := checkKeys(c.Ed25519[:], c.X25519[:]); err != nil {
		return nil, err
	}
	if !ed25519.Verify(c.Public(), append([]byte(signCard), c.body()...), c.sig[:]) {
		return nil, wire.Card.Because("signature is false")
	}
	return c, nil
}

// KeptCard reads a card that [ParseCard] has judged before and that was sealed
// since: it looks at the form and not again at name, keys and signature, which
// would take a second for 500 contacts.
func KeptCard(b []byte) (*Card, error) {
	if len(b) > 0 && b[0] != cardVersion {
		return nil, wire.Version.Because("a card of another version")
	}
	if len(b) < cardLeast || b[1] != 0 || len(b) != cardLeast+int(b[lengthAt]) || !utf8.Valid(b[nameAt:len(b)-ed25519.SignatureSize]) {
		return nil, wire.Card.Because("not the form of a card")
	}
	c := &Card{
		Ed25519: [32]byte(b[edAt:xAt]),
		X25519:  [32]byte(b[xAt:createdAt]),
		Created: binary.BigEndian.Uint32(b[createdAt:]),
		Name:    string(b[nameAt : len(b)-ed25519.SignatureSize]),
	}
	copy(c.sig[:], b[len(b)-ed25519.SignatureSize:])
	return c, nil
}

// decode reads the text form of a card or successor.
func decode(text string) ([]byte, error) {
	body, ok := strings.CutPrefix(text, prefix)
	if !ok || len(body) > coding.EncodedLen(successorMost) {
		return nil, wire.Card.Because("not the text of a card")
	}
	// The decoder skips line breaks, which would give one card many texts.
	if strings.ContainsAny(body, "\r\n") {
		return nil, wire.Card.Because("characters that no card has")
	}
	b, err := coding.DecodeString(body)
	if err != nil {
		return nil, wire.Card.Because("characters that no card has")
	}
	return b, nil
}
