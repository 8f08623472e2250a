package journal

import (
	"bytes"
	"math/rand"
	"reflect"
	"testing"

	"beeline/wasm/testdata"
)

var share = NewID(bytes.Repeat([]byte{7}, 32), bytes.Repeat([]byte{9}, 16))

type line struct {
	names []string
	size  uint64
	part  Part
}

var lines = []line{
	{[]string{"A001", "clip.mov"}, 5<<20 + 3, Part{0, 2, "v1 0 0"}},
	{[]string{"A001", "clip.mov"}, 5<<20 + 3, Part{2, 1, "v1 0 0"}},
	{[]string{"A001", "clip.mov"}, 5<<20 + 3, Part{4, 2, "v1 0 0"}},
	{[]string{"empty"}, 0, Part{0, 0, "landed"}},
	{[]string{"note.txt"}, 12, Part{0, 1, "t3.txt"}},
}

// written is the journal of these lines, as a disk would hold it.
func written(t testing.TB, id ID, lines []line) []byte {
	t.Helper()
	j := Read(id, nil)
	var disk []byte
	for _, l := range lines {
		at, b := j.Append(NewPath(l.names), l.size, l.part)
		if at != len(disk) || b == nil {
			t.Fatalf("record goes to %d, want %d", at, len(disk))
		}
		disk = append(disk, b...)
	}
	return disk
}

func TestWhatWasWrittenIsRead(t *testing.T) {
	j := Read(share, written(t, share, lines))
	if j.Files() != 3 {
		t.Errorf("%d files, want 3", j.Files())
	}
	got, ok := j.Take(NewPath([]string{"A001", "clip.mov"}), 5<<20+3)
	if want := []Part{{0, 3, "v1 0 0"}, {4, 2, "v1 0 0"}}; !ok || !reflect.DeepEqual(got, want) {
		t.Errorf("parts = %v, want %v", got, want)
	}
	if _, ok := j.Take(NewPath([]string{"A001", "clip.mov"}), 5<<20+3); ok {
		t.Error("a file was there twice")
	}
	if _, ok := j.Take(NewPath([]string{"note.txt"}), 13); ok {
		t.Error("a file of another size was taken for it")
	}
	if got, ok := j.Take(NewPath([]string{"empty"}), 0); !ok || len(got) != 1 {
		t.Errorf("the empty file: %v, %v", got, ok)
	}
}

func TestWhole(t *testing.T) {
	j := Read(share, written(t, share, lines))
	for _, c := range []struct {
		name string
		size uint64
		want bool
	}{{"note.txt", 12, true}, {"note.txt", 13, false}, {"empty", 0, true}, {"other", 0, false}} {
		if got := j.Whole(NewPath([]string{c.name}), c.size); got != c.want {
			t.Errorf("Whole(%q, %d) = %v, want %v", c.name, c.size, got, c.want)
		}
	}
	clip := NewPath([]string{"A001", "clip.mov"})
	if j.Whole(clip, 5<<20+3) {
		t.Error("a file is whole of which a group is missing")
	}
	if j.Take(clip, 5<<20+3); j.Whole(clip, 5<<20+3) {
		t.Error("what was taken is whole")
	}
}

// A path is its names: no two lists of names are taken for one another.
func TestPathsDiffer(t *testing.T) {
	seen := make(map[Path][]string)
	for _, names := range [][]string{{"a", "b"}, {"a/b"}, {"ab"}, {"a\x00b"}, {"a", "", "b"}, {"b", "a"}, {}} {
		if other, ok := seen[NewPath(names)]; ok {
			t.Errorf("%q and %q are one path", names, other)
		}
		seen[NewPath(names)] = names
	}
}

// Whatever is left of a journal is a journal: what came before it was cut counts,
// nothing else does, and writing goes on behind it.
func TestAnyPrefixIsAJournal(t *testing.T) {
	disk := written(t, share, lines)
	var ends []int
	for k := range lines {
		ends = append(ends, len(written(t, share, lines[:k+1])))
	}
	for n := range disk {
		whole := 0
		for whole < len(ends) && ends[whole] <= n {
			whole++
		}
		got, want := Read(share, disk[:n]), Read(share, written(t, share, lines[:whole]))
		if !reflect.DeepEqual(got.files, want.files) {
			t.Fatalf("cut at %d: %v, want %v", n, got.files, want.files)
		}
		last := line{[]string{"more"}, 1, Part{0, 1, "x"}}
		at, b := got.Append(NewPath(last.names), last.size, last.part)
		if again := append(bytes.Clone(disk[:at]), b...); whole > 0 && !bytes.Equal(again, written(t, share, append(append([]line{}, lines[:whole]...), last))) {
			t.Fatalf("cut at %d: writing went on at %d", n, at)
		}
	}
}

