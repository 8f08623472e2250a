package cli

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync"
	"time"

	"beeline/backend/keep"
	"beeline/backend/peer"
	"beeline/wasm/ctrl"
	"beeline/wasm/identity"
	"beeline/wasm/people"
	"beeline/wasm/session"
	"beeline/wasm/wire"
)

// This file: what a node receives by itself. One transfer of a contact at a time: the
// hub lets two connections of one address look for the same contact, and one of them
// looks what there is.

const (
	arrivalsAtOnce = 4
	planEvery      = time.Second
	// goneAfter is when a transfer gives its place up whose share is not offered now: it
	// goes on from its journal when that is there again.
	goneAfter = 30 * time.Second
	// A transfer that failed is tried again after as long, twice as long each time.
	retryFirst, retryMost = 5 * time.Second, time.Hour
	// lookedFor is how long a share is believed to be as it was that is offered with as
	// many entries and bytes as were received: a file may have been changed in its place.
	lookedFor = 6 * time.Hour
)

var errNoFolder = errors.New("its folder is not there")

// inboxes are those of a node.
type inboxes struct {
	n       *node
	kick    chan struct{} // there may be something to do
	changed [2]chan struct{}
	running sync.WaitGroup

	mu    sync.Mutex // guards the rest
	book  *people.Book
	of    map[identity.ID]*letterbox
	count int    // of arrivals under way
	last  uint32 // number of an arrival
}

// letterbox is one contact's.
type letterbox struct {
	kept   keep.Inbox
	card   *identity.Card
	name   string
	online bool
	offers []ctrl.Offer
	now    *arrival
	failed map[[16]byte]*failure
	gaveUp time.Time              // its place, the last time
	looked map[[16]byte]time.Time // when a list was seen last

	held       []peer.Delivery // in quarantine, judged or not judged; of the folder that was
	lookedInto string          // looked into,
	lookedAt   time.Time       // then
	looking    bool
}

// arrival is a share that is being received.
type arrival struct {
	number uint32
	offer  ctrl.Offer
	seen   time.Time // that it is offered
	view   session.ReceiveView
	came   uint64    // how much had, when that was worth noting
	moved  time.Time // when it was
	stuck  error     // why it gives its place up; nil: it does not
	stop   context.CancelFunc
}

// failure is what became of a share the last time.
type failure struct {
	title string
	why   string

	entries uint32 // as it was offered
	bytes   uint64

	of    string // the deliveries in quarantine that it is about; empty: it is about none
	wants uint64 // bytes that have to be free for it; 0: it does not wait for room
	tries int
	next  time.Time
}

func newInboxes(n *node) *inboxes {
	return &inboxes{n: n, kick: make(chan struct{}, 1), changed: [2]chan struct{}{make(chan struct{}, 1), make(chan struct{}, 1)}, of: make(map[identity.ID]*letterbox)}
}

