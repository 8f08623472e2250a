package peer

import (
	"context"
	"crypto/ed25519"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"beeline/wasm/session"
	"beeline/wasm/wire"
)

// ReceiveOptions say what is received, where to, and who hears of it. The
// functions are called from one goroutine at a time, must return soon, and may
// be nil.
type ReceiveOptions struct {
	Server string   // address of the server; empty: the link's
	Link   string   // "https://host/r#…", or with Server its last 48 characters
	Code   string   // that somebody said, in the place of a link; needs Server
	From   *Offered // what a contact offers, in the place of either; needs Server
	Hidden bool     // show the own address to nobody but a relay
	// Resume keeps a journal beside what is unfinished, and goes on with that of an
	// earlier run, however it ended. Without it nothing unfinished stays.
	Resume   bool
	Keys     string   // a folder for session keys, so that who comes back is known again, and a contact's computer from their others; empty: none are kept
	Out      string   // the destination, made if it is not there; empty: the working directory
	Conflict Conflict // what happens where a name is taken
	Bound    Bound    // what the destination may take; over it the transfer waits as for a full disk
	Lanes    int      // connections taken, 1..16; 0: 1
	HTTP     *http.Client

	OnView func(session.ReceiveView) // what to show, at most ten times a second and at least once
	// Accept decides about the whole list before any byte is asked for, in a
	// goroutine of its own; ctx ends when nobody waits for the answer. nil:
	// everything is taken, as soon as there is some.
	Accept func(ctx context.Context, o *Offer) bool
	// Retype is asked for the code once more where the sharer has another, likewise;
	// empty, or nil: it is given up.
	Retype func(ctx context.Context, tries int) string
	Clicks <-chan session.Event // what the person does: SetPause, CancelAll
	// Scan decides about everything once it is there and verified, in quarantine until
	// then. What it holds stays there, and Receive returns ErrHeld. nil: nothing is
	// scanned, and files land in the destination one by one.
	Scan Scan
	// ScanID names that scan to later runs: what it could not judge is left to none that
	// is called otherwise, unless that is asked for the same.
	ScanID string
	// Beside leaves what of it is in quarantine since an earlier run where it is: what is
	// chosen now is a delivery of its own. Without it that is scanned instead.
	Beside bool

	device []byte       // by what a contact tells this recipient from their others
	hook   func(*shell) // for tests
}

// An Offer is the list of a share, for as long as Accept runs.
type Offer struct {
	View session.ReceiveView
	// Choices is for Accept to say what of it is wanted; nothing: all.
	Choices []session.Choice

	s *shell
	r *session.Receiver
}

// Entries returns up to count entries from index from (1 is the first) on.
func (o *Offer) Entries(from, count int) (list []session.ListedEntry) {
	o.s.call(func() { list = o.r.Entries(from, count) })
	return list
}

// A Result is how a transfer ended.
type Result struct {
	View    session.ReceiveView // the last one
	Names   []string            // top-level entries, as they are on disk now
	Same    int                 // files that were there already, by Skip
	Elapsed time.Duration       // from Receive to the end
	Parts   string              // the folder of what is unfinished, below the destination
	Waited  bool                // it had arrived in an earlier run, and was in quarantine
}

// Receive takes what a link offers. It returns nil once every file is on disk
// under its name and verified; the failure (wire.CodeOf) otherwise; the cause of
// ctx where that ended it. Files that landed stay; of what is unfinished nothing
// is left. While nobody answers it waits: the view says so.
func Receive(ctx context.Context, o ReceiveOptions) (Result, error) {
	if o.Out == "" {
		o.Out = "."
	}
	if o.From != nil {
		var release func()
		o.device, release = deviceOf(o.Keys, o.Out, o.From.Share)
		defer release()
	}
	receiver, server, err := newReceiver(o)
	if err != nil {
		return Result{}, err
	}
	if o.Scan != nil && !o.Beside {
		if id := Waiting(o); id != "" {
			return ScanAgain(ctx, o, id)
		}
	}
	s := newShell(receiver, server, o.HTTP)
	r := &receiving{o: o, s: s, receiver: receiver}
	s.dest = newDest(o.Out, o.Conflict, r.fromDisk)
	s.dest.journal, s.dest.scanned, s.dest.of, s.dest.scan = o.Resume, o.Scan != nil, DeliveryOf(o), o.ScanID
	s.dest.room.Bound = o.Bound
	r.key = keyFileOf(o)
	r.bound = len(receiver.Key()) > ed25519.SeedSize // the way back of an earlier run is there
	s.remember = r.remember
	if o.hook != nil {
		o.hook(s)
	}
	return r.run(ctx)
}

