package session

import (
	"crypto/ed25519"

	"beeline/wasm/catalog"
	"beeline/wasm/handshake"
	"beeline/wasm/identity"
	"beeline/wasm/invite"
	"beeline/wasm/wire"
)

// A Config says what a machine's shell can do.
type Config struct {
	Lanes    int            // most lanes a session opens, 1..wire.LanesMax
	Forced   int            // lanes opened whatever is measured; 0: as measured
	Window   int            // bytes asked for and not written; 0: wire.WindowBytes
	Loopback bool           // candidates on loopback are taken (a local backend)
	Now      int64          // unix ms
	Expires  int64          // unix ms at which a share ends; 0: seven days from Now
	Files    int            // files open at the destination at once; 0: 512
	Native   bool           // no browser: larger lists are taken
	Target   catalog.Target // where names have to fit
	Key      []byte         // of a recipient that comes back: what [Receiver.Key] returned; nil: a new one
	Device   []byte         // of a contact's recipient: a secret of this installation and place; nil: another each time
}

func (c Config) lanes() int { return max(1, min(c.Lanes, wire.LanesMax)) }

func (c Config) recipients() int {
	if c.Native {
		return recipientsMax
	}
	return browserMax
}

// Limits of the sharer's side of the handshake. PROTOCOL.md 2.2.
const (
	halfOpenMax   = 16   // handshakes between M1 and an accepted M3, a link
	pendingMax    = 5    // requests that wait for the person
	recipientsMax = 16   // sessions a link, natively
	browserMax    = 8    // of a browser, DESIGN 5
	m1PerSecond   = 10   // a handle
	replayMax     = 4096 // M1s remembered; a replay of an older one costs one M2
	ratesMax      = 4096 // handles whose M1s are counted
	turnedMax     = 256  // turned away and remembered
	devicesMax    = 4    // of one member at one share: e, who is let in
)

// A Sharer offers one share by one link to any number of recipients. The first
// is let in; a further one waits until the person lets them in.
type Sharer struct {
	*base          // its own, or those of its house
	*meeting       // likewise
	house    house // nil: it is alone
	cfg      Config
	link     invite.Link
	front    *door  // of the link
	spoken   spoken // the code beside it
	key      ed25519.PrivateKey
	id       [16]byte
	salt     [32]byte
	anchor   [32]byte
	expires  int64
	limit    int      // recipients who may be let in; 0: any number
	note     string   // what the person wrote beside the list
	former   []former // links whose place another one took

	cat   *catalog.Builder
	grown uint64    // by how much changed files differ from the list; wraps around below 0
	ended wire.Code // why sharing stopped
	over  bool
	paths uint8 // that who connects from now on may use

	halves  map[halfKey]*half
	seen    map[[32]byte][32]byte // M1s that opened, with their topic
	order   [][32]byte            // of seen, the oldest first
	rates   map[uint32]*rate
	recips  []*recipient
	typed   typed
	once    once            // of a one-time link
	ways    []codeWay       // of those who came by codes
	guests  map[string]byte // what an earlier page decided, by session key
	files   map[uint32]*source
	prints  prints // of files that were in it
	renewed bitset // entries that are told as others, and can still be read

	members []*member
	own     identity.ID       // as whom they are met
	prover  *Prover           // who the sharer is; nil while that is not known
	proving bool              // to those who come by link or code
	visits  map[uint32]*visit // listing sessions
	hand    *handing          // there is no share but an identity, for a device; nil: a share

	troubles troubles
}

type rate struct {
	second int64
	n      int
}

