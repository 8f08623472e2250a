package handshake

import (
	"crypto/ed25519"
	"crypto/sha512"
	"testing"

	"filippo.io/edwards25519"

	"beeline/wasm/wire"
)

// A forger has the link, or at least the psk, and answers as it likes. It makes M2
// as Respond does, with a hand in between.
type forger struct {
	key   ed25519.PrivateKey
	build func(*answer)         // before the signature
	edit  func(*answer)         // after it
	plain func(p []byte)        // the padded plaintext
	sign  func(b []byte) []byte // in place of key
}

func (f forger) answer(t testing.TB, r Run, m1 []byte) []byte {
	t.Helper()
	pk := m1[bodyAt : bodyAt+publicKeySize]
	s := r.start()
	s.mixHash(pk)
	s.mixKey(pk)
	if _, ok := s.decryptAndHash(m1[bodyAt+publicKeySize:]); !ok {
		t.Fatal("the forger has another psk")
	}
	text, secret, err := encapsulate(pk, s.h)
	if err != nil {
		t.Fatal(err)
	}
	return f.finish(r, s, text, secret)
}

// finish seals p2 under the given KEM secret.
func (f forger) finish(r Run, s symmetric, text, secret []byte) []byte {
	s.mixHash(text)
	s.mixKey(secret)
	a := answer{version: ProtocolVersion, idtype: wire.KeyShare, commit: commitment([32]byte{5})}
	copy(a.pk[:], f.key.Public().(ed25519.PublicKey))
	if f.build != nil {
		f.build(&a)
	}
	message := signed(signR, s.h, a.unsigned())
	if f.sign != nil {
		copy(a.sig[:], f.sign(message))
	} else {
		copy(a.sig[:], ed25519.Sign(f.key, message))
	}
	if f.edit != nil {
		f.edit(&a)
	}
	plain := pad(a.bytes(), plainM2)
	if f.plain != nil {
		f.plain(plain)
	}
	return s.encryptAndHash(append(newFrame(KindM2, r.SID), text...), plain)
}

// forgeM1 seals an M1 with any plaintext and any bytes in place of the KEM key.
func forgeM1(r Run, pk, plain []byte) []byte {
	s := r.start()
	s.mixHash(pk)
	s.mixKey(pk)
	return s.encryptAndHash(append(newFrame(KindM1, r.SID), pk...), plain)
}

// badKeys are the encodings of Ed25519 keys that must never be accepted, by what is
// wrong with them. Under the first eight, one signature fits every message or one
// in a few; the others are second names of a point, or no point.
func badKeys() map[string]ed25519.PublicKey {
	hex := map[string]string{
		"identity":             "0100000000000000000000000000000000000000000000000000000000000000",
		"order 2":              "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"order 4":              "0000000000000000000000000000000000000000000000000000000000000000",
		"order 4, negative":    "0000000000000000000000000000000000000000000000000000000000000080",
		"order 8":              "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
		"order 8, negative":    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
		"order 8, other":       "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
		"order 8, other, neg.": "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
		"identity, x = -0":     "0100000000000000000000000000000000000000000000000000000000000080",
		"order 2, x = -0":      "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
		"identity, y = p+1":    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"order 4, y = p":       "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"y = p+1, x = -0":      "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
		"y = p, negative":      "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
		"y = 2^255-1":          "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"no point":             "0200000000000000000000000000000000000000000000000000000000000000",
	}
	keys := map[string]ed25519.PublicKey{"too short": make([]byte, 31), "too long": make([]byte, 33), "none": nil}
	for name, h := range hex {
		keys[name] = unhex(h)
	}
	return keys
}

// fitsAll is a signature (R, s) with R = sB that verifies under a key of order 1
// for every message, and under the others for some.
func fitsAll() []byte {
	h := sha512.Sum512([]byte("any scalar"))
	s, err := new(edwards25519.Scalar).SetUniformBytes(h[:])
	if err != nil {
		panic(err)
	}
	r := new(edwards25519.Point).ScalarBaseMult(s)
	return append(r.Bytes(), s.Bytes()...)
}
