package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"github.com/urfave/cli/v3"

	"beeline/backend/keep"
	"beeline/wasm/people"
	"beeline/wasm/wire"
)

// This file: how an identity gets out of this computer and into another.

func passphraseVariable() []byte { return []byte(os.Getenv("BEELINE_PASSPHRASE")) }

func backupCommand() *cli.Command {
	return &cli.Command{
		Name: "backup", Usage: "write identity and contacts to a file that only a passphrase opens", ArgsUsage: "FILE",
		Description: "The file is the one that the page writes and reads. Its passphrase is asked for, or in BEELINE_BACKUP_PASSPHRASE.\n" +
			"With --words nothing is written: the identity is shown as 24 words, for paper. They are the identity itself.",
		Flags:  []cli.Flag{&cli.BoolFlag{Name: "words", Usage: "show the 24 words instead"}},
		Action: backup,
	}
}

func restoreCommand() *cli.Command {
	return &cli.Command{
		Name: "restore", Usage: "bring an identity back, from a backup file or from 24 words", ArgsUsage: "FILE | words",
		Description: "The words are read from the standard input. An identity that is on this computer is replaced, after a question.\n" +
			"BEELINE_PASSPHRASE is what it is kept under here.",
		Flags: []cli.Flag{
			&cli.BoolFlag{Name: "yes", Aliases: []string{"y"}, Usage: "replace what is there without a question"},
			&cli.BoolFlag{Name: "no-passphrase", Usage: "keep it without a passphrase, though what is there has one"},
		},
		Action: restore,
	}
}

func passphraseCommand() *cli.Command {
	return &cli.Command{
		Name: "passphrase", Usage: "set, change or (left empty) take off the passphrase of what is kept here",
		Description: "The new one is asked for, or in BEELINE_NEW_PASSPHRASE.",
		Action:      changePassphrase,
	}
}

func backup(ctx context.Context, c *cli.Command) error {
	words := c.Bool("words")
	path := ""
	if words {
		if err := noArguments(c); err != nil {
			return err
		}
	} else {
		var err error
		if path, err = oneArgument(c, "the name of a file, which must be free,"); err != nil {
			return err
		}
		if _, err := os.Lstat(path); err == nil {
			return usagef("%s exists, and a backup overwrites nothing: give another name", path)
		}
	}
	k, done, err := opened(ctx, c)
	if err != nil {
		return err
	}
	done()
	if words {
		if c.Bool("json") {
			newJSONStream(c.Root().Writer).say("words", object{"words": k.Book.Words()})
		} else {
			fmt.Fprintln(c.Root().Writer, k.Book.Words())
		}
		return nil
	}
	passphrase, err := newSecret(ctx, c, "for the backup", "BEELINE_BACKUP_PASSPHRASE")
	if err != nil {
		return err
	}
	file, err := keep.Backup(k.Book, passphrase)
	if err != nil {
		return kept(err)
	}
	if err := keep.WriteNew(path, file); err != nil {
		return fmt.Errorf("write the backup: %w", err)
	}
	if c.Bool("json") {
		newJSONStream(c.Root().Writer).say("backup", object{"file": path, "contacts": len(k.Book.Contacts)})
	} else {
		fmt.Fprintf(c.Root().Writer, "%s: your identity and %d contacts. Without its passphrase it is of no use to anybody, you included.\n", path, len(k.Book.Contacts))
	}
	return nil
}

func restore(ctx context.Context, c *cli.Command) error {
	from, err := oneArgument(c, "the name of a backup file, or: words")
	if err != nil {
		return err
	}
	typed := newTyped(c.Root().Reader)
	var b *people.Book
	if from == "words" {
		b, err = fromWords(ctx, c, typed)
	} else {
		b, err = fromFile(ctx, c, from)
	}
	if err != nil {
		return err
	}
	s, err := storeOf(c)
	if err != nil {
		return err
	}
	there, asks, err := s.Asks()
	if asks && len(passphraseVariable()) == 0 && !c.Bool("no-passphrase") {
		return usagef("what is on this computer is kept under a passphrase: set BEELINE_PASSPHRASE to keep what is restored under one too, or add --no-passphrase")
	}
	// What is there and can't be read is in the way, too.
	if (there || err != nil) && !c.Bool("yes") {
		if !yes(ctx, c, typed, "There is an identity on this computer. Without a backup it is lost, and contacts have to add you anew. Replace it? y or n: ") {
			return &endError{"nothing was changed", exitFailed}
		}
	}
	k, done, err := put(ctx, c, b)
	if err != nil {
		return err
	}
	defer done()
	if c.Bool("json") {
		newJSONStream(c.Root().Writer).say("restored", object{"name": k.Book.Name, "contacts": len(k.Book.Contacts)})
	} else {
		fmt.Fprintf(c.Root().Writer, "Restored, with %d contacts.\n", len(k.Book.Contacts))
	}
	return nil
}

func fromFile(ctx context.Context, c *cli.Command, path string) (*people.Book, error) {
	file, err := keep.ReadFile(path)
	if err != nil {
		var at *fs.PathError
		if errors.As(err, &at) {
			return nil, usagef("the backup can't be read: %v", at)
		}
		return nil, err
	}
	passphrase, err := secret(ctx, c, "Passphrase of the backup: ", "BEELINE_BACKUP_PASSPHRASE")
	if err != nil {
		return nil, err
	}
	b, err := keep.Restore(file, passphrase)
	if wire.CodeOf(err) == wire.Vault {
		err = &endError{"this backup does not open: its passphrase is another one, or the file is damaged or no backup", exitFailed}
	}
	return b, err
}

func fromWords(ctx context.Context, c *cli.Command, typed *typed) (*people.Book, error) {
	if typed.terminal {
		fmt.Fprint(c.Root().ErrWriter, "The 24 words, or the first four letters of each, on one line: ")
	}
	line, ok := typed.line(ctx)
	if !ok {
		return nil, usagef("the words are read from the standard input, on one line")
	}
	seed, slip, err := people.SeedOf(line)
	switch {
	case slip > 0:
		return nil, usagef("word %d is none of the list: look at the paper again", slip)
	case err != nil:
		return nil, usagef("these are not the 24 words of an identity, in their order: look at the paper again")
	}
	return people.FromSeed(seed, uint32(time.Now().Unix())), nil
}

func changePassphrase(ctx context.Context, c *cli.Command) error {
	if err := noArguments(c); err != nil {
		return err
	}
	o, err := ownerOf(ctx, c)
	if err != nil {
		return err
	}
	_, done, err := o.open(ctx) // before a new one is asked for: is the old one right?
	if err != nil {
		return err
	}
	done()
	passphrase, err := newSecret(ctx, c, "(empty: none)", "BEELINE_NEW_PASSPHRASE")
	if err != nil {
		return err
	}
	k, done, err := o.open(ctx)
	if err != nil {
		return err
	}
	defer done()
	if err := k.Secure(passphrase); err != nil {
		return err
	}
	said := "Kept under this passphrase from now on. Copies of the folder from before open without it."
	if !k.Asks() {
		said = "Kept without a passphrase from now on: whoever copies the folder can be you."
	}
	if c.Bool("json") {
		newJSONStream(c.Root().Writer).say("passphrase", object{"set": k.Asks()})
	} else {
		fmt.Fprintln(c.Root().Writer, said)
	}
	return nil
}
