package session

import (
	"maps"
	"slices"

	"beeline/wasm/ctrl"
	"beeline/wasm/identity"
	"beeline/wasm/wire"
)

// A Host is any number of shares that one person offers to contacts, behind one
// connection to the hub. Each contact has one door, whatever is shared with it; who
// comes in looks what there is, or names a share and is handed over to that. So the
// hub sees of a thousand shares what it sees of one. PROTOCOL.md d.1 and e.
//
//	contact ── M1 … M3 ──▶ lobby ── no share named ──▶ listing session: all that it may have
//	                         └───── one named ───────▶ its Sharer, if the contact is a member
//
// The lobby is a Sharer that offers nothing itself. Shares of a house have no link
// and no code: those are a Sharer alone.
type Host struct {
	own   *identity.Identity
	lobby *Sharer // whose base and meeting all shares use

	order []*Sharer // as they were taken in
	byID  map[[16]byte]*Sharer
	owner map[uint32]*Sharer  // by number of a session or row
	met   map[halfKey]*Sharer // to whom a handshake was handed, until it is swept
	of    map[*member][]*Sharer
	away  map[[16]byte][]identity.ID // see [Await], and for whom
	stale bool                       // of is to be made anew
	swept int64                      // when owner was, last
	shown map[*Sharer]bool
}

const (
	// HostMost is how many contacts a Host meets: all the families of a connection.
	// Who shares with more makes another, which has those shares once more.
	HostMost  = familiesMax
	hostedMax = 4096 // shares
	// Sessions that move files, of all shares together.
	hostSessions     = 256
	sessionsOfMember = 64
	sweepEvery       = 60_000 // ms, of numbers that are nobody's any more
	metMost          = 4 * hostSessions
)

// A list for one contact is one message. PROTOCOL.md f.5.
const _ = uint(ctrl.OffersPerMessage - offersMax)

// To is an event of one share of a Host. Those of a session need none: their number
// says whose they are.
type To struct {
	Share [16]byte
	Event Event
}

// Of is what one share of a Host wants done, Show too.
type Of struct {
	Share  [16]byte
	Action Action
}

func (To) event()  {}
func (Of) action() {}

// Await says that a share is not there yet and will come, or come back: those whom it
// is for get no answer until then, and ask again, where else they would be told that it
// is no more. Without cards it will not come.
type Await struct {
	Share [16]byte
	Cards []*identity.Card
}

// Suspend takes a share away that comes back, as if the program had ended: nobody is
// told anything, and its recipients look for it. Await says so to those who ask.
type Suspend struct{ Share [16]byte }

func (Await) event()   {}
func (Suspend) event() {}

// NewHost makes a host without shares. Its sessions have numbers above first, so that
// one shell can tell them from those of other machines.
func NewHost(first uint32, own *identity.Identity, cfg Config) *Host {
	h := &Host{
		own: own, lobby: NewSharer("", cfg),
		byID: make(map[[16]byte]*Sharer), owner: make(map[uint32]*Sharer), met: make(map[halfKey]*Sharer),
		away: make(map[[16]byte][]identity.ID),
		of:   make(map[*member][]*Sharer), shown: make(map[*Sharer]bool),
	}
	h.lobby.last = first
	h.lobby.link.Secret = [16]byte{}
	h.lobby.house = h
	return h
}

// Add takes a share in that nobody has met yet: a new one, or one that is restored.
// What it is told from now on it is told by the host. It fails with [wire.Busy]
// where there are too many.
func (h *Host) Add(s *Sharer) error {
	switch {
	case h.byID[s.id] != nil || s.up || len(s.recips) > 0 || len(s.members) > 0:
		return wire.Internal.Because("a share that somebody has met")
	case len(h.order) >= hostedMax:
		return wire.Busy.Because("as many shares as a host takes")
	}
	s.base, s.meeting, s.house = h.lobby.base, h.lobby.meeting, h
	h.order = append(h.order, s)
	h.byID[s.id] = s
	delete(h.away, s.id)
	return nil
}

// ID returns the share_id, by which contacts name the share.
func (s *Sharer) ID() [16]byte { return s.id }

// Shares returns the shares there are, as they were added; one that ended goes with
// the next Tick.
func (h *Host) Shares() []*Sharer { return slices.Clone(h.order) }

// Contacts returns who is waited for.
func (h *Host) Contacts() (ids []identity.ID) {
	for _, m := range h.lobby.members {
		ids = append(ids, m.id)
	}
	return ids
}

// Lack returns why there is no connection to the hub; wire.None while there is one.
func (h *Host) Lack() wire.Code {
	if h.lobby.up {
		return wire.None
	}
	return h.lobby.lack
}

