package handshake

import (
	"encoding/binary"

	"beeline/wasm/wire"
)

// protocolName goes into the first hash, so that peers who mean different
// protocols never agree on a key. PROTOCOL.md e.
const protocolName = "Noise_pqNNpsk0_XWing_ChaChaPoly_SHA256/bee1"

// ProtocolVersion is the only version this build speaks.
const ProtocolVersion = 1

// CapGo in Run.Caps says that this end is a Go peer, whose associations must be
// rotated (PROTOCOL.md f.1). Unknown bits are ignored.
const CapGo = 1 << 0

// A Run is what both sides of one handshake know before it begins. All but Caps
// and PSK goes into the first hash: a frame of another run opens nothing here.
type Run struct {
	Mode  uint8    // wire.ModeLink …
	Epoch uint32   // hour of the topic, as the initiator knocked on it
	Topic [32]byte // where the frames cross
	SID   [16]byte // random, chosen by the initiator for each run
	Ctx   []byte   // by mode: link fingerprint 16 | H(C1‖C2) | edA‖edB | pkR‖pkI
	PSK   [32]byte
	Caps  uint32 // own capabilities, told to the other side
}

// start returns the state after the prologue and the psk. PROTOCOL.md e.
func (r *Run) start() symmetric {
	p := make([]byte, 0, 13+1+4+32+16+2+len(r.Ctx))
	p = append(p, "bee1 prologue"...)
	p = append(p, r.Mode)
	p = binary.BigEndian.AppendUint32(p, r.Epoch)
	p = append(p, r.Topic[:]...)
	p = append(p, r.SID[:]...)
	p = binary.BigEndian.AppendUint16(p, uint16(len(r.Ctx)))
	p = append(p, r.Ctx...)

	s := newSymmetric(protocolName)
	s.mixHash(p)
	s.mixKeyAndHash(r.PSK[:])
	return s
}

// responderKey says whether a key of this type may sign M2 in this mode. In resume
// mode it is the type of the first session, which the caller's pin knows.
func (r *Run) responderKey(idtype uint8) bool {
	switch r.Mode {
	case wire.ModeLink:
		return idtype == wire.KeyShare
	case wire.ModeCode, wire.ModeDevice:
		return idtype == wire.KeySession
	case wire.ModeContact:
		return idtype == wire.KeyIdentity
	case wire.ModeResume:
		return true
	}
	return false
}
