package catalog

import (
	"bytes"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"beeline/wasm/wire"
)

// walk builds the list of a day of footage: folders of 500 clips.
func walk(tb testing.TB, n int) *Builder {
	tb.Helper()
	b := NewBuilder("Day 3", shareID, salt)
	folder := uint32(0)
	for i := 1; i < n; i++ {
		e := Entry{Type: File, Parent: folder, Size: 123_456, ModMS: 1_700_000_000_000, Name: "SHOT_0010_comp_v0012." + strconv.Itoa(i) + ".exr"}
		if i%500 == 1 {
			e = Entry{Type: Dir, Name: "SHOT_" + strconv.Itoa(i)}
			folder = uint32(i)
		}
		if index, err := b.Add(e); err != nil || index != uint32(i) {
			tb.Fatalf("Add = %d, %v, want %d", index, err, i)
		}
	}
	return b
}

// receive hands what a builder tells who comes now to a new list.
func receive(tb testing.TB, b *Builder, limits Limits) *List {
	tb.Helper()
	return read(tb, b.Edition(), limits)
}

// read hands every page of an edition, and the end, to a new list.
func read(tb testing.TB, e *Edition, limits Limits) *List {
	tb.Helper()
	l := NewList(limits, salt)
	for i := uint32(0); ; i++ {
		body, ok := e.Page(i)
		if !ok {
			break
		}
		if len(body) > pageMax {
			tb.Fatalf("page %d: %d bytes, want at most %d", i, len(body), pageMax)
		}
		if err := l.AddPage(body); err != nil {
			tb.Fatalf("page %d: %v", i, err)
		}
	}
	if body, ok := e.End(); ok {
		if err := l.AddEnd(body); err != nil {
			tb.Fatal(err)
		}
	}
	return l
}

func TestListIsWhatTheBuilderWrote(t *testing.T) {
	for _, n := range []int{1, 2, 1500, chunkSize, chunkSize + 1, 2*chunkSize + 3} {
		b := walk(t, n)
		b.Finish()
		l := receive(t, b, Browser)
		if !l.Complete() || l.Len() != n || l.Bytes() != b.Bytes() {
			t.Fatalf("%d entries: complete = %v, %d entries, %d bytes, want %d bytes", n, l.Complete(), l.Len(), l.Bytes(), b.Bytes())
		}
		for i := range uint32(n) {
			if got, want := l.Entry(i), b.Entry(i); got != want {
				t.Fatalf("entry %d = %+v, want %+v", i, got, want)
			}
		}
	}
}

// A page is served while the walk goes on and must not change under the
// recipient: not by further entries, a cut, or a file that changes.
func TestPageNeverChanges(t *testing.T) {
	b := NewBuilder("Day 3", shareID, salt)
	e := b.Edition()
	var pages [][]byte
	for i := range 5000 {
		if _, err := b.Add(Entry{Type: File, Size: 7, Name: "clip" + strconv.Itoa(i)}); err != nil {
			t.Fatal(err)
		}
		if i == 10 || i == 3000 {
			e.Cut()
			e.Cut() // nothing waits: no empty page
		}
		if i%100 == 50 {
			b.Remove([]uint32{uint32(i / 2)})
			b.Retitle("Day " + strconv.Itoa(i))
		}
		for body, ok := e.Page(uint32(len(pages))); ok; body, ok = e.Page(uint32(len(pages))) {
			pages = append(pages, body)
		}
	}
	b.Finish()
	for i, want := range pages {
		if got, ok := e.Page(uint32(i)); !ok || !bytes.Equal(got, want) {
			t.Errorf("page %d changed", i)
		}
	}
	if got, want := len(pages), 4; got < want {
		t.Errorf("%d pages while walking, want at least %d", got, want)
	}
	l := read(t, e, Browser)
	if !l.Complete() || l.Len() != 5001 || l.Bytes() != 35_000 || l.Entry(0).Name != "Day 3" {
		t.Errorf("complete = %v, %d entries, %d bytes, %q, want what was there when it began", l.Complete(), l.Len(), l.Bytes(), l.Entry(0).Name)
	}
	if _, ok := e.Page(e.Pages()); ok {
		t.Error("a page beyond the last exists")
	}
}

