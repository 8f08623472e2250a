package handshake

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"reflect"
	"testing"

	"beeline/wasm/invite"
	"beeline/wasm/testdata"
	"beeline/wasm/wire"
)

// A world is one share with its link, and somebody who has the link.
type world struct {
	link    invite.Link
	share   ed25519.PrivateKey // the sharer's key
	session ed25519.PrivateKey // the recipient's key
	run     Run
}

func newWorld() world {
	_, share, _ := ed25519.GenerateKey(nil)
	_, session, _ := ed25519.GenerateKey(nil)
	w := world{share: share, session: session}
	w.link = invite.New(invite.Approval, share.Public().(ed25519.PublicKey))
	w.run = linkRun(w.link, 497_208)
	return w
}

// linkRun is what both sides of a link know.
func linkRun(l invite.Link, epoch uint32) Run {
	r := Run{Mode: wire.ModeLink, Epoch: epoch, Topic: l.Topic(epoch), Ctx: l.Fingerprint[:], PSK: l.PSK()}
	rand.Read(r.SID[:])
	return r
}

func (w *world) pinned(idtype uint8, pk ed25519.PublicKey) bool {
	return idtype == wire.KeyShare && invite.Fingerprint(pk) == w.link.Fingerprint
}

// meet runs M1 and M2 between honest sides.
func (w *world) meet(t testing.TB) (i, r *Transport) {
	t.Helper()
	initiator, m1, err := Initiate(w.run)
	if err != nil {
		t.Fatal(err)
	}
	r, m2, err := Respond(w.run, m1, wire.KeyShare, w.share)
	if err != nil {
		t.Fatalf("Respond: %v", err)
	}
	if i, err = initiator.Accept(m2, w.pinned); err != nil {
		t.Fatalf("Accept: %v", err)
	}
	return i, r
}

// pass seals payload at one side and opens it at the other.
func pass(t testing.TB, from, to *Transport, payload []byte) []byte {
	t.Helper()
	frame, err := from.Seal(payload)
	if err != nil || len(frame) != FrameSize {
		t.Fatalf("Seal = %d bytes, %v; want %d", len(frame), err, FrameSize)
	}
	got, err := to.Open(frame)
	if err != nil || !bytes.Equal(got, payload) {
		t.Fatalf("Open = %x, %v; want %x", got, err, payload)
	}
	return got
}

// authenticate runs M3 and M4 between honest sides.
func (w *world) authenticate(t testing.TB, i, r *Transport, status uint8, reason uint16) {
	t.Helper()
	m3 := pass(t, i, r, i.AuthI(w.session, wire.KeySession, [16]byte{}))
	if _, _, err := r.CheckAuthI(m3, wire.KeySession); err != nil {
		t.Fatalf("CheckAuthI: %v", err)
	}
	m4 := pass(t, r, i, r.AuthR(status, reason))
	gotStatus, gotReason, err := i.CheckAuthR(m4)
	if err != nil || gotStatus != status || gotReason != reason {
		t.Fatalf("CheckAuthR = %d, %d, %v; want %d, %d", gotStatus, gotReason, err, status, reason)
	}
}

func TestTwoSidesMeet(t *testing.T) {
	w := newWorld()
	w.run.Caps = CapGo
	i, r := w.meet(t)
	if got, want := i.PeerKey(), w.share.Public(); !got.Equal(want) {
		t.Errorf("initiator's peer = %x, want %x", got, want)
	}
	if r.PeerKey() != nil {
		t.Error("the responder knows a peer before M3")
	}
	w.authenticate(t, i, r, wire.StatusAccepted, 0)
	if got, want := r.PeerKey(), w.session.Public(); !got.Equal(want) {
		t.Errorf("responder's peer = %x, want %x", got, want)
	}
	if i.PeerCaps() != CapGo || r.PeerCaps() != CapGo || i.Version() != 1 || r.Version() != 1 {
		t.Errorf("caps %d, %d, versions %d, %d; want 1 everywhere", i.PeerCaps(), r.PeerCaps(), i.Version(), r.Version())
	}
	sI, digitsI := i.Secrets()
	sR, digitsR := r.Secrets()
	if sI != sR || sI == [32]byte{} {
		t.Errorf("S = %x and %x, want one", sI, sR)
	}
	if digitsI != digitsR || digitsI >= 1_000_000 {
		t.Errorf("SAS = %d and %d, want one below 1,000,000", digitsI, digitsR)
	}
	if i.exp != [32]byte{} || r.exp != [32]byte{} {
		t.Error("exp outlives the secrets made from it")
	}
	pass(t, r, i, AppendStatus(nil, wire.StatusRefused, wire.Busy.Number()))
	pass(t, i, r, AppendBye(nil, 0))
	pass(t, i, r, bytes.Repeat([]byte{1}, PayloadMax))
}

