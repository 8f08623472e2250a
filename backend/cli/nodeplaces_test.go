package cli

import (
	"testing"
	"time"

	"beeline/backend/keep"
	"beeline/wasm/ctrl"
	"beeline/wasm/identity"
	"beeline/wasm/people"
	"beeline/wasm/session"
	"beeline/wasm/wire"
)

// boxOf is the letterbox of somebody who offers shares of these numbers.
func boxOf(shares ...byte) *letterbox {
	i := &letterbox{online: true, failed: make(map[[16]byte]*failure), looked: make(map[[16]byte]time.Time)}
	for _, n := range shares {
		i.offers = append(i.offers, ctrl.Offer{ID: [16]byte{n}})
	}
	return i
}

// Contacts who offer something and never hand it over do not hold all places for ever, and
// go behind others then.
func TestPlacesAreForWhatComes(t *testing.T) {
	in := newInboxes(&node{})
	in.book = &people.Book{}
	ended := 0
	for n := range byte(arrivalsAtOnce) {
		i := boxOf(n)
		i.now = &arrival{offer: i.offers[0], seen: time.Now(), moved: time.Now().Add(-2 * listWithin), view: session.ReceiveView{Phase: session.Waiting}, stop: func() { ended++ }}
		in.of[identity.ID{n}] = i
		in.count++
	}
	ada := boxOf(99)
	in.of[identity.ID{99}] = ada
	in.plan(t.Context())
	if ended != arrivalsAtOnce {
		t.Fatalf("%d of %d who have handed nothing over gave their places up", ended, arrivalsAtOnce)
	}
	for n := range byte(arrivalsAtOnce) { // as at their end
		in.of[identity.ID{n}].now = nil
	}
	in.count = arrivalsAtOnce - 1
	in.plan(t.Context())
	in.mu.Lock()
	if ada.now == nil && len(ada.failed) == 0 {
		t.Error("the place that is free went to one of them")
	}
	in.mu.Unlock()
	in.running.Wait()
}

// One share that hangs does not keep the others of its contact out.
func TestWhatFailedIsBehindOthers(t *testing.T) {
	in, i := newInboxes(&node{}), boxOf(1, 2)
	i.failed[[16]byte{1}] = &failure{tries: 1}
	if o := in.next(i, time.Now()); o == nil || o.ID != [16]byte{2} {
		t.Errorf("next is %v, want what has not failed", o)
	}
	i.failed[[16]byte{2}] = &failure{tries: 1, next: time.Now().Add(time.Minute)}
	if o := in.next(i, time.Now()); o == nil || o.ID != [16]byte{1} {
		t.Errorf("next is %v, want what does not rest", o)
	}
}

// An arrival is owed what its contact does not hand over, and nothing for what this
// computer takes its time for.
func TestOwed(t *testing.T) {
	list := session.ReceiveView{Phase: session.Connecting}
	files := session.ReceiveView{Phase: session.Transferring, Listed: true, Bytes: 1 << 30}
	with := func(v session.ReceiveView, change func(*session.ReceiveView)) session.ReceiveView {
		change(&v)
		return v
	}
	for name, is := range map[string]struct {
		view session.ReceiveView
		grow func(v *session.ReceiveView) // every ten seconds
		want time.Duration                // until it is; 0: never
	}{
		"no list":                    {list, nil, listWithin},
		"a long list":                {list, func(v *session.ReceiveView) { v.Entries += 100 }, 0},
		"an entry now and then":      {list, func(v *session.ReceiveView) { v.Entries++ }, listWithin},
		"nothing of the files":       {files, nil, stuckAfter},
		"a file that is slow":        {files, func(v *session.ReceiveView) { v.Written += 64 << 10 }, 0},
		"a byte now and then":        {files, func(v *session.ReceiveView) { v.Written++ }, stuckAfter},
		"a pause":                    {with(files, func(v *session.ReceiveView) { v.Phase = session.Paused }), nil, stuckAfter},
		"hashes that do not come":    {with(files, func(v *session.ReceiveView) { v.Phase, v.Written = session.Verifying, v.Bytes }), nil, stuckAfter},
		"a scan before":              {session.ReceiveView{}, nil, 0},
		"a scan in the end":          {with(files, func(v *session.ReceiveView) { v.Phase = session.Complete }), nil, 0},
		"a slow disk":                {with(files, func(v *session.ReceiveView) { v.Unwritten = 1 }), nil, 0},
		"no room":                    {with(files, func(v *session.ReceiveView) { v.Unwritten, v.Needed, v.Phase = 1, 1, session.Paused }), nil, stuckAfter},
		"files that are compared":    {with(files, func(v *session.ReceiveView) { v.Written, v.Verified = v.Bytes, v.Bytes }), nil, 0},
		"a server that is not there": {with(list, func(v *session.ReceiveView) { v.Why = wire.Offline }), nil, 0},
	} {
		began := time.Now()
		a := &arrival{view: is.view, moved: began}
		var after time.Duration
		for d := time.Duration(0); d < time.Hour && after == 0; d += 10 * time.Second {
			if a.owed(began.Add(d)) {
				after = d
			}
			if is.grow != nil {
				is.grow(&a.view)
			}
		}
		if after < is.want || after > is.want+time.Minute || is.want == 0 && after > 0 {
			t.Errorf("%s: given up after %v, want %v", name, after, is.want)
		}
	}
}

// SIGHUP has every list looked into, also of what was received as it is offered.
func TestAgainLooksIntoEveryList(t *testing.T) {
	in, i := newInboxes(&node{}), boxOf(1)
	i.kept.Taken = []keep.Taken{{Share: [16]byte{1}}}
	in.of[identity.ID{1}] = i
	if o := in.next(i, time.Now()); o != nil {
		t.Fatal("what was received a moment ago is received again")
	}
	in.again()
	if o := in.next(i, time.Now()); o == nil {
		t.Error("a list is not looked into though everything was to be")
	}
}
