package identity

import (
	"bytes"
	"strings"
	"testing"

	"beeline/wasm/testdata"
	"beeline/wasm/wire"
)

func TestCardVectors(t *testing.T) {
	testdata.Run(t, "card_", func(t *testing.T, v testdata.Vector) {
		text := v.Text(t, "text")
		c, s, err := Parse(text)
		if want := v.Expect(); want != "" {
			if got := wire.CodeOf(err); got.Error() != want || c != nil || s != nil {
				t.Fatalf("Parse = %v, %v, %v; want no card, %s", c, s, err, want)
			}
			return
		}
		if err != nil || s != nil {
			t.Fatalf("Parse: %v, successor %v", err, s)
		}
		id := FromSeed(v.Key(t, "seed"))
		own, err := id.Card(string(v.Bytes(t, "name")), uint32(v.Int(t, "created")))
		if err != nil {
			t.Fatalf("Card: %v", err)
		}
		ownID, itsID := id.ID(), c.ID()
		for name, got := range map[string][]byte{
			"ed25519-secret": id.Key().Seed(), "x25519-secret": id.meeting.Bytes(),
			"ed25519": c.Ed25519[:], "x25519": c.X25519[:], "name": []byte(c.Name),
			"card": own.Bytes(), "id": itsID[:],
		} {
			if want := v.Bytes(t, name); !bytes.Equal(got, want) {
				t.Errorf("%s = %x, want %x", name, got, want)
			}
		}
		if own.Text() != text || c.Text() != text || ownID != itsID || int64(c.Created) != v.Int(t, "created") {
			t.Errorf("what was made and what was read differ: %s, %s", own.Text(), c.Text())
		}
	})
}

func TestSuccessorVectors(t *testing.T) {
	testdata.Run(t, "successor_", func(t *testing.T, v testdata.Vector) {
		old, err := FromSeed(v.Key(t, "old-seed")).Card("", 1)
		if err != nil {
			t.Fatal(err)
		}
		_, s, err := Parse(v.Text(t, "text"))
		if v.Expect() != "" {
			// Either it is refused at once, or it follows nobody.
			if err == nil && s.Follows(old) {
				t.Errorf("it follows the old card, want %s", v.Expect())
			}
			return
		}
		if err != nil || s == nil || !s.Follows(old) || s.Text() != v.Text(t, "text") {
			t.Fatalf("Parse = %+v, %v; want what follows the old card", s, err)
		}
		next, err := FromSeed(v.Key(t, "new-seed")).Card(string(v.Bytes(t, "name")), uint32(v.Int(t, "created")))
		if err != nil {
			t.Fatal(err)
		}
		made, err := FromSeed(v.Key(t, "old-seed")).Succeed(next)
		if err != nil || !bytes.Equal(made.Bytes(), v.Bytes(t, "successor")) {
			t.Errorf("Succeed = %x, %v; want %s", made.Bytes(), err, v.Text(t, "successor"))
		}
	})
}

func TestContactVectors(t *testing.T) {
	testdata.Run(t, "contact_", func(t *testing.T, v testdata.Vector) {
		a, b := FromSeed(v.Key(t, "seed-a")), FromSeed(v.Key(t, "seed-b"))
		root, other := root(t, a, b), root(t, b, a)
		if root != v.Key(t, "root") || other != root {
			t.Errorf("roots = %x and %x, want %s", root, other, v.Text(t, "root"))
		}
		e := uint32(v.Int(t, "epoch"))
		for name, got := range map[string][32]byte{
			"topic-ab": ContactTopic(root, a.Public(), b.Public(), e), "topic-ba": ContactTopic(root, b.Public(), a.Public(), e),
			"psk-ab": ContactPSK(root, a.Public(), b.Public()), "psk-ba": ContactPSK(root, b.Public(), a.Public()),
			"safety": SafetyNumber(a.ID(), b.ID()),
		} {
			if want := v.Key(t, name); got != want {
				t.Errorf("%s = %x, want %x", name, got, want)
			}
		}
		n := SafetyNumber(b.ID(), a.ID())
		groups := n.Groups()
		if got := strings.Join(groups[:], " "); got != v.Text(t, "safety-groups") || n.Text() != v.Text(t, "safety-text") {
			t.Errorf("safety number = %s, %s; want %s", got, n.Text(), v.Text(t, "safety-groups"))
		}
	})
}

func root(t *testing.T, own, other *Identity) [32]byte {
	t.Helper()
	c, err := other.Card("", 1)
	if err != nil {
		t.Fatal(err)
	}
	r, err := own.ContactRoot(c)
	if err != nil {
		t.Fatal(err)
	}
	return r
}
