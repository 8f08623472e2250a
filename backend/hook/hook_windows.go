package hook

import (
	"context"
	"errors"
	"os/exec"
	"path/filepath"
	"strings"

	"golang.org/x/sys/windows"
)

var errBatch = errors.New("a batch file would run what stands in a name: use PowerShell or a program")

// Check says what is wrong with a command before anything happens.
func Check(command string) error {
	_, err := shell(context.Background(), command)
	return err
}

// shell makes a process of a command, without a shell.
func shell(ctx context.Context, command string) (*exec.Cmd, error) {
	words, err := windows.DecomposeCommandLine(command)
	if err != nil || len(words) == 0 {
		return nil, errors.New("this is no command line")
	}
	c := exec.CommandContext(ctx, words[0], words[1:]...)
	for _, name := range []string{words[0], c.Path} {
		switch name = strings.ToLower(filepath.Base(name)); {
		case strings.HasSuffix(name, ".bat"), strings.HasSuffix(name, ".cmd"), name == "cmd", name == "cmd.exe":
			return nil, errBatch
		}
	}
	return c, nil
}