// Every run has its own session, also of the same people.
func TestNoSessionComesTwice(t *testing.T) {
	w := newWorld()
	seen := map[[32]byte]bool{}
	for range 5 {
		i, r := w.meet(t)
		w.authenticate(t, i, r, wire.StatusAccepted, 0)
		s, _ := i.Secrets()
		if seen[s] {
			t.Fatal("a session came twice")
		}
		seen[s] = true
	}
}

// The other modes are the same messages with other parameters.
func TestModes(t *testing.T) {
	for _, c := range []struct {
		mode, idR, idI uint8
		share          [16]byte
	}{
		{wire.ModeLink, wire.KeyShare, wire.KeySession, [16]byte{}},
		{wire.ModeCode, wire.KeySession, wire.KeySession, [16]byte{}},
		{wire.ModeContact, wire.KeyIdentity, wire.KeyIdentity, [16]byte{9}},
		{wire.ModeContact, wire.KeyIdentity, wire.KeyIdentity, [16]byte{}}, // a listing session
		{wire.ModeResume, wire.KeyShare, wire.KeySession, [16]byte{}},
		{wire.ModeResume, wire.KeySession, wire.KeySession, [16]byte{}},
		{wire.ModeDevice, wire.KeyIdentity, wire.KeySession, [16]byte{}},
	} {
		w := newWorld()
		w.run.Mode = c.mode
		for idR := range uint8(5) {
			initiator, m1, _ := Initiate(w.run)
			_, m2, err := Respond(w.run, m1, idR, w.share)
			if err != nil {
				t.Fatal(err)
			}
			// In resume mode the pin alone knows which type the first session had.
			i, err := initiator.Accept(m2, func(id uint8, pk ed25519.PublicKey) bool {
				return pk.Equal(w.share.Public()) && (c.mode != wire.ModeResume || id == c.idR)
			})
			want := wire.None
			if idR > wire.KeyIdentity {
				want = wire.Version
			} else if idR != c.idR {
				want = wire.Identity
			}
			if got := wire.CodeOf(err); got != want {
				t.Errorf("mode %d, M2 with key of type %d: %v, want %v", c.mode, idR, err, want)
			}
			if (i == nil) != (want != wire.None) {
				t.Errorf("mode %d, type %d: a transport besides %v", c.mode, idR, err)
			}
		}
		for idI := range uint8(5) {
			initiator, m1, _ := Initiate(w.run)
			r, m2, _ := Respond(w.run, m1, c.idR, w.share)
			i, err := initiator.Accept(m2, func(uint8, ed25519.PublicKey) bool { return true })
			if err != nil {
				t.Fatal(err)
			}
			_, share, err := r.CheckAuthI(i.AuthI(w.session, idI, c.share), c.idI)
			want := wire.None
			if idI > wire.KeyIdentity {
				want = wire.Version
			} else if idI != c.idI {
				want = wire.Identity
			}
			if got := wire.CodeOf(err); got != want || (err == nil && share != c.share) {
				t.Errorf("mode %d, M3 with key of type %d: %v, want %v", c.mode, idI, err, want)
			}
		}
	}
	w := newWorld()
	w.run.Mode = 9
	initiator, m1, _ := Initiate(w.run)
	_, m2, _ := Respond(w.run, m1, wire.KeyShare, w.share)
	if _, err := initiator.Accept(m2, w.pinned); !errors.Is(err, wire.Identity) {
		t.Errorf("unknown mode: %v, want %v", err, wire.Identity)
	}
}

// A share is named in contact mode only.
func TestShareOutsideContactMode(t *testing.T) {
	w := newWorld()
	i, r := w.meet(t)
	m3 := i.AuthI(w.session, wire.KeySession, [16]byte{1})
	if _, _, err := r.CheckAuthI(m3, wire.KeySession); !errors.Is(err, wire.Format) {
		t.Errorf("CheckAuthI = %v, want %v", err, wire.Format)
	}
}

