package cli

import (
	"bytes"
	"context"
	"regexp"
	"strings"
	"testing"
)

// The manual page has every command, and every flag of `beeline send`.
func TestManHasWhatHelpHas(t *testing.T) {
	run := func(args ...string) string {
		var out, complaint bytes.Buffer
		if exit := Run(context.Background(), append([]string{"beeline"}, args...), &out, &complaint); exit != exitDone {
			t.Fatalf("beeline %s: exit %d, %s", strings.Join(args, " "), exit, &complaint)
		}
		return out.String()
	}
	page := strings.ReplaceAll(run("man"), `\`, "")
	for _, name := range []string{"serve", "web", "send", "receive", "release", "hooks", "contacts", "share", "inbox", "node", "version"} {
		if !regexp.MustCompile(`(?m)^\.SH ` + name + `\b`).MatchString(page) {
			t.Errorf("the page has no section %s", name)
		}
	}
	flags := regexp.MustCompile(`--[a-z-]+`).FindAllString(run("send", "--help"), -1)
	if len(flags) < 8 {
		t.Fatalf("`beeline send --help` has the flags %q, want more", flags)
	}
	for _, flag := range flags {
		if !strings.Contains(page, flag) {
			t.Errorf("the page does not have %s", flag)
		}
	}
}

// Each shell is given a script that asks this program.
func TestCompletion(t *testing.T) {
	for _, shell := range []string{"bash", "zsh", "fish", "pwsh"} {
		var out, complaint bytes.Buffer
		if exit := Run(context.Background(), []string{"beeline", "completion", shell}, &out, &complaint); exit != exitDone || !strings.Contains(out.String(), "--generate-shell-completion") {
			t.Errorf("beeline completion %s: exit %d, %q, %s", shell, exit, out.String(), &complaint)
		}
	}
}
