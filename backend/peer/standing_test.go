package peer

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"beeline/wasm/identity"
	"beeline/wasm/session"
	"beeline/wasm/wire"
)

// whatIsKept is what a program keeps of a share between two runs.
type whatIsKept struct {
	kept []byte
	list [32]byte
}

// standing runs a host with one share that stays, as it was kept.
func standing(t *testing.T, server string, of, with person, path string, k *whatIsKept) (stop func() error) {
	t.Helper()
	return background(t, func(ctx context.Context) error {
		return Host(ctx, HostOptions{
			Server: server, Own: of.id, Stay: true,
			Shares: []Shared{{Paths: []string{path}, With: []*identity.Card{with.card}, Kept: k.kept, List: k.list}},
			OnKeep: func(_ int, kept []byte, list [32]byte) error { k.kept, k.list = kept, list; return nil },
		})
	})
}

// offered waits until a contact offers something, and returns it.
func offered(t *testing.T, server string, to, by person) [16]byte {
	t.Helper()
	seen := make(chan []session.ContactView, 1)
	stop := background(t, func(ctx context.Context) error {
		return Watch(ctx, WatchOptions{Server: server, Own: to.id, Cards: []*identity.Card{by.card}, OnView: func(v []session.ContactView, _ wire.Code) { latest(seen, v) }})
	})
	v := until(t, seen, "a share", func(v []session.ContactView) bool { return len(v[0].Offers) == 1 })
	_ = stop()
	return v[0].Offers[0].ID
}

// A program that shares is started anew in the middle of a transfer: the share is the
// same, who receives goes on by itself and nothing is sent twice that was safe. A list
// that changed meanwhile is another under the same name.
func TestAShareIsTheSameAfterARestart(t *testing.T) {
	t.Parallel()
	server := newServer(t)
	a, b := newPerson(t, "Anna"), newPerson(t, "Bela")
	dir := tree(t, map[string][]byte{"day/a.mov": noise(24 << 20), "day/b.mov": noise(24 << 20), "day/c.txt": noise(10)})
	path := filepath.Join(dir, "day")
	var k whatIsKept
	stop := standing(t, server, a, b, path, &k)
	id := offered(t, server, b, a)
	out := t.TempDir()
	begun := make(chan session.ReceiveView, 1)
	type end struct {
		got Result
		err error
	}
	done := make(chan end, 1)
	go func() {
		got, err := receive(t, ReceiveOptions{
			Server: server, From: &Offered{b.id, a.card, id}, Out: out, Resume: true,
			OnView: func(v session.ReceiveView) { latest(begun, v) },
		})
		done <- end{got, err}
	}()
	until(t, begun, "the first bytes", func(v session.ReceiveView) bool { return v.Written > 1<<20 })
	if err := stop(); !errors.Is(err, context.Canceled) {
		t.Fatalf("Host = %v", err)
	}
	select {
	case e := <-done:
		t.Fatalf("who receives ended when the sharer did: %v", e.err)
	default:
	}
	before := k
	stop = standing(t, server, a, b, path, &k)
	e := <-done
	if e.err != nil {
		t.Fatalf("Receive = %v", e.err)
	}
	sameTrees(t, out, dir)
	if !slices.Equal(before.kept, k.kept) || before.list != k.list {
		t.Error("another share than before the restart")
	}
	_ = stop()

	check(t, os.WriteFile(filepath.Join(path, "0.txt"), noise(10), 0o600)) // the first of the list now
	standing(t, server, a, b, path, &k)
	if again := offered(t, server, b, a); again != id {
		t.Errorf("with another list it is %x, want %x", again, id)
	}
	if slices.Equal(before.kept, k.kept) || before.list == k.list {
		t.Error("another list under the same salt: whoever knows the old one takes its indices for those of the new one")
	}
}

// Shares come, change and go while a host runs; one that can't be shared is said to be
// none, and what is not wanted any more before it is listed is never seen.
func TestSharesComeAndGo(t *testing.T) {
	t.Parallel()
	server := newServer(t)
	a, b := newPerson(t, "Anna"), newPerson(t, "Bela")
	path := func(name string) []string {
		return []string{filepath.Join(tree(t, map[string][]byte{name: noise(10)}), name)}
	}
	changes := make(chan Change)
	failures := make(chan error, 10)
	stop := background(t, func(ctx context.Context) error {
		return Host(ctx, HostOptions{Server: server, Own: a.id, Changes: changes, OnFail: func(share int, err error) {
			if share != 7 {
				t.Errorf("share %d fails, want 7: %v", share, err)
			}
			failures <- err
		}})
	})
	seen := make(chan []session.ContactView, 1)
	background(t, func(ctx context.Context) error {
		return Watch(ctx, WatchOptions{Server: server, Own: b.id, Cards: []*identity.Card{a.card}, OnView: func(v []session.ContactView, _ wire.Code) { latest(seen, v) }})
	})
	sees := func(want ...string) {
		t.Helper()
		until(t, seen, "another list", func(v []session.ContactView) bool { return slices.Equal(titles(v), want) })
	}
	for i, name := range []string{"one", "two", "three"} {
		changes <- Change{Share: i, New: &Shared{Paths: path(name), With: []*identity.Card{b.card}}}
	}
	changes <- Change{Share: 2, Drop: true} // perhaps before it is listed
	changes <- Change{Share: 7, New: &Shared{Paths: []string{"/not/there"}, With: []*identity.Card{b.card}}}
	sees("one", "two")
	if err := <-failures; !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a path that is not there: %v", err)
	}
	changes <- Change{Share: 0, Drop: true}
	sees("two")
	changes <- Change{Share: 7, New: &Shared{Paths: path("four"), With: []*identity.Card{b.card}}} // its number is free
	sees("four", "two")
	changes <- Change{Share: 1} // for nobody
	sees("four")
	changes <- Change{Share: 7, Drop: true}
	sees()
	if err := stop(); !errors.Is(err, context.Canceled) {
		t.Errorf("a host without shares ends by itself: %v", err)
	}
}
