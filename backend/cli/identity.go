package cli

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/urfave/cli/v3"
	"golang.org/x/term"

	"beeline/backend/keep"
	"beeline/wasm/identity"
	"beeline/wasm/people"
	"beeline/wasm/wire"
)

// This file: who the person is, for every command that meets contacts.

func configFlag() cli.Flag {
	return &cli.StringFlag{Name: "config", Sources: env("config"), Usage: "keep identity and contacts in this `FOLDER`"}
}

// identityFlags are those of a command that connects to nobody.
func identityFlags() []cli.Flag {
	return []cli.Flag{
		configFlag(),
		&cli.BoolFlag{Name: "json", Sources: env("json"), Usage: "one JSON object a line on the standard output, for programs"},
	}
}

func storeOf(c *cli.Command) (*keep.Store, error) {
	dir := c.String("config")
	if dir == "" {
		return keep.Default()
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		cache = dir // the mark lies beside what it is about
	}
	return keep.At(dir, filepath.Join(cache, "beeline")), nil
}

// owner is whoever uses this computer's identity, for the length of one command. What
// is kept is locked from open to close only, never while a person is asked.
type owner struct {
	c          *cli.Command
	store      *keep.Store
	passphrase []byte
	opened     string // the store's stamp when it was opened last
	told       bool   // that it is an old state
}

// hold says that this program, and no other, does what is named, until it is released.
// Where another does it already, it fails with what to say of that.
func (o *owner) hold(name, busy string) (release func(), err error) {
	release, err = o.store.Hold(name)
	if errors.Is(err, keep.ErrBusy) {
		return nil, usagef("%s", busy)
	}
	return release, err
}

// ownerOf asks for the passphrase, where there is one. Where nothing is kept it
// fails with [keep.ErrNone].
func ownerOf(ctx context.Context, c *cli.Command) (*owner, error) {
	s, err := storeOf(c)
	if err != nil {
		return nil, err
	}
	there, asks, err := s.Asks()
	if err == nil && !there {
		err = keep.ErrNone
	}
	if err != nil {
		return nil, kept(err)
	}
	o := &owner{c: c, store: s}
	if asks {
		o.passphrase, err = secret(ctx, c, "Passphrase: ", "BEELINE_PASSPHRASE")
	}
	return o, err
}

// open locks what is kept and opens it. Whoever only reads closes it at once.
func (o *owner) open(ctx context.Context) (k *keep.Kept, done func(), err error) {
	k, done, err = o.tryOpen(ctx)
	return k, done, kept(err)
}

// tryOpen fails as package keep does.
func (o *owner) tryOpen(ctx context.Context) (k *keep.Kept, done func(), err error) {
	l, err := o.store.Lock(ctx)
	if err != nil {
		return nil, nil, err
	}
	o.opened = o.store.Stamp()
	k, err = l.Open(o.passphrase)
	if err != nil {
		l.Close()
		return nil, nil, err
	}
	if k.Old && !o.told {
		o.told = true
		fmt.Fprintln(o.c.Root().ErrWriter, "beeline: these contacts are an older state than this computer has seen: somebody or some program put an old copy back. Look through `beeline contacts`: whom you removed since may be there again")
	}
	return k, l.Close, nil
}

// bookEvery is how often it is looked whether another program, or the person, has
// changed the contacts: who is removed loses what is under way with them. Tests look
// more often.
var bookEvery = 2 * time.Second

// follow tells f what the contacts are now whenever they have changed, until ctx
// ends or goOn, asked at every look, says no: nil where they can't be read any more, are
// somebody else's, or an older state: who was removed may be in that.
func (o *owner) follow(ctx context.Context, own identity.ID, goOn func() bool, f func(*people.Book)) {
	tick := time.NewTicker(bookEvery)
	defer tick.Stop()
	for seen := o.opened; ; {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
		if !goOn() {
			return
		}
		stamp := o.store.Stamp()
		if stamp == seen {
			continue
		}
		k, done, err := o.tryOpen(ctx)
		if errors.Is(err, keep.ErrBusy) || err != nil && ctx.Err() != nil {
			continue
		}
		var b *people.Book
		if err == nil {
			done()
			if k.Book.Identity.ID() == own && !k.Old {
				b = k.Book
			}
		}
		seen = stamp
		f(b)
	}
}

// opened does both.
func opened(ctx context.Context, c *cli.Command) (*keep.Kept, func(), error) {
	o, err := ownerOf(ctx, c)
	if err != nil {
		return nil, nil, err
	}
	return o.open(ctx)
}

// kept says what is wrong with what is kept, and what to do.
func kept(err error) error {
	switch {
	case errors.Is(err, keep.ErrNone):
		return &endError{"you have no identity on this computer yet: `beeline contacts me --name NAME` makes one, `beeline contacts restore FILE` brings one back", exitFailed}
	case errors.Is(err, keep.ErrBusy):
		return &endError{"another beeline program is using your contacts: try again in a moment", exitFailed}
	case errors.Is(err, keep.ErrPassphrase):
		return usagef("an empty passphrase is none; give one, on a terminal or in a BEELINE_… variable")
	case wire.CodeOf(err) == wire.Vault:
		return &endError{"this does not open: the passphrase is another one, or the file is damaged. A backup or your 24 words bring the identity back: `beeline contacts restore`", exitFailed}
	}
	return err
}

