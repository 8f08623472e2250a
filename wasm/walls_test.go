//go:build !js

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// The walls of the house: DESIGN 2, wasm/PROTOCOL.md "Walls". Each is a rule on
// imports, so that it holds by construction and not by attention.

func goList(t *testing.T, env []string, args ...string) []string {
	t.Helper()
	cmd := exec.Command("go", append([]string{"list"}, args...)...)
	cmd.Dir = ".."
	cmd.Env = append(os.Environ(), env...)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("go list %v: %v\n%s", args, err, out)
	}
	return strings.Split(strings.TrimSpace(string(out)), "\n")
}

var inBrowser = []string{"GOOS=js", "GOARCH=wasm"}

// The blind side cannot decrypt because it cannot name a key.
func TestTheBlindSideImportsNothingOfTheCore(t *testing.T) {
	for _, root := range []string{"./signaling/...", "./backend/server/..."} {
		for _, dep := range goList(t, nil, "-deps", root) {
			if strings.HasPrefix(dep, "beeline/wasm") {
				t.Errorf("%s imports %s: what serves and carries frames must not be able to name a key", root, dep)
			}
		}
	}
}

// The core is pure: no network, no files, no clock of its own; only the bridge
// knows JavaScript.
func TestTheCoreTouchesNoWorld(t *testing.T) {
	reasons := map[string]string{
		"net":        "the core opens no connection; its shells do",
		"net/http":   "the core opens no connection; its shells do",
		"os":         "the core opens no file; its shells do",
		"os/exec":    "the core starts nothing",
		"syscall/js": "only bridge knows that JavaScript exists",
		"log":        "the core has nothing to tell anybody but its shell",
	}
	const format = `{{.ImportPath}}{{range .Imports}} {{.}}{{end}}`
	for _, line := range goList(t, inBrowser, "-f", format, "./wasm/...") {
		fields := strings.Fields(line)
		pkg := fields[0]
		if strings.HasSuffix(pkg, "/gen") {
			continue // a program of the build, never part of the core
		}
		for _, dep := range fields[1:] {
			if dep == "syscall/js" && pkg == "beeline/wasm/bridge" {
				continue
			}
			if why, bad := reasons[dep]; bad {
				t.Errorf("%s imports %s: %s", pkg, dep, why)
			}
		}
	}
}

// Of signaling the core knows the frames and operations, never a hub or a socket.
func TestTheCoreKnowsOnlyTheWireOfSignaling(t *testing.T) {
	for _, dep := range goList(t, inBrowser, "-deps", "./wasm/...") {
		if strings.HasPrefix(dep, "beeline/") && !strings.HasPrefix(dep, "beeline/wasm") && dep != "beeline/signaling/wire" {
			t.Errorf("the core imports %s: it has no business outside wasm/ but with signaling/wire", dep)
		}
	}
}

// No package of the core reads a clock: time comes in as an argument, so that
// every run can be repeated.
func TestTheCoreReadsNoClock(t *testing.T) {
	for _, dir := range goList(t, inBrowser, "-f", "{{.Dir}}", "./wasm/...") {
		files, err := filepath.Glob(filepath.Join(dir, "*.go"))
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range files {
			if strings.HasSuffix(name, "_test.go") {
				continue
			}
			src, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			for _, clock := range []string{"time.Now", "time.Since", "time.Until", "time.After", "time.NewTimer", "time.NewTicker", "time.Tick", "time.Sleep"} {
				if strings.Contains(string(src), clock) {
					t.Errorf("%s calls %s: time comes in with each event", filepath.Base(name), clock)
				}
			}
		}
	}
}

// Whoever uses a lane does not know what it is made of (DESIGN 8.7): of the native
// peer one package names pion, and what is above it does not see it even in tests.
func TestOnlyOnePackageOfThePeerKnowsItsLanes(t *testing.T) {
	const format = `{{.ImportPath}}{{range .Imports}} {{.}}{{end}}{{range .TestImports}} {{.}}{{end}}{{range .XTestImports}} {{.}}{{end}}`
	inside := 0
	for _, line := range goList(t, nil, "-f", format, "./backend/cli/...", "./backend/peer/...") {
		fields := strings.Fields(line)
		for _, dep := range fields[1:] {
			switch {
			case !strings.HasPrefix(dep, "github.com/pion/"):
			case fields[0] == "beeline/backend/peer/transport/rtc":
				inside++
			default:
				t.Errorf("%s imports %s: lanes have four methods (backend/peer/transport), and QUIC comes in there", fields[0], dep)
			}
		}
	}
	if inside == 0 {
		t.Error("backend/peer/transport/rtc imports no pion: this test looks in the wrong place")
	}
	for _, dep := range goList(t, nil, "-deps", "./backend/peer/transport", "./backend/peer/transport/memory") {
		if strings.HasPrefix(dep, "github.com/pion/") {
			t.Errorf("what lanes are in general, or in memory, needs %s", dep)
		}
	}
}

// What must not get into the browser's binary, with the reason.
func TestTheBinaryStaysSmall(t *testing.T) {
	denied := map[string]string{
		"net":                             "a resolver and dialers nobody can use in a browser",
		"net/http":                        "2 MB; TypeScript fetches",
		"os/exec":                         "nothing can be started in a browser",
		"encoding/json":                   "messages have byte layouts",
		"text/template":                   "words are made in TypeScript",
		"log":                             "nothing is logged by the core",
		"golang.org/x/text/cases":         "0.5 MB of tables; names fold by unicode.SimpleFold",
		"github.com/tyler-smith/go-bip39": "the word list is generated, not imported",
		"crypto/tls":                      "DTLS is the browser's",
	}
	for _, dep := range goList(t, inBrowser, "-deps", "./wasm") {
		if why, bad := denied[dep]; bad {
			t.Errorf("the wasm binary contains %s: %s", dep, why)
		}
	}
}
