package cpace

import (
	"bytes"
	"crypto/ecdh"
	"encoding/hex"
	"encoding/json"
	"errors"
	"testing"

	"filippo.io/edwards25519/field"

	"beeline/wasm/testdata"
)

// vectors returns a group of the draft's test vectors, as published. Those of the
// other curves are not for us, nor is the symmetric form (ISK_SY) or the output
// of a session id (sid_output_…).
func vectors(t testing.TB, group string) map[string][]byte {
	t.Helper()
	var file map[string]json.RawMessage // not all groups have one form
	var values map[string]string
	if err := json.Unmarshal(testdata.CPace(t), &file); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(file[group], &values); err != nil {
		t.Fatal(err)
	}
	out := map[string][]byte{}
	for name, value := range values {
		out[name] = unhex(t, value)
	}
	if len(out) < 12 {
		t.Fatalf("%d vectors in %s", len(out), group)
	}
	return out
}

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func scalar(t testing.TB, b []byte) *ecdh.PrivateKey {
	t.Helper()
	k, err := ecdh.X25519().NewPrivateKey(b)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func TestDraftVectors(t *testing.T) {
	v := vectors(t, "G_25519")
	if got := generator(v["PRS"], v["CI"], v["sid"]); !bytes.Equal(got, v["g"]) {
		t.Errorf("generator = %x, want %x", got, v["g"])
	}
	sides := map[string]*Side{}
	for _, name := range []string{"a", "b"} {
		s, err := StartFrom(scalar(t, v["y"+name]), v["PRS"], v["CI"], v["sid"])
		if err != nil {
			t.Fatal(err)
		}
		if got := s.Share(); !bytes.Equal(got[:], v["Y"+name]) {
			t.Errorf("Y%s = %x, want %x", name, got, v["Y"+name])
		}
		sides[name] = s
	}
	if got, err := multiply(sides["a"].scalar, v["Yb"]); err != nil || !bytes.Equal(got, v["K"]) {
		t.Errorf("K = %x, %v; want %x", got, err, v["K"])
	}
	if got, err := sides["a"].InitiatorKey(v["Yb"], v["ADa"], v["ADb"]); err != nil || !bytes.Equal(got[:], v["ISK_IR"]) {
		t.Errorf("ISK of the initiator = %x, %v; want %x", got, err, v["ISK_IR"])
	}
	if got, err := sides["b"].ResponderKey(v["Ya"], v["ADa"], v["ADb"]); err != nil || !bytes.Equal(got[:], v["ISK_IR"]) {
		t.Errorf("ISK of the responder = %x, %v; want %x", got, err, v["ISK_IR"])
	}
}

// Attack 14: a share of small order would make a key that doesn't depend on the
// code. The draft's points, under its scalar: u0 to u5 and u7 abort; the others,
// which only an X25519 that keeps the top bit takes for small, give the products
// of its appendix B.1.10.
func TestPointsOfTheDraft(t *testing.T) {
	products := map[string]string{
		"Invalid Y6":  "d8e2c776bbacd510d09fd9278b7edcd25fc5ae9adfba3b6e040e8d3b71b21806",
		"Invalid Y8":  "c85c655ebe8be44ba9c0ffde69f2fe10194458d137f09bbff725ce58803cdb38",
		"Invalid Y9":  "db64dafa9b8fdd136914e61461935fe92aa372cb056314e1231bc4ec12417456",
		"Invalid Y10": "e062dcd5376d58297be2618c7498f55baa07d7e03184e8aada20bca28888bf7a",
		"Invalid Y11": "993c6ad11c4c29da9a56f7691fd0ff8d732e49de6250b6c2e80003ff4629a175",
	}
	s := &Side{scalar: scalar(t, unhex(t, "af46e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449aff"))}
	points := vectors(t, "X25519_points")
	for name, point := range points {
		got, err := multiply(s.scalar, point)
		want, ok := products[name]
		if !ok {
			if !errors.Is(err, ErrAbort) {
				t.Errorf("%s = %x, %v; want %v", name, got, err, ErrAbort)
			}
			if _, err := s.InitiatorKey(point, nil, nil); !errors.Is(err, ErrAbort) {
				t.Errorf("%s: InitiatorKey = %v, want %v", name, err, ErrAbort)
			}
			if _, err := s.ResponderKey(point, nil, nil); !errors.Is(err, ErrAbort) {
				t.Errorf("%s: ResponderKey = %v, want %v", name, err, ErrAbort)
			}
			continue
		}
		if err != nil || !bytes.Equal(got, unhex(t, want)) {
			t.Errorf("%s = %x, %v; want %s", name, got, err, want)
		}
	}
	if len(points)-len(products) != 7 {
		t.Errorf("%d points abort, want u0 to u5 and u7", len(points)-len(products))
	}
}

// Each of the three inputs, each share and each side's data changes the key: what
// is not the same on both sides never gives the same one.
func TestEveryInputCounts(t *testing.T) {
	type in struct{ prs, ci, sid, adI, adR string }
	same := in{"orbit-ozone-melody", "ci", "0123456789abcdef", "I", "R"}
	run := func(i, r in) bool {
		a, err := Start([]byte(i.prs), []byte(i.ci), []byte(i.sid))
		if err != nil {
			t.Fatal(err)
		}
		b, err := Start([]byte(r.prs), []byte(r.ci), []byte(r.sid))
		if err != nil {
			t.Fatal(err)
		}
		ya, yb := a.Share(), b.Share()
		ka, err := a.InitiatorKey(yb[:], []byte(i.adI), []byte(i.adR))
		if err != nil {
			t.Fatal(err)
		}
		kb, err := b.ResponderKey(ya[:], []byte(r.adI), []byte(r.adR))
		if err != nil {
			t.Fatal(err)
		}
		return ka == kb
	}
	if !run(same, same) {
		t.Fatal("two honest sides get two keys")
	}
	for name, other := range map[string]in{
		"prs": {"orbit-ozone-melon", same.ci, same.sid, "I", "R"},
		"ci":  {same.prs, "CI", same.sid, "I", "R"},
		"sid": {same.prs, same.ci, "0123456789abcdeF", "I", "R"},
		"adI": {same.prs, same.ci, same.sid, "J", "R"},
		"adR": {same.prs, same.ci, same.sid, "I", "S"},
		// The parts carry their lengths, so none can lend a byte to its neighbour.
		"moved": {same.prs + "c", "i", same.sid, "I", "R"},
	} {
		if run(same, other) {
			t.Errorf("another %s, and still one key", name)
		}
	}
}

// Attack 13: what crosses the wire is a random multiple of a generator of the
// whole group, so each share is as likely under one code as under any other. A
// share made from one code is made by some scalar from another one too: whoever
// records an exchange has nothing to try codes on. Here: shares repeat under
// neither code, and are never of small order.
func TestSharesSayNothing(t *testing.T) {
	seen := map[[ShareSize]byte]bool{}
	for n := range 200 {
		prs := []byte("orbit-ozone-melody")
		if n%2 == 1 {
			prs = []byte("abandon-ability-able")
		}
		s, err := Start(prs, []byte("ci"), []byte("0123456789abcdef"))
		if err != nil {
			t.Fatal(err)
		}
		if seen[s.Share()] {
			t.Fatal("a share came twice: its scalar is not random")
		}
		seen[s.Share()] = true
	}
}

func TestStartRefusesNothingHonest(t *testing.T) {
	for _, n := range []int{0, 1, 118, 119, 120, 127, 128, 300} { // around the length where no padding is left
		if _, err := Start(bytes.Repeat([]byte{'a'}, n), nil, nil); err != nil {
			t.Errorf("Start with %d bytes = %v", n, err)
		}
	}
}

// FuzzShare gives a side what a peer may send: a key or ErrAbort, never anything
// else, and never the key of another share that is the same point.
func FuzzShare(f *testing.F) {
	f.Fuzz(func(t *testing.T, share []byte) {
		s, err := StartFrom(scalar(t, bytes.Repeat([]byte{7}, 32)), []byte("prs"), []byte("ci"), []byte("sid"))
		if err != nil {
			t.Fatal(err)
		}
		k, err := s.InitiatorKey(share, nil, nil)
		if err != nil {
			if !errors.Is(err, ErrAbort) || k != [KeySize]byte{} {
				t.Errorf("InitiatorKey = %x, %v", k, err)
			}
			return
		}
		if len(share) != ShareSize {
			t.Errorf("a share of %d bytes gives a key", len(share))
		}
		twin := bytes.Clone(share)
		twin[31] ^= 0x80 // the same point, other bytes
		if other, err := s.InitiatorKey(twin, nil, nil); err != nil || other == k {
			t.Errorf("the same point in other bytes gives %x, %v", other, err)
		}
	})
}

// FuzzElligator: whatever the hash, the result is a point on the curve itself, not
// on its twist.
func FuzzElligator(f *testing.F) {
	f.Fuzz(func(t *testing.T, hash []byte) {
		if len(hash) != 32 {
			return
		}
		u, err := new(field.Element).SetBytes(elligator2(hash))
		if err != nil {
			t.Fatal(err)
		}
		one := new(field.Element).One()
		w := new(field.Element).Add(u, new(field.Element).Mult32(one, 486662))
		w.Multiply(w, u).Add(w, one).Multiply(w, u)
		if _, square := new(field.Element).SqrtRatio(w, one); square != 1 {
			t.Errorf("elligator2(%x) is on the twist", hash)
		}
	})
}

func TestCorpora(t *testing.T) { testdata.Corpora(t) }
