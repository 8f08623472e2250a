package peer

import (
	"context"
	"errors"
	"fmt"
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
	// Kept is what OnKeep was told last in an earlier run: it is the same share by the same
	// link, until the same time, with who was let in; nobody meets it before it is known
	// whether it has the same list. Where less than half of the files that were told are
	// there it is a new one, with a new link: who was let in was not let in to something
	// else. Without State it is a new one.
	Kept Kept

	// OnFound is told before OnLink what is there of the list in Kept, and with FoundChanged
	// how many files are new or changed, or -1 where they are too many to tell.
	OnFound func(what Found, changed int)
	// OnLink is told the link, also where Kept made it; it is empty where a one-time link of
	// an earlier run is its recipient's by now.
	OnLink  func(link string)
	OnView  func(session.ShareView) // what to show, at most ten times a second and at least once
	OnSkip  func(Skipped)           // what was found and is not shared
	OnHoles func(Holes)             // of the files; once, where there are any. Only Linux tells
	// Admit is asked about every recipient after the first, in a goroutine of its
	// own; ctx ends when nobody waits for the answer. nil: they wait.
	Admit func(ctx context.Context, r session.RecipientView) bool
	// OnKeep is told what has to be kept for the share to come back after a crash, whenever
	// that changed: before there is a link, before anybody sees more of the list, and of
	// one-time links and codes before what follows from it. A Kept without State says that
	// nothing comes back any more: the share ended, by whatever, or the state before could
	// not be kept. It runs beside the other functions, once at a time, and may take its
	// time. Where it fails the share goes on, and does not come back.
	OnKeep func(Kept) error
	Clicks <-chan session.Event // what the person does: PauseRecipient, StopRecipient, StopSharing

	hook   func(*shell)    // for tests
	forced int             // lanes whatever is measured, for tests
	crash  <-chan struct{} // for tests: it ends at once, without a word to anybody
}

// ErrLeave is the cause of a context by which Send leaves without a word, as in a crash,
// where OnKeep kept what a later run comes back to: the computer is shut down, nobody
// stopped sharing. Where nothing is kept it stops as by any other cause, and returns
// context.Canceled.
var ErrLeave = fmt.Errorf("peer: left, to come back: %w", context.Canceled)

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
	r := &sending{o: o, config: config, sharer: session.NewSharer(o.Title, config), keeper: newKeeper(o.OnKeep, o.Kept), asked: make(map[uint32]context.CancelFunc)}
	if o.Kept.State != nil {
		if err := r.restore(o.Kept.State); err != nil {
			return err
		}
		r.came = r.sharer.View().LetIn > 0
	}
	s := newShell(r.sharer, server, o.HTTP)
	r.s, s.sources = s, &sources{}
	defer s.sources.close()
	if r.keeper != nil {
		s.remember = r.remember
	}

	walking, stopWalking := context.WithCancel(ctx)
	defer stopWalking()
	skip := func(found Skipped) {
		if o.OnSkip != nil {
			s.box.wait(message{do: func() { o.OnSkip(found) }}, waiting)
		}
	}
	var holes func(Holes)
	if o.OnHoles != nil {
		holes = func(found Holes) { s.box.put(message{do: func() { o.OnHoles(found) }}) }
	}
	list := newLister(r.keeper, s.box, o.Kept)
	known := list.told // which is the walk's from here on
	s.background.Go(func() { list.run(walking, &walker{sources: s.sources, skip: skip, onHoles: holes}, roots) })
	if !known && !r.recognize(ctx, list) {
		if !errors.Is(context.Cause(ctx), ErrLeave) { // else all is kept as it was
			r.keeper.end()
		}
		stopWalking()
		s.abandon()
		return context.Cause(ctx)
	}
	if o.hook != nil {
		o.hook(s)
	}
	for _, e := range o.Chosen {
		s.handle(e)
	}
	r.keep()
	_ = r.keeper.flush() // whose error OnKeep knows
	close(list.begin)
	if o.OnLink != nil {
		link := r.sharer.Link()
		if link != "" {
			link = server.String() + "/r#" + link
		}
		o.OnLink(link)
	}

	stop := func() {
		stopWalking()
		r.keeper.end()
		s.handle(session.StopSharing{})
	}
	s.loop(ctx, o.Clicks, func() {
		if r.cause = context.Cause(ctx); errors.Is(r.cause, ErrLeave) {
			r.keep()
			if r.left = r.keeper.leave(); r.left {
				return
			}
			r.cause = context.Canceled
		}
		stop()
	}, func() bool { return r.over(stop) })
	return r.result()
}

