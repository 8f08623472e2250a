package peer

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"beeline/wasm/session"
)

// delivered makes a delivery in quarantine, as a run leaves it that is killed before the
// scan.
func delivered(t *testing.T, out, id string, files map[string]string) (dir string) {
	t.Helper()
	q, err := takeQuarantine(out, id)
	if errors.Is(err, fs.ErrNotExist) {
		check(t, os.MkdirAll(filepath.Join(out, QuarantineFolder, id), 0o700))
		q, err = takeQuarantine(out, id)
	}
	check(t, err)
	defer q.close()
	dir = filepath.Join(out, q.path(filesName))
	for path, text := range files {
		check(t, os.MkdirAll(filepath.Join(dir, filepath.Dir(path)), 0o755))
		check(t, os.WriteFile(filepath.Join(dir, path), []byte(text), 0o644))
	}
	check(t, q.setState(quarantineState{}))
	return dir
}

func holds(t *testing.T, out string, want map[string]string) {
	t.Helper()
	(&sink{t: t, out: out}).holds(want)
}

// What is there is never overwritten, unless that was asked for; folders are used.
func TestReleasingFollowsTheRuleOfLanding(t *testing.T) {
	for conflict, want := range map[Conflict]map[string]string{
		KeepBoth: {"d": "", "d/a": "there", "d/a (2)": "new", "d/same": "same", "d/same (2)": "same", "f": "there", "f (2)": "", "f (2)/x": "x"},
		Skip:     {"d": "", "d/a": "there", "d/a (2)": "new", "d/same": "same", "f": "there", "f (2)": "", "f (2)/x": "x"},
		Replace:  {"d": "", "d/a": "new", "d/same": "same", "f": "there", "f (2)": "", "f (2)/x": "x"},
	} {
		out := t.TempDir()
		check(t, os.MkdirAll(filepath.Join(out, "d"), 0o755))
		for path, text := range map[string]string{"d/a": "there", "d/same": "same", "f": "there"} {
			check(t, os.WriteFile(filepath.Join(out, path), []byte(text), 0o644))
		}
		delivered(t, out, "0123abcd", map[string]string{"d/a": "new", "d/same": "same", "f/x": "x"})
		_, err := Release(t.Context(), out, "0123abcd", conflict, nil)
		check(t, err)
		holds(t, out, want)
	}
}

// A release that was killed goes on: what has both names is not there twice. Links
// that somebody, or a scan, put there lead nowhere.
func TestAReleaseGoesOn(t *testing.T) {
	out, secret := t.TempDir(), filepath.Join(t.TempDir(), "secret")
	check(t, os.WriteFile(secret, []byte("theirs"), 0o600))
	dir := delivered(t, out, "0123abcd", map[string]string{"d/a": "a", "d/b": "b"})
	check(t, os.MkdirAll(filepath.Join(out, "d"), 0o755))
	check(t, os.Link(filepath.Join(dir, "d/a"), filepath.Join(out, "d/a")))
	check(t, os.Symlink(secret, filepath.Join(dir, "s")))
	check(t, os.Symlink(filepath.Dir(secret), filepath.Join(dir, "e")))
	list, err := Quarantined(out)
	check(t, err)
	if len(list) != 1 || list[0].Files != 2 || list[0].Bytes != 2 || !list[0].Complete || list[0].Path != dir {
		t.Errorf("there waits %+v", list)
	}
	_, err = Release(t.Context(), out, "0123abcd", KeepBoth, func(context.Context, Delivery) error { return nil })
	check(t, err)
	holds(t, out, map[string]string{"d": "", "d/a": "a", "d/b": "b"})
	if text, _ := os.ReadFile(secret); string(text) != "theirs" {
		t.Errorf("behind the link there is %q", text)
	}
}

