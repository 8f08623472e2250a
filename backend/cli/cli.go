// Package cli is what a person types: one file a command. It turns flags and
// BEELINE_… variables into configuration, says what is wrong with them in one
// sentence, and starts what other packages do.
//
//	exit 0  done, and what was moved is verified
//	exit 1  failed, or stopped before it was done
//	exit 2  usage: a flag, a variable, or what they point to is wrong
//	exit 3  refused: the person on the other side said no, or stopped sharing
//	exit 4  verification failed: what arrived is not what was sent
//	exit 5  held: what arrived is verified, and a scan did not release it (2026-11-26: a
//	        program has to tell it from a failure, after which it would be sent again)
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/urfave/cli/v3"
)

// Exit codes.
const (
	exitDone     = 0
	exitFailed   = 1
	exitUsage    = 2
	exitRefused  = 3
	exitVerified = 4 // the verification failed
	exitHeld     = 5
)

// A usageError is a mistake in a flag or variable. Its text is the sentence
// that the person reads.
type usageError struct{ text string }

func (e *usageError) Error() string { return e.text }

func usagef(format string, args ...any) error {
	return &usageError{fmt.Sprintf(format, args...)}
}

// Run carries out a command line (args[0] is the program) until it is done or
// ctx ends, and returns the exit code.
func Run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	return runWith(ctx, args, os.Stdin, stdout, stderr)
}

func runWith(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	began := false // whether a command got as far as its own code
	root := &cli.Command{
		Name:                  "beeline",
		Usage:                 "send files straight from one computer to another",
		Description:           "Every flag is also a variable: --tls-cert is BEELINE_TLS_CERT.",
		HideVersion:           true, // there is a command
		Reader:                stdin,
		Writer:                stdout,
		ErrWriter:             stderr,
		EnableShellCompletion: true,
		ConfigureShellCompletionCommand: func(c *cli.Command) {
			c.Hidden = false
			c.Usage = "print what a shell needs to complete commands and flags"
		},
		ExitErrHandler: func(context.Context, *cli.Command, error) {}, // Run decides
		Commands:       commands(),
		Action: func(_ context.Context, c *cli.Command) error {
			if name := c.Args().First(); name != "" {
				return usagef("there is no command %q; `beeline help` lists them", name)
			}
			return usagef("which command? `beeline help` lists them; `beeline serve` starts a server")
		},
	}
	var prepare func(c *cli.Command)
	prepare = func(c *cli.Command) {
		c.OnUsageError = func(_ context.Context, _ *cli.Command, err error, _ bool) error {
			return usagef("%s", sentence(err))
		}
		action := c.Action
		c.Action = func(ctx context.Context, c *cli.Command) error {
			began = true
			return action(ctx, c)
		}
		for _, sub := range c.Commands {
			prepare(sub)
		}
	}
	prepare(root)
	err := root.Run(ctx, args)
	var usage *usageError
	var ended *endError
	switch {
	case err == nil:
		return exitDone
	case errors.As(err, &usage), !began:
		fmt.Fprintf(stderr, "beeline: %s\n", sentence(err))
		return exitUsage
	case errors.As(err, &ended):
		if ended.text != "" {
			fmt.Fprintf(stderr, "beeline: %s\n", ended.text)
		}
		return ended.exit
	default:
		fmt.Fprintf(stderr, "beeline: %s\n", sentence(err))
		return exitFailed
	}
}

func commands() []*cli.Command {
	return []*cli.Command{
		serveCommand(), webCommand(), sendCommand(), receiveCommand(), releaseCommand(), contactsCommand(), shareCommand(), sharesCommand(), inboxCommand(), nodeCommand(),
		manCommand(), hooksCommand(), versionCommand(),
	}
}

// sentence is an error on one line.
func sentence(err error) string {
	return strings.Join(strings.Fields(err.Error()), " ")
}

// env returns the variable of a flag.
func env(flag string) cli.ValueSourceChain {
	return cli.EnvVars("BEELINE_" + strings.ToUpper(strings.ReplaceAll(flag, "-", "_")))
}

// noCommand is for a command that has others below it, and was not given one of them.
func noCommand(c *cli.Command) error {
	if name := c.Args().First(); name != "" {
		return usagef("%s has no command %q; `beeline %s --help` lists them", c.Name, name, c.Name)
	}
	return nil
}

// noArguments fails where something was typed that is no flag.
func noArguments(c *cli.Command) error {
	if arg := c.Args().First(); arg != "" {
		return usagef("%s takes no arguments, but %q was given", c.Name, arg)
	}
	return nil
}
