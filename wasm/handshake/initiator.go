package handshake

import (
	"crypto/ed25519"
	"errors"
	"slices"

	"beeline/wasm/wire"
	"beeline/wasm/xwing"
)

// kemLabel is the exporter context of the KEM's secret.
const kemLabel = "bee1 ekem"

// ErrSpent means that an [Initiator] has already accepted an answer.
var ErrSpent = errors.New("handshake: this run already has its answer")

// An Initiator is the recipient's side between M1 and M2. It stays as it is until
// one M2 is good in every respect; all others are as if they had never come.
type Initiator struct {
	run   Run
	offer offer
	state symmetric // after M1
	key   kemKey    // serves this run only; nil once an answer was accepted
}

// kemKey is what a run needs of its KEM key. Tests put the standard library's
// HPKE in its place, as the reference.
type kemKey interface {
	PublicKey() []byte
	Decapsulate(text, info []byte, context string, n int) ([]byte, error)
}

// Initiate begins a run as the recipient and returns M1, which goes to every
// waiter on the topic. Without versions it offers [ProtocolVersion]. It fails only
// where the random source does.
func Initiate(r Run, versions ...uint16) (*Initiator, []byte, error) {
	i, m1 := initiate(r, xwing.Generate(), versions)
	return i, m1, nil
}

func initiate(r Run, key kemKey, versions []uint16) (*Initiator, []byte) {
	if len(versions) == 0 {
		versions = []uint16{ProtocolVersion}
	}
	if len(versions) > versionsMax {
		panic("handshake: too many versions")
	}
	r.Ctx = slices.Clone(r.Ctx)
	i := &Initiator{run: r, offer: offer{slices.Clone(versions), r.Caps}, key: key}

	pk := key.PublicKey()
	i.state = r.start()
	i.state.mixHash(pk)
	i.state.mixKey(pk)
	m1 := append(newFrame(KindM1, r.SID), pk...)
	return i, i.state.encryptAndHash(m1, pad(i.offer.bytes(), plainM1))
}

// Accept takes an M2. Pinned says whether a key may sign as the sharer; it is
// asked before the signature is checked. Whatever is wrong, i stays unchanged and
// the next candidate can be tried:
//   - [wire.Format]: no M2 of this run, or made by no honest peer
//   - [wire.KEM]: the KEM's ciphertext is invalid
//   - [wire.PSK]: the tag is wrong; the sender doesn't have the link
//   - [wire.Version]: a version that was not offered, or an unknown type of key
//   - [wire.Identity]: a right tag, but not the pinned signer
//   - [wire.Signature]: the pinned signer's signature is false
//
// After a good M2 the run is over: [ErrSpent].
func (i *Initiator) Accept(frame []byte, pinned func(idtype uint8, pk ed25519.PublicKey) bool) (*Transport, error) {
	if i.key == nil {
		return nil, ErrSpent
	}
	body, err := openFrame(frame, KindM2, i.run.SID)
	if err != nil {
		return nil, err
	}
	s := i.state // a copy: i.state is the one to come back to
	text := body[:kemTextSize]
	secret, err := i.decapsulate(text)
	if err != nil {
		return nil, wire.KEM.Because("open the KEM of M2")
	}
	s.mixHash(text)
	s.mixKey(secret)
	bound := s.h // h2: what the sharer signs
	plain, ok := s.decryptAndHash(body[kemTextSize:])
	if !ok {
		return nil, wire.PSK.Because("tag of M2")
	}
	payload, err := unpad(plain)
	if err != nil {
		return nil, err
	}
	a, err := parseAnswer(payload)
	if err != nil {
		return nil, err
	}
	if err := i.judge(&a, bound, pinned); err != nil {
		return nil, err
	}
	t := newTransport(&i.run, &s, true)
	t.version, t.peerCaps = a.version, a.caps
	t.peer = a.pk[:]
	t.commit = a.commit
	*i = Initiator{} // psk, chaining key and KEM key have done their work
	return t, nil
}

// judge says what is wrong with an answer whose tag was right.
func (i *Initiator) judge(a *answer, bound [32]byte, pinned func(uint8, ed25519.PublicKey) bool) error {
	if !slices.Contains(i.offer.versions, a.version) {
		return wire.Version.Because("version that was not offered")
	}
	if a.idtype > wire.KeyIdentity {
		return wire.Version.Because("key of unknown type")
	}
	if !i.run.responderKey(a.idtype) || !pinned(a.idtype, a.pk[:]) {
		return wire.Identity.Because("answer of somebody else")
	}
	return verify(a.pk[:], signR, bound, a.unsigned(), a.sig[:])
}

func (i *Initiator) decapsulate(text []byte) ([]byte, error) {
	return i.key.Decapsulate(text, i.state.h[:], kemLabel, 32)
}
