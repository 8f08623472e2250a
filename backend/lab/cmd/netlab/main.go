//go:build linux

// Command netlab runs a lab (package lab) until its standard input closes or it
// is told to end, and then takes everything down.
//
//	netlab link --delay 25ms --loss 0.0001 --rate 1gbit --seed 7
//	netlab run -                      a description as the first line on stdin
//
// The first line on stdout says where programs run:
//
//	{"hosts":{"a":{"namespace":"netlab-4711-1-a","address":"11.0.1.10"},…}}
//
//	ip netns exec netlab-4711-1-a chromium …
//
// Each further line on stdin is a command, and is answered by one line, {"ok":true}
// or {"error":"…"}:
//
//	{"do":"line","site":"a","line":{"delay":"80ms"}}    all of its quality, from now on
//	{"do":"down","site":"a","for":"5s"}                 silent for so long; "0s" mends it
//	{"do":"move","site":"a"}                            other addresses
//	{"do":"report"}                                     answers with counts
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/urfave/cli/v3"

	"beeline/backend/lab"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	app := &cli.Command{
		Name:     "netlab",
		Usage:    "hosts, lines and NATs on one machine, for tests",
		Commands: []*cli.Command{linkCommand(), runCommand()},
	}
	if err := app.Run(ctx, os.Args); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func runCommand() *cli.Command {
	return &cli.Command{
		Name:      "run",
		Usage:     "run what FILE describes; - is the first line on stdin",
		ArgsUsage: "FILE",
		Action: func(ctx context.Context, c *cli.Command) error {
			in := bufio.NewReader(os.Stdin)
			var source io.Reader
			if name := c.Args().First(); name == "-" {
				line, err := in.ReadSlice('\n')
				if err != nil {
					return fmt.Errorf("read the description: %w", err)
				}
				source = bytesOf(line)
			} else {
				f, err := os.Open(name)
				if err != nil {
					return fmt.Errorf("read the description: %w", err)
				}
				defer f.Close()
				source = f
			}
			d, err := lab.Describe(source)
			if err != nil {
				return err
			}
			return run(ctx, d, in)
		},
	}
}

// run builds, says where, and obeys until the end of in.
func run(ctx context.Context, d lab.Description, in *bufio.Reader) error {
	l, err := lab.Start(d)
	if err != nil {
		return err
	}
	defer l.Close()
	out := json.NewEncoder(os.Stdout)
	if err := out.Encode(map[string]any{"hosts": l.Hosts()}); err != nil {
		return fmt.Errorf("say where: %w", err)
	}
	ended := make(chan error, 1)
	go func() { ended <- obey(l, in, out) }()
	select {
	case <-ctx.Done():
		return nil
	case err := <-ended:
		return err
	}
}

// A command is a line on stdin.
type command struct {
	Do   string       `json:"do"`
	Site string       `json:"site"`
	Line lab.Line     `json:"line"`
	For  lab.Duration `json:"for"`
}

func obey(l *lab.Lab, in *bufio.Reader, out *json.Encoder) error {
	for {
		line, err := in.ReadSlice('\n')
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read a command: %w", err)
		}
		if err := out.Encode(answer(l, line)); err != nil {
			return fmt.Errorf("answer: %w", err)
		}
	}
}

func answer(l *lab.Lab, line []byte) any {
	var c command
	err := json.Unmarshal(line, &c)
	if err == nil {
		switch c.Do {
		case "line":
			err = l.SetLine(c.Site, c.Line)
		case "down":
			err = l.Down(c.Site, c.For.Std())
		case "move":
			err = l.Move(c.Site)
		case "report":
			return l.Report()
		default:
			err = fmt.Errorf("what is %q?", c.Do)
		}
	}
	if err != nil {
		return map[string]string{"error": err.Error()}
	}
	return map[string]bool{"ok": true}
}
