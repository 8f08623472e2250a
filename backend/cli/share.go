package cli

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/urfave/cli/v3"

	"beeline/backend/keep"
	"beeline/backend/peer"
	"beeline/wasm/identity"
	"beeline/wasm/people"
	"beeline/wasm/session"
	"beeline/wasm/wire"
)

// With --json, besides the lines of jsonStream:
//
//	share  {"event":"shared","id":"<32 hex>","paths":["…"],"with":["Ada"],"expires":"2027-11-27T07:00:00Z"}
//	       {"event":"progress", … as of send, "contact":"Ada","device":1}   device: which of their devices, as they came
//	       {"event":"with","with":[]}                                  who may have it from now on
func shareCommand() *cli.Command {
	return &cli.Command{
		Name: "share", Usage: "share files and folders with contacts, until Ctrl-C", ArgsUsage: "PATH…",
		Description: "There is no link: each contact sees the share under \"Shared with you\", in a browser or with `beeline inbox`,\n" +
			"if they have added you. Nobody else can see it, or that you are there. A contact that is removed meanwhile loses it at once.\n" +
			"The same command is the same share later, also after a crash, and what contacts have of it counts: `beeline shares` lists\n" +
			"what there is, `beeline shares withdraw` ends it for good.",
		Flags: append(append(append(peerFlags(), hookFlags()...), configFlag()), shareFlags()...),
		Action: func(ctx context.Context, c *cli.Command) error {
			s, o, err := readShare(ctx, c)
			if err != nil {
				return err
			}
			release, err := s.owner.hold("share-"+s.kept.ID, "this is being shared already, by another program here")
			if err != nil {
				return err
			}
			defer release()
			if s.hooks, err = readHooks(c, "share", s.screen, s.lines); err != nil {
				return err
			}
			defer s.hooks.Close()
			s.hooks.sent(o.Shares[0].Paths, o.Shares[0].Title)
			return s.run(ctx, o)
		},
	}
}

// shareFlags say what a share for contacts is like.
func shareFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringSliceFlag{Name: "to", Usage: "share with the contact of this `NAME`; again for further ones"},
		&cli.StringFlag{Name: "title", Sources: env("title"), Usage: "name the share `NAME`; else it has the name of what is shared"},
		&cli.DurationFlag{Name: "expires", Value: peer.Standing, Sources: env("expires"), Usage: "the share ends after this `TIME` (for example 36h)"},
		&cli.StringFlag{Name: "paths", Value: "any", Sources: env("paths"), Usage: "any, direct (never through a relay) or relay (never show an address to the other side)"},
	}
}

// sharing is a share with contacts, as its person sees it.
type sharing struct {
	connecting
	owner  *owner
	with   map[identity.ID]string // who may have it, and how they are called
	gone   map[identity.ID]bool   // who was seen to be no contact any more
	kept   keep.Standing
	book   *people.Book // as it was at the start: it seals what is kept
	screen *screen
	lines  *jsonStream
	hooks  *hooks
	rows   map[uint32]session.Phase
	listed bool
}

