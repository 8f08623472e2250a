package peer

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"beeline/wasm/ctrl"
	"beeline/wasm/identity"
	"beeline/wasm/session"
	"beeline/wasm/wire"
)

// A person has an identity and a card.
type person struct {
	id   *identity.Identity
	card *identity.Card
}

func newPerson(t testing.TB, name string) person {
	t.Helper()
	id := identity.New()
	card, err := id.Card(name, 1_790_000_000)
	check(t, err)
	return person{id, card}
}

// background runs something until the test ends, or it is stopped, and returns what
// it returned.
func background(t testing.TB, run func(ctx context.Context) error) (stop func() error) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- run(ctx) }()
	stop = func() error {
		cancel()
		select {
		case err := <-done:
			done <- err
			return err
		case <-time.After(patienceMax):
			t.Fatal("it does not end")
			return nil
		}
	}
	t.Cleanup(func() { stop() })
	return stop
}

// titles returns what is offered, and by whom.
func titles(views []session.ContactView) (all []string) {
	for _, v := range views {
		for _, o := range v.Offers {
			all = append(all, o.Title)
		}
	}
	slices.Sort(all)
	return all
}

// Two shares for one contact behind one connection: it sees both, live, takes both at
// once, and loses what is withdrawn from it.
func TestAHostSharesWithContacts(t *testing.T) {
	t.Parallel()
	server := newServer(t)
	a, b := newPerson(t, "Anna"), newPerson(t, "Bela")
	day1 := tree(t, map[string][]byte{"day1/a.mov": noise(3<<20 + 7), "day1/b/c.exr": noise(10_000)})
	day2 := tree(t, map[string][]byte{"day2/x.mov": noise(1 << 20)})
	with := make(chan Change)
	views := make(chan session.ShareView, 1)
	var lacks []wire.Code // read once it has ended
	stopHost := background(t, func(ctx context.Context) error {
		return Host(ctx, HostOptions{
			Server: server, Own: a.id, Changes: with,
			OnLack: func(why wire.Code) { lacks = append(lacks, why) },
			Shares: []Shared{
				{Paths: []string{filepath.Join(day1, "day1")}, With: []*identity.Card{b.card}},
				{Paths: []string{filepath.Join(day2, "day2")}, With: []*identity.Card{b.card}, Title: "Second"},
			},
			OnView: func(share int, v session.ShareView) {
				if share == 1 {
					latest(views, v)
				}
			},
		})
	})
	seen := make(chan []session.ContactView, 1)
	stopWatch := background(t, func(ctx context.Context) error {
		return Watch(ctx, WatchOptions{Server: server, Own: b.id, Cards: []*identity.Card{a.card}, OnView: func(v []session.ContactView, _ wire.Code) { latest(seen, v) }})
	})
	got := until(t, seen, "both shares", func(v []session.ContactView) bool {
		return slices.Equal(titles(v), []string{"Second", "day1"}) && !slices.ContainsFunc(v[0].Offers, func(o ctrl.Offer) bool { return o.Bytes == 0 })
	})
	out := []string{t.TempDir(), t.TempDir()}
	results := make(chan error, 2)
	for _, o := range got[0].Offers {
		at := out[0]
		if o.Title == "Second" {
			at = out[1]
		}
		go func() {
			_, err := receive(t, ReceiveOptions{Server: server, From: &Offered{b.id, a.card, o.ID}, Out: at})
			results <- err
		}()
	}
	for range 2 {
		if err := <-results; err != nil {
			t.Errorf("Receive = %v", err)
		}
	}
	sameTrees(t, out[0], day1)
	sameTrees(t, out[1], day2)
	if v := until(t, views, "a recipient", func(v session.ShareView) bool {
		return len(v.Recipients) == 1 && v.Recipients[0].Phase == session.Complete
	}); v.Recipients[0].Contact != b.card.ID() || v.Link != "" {
		t.Errorf("the host shows %+v", v)
	}
	with <- Change{Share: 1} // withdrawn from B
	until(t, seen, "one share less", func(v []session.ContactView) bool { return slices.Equal(titles(v), []string{"day1"}) })
	for _, o := range got[0].Offers {
		if o.Title == "Second" {
			if _, err := receive(t, ReceiveOptions{Server: server, From: &Offered{b.id, a.card, o.ID}, Out: t.TempDir()}); wire.CodeOf(err) != wire.Revoked {
				t.Errorf("what was withdrawn: %v, want %v", err, wire.Revoked)
			}
		}
	}
	if err := stopHost(); !errors.Is(err, context.Canceled) {
		t.Errorf("Host = %v, want the end of its context", err)
	}
	if !slices.Equal(lacks, []wire.Code{wire.None}) {
		t.Errorf("of a server that is there it said %v, not once that it is reached", lacks)
	}
	until(t, seen, "nothing", func(v []session.ContactView) bool { return !v[0].Online && len(v[0].Offers) == 0 })
	if err := stopWatch(); !errors.Is(err, context.Canceled) {
		t.Errorf("Watch = %v, want the end of its context", err)
	}
}

