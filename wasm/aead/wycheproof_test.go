//go:build !js

package aead

import (
	"bytes"
	"testing"

	"beeline/wasm/testdata/wycheproof"
)

// A hundred of them are made for mistakes in the MAC: limbs at their bounds, sums
// around 2^130 - 5, keys of extreme values.
func TestWycheproof(t *testing.T) {
	ran := 0
	for _, g := range wycheproof.Load(t, "chacha20_poly1305_test.json") {
		if g.IVSize != 8*NonceSize || g.TagSize != 8*Overhead {
			continue // no other nonce or tag can be said in our protocol
		}
		for _, c := range g.Tests {
			ran++
			a := &portable{[KeySize]byte(c.Key)}
			box := append(bytes.Clone(c.CT), c.Tag...)
			plain, err := a.Open(nil, c.IV, box, c.AAD)
			if good := c.Result == "valid"; good != (err == nil) || good && !bytes.Equal(plain, c.Msg) {
				t.Errorf("%d %s: Open = %x, %v; want %s", c.ID, c.Comment, plain, err, c.Result)
			} else if good && !bytes.Equal(a.Seal(nil, c.IV, c.Msg, c.AAD), box) {
				t.Errorf("%d %s: Seal differs", c.ID, c.Comment)
			}
		}
	}
	if ran < 300 {
		t.Errorf("ran %d, want at least 300", ran)
	}
}
