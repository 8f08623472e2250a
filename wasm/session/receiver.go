package session

import (
	"crypto/ed25519"

	"beeline/wasm/catalog"
	"beeline/wasm/identity"
	"beeline/wasm/invite"
	"beeline/wasm/kdf"
	"beeline/wasm/wire"
)

// A Receiver takes one share, by its link or of a contact. Nothing it does depends on the link
// before [Connect]; nothing is asked for before [Receive]. What was taken is
// kept through any number of sessions.
type Receiver struct {
	base
	meeting
	cfg   Config
	link  invite.Link
	front *door // of the link, or of the contact; nil where a code was typed
	back  *door // of a one-time link, once that is known
	way   way
	coded *typedCode         // the code; nil where none was typed
	takes *taking            // no share is taken but an identity; nil: a share
	key   ed25519.PrivateKey // signs M3, the same each time: so the sharer knows us again
	share [16]byte           // that is asked for by its id, of a contact; zeros: the link's
	// device tells a contact's devices apart, which have one key. It is another for each
	// identity and share, so that two of them can't be told to be at one machine.
	device [16]byte

	phase   Phase
	stage   stage
	why     wire.Code
	keyKept bool   // the session key is stored
	clicked bool   // Connect
	hidden  bool   // the person's own address is shown to nobody but a relay
	paths   uint8  // that the sharer lets the session use
	since   int64  // when waiting for the sharer began
	asking  bool   // the sharer has to let us in
	digits  uint32 // that the two people compare meanwhile
	// tellUntil is how long a recipient who is done looks for a sharer who may not
	// know it, because the connection was lost at the very end; 0: it knows.
	tellUntil int64
	tries     int // handshakes in a row that led to no session or a bad one

	waiters   map[[32]byte]map[uint32]bool // sharers (or so they say) on our topics
	proves    *Prover                      // to the sharer
	sender    *identity.Card               // who the sharer proved to be; nil: nobody
	isProven  bool                         // in this session
	notAt     map[uint32]bool              // handles of devices of a contact that do not have the share
	run       *attempt
	silent    int   // handshakes in a row with M2 and without M4
	holdUntil int64 // no M1 before
	conn      *conn
	lanes     map[uint8]*inLane

	head                        catalog.Head
	headed                      bool
	note                        string // that the sharer wrote beside the list
	list                        *catalog.List
	names                       *catalog.Names
	pagesAsked                  uint32
	counted, fileCount, flagged int
	skew                        int64 // own clock less the server's, ms
	sharerKey                   ed25519.PublicKey

	fetch *fetching
}

// inLane is one lane of a session at the recipient's end.
type inLane struct {
	bytes, records uint64
}

const candidatesMax = 16

// NewReceiver reads a link. Errors: wire.LinkDamaged, wire.Version.
func NewReceiver(link string, cfg Config) (*Receiver, error) {
	l, err := invite.Parse(link)
	if err != nil {
		return nil, err
	}
	key, w, kept := sessionKey(cfg)
	r := newReceiver(key, cfg)
	r.link, r.keyKept = l, kept
	r.front = linkDoor(&r.link)
	r.front.key = r.key
	r.front.pinned = func(pk ed25519.PublicKey) bool { return invite.Fingerprint(pk) == r.link.Fingerprint }
	if len(w) > 0 && r.front.pinned(w[32:]) {
		r.setWay(way{[32]byte(w), w[32:]})
	}
	return r, nil
}

// NewContactReceiver takes a share that a contact offers to the identity own. It
// fails with wire.Card for one's own card.
func NewContactReceiver(own *identity.Identity, card *identity.Card, share [16]byte, cfg Config) (*Receiver, error) {
	d, err := contactDoor(own, card, false)
	if err != nil {
		return nil, err
	}
	r := newReceiver(own.Key(), cfg)
	r.front, r.share = d, share
	if random(r.device[:]); len(cfg.Device) > 0 {
		who := own.ID()
		r.device = [16]byte(kdf.X(cfg.Device, "device", append(who[:], share[:]...), 16))
	}
	return r, nil
}

