package record

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"beeline/wasm/testdata"
	"beeline/wasm/wire"
)

func TestExtentVectors(t *testing.T) {
	testdata.Run(t, "extent_", func(t *testing.T, v testdata.Vector) {
		plain := v.Bytes(t, "plain")
		n, err := CountExtents(plain)
		if want := v.Expect(); want != "" {
			if got := wire.CodeOf(err); got.Error() != want || n != 0 {
				t.Errorf("CountExtents = %d, %v; want 0, %s", n, err, want)
			}
			return
		}
		var got []string
		for rest := plain; len(rest) > 0; {
			var e Extent
			if e, rest, err = NextExtent(rest); err != nil {
				t.Fatal(err)
			}
			got = append(got, fmt.Sprintf("%d,%d,%d,%d", e.File, e.Version, e.Offset, len(e.Bytes)))
		}
		if want := v.Text(t, "extents"); strings.Join(got, " ") != want || n != len(got) {
			t.Errorf("extents = %v, counted %d; want %s", got, n, want)
		}
	})
}

func TestExtentsPerRecord(t *testing.T) {
	plain := bytes.Repeat(append(AppendExtentHeader(nil, 1, 0, 1, 0), 'x'), wire.ExtentsPerRecord)
	if n, err := CountExtents(plain); n != wire.ExtentsPerRecord || err != nil {
		t.Errorf("CountExtents of the most = %d, %v; want %d", n, err, wire.ExtentsPerRecord)
	}
}

// An extent's bytes can't be grown into the next one's by a careless append.
func TestExtentBytesAreClipped(t *testing.T) {
	plain := append(bytes.Clone(oneExtent), oneExtent...)
	e, _, err := NextExtent(plain)
	if err != nil || cap(e.Bytes) != len(e.Bytes) {
		t.Errorf("NextExtent: %v, capacity %d, want %d", err, cap(e.Bytes), len(e.Bytes))
	}
}

// FuzzNextExtent: what parses lies within its record, its group and the largest
// file, and encodes to the same bytes.
func FuzzNextExtent(f *testing.F) {
	f.Add(oneExtent)
	f.Add(append(AppendExtentHeader(nil, 1, 0, 1, wire.GroupSize-1), "xy"...))
	f.Add(AppendExtentHeader(nil, 0, 0, 0, 0))
	f.Fuzz(func(t *testing.T, plain []byte) {
		var again []byte
		count := 0
		for rest := plain; ; count++ {
			e, r, err := NextExtent(rest)
			if err != nil {
				if wire.CodeOf(err) != wire.Format {
					t.Fatalf("NextExtent = %v, want %v", err, wire.Format)
				}
				if n, err := CountExtents(plain); len(rest) > 0 && err == nil || n > 0 && n != count {
					t.Fatalf("CountExtents = %d, %v after %d extents with %d bytes left", n, err, count, len(rest))
				}
				break
			}
			end := e.Offset + uint64(len(e.Bytes))
			if len(e.Bytes) == 0 || end > wire.FileMax || e.Offset/wire.GroupSize != (end-1)/wire.GroupSize {
				t.Fatalf("extent %d+%d is outside a group", e.Offset, len(e.Bytes))
			}
			again = append(AppendExtentHeader(again, e.File, e.Version, len(e.Bytes), e.Offset), e.Bytes...)
			rest = r
		}
		if !bytes.HasPrefix(plain, again) {
			t.Fatalf("extents encode to %x, want a prefix of %x", again, plain)
		}
	})
}