// One flipped bit costs the record it is in and those behind it, no other, and
// never makes up a part.
func TestAFlippedBitCostsWhatIsBehindIt(t *testing.T) {
	disk := written(t, share, lines)
	for bit := range len(disk) * 8 {
		bad := bytes.Clone(disk)
		bad[bit/8] ^= 1 << (bit % 8)
		whole := 0
		for whole < len(lines) && len(written(t, share, lines[:whole+1])) <= bit/8 {
			whole++
		}
		want := Read(share, written(t, share, lines[:whole]))
		if got := Read(share, bad); !reflect.DeepEqual(got.files, want.files) {
			t.Fatalf("bit %d: %v, want %v", bit, got.files, want.files)
		}
	}
}

func TestRecordsCountInTheirPlaceOnly(t *testing.T) {
	a, b := written(t, share, lines[:1]), written(t, share, lines[:2])
	first, second := a[headSize:], b[len(a):]
	for name, disk := range map[string][]byte{
		"another transfer's": written(t, ID{1}, lines),
		"turned round":       append(append(bytes.Clone(a[:headSize]), second...), first...),
		"a foreign head":     append(written(t, ID{1}, nil), first...),
		"nothing":            nil,
		"a head only":        a[:headSize],
	} {
		if n := Read(share, disk).Files(); n != 0 {
			t.Errorf("%s: %d files, want none", name, n)
		}
	}
	twice := Read(share, append(bytes.Clone(a), first...))
	if got, _ := twice.Take(NewPath(lines[0].names), lines[0].size); len(got) != 1 || got[0].Count != 2 {
		t.Errorf("a record that stands twice: %v", got)
	}
}

func TestNoSuchPart(t *testing.T) {
	for _, l := range []line{
		{size: 1 << 20, part: Part{1, 1, ""}},
		{size: 1 << 20, part: Part{0, 2, ""}},
		{size: 1 << 20, part: Part{0, 0, ""}},
		{size: 0, part: Part{0, 1, ""}},
		{size: 1 << 62, part: Part{0, 1, ""}},
		{size: 8 << 20, part: Part{4, 0xFFFFFFFF, ""}},
		{size: 1, part: Part{0, 1, string(make([]byte, PlaceMax+1))}},
	} {
		if _, b := Read(share, nil).Append(Path{}, l.size, l.part); b != nil {
			t.Errorf("%+v was written", l)
		}
	}
}

// A file that was listed with another size since is another file.
func TestTheLastSizeCounts(t *testing.T) {
	j := Read(share, written(t, share, []line{
		{[]string{"a"}, 3 << 20, Part{0, 3, "old"}},
		{[]string{"a"}, 2 << 20, Part{1, 1, "new"}},
	}))
	if got, ok := j.Take(NewPath([]string{"a"}), 2<<20); !ok || len(got) != 1 || got[0].Place != "new" {
		t.Errorf("%v, %v", got, ok)
	}
}

func TestVectors(t *testing.T) {
	testdata.Run(t, "journal_", func(t *testing.T, v testdata.Vector) {
		id := NewID(v.Bytes(t, "share-key"), v.Bytes(t, "share-id"))
		if want := v.Key(t, "id"); [32]byte(id) != want {
			t.Errorf("J = %x, want %x", id, want)
		}
		j := Read(id, v.Bytes(t, "journal"))
		if got, want := int64(j.end), v.Int(t, "good"); got != want {
			t.Errorf("%d bytes are good, want %d", got, want)
		}
		if got, want := int64(j.number), v.Int(t, "records"); got != want {
			t.Errorf("%d records, want %d", got, want)
		}
	})
}

// FuzzRead: what is read would be written as the same bytes, and is within a file.
func FuzzRead(f *testing.F) {
	f.Add(written(f, share, lines))
	f.Add(written(f, share, lines[:1]))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, b []byte) {
		j := Read(share, b)
		if j.end > len(b) {
			t.Fatalf("%d bytes are good of %d", j.end, len(b))
		}
		for _, file := range j.files {
			for _, p := range file.Parts {
				if !valid(file.Size, p) {
					t.Errorf("size %d has %+v", file.Size, p)
				}
			}
		}
		again := Read(share, nil)
		var disk []byte
		for disk = nil; len(disk) < j.end; {
			path, size, part, _, ok := again.parse(b[max(again.end, headSize):j.end])
			if !ok {
				break
			}
			_, more := again.Append(path, size, part)
			disk = append(disk, more...)
		}
		if again.number > 0 && !bytes.Equal(disk, b[:j.end]) {
			t.Errorf("reads as what would be written otherwise")
		}
	})
}

// BenchmarkRead: a journal of 100,000 groups must be there well within the 5 s in
// which a transfer goes on.
func BenchmarkRead(b *testing.B) {
	j := Read(share, nil)
	var disk []byte
	rng := rand.New(rand.NewSource(1))
	path := NewPath([]string{"large"})
	for range 100_000 {
		_, more := j.Append(path, 1<<40, Part{rng.Uint32() % 1_000_000, 1, "v1 0 0"})
		disk = append(disk, more...)
	}
	b.SetBytes(int64(len(disk)))
	for b.Loop() {
		Read(share, disk)
	}
}
