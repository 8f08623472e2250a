package people

import (
	"encoding/binary"

	"beeline/wasm/identity"
)

// What a page may show: neither seed nor key, but for the public ones in the card.
// web/core/book.ts reads it.
//
//	u8 passphrase | u64 generation | LP8 name | LP16 text of the card | u16 n | n × contact | LP16 text of the successor
//	contact: id 32 | u8 state (0 unverified, 1 verified, 2 changed) | u32 added | LP8 petname | LP8 name | 60 digits | LP8 text of the safety number
func (b *Book) View(passphrase bool) []byte {
	out := []byte{0}
	if passphrase {
		out[0] = 1
	}
	out = binary.BigEndian.AppendUint64(out, b.Generation)
	out = appendLP8(out, []byte(b.Name))
	card := b.Card().Text()
	out = binary.BigEndian.AppendUint16(out, uint16(len(card)))
	out = append(out, card...)
	out = binary.BigEndian.AppendUint16(out, uint16(len(b.Contacts)))
	own := b.Identity.ID()
	for i := range b.Contacts {
		c := &b.Contacts[i]
		id := c.ID()
		out = append(out, id[:]...)
		switch {
		case c.Changed:
			out = append(out, 2)
		case c.Verified:
			out = append(out, 1)
		default:
			out = append(out, 0)
		}
		out = binary.BigEndian.AppendUint32(out, c.Added)
		out = appendLP8(out, []byte(c.Petname))
		out = appendLP8(out, []byte(c.Card.Name))
		number := identity.SafetyNumber(own, id)
		for _, group := range number.Groups() {
			out = append(out, group...)
		}
		out = appendLP8(out, []byte(number.Text()))
	}
	out = binary.BigEndian.AppendUint16(out, uint16(len(b.Follows)))
	return append(out, b.Follows...)
}

// ViewLook returns the same of a card that was looked at: u8 what | LP8 name | LP8
// petname of the contact it is about.
func (b *Book) ViewLook(l Look) []byte {
	out := appendLP8([]byte{byte(l.What)}, []byte(l.Card.Name))
	petname := ""
	if c := b.Find(l.Contact); c != nil {
		petname = c.Petname
	}
	return appendLP8(out, []byte(petname))
}
