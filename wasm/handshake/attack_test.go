package handshake

import (
	"bytes"
	"crypto"
	"crypto/ecdh"
	"crypto/ed25519"
	"crypto/hpke"
	"crypto/mlkem"
	"crypto/sha3"
	"errors"
	"testing"

	"beeline/wasm/invite"
	"beeline/wasm/wire"
)

// The numbers are those of PROTOCOL.md 3.

// Attack 1: the hub runs two handshakes, one with each side, without the link. R
// drops its M1, I ignores its M2, and nobody has a session.
func TestAttack1HubInTheMiddle(t *testing.T) {
	w := newWorld()
	guess := w.run // the hub sees topic and sid; the context and the psk it must guess
	guess.PSK = [32]byte{}
	_, mallory, _ := ed25519.GenerateKey(nil)

	_, m1, _ := Initiate(guess)
	if tr, m2, err := Respond(w.run, m1, wire.KeyShare, w.share); !errors.Is(err, wire.PSK) || tr != nil || m2 != nil {
		t.Errorf("R answers the hub: %v, want %v", err, wire.PSK)
	}
	initiator, m1, _ := Initiate(w.run)
	if _, _, err := Respond(guess, m1, wire.KeyShare, mallory); !errors.Is(err, wire.PSK) {
		t.Errorf("the hub opens M1: %v, want %v", err, wire.PSK)
	}
	// It can't open M1, but it can use the KEM key in it and go on blindly.
	s := guess.start()
	pk := m1[bodyAt : bodyAt+publicKeySize]
	s.mixHash(pk)
	s.mixKey(pk)
	s.mixHash(m1[bodyAt+publicKeySize:])
	text, secret, err := encapsulate(pk, s.h)
	if err != nil {
		t.Fatal(err)
	}
	m2 := forger{key: mallory}.finish(guess, s, text, secret)
	if tr, err := initiator.Accept(m2, w.pinned); !errors.Is(err, wire.PSK) || tr != nil {
		t.Errorf("I takes the hub's M2: %v, want %v", err, wire.PSK)
	}
}

// Attack 2, the part before ctrl: the description crosses in a T frame, and a hub
// that flips any byte of it ends the run.
func TestAttack2DescriptionChanged(t *testing.T) {
	w := newWorld()
	i, r := w.meet(t)
	w.authenticate(t, i, r, wire.StatusAccepted, 0)
	frame, _ := r.Seal(append([]byte{wire.TDesc}, bytes.Repeat([]byte("fingerprint"), 50)...))
	for at := bodyAt; at < FrameSize; at += 13 {
		twin := *i
		if _, err := twin.Open(edit(frame, at, frame[at]^0x10)); !errors.Is(err, wire.SignalOrder) {
			t.Fatalf("byte %d flipped: %v, want %v", at, err, wire.SignalOrder)
		}
	}
	if _, err := i.Open(frame); err != nil {
		t.Errorf("the true frame: %v", err)
	}
}

// Attack 3: a recorded run is played again. In another hour or on another topic M1
// fails its tag. In the same hour it opens once more, which tells only that the
// sharer is online: the new M2 is under a KEM secret that the recorder hasn't got.
// (That R remembers M1 and drops even this is the session's part.)
func TestAttack3Replay(t *testing.T) {
	w := newWorld()
	initiator, m1, _ := Initiate(w.run)
	r, m2, _ := Respond(w.run, m1, wire.KeyShare, w.share)
	i, err := initiator.Accept(m2, w.pinned)
	if err != nil {
		t.Fatal(err)
	}
	first, _ := i.Seal(i.AuthI(w.session, wire.KeySession, [16]byte{}))

	later := w.run
	later.Epoch, later.Topic = w.run.Epoch+1, w.link.Topic(w.run.Epoch+1)
	if _, _, err := Respond(later, m1, wire.KeyShare, w.share); !errors.Is(err, wire.PSK) {
		t.Errorf("M1 of the hour before = %v, want %v", err, wire.PSK)
	}
	again, m2Again, err := Respond(w.run, m1, wire.KeyShare, w.share)
	if err != nil || bytes.Equal(m2, m2Again) {
		t.Fatalf("M1 again in its hour: %v, equal M2 %v", err, bytes.Equal(m2, m2Again))
	}
	if _, err := again.Open(first); !errors.Is(err, wire.SignalOrder) {
		t.Errorf("recorded M3 in the new run = %v, want %v", err, wire.SignalOrder)
	}
	// An old M2 for a new M1, also under the old sid.
	fresh, _, _ := Initiate(w.run)
	if _, err := fresh.Accept(m2, w.pinned); !errors.Is(err, wire.PSK) {
		t.Errorf("recorded M2 = %v, want %v", err, wire.PSK)
	}
	if _, err := r.Open(first); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Open(first); !errors.Is(err, wire.SignalOrder) {
		t.Errorf("M3 twice = %v, want %v", err, wire.SignalOrder)
	}
}

