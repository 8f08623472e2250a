package cli

import (
	"os"
	"os/exec"
	"runtime"
	"runtime/metrics"
	"strings"
	"testing"
	"time"
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
	percent := func() uint64 {
		// debug.SetGCPercent tells it too, but takes back what was set meanwhile.
		gogc := []metrics.Sample{{Name: "/gc/gogc:percent"}}
		metrics.Read(gogc)
		return gogc[0].Value.Uint64()
	}
	until := func(want uint64) {
		t.Helper()
		for end := time.Now().Add(20 * time.Second); time.Now().Before(end); {
			runtime.GC()
			if percent() == want {
				return
			}
			time.Sleep(5 * time.Millisecond) // for the goroutine that hears of it
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
