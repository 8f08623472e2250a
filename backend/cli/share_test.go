package cli

import (
	"encoding/json"
	"strings"
	"testing"
)

// inbox returns what a person's inbox says, as JSON lines.
func (s someone) inbox(server string) (offers []map[string]any) {
	s.t.Helper()
	code, stdout, stderr := run(s.t, "inbox", "--config", s.config, "--server", server, "--wait", "2s", "--json")
	if code != exitDone {
		s.t.Fatalf("inbox: exit %d, %q", code, stderr)
	}
	for line := range strings.Lines(stdout) {
		var o map[string]any
		if err := json.Unmarshal([]byte(line), &o); err != nil {
			s.t.Fatal(err)
		}
		if o["event"] == "offer" {
			offers = append(offers, o)
		}
	}
	return offers
}

// What is shared with a contact is in their inbox, if they have added the one who
// shares, and is gone once either has removed the other.
func TestShareAndInbox(t *testing.T) {
	t.Parallel()
	server := startServe(t, "--listen", "127.0.0.1:0", "--relay", "off").url
	ada, bela, cleo := newSomeone(t), newSomeone(t), newSomeone(t)
	adas, belas := ada.does("", "me", "--name", "Ada"), bela.does("", "me", "--name", "Bela")
	cleos := cleo.does("", "me", "--name", "Cleo")
	ada.does(belas, "add")
	ada.does(cleos, "add")
	cleo.does(adas, "add")
	path := film(t)
	s := start(t, "share", path, "--config", ada.config, "--server", server, "--to", "Bela", "--json")
	if o := s.event(t, "shared"); len(o["with"].([]any)) != 1 {
		t.Errorf("shared: %v", o)
	}
	if got := bela.inbox(server); len(got) != 0 {
		t.Errorf("Bela has not added Ada, and sees %v", got)
	}
	if got := cleo.inbox(server); len(got) != 0 {
		t.Errorf("Cleo, with whom it is not shared, sees %v", got)
	}
	bela.does(adas, "add", "--as", "Ada from work")
	got := bela.inbox(server)
	if len(got) != 1 || got[0]["title"] != "film.mov" || got[0]["bytes"] != 400_000. || got[0]["contact"] != "Ada from work" {
		t.Fatalf("Bela sees %v", got)
	}
	code, stdout, _ := run(t, "inbox", "--config", bela.config, "--server", server, "--wait", "2s")
	if code != exitDone || !strings.HasPrefix(stdout, "Ada from work  film.mov  1 item  400 KB") {
		t.Errorf("for people: exit %d, %q", code, stdout)
	}
	ada.does("", "remove", "Bela") // while it is shared, by another program
	if o := s.event(t, "with"); len(o["with"].([]any)) != 0 {
		t.Errorf("after removing: %v", o)
	}
	if got := bela.inbox(server); len(got) != 0 {
		t.Errorf("removed, Bela sees %v", got)
	}
	s.stop()
	if code := s.ends(t); code != exitDone {
		t.Errorf("share ends with %d, %q", code, s.stderr.String())
	}
}

func TestShareSaysWhatIsWrong(t *testing.T) {
	s := newSomeone(t)
	t.Setenv("BEELINE_SERVER", "http://127.0.0.1:1")
	path := film(t)
	says := func(exit int, words string, args ...string) {
		t.Helper()
		code, _, stderr := run(t, append(args, "--config", s.config)...)
		if code != exit || !strings.Contains(stderr, words) {
			t.Errorf("%v: exit %d, %q; want exit %d and %q", args, code, stderr, exit, words)
		}
	}
	says(exitFailed, "contacts me --name", "share", path, "--to", "Ada")
	says(exitFailed, "contacts me --name", "inbox")
	s.does("", "me", "--name", "Me")
	says(exitUsage, "no contact is called", "share", path, "--to", "Ada")
	says(exitUsage, "what is to be shared", "share", "--to", "Ada")
	says(exitUsage, "with whom", "share", path)
	says(exitUsage, "--expires", "share", path, "--to", "Ada", "--expires", "-1s")
	says(exitUsage, `"up"`, "share", path, "--to", "Ada", "--paths", "up")
	says(exitUsage, "--wait", "inbox", "--wait", "0s")
	says(exitUsage, `"x"`, "inbox", "x")
	other := newSomeone(t)
	card := other.does("", "me", "--name", "Ada")
	s.does(card, "add")
	s.contacts("n\n", "verify", "Ada")
	says(exitVerified, "verify", "share", path, "--to", "Ada")
	s.does("", "remove", "Ada")
	s.does(card, "add")
	says(exitUsage, "/nowhere", "share", "/nowhere/at/all", "--to", "Ada")
	says(exitFailed, "can't be reached", "inbox", "--wait", "1s")
	t.Setenv("BEELINE_SERVER", "")
	says(exitUsage, "--server", "share", path, "--to", "Ada")
	says(exitUsage, "--server", "inbox")
}
