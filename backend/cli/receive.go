package cli

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/urfave/cli/v3"

	"beeline/backend/peer"
	"beeline/wasm/catalog"
	"beeline/wasm/session"
	"beeline/wasm/wire"
)

func receiveCommand() *cli.Command {
	return &cli.Command{
		Name:      "receive",
		Usage:     "receive what a link, a code or a contact offers",
		ArgsUsage: "[LINK|CODE|TITLE]",
		Description: "Without an argument the link or code is read from the standard input, or asked for: everybody on this\n" +
			"computer can see the arguments of a program. On a terminal the list is shown and a question asked before\n" +
			"anything is received; --yes answers it, and is needed where there is no terminal to ask.\n" +
			"With --from it is what a contact shares with you, as `beeline inbox` lists it: the only share, or the one of this TITLE.\n" +
			"Files get their names once they are complete and verified. Nothing is overwritten unless you say so. With --scan\n" +
			"they get them once all of them are, and a command has looked into them (`beeline release`). What is\n" +
			"interrupted, by Ctrl-C, a crash or a full disk, goes on when the same command is run again.",
		Flags: append(slices.Concat(peerFlags(), hookFlags(), scanFlags(), fromFlags()),
			&cli.StringFlag{Name: "out", Aliases: []string{"o"}, Value: ".", Sources: env("out"), Usage: "receive into this `DIR`; it is made if it is not there"},
			conflictFlag(),
			&cli.BoolFlag{Name: "yes", Aliases: []string{"y"}, Sources: env("yes"), Usage: "receive everything without a question"},
			&cli.StringFlag{Name: "keys", Sources: env("keys"), Usage: "keep the keys of unfinished transfers in this `DIR`, so that the sender knows who comes back (by itself: with this user's settings)"},
			&cli.BoolFlag{Name: "hide-address", Sources: env("hide-address"), Usage: "connect through a relay only, so that the sender does not see this computer's address"},
		),
		Action: func(ctx context.Context, c *cli.Command) error {
			k, err := readConnecting(c)
			if err != nil {
				return err
			}
			r := &receiver{
				connecting: k, yes: c.Bool("yes"), out: c.String("out"),
				stdout: c.Root().Writer, screen: newScreen(c.Root().ErrWriter), typed: newTyped(c.Root().Reader).until(ctx),
				lines: newJSONStream(c.Root().Writer),
			}
			o := peer.ReceiveOptions{Server: k.server, Lanes: k.lanes, HTTP: k.http, Out: r.out, Hidden: c.Bool("hide-address"), Resume: true, Keys: keysFolder(c.String("keys"))}
			var ok bool
			if o.Conflict, ok = conflicts[c.String("on-conflict")]; !ok {
				return usagef("--on-conflict is keep-both, skip or replace, not %q", c.String("on-conflict"))
			}
			if c.Args().Len() > 1 {
				return usagef("one link, code or title, please: %d arguments were given", c.Args().Len())
			}
			if !r.yes && !r.mayAsk() {
				return usagef("there is no terminal to ask on: add --yes to receive everything")
			}
			if o.Scan, err = readScan(c, r.screen, r.lines); err != nil {
				return err
			}
			o.ScanID = scanID(c.String("scan"))
			if r.hooks, err = readHooks(c, "receive", r.screen, r.lines); err != nil {
				return err
			}
			defer r.hooks.Close()
			r.hooks.folder = absolute(r.out)
			what := strings.TrimSpace(c.Args().First())
			if c.IsSet("from") {
				return r.runFrom(ctx, c, o, what)
			}
			return r.run(ctx, o, what)
		},
	}
}

func conflictFlag() cli.Flag {
	return &cli.StringFlag{Name: "on-conflict", Value: "keep-both", Sources: env("on-conflict"), Usage: "where a file of that name is there: keep-both (the new one gets a number), skip (what is the same), or replace"}
}

var conflicts = map[string]peer.Conflict{"keep-both": peer.KeepBoth, "skip": peer.Skip, "replace": peer.Replace}

// A receiver shows a transfer to the person who receives. Its methods are called
// from one goroutine at a time, but for accept and retype.
type receiver struct {
	connecting
	yes    bool
	out    string
	stdout io.Writer
	screen *screen
	lines  *jsonStream
	typed  *typed
	hooks  *hooks
	from   string // the contact, with --from

	both  bool // what is there and what comes
	there bool // all of it was, before

	began  time.Time
	phase  session.Phase
	why    string
	digits string
	asks   bool // a question is on the screen
	pace   pace
}