func nudge(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// set says what is received from whom.
func (in *inboxes) set(book *people.Book, list []keep.Inbox) {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.put(book, list)
}

// contacts ends what is received from those who are no contacts any more; book nil: all.
func (in *inboxes) contacts(book *people.Book) {
	in.mu.Lock()
	defer in.mu.Unlock()
	var list []keep.Inbox
	for _, i := range in.of {
		if book != nil {
			list = append(list, i.kept)
		}
	}
	in.put(book, list)
}

// put is called with mu held.
func (in *inboxes) put(book *people.Book, list []keep.Inbox) {
	in.book = book
	wanted := make(map[identity.ID]bool)
	for _, kept := range list {
		at := book.Find(kept.Contact)
		if at == nil || !at.Accept || at.Changed || wanted[kept.Contact] {
			continue
		}
		wanted[kept.Contact] = true
		i := in.of[kept.Contact]
		switch {
		case i == nil:
			i = &letterbox{failed: make(map[[16]byte]*failure), looked: make(map[[16]byte]time.Time)}
			in.of[kept.Contact] = i
			in.watchAnew(kept.Hidden)
		case i.kept.Hidden != kept.Hidden:
			in.watchAnew(true)
			in.watchAnew(false)
			i.end()
		case i.kept.ID != kept.ID || i.kept.Out != kept.Out || i.kept.Most != kept.Most:
			i.end()
		}
		i.kept, i.card, i.name = kept, at.Card, contactName(at)
	}
	for id, i := range in.of {
		if !wanted[id] {
			i.end()
			delete(in.of, id)
			in.watchAnew(i.kept.Hidden)
		}
	}
	nudge(in.kick)
}

// end stops what is under way; what is there of it stays.
func (i *letterbox) end() {
	if i.now != nil {
		i.now.stop()
	}
}

func (in *inboxes) watchAnew(hidden bool) {
	if hidden {
		nudge(in.changed[1])
	} else {
		nudge(in.changed[0])
	}
}

// again tries at once what failed, and looks into every list.
func (in *inboxes) again() {
	in.mu.Lock()
	defer in.mu.Unlock()
	for _, i := range in.of {
		for _, t := range i.kept.Taken {
			i.looked[t.Share] = time.Time{} // long ago: without one it counts as seen now
		}
		for _, f := range i.failed {
			f.next = time.Time{}
		}
	}
	nudge(in.kick)
}

// run receives until ctx ends, and what was under way is safe.
func (in *inboxes) run(ctx context.Context) {
	in.running.Go(func() { in.watch(ctx, in.changed[0], false) })
	in.running.Go(func() { in.watch(ctx, in.changed[1], true) })
	defer in.running.Wait()
	tick := time.NewTicker(planEvery)
	defer tick.Stop()
	for {
		select {
		case <-in.kick:
		case <-tick.C:
		case <-ctx.Done():
			return
		}
		in.plan(ctx)
	}
}

// watch looks what contacts offer, and anew whenever there are others to look for.
func (in *inboxes) watch(ctx context.Context, changed <-chan struct{}, hidden bool) {
	for {
		var cards []*identity.Card
		in.mu.Lock()
		for _, i := range in.of {
			if i.kept.Hidden == hidden {
				cards = append(cards, i.card)
			}
		}
		in.mu.Unlock()
		looking, stop := context.WithCancel(ctx)
		done := make(chan struct{})
		go func() {
			defer close(done)
			if len(cards) > 0 {
				_ = peer.Watch(looking, peer.WatchOptions{
					Server: in.n.server, HTTP: in.n.http, Own: in.n.own, Cards: cards, Hidden: hidden,
					OnView: func(v []session.ContactView, _ wire.Code) { in.view(v) },
				})
			}
		}()
		select {
		case <-changed:
		case <-ctx.Done():
		}
		stop()
		<-done
		if ctx.Err() != nil {
			return
		}
	}
}

func (in *inboxes) view(list []session.ContactView) {
	in.mu.Lock()
	defer in.mu.Unlock()
	for _, v := range list {
		i := in.of[v.ID]
		if i == nil {
			continue
		}
		if i.online != v.Online && in.n.json {
			in.n.lines.say("contact", object{"contact": i.name, "online": v.Online})
		}
		i.online, i.offers = v.Online, slices.Clone(v.Offers)
	}
	nudge(in.kick)
}

// plan begins what there is to receive, and ends what is not offered any more.
func (in *inboxes) plan(ctx context.Context) {
	in.mu.Lock()
	defer in.mu.Unlock()
	now := time.Now()
	for _, i := range slices.SortedFunc(maps.Values(in.of), func(a, b *letterbox) int { return a.gaveUp.Compare(b.gaveUp) }) {
		in.look(i, now)
		if a := i.now; a != nil {
			if a.owed(now) {
				if a.stuck, i.gaveUp = errStuck, now; a.view.Why == wire.Space {
					a.stuck = wire.Space.Because("waited for room")
				}
				a.stop()
			} else if i.offered(a.offer.ID) || a.view.Phase == session.Transferring || a.view.Phase == session.Verifying {
				a.seen = now
			} else if now.Sub(a.seen) > goneAfter {
				a.stop()
			}
			continue
		}
		if in.count >= arrivalsAtOnce || in.book == nil {
			continue
		}
		if o := in.next(i, now); o != nil {
			in.begin(ctx, i, *o)
		}
	}
}

func (i *letterbox) offered(share [16]byte) bool {
	return slices.ContainsFunc(i.offers, func(o ctrl.Offer) bool { return o.ID == share })
}

// has reports whether what is offered was received, as far as the offer tells.
func (i *letterbox) has(o ctrl.Offer, now time.Time) bool {
	at, looked := i.looked[o.ID]
	for _, t := range i.kept.Taken {
		if t.Share == o.ID && t.Entries == o.Entries && t.Bytes == o.Bytes {
			if !looked {
				i.looked[o.ID] = now // since this node runs: not all at once
			}
			return !looked || now.Sub(at) < lookedFor
		}
	}
	return false
}

// begin receives a share. Called with mu held.
func (in *inboxes) begin(ctx context.Context, i *letterbox, o ctrl.Offer) {
	ctx, stop := context.WithCancel(ctx)
	in.count++
	in.last++
	a := &arrival{number: in.last | 1<<31, offer: o, seen: time.Now(), moved: time.Now(), stop: stop}
	i.now = a
	r := &arriving{in: in, a: a, kept: i.kept, name: i.name, book: in.book, card: i.card, tried: i.has(o, time.Now())}
	if f := i.failed[o.ID]; f != nil && f.entries == o.Entries && f.bytes == o.Bytes {
		r.wants = f.wants
	}
	in.running.Go(func() {
		defer stop()
		err := r.ended(r.receive(ctx))
		held := peer.Judged(r.kept.Out)
		in.mu.Lock()
		defer in.mu.Unlock()
		defer func() { in.saw(i, r.kept.Out, held) }()
		in.count--
		i.now = nil
		nudge(in.kick)
		if r.took != nil {
			i.kept.Taken = slices.DeleteFunc(i.kept.Taken, func(t keep.Taken) bool { return t.Share == o.ID })
			i.kept.Taken = append(i.kept.Taken, *r.took)
		}
		switch {
		case err == nil:
			i.looked[o.ID] = time.Now()
			if f := i.failed[o.ID]; f != nil && f.of == "" {
				delete(i.failed, o.ID) // else once it is out of quarantine
			}
		case errors.Is(err, errAgain):
			delete(i.failed, o.ID)
		case ctx.Err() != nil && a.stuck == nil: // the node ends, or nobody offers it
		default:
			f := i.failed[o.ID]
			if f == nil {
				f = &failure{}
				i.failed[o.ID] = f
			}
			if f.title, f.why, f.of = o.Title, reason(err), ""; isHeld(err) {
				f.why, f.of = inQuarantine(err), peer.DeliveryOf(peer.ReceiveOptions{From: in.offered(i, o.ID)})
			}
			f.next = time.Now().Add(min(retryMost, retryFirst<<min(f.tries, 20)))
			f.entries, f.bytes, f.wants = o.Entries, o.Bytes, 0
			if full := (*fullError)(nil); errors.As(err, &full) {
				f.why, f.wants = full.Error(), full.wants
				f.next = time.Now().Add(min(fullEvery, retryFirst<<min(f.tries, 20)))
			}
			if f.tries++; errors.Is(err, errNoFolder) || errors.Is(err, errOverlap) {
				f.tries = 0 // it costs nothing to look
			}
		}
		i.forget()
		in.n.lines.over(a.number)
	})
}

// forget drops what is known of shares that are not offered any more, where that is more
// than a contact is shown: who offers ever new ones fills no memory.
func (i *letterbox) forget() {
	if len(i.failed) > contactSharesMost {
		maps.DeleteFunc(i.failed, func(share [16]byte, _ *failure) bool { return !i.offered(share) })
	}
	if len(i.looked) > contactSharesMost {
		maps.DeleteFunc(i.looked, func(share [16]byte, _ time.Time) bool { return !i.offered(share) })
	}
}
