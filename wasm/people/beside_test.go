package people

import (
	"errors"
	"testing"

	"beeline/wasm/wire"
)

// What lies beside the vault opens with the book that sealed it, also once that was
// written and read again, in its place, and unchanged.
func TestBesideOpensWithItsBookInItsPlaceOnly(t *testing.T) {
	b, _, _, _ := book(t)
	box, err := b.Seal("share one", []byte("Ada"))
	if err != nil {
		t.Fatal(err)
	}
	again, err := Decode(b.Encode())
	if err != nil {
		t.Fatal(err)
	}
	if plain, err := again.Open("share one", box); err != nil || string(plain) != "Ada" {
		t.Errorf("Open by the same book = %q, %v", plain, err)
	}
	restored, err := DecodeBackup(b.Backup())
	if err != nil {
		t.Fatal(err)
	}
	other, _, _, _ := book(t)
	for name, open := range map[string]func() ([]byte, error){
		"another place":          func() ([]byte, error) { return b.Open("share two", box) },
		"another book":           func() ([]byte, error) { return other.Open("share one", box) },
		"a book of a backup":     func() ([]byte, error) { return restored.Open("share one", box) },
		"a byte less":            func() ([]byte, error) { return b.Open("share one", box[:len(box)-1]) },
		"nothing":                func() ([]byte, error) { return b.Open("share one", nil) },
		"more than is ever kept": func() ([]byte, error) { return b.Open("share one", make([]byte, 2*BesideMax)) },
	} {
		if plain, err := open(); !errors.Is(err, wire.Vault) {
			t.Errorf("%s: %q, %v; want %v", name, plain, err, wire.Vault)
		}
	}
	if _, err := b.Seal("share one", make([]byte, BesideMax+1)); !errors.Is(err, wire.Vault) {
		t.Errorf("Seal of too much: %v", err)
	}
	if two, _ := b.Seal("share one", []byte("Ada")); string(two) == string(box) {
		t.Error("the same bytes twice: a nonce was used again")
	}
}

func FuzzBeside(f *testing.F) {
	b := FromSeed([32]byte{7}, 5)
	b.Dummy = [32]byte{3}
	f.Fuzz(func(t *testing.T, box []byte) {
		if plain, err := b.Open("here", box); err == nil && string(plain) != "plain" {
			t.Errorf("opened to %q what nobody sealed", plain)
		}
	})
}
