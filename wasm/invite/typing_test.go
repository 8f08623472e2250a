package invite

import (
	"slices"
	"strings"
	"testing"

	"beeline/wasm/words"
)

func TestReadWhileTyping(t *testing.T) {
	for _, tt := range []struct {
		text, head, code string
		fixed, near      []string // near: what must come first
	}{
		{"", "", "", nil, nil},
		{"482", "482", "", nil, nil},
		{"48213-o", "48213-", "", nil, []string{"oak"}},
		{"48213-orbi", "48213-", "", nil, []string{"orbit"}},
		{"48213-orbit", "48213-", "", nil, nil},
		{"48213-act", "48213-", "", nil, []string{"action", "actor"}}, // a word, and the beginning of others
		{"48213-orbit-ozone-act", "48213-orbit-ozone-", "48213-orbit-ozone-act", nil, nil},
		{"48213-orbi ", "48213-orbit ", "", nil, nil},                         // cut short, not mistyped
		{"48213-Prbit ", "48213-orbit ", "", []string{"prbit", "orbit"}, nil}, // a slip
		{"48213-xqjz ", "48213-xqjz ", "", nil, nil},                          // nothing that it could be
		{"48213-orbit-ozone-melo", "48213-orbit-ozone-", "48213-orbit-ozone-melody", nil, []string{"melody"}},
		{"48213-orbit-ozone-meoldy", "48213-orbit-ozone-", "48213-orbit-ozone-melody", nil, []string{"melody"}},
		{"48213 orbit ozone melody.", "48213 orbit ozone melody.", "48213-orbit-ozone-melody", nil, nil},
		{"48213 orbti, ozoen melody", "48213 orbit, ozone ", "48213-orbit-ozone-melody", []string{"orbti", "orbit", "ozoen", "ozone"}, nil},
		{"48213-örbit", "48213-örbit", "", nil, nil}, // no code: left as it is
	} {
		r := Read(tt.text)
		if r.Head != tt.head || r.Code != tt.code || !slices.Equal(r.Fixed, tt.fixed) {
			t.Errorf("Read(%q) = head %q, code %q, fixed %q; want %q, %q, %q", tt.text, r.Head, r.Code, r.Fixed, tt.head, tt.code, tt.fixed)
		}
		if len(r.Near) < len(tt.near) || !slices.Equal(r.Near[:len(tt.near)], tt.near) || tt.near == nil && r.Near != nil {
			t.Errorf("Read(%q): near %q, want %q first", tt.text, r.Near, tt.near)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Fuzz(func(t *testing.T, text string) {
		r := Read(text)
		if len(r.Near) > nearMax || len(r.Fixed) > len(text) || len(r.Head) > 4*len(text)+4 {
			t.Errorf("Read(%q) = %+v: more than was typed", text, r)
		}
		if r.Code != "" {
			if c, err := ParseCode(r.Code); err != nil || c.String() != r.Code {
				t.Errorf("Read(%q) says %q, which reads as %v, %v", text, r.Code, c, err)
			}
		}
		for i := 1; i < len(r.Fixed); i += 2 {
			if _, ok := words.Index(r.Fixed[i]); !ok || strings.ToLower(r.Fixed[i-1]) != r.Fixed[i-1] {
				t.Errorf("Read(%q) takes %q for %q", text, r.Fixed[i-1], r.Fixed[i])
			}
		}
		if again := Read(r.Head); again.Head != r.Head || len(again.Fixed) > 0 {
			t.Errorf("Read(%q) = %q, and that reads as %q once more", text, r.Head, again.Head)
		}
	})
}
