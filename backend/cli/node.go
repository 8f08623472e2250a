package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/urfave/cli/v3"

	"beeline/backend/keep"
	"beeline/backend/peer"
	"beeline/wasm/identity"
	"beeline/wasm/people"
	"beeline/wasm/session"
	"beeline/wasm/wire"
)

// contactSharesMost is how many shares one contact is shown. PROTOCOL.md e.
const contactSharesMost = 256

// What a node has to do is kept beside the identity, and changed by commands that need
// no running node: one that runs sees it within seconds. With --json:
//
//	add     {"event":"share", … as of shares}
//	remove  {"event":"withdrawn", … likewise}
//	inbox   {"event":"inbox","contact":"Ada","out":"/mnt/raid/from-ada","hidden":false,"most":0,"taken":3}, or "event":"closed" with --off
//	list    one "share" or "inbox" line each
//	run     noderun.go
//	status  nodestatus.go
func nodeCommand() *cli.Command {
	return &cli.Command{
		Name: "node", Usage: "keep shares up, and receive what contacts share, as a service",
		Description: "`node add` and `node inbox` say what it has to do, `node run` does it until it is told to stop, and `node status`\n" +
			"asks the one that runs. Everything is kept beside your identity and survives restarts; nothing of it is in a file\n" +
			"that others could read. `node unit` prints a service for systemd.",
		Action: func(_ context.Context, c *cli.Command) error {
			if err := noCommand(c); err != nil {
				return err
			}
			return usagef("what about the node? `beeline node --help` lists what there is: add, inbox, list, remove, run, status, unit")
		},
		Commands: []*cli.Command{
			{
				Name: "add", Usage: "share files and folders with contacts, from now on", ArgsUsage: "PATH…",
				Description: "What is in them is looked at again every now and then: what is new is shared too. A path that is not there, or has\n" +
					"no file in it, is offered to nobody until it is there again. No inbox may be in what is shared, nor the other way round.",
				Flags: append(identityFlags(), shareFlags()...), Action: nodeAdd,
			},
			{
				Name: "remove", Usage: "end a share for good", ArgsUsage: "TITLE", Flags: identityFlags(),
				Action: func(ctx context.Context, c *cli.Command) error {
					return withdraw(ctx, c, "`beeline node list`", func(s *keep.Standing) bool { return s.Node })
				},
			},
			{
				Name: "inbox", Usage: "receive whatever a contact shares with you, by itself", ArgsUsage: "CONTACT",
				Description: "It is received once, also if you move it somewhere else afterwards, and nothing that is there is overwritten. Where\n" +
					"the folder is gone (a disk that is not plugged in) it waits; it never makes the folder again. It waits, too, where\n" +
					"there is no room: --max-size is for everything in the folder, and --reserve of `node run` for the disk. The folder is in nothing\n" +
					"that the node shares, nor has it any of that in it: what arrives would be shared with others.",
				Flags: append(identityFlags(),
					&cli.StringFlag{Name: "out", Aliases: []string{"o"}, Usage: "into this `DIR`, one for each contact; it is made if it is not there"},
					&cli.StringFlag{Name: "max-size", Usage: "let the folder have at most this `SIZE` in all (500GB, 2TB), whatever is in it; over it the inbox waits for room"},
					&cli.BoolFlag{Name: "hide-address", Usage: "connect through a relay only, so that the contact does not see this computer's address"},
					&cli.BoolFlag{Name: "off", Usage: "not any more; what was received stays"},
				),
				Action: nodeInbox,
			},
			{Name: "list", Usage: "list what the node has to do, whether it runs or not", Flags: identityFlags(), Action: nodeList},
			nodeRunCommand(), nodeStatusCommand(), nodeUnitCommand(),
		},
	}
}

