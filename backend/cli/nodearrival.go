package cli

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"

	"beeline/backend/hook"
	"beeline/backend/keep"
	"beeline/backend/peer"
	"beeline/wasm/catalog"
	"beeline/wasm/identity"
	"beeline/wasm/people"
	"beeline/wasm/session"
	"beeline/wasm/wire"
)

// This file: one share of a contact that a node receives.

// arriving receives one share, in a goroutine of its own.
type arriving struct {
	in    *inboxes
	a     *arrival
	kept  keep.Inbox
	name  string
	book  *people.Book
	card  *identity.Card
	files []uint64 // the numbers of all files in the list
	fresh int      // files that were not received before
	known bool     // the list was seen, all of it
	took  *keep.Taken
	tried bool // there is nothing new; a scan is asked again that judged nothing

	wants uint64     // bytes that have to be free for it; 0: nobody knows
	over  *fullError // it can never have room, as it is
	isOut bool       // there is no room now, and that was said
}

// errAgain says that what lay in quarantine is dealt with, and what is offered is to be
// looked at now.
var errAgain = errors.New("it was in quarantine")

// receive takes what is new of the share, and remembers that.
func (r *arriving) receive(ctx context.Context) error {
	n, o := r.in.n, r.a.offer
	if info, err := os.Stat(r.kept.Out); err != nil || !info.IsDir() {
		return errNoFolder // never made anew: the disk that it is on may not be there
	}
	if err := n.overlaps(nil, []keep.Inbox{r.kept}); err != nil {
		return err
	}
	if err := r.room(); err != nil {
		return err
	}
	var had map[uint64]bool
	if err := r.locked(ctx, func(l *keep.Locked) error { had = l.Got(r.book, r.kept.ID, o.ID); return nil }); err != nil {
		return err
	}
	options := peer.ReceiveOptions{
		Server: n.server, HTTP: n.http, Lanes: n.lanes, Hidden: r.kept.Hidden, From: &peer.Offered{Own: n.own, Card: r.card, Share: o.ID},
		Out: r.kept.Out, Keys: filepath.Join(n.owner.store.Dir(), transfers), Resume: true, Conflict: peer.Skip, Bound: r.bound(),
		OnView: r.view,
		Accept: func(ctx context.Context, offer *peer.Offer) bool { return r.choose(ctx, offer, had) },
	}
	if n.scans != nil {
		options.Scan, options.ScanID, options.Beside = n.scans(r.kept.Out), n.scanID, true
		if err := r.scanAgain(ctx, options, r.tried); err != nil || r.tried {
			return err
		}
	}
	got, err := peer.Receive(ctx, options)
	if r.over != nil {
		err = r.over
	}
	err = r.full(err, got.View.Needed)
	nothing, holds := r.known && r.fresh == 0 && wire.CodeOf(err) == wire.Refused, isHeld(err)
	if !nothing && ctx.Err() == nil {
		r.tell(&got, err)
	}
	if err != nil && !nothing && !holds {
		return err
	}
	// What is in quarantine has arrived, too: whoever deletes it there does not want it again.
	taken := keep.Taken{Share: o.ID, Entries: o.Entries, Bytes: o.Bytes}
	if takes := r.take(taken, r.files); takes != nil {
		return takes
	}
	if holds {
		return err
	}
	return nil
}

// locked does something with what is kept.
func (r *arriving) locked(ctx context.Context, do func(l *keep.Locked) error) error {
	r.in.n.keeping.Lock()
	defer r.in.n.keeping.Unlock()
	l, err := r.in.n.owner.store.Lock(ctx)
	if err != nil {
		return err
	}
	defer l.Close()
	return do(l)
}

// take remembers what was received, also where the node is being stopped.
func (r *arriving) take(t keep.Taken, files []uint64) error {
	err := r.locked(context.Background(), func(l *keep.Locked) error { return l.Take(r.book, r.kept.ID, t, files) })
	if err == nil {
		r.took = &t
	}
	return err
}

// takePended remembers what was on its way when an earlier run ended: that lay in
// quarantine. Where nothing is known of it, it is received once more.
func (r *arriving) takePended() error {
	var t keep.Taken
	var files []uint64
	known := false
	err := r.locked(context.Background(), func(l *keep.Locked) error {
		t, files, known = l.Pended(r.book, r.kept.ID, r.a.offer.ID)
		return nil
	})
	if err != nil || !known {
		return err
	}
	return r.take(t, files)
}