func newReceiver(key ed25519.PrivateKey, cfg Config) *Receiver {
	r := &Receiver{cfg: cfg, key: key, waiters: make(map[[32]byte]map[uint32]bool)}
	r.now = cfg.Now
	r.meeting = newMeeting(roleKnock)
	return r
}

// sessionKey returns the session key of an earlier page, and what followed it there;
// without one it makes another.
func sessionKey(cfg Config) (key ed25519.PrivateKey, rest []byte, kept bool) {
	seed := cfg.Key
	if kept = len(seed) == ed25519.SeedSize || len(seed) == ed25519.SeedSize+waySize; !kept {
		seed = make([]byte, ed25519.SeedSize)
		random(seed)
	}
	return ed25519.NewKeyFromSeed(seed[:ed25519.SeedSize]), seed[ed25519.SeedSize:], kept
}

// Key returns the session key of this link, to be sealed at rest: who comes back
// with it is the same recipient to the sharer, who let it in before. Of a one-time
// link the way back follows, once it is known.
func (r *Receiver) Key() []byte {
	if r.share != [16]byte{} {
		return nil // a contact is known by its identity, whose key stays in the address book
	}
	b := r.key.Seed()
	if r.back != nil {
		b = append(append(b, r.way.res[:]...), r.way.pkR...)
	}
	return b
}

// Handle takes one event at time now and returns what to do.
func (r *Receiver) Handle(now int64, e Event) []Action {
	r.now = max(r.now, now)
	r.event(e)
	r.stage.note(r.now, r.shown())
	return r.take()
}

func (r *Receiver) event(e Event) {
	if r.takes != nil && r.takes.event(r, e) {
		return
	}
	switch e := e.(type) {
	case SignalUp:
		r.connected(&r.base)
		r.waiters, r.run, r.asking = make(map[[32]byte]map[uint32]bool), nil, false
		if r.conn != nil && !r.conn.described() {
			r.lose(wire.SignalOrder) // its T channel went with the connection
		}
		if r.why == wire.Offline || r.why == wire.Outdated {
			r.why = wire.None
		}
		r.codeOffline()
		r.resubscribe()
		r.do(Show{})
	case SignalDown:
		r.disconnected(e)
		r.waiters, r.run, r.asking = make(map[[32]byte]map[uint32]bool), nil, false
		r.codeOffline()
		if r.searching() {
			r.say(r.lack)
		}
		r.do(Show{})
	case SignalMessage:
		r.signal(e.Data)
	case Tick:
		r.tick()
	case NetworkChanged:
		if r.clicked {
			r.askICE(&r.base)
		}
		if r.conn != nil {
			r.conn.changed = r.now
		}
		if r.tries > 0 {
			r.holdUntil = 0 // what did not work on the old network may on this one
		}
	case ServerClock:
		r.skew = r.now - e.NowMS
	case Remembered:
		r.remembered(e)
	case ProveOwn:
		r.proves = e.By
	case Connect:
		r.hidden = e.Hidden
		r.connect()
	case TypeCode:
		r.typeCode(e.Text)
	case CancelAll:
		r.cancelAll()
	case LocalDescription:
		if c := r.current(e.Session); c != nil {
			complete, err := c.localDescription(e.PC, e.SDP)
			if err == nil && complete {
				r.laneKeys(e.PC)
			}
			r.check(err)
		}
	case LocalCandidates:
		if c := r.current(e.Session); c != nil {
			r.check(c.localCandidates(e.PC, e.Lines))
		}
	case PCState:
		if c := r.current(e.Session); c != nil {
			r.pcState(e)
		}
	case PCRoute:
		if c := r.current(e.Session); c != nil {
			c.reaches(e)
		}
	case CtrlOpen:
		if c := r.current(e.Session); c != nil {
			r.check(c.ctrlOpen(r.cfg.lanes()))
			r.keepWay(c)
			r.leavePlate() // nothing goes by the hub any more
			r.resubscribe()
		}
	case CtrlMessage:
		if c := r.current(e.Session); c != nil {
			r.ctrl(e.Data)
		}
	case CtrlClosed:
		if r.current(e.Session) != nil {
			r.lose(wire.Path)
		}
	case LaneClosed:
		if r.current(e.Session) != nil {
			r.laneClosed(e.PC)
		}
	default:
		r.fetchEvent(e)
	}
}

