package cli

import (
	"os"
	"path/filepath"
	"time"

	"beeline/backend/peer"
	"beeline/wasm/catalog"
)

// This file: `beeline receive` of what is there already, as when the same command is run
// once more.
//
// Decision, 2026-11-26: where every file of the list stands at its place, with its size
// and its date, nothing is asked for, and that is no failure: with keep-both all of it
// would come a second time, under other names. Who wants the bytes compared says skip,
// which reads what is there.

// dateWithin is how exact a disk keeps dates that keeps them worst (FAT).
const dateWithin = 2 * time.Second

// allThere reports whether every file of a list is in a folder: under its own name, as
// long as it is listed, and of that date. A list without files, or of a file without a
// date, is never.
func allThere(out string, o *peer.Offer) bool {
	root, err := os.OpenRoot(out)
	if err != nil {
		return false
	}
	defer root.Close()
	folders := map[uint32]string{0: "."}
	seen, files := 0, 0
	for list := o.Entries(1, listAtOnce); len(list) > 0; list = o.Entries(int(list[len(list)-1].Index)+1, listAtOnce) {
		seen += len(list)
		for _, e := range list {
			above, ok := folders[e.Parent]
			if !ok {
				return false
			}
			path := filepath.Join(above, e.Name)
			if e.Type != catalog.Gone && !filepath.IsLocal(path) {
				return false
			}
			switch e.Type {
			case catalog.Dir:
				folders[e.Index] = path
			case catalog.File:
				info, err := root.Lstat(path)
				if err != nil || !info.Mode().IsRegular() || uint64(info.Size()) != e.Size || e.ModMS == 0 || info.ModTime().Sub(time.UnixMilli(e.ModMS)).Abs() > dateWithin {
					return false
				}
				files++
			}
		}
	}
	return files > 0 && seen >= o.View.Entries
}
