//go:build !windows

package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A contact that was removed is served no longer, and nothing is received from them, also
// where what there is to share or to receive can't be read: on a disk with errors.
func TestNodeLeavesWhoWasRemovedWhateverCanBeRead(t *testing.T) {
	t.Parallel()
	for _, damaged := range []string{"inboxes", "shares"} {
		server := startServe(t, "--listen", "127.0.0.1:0", "--relay", "off").url
		ada, _ := twoContacts(t)
		day := filepath.Join(t.TempDir(), "day")
		write(t, filepath.Join(day, "a.mov"), []byte("film"))
		ada.node("add", day, "--to", "Bela")
		ada.node("inbox", "Bela", "--out", t.TempDir())
		a := ada.runs(server)
		a.event(t, "shared")
		eventually(t, "the inbox", func() bool { return len(ada.status().Inboxes) == 1 })
		list := filepath.Join(ada.config, damaged)
		if err := os.Rename(list, list+" away"); err != nil {
			t.Fatal(err)
		}
		write(t, list, nil) // no folder
		a.event(t, "unread")
		ada.does("", "remove", "Bela")
		if o := a.event(t, "with"); len(o["with"].([]any)) != 0 {
			t.Errorf("without %s, after removing: %v", damaged, o)
		}
		if s := ada.status(); len(s.Shares) != 1 || len(s.Shares[0].With) != 0 || len(s.Inboxes) != 0 {
			t.Errorf("without %s there are %+v and %+v", damaged, s.Shares, s.Inboxes)
		}
		if err := os.Remove(list); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(list+" away", list); err != nil {
			t.Fatal(err)
		}
		ada.node("remove", "day")
		a.event(t, "ended") // once it is there again it is followed
	}
}

// Of a state that somebody put back nothing is offered by itself: neither by a node that
// begins with it, nor by a `share` that goes on. wasm/PROTOCOL.md i, Rollback.
func TestAnOldStateOffersNothing(t *testing.T) {
	t.Parallel()
	server := startServe(t, "--listen", "127.0.0.1:0", "--relay", "off").url
	ada, bela := twoContacts(t)
	day := filepath.Join(t.TempDir(), "day")
	write(t, filepath.Join(day, "a.mov"), []byte("film"))
	s := start(t, "share", film(t), "--config", ada.config, "--server", server, "--to", "Bela", "--json")
	s.event(t, "shared")
	ada.node("add", day, "--to", "Bela")
	book := filepath.Join(ada.config, "people")
	old, err := os.ReadFile(book)
	if err != nil {
		t.Fatal(err)
	}
	ada.does("", "remove", "Bela")
	if o := s.event(t, "with"); len(o["with"].([]any)) != 0 {
		t.Errorf("after removing: %v", o)
	}
	write(t, book, old)
	a := ada.runs(server)
	if o := a.event(t, "closed"); o["old"] != true {
		t.Errorf("the node says %v", o)
	}
	eventually(t, "share notices", func() bool { return strings.Contains(s.stderr.String(), "an older state") })
	if got := bela.inbox(server); len(got) != 0 {
		t.Errorf("Bela, who was removed, sees %v", got)
	}
	ada.does("", "confirm")
	if o := a.event(t, "shared"); len(o["with"].([]any)) != 0 {
		t.Errorf("the person says that it is right, but she was removed from the share for good: %v", o)
	}
	if got := bela.inbox(server); len(got) != 0 {
		t.Errorf("Bela is a contact again, and sees what she was removed from: %v", got)
	}
}
