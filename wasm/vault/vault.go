// Package vault is the sealed container in which an identity, its contacts and
// its backup are kept. It knows bytes, not what they mean (package people does);
// it touches no storage and reads no clock. PROTOCOL.md (i).
//
//	passphrase ── Argon2id ── base ─┐
//	                                ├─ XT(salt) ─ k ─┬─ enc ──── XChaCha20-Poly1305
//	key of the browser ──── pepper ─┘                └─ commit ─ compared before anything is opened
//
// Without a passphrase everything hangs on the pepper, and without a pepper
// everything on the passphrase: a container with neither is refused.
package vault

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/binary"
	"slices"

	"golang.org/x/crypto/argon2"
	"golang.org/x/crypto/chacha20poly1305"

	"beeline/wasm/kdf"
	"beeline/wasm/wire"
)

// Places in a container.
//
//	0 "BLV1" | 4 u8 kdf (0 none, 1 Argon2id) | 5 u32 m KiB | 9 u8 t | 10 u8 p | 11 salt 32 | 43 nonce 24 | 67 commit 32 | 99 sealed
const (
	magic    = "BLV1"
	saltAt   = 11
	nonceAt  = 43
	commitAt = 67
	sealedAt = 99
)

// PepperSize is the size of a pepper, in bytes; BaseSize that of what Argon2id makes.
const (
	PepperSize = 32
	BaseSize   = 32
)

// ContentsMax is the largest plaintext, in bytes: 4,096 contacts and room.
const ContentsMax = 4 << 20

// Limits of what is accepted on read. PROTOCOL.md i.
const (
	MemoryLeast   = 19 << 10   // KiB
	MemoryMost    = 1048 << 10 // KiB
	MemoryBrowser = 512 << 10  // KiB: what a page can have
	timeMost      = 16
	threadsMost   = 16
)

// A Cost is what Argon2id is asked for. The zero Cost is no passphrase.
type Cost struct {
	Memory  uint32 // KiB
	Time    uint8
	Threads uint8
}

// What new containers are made with. RFC 9106's second choice, with one thread:
// a browser's wasm has no more. A backup may lie anywhere for years.
var (
	ForVault  = Cost{64 << 10, 3, 1}
	ForBackup = Cost{256 << 10, 3, 1}
)

// A Header says what to do with a passphrase before a container can be opened.
type Header struct {
	Cost
	Salt [32]byte
}

// NewHeader has a fresh salt: one for each passphrase that is set.
func NewHeader(c Cost) Header {
	h := Header{Cost: c}
	rand.Read(h.Salt[:]) // never fails
	return h
}

// Asks reports whether there is a passphrase to be asked for.
func (h Header) Asks() bool { return h.Cost != Cost{} }

// Read returns the header of a container. Most is the most memory that may be
// asked for, in KiB. It fails with [wire.Vault].
func Read(container []byte, most uint32) (Header, error) {
	h, err := read(container)
	if err == nil && h.Memory > most {
		err = wire.Vault.Because("more memory than there is here")
	}
	if err != nil {
		return Header{}, err
	}
	return h, nil
}

func read(b []byte) (Header, error) {
	if len(b) < sealedAt+chacha20poly1305.Overhead || len(b) > sealedAt+chacha20poly1305.Overhead+ContentsMax {
		return Header{}, wire.Vault.Because("not the size of a vault")
	}
	return ParseHeader(b[:nonceAt])
}

// ParseHeader reads what [Header.Bytes] wrote. It fails with [wire.Vault].
func ParseHeader(b []byte) (Header, error) {
	if len(b) != nonceAt || string(b[:4]) != magic {
		return Header{}, wire.Vault.Because("not the form of a vault")
	}
	h := Header{Cost{binary.BigEndian.Uint32(b[5:]), b[9], b[10]}, [32]byte(b[saltAt:nonceAt])}
	switch b[4] {
	case 0:
		if h.Asks() {
			return Header{}, wire.Vault.Because("costs of a passphrase that there is not")
		}
	case 1:
		if h.Memory < MemoryLeast || h.Memory > MemoryMost || h.Time < 1 || h.Time > timeMost || h.Threads < 1 || h.Threads > threadsMost {
			return Header{}, wire.Vault.Because("costs out of bounds")
		}
	default:
		return Header{}, wire.Vault.Because("another way to make the key")
	}
	return h, nil
}

