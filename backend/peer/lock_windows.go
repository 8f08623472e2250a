package peer

import (
	"errors"
	"os"

	"golang.org/x/sys/windows"
)

// lock takes a file for this program alone, for as long as it is open. The byte
// that is locked is far behind what is written.
func lock(f *os.File) error {
	at := &windows.Overlapped{OffsetHigh: 1 << 30}
	err := windows.LockFileEx(windows.Handle(f.Fd()), windows.LOCKFILE_EXCLUSIVE_LOCK|windows.LOCKFILE_FAIL_IMMEDIATELY, 0, 1, 0, at)
	if errors.Is(err, windows.ERROR_LOCK_VIOLATION) {
		return errTaken
	}
	return nil
}

// links is how many names a file has, which Windows does not say with its size.
func links(os.FileInfo) uint64 { return 1 }

// owner: nor whose it is.
func owner(os.FileInfo) uint64 { return 0 }
