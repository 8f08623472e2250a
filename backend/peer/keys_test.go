package peer

import (
	"bytes"
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

// A computer is the same device when it comes back to a folder, and another to another
// folder; what is kept of it is damaged once, and made anew.
func TestDeviceIsOfComputerAndFolder(t *testing.T) {
	keys, out := t.TempDir(), t.TempDir()
	of := func(keys, out string) []byte {
		device, release := deviceOf(keys, out, [16]byte{1})
		release()
		return device
	}
	first := of(keys, out)
	if len(first) == 0 || !bytes.Equal(of(keys, out+"/x/.."), first) {
		t.Error("it is another when it comes back")
	}
	if bytes.Equal(of(keys, t.TempDir()), first) || bytes.Equal(of(t.TempDir(), out), first) {
		t.Error("another folder, or computer, is the same device")
	}
	_, release := deviceOf(keys, out, [16]byte{1})
	if of(keys, out) != nil {
		t.Error("two programs at one share and folder are one device")
	}
	if other, done := deviceOf(keys, out, [16]byte{2}); !bytes.Equal(other, first) {
		t.Error("at another share it is not the device that it is")
	} else {
		done()
	}
	release()
	path := newKeyFile(keys, "device").path
	if info, err := os.Stat(path); err != nil || info.Mode().Perm()&0o077 != 0 {
		t.Errorf("who may read it: %v, %v", info.Mode(), err)
	}
	check(t, os.Truncate(path, 3))
	if next := of(keys, out); len(next) == 0 || !bytes.Equal(of(keys, out), next) {
		t.Error("what is damaged is not made anew")
	}
	if of("", out) != nil || of(filepath.Join(path, "no folder"), out) != nil {
		t.Error("a device that is kept nowhere")
	}
	if left := read(t, keys); len(left) != 1 {
		t.Errorf("there are %d files, want the secret alone", len(left))
	}
}