// A file of one share that changes while it is taken is looked at in that share.
func TestAHostsFileChanges(t *testing.T) {
	t.Parallel()
	server := newServer(t)
	a, b := newPerson(t, "Anna"), newPerson(t, "Bela")
	first, second := tree(t, map[string][]byte{"one/a.mov": noise(100)}), tree(t, map[string][]byte{"two/b.mov": noise(2 << 20)})
	seen := make(chan []session.ContactView, 1)
	listed := make(chan session.ShareView, 1)
	background(t, func(ctx context.Context) error {
		return Host(ctx, HostOptions{
			Server: server, Own: a.id, OnView: func(share int, v session.ShareView) {
				if share == 1 {
					latest(listed, v)
				}
			},
			Shares: []Shared{
				{Paths: all(t, first), With: []*identity.Card{b.card}},
				{Paths: all(t, second), With: []*identity.Card{b.card}},
			},
		})
	})
	until(t, listed, "the list", func(v session.ShareView) bool { return v.Listed })
	background(t, func(ctx context.Context) error {
		return Watch(ctx, WatchOptions{Server: server, Own: b.id, Cards: []*identity.Card{a.card}, OnView: func(v []session.ContactView, _ wire.Code) { latest(seen, v) }})
	})
	got := until(t, seen, "both", func(v []session.ContactView) bool { return len(titles(v)) == 2 })
	for _, o := range got[0].Offers {
		if o.Title != "two" {
			continue
		}
		check(t, os.WriteFile(filepath.Join(second, "two/b.mov"), noise(3<<20), 0o600)) // other than it was listed
		out := t.TempDir()
		if _, err := receive(t, ReceiveOptions{Server: server, From: &Offered{b.id, a.card, o.ID}, Out: out}); err != nil {
			t.Fatalf("Receive = %v", err)
		}
		sameTrees(t, out, second)
	}
}

// Who only looks what there is sees no address either, where a share is relayed only:
// without a relay there is no connection. Anna shares so, Cleo does not.
func TestLookingAtARelayedShareShowsNoAddress(t *testing.T) {
	t.Parallel()
	server := newServer(t)
	a, b, c := newPerson(t, "Anna"), newPerson(t, "Bela"), newPerson(t, "Cleo")
	for name, own := range map[string]person{"relayed": a, "open": c} {
		shared := Shared{Title: name, Paths: all(t, tree(t, map[string][]byte{"one/a.mov": noise(100)})), With: []*identity.Card{b.card}}
		if name == "relayed" {
			shared.Allowed = wire.PathsRelay
		}
		background(t, func(ctx context.Context) error {
			return Host(ctx, HostOptions{Server: server, Own: own.id, Shares: []Shared{shared}})
		})
	}
	seen := make(chan []session.ContactView, 1)
	background(t, func(ctx context.Context) error {
		return Watch(ctx, WatchOptions{Server: server, Own: b.id, Cards: []*identity.Card{a.card, c.card}, OnView: func(v []session.ContactView, _ wire.Code) { latest(seen, v) }})
	})
	v := until(t, seen, "what Cleo shares", func(v []session.ContactView) bool { return slices.Contains(titles(v), "open") })
	for end := time.After(3 * time.Second); ; {
		if slices.Contains(titles(v), "relayed") {
			t.Fatal("the relayed share was looked at where there is no relay")
		}
		select {
		case v = <-seen:
		case <-end:
			return
		}
	}
}
