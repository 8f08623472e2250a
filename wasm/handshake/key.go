package handshake

import (
	"bytes"
	"crypto/ed25519"

	"filippo.io/edwards25519"

	"beeline/wasm/wire"
)

// CheckKey applies the rule for Ed25519 keys from outside: the key decodes,
// encodes to the same bytes, and is not of small order. Under a key of small
// order one signature fits every message. It fails with [wire.Signature].
// PROTOCOL.md 2, keys from outside.
func CheckKey(pk ed25519.PublicKey) error {
	p, err := new(edwards25519.Point).SetBytes(pk)
	if err != nil || !bytes.Equal(p.Bytes(), pk) {
		return wire.Signature.Because("key is no canonical point")
	}
	if new(edwards25519.Point).MultByCofactor(p).Equal(edwards25519.NewIdentityPoint()) == 1 {
		return wire.Signature.Because("key of small order")
	}
	return nil
}

// What is signed begins with one of these, and no other code signs with the keys
// of a handshake. None is a prefix of another. PROTOCOL.md 2, what is signed.
const (
	signR = "bee1 auth R\x00"
	signI = "bee1 auth I\x00"
)

// signed returns context ‖ hash ‖ message: what a signature of M2 or M3 covers.
func signed(context string, hash [32]byte, message []byte) []byte {
	b := make([]byte, 0, len(context)+len(hash)+len(message))
	b = append(b, context...)
	b = append(b, hash[:]...)
	return append(b, message...)
}

// verify checks the key before the signature.
func verify(pk ed25519.PublicKey, context string, hash [32]byte, message, sig []byte) error {
	if err := CheckKey(pk); err != nil {
		return err
	}
	if !ed25519.Verify(pk, signed(context, hash, message), sig) {
		return wire.Signature.Because("signature is false")
	}
	return nil
}
