//go:build !js

// Package wycheproof reads the test vectors of Project Wycheproof. The module with
// them is 107 MB, too much to embed into WebAssembly. There the known answers of
// wasm/testdata show that the same code gives the same bytes. Only tests import
// this package.
package wycheproof

import (
	"bytes"
	"crypto/cipher"
	"encoding/hex"
	"encoding/json"
	"io/fs"
	"testing"

	"github.com/c2sp/wycheproof"
)

// A Blob is bytes in hex, as JSON has them.
type Blob []byte

// UnmarshalText reads hex of any length.
func (b *Blob) UnmarshalText(text []byte) (err error) {
	*b, err = hex.DecodeString(string(text))
	return err
}

// A Group is vectors with something in common. It has the fields of all kinds that
// our tests read; each file fills its own.
type Group struct {
	IVSize    int `json:"ivSize"`
	TagSize   int `json:"tagSize"`
	PublicKey struct {
		PK Blob `json:"pk"`
	} `json:"publicKey"`
	Tests []struct {
		ID                         int `json:"tcId"`
		Comment, Result            string
		Flags                      []string
		Key, IV, AAD, Msg, CT, Tag Blob // AEAD
		Sig                        Blob // Ed25519
		Public, EK                 Blob // X25519, ML-KEM
		IKM, Salt, Info, OKM       Blob // HKDF
		Size                       int
	}
}

// Load returns the groups of a file, and ends the test where it has none.
func Load(t *testing.T, name string) []Group {
	t.Helper()
	src, err := fs.ReadFile(wycheproof.TestVectors, name)
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		NumberOfTests int
		TestGroups    []Group
	}
	if err := json.Unmarshal(src, &file); err != nil || file.NumberOfTests == 0 {
		t.Fatalf("%s: %d tests, %v", name, file.NumberOfTests, err)
	}
	return file.TestGroups
}

// ChaCha20Poly1305 runs an implementation on all vectors with a nonce of 12 bytes and
// a tag of 16: no others can be said in our protocol. A hundred of them are made for
// mistakes in the MAC: limbs at their bounds, sums around 2^130 - 5, keys of extreme
// values.
func ChaCha20Poly1305(t *testing.T, aead func(key [32]byte) cipher.AEAD) {
	t.Helper()
	ran := 0
	for _, g := range Load(t, "chacha20_poly1305_test.json") {
		if g.IVSize != 96 || g.TagSize != 128 {
			continue
		}
		for _, c := range g.Tests {
			ran++
			a := aead([32]byte(c.Key))
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
