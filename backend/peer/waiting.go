package peer

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"os"

	"beeline/wasm/session"
)

// This file: what has arrived in an earlier run, and waits in quarantine for who asks
// for the same again.

// DeliveryOf names what is asked for without giving it away, as Delivery.Of does; empty:
// it can't be asked for again.
func DeliveryOf(o ReceiveOptions) string {
	what := ""
	switch {
	case o.From != nil:
		// Whoever is a member of a share knows its ID, and may call a share of theirs so.
		own, card := o.From.Own.ID(), o.From.Card.ID()
		what = "share" + string(own[:]) + string(card[:]) + string(o.From.Share[:])
	case o.Code != "":
		return ""
	default:
		server, link, err := parseLink(o.Server, o.Link)
		if err != nil {
			return ""
		}
		what = "link" + link + server.String()
	}
	sum := sha256.Sum256([]byte("bee1 native quarantine" + what))
	return hex.EncodeToString(sum[:16])
}

// Waits lists the deliveries of what is asked for of which everything has arrived: in a
// run that was killed while it was scanned, or before a scan held it or judged nothing.
func Waits(o ReceiveOptions) (list []Delivery) {
	of := DeliveryOf(o)
	if of == "" {
		return nil
	}
	_ = eachQuarantine(o.Out, func(_ *quarantine, d Delivery) error {
		if d.Complete && d.Of == of {
			list = append(list, d)
		}
		return nil
	})
	return list
}

// Waiting is the ID of the last of those; empty: there is none.
func Waiting(o ReceiveOptions) string {
	list := Waits(o)
	if len(list) == 0 {
		return ""
	}
	return list[len(list)-1].ID
}

// Judged lists what is in quarantine because a scan held it or judged nothing. It only
// reads, counts no files, and sees also what another program is at.
func Judged(out string) (list []Delivery) {
	root, err := os.OpenRoot(out)
	if err != nil {
		return nil
	}
	defer root.Close()
	for _, id := range quarantines(root, "") {
		q := &quarantine{out: out, id: id, root: root}
		if s, err := q.state(); err == nil && (s.Held != nil || s.Tried) {
			list = append(list, Delivery{ID: id, Complete: true, Scan: s.Scan, Tried: s.Tried, Held: s.Held, Of: s.Of})
		}
	}
	return list
}

// ScanAgain has a delivery of an earlier run scanned, as Receive would, without anybody
// being asked for it.
func ScanAgain(ctx context.Context, o ReceiveOptions, id string) (Result, error) {
	r := Result{View: session.ReceiveView{Phase: session.Complete}, Waited: true}
	scan := func(ctx context.Context, d Delivery) error {
		r.View.Files, r.View.FilesVerified = d.Files, uint32(d.Files)
		r.View.Bytes, r.View.Written, r.View.Verified = d.Bytes, d.Bytes, d.Bytes
		return o.Scan(ctx, d)
	}
	var err error
	r.Names, err = Release(ctx, o.Out, id, o.Conflict, scan)
	return r, err
}
