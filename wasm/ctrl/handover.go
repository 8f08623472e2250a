package ctrl

import "beeline/wasm/wire"

// HandoverPart is the most bytes of a Handover.
const HandoverPart = wire.CtrlMax - 2

// Handover is a part of what a device hands to another one of the same person: the
// contents of a backup. PROTOCOL.md (c) and (i).
// 1E: u8 last, 1..61,438 bytes.
type Handover struct {
	Last bool   // the contents end with this message
	Part []byte // aliases the message given to Parse
}

func (m Handover) Append(b []byte) []byte {
	return append(append(b, wire.Handover, flag(m.Last)), m.Part...)
}

func parseHandover(b []byte) (Message, bool) {
	if len(b) < 2 || b[0] > 1 {
		return nil, false
	}
	return Handover{b[0] == 1, b[1:]}, true
}
