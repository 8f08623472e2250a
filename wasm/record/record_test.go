package record

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"

	"beeline/wasm/aead"
	"beeline/wasm/testdata"
	"beeline/wasm/wire"
)

var testKey = [32]byte{1, 2, 3}

func TestVectors(t *testing.T) {
	testdata.Run(t, "record_", func(t *testing.T, v testdata.Vector) {
		u8 := func(name string) uint8 { return uint8(v.Int(t, name)) }
		key := LaneKey(v.Key(t, "session"), v.Text(t, "kind"), u8("dir"), u8("pc"), u8("ch"), v.Key(t, "fp-i"), v.Key(t, "fp-r"))
		if want := v.Key(t, "key"); key != want {
			t.Fatalf("LaneKey = %x, want %x", key, want)
		}
		o := NewOpener(key, u8("type"))
		if v.Int(t, "ordered") == 1 {
			o = NewOrderedOpener(key, u8("type"))
		}
		var opened uint64
		for i := 0; v.Has(fmt.Sprintf("record-%d", i)); i++ {
			rec := v.Bytes(t, fmt.Sprintf("record-%d", i))
			want := v.Text(t, fmt.Sprintf("result-%d", i))
			got, err := o.Open(nil, rec)
			if want != "ok" {
				if wire.CodeOf(err).Error() != want || got != nil {
					t.Errorf("record %d: Open = %x, %v; want nothing, %s", i, got, err, want)
				}
				continue
			}
			opened++
			plain := v.Bytes(t, fmt.Sprintf("plain-%d", i))
			if err != nil || !bytes.Equal(got, plain) {
				t.Errorf("record %d: Open = %x, %v; want %x", i, got, err, plain)
			}
			s := NewSealer(key, u8("type"))
			s.next = binary.BigEndian.Uint64(rec[counterAt:])
			if sealed, err := s.Seal(nil, plain); err != nil || !bytes.Equal(sealed, rec) {
				t.Errorf("record %d: Seal = %x, %v; want %x", i, sealed, err, rec)
			}
		}
		if o.Opened() != opened {
			t.Errorf("Opened = %d, want %d", o.Opened(), opened)
		}
	})
}

// RFC 8439, section 2.8.2: the AEAD below records is the one everybody means. Its
// nonce has a constant in the first four bytes, so it can't be a record itself.
func TestAEADOfRFC8439(t *testing.T) {
	key := [32]byte(unhex("808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f"))
	plain := []byte("Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, sunscreen would be it.")
	nonce, ad := unhex("070000004041424344454647"), unhex("50515253c0c1c2c3c4c5c6c7")
	want := unhex("d31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736ee62d63dbea45e8ca9671282fafb69da92728b" +
		"1a71de0a9e060b2905d6a5b67ecd3b3692ddbd7f2d778b8c9803aee328091b58fab324e4fad675945585808b4831d7bc" +
		"3ff4def08e4b7a9de576d26586cec64b61161ae10b594f09e26a7e902ecbd0600691")
	if got := aead.New(key).Seal(nil, nonce, plain, ad); !bytes.Equal(got, want) {
		t.Errorf("Seal = %x, want %x", got, want)
	}
}

// Every length up to a few blocks of the cipher, and the boundary ones, seal and
// open, beside each other and in place.
func TestLengths(t *testing.T) {
	s := NewSealer(testKey, wire.RecordData)
	o := NewOpener(testKey, wire.RecordData)
	lengths := []int{wire.ExtentMax, wire.RecordMax - wire.Overhead, plainMax}
	for n := range 300 {
		lengths = append(lengths, n)
	}
	for _, n := range lengths {
		plain := bytes.Repeat([]byte{byte(n)}, n)
		slot := make([]byte, n+wire.Overhead)
		copy(slot[headerSize:], plain)
		rec, err := s.Seal(slot[:0], slot[headerSize:headerSize+n])
		if err != nil || len(rec) != n+wire.Overhead || &rec[0] != &slot[0] {
			t.Fatalf("Seal of %d bytes in place = %d bytes, %v", n, len(rec), err)
		}
		got, err := o.Open(rec[headerSize:headerSize], rec)
		if err != nil || !bytes.Equal(got, plain) {
			t.Fatalf("Open of %d bytes in place: %v, equal %v", n, err, bytes.Equal(got, plain))
		}
		prefix := []byte("before")
		rec, _ = s.Seal(prefix, plain)
		got, err = o.Open([]byte("also"), rec[len(prefix):])
		if err != nil || string(got) != "also"+string(plain) {
			t.Fatalf("Open of %d bytes behind others: %v", n, err)
		}
	}
}

