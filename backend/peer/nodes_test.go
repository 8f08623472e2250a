package peer

import (
	"fmt"
	"runtime"
	"testing"

	"beeline/wasm/catalog"
)

// An entry of a share takes what PROTOCOL.md says (Decisions, figures of the native
// peer): 500,000 of them with the list have to fit.
func TestAnEntryTakesLittle(t *testing.T) {
	const many = 100_000
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	src := &sources{}
	for i := range many {
		src.add(node{parent: uint32(i), name: fmt.Sprintf("A001_frame.%07d.exr", i), size: uint64(i), modMS: int64(i), exec: i%2 == 0})
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	if each := (int64(after.HeapAlloc) - int64(before.HeapAlloc)) / many; each > 64 {
		t.Errorf("an entry takes %d bytes, want at most 64", each)
	}
	for i, e := range src.entries(2, many) {
		i++
		want := catalog.Entry{Type: catalog.File, Parent: uint32(i), Size: uint64(i), ModMS: int64(i), Exec: i%2 == 0, Name: fmt.Sprintf("A001_frame.%07d.exr", i)}
		if e != want {
			t.Fatalf("entry %d is %+v, want %+v", i+1, e, want)
		}
	}
}
