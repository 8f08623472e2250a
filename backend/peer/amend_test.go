package peer

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"beeline/wasm/catalog"
	"beeline/wasm/identity"
	"beeline/wasm/session"
	"beeline/wasm/wire"
)

// Who stands still in the middle of a share keeps nobody from what is new in it, and ends
// on the list that they have.
func TestWhoStandsStillKeepsNoListOld(t *testing.T) {
	t.Parallel()
	server := newServer(t)
	a, b := newPerson(t, "Anna"), newPerson(t, "Bela")
	dir := tree(t, map[string][]byte{"day/a.mov": noise(4 << 20), "day/gone": noise(10), "day/sub/x": noise(10), "day/z": noise(10)})
	day := filepath.Join(dir, "day")
	changes := make(chan Change)
	var onDisk atomic.Pointer[[32]byte]
	var full atomic.Bool
	full.Store(true)
	background(t, func(ctx context.Context) error {
		return Host(ctx, HostOptions{
			Server: server, Own: a.id, Stay: true, Changes: changes, Rescan: 50 * time.Millisecond, amendAfter: 200 * time.Millisecond,
			OnFail: func(_ int, err error) { t.Errorf("a share fails: %v", err) },
			OnKeep: func(_ int, _ []byte, list [32]byte) error {
				if list == [32]byte{} && full.Swap(false) {
					return errors.New("a full disk")
				}
				onDisk.Store(&list)
				return nil
			},
		})
	})
	seen := make(chan []session.ContactView, 1)
	background(t, func(ctx context.Context) error {
		return Watch(ctx, WatchOptions{Server: server, Own: b.id, Cards: []*identity.Card{a.card}, OnView: func(v []session.ContactView, _ wire.Code) { latest(seen, v) }})
	})
	var share [16]byte
	entries := func(want uint32) {
		t.Helper()
		until(t, seen, "another list", func(v []session.ContactView) bool {
			for _, o := range v[0].Offers {
				share = o.ID
			}
			return len(v[0].Offers) == 1 && v[0].Offers[0].Entries == want
		})
	}
	changes <- Change{New: &Shared{Paths: []string{day}, With: []*identity.Card{b.card}}}
	entries(6) // the folder, too
	old := read(t, day)
	out, still, done := t.TempDir(), make(chan struct{}), make(chan error, 1)
	on := make(chan struct{})
	go func() {
		_, err := receive(t, ReceiveOptions{Server: server, From: &Offered{b.id, a.card, share}, Out: out, hook: func(s *shell) {
			first := true
			s.dest.pwrite = func(f *os.File, b []byte, at int64) (int, error) { // a disk that stands still
				if first {
					first = false
					close(still)
					<-on
				}
				return f.WriteAt(b, at)
			}
		}})
		done <- err
	}()
	<-still
	// Each in one step: what is seen half written has another place in the list for each half.
	next := tree(t, map[string][]byte{"b.mov": noise(1 << 20), "new/deep/y": noise(5), "sub/w": noise(5), "z": noise(30)})
	for _, name := range []string{"b.mov", "new", "sub/w", "z"} {
		check(t, os.Rename(filepath.Join(next, name), filepath.Join(day, name)))
	}
	check(t, os.Chtimes(filepath.Join(day, "a.mov"), time.Time{}, time.Unix(1e9, 0))) // touched
	entries(13)                                                                       // two places are those of files that are told anew
	if full.Load() || *onDisk.Load() != [32]byte{} {
		t.Error("after a crash the list that was changed is taken for the one of before, under the same salt")
	}
	got := t.TempDir()
	// The same person, by another program.
	if _, err := receive(t, ReceiveOptions{Server: server, From: &Offered{b.id, a.card, share}, Out: got}); err != nil {
		t.Errorf("who comes now: %v", err)
	}
	want := read(t, day)
	for name, is := range read(t, filepath.Join(got, "day")) {
		if !bytes.Equal(is.data, want[name].data) { // a folder keeps the date that it was listed with
			t.Errorf("%s is not what is shared", name)
		}
		delete(want, name)
	}
	if len(want) > 0 {
		t.Errorf("who comes now does not get %d of what is new", len(want))
	}
	close(on)
	if err := <-done; err != nil {
		t.Errorf("who stood still: %v", err)
	}
	if there := read(t, filepath.Join(out, "day")); len(there) != len(old) {
		t.Errorf("who stood still has %d entries, want the %d of before", len(there), len(old))
	}
	check(t, os.Remove(filepath.Join(day, "gone"))) // nobody is at it: it is listed anew
	entries(10)
}

