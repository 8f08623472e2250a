package catalog

import (
	"bytes"
	"encoding/hex"
	"errors"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"beeline/wasm/kdf"
	"beeline/wasm/wire"

	"golang.org/x/mod/sumdb/tlog"
)

var (
	shareID = [16]byte{0: 0x51}
	salt    = [32]byte{0: 0x5A}
)

func unhex(s string) []byte {
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		panic(err)
	}
	return b
}

// small is a list of four entries, and how it looks on the wire, PROTOCOL.md g.
var small = []Entry{
	{Type: Dir, Name: "Day 3"},
	{Type: Dir, ModMS: -1, Name: "A001"},
	{Type: File, Parent: 1, Size: 1 << 20, ModMS: 1_700_000_000_000, Name: "A001_C001.mov"},
	{Type: File, Parent: 0, Size: 5, Exec: true, Name: "run"},
}

const (
	smallPage = "00000000 0004" +
		" 01 00000000 0000000000000000 0000000000000000 00 0005 4461792033" +
		" 01 00000000 0000000000000000 FFFFFFFFFFFFFFFF 00 0004 41303031" +
		" 02 00000001 0000000000100000 0000018BCFE56800 00 000D 413030315F433030312E6D6F76" +
		" 02 00000000 0000000000000005 0000000000000000 01 0003 72756E"
	smallEnd = "00000001 00000004 0000000000100005" +
		" 56BB79FCA0501A036D56C62098892493F6322FD0F681CAD89F1EF49552A35BA7"
)

func TestListIsTheseBytes(t *testing.T) {
	b := NewBuilder(small[0].Name, shareID, salt)
	for i, e := range small[1:] {
		if index, err := b.Add(e); err != nil || index != uint32(i+1) {
			t.Fatalf("Add = %d, %v, want %d", index, err, i+1)
		}
	}
	e := b.Edition()
	if _, ok := e.Page(0); ok {
		t.Error("page 0 exists before it is cut")
	}
	if _, ok := e.End(); ok {
		t.Error("LIST_END exists before the walk has ended")
	}
	b.Finish()
	page, ok := e.Page(0)
	if want := unhex(smallPage); !ok || !bytes.Equal(page, want) {
		t.Errorf("page = %X, want %X", page, want)
	}
	end, ok := e.End()
	if want := unhex(smallEnd); !ok || !bytes.Equal(end, want) {
		t.Errorf("end = %X, want %X", end, want)
	}

	l := NewList(Browser, salt)
	if err := l.AddPage(page); err != nil {
		t.Fatal(err)
	}
	if l.Complete() {
		t.Error("the list is complete without LIST_END")
	}
	if err := l.AddEnd(end); err != nil {
		t.Fatal(err)
	}
	for i, want := range small {
		if got := l.Entry(uint32(i)); got != want {
			t.Errorf("entry %d = %+v, want %+v", i, got, want)
		}
	}
	if !l.Complete() || l.Len() != 4 || l.Pages() != 1 || l.Bytes() != 1<<20+5 || l.Root() != e.root.sum() {
		t.Errorf("got %v, %d entries, %d pages, %d bytes, want what was sent", l.Complete(), l.Len(), l.Pages(), l.Bytes())
	}
	if l.Kind(1) != Dir || l.Size(2) != 1<<20 || l.Parent(2) != 1 {
		t.Errorf("columns = %d, %d, %d, want %d, %d, 1", l.Kind(1), l.Size(2), l.Parent(2), Dir, 1<<20)
	}
}

