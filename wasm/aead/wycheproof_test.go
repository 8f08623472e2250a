//go:build !js

package aead

import (
	"crypto/cipher"
	"testing"

	"beeline/wasm/testdata/wycheproof"
)

func TestWycheproof(t *testing.T) {
	wycheproof.ChaCha20Poly1305(t, func(key [32]byte) cipher.AEAD { return &portable{key} })
}