// Bytes returns what a container begins with: everything up to the nonce.
func (h Header) Bytes() []byte {
	b := make([]byte, 0, nonceAt)
	b = append(b, magic...)
	b = append(b, 0)
	if h.Asks() {
		b[4] = 1
	}
	b = binary.BigEndian.AppendUint32(b, h.Memory)
	b = append(b, h.Time, h.Threads)
	return append(b, h.Salt[:]...)
}

// Base runs Argon2id over a passphrase: seconds and many MiB. A browser does it in
// a worker that ends afterwards, because wasm's memory never shrinks.
func (h Header) Base(passphrase []byte) [BaseSize]byte {
	return [BaseSize]byte(argon2.IDKey(passphrase, h.Salt[:], uint32(h.Time), h.Memory, h.Threads, BaseSize))
}

// A Key opens and seals containers of one header.
type Key struct {
	header Header
	k      [32]byte
}

// NewKey takes what Base returned (zeros where there is no passphrase) and the
// pepper: 32 bytes, or none for a backup. It fails with [wire.Vault] where there is
// neither passphrase nor pepper: such a key would be in the container itself.
func NewKey(h Header, base [BaseSize]byte, pepper []byte) (Key, error) {
	switch {
	case len(pepper) != 0 && len(pepper) != PepperSize:
		return Key{}, wire.Vault.Because("a pepper of another size")
	case len(pepper) == 0 && !h.Asks():
		return Key{}, wire.Vault.Because("neither passphrase nor pepper")
	case !h.Asks() && base != [BaseSize]byte{}:
		return Key{}, wire.Vault.Because("a passphrase that nobody asked for")
	}
	return Key{h, [32]byte(kdf.XT(string(h.Salt[:]), slices.Concat(base[:], pepper)))}, nil
}

// Asks reports whether the container is opened with a passphrase.
func (k Key) Asks() bool { return k.header.Asks() }

// Seal returns a container with a fresh nonce. It panics on more than
// [ContentsMax] bytes, which the caller bounds.
func (k Key) Seal(plain []byte) []byte {
	if len(plain) > ContentsMax {
		panic("vault: too much to seal")
	}
	b := append(make([]byte, 0, sealedAt+len(plain)+chacha20poly1305.Overhead), k.header.Bytes()...)
	var nonce [24]byte
	rand.Read(nonce[:]) // never fails
	b = append(b, nonce[:]...)
	b = append(b, k.commit(b)...)
	aead, err := chacha20poly1305.NewX(kdf.X(k.k[:], "vault enc", b[:commitAt], 32))
	if err != nil {
		panic("vault: " + err.Error()) // the key has 32 bytes
	}
	return aead.Seal(b, nonce[:], plain, b)
}

// Open returns what a container holds. Whatever is wrong it fails with
// [wire.Vault], and does the same work: another passphrase, pepper or byte can't
// be told apart. The commitment comes first, so that no container opens under two
// keys and thousands of passphrases can't be tried with one of them.
func (k Key) Open(container []byte) ([]byte, error) {
	h, err := read(container)
	if err != nil {
		return nil, err
	}
	if h != k.header || subtle.ConstantTimeCompare(k.commit(container[:commitAt]), container[commitAt:sealedAt]) != 1 {
		return nil, wire.Vault.Because("it does not open")
	}
	aead, err := chacha20poly1305.NewX(kdf.X(k.k[:], "vault enc", container[:commitAt], 32))
	if err != nil {
		panic("vault: " + err.Error()) // the key has 32 bytes
	}
	plain, err := aead.Open(nil, container[nonceAt:commitAt], container[sealedAt:], container[:sealedAt])
	if err != nil {
		return nil, wire.Vault.Because("it does not open")
	}
	return plain, nil
}

// commit returns what binds a container to one key: X(k, "vault commit", hdr, 32).
func (k Key) commit(header []byte) []byte {
	return kdf.X(k.k[:], "vault commit", header, 32)
}