// NewSharer makes a share: its secret, its key and its link.
func NewSharer(title string, cfg Config) *Sharer {
	pub, key, err := ed25519.GenerateKey(nil)
	if err != nil {
		panic(err) // crypto/rand never fails
	}
	meeting := newMeeting(roleWait)
	s := &Sharer{
		base: &base{now: cfg.Now}, meeting: &meeting,
		cfg: cfg, key: key,
		halves: make(map[halfKey]*half),
		seen:   make(map[[32]byte][32]byte),
		rates:  make(map[uint32]*rate),
		files:  make(map[uint32]*source),
		prints: make(prints),
		visits: make(map[uint32]*visit),
	}
	random(s.id[:])
	random(s.salt[:])
	random(s.anchor[:])
	if s.expires = cfg.Expires; s.expires == 0 {
		s.expires = cfg.Now + week
	}
	s.opens(invite.New(0, pub))
	s.cat = catalog.NewBuilder(title, s.id, s.salt)
	return s
}

// opens makes link the share's, signed for by its key.
func (s *Sharer) opens(link invite.Link) {
	s.link = link
	s.front = linkDoor(&s.link)
	s.front.key = s.key
	s.once = once{}
	if s.oneTime() {
		s.front.pinned = s.mayTake
	}
}

// doors returns where somebody may find the share now.
func (s *Sharer) doors() []*door {
	if s.over {
		return nil
	}
	var doors []*door
	if s.link.Secret != [16]byte{} && s.keepsPromise(s.link) {
		doors = append(doors, s.front)
	}
	if s.once.door != nil && s.keepsPromise(s.link) {
		doors = append(doors, s.once.door)
	}
	for _, m := range s.members {
		doors = append(doors, m.door)
	}
	for i := range s.former {
		if s.keepsPromise(s.former[i].link) {
			doors = append(doors, s.former[i].door)
		}
	}
	for _, w := range s.ways {
		doors = append(doors, w.door)
	}
	return doors
}

// Link returns the 48 characters of the share's link; nothing once sharing
// stopped, or the recipient of a one-time link has another way: the secret is
// forgotten. In a house nobody waits at the link.
func (s *Sharer) Link() string {
	if s.over || s.house != nil || s.link.Secret == [16]byte{} {
		return ""
	}
	return s.link.String()
}

// Handle takes one event at time now and returns what to do.
func (s *Sharer) Handle(now int64, e Event) []Action {
	s.now = max(s.now, now)
	s.expire()
	s.event(e)
	s.noteStages()
	return s.take()
}

// expire stops sharing when its time is over, before anything else is done: a GET or
// an M1 comes too late by then.
func (s *Sharer) expire() {
	if !s.over && s.now >= s.expires {
		s.stop(wire.Expired)
	}
}

// noteStages notes what an event has changed of what is shown.
func (s *Sharer) noteStages() {
	for _, r := range s.recips {
		r.stage.note(s.now, r.shown())
	}
}

func (s *Sharer) event(e Event) {
	switch e := e.(type) {
	case SignalUp:
		s.connected(s.base)
		s.unreachable()
		s.resubscribe()
		s.tickCode()
		s.do(Show{})
	case SignalDown:
		s.disconnected(e)
		s.unreachable()
		s.do(Show{})
	case SignalMessage:
		s.signal(e.Data)
	case Tick:
		s.tick()
	case NetworkChanged:
		s.askICE(s.base)
	case Add:
		s.cat.Reopen()
		for _, entry := range e.Entries {
			if _, err := s.cat.Add(entry); err != nil {
				s.stop(wire.CodeOf(err))
				return
			}
		}
		for _, r := range s.recips {
			r.sendList(s)
		}
		s.do(Show{})
	case Listed:
		s.cat.Finish()
		for _, r := range s.recips {
			r.sendList(s)
		}
		s.do(Show{})
	case Remove:
		s.remove(e.Entries)
	case Renew:
		s.renew(e.Entries)
	case Retitle:
		s.cat.Retitle(e.Title)
		s.do(Show{})
	case SetProof:
		s.setProof(e)
	case SetMembers:
		s.setMembers(e)
	case MakeCode:
		s.makeCode()
	case StopCode:
		s.stopCode()
	case SetPaths:
		s.paths = e.Paths
		s.do(Show{})
	case SourceFresh:
		s.sourceFresh(e)
	case SetFlags:
		s.setFlags(e.Flags)
	case SetTerms:
		s.setTerms(e)
	case Decide:
		s.decide(e.Session, e.Accept)
	case Digits:
		s.gotDigits(e.Digits)
	case Remembered:
		s.remembered(e)
	case TakeRequests:
		s.typed = typed{}
		s.do(Show{})
	case StopSharing:
		s.stop(wire.Revoked)
	default:
		s.sessionEvent(e)
	}
}

