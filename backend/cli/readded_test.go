//go:build !windows

package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// Who was removed and is added again later, for something else, has nothing of what was
// shared before, and nothing is received from them; others keep what they have.
func TestAddedAgainNothingComesBack(t *testing.T) {
	t.Parallel()
	server := startServe(t, "--listen", "127.0.0.1:0", "--relay", "off").url
	ada, bela, cleo := newSomeone(t), newSomeone(t), newSomeone(t)
	ada.does("", "me", "--name", "Ada")
	belas := bela.does("", "me", "--name", "Bela")
	ada.does(belas, "add")
	ada.does(cleo.does("", "me", "--name", "Cleo"), "add")
	day := filepath.Join(t.TempDir(), "day")
	write(t, filepath.Join(day, "a.mov"), []byte("film"))
	ada.node("add", day, "--to", "Bela", "--to", "Cleo")
	ada.node("inbox", "Bela", "--out", t.TempDir())
	before := make(map[string][]byte)
	for _, dir := range []string{"shares", "inboxes"} {
		paths, _ := filepath.Glob(filepath.Join(ada.config, dir, "*"))
		for _, path := range paths {
			before[path], _ = os.ReadFile(path)
		}
	}
	only := func(when string) {
		t.Helper()
		if list := ada.node("list"); !strings.Contains(list, "for Cleo") || strings.Contains(list, "Bela") || strings.Contains(list, "inbox") {
			t.Errorf("%s the node has to do:\n%s", when, list)
		}
	}
	shares := start(t, "share", "--config", ada.config, "--server", server, "--json", "--to", "Bela", "--to", "Cleo", filepath.Join(day, "a.mov"))
	shares.event(t, "shared")
	ada.does("", "remove", "Bela")
	only("after she is removed")
	for path, box := range before { // as if that program had not come to its end
		if err := os.WriteFile(path, box, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for now := time.Now().Unix(); time.Now().Unix() == now; { // dates of contacts have seconds
		time.Sleep(10 * time.Millisecond)
	}
	ada.does(belas, "add")
	only("after she is added again")
	if o := shares.event(t, "with"); len(o["with"].([]any)) != 1 {
		t.Errorf("a program that shared with her all the time goes on for %v", o["with"])
	}
	a := ada.runs(server)
	if o := a.event(t, "shared"); len(o["with"].([]any)) != 1 {
		t.Errorf("the node shares with %v", o["with"])
	}
}
