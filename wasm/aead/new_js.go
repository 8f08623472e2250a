package aead

import "crypto/cipher"

// New returns the AEAD of key.
func New(key [KeySize]byte) cipher.AEAD { return &portable{key} }
