package peer

import (
	"crypto/rand"
	"encoding/hex"
	"os"
	"path/filepath"
	"runtime"

	"beeline/wasm/catalog"
)

// target is whose names the files of this machine have.
var target = func() catalog.Target {
	switch runtime.GOOS {
	case "windows":
		return catalog.Windows
	case "darwin", "ios":
		return catalog.Darwin
	}
	return catalog.Posix
}()

// targetOf says which names a destination holds: those of this system, unless it
// is a disk that thinks like Windows (exFAT, most shuttle drives). Then names
// are escaped beforehand and shown so, not refused in the middle.
func targetOf(dir string) catalog.Target {
	if target == catalog.Windows {
		return target
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return target // not there yet
	}
	defer root.Close()
	var mark [8]byte
	rand.Read(mark[:]) // never fails
	name := ".beeline-" + hex.EncodeToString(mark[:])
	plain, odd := try(root, name), try(root, name+`:?"`)
	if plain && !odd {
		return catalog.Windows
	}
	return target
}

// try reports whether a file of that name can be made.
func try(root *os.Root, name string) bool {
	f, err := root.OpenFile(filepath.Clean(name), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return false
	}
	f.Close()
	return root.Remove(name) == nil
}