// Attack 4: the hub sends everything back to where it came from, as it is and with
// the kind rewritten.
func TestAttack4Reflection(t *testing.T) {
	w := newWorld()
	initiator, m1, _ := Initiate(w.run)
	r, m2, _ := Respond(w.run, m1, wire.KeyShare, w.share)
	if _, err := initiator.Accept(m1, w.pinned); !errors.Is(err, wire.Format) {
		t.Errorf("M1 back at I = %v, want %v", err, wire.Format)
	}
	if _, err := initiator.Accept(edit(m1, 1, KindM2), w.pinned); wire.CodeOf(err) != wire.PSK && wire.CodeOf(err) != wire.KEM {
		t.Errorf("M1 back at I as M2 = %v, want %v or %v", err, wire.PSK, wire.KEM)
	}
	if _, _, err := Respond(w.run, m2, wire.KeyShare, w.share); !errors.Is(err, wire.Format) {
		t.Errorf("M2 back at R = %v, want %v", err, wire.Format)
	}
	if _, _, err := Respond(w.run, edit(m2, 1, KindM1), wire.KeyShare, w.share); !errors.Is(err, wire.PSK) {
		t.Errorf("M2 back at R as M1 = %v, want %v", err, wire.PSK)
	}
	i, err := initiator.Accept(m2, w.pinned)
	if err != nil {
		t.Fatal(err)
	}
	m3 := i.AuthI(w.session, wire.KeySession, [16]byte{})
	frame, _ := i.Seal(m3)
	if _, err := i.Open(frame); !errors.Is(err, wire.SignalOrder) {
		t.Errorf("T back at I = %v, want %v", err, wire.SignalOrder)
	}
	frame, _ = r.Seal([]byte{wire.TStatus, 0, 0, 0})
	if _, err := r.Open(frame); !errors.Is(err, wire.SignalOrder) {
		t.Errorf("T back at R = %v, want %v", err, wire.SignalOrder)
	}
	// The payloads are labelled too: M3 is no M2 signature and no M4.
	if err := verify(w.session.Public().(ed25519.PublicKey), signR, i.binding, m3[:signedM3], m3[signedM3:]); !errors.Is(err, wire.Signature) {
		t.Errorf("M3's signature as R's = %v, want %v", err, wire.Signature)
	}
}