// secret reads a passphrase: from a variable, else without echo from the terminal.
func secret(ctx context.Context, c *cli.Command, prompt string, variables ...string) ([]byte, error) {
	for _, name := range variables {
		if s := os.Getenv(name); s != "" {
			return []byte(s), nil
		}
	}
	none := usagef("a passphrase is needed: run this on a terminal, or set %s", variables[0])
	in, ok := c.Root().Reader.(*os.File)
	if !ok {
		return nil, none
	}
	if !term.IsTerminal(int(in.Fd())) { // something else is piped in
		if runtime.GOOS == "windows" {
			return nil, none
		}
		tty, err := os.Open("/dev/tty")
		if err != nil {
			return nil, none
		}
		defer tty.Close()
		in = tty
	}
	return unseen(ctx, in, c.Root().ErrWriter, prompt)
}

// unseen reads a line that is not shown. Whoever ends the program meanwhile gets a
// terminal back that shows what they type.
func unseen(ctx context.Context, tty *os.File, say io.Writer, prompt string) ([]byte, error) {
	fd := int(tty.Fd())
	before, err := term.GetState(fd)
	if err != nil {
		return nil, fmt.Errorf("read a passphrase: %w", err)
	}
	fmt.Fprint(say, prompt)
	defer fmt.Fprintln(say)
	type read struct {
		b   []byte
		err error
	}
	done := make(chan read, 1)
	go func() {
		b, err := term.ReadPassword(fd)
		done <- read{b, err}
	}()
	select {
	case r := <-done:
		if r.err != nil {
			return nil, fmt.Errorf("read a passphrase: %w", r.err)
		}
		return r.b, nil
	case <-ctx.Done():
		_ = term.Restore(fd, before)
		return nil, &endError{"stopped", exitFailed}
	}
}

// newSecret asks for a passphrase twice, unless a variable has it. It may be empty.
func newSecret(ctx context.Context, c *cli.Command, what string, variables ...string) ([]byte, error) {
	first, err := secret(ctx, c, "New passphrase "+what+": ", variables...)
	if err != nil {
		return nil, err
	}
	for _, name := range variables {
		if os.Getenv(name) != "" {
			return first, nil
		}
	}
	again, err := secret(ctx, c, "Once more: ", variables...)
	if err == nil && string(again) != string(first) {
		err = usagef("these were two different passphrases; nothing was changed")
	}
	return first, err
}

func showMe(ctx context.Context, c *cli.Command) error {
	if err := noArguments(c); err != nil {
		return err
	}
	k, done, err := ownIdentity(ctx, c)
	if err != nil {
		return err
	}
	defer done()
	text := k.Book.Card().Text()
	link := ""
	if server := strings.TrimRight(c.String("server"), "/"); server != "" {
		link = server + "/c#" + text
	}
	if c.Bool("json") {
		id := k.Book.Identity.ID()
		newJSONStream(c.Root().Writer).say("me", object{"id": hex.EncodeToString(id[:]), "name": k.Book.Name, "card": text, "link": link})
		return nil
	}
	if link != "" {
		fmt.Fprintln(c.Root().Writer, link)
	}
	fmt.Fprintln(c.Root().Writer, text)
	return nil
}

// ownIdentity opens what is kept, and makes it where there is nothing yet and a name
// is given.
func ownIdentity(ctx context.Context, c *cli.Command) (*keep.Kept, func(), error) {
	now := uint32(time.Now().Unix())
	k, done, err := opened(ctx, c)
	if err == nil {
		if c.IsSet("name") && c.String("name") != k.Book.Name {
			if err = k.Book.SetName(c.String("name"), now); err == nil {
				err = k.Save()
			}
		}
	} else if s, e := storeOf(c); e == nil && c.IsSet("name") {
		if there, _, e := s.Asks(); there || e != nil {
			return nil, nil, err
		}
		var b *people.Book
		if b, err = people.New(c.String("name"), now); err == nil {
			return put(ctx, c, b)
		}
	}
	if wire.CodeOf(err) == wire.Card {
		err = usagef("this can't be a name: at most 48 bytes of one line, and no characters that turn text round")
	}
	if err != nil && done != nil {
		done()
	}
	return k, done, err
}

// put keeps a book in the place of whatever was kept, under the passphrase of the
// variable, if there is one.
func put(ctx context.Context, c *cli.Command, b *people.Book) (*keep.Kept, func(), error) {
	s, err := storeOf(c)
	if err != nil {
		return nil, nil, err
	}
	l, err := s.Lock(ctx)
	if err != nil {
		return nil, nil, kept(err)
	}
	k, err := l.Put(b, passphraseVariable())
	if err != nil {
		l.Close()
		return nil, nil, err
	}
	if !k.Asks() {
		fmt.Fprintln(c.Root().ErrWriter, "beeline: your identity is kept without a passphrase: whoever copies its folder can be you. `beeline contacts passphrase` sets one; `beeline contacts backup FILE` makes a backup")
	}
	return k, l.Close, nil
}
