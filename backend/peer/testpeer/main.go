// Command testpeer is a native peer for tests: the browser tests start it and
// talk to it in lines of JSON. `beeline send` and `beeline receive` will be the
// same package with words for people.
//
//	testpeer send    --server URL [--once] [--admit] [--lanes N] [--title T] PATH…
//	testpeer raw     [--send] [--bytes N]      a bare lane to a page, for measurements
//	testpeer receive [--server URL] [--out DIR] [--conflict C] [--lanes N]
//
// Receive reads the link as the first line of its standard input: arguments and
// environments can be seen by everybody on a machine (PROTOCOL.md 3, attack 52).
// Further lines are clicks: "pause", "resume" and "cancel" of a recipient; "stop",
// and with the id of a row "stop 1", "pause 1", "resume 1" of a sharer.
//
// Standard output, one object a line:
//
//	{"type":"link","link":…}      send, first
//	{"type":"skip","path":…,"why":…}
//	{"type":"list","entries":[…]} receive, once the list is whole
//	{"type":"view",…}             at most ten times a second
//	{"type":"result","ok":…,"why":…}   last
//
// Exit: 0 done and verified, 1 failed, 2 usage, 3 refused or revoked, 4 what
// arrived is not what was sent.
package main

import (
	"bufio"
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"syscall"

	"beeline/backend/peer"
	"beeline/wasm/session"
	"beeline/wasm/wire"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

func run(ctx context.Context, args []string, in io.Reader, out, complain io.Writer) int {
	if len(args) > 0 {
		switch args[0] {
		case "send":
			return send(ctx, args[1:], in, newReport(out), complain)
		case "receive":
			return receive(ctx, args[1:], in, newReport(out), complain)
		case "raw":
			return raw(ctx, args[1:], in, out, complain)
		}
	}
	fmt.Fprintln(complain, "usage: testpeer send|receive|raw …")
	return 2
}

func send(ctx context.Context, args []string, in io.Reader, out *report, complain io.Writer) int {
	var o peer.SendOptions
	flags := newFlags("send", complain)
	flags.StringVar(&o.Server, "server", "", "address of the server")
	flags.StringVar(&o.Title, "title", "", "name of the share")
	flags.BoolVar(&o.Once, "once", false, "end with the first recipient")
	flags.IntVar(&o.Lanes, "lanes", 1, "connections a recipient may have")
	admit := flags.Bool("admit", false, "let every recipient in, not only the first")
	if flags.Parse(args) != nil {
		return 2
	}
	o.Paths = flags.Args()
	o.OnLink, o.OnView, o.OnSkip = out.link, out.share, out.skip
	if *admit {
		o.Admit = func(context.Context, session.RecipientView) bool { return true }
	}
	clicks := make(chan session.Event)
	o.Clicks = clicks
	go readClicks(ctx, bufio.NewScanner(in), clicks)
	err := peer.Send(ctx, o)
	out.end(err, nil)
	return exit(err)
}

func receive(ctx context.Context, args []string, in io.Reader, out *report, complain io.Writer) int {
	var o peer.ReceiveOptions
	flags := newFlags("receive", complain)
	flags.StringVar(&o.Server, "server", "", "address of the server; the link's if there is none")
	flags.StringVar(&o.Out, "out", ".", "destination")
	flags.IntVar(&o.Lanes, "lanes", 1, "connections to take")
	conflict := flags.String("conflict", "keep-both", "keep-both, skip or replace")
	if flags.Parse(args) != nil || flags.NArg() > 0 {
		return 2
	}
	var ok bool
	if o.Conflict, ok = conflicts[*conflict]; !ok {
		fmt.Fprintln(complain, "conflict must be keep-both, skip or replace")
		return 2
	}
	lines := bufio.NewScanner(in)
	if !lines.Scan() {
		fmt.Fprintln(complain, "the first line of the standard input must be the link")
		return 2
	}
	o.Link = strings.TrimSpace(lines.Text())
	o.OnView = out.receive
	o.Accept = func(_ context.Context, offer *peer.Offer) bool {
		out.list(offer)
		return true
	}
	clicks := make(chan session.Event)
	o.Clicks = clicks
	go readClicks(ctx, lines, clicks)
	result, err := peer.Receive(ctx, o)
	out.end(err, &result)
	return exit(err)
}

var conflicts = map[string]peer.Conflict{"keep-both": peer.KeepBoth, "skip": peer.Skip, "replace": peer.Replace}

func newFlags(name string, complain io.Writer) *flag.FlagSet {
	f := flag.NewFlagSet(name, flag.ContinueOnError)
	f.SetOutput(complain)
	return f
}

// readClicks turns lines into what a person does. It ends with the process: a
// read of the standard input can't be taken back.
func readClicks(ctx context.Context, lines *bufio.Scanner, clicks chan<- session.Event) {
	for lines.Scan() {
		e := click(strings.Fields(lines.Text()))
		if e == nil {
			continue
		}
		select {
		case clicks <- e:
		case <-ctx.Done():
			return
		}
	}
}

func click(words []string) session.Event {
	if len(words) == 0 {
		return nil
	}
	id := uint64(0)
	if len(words) > 1 {
		var err error
		if id, err = strconv.ParseUint(words[1], 10, 32); err != nil {
			return nil
		}
	}
	row := len(words) > 1
	switch words[0] {
	case "pause", "resume":
		on := words[0] == "pause"
		if row {
			return session.PauseRecipient{Session: uint32(id), On: on}
		}
		return session.SetPause{On: on}
	case "stop":
		if row {
			return session.StopRecipient{Session: uint32(id)}
		}
		return session.StopSharing{}
	case "cancel":
		return session.CancelAll{}
	}
	return nil
}

// exit is the status of a process that ended so. DESIGN 6.
func exit(err error) int {
	switch wire.CodeOf(err) {
	case wire.None:
		return 0
	case wire.Refused, wire.Revoked:
		return 3
	case wire.Root:
		return 4
	}
	return 1
}
