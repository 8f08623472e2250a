package identity

import (
	"bytes"
	"crypto/ecdh"
	"crypto/ed25519"
	"encoding/hex"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"beeline/wasm/testdata"
	"beeline/wasm/wire"
)

func seed(n byte) [32]byte { return [32]byte{n, 1: n, 31: n} }

// step is 1: natively every bit is flipped, in WebAssembly one of seven.
func step() int {
	if testing.Short() {
		return 7
	}
	return 1
}

func card(t testing.TB, id *Identity, name string) *Card {
	t.Helper()
	c, err := id.Card(name, 1_795_660_800)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestTwoIdentitiesDiffer(t *testing.T) {
	a, b := New(), New()
	if a.Seed() == b.Seed() || a.ID() == b.ID() {
		t.Error("two identities are one")
	}
	if again := FromSeed(a.Seed()); again.ID() != a.ID() || !again.Key().Equal(a.Key()) {
		t.Error("the seed gives another identity")
	}
}

// Every flipped bit of a card is refused, wherever it is.
func TestFlippedBits(t *testing.T) {
	good := card(t, FromSeed(seed(1)), "Ada").Bytes()
	for i := 0; i < len(good)*8; i += step() {
		b := bytes.Clone(good)
		b[i/8] ^= 1 << (i % 8)
		c, err := ParseCard(b)
		if code := wire.CodeOf(err); c != nil || code != wire.Card && (code != wire.Version || i >= 8) {
			t.Errorf("bit %d flipped: %v, %v", i, c, err)
		}
	}
	for n := range 2 * len(good) {
		if c, err := ParseCard(append(good, good...)[:n]); n != len(good) && (c != nil || err == nil) {
			t.Errorf("%d bytes of a card of %d: %v", n, len(good), c)
		}
	}
}

// Attack 22: each flipped bit of a successor is refused, or it follows nobody.
func TestFlippedBitsOfASuccessor(t *testing.T) {
	old, next := FromSeed(seed(1)), card(t, FromSeed(seed(2)), "Ada")
	oldCard := card(t, old, "Ada")
	good, err := old.Succeed(next)
	if err != nil || !good.Follows(oldCard) {
		t.Fatalf("Succeed: %v", err)
	}
	for i := 0; i < len(good.Bytes())*8; i += step() {
		b := good.Bytes()
		b[i/8] ^= 1 << (i % 8)
		if _, s, err := Parse(prefix + coding.EncodeToString(b)); err == nil && s != nil && s.Follows(oldCard) {
			t.Errorf("bit %d flipped, and it still follows", i)
		}
	}
	if good.Follows(card(t, FromSeed(seed(3)), "Ada")) {
		t.Error("it follows somebody else's card")
	}
	if _, err := old.Succeed(oldCard); !errors.Is(err, wire.Card) {
		t.Errorf("an identity that follows itself: %v, want %v", err, wire.Card)
	}
}

// What turns the direction of writing, hides or ends a line is in no name, made or
// read; nor are more than 48 bytes.
func TestNames(t *testing.T) {
	id := FromSeed(seed(1))
	for _, name := range []string{"", "Ada", "Ada Lovelace (VFX)", "עדה", "艾達", "👩‍🎨 Ada", strings.Repeat("é", 24), "A. & B."} {
		c, err := id.Card(name, 1)
		if err != nil {
			t.Errorf("Card(%q): %v", name, err)
			continue
		}
		if got, _, err := Parse(c.Text()); err != nil || got.Name != name {
			t.Errorf("Parse = %v, %v; want %q", got, err, name)
		}
	}
	for _, name := range []string{
		".", "..", "a/b", "a\\b", "Ada\n", "Ada\x00", "Ada\u202e", "\u2066Ada", "\u200fAda", "\u061cAda", "\ufeffAda", "Ada\u2028", "Ada\U000e0041", "\xff", strings.Repeat("x", 49), strings.Repeat("x", 200),
	} {
		if _, err := id.Card(name, 1); !errors.Is(err, wire.Card) {
			t.Errorf("Card(%q) = %v, want %v", name, err, wire.Card)
		}
		if len(name) > 255 {
			continue
		}
		forged := &Card{Created: 1, Name: name}
		copy(forged.Ed25519[:], id.Public())
		copy(forged.X25519[:], id.meeting.PublicKey().Bytes())
		copy(forged.sig[:], ed25519.Sign(id.signing, append([]byte(signCard), forged.body()...)))
		if _, err := ParseCard(forged.Bytes()); !errors.Is(err, wire.Card) {
			t.Errorf("ParseCard with the name %q = %v, want %v", name, err, wire.Card)
		}
	}
}

// Attack 14: keys of small order and keys with a second form, in a card that is
// otherwise right. The list of X25519 is the one of RFC 7748's security section
// and all forms of it above p.
func TestBadKeys(t *testing.T) {
	id := FromSeed(seed(1))
	signed := func(ed, x []byte) []byte {
		c := &Card{Created: 1, Name: "Ada"}
		copy(c.Ed25519[:], ed)
		copy(c.X25519[:], x)
		copy(c.sig[:], ed25519.Sign(id.signing, append([]byte(signCard), c.body()...)))
		return c.Bytes()
	}
	if _, err := ParseCard(signed(id.Public(), id.meeting.PublicKey().Bytes())); err != nil {
		t.Fatalf("the card itself: %v", err)
	}
	for _, key := range []string{
		"0000000000000000000000000000000000000000000000000000000000000000",
		"0100000000000000000000000000000000000000000000000000000000000000",
		"e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
		"5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
		"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", // p - 1
		"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", // p
		"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", // p + 1
		"f6ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", // p + 9, a good point in another form
		"ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"0900000000000000000000000000000000000000000000000000000000000080",
	} {
		x, _ := hex.DecodeString(key)
		if _, err := ParseCard(signed(id.Public(), x)); !errors.Is(err, wire.Card) {
			t.Errorf("X25519 key %s: %v, want %v", key, err, wire.Card)
		}
	}
	for _, key := range []string{"ebffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", "0900000000000000000000000000000000000000000000000000000000000000"} {
		x, _ := hex.DecodeString(key)
		if !belowP(x) {
			t.Errorf("%s is below p", key)
		}
	}
}

// X25519 keys of small order of Wycheproof, all of them.
func TestX25519Wycheproof(t *testing.T) {
	if runtime.GOOS == "js" {
		t.Skip("reads another module's files")
	}
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/c2sp/wycheproof").Output()
	if err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(filepath.Join(strings.TrimSpace(string(out)), "testvectors_v1", "x25519_test.json"))
	if err != nil {
		t.Fatal(err)
	}
	var all struct {
		TestGroups []struct {
			Tests []struct {
				Public, Private, Shared string
				Flags                   []string
			}
		}
	}
	if err := json.Unmarshal(b, &all); err != nil {
		t.Fatal(err)
	}
	zero, refused := 0, 0
	for _, g := range all.TestGroups {
		for _, v := range g.Tests {
			public, _ := hex.DecodeString(v.Public)
			private, _ := hex.DecodeString(v.Private)
			shared, _ := hex.DecodeString(v.Shared)
			err := checkX25519(public)
			if err != nil {
				refused++
			}
			if bytes.Equal(shared, make([]byte, 32)) {
				zero++
				if err == nil {
					t.Errorf("key %s makes a secret of zero and was taken", v.Public)
				}
				continue
			}
			if err != nil {
				continue // another form of a good key
			}
			own, _ := ecdh.X25519().NewPrivateKey(private)
			theirs, _ := ecdh.X25519().NewPublicKey(public)
			if got, err := own.ECDH(theirs); err != nil || !bytes.Equal(got, shared) {
				t.Errorf("key %s: %x, %v; want %s", v.Public, got, err, v.Shared)
			}
		}
	}
	if zero < 20 || refused < 20 {
		t.Errorf("%d vectors with a secret of zero, %d refused: the file was read wrongly", zero, refused)
	}
}

func TestOwnCardIsNoContact(t *testing.T) {
	id := FromSeed(seed(1))
	if _, err := id.ContactRoot(card(t, id, "me")); !errors.Is(err, wire.Card) {
		t.Errorf("ContactRoot of one's own card = %v, want %v", err, wire.Card)
	}
}

func TestSafetyNumberOfSomebodyElse(t *testing.T) {
	a, b, c := FromSeed(seed(1)).ID(), FromSeed(seed(2)).ID(), FromSeed(seed(3)).ID()
	ours, theirs := SafetyNumber(a, b), SafetyNumber(a, c)
	for text, want := range map[string][2]bool{
		ours.Text(): {true, false}, theirs.Text(): {false, true}, "": {}, "https://example.org/": {}, ours.Text() + "A": {}, "bls1.": {},
	} {
		if same, other := ours.Is(text); same != want[0] || other != want[1] {
			t.Errorf("Is(%q) = %v, %v; want %v", text, same, other, want)
		}
	}
}

// Nothing that is logged about a card may hold a part of it.
func TestErrorsHoldNothingOfTheCard(t *testing.T) {
	text := card(t, FromSeed(seed(1)), "Ada").Text()
	for _, bad := range []string{text + "A", text[:40], strings.Replace(text, "A", "!", 1)} {
		_, _, err := Parse(bad)
		if err == nil {
			t.Fatalf("Parse(%q) found nothing wrong", bad)
		}
		for i := range len(bad) - 6 {
			if strings.Contains(err.Error(), bad[i:i+6]) {
				t.Errorf("the error %q holds a part of the card", err)
			}
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Fuzz(func(t *testing.T, text string) {
		c, s, err := Parse(text)
		switch {
		case err != nil:
			if code := wire.CodeOf(err); c != nil || s != nil || code != wire.Card && code != wire.Version {
				t.Fatalf("Parse(%q) = %v, %v, %v", text, c, s, err)
			}
		case s != nil && s.Text() != text, s == nil && c.Text() != text:
			t.Fatalf("%q is not what is written for it", text)
		case len(c.Name) > NameMax:
			t.Fatalf("a name of %d bytes", len(c.Name))
		}
	})
}

func FuzzParseCard(f *testing.F) {
	f.Fuzz(func(t *testing.T, b []byte) {
		kept, keptErr := KeptCard(b)
		c, err := ParseCard(b)
		if err == nil && (!bytes.Equal(c.Bytes(), b) || keptErr != nil) {
			t.Fatalf("%x was read and is not what is written for it", b)
		}
		if keptErr == nil && !bytes.Equal(kept.Bytes(), b) {
			t.Fatalf("%x was kept and is not what is written for it", b)
		}
	})
}

func TestCorpora(t *testing.T) { testdata.Corpora(t) }

// What a page does with 500 contacts when it opens.
func BenchmarkContactRoot(b *testing.B) {
	id, c := FromSeed(seed(1)), card(b, FromSeed(seed(2)), "Ada")
	for b.Loop() {
		if _, err := id.ContactRoot(c); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkParse(b *testing.B) {
	text := card(b, FromSeed(seed(2)), "Ada").Text()
	for b.Loop() {
		if _, _, err := Parse(text); err != nil {
			b.Fatal(err)
		}
	}
}
