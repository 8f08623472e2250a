package cli

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/urfave/cli/v3"

	"beeline/backend/hook"
	"beeline/backend/peer"
	"beeline/wasm/identity"
	"beeline/wasm/session"
	"beeline/wasm/wire"
)

// This file: --hook, for every command that something happens in.

// hookWithinMax is as long as a hook may be given.
const hookWithinMax = 24 * time.Hour

func hookFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{Name: "hook", Sources: env("hook"), Usage: "run `CMD` when something happened, with the facts in its environment (`beeline help " + hookTopic + "`)"},
		&cli.DurationFlag{Name: "hook-within", Value: time.Minute, Sources: env("hook-within"), Usage: "end a hook that takes longer than this `TIME`"},
	}
}

// hooks tells the person's command what happens. Of recipients it is told what is
// new about each. Nothing is told to nil ones.
type hooks struct {
	*hook.Runner
	command string
	path    string // what is sent, if that is one
	title   string // of it, if the person chose one
	folder  string // where to
	rows    map[uint32]session.Phase
}

// readHooks starts what runs the command, and must be closed.
func readHooks(c *cli.Command, command string, s *screen, lines *jsonStream) (*hooks, error) {
	h := &hooks{command: command, rows: make(map[uint32]session.Phase)}
	within := c.Duration("hook-within")
	if within <= 0 || within > hookWithinMax {
		return nil, usagef("--hook-within must be more than nothing and at most a day (24h)")
	}
	if err := hook.Check(c.String("hook")); c.String("hook") != "" && err != nil {
		return nil, usagef("--hook: %v", err)
	}
	h.Runner = hook.New(hook.Options{Command: c.String("hook"), Within: within, Output: s, Report: func(r hook.Report) {
		if c.Bool("json") {
			lines.say("hook", object{"on": r.On, "exit": r.Exit, "why": orNull(r.Why), "missed": r.Missed})
		} else if text := hookText("The hook", r, within); text != "" {
			s.line("%s", text)
		}
	}})
	return h, nil
}

// hookText says what went wrong with a command; empty: nothing did.
func hookText(what string, r hook.Report, within time.Duration) string {
	on := what + " for “" + string(r.On) + "”"
	switch r.Why {
	case hook.WhyExit:
		return on + " failed: exit " + strconv.Itoa(r.Exit)
	case hook.WhyTimeout:
		return on + " was ended: it took longer than " + lasting(within)
	case hook.WhyStart:
		return on + " could not be started"
	case hook.WhyStopped:
		if r.Missed > 0 {
			return on + " was not run " + plural(r.Missed, "time") + ": the program was stopped"
		}
		return on + " was stopped"
	case hook.WhyMissed:
		return on + " was not run " + plural(r.Missed, "time") + ": too much happened at once"
	}
	return ""
}

// sent says what the command is about, for those who send.
func (h *hooks) sent(paths []string, title string) {
	if h.title = title; len(paths) == 1 {
		h.path = absolute(paths[0])
	}
}

// absolute is a path that does not depend on where who reads it is; empty where
// nobody knows.
func absolute(path string) string {
	path, err := filepath.Abs(path)
	if err != nil {
		return ""
	}
	return path
}

// Tell adds what is the same for all of a command.
func (h *hooks) Tell(e hook.Event) {
	if h == nil {
		return
	}
	e.Command = h.command
	if e.Path == "" {
		e.Path = h.path
	}
	if e.Title == "" {
		e.Title = h.title
	}
	h.Runner.Tell(e)
}

// waits says that somebody wants to be let in.
func (h *hooks) waits(r session.RecipientView) {
	h.Tell(hook.Event{Name: hook.Approval, Recipient: r.ID, Files: uint64(r.Files), Bytes: r.Bytes, Peer: true})
}

// recipient says how it ended with one.
func (h *hooks) recipient(contact string, r session.RecipientView) {
	if h != nil {
		h.recipientOf(h.path, h.title, contact, r)
	}
}

// recipientOf is recipient where a command shares more than one thing.
func (h *hooks) recipientOf(path, title, contact string, r session.RecipientView) {
	if h == nil {
		return
	}
	if h.rows[r.ID] == r.Phase {
		return
	}
	h.rows[r.ID] = r.Phase
	e := hook.Event{
		Name: hook.Failed, Path: path, Title: title, Contact: contact, Recipient: r.ID, Route: r.Route.String(),
		Files: uint64(r.FilesVerified), Bytes: r.Verified, Why: wordOf(r.Why), Peer: true,
	}
	switch r.Phase {
	case session.Complete:
		e.Name = hook.Verified
	case session.Failed, session.Cancelled:
	default:
		return
	}
	h.Tell(e)
}

