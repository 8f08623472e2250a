package cli

import (
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"sync"
)

// headroom is what the heap may grow by between two collections once it is larger than
// this itself, in bytes.
const headroom = 24 << 20

var lean sync.Once // keepLean is for the whole program

// keepLean has the garbage collector leave less room above a large heap than as much
// again: what is large are lists, in columns without pointers, which cost nothing to be
// looked through. With 500,000 entries both ends stay below 150 MiB (wasm/PROTOCOL.md,
// figures of the native peer). A small heap is collected as ever, and whoever sets GOGC
// or GOMEMLIMIT decides. A limit for all memory would be simpler, but what needs more
// than that would do nothing else than collect.
func keepLean() {
	if os.Getenv("GOGC") != "" || os.Getenv("GOMEMLIMIT") != "" {
		return
	}
	percent := 100
	afterEachCollection(func() {
		live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
		metrics.Read(live)
		if now := percentFor(live[0].Value.Uint64()); now != percent {
			percent = now
			debug.SetGCPercent(now)
		}
	})
}

// percentFor is by how much a heap may grow of which so many bytes are in use; in steps
// of five, since each change stops the program for a moment.
func percentFor(live uint64) int {
	percent := 100
	if live > headroom {
		percent = int(100 * headroom / live)
	}
	return max(25, percent/5*5)
}

// afterEachCollection calls f once a collection, in a goroutine of the runtime's.
func afterEachCollection(f func()) {
	var again func(**byte)
	again = func(mark **byte) {
		f()
		runtime.SetFinalizer(mark, again)
	}
	runtime.SetFinalizer(new(*byte), again)
}
