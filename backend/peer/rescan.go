package peer

import (
	"cmp"
	"errors"
	"time"

	"beeline/wasm/session"
)

// This file: a host that looks, every now and then, whether what it shares is still what
// was listed. Folders are walked anew instead of being watched: that works on network
// drives too, needs none of the few watches that a system has, and finds what happened
// while a disk was away.

// ErrNoFiles means that there is no file in what is to be shared: a disk that is not
// mounted looks so, and nobody is shown an empty share.
var ErrNoFiles = errors.New("there is no file in it")

var errClosed = errors.New("it can't be opened")

const (
	// settleAfter is when what changed is looked at once more: while it changes, files
	// are being copied into it.
	settleAfter = 3 * time.Second
	// lookShare is how much of the time may be spent looking at one share: a twentieth.
	lookShare = 20
)

// rescan is when a share is looked at, in the machine's goroutine.
type rescan struct {
	next    time.Time
	looking bool
	before  *outcome  // what it was the last time, where that is not what was listed
	since   time.Time // that waits for transfers to end; zero: nothing does
}

// away is a share that is not there.
type away struct {
	rescan
	one Shared
	why string
}

// outcome is what a look came to.
type outcome struct {
	list [32]byte
	why  string // there is nothing to offer
}

// leave keeps a share that is not there until it is.
func (r *hosting) leave(i int, one Shared, why error) {
	r.away[i] = &away{rescan: rescan{next: time.Now().Add(r.o.Rescan)}, one: one, why: why.Error()}
	r.await(one)
	if r.o.OnAway != nil {
		r.o.OnAway(i, why)
	}
}

// lost keeps a share for later that could not be listed, where it is looked for again.
func (r *hosting) lost(i int, why error) {
	one := r.listing[i]
	if one == nil || r.o.Rescan <= 0 {
		r.failed(i, why)
		return
	}
	delete(r.listing, i)
	r.leave(i, *one, why)
}

// await says that a share that was there in an earlier run will come.
func (r *hosting) await(one Shared) {
	if id, ok := session.KeptID(one.Kept); ok {
		r.s.handle(session.Await{Share: id, Cards: one.With})
	}
}

func (r *hosting) wontCome(one *Shared) {
	if id, ok := session.KeptID(one.Kept); ok {
		r.s.handle(session.Await{Share: id})
	}
}

// lookNow has everything looked at.
func (r *hosting) lookNow() {
	for _, h := range r.shares {
		h.next = time.Time{}
	}
	for _, a := range r.away {
		a.next = time.Time{}
	}
}

// rescan begins to look at what it is time for, a few at once.
func (r *hosting) rescan(now time.Time) {
	if r.o.Rescan <= 0 || r.walking.Err() != nil {
		return
	}
	look := func(i int, at *rescan, one Shared) {
		if r.looks < walksAtOnce && !at.looking && !now.Before(at.next) {
			r.looks++
			at.looking = true
			r.s.background.Go(func() { r.look(i, one, at) })
		}
	}
	for i, h := range r.shares {
		look(i, &h.rescan, h.one)
	}
	for i, a := range r.away {
		look(i, &a.rescan, a.one)
	}
}

// walkAgain walks through what is shared as list does, and says nothing of what it skips.
// What it found is closed, and can only be compared. err: this ends.
func (r *hosting) walkAgain(paths []string) (from *sources, list [32]byte, lost, err error) {
	from = &sources{}
	roots, lost := findRoots(paths)
	if lost != nil {
		return from, list, lost, nil
	}
	defer from.close()
	list, lost, err = r.walk(from, roots, func(Skipped) {}, nil)
	return from, list, lost, err
}

// look walks through a share, and forgets what it found but for its digest.
func (r *hosting) look(i int, one Shared, at *rescan) {
	began := time.Now()
	_, list, lost, err := r.walkAgain(one.Paths)
	if err != nil {
		return // this ends
	}
	took := time.Since(began)
	r.s.box.put(message{do: func() {
		r.looks--
		at.looking = false
		at.next = time.Now().Add(max(r.o.Rescan, lookShare*took))
		switch h, a := r.shares[i], r.away[i]; {
		case r.walking.Err() != nil:
		case h != nil && at == &h.rescan:
			r.lookedAt(h, list, lost)
		case a != nil && at == &a.rescan:
			r.lookedFor(i, a, lost)
		}
	}})
}

// lookedAt takes a share out whose list is not the one that was told, once it is the
// same twice, and nobody is at it; or there is nothing any more. Where somebody is at it
// for too long, the list that is told is changed (amend.go).
func (r *hosting) lookedAt(h *hosted, list [32]byte, lost error) {
	found := outcome{list: list}
	if lost != nil {
		found = outcome{why: lost.Error()}
	}
	switch {
	case found == outcome{list: h.list}:
		h.before, h.since = nil, time.Time{}
		return
	case h.before == nil || *h.before != found:
		h.before = &found
		h.next = time.Now().Add(min(r.o.Rescan, settleAfter))
		return
	case lost == nil && h.busy():
		h.next = time.Now().Add(min(r.o.Rescan, settleAfter))
		if h.since.IsZero() {
			h.since = time.Now()
		}
		if within := cmp.Or(r.o.amendAfter, amendAfter); time.Since(h.since) >= within {
			r.amend(h)
		}
		return
	}
	r.relist(h, lost)
}

// relist takes a share out, and lists it anew; or keeps it for later, where it is lost.
func (r *hosting) relist(h *hosted, lost error) {
	id := h.sharer.ID()
	if h.one.Kept = h.sharer.Keep(); h.one.Kept == nil {
		return // it ended a moment ago
	}
	if h.one.List = h.list; h.amended {
		h.one.List = [32]byte{} // its indices are those of no walk
	}
	r.s.handle(session.Suspend{Share: id})
	h.sources.close()
	delete(r.shares, h.n)
	delete(r.s.hosted, id)
	if lost != nil {
		r.leave(h.n, h.one, lost)
	} else {
		r.begin(h.n, h.one)
	}
}

// lookedFor offers a share again that is there.
func (r *hosting) lookedFor(i int, a *away, lost error) {
	switch {
	case lost == nil:
		delete(r.away, i)
		r.begin(i, a.one)
	case lost.Error() != a.why:
		a.why = lost.Error()
		if r.o.OnAway != nil {
			r.o.OnAway(i, lost)
		}
	}
}

// busy reports whether files of the share are moving.
func (h *hosted) busy() bool {
	for _, row := range h.sharer.View().Recipients {
		if row.Phase == session.Transferring || row.Phase == session.Verifying {
			return true
		}
	}
	return false
}
