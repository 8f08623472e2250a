package cli

import (
	"io"
	"testing"
	"time"

	"beeline/backend/keep"
	"beeline/wasm/ctrl"
	"beeline/wasm/session"
)

// A node that has run for a year knows no more than what there is now, whoever came and
// went meanwhile.
func TestANodeForgetsWhoIsGone(t *testing.T) {
	n := &node{lines: newJSONStream(io.Discard), hooks: &hooks{rows: make(map[uint32]session.Phase)}, shares: make(map[string]*nodeShare), by: make(map[int]*nodeShare), screen: newScreen(io.Discard)}
	n.json = true
	s := &nodeShare{kept: keep.Standing{ID: "0123456789", Title: "day"}, state: "shared", phases: make(map[uint32]session.Phase)}
	known := func() int { return len(s.phases) + len(n.hooks.rows) + len(n.lines.shown) }
	for id := range uint32(1000) {
		v := session.ShareView{Recipients: []session.RecipientView{{ID: id, Phase: session.Transferring}, {ID: id + 1, Phase: session.Complete}}}
		n.view(t.Context(), s, v)
	}
	if known() > 3*2 {
		t.Errorf("after a thousand recipients %d things are known of the two that are there", known())
	}
	n.gone(s, 0)
	if known() != 0 {
		t.Errorf("of a share that is over %d things are known", known())
	}

	in, i := newInboxes(n), boxOf()
	now := time.Now()
	for k := range 5000 {
		o := ctrl.Offer{ID: [16]byte{byte(k), byte(k >> 8), 1}}
		i.offers = []ctrl.Offer{o}
		i.kept.Taken = []keep.Taken{{Share: o.ID}}
		i.has(o, now)
		i.failed[o.ID] = &failure{}
		i.forget()
	}
	in.n.lines.due(1<<31, session.Complete, 0, 0)
	in.n.lines.over(1 << 31)
	if len(i.failed) > contactSharesMost+1 || len(i.looked) > contactSharesMost+1 || len(n.lines.shown) != 0 {
		t.Errorf("of 5,000 shares that came and went %d failures, %d looks and %d lines are known", len(i.failed), len(i.looked), len(n.lines.shown))
	}
}