func nodeAdd(ctx context.Context, c *cli.Command) error {
	one := peer.Shared{Paths: c.Args().Slice(), Title: c.String("title"), Expires: c.Duration("expires")}
	var err error
	switch {
	case len(one.Paths) == 0:
		return usagef("what is to be shared? Name files or folders: beeline node add PATH… --to NAME")
	case len(c.StringSlice("to")) == 0:
		return usagef("with whom? Give --to NAME; `beeline contacts` lists them")
	case one.Expires <= 0 || one.Expires > peer.Standing:
		return usagef("--expires must be more than nothing and at most a year (8784h)")
	case len(one.Title) > wire.TitleMax:
		return usagef("--title must have at most %d bytes", wire.TitleMax)
	}
	if one.Allowed, err = pathsOf(c); err != nil {
		return err
	}
	k, done, err := opened(ctx, c)
	if err != nil {
		return err
	}
	defer done()
	with, err := contactsTo(c, k.Book)
	if err != nil {
		return err
	}
	want, err := standingOf(&one, with)
	if err != nil {
		return err
	}
	want.Node = true
	if err := peer.CheckPaths(one.Paths); err != nil {
		return ended(ctx, err, nil, "")
	}
	all, _, err := k.Standing()
	if err != nil {
		return kept(err)
	}
	if err := fits(k.Book, all, &want); err != nil {
		return err
	}
	inboxes, _, err := k.Inboxes()
	if err != nil {
		return kept(err)
	}
	if err := apart(k.Book, []keep.Standing{want}, inboxes); err != nil {
		return err
	}
	if err := k.AddStanding(&want); errors.Is(err, keep.ErrMany) {
		return usagef("a node has %d shares at most", keep.StandingMost)
	} else if err != nil {
		return kept(err)
	}
	if c.Bool("json") {
		newJSONStream(c.Root().Writer).say("share", standingObject(k.Book, &want))
		return nil
	}
	names := standingObject(k.Book, &want)["with"].([]string)
	fmt.Fprintf(c.Root().Writer, "%s  %s: shared with %s while `beeline node run` runs, until %s.\n",
		want.ID[:8], visible(titleOf(&want)), visible(strings.Join(names, ", ")), want.Ends.Format(time.DateOnly))
	return nil
}

// fits reports why a node can't have this share too.
func fits(b *people.Book, all []keep.Standing, want *keep.Standing) error {
	of := make(map[identity.ID]int)
	for _, s := range append(slices.Clone(all), *want) {
		for _, id := range s.With {
			if s.Node && b.Find(id) != nil {
				of[id]++
			}
		}
	}
	for _, had := range all {
		switch {
		case !sameShare(&had, want) || !had.Ends.After(time.Now()):
		case had.Node:
			return usagef("the node shares this already: `beeline node list`")
		default:
			return usagef("this is kept by `beeline share` already: withdraw that first (`beeline shares withdraw %s`)", had.ID[:8])
		}
	}
	if len(of) > session.HostMost {
		return usagef("a node shares with %d contacts at most, and it would be more of them with this", session.HostMost)
	}
	for _, id := range want.With {
		if of[id] > contactSharesMost {
			return usagef("a contact is shown %d shares at most; put several paths into one share, or remove some", contactSharesMost)
		}
	}
	return nil
}