func TestHeadIsTheseBytes(t *testing.T) {
	h := Head{ShareID: shareID, Salt: salt, Anchor: [32]byte{31: 0xA0}, Expires: 1_800_000_000, Entries: 4, Bytes: 1<<20 + 5}
	want := unhex("51" + strings.Repeat("00", 15) + " 5A" + strings.Repeat("00", 31) + strings.Repeat("00", 31) + "A0" +
		" 00 000000006B49D200 00000004 0000000000100005")
	if got := h.Append(nil); !bytes.Equal(got, want) {
		t.Errorf("Append = %X, want %X", got, want)
	}
	if got, err := ParseHead(want); err != nil || got != h {
		t.Errorf("ParseHead = %+v, %v, want %+v", got, err, h)
	}
	refused := map[string]func([]byte) []byte{
		"a byte short":      func(b []byte) []byte { return b[1:] },
		"a byte more":       func(b []byte) []byte { return append(b, 0) },
		"a flag":            func(b []byte) []byte { b[80] = 1; return b },
		"too many entries":  func(b []byte) []byte { be.PutUint32(b[89:], wire.EntriesMax+1); return b },
		"too many bytes":    func(b []byte) []byte { be.PutUint64(b[93:], wire.TotalMax+1); return b },
		"expires past time": func(b []byte) []byte { b[81] = 0x80; return b },
	}
	for name, change := range refused {
		if _, err := ParseHead(change(bytes.Clone(want))); !errors.Is(err, wire.Format) {
			t.Errorf("%s: %v, want %v", name, err, wire.Format)
		}
	}
}

// page writes a page of entries without checking any of them.
func page(number uint32, entries ...Entry) []byte {
	b := be.AppendUint16(be.AppendUint32(nil, number), uint16(len(entries)))
	for _, e := range entries {
		b = e.append(b, []byte(e.Name))
	}
	return b
}

// end writes the LIST_END that belongs to a list as it stands.
func end(l *List) []byte {
	root := l.Root()
	b := be.AppendUint32(be.AppendUint32(nil, l.Pages()), uint32(l.Len()))
	return append(be.AppendUint64(b, l.Bytes()), root[:]...)
}

