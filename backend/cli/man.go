package cli

import (
	"context"
	"fmt"

	docs "github.com/urfave/cli-docs/v3"
	"github.com/urfave/cli/v3"
)

// manCommand prints what `beeline help` knows as a manual page, so that there is
// one source of both: `beeline man > /usr/local/share/man/man1/beeline.1`.
func manCommand() *cli.Command {
	return &cli.Command{
		Name:  "man",
		Usage: "print this help as a manual page",
		Action: func(_ context.Context, c *cli.Command) error {
			if err := noArguments(c); err != nil {
				return err
			}
			page, err := docs.ToManWithSection(c.Root(), 1)
			if err != nil {
				return fmt.Errorf("make the manual page: %w", err)
			}
			_, err = fmt.Fprint(c.Root().Writer, page)
			return err
		},
	}
}