// choose says what of a list is new, entry by entry: of a folder only what leads to
// something new. Where nothing was received of it that is all. Of a transfer that ends
// meanwhile no more entries are told: what was seen by then is not the list.
func (r *arriving) choose(ctx context.Context, o *peer.Offer, had map[uint64]bool) bool {
	type folder struct {
		path   [32]byte
		above  uint32
		wanted bool
	}
	folders := make(map[uint32]*folder)
	var choices []session.Choice
	var bytes, most uint64
	seen := 0
	for list := o.Entries(1, listAtOnce); len(list) > 0; list = o.Entries(int(list[len(list)-1].Index)+1, listAtOnce) {
		seen += len(list)
		for _, e := range list {
			var path [32]byte
			if f := folders[e.Parent]; f != nil {
				path = f.path
			}
			path = sha256.Sum256(append(path[:], e.Name...))
			switch e.Type {
			case catalog.Dir:
				folders[e.Index] = &folder{path: path, above: e.Parent}
			case catalog.File:
				number := numberOf(path, e.Size, e.ModMS)
				r.files = append(r.files, number)
				fresh := !had[number]
				choices = append(choices, session.Choice{Entry: e.Index, Wanted: fresh})
				if !fresh {
					continue
				}
				r.fresh++
				bytes += e.Size
				most += takes(&e)
				for f := folders[e.Parent]; f != nil && !f.wanted; f = folders[f.above] {
					f.wanted = true
				}
			}
		}
	}
	if r.known = ctx.Err() == nil && seen >= o.View.Entries; !r.known {
		return false
	}
	if r.kept.Most > 0 && most > r.kept.Most {
		r.over = &fullError{most, most - r.kept.Most}
		return false
	}
	if len(had) > 0 {
		for i, f := range folders {
			choices = append(choices, session.Choice{Entry: i, Wanted: f.wanted})
		}
		o.Choices = choices
	}
	if n := r.in.n; r.fresh > 0 && n.scans != nil {
		t := keep.Taken{Share: r.a.offer.ID, Entries: r.a.offer.Entries, Bytes: r.a.offer.Bytes}
		// What can't be written here is received twice, where this run ends in its scan.
		_ = r.locked(ctx, func(l *keep.Locked) error { return l.Pend(r.book, r.kept.ID, t, r.files) })
	}
	if r.fresh > 0 {
		r.in.n.hooks.Tell(hook.Event{Name: hook.Offer, Folder: r.kept.Out, Title: r.a.offer.Title, Contact: r.name, Files: uint64(r.fresh), Bytes: bytes, Peer: true})
	}
	if n := r.in.n; r.fresh > 0 && n.json {
		n.lines.say("receiving", r.about(object{"files": r.fresh, "bytes": bytes}))
	} else if r.fresh > 0 {
		n.screen.line("Receiving %s%s, %s.", r.called(), plural(r.fresh, "file"), size(bytes))
	}
	return r.fresh > 0
}

// listAtOnce is how many entries of a list are looked at in one go: the transfer's
// goroutine waits meanwhile.
const listAtOnce = 4096

// numberOf tells a file from others, and from itself after it was changed.
func numberOf(path [32]byte, size uint64, modMS int64) uint64 {
	b := binary.BigEndian.AppendUint64(path[:], size)
	sum := sha256.Sum256(binary.BigEndian.AppendUint64(b, uint64(modMS)))
	return binary.BigEndian.Uint64(sum[:])
}

// called names the share on a terminal, and nothing in what may be a log.
func (r *arriving) called() string {
	if r.in.n.screen.width == 0 {
		return ""
	}
	return visible(r.a.offer.Title) + " from " + visible(r.name) + ": "
}

func (r *arriving) about(o object) object {
	o["contact"], o["share"], o["title"], o["out"] = r.name, hex.EncodeToString(r.a.offer.ID[:]), r.a.offer.Title, r.kept.Out
	return o
}

func (r *arriving) view(v session.ReceiveView) {
	r.in.mu.Lock()
	r.a.view = v
	r.in.mu.Unlock()
	if out := v.Needed > 0 && v.Phase < session.Complete; out != r.isOut {
		if r.isOut = out; out {
			r.tellFull(v.Needed)
		}
	}
	if n := r.in.n; n.json && v.Phase >= session.Transferring && n.lines.due(r.a.number, v.Phase, v.Route, v.Why) {
		n.lines.say("progress", receivingObject(v, object{"contact": r.name, "share": hex.EncodeToString(r.a.offer.ID[:])}))
	}
}

// tell says how it ended.
func (r *arriving) tell(got *peer.Result, err error) {
	n := r.in.n
	var full *fullError
	if errors.As(err, &full) {
		r.tellFull(full.needed)
		return
	}
	e := arrivedEvent(r.kept.Out, *got, err, r.name)
	if isHeld(err) {
		e.Name, e.Path = hook.Held, r.kept.Out
	}
	e.Peer = true // who shares makes it happen
	n.hooks.Tell(e)
	if text := held(err, r.kept.Out); text != "" {
		if n.screen.width == 0 {
			n.say("held", r.about(object{"why": text}), "What arrived is held in quarantine by the scan: `beeline release` lists it.")
		} else {
			n.say("held", r.about(object{"why": text}), r.called()+text)
		}
		return
	}
	if n.json {
		o := resultObject(err, codeOf(err, got.View.Failed), got)
		n.lines.say("received", r.about(o))
		return
	}
	if err != nil {
		n.screen.line("%sNot received: %s; it is tried again.", r.called(), reason(err))
		return
	}
	n.screen.line("%sReceived and verified: %s, %s in %s.", r.called(), plural(int(got.View.FilesVerified), "file"), size(got.View.Verified), lasting(got.Elapsed))
}
