package session

import (
	"bytes"
	"slices"

	swire "beeline/signaling/wire"
	"beeline/wasm/ctrl"
	"beeline/wasm/identity"
	"beeline/wasm/wire"
)

// This file: what contacts offer, at the end of the one they offer it to. Whoever
// was not added here can't be met: there is no topic for them. PROTOCOL.md d.1.
//
//	contact added ─▶ knocks on its topic ─▶ somebody waits ─▶ handshake ─▶ SHARES, live
//	                        ▲                                                │
//	                        └────────── the session is gone ◀────────────────┘

// WatchMost is how many contacts a Watcher takes: all the families of a connection
// to the hub. Who has more makes another.
const WatchMost = familiesMax

// Of what contacts are looked at.
const (
	looksOfContact = 4   // devices, or tabs
	offersMax      = 256 // shares that one of them may name
	refusedHold    = 60_000
	// A handshake is about four frames, and the hub takes 20 a second, 60 at once.
	knockEvery  = 200 // ms, in the long run
	knocksAhead = 10
)

// SetContacts says from whom the person accepts shares, from now on. Who is not
// among them any more is left at once.
type SetContacts struct {
	Own    *identity.Identity
	Cards  []*identity.Card
	Hidden bool // the own address is shown to nobody but a relay
}

func (SetContacts) event() {}

// A Watcher looks what contacts offer to an identity, for as long as it runs. It
// moves no file: to take one, a [Receiver] is made by [NewContactReceiver].
type Watcher struct {
	base
	meeting
	cfg      Config
	hidden   bool
	own      identity.ID // who looks
	contacts []*watched
	looks    map[lookKey]*look
	paidTo   int64 // until when knocking was used up, one each knockEvery
}

type watched struct {
	id   identity.ID
	door *door
}

// lookKey names somebody who waits for us.
type lookKey struct {
	topic  [32]byte
	handle uint32
}

// look is a listing session with one device of a contact, or the way to one.
type look struct {
	of        *watched
	here      bool     // it still waits on the topic
	run       *attempt // until there is a session
	conn      *conn
	tries     int
	holdUntil int64
	whole     bool         // offers is a list that came whole
	offers    []ctrl.Offer // what it has for us
	coming    []ctrl.Offer // of the next list, until its last message
}

// NewWatcher makes a watcher that knows nobody yet. Its sessions have numbers above
// first, so that one shell can tell them from those of other machines.
func NewWatcher(first uint32, cfg Config) *Watcher {
	w := &Watcher{cfg: cfg, looks: make(map[lookKey]*look)}
	w.now, w.last = cfg.Now, first
	w.meeting = newMeeting(roleKnock)
	return w
}

// A ContactView is what a person sees of a contact.
type ContactView struct {
	ID     identity.ID
	Online bool // a device of theirs is connected
	Offers []ctrl.Offer
}

// View returns what to show of each contact, in the order of SetContacts.
func (w *Watcher) View() []ContactView {
	views := make([]ContactView, len(w.contacts))
	for i, c := range w.contacts {
		v := ContactView{ID: c.id}
		known := make(map[[16]byte]bool)
		for _, l := range w.of(c) {
			if !l.whole {
				continue
			}
			v.Online = true
			for _, o := range l.offers {
				if !known[o.ID] {
					known[o.ID] = true
					v.Offers = append(v.Offers, o)
				}
			}
		}
		sortBy(v.Offers, func(a, b ctrl.Offer) bool { return bytes.Compare(a.ID[:], b.ID[:]) < 0 })
		views[i] = v
	}
	return views
}

// Lack returns why there is no connection to the hub; wire.None while there is one.
func (w *Watcher) Lack() wire.Code {
	if w.up {
		return wire.None
	}
	return w.lack
}

// NoRelay reports that the hub has none: who hides their address finds nobody.
func (w *Watcher) NoRelay() bool { return w.named && len(w.turn) == 0 }

// Handle takes one event at time now and returns what to do.
func (w *Watcher) Handle(now int64, e Event) []Action {
	w.now = max(w.now, now)
	w.event(e)
	return w.take()
}