// Attack 30: no record is ever larger than what every stack carries.
func TestLargestRecord(t *testing.T) {
	s := NewSealer(testKey, wire.RecordData)
	if rec, err := s.Seal(nil, make([]byte, plainMax+1)); !errors.Is(err, wire.Format) || rec != nil {
		t.Errorf("Seal of a record of 65,536 bytes = %d bytes, %v; want nothing, %v", len(rec), err, wire.Format)
	}
	rec, err := s.Seal(nil, make([]byte, plainMax))
	if err != nil || len(rec) != wire.RecordLimit {
		t.Fatalf("Seal of the largest record = %d bytes, %v; want %d", len(rec), err, wire.RecordLimit)
	}
	o := NewOpener(testKey, wire.RecordData)
	if _, err := o.Open(nil, append(bytes.Clone(rec), 0)); !errors.Is(err, wire.Format) {
		t.Errorf("Open of 65,536 bytes = %v, want %v", err, wire.Format)
	}
	if _, err := o.Open(nil, rec); err != nil {
		t.Errorf("Open of 65,535 bytes = %v", err)
	}
}

// Attack 2, the part of records: where a certificate was swapped on the way, no
// record opens. Attack 26: nor does one that was moved to any other place.
func TestEveryOtherPlaceFails(t *testing.T) {
	type place struct {
		session     byte
		kind        string
		dir, pc, ch uint8
		fpI, fpR    byte
		typ         uint8
	}
	var places []place
	for _, session := range []byte{1, 2} {
		for _, kind := range []string{"lane", "ctrl"} {
			for _, dir := range []uint8{ToResponder, ToInitiator} {
				for _, pc := range []uint8{0, 1, 254} {
					for _, ch := range []uint8{wire.ChannelCtrl, wire.ChannelLane} {
						for _, fp := range [][2]byte{{3, 4}, {4, 3}, {3, 3}, {5, 4}} {
							places = append(places, place{session, kind, dir, pc, ch, fp[0], fp[1], wire.RecordData})
						}
					}
				}
			}
		}
	}
	key := func(p place) [32]byte {
		return LaneKey([32]byte{p.session}, p.kind, p.dir, p.pc, p.ch, [32]byte{p.fpI}, [32]byte{p.fpR})
	}
	plain := AppendExtentHeader(nil, 1, 0, 1, 0)
	for i, from := range places {
		rec, _ := NewSealer(key(from), from.typ).Seal(nil, append(plain, 'x'))
		for j, to := range places {
			_, err := NewOpener(key(to), to.typ).Open(nil, rec)
			if i == j && err != nil {
				t.Fatalf("at its own place %+v: %v", from, err)
			}
			if i != j && !errors.Is(err, wire.Auth) {
				t.Fatalf("from %+v to %+v: %v, want %v", from, to, err, wire.Auth)
			}
		}
		if _, err := NewOpener(key(from), wire.RecordCtrl).Open(nil, rec); !errors.Is(err, wire.Format) {
			t.Fatalf("as another type: %v, want %v", err, wire.Format)
		}
	}
}

// Every bit of a record counts, and a record that was changed changes nothing.
func TestEveryBitCounts(t *testing.T) {
	rec, _ := NewSealer(testKey, wire.RecordData).Seal(nil, []byte("a piece of a file"))
	o := NewOpener(testKey, wire.RecordData)
	before := *o
	for i := range len(rec) * 8 {
		bad := bytes.Clone(rec)
		bad[i/8] ^= 1 << (i % 8)
		out, err := o.Open([]byte("kept"), bad)
		if err == nil || string(out) != "kept" {
			t.Fatalf("bit %d: Open = %q, %v", i, out, err)
		}
		if o.seen != before.seen || o.opened != 0 {
			t.Fatalf("bit %d: a bad record left a trace", i)
		}
	}
	for n := range len(rec) {
		if _, err := o.Open(nil, rec[:n]); err == nil {
			t.Fatalf("cut to %d bytes it opens", n)
		}
	}
	if _, err := o.Open(nil, rec); err != nil {
		t.Errorf("the true record after all of them: %v", err)
	}
}

// Attack 25: records that come twice, late or in any order. The window is compared
// with a plain set, over steps that stay, creep, leap a word, a window and more.
func TestWindowAgainstASet(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for range 20 {
		var w window
		seen := map[uint64]bool{}
		var top, base uint64
		for range 20_000 {
			switch rng.IntN(12) {
			case 0:
				base += rng.Uint64N(200)
			case 1:
				if rng.IntN(200) == 0 {
					base += rng.Uint64N(3 * windowSize)
				}
			}
			n := base + rng.Uint64N(70)
			if rng.IntN(4) == 0 && top > 0 {
				n = top - min(top, rng.Uint64N(windowSize+100))
			}
			want := !seen[n] && n+windowSize > top
			if len(seen) == 0 {
				want = true
			}
			if got := w.fresh(n); got != want {
				t.Fatalf("fresh(%d) below %d = %v, want %v", n, top, got, want)
			}
			if want {
				w.add(n)
				seen[n] = true
				top = max(top, n)
			}
		}
	}
}

