// Package cpace makes a strong shared secret from a weak one: CPace-X25519-SHA512
// of draft-irtf-cfrg-cpace-21, in the form with an initiator and a responder. It
// sends nothing and knows no clock. PROTOCOL.md (c).
//
//	I                                  R
//	Start(prs, ci, sid)                Start(prs, ci, sid)      the same three
//	-- Share ------------------------->                         Ya
//	<------------------------ Share ---                         Yb
//	InitiatorKey(Yb)                   ResponderKey(Ya)         the same 64 bytes, if prs was
//
// Who doesn't know prs gets one guess at it from each exchange that the other side
// goes on with, and nothing to try others on afterwards. That both sides have the
// same key is for the caller to confirm: here a wrong prs is no error.
//
// No well-kept package for Go exists. What is here is the draft's own arithmetic
// over crypto/ecdh and the field of edwards25519; every line runs in its vectors.
package cpace

import (
	"bytes"
	"crypto/ecdh"
	"crypto/rand"
	"crypto/sha512"
	"encoding/binary"
	"errors"

	"filippo.io/edwards25519/field"
)

// Sizes in bytes.
const (
	ShareSize = 32
	KeySize   = sha512.Size
)

const (
	dsi       = "CPace255"
	blockSize = 128 // of SHA-512: the weak secret is padded to fill the first block
)

// ErrAbort means that the share of the other side is a point of small order: the
// key would not depend on anything secret.
var ErrAbort = errors.New("cpace: no share that an honest peer makes")

// A Side is one side of one exchange. It is used once.
type Side struct {
	scalar *ecdh.PrivateKey
	share  []byte
	sid    []byte
}

// Start begins an exchange with fresh randomness. Prs is the weak secret, ci says
// between whom and sid in which exchange; sid is public and never used again.
func Start(prs, ci, sid []byte) (*Side, error) {
	scalar, err := ecdh.X25519().GenerateKey(rand.Reader)
	if err != nil {
		return nil, err
	}
	return StartFrom(scalar, prs, ci, sid)
}

// StartFrom is [Start] with a scalar that is known, as known answers need it. Two
// exchanges with one scalar would give each other away.
func StartFrom(scalar *ecdh.PrivateKey, prs, ci, sid []byte) (*Side, error) {
	share, err := multiply(scalar, generator(prs, ci, sid))
	if err != nil {
		return nil, err
	}
	return &Side{scalar, share, bytes.Clone(sid)}, nil
}

// Share returns what the other side has to get: Ya or Yb.
func (s *Side) Share() [ShareSize]byte { return [ShareSize]byte(s.share) }

// InitiatorKey returns the key (ISK) at the initiator, to whom the responder sent
// theirs. The associated data are sent by nobody: both sides know them.
func (s *Side) InitiatorKey(theirs, adI, adR []byte) ([KeySize]byte, error) {
	return s.key(theirs, s.share, adI, theirs, adR)
}

// ResponderKey is [Side.InitiatorKey] at the responder.
func (s *Side) ResponderKey(theirs, adI, adR []byte) ([KeySize]byte, error) {
	return s.key(theirs, theirs, adI, s.share, adR)
}

func (s *Side) key(theirs, ya, ada, yb, adb []byte) ([KeySize]byte, error) {
	k, err := multiply(s.scalar, theirs)
	if err != nil {
		return [KeySize]byte{}, err
	}
	isk := lvCat([]byte(dsi+"_ISK"), s.sid, k)
	return sha512.Sum512(append(isk, lvCat(ya, ada, yb, adb)...)), nil
}

// multiply is the draft's scalar_mult_vfy: X25519, and no neutral element.
func multiply(scalar *ecdh.PrivateKey, point []byte) ([]byte, error) {
	p, err := ecdh.X25519().NewPublicKey(point)
	if err != nil {
		return nil, ErrAbort
	}
	k, err := scalar.ECDH(p)
	if err != nil {
		return nil, ErrAbort
	}
	return k, nil
}

// generator returns the point that stands for the secret: the hash of it, as the
// u-coordinate that Elligator 2 maps it to.
func generator(prs, ci, sid []byte) []byte {
	prefix := len(lvCat([]byte(dsi), prs))
	pad := make([]byte, max(0, blockSize-1-prefix))
	h := sha512.Sum512(lvCat([]byte(dsi), prs, pad, ci, sid))
	return elligator2(h[:32])
}

// lvCat joins its parts, each with its length before it, as LEB128.
func lvCat(parts ...[]byte) (out []byte) {
	for _, p := range parts {
		out = binary.AppendUvarint(out, uint64(len(p)))
		out = append(out, p...)
	}
	return out
}

// elligator2 maps 32 bytes to a u-coordinate on Curve25519 (RFC 9380, 6.7.1, with
// Z = 2), in constant time. The top bit of b doesn't count.
func elligator2(b []byte) []byte {
	one := new(field.Element).One()
	a := new(field.Element).Mult32(one, 486662)
	r, err := new(field.Element).SetBytes(b)
	if err != nil {
		panic("cpace: a hash of another length")
	}
	// v = -A / (1 + 2r²). The denominator is never 0: -1/2 is no square.
	v := new(field.Element).Square(r)
	v.Add(v, v).Add(v, one).Invert(v).Multiply(v, a).Negate(v)
	// Is v³ + Av² + v = v(v(v + A) + 1) a square? If so v, else -v - A.
	w := new(field.Element).Add(v, a)
	w.Multiply(w, v).Add(w, one).Multiply(w, v)
	_, square := new(field.Element).SqrtRatio(w, one)
	other := new(field.Element).Add(v, a)
	other.Negate(other)
	return v.Select(v, other, square).Bytes()
}
