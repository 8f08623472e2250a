package session

import (
	"crypto/ed25519"
	"crypto/sha256"
	"slices"

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
	grown     uint64    // by how much changed files differ from the list; wraps around below 0
	ended     wire.Code // why sharing stopped
	over      bool

	halves map[halfKey]*half
	seen   map[[32]byte][32]byte // M1s that opened, with their topic
	order  [][32]byte            // of seen, the oldest first
	rates  map[uint32]*rate
	recips []*recipient
	files  map[uint32]*source

	troubles troubles
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

// Link returns the 48 characters of the share's link; nothing once sharing
// stopped: the secret is forgotten.
func (s *Sharer) Link() string {
	if s.over {
		return ""
	}
	return s.link.String()
}

// Handle takes one event at time now and returns what to do.
func (s *Sharer) Handle(now int64, e Event) []Action {
	s.now = max(s.now, now)
	if !s.over && s.now >= s.expires {
		s.stop(wire.Expired) // before the event: a GET or an M1 comes too late by then
	}
	s.event(e)
	return s.take()
}

func (s *Sharer) event(e Event) {
	switch e := e.(type) {
	case SignalUp:
		s.connected(&s.base)
		s.unreachable()
		s.resubscribe()
		s.do(Show{})
	case SignalDown:
		s.disconnected(e)
		s.unreachable()
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
		r.asking = false
		r.finish(s, why)
	}
	s.resubscribe()
	s.key, s.link.Secret = nil, [16]byte{}
	s.seen, s.order = nil, nil
	s.do(Show{})
}

// unreachable gives up what only a connection to the hub carries on: handshakes,
// and sessions whose descriptions still go through it. The recipients knock
// again on the next connection.
func (s *Sharer) unreachable() {
	for k, h := range s.halves {
		s.endHalf(k, h)
	}
	for _, r := range s.recips {
		if r.conn != nil && !r.conn.described() {
			r.conn.t = nil
			r.fail(s, wire.SignalOrder)
		}
	}
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
			s.turnAway(k, h, wire.Expired)
		}
	}
	for h, r := range s.rates {
		if s.now/1000-r.second > 10 {
			delete(s.rates, h)
		}
	}
	for _, r := range s.recips {
		if r.waitsForList() {
			s.cat.Cut() // what was found so far, not only full pages
			r.sendList(s)
		}
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
	case swire.OpErr:
		s.refused(&s.base, m.ErrOp, m.RetryMS)
	case swire.OpLeave:
		for k, h := range s.halves {
			if k.topic == m.Topic && k.from == m.Handle {
				s.endHalf(k, h)
			}
		}
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
		if r := s.describing(k); r != nil {
			r.frame(s, frame)
		}
	}
}

// describing returns the recipient whose session still talks through the hub
// under k.
func (s *Sharer) describing(k halfKey) *recipient {
	for _, r := range s.recips {
		if c := r.conn; c != nil && c.t != nil && c.topic == k.topic && c.handle == k.from && c.sid == k.sid {
			return r
		}
	}
	return nil
}

// m1 answers a knock. The order of the checks keeps the cost of junk low:
// rate, handle and sid, cache, tag, and only then the KEM. PROTOCOL.md e.
func (s *Sharer) m1(k halfKey, epoch uint32, frame []byte) {
	r := s.rates[k.from]
	if r == nil {
		if len(s.rates) >= ratesMax {
			return // only the hub can name so many handles
		}
		r = &rate{}
		s.rates[k.from] = r
	}
	if sec := s.now / 1000; r.second != sec {
		r.second, r.n = sec, 0
	}
	if r.n++; r.n > m1PerSecond || s.halves[k] != nil || s.describing(k) != nil {
		return
	}
	id := sha256.Sum256(frame)
	if _, again := s.seen[id]; again {
		return
	}
	t, m2, err := handshake.Respond(handshake.Run{
		Mode: wire.ModeLink, Epoch: epoch, Topic: k.topic, SID: k.sid,
		Ctx: s.link.Fingerprint[:], PSK: s.link.PSK(),
	}, frame, wire.KeyShare, s.key)
	if err != nil {
		return // silence: a stranger learns nothing
	}
	s.remember(id, k.topic)
	s.makeRoom(k.from)
	s.halves[k] = &half{t: t, at: s.now}
	s.publish(&s.base, k.topic, k.from, m2)
}

