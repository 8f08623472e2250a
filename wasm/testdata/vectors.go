// Package testdata holds the known answers of the protocol, and reads them. One
// file is one scenario, named for it, and says what must come out of it. The Go
// tests run every file natively and in WebAssembly; vectors.test.mjs runs them
// with code that shares nothing with ours. No vector changes after a release.
//
// A file is lines of "name: value". A line that begins with a space continues the
// value above it. Every file has:
//
//	comment: what happens here and why it matters
//	spec: the section of wasm/PROTOCOL.md
//	expect: ok, or the failure code, for example E_FORMAT
//
// Bytes are in hex, in which spaces don't count. Only tests import this package.
package testdata

import (
	"embed"
	"encoding/hex"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

//go:embed *.txt blake3.json cpace-draft21.json
var files embed.FS

// A Vector is one scenario.
type Vector struct {
	Name   string // of the file, without ".txt"
	fields map[string]string
}

// Run runs test once for each vector whose name begins with prefix. Where there is
// none it fails: a folder that moved must not look like a pass.
func Run(t *testing.T, prefix string, test func(t *testing.T, v Vector)) {
	t.Helper()
	names, err := fs.Glob(files, prefix+"*.txt")
	if err != nil || len(names) == 0 {
		t.Fatalf("no vectors named %s*.txt (%v)", prefix, err)
	}
	for _, name := range names {
		v := parse(t, name)
		t.Run(v.Name, func(t *testing.T) {
			t.Cleanup(func() {
				if t.Failed() {
					t.Logf("wasm/testdata/%s: %s (PROTOCOL.md %s)", name, v.fields["comment"], v.fields["spec"])
				}
			})
			test(t, v)
		})
	}
}

// Load returns one vector, for a test that needs its bytes for something else.
func Load(t testing.TB, name string) Vector {
	t.Helper()
	return parse(t, name+".txt")
}

// BLAKE3 returns the official test vectors of BLAKE3 as they were published.
func BLAKE3(t testing.TB) []byte {
	b, err := files.ReadFile("blake3.json")
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// CPace returns the test vectors of draft-irtf-cfrg-cpace-21 as they were published.
func CPace(t testing.TB) []byte {
	b, err := files.ReadFile("cpace-draft21.json")
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func parse(t testing.TB, name string) Vector {
	b, err := files.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	v := Vector{strings.TrimSuffix(name, ".txt"), map[string]string{}}
	var key string
	for _, line := range strings.Split(strings.TrimRight(string(b), "\n"), "\n") {
		if more, ok := strings.CutPrefix(line, " "); ok && key != "" {
			v.fields[key] += " " + strings.TrimSpace(more)
			continue
		}
		k, value, ok := strings.Cut(line, ":")
		if _, twice := v.fields[k]; !ok || twice {
			t.Fatalf("%s: bad line %q", name, line)
		}
		key = k
		v.fields[k] = strings.TrimSpace(value)
	}
	for _, k := range []string{"comment", "spec", "expect"} {
		if v.fields[k] == "" {
			t.Fatalf("%s: no %q", name, k)
		}
	}
	return v
}

// Has reports whether the vector has a field.
func (v Vector) Has(key string) bool {
	_, ok := v.fields[key]
	return ok
}

// Text returns a field as it stands. A field that is not there fails the test.
func (v Vector) Text(t testing.TB, key string) string {
	t.Helper()
	s, ok := v.fields[key]
	if !ok {
		t.Fatalf("vector has no field %q", key)
	}
	return s
}

// Bytes returns a field in hex.
func (v Vector) Bytes(t testing.TB, key string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(v.Text(t, key), " ", ""))
	if err != nil {
		t.Fatalf("field %q: %v", key, err)
	}
	return b
}

// Key returns a field of 32 bytes in hex.
func (v Vector) Key(t testing.TB, key string) [32]byte {
	t.Helper()
	b := v.Bytes(t, key)
	if len(b) != 32 {
		t.Fatalf("field %q has %d bytes, want 32", key, len(b))
	}
	return [32]byte(b)
}

// Int returns a decimal field.
func (v Vector) Int(t testing.TB, key string) int64 {
	t.Helper()
	n, err := strconv.ParseInt(v.Text(t, key), 10, 64)
	if err != nil {
		t.Fatalf("field %q: %v", key, err)
	}
	return n
}

// Expect returns "" where the vector expects ok, else the name of the code.
func (v Vector) Expect() string {
	if e := v.fields["expect"]; e != "ok" {
		return e
	}
	return ""
}

var fuzzTarget = regexp.MustCompile(`(?m)^func (Fuzz\w+)\(`)

// Corpora fails unless each fuzz target in the package under test has a committed
// corpus: a target whose seeds were lost would still pass.
func Corpora(t *testing.T) {
	t.Helper()
	tests, err := filepath.Glob("*_test.go")
	if err != nil || len(tests) == 0 {
		t.Fatalf("no test files here (%v)", err)
	}
	targets := 0
	for _, file := range tests {
		src, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range fuzzTarget.FindAllSubmatch(src, -1) {
			targets++
			seeds, _ := filepath.Glob(filepath.Join("testdata", "fuzz", string(m[1]), "*"))
			if len(seeds) == 0 {
				t.Errorf("%s in %s has no corpus in testdata/fuzz", m[1], file)
			}
		}
	}
	if targets == 0 {
		t.Error("no fuzz target here")
	}
}
