package peer

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

// A key that a program was writing when it died goes with the next; one that may
// still be written stays.
func TestKeysOfTheDeadGo(t *testing.T) {
	dir := t.TempDir()
	old, now := filepath.Join(dir, ".key-1"), filepath.Join(dir, ".key-2")
	for _, path := range []string{old, now} {
		check(t, os.WriteFile(path, []byte("key"), 0o600))
	}
	long := time.Now().Add(-2 * time.Hour)
	check(t, os.Chtimes(old, long, long))
	k := newKeyFile(dir, "link")
	check(t, k.write(1, []byte("mine")))
	left := read(t, dir)
	if _, there := left[".key-1"]; there || len(left) != 2 || string(left[filepath.Base(k.path)].data) != "mine" {
		t.Errorf("there are %v, want the new key and what is under way", left)
	}
}
