//go:build linux

package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"github.com/urfave/cli/v3"

	"beeline/backend/lab"
)

func linkCommand() *cli.Command {
	return &cli.Command{
		Name:  "link",
		Usage: "two hosts, a and b, a line between them, and a host called server; every delay and loss is on a's line",
		Flags: []cli.Flag{
			&cli.DurationFlag{Name: "delay", Usage: "one way: half of the round trip"},
			&cli.FloatFlag{Name: "loss", Usage: "probability that a packet is lost, 0 to 1"},
			&cli.StringFlag{Name: "rate", Usage: "in each direction, `1gbit` or 80mbit; none is no limit"},
			&cli.IntFlag{Name: "queue", Usage: "`BYTES` that wait for the rate; 0 is 20 ms of it"},
			&cli.FloatFlag{Name: "reorder", Usage: "probability that a packet is held back"},
			&cli.DurationFlag{Name: "hold", Usage: "how long it is then; 0 is 2 ms"},
			&cli.Uint64Flag{Name: "seed", Value: 1, Usage: "decides which packets are lost"},
			&cli.IntFlag{Name: "port", Value: 8080, Usage: "127.0.0.1:`PORT` on a and b leads to this port of server; 0: it does not"},
		},
		Action: func(ctx context.Context, c *cli.Command) error {
			rate, err := bits(c.String("rate"))
			if err != nil {
				return err
			}
			d := lab.Description{Seed: c.Uint64("seed"), Sites: []lab.Site{
				{Name: "a", Line: lab.Line{
					Delay: lab.Duration(c.Duration("delay")), Loss: c.Float("loss"), Rate: rate, Queue: c.Int("queue"),
					Reorder: c.Float("reorder"), HoldFor: lab.Duration(c.Duration("hold")),
				}},
				{Name: "b"},
				{Name: "server"},
			}}
			if p := c.Int("port"); p != 0 {
				d.Forward = &lab.Forward{Port: p, Host: "server", To: p}
			}
			return run(ctx, d, bufio.NewReader(os.Stdin))
		},
	}
}

// bits reads a rate, in bits a second.
func bits(s string) (int64, error) {
	if s == "" {
		return 0, nil
	}
	for unit, factor := range map[string]float64{"gbit": 1e9, "mbit": 1e6, "kbit": 1e3} {
		if n, ok := strings.CutSuffix(s, unit); ok {
			if v, err := strconv.ParseFloat(n, 64); err == nil && v > 0 && v <= 1e6 {
				return int64(v * factor), nil
			}
		}
	}
	return 0, fmt.Errorf("a rate is a number and gbit, mbit or kbit, not %q", s)
}

func bytesOf(b []byte) io.Reader { return bytes.NewReader(bytes.Clone(b)) }
