package invite

import (
	"bytes"
	"crypto/ecdh"
	"os"
	"slices"
	"strings"
	"testing"

	swire "beeline/signaling/wire"
	"beeline/wasm/cpace"
	"beeline/wasm/testdata"
	"beeline/wasm/wire"
	"beeline/wasm/words"
)

func TestCodeVectors(t *testing.T) {
	testdata.Run(t, "code_", func(t *testing.T, v testdata.Vector) {
		c, err := ParseCode(v.Text(t, "code"))
		if err != nil || c.String() != v.Text(t, "code") {
			t.Fatalf("ParseCode = %v, %v", c, err)
		}
		sid := [16]byte(v.Bytes(t, "sid"))
		prs, ci := c.inputs(uint8(v.Int(t, "mode")))
		sides := map[string]*cpace.Side{}
		for _, side := range []string{"i", "r"} {
			key, err := ecdh.X25519().NewPrivateKey(v.Bytes(t, "scalar-"+side))
			if err != nil {
				t.Fatal(err)
			}
			if sides[side], err = cpace.StartFrom(key, prs, ci, sid[:]); err != nil {
				t.Fatal(err)
			}
		}
		shareI, shareR := sides["i"].Share(), sides["r"].Share()
		pskI, errI := InitiatorPSK(sides["i"], sid, shareR)
		pskR, errR := ResponderPSK(sides["r"], sid, shareI)
		if errI != nil || errR != nil || pskI != pskR {
			t.Errorf("psk = %x, %v at one side and %x, %v at the other", pskI, errI, pskR, errR)
		}
		topic := swire.PlateTopic(c.Plate)
		for name, got := range map[string][]byte{
			"prs": prs, "ci": ci, "share-i": shareI[:], "share-r": shareR[:], "psk": pskI[:], "topic": topic[:],
		} {
			if want := v.Bytes(t, name); !bytes.Equal(got, want) {
				t.Errorf("%s = %x, want %x", name, got, want)
			}
		}
	})
}

func TestNewCode(t *testing.T) {
	seen := map[string]bool{}
	high := false
	for range 200 {
		c := NewCode(48213)
		if got, err := ParseCode(c.String()); err != nil || got != c {
			t.Fatalf("ParseCode(String) = %v, %v; want %v", got, err, c)
		}
		if seen[c.String()] {
			t.Fatal("the same words twice")
		}
		seen[c.String()] = true
		high = high || slices.Max(c.words[:]) >= words.Count/2
	}
	if !high {
		t.Error("no word of the second half of the list was ever chosen")
	}
}

// What people type, paste and are given by keyboards that mean well.
func TestParseCodeForgives(t *testing.T) {
	const want = "48213-orbit-ozone-melody"
	for _, text := range []string{
		want,
		"48213 orbit ozone melody",
		"  48213, Orbit, Ozone, Melody.  ",
		"48213-ORBIT-OZONE-MELODY",
		"48213orbitozonemelody",
		"48213 orbitozone melody",
		"48213 or-bit ozone melody",
		"48 213 orbit ozone melody",
		"4 8 2 1 3 orbit ozone melody",
		"48213–orbit—ozone‑melody",
		"48213\u00a0orbit\u200bozone\nmelody",
		"48213-orbi-ozon-melo",
		"“48213 orbit / ozone / melody”",
		"48213_orbit_ozone_melody",
	} {
		c, err := ParseCode(text)
		if err != nil || c.String() != want {
			t.Errorf("ParseCode(%q) = %v, %v; want %s", text, c, err, want)
		}
	}
	if c, err := ParseCode("999999 zoo zoo zoo"); err != nil || c.String() != "999999-zoo-zoo-zoo" {
		t.Errorf("the largest plate = %v, %v", c, err)
	}
}

func TestParseCodeRefuses(t *testing.T) {
	for _, text := range []string{
		"", "48213", "orbit ozone melody", "48213 orbit ozone", "48213 orbit ozone melody zoo",
		"4821 orbit ozone melody", "4821345 orbit ozone melody", "04821 orbit ozone melody",
		"48213 orbit ozone melon",       // not of the list
		"48213 orbit ozone mel",         // three letters say nothing
		"48213 orbit 7 ozone melody",    // digits after letters
		"orbit ozone melody 48213",      //
		"48213 órbit ozone melody",      // another letter
		"٤٨٢١٣ orbit ozone melody",      // other digits
		"48213 orbit ozone \xff melody", // no text
		"48213 orbit ozone melody" + strings.Repeat(" ", 200),
		"https://host/r#AQCgoaKjpKWmp6ipqqusra6vUZyuk-k60BHXhTVYlEBe2DMl",
	} {
		c, err := ParseCode(text)
		if wire.CodeOf(err) != wire.BadCode || c != (Code{}) {
			t.Errorf("ParseCode(%q) = %v, %v; want %v", text, c, err, wire.BadCode)
		}
		// Attack 52: an error may be logged.
		for _, part := range strings.FieldsFunc(text, func(r rune) bool { return r == ' ' || r == '-' }) {
			if err != nil && len(part) > 3 && part != "https://host/r#" && strings.Contains(err.Error(), part) {
				t.Errorf("error %q holds %q of the code", err, part)
			}
		}
	}
}

