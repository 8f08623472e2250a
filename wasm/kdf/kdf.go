// Package kdf is the only key derivation of the protocol: HKDF-SHA256 with a
// label, so that no two secrets made from one key can be equal by accident.
// It keeps nothing and reads no randomness. PROTOCOL.md 2, conventions.
//
//	secret ──XT(salt)──> root ──X("topic", hour)──> topic
//	                      └─────X("psk", link)────> psk
package kdf

import (
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"hash"
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
	info := appendInfo(make([]byte, 0, 2+1+len(prefix)+len(label)+2+len(ctx)), label, ctx, n)
	out, err := hkdf.Expand(sha256.New, prk, string(info), n)
	if err != nil {
		panic("kdf: " + err.Error()) // n was checked above
	}
	return out
}

// appendInfo appends what X expands a key with.
func appendInfo(info []byte, label string, ctx []byte, n int) []byte {
	if n < 0 || n > 255*sha256.Size || len(prefix)+len(label) > 255 || len(ctx) > 0xFFFF {
		panic("kdf: a length is out of range")
	}
	info = binary.BigEndian.AppendUint16(info, uint16(n))
	info = append(info, byte(len(prefix)+len(label)))
	info = append(info, prefix...)
	info = append(info, label...)
	info = binary.BigEndian.AppendUint16(info, uint16(len(ctx)))
	return append(info, ctx...)
}

// A Many derives many short secrets from one key: what [X] does, without setting
// the key up each time. A list of 100,000 entries has as many leaves.
type Many struct {
	mac  hash.Hash
	info []byte
	out  [sha256.Size]byte
}

// NewMany takes a key as X does.
func NewMany(prk []byte) *Many { return &Many{mac: hmac.New(sha256.New, prk)} }

// X is [X] with the key of m, of at most 32 bytes. They are void at the next call.
func (m *Many) X(label string, ctx []byte, n int) []byte {
	if n > sha256.Size {
		panic("kdf: a length is out of range")
	}
	m.info = append(appendInfo(m.info[:0], label, ctx, n), 1) // the first block of HKDF-Expand, RFC 5869
	m.mac.Reset()
	m.mac.Write(m.info)
	return m.mac.Sum(m.out[:0])[:n]
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
