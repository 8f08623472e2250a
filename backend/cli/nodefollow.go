package cli

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"beeline/backend/keep"
	"beeline/backend/peer"
	"beeline/wasm/identity"
	"beeline/wasm/session"
	"beeline/wasm/wire"
)

// This file: a node does what is kept of it, also after another program changed that.
//
// Decision, 2026-11-26: contacts are followed by themselves, before shares and inboxes are
// read. Where those can't be, what is known of them goes on for who is still a contact.

// follow reads what has changed, and does it.
func (n *node) follow(ctx context.Context) error {
	s := n.owner.store
	now := stamps{s.Stamp(), s.SharesStamp(), s.InboxesStamp()}
	if now == n.seen && time.Since(n.readAt) < readEvery && !n.rested() {
		return nil
	}
	book := n.book
	if now.people != n.seen.people {
		kept, done, err := n.owner.tryOpen(ctx)
		switch {
		case errors.Is(err, keep.ErrBusy) || err != nil && ctx.Err() != nil:
			return nil
		case err != nil:
			book = nil // nothing is shared with anybody that may not be a contact any more
			n.closed(false, "Your contacts can't be read any more: nothing is shared or received until they can.")
		case kept.Old:
			done()
			book = nil // somebody who was removed may be in it
			n.closed(true, "Your contacts are an older state than this computer has seen: nothing is shared or received until you have looked through them and said `beeline contacts confirm`.")
		default:
			done()
			if book = kept.Book; book.Identity.ID() != n.own.ID() {
				return &endError{"the identity on this computer is another one now: start the node again", exitFailed}
			}
		}
	}
	// Who is no contact any more is served no longer, also where the rest can't be read.
	n.inboxes.contacts(book)
	n.mu.Lock()
	n.book = book
	changes := n.regroup()
	n.mu.Unlock()
	for _, c := range changes {
		n.change(ctx, c)
	}
	n.seen.people, n.readAt = now.people, time.Time{} // the rest is still to be read
	if book == nil {
		n.seen, n.readAt = now, time.Now()
		return nil
	}
	l, err := s.Lock(ctx)
	if err != nil {
		return nil // another program writes: the next time
	}
	standing, _, err := l.Standing(book)
	var inboxes []keep.Inbox
	if err == nil {
		inboxes, _, err = l.Inboxes(book)
	}
	l.Close()
	if err != nil {
		n.say("unread", object{"why": sentence(err)}, "What is to be shared can't be read: "+sentence(err))
		return nil
	}
	n.mu.Lock()
	changes = n.differences(standing)
	n.mu.Unlock()
	n.inboxes.set(book, inboxes) // before shares are made, which must not be in one of them
	for _, c := range changes {
		n.change(ctx, c)
	}
	n.seen, n.readAt = now, time.Now()
	return nil
}

// closed says that the contacts can't be followed, once: they are looked at again.
func (n *node) closed(old bool, text string) {
	if n.book != nil || n.seen.people == "" {
		n.say("closed", object{"old": old}, text)
	}
}

// rested reports whether a share that failed is to be tried again.
func (n *node) rested() bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, s := range n.shares {
		if s.state == "failed" && time.Since(s.failed) > failedFor {
			return true
		}
	}
	return false
}

func (n *node) change(ctx context.Context, c peer.Change) {
	select {
	case n.changes <- c:
	case <-ctx.Done():
	}
}

// differences returns what the host has to be told for it to share this. Called with mu
// held, and with contacts.
func (n *node) differences(standing []keep.Standing) (changes []peer.Change) {
	wanted := make(map[string]bool)
	slices.SortFunc(standing, func(a, b keep.Standing) int { return strings.Compare(a.ID, b.ID) })
	for _, kept := range standing {
		if !kept.Node {
			continue
		}
		wanted[kept.ID] = true
		cards, with := n.members(&kept)
		s := n.shares[kept.ID]
		switch {
		case s != nil && s.state == "failed" && time.Since(s.failed) > failedFor:
			delete(n.by, s.number)
			departed(s.phases, nil, n.hooks, n.lines)
			fallthrough
		case s == nil:
			n.last++
			s = &nodeShare{kept: kept, number: n.last, with: with, state: "listing", phases: make(map[uint32]session.Phase)}
			n.shares[kept.ID], n.by[n.last] = s, s
			one := &peer.Shared{
				Paths: kept.Paths, Title: kept.Title, With: cards, Lanes: n.lanes, Allowed: kept.Allowed,
				Kept: kept.Kept, List: kept.List, Expires: max(time.Millisecond, time.Until(kept.Ends)),
			}
			if len(one.Kept) == 0 {
				one.Kept = nil
			}
			changes = append(changes, peer.Change{Share: n.last, New: one})
		default:
			s.kept.With = kept.With
		}
	}
	for id, s := range n.shares {
		if !wanted[id] {
			changes = append(changes, peer.Change{Share: s.number, Drop: true})
			n.gone(s, wire.Revoked)
		}
	}
	return append(changes, n.regroup()...)
}

// regroup returns what the host has to be told for the shares it has to be for those who
// are contacts, and no others. Called with mu held.
func (n *node) regroup() (changes []peer.Change) {
	for _, s := range n.shares {
		cards, with := n.members(&s.kept)
		if slices.Equal(with, s.with) {
			continue
		}
		s.with = with
		changes = append(changes, peer.Change{Share: s.number, Cards: cards})
		if n.book == nil {
			continue // that was said
		}
		if names := n.names(with); n.json {
			n.lines.say("with", object{"id": s.kept.ID, "with": names})
		} else {
			n.screen.line("%s: your contacts have changed; shared with %s now.", n.called(s), plural(len(names), "contact"))
		}
	}
	return changes
}

// members returns for whom a share is, of those who are contacts. Called with mu held.
func (n *node) members(kept *keep.Standing) (cards []*identity.Card, with []identity.ID) {
	if n.book == nil {
		return nil, nil
	}
	for _, id := range kept.With {
		if at := n.book.Find(id); at != nil && !at.Changed {
			cards, with = append(cards, at.Card), append(with, id)
		}
	}
	return cards, with
}

// names returns how contacts are called. Called with mu held.
func (n *node) names(with []identity.ID) []string {
	names := []string{}
	for _, id := range with {
		if n.book != nil && n.book.Find(id) != nil {
			names = append(names, nameOf(n.book, id))
		}
	}
	return names
}
