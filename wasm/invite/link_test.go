package invite

import (
	"bytes"
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"strings"
	"testing"

	"beeline/wasm/testdata"
	"beeline/wasm/wire"
)

func TestLinkVectors(t *testing.T) {
	testdata.Run(t, "link_", func(t *testing.T, v testdata.Vector) {
		text := v.Text(t, "link")
		l, err := Parse(text)
		if want := v.Expect(); want != "" {
			if got := wire.CodeOf(err); got.Error() != want || l != (Link{}) {
				t.Fatalf("Parse = %+v, %v; want no link, %s", l, err, want)
			}
			return
		}
		if err != nil {
			t.Fatalf("Parse: %v", err)
		}
		if l.String() != text {
			t.Errorf("String = %s, want %s", l.String(), text)
		}
		if got, want := int64(l.Flags), v.Int(t, "flags"); got != want {
			t.Errorf("flags = %d, want %d", got, want)
		}
		share := ed25519.NewKeyFromSeed(v.Bytes(t, "share-seed")).Public().(ed25519.PublicKey)
		for name, got := range map[string][]byte{
			"secret":      l.Secret[:],
			"fingerprint": l.Fingerprint[:],
			"psk":         slice(l.PSK()),
			"topic":       slice(l.Topic(uint32(v.Int(t, "epoch")))),
		} {
			if want := v.Bytes(t, name); !bytes.Equal(got, want) {
				t.Errorf("%s = %x, want %x", name, got, want)
			}
		}
		if got := Fingerprint(share); got != l.Fingerprint {
			t.Errorf("fingerprint of the share key = %x, want %x", got, l.Fingerprint)
		}
	})
}

func TestNew(t *testing.T) {
	share, _, _ := ed25519.GenerateKey(nil)
	a, b := New(OneTime|Approval, share), New(OneTime|Approval, share)
	if a.Secret == b.Secret {
		t.Error("two links have one secret")
	}
	got, err := Parse(a.String())
	if err != nil || got != a {
		t.Errorf("Parse(String) = %+v, %v; want %+v", got, err, a)
	}
	defer func() {
		if recover() == nil {
			t.Error("New took an unknown flag")
		}
	}()
	New(8, share)
}

// A damaged link is told from a foreign one before any network, wherever the
// damage is: one character of each place is changed to every other one.
func TestDamage(t *testing.T) {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	good := Link{Flags: OneTime, Secret: [16]byte{1, 2, 3}, Fingerprint: [16]byte{4, 5}}.String()
	survived := 0
	for i := range good {
		for _, c := range alphabet + "+/=.# \n\x00é" {
			text := good[:i] + string(c) + good[i+1:]
			if text == good {
				continue
			}
			_, err := Parse(text)
			if err == nil || wire.CodeOf(err) == wire.Version {
				survived++ // the check has 16 bits
				continue
			}
			if !errors.Is(err, wire.LinkDamaged) {
				t.Errorf("Parse with %q at %d = %v, want %v", c, i, err, wire.LinkDamaged)
			}
		}
	}
	if survived > 3 {
		t.Errorf("%d of 3,400 damaged links pass the check, want about 0", survived)
	}
	for n := range 2 * len(good) {
		text := (good + good)[:n]
		if _, err := Parse(text); n != len(good) && !errors.Is(err, wire.LinkDamaged) {
			t.Errorf("Parse of %d characters = %v, want %v", n, err, wire.LinkDamaged)
		}
	}
}

// The decoder skips line breaks, so a link that ends in a zero byte would have a
// second text if only the alphabet were checked.
func TestLineBreakInPlaceOfAByte(t *testing.T) {
	l := Link{}
	for l.Bytes()[linkBytes-1] != 0 {
		l.Secret[0]++
		if l.Secret[0] == 0 {
			l.Secret[1]++
		}
	}
	for _, end := range []string{"\n", "\r"} {
		if _, err := Parse(l.String()[:linkChars-1] + end); !errors.Is(err, wire.LinkDamaged) {
			t.Errorf("Parse with %q at the end = %v, want %v", end, err, wire.LinkDamaged)
		}
	}
}

