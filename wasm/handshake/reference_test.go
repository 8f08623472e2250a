package handshake

import "crypto/hpke"

// reference is a KEM key of the standard library's HPKE in the place of ours:
// the recorded transcripts and the broken halves of attack 51 run with it, so
// every one of them also holds package xwing against it.
type reference struct{ hpke.PrivateKey }

func (r reference) PublicKey() []byte { return r.PrivateKey.PublicKey().Bytes() }

func (r reference) Decapsulate(text, info []byte, context string, n int) ([]byte, error) {
	to, err := hpke.NewRecipient(text, r.PrivateKey, hpke.HKDFSHA256(), hpke.ExportOnly(), info)
	if err != nil {
		return nil, err
	}
	return to.Export(context, n)
}
