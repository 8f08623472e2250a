package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const sample = `package wire

// A Code says why.
type Code uint8

// Failure codes.
const (
	None Code = iota
	LinkDamaged // E_LINK: length or alphabet
	Format      // E_FORMAT: dishonest
)

type codeInfo struct { name string; number uint16 }

var codes = [...]codeInfo{
	None:        {"", 0},
	LinkDamaged: {"E_LINK", 0},
	Format:      {"E_FORMAT", 1},
}

// Sizes in bytes.
const (
	//gen:ts
	Small = 0x10 // of a thing
	Inner = 3    // of Go alone
)

// Times.
const (
	Never = 7
)

// Limits.
//
//gen:ts
const (
	Huge  = 1 << 60
	Large = 1 << 40
)
`

func TestGenerateWritesCodesAndNumbers(t *testing.T) {
	out, err := generate([]byte(sample))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`  | "E_LINK" // length or alphabet`,
		`  | "E_FORMAT"; // dishonest`,
		"  null,\n  \"E_LINK\",\n  \"E_FORMAT\",\n];",
		"\n// Sizes in bytes.\nexport const Small = 16; // of a thing\n",
		"\n// Limits.\nexport const Huge = 1152921504606846976n;\nexport const Large = 1099511627776;\n",
	} {
		if !strings.Contains(string(out), want) {
			t.Errorf("generated text lacks %q, got:\n%s", want, out)
		}
	}
	for _, no := range []string{"LinkDamaged", "Inner", "Never", "Times", "gen:ts"} {
		if strings.Contains(string(out), no) {
			t.Errorf("generated text has %q, which is Go's alone:\n%s", no, out)
		}
	}
}

func TestGenerateRefusesCodeWithoutRow(t *testing.T) {
	src := strings.Replace(sample, "\tFormat:      {\"E_FORMAT\", 1},\n", "", 1)
	if _, err := generate([]byte(src)); err == nil || !strings.Contains(err.Error(), "Format") {
		t.Errorf("generate without a row for Format = %v, want an error that names it", err)
	}
}

func TestCommittedWireIsCurrent(t *testing.T) {
	if err := run("../wire.go", "../../../web/wire/wire.ts", true); err != nil {
		t.Error(err)
	}
}

func TestCheckFindsADifference(t *testing.T) {
	dir := t.TempDir()
	source, target := filepath.Join(dir, "wire.go"), filepath.Join(dir, "wire.ts")
	if err := os.WriteFile(source, []byte(sample), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := run(source, target, false); err != nil {
		t.Fatal(err)
	}
	if err := run(source, target, true); err != nil {
		t.Errorf("check right after writing = %v, want nil", err)
	}
	if err := os.WriteFile(target, []byte("// edited"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := run(source, target, true); err == nil {
		t.Error("check of an edited file = nil, want an error")
	}
}
