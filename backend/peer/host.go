package peer

import (
	"context"
	"net/http"
	"time"

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
	// Kept and List are what OnKeep said of it in an earlier run: it is the same share,
	// and what contacts have of it counts on. Without them it is a new one.
	Kept []byte
	List [32]byte
}

// HostOptions say what is shared with contacts, and who hears of it. The functions
// are called from one goroutine at a time, must return soon, and may be nil.
type HostOptions struct {
	Server string
	Own    *identity.Identity
	Shares []Shared // by number, from 0 on
	// Stay says that what is shared when ctx ends is not withdrawn by that: contacts wait
	// until it is there again.
	Stay bool
	HTTP *http.Client

	OnView  func(share int, v session.ShareView) // what to show of one of them, at most ten times a second
	OnLack  func(wire.Code)                      // the server can't be reached, for three seconds now; wire.None: it can
	OnSkip  func(share int, s Skipped)
	OnHoles func(share int, h Holes)   // of the files of a list, where there are any. Only Linux tells
	OnFail  func(share int, err error) // it can't be shared, and has no number any more
	// OnKeep is told what has to be kept of a share for it to come back, before anybody
	// can see it. Unlike the others it may take its time, and run more than once at once;
	// where it fails nothing is shared. Once is enough, but for a list that is taken anew:
	// a share for contacts has neither link nor code nor terms, and who may have it is not
	// in what is kept, so nothing of that changes afterwards (unlike [SendOptions].OnKeep).
	// Before a list is changed under who is at it list is zero, that of no walk; where that
	// fails it is not changed.
	OnKeep  func(share int, kept []byte, list [32]byte) error
	Changes <-chan Change // what is to be otherwise from now on

	// Rescan is how often it is looked whether what is shared is still what was listed;
	// 0: never. What changed is listed anew under the same share, once it has settled and
	// nobody is at it; after two minutes all the same, for who comes then. What is not there, or has no file, is offered to nobody until it is
	// there again: OnAway is told why, for the first time also in the place of OnFail.
	Rescan time.Duration
	OnAway func(share int, why error)

	amendAfter time.Duration // of a test; 0: amendAfter
}

// A Change is one of what a host shares. Those of a share that there is not do nothing.
type Change struct {
	Share int
	New   *Shared          // it is shared from now on, under a number that is free
	Drop  bool             // it is withdrawn
	Look  bool             // all shares are looked at again now
	Cards []*identity.Card // else: the contacts that it is for
}

// offlineAfter is when a server that is not reached is spoken of.
const offlineAfter = 3 * time.Second

// hosted is a share of a host under way, in the machine's goroutine.
type hosted struct {
	n       int
	sharer  *session.Sharer
	sources *sources
	changed bool

	one  Shared   // as it was asked for, with what is known of it by now
	list [32]byte // the digest of what was listed
	// amended says that the list was changed since (amend.go).
	amended bool
	rescan
}

// Host shares with contacts until ctx ends, behind one connection to the server
// whatever there is to share. It returns the cause of ctx, and nil where all shares
// ended before and nobody can add any.
func Host(ctx context.Context, o HostOptions) error {
	server, err := parseServer(o.Server)
	if err != nil {
		return err
	}
	for _, one := range o.Shares {
		if err := CheckPaths(one.Paths); err != nil {
			return err
		}
	}
	config := session.Config{Loopback: isLoopback(server), Now: time.Now().UnixMilli(), Native: true, Target: target}
	host := session.NewHost(0, o.Own, config)
	s := newShell(host, server, o.HTTP)
	s.hosted = make(map[[16]byte]*hosted)
	r := &hosting{
		o: o, s: s, host: host, config: config, walks: make(chan struct{}, walksAtOnce),
		shares: make(map[int]*hosted), listing: make(map[int]*Shared), away: make(map[int]*away),
		reached: time.Now(),
	}
	defer func() {
		for _, h := range r.shares {
			h.sources.close()
		}
	}()
	var stopWalking context.CancelFunc
	r.walking, stopWalking = context.WithCancel(ctx)
	defer stopWalking()
	for i := range o.Shares {
		r.begin(i, o.Shares[i])
	}
	if o.Changes != nil {
		s.background.Go(r.changes)
	}
	s.loop(ctx, nil, func() {
		r.cause = context.Cause(ctx)
		stopWalking()
		r.left = o.Stay
		for _, h := range r.shares {
			if !o.Stay {
				s.handle(session.To{Share: h.sharer.ID(), Event: session.StopSharing{}})
			}
		}
		clear(r.listing)
		clear(r.away)
	}, r.over)
	return r.cause
}

