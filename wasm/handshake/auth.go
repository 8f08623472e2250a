package handshake

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/binary"
	"slices"

	"beeline/wasm/kdf"
	"beeline/wasm/wire"
)

// Sizes of M3 and M4 in bytes. PROTOCOL.md e.
//
//	M3: 01 | 1 u8 idtype | 2 pk 32 | 34 nI 32 | 66 share 16 | 82 sig 64
//	    in contact mode nI begins with 16 bytes by which the initiator's device is known again
//	M4: 02 | 1 u8 status | 2 u16 reason | 4 nR 32
const (
	sizeM3   = 146
	signedM3 = 82
	sizeM4   = 36
)

// AuthI returns M3, the payload by which the initiator proves its key. Share is
// the share asked for in contact mode, else zeros. It is called once, by the
// initiator; otherwise it panics.
func (t *Transport) AuthI(key ed25519.PrivateKey, idtype uint8, share [16]byte) []byte {
	var device [16]byte
	rand.Read(device[:])
	return t.AuthIOf(key, idtype, share, device)
}

// AuthIOf is AuthI of a device, which the responder takes as [Transport.Device].
func (t *Transport) AuthIOf(key ed25519.PrivateKey, idtype uint8, share, device [16]byte) []byte {
	nonce := [32]byte(append(device[:], make([]byte, 16)...))
	rand.Read(nonce[16:])
	return t.authI(key, idtype, share, nonce)
}

func (t *Transport) authI(key ed25519.PrivateKey, idtype uint8, share [16]byte, nonce [32]byte) []byte {
	if !t.initiator || t.haveM3 {
		panic("handshake: AuthI out of turn")
	}
	m3 := make([]byte, 0, sizeM3)
	m3 = append(m3, wire.TAuthI, idtype)
	m3 = append(m3, key.Public().(ed25519.PublicKey)...)
	m3 = append(m3, nonce[:]...)
	m3 = append(m3, share[:]...)
	m3 = append(m3, ed25519.Sign(key, signed(signI, t.binding, m3))...)
	t.haveM3, t.hashM3 = true, sha256.Sum256(m3)
	return m3
}

// CheckAuthI takes M3 at the responder and returns the initiator's key and the
// share it asks for. WantIdtype is the type of key that the mode asks for. It
// fails with [wire.Format], with [wire.Version] for an unknown type of key, with
// [wire.Identity] for another one than wanted, and with [wire.Signature]. Whether
// this key may come in is the caller's question. A second M3 is [wire.Format].
func (t *Transport) CheckAuthI(payload []byte, wantIdtype uint8) (pk ed25519.PublicKey, share [16]byte, err error) {
	if t.initiator || t.haveM3 || len(payload) != sizeM3 || payload[0] != wire.TAuthI {
		return nil, share, wire.Format.Because("no M3, or not its turn")
	}
	idtype, key, asked := payload[1], ed25519.PublicKey(payload[2:34]), [16]byte(payload[66:signedM3])
	if idtype > wire.KeyIdentity {
		return nil, share, wire.Version.Because("key of unknown type")
	}
	if idtype != wantIdtype {
		return nil, share, wire.Identity.Because("key of another type")
	}
	if t.mode != wire.ModeContact && asked != [16]byte{} {
		return nil, share, wire.Format.Because("share named outside contact mode")
	}
	if err := verify(key, signI, t.binding, payload[:signedM3], payload[signedM3:]); err != nil {
		return nil, share, err
	}
	t.peer = append(ed25519.PublicKey(nil), key...)
	t.device = [16]byte(payload[34:50])
	t.haveM3, t.hashM3 = true, sha256.Sum256(payload)
	return t.peer, asked, nil
}

// Device returns what M3 said of the initiator's device. It tells apart the devices of
// one person, in contact mode, and is of use in no other. Zeros before M3.
func (t *Transport) Device() [16]byte { return t.device }