// Everything both sides must agree on before they begin: one difference anywhere
// and M1 is refused in silence.
func TestPrologueAndSecret(t *testing.T) {
	w := newWorld()
	for name, change := range map[string]func(*Run){
		"mode":          func(r *Run) { r.Mode = wire.ModeResume },
		"epoch":         func(r *Run) { r.Epoch++ },
		"topic":         func(r *Run) { r.Topic[31] ^= 1 },
		"context":       func(r *Run) { r.Ctx = append([]byte{1}, r.Ctx[1:]...) },
		"short context": func(r *Run) { r.Ctx = r.Ctx[:15] },
		"no context":    func(r *Run) { r.Ctx = nil },
		"psk":           func(r *Run) { r.PSK[0] ^= 1 },
	} {
		other := w.run
		change(&other)
		_, m1, _ := Initiate(w.run)
		if _, _, err := Respond(other, m1, wire.KeyShare, w.share); !errors.Is(err, wire.PSK) {
			t.Errorf("%s differs at R: %v, want %v", name, err, wire.PSK)
		}
	}
	other := w.run
	other.SID[0] ^= 1
	_, m1, _ := Initiate(w.run)
	if _, _, err := Respond(other, m1, wire.KeyShare, w.share); !errors.Is(err, wire.Format) {
		t.Errorf("M1 of another run: %v, want %v", err, wire.Format)
	}
	copy(m1[2:], other.SID[:]) // the hub fixes the header
	if _, _, err := Respond(other, m1, wire.KeyShare, w.share); !errors.Is(err, wire.PSK) {
		t.Errorf("M1 with another sid written over its own: %v, want %v", err, wire.PSK)
	}
}

// Whatever an M2 is, an Initiator that does not take it is as it was, and takes the
// honest one after it.
func TestFailedAnswersLeaveNoTrace(t *testing.T) {
	w := newWorld()
	initiator, m1, _ := Initiate(w.run)
	_, good, err := Respond(w.run, m1, wire.KeyShare, w.share)
	if err != nil {
		t.Fatal(err)
	}
	before := *initiator
	for at := 0; at < FrameSize; at += 37 {
		bad := bytes.Clone(good)
		bad[at] ^= 0x40
		tr, err := initiator.Accept(bad, w.pinned)
		if c := wire.CodeOf(err); tr != nil || c != wire.Format && c != wire.KEM && c != wire.PSK {
			t.Fatalf("byte %d flipped: %v", at, err)
		}
		if !reflect.DeepEqual(before, *initiator) {
			t.Fatalf("byte %d flipped: the initiator changed", at)
		}
	}
	if _, err := initiator.Accept(good, w.pinned); err != nil {
		t.Fatalf("the honest answer after all of them: %v", err)
	}
	if initiator.key != nil {
		t.Error("the KEM key outlives its run")
	}
	if _, err := initiator.Accept(good, w.pinned); !errors.Is(err, ErrSpent) {
		t.Errorf("a second answer = %v, want %v", err, ErrSpent)
	}
}

// Nothing opens an M1 that was changed in any place, and the KEM isn't touched
// before the tag was right: a broken KEM key under a wrong tag is E_PSK.
func TestTagBeforeKEM(t *testing.T) {
	w := newWorld()
	_, m1, _ := Initiate(w.run)
	for at := bodyAt; at < FrameSize; at += 37 {
		bad := bytes.Clone(m1)
		bad[at] ^= 0x40
		if _, _, err := Respond(w.run, bad, wire.KeyShare, w.share); !errors.Is(err, wire.PSK) {
			t.Fatalf("byte %d flipped: %v, want %v", at, err, wire.PSK)
		}
	}
	bad := bytes.Clone(m1)
	for i := range publicKeySize {
		bad[bodyAt+i] = 0xFF // no ML-KEM key: above the modulus
	}
	if _, _, err := Respond(w.run, bad, wire.KeyShare, w.share); !errors.Is(err, wire.PSK) {
		t.Errorf("a KEM key of all ones = %v, want %v", err, wire.PSK)
	}
}

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

// Out of turn is a fault of our own code, so it panics; what a peer sends out of
// turn is refused.
func TestTurns(t *testing.T) {
	w := newWorld()
	i, r := w.meet(t)
	panics(t, "AuthI at R", func() { r.AuthI(w.session, 0, [16]byte{}) })
	panics(t, "AuthR before M3", func() { r.AuthR(0, 0) })
	panics(t, "AuthR at I", func() { i.AuthR(0, 0) })
	panics(t, "Secrets before M4", func() { i.Secrets() })
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
		s, digits := a.Secrets()
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

func BenchmarkHandshake(b *testing.B) {
	w := newWorld()
	for b.Loop() {
		i, r := w.meet(b)
		w.authenticate(b, i, r, wire.StatusAccepted, 0)
		i.Secrets()
		r.Secrets()
	}
}

func TestCorpora(t *testing.T) { testdata.Corpora(t) }

// edit returns a copy of b with one byte changed.
func edit(b []byte, at int, to byte) []byte {
	b = bytes.Clone(b)
	b[at] = to
	return b
}

func panics(t *testing.T, name string, f func()) {
	t.Helper()
	defer func() {
		if recover() == nil {
			t.Errorf("%s: no panic", name)
		}
	}()
	f()
}
