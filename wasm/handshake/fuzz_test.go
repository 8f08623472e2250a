package handshake

import (
	"bytes"
	"crypto/ed25519"
	"reflect"
	"slices"
	"testing"

	"beeline/wasm/testdata"
	"beeline/wasm/wire"
)

// The targets come in pairs: one takes frames as the hub can send them, one takes
// plaintexts as a peer can seal them, which a fuzzer would never get past the tag.

// only fails unless err is one of codes.
func only(t *testing.T, err error, codes ...wire.Code) {
	t.Helper()
	if !slices.Contains(codes, wire.CodeOf(err)) {
		t.Fatalf("%v, want one of %v", err, codes)
	}
}

// sized cuts or fills b with zeros to n bytes.
func sized(b []byte, n int) []byte {
	return append(bytes.Clone(b[:min(len(b), n)]), make([]byte, n-min(len(b), n))...)
}

func FuzzFrameKind(f *testing.F) {
	f.Add([]byte{1, KindM1})
	f.Fuzz(func(t *testing.T, head []byte) {
		for _, frame := range [][]byte{head, sized(head, FrameSize)} {
			kind, sid, err := FrameKind(frame)
			only(t, err, wire.None, wire.Format)
			if err == nil && !bytes.Equal(newFrame(kind, sid), frame[:bodyAt]) {
				t.Fatalf("kind %d, sid %x from %x", kind, sid, frame[:bodyAt])
			}
		}
	})
}

func FuzzRespond(f *testing.F) {
	w, kem := fixedWorld()
	_, good := initiate(w.run, kem, nil)
	f.Add(good)
	f.Add(edit(good, bodyAt, good[bodyAt]^1))
	f.Fuzz(func(t *testing.T, m1 []byte) {
		for _, frame := range [][]byte{m1, sized(m1, FrameSize)} {
			tr, m2, err := Respond(w.run, frame, wire.KeyShare, w.share)
			if (err == nil) != bytes.Equal(frame, good) || (err != nil && (tr != nil || m2 != nil)) {
				t.Fatalf("Respond = %v to a frame nobody sealed", err)
			}
			only(t, err, wire.None, wire.Format, wire.PSK)
		}
	})
}

// FuzzM1Plaintext is what a holder of the link may put into M1.
func FuzzM1Plaintext(f *testing.F) {
	w, kem := fixedWorld()
	pk := kem.PublicKey()
	f.Add(pad(offer{versions: []uint16{1}}.bytes(), plainM1), []byte{})
	f.Add(pad(offer{versions: []uint16{9, 1}, caps: 1}.bytes(), plainM1), []byte{0xFF, 0xFF})
	f.Fuzz(func(t *testing.T, plain, key []byte) {
		plain = sized(plain, plainM1)
		public := bytes.Clone(pk)
		copy(public, key)
		_, _, err := Respond(w.run, forgeM1(w.run, public, plain), wire.KeyShare, w.share)
		only(t, err, wire.None, wire.Format, wire.Version, wire.KEM)
		checkPlain(t, plain, func(payload []byte) ([]byte, bool) {
			o, err := parseOffer(payload)
			return o.bytes(), err == nil
		})
	})
}

func FuzzAccept(f *testing.F) {
	v := testdata.Load(f, recordedRun)
	initiator, _ := initiate(vectorRun(f, v), vectorKey(f, v), nil)
	good := v.Bytes(f, "m2")
	f.Add(good)
	f.Add(edit(good, FrameSize-1, good[FrameSize-1]^1))
	before := *initiator
	f.Fuzz(func(t *testing.T, m2 []byte) {
		for _, frame := range [][]byte{m2, sized(m2, FrameSize)} {
			tr, err := initiator.Accept(frame, vectorPin(t, v))
			if (err == nil) != bytes.Equal(frame, good) || (err != nil) != (tr == nil) {
				t.Fatalf("Accept = %v for an answer nobody sealed", err)
			}
			only(t, err, wire.None, wire.Format, wire.KEM, wire.PSK)
			if err == nil {
				*initiator = before // once more
			}
			if !reflect.DeepEqual(before, *initiator) {
				t.Fatal("an answer left a trace")
			}
		}
	})
}

// FuzzM2Plaintext is what a holder of the link may put into M2.
func FuzzM2Plaintext(f *testing.F) {
	w, kem := fixedWorld()
	initiator, m1 := initiate(w.run, kem, nil)
	text, secret, s := answering(f, w.run, m1)
	valid := answer{version: 1, idtype: wire.KeyShare, pk: [32]byte(w.share.Public().(ed25519.PublicKey))}
	f.Add(pad(valid.bytes(), plainM2))
	f.Fuzz(func(t *testing.T, plain []byte) {
		plain = sized(plain, plainM2)
		m2 := forger{key: w.share, plain: func(p []byte) { copy(p, plain) }}.finish(w.run, s, text, secret)
		_, err := initiator.Accept(m2, w.pinned)
		only(t, err, wire.Format, wire.Version, wire.Identity, wire.Signature)
		checkPlain(t, plain, func(payload []byte) ([]byte, bool) {
			a, err := parseAnswer(payload)
			return a.bytes(), err == nil
		})
	})
}

// answering is R's state just before it seals M2.
func answering(t testing.TB, r Run, m1 []byte) (text, secret []byte, s symmetric) {
	pk := m1[bodyAt : bodyAt+publicKeySize]
	s = r.start()
	s.mixHash(pk)
	s.mixKey(pk)
	if _, ok := s.decryptAndHash(m1[bodyAt+publicKeySize:]); !ok {
		t.Fatal("M1 does not open")
	}
	text, secret, err := encapsulate(pk, s.h)
	if err != nil {
		t.Fatal(err)
	}
	return text, secret, s
}