func TestListRules(t *testing.T) {
	root := Entry{Type: Dir, Name: "share"}
	file := Entry{Type: File, Size: 1, Name: "a"}
	gone := Entry{Type: Gone}
	with := func(e Entry, change func(*Entry)) Entry { change(&e); return e }
	edit := func(b []byte, change func([]byte)) []byte { change(b); return b }
	deep := func(levels int) []Entry {
		list := []Entry{root}
		for i := range levels {
			list = append(list, Entry{Type: Dir, Parent: uint32(i), Name: "d"})
		}
		return list
	}
	tests := []struct {
		name  string
		rule  Rule // empty: accepted
		pages [][]byte
	}{
		{"the smallest list", "", [][]byte{page(0, root)}},
		{"two pages", "", [][]byte{page(0, root), page(1, file)}},
		{"nothing", RuleForm, [][]byte{{}}},
		{"a page without entries", RuleForm, [][]byte{page(0)}},
		{"a page without entries later", RuleForm, [][]byte{page(0, root), page(1)}},
		{"count too small", RuleForm, [][]byte{edit(page(0, root, file), func(b []byte) { b[5] = 1 })}},
		{"count too large", RuleForm, [][]byte{edit(page(0, root, file), func(b []byte) { b[5] = 3 })}},
		{"a byte missing", RuleForm, [][]byte{page(0, root, file)[:pageHeader+2*entryHeader+5]}},
		{"a byte more", RuleForm, [][]byte{append(page(0, root), 0)}},
		{"too long a page", RuleForm, [][]byte{append(page(0, root), make([]byte, pageMax)...)}},
		{"first page is 1", RuleOrder, [][]byte{page(1, root)}},
		{"page skipped", RuleOrder, [][]byte{page(0, root), page(2, file)}},
		{"page again", RuleOrder, [][]byte{page(0, root), page(0, root)}},
		{"the root is a file", RuleRoot, [][]byte{page(0, with(file, func(e *Entry) {}))}},
		{"the root has a parent", RuleRoot, [][]byte{page(0, with(root, func(e *Entry) { e.Parent = 1 }))}},
		{"no title", "", [][]byte{page(0, with(root, func(e *Entry) { e.Name = "" }))}},
		{"title of 200", "", [][]byte{page(0, with(root, func(e *Entry) { e.Name = strings.Repeat("t", 200) }))}},
		{"title of 201", RuleName, [][]byte{page(0, with(root, func(e *Entry) { e.Name = strings.Repeat("t", 201) }))}},
		{"type 0", RuleForm, [][]byte{page(0, root, with(file, func(e *Entry) { e.Type = 0 }))}},
		{"type 4", RuleForm, [][]byte{page(0, root, with(file, func(e *Entry) { e.Type = 4 }))}},
		{"one that is gone", "", [][]byte{page(0, root, gone, file)}},
		{"gone, with a name", RuleForm, [][]byte{page(0, root, with(gone, func(e *Entry) { e.Name = "a" }))}},
		{"gone, with a size", RuleForm, [][]byte{page(0, root, with(gone, func(e *Entry) { e.Size = 1 }))}},
		{"gone, with a time", RuleForm, [][]byte{page(0, root, with(gone, func(e *Entry) { e.ModMS = 1 }))}},
		{"gone, to be run", RuleForm, [][]byte{page(0, root, with(gone, func(e *Entry) { e.Exec = true }))}},
		{"gone, in a folder", RuleForm, [][]byte{page(0, root, Entry{Type: Dir, Name: "d"}, with(gone, func(e *Entry) { e.Parent = 1 }))}},
		{"the root is gone", RuleRoot, [][]byte{page(0, gone)}},
		{"something in what is gone", RuleParent, [][]byte{page(0, root, gone, with(file, func(e *Entry) { e.Parent = 1 }))}},
		{"reserved mode bit", RuleForm, [][]byte{edit(page(0, root, file), func(b []byte) { b[pageHeader+entryHeader+5+21] = 2 })}},
		{"own parent", RuleParent, [][]byte{page(0, root, with(file, func(e *Entry) { e.Parent = 1 }))}},
		{"later parent", RuleParent, [][]byte{page(0, root, with(file, func(e *Entry) { e.Parent = 2 }), with(root, func(e *Entry) { e.Name = "d" }))}},
		{"parent 2³²−1", RuleParent, [][]byte{page(0, root, with(file, func(e *Entry) { e.Parent = 0xFFFF_FFFF }))}},
		{"parent is a file", RuleParent, [][]byte{page(0, root, file, with(file, func(e *Entry) { e.Parent = 1 }))}},
		{"64 deep", "", [][]byte{page(0, deep(64)...)}},
		{"65 deep", RuleDepth, [][]byte{page(0, deep(65)...)}},
		{"no name", RuleName, [][]byte{page(0, root, with(file, func(e *Entry) { e.Name = "" }))}},
		{"name of 1,020", "", [][]byte{page(0, root, with(file, func(e *Entry) { e.Name = strings.Repeat("n", 1020) }))}},
		{"name of 1,021", RuleName, [][]byte{page(0, root, with(file, func(e *Entry) { e.Name = strings.Repeat("n", 1021) }))}},
		{"the largest file", "", [][]byte{page(0, root, with(file, func(e *Entry) { e.Size = wire.FileMax }))}},
		{"too large a file", RuleSize, [][]byte{page(0, root, with(file, func(e *Entry) { e.Size = wire.FileMax + 1 }))}},
		{"size −1", RuleSize, [][]byte{page(0, root, with(file, func(e *Entry) { e.Size = 1<<64 - 1 }))}},
		{"folder with a size", RuleSize, [][]byte{page(0, root, Entry{Type: Dir, Size: 1, Name: "d"})}},
		{"folder to run", RuleSize, [][]byte{page(0, root, Entry{Type: Dir, Exec: true, Name: "d"})}},
		{"time at the end", "", [][]byte{page(0, root, with(file, func(e *Entry) { e.ModMS = -TimeMax }))}},
		{"time past the end", RuleSize, [][]byte{page(0, root, with(file, func(e *Entry) { e.ModMS = TimeMax + 1 }))}},
		{"time before the beginning", RuleSize, [][]byte{page(0, root, with(file, func(e *Entry) { e.ModMS = -TimeMax - 1 }))}},
	}
	for _, v := range tests {
		l := NewList(Browser, salt)
		var err error
		for _, p := range v.pages {
			err = l.AddPage(p)
		}
		if v.rule == "" {
			if err == nil {
				err = l.AddEnd(end(l))
			}
			if err != nil {
				t.Errorf("%s: %v, want it accepted", v.name, err)
			}
			continue
		}
		checkRule(t, v.name, err, v.rule)
		if err := l.AddPage(page(l.Pages(), file)); !errors.Is(err, wire.Manifest) {
			t.Errorf("%s: a page after it: %v, want %v", v.name, err, wire.Manifest)
		}
	}
}