func readShare(ctx context.Context, c *cli.Command) (*sharing, peer.HostOptions, error) {
	var o peer.HostOptions
	k, err := readConnecting(c)
	if err != nil {
		return nil, o, err
	}
	one := peer.Shared{Paths: c.Args().Slice(), Title: c.String("title"), Expires: c.Duration("expires"), Lanes: k.lanes}
	switch {
	case len(one.Paths) == 0:
		return nil, o, usagef("what is to be shared? Name files or folders: beeline share PATH… --to NAME")
	case len(c.StringSlice("to")) == 0:
		return nil, o, usagef("with whom? Give --to NAME; `beeline contacts` lists them")
	case k.server == "":
		return nil, o, errNoServer
	case one.Expires <= 0 || one.Expires > peer.Standing:
		return nil, o, usagef("--expires must be more than nothing and at most a year (8784h)")
	}
	if one.Allowed, err = pathsOf(c); err != nil {
		return nil, o, err
	}
	s := &sharing{
		gone:       make(map[identity.ID]bool),
		connecting: k, rows: make(map[uint32]session.Phase),
		screen: newScreen(c.Root().ErrWriter), lines: newJSONStream(c.Root().Writer),
	}
	if s.owner, err = ownerOf(ctx, c); err != nil {
		return nil, o, err
	}
	kept, done, err := s.owner.open(ctx)
	if err != nil {
		return nil, o, err
	}
	defer done()
	s.book = kept.Book
	if s.with, err = contactsTo(c, kept.Book); err != nil {
		return nil, o, err
	}
	one.With = s.cards(kept.Book)
	if err := s.keep(kept, &one); err != nil {
		return nil, o, err
	}
	o = peer.HostOptions{Server: k.server, HTTP: k.http, Own: kept.Book.Identity, Shares: []peer.Shared{one}, Stay: true}
	return s, o, nil
}

// pathsOf reads --paths.
func pathsOf(c *cli.Command) (uint8, error) {
	switch c.String("paths") {
	case "any":
		return wire.PathsAny, nil
	case "direct":
		return wire.PathsDirect, nil
	case "relay":
		return wire.PathsRelay, nil
	}
	return 0, usagef("--paths is any, direct or relay, not %q", c.String("paths"))
}

// contactsTo returns whom --to names, and how they are called.
func contactsTo(c *cli.Command, b *people.Book) (map[identity.ID]string, error) {
	with := make(map[identity.ID]string)
	for _, name := range c.StringSlice("to") {
		at, err := findContact(b, name)
		if err != nil {
			return nil, err
		}
		if at.Changed {
			return nil, &endError{"another key was seen under the name of " + shownName(at) + ": nothing is shared with it until you have verified it (`beeline contacts verify`)", exitVerified}
		}
		with[at.ID()] = contactName(at)
	}
	return with, nil
}

// cards returns those of the contacts it is shared with who still are contacts: who was
// removed is none, also when added again or put back.
func (s *sharing) cards(b *people.Book) (cards []*identity.Card) {
	for id := range s.with {
		if b.Find(id) == nil {
			s.gone[id] = true
		}
	}
	for i := range b.Contacts {
		if at := &b.Contacts[i]; s.with[at.ID()] != "" && !s.gone[at.ID()] && !at.Changed && !s.readded(at) {
			cards = append(cards, at.Card)
		}
	}
	return cards
}

// readded reports whether a contact is another than when this began. Who was removed and
// added between two looks can be told by the date only.
func (s *sharing) readded(at *people.Contact) bool {
	before := s.book.Find(at.ID())
	return before == nil || before.Added != at.Added
}

func (s *sharing) run(ctx context.Context, o peer.HostOptions) error {
	names := s.names(o.Shares[0].With)
	with := make(chan peer.Change)
	watched := make(chan struct{})
	watching, stop := context.WithCancel(ctx)
	go func() {
		defer close(watched)
		s.watch(watching, o.Own.ID(), names, with)
	}()
	defer func() { stop(); <-watched }()
	hosting, end := context.WithCancel(ctx)
	defer end()
	var failure error
	o.Changes, o.OnLack, o.OnView = with, s.lack, func(_ int, v session.ShareView) {
		if s.view(v); v.Phase == session.Cancelled || v.Phase == session.Failed {
			failure = v.Why
			end()
		}
	}
	o.OnFail = func(_ int, err error) { failure = err; end() }
	o.OnKeep = func(_ int, kept []byte, list [32]byte) error {
		return keepShare(ctx, s.owner.store, s.book, s.kept.ID, kept, list)
	}
	o.OnHoles = func(_ int, h peer.Holes) { sayHoles(h, s.json, s.lines, s.screen) }
	o.OnSkip = func(_ int, found peer.Skipped) {
		if s.json {
			s.lines.say("skipped", object{"path": found.Path, "why": string(found.Why)})
		} else {
			s.screen.line("Not shared: %s (%s)", visible(found.Path), found.Why)
		}
	}
	if s.json {
		s.lines.say("shared", object{"id": s.kept.ID, "paths": o.Shares[0].Paths, "with": names, "expires": s.kept.Ends.UTC().Format(time.RFC3339)})
	} else {
		for _, name := range names {
			s.screen.line("Shared with %s, for as long as this runs, until %s at most.", visible(name), s.kept.Ends.Format(time.DateOnly))
		}
	}
	err := peer.Host(hosting, o)
	s.screen.done()
	switch {
	case ctx.Err() != nil:
		err, failure = nil, nil // the person stopped it: that is how it ends
	case failure != nil:
		err = failure
	}
	over := s.over(ctx, err, failure)
	if exitFor(over) != exitUsage {
		s.hooks.ended(over, codeOf(err, nil))
	}
	return over
}

