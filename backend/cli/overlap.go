package cli

import (
	"errors"
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

// errOverlap is apart for a node that runs: what was apart may be so no more, where a link
// or another disk has taken the place of a folder. It names none: it may end in a log.
var errOverlap = errors.New("an inbox of this node lies in what it shares, or the other way round: take two folders of which none is in the other (`beeline node list`)")

// overlaps reports whether a share and an inbox of the node are in one another now. It
// looks at the disk. Neither is served then: what one contact sent would go to others.
func (n *node) overlaps(shares []keep.Standing, inboxes []keep.Inbox) error {
	n.mu.Lock()
	book := n.book
	if shares == nil {
		for _, s := range n.shares {
			shares = append(shares, s.kept)
		}
	}
	n.mu.Unlock()
	if inboxes == nil {
		n.inboxes.mu.Lock()
		for _, i := range n.inboxes.of {
			inboxes = append(inboxes, i.kept)
		}
		n.inboxes.mu.Unlock()
	}
	if book != nil && apart(book, shares, inboxes) != nil {
		return errOverlap
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
