package session

import (
	"testing"

	"beeline/wasm/lane"
	"beeline/wasm/record"
	"beeline/wasm/wire"
)

// A lane may be lost after the bytes of a group arrived and before the sharer's
// machine heard that they were sent. The recipient then says what it has: else the
// one would wait for FILE_END and the other for a GET, for ever. PROTOCOL.md f.4.
func TestALaneIsLostBeforeItsSharerKnows(t *testing.T) {
	files := []testFile{{"a.mov", pattern(6<<20, 1)}, {"b.mov", pattern(5<<20, 2)}}
	w := newWorld(t, 1)
	s := w.share(2, files...)
	silent := 0
	w.sharer.rogue = func(a SendGroup) (plain [][]byte) {
		at := uint64(a.Group.Index) * wire.GroupSize
		data := files[a.Group.File-1].data[at : at+uint64(a.Length)]
		if a.PC == 0 {
			w.sharer.post(Sent{Session: a.Session, PC: a.PC, Group: a.Group, Values: lane.Hash(data, a.Group.Index, a.Single)})
		} else {
			silent++
		}
		for off := 0; off < len(data); off += wire.ExtentMax {
			part := data[off:min(off+wire.ExtentMax, len(data))]
			plain = append(plain, append(record.AppendExtentHeader(nil, a.Group.File, 0, len(part), at+uint64(off)), part...))
		}
		return plain
	}
	n, r := w.take(s.Link(), 2)
	w.wait(5_000, "two lanes", func() bool { return r.View().Listed && len(w.live()) == 2 })
	n.handle(Receive{})
	w.wait(10_000, "all is written", func() bool { return r.View().Written == 11<<20 })
	for _, pc := range w.live() {
		if pc.id.pc == 1 {
			w.kill(pc)
		}
	}
	w.complete(30_000, n, r, files)
	if silent == 0 {
		t.Error("nothing went over the lane that was lost")
	}
}