// mayAsk reports whether a person can be asked.
func (r *receiver) mayAsk() bool { return r.typed.terminal && r.screen.width > 0 && !r.json }

func (r *receiver) run(ctx context.Context, o peer.ReceiveOptions, what string) error {
	if what == "" {
		if r.mayAsk() {
			r.screen.prompt("Link or code: ")
		}
		var ok bool
		if what, ok = r.typed.line(ctx); ctx.Err() != nil {
			return &endError{"stopped", exitFailed}
		} else if !ok || what == "" {
			return usagef("what is to be received? Give a link or a code")
		}
	}
	if strings.Contains(what, "#") || len(what) == linkLength && !strings.Contains(what, " ") {
		o.Link = what
	} else {
		o.Code = what
	}
	if o.Server == "" && !strings.Contains(what, "#") {
		return usagef("through which server? A code, or a link without one, needs --server URL, or BEELINE_SERVER")
	}
	if page, _, _ := strings.Cut(what, "#"); o.Server == "" {
		if err := r.pins(page); err != nil {
			return err
		}
	}
	return r.take(ctx, o)
}

// take receives what was named, and says how that ended.
func (r *receiver) take(ctx context.Context, o peer.ReceiveOptions) error {
	o.OnView, o.Accept, o.Retype = r.view, r.accept, r.retype
	r.leftovers(ctx, o)
	r.began = time.Now()
	r.both = o.Conflict == peer.KeepBoth
	got, err := peer.Receive(ctx, o)
	r.screen.done()
	if r.there && ctx.Err() == nil && wire.CodeOf(err) == wire.Refused {
		return r.nothingNew(got)
	}
	end := ended(ctx, err, got.View.Failed, r.missing(got)+r.kept(got, o.Code != "" && o.Keys == ""))
	if text := held(err, r.out); text != "" {
		end = &endError{text, exitHeld}
	}
	if exitFor(end) != exitUsage {
		r.hooks.received(got, err, r.from)
	}
	if r.json {
		for _, f := range got.View.Failed {
			r.lines.say("failed", object{"name": f.Name, "why": f.Why.Error()})
		}
		r.lines.result(err, codeOf(err, got.View.Failed), exitFor(end), &got)
		return silent(end)
	}
	for _, f := range got.View.Failed {
		r.screen.line("Not received: %s (%s)", visible(f.Name), because(f.Why))
	}
	if err == nil {
		fmt.Fprintf(r.stdout, "Received and verified: %s, %s in %s, into %s\n",
			plural(int(got.View.FilesVerified), "file"), size(got.View.Verified), lasting(got.Elapsed), r.out)
		if got.Waited {
			r.screen.line("All of it had arrived in an earlier run; now it was scanned.")
		}
		if got.Same > 0 {
			r.screen.line("%s there already.", map[bool]string{true: "1 file was", false: plural(got.Same, "file") + " were"}[got.Same == 1])
		}
		for _, name := range got.Names[:min(len(got.Names), namesShown)] {
			fmt.Fprintf(r.stdout, "%s\n", indented(visible(name)))
		}
	}
	return end
}

// nothingNew says that all of it is there. No hook is told: nothing arrived, and nothing
// was verified.
func (r *receiver) nothingNew(got peer.Result) error {
	got.Same = got.View.Files
	if r.json {
		r.lines.result(nil, wire.None, exitDone, &got)
		return nil
	}
	fmt.Fprintf(r.stdout, "Everything is there already, in %s: %s, %s, by name, size and date. Nothing was received, or read; --on-conflict skip compares the bytes.\n", r.out, plural(got.View.Files, "file"), size(got.View.Bytes))
	return nil
}

// offlineAfter is when a server that was not reached yet is spoken of.
const offlineAfter = 3 * time.Second

const (
	linkLength = 48 // of what only the two know, wasm/PROTOCOL.md (b)
	namesShown = 10 // top-level names in a list for people
)

// keysFolder is where session keys are kept; empty where this user has no place
// for settings: then who comes back is asked about again.
func keysFolder(asked string) string {
	if asked != "" {
		return asked
	}
	config, err := os.UserConfigDir()
	if err != nil {
		return ""
	}
	return filepath.Join(config, "beeline", transfers)
}

// transfers is the folder for the keys of transfers, beside what is kept of a person.
const transfers = "transfers"

// missing says how much a full disk lacks.
func (r *receiver) missing(got peer.Result) string {
	if got.View.Needed > 0 {
		return fmt.Sprintf(": %s more are needed", size(got.View.Needed))
	}
	return ""
}

