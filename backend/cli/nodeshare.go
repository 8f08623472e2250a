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

// This file: the shares of a node, as the host under it tells of them.

// nodeShare is a share of a node as it is now.
type nodeShare struct {
	kept   keep.Standing
	number int
	with   []identity.ID // those it is for who are contacts
	state  string        // listing, shared, away or failed
	why    string
	failed time.Time
	view   session.ShareView
	phases map[uint32]session.Phase

	holes             peer.Holes // what was said of them
	skipped, skipping int        // entries that are not shared; of a list that is being made
}

// called is how a share is called where people read: on a terminal by its title, in what
// may be a log by its number.
func (n *node) called(s *nodeShare) string {
	if n.screen.width == 0 {
		return s.kept.ID[:8]
	}
	return visible(titleOf(&s.kept))
}

// gone forgets a share. Called with mu held.
func (n *node) gone(s *nodeShare, why wire.Code) {
	delete(n.shares, s.kept.ID)
	delete(n.by, s.number)
	departed(s.phases, nil, n.hooks, n.lines)
	n.say("ended", object{"id": s.kept.ID, "title": titleOf(&s.kept), "why": why.Error()}, n.called(s)+": not shared any more.")
}

// hostOptions are those of the host, which calls back from its own goroutine.
func (n *node) hostOptions(ctx context.Context) peer.HostOptions {
	// of does something with the share of a number, unless it is gone.
	of := func(i int, do func(s *nodeShare)) {
		n.mu.Lock()
		defer n.mu.Unlock()
		if s := n.by[i]; s != nil {
			do(s)
		}
	}
	return peer.HostOptions{
		Server: n.server, HTTP: n.http, Own: n.own, Stay: true, Changes: n.changes, Rescan: n.rescan,
		OnLack: func(lack wire.Code) {
			n.mu.Lock()
			defer n.mu.Unlock()
			n.lack = lack
			text := "The server is reached."
			if lack != wire.None {
				text = because(lack) + "; trying again."
			}
			n.say("server", object{"why": why(lack)}, strings.ToUpper(text[:1])+text[1:])
		},
		OnAway: func(i int, why error) {
			of(i, func(s *nodeShare) {
				s.state, s.why, s.view = "away", reason(why), session.ShareView{}
				departed(s.phases, nil, n.hooks, n.lines)
				n.say("away", object{"id": s.kept.ID, "title": titleOf(&s.kept), "why": s.why}, n.called(s)+": not shared now: "+s.why+".")
			})
		},
		OnSkip: func(i int, found peer.Skipped) {
			of(i, func(s *nodeShare) {
				s.skipping++
				if n.json {
					n.lines.say("skipped", object{"id": s.kept.ID, "path": found.Path, "why": string(found.Why)})
				} else if n.screen.width > 0 {
					n.screen.line("Not shared: %s (%s)", visible(found.Path), found.Why)
				}
			})
		},
		OnHoles: func(i int, found peer.Holes) {
			of(i, func(s *nodeShare) {
				if s.holes != found {
					s.holes = found
					n.say("holes", object{"id": s.kept.ID, "files": found.Files, "bytes": found.Bytes}, n.called(s)+": "+holesText(found))
				}
			})
		},
		OnFail: func(i int, err error) {
			of(i, func(s *nodeShare) {
				switch {
				case errors.Is(err, keep.ErrNone):
					n.gone(s, wire.Revoked)
				case wire.CodeOf(err) == wire.Expired:
					n.expired(ctx, s)
				default:
					s.state, s.why, s.failed = "failed", reason(err), time.Now()
					n.say("failed", object{"id": s.kept.ID, "title": titleOf(&s.kept), "why": s.why}, n.called(s)+": can't be shared now: "+s.why+".")
				}
			})
		},
		OnKeep: func(i int, known []byte, list [32]byte) error { return n.keepShare(ctx, i, known, list) },
		OnView: func(i int, v session.ShareView) {
			of(i, func(s *nodeShare) { n.view(ctx, s, v) })
		},
	}
}

// keepShare keeps what a share is known by, where that is not kept already.
func (n *node) keepShare(ctx context.Context, i int, known []byte, list [32]byte) error {
	n.mu.Lock()
	s, book := n.by[i], n.book
	if s == nil || book == nil {
		n.mu.Unlock()
		return keep.ErrNone
	}
	id, same := s.kept.ID, slices.Equal(s.kept.Kept, known) && s.kept.List == list
	one := s.kept
	n.mu.Unlock()
	if err := n.overlaps([]keep.Standing{one}, nil); err != nil {
		return err
	}
	if same {
		return nil
	}
	n.keeping.Lock()
	defer n.keeping.Unlock()
	if err := keepShare(ctx, n.owner.store, book, id, known, list); err != nil {
		return err
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	s.kept.Kept, s.kept.List = known, list
	return nil
}

// view takes what there is to show of a share. Called with mu held.
func (n *node) view(ctx context.Context, s *nodeShare, v session.ShareView) {
	switch {
	case v.Phase == session.Cancelled || v.Phase == session.Failed:
		if v.Why == wire.Expired {
			n.expired(ctx, s)
		} else {
			n.gone(s, wire.Revoked)
		}
		return
	case s.state != "shared" || s.view.Files != v.Files || s.view.Bytes != v.Bytes:
		s.state, s.why, s.skipped, s.skipping = "shared", "", s.skipping, 0
		names := n.names(s.with)
		n.say("shared", object{"id": s.kept.ID, "title": titleOf(&s.kept), "with": names, "files": v.Files, "bytes": v.Bytes},
			n.called(s)+": shared with "+plural(len(names), "contact")+": "+plural(v.Files, "file")+", "+size(v.Bytes)+".")
	}
	s.view = v
	for _, r := range v.Recipients {
		name := ""
		if n.book != nil {
			name = nameOf(n.book, r.Contact)
		}
		before, known := s.phases[r.ID]
		s.phases[r.ID] = r.Phase
		n.hooks.recipientOf(pathOf(&s.kept), titleOf(&s.kept), name, r)
		if n.json {
			if n.lines.due(r.ID, r.Phase, r.Route, r.Why) {
				n.lines.say("progress", recipientObject(r, object{"id": s.kept.ID, "contact": name}))
			}
			continue
		}
		if known && before == r.Phase {
			continue
		}
		if n.screen.width == 0 {
			name = "a contact"
		}
		n.screen.line("%s: %s: %s", n.called(s), visible(rowName(name, r)), r.Phase.String())
	}
	departed(s.phases, v.Recipients, n.hooks, n.lines)
}

// pathOf is what a share is of, if that is one.
func pathOf(s *keep.Standing) string {
	if len(s.Paths) == 1 {
		return s.Paths[0]
	}
	return ""
}

// expired forgets a share whose time is over. Called with mu held.
func (n *node) expired(ctx context.Context, s *nodeShare) {
	id := s.kept.ID
	n.gone(s, wire.Expired)
	go func() {
		n.keeping.Lock()
		defer n.keeping.Unlock()
		if l, err := n.owner.store.Lock(ctx); err == nil {
			_ = l.DropStanding(id) // else it is found to be over the next time, too
			l.Close()
		}
	}()
}
