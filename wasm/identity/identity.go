// Package identity holds who somebody is to the people who know them: one seed,
// the two keys that come from it, the card that says them to others, and what two
// people derive from each other's cards. It reads no clock, keeps nothing, and
// never shows a seed. PROTOCOL.md (a) and (d.1).
//
//	seed 32 ─┬─ Ed25519 pair   proves who signs
//	         └─ X25519 pair    makes what only two contacts know
//	                 │
//	card ── name, both public keys, signed ──▶ link, QR, text
//	                 │
//	own keys + their card ─▶ root ─▶ topics and psk, one family a direction
//
// A topic of A towards B exists only where both hold the other's card, and B waits
// for nothing: adding a card is what makes it possible to be reached at all.
package identity

import (
	"crypto/ecdh"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"

	"beeline/wasm/kdf"
)

// An ID names an identity: H("bee1 id" ‖ ed ‖ x).
type ID [32]byte

// An Identity is both key pairs of a seed.
type Identity struct {
	seed    [32]byte
	signing ed25519.PrivateKey
	meeting *ecdh.PrivateKey
}

// New makes an identity from crypto/rand.
func New() *Identity {
	var seed [32]byte
	rand.Read(seed[:]) // never fails
	return FromSeed(seed)
}

// FromSeed returns the identity of a seed that was kept. Any 32 bytes are one.
func FromSeed(seed [32]byte) *Identity {
	meeting, err := ecdh.X25519().NewPrivateKey(kdf.X(seed[:], "id x25519", nil, 32))
	if err != nil {
		panic("identity: " + err.Error()) // any 32 bytes are a key
	}
	return &Identity{seed, ed25519.NewKeyFromSeed(kdf.X(seed[:], "id ed25519", nil, 32)), meeting}
}

// Seed returns what the identity is made from: whoever has it is this person. It
// leaves the core sealed, or as words that a person asked for.
func (id *Identity) Seed() [32]byte { return id.seed }

// Key returns the key that signs M2 and M3 in contact mode.
func (id *Identity) Key() ed25519.PrivateKey { return id.signing }

// Public returns the key by which others know this identity.
func (id *Identity) Public() ed25519.PublicKey { return id.signing.Public().(ed25519.PublicKey) }

// ID returns the name of this identity.
func (id *Identity) ID() ID {
	return idOf(id.Public(), id.meeting.PublicKey().Bytes())
}

func idOf(ed, x []byte) ID {
	b := append([]byte("bee1 id"), ed...)
	return sha256.Sum256(append(b, x...))
}
