package people

import (
	"errors"
	"strings"
	"testing"

	"beeline/wasm/identity"
	"beeline/wasm/wire"
	"beeline/wasm/words"
)

// The values that BIP-39 publishes for seeds of 256 bits.
func TestSeedWordsOfBIP39(t *testing.T) {
	fill := func(b byte) (seed [32]byte) {
		for i := range seed {
			seed[i] = b
		}
		return seed
	}
	for _, v := range []struct {
		seed [32]byte
		want string
	}{
		{fill(0), strings.Repeat("abandon ", 23) + "art"},
		{fill(0x7f), strings.Repeat("legal winner thank year wave sausage worth useful ", 2) + "legal winner thank year wave sausage worth title"},
		{fill(0x80), strings.Repeat("letter advice cage absurd amount doctor acoustic avoid ", 2) + "letter advice cage absurd amount doctor acoustic bless"},
		{fill(0xff), strings.Repeat("zoo ", 23) + "vote"},
	} {
		b := FromSeed(v.seed, 1)
		if got := b.Words(); got != v.want {
			t.Errorf("%x: %s, want %s", v.seed[:2], got, v.want)
		}
		if seed, slip, err := SeedOf(v.want); err != nil || seed != v.seed || slip != 0 {
			t.Errorf("SeedOf(%s) = %x, %d, %v", v.want, seed, slip, err)
		}
	}
}

func TestSeedWordsAsTheyAreTyped(t *testing.T) {
	b := FromSeed(identity.New().Seed(), 1)
	w := strings.Fields(b.Words())
	short := make([]string, len(w))
	for i, word := range w {
		short[i] = word[:min(len(word), words.Distinct)]
	}
	for _, typed := range []string{strings.Join(w, " "), strings.ToUpper(strings.Join(w, "\n")), " 1. " + strings.Join(w, ", 2. ") + " ", strings.Join(short, " ")} {
		if seed, slip, err := SeedOf(typed); err != nil || seed != b.Identity.Seed() {
			t.Errorf("typed another way: %d, %v", slip, err)
		}
	}
	for name, v := range map[string]struct {
		typed string
		slip  int
	}{
		"none":         {"", 0},
		"23":           {strings.Join(w[:23], " "), 0},
		"25":           {strings.Join(append(w[:SeedWords:SeedWords], w[0]), " "), 0},
		"no word":      {strings.Join(w[:6], " ") + " qqqq " + strings.Join(w[7:], " "), 7},
		"far too long": {strings.Repeat("abandon ", 200), 0},
	} {
		if seed, slip, err := SeedOf(v.typed); !errors.Is(err, wire.Vault) || slip != v.slip || seed != [32]byte{} {
			t.Errorf("%s: %d, %v; want slip %d, %v", name, slip, err, v.slip, wire.Vault)
		}
	}
	// Two words that changed places, or one taken for another, are found 255 times of 256.
	missed := 0
	for range 200 {
		w := strings.Fields(FromSeed(identity.New().Seed(), 1).Words())
		w[0], w[1] = w[1], w[0]
		if _, _, err := SeedOf(strings.Join(w, " ")); err == nil {
			missed++
		}
	}
	if missed > 8 {
		t.Errorf("%d of 200 turned round were taken", missed)
	}
}

func FuzzSeedOf(f *testing.F) {
	f.Fuzz(func(t *testing.T, typed string) {
		seed, _, err := SeedOf(typed)
		if err != nil {
			return
		}
		if again, _, err := SeedOf(FromSeed(seed, 1).Words()); err != nil || again != seed {
			t.Fatalf("%q is %x, its words another one: %v", typed, seed, err)
		}
	})
}