// Attack 5: two pairs meet at one time, and the hub swaps their frames; first those
// of two links, then those of two recipients of one link.
func TestAttack5CrossWiring(t *testing.T) {
	a := newWorld()
	b := newWorld()
	c := a // another recipient of a's link
	c.run = linkRun(a.link, a.run.Epoch)
	for name, pair := range map[string][2]world{"two links": {a, b}, "one link": {a, c}} {
		x, y := pair[0], pair[1]
		ix, m1x, _ := Initiate(x.run)
		iy, m1y, _ := Initiate(y.run)
		as := func(frame []byte, r Run) []byte { // with the sid the receiver expects
			f := bytes.Clone(frame)
			copy(f[2:bodyAt], r.SID[:])
			return f
		}
		if _, _, err := Respond(y.run, m1x, wire.KeyShare, y.share); !errors.Is(err, wire.Format) {
			t.Errorf("%s: M1 of the other = %v, want %v", name, err, wire.Format)
		}
		if _, _, err := Respond(y.run, as(m1x, y.run), wire.KeyShare, y.share); !errors.Is(err, wire.PSK) {
			t.Errorf("%s: M1 of the other, sid fixed = %v, want %v", name, err, wire.PSK)
		}
		rx, m2x, _ := Respond(x.run, m1x, wire.KeyShare, x.share)
		ry, m2y, _ := Respond(y.run, m1y, wire.KeyShare, y.share)
		if _, err := ix.Accept(as(m2y, x.run), x.pinned); !errors.Is(err, wire.PSK) {
			t.Errorf("%s: M2 of the other = %v, want %v", name, err, wire.PSK)
		}
		tx, err := ix.Accept(m2x, x.pinned)
		if err != nil {
			t.Fatal(err)
		}
		ty, err := iy.Accept(m2y, y.pinned)
		if err != nil {
			t.Fatal(err)
		}
		m3x := tx.AuthI(x.session, wire.KeySession, [16]byte{})
		frame, _ := tx.Seal(m3x)
		twin := *ry
		if _, err := twin.Open(as(frame, y.run)); !errors.Is(err, wire.SignalOrder) {
			t.Errorf("%s: T of the other = %v, want %v", name, err, wire.SignalOrder)
		}
		// Even an insider who carries M3 over himself fails: it signs h.
		if _, _, err := ry.CheckAuthI(m3x, wire.KeySession); !errors.Is(err, wire.Signature) {
			t.Errorf("%s: M3 of the other = %v, want %v", name, err, wire.Signature)
		}
		x.authenticateAs(t, tx, rx, m3x, frame)
		y.authenticate(t, ty, ry, wire.StatusAccepted, 0)
	}
}

// authenticateAs ends an honest run whose M3 was sealed already.
func (w *world) authenticateAs(t *testing.T, i, r *Transport, m3, frame []byte) {
	t.Helper()
	got, err := r.Open(frame)
	if err != nil || !bytes.Equal(got, m3) {
		t.Fatalf("honest M3 = %x, %v", got, err)
	}
	if _, _, err := r.CheckAuthI(got, wire.KeySession); err != nil {
		t.Fatal(err)
	}
}

// Attack 6: nobody can talk two peers down. The versions of M1 can't be edited on
// the way; an M2 with a version that was not offered is ignored; offers that have
// nothing in common end in silence.
func TestAttack6Downgrade(t *testing.T) {
	w := newWorld()
	initiator, m1, _ := Initiate(w.run, 1, 2, 300)
	for at := bodyAt + publicKeySize; at < bodyAt+publicKeySize+9; at++ {
		if _, _, err := Respond(w.run, edit(m1, at, m1[at]^1), wire.KeyShare, w.share); !errors.Is(err, wire.PSK) {
			t.Errorf("versions edited = %v, want %v", err, wire.PSK)
		}
	}
	for _, v := range []uint16{0, 3, 299, 65535} {
		m2 := forger{key: w.share, build: func(a *answer) { a.version = v }}.answer(t, w.run, m1)
		if tr, err := initiator.Accept(m2, w.pinned); !errors.Is(err, wire.Version) || tr != nil {
			t.Errorf("M2 with version %d = %v, want %v", v, err, wire.Version)
		}
	}
	r, m2, err := Respond(w.run, m1, wire.KeyShare, w.share)
	if err != nil || r.Version() != 1 {
		t.Fatalf("of 1, 2 and 300 the responder takes %v", err)
	}
	if i, err := initiator.Accept(m2, w.pinned); err != nil || i.Version() != 1 {
		t.Errorf("the honest answer = %v", err)
	}
	_, m1, _ = Initiate(w.run, 2, 3)
	if tr, m2, err := Respond(w.run, m1, wire.KeyShare, w.share); !errors.Is(err, wire.Version) || tr != nil || m2 != nil {
		t.Errorf("nothing in common = %v, want %v and silence", err, wire.Version)
	}
}

