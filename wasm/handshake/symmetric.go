package handshake

import (
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/binary"

	"golang.org/x/crypto/chacha20poly1305"
)

// symmetric is the SymmetricState of the Noise Protocol Framework, revision 34,
// section 5.2, with ChaChaPoly and SHA256. It is our own because no Go library
// takes a KEM's secret or gives a third output; it is proven by the published
// NNpsk0 vectors. It is a plain value: a copy is a checkpoint.
type symmetric struct {
	ck, h, k [32]byte
	n        uint64
	keyed    bool // k is set
}

func newSymmetric(protocol string) symmetric {
	var s symmetric
	if len(protocol) <= len(s.h) {
		copy(s.h[:], protocol)
	} else {
		s.h = sha256.Sum256([]byte(protocol))
	}
	s.ck = s.h
	return s
}

func (s *symmetric) mixHash(data []byte) {
	h := sha256.New()
	h.Write(s.h[:])
	h.Write(data)
	h.Sum(s.h[:0])
}

func (s *symmetric) mixKey(secret []byte) {
	out := noiseHKDF(s.ck, secret, 2)
	s.ck, s.k = out[0], out[1]
	s.n, s.keyed = 0, true
}

func (s *symmetric) mixKeyAndHash(secret []byte) {
	out := noiseHKDF(s.ck, secret, 3)
	s.ck = out[0]
	s.mixHash(out[1][:])
	s.k = out[2]
	s.n, s.keyed = 0, true
}

// encryptAndHash appends the ciphertext of plain to dst. Before the first key it
// appends plain itself, as Noise says.
func (s *symmetric) encryptAndHash(dst, plain []byte) []byte {
	start := len(dst)
	if !s.keyed {
		dst = append(dst, plain...)
	} else {
		dst = newAEAD(s.k).Seal(dst, noiseNonce(s.n), plain, s.h[:])
		s.n++
	}
	s.mixHash(dst[start:])
	return dst
}

// decryptAndHash returns the plaintext of box, or false and changes nothing.
func (s *symmetric) decryptAndHash(box []byte) ([]byte, bool) {
	plain := box
	if s.keyed {
		var err error
		if plain, err = newAEAD(s.k).Open(nil, noiseNonce(s.n), box, s.h[:]); err != nil {
			return nil, false
		}
		s.n++
	}
	s.mixHash(box)
	return plain, true
}

// split ends the handshake: the keys of the two directions, initiator's first,
// and a third output from which the session is exported.
func (s *symmetric) split() (toR, toI, exp [32]byte) {
	out := noiseHKDF(s.ck, nil, 3)
	return out[0], out[1], out[2]
}

// noiseHKDF is HKDF of Noise, section 4.3. It equals RFC 5869's with ck as salt
// and no info, which is what the standard library has.
func noiseHKDF(ck [32]byte, secret []byte, n int) (out [3][32]byte) {
	b, err := hkdf.Key(sha256.New, secret, ck[:], "", 32*n)
	if err != nil {
		panic("handshake: " + err.Error()) // only in FIPS-only mode, which Beeline can't run in
	}
	for i := range n {
		copy(out[i][:], b[32*i:])
	}
	return out
}

// noiseNonce is 4 zero bytes and n, little-endian. PROTOCOL.md 2, conventions.
func noiseNonce(n uint64) []byte {
	return binary.LittleEndian.AppendUint64(make([]byte, 4, chacha20poly1305.NonceSize), n)
}

func newAEAD(key [32]byte) cipher.AEAD {
	a, err := chacha20poly1305.New(key[:])
	if err != nil {
		panic("handshake: " + err.Error()) // only for a key of another length
	}
	return a
}