// newReceiver makes the machine of a link or of a code.
func newReceiver(o ReceiveOptions) (*session.Receiver, *url.URL, error) {
	config := session.Config{Lanes: o.Lanes, Now: time.Now().UnixMilli(), Native: true, Target: targetOf(o.Out)}
	if o.From != nil {
		config.Device = o.device
		return o.From.receiver(o.Server, config)
	}
	if o.Code != "" {
		server, err := parseServer(o.Server)
		if err != nil {
			return nil, nil, err
		}
		config.Loopback = isLoopback(server)
		config.Key = keyFileOf(o).read()
		if r, err := session.NewWayReceiver(config); err == nil {
			return r, server, nil // an earlier run used the code: on by the way back
		}
		r, err := session.NewCodeReceiver(o.Code, config)
		if err != nil {
			return nil, nil, fmt.Errorf("read the code: %w", err)
		}
		return r, server, nil
	}
	server, link, err := parseLink(o.Server, o.Link)
	if err != nil {
		return nil, nil, err
	}
	config.Loopback = isLoopback(server)
	config.Key = newKeyFile(o.Keys, link).read()
	r, err := session.NewReceiver(link, config)
	if err != nil {
		return nil, nil, fmt.Errorf("read the link: %w", err)
	}
	return r, server, nil
}

// receiving is what Receive knows of a transfer under way, in the machine's
// goroutine.
type receiving struct {
	o         ReceiveOptions
	s         *shell
	receiver  *session.Receiver
	key       *keyFile
	keys      int // times it was handed to be written
	view      session.ReceiveView
	shown     time.Time
	decided   bool // Receive was pressed, or Accept asked
	discarded bool
	began     time.Time
	ended     time.Time
	refusal   wire.Code // why the destination can't be used
	declined  bool
	bound     bool  // the link, or a way back, is this key's alone
	retyping  bool  // the person is asked for the code
	mistyped  bool  // and gave up
	cause     error // why ctx ended
}

func (r *receiving) run(ctx context.Context) (Result, error) {
	s := r.s
	disk := make(chan struct{})
	go func() {
		defer close(disk)
		s.dest.run()
	}()
	// Before the sharer learns of the key: who dies after that and has another next
	// time is asked about again. Where it can't be kept, so be it.
	r.keys++
	_ = r.key.write(r.keys, r.receiver.Key())
	s.handle(session.Connect{Hidden: r.o.Hidden})
	s.loop(ctx, r.o.Clicks, func() {
		r.cause = context.Cause(ctx)
		s.dest.keep.Store(true)
		s.handle(session.CancelAll{})
	}, r.over)
	s.dest.ops.close()
	<-disk
	held := s.dest.held
	if held != nil {
		defer held.tidy()
	}
	if r.view.Phase == session.Complete || r.view.Why == wire.Revoked || r.began.IsZero() && !r.bound {
		r.key.remove()
	}

	result := Result{View: r.view, Parts: s.dest.unfinished}
	if held != nil {
		result.Parts = QuarantineFolder
	}
	result.Names, result.Same = s.dest.result()
	if !r.began.IsZero() {
		result.Elapsed = r.ended.Sub(r.began)
	}
	switch {
	case r.view.Phase == session.Complete && held != nil:
		d, err := held.delivery()
		if err == nil {
			result.Names, err = held.judge(ctx, d, r.o.Conflict, r.o.Scan)
		}
		return result, err
	case r.view.Phase == session.Complete:
		return result, nil
	case r.refusal != wire.None:
		return result, failed("receive", r.refusal)
	case r.cause != nil:
		return result, r.cause
	case r.mistyped:
		return result, failed("receive", wire.PSK)
	case r.declined:
		return result, failed("receive", wire.Refused)
	case r.view.Phase == session.Cancelled:
		return result, context.Canceled
	}
	return result, failed("receive", r.view.Why)
}

