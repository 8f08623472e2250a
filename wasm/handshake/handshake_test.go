package handshake

import (
	"crypto/ed25519"
	"testing"

	"beeline/wasm/wire"
)

func TestHappy(t *testing.T) {
	pk, sk, _ := ed25519.GenerateKey(nil)
	_, si, _ := ed25519.GenerateKey(nil)
	r := Run{Mode: wire.ModeLink, Epoch: 5, Ctx: make([]byte, 16)}
	i, m1, err := Initiate(r)
	if err != nil {
		t.Fatal(err)
	}
	tr, m2, err := Respond(r, m1, wire.KeyShare, sk)
	if err != nil {
		t.Fatal(err)
	}
	ti, err := i.Accept(m2, func(id uint8, k ed25519.PublicKey) bool { return k.Equal(pk) })
	if err != nil {
		t.Fatal(err)
	}
	f, _ := ti.Seal(ti.AuthI(si, 0, [16]byte{}))
	p, err := tr.Open(f)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err = tr.CheckAuthI(p, 0); err != nil {
		t.Fatal(err)
	}
	f, _ = tr.Seal(tr.AuthR(0, 0))
	p, err = ti.Open(f)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err = ti.CheckAuthR(p); err != nil {
		t.Fatal(err)
	}
	s1, d1 := ti.Secrets()
	s2, d2 := tr.Secrets()
	if s1 != s2 || d1 != d2 || len(m1) != 2048 || len(m2) != 2048 {
		t.Error("differ", len(m1), len(m2))
	}
}
