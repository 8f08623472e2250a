package peer

import (
	"context"
	"errors"
	"net/http"
	"time"

	"beeline/wasm/catalog"
	"beeline/wasm/identity"
	"beeline/wasm/session"
	"beeline/wasm/wire"
)

// Standing is how long a share for contacts lasts, if nobody says otherwise: as long
// as one may.
const Standing = 366 * 24 * time.Hour

// A Shared is one share of a host.
type Shared struct {
	Paths   []string // files and folders; a folder lands as that folder
	Title   string   // empty: the only path's name, or how many there are
	With    []*identity.Card
	Expires time.Duration // 0: Standing
	Lanes   int           // connections a recipient may have; 0: 1
	Allowed uint8         // wire.PathsAny, Direct or Relay
}

// HostOptions say what is shared with contacts, and who hears of it. The functions
// are called from one goroutine at a time, must return soon, and may be nil.
type HostOptions struct {
	Server string
	Own    *identity.Identity
	Shares []Shared
	HTTP   *http.Client

	OnView func(share int, v session.ShareView) // what to show of one of them, at most ten times a second
	OnLack func(wire.Code)                      // the server can't be reached; wire.None: it can
	OnSkip func(share int, s Skipped)
	With   <-chan Members // who may have a share from now on
}

// Members are the contacts that one share is for.
type Members struct {
	Share int
	Cards []*identity.Card
}

// hosted is a share of a host under way, in the machine's goroutine.
type hosted struct {
	n       int
	sharer  *session.Sharer
	sources *sources
	changed bool
}

// Host shares with contacts until ctx ends, behind one connection to the server
// whatever there is to share. It returns the cause of ctx, and nil where all shares
// ended before.
func Host(ctx context.Context, o HostOptions) error {
	server, err := parseServer(o.Server)
	if err != nil {
		return err
	}
	all := make([][]root, len(o.Shares))
	for i, one := range o.Shares {
		if all[i], err = findRoots(one.Paths); err != nil {
			return err
		}
	}
	now := time.Now()
	config := session.Config{Loopback: isLoopback(server), Now: now.UnixMilli(), Native: true, Target: target}
	host := session.NewHost(0, o.Own, config)
	s := newShell(host, server, o.HTTP)
	s.hosted = make(map[[16]byte]*hosted)
	r := &hosting{o: o, s: s, host: host}
	for i, one := range o.Shares {
		if err := r.add(i, one, all[i], config, now); err != nil {
			return err
		}
	}
	defer func() {
		for _, h := range r.shares {
			h.sources.close()
		}
	}()
	walking, stopWalking := context.WithCancel(ctx)
	defer stopWalking()
	s.background.Go(func() { r.walk(walking, all) })
	if o.With != nil {
		s.background.Go(func() { r.members(walking) })
	}
	s.loop(ctx, nil, func() {
		r.cause = context.Cause(ctx)
		stopWalking()
		for _, h := range r.shares {
			s.handle(session.To{Share: h.sharer.ID(), Event: session.StopSharing{}})
		}
	}, r.over)
	return r.cause
}

// hosting is what Host knows, in the machine's goroutine.
type hosting struct {
	o      HostOptions
	s      *shell
	host   *session.Host
	shares []*hosted
	shown  time.Time
	lack   wire.Code
	cause  error
}

func (r *hosting) add(i int, one Shared, roots []root, config session.Config, now time.Time) error {
	if one.Title == "" {
		one.Title = title(roots)
	}
	if one.Expires == 0 {
		one.Expires = Standing
	}
	config.Lanes, config.Expires = one.Lanes, now.Add(one.Expires).UnixMilli()
	h := &hosted{n: i, sharer: session.NewSharer(one.Title, config), sources: &sources{}, changed: true}
	if err := r.host.Add(h.sharer); err != nil {
		return failed("share", wire.CodeOf(err))
	}
	r.shares = append(r.shares, h)
	r.s.hosted[h.sharer.ID()] = h
	if one.Allowed != wire.PathsAny {
		r.s.handle(session.To{Share: h.sharer.ID(), Event: session.SetPaths{Paths: one.Allowed}})
	}
	r.with(h, one.With)
	return nil
}

// with says who may have a share.
func (r *hosting) with(h *hosted, cards []*identity.Card) {
	r.s.handle(session.To{Share: h.sharer.ID(), Event: session.SetMembers{Own: r.o.Own, Cards: cards}})
}

func (r *hosting) members(ctx context.Context) {
	for {
		select {
		case m, ok := <-r.o.With:
			if !ok {
				return
			}
			r.s.box.put(message{do: func() { r.with(r.shares[m.Share], m.Cards) }})
		case <-ctx.Done():
			return
		}
	}
}

// walk lists one share after the other.
func (r *hosting) walk(ctx context.Context, all [][]root) {
	for i, h := range r.shares {
		id := h.sharer.ID()
		w := &walker{sources: h.sources, skip: func(found Skipped) {
			if r.o.OnSkip != nil {
				r.s.box.wait(message{do: func() { r.o.OnSkip(i, found) }}, waiting)
			}
		}}
		w.add = func(list []catalog.Entry) bool {
			return r.s.box.wait(message{event: session.To{Share: id, Event: session.Add{Entries: list}}}, waiting)
		}
		if err := w.walk(ctx, all[i]); errors.Is(err, context.Canceled) {
			return
		}
		r.s.box.put(message{event: session.To{Share: id, Event: session.Listed{}}})
	}
}

// over shows what changed, and looks whether anything is shared any more.
func (r *hosting) over() bool {
	now := time.Now()
	left := len(r.host.Shares())
	if now.Sub(r.shown) >= tickEvery || left == 0 {
		r.shown = now
		if lack := r.host.Lack(); lack != r.lack && r.o.OnLack != nil {
			r.lack = lack
			r.o.OnLack(lack)
		}
		for _, h := range r.shares {
			h.sources.handles.sweep(now, handlesIdle)
			if h.changed && r.o.OnView != nil {
				h.changed = false
				r.o.OnView(h.n, h.sharer.View())
			}
		}
	}
	return left == 0 && len(r.s.links) == 0
}

// of carries out what one share of a host wants: its files are meant, and what is
// answered is for it.
func (s *shell) of(a session.Of) {
	h := s.hosted[a.Share]
	switch act := a.Action.(type) {
	case session.Show:
		h.changed = true
	case session.RefreshSource:
		s.background.Go(func() { // a network drive may take its time
			size, modMS, ok := h.sources.refresh(act.File)
			fresh := session.SourceFresh{File: act.File, OK: ok, Size: size, ModMS: modMS}
			s.box.put(message{event: session.To{Share: a.Share, Event: fresh}})
		})
	default:
		s.sources = h.sources
		s.act(a.Action)
		s.sources = nil
	}
}
