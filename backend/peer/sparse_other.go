//go:build !linux

package peer

import "os"

// maybeSparse is not known here.
func maybeSparse(os.FileInfo) bool { return false }

func hasHole(*os.File, int64) bool { return false }
