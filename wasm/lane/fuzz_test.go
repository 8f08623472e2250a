package lane

import (
	"bytes"
	"math/rand"
	"testing"

	"beeline/wasm/record"
	"beeline/wasm/wire"
)

// FuzzIn seals arbitrary plaintexts with the right key and hands them, and
// arbitrary bytes, to a lane that knows some files: no panic, bounded memory,
// and a complete group is one that was told of, of the right length.
//
// script: u8 op, u16 length, bytes, again and again. op 0: a plaintext to be
// sealed; 1: a record as it is; 2: Expect; 3: Settled; 4: Forget; 5: seal again
// what was sealed last; 6: report.
func FuzzIn(f *testing.F) {
	ops := func(parts ...[]byte) (script []byte) {
		for _, p := range parts {
			script = append(script, p[0], byte((len(p)-1)>>8), byte(len(p)-1))
			script = append(script, p[1:]...)
		}
		return script
	}
	plain := func(es ...extent) []byte { return append([]byte{0}, plainOf(es...)...) }
	f.Add(ops(plain(extent{1, 0, 0, make([]byte, 10)}), []byte{6}))
	f.Add(ops(plain(extent{1, 0, 0, make([]byte, 5)}, extent{1, 0, 5, make([]byte, 5)}), []byte{5}, []byte{6}))
	f.Add(ops(plain(extent{9, 3, 7 << 20, make([]byte, 50)}), []byte{2, 0, 0, 0, 9, 3, 8}, []byte{6}, []byte{4, 0, 0, 0, 9, 3, 7}))
	f.Add(ops([]byte{1, 1, 0, 0, 0}, plain(), plain(extent{2, 0, 1 << 20, make([]byte, 99)}), []byte{3, 0, 0, 0, 2, 0}))
	f.Add(ops(plain(extent{2, 0, 3, make([]byte, 50)}, extent{2, 0, 1, make([]byte, 50)}, extent{2, 0, 0, make([]byte, 200)})))
	f.Fuzz(func(t *testing.T, script []byte) {
		const limit = 4 << 20
		in := NewIn(key, limit)
		sizes := map[fileKey]uint64{{1, 0}: 10, {2, 0}: 3<<20 + 7, {3, 0}: 0, {4, 0}: wire.FileMax}
		for k, size := range sizes {
			in.Expect(k.file, k.version, size)
		}
		s := record.NewSealer(key, wire.RecordData)
		var last []byte
		for len(script) >= 3 {
			op, n := script[0]%7, min(int(script[1])<<8|int(script[2]), len(script)-3)
			b := script[3 : 3+n]
			script = script[3+n:]
			name := fileKey{uint32(at(b, 3)), at(b, 4)}
			var err error
			switch op {
			case 0:
				last = b
				fallthrough
			case 5:
				rec, _ := s.Seal(nil, last)
				err = in.Open(rec)
			case 1:
				err = in.Open(bytes.Clone(b))
			case 2:
				if _, known := sizes[name]; !known {
					sizes[name] = uint64(at(b, 5)) << 20
				}
				in.Expect(name.file, name.version, sizes[name])
			case 3:
				in.Settled(name.file, name.version)
			case 4:
				in.Forget(Group{name.file, name.version, uint32(at(b, 5))})
			case 6:
				in.Unknown()
			}
			for _, a := range in.Done() {
				size, known := sizes[fileKey{a.File, a.Version}]
				if !known || len(a.Data) != GroupLen(size, a.Index) || len(a.Data) == 0 {
					t.Fatalf("group %v of %d bytes, of a file of %d (known: %v)", a.Group, len(a.Data), size, known)
				}
				in.Free(a.Data)
			}
			if got := held(in); got > limit+26<<20 {
				t.Fatalf("%d bytes are held, limit %d", got, limit)
			}
			if err != nil {
				if c := wire.CodeOf(err); c != wire.Auth && c != wire.Format && c != wire.Unrequested {
					t.Fatalf("Open: %v", err)
				}
				return // the lane is over
			}
		}
	})
}

func at(b []byte, i int) uint8 {
	if i < len(b) {
		return b[i]
	}
	return 0
}

// FuzzRoundTrip cuts a fuzzed number of files out of fuzzed bytes: what is sealed
// arrives, shuffled.
func FuzzRoundTrip(f *testing.F) {
	f.Add([]byte("some bytes of some files"), uint8(3), int64(1))
	f.Add(make([]byte, 5000), uint8(200), int64(2))
	f.Add([]byte{0}, uint8(0), int64(3))
	f.Fuzz(func(t *testing.T, data []byte, cuts uint8, seed int64) {
		if len(data) == 0 {
			return
		}
		rng := rand.New(rand.NewSource(seed))
		in := NewIn(key, 64<<20)
		var files []file
		for i := range uint32(cuts%40) + 1 {
			from := rng.Intn(len(data))
			part := bytes.Repeat(data[from:from+1+rng.Intn(len(data)-from)], 1+rng.Intn(6))
			part = part[:min(len(part), wire.GroupSize)]
			files = append(files, file{Group{File: i}, part, true})
			in.Expect(i, 0, uint64(len(part)))
		}
		recs := seal(t, NewOut(key, 0), files)
		rng.Shuffle(len(recs), func(i, j int) { recs[i], recs[j] = recs[j], recs[i] })
		for _, rec := range recs {
			if err := in.Open(rec); err != nil {
				t.Fatal(err)
			}
		}
		done := in.Done()
		for _, a := range done {
			if !bytes.Equal(a.Data, files[a.File].data) {
				t.Fatalf("file %d is another", a.File)
			}
		}
		if len(done) != len(files) {
			t.Fatalf("%d files of %d", len(done), len(files))
		}
	})
}
