package identity

import (
	"crypto/ed25519"
	"crypto/sha256"
	"slices"

	"beeline/wasm/wire"
)

// signIdent begins what a proof of identity signs.
const signIdent = "bee1 ident\x00"

// Prove returns the proof that whoever has a session, named by 32 bytes that only
// its two ends know, is the owner of card: card ‖ signature 64. It is good in that
// session and in one direction, and nowhere else. PROTOCOL.md e, IDENT_PROOF.
func (id *Identity) Prove(card *Card, session [32]byte) []byte {
	return append(card.Bytes(), ed25519.Sign(id.signing, proven(card, session))...)
}

// CheckProof reads a proof and returns the card of who made it. It fails with what
// [ParseCard] fails with, and with [wire.Signature].
func CheckProof(b []byte, session [32]byte) (*Card, error) {
	if len(b) < ed25519.SignatureSize {
		return nil, wire.Card.Because("no proof of an identity")
	}
	end := len(b) - ed25519.SignatureSize
	card, err := ParseCard(b[:end])
	if err != nil {
		return nil, err
	}
	if !ed25519.Verify(card.Public(), proven(card, session), b[end:]) {
		return nil, wire.Signature.Because("signature of a proof")
	}
	return card, nil
}

func proven(card *Card, session [32]byte) []byte {
	hash := sha256.Sum256(card.Bytes())
	return slices.Concat([]byte(signIdent), session[:], hash[:])
}
