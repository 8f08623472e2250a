//go:build linux || darwin || freebsd

package peer

import "syscall"

// freeSpace returns the bytes this person may still write to the disk of dir;
// not ok where the file system does not say.
func freeSpace(dir string) (uint64, bool) {
	var s syscall.Statfs_t
	if syscall.Statfs(dir, &s) != nil || s.Blocks == 0 {
		return 0, false
	}
	return uint64(s.Bavail) * uint64(s.Bsize), true
}
