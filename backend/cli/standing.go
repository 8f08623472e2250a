package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/urfave/cli/v3"

	"beeline/backend/keep"
	"beeline/backend/peer"
	"beeline/wasm/catalog"
	"beeline/wasm/identity"
	"beeline/wasm/people"
)

// This file: shares that are kept, so that a later run is the same share.

// keep finds what was kept of this share, or keeps it from now on: the same paths, for
// the same contacts, under the same title.
func (s *sharing) keep(k *keep.Kept, one *peer.Shared) error {
	want, err := standingOf(one, s.with)
	if err != nil {
		return err
	}
	all, _, err := k.Standing()
	if err != nil {
		return kept(err)
	}
	for _, had := range all {
		switch {
		case !sameShare(&had, &want):
		case !had.Ends.After(time.Now()):
			if err := k.DropStanding(had.ID); err != nil {
				return kept(err)
			}
		case had.Node:
			return usagef("`beeline node` shares this already: `beeline node list` lists what it shares, `beeline node remove` ends it")
		default:
			s.kept = had
			one.Kept, one.List = had.Kept, had.List
			if len(one.Kept) == 0 {
				one.Kept = nil
			}
			return nil
		}
	}
	if err := peer.CheckPaths(one.Paths); err != nil {
		return ended(context.Background(), err, nil, "")
	}
	if err := k.AddStanding(&want); err != nil {
		return kept(err)
	}
	s.kept = want
	return nil
}

// standingOf is what is kept of a share that there was not yet.
func standingOf(one *peer.Shared, with map[identity.ID]string) (keep.Standing, error) {
	want := keep.Standing{Title: one.Title, Allowed: one.Allowed, Ends: time.Now().Add(one.Expires)}
	for _, p := range one.Paths {
		abs, err := filepath.Abs(p)
		if err != nil {
			return want, err
		}
		want.Paths = append(want.Paths, abs)
	}
	for id := range with {
		want.With = append(want.With, id)
	}
	slices.SortFunc(want.With, byID)
	return want, nil
}

func byID(a, b identity.ID) int { return bytes.Compare(a[:], b[:]) }

func sameShare(a, b *keep.Standing) bool {
	return a.Title == b.Title && a.Allowed == b.Allowed && slices.Equal(a.Paths, b.Paths) && slices.Equal(a.With, b.With)
}

// keepShare keeps what a share is known by.
func keepShare(ctx context.Context, store *keep.Store, b *people.Book, id string, known []byte, list [32]byte) error {
	l, err := store.Lock(ctx)
	if err != nil {
		return err
	}
	defer l.Close()
	return l.ChangeStanding(b, id, func(s *keep.Standing) { s.Kept, s.List = known, list })
}

// forget drops what is kept of a share that is over.
func (s *sharing) forget(why string) error {
	l, err := s.owner.store.Lock(context.Background())
	if err != nil {
		return kept(err)
	}
	defer l.Close()
	if err := l.DropStanding(s.kept.ID); err != nil && !errors.Is(err, keep.ErrNone) {
		return err
	}
	return &endError{why, exitFailed}
}

// With --json:
//
//	{"event":"share","id":"<32 hex>","title":"…","paths":["…"],"with":["Ada"],"expires":"…","node":false}
//	{"event":"withdrawn", … likewise}
func sharesCommand() *cli.Command {
	return &cli.Command{
		Name: "shares", Usage: "list what is shared with contacts, and withdraw it",
		Flags:  identityFlags(),
		Action: listShares,
		Commands: []*cli.Command{{
			Name: "withdraw", Usage: "end a share for good: nobody gets any more of it, also from a program that runs", ArgsUsage: "TITLE",
			Flags: identityFlags(), Action: withdrawShare,
		}},
	}
}

func listShares(ctx context.Context, c *cli.Command) error {
	if err := noCommand(c); err != nil {
		return err
	}
	k, done, err := opened(ctx, c)
	if err != nil {
		return err
	}
	defer done()
	all, closed, err := k.Standing()
	if err != nil {
		return kept(err)
	}
	if c.Bool("json") {
		lines := newJSONStream(c.Root().Writer)
		for i := range all {
			lines.say("share", standingObject(k.Book, &all[i]))
		}
		return nil
	}
	t := tabwriter.NewWriter(c.Root().Writer, 0, 0, 2, ' ', 0)
	for i := range all {
		o := standingObject(k.Book, &all[i])
		fmt.Fprintf(t, "%s\t%s\t%s\tuntil %s\n", all[i].ID[:8], visible(titleOf(&all[i])), visible(strings.Join(o["with"].([]string), ", ")), all[i].Ends.Format(time.DateOnly))
	}
	if len(all) == 0 {
		fmt.Fprintln(t, "You share nothing with contacts: beeline share PATH… --to NAME")
	}
	if closed > 0 {
		fmt.Fprintf(c.Root().ErrWriter, "beeline: %s of another identity, or damaged, can't be read\n", plural(closed, "share"))
	}
	return t.Flush()
}

// titleOf is how a share is called.
func titleOf(s *keep.Standing) string {
	switch {
	case s.Title != "":
		return s.Title
	case len(s.Paths) == 1:
		return filepath.Base(s.Paths[0])
	}
	return plural(len(s.Paths), "item")
}

func standingObject(b *people.Book, s *keep.Standing) object {
	names := []string{}
	for _, id := range s.With {
		if at := b.Find(id); at != nil {
			names = append(names, contactName(at))
		}
	}
	return object{"id": s.ID, "title": titleOf(s), "paths": s.Paths, "with": names, "expires": s.Ends.UTC().Format(time.RFC3339), "node": s.Node}
}

func withdrawShare(ctx context.Context, c *cli.Command) error {
	return withdraw(ctx, c, "`beeline shares`", func(*keep.Standing) bool { return true })
}

// withdraw ends the share that is named, of those that of chooses.
func withdraw(ctx context.Context, c *cli.Command, list string, of func(*keep.Standing) bool) error {
	title, err := oneArgument(c, "the title of a share, or the eight digits before it")
	if err != nil {
		return err
	}
	k, done, err := opened(ctx, c)
	if err != nil {
		return err
	}
	defer done()
	all, _, err := k.Standing()
	if err != nil {
		return kept(err)
	}
	var found []keep.Standing
	for _, s := range all {
		if of(&s) && (catalog.Fold(titleOf(&s)) == catalog.Fold(title) || len(title) >= 8 && strings.HasPrefix(s.ID, strings.ToLower(title))) {
			found = append(found, s)
		}
	}
	switch len(found) {
	case 0:
		return usagef("you share nothing that is called %q; %s lists what there is", title, list)
	case 1:
	default:
		return usagef("several shares could be meant by %q; give the eight digits before it in %s", title, list)
	}
	if err := k.DropStanding(found[0].ID); err != nil {
		return kept(err)
	}
	if c.Bool("json") {
		newJSONStream(c.Root().Writer).say("withdrawn", standingObject(k.Book, &found[0]))
	} else {
		fmt.Fprintf(c.Root().Writer, "%s: withdrawn.\n", visible(titleOf(&found[0])))
	}
	return nil
}
