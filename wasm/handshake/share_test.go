package handshake

import (
	"bytes"
	"testing"

	"beeline/wasm/wire"
)

func TestShareFrames(t *testing.T) {
	sid, share := [16]byte{1, 2}, [ShareSize]byte{3, 4}
	for _, kind := range []uint8{KindC1, KindC2} {
		a, b := NewShare(kind, sid, share), NewShare(kind, sid, share)
		if len(a) != FrameSize || bytes.Equal(a[bodyAt+ShareSize:], b[bodyAt+ShareSize:]) {
			t.Errorf("kind %d: %d bytes; what the share leaves of two frames is the same", kind, len(a))
		}
		if got, err := ParseShare(a, kind, sid); err != nil || got != share {
			t.Errorf("ParseShare = %x, %v; want %x", got, err, share)
		}
		for what, err := range map[string]error{
			"another kind": second(ParseShare(a, KindC1+KindC2-kind, sid)),
			"another run":  second(ParseShare(a, kind, [16]byte{9})),
			"cut short":    second(ParseShare(a[:100], kind, sid)),
			"no share":     second(ParseShare(append([]byte{1, KindM1}, a[2:]...), KindM1, sid)),
		} {
			if wire.CodeOf(err) != wire.Format {
				t.Errorf("%s: %v, want %v", what, err, wire.Format)
			}
		}
	}
}

// The prologue holds the whole bodies: one bit anywhere in C1 or C2, also in what
// is only random, gives two sides two handshakes.
func TestEveryBitOfC1AndC2Counts(t *testing.T) {
	c1, c2 := NewShare(KindC1, [16]byte{1}, [32]byte{2}), NewShare(KindC2, [16]byte{1}, [32]byte{3})
	ctx := CodeCtx(c1, c2)
	for at := bodyAt; at < FrameSize; at += 37 {
		for _, frame := range [][]byte{c1, c2} {
			frame[at] ^= 1
			if bytes.Equal(CodeCtx(c1, c2), ctx) {
				t.Fatalf("byte %d changes nothing", at)
			}
			frame[at] ^= 1
		}
	}
	if bytes.Equal(CodeCtx(c2, c1), ctx) {
		t.Error("the order changes nothing")
	}
}

func second[T any](_ T, err error) error { return err }
