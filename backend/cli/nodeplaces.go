package cli

import (
	"errors"
	"time"

	"beeline/wasm/ctrl"
	"beeline/wasm/session"
	"beeline/wasm/wire"
)

// This file: who has the places of a node's inboxes. Contacts who offer something and
// hand nothing over would hold all of them for ever, so a place is lent for as long as
// something comes (2026-11-26). The journal keeps what is there for the next time.

const (
	// stuckAfter is when an arrival gives its place up of which less than stuckLeast
	// came, others first; listWithin while its list is not there.
	stuckAfter, listWithin = 5 * time.Minute, time.Minute
	stuckLeast             = 256 << 10 // bytes
	entryWorth             = 4 << 10   // bytes that an entry of the list, or a file, counts as
)

var errStuck = errors.New("next to nothing of it came for minutes")

// next returns what is to be received now: what failed least, so that what hangs does
// not keep the contact's other shares out. Called with mu held.
func (in *inboxes) next(i *letterbox, now time.Time) (best *ctrl.Offer) {
	least := 0
	for n := range i.offers {
		o, tries, has := &i.offers[n], 0, i.has(i.offers[n], now)
		if f := i.failed[o.ID]; f != nil {
			if tries = f.tries; now.Before(f.next) && (has || f.of == "") {
				continue // what is in quarantine keeps nothing new out
			}
		}
		if (best == nil || tries < least) && (!has || in.unjudged(i, o.ID)) {
			best, least = o, tries
		}
	}
	return best
}

// owed notes what has come, and reports whether the contact owes it for too long. What
// only this computer takes its time for (a scan before, or in the end, a slow disk, a
// server that is not reached) is not owed, but for a disk without room: others may have
// some.
func (a *arrival) owed(now time.Time) bool {
	v := &a.view
	came := v.Written + v.Verified + entryWorth*(uint64(v.Entries)+uint64(v.FilesArrived))
	within := stuckAfter
	if !v.Listed {
		within = listWithin
	}
	switch here := v.Bytes > 0 && v.Verified == v.Bytes; {
	case v.Phase < session.Waiting || v.Phase > session.Verifying || v.Unwritten > 0 && v.Needed == 0 || v.Listed && here, v.Why == wire.Offline:
		a.moved = now
	case came < a.came: // a file was started again
		a.came = came
	case came-a.came >= stuckLeast:
		a.came, a.moved = came, now
	}
	return now.Sub(a.moved) > within
}
