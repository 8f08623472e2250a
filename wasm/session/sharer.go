package session

import (
	"crypto/ed25519"
	"crypto/sha256"

	swire "beeline/signaling/wire"
	"beeline/wasm/catalog"
	"beeline/wasm/describe"
	"beeline/wasm/handshake"
	"beeline/wasm/invite"
	"beeline/wasm/wire"
)

// A Config says what a machine's shell can do.
type Config struct {
	Lanes    int            // most lanes a session opens, 1..wire.LanesMax
	Window   int            // bytes asked for and not written; 0: wire.WindowBytes
	Loopback bool           // candidates on loopback are taken (a local backend)
	Now      int64          // unix ms
	Expires  int64          // unix ms at which a share ends; 0: seven days from Now
	Files    int            // files open at the destination at once; 0: 512
	Native   bool           // no browser: larger lists are taken
	Target   catalog.Target // where names have to fit
}

func (c Config) lanes() int { return max(1, min(c.Lanes, wire.LanesMax)) }

const week = 7 * 24 * 3_600_000

// Limits of the sharer's side of the handshake. PROTOCOL.md 2.2.
const (
	halfOpenMax   = 16 // handshakes between M1 and an accepted M3, a link
	pendingMax    = 5  // requests that wait for the person
	recipientsMax = 16 // sessions a link
	m1PerSecond   = 10 // a handle
	replayMax     = 4096
)

// A Sharer offers one share by one link to any number of recipients. The first
// is let in; a further one waits until the person lets them in.
type Sharer struct {
	base
	meeting
	cfg     Config
	key     ed25519.PrivateKey
	shareID [16]byte
	salt    [32]byte
	anchor  [32]byte
	expires int64

	cat       *catalog.Builder
	listed    bool
	fileCount uint32
	ended     wire.Code // why sharing stopped
	over      bool

	halves map[halfKey]*half
	seen   map[[32]byte][32]byte // M1s that opened, with their topic
	rates  map[uint32]*rate
	recips []*recipient
	files  map[uint32]*source
}

type halfKey struct {
	topic [32]byte
	sid   [16]byte
	from  uint32
}

// half is a handshake that has no session yet.
type half struct {
	t       *handshake.Transport
	at      int64
	asks    *recipient // set once M3 is good
	answers bool       // M4 was sent
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
	s := &Sharer{
		cfg: cfg, key: key,
		halves: make(map[halfKey]*half),
		seen:   make(map[[32]byte][32]byte),
		rates:  make(map[uint32]*rate),
		files:  make(map[uint32]*source),
	}
	s.now = cfg.Now
	random(s.shareID[:])
	random(s.salt[:])
	random(s.anchor[:])
	if s.expires = cfg.Expires; s.expires == 0 {
		s.expires = cfg.Now + week
	}
	s.meeting = newMeeting(roleWait, invite.New(0, pub))
	s.cat = catalog.NewBuilder(title, s.shareID, s.salt)
	return s
}

// Link returns the 48 characters of the share's link.
func (s *Sharer) Link() string { return s.link.String() }

// Handle takes one event at time now and returns what to do.
func (s *Sharer) Handle(now int64, e Event) []Action {
	s.now = max(s.now, now)
	s.event(e)
	return s.take()
}

