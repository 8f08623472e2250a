//go:build !js

package handshake

import (
	"bytes"
	"crypto/ed25519"
	"crypto/hkdf"
	"crypto/sha256"
	"slices"
	"testing"

	"beeline/wasm/kdf"
	"beeline/wasm/testdata/wycheproof"
	"beeline/wasm/wire"
)

func TestWycheproofChaCha20Poly1305(t *testing.T) {
	wycheproof.ChaCha20Poly1305(t, newAEAD)
}

// Every honest key passes the key rule, and signatures are judged as they should
// be: malleable, truncated and forged ones are false.
func TestWycheproofEd25519(t *testing.T) {
	ran := 0
	for _, g := range wycheproof.Load(t, "ed25519_test.json") {
		pk := ed25519.PublicKey(g.PublicKey.PK)
		if err := CheckKey(pk); err != nil {
			t.Errorf("CheckKey(%x) = %v", pk, err)
		}
		for _, c := range g.Tests {
			ran++
			if got := len(c.Sig) == ed25519.SignatureSize && ed25519.Verify(pk, c.Msg, c.Sig); got != (c.Result == "valid") {
				t.Errorf("%d %s: %v, want %s", c.ID, c.Comment, got, c.Result)
			}
		}
	}
	if ran < 140 {
		t.Errorf("ran %d, want at least 140", ran)
	}
}

// The X25519 half of M1's key: of low order it is E_KEM, on the twist it is used.
func TestWycheproofX25519InM1(t *testing.T) {
	w, kem := fixedWorld()
	pk := kem.PublicKey()
	plain := pad(offer{versions: []uint16{1}}.bytes(), plainM1)
	ran, zero := 0, 0
	seen := map[string]bool{}
	for _, g := range wycheproof.Load(t, "x25519_test.json") {
		for _, c := range g.Tests {
			if len(c.Public) != 32 || seen[string(c.Public)] {
				continue
			}
			seen[string(c.Public)] = true
			ran++
			want := wire.None
			if slices.Contains(c.Flags, "ZeroSharedSecret") {
				zero++
				want = wire.KEM
			}
			key := append(bytes.Clone(pk[:1184]), c.Public...)
			if _, _, err := Respond(w.run, forgeM1(w.run, key, plain), wire.KeyShare, w.share); wire.CodeOf(err) != want {
				t.Errorf("%d %s %v: %v, want %v", c.ID, c.Comment, c.Flags, err, want)
			}
		}
	}
	if ran < 300 || zero < 10 {
		t.Errorf("ran %d, %d of low order; want at least 300 and 10", ran, zero)
	}
}

// The ML-KEM half of M1's key: what is above the modulus is E_KEM.
func TestWycheproofMLKEMInM1(t *testing.T) {
	w, kem := fixedWorld()
	pk := kem.PublicKey()
	plain := pad(offer{versions: []uint16{1}}.bytes(), plainM1)
	ran, bad := 0, 0
	for _, g := range wycheproof.Load(t, "mlkem_768_encaps_test.json") {
		for _, c := range g.Tests {
			if len(c.EK) != 1184 {
				continue // no other length can be said in a frame
			}
			ran++
			want := wire.None
			if c.Result == "invalid" {
				bad++
				want = wire.KEM
			}
			key := append(bytes.Clone(c.EK), pk[1184:]...)
			if _, _, err := Respond(w.run, forgeM1(w.run, key, plain), wire.KeyShare, w.share); wire.CodeOf(err) != want {
				t.Errorf("%d %s: %v, want %v", c.ID, c.Comment, err, want)
			}
		}
	}
	if ran < 200 || bad < 10 {
		t.Errorf("ran %d, %d above the modulus; want at least 200 and 10", ran, bad)
	}
}

func TestWycheproofHKDF(t *testing.T) {
	ran := 0
	for _, g := range wycheproof.Load(t, "hkdf_sha256_test.json") {
		for _, c := range g.Tests {
			ran++
			okm, err := hkdf.Expand(sha256.New, kdf.XT(string(c.Salt), c.IKM), string(c.Info), c.Size)
			if good := c.Result == "valid"; good != (err == nil) || good && !bytes.Equal(okm, c.OKM) {
				t.Errorf("%d %s: %x, %v; want %s", c.ID, c.Comment, okm, err, c.Result)
			}
		}
	}
	if ran < 80 {
		t.Errorf("ran %d, want at least 80", ran)
	}
}