func checkRule(t *testing.T, name string, err error, want Rule) {
	t.Helper()
	var e *Error
	if !errors.As(err, &e) || e.Rule != want || wire.CodeOf(err) != wire.Manifest {
		t.Errorf("%s: error = %v, want rule %q, %v", name, err, want, wire.Manifest)
	}
}

func TestListEndRules(t *testing.T) {
	tests := []struct {
		name   string
		rule   Rule
		change func([]byte) []byte
	}{
		{"as it is", "", func(b []byte) []byte { return b }},
		{"another number of pages", RuleEnd, func(b []byte) []byte { b[3]++; return b }},
		{"another number of entries", RuleEnd, func(b []byte) []byte { b[7]++; return b }},
		{"another number of bytes", RuleEnd, func(b []byte) []byte { b[15]++; return b }},
		{"another root", RuleEnd, func(b []byte) []byte { b[47]++; return b }},
		{"a byte short", RuleForm, func(b []byte) []byte { return b[:47] }},
		{"a byte more", RuleForm, func(b []byte) []byte { return append(b, 0) }},
	}
	for _, v := range tests {
		l := NewList(Browser, salt)
		if err := l.AddPage(unhex(smallPage)); err != nil {
			t.Fatal(err)
		}
		err := l.AddEnd(v.change(end(l)))
		if v.rule == "" {
			if err != nil || !l.Complete() {
				t.Errorf("%s: %v, complete = %v, want true", v.name, err, l.Complete())
			}
			checkRule(t, "a second end", l.AddEnd(end(l)), RuleOrder)
			continue
		}
		checkRule(t, v.name, err, v.rule)
		if l.Complete() {
			t.Errorf("%s: the list is complete", v.name)
		}
	}
	checkRule(t, "an end without a list", NewList(Browser, salt).AddEnd(make([]byte, endSize)), RuleEnd)

	l := NewList(Browser, salt)
	_ = l.AddPage(unhex(smallPage))
	_ = l.AddEnd(end(l))
	checkRule(t, "a page after the end", l.AddPage(page(1, Entry{Type: File, Name: "late"})), RuleOrder)

	l = NewList(Browser, [32]byte{1})
	_ = l.AddPage(unhex(smallPage))
	checkRule(t, "the right list under another salt", l.AddEnd(unhex(smallEnd)), RuleEnd)
}

// An entry that is gone has no name, and may come where a block of names has just become
// full: a sender could choose both.
func TestWhatIsGoneBehindAFullBlockCanBeRead(t *testing.T) {
	l := NewList(Native, [32]byte{})
	add := func(e Entry) {
		t.Helper()
		if err := l.AddPage(page(l.Pages(), e)); err != nil {
			t.Fatalf("AddPage = %v, want nil", err)
		}
	}
	add(Entry{Type: Dir})
	for room := nameBlock; room > 0; {
		n := min(room, wire.NameMax)
		add(Entry{Type: File, Name: strings.Repeat("a", n)})
		room -= n
	}
	add(Entry{Type: Gone})
	last := uint32(l.Len() - 1)
	if got, want := l.Entry(last), (Entry{Type: Gone}); got != want {
		t.Errorf("Entry(%d) = %+v, want %+v", last, got, want)
	}
}

