package lane

import (
	"bytes"
	"fmt"
	"math/rand"
	"testing"

	"beeline/wasm/digest"
	"beeline/wasm/record"
	"beeline/wasm/wire"
)

var key = [32]byte{7: 7}

func bytesOf(rng *rand.Rand, n int) []byte {
	b := make([]byte, n)
	rng.Read(b)
	return b
}

func TestGroups(t *testing.T) {
	for _, v := range []struct {
		size   uint64
		groups uint32
		last   int // bytes of the last group
	}{
		{0, 0, 0}, {1, 1, 1}, {wire.GroupSize, 1, wire.GroupSize}, {wire.GroupSize + 1, 2, 1},
		{5*wire.GroupSize - 1, 5, wire.GroupSize - 1}, {1 << 52, 1<<32 - 1, wire.GroupSize},
		{wire.FileMax, 1<<32 - 1, wire.GroupSize}, // more than anybody can transfer
	} {
		if got := Groups(v.size); got != v.groups {
			t.Errorf("Groups(%d) = %d, want %d", v.size, got, v.groups)
		}
		if v.groups == 0 {
			continue
		}
		if got := GroupLen(v.size, v.groups-1); got != v.last {
			t.Errorf("GroupLen(%d, %d) = %d, want %d", v.size, v.groups-1, got, v.last)
		}
		if v.size < 1<<52 {
			if got := GroupLen(v.size, v.groups); got != 0 {
				t.Errorf("GroupLen(%d) past the end = %d, want 0", v.size, got)
			}
		}
	}
}

func TestHash(t *testing.T) {
	data := bytesOf(rand.New(rand.NewSource(1)), wire.GroupSize)
	if got, want := Hash(data, 3, false).CV, digest.Group(data, 3); got != want {
		t.Errorf("CV of group 3 = %x, want %x", got, want)
	}
	v := Hash(data[:10], 0, true)
	if v.CV != digest.Group(data[:10], 0) || v.Single != digest.Single(data[:10]) {
		t.Error("a file of one group has both values, of its bytes")
	}
}

// file is a group to be sent, or a file of one.
type file struct {
	g      Group
	data   []byte
	single bool
}

// seal sends groups one after the other and returns the records.
func seal(t testing.TB, o *Out, files []file) (recs [][]byte) {
	for i, f := range files {
		v := o.Load(f.g, f.data, f.single)
		if want := Hash(f.data, f.g.Index, f.single); v != want {
			t.Fatalf("values of %v = %v, want %v", f.g, v, want)
		}
		for {
			rec, err := o.Next(nil, i == len(files)-1)
			if err != nil {
				t.Fatal(err)
			}
			if len(rec) == 0 {
				break
			}
			recs = append(recs, rec)
		}
	}
	if o.Pending() {
		t.Fatal("a record is left after the flush")
	}
	if got := o.Records(); got != uint64(len(recs)) {
		t.Fatalf("%d records are counted, want %d", got, len(recs))
	}
	return recs
}

// What is sealed arrives, in whatever order the records come, as whole groups
// with the values the sharer has. PROTOCOL.md f.2; 3, attack 25.
func TestRoundTripInAnyOrder(t *testing.T) {
	for seed := range int64(30) {
		rng := rand.New(rand.NewSource(seed))
		var files []file
		in := NewIn(key, 64<<20)
		for i := range uint32(1 + rng.Intn(40)) {
			size := rng.Intn(4000)
			if rng.Intn(12) == 0 {
				size = rng.Intn(2 * wire.GroupSize)
			}
			late := rng.Intn(4) == 0 // its size is told after its bytes came
			data := bytesOf(rng, size+1)
			for g := range Groups(uint64(len(data))) {
				at := int(g) * wire.GroupSize
				part := data[at:min(len(data), at+wire.GroupSize)]
				files = append(files, file{Group{i, uint8(seed), g}, part, len(data) <= wire.GroupSize})
			}
			if !late {
				in.Expect(i, uint8(seed), uint64(len(data)))
			}
		}
		recMax := []int{0, wire.RecordMax, wire.RecordLimit, 1 << 20}[rng.Intn(4)]
		recs := seal(t, NewOut(key, recMax), files)
		rng.Shuffle(len(recs), func(i, j int) { recs[i], recs[j] = recs[j], recs[i] })
		got := map[Group]Arrived{}
		take := func() {
			for _, a := range in.Done() {
				a.Data = bytes.Clone(a.Data)
				got[a.Group] = a
				in.Free(a.Data)
			}
		}
		sizes := map[uint32]uint64{}
		for _, f := range files {
			sizes[f.g.File] += uint64(len(f.data))
		}
		for _, rec := range recs {
			if len(rec) > wire.RecordLimit || recMax <= wire.RecordMax && len(rec) > wire.RecordMax {
				t.Fatalf("a record of %d bytes, recMax %d", len(rec), recMax)
			}
			if err := in.Open(bytes.Clone(rec)); err != nil {
				t.Fatalf("seed %d: %v", seed, err)
			}
			for _, g := range in.Unknown() {
				in.Expect(g.File, g.Version, sizes[g.File])
			}
			take()
		}
		take()
		for _, f := range files {
			a, ok := got[f.g]
			if !ok || !bytes.Equal(a.Data, f.data) {
				t.Fatalf("seed %d: group %v of %d bytes did not arrive as it was", seed, f.g, len(f.data))
			}
		}
		if len(got) != len(files) || in.held != 0 || len(in.parts) != 0 || in.Bad() != 0 {
			t.Errorf("seed %d: %d groups of %d, %d bytes held in %d parts, %d bad", seed, len(got), len(files), in.held, len(in.parts), in.Bad())
		}
		if in.Records() != uint64(len(recs)) {
			t.Errorf("seed %d: %d records opened, want %d", seed, in.Records(), len(recs))
		}
	}
}

