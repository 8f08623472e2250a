package cli

import (
	"os"
	"path/filepath"
	"time"

	"beeline/backend/keep"
	"beeline/wasm/people"
)

// This file: what a node receives by itself it never shares by itself. A file of one
// contact would go to another under this person's name, and two nodes that do it feed
// each other for ever.

// apart reports why a node can't have both what it shares and what it receives into.
func apart(b *people.Book, shares []keep.Standing, inboxes []keep.Inbox) error {
	for _, i := range inboxes {
		name := nameOf(b, i.Contact)
		if name == "" {
			continue // nothing comes of a contact who is none
		}
		for _, s := range shares {
			for _, path := range s.Paths {
				if s.Node && s.Ends.After(time.Now()) && (inside(path, i.Out) || inside(i.Out, path)) {
					return usagef("what %q shares is received into %s, and the node shares %s: it would share with others what arrives there; take two folders of which none is in the other (`beeline node list`)", name, visible(i.Out), visible(path))
				}
			}
		}
	}
	return nil
}

// inside reports whether a path is a folder or in it, whatever the two are called: a link
// may lead there, and a disk tell no case apart.
func inside(path, folder string) bool {
	path, folder = resolved(path), resolved(folder)
	there, err := os.Stat(folder)
	for {
		if path == folder {
			return true
		}
		if info, no := os.Stat(path); err == nil && no == nil && os.SameFile(info, there) {
			return true
		}
		above := filepath.Dir(path)
		if above == path {
			return false
		}
		path = above
	}
}

// resolved is a path without links, as far as it is there.
func resolved(path string) string {
	if real, err := filepath.EvalSymlinks(path); err == nil {
		return real
	}
	above := filepath.Dir(path)
	if above == path {
		return path
	}
	return filepath.Join(resolved(above), filepath.Base(path))
}
