package cli

import (
	"context"
	"errors"
	"io/fs"

	"beeline/wasm/session"
	"beeline/wasm/wire"
)

// An endError is how a transfer ended that was not done: what is said of it, if
// it was not said before, and the exit code.
type endError struct {
	text string
	exit int
}

func (e *endError) Error() string { return e.text }

// failures are what happened and what to do, for every code that a transfer of
// this program may end with. The page has the same in web/page/words.
var failures = map[wire.Code]string{
	wire.LinkDamaged: "this link is damaged: a part of it got lost on the way; copy the whole of it",
	wire.Version:     "this link was made by another version of Beeline: update this program",
	wire.Clock:       "the clock of this computer is more than 15 minutes off: set it and try again",
	wire.Format:      "the program on the other side does something this one does not understand: update both",
	wire.Desc:        "the program on the other side does something this one does not understand: update both",
	wire.Replay:      "old data was sent again on the way, and none of it was kept: try again",
	wire.PSK:         "the code was wrong: ask the sender for a new one, or for a link",
	wire.BadCode:     "this is no code: a number of five or six digits and three English words",
	wire.NoCode:      "nobody waits under this number: check it, or ask the sender for a new code",
	wire.CodeUsed:    "the connection broke, and a code works once: ask the sender for a new one",
	wire.KEM:         "the connection could not be secured: update both programs",
	wire.Identity:    "somebody else answered, who can't prove to be the sender of this link: ask for a new one",
	wire.Signature:   "the other side could not prove who it is: ask for a new link",
	wire.SignalOrder: "the connection was disturbed while it was made: try again, or on another network",
	wire.NoPeer:      "nobody is there: the sender is offline, or stopped sharing",
	wire.Path:        "the two computers can't connect: a network between them lets nothing through; try another",
	wire.NoRelay:     "only a relay may be used, and there is none that both sides reach",
	wire.Refused:     "the other side said no",
	wire.Expired:     "the time of the link is over, or nobody said yes within five minutes",
	wire.Revoked:     "the sender stopped sharing: ask for a new link for the rest",
	wire.Taken:       "this link has been used as often as the sender allows",
	wire.Busy:        "the sender is busy with too many people: try again later",
	wire.Auth:        "what arrived was damaged or forged on the way, and none of that was kept: try again",
	wire.Unrequested: "the sender sent something that was never asked for, so the transfer was ended",
	wire.Manifest:    "the list of files is another than before: try again, and what arrived counts. Or it breaks the rules: too many entries, too deep, or names too long",
	wire.Name:        "a name can't be used on this disk",
	wire.Root:        "what arrived is not what was sent, also when it was fetched again: a disk or a cable may be failing",
	wire.Changed:     "a file keeps changing while it is sent: another program is still writing it",
	wire.Withdrawn:   "the sender took a file back",
	wire.Space:       "there is no room on the disk",
	wire.Unreadable:  "a file can't be read any more at the sender's",
	wire.Unwritable:  "the destination can't be written to: check that the drive is there and not protected",
	wire.Offline:     "the server can't be reached",
	wire.Outdated:    "the server speaks another version: update this program",
	wire.PeerGone:    "the other side went away and did not come back",
	wire.Incomplete:  "some files did not arrive; the others are complete and verified",
	wire.Internal:    "something broke inside Beeline: this is our fault, not yours",
}

// because is the sentence of a code.
func because(c wire.Code) string {
	if s, ok := failures[c]; ok {
		return s
	}
	return failures[wire.Internal]
}

// exitOf is the exit code of a transfer that ended with this code.
func exitOf(c wire.Code) int {
	switch c {
	case wire.None:
		return exitDone
	case wire.Refused, wire.Revoked, wire.Taken:
		return exitRefused
	case wire.Root:
		return exitVerified
	}
	return exitFailed
}

// codeOf is why a transfer ended: of several files that failed, that one was not
// what was sent.
func codeOf(err error, failed []session.FailedFile) wire.Code {
	if isHeld(err) {
		return wire.None // nothing went wrong on the way
	}
	c := wire.CodeOf(err)
	for _, f := range failed {
		if c == wire.Incomplete && f.Why == wire.Root {
			return wire.Root
		}
	}
	return c
}

// ended turns what a transfer returned into what Run says. more is what there is
// to say besides.
func ended(ctx context.Context, err error, failed []session.FailedFile, more string) error {
	var path *fs.PathError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &path):
		return usagef("%v", err)
	case ctx.Err() != nil && (errors.Is(err, context.Canceled) || errors.Is(err, context.Cause(ctx))):
		end := stopped(ctx)
		end.text += more
		return end
	}
	c := codeOf(err, failed)
	if c == wire.LinkDamaged || c == wire.BadCode || c == wire.Version {
		return usagef("%s", because(c))
	}
	return &endError{because(c) + more, exitOf(c)}
}

// exitFor is the exit code that Run makes of what a command returns.
func exitFor(err error) int {
	var usage *usageError
	var ended *endError
	switch {
	case err == nil:
		return exitDone
	case errors.As(err, &usage):
		return exitUsage
	case errors.As(err, &ended):
		return ended.exit
	}
	return exitFailed
}

// silent keeps the exit code and no sentence: the JSON lines said it.
func silent(err error) error {
	if err == nil {
		return nil
	}
	return &endError{exit: exitFor(err)}
}
