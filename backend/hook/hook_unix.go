//go:build unix

package hook

import (
	"context"
	"os/exec"
	"syscall"
)

// Check says what is wrong with a command before anything happens.
func Check(string) error { return nil }

// shell makes a process of a command, the first of a group of its own: Ctrl-C is
// for the program, and what takes too long is ended with all it started.
func shell(ctx context.Context, command string) (*exec.Cmd, error) {
	c := exec.CommandContext(ctx, "/bin/sh", "-c", command)
	c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	c.Cancel = func() error { return syscall.Kill(-c.Process.Pid, syscall.SIGKILL) }
	return c, nil
}
