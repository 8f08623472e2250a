// Package kdf is the only key derivation of the protocol: HKDF-SHA256 with a
// label, so that no two secrets made from one key can be equal by accident.
// It keeps nothing and reads no randomness. PROTOCOL.md 2, conventions.
//
//	secret ──XT(salt)──> root ──X("topic", hour)──> topic
//	                      └─────X("psk", link)────> psk
package kdf

import (
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/binary"
)

// prefix stands before each label, so that no other protocol that shares a key
// by mistake derives the same bytes.
const prefix = "bee1 "

// X derives n bytes from prk, which must be uniformly random (an output of X or
// [XT], or 32 bytes of crypto/rand):
//
//	HKDF-Expand(prk, u16 n ‖ u8 len ‖ "bee1 "+label ‖ u16 len(ctx) ‖ ctx, n)
//
// where len counts the prefix too. The length n is part of the input: a shorter
// output is never a prefix of a longer one. X panics if n > 8,160, label > 250
// bytes or ctx > 65,535 bytes; all three are fixed by the caller's code, never by
// a peer.
func X(prk []byte, label string, ctx []byte, n int) []byte {
	if n < 0 || n > 255*sha256.Size || len(prefix)+len(label) > 255 || len(ctx) > 0xFFFF {
		panic("kdf: a length is out of range")
	}
	info := make([]byte, 0, 2+1+len(prefix)+len(label)+2+len(ctx))
	info = binary.BigEndian.AppendUint16(info, uint16(n))
	info = append(info, byte(len(prefix)+len(label)))
	info = append(info, prefix...)
	info = append(info, label...)
	info = binary.BigEndian.AppendUint16(info, uint16(len(ctx)))
	info = append(info, ctx...)
	out, err := hkdf.Expand(sha256.New, prk, string(info), n)
	if err != nil {
		panic("kdf: " + err.Error()) // n was checked above
	}
	return out
}

// XT condenses ikm, which may have any length and shape, to 32 uniformly random
// bytes: HKDF-Extract(salt, ikm). It adds no prefix: the salts of PROTOCOL.md
// carry it themselves, for example "bee1 link".
func XT(salt string, ikm []byte) []byte {
	out, err := hkdf.Extract(sha256.New, ikm, []byte(salt))
	if err != nil {
		panic("kdf: " + err.Error()) // only in FIPS-only mode, which Beeline can't run in
	}
	return out
}
