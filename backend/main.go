// Beeline's one program: the server that people run, and the peer without a browser.
// Commands are in package cli.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"beeline/backend/cli"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // the second signal ends the program at once
	os.Exit(cli.Run(ctx, os.Args, os.Stdout, os.Stderr))
}
