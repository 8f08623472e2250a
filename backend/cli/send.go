package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/mdp/qrterminal/v3"
	"github.com/urfave/cli/v3"

	"beeline/backend/peer"
	"beeline/wasm/invite"
	"beeline/wasm/session"
	"beeline/wasm/wire"
)

// expiresMax is how long a link may last.
const expiresMax = 366 * 24 * time.Hour

func sendCommand() *cli.Command {
	return &cli.Command{
		Name:      "send",
		Usage:     "share files and folders by a link, until Ctrl-C",
		ArgsUsage: "PATH…",
		Description: "Prints a link, and waits. Whoever opens it, in a browser or with `beeline receive`, gets the files\n" +
			"straight from this computer. The first one is let in; a further one is asked about here: y or n.\n" +
			"What was typed before the question does not answer it. With --json the answer names who is meant: y 3 or n 3.\n" +
			"Ctrl-C says goodbye and stops sharing for good; a second one ends at once. After SIGTERM, as in a shutdown, a closed\n" +
			"terminal, a crash or a power cut the same command (paths, title, server, and what else the link is made with) is the same link again, and who was at it\n" +
			"goes on by itself. A code does not come back: --code makes another. Nothing is kept for that where you have no folder for\n" +
			"settings and give no --keys. Where less than half of the files are what they were (of a single one: where its size or date\n" +
			"is another) it is a new link, and the one of before works no more: who was let in then was not let in to this.",
		Flags: append(append(peerFlags(), hookFlags()...),
			&cli.BoolFlag{Name: "code", Aliases: []string{"c"}, Sources: env("code"), Usage: "also make a code to be said over a phone; it works once, within ten minutes"},
			&cli.BoolFlag{Name: "once", Sources: env("once"), Usage: "stop sharing when the first recipient has everything, or gave up"},
			&cli.BoolFlag{Name: "one-time", Sources: env("one-time"), Usage: "the link belongs to the first who opens it; others find nobody"},
			&cli.BoolFlag{Name: "approve", Sources: env("approve"), Usage: "let in only whose six digits are typed here, as the recipient reads them out"},
			&cli.IntFlag{Name: "limit", Sources: env("limit"), Usage: "let in at most `N` recipients, and stop sharing when they all have everything"},
			&cli.DurationFlag{Name: "expires", Value: 7 * 24 * time.Hour, Sources: env("expires"), Usage: "the link ends after this `TIME` (for example 36h); one of before that goes on ends sooner by it, never later"},
			&cli.StringFlag{Name: "note", Sources: env("note"), Usage: "a few words for the recipient, as `TEXT` beside the list"},
			&cli.StringFlag{Name: "title", Sources: env("title"), Usage: "name the share `NAME`; else it has the name of what is sent"},
			&cli.StringFlag{Name: "paths", Value: "any", Sources: env("paths"), Usage: "any, direct (never through a relay) or relay (never show an address to the other side)"},
			&cli.BoolFlag{Name: "yes", Aliases: []string{"y"}, Sources: env("yes"), Usage: "let everybody in who has the link, without a question"},
			&cli.BoolFlag{Name: "new", Sources: env("new"), Usage: "make another link, also where one of before could go on; that one is withdrawn, unless another program offers it"},
			&cli.StringFlag{Name: "keys", Sources: env("keys"), Usage: "keep the link in this `DIR` until it ends, so that it is the same after a crash (by itself: with this user's settings)"},
			&cli.BoolFlag{Name: "no-qr", Sources: env("no-qr"), Usage: "print no QR code of the link"},
		),
		Action: func(ctx context.Context, c *cli.Command) error {
			o, k, err := readSend(c)
			if err != nil {
				return err
			}
			s := &sender{
				connecting: k, qr: !c.Bool("no-qr"), yes: c.Bool("yes"), approve: c.Bool("approve"), once: o.Once,
				stdout: c.Root().Writer, screen: newScreen(c.Root().ErrWriter), typed: newTyped(c.Root().Reader).until(ctx),
				lines: newJSONStream(c.Root().Writer), rows: make(map[uint32]*row), clicks: make(chan session.Event), asking: make(chan struct{}, 1),
			}
			ctx = untilHangup(ctx)
			s.typed.ahead = !s.typed.terminal
			if err := s.recall(ctx, c, &o); err != nil {
				return err
			}
			defer s.close()
			if s.hooks, err = readHooks(c, "send", s.screen, s.lines); err != nil {
				return err
			}
			defer s.hooks.Close()
			s.hooks.sent(o.Paths, o.Title)
			return s.run(ctx, o)
		},
	}
}

