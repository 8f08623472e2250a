//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

package peer

import (
	"errors"
	"os"
	"syscall"
)

// lock takes a file for this program alone, for as long as it is open. Where a
// file system has no locks, two programs may have it.
func lock(f *os.File) error {
	if errors.Is(syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB), syscall.EWOULDBLOCK) {
		return errTaken
	}
	return nil
}

// links is how many names a file has.
func links(info os.FileInfo) uint64 {
	if s, ok := info.Sys().(*syscall.Stat_t); ok {
		return uint64(s.Nlink)
	}
	return 1
}

// owner is the number of the user that a file belongs to.
func owner(info os.FileInfo) uint64 {
	if s, ok := info.Sys().(*syscall.Stat_t); ok {
		return uint64(s.Uid)
	}
	return 0
}
