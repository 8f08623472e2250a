//go:build !windows

package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A node shares nothing with one contact that another sends it by itself: neither folder
// may be in the other, whatever they are called and whichever is named first.
func TestSharesAndInboxesAreApart(t *testing.T) {
	ada, _ := twoContacts(t)
	dir := t.TempDir()
	for _, name := range []string{"day/reel/a.mov", "night/b.mov"} {
		write(t, filepath.Join(dir, name), []byte("film"))
	}
	if err := os.Symlink("day", filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	at := func(name string) string { return filepath.Join(dir, name) }
	refused := func(args ...string) {
		t.Helper()
		code, _, stderr := run(t, append(append([]string{"node"}, args...), "--config", ada.config)...)
		if code != exitUsage || !strings.Contains(stderr, "of which none is in the other") {
			t.Errorf("node %v: exit %d, %q", args, code, stderr)
		}
	}
	ada.node("add", at("day"), "--to", "Bela")
	for _, out := range []string{"day", "day/reel", "day/new/deep", "link/new", "."} {
		refused("inbox", "Bela", "--out", at(out))
	}
	if _, err := os.Stat(at("day/new")); err == nil {
		t.Error("the folder of an inbox that was refused was made")
	}
	ada.node("inbox", "Bela", "--out", at("days"))
	ada.node("inbox", "Bela", "--out", at("night/in"))
	for _, path := range []string{"night", "night/in"} {
		refused("add", at(path), "--to", "Bela")
	}
	ada.node("add", at("night/b.mov"), "--to", "Bela")
	write(t, at("night/in/c.mov"), []byte("hers"))
	refused("add", at("night/in/c.mov"), at("day/reel"), "--to", "Bela")

	// What is over is in nobody's way.
	ada.node("remove", "day")
	ada.node("inbox", "Bela", "--out", at("day/in"))
	ada.node("inbox", "Bela", "--off")
	ada.node("add", at("night"), "--to", "Bela")
}

// What was apart when it was kept, and is no more: neither is the share offered nor
// anything received, and the status says why.
func TestNothingIsReceivedIntoWhatIsShared(t *testing.T) {
	shortRuntime(t)
	server := startServe(t, "--listen", "127.0.0.1:0", "--relay", "off").url
	ada, bela := twoContacts(t)
	dir := t.TempDir()
	day, out := filepath.Join(dir, "day"), filepath.Join(dir, "out")
	write(t, filepath.Join(day, "a.mov"), []byte("film"))
	write(t, filepath.Join(dir, "hers", "b.mov"), []byte("hers"))
	ada.node("add", day, "--to", "Bela")
	ada.node("inbox", "Bela", "--out", out)
	bela.node("add", filepath.Join(dir, "hers"), "--to", "Ada")
	bela.runs(server)
	if err := os.Remove(out); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(day, out); err != nil {
		t.Fatal(err)
	}
	a := ada.runs(server)
	if o := a.event(t, "failed"); !strings.Contains(o["why"].(string), "none is in the other") {
		t.Errorf("failed: %v", o)
	}
	eventually(t, "the inbox is blocked", func() bool { return ada.status().Inboxes[0].State == "blocked" })
	if got := bela.inbox(server); len(got) != 0 {
		t.Errorf("Bela sees %v", got)
	}
	if _, err := os.Stat(filepath.Join(day, "hers")); err == nil {
		t.Error("what Bela shares is in what is shared with her")
	}
}