// checkPlain fails if plain is read although it isn't what a writer writes.
func checkPlain(t *testing.T, plain []byte, again func(payload []byte) ([]byte, bool)) {
	t.Helper()
	payload, err := unpad(plain)
	only(t, err, wire.None, wire.Format)
	if err != nil {
		return
	}
	if !bytes.Equal(pad(payload, len(plain)), plain) {
		t.Fatal("padding is malleable")
	}
	if b, ok := again(payload); ok && !bytes.Equal(b, payload) {
		t.Fatalf("payload %x is read, but written as %x", payload, b)
	}
}

func FuzzTransportOpen(f *testing.F) {
	i, r := recordedMeet(f)
	good, _ := i.Seal([]byte("payload"))
	f.Add(good)
	f.Add(edit(good, 2, good[2]^1))
	f.Fuzz(func(t *testing.T, frame []byte) {
		for _, frame := range [][]byte{frame, sized(frame, FrameSize)} {
			twin := *r
			payload, err := twin.Open(frame)
			only(t, err, wire.None, wire.Format, wire.SignalOrder)
			if (err == nil) != bytes.Equal(frame, good) || (err != nil && payload != nil) {
				t.Fatalf("Open = %x, %v for a frame nobody sealed", payload, err)
			}
			if twin.broken != (wire.CodeOf(err) == wire.SignalOrder) {
				t.Fatalf("broken = %v after %v", twin.broken, err)
			}
		}
	})
}

// FuzzTransportPlaintext is what a peer may seal into a T frame, and what becomes
// of it as M3 at R and as M4 at I.
func FuzzTransportPlaintext(f *testing.F) {
	i, r := recordedMeet(f)
	m3 := i.authI(recordedSession, wire.KeySession, [16]byte{}, [32]byte{1})
	f.Add(pad(m3, plainT))
	f.Add(pad([]byte{wire.TAuthR, 0, 0, 0, 1}, plainT))
	f.Add(pad(AppendStatus(nil, 2, 16), plainT))
	f.Add(pad(AppendBye(nil, 16), plainT))
	f.Fuzz(func(t *testing.T, plain []byte) {
		plain = sized(plain, plainT)
		twin := *r
		payload, err := twin.Open(i.send.Seal(newFrame(KindT, i.sid), noiseNonce(0), plain, nil))
		only(t, err, wire.None, wire.Format)
		if twin.broken != (err != nil) {
			t.Fatalf("broken = %v after %v", twin.broken, err)
		}
		checkPlain(t, plain, func(p []byte) ([]byte, bool) { return payload, err == nil })
		if err != nil {
			return
		}
		_, _, err = twin.CheckAuthI(payload, wire.KeySession)
		only(t, err, wire.None, wire.Format, wire.Version, wire.Identity, wire.Signature)
		if err == nil && twin.peer == nil {
			t.Fatal("M3 is taken, but has no key")
		}
		other := *i
		_, _, err = other.CheckAuthR(payload)
		only(t, err, wire.Format, wire.Signature)
		if status, reason, err := ParseStatus(payload); err == nil && !bytes.Equal(AppendStatus(nil, status, reason), payload) {
			t.Fatalf("STATUS %x is malleable", payload)
		}
		if code, err := ParseBye(payload); err == nil && !bytes.Equal(AppendBye(nil, code), payload) {
			t.Fatalf("BYE %x is malleable", payload)
		}
	})
}

// FuzzCheckAuthR varies an M4 that opens the commitment.
func FuzzCheckAuthR(f *testing.F) {
	i, r := recordedMeet(f)
	i.authI(recordedSession, wire.KeySession, [16]byte{}, [32]byte{1})
	f.Add([]byte{wire.TAuthR, 0, 0, 0}, []byte{})
	f.Add([]byte{wire.TAuthR, 2, 0, 16}, []byte{})
	f.Add([]byte{wire.TAuthR, 1, 0, 0}, []byte{1})
	f.Fuzz(func(t *testing.T, head, tail []byte) {
		m4 := append(append(bytes.Clone(head), r.nonce[:]...), tail...)
		twin := *i
		status, reason, err := twin.CheckAuthR(m4)
		only(t, err, wire.None, wire.Format, wire.Signature)
		if err != nil {
			if status != 0 || reason != 0 || twin.haveM4 {
				t.Fatal("a refused M4 left a trace")
			}
			return
		}
		responder := *r
		responder.haveM3 = true
		if again := responder.AuthR(status, reason); !bytes.Equal(again, m4) {
			t.Fatalf("M4 %x is read, but written as %x", m4, again)
		}
	})
}

// recordedRun is the vector from which the targets take what R made at random, so
// that a corpus means the same in every process.
const recordedRun = "handshake_link_accepted"

var recordedSession = ed25519.NewKeyFromSeed(fixed(0x30, 32))

func recordedMeet(t testing.TB) (i, r *Transport) {
	v := testdata.Load(t, recordedRun)
	run := vectorRun(t, v)
	initiator, m1 := initiate(run, vectorKey(t, v), nil)
	i, err := initiator.Accept(v.Bytes(t, "m2"), vectorPin(t, v))
	if err != nil {
		t.Fatal(err)
	}
	return i, vectorResponder(t, v, run, m1, v.Bytes(t, "m2"))
}