// Attack 14: a key under which one signature fits every message, or that has a
// second name, is refused in p2 and M3, even where it is the pinned one.
func TestAttack14KeysOfSmallOrder(t *testing.T) {
	forged := fitsAll()
	identity := badKeys()["identity"]
	if !ed25519.Verify(identity, []byte("one"), forged) || !ed25519.Verify(identity, []byte("two"), forged) {
		t.Fatal("the attack itself does not work any more: it proves nothing")
	}
	w := newWorld()
	initiator, m1, _ := Initiate(w.run)
	for name, pk := range badKeys() {
		if err := CheckKey(pk); !errors.Is(err, wire.Signature) {
			t.Errorf("CheckKey(%s) = %v, want %v", name, err, wire.Signature)
		}
		if len(pk) != 32 {
			continue
		}
		m2 := forger{key: w.share, build: func(a *answer) { a.pk = [32]byte(pk) }, sign: func([]byte) []byte { return forged }}.answer(t, w.run, m1)
		pinned := func(_ uint8, k ed25519.PublicKey) bool { return k.Equal(pk) }
		if tr, err := initiator.Accept(m2, pinned); !errors.Is(err, wire.Signature) || tr != nil {
			t.Errorf("%s in p2, pinned = %v, want %v", name, err, wire.Signature)
		}
		if _, err := initiator.Accept(m2, w.pinned); !errors.Is(err, wire.Identity) {
			t.Errorf("%s in p2 = %v, want %v", name, err, wire.Identity)
		}
		_, r := w.meet(t)
		m3 := append([]byte{wire.TAuthI, wire.KeySession}, pk...)
		m3 = append(append(m3, make([]byte, 48)...), forged...)
		if key, _, err := r.CheckAuthI(m3, wire.KeySession); !errors.Is(err, wire.Signature) || key != nil {
			t.Errorf("%s in M3 = %v, want %v", name, err, wire.Signature)
		}
	}
	for range 20 {
		pk, _, _ := ed25519.GenerateKey(nil)
		if err := CheckKey(pk); err != nil {
			t.Errorf("an honest key %x: %v", pk, err)
		}
	}
}

// Attack 17: who found the link plays the sharer, with a key of their own. The tag
// is right and still the answer is ignored: the link names the sharer's key.
// Attack 53: they may do so as often as they like; the honest answer is taken.
func TestAttack17FinderPlaysSharer(t *testing.T) {
	w := newWorld()
	initiator, m1, _ := Initiate(w.run)
	for range 100 {
		_, mallory, _ := ed25519.GenerateKey(nil)
		for name, f := range map[string]struct {
			forger
			want wire.Code
		}{
			"own key":               {forger{key: mallory}, wire.Identity},
			"the sharer's key":      {forger{key: mallory, build: func(a *answer) { copy(a.pk[:], w.share.Public().(ed25519.PublicKey)) }}, wire.Signature},
			"key swapped after":     {forger{key: mallory, edit: func(a *answer) { copy(a.pk[:], w.share.Public().(ed25519.PublicKey)) }}, wire.Signature},
			"another type of key":   {forger{key: w.share, build: func(a *answer) { a.idtype = wire.KeySession }}, wire.Identity},
			"unknown type of key":   {forger{key: w.share, build: func(a *answer) { a.idtype = 3 }}, wire.Version},
			"commitment swapped":    {forger{key: w.share, edit: func(a *answer) { a.commit[0] ^= 1 }}, wire.Signature},
			"capabilities swapped":  {forger{key: w.share, edit: func(a *answer) { a.caps ^= 1 }}, wire.Signature},
			"signature of zeros":    {forger{key: w.share, sign: func([]byte) []byte { return make([]byte, 64) }}, wire.Signature},
			"padding":               {forger{key: w.share, plain: func(p []byte) { p[len(p)-1] = 1 }}, wire.Format},
			"a byte more":           {forger{key: w.share, plain: func(p []byte) { p[1]++ }}, wire.Format},
			"a byte less":           {forger{key: w.share, plain: func(p []byte) { p[1]--; p[2+answerSize-1] = 0 }}, wire.Format},
			"more than the frame":   {forger{key: w.share, plain: func(p []byte) { p[0] = 0xFF }}, wire.Format},
			"nothing in the answer": {forger{key: w.share, plain: func(p []byte) { clear(p) }}, wire.Format},
		} {
			tr, err := initiator.Accept(f.answer(t, w.run, m1), w.pinned)
			if got := wire.CodeOf(err); got != f.want || tr != nil {
				t.Fatalf("%s: %v, want %v", name, err, f.want)
			}
		}
		if testing.Short() {
			break
		}
	}
	_, m2, _ := Respond(w.run, m1, wire.KeyShare, w.share)
	if _, err := initiator.Accept(m2, w.pinned); err != nil {
		t.Errorf("the sharer's own answer after all of them: %v", err)
	}
}