func readSend(c *cli.Command) (o peer.SendOptions, k connecting, err error) {
	if k, err = readConnecting(c); err != nil {
		return o, k, err
	}
	o = peer.SendOptions{
		Server: k.server, Lanes: k.lanes, HTTP: k.http, Paths: c.Args().Slice(), Title: c.String("title"),
		Once: c.Bool("once"), Until: c.Int("limit"), Expires: c.Duration("expires"),
	}
	switch {
	case len(o.Paths) == 0:
		return o, k, usagef("what is to be sent? Name files or folders: beeline send PATH…")
	case o.Server == "":
		return o, k, errNoServer
	case o.Expires <= 0 || o.Expires > expiresMax:
		return o, k, usagef("--expires must be more than nothing and at most a year (8784h)")
	case o.Until < 0 || o.Until > 1000:
		return o, k, usagef("--limit must be 1 to 1000, or 0 for any number")
	}
	var flags uint8
	if c.Bool("one-time") {
		flags |= invite.OneTime
	}
	if c.Bool("approve") {
		flags |= invite.Approval
	}
	if flags != 0 {
		o.Chosen = append(o.Chosen, session.SetFlags{Flags: flags})
	}
	if note := c.String("note"); note != "" || o.Until > 0 {
		o.Chosen = append(o.Chosen, session.SetTerms{Limit: o.Until, Note: note})
	}
	switch c.String("paths") {
	case "any":
	case "direct":
		o.Chosen = append(o.Chosen, session.SetPaths{Paths: wire.PathsDirect})
	case "relay":
		o.Chosen = append(o.Chosen, session.SetPaths{Paths: wire.PathsRelay})
	default:
		return o, k, usagef("--paths is any, direct or relay, not %q", c.String("paths"))
	}
	if c.Bool("code") {
		o.Chosen = append(o.Chosen, session.MakeCode{})
	}
	return o, k, nil
}

// A sender shows a share to the person who made it. Its methods are called from
// one goroutine at a time, but for ask.
type sender struct {
	connecting
	qr, yes, approve, once bool
	stdout                 io.Writer
	screen                 *screen
	lines                  *jsonStream
	typed                  *typed
	hooks                  *hooks
	clicks                 chan session.Event
	asking                 chan struct{} // has one in it while a question is asked
	again                                // what is kept of the link

	rows   map[uint32]*row
	code   session.CodeView
	began  time.Time
	lost   bool // the server is
	listed bool
	wrong  int // digits that nobody had
	failed []session.FailedFile
	done   int // recipients who have everything
	open   int // who are in the middle
}

// A row is what was said of a recipient.
type row struct {
	phase session.Phase
	pace  pace
	began time.Time
}

func (s *sender) run(ctx context.Context, o peer.SendOptions) error {
	o.OnLink, o.OnView, o.OnSkip, o.Clicks = s.link, s.view, s.skipped, s.clicks
	o.OnHoles = func(h peer.Holes) { sayHoles(h, s.json, s.lines, s.screen) }
	// Everybody may knock; who is let in is said by the person, or by --yes. Lines
	// that are typed are read from the first question on.
	o.Admit = s.admit
	s.began = time.Now()
	err := peer.Send(ctx, o)
	s.screen.done()
	left := errors.Is(err, peer.ErrLeave)
	if err != nil && !left && ctx.Err() != nil && s.done > 0 && s.open == 0 {
		err = nil // Ctrl-C is how a share ends, and whoever came has everything
	}
	more := ""
	if left {
		more = "; the same command goes on with the same link, until " + s.ends.Format("2 Jan 15:04")
	}
	end := ended(ctx, err, s.failed, more)
	if exitFor(end) != exitUsage {
		s.hooks.ended(err, codeOf(err, s.failed))
	}
	if s.json {
		o := resultObject(err, codeOf(err, s.failed), nil)
		o["exit"], o["kept"] = exitFor(end), left
		if left {
			o["why"] = nil // nothing went wrong
		}
		s.lines.say("result", o)
		return silent(end)
	}
	if err == nil {
		s.screen.line("Sharing has ended; %s everything, verified.", have(s.done))
	}
	return end
}

func have(n int) string {
	if n == 1 {
		return "1 recipient has"
	}
	return strconv.Itoa(n) + " recipients have"
}

func (s *sender) link(link string) {
	if s.json {
		s.lines.say("link", object{
			"link": link, "expires": s.ends.UTC().Format(time.RFC3339),
			"restored": s.restored, "replaced": s.other, "changed": orMany(s.changed),
		})
		return
	}
	made := s.made.Format("2 Jan 15:04")
	switch {
	case s.changed > 0:
		s.screen.line("New or changed since the link was made: %s.", plural(s.changed, "file"))
	case s.changed < 0:
		s.screen.line("What is sent has changed since the link was made.")
	}
	switch {
	case s.other:
		s.screen.line("What is sent is not what it was: this is a new link, and the one of before works no more.")
	case s.damaged:
		s.screen.line("What was kept of the link of before can't be read: this is another one.")
	case s.restored && link == "":
		s.screen.line("The one-time link was made on %s, and is its recipient's, who goes on. --new makes another.", made)
		return
	case s.restored:
		s.screen.line("This link was made on %s, and goes on:", made)
	}
	fmt.Fprintf(s.stdout, "%s\n", link)
	if s.qr && s.screen.width > 0 {
		qrterminal.GenerateHalfBlock(link, qrterminal.L, s.screen.out)
	}
	s.screen.line("The link works until %s, while this program runs. Ctrl-C stops sharing.", s.ends.Format("2 Jan 15:04"))
}