// Handle takes one event at time now and returns what to do.
func (h *Host) Handle(now int64, e Event) []Action {
	h.lobby.now = max(h.lobby.now, now)
	h.event(e)
	switch e.(type) {
	case Tick, SignalUp: // not with each of a thousand shares that are made at once
		if h.stale {
			h.sort()
		}
		h.lobby.refresh(h.lobby.base, h.lobby.doors(), h.needs)
	}
	acts := h.lobby.take()
	if len(h.shown) > 0 {
		for _, s := range h.order {
			if h.shown[s] {
				acts = append(acts, Of{s.id, Show{}})
			}
		}
		clear(h.shown)
	}
	return acts
}

func (h *Host) event(e Event) {
	switch e := e.(type) {
	case To:
		s := h.byID[e.Share]
		if _, coded := e.Event.(MakeCode); s == nil || coded {
			return
		}
		h.within(s, func() { s.event(e.Event) })
		if _, members := e.Event.(SetMembers); members {
			h.stale = true
		}
	case Await:
		delete(h.away, e.Share)
		if len(h.away) < hostedMax && len(e.Cards) > 0 && h.byID[e.Share] == nil {
			ids := make([]identity.ID, len(e.Cards))
			for i, card := range e.Cards {
				ids[i] = card.ID()
			}
			h.away[e.Share] = ids
		}
	case Suspend:
		if s := h.byID[e.Share]; s != nil {
			h.within(s, s.suspend)
			delete(h.byID, s.id)
			delete(h.shown, s)
		}
	case SignalUp, SignalDown:
		h.lobby.event(e)
		for _, s := range h.order {
			h.within(s, func() { s.unreachable(); s.do(Show{}) })
		}
	case Tick:
		h.lobby.event(e)
		for _, s := range h.order {
			h.within(s, func() { s.event(e) })
		}
		if h.lobby.now-h.swept >= sweepEvery || len(h.met) > metMost {
			h.sweep()
		}
	case SignalMessage, NetworkChanged, SetPaths:
		h.lobby.event(e)
	default:
		if s := h.owner[numberOf(e)]; s != nil {
			h.within(s, func() { s.event(e) })
		} else {
			h.lobby.sessionEvent(e)
		}
	}
}

// numberOf returns the session, or row, that an event is of; 0: of none.
func numberOf(e Event) uint32 {
	switch e := e.(type) {
	case Sent:
		return e.Session
	case Sending:
		return e.Session
	case SourceFailed:
		return e.Session
	case StopRecipient:
		return e.Session
	case PauseRecipient:
		return e.Session
	}
	return sessionOf(e)
}

// within does something of a share: what it wants done is said to be of it, and so
// are the numbers that it gives meanwhile.
func (h *Host) within(s *Sharer, do func()) {
	b := h.lobby.base
	n, last := len(b.acts), b.last
	s.expire()
	do()
	s.noteStages()
	kept := b.acts[:n]
	for _, a := range b.acts[n:] {
		if _, show := a.(Show); show {
			h.shown[s] = true
		} else {
			kept = append(kept, Of{s.id, a})
		}
	}
	b.acts = kept
	for id := last + 1; id <= b.last; id++ {
		h.owner[id] = s
	}
	h.stale = h.stale || s.over
}

// sort lets go of shares that ended, says for whom the others are, and leaves the
// contacts for whom there are none.
func (h *Host) sort() {
	h.stale = false
	h.order = slices.DeleteFunc(h.order, func(s *Sharer) bool {
		if s.over && h.byID[s.id] == s { // else it is back already
			delete(h.byID, s.id)
		}
		return s.over && !h.shown[s] // else its last view is to be shown first
	})
	maps.DeleteFunc(h.owner, func(_ uint32, s *Sharer) bool { return s.over })
	clear(h.of)
	for _, s := range h.order {
		h.stale = h.stale || s.over
		for _, m := range s.members {
			h.of[m] = append(h.of[m], s)
		}
	}
	for _, m := range slices.Clone(h.lobby.members) {
		if len(h.of[m]) == 0 {
			h.lobby.members = slices.DeleteFunc(h.lobby.members, func(o *member) bool { return o == m })
			h.lobby.dismiss(m)
		}
	}
}

// sweep forgets the numbers of sessions and rows that are gone.
func (h *Host) sweep() {
	h.swept = h.lobby.now
	live := make(map[uint32]*Sharer)
	for _, s := range h.order {
		for _, r := range s.recips {
			if live[r.id] = s; r.conn != nil {
				live[r.conn.id] = s
			}
		}
	}
	h.owner = live
	maps.DeleteFunc(h.met, func(k halfKey, s *Sharer) bool { return s.over || s.halves[k] == nil && s.describing(k) == nil })
}

// needs says of a topic whether anybody talks there.
func (h *Host) needs(topic [32]byte) bool {
	if h.lobby.needs(topic) {
		return true
	}
	for k, s := range h.met {
		if k.topic == topic && s.needs(topic) {
			return true
		}
	}
	return false
}
