//go:build unix

package peer

import (
	"errors"
	"syscall"
)

// nonblock keeps the opening of a pipe from waiting for somebody to write to it.
const nonblock = syscall.O_NONBLOCK

// isFull reports a destination without room: the disk's, or the person's quota.
func isFull(err error) bool {
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT)
}

// isName reports a name that the disk can't hold.
func isName(err error) bool {
	return errors.Is(err, syscall.EINVAL) || errors.Is(err, syscall.EILSEQ) || errors.Is(err, syscall.ENAMETOOLONG)
}