// over is what is said of the end.
func (s *sharing) over(ctx context.Context, err, failure error) error {
	switch {
	case failure == nil:
	case wire.CodeOf(failure) == wire.Expired:
		return s.forget("its time is over, and nobody sees it any more")
	case wire.CodeOf(failure) == wire.Revoked || errors.Is(failure, keep.ErrNone):
		return &endError{"it was withdrawn", exitRefused}
	}
	return ended(ctx, err, nil, "")
}

func (s *sharing) names(cards []*identity.Card) []string {
	names := []string{}
	for _, card := range cards {
		names = append(names, s.with[card.ID()])
	}
	return names
}

// watch says who may have the share, whenever that has changed among the contacts.
func (s *sharing) watch(ctx context.Context, own identity.ID, said []string, with chan<- peer.Change) {
	there := func() bool {
		if s.owner.store.HasStanding(s.kept.ID) {
			return true
		}
		select {
		case with <- peer.Change{Drop: true}:
		case <-ctx.Done():
		}
		return false
	}
	s.owner.follow(ctx, own, there, func(b *people.Book) {
		var cards []*identity.Card // none, where it can't be read any more
		if b != nil {
			cards = s.cards(b)
		}
		names := s.names(cards)
		if slices.Equal(names, said) {
			return
		}
		said = names
		select {
		case with <- peer.Change{Cards: cards}:
		case <-ctx.Done():
			return
		}
		switch {
		case s.json:
			s.lines.say("with", object{"with": names})
		case len(names) == 0:
			s.screen.line("Your contacts have changed: shared with nobody now.")
		default:
			s.screen.line("Your contacts have changed: shared with %s now.", visible(strings.Join(names, ", ")))
		}
	})
}

func (s *sharing) lack(why wire.Code) {
	if !s.json && why != wire.None {
		s.screen.line("%s; trying again.", because(why))
	}
}

func (s *sharing) view(v session.ShareView) {
	if v.Listed && !s.listed && !s.json {
		s.listed = true
		s.screen.line("%s, %s. Ctrl-C stops sharing.", plural(v.Files, "file"), size(v.Bytes))
	}
	for _, r := range v.Recipients {
		name := s.with[r.Contact]
		s.hooks.recipient(name, r)
		before, known := s.rows[r.ID]
		s.rows[r.ID] = r.Phase
		if s.json {
			if s.lines.due(r.ID, r.Phase, r.Route, r.Why) {
				s.lines.say("progress", recipientObject(r, object{"contact": name}))
			}
			continue
		}
		shown := visible(rowName(name, r))
		if !known || before != r.Phase {
			s.screen.line("%s: %s", shown, r.Phase.String())
		}
		if r.Phase == session.Transferring {
			s.screen.under(shown + " " + progress(r.Written, r.Bytes, 0, r.Route))
		}
	}
	departed(s.rows, v.Recipients, s.hooks, s.lines)
}