// What another walk found is put behind a list, what is gone or another file is taken
// back, and every index leads where it did.
func TestAmend(t *testing.T) {
	dir := tree(t, map[string][]byte{"d/a": noise(1), "d/b": noise(2), "d/s/x": noise(3), "d/s/y": noise(4), "f": noise(5)})
	paths := []string{filepath.Join(dir, "d"), filepath.Join(dir, "f")}
	walk := func() *sources {
		s := &sources{}
		t.Cleanup(s.close)
		roots, err := findRoots(paths)
		check(t, err)
		w := &walker{sources: s, skip: func(Skipped) {}, add: func([]catalog.Entry) bool { return true }}
		check(t, w.walk(t.Context(), roots))
		return s
	}
	path := func(s *sources, i uint32) string { _, p, _ := s.where(i); return p }
	s := walk()
	amend := func(wantGone, wantRenewed, wantNew []string) {
		t.Helper()
		var was []string
		for i := range s.nodes.n {
			was = append(was, path(s, uint32(i+1)))
		}
		gone, renewed, add, ok := s.amend(walk())
		if !ok {
			t.Fatal("the list can't be changed")
		}
		var names, others, fresh []string
		for _, i := range gone {
			names = append(names, path(s, i))
		}
		for _, i := range renewed {
			others = append(others, path(s, i))
		}
		for range add {
			fresh = append(fresh, path(s, uint32(len(was)+len(fresh)+1)))
		}
		if !slices.Equal(names, wantGone) || !slices.Equal(others, wantRenewed) || !slices.Equal(fresh, wantNew) {
			t.Errorf("gone are %v, renewed %v, new %v; want %v, %v, %v", names, others, fresh, wantGone, wantRenewed, wantNew)
		}
		for i, p := range was {
			if path(s, uint32(i+1)) != p {
				t.Errorf("entry %d is %s, and was %s", i+1, path(s, uint32(i+1)), p)
			}
		}
		for i := range s.nodes.n {
			n := s.nodes.at(uint32(i + 1))
			if s.nodes.packed(uint32(i+1)).flags&flagGone == 0 && !n.dir && s.read(uint32(i+1), 0, make([]byte, n.size)) != nil {
				t.Errorf("%s can't be read", path(s, uint32(i+1)))
			}
		}
	}
	amend(nil, nil, nil)
	check(t, errors.Join(
		os.WriteFile(filepath.Join(dir, "d", "b"), noise(20), 0o600),
		os.RemoveAll(filepath.Join(dir, "d", "s")), os.WriteFile(filepath.Join(dir, "d", "s"), noise(3), 0o600),
		os.MkdirAll(filepath.Join(dir, "d", "t"), 0o700), os.WriteFile(filepath.Join(dir, "d", "t", "z"), noise(3), 0o600),
		os.WriteFile(filepath.Join(dir, "f"), noise(50), 0o600),
	))
	amend([]string{"s", "s/x", "s/y"}, []string{"b", "f"}, []string{"b", "s", "t", "t/z", "f"})
	amend(nil, nil, nil)
	if _, _, ok := s.refresh(2); !ok {
		t.Error("a cannot be looked at")
	}
	amend(nil, nil, nil)
	check(t, os.WriteFile(filepath.Join(dir, "d", "a"), noise(9), 0o600))
	s.refresh(2) // a transfer noticed it, but the list has it as it was
	amend(nil, []string{"a"}, []string{"a"})
	check(t, errors.Join(os.Remove(filepath.Join(dir, "f")), os.Mkdir(filepath.Join(dir, "f"), 0o700)))
	if _, _, _, ok := s.amend(walk()); ok {
		t.Error("what was named is something else, and the list goes on")
	}
}
