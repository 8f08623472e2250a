// Package aead is ChaCha20-Poly1305 (RFC 8439) as records use it: that of
// golang.org/x/crypto, except in WebAssembly, where Go has no product of 64 by 64
// bits and its Poly1305 works at a quarter of what the machine can. There the MAC
// is this package's, with products that fit into 64 bits; the cipher, and all of
// the AEAD natively, stay x/crypto's. wasm/PROTOCOL.md has the date and figures.
//
// Neither sealing nor opening allocates where the capacity of dst suffices, and
// the time of both depends on lengths alone.
package aead

import (
	"crypto/cipher"
	"crypto/subtle"
	"encoding/binary"
	"errors"
	"slices"

	"golang.org/x/crypto/chacha20"
	"golang.org/x/crypto/chacha20poly1305"
)

const (
	KeySize   = chacha20poly1305.KeySize   // 32 bytes
	NonceSize = chacha20poly1305.NonceSize // 12 bytes
	Overhead  = chacha20poly1305.Overhead  // 16 bytes more than the plaintext
)

// plainMax is what 32 bits of block counter can encrypt, the first block being the
// MAC's key: RFC 8439, 2.8.
const plainMax = (1<<32 - 1) * 64

var errOpen = errors.New("aead: the box does not open")

// portable is the AEAD with the MAC of this package. What it does is what
// chacha20poly1305 documents, and the tests compare the two.
type portable struct{ key [KeySize]byte }

var _ cipher.AEAD = (*portable)(nil)

func (*portable) NonceSize() int { return NonceSize }
func (*portable) Overhead() int  { return Overhead }

// Seal appends the box of plaintext to dst. In place, plaintext starts where the
// box will; otherwise the two don't overlap. It panics on a nonce of another length.
func (p *portable) Seal(dst, nonce, plaintext, ad []byte) []byte {
	if uint64(len(plaintext)) > plainMax {
		panic("aead: plaintext too large")
	}
	start := len(dst)
	dst = slices.Grow(dst, len(plaintext)+Overhead)[:start+len(plaintext)+Overhead]
	box, tag := dst[start:len(dst)-Overhead], dst[len(dst)-Overhead:]
	stream, _ := chacha20.NewUnauthenticatedCipher(p.key[:], twelve(nonce)) // on the stack: it is inlined
	m := oneTime(stream)
	stream.XORKeyStream(box, plaintext)
	sum := m.sum(ad, box)
	copy(tag, sum[:])
	return dst
}

// Open appends what is in box to dst. In place, dst ends where box starts;
// otherwise the two don't overlap. A box that does not open changes nothing.
func (p *portable) Open(dst, nonce, box, ad []byte) ([]byte, error) {
	if len(box) < Overhead || uint64(len(box)) > plainMax+Overhead {
		return nil, errOpen
	}
	box, tag := box[:len(box)-Overhead], box[len(box)-Overhead:]
	stream, _ := chacha20.NewUnauthenticatedCipher(p.key[:], twelve(nonce)) // on the stack: it is inlined
	m := oneTime(stream)
	sum := m.sum(ad, box)
	if subtle.ConstantTimeCompare(sum[:], tag) != 1 {
		return nil, errOpen
	}
	start := len(dst)
	dst = slices.Grow(dst, len(box))[:start+len(box)]
	stream.XORKeyStream(dst[start:], box)
	return dst, nil
}

// twelve returns a nonce that has the right length: one of 24 bytes would be one of
// XChaCha20.
func twelve(nonce []byte) []byte {
	if len(nonce) != NonceSize {
		panic("aead: a nonce has 12 bytes")
	}
	return nonce
}

// oneTime returns the MAC whose key is the first half of the first block, and
// leaves the stream at the second block: RFC 8439, 2.6.
func oneTime(s *chacha20.Cipher) mac {
	var key [32]byte
	s.XORKeyStream(key[:], key[:])
	s.SetCounter(1)
	return newMAC(&key)
}

// sum is the tag of ad and box, each filled up with zeros to a multiple of 16, and
// their lengths: RFC 8439, 2.8.
func (m *mac) sum(ad, box []byte) [16]byte {
	m.padded(ad)
	m.padded(box)
	var lengths [16]byte
	binary.LittleEndian.PutUint64(lengths[:], uint64(len(ad)))
	binary.LittleEndian.PutUint64(lengths[8:], uint64(len(box)))
	m.blocks(lengths[:])
	return m.finish()
}