// sending is what Send knows of a share under way, in the machine's goroutine.
type sending struct {
	o      SendOptions
	config session.Config
	s      *shell
	sharer *session.Sharer
	keeper *keeper
	came   bool                          // somebody was let in by an earlier run
	asked  map[uint32]context.CancelFunc // recipients Admit was asked about; ends the question
	shown  time.Time
	phase  session.Phase
	cause  error // why ctx ended
	left   bool  // without a word
	first  *session.RecipientView
	enough bool // as many have everything as it was to be
	why    wire.Code
}

// restore makes the sharer of an earlier run.
func (r *sending) restore(state []byte) error {
	sharer, err := session.RestoreSharer(r.o.Title, r.config, state)
	if err != nil {
		return fmt.Errorf("offer a link again: %w", err)
	}
	r.sharer = sharer
	return nil
}

// recognize waits until it is known whether the list begins with what an earlier run has
// told anybody of it. If not, whoever knows that takes no index of it for one of this
// list (session.Relisted), or it is another share. It reports whether there was the time
// for it.
func (r *sending) recognize(ctx context.Context, list *lister) bool {
	for {
		select {
		case what := <-list.known:
			r.found(what, list)
			if r.o.OnFound != nil {
				changed := 0
				if what == FoundChanged {
					changed = list.sample.changed()
				}
				r.o.OnFound(what, changed)
			}
			return true
		case <-r.s.box.ready:
			for _, m := range r.s.box.take() {
				r.s.message(m) // what is not shared; all else waits for list.begin
			}
		case <-ctx.Done():
			return false
		}
	}
}

// found makes the sharer for a list that is known.
func (r *sending) found(what Found, list *lister) {
	switch what {
	case FoundSame:
		return
	case FoundChanged:
		if err := r.restore(session.Relisted(r.o.Kept.State)); err != nil {
			return // its time has just run out, and the machine of before says so
		}
		r.keeper.change(list.keep)
	case FoundOther:
		r.sharer, r.came, r.o.Kept = session.NewSharer(r.o.Title, r.config), false, Kept{}
		r.keeper.change(func(k *Kept) { list.keep(k); k.Done = 0 })
	}
	r.s.machine = r.sharer
}

// keep notes what has to be kept now, and reports whether that is anything new.
func (r *sending) keep() bool {
	if r.keeper == nil {
		return false
	}
	state, done := r.sharer.Keep(), r.o.Kept.Done+whoHave(r.sharer.View())
	if state == nil {
		r.keeper.end()
		return false
	}
	return r.keeper.change(func(k *Kept) { k.State, k.Done = state, done })
}

// remember keeps what the machine must not forget before it goes on, beside its goroutine.
func (r *sending) remember(n uint32) {
	r.keep()
	r.s.background.Go(func() {
		err := r.keeper.flush()
		r.s.box.put(message{event: session.Remembered{N: n, Stale: err != nil}})
	})
}

// over looks at the share after every round.
func (r *sending) over(stop func()) bool {
	if r.left || !r.s.changed && time.Since(r.shown) < showEvery {
		return r.finished()
	}
	v := r.sharer.View()
	r.admit(v)
	if r.o.Once && r.first == nil {
		if row := r.theFirst(v); row != nil && row.Phase >= session.Complete {
			r.first = row
			stop()
			v = r.sharer.View()
		}
	}
	if r.o.Until > 0 && v.Phase < session.Complete {
		if done := r.o.Kept.Done + whoHave(v); done >= r.o.Until {
			r.enough = true
			stop()
			v = r.sharer.View()
		}
	}
	ended := v.Phase == session.Cancelled || v.Phase == session.Failed
	if now := time.Now(); ended || r.first != nil || now.Sub(r.shown) >= tickEvery {
		r.s.changed, r.shown = false, now
		r.phase, r.why = v.Phase, v.Why
		if r.keep() {
			r.s.background.Go(func() { _ = r.keeper.flush() })
		}
		if r.o.OnView != nil {
			r.o.OnView(v)
		}
	}
	return r.finished()
}

// finished says that sharing is over and nothing is left to say to anybody.
func (r *sending) finished() bool {
	select {
	case <-r.o.crash:
		return true
	default:
	}
	return r.left || (r.phase == session.Cancelled || r.phase == session.Failed) && len(r.s.links) == 0
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

// theFirst is the first recipient who was let in: of an earlier run, where one was.
func (r *sending) theFirst(v session.ShareView) *session.RecipientView {
	for i := range v.Recipients {
		if row := &v.Recipients[i]; row.Returned || !r.came {
			return row
		}
	}
	return nil
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
