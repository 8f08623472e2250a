// Package hook runs a command of the person's when something happened: a transfer
// was verified, somebody waits to be let in. The facts are in its environment and,
// as one line of JSON, on its standard input; never a key, a link, a code or six
// digits.
//
//	r := hook.New(hook.Options{Command: "…", Output: stderr, Report: …})
//	r.Tell(hook.Event{Name: hook.Verified, …})   // at once; commands run one at a time
//	r.Close()                                    // waits for what was told
//
// What is in the facts was in part chosen by a peer, and peers are not to be
// trusted: names may begin with a dash, have line ends in them, be very long. So
//
//   - no fact is ever part of a command line. A shell does not read again what a
//     variable has in it; a batch file of Windows does, and is refused.
//   - texts of others (a title, a contact's name) can be printed, are bounded and do
//     not begin with a dash. Paths are exact, and absolute. The line of JSON has all
//     of it exactly.
//   - a peer makes a command run [burst] times, then once each [every], for each
//     kind of event; what is more is counted and said, and of deliveries waits.
//     Peers take turns, so none costs another one's events.
//
// Decisions:
//
//   - 2026-11-26: on Unix the command is read by `sh -c`, since people write
//     "mail … && touch …"; on Windows it is split as Windows splits command lines and
//     started without a shell, since cmd.exe reads variables as part of the line.
//   - 2026-11-26: variables of Beeline's own are not handed on: they have passphrases,
//     and a hook that runs `beeline` would run the hook. No variable of a hook is one
//     of a flag, or a peer's title would be the title of what a hook sends (a test in
//     backend/cli).
//   - 2026-11-26: budgets are of a contact and of one way. One for all of a kind let a
//     contact who fetches a small file again and again use up what says that another
//     one's footage has arrived.
//   - 2026-11-26: a hook that fails is said, and changes nothing else: neither what
//     was moved nor the exit code. What has to decide is a scan (`receive --scan`).
package hook

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// A Name is what happened.
type Name string

const (
	Approval Name = "approval" // somebody waits to be let in
	Verified Name = "verified" // a transfer is complete: every file of it is there and verified
	Failed   Name = "failed"   // a transfer ended otherwise, or the command did
	Offer    Name = "offer"    // a contact shares something
	Scan     Name = "scan"     // decide about what arrived: only the command of --scan is told this
	Held     Name = "held"     // a scan did not release what arrived, and it stays in quarantine
	Full     Name = "full"     // there is no room for what a contact shares: a node's inbox waits for some
	Released Name = "released" // what an earlier run left in quarantine was scanned and has its place
	Done     Name = "done"     // the command did what it was to do
)

// An Event is what happened, with the facts that are known.
type Event struct {
	Name    Name   `json:"event"`
	Command string `json:"command"` // that runs: send, receive, share, inbox, node

	Path      string   `json:"path"`   // absolute: what is sent; what arrived, if that is one file or folder, else the destination
	Folder    string   `json:"folder"` // the destination; empty for who sends
	Names     []string `json:"names"`  // what arrived there, at the top
	Title     string   `json:"title"`  // of the share: who sends chose it
	Contact   string   `json:"contact"`
	Recipient uint32   `json:"recipient"` // the number that `send` gives; 0: the event is about none
	Files     uint64   `json:"files"`     // that are verified; of an approval or an offer, that are shared
	Bytes     uint64   `json:"bytes"`     // likewise
	Seconds   float64  `json:"seconds"`
	Route     string   `json:"route"` // lan, direct, relayed
	Why       string   `json:"why"`   // a code of wasm/PROTOCOL.md 2.1; empty: nothing went wrong

	// Peer says that somebody else made it happen, and could again at will.
	Peer bool `json:"-"`
}

const (
	textMax  = 1024       // of a text of others, in bytes
	pathMax  = 32 << 10   // of a path: a system refuses to start what has more than 128 KiB in a variable
	namesMax = 1000       // of names in the line of JSON
	own      = "BEELINE_" // how variables of this program begin
)

// Variables are what a hook finds in its environment, in the order of the manual.
// All are set; what is not known is empty.
var Variables = []string{
	"BEELINE_EVENT", "BEELINE_COMMAND", "BEELINE_PATH", "BEELINE_FOLDER", "BEELINE_SHARE_TITLE", "BEELINE_CONTACT",
	"BEELINE_RECIPIENT", "BEELINE_FILES", "BEELINE_BYTES", "BEELINE_SECONDS", "BEELINE_ROUTE", "BEELINE_WHY",
}

