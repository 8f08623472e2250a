package handshake

import (
	"encoding/binary"

	"beeline/wasm/wire"
)

// A signaling frame is always 2,048 bytes, so that the hub can't tell one from
// another by its size. PROTOCOL.md d.3.
//
//	0 u8 version=1 | 1 u8 kind | 2 sid 16 | 18 body 2030
const (
	FrameSize = 2048

	frameVersion = 1
	bodyAt       = 18
	tagSize      = 16

	publicKeySize = 1216 // X-Wing
	kemTextSize   = 1120

	plainM1 = FrameSize - bodyAt - publicKeySize - tagSize // 798
	plainM2 = FrameSize - bodyAt - kemTextSize - tagSize   // 894
	plainT  = FrameSize - bodyAt - tagSize                 // 2,014

	// PayloadMax is the size in bytes of the largest payload of a T frame.
	PayloadMax = plainT - 2
)

// Kinds of frame. PROTOCOL.md d.3.
const (
	KindC1 = 1 // CPace, for spoken codes
	KindC2 = 2
	KindM1 = 3 // recipient → sharer
	KindM2 = 4 // sharer → recipient
	KindT  = 5 // either way
)

// FrameKind returns the kind of a frame and the run it says it belongs to. It
// fails with [wire.Format] if no peer of this version made the frame. Nothing of
// this is authenticated: a frame that fails is dropped without a word.
func FrameKind(frame []byte) (kind uint8, sid [16]byte, err error) {
	if len(frame) != FrameSize {
		return 0, sid, wire.Format.Because("frame of another length")
	}
	if frame[0] != frameVersion || frame[1] < KindC1 || frame[1] > KindT {
		return 0, sid, wire.Format.Because("frame of another version or kind")
	}
	return frame[1], [16]byte(frame[2:bodyAt]), nil
}

// newFrame returns the header of a frame, with room for the rest.
func newFrame(kind uint8, sid [16]byte) []byte {
	frame := append(make([]byte, 0, FrameSize), frameVersion, kind)
	return append(frame, sid[:]...)
}

// openFrame returns the body of a frame that must be of this kind and run.
func openFrame(frame []byte, kind uint8, sid [16]byte) ([]byte, error) {
	k, s, err := FrameKind(frame)
	if err != nil {
		return nil, err
	}
	if k != kind || s != sid {
		return nil, wire.Format.Because("frame of another kind or run")
	}
	return frame[bodyAt:], nil
}

// pad returns u16 n ‖ payload ‖ zeros, size bytes in all. It panics if payload
// doesn't fit: [Transport.Seal] checks what comes from outside.
func pad(payload []byte, size int) []byte {
	if len(payload) > size-2 {
		panic("handshake: payload too large")
	}
	plain := make([]byte, size)
	binary.BigEndian.PutUint16(plain, uint16(len(payload)))
	copy(plain[2:], payload)
	return plain
}

// unpad undoes pad. Padding other than zeros is refused: it would be a channel
// that nobody looks into.
func unpad(plain []byte) ([]byte, error) {
	n := int(binary.BigEndian.Uint16(plain))
	if n > len(plain)-2 {
		return nil, wire.Format.Because("payload longer than its frame")
	}
	for _, b := range plain[2+n:] {
		if b != 0 {
			return nil, wire.Format.Because("padding is not zero")
		}
	}
	return plain[2 : 2+n : 2+n], nil
}
