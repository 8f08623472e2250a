package main

import (
	"os"
	"path/filepath"
	"testing"
)

func TestCommittedListIsCurrent(t *testing.T) {
	if err := run("../list.go", true); err != nil {
		t.Error(err)
	}
}

func TestCheckFindsADifference(t *testing.T) {
	target := filepath.Join(t.TempDir(), "list.go")
	if err := run(target, false); err != nil {
		t.Fatal(err)
	}
	if err := run(target, true); err != nil {
		t.Errorf("check right after writing = %v, want nil", err)
	}
	if err := os.WriteFile(target, generate([]string{"another", "list"}), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := run(target, true); err == nil {
		t.Error("check of another list = nil, want an error")
	}
}
