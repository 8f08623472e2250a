//go:build !windows

package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"beeline/backend/peer"
)

// An inbox takes no more than its folder may have, says so, and goes on once there is
// room; more than fits at all does not come; what stays free of the disk stays free.
func TestAnInboxReceivesWithinItsBound(t *testing.T) {
	shortRuntime(t)
	server := startServe(t, "--listen", "127.0.0.1:0", "--relay", "off").url
	ada, bela := twoContacts(t)
	dir, out, told := t.TempDir(), filepath.Join(t.TempDir(), "in"), filepath.Join(t.TempDir(), "told")
	day := filepath.Join(dir, "day")
	write(t, filepath.Join(day, "a"), random(2<<20))
	write(t, filepath.Join(out, "mine"), random(1<<20))
	ada.node("add", day, "--to", "Bela")
	bela.node("inbox", "Ada", "--out", out, "--max-size", "2.5 MiB")
	ada.runs(server)
	b := bela.runs(server, "--hook", `echo "$BEELINE_EVENT $BEELINE_BYTES" >>`+told)
	if o := b.event(t, "full"); o["contact"] != "Ada" || o["title"] != "day" || o["needed"].(float64) < 1<<19 {
		t.Errorf("full: %v", o)
	}
	eventually(t, "the status says so", func() bool {
		i := bela.status().Inboxes[0]
		return i.State == "full" && strings.Contains(i.Why, "room")
	})
	if err := os.Remove(filepath.Join(out, "mine")); err != nil {
		t.Fatal(err)
	}
	b.hangUp()
	if o := b.event(t, "received"); o["ok"] != true || o["files"] != 1. {
		t.Errorf("once there is room: %v", o)
	}
	if said, _ := os.ReadFile(told); !strings.Contains(string(said), "full ") {
		t.Errorf("the hook was told %q", said)
	}
	for i := range 700 { // nothing in them, and more than 2.5 MiB all the same
		write(t, filepath.Join(day, "many", string(rune('a'+i%26))+strings.Repeat("x", i/26)), nil)
	}
	if o := b.event(t, "full"); o["needed"].(float64) < 1 {
		t.Errorf("too many files: %v", o)
	}
	if _, err := os.Stat(filepath.Join(out, "day", "many")); err == nil {
		t.Error("they are there")
	}
	b.stop()
	b.ends(t)

	if err := os.RemoveAll(filepath.Join(day, "many")); err != nil {
		t.Fatal(err)
	}
	bela.node("inbox", "Ada", "--out", out)
	write(t, filepath.Join(day, "b"), []byte("b"))
	eventually(t, "the list is that of now", func() bool { return ada.status().Shares[0].Files == 2 })
	if free, ok := peer.FreeSpace(out); ok && free < 1<<60 {
		b = bela.runs(server, "--reserve", "1024TiB")
		b.event(t, "full")
		b.stop()
		b.ends(t)
	}
	for _, text := range []string{"many", "-1GB", "1e30", "1 XB", "NaN"} {
		if code, _, _ := run(t, "node", "inbox", "Ada", "--out", out, "--max-size", text, "--config", bela.config); code != exitUsage {
			t.Errorf("--max-size %s: exit %d", text, code)
		}
	}
	for text, want := range map[string]uint64{"": 0, "500": 500, "1.5TB": 15e11, "10 GiB": 10 << 30, "2g": 2e9, "7kb": 7000, "3MiB": 3 << 20} {
		if got, err := sizeOf(text); got != want || err != nil {
			t.Errorf("%q is %d, %v; want %d", text, got, err, want)
		}
	}
}