// hosting is what Host knows, in the machine's goroutine but for what is set before.
type hosting struct {
	o       HostOptions
	s       *shell
	host    *session.Host
	config  session.Config
	walks   chan struct{}   // as many values as walks run
	walking context.Context // ends before the machine says goodbye

	shares  map[int]*hosted
	listing map[int]*Shared // those whose list is not whole; nobody sees them yet
	away    map[int]*away   // those whose paths are not there
	looks   int             // of rescans, under way
	shown   time.Time
	lack    wire.Code // as it was told
	told    bool
	reached time.Time // when the server was, for the last time; first: when this began
	left    bool      // nothing is withdrawn, and this ends now
	cause   error
}

func (r *hosting) tell(h *hosted, e session.Event) {
	r.s.handle(session.To{Share: h.sharer.ID(), Event: e})
}

func (r *hosting) changes() {
	for {
		select {
		case c, ok := <-r.o.Changes:
			if !ok {
				return
			}
			r.s.box.put(message{do: func() { r.change(c) }})
		case <-r.walking.Done():
			return
		}
	}
}

func (r *hosting) change(c Change) {
	h, listing, away := r.shares[c.Share], r.listing[c.Share], r.away[c.Share]
	switch {
	case r.walking.Err() != nil:
	case c.Look:
		r.lookNow()
	case c.New != nil && h == nil && listing == nil && away == nil:
		r.begin(c.Share, *c.New)
	case c.New != nil: // the number is taken
	case c.Drop && h != nil:
		r.tell(h, session.StopSharing{})
	case c.Drop && listing != nil:
		r.wontCome(listing)
		delete(r.listing, c.Share)
	case c.Drop && away != nil:
		r.wontCome(&away.one)
		delete(r.away, c.Share)
	case h != nil:
		h.one.With = c.Cards
		r.tell(h, session.SetMembers{Own: r.o.Own, Cards: c.Cards})
	case listing != nil:
		listing.With = c.Cards
		r.await(*listing)
	case away != nil:
		away.one.With = c.Cards
		r.await(away.one)
	}
}

// over shows what changed, lets go of what ended, and looks whether anything is shared
// any more.
func (r *hosting) over() bool {
	now := time.Now()
	if now.Sub(r.shown) >= tickEvery {
		r.shown = now
		r.tellLack(now)
		there := make(map[[16]byte]bool)
		for _, s := range r.host.Shares() {
			there[s.ID()] = true
		}
		r.rescan(now)
		for i, h := range r.shares {
			h.sources.handles.sweep(now, handlesIdle)
			if h.changed && r.o.OnView != nil {
				h.changed = false
				r.o.OnView(i, h.sharer.View())
			}
			if id := h.sharer.ID(); !there[id] {
				h.sources.close()
				delete(r.shares, i)
				delete(r.s.hosted, id)
			}
		}
	}
	none := len(r.shares) == 0 && len(r.listing) == 0 && len(r.away) == 0 && len(r.s.links) == 0
	return r.left || none && (r.o.Changes == nil || r.cause != nil)
}

// tellLack says that the server can't be reached, once that is no moment's matter: at
// the start, and when it is restarted, it always is so for a while.
func (r *hosting) tellLack(now time.Time) {
	lack := r.host.Lack()
	if lack != wire.Offline {
		r.reached = now
	}
	if lack == wire.Offline && now.Sub(r.reached) < offlineAfter || lack == r.lack && r.told {
		return
	}
	r.lack, r.told = lack, true
	if r.o.OnLack != nil {
		r.o.OnLack(lack)
	}
}

// of carries out what one share of a host wants: its files are meant, and what is
// answered is for it.
func (s *shell) of(a session.Of) {
	h := s.hosted[a.Share]
	if h == nil {
		return // it ended
	}
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