// makeRoom lets a half-open handshake give way to one of handle from, never a
// pending one: the oldest of the handle that has the most, so that whoever
// floods pushes out their own.
func (s *Sharer) makeRoom(from uint32) {
	count := make(map[uint32]int)
	n := 0
	for k, h := range s.halves {
		if h.asks == nil {
			n++
			count[k.from]++
		}
	}
	if n < halfOpenMax {
		return
	}
	count[from]++ // with the one that comes
	var out halfKey
	var found *half
	for k, h := range s.halves {
		if h.asks != nil {
			continue
		}
		c, most := count[k.from], count[out.from]
		if found == nil || c > most || c == most && h.at < found.at {
			out, found = k, h
		}
	}
	delete(s.halves, out)
}

func (s *Sharer) halfFrame(k halfKey, h *half, frame []byte) {
	payload, err := h.t.Open(frame)
	if err != nil {
		if h.t.Broken() {
			s.endHalf(k, h) // only the hub can do that
		}
		return // else no frame of this run
	}
	if payload[0] == wire.TBye {
		s.endHalf(k, h)
		return
	}
	if h.asks != nil || payload[0] != wire.TAuthI {
		return
	}
	pk, _, err := h.t.CheckAuthI(payload, wire.KeySession)
	if err != nil {
		s.endHalf(k, h)
		return
	}
	s.knock(k, h, pk)
}

// endHalf gives a handshake up. Who waited for the person behind it and has
// never been let in leaves no row: a finder of the link could make any number.
func (s *Sharer) endHalf(k halfKey, h *half) {
	delete(s.halves, k)
	if h.asks != nil && h.asks.asking {
		h.asks.asking = false
		s.forgetRow(h.asks)
	}
}

func (s *Sharer) forgetRow(r *recipient) {
	s.recips = slices.DeleteFunc(s.recips, func(o *recipient) bool { return o == r })
	s.do(Show{})
}

// knock decides about a recipient who proved to hold the link.
func (s *Sharer) knock(k halfKey, h *half, pk ed25519.PublicKey) {
	r := s.recipient(pk)
	for old, o := range s.halves {
		if r != nil && o.asks == r && old != k {
			delete(s.halves, old) // it knocks again: the one before is dead
		}
	}
	if r == nil {
		active, pending := s.active(), 0
		for _, o := range s.recips {
			if o.asking {
				pending++
			}
		}
		if active >= s.cfg.recipients() && s.freeIdle() {
			active--
		}
		if active >= s.cfg.recipients() || pending >= pendingMax || s.asksAlready(k.from) {
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

// freeIdle ends the session that has asked for nothing for longest, if that is
// a minute or more.
func (s *Sharer) freeIdle() bool {
	var idle *recipient
	for _, r := range s.recips {
		if r.conn != nil && s.now-r.active > idleAfter && (idle == nil || r.active < idle.active) {
			idle = r
		}
	}
	if idle != nil {
		idle.finish(s, wire.Busy)
	}
	return idle != nil
}

// active counts the recipients who have a session or will come back to it.
func (s *Sharer) active() int {
	n := 0
	for _, r := range s.recips {
		if !r.asking && (r.conn != nil || r.phase == Reconnecting) {
			n++
		}
	}
	return n
}

// asksAlready says that a connection has a request before the person: one each,
// or a single finder of the link fills the list with keys of its own.
func (s *Sharer) asksAlready(from uint32) bool {
	for k, h := range s.halves {
		if k.from == from && h.asks != nil && h.asks.asking {
			return true
		}
	}
	return false
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
		if s.active() >= s.cfg.recipients() && !s.freeIdle() {
			s.turnAway(k, h, wire.Busy)
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
	if why != wire.Refused {
		s.endHalf(k, h)
		return
	}
	delete(s.halves, k)
	h.asks.asking, h.asks.banned = false, true
	h.asks.end(s, why)
	var turned []*recipient
	for _, r := range s.recips {
		if r.banned && !r.approved {
			turned = append(turned, r)
		}
	}
	if len(turned) > turnedMax {
		s.forgetRow(turned[0])
	}
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
	r.phase, r.why = Connecting, wire.None
	r.lostAt, r.active, r.held = 0, s.now, false
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
