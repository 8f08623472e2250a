package cli

import (
	"context"
	"encoding/hex"
	"fmt"
	"text/tabwriter"
	"time"

	"github.com/urfave/cli/v3"

	"beeline/backend/peer"
	"beeline/wasm/ctrl"
	"beeline/wasm/identity"
	"beeline/wasm/session"
	"beeline/wasm/wire"
)

// yearMost is the last second that a date is written for: offers come from others.
const yearMost = 253_402_300_799

// With --json:
//
//	{"event":"contact","contact":"Ada","online":true}
//	{"event":"offer","contact":"Ada","id":"<32 hex>","title":"…","bytes":…,"entries":…,"expires":"…"}
func inboxCommand() *cli.Command {
	return &cli.Command{
		Name: "inbox", Usage: "list what contacts share with you",
		Description: "Looks for a few seconds. A contact who is there, and whom you look for, can see that you are there, and your address.",
		Flags: append(append(peerFlags(), hookFlags()...),
			configFlag(),
			&cli.DurationFlag{Name: "wait", Value: 5 * time.Second, Sources: env("wait"), Usage: "look for this `TIME`"},
			&cli.BoolFlag{Name: "hidden", Sources: env("hidden"), Usage: "show your address to nobody but a relay"},
		),
		Action: inbox,
	}
}

func inbox(ctx context.Context, c *cli.Command) error {
	if err := noArguments(c); err != nil {
		return err
	}
	k, err := readConnecting(c)
	if err != nil {
		return err
	}
	switch {
	case k.server == "":
		return errNoServer
	case c.Duration("wait") <= 0:
		return usagef("--wait must be more than nothing")
	}
	lines := newJSONStream(c.Root().Writer)
	h, err := readHooks(c, "inbox", newScreen(c.Root().ErrWriter), lines)
	if err != nil {
		return err
	}
	defer h.Close()
	kept, done, err := opened(ctx, c)
	if err != nil {
		return err
	}
	done()
	var cards []*identity.Card
	names := make(map[identity.ID]string)
	for i := range kept.Book.Contacts {
		if at := &kept.Book.Contacts[i]; at.Accept && !at.Changed {
			cards = append(cards, at.Card)
			names[at.ID()] = contactName(at)
		}
	}
	var views []session.ContactView
	lack := wire.Offline
	looking, stop := context.WithTimeout(ctx, c.Duration("wait"))
	defer stop()
	err = peer.Watch(looking, peer.WatchOptions{
		Server: k.server, HTTP: k.http, Own: kept.Book.Identity, Cards: cards, Hidden: c.Bool("hidden"),
		OnView: func(v []session.ContactView, why wire.Code) { views, lack = v, why },
	})
	switch {
	case ctx.Err() != nil:
		return &endError{"stopped", exitFailed}
	case looking.Err() == nil && err != nil:
		return usagef("%s", sentence(err)) // the address of the server
	case len(cards) > 0 && lack != wire.None:
		h.ended(lack, lack)
		return &endError{because(lack), exitFailed}
	}
	h.offered(views, names)
	if k.json {
		sayInbox(lines, views, names)
		return nil
	}
	return printInbox(c, views, names)
}

func sayInbox(lines *jsonStream, views []session.ContactView, names map[identity.ID]string) {
	for _, v := range views {
		lines.say("contact", object{"contact": names[v.ID], "online": v.Online})
		for _, o := range v.Offers {
			lines.say("offer", offerObject(o, names[v.ID]))
		}
	}
}

func offerObject(o ctrl.Offer, contact string) object {
	return object{
		"contact": contact, "id": hex.EncodeToString(o.ID[:]), "title": o.Title, "bytes": o.Bytes, "entries": o.Entries,
		"expires": time.Unix(int64(min(o.Expires, yearMost)), 0).UTC().Format(time.RFC3339),
	}
}

func printInbox(c *cli.Command, views []session.ContactView, names map[identity.ID]string) error {
	t := tabwriter.NewWriter(c.Root().Writer, 0, 0, 2, ' ', 0)
	any := false
	for _, v := range views {
		for _, o := range v.Offers {
			any = true
			fmt.Fprintf(t, "%s\t%s\t%s\t%s\n", visible(names[v.ID]), visible(o.Title), plural(int(o.Entries), "item"), size(o.Bytes))
		}
	}
	if !any {
		fmt.Fprintln(t, "Nothing is shared with you by anybody who is there now.")
	}
	return t.Flush()
}