// fromDisk takes an event of the disk, in a goroutine of the disk's.
func (r *receiving) fromDisk(e session.Event) {
	if refused, ok := e.(session.DiskRefused); ok {
		r.s.box.put(message{do: func() {
			r.refusal = refused.Code
			r.s.handle(e)
			r.view.Needed = refused.Needed
			r.s.handle(session.CancelAll{})
		}})
		return
	}
	r.s.box.put(message{event: e})
}

// over looks at the transfer after every round.
func (r *receiving) over() bool {
	if r.s.changed || time.Since(r.shown) >= showEvery {
		needed := r.view.Needed
		v := r.receiver.View()
		if r.refusal != wire.None {
			v.Needed = needed
		}
		now := time.Now()
		if v.Phase != r.view.Phase || now.Sub(r.shown) >= tickEvery {
			r.s.changed, r.shown = false, now
			if r.o.OnView != nil {
				r.o.OnView(v)
			}
		}
		r.view = v
		r.decide()
		r.retype()
	}
	if r.view.Phase < session.Complete {
		return false
	}
	if r.ended.IsZero() {
		r.ended = time.Now()
	}
	if r.began.IsZero() || r.refusal != wire.None {
		return len(r.s.links) == 0 // nothing was begun on the disk
	}
	if r.view.Phase == session.Failed && !r.discarded && !r.s.dest.isClosed() {
		// Nobody is there to press "Try again". A later run goes on from the journal,
		// unless nobody will ever offer this again.
		r.discarded = true
		r.s.dest.keep.Store(r.view.Why != wire.Revoked)
		r.s.handle(session.Discard{})
	}
	return len(r.s.links) == 0 && r.s.dest.isClosed()
}

// decide presses Receive, or asks whether to.
func (r *receiving) decide() {
	switch {
	case r.decided || r.view.Phase != session.ListShown:
	case r.o.Accept == nil:
		r.decided = true
		r.press(nil)
	case r.view.Listed:
		r.decided = true
		offer := &Offer{View: r.view, s: r.s, r: r.receiver}
		r.s.ask(func(ctx context.Context) {
			yes := r.o.Accept(ctx, offer)
			r.s.box.put(message{do: func() {
				if yes {
					r.press(offer.Choices)
					return
				}
				r.declined = true
				r.s.handle(session.CancelAll{})
			}})
		})
	}
}

// retype asks for the code once more.
func (r *receiving) retype() {
	if !r.view.WrongCode || r.retyping {
		return
	}
	r.retyping = true
	tries := r.view.Tries
	r.s.ask(func(ctx context.Context) {
		code := ""
		if r.o.Retype != nil {
			code = r.o.Retype(ctx, tries)
		}
		r.s.box.put(message{do: func() {
			r.retyping = false
			if code == "" {
				r.mistyped = true
				r.s.handle(session.CancelAll{})
				return
			}
			r.s.handle(session.TypeCode{Text: code})
		}})
	})
}

func (r *receiving) press(choices []session.Choice) {
	if r.view.Phase < session.Complete {
		r.began = time.Now()
		r.s.handle(session.Receive{Choices: choices})
	}
}

// remember stores what the machine must not forget before it goes on. Its answer
// comes from the goroutine that wrote.
func (r *receiving) remember(n uint32) {
	r.bound = true
	r.save(func(err error) {
		r.s.box.put(message{event: session.Remembered{N: n, Stale: err != nil}})
	})
}

// save writes the session key as it is now, beside the goroutine of the machine.
func (r *receiving) save(done func(error)) {
	r.keys++
	n, key := r.keys, r.receiver.Key()
	r.s.background.Go(func() { done(r.key.write(n, key)) })
}

// parseLink splits a link into the server and what only the two peers know.
func parseLink(server, link string) (*url.URL, string, error) {
	page, secret, whole := strings.Cut(link, "#")
	if !whole {
		page, secret = "", link
	}
	if server == "" {
		server = page
	}
	if server == "" {
		return nil, "", fmt.Errorf("read the link: it names no server: %w", wire.LinkDamaged)
	}
	u, err := parseServer(server)
	if err != nil {
		return nil, "", fmt.Errorf("read the link: %w", wire.LinkDamaged)
	}
	return u, secret, nil
}

// failed is the error of an end that the machine gave a code.
func failed(what string, why wire.Code) error {
	if why == wire.None {
		why = wire.Internal
	}
	return fmt.Errorf("%s: %w", what, why)
}