// facts are the values of Variables.
func (e Event) facts() []string {
	recipient := ""
	if e.Recipient != 0 {
		recipient = strconv.FormatUint(uint64(e.Recipient), 10)
	}
	return []string{
		string(e.Name), e.Command, path(e.Path), path(e.Folder), text(e.Title), text(e.Contact),
		recipient, strconv.FormatUint(e.Files, 10), strconv.FormatUint(e.Bytes, 10), strconv.FormatFloat(e.Seconds, 'f', 3, 64), e.Route, e.Why,
	}
}

// environment is that of this program without what is its own, and the facts.
func (e Event) environment() (list []string) {
	for _, v := range os.Environ() {
		if !strings.HasPrefix(strings.ToUpper(v), own) { // Windows tells no case apart
			list = append(list, v)
		}
	}
	for i, value := range e.facts() {
		list = append(list, Variables[i]+"="+value)
	}
	return list
}

// text is what somebody else wrote as a variable may have it.
func text(s string) string {
	s = strings.Map(func(r rune) rune {
		if !strconv.IsPrint(r) {
			return utf8.RuneError
		}
		return r
	}, s[:min(len(s), textMax)])
	if cut := textMax; len(s) > cut { // marks are longer than what they stand for
		for ; !utf8.RuneStart(s[cut]); cut-- {
		}
		s = s[:cut]
	}
	if rest, dash := strings.CutPrefix(s, "-"); dash {
		return "_" + rest
	}
	return s
}

// path is a path, or nothing: a part of one leads elsewhere.
func path(s string) string {
	if len(s) > pathMax || strings.ContainsRune(s, 0) {
		return ""
	}
	return s
}

// line is the event as JSON.
func (e Event) line() []byte {
	e.Names = append([]string{}, e.Names[:min(len(e.Names), namesMax)]...)
	var b bytes.Buffer
	w := json.NewEncoder(&b)
	w.SetEscapeHTML(false)
	_ = w.Encode(e) // into memory, of strings and numbers
	return b.Bytes()
}

// A Report is how a command ended.
type Report struct {
	On     Name
	Exit   int    // -1: it did not end by itself, or was not started
	Why    string // empty: exit 0
	Missed int    // events that it was not run for
}

// Why a hook did not do its work.
const (
	WhyExit    = "exit"    // it ended with another code than 0
	WhyTimeout = "timeout" // it was ended: it took too long
	WhyStart   = "start"   // it could not be started
	WhyStopped = "stopped" // it was ended, or with Missed not run: the person stopped the program
	WhyMissed  = "missed"  // it was not run: there was too much to run it for
)

// pipesAfter is how long what a command left running may hold its output.
const pipesAfter = 2 * time.Second

// Run runs a command about an event, and waits for its end. What it starts and does
// not wait for may go on, unless the time is over: then all of it is ended.
func Run(ctx context.Context, command string, within time.Duration, e Event, output io.Writer) Report {
	report := Report{On: e.Name, Exit: -1}
	limited, stop := context.WithTimeout(ctx, within)
	defer stop()
	c, err := shell(limited, command)
	if err != nil {
		report.Why = WhyStart
		return report
	}
	c.Env, c.Stdin, c.Stdout, c.Stderr = e.environment(), bytes.NewReader(e.line()), output, output
	c.WaitDelay = pipesAfter
	err = c.Run()
	var exit *exec.ExitError
	switch {
	case c.ProcessState == nil && ctx.Err() != nil:
		report.Why = WhyStopped // before it began
	case c.ProcessState == nil:
		report.Why = WhyStart
	case ctx.Err() != nil && !c.ProcessState.Success():
		report.Why = WhyStopped
	case limited.Err() != nil && !c.ProcessState.Success():
		report.Why = WhyTimeout
	case c.ProcessState.Success():
		report.Exit = 0 // whatever became of its output
	case errors.As(err, &exit):
		report.Exit, report.Why = exit.ExitCode(), WhyExit
	default:
		report.Why = WhyExit
	}
	return report
}