func (r *Receiver) current(session uint32) *conn {
	if r.conn != nil && r.conn.id == session {
		return r.conn
	}
	return nil
}

func (r *Receiver) ended() bool {
	return r.phase == Complete || r.phase == Failed || r.phase == Cancelled
}

// searching says that a sharer is looked for. Once all has landed none is
// needed, but to tell one who could not be told.
func (r *Receiver) searching() bool {
	switch {
	case !r.clicked || r.conn != nil || r.typing() != nil && (r.coded.wrong || r.coded.spent):
		return false
	case r.ended():
		return r.now < r.tellUntil
	}
	return r.fetch == nil || !r.fetch.closed
}

func (r *Receiver) tick() {
	r.closeDue()
	r.resubscribe()
	if c := r.conn; c != nil {
		if why, over := c.tick(); over {
			r.lose(why)
		}
	}
	if r.searching() {
		r.tickSearch()
	}
	r.tickFetch()
}

// say shows why there is no session yet; once all is over nothing is to be said.
func (r *Receiver) say(why wire.Code) {
	if !r.ended() {
		r.why = why
		r.do(Show{})
	}
}

// fail ends the transfer with a reason; what landed stays, what is unfinished
// is kept for another try.
func (r *Receiver) fail(why wire.Code) {
	if r.ended() {
		r.run, r.tellUntil = nil, 0
		return
	}
	r.dropConn(why)
	r.leavePlate()
	r.phase, r.why, r.asking, r.run = Failed, why, false, nil
	r.resubscribe()
	r.do(Show{})
}

func (r *Receiver) dropConn(why wire.Code) {
	if r.conn != nil {
		r.conn.close(why)
		r.conn = nil
	}
	r.lanes = nil
	if r.fetch != nil {
		r.fetch.sessionOver(r)
	}
}

// lose ends a session that a new one carries on.
func (r *Receiver) lose(why wire.Code) {
	if r.conn == nil {
		return
	}
	opened := r.conn.hello
	r.dropConn(why)
	if r.takes.lost() && retryable(why) {
		return // nothing more is needed of the other device
	}
	if r.ended() || r.fetch != nil && r.fetch.closed {
		if !retryable(why) {
			r.tellUntil = 0 // it does not want to know
		}
		return // nothing more is needed of the sharer
	}
	if !retryable(why) {
		r.fail(why)
		return
	}
	if r.typing() != nil {
		// The code opens to nobody a second time; another one carries on.
		if opened {
			why = wire.CodeUsed
		}
		r.fail(why)
		return
	}
	if opened && why != wire.Auth {
		r.tries = 0
	}
	r.tries++
	if r.tries > wire.RetriesMax && (why == wire.Auth || !r.headed) {
		r.fail(why)
		return
	}
	r.since, r.holdUntil = r.now, r.now+untilNext(r.tries)
	r.phase = Waiting
	if r.headed {
		r.phase = Reconnecting // for as long as the page is open and the link lives
	}
	switch r.why = wire.None; {
	case r.tries > wire.RetriesMax:
		r.why = why
	case !r.up:
		r.why = r.lack
	}
	r.resubscribe()
	r.do(Show{})
}

// check ends the session where err says so.
func (r *Receiver) check(err error) {
	if err != nil {
		r.lose(wire.CodeOf(err))
	}
}