func (w *Watcher) event(e Event) {
	if l := w.session(sessionOf(e)); l != nil {
		w.sessionEvent(l, e)
		return
	}
	switch e := e.(type) {
	case SetContacts:
		w.setContacts(e)
	case SignalUp:
		w.connected(&w.base)
		w.unreachable()
		w.resubscribe()
		w.do(Show{})
	case SignalDown:
		w.disconnected(e)
		w.unreachable()
		w.do(Show{})
	case SignalMessage:
		w.signal(e.Data)
	case NetworkChanged:
		w.askICE(&w.base)
		for _, l := range w.looks {
			if l.holdUntil = 0; l.conn != nil {
				l.conn.changed = w.now
			}
		}
	case Tick:
		w.tick()
	}
}

func (w *Watcher) setContacts(e SetContacts) {
	known := w.contacts
	if e.Own != nil && e.Own.ID() != w.own {
		w.own, known = e.Own.ID(), nil // somebody else now: nobody is met as before
	}
	var next []*watched
	for _, card := range e.Cards {
		id := card.ID()
		same := func(c *watched) bool { return c.id == id }
		if len(next) == WatchMost || slices.ContainsFunc(next, same) {
			continue
		}
		if i := slices.IndexFunc(known, same); i >= 0 {
			next = append(next, known[i])
		} else if d, err := contactDoor(e.Own, card, false); err == nil {
			next = append(next, &watched{id, d})
		}
	}
	for k, l := range w.looks {
		if !slices.Contains(next, l.of) {
			w.leave(l)
			delete(w.looks, k)
		}
	}
	w.contacts, w.hidden = next, e.Hidden
	w.resubscribe()
	w.do(Show{})
}

// leave ends what there is with a device, with a word where it can be said.
func (w *Watcher) leave(l *look) {
	if l.conn != nil {
		l.conn.bye()
		l.conn.close(wire.None)
	}
	l.conn, l.run, l.whole, l.offers, l.coming = nil, nil, false, nil, nil
	w.do(Show{})
}

// unreachable gives up what only a connection to the hub carries on.
func (w *Watcher) unreachable() {
	for k, l := range w.looks {
		l.run, l.here = nil, false
		if l.conn != nil && !l.conn.described() {
			w.lose(l)
		}
		if l.conn == nil {
			delete(w.looks, k)
		}
	}
}

func (w *Watcher) resubscribe() {
	doors := make([]*door, len(w.contacts))
	for i, c := range w.contacts {
		doors[i] = c.door
	}
	if len(doors) == 0 && len(w.topics) == 0 {
		return // whoever has no contacts shows nothing, not even dummies
	}
	w.refresh(&w.base, doors, func(topic [32]byte) bool {
		for k, l := range w.looks {
			if k.topic == topic && (l.run != nil && l.run.t != nil || l.conn != nil && l.conn.t != nil) {
				return true
			}
		}
		return false
	})
}

func (w *Watcher) signal(data []byte) {
	m, err := swire.ParseServer(data)
	if err != nil {
		return // the hub is not trusted; it can only refuse service
	}
	w.heardHub(&w.base)
	k := lookKey{m.Topic, m.Handle}
	switch m.Op {
	case swire.OpICEAnswer:
		w.gotICE(&w.base, m.ICE)
	case swire.OpErr:
		w.refused(&w.base, m.ErrOp, m.RetryMS)
	case swire.OpJoin:
		w.join(k)
	case swire.OpLeave:
		if l := w.looks[k]; l != nil {
			if l.here = false; l.conn == nil {
				delete(w.looks, k)
			}
		}
	case swire.OpData:
		if l := w.looks[k]; l != nil {
			w.frame(k, l, m.Frame)
		}
	}
}

// join notes somebody who waits where only a contact can.
func (w *Watcher) join(k lookKey) {
	at, ok := w.spotOf(k.topic)
	if !ok {
		return
	}
	for _, c := range w.contacts {
		if c.door != at.door || w.looks[k] != nil || w.waiting(c, k.topic) >= looksOfContact {
			continue
		}
		w.looks[k] = &look{of: c, here: true}
		w.begin()
	}
}

// waiting counts who is looked at on a topic.
func (w *Watcher) waiting(c *watched, topic [32]byte) int {
	n := 0
	for k, l := range w.looks {
		if l.of == c && k.topic == topic {
			n++
		}
	}
	return n
}

func (w *Watcher) session(id uint32) *look {
	for _, l := range w.looks {
		if l.conn != nil && l.conn.id == id {
			return l
		}
	}
	return nil
}

func (w *Watcher) of(c *watched) []*look {
	var looks []*look
	for _, l := range w.looks {
		if l.of == c {
			looks = append(looks, l)
		}
	}
	return looks
}