func (s *sender) skipped(f peer.Skipped) {
	if s.json {
		s.lines.say("skipped", object{"path": f.Path, "why": f.Why})
		return
	}
	s.screen.line("Not sent: %s (%s)", visible(f.Path), map[peer.SkipReason]string{
		peer.SkipLink: "a symbolic link", peer.SkipSpecial: "a device, pipe or socket",
		peer.SkipUnreadable: "it can't be read", peer.SkipLimit: "too deep, too large, or its name too long",
		peer.SkipOwn: "not received completely, or in quarantine",
	}[f.Why])
}

func (s *sender) view(v session.ShareView) {
	s.failed = v.Failed
	s.showCode(v.Code)
	if lost := v.Phase == session.Connecting && v.Why != wire.None && time.Since(s.began) > offlineAfter; lost != s.lost && v.Phase < session.Complete {
		s.lost = lost
		switch {
		case s.json:
		case lost:
			s.screen.line("Nobody new can come: %s. It goes on by itself.", because(v.Why))
		default:
			s.screen.line("The server is there again.")
		}
	}
	if v.Listed && !s.listed {
		s.listed = true
		if !s.json {
			s.screen.line("%s, %s. Waiting for a recipient.", plural(v.Files, "file"), size(v.Bytes))
		}
	}
	if v.Mistyped > s.wrong && !s.json {
		s.screen.line("Nobody has these digits. Ask again what the recipient sees.")
	}
	s.wrong = v.Mistyped
	s.done, s.open = s.had, 0
	for _, r := range v.Recipients {
		switch {
		case r.Phase == session.Complete:
			s.done++
		case r.Phase >= session.Transferring && r.Phase < session.Complete:
			s.open++
		}
		s.recipient(r)
		s.hooks.recipient("", r)
	}
	departed(s.rows, v.Recipients, s.hooks, s.lines)
}

func (s *sender) showCode(c session.CodeView) {
	if c.State == s.code.State && c.Text == s.code.Text {
		return
	}
	s.code = c
	gone := map[session.CodeState]string{
		session.CodeUsed: "used", session.CodeWrong: "wrong", session.CodeTried: "tried",
		session.CodeExpired: "expired", session.CodeLost: "lost",
	}[c.State]
	switch {
	case s.json && c.Text != "":
		s.lines.say("code", object{"code": c.Text, "until": time.UnixMilli(c.Until).UTC().Format(time.RFC3339)})
	case s.json && gone != "":
		s.lines.say("code", object{"code": "", "why": gone})
	case c.Text != "":
		fmt.Fprintf(s.stdout, "%s\n", c.Text)
		s.screen.line("The code works once, until %s: beeline receive --server %s", time.UnixMilli(c.Until).Format("15:04"), s.server)
	case gone == "used":
		s.screen.line("Somebody came by the code; it works no more.")
	case gone == "lost":
		s.screen.line("There is no code: the server took it back, or gives none. The link works.")
	case gone != "":
		s.screen.line("The code works no more (%s). The link does.", map[string]string{
			"wrong": "it was typed wrong three times", "tried": "it was tried too often", "expired": "ten minutes are over"}[gone])
	}
}

// recipient says what is new about one recipient.
func (s *sender) recipient(v session.RecipientView) {
	r := s.rows[v.ID]
	if r == nil {
		r = &row{phase: session.Ready}
		s.rows[v.ID] = r
	}
	if s.json {
		s.lines.recipient(v)
		return
	}
	rate := r.pace.note(time.Now(), v.Written)
	if v.Phase == session.Transferring {
		s.screen.under(fmt.Sprintf("%d: %s", v.ID, progress(v.Written, v.Bytes, rate, v.Route)))
	}
	if v.Phase == r.phase {
		return
	}
	r.phase = v.Phase
	if r.began.IsZero() {
		r.began = time.Now()
	}
	switch v.Phase {
	case session.Connecting:
		s.screen.line("%d: connecting", v.ID)
	case session.ListShown:
		r.began = time.Now()
		s.screen.line("%d: connected, and looks at the list", v.ID)
	case session.Transferring:
		s.screen.line("%d: receives %s", v.ID, way(v.Route))
	case session.Paused:
		s.screen.line("%d: paused", v.ID)
	case session.Reconnecting:
		s.screen.line("%d: the connection is disturbed; it goes on by itself", v.ID)
	case session.Complete:
		s.screen.line("%d: has everything, verified: %s in %s", v.ID, size(v.Bytes), lasting(time.Since(r.began)))
	case session.Failed:
		s.screen.line("%d: %s", v.ID, because(v.Why))
	case session.Cancelled:
		s.screen.line("%d: stopped", v.ID)
	}
}
