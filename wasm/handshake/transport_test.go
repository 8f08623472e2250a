package handshake

import (
	"bytes"
	"errors"
	"testing"

	"beeline/wasm/wire"
)

// The channel is strict: what is lost, repeated, swapped or changed ends it, and
// what belongs to another run is dropped without a trace.
func TestChannelOrder(t *testing.T) {
	for name, mangle := range map[string]func(a, b []byte) [][]byte{
		"lost":     func(a, b []byte) [][]byte { return [][]byte{b} },
		"repeated": func(a, b []byte) [][]byte { return [][]byte{a, a} },
		"swapped":  func(a, b []byte) [][]byte { return [][]byte{b, a} },
		"changed":  func(a, b []byte) [][]byte { a[FrameSize-1] ^= 1; return [][]byte{a} },
	} {
		w := newWorld()
		i, r := w.meet(t)
		a, _ := i.Seal([]byte("a"))
		b, _ := i.Seal([]byte("b"))
		next, _ := i.Seal([]byte("c"))
		var err error
		for _, frame := range mangle(a, b) {
			_, err = r.Open(frame)
		}
		if !errors.Is(err, wire.SignalOrder) || !r.Broken() {
			t.Errorf("%s: %v, broken %v; want %v, broken", name, err, r.Broken(), wire.SignalOrder)
		}
		if _, err := r.Open(next); !errors.Is(err, wire.SignalOrder) {
			t.Errorf("%s: after it: %v, want %v", name, err, wire.SignalOrder)
		}
	}
	w := newWorld()
	i, r := w.meet(t)
	frame, _ := i.Seal([]byte("a"))
	for name, bad := range map[string][]byte{
		"short":       frame[:FrameSize-1],
		"long":        append(bytes.Clone(frame), 0),
		"version":     edit(frame, 0, 2),
		"kind":        edit(frame, 1, KindM2),
		"another run": edit(frame, 2, frame[2]^1),
	} {
		if _, err := r.Open(bad); !errors.Is(err, wire.Format) || r.Broken() {
			t.Errorf("%s: %v, broken %v; want %v, as if it never came", name, err, r.Broken(), wire.Format)
		}
	}
	if _, err := r.Open(frame); err != nil {
		t.Errorf("the true frame after them: %v", err)
	}
	r.Drop()
	i.Drop()
	if _, err := r.Open(frame); !errors.Is(err, wire.SignalOrder) {
		t.Errorf("Open after Drop = %v, want %v", err, wire.SignalOrder)
	}
	if _, err := i.Seal([]byte("a")); err == nil {
		t.Error("Seal after Drop seals")
	}
}

func TestSealRefusesWhatDoesNotFit(t *testing.T) {
	w := newWorld()
	i, _ := w.meet(t)
	for _, n := range []int{0, PayloadMax + 1} {
		if frame, err := i.Seal(make([]byte, n)); !errors.Is(err, wire.Format) || frame != nil {
			t.Errorf("Seal of %d bytes = %d bytes, %v; want nothing, %v", n, len(frame), err, wire.Format)
		}
	}
	if i.sent != 0 {
		t.Error("a refused payload used a number")
	}
}

// What a hostile peer seals is refused after it opened, and ends the run.
func TestPlaintextOfAHostilePeer(t *testing.T) {
	for name, plain := range map[string][]byte{
		"no payload":      make([]byte, plainT),
		"too long":        edit(make([]byte, plainT), 0, 0xFF),
		"one too long":    edit(edit(make([]byte, plainT), 0, byte((PayloadMax+1)>>8)), 1, byte((PayloadMax+1)&0xFF)),
		"padding":         edit(edit(make([]byte, plainT), 1, 3), 5, 1),
		"last of padding": edit(edit(make([]byte, plainT), 1, 3), plainT-1, 1),
	} {
		w := newWorld()
		i, r := w.meet(t)
		frame := i.send.Seal(newFrame(KindT, i.sid), noiseNonce(0), plain, nil)
		if payload, err := r.Open(frame); !errors.Is(err, wire.Format) || payload != nil || !r.Broken() {
			t.Errorf("%s: %x, %v, broken %v; want nothing, %v, broken", name, payload, err, r.Broken(), wire.Format)
		}
	}
}

func TestFrameKind(t *testing.T) {
	frame := make([]byte, FrameSize)
	for version := range 256 {
		for kind := range 256 {
			frame[0], frame[1], frame[17] = byte(version), byte(kind), 7
			k, sid, err := FrameKind(frame)
			if good := version == 1 && kind >= KindC1 && kind <= KindT; good != (err == nil) {
				t.Fatalf("version %d, kind %d: %v", version, kind, err)
			} else if good && (k != byte(kind) || sid[15] != 7) {
				t.Fatalf("FrameKind = %d, %x", k, sid)
			}
		}
	}
	for _, n := range []int{0, 1, FrameSize - 1, FrameSize + 1} {
		if _, _, err := FrameKind(make([]byte, n)); !errors.Is(err, wire.Format) {
			t.Errorf("%d bytes: %v, want %v", n, err, wire.Format)
		}
	}
}
