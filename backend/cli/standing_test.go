package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The same command is the same share; it is listed, and once it is withdrawn, by
// another program, nobody has it and nothing is left of it on the disk.
func TestAShareIsKeptUntilItIsWithdrawn(t *testing.T) {
	t.Parallel()
	server := startServe(t, "--listen", "127.0.0.1:0", "--relay", "off").url
	ada, bela := twoContacts(t)
	path := film(t)
	share := []string{"share", path, "--config", ada.config, "--server", server, "--to", "Bela", "--json"}
	first := start(t, share...)
	id := first.event(t, "shared")["id"]
	got := bela.inbox(server)
	if len(got) != 1 {
		t.Fatalf("Bela sees %v", got)
	}
	if code, _, stderr := run(t, share...); code != exitUsage || !strings.Contains(stderr, "shared already") {
		t.Errorf("the same once more: exit %d, %q", code, stderr)
	}
	first.stop()
	if code := first.ends(t); code != exitDone {
		t.Errorf("the first ends with %d, %q", code, first.stderr.String())
	}
	second := start(t, share...)
	if again := second.event(t, "shared")["id"]; again != id {
		t.Errorf("the same command is share %v, want %v", again, id)
	}
	if again := bela.inbox(server); len(again) != 1 || again[0]["id"] != got[0]["id"] {
		t.Errorf("Bela sees %v, and %v before", again, got)
	}
	code, stdout, _ := run(t, "shares", "--config", ada.config)
	if code != exitDone || !strings.Contains(stdout, id.(string)[:8]+"  film.mov  Bela  until 20") {
		t.Errorf("listed: exit %d, %q", code, stdout)
	}
	if code, _, stderr := run(t, "shares", "withdraw", "FILM.mov", "--config", ada.config); code != exitDone {
		t.Errorf("withdraw: exit %d, %q", code, stderr)
	}
	if code := second.ends(t); code != exitRefused || !strings.Contains(second.stderr.String(), "withdrawn") {
		t.Errorf("the share ends with %d, %q", code, second.stderr.String())
	}
	if left, _ := os.ReadDir(filepath.Join(ada.config, "shares")); len(left) != 0 {
		t.Errorf("left: %v", left)
	}
	if left, _ := filepath.Glob(filepath.Join(ada.config, "held-share-*")); len(left) != 0 {
		t.Errorf("left: %v", left)
	}
	third := start(t, share...)
	if again := third.event(t, "shared")["id"]; again == id {
		t.Error("what was withdrawn is the same share again")
	}
}
