package identity

import (
	"crypto/ecdh"
	"encoding/binary"

	"beeline/wasm/handshake"
	"beeline/wasm/wire"
)

// checkKeys applies the rules for keys from outside. PROTOCOL.md 2.
func checkKeys(ed, x []byte) error {
	if handshake.CheckKey(ed) != nil {
		return wire.Card.Because("Ed25519 key is not canonical or of small order")
	}
	return checkX25519(x)
}

// probe is a private key for one question: every private key is a multiple of
// eight, so with a public key of small order the result is zero.
var probe = [32]byte{1}

// checkX25519 refuses a key with bit 255 set, one that is not below p, and one of
// small order, whose secret would be zero for everybody.
func checkX25519(x []byte) error {
	if !belowP(x) {
		return wire.Card.Because("X25519 key is not canonical")
	}
	theirs, err := ecdh.X25519().NewPublicKey(x)
	if err != nil {
		return wire.Card.Because("no X25519 key")
	}
	own, err := ecdh.X25519().NewPrivateKey(probe[:])
	if err != nil {
		panic("identity: " + err.Error()) // any 32 bytes are a key
	}
	if _, err := own.ECDH(theirs); err != nil {
		return wire.Card.Because("X25519 key of small order")
	}
	return nil
}

// belowP reports whether the little-endian number is below 2^255 - 19.
func belowP(x []byte) bool {
	if binary.LittleEndian.Uint64(x[24:]) != 1<<63-1 {
		return x[31] < 0x80
	}
	return binary.LittleEndian.Uint64(x) < 1<<64-19 ||
		binary.LittleEndian.Uint64(x[8:]) != 1<<64-1 || binary.LittleEndian.Uint64(x[16:]) != 1<<64-1
}