// stop kills the link and every session.
func (s *Sharer) stop(why wire.Code) {
	if s.over {
		return
	}
	s.over, s.ended = true, why
	for k, h := range s.halves {
		if h.asks != nil && !h.answers {
			s.reply(k, h, handshake.AppendStatus(nil, wire.StatusRefused, why.Number()))
		}
	}
	s.halves = make(map[halfKey]*half)
	s.stopCode()
	for _, r := range s.recips {
		r.asking = false
		r.finish(s, why)
	}
	s.endVisits(why, true)
	s.members, s.prover = nil, nil
	s.resubscribe()
	s.key, s.front.key, s.spoken.key, s.link.Secret, s.former = nil, nil, nil, [16]byte{}, nil
	s.once, s.ways = once{}, nil
	s.seen, s.order = nil, nil
	s.do(Show{})
}

// suspend ends everything without a word: who was at it looks for the share, which
// another machine has from now on.
func (s *Sharer) suspend() {
	for _, r := range s.recips {
		r.drop(s)
	}
	s.halves, s.members, s.over = make(map[halfKey]*half), nil, true
}

// unreachable gives up what only a connection to the hub carries on: handshakes,
// and sessions whose descriptions still go through it. The recipients knock
// again on the next connection.
func (s *Sharer) unreachable() {
	s.codeUnreachable()
	for k, h := range s.halves {
		s.endHalf(k, h)
	}
	for _, r := range s.recips {
		if r.conn != nil && !r.conn.described() {
			r.conn.t = nil
			r.fail(s, wire.SignalOrder)
		}
	}
	s.endVisits(wire.None, false)
}

func (s *Sharer) resubscribe() {
	if s.house == nil { // which looks by itself
		s.refresh(s.base, s.doors(), s.needs)
	}
}

// needs reports whether a handshake, or a session that is being described, goes by
// a topic.
func (s *Sharer) needs(topic [32]byte) bool {
	if s.over {
		return false
	}
	for k := range s.halves {
		if k.topic == topic {
			return true
		}
	}
	for _, r := range s.recips {
		if r.conn != nil && r.conn.t != nil && r.conn.topic == topic {
			return true
		}
	}
	for _, v := range s.visits {
		if v.conn.t != nil && v.conn.topic == topic {
			return true
		}
	}
	return false
}

// remember keeps an M1 that opened, so that it is not answered twice. The oldest
// gives way: else whoever holds the link could fill the memory and shut others
// out. Those of topics that are not waited on any more are let go.
func (s *Sharer) remember(id, topic [32]byte) {
	s.seen[id] = topic
	s.order = append(s.order, id)
	for len(s.order) > 0 {
		first := s.order[0]
		if _, waited := s.real[s.seen[first]]; waited && len(s.order) <= replayMax {
			return
		}
		delete(s.seen, first)
		s.order = s.order[1:]
	}
}

func (s *Sharer) tick() {
	s.closeDue()
	for k, h := range s.halves {
		switch age := s.now - h.at; {
		case h.asks == nil && age > m3Within:
			delete(s.halves, k)
		case h.asks != nil && age > pendingWithin:
			s.sendAway(k, h, wire.Expired)
		}
	}
	for h, r := range s.rates {
		if s.now/1000-r.second > 10 {
			delete(s.rates, h)
		}
	}
	for _, r := range s.recips {
		if r.waitsForList() {
			r.edition.Cut() // what was found so far, not only full pages
			r.sendList(s)
		}
		r.tick(s)
	}
	s.tickVisits()
	s.resubscribe()
	s.tickCode()
}
