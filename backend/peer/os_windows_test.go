package peer

import "os"

// makePipe makes a link: what else is no file here.
func makePipe(path string) error { return os.Symlink("nowhere", path) }
