package words

import (
	"slices"
	"strings"
	"testing"
)

func TestTheList(t *testing.T) {
	if n := len(list()); n != Count {
		t.Fatalf("%d words, want %d", n, Count)
	}
	if !slices.IsSorted(list()) {
		t.Error("the words are not in order: none of them can be found")
	}
	begun := map[string]string{}
	for i, word := range list() {
		if got, ok := Index(word); got != i || !ok || At(i) != word {
			t.Errorf("Index(%q) = %d, %v; want %d", word, got, ok, i)
		}
		if len(word) < Shortest || len(word) > Longest || strings.Trim(word, "abcdefghijklmnopqrstuvwxyz") != "" {
			t.Errorf("%q is no word that the package allows for", word)
		}
		four := word[:min(Distinct, len(word))]
		if other, twice := begun[four]; twice {
			t.Errorf("%q and %q begin alike", word, other)
		}
		begun[four] = word
	}
}

func TestFull(t *testing.T) {
	for typed, want := range map[string]string{
		"orbit": "orbit", "zoo": "zoo", "act": "act", // though action begins so
		"umbr": "umbrella", "umbrell": "umbrella",
		"orbitt": "", "um": "", "umb": "", "": "", "ORBIT": "", "ötte": "",
	} {
		if got, ok := Full(typed); got != want || ok != (want != "") {
			t.Errorf("Full(%q) = %q, %v; want %q", typed, got, ok, want)
		}
	}
}

func TestFix(t *testing.T) {
	for typed, want := range map[string]string{
		"umbrela":   "umbrella",
		"ubmrella":  "umbrella",
		"umbrellla": "umbrella",
		"inbrella":  "", // two slips
		"umbrelka":  "umbrella",
		"zebta":     "zebra",
		"yebra":     "zebra", // the German keyboard
		"vat":       "",      // cat, fat, hat, …: who could say
		"":          "",
	} {
		if got, ok := Fix(typed); ok != (want != "") || ok && got != want {
			t.Errorf("Fix(%q) = %q, %v; want %q", typed, got, ok, want)
		}
	}
}

// Every slip in every word is either the word, another word, or brings the word
// up among the guesses; and what is fixed is fixed to it or to one as close.
func TestEverySlipIsFound(t *testing.T) {
	slips, fixed := 0, 0
	for _, word := range list() {
		for typed := range slipsOf(word) {
			if _, ok := Index(typed); ok {
				continue
			}
			slips++
			if cost := slip(typed, word); cost >= far {
				t.Fatalf("slip(%q, %q) = far", typed, word)
			}
			if slips%40 == 0 && !slices.Contains(Near(typed, Count), word) {
				t.Errorf("Near(%q) lacks %q", typed, word)
			}
			if slips%40 == 0 {
				if got, ok := Fix(typed); ok && got == word {
					fixed++
				} else if ok && !strings.HasPrefix(got, typed) {
					t.Errorf("Fix(%q) = %q, but %q is as close", typed, got, word)
				}
			}
		}
	}
	if share := float64(fixed*40) / float64(slips); share < 0.85 {
		t.Errorf("%.2f of %d slips are put right without asking, want at least 0.85", share, slips)
	}
}

func TestNearPutsTheLikelyFirst(t *testing.T) {
	for typed, want := range map[string][]string{
		"act":    {"act", "action", "actor"},
		"orbi":   {"orbit"},
		"umbrwl": {"umbrella"},
		"xqj":    nil,
		"a very long text that is no word at all": nil,
	} {
		got := Near(typed, len(want)+1)
		if len(got) < len(want) || !slices.Equal(got[:len(want)], want) {
			t.Errorf("Near(%q) = %q, want %q first", typed, got, want)
		}
	}
	if got := Near("a", 5); len(got) != 5 || got[0] != "abandon" {
		t.Errorf("Near(a, 5) = %q, want the first five", got)
	}
}

func TestBeside(t *testing.T) {
	for _, pair := range []string{"qw", "qa", "as", "az", "sz", "pl", "yz", "gv", "gb"} {
		if !beside(pair[0], pair[1]) || !beside(pair[1], pair[0]) {
			t.Errorf("%c and %c are neighbours", pair[0], pair[1])
		}
	}
	for _, pair := range []string{"qe", "qz", "ap", "aa", "a-", "!?"} {
		if beside(pair[0], pair[1]) || beside(pair[1], pair[0]) {
			t.Errorf("%q are no neighbours", pair)
		}
	}
}

// slipsOf yields every text that is one slip of the finger away from word.
func slipsOf(word string) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		for i := 0; i <= len(word); i++ {
			if i < len(word) && !yield(word[:i]+word[i+1:]) {
				return
			}
			if i+1 < len(word) && !yield(word[:i]+word[i+1:i+2]+word[i:i+1]+word[i+2:]) {
				return
			}
			for c := 'a'; c <= 'z'; c++ {
				if !yield(word[:i]+string(c)+word[i:]) || i < len(word) && !yield(word[:i]+string(c)+word[i+1:]) {
					return
				}
			}
		}
	}
}

func FuzzNear(f *testing.F) {
	for _, typed := range []string{"", "orbit", "ORBIT", "or bit", "öttér", "\x00\xff", strings.Repeat("a", 100)} {
		f.Add(typed)
	}
	f.Fuzz(func(t *testing.T, typed string) {
		near := Near(typed, 5)
		if len(near) > 5 {
			t.Errorf("%d guesses, want 5 at most", len(near))
		}
		full, whole := Full(typed)
		fixed, ok := Fix(typed)
		if whole && (!ok || fixed != full || near[0] != full) {
			t.Errorf("Full = %q, but Fix = %q and Near = %q", full, fixed, near)
		}
		for _, word := range append(near, full, fixed) {
			if _, known := Index(word); word != "" && !known {
				t.Errorf("%q is no word of the list", word)
			}
		}
	})
}
