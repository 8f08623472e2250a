package peer

import (
	"testing"
	"testing/synctest"
	"time"

	"beeline/wasm/lane"
	"beeline/wasm/session"
	"beeline/wasm/wire"
)

// A path so slow that a group takes longer than a stall may last still shows that
// it lives: once a second, and not with every record.
func TestASlowLaneGivesASignOfLife(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var key [32]byte
		out := lane.NewOut(key, wire.RecordMax)
		in := newInbound(&link{}, session.OpenIn{Key: key, Limit: 4 << 20})
		in.in.Expect(1, 0, 2<<20)
		out.Load(lane.Group{File: 1}, make([]byte, wire.GroupSize), false)
		said, records := 0, 0
		for range 15 { // of the 18 records of a group
			rec, err := out.Next(nil, false)
			check(t, err)
			check(t, in.in.Open(rec))
			records++
			if m, any := in.gather(); any {
				said++
				if e := m.event.(session.ArrivedBatch); len(e.Groups) != 0 || e.Bytes != in.in.Bytes() || e.Bytes == 0 {
					t.Errorf("said %d bytes and %d groups after %d records, want %d and none", e.Bytes, len(e.Groups), records, in.in.Bytes())
				}
			}
			if _, any := in.gather(); any {
				t.Error("said twice")
			}
			time.Sleep(600 * time.Millisecond) // 100 KB/s
		}
		if said != 8 {
			t.Errorf("said %d times in %d records, want with every second one", said, records)
		}
	})
}
