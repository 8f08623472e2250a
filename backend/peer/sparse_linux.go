package peer

import (
	"os"
	"syscall"
)

const (
	// sparseLeast is how much less a file takes than it is long, in bytes, before it is
	// looked into: a disk that compresses, or is late with counting, is no hole.
	sparseLeast = 1 << 20
	seekHole    = 4 // lseek(2), SEEK_HOLE
)

// maybeSparse reports whether a file takes clearly less room than it is long.
func maybeSparse(info os.FileInfo) bool {
	s, ok := info.Sys().(*syscall.Stat_t)
	return ok && s.Size >= sparseLeast && s.Blocks*512 <= s.Size-sparseLeast
}

// hasHole reports whether a file has a hole before its end.
func hasHole(f *os.File, size int64) bool {
	at, err := f.Seek(0, seekHole)
	return err == nil && at < size
}