func TestWindowAtItsEdges(t *testing.T) {
	for _, leap := range []uint64{1, 63, 64, 65, windowSize - 1, windowSize, windowSize + 1, 3*windowSize + 5, counterMax - windowSize} {
		var w window
		for n := range uint64(windowSize) { // a full ring
			w.add(n)
		}
		top := windowSize - 1 + leap
		w.add(top)
		for _, d := range []uint64{0, 1, 2, 62, 63, 64, 65, 100, windowSize - 2, windowSize - 1, windowSize, windowSize + 1} {
			if d > top {
				continue
			}
			n := top - d
			want := d != 0 && d < windowSize && n >= windowSize
			if got := w.fresh(n); got != want {
				t.Errorf("after a leap of %d: fresh(top-%d) = %v, want %v", leap, d, got, want)
			}
		}
	}
}

// One late record waits while 60,000 tiny ones pass it. PROTOCOL.md 2.4.
func TestSixtyThousandPassALateOne(t *testing.T) {
	s := NewSealer(testKey, wire.RecordData)
	late, _ := s.Seal(nil, []byte("late"))
	late = bytes.Clone(late)
	o := NewOpener(testKey, wire.RecordData)
	var buf []byte
	for i := range 60_000 {
		buf, _ = s.Seal(buf[:0], []byte{1})
		if _, err := o.Open(buf[headerSize:headerSize], buf); err != nil {
			t.Fatalf("record %d: %v", i, err)
		}
	}
	if out, err := o.Open(nil, late); err != nil || string(out) != "late" {
		t.Errorf("the late record = %q, %v", out, err)
	}
	if _, err := o.Open(nil, late); !errors.Is(err, wire.Replay) {
		t.Errorf("the late record again = %v, want %v", err, wire.Replay)
	}
	if o.Opened() != s.Count() {
		t.Errorf("Opened = %d, want %d", o.Opened(), s.Count())
	}
}

// A key seals 2^32 records and not one more.
func TestCounterEnds(t *testing.T) {
	s := NewSealer(testKey, wire.RecordData)
	s.next = counterMax
	if _, err := s.Seal(nil, []byte("last")); err != nil {
		t.Errorf("record 2^32-1: %v", err)
	}
	for range 2 {
		if out, err := s.Seal(nil, []byte("one more")); !errors.Is(err, ErrSpent) || out != nil {
			t.Errorf("record 2^32 = %x, %v; want nothing, %v", out, err, ErrSpent)
		}
	}
	if s.Count() != 1<<32 {
		t.Errorf("Count = %d, want %d", s.Count(), uint64(1)<<32)
	}
}

func TestNothingIsAllocated(t *testing.T) {
	s, o := NewSealer(testKey, wire.RecordData), NewOpener(testKey, wire.RecordData)
	slot := make([]byte, wire.RecordMax)
	bad := make([]byte, wire.RecordMax)
	bad[0] = wire.RecordData
	for name, f := range map[string]func(){
		"seal and open": func() {
			rec, _ := s.Seal(slot[:0], slot[headerSize:len(slot)-tagSize])
			if _, err := o.Open(rec[headerSize:headerSize], rec); err != nil {
				t.Fatal(err)
			}
		},
		"a forged record": func() {
			binary.BigEndian.PutUint64(bad[counterAt:], s.next)
			if _, err := o.Open(bad[headerSize:headerSize], bad); err != wire.Auth {
				t.Fatal(err)
			}
		},
		"a short record": func() { o.Open(nil, slot[:3]) },
		"extents": func() {
			if n, err := CountExtents(oneExtent); n != 1 || err != nil {
				t.Fatal(n, err)
			}
		},
	} {
		if n := testing.AllocsPerRun(20, f); n != 0 {
			t.Errorf("%s: %v allocations, want none", name, n)
		}
	}
}

var oneExtent = append(AppendExtentHeader(nil, 1, 2, 3, 4), "abc"...)

// FuzzOpen: whatever comes, only what was sealed opens, once.
func FuzzOpen(f *testing.F) {
	s := NewSealer(testKey, wire.RecordData)
	good, _ := s.Seal(nil, oneExtent)
	f.Add(good)
	f.Add(good[:20])
	f.Fuzz(func(t *testing.T, rec []byte) {
		for _, o := range []*Opener{NewOpener(testKey, wire.RecordData), NewOrderedOpener(testKey, wire.RecordData)} {
			out, err := o.Open(nil, rec)
			if err == nil && (!bytes.Equal(rec, good) || !bytes.Equal(out, oneExtent)) {
				t.Fatalf("a record nobody sealed opens: %x", rec)
			}
			if err != nil && (out != nil || o.opened != 0 || o.seen != window{}) {
				t.Fatalf("a bad record left a trace: %v", err)
			}
			if _, err := o.Open(nil, rec); err == nil {
				t.Fatal("a record opens twice")
			}
		}
	})
}

func TestCorpora(t *testing.T) { testdata.Corpora(t) }

func unhex(s string) []byte {
	b, err := hex.DecodeString(s)
	if err != nil {
		panic(err)
	}
	return b
}
