//go:build unix

package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	ucli "github.com/urfave/cli/v3"

	"beeline/backend/hook"
)

// toldHook is a command that writes down what it is told, and then ends so.
func toldHook(t *testing.T, exit int) (command string, told func() []map[string]any) {
	file := filepath.Join(t.TempDir(), "told")
	return fmt.Sprintf("cat >>'%s'; exit %d", file, exit), func() (list []map[string]any) {
		t.Helper()
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(text)) {
			var o map[string]any
			if err := json.Unmarshal([]byte(line), &o); err != nil {
				t.Fatal(err)
			}
			list = append(list, o)
		}
		return list
	}
}

func events(told []map[string]any) (names []string) {
	for _, o := range told {
		names = append(names, o["event"].(string))
	}
	return names
}

// Both sides' commands hear of who waits, what is verified and that it is done, and
// of nothing that lets anybody in.
func TestHooksHearWhatHappens(t *testing.T) {
	t.Parallel()
	sends, sent := toldHook(t, 0)
	receives, received := toldHook(t, 7)
	out := t.TempDir()
	path := film(t)
	sender := start(t, "send", "--json", "--server", meeting(t), "--approve", "--limit", "1", "--title", "-rf\n", "--hook", sends, path)
	link, _ := sender.event(t, "link")["link"].(string)
	receiver := start(t, "receive", "--json", "--yes", "--out", out, "--hook", receives, link)
	digits, _ := receiver.event(t, "asking")["digits"].(string)
	fmt.Fprintln(sender.in, digits)
	if h := receiver.event(t, "hook"); h["on"] != "verified" || h["exit"] != 7.0 || h["why"] != "exit" {
		t.Errorf("a hook that fails is said so: %v", h)
	}
	if got := []int{sender.ends(t), receiver.ends(t)}; got[0] != exitDone || got[1] != exitDone {
		t.Errorf("exit codes %v, want 0 and 0: a hook that fails changes nothing", got)
	}
	if got := events(sent()); !slices.Equal(got, []string{"approval", "verified", "done"}) {
		t.Errorf("the sender's hook heard of %v", got)
	}
	if got := events(received()); !slices.Equal(got, []string{"verified", "done"}) {
		t.Errorf("the recipient's hook heard of %v", got)
	}
	if o := sent()[1]; o["command"] != "send" || o["path"] != path || o["recipient"] != 1.0 || o["files"] != 1.0 || o["bytes"] != 400_000.0 {
		t.Errorf("the sender's hook heard %v", o)
	}
	if o := received()[0]; o["command"] != "receive" || o["path"] != filepath.Join(out, "film.mov") || o["folder"] != out || o["files"] != 1.0 || o["bytes"] != 400_000.0 {
		t.Errorf("the recipient's hook heard %v", o)
	}
	_, secret, _ := strings.Cut(link, "#")
	if all := fmt.Sprint(sent(), received()); strings.Contains(all, secret) || strings.Contains(all, digits) {
		t.Errorf("a hook heard a secret: %v", all)
	}
}

// What failed is told with its code, and people read that the hook failed.
func TestHooksHearOfFailures(t *testing.T) {
	t.Parallel()
	sends, sent := toldHook(t, 0)
	receives, received := toldHook(t, 1)
	sender := start(t, "send", "--json", "--server", meeting(t), "--approve", "--hook", sends, film(t))
	link, _ := sender.event(t, "link")["link"].(string)
	receiver := start(t, "receive", "--yes", "--out", t.TempDir(), "--hook", receives, link)
	fmt.Fprintf(sender.in, "n %v\n", sender.event(t, "asks")["recipient"])
	if code := receiver.ends(t); code != exitRefused || !strings.Contains(receiver.stderr.String(), "The hook for “failed” failed: exit 1") {
		t.Errorf("exit %d, %q; want 3 and that the hook failed", code, receiver.stderr.String())
	}
	sender.stop()
	sender.ends(t)
	if o := received(); len(o) != 1 || o[0]["event"] != "failed" || o[0]["why"] != "E_REFUSED" {
		t.Errorf("the recipient's hook heard %v", o)
	}
	if got := events(sent()); len(got) < 2 || got[0] != "approval" || got[len(got)-1] != "failed" {
		t.Errorf("the sender's hook heard of %v", got)
	}
}

// A contact's share is told by their name, on both sides.
func TestHooksHearOfContacts(t *testing.T) {
	t.Parallel()
	shares, shared := toldHook(t, 0)
	looks, looked := toldHook(t, 0)
	server := startServe(t, "--listen", "127.0.0.1:0", "--relay", "off").url
	ada, bela := twoContacts(t)
	s := start(t, "share", film(t), "--config", ada.config, "--server", server, "--to", "Bela", "--json", "--hook", shares)
	s.event(t, "shared")
	if code, _, stderr := run(t, "inbox", "--config", bela.config, "--server", server, "--wait", "2s", "--hook", looks); code != exitDone {
		t.Fatalf("inbox: exit %d, %q", code, stderr)
	}
	r := start(t, "receive", "--config", bela.config, "--server", server, "--from", "Ada", "--yes", "--out", t.TempDir())
	if code := r.ends(t); code != exitDone {
		t.Fatalf("receive: exit %d, %q", code, r.stderr.String())
	}
	s.event(t, "hook")
	s.stop()
	s.ends(t)
	if got := looked(); !slices.Equal(events(got), []string{"offer", "done"}) || got[0]["contact"] != "Ada" || got[0]["title"] != "film.mov" || got[0]["bytes"] != 400_000.0 {
		t.Errorf("the hook of inbox heard %v", got)
	}
	if got := shared(); !slices.Equal(events(got), []string{"verified", "done"}) || got[0]["contact"] != "Bela" {
		t.Errorf("the hook of share heard %v", got)
	}
}

// A hook that runs `beeline` gives it nothing of what a peer wrote as a flag.
func TestNoFactIsAFlag(t *testing.T) {
	var flags []string
	var walk func(c *ucli.Command)
	walk = func(c *ucli.Command) {
		for _, f := range c.Flags {
			if f, ok := f.(ucli.DocGenerationFlag); ok {
				flags = append(flags, f.GetEnvVars()...)
			}
		}
		for _, sub := range c.Commands {
			walk(sub)
		}
	}
	walk(&ucli.Command{Commands: commands()})
	if len(flags) < 40 {
		t.Fatalf("%d flags with variables, want more", len(flags))
	}
	for _, name := range hook.Variables {
		if slices.Contains(flags, name) {
			t.Errorf("%s is a flag's", name)
		}
	}
	for _, bad := range []string{"0s", "25h"} {
		if code := Run(context.Background(), []string{"beeline", "inbox", "--server", "http://localhost", "--hook", "true", "--hook-within", bad}, &strings.Builder{}, &strings.Builder{}); code != exitUsage {
			t.Errorf("--hook-within %s: exit %d, want 2", bad, code)
		}
	}
}