// AuthR returns M4, the payload by which the responder answers M3 and opens its
// commitment: wire.StatusAccepted, StatusPending or StatusRefused, the last with
// the number of a reason. It is called once, after [Transport.CheckAuthI];
// otherwise it panics, because nR must never be opened to an unknown key.
func (t *Transport) AuthR(status uint8, reason uint16) []byte {
	if t.initiator || !t.haveM3 || t.haveM4 {
		panic("handshake: AuthR out of turn")
	}
	if status != wire.StatusRefused {
		reason = 0
	}
	m4 := make([]byte, 0, sizeM4)
	m4 = append(m4, wire.TAuthR, status)
	m4 = binary.BigEndian.AppendUint16(m4, reason)
	m4 = append(m4, t.nonce[:]...)
	t.haveM4, t.hashM4 = true, sha256.Sum256(m4)
	return m4
}

// CheckAuthR takes M4 at the initiator. The commitment is checked before anything
// else, so that nobody sees a status or digits of an answer that doesn't open it:
// [wire.Signature]. What no honest peer sends, a second M4 too, is [wire.Format].
func (t *Transport) CheckAuthR(payload []byte) (status uint8, reason uint16, err error) {
	if !t.initiator || !t.haveM3 || t.haveM4 || len(payload) != sizeM4 || payload[0] != wire.TAuthR {
		return 0, 0, wire.Format.Because("no M4, or not its turn")
	}
	nonce := [32]byte(payload[4:])
	opened := commitment(nonce)
	if subtle.ConstantTimeCompare(opened[:], t.commit[:]) != 1 {
		return 0, 0, wire.Signature.Because("nR does not open the commitment")
	}
	status, reason, err = parseStatus(payload[1:4])
	if err != nil {
		return 0, 0, err
	}
	t.nonce = nonce
	t.haveM4, t.hashM4 = true, sha256.Sum256(payload)
	return status, reason, nil
}

// Secrets returns the session's secret and the six digits that two people may
// compare, both equal on the two sides. It is called once, after M4; otherwise it
// panics. What both came from is forgotten. M4 is no input of the digits but for
// nR, which was fixed in M2. PROTOCOL.md e, SAS.
func (t *Transport) Secrets() (session [32]byte, sas uint32) {
	if !t.haveM4 || t.spent {
		panic("handshake: Secrets out of turn")
	}
	session, sas = t.secret(), t.digits()
	t.exp, t.spent = [32]byte{}, true
	return session, sas
}

// Resume returns what both sides of a one-time link or a code find each other by
// again, after M4 and before [Transport.Secrets]. PROTOCOL.md j.
func (t *Transport) Resume() [32]byte {
	if !t.haveM4 || t.spent {
		panic("handshake: Resume out of turn")
	}
	secret := t.secret()
	return [32]byte(kdf.X(secret[:], "resume", nil, 32))
}

// Secret returns the session's secret after M4 and before [Transport.Secrets], for
// what both sides derive from it in the handshake itself. PROTOCOL.md e, IDENT_PROOF.
func (t *Transport) Secret() [32]byte {
	if !t.haveM4 || t.spent {
		panic("handshake: Secret out of turn")
	}
	return t.secret()
}

func (t *Transport) secret() [32]byte {
	ctx := slices.Concat(t.binding[:], t.hashM3[:], t.hashM4[:])
	return [32]byte(kdf.X(t.exp[:], "session", ctx, 32))
}

// Digits returns the six digits alone, after M4 and before [Transport.Secrets]:
// while a person decides, they are needed and the session's secret is not.
func (t *Transport) Digits() uint32 {
	if !t.haveM4 || t.spent {
		panic("handshake: Digits out of turn")
	}
	return t.digits()
}

func (t *Transport) digits() uint32 {
	ctx := slices.Concat(t.binding[:], t.hashM3[:], t.nonce[:])
	return uint32(binary.BigEndian.Uint64(kdf.X(t.exp[:], "sas", ctx, 8)) % 1_000_000)
}

func commitment(nonce [32]byte) [32]byte {
	return sha256.Sum256(append([]byte("bee1 sas commit"), nonce[:]...))
}
