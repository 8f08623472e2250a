//go:build !js

// Package wycheproof reads the test vectors of Project Wycheproof. The module with
// them is 107 MB, too much to embed into WebAssembly. There the known answers of
// wasm/testdata show that the same code gives the same bytes. Only tests import
// this package.
package wycheproof

import (
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
