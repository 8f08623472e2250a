//go:build !windows

package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"beeline/backend/peer"
)

// What a scan holds stays held until a person releases it, whatever the node is run with
// later, and keeps nothing out that comes of the same share.
func TestWhatAScanHoldsKeepsNothingOut(t *testing.T) {
	shortRuntime(t)
	server := startServe(t, "--listen", "127.0.0.1:0", "--relay", "off").url
	ada, bela := twoContacts(t)
	day, out := filepath.Join(t.TempDir(), "day"), t.TempDir()
	write(t, filepath.Join(day, "evil"), []byte("evil"))
	ada.node("add", day, "--to", "Bela")
	bela.node("inbox", "Ada", "--out", out)
	ada.runs(server)
	scan := []string{"--scan", `test ! -e "$BEELINE_PATH/day/evil"`}
	b := bela.runs(server, scan...)
	b.event(t, "held")
	write(t, filepath.Join(day, "good"), []byte("good"))
	if o := b.event(t, "received"); o["ok"] != true || o["files"] != 1. {
		t.Errorf("received: %v", o)
	}
	there := func(name string) bool { _, err := os.Stat(filepath.Join(out, "day", name)); return err == nil }
	if !there("good") || there("evil") {
		t.Errorf("good is there: %v, what was held: %v", there("good"), there("evil"))
	}
	held := func() []object { return bela.status().Inboxes[0].Held }
	eventually(t, "the status has it", func() bool { return len(held()) == 1 && held()[0]["exit"] == 1. })
	b.stop()
	b.ends(t)

	// Another scan, that would release everything, is not asked about it.
	b = bela.runs(server, "--scan", "true")
	write(t, filepath.Join(day, "better"), []byte("better"))
	if o := b.event(t, "received"); o["ok"] != true || o["files"] != 1. {
		t.Errorf("received: %v", o)
	}
	eventually(t, "the status has it still", func() bool { return len(held()) == 1 })
	if there("evil") {
		t.Error("what one scan held another released")
	}
	if code, _, stderr := run(t, "release", "--out", out, held()[0]["id"].(string)); code != exitDone || !there("evil") {
		t.Errorf("released by a person: exit %d, %q", code, stderr)
	}
	b.hangUp()
	eventually(t, "the status follows", func() bool { s := bela.status().Inboxes[0]; return len(s.Held)+len(s.Failed) == 0 })
}

// A scan that judges nothing is asked again, and keeps nothing out meanwhile; what it was
// to judge no other scan is asked about.
func TestAScanThatJudgesNothingKeepsNothingOut(t *testing.T) {
	shortRuntime(t)
	server := startServe(t, "--listen", "127.0.0.1:0", "--relay", "off").url
	ada, bela := twoContacts(t)
	day, out, up := filepath.Join(t.TempDir(), "day"), t.TempDir(), filepath.Join(t.TempDir(), "up")
	write(t, filepath.Join(day, "a"), []byte("a"))
	ada.node("add", day, "--to", "Bela")
	bela.node("inbox", "Ada", "--out", out)
	ada.runs(server)
	b := bela.runs(server, "--scan-within", "200ms", "--scan", `test -e "`+up+`" || exec sleep 100`)
	if o := b.event(t, "held"); !strings.Contains(o["why"].(string), "took longer") {
		t.Errorf("held: %v", o)
	}
	write(t, filepath.Join(day, "b"), []byte("bb"))
	b.event(t, "held")
	eventually(t, "both are in quarantine", func() bool { return len(peer.Judged(out)) == 2 })
	write(t, up, nil) // the scanner is there again
	eventually(t, "they are released", func() bool { b.hangUp(); return len(peer.Judged(out)) == 0 })
	for name, want := range map[string]string{"a": "a", "b": "bb"} {
		if got, err := os.ReadFile(filepath.Join(out, "day", name)); string(got) != want {
			t.Errorf("%s is %q, %v", name, got, err)
		}
	}
	b.stop()
	b.ends(t)

	// Killed in one scan, started with another.
	b = bela.runs(server, "--scan", "exec sleep 100")
	write(t, filepath.Join(day, "c"), []byte("c"))
	b.event(t, "scan")
	b.stop()
	b.ends(t)
	b = bela.runs(server, "--scan", "true")
	if o := b.event(t, "held"); !strings.Contains(o["why"].(string), "another scan") {
		t.Errorf("held: %v", o)
	}
	write(t, filepath.Join(day, "d"), []byte("d"))
	if o := b.event(t, "received"); o["ok"] != true || o["files"] != 1. {
		t.Errorf("received: %v", o)
	}
	if _, err := os.Stat(filepath.Join(out, "day", "c")); err == nil {
		t.Error("another scan released it")
	}
}
