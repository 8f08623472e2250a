package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Who shares a file with holes is told once that it is sent in full.
func TestSendSaysThatThereAreHoles(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "day")
	write(t, filepath.Join(dir, "whole"), random(3<<20))
	write(t, filepath.Join(dir, "sparse"), []byte("head"))
	write(t, filepath.Join(dir, "thin"), []byte("head"))
	for name, size := range map[string]int64{"sparse": 100_000_000, "thin": 50_000_000} {
		if err := os.Truncate(filepath.Join(dir, name), size); err != nil {
			t.Fatal(err)
		}
	}
	server := startServe(t, "--listen", "127.0.0.1:0", "--relay", "off").url
	s := start(t, "send", "--json", "--server", server, dir)
	if o := s.event(t, "holes"); o["files"] != 2. || o["bytes"] != 150e6 {
		t.Errorf("send says %v", o)
	}
	s = start(t, "send", "--server", server, filepath.Join(dir, "sparse"), filepath.Join(dir, "thin"))
	eventually(t, "it is said to people", func() bool {
		return strings.Contains(s.stderr.String(), "2 files have holes; they are sent in full (150 MB).")
	})
	shortRuntime(t)
	ada, _ := twoContacts(t)
	ada.node("add", dir, "--to", "Bela")
	a := ada.runs(server)
	o := a.event(t, "holes")
	if o["files"] != 2. || a.event(t, "shared")["id"] != o["id"] {
		t.Errorf("the node says %v", o)
	}
}