func nodeInbox(ctx context.Context, c *cli.Command) error {
	name, err := oneArgument(c, "the name of a contact")
	if err != nil {
		return err
	}
	out := c.String("out")
	switch {
	case out == "" && !c.Bool("off"):
		return usagef("where to? Give --out DIR, or --off to receive nothing by itself any more")
	case out != "" && c.Bool("off"):
		return usagef("--out and --off say two different things")
	}
	most, err := sizeOf(c.String("max-size"))
	if err != nil {
		return usagef("--max-size: %v", err)
	}
	k, done, err := opened(ctx, c)
	if err != nil {
		return err
	}
	defer done()
	at, err := findContact(k.Book, name)
	if err != nil {
		return err
	}
	all, _, err := k.Inboxes()
	if err != nil {
		return kept(err)
	}
	var had *keep.Inbox
	for i := range all {
		if all[i].Contact == at.ID() {
			had = &all[i]
		}
	}
	say := func(event, text string, i *keep.Inbox) error {
		if c.Bool("json") {
			newJSONStream(c.Root().Writer).say(event, inboxObject(k.Book, i))
		} else {
			fmt.Fprintln(c.Root().Writer, text)
		}
		return nil
	}
	if c.Bool("off") {
		if had == nil {
			return usagef("nothing is received from %q by itself; `beeline node list` lists what is", contactName(at))
		}
		if err := k.DropInbox(had.ID); err != nil {
			return kept(err)
		}
		return say("closed", "Nothing is received from "+shownName(at)+" by itself any more.", had)
	}
	switch {
	case at.Changed:
		return &endError{"another key was seen under the name of " + shownName(at) + ": nothing is received from it until you have verified it (`beeline contacts verify`)", exitVerified}
	case !at.Accept:
		return usagef("what %q shares is not shown to you: add their card first (`beeline contacts add`)", contactName(at))
	}
	if out, err = filepath.Abs(out); err != nil {
		return err
	}
	shares, _, err := k.Standing()
	if err != nil {
		return kept(err)
	}
	if err := apart(k.Book, shares, []keep.Inbox{{Contact: at.ID(), Out: out}}); err != nil {
		return err
	}
	if err := os.MkdirAll(out, 0o755); err != nil {
		return usagef("%v", err)
	}
	if had == nil {
		had = &keep.Inbox{Contact: at.ID(), Out: out, Hidden: c.Bool("hide-address"), Most: most}
		err = k.AddInbox(had)
	} else {
		change := func(i *keep.Inbox) { i.Out, i.Hidden, i.Most = out, c.Bool("hide-address"), most }
		change(had)
		err = k.ChangeInbox(had.ID, change)
	}
	if err != nil {
		return kept(err)
	}
	return say("inbox", "What "+shownName(at)+" shares with you is received into "+visible(out)+" while `beeline node run` runs.", had)
}

func inboxObject(b *people.Book, i *keep.Inbox) object {
	return object{"contact": nameOf(b, i.Contact), "out": i.Out, "hidden": i.Hidden, "most": i.Most, "taken": len(i.Taken)}
}

// nameOf is how a contact is called; empty: it is none any more.
func nameOf(b *people.Book, id identity.ID) string {
	if at := b.Find(id); at != nil {
		return contactName(at)
	}
	return ""
}

func nodeList(ctx context.Context, c *cli.Command) error {
	if err := noArguments(c); err != nil {
		return err
	}
	k, done, err := opened(ctx, c)
	if err != nil {
		return err
	}
	defer done()
	shares, closed, err := k.Standing()
	if err != nil {
		return kept(err)
	}
	inboxes, more, err := k.Inboxes()
	if err != nil {
		return kept(err)
	}
	shares = slices.DeleteFunc(shares, func(s keep.Standing) bool { return !s.Node })
	if c.Bool("json") {
		lines := newJSONStream(c.Root().Writer)
		for i := range shares {
			lines.say("share", standingObject(k.Book, &shares[i]))
		}
		for i := range inboxes {
			lines.say("inbox", inboxObject(k.Book, &inboxes[i]))
		}
		return nil
	}
	t := tabwriter.NewWriter(c.Root().Writer, 0, 0, 2, ' ', 0)
	for i := range shares {
		names := standingObject(k.Book, &shares[i])["with"].([]string)
		with := "nobody: who it was for are no contacts any more"
		if len(names) > 0 {
			with = visible(strings.Join(names, ", "))
		}
		fmt.Fprintf(t, "%s\t%s\tfor %s\tuntil %s\n", shares[i].ID[:8], visible(titleOf(&shares[i])), with, shares[i].Ends.Format(time.DateOnly))
	}
	for i := range inboxes {
		name := nameOf(k.Book, inboxes[i].Contact)
		if name == "" {
			name = "nobody: it is no contact any more"
		}
		fmt.Fprintf(t, "inbox\t%s\tfrom %s\t%s received\n", visible(inboxes[i].Out), visible(name), plural(len(inboxes[i].Taken), "share"))
	}
	if len(shares)+len(inboxes) == 0 {
		fmt.Fprintln(t, "The node has nothing to do: beeline node add PATH… --to NAME, beeline node inbox NAME --out DIR")
	}
	if closed += more; closed > 0 {
		fmt.Fprintf(c.Root().ErrWriter, "beeline: %d more can't be read: of another identity, or damaged\n", closed)
	}
	return t.Flush()
}
