package handshake

import (
	"crypto/ed25519"
	"crypto/rand"
	"slices"

	"beeline/wasm/wire"
	"beeline/wasm/xwing"
)

// Respond answers an M1 as the sharer, who signs with key, and returns M2. What
// costs little is checked first: nothing of the KEM is touched before the tag
// proved that the sender has the link. It fails with
//   - [wire.Format]: no M1 of this run, or made by no honest peer
//   - [wire.PSK]: the tag is wrong
//   - [wire.Version]: no common version
//   - [wire.KEM]: the KEM's public key is invalid
//
// and the sharer answers none of these: silence tells a stranger the least. The
// caller has checked before that handle and sid are not in a run already and that
// it never saw this M1 (PROTOCOL.md e, DoS order).
func Respond(r Run, m1 []byte, idtype uint8, key ed25519.PrivateKey) (*Transport, []byte, error) {
	body, err := openFrame(m1, KindM1, r.SID)
	if err != nil {
		return nil, nil, err
	}
	r.Ctx = slices.Clone(r.Ctx)
	pk := body[:publicKeySize]
	s := r.start()
	s.mixHash(pk)
	s.mixKey(pk)
	plain, ok := s.decryptAndHash(body[publicKeySize:])
	if !ok {
		return nil, nil, wire.PSK.Because("tag of M1")
	}
	payload, err := unpad(plain)
	if err != nil {
		return nil, nil, err
	}
	o, err := parseOffer(payload)
	if err != nil {
		return nil, nil, err
	}
	version, err := o.choose()
	if err != nil {
		return nil, nil, err
	}
	text, secret, err := encapsulate(pk, s.h)
	if err != nil {
		return nil, nil, wire.KEM.Because("use the KEM key of M1")
	}
	s.mixHash(text)
	s.mixKey(secret)

	var nonce [32]byte
	rand.Read(nonce[:])
	a := answer{version: version, caps: r.Caps, idtype: idtype, commit: commitment(nonce)}
	copy(a.pk[:], key.Public().(ed25519.PublicKey))
	copy(a.sig[:], ed25519.Sign(key, signed(signR, s.h, a.unsigned())))
	m2 := append(newFrame(KindM2, r.SID), text...)
	m2 = s.encryptAndHash(m2, pad(a.bytes(), plainM2))

	t := newTransport(&r, &s, false)
	t.version, t.peerCaps = version, o.caps
	t.nonce = nonce
	return t, m2, nil
}

func encapsulate(pk []byte, info [32]byte) (text, secret []byte, err error) {
	return xwing.Encapsulate(pk, info[:], kemLabel, 32)
}