// Attack 6: a link of version 2 in a client of version 1 is not taken for
// something it isn't. Attack 54, first half: a relay of the link that clears a flag
// and fixes the check makes a link that parses, but neither meets the same key
// (the second half, that no session comes of it, is in package handshake).
func TestVersionAndFlagsOfARelayedLink(t *testing.T) {
	l := Link{Flags: Approval | Proven, Secret: [16]byte{1}, Fingerprint: [16]byte{2}}
	for v := range 256 {
		b := l.Bytes()
		b[0] = byte(v)
		copy(b[checkAt:], check(&b))
		_, err := Parse(coding.EncodeToString(b[:]))
		if v == version && err != nil {
			t.Errorf("version %d: %v", v, err)
		}
		if v != version && !errors.Is(err, wire.Version) {
			t.Errorf("version %d: %v, want %v", v, err, wire.Version)
		}
	}
	for f := range 256 {
		b := l.Bytes()
		b[1] = byte(f)
		copy(b[checkAt:], check(&b))
		got, err := Parse(coding.EncodeToString(b[:]))
		if f&^knownFlags != 0 {
			if !errors.Is(err, wire.Version) {
				t.Errorf("flags %d: %v, want %v", f, err, wire.Version)
			}
			continue
		}
		if err != nil {
			t.Fatalf("flags %d: %v", f, err)
		}
		if got.Flags != l.Flags && got.PSK() == l.PSK() {
			t.Errorf("flags %d and %d have one psk", f, l.Flags)
		}
		if got.Topic(1) != l.Topic(1) {
			t.Errorf("flags %d: another topic, so the sharer could not log the attempt", f)
		}
	}
}

// Attacks 15 and 52: an error about a link may be logged, so it holds no part of it.
func TestErrorsHoldNothingOfTheLink(t *testing.T) {
	b := Link{Secret: [16]byte{0xAA, 0xBB, 0xCC, 0xDD}}.Bytes()
	good := coding.EncodeToString(b[:])
	b[0], b[checkAt] = 9, 0
	for _, text := range []string{good[:40], good + "A", strings.Replace(good, "A", "!", 1), coding.EncodeToString(b[:])} {
		_, err := Parse(text)
		if err == nil {
			t.Fatalf("Parse(%q) found nothing wrong", text)
		}
		for i := range len(text) - 5 {
			if strings.Contains(err.Error(), text[i:i+6]) {
				t.Errorf("error %q holds %q of the link", err, text[i:i+6])
			}
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add(Link{}.String())
	f.Add(Link{Flags: knownFlags, Secret: [16]byte{1}, Fingerprint: [16]byte{2}}.String())
	f.Fuzz(func(t *testing.T, text string) {
		l, err := Parse(text)
		if err != nil {
			if c := wire.CodeOf(err); c != wire.LinkDamaged && c != wire.Version {
				t.Errorf("Parse = %v, which is no failure of a link", err)
			}
			return
		}
		if l.String() != text {
			t.Errorf("%q parses, but encodes to %q", text, l.String())
		}
	})
}

// FuzzParseBytes gets past the check bytes, which FuzzParse hardly does.
func FuzzParseBytes(f *testing.F) {
	f.Add([]byte{1, 7})
	f.Fuzz(func(t *testing.T, raw []byte) {
		var b [linkBytes]byte
		copy(b[:checkAt], raw)
		copy(b[checkAt:], check(&b))
		text := base64.RawURLEncoding.EncodeToString(b[:])
		l, err := Parse(text)
		if ok := b[0] == version && b[1]&^knownFlags == 0; ok != (err == nil) {
			t.Fatalf("Parse(version %d, flags %#x) = %v", b[0], b[1], err)
		}
		if err == nil && l.Bytes() != b {
			t.Errorf("Bytes = %x, want %x", l.Bytes(), b)
		}
	})
}

func TestCorpora(t *testing.T) { testdata.Corpora(t) }

func slice(b [32]byte) []byte { return b[:] }
