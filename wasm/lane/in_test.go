package lane

import (
	"testing"

	"beeline/wasm/record"
	"beeline/wasm/wire"
)

// Records that don't open are dropped and counted, sixteen close the lane; what
// did open stays. PROTOCOL.md f.2; 3, attack 28.
func TestBadRecords(t *testing.T) {
	s := record.NewSealer(key, wire.RecordData)
	good, _ := s.Seal(nil, plainOf(extent{1, 0, 0, make([]byte, 9)}))
	in := NewIn(key, 4<<20)
	in.Expect(1, 0, 10)
	bad := [][]byte{nil, good[:27], make([]byte, wire.RecordLimit+1), append([]byte{2}, good[1:]...), append([]byte{1, 1}, good[2:]...)}
	flipped := append([]byte{}, good...)
	flipped[len(flipped)-1] ^= 1
	bad = append(bad, flipped)
	if err := in.Open(append([]byte{}, good...)); err != nil {
		t.Fatal(err)
	}
	bad = append(bad, good) // seen before
	for i := range BadRecords {
		err := in.Open(append([]byte{}, bad[i%len(bad)]...))
		if i < BadRecords-1 && err != nil || i == BadRecords-1 && wire.CodeOf(err) != wire.Auth {
			t.Errorf("bad record %d: %v", i+1, err)
		}
	}
	if in.Bad() != BadRecords || in.Records() != 1 || in.Bytes() != 9 {
		t.Errorf("%d bad, %d opened, %d bytes, want %d, 1, 9", in.Bad(), in.Records(), in.Bytes(), BadRecords)
	}
	open(t, in, s, extent{1, 0, 9, []byte{9}})
	if len(in.Done()) != 1 {
		t.Error("what came before is lost")
	}
}

// What a record says that opened is the sender's own word.
func TestWordsThatBreakARule(t *testing.T) {
	nine := make([]byte, 9)
	many := make([]extent, wire.ExtentsPerRecord+1)
	for i := range many {
		many[i] = extent{1, 0, uint64(i), nine[:1]}
	}
	for _, v := range []struct {
		name string
		es   []extent
		want wire.Code
	}{
		{"nothing", nil, wire.Format},
		{"an empty extent", []extent{{1, 0, 0, nil}}, wire.Format},
		{"too many extents", many, wire.Format},
		{"across groups", []extent{{2, 0, wire.GroupSize - 1, nine}}, wire.Format},
		{"beyond every file", []extent{{2, 0, wire.FileMax, nine}}, wire.Format},
		{"past the end", []extent{{1, 0, 2, nine}}, wire.Unrequested},
		{"a group past the end", []extent{{1, 0, wire.GroupSize, nine}}, wire.Unrequested},
		{"bytes of an empty file", []extent{{3, 0, 0, nine}}, wire.Unrequested},
		{"good", many[:512], wire.None},
	} {
		in := NewIn(key, 4<<20)
		in.Expect(1, 0, 600)
		if v.name == "past the end" {
			in = NewIn(key, 4<<20)
			in.Expect(1, 0, 10)
		}
		in.Expect(2, 0, 5*wire.GroupSize)
		in.Expect(3, 0, 0)
		err := try(in, record.NewSealer(key, wire.RecordData), v.es...)
		if got := wire.CodeOf(err); got != v.want {
			t.Errorf("%s: %v, want %v", v.name, err, v.want)
		}
		if v.want != wire.None && len(in.Done()) > 0 {
			t.Errorf("%s: groups come of it", v.name)
		}
	}
}

// Nothing of a record is used where any of it is malformed.
func TestAMalformedRecordIsUsedInNoPart(t *testing.T) {
	in := NewIn(key, 4<<20)
	in.Expect(1, 0, 5)
	plain := append(plainOf(extent{1, 0, 0, make([]byte, 5)}), 1, 2, 3)
	rec, _ := record.NewSealer(key, wire.RecordData).Seal(nil, plain)
	if err := in.Open(rec); wire.CodeOf(err) != wire.Format || len(in.Done()) != 0 || in.Bytes() != 0 {
		t.Errorf("%v, %d bytes used", err, in.Bytes())
	}
}

// A group nobody told of is held back and reported once; then it is kept,
// forgotten, or past the end. PROTOCOL.md f.3.
func TestUnknownGroups(t *testing.T) {
	s := record.NewSealer(key, wire.RecordData)
	in := NewIn(key, 8<<20)
	open(t, in, s, extent{1, 0, 0, []byte("ab")}, extent{2, 0, 0, []byte("cd")}, extent{1, 0, 2, []byte("e")}, extent{3, 1, 5 << 20, []byte("f")})
	u := in.Unknown()
	if len(u) != 3 || u[0] != (Group{File: 1}) || u[1] != (Group{File: 2}) || u[2] != (Group{3, 1, 5}) {
		t.Errorf("unknown: %v", u)
	}
	open(t, in, s, extent{1, 0, 3, []byte("g")})
	if u := in.Unknown(); len(u) != 0 {
		t.Errorf("reported twice: %v", u)
	}
	in.Expect(1, 0, 4)
	in.Expect(1, 0, 77) // said again: the first counts
	if d := in.Done(); len(d) != 1 || string(d[0].Data) != "abeg" {
		t.Errorf("complete by its size: %v", d)
	}
	in.Forget(Group{File: 2})
	in.Forget(Group{File: 2})
	in.Forget(Group{3, 1, 5})
	if in.held != 0 || len(in.parts) != 0 {
		t.Errorf("%d bytes are held in %d parts after Forget", in.held, len(in.parts))
	}
	open(t, in, s, extent{2, 0, 0, []byte("cd")})
	if u := in.Unknown(); len(u) != 1 {
		t.Errorf("after Forget it is new again: %v", u)
	}
	in.Expect(2, 0, 1) // it has two bytes
	if err := try(in, s, extent{1, 0, 0, []byte("x")}); wire.CodeOf(err) != wire.Unrequested {
		t.Errorf("held-back bytes past the end: %v, want %v", err, wire.Unrequested)
	}
}

