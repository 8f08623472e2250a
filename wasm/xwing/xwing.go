// Package xwing is the hybrid KEM of the handshake: X-Wing (X25519 and
// ML-KEM-768, draft-connolly-cfrg-xwing-kem) used through HPKE's export-only
// mode (RFC 9180, suite 0x647a, HKDF-SHA256), from the standard library's
// primitives. Keys, ciphertexts and secrets are byte for byte those of
// crypto/hpke, against which the tests run it both ways.
//
//	recipient                         sharer
//	Generate ── public key 1,216 ──▶  Encapsulate(info, label)
//	Decapsulate ◀── ciphertext 1,120 ── and the secret
//
// Why not crypto/hpke itself: it names every curve and cipher of its RFC in
// package variables, which the linker must keep: 0.6 MB of the browser's binary
// that nothing here can reach. PROTOCOL.md, Decisions.
package xwing

import (
	"crypto/ecdh"
	"crypto/hkdf"
	"crypto/mlkem"
	"crypto/rand"
	"crypto/sha256"
	"crypto/sha3"
	"encoding/binary"
	"errors"
)

// Sizes in bytes.
const (
	PublicKeySize  = mlkem.EncapsulationKeySize768 + 32 // 1,216
	CiphertextSize = mlkem.CiphertextSize768 + 32       // 1,120
	SeedSize       = 32
)

// ErrKey means bytes that are no public key or ciphertext: a wrong length, an
// ML-KEM key that fails its modulus check, an X25519 point of small order.
var ErrKey = errors.New("xwing: invalid key or ciphertext")

// label ends the combiner's input; it looks like an X-wing.
const label = `\./` + `/^\`

// A PrivateKey serves one run and is then dropped.
type PrivateKey struct {
	pq     *mlkem.DecapsulationKey768
	x      *ecdh.PrivateKey
	public []byte
}

// Generate makes a key from crypto/rand.
func Generate() *PrivateKey {
	var seed [SeedSize]byte
	rand.Read(seed[:]) // never fails
	k, err := FromSeed(seed[:])
	if err != nil {
		panic(err) // any 32 bytes are a seed
	}
	return k
}

// FromSeed expands a 32-byte seed. Draft 3.2, expandDecapsulationKey.
func FromSeed(seed []byte) (*PrivateKey, error) {
	if len(seed) != SeedSize {
		return nil, ErrKey
	}
	expanded := sha3.SumSHAKE256(seed, 96)
	pq, err := mlkem.NewDecapsulationKey768(expanded[:64])
	if err != nil {
		return nil, ErrKey
	}
	x, err := ecdh.X25519().NewPrivateKey(expanded[64:])
	if err != nil {
		return nil, ErrKey
	}
	public := append(pq.EncapsulationKey().Bytes(), x.PublicKey().Bytes()...)
	return &PrivateKey{pq, x, public}, nil
}

// PublicKey returns the 1,216 bytes of the public key.
func (k *PrivateKey) PublicKey() []byte { return k.public }

// Encapsulate makes a ciphertext for a public key and a secret of n bytes that
// is bound to info and to context (HPKE's exporter context).
func Encapsulate(public, info []byte, context string, n int) (ciphertext, secret []byte, err error) {
	if len(public) != PublicKeySize {
		return nil, nil, ErrKey
	}
	pq, err := mlkem.NewEncapsulationKey768(public[:mlkem.EncapsulationKeySize768])
	if err != nil {
		return nil, nil, ErrKey
	}
	peer, err := ecdh.X25519().NewPublicKey(public[mlkem.EncapsulationKeySize768:])
	if err != nil {
		return nil, nil, ErrKey
	}
	own, err := ecdh.X25519().GenerateKey(rand.Reader)
	if err != nil {
		return nil, nil, err
	}
	ssX, err := own.ECDH(peer)
	if err != nil {
		return nil, nil, ErrKey // small order: the secret would be zero
	}
	ssM, ctM := pq.Encapsulate()
	ctX := own.PublicKey().Bytes()
	secret, err = export(combine(ssM, ssX, ctX, peer.Bytes()), info, context, n)
	return append(ctM, ctX...), secret, err
}

// Decapsulate returns the secret of a ciphertext.
func (k *PrivateKey) Decapsulate(ciphertext, info []byte, context string, n int) ([]byte, error) {
	if len(ciphertext) != CiphertextSize {
		return nil, ErrKey
	}
	ctX := ciphertext[mlkem.CiphertextSize768:]
	peer, err := ecdh.X25519().NewPublicKey(ctX)
	if err != nil {
		return nil, ErrKey
	}
	ssX, err := k.x.ECDH(peer)
	if err != nil {
		return nil, ErrKey
	}
	ssM, err := k.pq.Decapsulate(ciphertext[:mlkem.CiphertextSize768])
	if err != nil {
		return nil, ErrKey
	}
	return export(combine(ssM, ssX, ctX, k.x.PublicKey().Bytes()), info, context, n)
}

// combine is X-Wing's: either half alone keeps the secret safe. Draft 5.3.
func combine(ssM, ssX, ctX, pkX []byte) []byte {
	h := sha3.New256()
	for _, part := range [][]byte{ssM, ssX, ctX, pkX, []byte(label)} {
		h.Write(part)
	}
	return h.Sum(nil)
}

// suite is HPKE's suite_id of X-Wing, HKDF-SHA256 and no AEAD. RFC 9180 5.1.
const suite = "HPKE\x64\x7a\x00\x01\xff\xff"

// export is HPKE's key schedule in base mode, then its exporter. RFC 9180 5.1
// and 5.3.
func export(shared, info []byte, context string, n int) ([]byte, error) {
	idHash, err := extract(nil, "psk_id_hash", nil)
	if err != nil {
		return nil, err
	}
	infoHash, err := extract(nil, "info_hash", info)
	if err != nil {
		return nil, err
	}
	secret, err := extract(shared, "secret", nil)
	if err != nil {
		return nil, err
	}
	schedule := append(append([]byte{0}, idHash...), infoHash...)
	exporter, err := expand(secret, "exp", string(schedule), sha256.Size)
	if err != nil {
		return nil, err
	}
	return expand(exporter, "sec", context, n)
}

func extract(salt []byte, label string, ikm []byte) ([]byte, error) {
	return hkdf.Extract(sha256.New, append([]byte("HPKE-v1"+suite+label), ikm...), salt)
}

func expand(prk []byte, label, info string, n int) ([]byte, error) {
	length := binary.BigEndian.AppendUint16(nil, uint16(n))
	return hkdf.Expand(sha256.New, prk, string(length)+"HPKE-v1"+suite+label+info, n)
}
