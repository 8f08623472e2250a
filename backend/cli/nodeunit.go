package cli

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/urfave/cli/v3"
)

// unit is a service of one person, without rights that a node does not need. What takes
// a name space of its own (ProtectSystem and the like) is not in it: many systems let no
// person make one, and the service would not start there.
const unit = `[Unit]
Description=Beeline: what I share, and what is shared with me

[Service]
Type=exec
Environment=%s
ExecStart=%s
ExecReload=/bin/kill -HUP $MAINPID
Restart=always
RestartSec=5
# exit 2 says that a flag or an address is wrong: trying again would not help
RestartPreventExitStatus=2
# goodbyes, flushes and hooks take less
TimeoutStopSec=%d
NoNewPrivileges=yes
LockPersonality=yes
MemoryDenyWriteExecute=yes
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX AF_NETLINK
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service

[Install]
WantedBy=default.target
`

func nodeUnitCommand() *cli.Command {
	return &cli.Command{
		Name: "unit", Usage: "print a systemd service of this user that runs the node",
		Description: "beeline node unit >~/.config/systemd/user/beeline.service\nThen: systemctl --user enable --now beeline; loginctl enable-linger keeps it up while nobody is logged in.",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "server", Aliases: []string{"s"}, Sources: env("server"), Usage: "meet through the server at this `URL`"},
			configFlag(),
		},
		Action: func(_ context.Context, c *cli.Command) error {
			if err := noArguments(c); err != nil {
				return err
			}
			if c.String("server") == "" {
				return errNoServer
			}
			program, err := os.Executable()
			if err != nil {
				return fmt.Errorf("find this program: %w", err)
			}
			run := quoted(program) + " node run"
			if dir := c.String("config"); dir != "" {
				if dir, err = filepath.Abs(dir); err != nil {
					return err
				}
				run += " --config " + quoted(dir)
			}
			run = strings.ReplaceAll(run, "$", "$$") // a variable, but for Environment
			_, err = fmt.Fprintf(c.Root().Writer, unit, quoted("BEELINE_SERVER="+c.String("server")), run, int(unitStop/time.Second))
			return err
		},
	}
}

// quoted is one word of a line of systemd's.
func quoted(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "%", "%%", "\n", `\n`).Replace(s) + `"`
}