// Small files share records: a record carries less than 8 KiB only when nothing
// more is to be sent. PROTOCOL.md f.2.
func TestSmallFilesShareRecords(t *testing.T) {
	for _, size := range []int{1, 10, 100, 1000, 10_000, 61_440, 61_439, 61_441, 100_000} {
		count := min(max(3, 200_000/size), 5_000)
		var files []file
		for i := range count {
			files = append(files, file{Group{File: uint32(i)}, make([]byte, size), true})
		}
		recs := seal(t, NewOut(key, wire.RecordMax), files)
		opener := record.NewOpener(key, wire.RecordData)
		for i, rec := range recs {
			plain, err := opener.Open(nil, rec)
			if err != nil {
				t.Fatal(err)
			}
			n, err := record.CountExtents(plain)
			if err != nil {
				t.Fatalf("size %d: record %d: %v", size, i, err)
			}
			full := len(rec) > 8<<10 || n == wire.ExtentsPerRecord
			if !full && i < len(recs)-1 {
				t.Errorf("size %d: record %d of %d has %d bytes in %d extents", size, i, len(recs), len(rec), n)
			}
		}
		if least := count * (size + wire.ExtentHeader) / (wire.RecordMax - wire.Overhead); len(recs) > 2*least+2 && size > 100 {
			t.Errorf("size %d: %d records for %d bytes", size, len(recs), count*size)
		}
	}
}

// A record that is not flushed waits, and only for what is loaded next.
func TestNextWithoutFlush(t *testing.T) {
	o := NewOut(key, wire.RecordMax)
	if rec, err := o.Next(nil, true); len(rec) != 0 || err != nil || o.Pending() {
		t.Errorf("nothing loaded: %d bytes, %v", len(rec), err)
	}
	o.Load(Group{File: 1}, []byte("small"), true)
	if rec, _ := o.Next(nil, false); len(rec) != 0 || !o.Pending() || o.Records() != 0 {
		t.Errorf("not full and not flushed: %d bytes go", len(rec))
	}
	o.Load(Group{File: 2}, []byte("smaller"), true)
	rec, _ := o.Next([]byte("before"), true)
	if !bytes.HasPrefix(rec, []byte("before")) || len(rec) != 6+wire.Overhead+2*wire.ExtentHeader+12 || o.Pending() {
		t.Errorf("flushed: %d bytes, pending %v", len(rec), o.Pending())
	}
}

// Bytes that are there stay: a repeat, whole or in part, changes nothing, and is
// counted.
func TestRepeatsChangeNothing(t *testing.T) {
	rng := rand.New(rand.NewSource(3))
	data := bytesOf(rng, 30_000)
	for seed := range int64(20) {
		rng := rand.New(rand.NewSource(seed))
		s := record.NewSealer(key, wire.RecordData)
		in := NewIn(key, 4<<20)
		in.Expect(5, 0, uint64(len(data)))
		sent := uint64(0)
		var done []Arrived
		for len(done) == 0 {
			at := 100 * rng.Intn(len(data)/100)
			n := min(1+rng.Intn(6_000), len(data)-at)
			part := bytes.Clone(data[at : at+n])
			if p := in.parts[Group{File: 5}]; p != nil && covered(p, at, at+n) {
				rng.Read(part) // all of it is there: other bytes don't count
			}
			sent += uint64(n)
			open(t, in, s, extent{5, 0, uint64(at), part})
			done = in.Done()
		}
		if !bytes.Equal(done[0].Data, data) {
			t.Errorf("seed %d: a repeat changed what was there", seed)
		}
		if in.Bytes() != sent {
			t.Errorf("seed %d: %d bytes are counted, want %d", seed, in.Bytes(), sent)
		}
	}
}

func covered(p *part, from, to int) bool {
	for _, r := range p.runs {
		if r.from <= from && to <= r.to {
			return true
		}
	}
	return false
}

type extent struct {
	file    uint32
	version uint8
	offset  uint64
	data    []byte
}

func plainOf(es ...extent) (plain []byte) {
	for _, e := range es {
		plain = append(record.AppendExtentHeader(plain, e.file, e.version, len(e.data), e.offset), e.data...)
	}
	return plain
}

func open(t testing.TB, in *In, s *record.Sealer, es ...extent) {
	t.Helper()
	if err := try(in, s, es...); err != nil {
		t.Fatalf("Open: %v", err)
	}
}

func try(in *In, s *record.Sealer, es ...extent) error {
	rec, err := s.Seal(nil, plainOf(es...))
	if err != nil {
		panic(fmt.Sprint("seal: ", err))
	}
	return in.Open(rec)
}