// What can be taken apart in two ways is not guessed at.
func TestAmbiguousWordsAreRefused(t *testing.T) {
	n, step := 0, 16
	if testing.Short() {
		step = 128
	}
	for i := 0; i < words.Count; i += step {
		for _, b := range words.Begun("") {
			a := words.At(i)
			joined := a + b + "zoo"
			got := apart(joined)
			if got == nil {
				n++
			} else if !slices.Equal(got, []string{a, b, "zoo"}) {
				t.Fatalf("apart(%q) = %q, and %s %s zoo reads the same", joined, got, a, b)
			}
		}
	}
	if n == 0 {
		t.Error("no two words make two others: the test shows nothing")
	}
}

// Every wrong code gives another psk, whichever part is wrong, and so does the
// other mode.
func TestEveryPartOfACodeCounts(t *testing.T) {
	right, _ := ParseCode("48213-orbit-ozone-melody")
	sid := [16]byte{1}
	psk := func(c Code, mode uint8) (i, r [32]byte) {
		a, _ := right.Exchange(wire.ModeCode, sid)
		b, _ := c.Exchange(mode, sid)
		i, _ = InitiatorPSK(a, sid, b.Share())
		r, _ = ResponderPSK(b, sid, a.Share())
		return i, r
	}
	if i, r := psk(right, wire.ModeCode); i != r || i == [32]byte{} {
		t.Fatal("the right code gives two keys")
	}
	for _, text := range []string{"48214-orbit-ozone-melody", "48213-orbit-ozone-member", "48213-ozone-orbit-melody"} {
		wrong, err := ParseCode(text)
		if err != nil {
			t.Fatal(err)
		}
		if i, r := psk(wrong, wire.ModeCode); i == r {
			t.Errorf("%s gives the key of %s", text, right)
		}
	}
	if i, r := psk(right, wire.ModeDevice); i == r {
		t.Error("the code of a device link opens a transfer")
	}
	// Another sid in the last step alone: its own psk all the same.
	a, _ := right.Exchange(wire.ModeCode, sid)
	b, _ := right.Exchange(wire.ModeCode, sid)
	one, _ := InitiatorPSK(a, sid, b.Share())
	two, _ := InitiatorPSK(a, [16]byte{2}, b.Share())
	if one == two {
		t.Error("the sid is no part of the psk")
	}
}

// Attack 14: shares of small order end the run on either side.
func TestSmallSharesAreRefused(t *testing.T) {
	c := NewCode(48213)
	for _, share := range [][32]byte{{}, {1}} {
		s, _ := c.Exchange(wire.ModeCode, [16]byte{})
		if _, err := InitiatorPSK(s, [16]byte{}, share); wire.CodeOf(err) != wire.PSK {
			t.Errorf("InitiatorPSK(%x) = %v, want %v", share, err, wire.PSK)
		}
		if _, err := ResponderPSK(s, [16]byte{}, share); wire.CodeOf(err) != wire.PSK {
			t.Errorf("ResponderPSK(%x) = %v, want %v", share, err, wire.PSK)
		}
	}
}

// Attack 13: nothing that the hub sees may depend on the words, but by way of
// CPace. A topic from them would be a dictionary for everybody who records it.
func TestNoTopicFromWords(t *testing.T) {
	src, err := os.ReadFile("code.go")
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Count(string(src), "c.secret()"); got != 2 {
		t.Errorf("the words leave package invite in %d places, want String and CPace's PRS", got)
	}
	for _, hash := range []string{"topic(", "sha256.", "kdf.X(kdf.XT(\"bee1 code\", []byte"} {
		if strings.Contains(string(src), hash) {
			t.Errorf("code.go has %q: no hash of words may exist but inside CPace", hash)
		}
	}
}

func FuzzParseCode(f *testing.F) {
	f.Fuzz(func(t *testing.T, text string) {
		c, err := ParseCode(text)
		if err != nil {
			if wire.CodeOf(err) != wire.BadCode {
				t.Errorf("ParseCode = %v, which is no failure of a code", err)
			}
			return
		}
		again, err := ParseCode(c.String())
		if err != nil || again != c {
			t.Errorf("%q is %v, but that reads as %v, %v", text, c, again, err)
		}
	})
}
