// Package invite makes and reads the share link, and derives from it where the
// two sides meet and what they must both know. It never touches the network and
// knows no clock. PROTOCOL.md (b) and (d.1).
//
//	https://host/r#AQB…          the fragment: 48 characters, 36 bytes
//
//	 0 version=1 | 1 flags | 2 secret 16 | 18 fingerprint 16 | 34 check 2
//	                            │                │
//	                            │                └ whose signature M2 must carry
//	                            └ topic of the hour, psk of the handshake
//
// A link is a secret: never log it, never put it in an error.
package invite

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"

	"beeline/wasm/kdf"
	"beeline/wasm/wire"
)

// Flags of a link. PROTOCOL.md (b). Other bits mean a newer version.
const (
	OneTime  = 1 // belongs to the first recipient that is accepted
	Approval = 2 // the sharer lets each recipient in by hand
	Proven   = 4 // the sharer will prove a contact identity after the handshake

	knownFlags = OneTime | Approval | Proven
)

const (
	version   = 1
	linkBytes = 36 // version, flags, secret, fingerprint, check
	linkChars = 48 // base64url of linkBytes, which needs no padding
	checkAt   = 34 // the check covers the bytes before it
)

// coding is strict: spare bits that are not zero would give one link two texts.
var coding = base64.RawURLEncoding.Strict()

// A Link is the secret that a sharer hands to a recipient, in any way they like.
type Link struct {
	Flags       uint8    // OneTime, Approval, Proven
	Secret      [16]byte // random; topics and psk come from it
	Fingerprint [16]byte // of the share key, see [Fingerprint]
}

// New makes the link of a share whose key is share, with a fresh secret. The
// share key is made for this link alone: two links must not be linkable. New
// panics on flags it doesn't know.
func New(flags uint8, share ed25519.PublicKey) Link {
	if flags&^knownFlags != 0 {
		panic("invite: unknown flag")
	}
	l := Link{Flags: flags, Fingerprint: Fingerprint(share)}
	rand.Read(l.Secret[:])
	return l
}

// Fingerprint is what a link says of its share key: H(pk)[:16].
func Fingerprint(share ed25519.PublicKey) [16]byte {
	h := sha256.Sum256(share)
	return [16]byte(h[:16])
}

// Parse reads the fragment of a link, without its "#". It fails with
// [wire.LinkDamaged] if length, alphabet or check bytes are wrong, and with
// [wire.Version] if a whole link was made by a version this build doesn't speak.
// The text of an error holds nothing of the link.
func Parse(fragment string) (Link, error) {
	if len(fragment) != linkChars {
		return Link{}, wire.LinkDamaged.Because("another length than a link has")
	}
	var b [linkBytes]byte
	// The decoder skips line breaks, so the number of bytes counts, not just err.
	if n, err := coding.Decode(b[:], []byte(fragment)); err != nil || n != linkBytes {
		return Link{}, wire.LinkDamaged.Because("characters that no link has")
	}
	if subtle.ConstantTimeCompare(check(&b), b[checkAt:]) != 1 {
		return Link{}, wire.LinkDamaged.Because("check bytes differ")
	}
	if b[0] != version || b[1]&^knownFlags != 0 {
		return Link{}, wire.Version.Because("another version, or flags of one")
	}
	return Link{Flags: b[1], Secret: [16]byte(b[2:18]), Fingerprint: [16]byte(b[18:34])}, nil
}

// Bytes returns the 36 bytes that [Link.String] encodes.
func (l Link) Bytes() [linkBytes]byte {
	var b [linkBytes]byte
	b[0], b[1] = version, l.Flags
	copy(b[2:], l.Secret[:])
	copy(b[18:], l.Fingerprint[:])
	copy(b[checkAt:], check(&b))
	return b
}

// String returns the 48 characters after the "#". It is the secret itself.
func (l Link) String() string {
	b := l.Bytes()
	return coding.EncodeToString(b[:])
}

// Topic returns where the two sides meet in hour e. Without the secret it can't
// be told from random bytes, nor one hour's topic from another's.
func (l Link) Topic(e uint32) [32]byte {
	return topic(l.root(), e)
}

// PSK returns the pre-shared key of the handshake. Everything in the link but
// its check goes in: who changes a flag on the way gets no session.
func (l Link) PSK() [32]byte {
	b := l.Bytes()
	return [32]byte(kdf.X(l.root(), "psk", b[:checkAt], 32))
}

func (l Link) root() []byte {
	return kdf.XT("bee1 link", l.Secret[:])
}

// check returns H("bee1 link check" ‖ b[0..33])[:2]. It finds typing errors, it
// protects against nobody.
func check(b *[linkBytes]byte) []byte {
	h := sha256.Sum256(append([]byte("bee1 link check"), b[:checkAt]...))
	return h[:linkBytes-checkAt]
}
