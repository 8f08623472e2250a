package handshake

import (
	"bytes"
	"crypto/ed25519"
	"crypto/hpke"
	"fmt"
	"testing"

	"beeline/wasm/testdata"
	"beeline/wasm/wire"
)

// TestTranscripts runs whole handshakes that were recorded once. The initiator is
// computed from its seeds and must send the recorded bytes. The responder's KEM
// can't be replayed (the standard library takes no seed for it), so its secret is
// in the vector as "ekem" and the rest follows from it.
func TestTranscripts(t *testing.T) {
	testdata.Run(t, "handshake_", func(t *testing.T, v testdata.Vector) {
		run := vectorRun(t, v)
		initiator, m1 := initiate(run, vectorKey(t, v), []uint16{ProtocolVersion})
		same(t, "M1", m1, v.Bytes(t, "m1"))
		m2 := v.Bytes(t, "m2")
		secret, err := initiator.decapsulate(m2[bodyAt : bodyAt+kemTextSize])
		same(t, "KEM secret", secret, v.Bytes(t, "ekem"))
		if err != nil {
			t.Fatal(err)
		}
		i, err := initiator.Accept(m2, vectorPin(t, v))
		if err != nil {
			t.Fatalf("Accept: %v", err)
		}
		r := vectorResponder(t, v, run, m1, m2)
		same(t, "h", i.binding[:], v.Bytes(t, "h"))
		same(t, "h at R", r.binding[:], v.Bytes(t, "h"))
		same(t, "exp", i.exp[:], r.exp[:])

		key, idtype := ed25519.NewKeyFromSeed(v.Bytes(t, "i-seed")), uint8(v.Int(t, "i-idtype"))
		m3 := i.authI(key, idtype, [16]byte(v.Bytes(t, "share")), v.Key(t, "i-nonce"))
		same(t, "M3", m3, v.Bytes(t, "m3"))
		exchange(t, i, r, m3, v.Bytes(t, "m3-frame"))
		if pk, share, err := r.CheckAuthI(m3, idtype); err != nil || !pk.Equal(key.Public()) || !bytes.Equal(share[:], v.Bytes(t, "share")) {
			t.Fatalf("CheckAuthI = %x, %x, %v", pk, share, err)
		}

		m4 := v.Bytes(t, "m4")
		exchange(t, r, i, m4, v.Bytes(t, "m4-frame"))
		status, reason, err := i.CheckAuthR(m4)
		if want := v.Expect(); want != "" {
			if wire.CodeOf(err).Error() != want || status != 0 || reason != 0 {
				t.Errorf("CheckAuthR = %d, %d, %v; want nothing, %s", status, reason, err, want)
			}
			return
		}
		if err != nil {
			t.Fatalf("CheckAuthR: %v", err)
		}
		same(t, "M4 at R", r.AuthR(status, reason), m4)
		for name, tr := range map[string]*Transport{"I": i, "R": r} {
			s, digits := tr.Secrets()
			same(t, "S at "+name, s[:], v.Bytes(t, "session"))
			if got, want := fmt.Sprintf("%06d", digits), v.Text(t, "sas"); got != want {
				t.Errorf("SAS at %s = %s, want %s", name, got, want)
			}
		}
		for n := 0; v.Has(fmt.Sprintf("t%d", n)); n++ {
			from, to := i, r
			if v.Text(t, fmt.Sprintf("t%d-from", n)) == "R" {
				from, to = r, i
			}
			exchange(t, from, to, v.Bytes(t, fmt.Sprintf("t%d", n)), v.Bytes(t, fmt.Sprintf("t%d-frame", n)))
		}
	})
}

// What R must do with an M1.
func TestM1Vectors(t *testing.T) {
	testdata.Run(t, "m1_", func(t *testing.T, v testdata.Vector) {
		_, key, _ := ed25519.GenerateKey(nil)
		tr, m2, err := Respond(vectorRun(t, v), v.Bytes(t, "m1"), wire.KeyShare, key)
		if want := v.Expect(); want == "" && err != nil || want != "" && (wire.CodeOf(err).Error() != want || tr != nil || m2 != nil) {
			t.Errorf("Respond = %v, want %q", err, want)
		}
	})
}

// What I must do with an M2.
func TestM2Vectors(t *testing.T) {
	testdata.Run(t, "m2_", func(t *testing.T, v testdata.Vector) {
		initiator, _ := initiate(vectorRun(t, v), vectorKey(t, v), []uint16{ProtocolVersion})
		tr, err := initiator.Accept(v.Bytes(t, "m2"), vectorPin(t, v))
		if want := v.Expect(); wire.CodeOf(err).Error() != want || tr != nil {
			t.Errorf("Accept = %v, want %s", err, want)
		}
	})
}

func vectorRun(t testing.TB, v testdata.Vector) Run {
	return Run{
		Mode:  uint8(v.Int(t, "mode")),
		Epoch: uint32(v.Int(t, "epoch")),
		Topic: v.Key(t, "topic"),
		SID:   [16]byte(v.Bytes(t, "sid")),
		Ctx:   v.Bytes(t, "ctx"),
		PSK:   v.Key(t, "psk"),
		Caps:  uint32(v.Int(t, "i-caps")),
	}
}

func vectorKey(t testing.TB, v testdata.Vector) kemKey {
	key, err := hpke.MLKEM768X25519().NewPrivateKey(v.Bytes(t, "kem-seed"))
	if err != nil {
		t.Fatal(err)
	}
	return reference{key}
}

func vectorPin(t testing.TB, v testdata.Vector) func(uint8, ed25519.PublicKey) bool {
	idtype, pk := uint8(v.Int(t, "r-idtype")), v.Bytes(t, "r-key")
	return func(id uint8, k ed25519.PublicKey) bool { return id == idtype && bytes.Equal(k, pk) }
}

// vectorResponder is R after M2, from the KEM's secret and the nR of M4.
func vectorResponder(t testing.TB, v testdata.Vector, run Run, m1, m2 []byte) *Transport {
	s := run.start()
	s.mixHash(m1[bodyAt : bodyAt+publicKeySize])
	s.mixKey(m1[bodyAt : bodyAt+publicKeySize])
	if _, ok := s.decryptAndHash(m1[bodyAt+publicKeySize:]); !ok {
		t.Fatal("M1 does not open at R")
	}
	s.mixHash(m2[bodyAt : bodyAt+kemTextSize])
	s.mixKey(v.Bytes(t, "ekem"))
	if _, ok := s.decryptAndHash(m2[bodyAt+kemTextSize:]); !ok {
		t.Fatal("M2 does not open at R")
	}
	r := newTransport(&run, &s, false)
	r.nonce = [32]byte(v.Bytes(t, "m4")[4:])
	return r
}

// exchange checks that payload becomes frame at one side and comes out at the other.
func exchange(t *testing.T, from, to *Transport, payload, frame []byte) {
	t.Helper()
	got, err := from.Seal(payload)
	if err != nil {
		t.Fatal(err)
	}
	same(t, "frame", got, frame)
	if got, err = to.Open(frame); err != nil {
		t.Fatal(err)
	}
	same(t, "payload", got, payload)
}

func same(t *testing.T, what string, got, want []byte) {
	t.Helper()
	if !bytes.Equal(got, want) {
		t.Fatalf("%s = %x, want %x", what, got, want)
	}
}
