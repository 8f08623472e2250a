//go:build !linux

package peer

import "os"

// flushAll is nil: no other system flushes everything and tells of what was lost.
func flushAll(*os.Root, string) (all func() error, release func()) { return nil, func() {} }
