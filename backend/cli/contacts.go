package cli

import (
	"context"
	"encoding/hex"
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/urfave/cli/v3"

	"beeline/backend/keep"
	"beeline/wasm/catalog"
	"beeline/wasm/identity"
	"beeline/wasm/people"
	"beeline/wasm/wire"
)

// With --json each of these says one object, as a jsonStream does:
//
//	contacts    {"event":"contact","id":"<64 hex>","name":"Ada","card":"Ada L.","state":"unverified"|"verified"|"changed","added":"2026-11-26T07:00:00Z"}, one a contact
//	me          {"event":"me","id":"…","name":"Me","card":"bl1.…","link":"https://…/c#bl1.…" or ""}
//	add         "event" is added, known, changed or replaced; the rest as above
//	verify      {"event":"number","name":"Ada","groups":["12345",…]}, a line y or n is waited for, then "verified" or "changed"
//	remove      "event" is removed
//	backup      {"event":"backup","file":"…","contacts":3}    with --words {"event":"words","words":"…"}
//	restore     {"event":"restored","name":"Me","contacts":3}
//	passphrase  {"event":"passphrase","set":true}
//	confirm     {"event":"confirmed","contacts":3}
func contactsCommand() *cli.Command {
	return &cli.Command{
		Name:  "contacts",
		Usage: "list the people you share with, and add, verify or remove one",
		Description: "A contact is somebody whose card you added. Nobody else can reach you, or see that you are there.\n" +
			"BEELINE_PASSPHRASE holds the passphrase of what is kept, where there is one and nobody to type it.",
		Flags: identityFlags(),
		Commands: []*cli.Command{
			{
				Name: "me", Usage: "show your own card, for others to add; makes your identity the first time",
				Flags: []cli.Flag{
					&cli.StringFlag{Name: "name", Usage: "`NAME` on the card, which others see when they add it"},
					&cli.StringFlag{Name: "server", Aliases: []string{"s"}, Sources: env("server"), Usage: "make the link for the pages of this `URL`"},
				},
				Action: showMe,
			},
			{
				Name: "add", Usage: "add somebody by their card: its link or its text", ArgsUsage: "[CARD]",
				Description: "Without CARD it is read from the standard input.",
				Flags: []cli.Flag{
					&cli.StringFlag{Name: "as", Usage: "`NAME` that you call them by; else the one on their card"},
				},
				Action: addContact,
			},
			{Name: "verify", Usage: "compare the safety number with a contact, by phone or side by side", ArgsUsage: "NAME", Action: verifyContact},
			{Name: "remove", Usage: "remove a contact: nothing is shared either way any more, also when they are added again", ArgsUsage: "NAME", Action: removeContact},
			{
				Name: "confirm", Usage: "say that these contacts are right, though this computer has seen a later state of them",
				Description: "`beeline node` does nothing for contacts that somebody, or a backup program, has put back: whom you removed since may be\nthere again. Look through `beeline contacts` first.",
				Action:      confirmContacts,
			},
			backupCommand(), restoreCommand(), passphraseCommand(),
		},
		Action: listContacts,
	}
}

// oneArgument returns the only argument of a command.
func oneArgument(c *cli.Command, what string) (string, error) {
	if c.Args().Len() != 1 || c.Args().First() == "" {
		return "", usagef("%s takes %s and nothing else", c.Name, what)
	}
	return c.Args().First(), nil
}

// shownName is that name as a terminal may be shown it.
func shownName(k *people.Contact) string { return visible(contactName(k)) }

// contactName is what people call a contact; who has no name is called by its number.
func contactName(k *people.Contact) string {
	if k.Petname != "" {
		return k.Petname
	}
	id := k.ID()
	return hex.EncodeToString(id[:4])
}

var contactStates = map[bool]string{false: "unverified", true: "verified"}

func contactState(k *people.Contact) string {
	if k.Changed {
		return "changed"
	}
	return contactStates[k.Verified]
}

// findContact returns the contact of a name: as it is, else in any case, else by the
// first digits of its number. Two that could be meant are nobody.
func findContact(b *people.Book, name string) (*people.Contact, error) {
	byID := func(k *people.Contact) bool {
		id := k.ID()
		return len(name) >= 8 && strings.HasPrefix(hex.EncodeToString(id[:]), strings.ToLower(name))
	}
	for _, is := range []func(k *people.Contact) bool{
		func(k *people.Contact) bool { return contactName(k) == name },
		func(k *people.Contact) bool { return catalog.Fold(contactName(k)) == catalog.Fold(name) },
		byID,
	} {
		var found *people.Contact
		for i := range b.Contacts {
			if k := &b.Contacts[i]; is(k) {
				if found != nil {
					return nil, usagef("several contacts could be meant by %q; give the first eight digits of the one in `beeline contacts --json` (\"id\")", name)
				}
				found = k
			}
		}
		if found != nil {
			return found, nil
		}
	}
	return nil, usagef("no contact is called %q; `beeline contacts` lists them", name)
}

