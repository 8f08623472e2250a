package peer

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"beeline/wasm/identity"
	"beeline/wasm/session"
	"beeline/wasm/wire"
)

// A folder that gets another file is listed anew under the same share; one that is not
// there is offered to nobody, says so, and is the same share once it is back, for who
// was in the middle of it, too.
func TestAHostNoticesWhatChanges(t *testing.T) {
	t.Parallel()
	server := newServer(t)
	a, b := newPerson(t, "Anna"), newPerson(t, "Bela")
	dir := tree(t, map[string][]byte{"day/a.mov": noise(48 << 20), "other/x": noise(10), "late/": nil})
	day := filepath.Join(dir, "day")
	away := make(chan error, 10)
	changes := make(chan Change)
	background(t, func(ctx context.Context) error {
		return Host(ctx, HostOptions{
			Server: server, Own: a.id, Stay: true, Changes: changes, Rescan: 50 * time.Millisecond,
			OnAway: func(_ int, why error) { away <- why },
			OnFail: func(_ int, err error) { t.Errorf("a share fails: %v", err) },
		})
	})
	seen := make(chan []session.ContactView, 1)
	background(t, func(ctx context.Context) error {
		return Watch(ctx, WatchOptions{Server: server, Own: b.id, Cards: []*identity.Card{a.card}, OnView: func(v []session.ContactView, _ wire.Code) { latest(seen, v) }})
	})
	// entries waits until B sees the shares with so many entries each, by title.
	entries := func(want map[string]uint32) (ids map[string][16]byte) {
		t.Helper()
		until(t, seen, "another list", func(v []session.ContactView) bool {
			ids = make(map[string][16]byte)
			for _, o := range v[0].Offers {
				if want[o.Title] != o.Entries {
					return false
				}
				ids[o.Title] = o.ID
			}
			return len(ids) == len(want)
		})
		return ids
	}
	for i, name := range []string{"day", "other", "late", "never"} {
		changes <- Change{Share: i, New: &Shared{Paths: []string{filepath.Join(dir, name)}, With: []*identity.Card{b.card}}}
	}
	why := []error{<-away, <-away}
	slices.SortFunc(why, func(a, _ error) int { return map[bool]int{true: -1, false: 1}[errors.Is(a, ErrNoFiles)] })
	if !errors.Is(why[0], ErrNoFiles) || !errors.Is(why[1], fs.ErrNotExist) {
		t.Errorf("away are %v, want one without files and one that is not there", why)
	}
	first := entries(map[string]uint32{"day": 2, "other": 2})
	check(t, os.WriteFile(filepath.Join(dir, "late", "now"), noise(10), 0o600))
	check(t, os.WriteFile(filepath.Join(day, "b.mov"), noise(1<<20), 0o600))
	again := entries(map[string]uint32{"day": 3, "other": 2, "late": 2})
	if again["day"] != first["day"] {
		t.Errorf("with one file more it is share %x, want %x", again["day"], first["day"])
	}

	out, begun, done := t.TempDir(), make(chan session.ReceiveView, 1), make(chan error, 1)
	go func() {
		_, err := receive(t, ReceiveOptions{
			Server: server, From: &Offered{b.id, a.card, first["day"]}, Out: out, Resume: true,
			OnView: func(v session.ReceiveView) { latest(begun, v) },
		})
		done <- err
	}()
	until(t, begun, "the first bytes", func(v session.ReceiveView) bool { return v.Written > 1<<20 })
	check(t, os.Rename(day, day+" gone"))
	if err := <-away; !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("away: %v", err)
	}
	entries(map[string]uint32{"other": 2, "late": 2})
	check(t, os.Rename(day+" gone", day))
	entries(map[string]uint32{"day": 3, "other": 2, "late": 2})
	if err := <-done; err != nil {
		t.Errorf("who was in the middle: %v", err)
	}
	sameTrees(t, filepath.Join(out, "day"), day)
}
