package catalog

import (
	"slices"
	"strconv"
	"strings"
	"testing"
)

// plan returns the local names of files in one folder.
func plan(t testing.TB, target Target, names ...string) []string {
	t.Helper()
	b := NewBuilder("share", shareID, salt)
	for _, name := range names {
		if _, err := b.Add(Entry{Type: File, Name: name}); err != nil {
			t.Fatal(err)
		}
	}
	b.Finish()
	n := NewNames(receive(t, b, Browser), target)
	var got []string
	for i := range names {
		got = append(got, n.LocalName(uint32(i+1)))
	}
	return got
}

func TestNamesThatCompareEqualGetNumbers(t *testing.T) {
	tests := []struct {
		why         string
		names, want []string
	}{
		{"different", []string{"a.mov", "b.mov"}, []string{"a.mov", "b.mov"}},
		{"the same", []string{"a.mov", "a.mov", "a.mov"}, []string{"a.mov", "a (2).mov", "a (3).mov"}},
		{"case", []string{"Clip.MOV", "clip.mov", "CLIP.mov"}, []string{"Clip.MOV", "clip (2).mov", "CLIP (3).mov"}},
		{"NFC and NFD", []string{"\u00c9t\u00e9", "E\u0301te\u0301", "e\u0301TE\u0301"}, []string{"\u00c9t\u00e9", "E\u0301te\u0301 (2)", "e\u0301TE\u0301 (3)"}},
		{"kelvin sign", []string{"k", "\u212a"}, []string{"k", "\u212a (2)"}},
		{"long s", []string{"s", "\u017f"}, []string{"s", "\u017f (2)"}},
		{"angstrom, ring, combining ring", []string{"\u212b", "\u00e5", "a\u030a"}, []string{"\u212b", "\u00e5 (2)", "a\u030a (3)"}},
		{"greek sigmas", []string{"\u03a3", "\u03c3", "\u03c2"}, []string{"\u03a3", "\u03c3 (2)", "\u03c2 (3)"}},
		{"dotted capital I", []string{"\u0130", "i\u0307"}, []string{"\u0130", "i\u0307 (2)"}},
		{"iota below", []string{"\u1fb3", "\u03b1\u03b9"}, []string{"\u1fb3", "\u03b1\u03b9 (2)"}},
		{"dotless i is another letter", []string{"i", "\u0131"}, []string{"i", "\u0131"}},
		{"the number is taken", []string{"a.mov", "a (2).mov", "a.mov"}, []string{"a.mov", "a (2).mov", "a (3).mov"}},
		{"the number comes later", []string{"a.mov", "a.mov", "a (2).mov"}, []string{"a.mov", "a (2).mov", "a (2) (2).mov"}},
		{"hidden", []string{".a", ".A"}, []string{".a", ".A (2)"}},
		{"two dots", []string{"a.tar.gz", "a.tar.gz"}, []string{"a.tar.gz", "a.tar (2).gz"}},
		{"long extension", []string{"a.no extension, a sentence", "a.no extension, a sentence"}, []string{"a.no extension, a sentence", "a.no extension, a sentence (2)"}},
		{"after escaping", []string{"a/b", "A/B"}, []string{"a%2Fb", "A%2FB (2)"}},
		{"escaped meets plain", []string{"a%2fb", "a/b"}, []string{"a%2fb", "a%2Fb (2)"}},
	}
	for _, v := range tests {
		if got := plan(t, Posix, v.names...); !slices.Equal(got, v.want) {
			t.Errorf("%s: %+q became %+q, want %+q", v.why, v.names, got, v.want)
		}
	}
}

func TestNumberedNameStillFits(t *testing.T) {
	for _, target := range targets {
		for _, unit := range []string{"x", "é", "😀", ":", "%", "/"} {
			name := strings.Repeat(unit, 240/len(unit)) + "12345.mov"
			got := plan(t, target, name, name, name)
			if got[0] == got[1] || got[1] == got[2] || got[0] == got[2] {
				t.Errorf("target %d: %+q are not three names", target, got)
			}
			for _, g := range got {
				if !target.Holds(g) {
					t.Errorf("target %d can't hold %+q", target, g)
				}
			}
		}
	}
}

