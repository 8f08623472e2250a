// Package leaktest fails a package's tests when goroutines outlive them.
package leaktest

import (
	"flag"
	"fmt"
	"os"
	"runtime"
	"time"
)

// patience is how long goroutines may take to end after the last test: those
// of the network library and of HTTP servers stop a little after their Close.
const patience = 3 * time.Second

// Main runs the tests of a package, m or something around it, from its TestMain and
// exits. After a run that passed it fails if more goroutines are left than there were
// before. With worlds the tests run once in each, after what makes it; benchmarks and
// fuzzing have the first.
func Main(m interface{ Run() int }, worlds ...func()) {
	before := runtime.NumGoroutine()
	if len(worlds) == 0 {
		worlds = []func(){func() {}}
	}
	code := 0
	for i, world := range worlds {
		if i > 0 && (fuzzing() || benching()) {
			break
		}
		world()
		code = max(code, m.Run())
	}
	if code == 0 && !fuzzing() {
		if left := wait(before); left > before {
			buf := make([]byte, 1<<20)
			fmt.Printf("%d goroutines before the tests, %d after:\n%s\n", before, left, buf[:runtime.Stack(buf, true)])
			code = 1
		}
	}
	os.Exit(code)
}

// fuzzing reports whether the run was `go test -fuzz`, which keeps goroutines of
// its own.
func fuzzing() bool { return flagged("test.fuzz") }

func benching() bool { return flagged("test.bench") }

func flagged(name string) bool {
	f := flag.Lookup(name)
	return f != nil && f.Value.String() != ""
}

// wait returns how many goroutines are left when no more than want are, or when
// patience is over.
func wait(want int) (left int) {
	for end := time.Now().Add(patience); ; time.Sleep(10 * time.Millisecond) {
		if left = runtime.NumGoroutine(); left <= want || time.Now().After(end) {
			return left
		}
	}
}