// Attack 51: whoever records today and breaks X25519 later still lacks half of the
// secret. With the ML-KEM share zeroed, or the X25519 one, nothing opens any more.
func TestAttack51BothHalvesOfTheKEMCount(t *testing.T) {
	w := newWorld()
	seed := bytes.Repeat([]byte{9}, 32)
	key, err := hpke.MLKEM768X25519().NewPrivateKey(seed)
	if err != nil {
		t.Fatal(err)
	}
	pq, x := halves(t, seed)
	whole, err := hpke.NewHybridPrivateKey(pq, x)
	if err != nil || !bytes.Equal(whole.PublicKey().Bytes(), key.PublicKey().Bytes()) {
		t.Fatalf("the halves don't make the key: %v", err)
	}
	noPQ, err := hpke.NewHybridPrivateKey(zeroPQ{pq}, x)
	if err != nil {
		t.Fatal(err)
	}
	noX, err := hpke.NewHybridPrivateKey(pq, zeroX{x})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name string
		key  hpke.PrivateKey
		want wire.Code
	}{{"both", whole, wire.None}, {"no ML-KEM", noPQ, wire.PSK}, {"no X25519", noX, wire.PSK}} {
		initiator, m1 := initiate(w.run, reference{c.key}, nil)
		_, m2, err := Respond(w.run, m1, wire.KeyShare, w.share)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := initiator.Accept(m2, w.pinned); wire.CodeOf(err) != c.want {
			t.Errorf("%s: %v, want %v", c.name, err, c.want)
		}
	}
}

// Attack 54: a relay of the link clears a flag and fixes the check. The link still
// parses, but psk covers the flags: no session at either end, whichever end it was.
func TestAttack54FlagsClearedOnTheWay(t *testing.T) {
	w := newWorld() // approval needed
	cleared := w.link
	cleared.Flags = 0
	if l, err := invite.Parse(cleared.String()); err != nil || l.Topic(1) != w.link.Topic(1) {
		t.Fatalf("the relayed link does not lead to the sharer: %v", err)
	}
	run := linkRun(cleared, w.run.Epoch)
	run.SID = w.run.SID
	initiator, m1, _ := Initiate(run)
	if _, _, err := Respond(w.run, m1, wire.KeyShare, w.share); !errors.Is(err, wire.PSK) {
		t.Errorf("M1 by the cleared link = %v, want %v", err, wire.PSK)
	}
	_, honest, _ := Initiate(w.run)
	_, m2, err := Respond(w.run, honest, wire.KeyShare, w.share)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := initiator.Accept(m2, w.pinned); !errors.Is(err, wire.PSK) {
		t.Errorf("M2 of the true link = %v, want %v", err, wire.PSK)
	}
}

// halves splits an X-Wing key into its two keys, as its document does: SHAKE256.
func halves(t *testing.T, seed []byte) (*mlkem.DecapsulationKey768, *ecdh.PrivateKey) {
	t.Helper()
	s := sha3.NewSHAKE256()
	s.Write(seed)
	b := make([]byte, 96)
	s.Read(b)
	pq, err := mlkem.NewDecapsulationKey768(b[:64])
	if err != nil {
		t.Fatal(err)
	}
	x, err := ecdh.X25519().NewPrivateKey(b[64:])
	if err != nil {
		t.Fatal(err)
	}
	return pq, x
}

// zeroPQ is an ML-KEM key whose shares are all zero.
type zeroPQ struct{ *mlkem.DecapsulationKey768 }

func (z zeroPQ) Decapsulate([]byte) ([]byte, error) { return make([]byte, 32), nil }
func (z zeroPQ) Encapsulator() crypto.Encapsulator  { return z.DecapsulationKey768.Encapsulator() }

// zeroX is an X25519 key whose shares are all zero.
type zeroX struct{ *ecdh.PrivateKey }

func (z zeroX) ECDH(*ecdh.PublicKey) ([]byte, error) { return make([]byte, 32), nil }