// A quarantine that is a link, or open to others, is none; nor does a sender's list
// reach into it.
func TestWhoIsInQuarantineStaysThere(t *testing.T) {
	out, elsewhere := t.TempDir(), t.TempDir()
	check(t, os.Symlink(elsewhere, filepath.Join(out, QuarantineFolder)))
	scanned := func(d *dest) { d.scanned = true }
	k := newSink(t, out, KeepBoth, scanned)
	k.do(session.DiskOpen{Key: "0123abcd", Bytes: 10})
	expect[session.DiskRefused](k)
	if left, _ := os.ReadDir(elsewhere); len(left) != 0 {
		t.Errorf("behind the link there is %v", left)
	}

	out = t.TempDir()
	check(t, os.Mkdir(filepath.Join(out, QuarantineFolder), 0o777))
	k = newSink(t, out, KeepBoth, scanned).open()
	if info, err := os.Stat(filepath.Join(out, QuarantineFolder)); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("it is %v", info.Mode())
	}
	k.finished(1, []byte("film"), "a.mov")
	k.do(session.DiskLand{File: 1})
	landed(t, <-k.events)
	if _, err := os.Stat(filepath.Join(out, QuarantineFolder, "0123abcd", filesName, "a.mov")); err != nil {
		t.Error(err)
	}
	if _, err := Release(t.Context(), out, "0123abcd", KeepBoth, nil); !errors.Is(err, errTaken) {
		t.Errorf("released in the middle of a transfer: %v", err)
	}
	k.close()

	other := newSink(t, out, KeepBoth, nil)
	other.do(session.DiskOpen{Key: "4567abcd", Bytes: 10})
	expect[session.DiskOpened](other)
	other.dir(QuarantineFolder)
	other.dir(QuarantineFolder, "0123abcd")
	landed(t, other.file(1, []byte("bad"), QuarantineFolder, "0123abcd", "b.mov"))
	if got := read(t, filepath.Join(out, QuarantineFolder+" (2)")); string(got["0123abcd/b.mov"].data) != "bad" {
		t.Errorf("the other's list landed as %v", got)
	}
	for _, key := range []string{"", "..", "../0123abcd", "0123abcd/files", "ABCD0123"} {
		if _, err := Release(t.Context(), out, key, KeepBoth, nil); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("Release(%q) = %v", key, err)
		}
	}
}

// What a scan holds stays, and says so; one that judged nothing leaves it as it was.
func TestWhatAScanSays(t *testing.T) {
	out := t.TempDir()
	delivered(t, out, "0123abcd", map[string]string{"a": "a"})
	odd := errors.New("odd")
	for _, v := range []struct {
		says error
		held bool
	}{{odd, false}, {&HeldError{3}, true}} {
		_, err := Release(t.Context(), out, "0123abcd", KeepBoth, func(context.Context, Delivery) error { return v.says })
		list, _ := Quarantined(out)
		if !errors.Is(err, v.says) || errors.Is(err, ErrHeld) != v.held || len(list) != 1 || (list[0].Held != nil) != v.held || list[0].Tried == v.held {
			t.Errorf("scan says %v: %v, %+v", v.says, err, list)
		}
	}
	// Stopped, it was not tried: a later run goes on.
	ctx, stop := context.WithCancel(t.Context())
	delivered(t, out, "4567abcd", map[string]string{"a": "a"})
	_, err := Release(ctx, out, "4567abcd", KeepBoth, func(context.Context, Delivery) error { stop(); return ctx.Err() })
	if list, _ := Quarantined(out); !errors.Is(err, context.Canceled) || len(list) != 2 || list[1].Tried {
		t.Errorf("stopped: %v, %+v", err, list)
	}
}

// A delivery of one contact is none of another's, though both call it the same: who is
// a member of a share knows its share_id. Nor is what another server had under a link.
func TestADeliveryIsOfWhoSentIt(t *testing.T) {
	me, ada, mallory := newPerson(t, "Me"), newPerson(t, "Ada"), newPerson(t, "Mallory")
	id, link := [16]byte{1, 2, 3}, session.NewSharer("", session.Config{}).Link()
	asked := []ReceiveOptions{
		{From: &Offered{Own: me.id, Card: ada.card, Share: id}},
		{From: &Offered{Own: me.id, Card: mallory.card, Share: id}},
		{From: &Offered{Own: mallory.id, Card: ada.card, Share: id}},
		{From: &Offered{Own: me.id, Card: ada.card, Share: [16]byte{1}}},
		{Link: "https://a.example/r#" + link},
		{Link: "https://b.example/r#" + link},
	}
	seen := make(map[string]int)
	for i, o := range asked {
		of := DeliveryOf(o)
		if at, ok := seen[of]; of == "" || ok || of != DeliveryOf(o) {
			t.Errorf("delivery %d is %q, as is %d", i, of, at)
		}
		seen[of] = i
	}
	if a, b := DeliveryOf(asked[4]), DeliveryOf(ReceiveOptions{Server: "https://a.example", Link: link}); a != b {
		t.Errorf("one link, written in two ways, is %q and %q", a, b)
	}
}

// Who only looks makes nothing, whatever is there.
func TestLookingIntoAQuarantineMakesNothing(t *testing.T) {
	out := t.TempDir()
	see := func(want int) {
		t.Helper()
		before := read(t, out)
		list, err := Quarantined(out)
		if err != nil || len(list) != want {
			t.Errorf("%d deliveries, %v; want %d", len(list), err, want)
		}
		Judged(out)
		if after := read(t, out); len(after) != len(before) {
			t.Errorf("there are %d things, and were %d", len(after), len(before))
		}
	}
	see(0)
	check(t, os.MkdirAll(filepath.Join(out, QuarantineFolder, "0123abcd"), 0o700)) // of who was killed as early as that
	see(1)
	delivered(t, out, "4567abcd", map[string]string{"a": "a"})
	see(2)
	check(t, os.Chmod(out, 0o500)) // a disk that can be read only
	defer os.Chmod(out, 0o700)
	see(2)
}
