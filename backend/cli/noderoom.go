package cli

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"time"

	"beeline/backend/hook"
	"beeline/backend/peer"
	"beeline/wasm/catalog"
	"beeline/wasm/session"
	"beeline/wasm/wire"
)

// This file: how much a node's inboxes take.
//
// Decision, 2026-11-26: --max-size bounds what is in the folder of an inbox, whoever put
// it there, with what is unfinished and in quarantine: as a quota does, so what a person
// moves away makes room. It is not what one contact may ever send. --reserve is for the
// disk, for every inbox, since a full system disk stops more than this node. What has no
// room waits, as an inbox waits whose folder is away, and no contact can end that: how much
// is there is looked at while it arrives, since files may grow after they were listed.

const (
	// reserveUsual stays free of the disk of an inbox, where nobody says otherwise.
	reserveUsual = "1GiB"
	// fullEvery is how often it is looked whether there is room now.
	fullEvery = time.Minute
)

// sizeUnits are those of sizeOf, longer ones first.
var sizeUnits = []struct {
	name string
	of   uint64
}{
	{"tib", 1 << 40}, {"gib", 1 << 30}, {"mib", 1 << 20}, {"kib", 1 << 10},
	{"tb", 1e12}, {"gb", 1e9}, {"mb", 1e6}, {"kb", 1e3}, {"t", 1e12}, {"g", 1e9}, {"m", 1e6}, {"k", 1e3}, {"b", 1}, {"", 1},
}

// sizeOf reads a size as people write it: 500GB, 1.5 TB, 10GiB; empty is 0.
func sizeOf(text string) (uint64, error) {
	if text == "" {
		return 0, nil
	}
	lower := strings.ToLower(strings.TrimSpace(text))
	for _, u := range sizeUnits {
		number, ok := strings.CutSuffix(lower, u.name)
		if !ok {
			continue
		}
		n, err := strconv.ParseFloat(strings.TrimSpace(number), 64)
		if err != nil || !(n >= 0) || n*float64(u.of) >= 1<<62 {
			break
		}
		return uint64(n * float64(u.of)), nil
	}
	return 0, errors.New("it is no size, as 500GB, 1.5TB or 10GiB are: " + strconv.Quote(text))
}

// A fullError says that there is no room for what a contact shares.
type fullError struct {
	wants  uint64 // bytes that have to be free for it
	needed uint64 // of them, those that are not
}

func (e *fullError) Error() string {
	return "it waits for room: " + size(max(1, e.needed)) + " more are needed"
}

func (e *fullError) Unwrap() error { return wire.Space }

// bound is how much the folder of an inbox may take.
func (r *arriving) bound() peer.Bound {
	return peer.Bound{Most: r.kept.Most, Reserve: r.in.n.reserve}
}

// room looks whether there is room now for what had none.
func (r *arriving) room() error {
	if r.wants == 0 {
		return nil
	}
	if left, ok := r.bound().Left(r.kept.Out); ok && left < r.wants {
		return &fullError{r.wants, r.wants - left}
	}
	return nil
}

// full makes of an error that says there is no room one that knows how much it takes.
func (r *arriving) full(err error, needed uint64) error {
	var known *fullError
	if wire.CodeOf(err) != wire.Space || errors.As(err, &known) {
		return err
	}
	left, _ := r.bound().Left(r.kept.Out)
	return &fullError{left + needed, needed}
}

// ended is how it ended, for the reason that its place was taken away for where it was.
func (r *arriving) ended(err error) error {
	r.in.mu.Lock()
	stuck, needed := r.a.stuck, r.a.view.Needed
	r.in.mu.Unlock()
	if stuck == nil || !errors.Is(err, context.Canceled) {
		return err
	}
	return r.full(stuck, needed)
}

// takes is what an entry of a list takes in a folder at least.
func takes(e *session.ListedEntry) uint64 {
	n := uint64(1)
	if e.Type == catalog.File {
		n = max(1, e.Size)
	}
	return (n + entryWorth - 1) / entryWorth * entryWorth
}

// tellFull says that there is no room.
func (r *arriving) tellFull(needed uint64) {
	n := r.in.n
	n.hooks.Tell(hook.Event{Name: hook.Full, Path: r.kept.Out, Folder: r.kept.Out, Title: r.a.offer.Title, Contact: r.name, Bytes: needed, Why: wordOf(wire.Space), Peer: true})
	n.say("full", r.about(object{"needed": needed}), r.called()+"There is no room for it: "+size(max(1, needed))+" more are needed. It goes on by itself once they are there.")
}
