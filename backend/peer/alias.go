package peer

import (
	"path/filepath"
	"regexp"
	"strings"
)

// Windows gives files second, short names ("IMPORT~1.MOV" for "Important.mov") and
// finds them by these. So a name of that form that leads to something may lead to a
// file that is called otherwise: it is neither replaced nor taken for the same, and
// a folder is not used.
var short = regexp.MustCompile(`^[^.]*~[0-9]+(\.[^.]{1,3})?$`)

// maybeAlias reports whether a name has the form of a short one.
func maybeAlias(name string) bool {
	stem, _, _ := strings.Cut(name, ".")
	return len(stem) <= 8 && short.MatchString(name)
}

// aliased reports whether what is there at path is not called so. A folder that
// can't be listed counts as if: nothing of it is replaced.
func (d *dest) aliased(path string) bool {
	name := filepath.Base(path)
	if !maybeAlias(name) {
		return false
	}
	names, err := d.list(d.root, filepath.Dir(path))
	if err != nil {
		return true
	}
	for _, n := range names {
		if strings.EqualFold(n, name) {
			return false
		}
	}
	return true
}
