package peer

import (
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// flushAll returns what flushes the whole file system that a folder lies on, syncfs(2),
// and what lets go of it. It tells of what was lost since it was called last, or made, so
// it must be made before anything is written. all is nil where that can't be relied on:
// before Linux 5.8 the system told of nothing, and what goes over a network or through a
// program need not reach the disk by it.
func flushAll(root *os.Root, path string) (all func() error, release func()) {
	none := func() {}
	if !tellsOfLoss() {
		return nil, none
	}
	dir, err := root.Open(path)
	if err != nil {
		return nil, none
	}
	var fs unix.Statfs_t
	if unix.Fstatfs(int(dir.Fd()), &fs) == nil {
		switch fs.Type {
		case unix.EXT4_SUPER_MAGIC, unix.XFS_SUPER_MAGIC, unix.BTRFS_SUPER_MAGIC:
			return func() error {
				if err := unix.Syncfs(int(dir.Fd())); err != nil {
					return err
				}
				return dir.Sync() // ext2, which looks like ext4, leaves out the disk's own cache above
			}, func() { dir.Close() }
		}
	}
	dir.Close()
	return nil, none
}

// tellsOfLoss reports Linux 5.8 or newer.
func tellsOfLoss() bool {
	var u unix.Utsname
	if unix.Uname(&u) != nil {
		return false
	}
	major, rest, _ := strings.Cut(unix.ByteSliceToString(u.Release[:]), ".")
	minor, _, _ := strings.Cut(rest, ".")
	a, err1 := strconv.Atoi(major)
	b, err2 := strconv.Atoi(minor)
	return err1 == nil && err2 == nil && (a > 5 || a == 5 && b >= 8)
}
