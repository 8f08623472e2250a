package lane

import (
	"testing"

	"beeline/wasm/wire"
)

// Inside a browser a record may overtake the word of what was asked for. A window
// full of small files held back must not be taken for an attack, and must come
// out once the word is there.
func TestManySmallGroupsBeforeTheyAreExpected(t *testing.T) {
	var key [32]byte
	const files, size = 1600, 10_240 // a window of 16 MiB
	out, in := NewOut(key, wire.RecordMax), NewIn(key, wire.WindowBytes+wire.WindowLane)
	data := make([]byte, size)
	for f := uint32(1); f <= files; f++ {
		out.Load(Group{File: f}, data, true)
		for {
			rec, err := out.Next(nil, f == files)
			if err != nil {
				t.Fatal(err)
			}
			if len(rec) == 0 {
				break
			}
			if err := in.Open(rec); err != nil {
				t.Fatalf("file %d: Open = %v, want it held back", f, err)
			}
		}
	}
	if got := len(in.Unknown()); got != files {
		t.Errorf("%d groups reported as unknown, want %d", got, files)
	}
	for f := uint32(1); f <= files; f++ {
		in.Expect(f, 0, size)
	}
	if got := len(in.Done()); got != files {
		t.Errorf("%d groups complete, want %d", got, files)
	}
}
