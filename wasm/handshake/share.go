package handshake

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"

	"beeline/wasm/wire"
)

// ShareSize is the size in bytes of what C1 and C2 carry: one share of CPace.
const ShareSize = 32

// NewShare returns the frame C1 (from the initiator) or C2 of a run, by which a
// spoken code becomes a psk. What the share leaves of the body is random, so that
// a frame with a share looks like one without. PROTOCOL.md (c).
func NewShare(kind uint8, sid [16]byte, share [ShareSize]byte) []byte {
	if kind != KindC1 && kind != KindC2 {
		panic("handshake: no frame for a share")
	}
	frame := newFrame(kind, sid)[:FrameSize]
	n := copy(frame[bodyAt:], share[:])
	rand.Read(frame[bodyAt+n:])
	return frame
}

// ParseShare returns the share of a C1 or C2. It fails with [wire.Format] where
// frame is no such frame of this run.
func ParseShare(frame []byte, kind uint8, sid [16]byte) ([ShareSize]byte, error) {
	if kind != KindC1 && kind != KindC2 {
		return [ShareSize]byte{}, wire.Format.Because("no frame with a share")
	}
	body, err := openFrame(frame, kind, sid)
	if err != nil {
		return [ShareSize]byte{}, err
	}
	return [ShareSize]byte(body), nil
}

// CodeCtx returns what Run.Ctx is after C1 and C2: H(C1 body ‖ C2 body), over the
// whole bodies. Both frames must be ones that [ParseShare] takes.
func CodeCtx(c1, c2 []byte) []byte {
	h := sha256.Sum256(bytes.Join([][]byte{c1[bodyAt:], c2[bodyAt:]}, nil))
	return h[:]
}

// NoAnswer returns a frame in the form of M2 that opens under no key: what an M1
// with other words is answered with. PROTOCOL.md (c).
func NoAnswer(sid [16]byte) []byte {
	frame := newFrame(KindM2, sid)[:FrameSize]
	rand.Read(frame[bodyAt:])
	return frame
}
