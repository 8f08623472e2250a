package cli

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/urfave/cli/v3"

	"beeline/backend/peer"
	"beeline/wasm/catalog"
	"beeline/wasm/ctrl"
	"beeline/wasm/identity"
	"beeline/wasm/people"
	"beeline/wasm/session"
	"beeline/wasm/wire"
)

// This file: `beeline receive --from NAME [TITLE]`.

// settledAfter is how long nothing new comes of a contact's shares before they are
// taken for all there are: several programs of theirs may share.
const settledAfter = time.Second

func fromFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{Name: "from", Usage: "receive what the contact of this `NAME` shares with you; the argument is the title then"},
		&cli.DurationFlag{Name: "wait", Value: 5 * time.Second, Sources: env("wait"), Usage: "with --from, look for this `TIME` whether the contact is there"},
		configFlag(),
	}
}

// runFrom finds the share, and takes it.
func (r *receiver) runFrom(ctx context.Context, c *cli.Command, o peer.ReceiveOptions, title string) error {
	switch {
	case o.Server == "":
		return errNoServer
	case c.Duration("wait") <= 0:
		return usagef("--wait must be more than nothing")
	}
	owner, err := ownerOf(ctx, c)
	if err != nil {
		return err
	}
	kept, done, err := owner.open(ctx)
	if err != nil {
		return err
	}
	done()
	at, err := findContact(kept.Book, c.String("from"))
	switch {
	case err != nil:
		return err
	case at.Changed:
		return &endError{"another key was seen under the name of " + shownName(at) + ": nothing is taken from it until you have verified it (`beeline contacts verify`)", exitVerified}
	case !at.Accept:
		return usagef("what %q shares is not shown to you: add their card first (`beeline contacts add`)", contactName(at))
	}
	ctx, ended := r.whileContact(ctx, owner, kept.Book.Identity.ID(), at.ID(), contactName(at))
	defer ended()
	from := &peer.Offered{Own: kept.Book.Identity, Card: at.Card}
	all, err := offersOf(ctx, peer.WatchOptions{Server: o.Server, HTTP: o.HTTP, Own: from.Own, Cards: []*identity.Card{at.Card}, Hidden: o.Hidden}, c.Duration("wait"), title)
	if err != nil {
		return err
	}
	chosen, err := r.choose(ctx, all, contactName(at), title)
	if err != nil {
		return err
	}
	from.Share, o.From, r.from = chosen.ID, from, contactName(at)
	return r.take(ctx, o)
}

// A goneError ends what is received from a contact who is none any more.
type goneError struct{ name string }

func (e *goneError) Error() string {
	return "stopped: " + visible(e.name) + " is no contact of yours any more, or the key has changed"
}

func (e *goneError) Unwrap() error { return wire.Revoked }

// whileContact returns a context that ends with a goneError once a contact was
// removed, or is not trusted any more, by another program of the same person.
func (r *receiver) whileContact(ctx context.Context, o *owner, own, id identity.ID, name string) (context.Context, func()) {
	following, gone := context.WithCancelCause(ctx)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		o.follow(following, own, func() bool { return true }, func(b *people.Book) {
			if b != nil {
				for i := range b.Contacts {
					if at := &b.Contacts[i]; at.ID() == id && at.Accept && !at.Changed {
						return
					}
				}
			}
			gone(&goneError{name})
		})
	}()
	return following, func() { gone(nil); <-ended }
}

// stopped is how it ends when ctx did.
func stopped(ctx context.Context) *endError {
	var gone *goneError
	if errors.As(context.Cause(ctx), &gone) {
		return &endError{gone.Error(), exitRefused}
	}
	return &endError{"stopped", exitFailed}
}

// offersOf looks what a contact shares, no longer than it takes.
func offersOf(ctx context.Context, o peer.WatchOptions, wait time.Duration, title string) (all []ctrl.Offer, err error) {
	lack, online := wire.Offline, false
	looking, stop := context.WithTimeout(ctx, wait)
	defer stop()
	settled := time.AfterFunc(wait, stop)
	defer settled.Stop()
	o.OnView = func(v []session.ContactView, why wire.Code) {
		lack, online = why, v[0].Online
		if all = v[0].Offers; slices.ContainsFunc(all, func(o ctrl.Offer) bool { return o.Title == title }) {
			stop()
		} else if len(all) > 0 {
			settled.Reset(settledAfter)
		}
	}
	err = peer.Watch(looking, o)
	switch {
	case ctx.Err() != nil:
		return nil, stopped(ctx)
	case looking.Err() == nil && err != nil:
		return nil, usagef("%s", sentence(err)) // the address of the server
	case lack != wire.None:
		return nil, &endError{because(lack), exitFailed}
	case !online:
		return nil, &endError{"the contact is not there now, or has not added you: try again later, or give --wait a longer time", exitFailed}
	}
	slices.SortFunc(all, func(a, b ctrl.Offer) int {
		if by := strings.Compare(a.Title, b.Title); by != 0 {
			return by
		}
		return bytes.Compare(a.ID[:], b.ID[:])
	})
	return all, nil
}

// choose returns the share that is meant, asking where there are several.
func (r *receiver) choose(ctx context.Context, all []ctrl.Offer, contact, title string) (ctrl.Offer, error) {
	meant := titled(all, title)
	switch {
	case len(all) == 0:
		return ctrl.Offer{}, &endError{contact + " shares nothing with you now", exitFailed}
	case len(meant) == 1:
		return meant[0], nil
	case len(meant) > 0:
		all = meant
	}
	for i, o := range all {
		if r.json {
			r.lines.say("offer", offerObject(o, contact))
		} else {
			r.screen.line("%3d  %s  %s, %s  (%s)", i+1, visible(o.Title), plural(int(o.Entries), "item"), size(o.Bytes), hex.EncodeToString(o.ID[:4]))
		}
	}
	switch {
	case title != "" && len(meant) == 0:
		return ctrl.Offer{}, usagef("%s shares nothing that is called %q", contact, title)
	case !r.mayAsk():
		return ctrl.Offer{}, usagef("%s shares %d things: give the title of one, or the eight digits behind it", contact, len(all))
	}
	for {
		r.screen.prompt("Which one? 1 to " + strconv.Itoa(len(all)) + ": ")
		line, ok := r.typed.line(ctx)
		if !ok {
			return ctrl.Offer{}, stopped(ctx)
		}
		if n, err := strconv.Atoi(line); err == nil && n >= 1 && n <= len(all) {
			return all[n-1], nil
		}
	}
}

// titled returns the shares that a title, or the first digits of a share, may mean;
// all of them where none is given.
func titled(all []ctrl.Offer, title string) []ctrl.Offer {
	if title == "" {
		return all
	}
	for _, is := range []func(o ctrl.Offer) bool{
		func(o ctrl.Offer) bool { return o.Title == title },
		func(o ctrl.Offer) bool { return catalog.Fold(o.Title) == catalog.Fold(title) },
		func(o ctrl.Offer) bool {
			return len(title) >= 8 && strings.HasPrefix(hex.EncodeToString(o.ID[:]), strings.ToLower(title))
		},
	} {
		var found []ctrl.Offer
		for _, o := range all {
			if is(o) {
				found = append(found, o)
			}
		}
		if len(found) > 0 {
			return found
		}
	}
	return nil
}
