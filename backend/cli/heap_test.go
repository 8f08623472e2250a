package cli

import (
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"
	"strings"
	"testing"
)

func TestALargeHeapHasLittleRoom(t *testing.T) {
	for live, want := range map[uint64]int{0: 100, headroom: 100, headroom + headroom/2: 65, 2 * headroom: 50, 3 * headroom: 30, 100 * headroom: 25} {
		if got := percentFor(live); got != want {
			t.Errorf("of %d bytes: %d %%, want %d", live, got, want)
		}
	}
}

// The collector is told when the heap has grown, and when it is small again.
func TestKeepLean(t *testing.T) {
	if os.Getenv("BEELINE_LEAN") == "" {
		c := exec.Command(os.Args[0], "-test.run", "TestKeepLean$", "-test.v") // it is of the whole program
		c.Env = append(os.Environ(), "BEELINE_LEAN=1", "GOGC=", "GOMEMLIMIT=")
		out, err := c.CombinedOutput()
		if err != nil || !strings.Contains(string(out), "--- PASS") {
			t.Errorf("%v\n%s", err, out)
		}
		return
	}
	percent := func() int {
		p := debug.SetGCPercent(100)
		debug.SetGCPercent(p)
		return p
	}
	until := func(want int) {
		t.Helper()
		for range 200 {
			runtime.GC()
			if percent() == want {
				return
			}
		}
		t.Errorf("%d %%, want %d", percent(), want)
	}
	keepLean()
	large := make([]byte, 5*headroom)
	until(25)
	runtime.KeepAlive(large)
	large = nil
	until(100)
}
