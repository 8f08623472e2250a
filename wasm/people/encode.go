package people

import (
	"encoding/binary"

	"beeline/wasm/identity"
	"beeline/wasm/wire"
)

// What a vault or backup holds. PROTOCOL.md (i).
//
//	u8 kind (1 vault, 2 backup) | u8 form = 1 | vault: u64 generation, dummy 32 | seed 32 | u32 created | LP8 name
//	| u16 n | n × (LP8 card | LP8 petname | u8 flags | u32 added | u32 seen)
//	| text of the successor up to the end, where the identity follows another
//	flags: 1 accept, 2 verified, 4 changed, 8 confirm
const (
	kindVault  = 1
	kindBackup = 2
	form       = 1
)

const (
	flagAccept = 1 << iota
	flagVerified
	flagChanged
	flagConfirm
	flagsKnown = 1<<iota - 1
)

// Encode returns what a vault holds: everything.
func (b *Book) Encode() []byte {
	out := []byte{kindVault, form}
	out = binary.BigEndian.AppendUint64(out, b.Generation)
	out = append(out, b.Dummy[:]...)
	return b.appendPeople(out)
}

// Backup returns what a backup holds: the identity and the contacts, and nothing
// by which a stolen one would bring back shares or sessions.
func (b *Book) Backup() []byte { return b.appendPeople([]byte{kindBackup, form}) }

func (b *Book) appendPeople(out []byte) []byte {
	seed := b.Identity.Seed()
	out = append(out, seed[:]...)
	out = binary.BigEndian.AppendUint32(out, b.Created)
	out = appendLP8(out, []byte(b.Name))
	out = binary.BigEndian.AppendUint16(out, uint16(len(b.Contacts)))
	for i := range b.Contacts {
		c := &b.Contacts[i]
		out = appendLP8(out, c.Card.Bytes())
		out = appendLP8(out, []byte(c.Petname))
		var flags byte
		for _, f := range []struct {
			on  bool
			bit byte
		}{{c.Accept, flagAccept}, {c.Verified, flagVerified}, {c.Changed, flagChanged}, {c.Confirm, flagConfirm}} {
			if f.on {
				flags |= f.bit
			}
		}
		out = append(out, flags)
		out = binary.BigEndian.AppendUint32(out, c.Added)
		out = binary.BigEndian.AppendUint32(out, c.Seen)
	}
	return append(out, b.Follows...)
}

func appendLP8(out, b []byte) []byte { return append(append(out, byte(len(b))), b...) }

// Decode reads what [Book.Encode] wrote. It fails with [wire.Vault].
func Decode(b []byte) (*Book, error) { return decode(b, kindVault) }

// DecodeBackup reads what [Book.Backup] wrote. A vault is no backup, nor the
// other way round. It fails with [wire.Vault].
func DecodeBackup(b []byte) (*Book, error) { return decode(b, kindBackup) }

func decode(b []byte, kind byte) (*Book, error) {
	r := reader{b: b}
	if r.u8() != kind || r.u8() != form {
		return nil, wire.Vault.Because("other contents")
	}
	out := &Book{}
	if kind == kindVault {
		out.Generation = uint64(r.u32())<<32 | uint64(r.u32())
		out.Dummy = r.key()
	}
	seed := r.key()
	out.Created = r.u32()
	out.Name = string(r.lp8())
	n := int(r.u16())
	if r.bad || n > ContactsMax || identity.CheckName(out.Name) != nil {
		return nil, wire.Vault.Because("contents cut short, or beyond the limits")
	}
	out.Identity = identity.FromSeed(seed)
	read := identity.KeptCard
	if kind == kindBackup {
		out = newBook(out.Identity, out.Name, out.Created)
		read = identity.ParseCard // it may come from anybody who says its passphrase
	}
	// One ID twice would be two contacts with one topic.
	ids := make(map[identity.ID]bool, n)
	own := out.Identity.ID()
	for range n {
		card, err := read(r.lp8())
		petname := string(r.lp8())
		flags := r.u8()
		c := Contact{
			Card: card, Petname: petname,
			Accept: flags&flagAccept != 0, Verified: flags&flagVerified != 0, Changed: flags&flagChanged != 0, Confirm: flags&flagConfirm != 0,
			Added: r.u32(), Seen: r.u32(),
		}
		if r.bad || err != nil || flags > flagsKnown || identity.CheckName(petname) != nil || ids[c.ID()] || c.ID() == own {
			return nil, wire.Vault.Because("a contact that nobody wrote")
		}
		ids[c.ID()] = true
		out.Contacts = append(out.Contacts, c)
	}
	out.Follows = string(r.b)
	if r.bad || out.Follows != "" && !out.follows() {
		return nil, wire.Vault.Because("contents of another length")
	}
	return out, nil
}

// follows reports whether the successor that was kept is one, and of this identity.
func (b *Book) follows() bool {
	card, s, err := identity.Parse(b.Follows)
	return err == nil && s != nil && card.ID() == b.Identity.ID()
}

// reader takes fields off the front; once there is too little it is bad for good.
type reader struct {
	b   []byte
	bad bool
}

func (r *reader) take(n int) []byte {
	if r.bad || n > len(r.b) {
		r.bad = true
		return make([]byte, n)
	}
	out := r.b[:n]
	r.b = r.b[n:]
	return out
}

func (r *reader) u8() byte      { return r.take(1)[0] }
func (r *reader) u16() uint16   { return binary.BigEndian.Uint16(r.take(2)) }
func (r *reader) u32() uint32   { return binary.BigEndian.Uint32(r.take(4)) }
func (r *reader) key() [32]byte { return [32]byte(r.take(32)) }
func (r *reader) lp8() []byte   { return r.take(int(r.u8())) }
