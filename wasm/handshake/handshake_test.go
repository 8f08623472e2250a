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
		{wire.ModeDevice, wire.KeySession, wire.KeySession, [16]byte{}},
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
	if !reflect.DeepEqual(*initiator, Initiator{}) {
		t.Error("psk, chaining key or KEM key outlive their run")
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
