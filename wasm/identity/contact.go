package identity

import (
	"crypto/ecdh"
	"crypto/ed25519"
	"encoding/binary"
	"slices"

	"beeline/wasm/kdf"
	"beeline/wasm/wire"
)

// ContactRoot returns what this identity and the owner of a card have in common
// and nobody else can compute: XT("bee1 contact", X25519(own, theirs)), the same
// on both sides. It fails with [wire.Card] for one's own card. PROTOCOL.md d.1.
func (id *Identity) ContactRoot(c *Card) ([32]byte, error) {
	if c.ID() == id.ID() {
		return [32]byte{}, wire.Card.Because("one's own card")
	}
	theirs, err := ecdh.X25519().NewPublicKey(c.X25519[:])
	if err != nil {
		return [32]byte{}, wire.Card.Because("no X25519 key")
	}
	shared, err := id.meeting.ECDH(theirs)
	if err != nil {
		return [32]byte{}, wire.Card.Because("X25519 key of small order")
	}
	return [32]byte(kdf.XT("bee1 contact", shared)), nil
}

// ContactTopic returns where the sharer waits for the receiver in hour e. The two
// directions between two people are two families that nobody can tie together.
func ContactTopic(root [32]byte, sharer, receiver ed25519.PublicKey, e uint32) [32]byte {
	ctx := binary.BigEndian.AppendUint32(ContactContext(sharer, receiver), e)
	return [32]byte(kdf.X(root[:], "topic", ctx, 32))
}

// ContactPSK returns the pre-shared key of a handshake in which the sharer
// answers and the receiver begins.
func ContactPSK(root [32]byte, sharer, receiver ed25519.PublicKey) [32]byte {
	return [32]byte(kdf.X(root[:], "psk", ContactContext(sharer, receiver), 32))
}

// ContactContext returns what stands in the prologue of that handshake: both
// keys, the sharer's first, so that neither is mistaken for somebody else.
func ContactContext(sharer, receiver ed25519.PublicKey) []byte {
	return slices.Concat(sharer, receiver)
}
