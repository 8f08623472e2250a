package catalog

import (
	"strings"
	"testing"

	"beeline/wasm/wire"
)

func TestNote(t *testing.T) {
	for in, want := range map[string]string{
		"Reel 3, v2\nUse A/B\\C": "Reel 3, v2\nUse A/B\\C",
		" \n two  words \n":      "two  words",
		"a\x00b\u202Ec\u2066d\r": "abcd",
		"bad \xff byte":          "bad  byte",
		"":                       "",
		"\u2028":                 "",
	} {
		if got := Note(in); got != want {
			t.Errorf("Note(%q) = %q, want %q", in, got, want)
		}
	}
	if long := Note(strings.Repeat("ä", wire.NoteMax)); len(long) != wire.NoteMax {
		t.Errorf("a long note has %d bytes, want %d", len(long), wire.NoteMax)
	}
	if odd := Note("x" + strings.Repeat("ä", wire.NoteMax)); len(odd) != wire.NoteMax-1 {
		t.Errorf("cut in the middle of a letter: %d bytes, want %d", len(odd), wire.NoteMax-1)
	}
}

func FuzzNote(f *testing.F) {
	f.Add("a \n\u202E\xff")
	f.Add(strings.Repeat(" ä", wire.NoteMax))
	f.Fuzz(func(t *testing.T, s string) {
		once := Note(s)
		if len(once) > wire.NoteMax || Note(once) != once {
			t.Errorf("%q gives %q, and that %q", s, once, Note(once))
		}
	})
}