func (s *Sharer) event(e Event) {
	switch e := e.(type) {
	case SignalUp:
		s.halves = make(map[halfKey]*half)
		s.connected(&s.base)
		s.resubscribe()
		s.do(Show{})
	case SignalDown:
		s.forget()
		s.do(Show{})
	case SignalMessage:
		s.signal(e.Data)
	case Tick:
		s.tick()
	case Add:
		for _, entry := range e.Entries {
			if _, err := s.cat.Add(entry); err != nil {
				s.stop(wire.CodeOf(err))
				return
			}
			if entry.Type == catalog.File {
				s.fileCount++
			}
		}
		for _, r := range s.recips {
			r.sendList(s)
		}
		s.do(Show{})
	case Listed:
		s.cat.Finish()
		s.listed = true
		for _, r := range s.recips {
			r.sendList(s)
		}
		s.do(Show{})
	case SourceFresh:
		s.sourceFresh(e)
	case Decide:
		s.decide(e.Session, e.Accept)
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
	for _, r := range s.recips {
		r.finish(s, why)
	}
	s.resubscribe()
	s.do(Show{})
}

func (s *Sharer) resubscribe() {
	s.refresh(&s.base, !s.over, func(topic [32]byte) bool {
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
		return false
	})
	for h, topic := range s.seen {
		if _, ok := s.real[topic]; !ok {
			delete(s.seen, h)
		}
	}
}

func (s *Sharer) tick() {
	if !s.over && s.now >= s.expires {
		s.stop(wire.Expired)
	}
	for k, h := range s.halves {
		switch age := s.now - h.at; {
		case h.asks == nil && age > m3Within:
			delete(s.halves, k)
		case h.asks != nil && age > pendingWithin:
			s.turnAway(k, h, wire.Expired)
		}
	}
	for h, r := range s.rates {
		if s.now/1000-r.second > 10 {
			delete(s.rates, h)
		}
	}
	for _, r := range s.recips {
		r.tick(s)
	}
	s.resubscribe()
}

// signal takes one message of the hub.
func (s *Sharer) signal(data []byte) {
	m, err := swire.ParseServer(data)
	if err != nil {
		return // the hub is not trusted; it can only refuse service
	}
	switch m.Op {
	case swire.OpICEAnswer:
		s.gotICE(m.ICE)
	case swire.OpData:
		s.frame(m.Topic, m.Handle, m.Frame)
	}
}

func (s *Sharer) frame(topic [32]byte, from uint32, frame []byte) {
	epoch, ok := s.epochOf(topic)
	if !ok || s.over {
		return
	}
	kind, sid, err := handshake.FrameKind(frame)
	if err != nil {
		return
	}
	k := halfKey{topic, sid, from}
	switch kind {
	case handshake.KindM1:
		s.m1(k, epoch, frame)
	case handshake.KindT:
		if h := s.halves[k]; h != nil {
			s.halfFrame(k, h, frame)
			return
		}
		for _, r := range s.recips {
			if c := r.conn; c != nil && c.t != nil && c.topic == topic && c.handle == from && c.sid == sid {
				r.frame(s, frame)
				return
			}
		}
	}
}

// m1 answers a knock. The order of the checks keeps the cost of junk low:
// rate, handle and sid, cache, tag, and only then the KEM. PROTOCOL.md e.
func (s *Sharer) m1(k halfKey, epoch uint32, frame []byte) {
	r := s.rates[k.from]
	if r == nil {
		r = &rate{}
		s.rates[k.from] = r
	}
	if sec := s.now / 1000; r.second != sec {
		r.second, r.n = sec, 0
	}
	if r.n++; r.n > m1PerSecond || s.halves[k] != nil {
		return
	}
	id := sha256.Sum256(frame)
	if _, again := s.seen[id]; again || len(s.seen) >= replayMax {
		return
	}
	t, m2, err := handshake.Respond(handshake.Run{
		Mode: wire.ModeLink, Epoch: epoch, Topic: k.topic, SID: k.sid,
		Ctx: s.link.Fingerprint[:], PSK: s.link.PSK(),
	}, frame, wire.KeyShare, s.key)
	if err != nil {
		return // silence: a stranger learns nothing
	}
	s.seen[id] = k.topic
	s.makeRoom()
	s.halves[k] = &half{t: t, at: s.now}
	s.publish(&s.base, k.topic, k.from, m2)
}

// makeRoom lets the oldest half-open handshake give way, never a pending one.
func (s *Sharer) makeRoom() {
	var oldest halfKey
	n, at := 0, int64(0)
	for k, h := range s.halves {
		if h.asks != nil {
			continue
		}
		if n++; n == 1 || h.at < at {
			oldest, at = k, h.at
		}
	}
	if n >= halfOpenMax {
		delete(s.halves, oldest)
	}
}

func (s *Sharer) halfFrame(k halfKey, h *half, frame []byte) {
	payload, err := h.t.Open(frame)
	if err != nil {
		s.endHalf(k, h) // only the hub can do that
		return
	}
	if len(payload) > 0 && payload[0] == wire.TBye {
		s.endHalf(k, h)
		return
	}
	if h.asks != nil || len(payload) == 0 || payload[0] != wire.TAuthI {
		return
	}
	pk, _, err := h.t.CheckAuthI(payload, wire.KeySession)
	if err != nil {
		s.endHalf(k, h)
		return
	}
	s.knock(k, h, pk)
}

func (s *Sharer) endHalf(k halfKey, h *half) {
	delete(s.halves, k)
	if h.asks != nil && h.asks.conn == nil && h.asks.asking {
		h.asks.asking = false
		h.asks.end(s, wire.PeerGone)
	}
}

// knock decides about a recipient who proved to hold the link.
func (s *Sharer) knock(k halfKey, h *half, pk ed25519.PublicKey) {
	r := s.recipient(pk)
	if r == nil {
		active, pending := 0, 0
		for _, o := range s.recips {
			if o.asking {
				pending++
			} else if o.conn != nil || o.phase == Reconnecting {
				active++
			}
		}
		if active >= recipientsMax || pending >= pendingMax {
			s.reply(k, h, h.t.AuthR(wire.StatusRefused, wire.Busy.Number()))
			delete(s.halves, k)
			return
		}
		r = &recipient{key: string(pk), phase: Waiting, approved: len(s.recips) == 0}
		s.last++
		r.id = s.last
		s.recips = append(s.recips, r)
	}
	h.asks, h.at = r, s.now
	if r.banned {
		s.reply(k, h, h.t.AuthR(wire.StatusRefused, wire.Refused.Number()))
		delete(s.halves, k)
		return
	}
	if !r.approved {
		r.asking, r.phase = true, Waiting
		s.reply(k, h, h.t.AuthR(wire.StatusPending, 0))
		s.do(Show{})
		return
	}
	h.answers = true
	s.reply(k, h, h.t.AuthR(wire.StatusAccepted, 0))
	s.begin(k, h)
}

func (s *Sharer) recipient(pk ed25519.PublicKey) *recipient {
	for _, r := range s.recips {
		if r.key == string(pk) {
			return r
		}
	}
	return nil
}

func (s *Sharer) reply(k halfKey, h *half, payload []byte) {
	frame, err := h.t.Seal(payload)
	if err != nil {
		return
	}
	s.publish(&s.base, k.topic, k.from, frame)
}

// decide is the person's answer to a recipient who asks.
func (s *Sharer) decide(id uint32, accept bool) {
	for k, h := range s.halves {
		if h.asks == nil || h.asks.id != id || !h.asks.asking {
			continue
		}
		if !accept {
			s.turnAway(k, h, wire.Refused)
			return
		}
		h.asks.asking, h.asks.approved, h.answers = false, true, true
		s.reply(k, h, handshake.AppendStatus(nil, wire.StatusAccepted, 0))
		s.begin(k, h)
		return
	}
}

func (s *Sharer) turnAway(k halfKey, h *half, why wire.Code) {
	s.reply(k, h, handshake.AppendStatus(nil, wire.StatusRefused, why.Number()))
	delete(s.halves, k)
	h.asks.asking = false
	h.asks.banned = why == wire.Refused
	h.asks.end(s, why)
}

// begin turns an accepted handshake into a session.
func (s *Sharer) begin(k halfKey, h *half) {
	delete(s.halves, k)
	r := h.asks
	if r.conn != nil {
		r.drop(s) // the same recipient came back: the old session is over
	}
	r.conn = newConn(&s.base, &s.meeting, true, h.t, k.topic, k.from, describe.Rules{Loopback: s.cfg.Loopback})
	r.conn.sid = k.sid
	r.sending = newSending()
	r.phase, r.why, r.trouble = Connecting, wire.None, false
	r.lostAt = 0
	r.conn.offer()
	if s.now-s.asked > 5_000 {
		s.askICE(&s.base)
	}
	s.do(Show{})
}

func (s *Sharer) head() []byte {
	h := catalog.Head{
		ShareID: s.shareID, Salt: s.salt, Anchor: s.anchor, Expires: uint64(s.expires / 1000),
		Entries: uint32(s.cat.Len()), Bytes: s.cat.Bytes(),
	}
	return h.Append([]byte{wire.ShareHead})
}
