package xwing

import (
	"bytes"
	"crypto/hpke"
	"crypto/rand"
	"errors"
	"testing"
)

// The standard library's HPKE is the reference: what it seals, this opens, and
// the other way round, with equal secrets.
func TestEqualsHPKE(t *testing.T) {
	info, context := []byte("a handshake hash"), "bee1 ekem"
	for range 20 {
		seed := make([]byte, SeedSize)
		rand.Read(seed)
		own, err := FromSeed(seed)
		if err != nil {
			t.Fatal(err)
		}
		ref, err := hpke.MLKEM768X25519().NewPrivateKey(seed)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(own.PublicKey(), ref.PublicKey().Bytes()) {
			t.Fatal("the public key of a seed differs from crypto/hpke's")
		}

		ct, sender, err := hpke.NewSender(ref.PublicKey(), hpke.HKDFSHA256(), hpke.ExportOnly(), info)
		if err != nil {
			t.Fatal(err)
		}
		want, err := sender.Export(context, 32)
		if err != nil {
			t.Fatal(err)
		}
		got, err := own.Decapsulate(ct, info, context, 32)
		if err != nil || !bytes.Equal(got, want) {
			t.Fatalf("Decapsulate of crypto/hpke's ciphertext = %x, %v, want %x", got, err, want)
		}

		ct, secret, err := Encapsulate(own.PublicKey(), info, context, 32)
		if err != nil {
			t.Fatal(err)
		}
		r, err := hpke.NewRecipient(ct, ref, hpke.HKDFSHA256(), hpke.ExportOnly(), info)
		if err != nil {
			t.Fatal(err)
		}
		want, err = r.Export(context, 32)
		if err != nil || !bytes.Equal(secret, want) {
			t.Fatalf("crypto/hpke opens our ciphertext to %x, %v, want %x", want, err, secret)
		}
	}
}

func TestSecretIsBoundToInfoAndContext(t *testing.T) {
	k := Generate()
	ct, secret, err := Encapsulate(k.PublicKey(), []byte("info"), "context", 32)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ info, context string }{{"inf0", "context"}, {"info", "c0ntext"}, {"", "context"}} {
		got, err := k.Decapsulate(ct, []byte(c.info), c.context, 32)
		if err != nil || bytes.Equal(got, secret) {
			t.Errorf("info %q, context %q give the same secret (%v)", c.info, c.context, err)
		}
	}
}

func TestRefusesWhatIsNoKey(t *testing.T) {
	k := Generate()
	good := k.PublicKey()
	ct, _, err := Encapsulate(good, nil, "", 32)
	if err != nil {
		t.Fatal(err)
	}
	short, modulus, zero := good[:PublicKeySize-1], bytes.Clone(good), bytes.Clone(good)
	copy(modulus, []byte{0xff, 0xff, 0xff}) // a coefficient above the modulus
	clear(zero[PublicKeySize-32:])          // a point of small order
	for name, pk := range map[string][]byte{"short": short, "modulus": modulus, "small order": zero} {
		if _, _, err := Encapsulate(pk, nil, "", 32); !errors.Is(err, ErrKey) {
			t.Errorf("Encapsulate(%s) = %v, want ErrKey", name, err)
		}
	}
	zeroText := bytes.Clone(ct)
	clear(zeroText[CiphertextSize-32:])
	for name, c := range map[string][]byte{"short": ct[1:], "small order": zeroText} {
		if _, err := k.Decapsulate(c, nil, "", 32); !errors.Is(err, ErrKey) {
			t.Errorf("Decapsulate(%s) = %v, want ErrKey", name, err)
		}
	}
}
