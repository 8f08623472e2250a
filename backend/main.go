// Beeline's one program: the server that people run, and the peer without a browser.
// Commands are in package cli.
package main

import (
	"os"

	"beeline/backend/cli"
)

func main() {
	os.Exit(cli.Run(cli.UntilSignal(), os.Args, os.Stdout, os.Stderr))
}
