package handshake

import (
	"bytes"
	"errors"
	"testing"

	"beeline/wasm/wire"
)

// A share is named in contact mode only.
func TestShareOutsideContactMode(t *testing.T) {
	w := newWorld()
	i, r := w.meet(t)
	m3 := i.AuthI(w.session, wire.KeySession, [16]byte{1})
	if _, _, err := r.CheckAuthI(m3, wire.KeySession); !errors.Is(err, wire.Format) {
		t.Errorf("CheckAuthI = %v, want %v", err, wire.Format)
	}
}

// Out of turn is a fault of our own code, so it panics; what a peer sends out of
// turn is refused.
func TestTurns(t *testing.T) {
	w := newWorld()
	i, r := w.meet(t)
	panics(t, "AuthI at R", func() { r.AuthI(w.session, 0, [16]byte{}) })
	panics(t, "AuthR before M3", func() { r.AuthR(0, 0) })
	panics(t, "AuthR at I", func() { i.AuthR(0, 0) })
	panics(t, "Secrets before M4", func() { i.Secrets() })
	panics(t, "Digits before M4", func() { r.Digits() })
	panics(t, "Resume before M4", func() { r.Resume() })
	m4 := append([]byte{wire.TAuthR, 0, 0, 0}, r.nonce[:]...)
	if _, _, err := i.CheckAuthR(m4); !errors.Is(err, wire.Format) {
		t.Errorf("M4 before M3 = %v, want %v", err, wire.Format)
	}
	m3 := i.AuthI(w.session, 0, [16]byte{})
	panics(t, "AuthI twice", func() { i.AuthI(w.session, 0, [16]byte{}) })
	if _, _, err := i.CheckAuthI(m3, 0); !errors.Is(err, wire.Format) {
		t.Errorf("M3 at I = %v, want %v", err, wire.Format)
	}
	if _, _, err := r.CheckAuthI(m3, 0); err != nil {
		t.Fatal(err)
	}
	if _, _, err := r.CheckAuthI(m3, 0); !errors.Is(err, wire.Format) {
		t.Errorf("M3 twice = %v, want %v", err, wire.Format)
	}
	m4 = r.AuthR(wire.StatusPending, 77)
	panics(t, "AuthR twice", func() { r.AuthR(0, 0) })
	if _, reason, err := i.CheckAuthR(m4); err != nil || reason != 0 {
		t.Errorf("pending with reason %d, %v; want 0: only a refusal has one", reason, err)
	}
	if _, _, err := i.CheckAuthR(m4); !errors.Is(err, wire.Format) {
		t.Errorf("M4 twice = %v, want %v", err, wire.Format)
	}
	i.Secrets()
	panics(t, "Secrets twice", func() { i.Secrets() })
}

// The SAS rule: whatever of M4 is varied, the digits never change, because nothing
// chosen after nR was committed goes in. S does change. PROTOCOL.md 2.4.
func TestDigitsDependOnNothingOfM4ButNR(t *testing.T) {
	w := newWorld()
	i, r := w.meet(t)
	m3 := i.AuthI(w.session, wire.KeySession, [16]byte{})
	if _, _, err := r.CheckAuthI(m3, wire.KeySession); err != nil {
		t.Fatal(err)
	}
	sessions := map[[32]byte]bool{}
	var first uint32
	for n, m := range []struct {
		status uint8
		reason uint16
	}{{0, 0}, {1, 0}, {2, 0}, {2, 16}, {2, 17}, {2, 65535}} {
		a, b := *i, *r
		status, reason, err := a.CheckAuthR(b.AuthR(m.status, m.reason))
		if err != nil || status != m.status || reason != m.reason {
			t.Fatalf("CheckAuthR = %d, %d, %v; want %+v", status, reason, err, m)
		}
		early := a.Digits()
		if a.Resume() != b.Resume() {
			t.Errorf("M4 %+v: the two sides have different ways back", m)
		}
		s, digits := a.Secrets()
		if early != digits {
			t.Errorf("M4 %+v: digits %06d while it waits, %06d after", m, early, digits)
		}
		if n == 0 {
			first = digits
		}
		if digits != first {
			t.Errorf("M4 %+v: digits %06d, want %06d", m, digits, first)
		}
		sessions[s] = true
	}
	if len(sessions) != 6 {
		t.Errorf("6 different M4 gave %d sessions", len(sessions))
	}
	// Another nR is E_SIG, before any status is looked at.
	m4 := r.AuthR(wire.StatusAccepted, 0)
	for bit := range 32 * 8 {
		bad := bytes.Clone(m4)
		bad[4+bit/8] ^= 1 << (bit % 8)
		bad[1] = 99 // a status that no honest peer sends
		if _, _, err := i.CheckAuthR(bad); !errors.Is(err, wire.Signature) {
			t.Fatalf("nR with bit %d flipped: %v, want %v", bit, err, wire.Signature)
		}
	}
	for _, bad := range [][]byte{edit(m4, 1, 3), edit(m4, 3, 1), m4[:35], append(bytes.Clone(m4), 0), edit(m4, 0, 1), nil} {
		if _, _, err := i.CheckAuthR(bad); !errors.Is(err, wire.Format) {
			t.Errorf("M4 %x = %v, want %v", bad, err, wire.Format)
		}
	}
	if _, _, err := i.CheckAuthR(m4); err != nil {
		t.Errorf("the true M4 after them: %v", err)
	}
}

// Every bit of M3 counts.
func TestEveryBitOfM3Counts(t *testing.T) {
	w := newWorld()
	i, r := w.meet(t)
	m3 := i.AuthI(w.session, wire.KeySession, [16]byte{})
	for bit := range len(m3) * 8 {
		bad := bytes.Clone(m3)
		bad[bit/8] ^= 1 << (bit % 8)
		if pk, _, err := r.CheckAuthI(bad, wire.KeySession); err == nil || pk != nil || r.PeerKey() != nil {
			t.Fatalf("bit %d flipped: %x, %v", bit, pk, err)
		}
	}
	if _, _, err := r.CheckAuthI(m3, wire.KeySession); err != nil {
		t.Errorf("the true M3 after them: %v", err)
	}
}