// over forgets a recipient that there is not any more.
func (h *hooks) over(id uint32) {
	if h != nil {
		delete(h.rows, id)
	}
}

// departed drops the rows of recipients that there are not any more, with what else is
// known of them: who shares for a year has any number of them.
func departed[V any](rows map[uint32]V, there []session.RecipientView, h *hooks, j *jsonStream) {
	for id := range rows {
		if !slices.ContainsFunc(there, func(r session.RecipientView) bool { return r.ID == id }) {
			delete(rows, id)
			h.over(id)
			j.over(id)
		}
	}
}

// received says how it ended for who receives.
func (h *hooks) received(got peer.Result, err error, contact string) {
	e := arrivedEvent(h.folder, got, err, contact)
	h.Tell(e)
	if err == nil {
		e.Name = hook.Done
		h.Tell(e)
	}
}

// arrivedEvent says how a transfer ended into a folder.
func arrivedEvent(folder string, got peer.Result, err error, contact string) hook.Event {
	v := got.View
	e := hook.Event{
		Name: hook.Failed, Title: v.Title, Contact: contact, Route: v.Route.String(), Folder: folder, Path: folder, Names: got.Names,
		Files: uint64(v.FilesVerified), Bytes: v.Verified, Seconds: got.Elapsed.Seconds(), Why: wordOf(codeOf(err, v.Failed)),
	}
	if len(got.Names) == 1 && folder != "" {
		e.Path = filepath.Join(folder, got.Names[0])
	}
	switch {
	case err == nil:
		e.Name = hook.Verified
	case isHeld(err):
		e.Name, e.Path, e.Names, e.Why = hook.Held, filepath.Join(folder, peer.QuarantineFolder), nil, ""
	}
	return e
}

// offered says what contacts share.
func (h *hooks) offered(views []session.ContactView, names map[identity.ID]string) {
	for _, v := range views {
		for _, o := range v.Offers {
			h.Tell(hook.Event{Name: hook.Offer, Title: o.Title, Contact: names[v.ID], Files: uint64(o.Entries), Bytes: o.Bytes, Peer: true})
		}
	}
	h.ended(nil, wire.None)
}

// ended says how the command did, for those in which nothing arrives.
func (h *hooks) ended(err error, c wire.Code) {
	if err == nil {
		h.Tell(hook.Event{Name: hook.Done})
	} else {
		h.Tell(hook.Event{Name: hook.Failed, Why: wordOf(c)})
	}
}

// wordOf is a code as programs read it.
func wordOf(c wire.Code) string {
	if c == wire.None {
		return ""
	}
	return c.Error()
}

func orNull(s string) any {
	if s == "" {
		return nil
	}
	return s
}

// hookTopic is where `beeline help` says what a hook is told.
const hookTopic = "hooks"

// hooksCommand is no command but a page of the manual.
func hooksCommand() *cli.Command {
	return &cli.Command{
		Name: hookTopic, Usage: "what the command of --hook is told",
		Description: "CMD is run by `sh -c` (on Windows: started without a shell, and no batch file), one at a time, when something happened:\n" +
			"approval (somebody waits to be let in), verified (a transfer is complete: every file is there and verified), failed,\n" +
			"offer (a contact shares something), held and released (see `beeline release`), full (a node's inbox waits for room:\n" +
			"$BEELINE_BYTES more are needed), done (the command did what it was to do).\n" +
			"What is known of it stands in\n" +
			strings.Join(hook.Variables, ", ") + ",\n" +
			"and all of it as one line of JSON on the standard input. Nothing of it is a link, a code or a key.\n" +
			"The command of --scan is told the same, of the event scan, and decides: exit 0 releases what is in $BEELINE_PATH.\n" +
			"Names are chosen by others: write \"$BEELINE_PATH\" in quotes. Titles and names of contacts have what can't be printed\n" +
			"replaced, and a dash at their beginning; paths are exact and begin at the root.\n" +
			"What it prints goes to the standard error. A hook that fails is said and changes nothing else. What others make happen\n" +
			"runs it 30 times at once and then every two seconds at the most, for each contact and kind of event; what is more is\n" +
			"counted and said. That something arrived at a node waits for its time instead, and contacts take turns.",
		Action: func(ctx context.Context, c *cli.Command) error {
			if err := noArguments(c); err != nil {
				return err
			}
			_, err := fmt.Fprintln(c.Root().Writer, c.Description)
			return err
		},
	}
}
