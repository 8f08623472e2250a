package cli

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"
	"time"
	"unicode"

	"github.com/urfave/cli/v3"

	"beeline/backend/hook"
	"beeline/backend/peer"
)

// This file: `beeline receive --scan` and `beeline release`.

// scanWithinMax is as long as a scan may be given.
const scanWithinMax = 7 * 24 * time.Hour

func scanFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{Name: "scan", Sources: env("scan"), Usage: "keep everything in quarantine until `CMD` has ended with exit 0; $BEELINE_PATH is the folder to look into"},
		&cli.DurationFlag{Name: "scan-within", Value: time.Hour, Sources: env("scan-within"), Usage: "end a scan that takes longer than this `TIME`; what it was about stays in quarantine"},
	}
}

// readScan makes the scan of --scan; nil where none is asked for.
func readScan(c *cli.Command, s *screen, lines *jsonStream) (peer.Scan, error) {
	into, err := readScans(c, c.Name, s, lines)
	if into == nil {
		return nil, err
	}
	return into(absolute(c.String("out"))), nil
}

// readScans makes what makes that scan for a destination, for a command that may have
// several.
func readScans(c *cli.Command, by string, s *screen, lines *jsonStream) (into func(folder string) peer.Scan, err error) {
	command, within := c.String("scan"), c.Duration("scan-within")
	if within <= 0 || within > scanWithinMax {
		return nil, usagef("--scan-within must be more than nothing and at most a week (168h)")
	}
	if command == "" {
		return nil, nil
	}
	if err := hook.Check(command); err != nil {
		return nil, usagef("--scan: %v", err)
	}
	json := c.Bool("json")
	scan := func(ctx context.Context, folder string, d peer.Delivery) error {
		if json {
			lines.say("scan", deliveryObject(d))
		} else {
			s.line("Scanning %s, %s.", plural(d.Files, "file"), size(d.Bytes))
		}
		report := hook.Run(ctx, command, within, hook.Event{
			Name: hook.Scan, Command: by, Path: d.Path, Folder: folder, Files: uint64(d.Files), Bytes: d.Bytes,
		}, s)
		if json {
			lines.say("scanned", object{"id": d.ID, "exit": report.Exit, "why": orNull(report.Why), "released": report.Why == ""})
		}
		switch report.Why {
		case "":
			return nil
		case hook.WhyExit:
			return &peer.HeldError{Exit: report.Exit}
		case hook.WhyStopped:
			return context.Cause(ctx)
		}
		return &notScanned{report, within}
	}
	return func(folder string) peer.Scan {
		return func(ctx context.Context, d peer.Delivery) error { return scan(ctx, folder, d) }
	}, nil
}

// scanID names a command to later runs, which are not to find it in the quarantine.
func scanID(command string) string {
	if command == "" {
		return ""
	}
	sum := sha256.Sum256([]byte("bee1 native scan" + command))
	return hex.EncodeToString(sum[:16])
}

// A notScanned is a scan that judged nothing.
type notScanned struct {
	report hook.Report
	within time.Duration
}

func (e *notScanned) Error() string { return hookText("the scan", e.report, e.within) }

// held says what became of a delivery that stays in quarantine, and what to do; empty
// where the error is another.
func held(err error, out string) string {
	var no *peer.HeldError
	var not *notScanned
	release := "`beeline release --out " + shellWord(out) + "`"
	switch {
	case errors.As(err, &no):
		return fmt.Sprintf("the scan ended with exit %d, so everything stays in quarantine: look into %s; %s lists it, and releases it all the same if you name it; to refuse it, delete its folder",
			no.Exit, filepath.Join(out, peer.QuarantineFolder), release)
	case errors.As(err, &not):
		return hookText("the scan", not.report, not.within) + ": everything stays in quarantine; run the same command again to scan it, or see " + release
	case errors.Is(err, errOtherScan):
		return "it arrived for another scan than this one, and stays in quarantine: see " + release
	}
	return ""
}

// isHeld reports an end of which all is there and verified, but in quarantine.
func isHeld(err error) bool {
	var not *notScanned
	return errors.Is(err, peer.ErrHeld) || errors.As(err, &not) || errors.Is(err, errOtherScan)
}

// inQuarantine says why it is there, without a path.
func inQuarantine(err error) string {
	switch {
	case errors.Is(err, errOtherScan):
		return "in quarantine: it arrived for another scan (`beeline release`)"
	case errors.Is(err, peer.ErrHeld):
		return "held in quarantine by the scan (`beeline release`)"
	}
	return "in quarantine, not judged by the scan, which is asked again (`beeline release`)"
}

func deliveryObject(d peer.Delivery) object {
	return object{"id": d.ID, "path": d.Path, "files": d.Files, "bytes": d.Bytes, "complete": d.Complete, "tried": d.Tried, "held": d.Held}
}

// leftovers has scanned what earlier runs left that were killed in the middle of the
// same scan, and gives it a place beside what is there, whatever this run is told of
// another sender's files. What was to be judged otherwise is named, and waits for a
// person as does what a scan held.
func (r *receiver) leftovers(ctx context.Context, o peer.ReceiveOptions) {
	if o.Scan == nil {
		return
	}
	list, _ := peer.Quarantined(o.Out) // what can't be read now is left for another time
	asked := peer.Waiting(o)           // is what this run is about
	for _, d := range list {
		if !d.Complete || d.Held != nil || d.ID == asked || ctx.Err() != nil {
			continue
		}
		if d.Tried || d.Scan != o.ScanID {
			r.tellLeft(d)
			continue
		}
		if !r.json {
			r.screen.line("An earlier run ended before its scan did: %s.", visible(d.ID))
		}
		names, err := peer.Release(ctx, o.Out, d.ID, peer.KeepBoth, o.Scan)
		r.tellReleased(d, names, err)
	}
}

