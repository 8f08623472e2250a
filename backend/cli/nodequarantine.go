package cli

import (
	"context"
	"errors"
	"slices"
	"time"

	"beeline/backend/peer"
)

// This file: what a scan keeps from a node's inboxes.
//
// Decision, 2026-11-26: what a scan held, or did not judge, has arrived. It stays in
// quarantine, is shown by `node status` as long as it is there, and keeps nothing else of
// its share out: what comes later is a delivery of its own. What a scan held only a person
// releases. One that judged nothing (it took too long, could not be started) is asked
// again, later and later, while who sent it offers it; another command than the one that
// was to judge is not asked instead.

// lookIntoEvery is how often it is looked whether what was in quarantine is still there.
const lookIntoEvery = 10 * time.Second

var (
	errOtherScan = errors.New("what is in quarantine arrived for another scan")
	errAtIt      = errors.New("another program is at what is in quarantine")
)

// offered is what asks for a share of a contact.
func (in *inboxes) offered(i *letterbox, share [16]byte) *peer.Offered {
	return &peer.Offered{Own: in.n.own, Card: i.card, Share: share}
}

// unjudged reports whether something of a share waits for this node's scan to be asked
// again. Called with mu held.
func (in *inboxes) unjudged(i *letterbox, share [16]byte) bool {
	if in.n.scans == nil || !slices.ContainsFunc(i.held, in.n.rejudges) {
		return false
	}
	of := peer.DeliveryOf(peer.ReceiveOptions{From: in.offered(i, share)})
	return slices.ContainsFunc(i.held, func(d peer.Delivery) bool { return d.Of == of && in.n.rejudges(d) })
}

// rejudges reports whether a delivery is one that this node's scan could not judge.
func (n *node) rejudges(d peer.Delivery) bool { return d.Held == nil && d.Tried && d.Scan == n.scanID }

// look begins to look what is in the quarantine of an inbox, where it is time to. Called
// with mu held.
func (in *inboxes) look(i *letterbox, now time.Time) {
	if i.looking || i.now != nil || i.lookedInto == i.kept.Out && (len(i.held) == 0 || now.Sub(i.lookedAt) < lookIntoEvery) {
		return
	}
	i.looking = true
	out := i.kept.Out
	in.running.Go(func() {
		held := peer.Judged(out) // a network drive may take its time
		in.mu.Lock()
		defer in.mu.Unlock()
		i.looking = false
		in.saw(i, out, held)
		nudge(in.kick)
	})
}

// saw takes what there is in a quarantine now. Called with mu held.
func (in *inboxes) saw(i *letterbox, out string, held []peer.Delivery) {
	i.held, i.lookedInto, i.lookedAt = held, out, time.Now()
	for share, f := range i.failed {
		if f.of != "" && !slices.ContainsFunc(held, func(d peer.Delivery) bool { return d.Of == f.of }) {
			delete(i.failed, share) // released, or taken away
		}
	}
}

// scanAgain has scanned what of a share waits in quarantine: what an earlier run left, and
// with tried also what the scan could not judge. It fails with errAgain where that is
// dealt with, and what is offered is to be looked at.
func (r *arriving) scanAgain(ctx context.Context, o peer.ReceiveOptions, tried bool) error {
	did := false
	for _, d := range peer.Waits(o) {
		if d.Held != nil || d.Tried && !(tried && r.in.n.rejudges(d)) {
			continue
		}
		asked := o
		if d.Scan != o.ScanID {
			asked.Scan = func(context.Context, peer.Delivery) error { return errOtherScan }
		}
		did = true
		got, err := peer.ScanAgain(ctx, asked, d.ID)
		if ctx.Err() == nil {
			r.tell(&got, err)
		}
		if err != nil && !isHeld(err) {
			return err
		}
		if !d.Tried {
			if takes := r.takePended(); takes != nil {
				return errors.Join(err, takes)
			}
		}
		if err != nil {
			return err
		}
	}
	switch {
	case did && tried:
		return nil
	case did:
		return errAgain
	case tried:
		return errAtIt
	}
	return nil
}