// Settled lets go what is held of a version and its size; another version of the
// same file is another file.
func TestSettled(t *testing.T) {
	s := record.NewSealer(key, wire.RecordData)
	in := NewIn(key, 8<<20)
	in.Expect(1, 0, 3<<20)
	in.Expect(1, 1, 10)
	open(t, in, s, extent{1, 0, 0, []byte("a")}, extent{1, 0, 1 << 20, []byte("a")}, extent{1, 1, 0, []byte("a")})
	in.Settled(1, 0)
	in.Settled(1, 0)
	if len(in.parts) != 1 || len(in.sizes) != 1 {
		t.Errorf("%d parts and %d sizes are left, want those of version 1", len(in.parts), len(in.sizes))
	}
	open(t, in, s, extent{1, 1, 1, make([]byte, 9)})
	if d := in.Done(); len(d) != 1 || d[0].Version != 1 {
		t.Errorf("version 1: %v", d)
	}
}

// However a sender cuts and scatters, what is held stays within the limit and a
// little, and so do the pieces of a group. PROTOCOL.md 2.2; 3, attack 35.
func TestMemoryIsBounded(t *testing.T) {
	const limit = 6 << 20
	for name, next := range map[string]func(i int) extent{
		"groups of one file":        func(i int) extent { return extent{1, 0, uint64(i) << 20, []byte{1}} },
		"groups of unknown files":   func(i int) extent { return extent{uint32(i + 10), 0, 0, []byte{1}} },
		"ends of unknown groups":    func(i int) extent { return extent{uint32(i + 10), 0, 1<<20 - 1, []byte{1}} },
		"every second byte":         func(i int) extent { return extent{1, 0, uint64(2 * i), []byte{1}} },
		"every second byte, back":   func(i int) extent { return extent{1, 0, uint64(1<<20 - 1 - 2*i), []byte{1}} },
		"versions of unknown files": func(i int) extent { return extent{9, uint8(i), uint64(i) << 20, make([]byte, 60_000)} },
	} {
		in := NewIn(key, limit)
		in.Expect(1, 0, 1<<40)
		s := record.NewSealer(key, wire.RecordData)
		var err error
		i := 0
		for ; err == nil && i < 200_000; i++ {
			err = try(in, s, next(i))
			if i%1000 > 0 && err == nil && i > 20 {
				continue // to count takes longer than to open
			}
			if cost := held(in); cost > limit+2<<20 {
				t.Fatalf("%s: %d bytes are held after %d records, limit %d", name, cost, i+1, limit)
			}
		}
		if code := wire.CodeOf(err); code != wire.Unrequested && code != wire.Format {
			t.Errorf("%s: %v after %d records, want an end", name, err, i)
		}
	}
}

// held counts what an In really holds, by itself.
func held(in *In) (n int) {
	for _, p := range in.parts {
		n += cap(p.data) + 16*cap(p.runs) + 100
	}
	return n + len(in.pool)*wire.GroupSize
}

// Opening a record does not allocate once the lane is warm.
func TestOpenDoesNotAllocate(t *testing.T) {
	s := record.NewSealer(key, wire.RecordData)
	in := NewIn(key, 8<<20)
	in.Expect(1, 0, 1<<40)
	const runs = 50
	var recs [][]byte
	for i := range 17 * (runs + 3) {
		at := uint64(i/17)<<20 + uint64(i%17)*61_440
		rec, _ := s.Seal(nil, plainOf(extent{1, 0, at, make([]byte, 61_440)}))
		recs = append(recs, rec)
	}
	next := 0
	group := func() {
		for range 17 {
			if err := in.Open(recs[next]); err != nil {
				t.Fatal(err)
			}
			next++
		}
		in.Forget(Group{File: 1, Index: uint32(next/17 - 1)})
	}
	group()
	if got := testing.AllocsPerRun(runs, group); got > 4 { // the part and its list of runs
		t.Errorf("%.0f allocations for a group of 17 records, want at most 4", got)
	}
}

// A group is complete with its last byte, whichever that is, and not before.
func TestCompleteWithTheLastByte(t *testing.T) {
	for last := range uint64(5) {
		s := record.NewSealer(key, wire.RecordData)
		in := NewIn(key, 4<<20)
		in.Expect(1, 0, 5)
		for i := range uint64(5) {
			if i != last {
				open(t, in, s, extent{1, 0, i, []byte{byte('a' + i)}})
			}
		}
		if d := in.Done(); len(d) != 0 {
			t.Fatalf("without byte %d it is complete: %q", last, d[0].Data)
		}
		open(t, in, s, extent{1, 0, last, []byte{byte('a' + last)}})
		if d := in.Done(); len(d) != 1 || string(d[0].Data) != "abcde" {
			t.Errorf("with byte %d it is not complete", last)
		}
	}
}
