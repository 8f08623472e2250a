package peer

import (
	"context"
	"net/http"
	"time"

	"beeline/wasm/session"
	"beeline/wasm/wire"
)

// SendOptions say what is shared and who hears of it. The functions are called
// from one goroutine at a time, must return soon, and may be nil.
type SendOptions struct {
	Server  string        // address of the server, for example "https://host"
	Paths   []string      // files and folders; a folder lands as that folder
	Title   string        // of the share; empty: the only path's name, or how many there are
	Lanes   int           // connections a recipient may have, 1..16, where more carry more; 0: 1
	Once    bool          // return when the first recipient has everything, or will not
	Until   int           // return when so many recipients have everything; 0: not by that
	Expires time.Duration // of the link; 0: seven days
	HTTP    *http.Client  // for the connection to the server; nil: the default. Decides about TLS
	// Chosen is what the person decided before there is a link: SetFlags, SetTerms,
	// SetPaths, MakeCode.
	Chosen []session.Event

	OnLink  func(link string)       // the share can be received by it from now on
	OnView  func(session.ShareView) // what to show, at most ten times a second and at least once
	OnSkip  func(Skipped)           // what was found and is not shared
	OnHoles func(Holes)             // of the files; once, where there are any. Only Linux tells
	// Admit is asked about every recipient after the first, in a goroutine of its
	// own; ctx ends when nobody waits for the answer. nil: they wait.
	Admit  func(ctx context.Context, r session.RecipientView) bool
	Clicks <-chan session.Event // what the person does: PauseRecipient, StopRecipient, StopSharing

	hook   func(*shell) // for tests
	forced int          // lanes whatever is measured, for tests
}

// Send shares files until ctx ends, the link expires, or with Once its first
// recipient is done. It returns nil after a complete transfer, the failure
// (wire.CodeOf) of the share or of the one recipient otherwise, and the cause of
// ctx where that ended it.
func Send(ctx context.Context, o SendOptions) error {
	server, err := parseServer(o.Server)
	if err != nil {
		return err
	}
	roots, err := findRoots(o.Paths)
	if err != nil {
		return err
	}
	if o.Title == "" {
		o.Title = title(roots)
	}
	now := time.Now()
	config := session.Config{Lanes: o.Lanes, Forced: o.forced, Loopback: isLoopback(server), Now: now.UnixMilli(), Native: true, Target: target}
	if o.Expires > 0 {
		config.Expires = now.Add(o.Expires).UnixMilli()
	}
	sharer := session.NewSharer(o.Title, config)
	s := newShell(sharer, server, o.HTTP)
	s.sources = &sources{}
	defer s.sources.close()
	if o.hook != nil {
		o.hook(s)
	}

	walking, stopWalking := context.WithCancel(ctx)
	skip := func(found Skipped) {
		if o.OnSkip != nil {
			s.box.wait(message{do: func() { o.OnSkip(found) }}, waiting)
		}
	}
	var holes func(Holes)
	if o.OnHoles != nil {
		holes = func(found Holes) { s.box.put(message{do: func() { o.OnHoles(found) }}) }
	}
	s.background.Go(func() {
		listing(walking, &walker{sources: s.sources, skip: skip, onHoles: holes}, roots, s.box)
	})
	defer stopWalking()
	for _, e := range o.Chosen {
		s.handle(e)
	}
	if o.OnLink != nil {
		o.OnLink(server.String() + "/r#" + sharer.Link())
	}

	r := &sending{o: o, s: s, sharer: sharer, asked: make(map[uint32]context.CancelFunc)}
	stop := func() {
		stopWalking()
		s.handle(session.StopSharing{})
	}
	s.loop(ctx, o.Clicks, func() {
		r.cause = context.Cause(ctx)
		stop()
	}, func() bool { return r.over(stop) })
	return r.result()
}

// sending is what Send knows of a share under way, in the machine's goroutine.
type sending struct {
	o      SendOptions
	s      *shell
	sharer *session.Sharer
	asked  map[uint32]context.CancelFunc // recipients Admit was asked about; ends the question
	shown  time.Time
	phase  session.Phase
	cause  error // why ctx ended
	first  *session.RecipientView
	enough bool // as many have everything as it was to be
	why    wire.Code
}

// over looks at the share after every round.
func (r *sending) over(stop func()) bool {
	if !r.s.changed && time.Since(r.shown) < showEvery {
		return r.finished()
	}
	v := r.sharer.View()
	r.admit(v)
	if r.o.Once && r.first == nil && len(v.Recipients) > 0 {
		if row := v.Recipients[0]; row.Phase >= session.Complete {
			r.first = &row
			stop()
			v = r.sharer.View()
		}
	}
	if r.o.Until > 0 && v.Phase < session.Complete {
		if done := whoHave(v); done >= r.o.Until {
			r.enough = true
			stop()
			v = r.sharer.View()
		}
	}
	ended := v.Phase == session.Cancelled || v.Phase == session.Failed
	if now := time.Now(); ended || r.first != nil || now.Sub(r.shown) >= tickEvery {
		r.s.changed, r.shown = false, now
		r.phase, r.why = v.Phase, v.Why
		if r.o.OnView != nil {
			r.o.OnView(v)
		}
	}
	return r.finished()
}

// finished says that sharing is over and nothing is left to say to anybody.
func (r *sending) finished() bool {
	return (r.phase == session.Cancelled || r.phase == session.Failed) && len(r.s.links) == 0
}

// admit asks about recipients who wait, and lets go of the question once one does
// not wait any more.
func (r *sending) admit(v session.ShareView) {
	for _, row := range v.Recipients {
		stop := r.asked[row.ID]
		switch {
		case !row.Asks && stop != nil:
			stop()
			delete(r.asked, row.ID)
		case row.Asks && stop == nil && r.o.Admit != nil:
			r.asked[row.ID] = r.s.ask(func(ctx context.Context) {
				yes := r.o.Admit(ctx, row)
				if ctx.Err() == nil {
					r.s.box.put(message{event: session.Decide{Session: row.ID, Accept: yes}})
				}
			})
		}
	}
}

// whoHave counts those who have everything.
func whoHave(v session.ShareView) (n int) {
	for _, row := range v.Recipients {
		if row.Phase == session.Complete {
			n++
		}
	}
	return n
}

func (r *sending) result() error {
	switch {
	case r.enough:
		return nil
	case r.first != nil && r.first.Phase == session.Complete:
		return nil
	case r.first != nil && r.first.Why != wire.None:
		return failed("send", r.first.Why)
	case r.first != nil && r.first.Phase == session.Cancelled:
		return failed("send", wire.Refused) // it left by itself, and took nothing or a part
	case r.cause != nil:
		return r.cause
	case r.why == wire.Revoked || r.why == wire.None:
		return nil // the person stopped sharing
	}
	return failed("send", r.why)
}