// tellLeft names what stays as it is.
func (r *receiver) tellLeft(d peer.Delivery) {
	if r.json {
		r.lines.say("delivery", deliveryObject(d))
		return
	}
	why := "its run had another scan"
	if d.Tried {
		why = "its scan took too long, or could not be started"
	}
	r.screen.line("In quarantine since an earlier run, and left there: %s (%s). `beeline release --out %s --scan CMD %s` scans it.", visible(d.ID), why, shellWord(r.out), visible(d.ID))
}

func (r *receiver) tellReleased(d peer.Delivery, names []string, err error) {
	switch text := held(err, r.out); {
	case r.json:
	case err == nil:
		r.screen.line("Released into %s: %s", visible(r.out), plural(d.Files, "file"))
	case text != "":
		r.screen.line("%s", text)
	default:
		r.screen.line("It stays in quarantine: %s", sentence(err))
	}
	e := hook.Event{Name: hook.Released, Path: r.hooks.folder, Folder: r.hooks.folder, Names: names, Files: uint64(d.Files), Bytes: d.Bytes}
	if err != nil {
		e.Name, e.Path = hook.Held, d.Path
	}
	r.hooks.Tell(e)
}

// With --json:
//
//	{"event":"delivery","id":"…","path":"…","files":…,"bytes":…,"complete":true,"tried":false,"held":3}      held: the exit code of the scan, or null; tried: it ran and judged nothing
//	{"event":"released","id":"…","names":["…"]}
func releaseCommand() *cli.Command {
	return &cli.Command{
		Name: "release", Usage: "list what a scan holds in quarantine, and release it", ArgsUsage: "[ID…]",
		Description: "`beeline receive --scan` keeps what arrives in the folder \"" + peer.QuarantineFolder + "\" of the destination until the scan\n" +
			"has ended with exit 0. Without an ID, what waits there is listed. With one it is given its place, by the rule of\n" +
			"--on-conflict, as it is, or with --scan after another scan. To refuse it, delete its folder.",
		Flags: append(scanFlags(),
			&cli.StringFlag{Name: "out", Aliases: []string{"o"}, Value: ".", Sources: env("out"), Usage: "the destination, a `DIR`"},
			conflictFlag(),
			&cli.BoolFlag{Name: "json", Sources: env("json"), Usage: "one JSON object a line on the standard output, for programs"},
		),
		Action: release,
	}
}

func release(ctx context.Context, c *cli.Command) error {
	lines, s, out := newJSONStream(c.Root().Writer), newScreen(c.Root().ErrWriter), c.String("out")
	conflict, ok := conflicts[c.String("on-conflict")]
	if !ok {
		return usagef("--on-conflict is keep-both, skip or replace, not %q", c.String("on-conflict"))
	}
	scan, err := readScan(c, s, lines)
	if err != nil {
		return err
	}
	if c.Args().Len() == 0 {
		return listQuarantine(c, lines, out)
	}
	for _, id := range c.Args().Slice() {
		names, err := peer.Release(ctx, out, id, conflict, scan)
		switch text := held(err, out); {
		case errors.Is(err, fs.ErrNotExist):
			return usagef("nothing of that ID is in quarantine in %s; `beeline release` lists what is", out)
		case text != "":
			return &endError{text, exitHeld}
		case ctx.Err() != nil && err != nil:
			return &endError{"stopped; the rest is in quarantine still", exitFailed}
		case err != nil:
			return &endError{"the rest stays in quarantine: " + sentence(err), exitFailed}
		case c.Bool("json"):
			lines.say("released", object{"id": id, "names": append([]string{}, names...)})
		default:
			fmt.Fprintf(c.Root().Writer, "Released into %s:\n", out)
			for _, name := range names[:min(len(names), namesShown)] {
				fmt.Fprintf(c.Root().Writer, "%s\n", indented(visible(name)))
			}
		}
	}
	return nil
}

func listQuarantine(c *cli.Command, lines *jsonStream, out string) error {
	list, err := peer.Quarantined(out)
	if err != nil {
		return usagef("%v", err)
	}
	for _, d := range list {
		if c.Bool("json") {
			lines.say("delivery", deliveryObject(d))
			continue
		}
		state := "not scanned yet"
		if d.Held != nil {
			state = fmt.Sprintf("held: the scan ended with exit %d", *d.Held)
		} else if !d.Complete {
			state = "not complete"
		} else if d.Tried {
			state = "not judged: the scan took too long, or could not be started"
		}
		fmt.Fprintf(c.Root().Writer, "%s  %s, %s  (%s)\n", d.ID, plural(d.Files, "file"), size(d.Bytes), state)
	}
	if len(list) == 0 && !c.Bool("json") {
		fmt.Fprintln(c.Root().Writer, "Nothing is in quarantine here.")
	}
	return nil
}

// shellWord is a word as a person can paste it into a shell.
func shellWord(s string) string {
	for _, r := range s {
		if !strings.ContainsRune("/._-+,:@%", r) && !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			return "'" + strings.ReplaceAll(visible(s), "'", `'\''`) + "'"
		}
	}
	return s
}
