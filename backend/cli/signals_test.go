//go:build unix

package cli

import (
	"bytes"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// A shutdown and a closed terminal leave the link for the next run, and nobody who is at
// it is told that it ended. Only Ctrl-C ends it.
func TestAShutdownLeavesTheLink(t *testing.T) {
	links := keysHere(t)
	args := []string{"send", "--json", "--server", meeting(t), "--lanes", "1", large(t)}
	one := doom(t, args...)
	link, _ := one.event(t, "link")["link"].(string)
	out := t.TempDir()
	receiver := start(t, "receive", "--json", "--yes", "--out", out, link)
	for _, by := range []syscall.Signal{syscall.SIGTERM, syscall.SIGHUP} {
		for p := one.event(t, "progress"); p["phase"] != "transferring"; p = one.event(t, "progress") {
			if p["phase"] == "complete" {
				t.Fatal("it was done before the signal")
			}
		}
		one.Process.Signal(by)
		if r := one.event(t, "result"); r["ok"] != false || r["kept"] != true || r["exit"] != 1.0 {
			t.Errorf("after %v the result is %v, want that it is kept", by, r)
		}
		one.Wait()
		one = doom(t, args...)
		if o := one.event(t, "link"); o["link"] != link || o["restored"] != true {
			t.Errorf("after %v it says %v, want the link of before", by, o)
		}
	}
	if r := receiver.event(t, "result"); r["ok"] != true || receiver.ends(t) != exitDone {
		t.Errorf("the recipient ends with %v", r)
	}
	if got, err := os.ReadFile(filepath.Join(out, "film.mov")); err != nil || !bytes.Equal(got, bytes.Repeat([]byte("film"), 6<<20)) {
		t.Errorf("another film (%v)", err)
	}
	one.Process.Signal(os.Interrupt)
	if r := one.event(t, "result"); r["kept"] != false {
		t.Errorf("after Ctrl-C the result is %v", r)
	}
	one.Wait()
	if left := links(); len(left) != 0 {
		t.Errorf("after Ctrl-C there is left %q", left)
	}
}

// SIGHUP from the system has a node look at everything, and ends it as little as a
// closed terminal does.
func TestANodeHearsTheSystem(t *testing.T) {
	shortRuntime(t)
	server := startServe(t, "--listen", "127.0.0.1:0", "--relay", "off").url
	ada, _ := twoContacts(t)
	day := filepath.Join(t.TempDir(), "day")
	write(t, filepath.Join(day, "a"), []byte("a"))
	ada.node("add", day, "--to", "Bela")
	node := doom(t, "node", "run", "--config", ada.config, "--server", server, "--rescan", "1h", "--json")
	node.event(t, "shared")
	for range 2 {
		if err := os.Rename(day, day+" gone"); err != nil {
			t.Fatal(err)
		}
		node.Process.Signal(syscall.SIGHUP)
		node.event(t, "away")
		if err := os.Rename(day+" gone", day); err != nil {
			t.Fatal(err)
		}
		node.Process.Signal(syscall.SIGHUP)
		node.event(t, "shared")
	}
	node.Process.Signal(syscall.SIGTERM)
	node.event(t, "stopped")
	if err := node.Wait(); err != nil {
		t.Errorf("after SIGTERM: %v", err)
	}
}
