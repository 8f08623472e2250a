//go:build !js

package aead

import (
	"crypto/cipher"

	"golang.org/x/crypto/chacha20poly1305"
)

// New returns the AEAD of key.
func New(key [KeySize]byte) cipher.AEAD {
	a, err := chacha20poly1305.New(key[:])
	if err != nil {
		panic("aead: " + err.Error()) // only for a key of another length
	}
	return a
}
