package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"beeline/wasm/ctrl"
	"beeline/wasm/wire"
)

// The only share of a contact is taken; of several the one that was named, and where
// none was it is said which there are.
func TestReceiveFromAContact(t *testing.T) {
	t.Parallel()
	server := startServe(t, "--listen", "127.0.0.1:0", "--relay", "off").url
	ada, bela := twoContacts(t)
	from := func(args ...string) (code int, out, stderr string) {
		out = t.TempDir()
		code, _, stderr = run(t, append([]string{"receive", "--yes", "--server", server, "--config", bela.config, "--out", out, "--from"}, args...)...)
		return code, out, stderr
	}
	has := func(out, name string) {
		t.Helper()
		if info, err := os.Stat(filepath.Join(out, name)); err != nil || info.Size() != 400_000 {
			t.Errorf("%s: %v, %v", name, info, err)
		}
	}
	share := func(title, name string) {
		path := filepath.Join(t.TempDir(), name)
		if err := os.Rename(film(t), path); err != nil {
			t.Fatal(err)
		}
		s := start(t, "share", path, "--title", title, "--config", ada.config, "--server", server, "--to", "Bela", "--json")
		s.event(t, "shared")
	}
	if code, _, stderr := from("Ada", "--wait", "1s"); code != exitFailed || !strings.Contains(stderr, "is not there now") {
		t.Errorf("nobody is there: exit %d, %q", code, stderr)
	}
	share("Day 1", "one.mov")
	code, out, stderr := from("ada")
	if code != exitDone {
		t.Fatalf("the only one: exit %d, %q", code, stderr)
	}
	has(out, "one.mov")
	share("Day 2", "two.mov")
	if code, _, stderr := from("Ada"); code != exitUsage || !strings.Contains(stderr, "1  Day 1  1 item, 400 KB") || !strings.Contains(stderr, "2  Day 2") || !strings.Contains(stderr, "give the title") {
		t.Errorf("two, and none named: exit %d, %q", code, stderr)
	}
	if code, _, stderr := from("Ada", "Day 3"); code != exitUsage || !strings.Contains(stderr, `nothing that is called "Day 3"`) {
		t.Errorf("what is not there: exit %d, %q", code, stderr)
	}
	if code, out, stderr := from("Ada", "day 2"); code != exitDone {
		t.Errorf("the second: exit %d, %q", code, stderr)
	} else {
		has(out, "two.mov")
	}
	if code, _, stderr := from("Cleo"); code != exitUsage || !strings.Contains(stderr, "no contact") {
		t.Errorf("nobody of that name: exit %d, %q", code, stderr)
	}
	bela.contacts("n\n", "verify", "Ada")
	if code, _, stderr := from("Ada"); code != exitVerified || !strings.Contains(stderr, "verify") {
		t.Errorf("of another key: exit %d, %q", code, stderr)
	}
}

// Who is removed meanwhile, by another program, loses what is under way: while it is
// looked for them, and once they were found.
func TestReceiveFromEndsWithTheContact(t *testing.T) {
	t.Parallel()
	server := startServe(t, "--listen", "127.0.0.1:0", "--relay", "off").url
	ada, bela := newSomeone(t), newSomeone(t)
	adas, belas := ada.does("", "me", "--name", "Ada"), bela.does("", "me", "--name", "Bela")
	cleos := newSomeone(t).does("", "me", "--name", "Cleo")
	ada.does(belas, "add")
	bela.does(adas, "add")
	bela.does(cleos, "add")
	path := film(t)
	if err := os.Truncate(path, 1<<30); err != nil { // takes longer than it is looked for changes
		t.Fatal(err)
	}
	start(t, "share", path, "--config", ada.config, "--server", server, "--to", "Bela", "--json").event(t, "shared")
	out := t.TempDir()
	from := func(name string, args ...string) *command {
		return start(t, append([]string{"receive", "--yes", "--json", "--server", server, "--config", bela.config, "--out", out, "--from", name}, args...)...)
	}
	looking, moving := from("Cleo", "--wait", "30s"), from("Ada")
	moving.next(t, `"transferring"`)
	bela.does("", "remove", "Cleo")
	bela.does("", "remove", "Ada")
	if code := looking.ends(t); code != exitRefused || !strings.Contains(looking.stderr.String(), "Cleo is no contact of yours any more") {
		t.Errorf("while it looks: exit %d, %q", code, looking.stderr.String())
	}
	o := moving.event(t, "result")
	if code := moving.ends(t); code != exitRefused || o["why"] != wire.Revoked.Error() {
		t.Errorf("while it receives: exit %d, %v, %q", code, o, moving.stderr.String())
	}
	if left, _ := filepath.Glob(filepath.Join(out, "*")); len(left) != 1 || filepath.Base(left[0]) != "Beeline (unfinished)" {
		t.Errorf("there are %q, want what is unfinished", left)
	}
}

// Two programs of one person are at a share at the same time: each has it all, nobody takes
// anything from the other, and the sharer sees which is which.
func TestTwoOfOnePersonReceive(t *testing.T) {
	t.Parallel()
	server := startServe(t, "--listen", "127.0.0.1:0", "--relay", "off").url
	ada, bela := twoContacts(t)
	path := large(t)
	s := start(t, "share", path, "--config", ada.config, "--server", server, "--to", "Bela", "--json")
	s.event(t, "shared")
	var both []*command
	for range 2 {
		both = append(both, start(t, "receive", "--yes", "--json", "--server", server, "--config", bela.config, "--out", t.TempDir(), "--from", "Ada"))
	}
	for _, c := range both {
		if o := c.event(t, "result"); o["ok"] != true || c.ends(t) != exitDone {
			t.Errorf("one of them: %v", o)
		}
	}
	seen := make(map[any]bool)
	for len(seen) < 2 {
		if o := s.event(t, "progress"); o["phase"] == "complete" {
			seen[o["device"]] = true
		}
	}
	if !seen[1.] || !seen[2.] {
		t.Errorf("Ada sees devices %v", seen)
	}
}

func TestTitlesMeanShares(t *testing.T) {
	all := []ctrl.Offer{{ID: [16]byte{0xab, 1, 2, 3}, Title: "Cut"}, {ID: [16]byte{0xcd}, Title: "cut"}, {ID: [16]byte{0xef}, Title: "Cut 2"}}
	for title, want := range map[string]int{"": 3, "Cut": 1, "CUT": 2, "Cut 2": 1, "ab010203": 1, "ab01": 0, "AB01020300": 1, "Cut 3": 0} {
		if got := titled(all, title); len(got) != want {
			t.Errorf("%q means %d shares, want %d", title, len(got), want)
		}
	}
}
