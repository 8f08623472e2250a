package cli

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/urfave/cli/v3"

	"beeline/backend/keep"
	"beeline/backend/peer"
	"beeline/wasm/session"
	"beeline/wasm/wire"
)

// This file: a link that is the same again after a crash. wasm/PROTOCOL.md i.

// heldFor is how long a program that was just killed may still hold its link.
const heldFor = time.Second

// errDropped means that nothing is kept of a link that could not be kept before.
var errDropped = errors.New("the link is not kept any more")

// again is what is kept of the link of a sender.
type again struct {
	place      *keep.Link // nil: nothing is kept
	made, ends time.Time
	restored   bool // it was made by an earlier run
	other      bool // that one was for other files, and is dropped
	changed    int  // files that are new or changed since; -1: many
	damaged    bool // there was one, and it can't be read
	had        int  // recipients who had everything by then
	warned     sync.Once
	dropped    bool // by store: nothing is kept any more
}

// linkOf names what is sent by all that makes a link: of the same it is the same link.
// How long it lasts counts from the first time, or ends sooner, so that is not in it.
func linkOf(c *cli.Command, o *peer.SendOptions) ([32]byte, error) {
	h := sha256.New()
	add := func(s string) {
		h.Write(binary.BigEndian.AppendUint32(nil, uint32(len(s))))
		h.Write([]byte(s))
	}
	server := strings.TrimRight(o.Server, "/")
	if u, err := url.Parse(o.Server); err == nil {
		server = strings.ToLower(u.Scheme + "://" + u.Host)
	}
	for _, s := range []string{"bee1 native link", server, o.Title, c.String("note"), c.String("paths")} {
		add(s)
	}
	flags := []byte{0, 0}
	for i, name := range []string{"one-time", "approve"} {
		if c.Bool(name) {
			flags[i] = 1
		}
	}
	h.Write(binary.BigEndian.AppendUint32(flags, uint32(o.Until)))
	for _, p := range o.Paths {
		abs, err := filepath.Abs(p)
		if err != nil {
			return [32]byte{}, err
		}
		add(abs)
	}
	return [32]byte(h.Sum(nil)), nil
}

// recall finds the link of an earlier run of this command, or keeps the one that is made
// now.
func (s *sender) recall(ctx context.Context, c *cli.Command, o *peer.SendOptions) error {
	s.made = time.Now()
	s.ends = s.made.Add(o.Expires)
	dir := keysFolder(c.String("keys"))
	if dir == "" || peer.CheckPaths(o.Paths) != nil {
		return nil // nothing is kept of what can't be sent, as is said in a moment
	}
	of, err := linkOf(c, o)
	for until := time.Now().Add(heldFor); err == nil && s.place == nil; {
		s.place, err = keep.LinksAt(dir).Take(ctx, of, c.Bool("new"))
		if errors.Is(err, keep.ErrHeld) && time.Now().Before(until) && ctx.Err() == nil {
			time.Sleep(heldFor / 10)
			err = nil
		}
	}
	switch {
	case errors.Is(err, keep.ErrHeld):
		held := &endError{"this is being sent already, by another program here; --new makes another link", exitFailed}
		if s.json {
			s.lines.result(held, wire.None, exitFailed, nil)
		}
		return held
	case err != nil && ctx.Err() != nil:
		return stopped(ctx)
	case err != nil:
		s.place = nil
		s.notKept(err)
		return nil
	}
	s.damaged = s.place.Damaged
	if len(s.place.Kept) > 0 {
		_, err := session.RestoreSharer("", session.Config{Now: time.Now().UnixMilli()}, s.place.Kept)
		if s.restored = err == nil; s.restored {
			s.made, s.ends, s.had = s.place.Made, s.place.Ends, s.place.Done
			if sooner := time.Now().Add(o.Expires); c.IsSet("expires") && sooner.Before(s.ends) {
				s.ends = sooner // and stays so: only --new makes it later
				o.Chosen = append(o.Chosen, session.SetTerms{Expires: sooner.UnixMilli(), Limit: o.Until, Note: c.String("note")})
			}
			o.Kept = peer.Kept{State: s.place.Kept, Entries: s.place.Entries, List: s.place.List, Sample: s.place.Sample, Done: s.place.Done}
			o.OnFound = func(what peer.Found, changed int) {
				s.changed = changed
				if what == peer.FoundOther { // nothing was kept of it yet
					s.restored, s.other, s.had = false, true, 0
					s.made = time.Now()
					s.ends = s.made.Add(o.Expires)
				}
			}
		} else {
			s.damaged = true
		}
	}
	o.OnKeep = s.store
	return nil
}

// store keeps a link from now on, or drops what is kept of it, for good: from then on
// another program may send the same, by a link of its own.
func (s *sender) store(k peer.Kept) error {
	switch {
	case s.dropped && k.State == nil:
		return nil
	case s.dropped:
		return errDropped
	case k.State == nil:
		err := s.place.Erase()
		if err != nil {
			s.screen.line("What is kept of the link can't be removed: the same command would offer it again (%v)", err)
			return err
		}
		s.dropped = true
		s.close()
		return nil
	}
	err := s.place.Put(keep.LinkState{Made: s.made, Ends: s.ends, Kept: k.State, Entries: k.Entries, List: k.List, Sample: k.Sample, Done: k.Done})
	if err != nil {
		s.notKept(err)
	}
	return err
}

// notKept says once that a crash would cost the link.
func (s *sender) notKept(err error) {
	s.warned.Do(func() {
		if !s.json {
			s.screen.line("The link can't be kept: after a crash it would be another one (%v)", err)
		}
	})
}

// orMany is a number of files for programs: null where they are too many to tell.
func orMany(n int) any {
	if n < 0 {
		return nil
	}
	return n
}

// close leaves what is kept of a link that did not end, for the next run.
func (a *again) close() {
	if a.place != nil {
		_ = a.place.Close()
	}
}