func TestPagesAreFilled(t *testing.T) {
	b := walk(t, 50_000)
	b.Finish()
	e := b.Edition()
	receive(t, b, Browser) // all pages are cut
	for i := range e.Pages() - 1 {
		if body, _ := e.Page(i); len(body) < pageMax-100 {
			t.Errorf("page %d has %d bytes, want nearly %d", i, len(body), pageMax)
		}
	}
	b = NewBuilder("", shareID, salt)
	for range 200 {
		if _, err := b.Add(Entry{Type: File, Name: strings.Repeat("n", wire.NameMax)}); err != nil {
			t.Fatal(err)
		}
	}
	b.Finish()
	receive(t, b, Browser) // checks the length of each page
}

// The walk meets what no list may hold: it is told so and goes on.
func TestBuilderRefusesAndGoesOn(t *testing.T) {
	b := NewBuilder("share", shareID, salt)
	file, _ := b.Add(Entry{Type: File, Name: "a"})
	for _, v := range []struct {
		rule Rule
		e    Entry
	}{
		{RuleName, Entry{Type: File}},
		{RuleName, Entry{Type: File, Name: strings.Repeat("n", 1021)}},
		{RuleParent, Entry{Type: File, Parent: file, Name: "b"}},
		{RuleParent, Entry{Type: File, Parent: 2, Name: "b"}},
		{RuleSize, Entry{Type: File, Size: wire.FileMax + 1, Name: "b"}},
		{RuleForm, Entry{Type: 7, Name: "b"}},
	} {
		_, err := b.Add(v.e)
		checkRule(t, "Add", err, v.rule)
	}
	if i, err := b.Add(Entry{Type: File, ModMS: -1 << 63, Name: "b"}); err != nil || b.Entry(i).ModMS != -TimeMax {
		t.Errorf("Add = %v, time %d, want it clamped to %d", err, b.Entry(i).ModMS, -TimeMax)
	}
	b.Finish()
	_, err := b.Add(Entry{Type: File, Name: "late"})
	checkRule(t, "Add after Finish", err, RuleOrder)
	if l := receive(t, b, Browser); l.Len() != 3 {
		t.Errorf("%d entries, want 3", l.Len())
	}
	if h := b.Edition().Head([32]byte{1}, 5); h.Entries != 3 || h.ShareID != shareID || h.Salt != salt || h.Expires != 5 {
		t.Errorf("head = %+v, want 3 entries of this share", h)
	}
}

func TestLongTitleIsCutAtACharacter(t *testing.T) {
	for _, title := range []string{strings.Repeat("é", 101), "x" + strings.Repeat("é", 101), strings.Repeat("\x80", 300)} {
		got := NewBuilder(title, shareID, salt).Entry(0).Name
		if len(got) > wire.TitleMax || len(got) < wire.TitleMax-utf8.UTFMax || !strings.HasPrefix(title, got) || utf8.ValidString(title) && !utf8.ValidString(got) {
			t.Errorf("title %q became %q, want up to 200 bytes of it", title, got)
		}
	}
}

func TestLimitsOfTheBuilder(t *testing.T) {
	b := NewBuilder("share", shareID, salt)
	b.Limit(Limits{Entries: 3, Names: 10})
	_, err1 := b.Add(Entry{Type: File, Name: "1234"})
	_, err2 := b.Add(Entry{Type: File, Name: "56"})
	if err1 != nil {
		t.Fatal(err1)
	}
	checkRule(t, "names beyond the limit", err2, RuleTooMany)
	if _, err := b.Add(Entry{Type: File, Name: "5"}); err != nil {
		t.Fatal(err)
	}
	_, err := b.Add(Entry{Type: File, Name: ""})
	checkRule(t, "entries beyond the limit", err, RuleTooMany)
}