func contactObject(k *people.Contact) object {
	id := k.ID()
	return object{
		"id": hex.EncodeToString(id[:]), "name": contactName(k), "card": k.Card.Name, "state": contactState(k),
		"added": time.Unix(int64(k.Added), 0).UTC().Format(time.RFC3339),
	}
}

func listContacts(ctx context.Context, c *cli.Command) error {
	if err := noCommand(c); err != nil {
		return err
	}
	k, done, err := opened(ctx, c)
	if err != nil {
		return err
	}
	defer done()
	if c.Bool("json") {
		lines := newJSONStream(c.Root().Writer)
		for i := range k.Book.Contacts {
			lines.say("contact", contactObject(&k.Book.Contacts[i]))
		}
		return nil
	}
	if len(k.Book.Contacts) == 0 {
		fmt.Fprintln(c.Root().Writer, "Nobody yet. `beeline contacts me` shows your card for others, `beeline contacts add CARD` adds theirs.")
		return nil
	}
	t := tabwriter.NewWriter(c.Root().Writer, 0, 0, 2, ' ', 0)
	for i := range k.Book.Contacts {
		at := &k.Book.Contacts[i]
		fmt.Fprintf(t, "%s\t%s\tadded %s\n", shownName(at), contactState(at), time.Unix(int64(at.Added), 0).Format("2006-01-02"))
	}
	return t.Flush()
}

func addContact(ctx context.Context, c *cli.Command) error {
	text := c.Args().First()
	if c.Args().Len() > 1 {
		return usagef("add takes one card; put a name of several words in quotes: --as \"Ada L\"")
	}
	typed := newTyped(c.Root().Reader)
	if text == "" || text == "-" {
		line, ok := typed.line(ctx)
		if !ok {
			return usagef("no card was given: its link or its text is an argument, or a line of the standard input")
		}
		text = line
	}
	if _, fragment, ok := strings.Cut(text, "#"); ok { // a link
		text = fragment
	}
	text = strings.TrimSpace(text)
	o, err := ownerOf(ctx, c)
	if err != nil {
		return err
	}
	k, done, err := o.open(ctx)
	if err != nil {
		return err
	}
	defer func() { done() }()
	look, err := k.Book.Look(text)
	if err != nil {
		return cardError(err)
	}
	said, code := "added", exitDone
	switch look.What {
	case people.Own:
		return usagef("this is your own card: it is for others to add")
	case people.Successor:
		name := shownName(k.Book.Find(look.Contact))
		done()
		if !yes(ctx, c, typed, fmt.Sprintf("%s says that this is their new key. Replace the old one? It has to be verified anew. y or n: ", name)) {
			return &endError{"nothing was changed", exitFailed}
		}
		if k, done, err = o.open(ctx); err != nil {
			done = func() {}
			return err
		}
		return replaceContact(c, k, text, name)
	case people.Known:
		said = "known"
	case people.Changed:
		said, code = "changed", exitVerified
	}
	id, err := k.Book.Add(text, c.String("as"), uint32(time.Now().Unix()))
	switch {
	case err != nil && look.What != people.Changed:
		return cardError(err)
	case said == "added":
		if err := k.Forget(id); err != nil {
			return kept(err)
		}
	}
	if err := k.Save(); err != nil {
		return err
	}
	at := k.Book.Find(id)
	if c.Bool("json") {
		newJSONStream(c.Root().Writer).say(said, contactObject(at))
	}
	if code != exitDone {
		return &endError{fmt.Sprintf("this card has the name of %s and another key, so it was not added: ask them, in another way than the card came, whether it is theirs. If it is, `beeline contacts remove` the old one first", shownName(at)), code}
	}
	if !c.Bool("json") {
		fmt.Fprintf(c.Root().Writer, "%s: %s, %s. `beeline contacts verify` compares the safety number.\n", shownName(at), said, contactState(at))
	}
	return nil
}

// replaceContact takes the card by which a contact says what their new key is.
func replaceContact(c *cli.Command, k *keep.Kept, text, name string) error {
	id, err := k.Book.Replace(text)
	if err != nil {
		return cardError(err)
	}
	if err := k.Save(); err != nil {
		return err
	}
	if c.Bool("json") {
		newJSONStream(c.Root().Writer).say("replaced", contactObject(k.Book.Find(id)))
	} else {
		fmt.Fprintf(c.Root().Writer, "%s: replaced, unverified.\n", name)
	}
	return nil
}