func TestSumOfSizesIsBounded(t *testing.T) {
	l := NewList(Browser, salt)
	entries := []Entry{{Type: Dir, Name: "share"}}
	for range 128 { // 128 · (2⁵³−1) < 2⁶⁰
		entries = append(entries, Entry{Type: File, Size: wire.FileMax, Name: "a"})
	}
	if err := l.AddPage(page(0, entries...)); err != nil {
		t.Fatal(err)
	}
	rest := uint64(wire.TotalMax) - l.Bytes()
	checkRule(t, "one byte too many", l.AddPage(page(1, Entry{Type: File, Size: rest + 1, Name: "b"})), RuleSize)
}

// The root must be what anybody's RFC 6962 says over the same leaves.
func TestRootIsRFC6962(t *testing.T) {
	var stored []tlog.Hash
	read := tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		out := make([]tlog.Hash, len(indexes))
		for i, x := range indexes {
			out[i] = stored[x]
		}
		return out, nil
	})
	r := root{salt: salt}
	for n := range int64(300) {
		entry := []byte("entry " + strconv.Itoa(int(n)))
		leaf := append(kdf.X(salt[:], "leaf", be.AppendUint32(nil, uint32(n)), 16), entry...)
		hashes, err := tlog.StoredHashes(n, leaf, read)
		if err != nil {
			t.Fatal(err)
		}
		stored = append(stored, hashes...)
		r.add(entry)
		want, err := tlog.TreeHash(n+1, read)
		if err != nil {
			t.Fatal(err)
		}
		if got := r.sum(); got != [32]byte(want) {
			t.Fatalf("root over %d = %x, want %x", n+1, got, want)
		}
	}
}

// FuzzAddPage: an accepted page is exactly what its entries write, and holds the
// rules that the rest of the program leans on.
func FuzzAddPage(f *testing.F) {
	f.Add(unhex(smallPage))
	f.Add(page(0, Entry{Type: Dir}, Entry{Type: Gone}, Entry{Type: File, Name: "a"}))
	f.Fuzz(func(t *testing.T, body []byte) {
		l := NewList(Limits{Entries: 100, Names: 5000}, salt)
		if err := l.AddPage(body); err != nil {
			if wire.CodeOf(err) != wire.Manifest {
				t.Errorf("code of %v = %v, want %v", err, wire.CodeOf(err), wire.Manifest)
			}
			return
		}
		var entries []Entry
		for i := range uint32(l.Len()) {
			e := l.Entry(i)
			entries = append(entries, e)
			if e.Type == Gone && e == (Entry{Type: Gone}) && i > 0 {
				continue
			}
			if i > 0 && (e.Parent >= i || l.Kind(e.Parent) != Dir || e.Name == "" || len(e.Name) > wire.NameMax) {
				t.Errorf("entry %d = %+v breaks a rule", i, e)
			}
		}
		if got := page(0, entries...); !bytes.Equal(got, body) {
			t.Errorf("entries write %X, want %X", got, body)
		}
		names := NewNames(l, FileSystemAccess)
		for i := range uint32(l.Len()) {
			if got, want := len(names.Path(i)), int(l.depth(i)); got != want {
				t.Errorf("path of %d has %d names, want %d", i, got, want)
			}
		}
		if err := l.AddEnd(end(l)); err != nil {
			t.Error(err)
		}
	})
}

func FuzzParseHead(f *testing.F) {
	f.Add(Head{ShareID: shareID, Salt: salt, Entries: 4}.Append(nil))
	f.Fuzz(func(t *testing.T, b []byte) {
		if h, err := ParseHead(b); err == nil && !reflect.DeepEqual(h.Append(nil), b) {
			t.Errorf("Append = %X, want %X", h.Append(nil), b)
		}
	})
}
