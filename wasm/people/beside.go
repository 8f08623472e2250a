package people

import (
	"crypto/cipher"
	"crypto/rand"

	"golang.org/x/crypto/chacha20poly1305"

	"beeline/wasm/kdf"
	"beeline/wasm/wire"
)

// This file: what a browser keeps beside the vault and that would say whom the
// person knows: to whom a share is offered, whose share is unfinished, what of
// contacts' shares was seen. It opens only with the book, so with the passphrase
// where there is one, whichever that is by then. PROTOCOL.md (i).
//
//	Dummy ─ X "beside" ─▶ key     nonce 24 | XChaCha20-Poly1305(plain, place)

// BesideMax is the most that is sealed at once, in bytes.
const BesideMax = 1 << 20

func (b *Book) beside() cipher.AEAD {
	aead, err := chacha20poly1305.NewX(kdf.X(b.Dummy[:], "beside", nil, 32))
	if err != nil {
		panic("people: " + err.Error()) // the key has 32 bytes
	}
	return aead
}

// Seal seals what is kept beside the vault; it opens in its place only. It fails
// with [wire.Vault] for more than [BesideMax] bytes.
func (b *Book) Seal(place string, plain []byte) ([]byte, error) {
	if len(plain) > BesideMax {
		return nil, wire.Vault.Because("too much to keep beside the vault")
	}
	nonce := make([]byte, chacha20poly1305.NonceSizeX, chacha20poly1305.NonceSizeX+len(plain)+chacha20poly1305.Overhead)
	rand.Read(nonce) // never fails
	return b.beside().Seal(nonce, nonce, plain, []byte(place)), nil
}

// Open opens it. It fails with [wire.Vault] for what another book sealed, or for
// another place.
func (b *Book) Open(place string, box []byte) ([]byte, error) {
	n := chacha20poly1305.NonceSizeX
	if len(box) < n+chacha20poly1305.Overhead || len(box) > n+BesideMax+chacha20poly1305.Overhead {
		return nil, wire.Vault.Because("not the size of what is kept")
	}
	plain, err := b.beside().Open(nil, box[:n], box[n:], []byte(place))
	if err != nil {
		return nil, wire.Vault.Because("it does not open")
	}
	return plain, nil
}