// cardError says what is wrong with a card, and what to do.
func cardError(err error) error {
	switch wire.CodeOf(err) {
	case wire.Card, wire.Signature:
		return usagef("this is no contact card, or a part of it is missing: copy the whole of it, from bl1. to the end. (Or the name after --as can't be one.)")
	case wire.Version:
		return usagef("this card was made by another version of Beeline: update this program")
	case wire.Busy:
		return &endError{"4,096 contacts are as many as there can be: remove some", exitFailed}
	}
	return err
}

// asked asks a question on the standard error, and returns the answer in lower case;
// empty: nobody is there.
func asked(ctx context.Context, c *cli.Command, typed *typed, question string) string {
	if typed.terminal { // what is pasted behind a card is no answer; what is piped in may be
		defer typed.ask()()
		fmt.Fprint(c.Root().ErrWriter, question)
		line, _ := typed.answer(ctx)
		return strings.ToLower(line)
	}
	fmt.Fprint(c.Root().ErrWriter, question)
	line, _ := typed.line(ctx)
	return strings.ToLower(line)
}

func yes(ctx context.Context, c *cli.Command, typed *typed, question string) bool {
	answer := asked(ctx, c, typed, question)
	return answer == "y" || answer == "yes"
}

func verifyContact(ctx context.Context, c *cli.Command) error {
	name, err := oneArgument(c, "the name of a contact")
	if err != nil {
		return err
	}
	o, err := ownerOf(ctx, c)
	if err != nil {
		return err
	}
	k, done, err := o.open(ctx)
	if err != nil {
		return err
	}
	done()
	at, err := findContact(k.Book, name)
	if err != nil {
		return err
	}
	id, name := at.ID(), contactName(at)
	groups := identity.SafetyNumber(k.Book.Identity.ID(), id).Groups()
	lines := newJSONStream(c.Root().Writer)
	if c.Bool("json") {
		lines.say("number", object{"name": name, "groups": groups})
	} else {
		for i := 0; i < len(groups); i += 4 {
			fmt.Fprintln(c.Root().Writer, strings.Join(groups[i:i+4], "  "))
		}
	}
	var same bool
	switch asked(ctx, c, newTyped(c.Root().Reader), fmt.Sprintf("Read these to %s, who sees the same under your name. Are all the same? y or n: ", shownName(at))) {
	case "y", "yes":
		same = true
	case "n", "no":
	default:
		return &endError{"nothing was changed: the answer is y or n", exitFailed}
	}
	if k, done, err = o.open(ctx); err != nil {
		return err
	}
	defer done()
	if k.Book.Verify(id, same) != nil {
		return &endError{"the contact was removed meanwhile", exitFailed}
	}
	if err := k.Save(); err != nil {
		return err
	}
	at = k.Book.Find(id)
	switch {
	case c.Bool("json"):
		lines.say(contactState(at), contactObject(at))
	case same:
		fmt.Fprintf(c.Root().Writer, "%s: verified.\n", shownName(at))
	}
	if !same {
		return &endError{"the numbers differ, so somebody else's key stands under this name. Nothing is shared with it any more: ask them for their card once more, in another way, and remove this contact", exitVerified}
	}
	return nil
}

func removeContact(ctx context.Context, c *cli.Command) error {
	name, err := oneArgument(c, "the name of a contact")
	if err != nil {
		return err
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
	gone := contactObject(at)
	forgets := k.Forget(at.ID()) // before the book is: where this ends in between, nothing comes back
	k.Book.Remove(at.ID())
	if err := k.Save(); err != nil {
		return err
	}
	if forgets != nil { // nothing is shared with who is no contact, and adding tries again
		fmt.Fprintf(c.Root().ErrWriter, "beeline: not all shares and inboxes can be read or changed: %s\n", reason(forgets))
	}
	if c.Bool("json") {
		newJSONStream(c.Root().Writer).say("removed", gone)
	} else {
		fmt.Fprintf(c.Root().Writer, "%s: removed.\n", gone["name"])
	}
	return nil
}

func confirmContacts(ctx context.Context, c *cli.Command) error {
	if err := noArguments(c); err != nil {
		return err
	}
	k, done, err := opened(ctx, c)
	if err != nil {
		return err
	}
	defer done()
	if err := k.Save(); err != nil {
		return err
	}
	if c.Bool("json") {
		newJSONStream(c.Root().Writer).say("confirmed", object{"contacts": len(k.Book.Contacts)})
	} else {
		fmt.Fprintf(c.Root().Writer, "These %s are right from now on.\n", plural(len(k.Book.Contacts), "contact"))
	}
	return nil
}