func TestPathLeavesTheRootOut(t *testing.T) {
	b := NewBuilder("../share", shareID, salt)
	add := func(e Entry) uint32 {
		i, err := b.Add(e)
		if err != nil {
			t.Fatal(err)
		}
		return i
	}
	dir := add(Entry{Type: Dir, Name: "Reel.01"})
	twin := add(Entry{Type: Dir, Name: "REEL.01"})
	a := add(Entry{Type: File, Parent: dir, Name: "a"})
	same := add(Entry{Type: File, Parent: twin, Name: "a"})
	top := add(Entry{Type: File, Name: "Beeline (unfinished)"})
	evil := add(Entry{Type: File, Parent: twin, Name: "\u202egpj.exe"})
	colon := add(Entry{Type: File, Parent: twin, Name: "a:b"})
	b.Finish()
	n := NewNames(receive(t, b, Browser), FileSystemAccess, "Beeline (unfinished)")
	for _, v := range []struct {
		i    uint32
		want []string
	}{
		{colon, []string{"REEL.01 (2)", "a%3Ab"}}, // before what it depends on
		{0, []string{}},
		{dir, []string{"Reel.01"}},
		{a, []string{"Reel.01", "a"}},
		{same, []string{"REEL.01 (2)", "a"}},
		{top, []string{"Beeline (unfinished) (2)"}},
		{evil, []string{"REEL.01 (2)", "%E2%80%AEgpj.exe"}},
	} {
		if got := n.Path(v.i); !slices.Equal(got, v.want) {
			t.Errorf("Path(%d) = %+q, want %+q", v.i, got, v.want)
		}
	}
	if got, want := n.LocalName(0), ".%2E%2Fshare"; got != want {
		t.Errorf("the title became %q, want %q", got, want)
	}
	for _, v := range []struct {
		i                uint32
		flagged, changed bool
	}{{a, false, false}, {twin, false, true}, {evil, true, true}, {colon, false, true}} {
		if n.Flagged(v.i) != v.flagged || n.Changed(v.i) != v.changed {
			t.Errorf("entry %d: flagged %v, changed %v, want %v, %v", v.i, n.Flagged(v.i), n.Changed(v.i), v.flagged, v.changed)
		}
	}
}

// GET may begin after the first page: what was planned then must hold later.
func TestPlanHoldsWhileTheListGrows(t *testing.T) {
	l := NewList(Browser, salt)
	n := NewNames(l, FileSystemAccess)
	var early []string
	for number := range uint32(20) {
		entries := []Entry{{Type: Dir, Name: "share"}}
		if number > 0 {
			entries = nil
		}
		for i := range 50 {
			entries = append(entries, Entry{Type: File, Name: []string{"a.mov", "A.MOV", "a (2).mov", "b" + strconv.Itoa(i)}[i%4]})
		}
		if err := l.AddPage(page(number, entries...)); err != nil {
			t.Fatal(err)
		}
		for len(early) < l.Len() {
			early = append(early, n.LocalName(uint32(len(early))))
		}
	}
	late := NewNames(l, FileSystemAccess)
	late.LocalName(uint32(l.Len() - 1))
	for i, want := range early {
		if got := late.LocalName(uint32(i)); got != want {
			t.Errorf("entry %d: %q when planned at once, %q while growing", i, got, want)
		}
	}
}

// A sender that makes all its names collide must not make the recipient search:
// 30,000 equal names, and names near the limit that become equal when cut. With
// a search for each this would take minutes.
func TestCollisionsCostLittle(t *testing.T) {
	long := strings.Repeat("x", 240)
	for _, name := range []func(i int) string{
		func(int) string { return "a.mov" },
		func(i int) string { return long + strconv.Itoa(10_000_000 + i/2)[:8] },
		func(i int) string { return "a (" + strconv.Itoa(i/2) + ").mov" },
	} {
		b := NewBuilder("share", shareID, salt)
		for i := range 30_000 {
			if _, err := b.Add(Entry{Type: File, Name: name(i)}); err != nil {
				t.Fatal(err)
			}
		}
		b.Finish()
		n := NewNames(receive(t, b, Browser), FileSystemAccess)
		seen := map[string]bool{}
		for i := range uint32(30_001) {
			local := Fold(n.LocalName(i))
			if seen[local] {
				t.Fatalf("entry %d: %q a second time", i, local)
			}
			seen[local] = true
		}
	}
}

// FuzzNames: in one folder no two local names compare equal, and the target
// holds each.
func FuzzNames(f *testing.F) {
	f.Add("a.mov/A.mov/a (2).mov/a.mov", uint8(FileSystemAccess))
	f.Add("\u00e9/e\u0301/E\u0301", uint8(Posix))
	f.Fuzz(func(t *testing.T, joined string, target uint8) {
		to := Target(target % uint8(len(targets)))
		var names []string
		for name := range strings.SplitSeq(joined, "/") {
			if name != "" && len(name) <= 1020 && len(names) < 50 {
				names = append(names, name)
			}
		}
		seen := map[string]string{}
		for i, got := range plan(t, to, names...) {
			if !to.Holds(got) || Check(got) == Dangerous {
				t.Errorf("%+q became %+q, which %d can't hold", names[i], got, to)
			}
			if other, ok := seen[Fold(got)]; ok {
				t.Errorf("%+q: %+q and %+q compare equal", names, got, other)
			}
			seen[Fold(got)] = got
		}
	})
}

// FuzzFold: folding once is enough, so equality is an equivalence.
func FuzzFold(f *testing.F) {
	for _, v := range corpus {
		f.Add(v.name)
	}
	f.Fuzz(func(t *testing.T, s string) {
		once := Fold(s)
		if twice := Fold(once); twice != once {
			t.Errorf("Fold(%+q) = %+q, and again %+q", s, once, twice)
		}
	})
}