// kept says that what arrived is not lost.
func (r *receiver) kept(got peer.Result, byCode bool) string {
	if got.View.Safe == 0 || got.View.Why == wire.Revoked {
		return ""
	}
	how := "run the same command again to go on"
	if byCode {
		how = "ask the sender for another code to go on"
	}
	return fmt.Sprintf("; %s are kept in %s: %s", size(got.View.Safe), visible(filepath.Join(r.out, got.Parts)), how)
}

func (r *receiver) view(v session.ReceiveView) {
	if v.Asking && v.Digits != r.digits || v.Asking && !r.asks {
		r.digits, r.asks = v.Digits, true
		switch {
		case r.json:
			r.lines.say("asking", object{"digits": v.Digits})
		case v.Digits != "":
			r.screen.line("Read these six digits out to the sender: %s", v.Digits)
		default:
			r.screen.line("Waiting for the sender to let you in.")
		}
	}
	if r.json {
		r.lines.receiving(v)
		return
	}
	rate := r.pace.note(time.Now(), v.Written)
	if v.Phase == session.Transferring || v.Phase == session.Verifying {
		text := progress(v.Written, v.Bytes, rate, v.Route)
		if v.Written == v.Bytes {
			text = fmt.Sprintf("reading back: %s of %s verified", size(v.Verified), size(v.Bytes))
		}
		r.screen.under(text)
	}
	why := ""
	early := v.Why == wire.Offline && time.Since(r.began) < offlineAfter // the connection is being made
	if v.Why != wire.None && v.Phase < session.Complete && !early {
		why = because(v.Why)
	}
	if v.Needed > 0 && v.Phase < session.Complete {
		why = fmt.Sprintf("the disk is full: it goes on by itself once %s more are free", size(v.Needed))
	}
	if why != r.why && why != "" {
		r.screen.line("%s. Ctrl-C stops.", strings.ToUpper(why[:1])+why[1:])
	}
	r.why = why
	if v.Phase == r.phase {
		return
	}
	r.phase = v.Phase
	switch v.Phase {
	case session.Waiting:
		r.screen.line("Looking for the sender. Ctrl-C stops.")
	case session.Connecting:
		r.screen.line("Connecting.")
	case session.Paused:
		if v.Needed == 0 {
			r.screen.line("Paused.")
		}
	case session.Reconnecting:
		r.screen.line("The connection is disturbed; it goes on by itself.")
	}
}

// accept shows the list, and asks.
func (r *receiver) accept(ctx context.Context, o *peer.Offer) bool {
	v := o.View
	if r.json {
		r.lines.say("list", object{"title": v.Title, "note": v.Note, "files": v.Files, "bytes": v.Bytes, "flagged": v.Flagged})
	}
	if r.there = r.both && allThere(r.out, o); r.there {
		return false
	}
	if r.json {
		return true
	}
	r.screen.line("%s: %s, %s", visible(v.Title), plural(v.Files, "file"), size(v.Bytes))
	if v.Note != "" {
		for line := range strings.Lines(v.Note) {
			r.screen.line("%s", indented(visible(strings.TrimRight(line, "\n"))))
		}
	}
	shown := 0
	for _, e := range o.Entries(1, 1000) {
		if e.Parent != 0 || e.Type == catalog.Gone {
			continue
		}
		if shown++; shown > namesShown {
			r.screen.line("  …")
			break
		}
		name := visible(e.Name)
		if e.Type == catalog.Dir {
			name += "/"
		}
		r.screen.line("  %s", name)
	}
	if v.Flagged > 0 {
		r.screen.line("%s can't be used on this disk and will be changed.", plural(v.Flagged, "name"))
	}
	where, err := filepath.Abs(r.out)
	if err != nil {
		where = r.out
	}
	if free, ok := peer.FreeSpace(r.out); ok && free < v.Bytes {
		r.screen.line("There is room for %s in %s: %s more are needed.", size(free), visible(where), size(v.Bytes-free))
	}
	if r.yes {
		return true
	}
	defer r.typed.ask()() // a y that was pasted behind the link is no answer
	for {
		r.screen.prompt(fmt.Sprintf("Receive into %s? [y/n] ", visible(where)))
		line, ok := r.typed.answer(ctx)
		switch line = strings.ToLower(line); {
		case !ok || line == "n" || line == "no":
			return false
		case line == "y" || line == "yes":
			return true
		}
	}
}

// retype asks for a code once more.
func (r *receiver) retype(ctx context.Context, tries int) string {
	if !r.mayAsk() {
		return ""
	}
	r.screen.prompt(fmt.Sprintf("The sender has another code. Type it again (%d left): ", tries))
	line, _ := r.typed.line(ctx)
	return line
}
