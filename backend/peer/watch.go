package peer

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"time"

	"beeline/wasm/identity"
	"beeline/wasm/session"
	"beeline/wasm/wire"
)

// WatchOptions say whose shares are looked for. OnView is called from one goroutine
// at a time and must return soon.
type WatchOptions struct {
	Server string
	Own    *identity.Identity
	Cards  []*identity.Card
	Hidden bool // show the own address to nobody but a relay
	HTTP   *http.Client

	// OnView says what contacts offer, in the order of Cards, and why there is no
	// connection to the server.
	OnView func(contacts []session.ContactView, lack wire.Code)
}

// Watch looks what contacts offer until ctx ends. Nothing is taken. Every 64 contacts
// are a connection of their own.
func Watch(ctx context.Context, o WatchOptions) error {
	server, err := parseServer(o.Server)
	if err != nil {
		return err
	}
	w := &watching{o: o, views: make([]session.ContactView, len(o.Cards)), at: make(map[identity.ID]int)}
	for i, card := range o.Cards {
		w.views[i].ID = card.ID()
		w.at[card.ID()] = i
	}
	var parts sync.WaitGroup
	for part := range slices.Chunk(o.Cards, session.WatchMost) {
		parts.Go(func() { w.part(ctx, server, part) })
	}
	parts.Wait()
	return context.Cause(ctx)
}

type watching struct {
	o  WatchOptions
	at map[identity.ID]int // of views

	mu    sync.Mutex // guards the rest
	views []session.ContactView
}

// part looks at some of the contacts.
func (w *watching) part(ctx context.Context, server *url.URL, cards []*identity.Card) {
	machine := session.NewWatcher(0, session.Config{Lanes: 1, Loopback: isLoopback(server), Now: time.Now().UnixMilli(), Native: true, Target: target})
	s := newShell(machine, server, w.o.HTTP)
	s.handle(session.SetContacts{Own: w.o.Own, Cards: cards, Hidden: w.o.Hidden})
	left := false
	s.loop(ctx, nil, func() {
		left = true
		s.handle(session.SetContacts{}) // says goodbye to everybody
	}, func() bool {
		if s.changed && !left {
			s.changed = false
			w.show(machine)
		}
		return left && len(s.links) == 0
	})
}

func (w *watching) show(m *session.Watcher) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, v := range m.View() {
		w.views[w.at[v.ID]] = v
	}
	if w.o.OnView != nil {
		w.o.OnView(slices.Clone(w.views), m.Lack())
	}
}

// Offered is one share that a contact offers, as Watch has shown it.
type Offered struct {
	Own   *identity.Identity
	Card  *identity.Card
	Share [16]byte
}

func (f *Offered) receiver(at string, config session.Config) (*session.Receiver, *url.URL, error) {
	server, err := parseServer(at)
	if err != nil {
		return nil, nil, err
	}
	config.Loopback = isLoopback(server)
	r, err := session.NewContactReceiver(f.Own, f.Card, f.Share, config)
	if err != nil {
		return nil, nil, fmt.Errorf("read the contact's card: %w", err)
	}
	return r, server, nil
}
