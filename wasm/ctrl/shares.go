package ctrl

import "beeline/wasm/wire"

// An Offer is one share of a listing session: what a contact sees of it before
// opening it.
type Offer struct {
	ID      [16]byte // share_id
	Bytes   uint64   // listed so far, ≤ 2⁶⁰
	Entries uint32   // files and folders listed so far, ≤ wire.EntriesMax
	Expires uint64   // unix seconds; 0: never
	Title   string   // 0..200 bytes as they came
}

const (
	offerFixed = 37 // an Offer without its title
	// OffersPerMessage is how many offers fit into a message, whatever their titles.
	OffersPerMessage = (wire.CtrlMax - 4) / (offerFixed + wire.TitleMax)
)

// Shares is what a sharer has for the contact who looks, whole again each time it
// changes. A list of more than [OffersPerMessage] comes in several messages.
// 1D: u8 last, u16 n, n × (share_id 16, u64 bytes, u32 entries, u64 expires, LP8 title).
type Shares struct {
	Last   bool    // the list ends with this message
	Offers []Offer // at most OffersPerMessage
}

func (m Shares) Append(b []byte) []byte {
	b = be.AppendUint16(append(b, wire.Shares, flag(m.Last)), uint16(len(m.Offers)))
	for _, o := range m.Offers {
		b = append(b, o.ID[:]...)
		b = be.AppendUint64(b, o.Bytes)
		b = be.AppendUint32(b, o.Entries)
		b = be.AppendUint64(b, o.Expires)
		b = append(append(b, byte(len(o.Title))), o.Title...)
	}
	return b
}

func parseShares(b []byte) (Message, bool) {
	if len(b) < 3 || b[0] > 1 {
		return nil, false
	}
	n := int(be.Uint16(b[1:]))
	if n > OffersPerMessage {
		return nil, false
	}
	m := Shares{Last: b[0] == 1}
	for b = b[3:]; n > 0; n-- {
		if len(b) < offerFixed {
			return nil, false
		}
		o := Offer{ID: [16]byte(b), Bytes: be.Uint64(b[16:]), Entries: be.Uint32(b[24:]), Expires: be.Uint64(b[28:])}
		title := int(b[36])
		if b = b[offerFixed:]; len(b) < title || title > wire.TitleMax || o.Bytes > wire.TotalMax || o.Entries > wire.EntriesMax {
			return nil, false
		}
		o.Title, b = string(b[:title]), b[title:]
		m.Offers = append(m.Offers, o)
	}
	return m, len(b) == 0
}
