package session

import (
	"beeline/wasm/catalog"
	"beeline/wasm/ctrl"
	"beeline/wasm/describe"
	"beeline/wasm/handshake"
	"beeline/wasm/record"
	"beeline/wasm/wire"
)

// conn is one session with one peer, from an accepted M4 on: its keys, its peer
// connections, its control channel. Both roles use it.
//
// Until the control channel opens, descriptions travel in T frames through the
// hub; from then on the T channel is gone and they travel on the control
// channel. PROTOCOL.md f.1.
type conn struct {
	b      *base
	m      *meeting
	id     uint32
	sharer bool
	secret [32]byte
	res    [32]byte       // of a session that began at a one-time link: the way back
	rules  describe.Rules // for what the peer describes
	own    describe.Rules // for what is told of oneself

	t      *handshake.Transport // nil once the control channel is open
	topic  [32]byte
	handle uint32
	sid    [16]byte

	pcs      map[uint8]*peerConn
	nextPC   int   // at R: the next number; at I: larger than every one seen
	saidPC   int   // at R: every number below is described or gone
	born     int64 // when the handshake was over
	answered int64 // what the opening of the control channel is waited for since
	until    int64 // when it ends in any case; 0: never

	out    *record.Sealer
	in     *record.Opener
	open   bool
	heard  int64
	spoke  int64
	minute int64 // start of the minute in which msgs were counted
	msgs   int

	hello   bool          // the peer's HELLO came
	headed  bool          // at I: SHARE_HEAD came
	retold  *catalog.List // at I: the list as it is told from its beginning, until it reaches what an earlier session told
	recMax  int
	lanes   int
	badLane int
	cutAt   int64 // since when WebRTC says that PC 0 is disconnected; 0: it does not
	changed int64 // when the network of this machine changed last
	trouble bool  // no sign of life for a while
	linger  bool  // something was said that closing at once would lose
	route   Route
	rtt     int64 // ms, the shortest that was seen on this route; 0: not known
}

// peerConn is one RTCPeerConnection of a session.
type peerConn struct {
	local, remote [32]byte // certificate hashes
	haveLocal     bool
	haveRemote    bool
	sent, got     int    // CAND messages
	held          []told // at R: what waits for lower numbers to be described
	ended         bool   // LANE_END came for it
}

// What a peer may say. PROTOCOL.md 2.2 and d.4.
const (
	ctrlPerMinute = 12_000 // control messages
	candsPerDesc  = 8      // CAND messages after a description
)

func newConn(b *base, m *meeting, sharer bool, t *handshake.Transport, topic [32]byte, handle uint32, rules describe.Rules) *conn {
	b.last++
	c := &conn{
		b: b, m: m, id: b.last, sharer: sharer, t: t, topic: topic, handle: handle, rules: rules, own: rules,
		pcs: make(map[uint8]*peerConn), recMax: wire.RecordMax, lanes: 1, heard: b.now,
		born: b.now, answered: b.now, // a description that never comes is no path either
	}
	c.secret, _ = t.Secrets()
	return c
}

// start says which paths may be used, before the peer looks for any, and makes
// the first connection (R only).
func (c *conn) start(paths uint8) error {
	if paths != wire.PathsAny {
		if err := c.sendT([]byte{wire.TPaths, paths}); err != nil {
			return err
		}
	}
	if err := c.needsRelay(); err != nil {
		return err
	}
	c.offer()
	return nil
}

// key is that of one channel and direction. PROTOCOL.md f.1.
func (c *conn) key(kind string, fromSharer bool, n, channel uint8) [32]byte {
	pc := c.pcs[n]
	fpI, fpR := pc.local, pc.remote
	if c.sharer {
		fpI, fpR = pc.remote, pc.local
	}
	dir := uint8(0)
	if fromSharer {
		dir = 1
	}
	return record.LaneKey(c.secret, kind, dir, n, channel, fpI, fpR)
}

// opened opens a T frame. It is nil without an error where the frame is none of this
// run; an error ends the session.
func (c *conn) opened(frame []byte) (payload []byte, err error) {
	if payload, err = c.t.Open(frame); err == nil {
		return payload, nil
	}
	if c.t.Broken() {
		return nil, wire.SignalOrder // only the hub can do that
	}
	return nil, nil
}

// mayLimit reports whether a PATHS payload is one, and in its turn: from the sharer,
// before its first description.
func (c *conn) mayLimit(payload []byte) bool {
	return !c.sharer && len(payload) == 2 && (payload[1] == wire.PathsDirect || payload[1] == wire.PathsRelay) && c.nextPC == 0
}

// ctrlOpen ends the T channel and says HELLO.
func (c *conn) ctrlOpen(lanes int) error {
	pc := c.pcs[0]
	if c.open || pc == nil || !pc.haveLocal || !pc.haveRemote {
		return wire.Internal
	}
	c.t.Drop()
	c.t = nil
	c.open = true
	c.heard = c.b.now
	c.out = record.NewSealer(c.key("ctrl", c.sharer, 0, wire.ChannelCtrl), wire.RecordCtrl)
	c.in = record.NewOrderedOpener(c.key("ctrl", !c.sharer, 0, wire.ChannelCtrl), wire.RecordCtrl)
	c.lanes = lanes
	c.send(ctrl.Hello{RecMax: wire.RecordMax, Lanes: uint8(lanes)})
	return nil
}

func (c *conn) send(m ctrl.Message) { c.sendRaw(m.Append(nil)) }

func (c *conn) sendRaw(msg []byte) {
	if !c.open {
		return
	}
	rec, err := c.out.Seal(nil, msg)
	if err != nil {
		return // 2³² records: the session ends by its age long before
	}
	c.spoke = c.b.now
	c.b.do(CtrlSend{Session: c.id, Data: rec})
}

// receive opens one control record. HELLO, PING, DESC and CAND are dealt with
// here: then the message is nil. newPC is the number of a connection whose keys
// are complete by it, or -1.
func (c *conn) receive(data []byte) (msg ctrl.Message, newPC int, err error) {
	newPC = -1
	if !c.open {
		return nil, newPC, nil // late, of a channel that is being closed
	}
	plain, err := c.in.Open(nil, data)
	if err != nil {
		return nil, newPC, wire.Auth // on ctrl a lost record can't be made good
	}
	c.hears()
	if c.b.now-c.minute >= 60_000 {
		c.minute, c.msgs = c.b.now, 0
	}
	if c.msgs++; c.msgs > ctrlPerMinute {
		return nil, newPC, wire.Format
	}
	m, err := ctrl.Parse(plain)
	if err != nil {
		return nil, newPC, err
	}
	if h, ok := m.(ctrl.Hello); ok != !c.hello {
		return nil, newPC, wire.Format // HELLO comes first and once
	} else if ok {
		c.hello = true
		c.recMax = min(int(h.RecMax), wire.RecordMax)
		c.lanes = min(c.lanes, int(h.Lanes))
		return m, newPC, nil
	}
	switch m := m.(type) {
	case ctrl.Ping, ctrl.Unknown:
		return nil, newPC, nil
	case ctrl.Raw:
		switch m.Type {
		case wire.CtrlDesc:
			n, complete, err := c.remoteDescription(m.Body)
			if err == nil && complete {
				newPC = int(n)
			}
			return nil, newPC, err
		case wire.CtrlCand:
			return nil, newPC, c.remoteCandidates(m.Body)
		}
	}
	return m, newPC, nil
}

// hears notes a sign of life: a control record that opened.
func (c *conn) hears() {
	c.cutAt = 0
	c.signs()
}

// signs notes a weaker one, which may be a moment old: data records that opened.
func (c *conn) signs() {
	c.heard = c.b.now
	c.setTrouble(false)
}

func (c *conn) setTrouble(on bool) {
	if on != c.trouble {
		c.trouble = on
		c.b.do(Show{})
	}
}

// state takes what WebRTC says of PC 0, which may be faster than silence.
func (c *conn) state(s ConnState) {
	switch {
	case s != Disconnected:
		c.cutAt = 0
	case c.cutAt == 0:
		c.cutAt = c.b.now
	}
	c.setTrouble(c.inTrouble())
}

// reaches notes which way PC 0 goes. Later round trips are longer where the path or
// a processor is busy, which is not distance.
func (c *conn) reaches(e PCRoute) {
	if e.PC != 0 {
		return // the others go the same way, as far as anybody can tell
	}
	if e.Route != c.route {
		c.route, c.rtt = e.Route, 0
		c.b.do(Show{})
	}
	if e.RTT > 0 && (c.rtt == 0 || e.RTT < c.rtt) {
		c.rtt = e.RTT
	}
}

// inTrouble says that people are to be told: nothing was heard for a while, or
// for a moment while ICE has lost the path too. (Chromium calls a slow path lost
// again and again while records still come through it.)
func (c *conn) inTrouble() bool {
	silent := c.b.now - c.heard
	return c.open && silent > troubleAfter || c.cutAt > 0 && silent > cutAfter
}

// tick keeps the control channel alive and reports the code of a session that
// is over.
func (c *conn) tick() (wire.Code, bool) {
	if c.b.now-c.born > sessionMax || c.until > 0 && c.b.now > c.until {
		return wire.Path, true // of an old one a new handshake makes new keys
	}
	if !c.open {
		if c.answered > 0 && c.b.now-c.answered > ctrlWithin {
			return wire.Path, true
		}
		return wire.None, false
	}
	if c.b.now-c.spoke >= pingEvery {
		c.send(ctrl.Ping{})
	}
	silent := c.b.now - c.heard
	if silent > silentAfter || c.pathGone(silent) {
		return wire.Path, true
	}
	if silent > troubleAfter {
		c.m.probe(c.b) // the next session is made through the hub
	}
	c.setTrouble(c.inTrouble())
	return wire.None, false
}

// pathGone says that waiting is slower than another session, at I, who makes it:
// nothing comes through, ICE has given the path up or the network changed, and
// the hub was heard meanwhile, so that there is another way. An ICE restart would
// have to be said over the very connection that is broken.
func (c *conn) pathGone(silent int64) bool {
	if c.sharer || silent <= troubleAfter || c.m.heard <= c.heard+cutAfter {
		return false
	}
	return c.cutAt > 0 && c.b.now-c.cutAt >= cutFor ||
		c.changed > 0 && c.b.now-c.changed < silentAfter && c.m.heard >= c.changed
}

// bye says that this side leaves in good order.
func (c *conn) bye() {
	switch {
	case c.open:
		c.send(ctrl.Close{})
		c.linger = true
	case c.t != nil:
		c.sendT(handshake.AppendBye(nil, wire.Refused.Number()))
	}
}

// close ends every connection. reason goes to the peer where it has a number;
// then PC 0 stays for as long as that may take.
func (c *conn) close(reason wire.Code) {
	switch {
	case c.open && reason.Number() != 0:
		c.send(ctrl.Error{Number: reason.Number(), File: ctrl.WholeSession})
		c.linger = true
	case c.t != nil && reason.Number() != 0:
		c.sendT(handshake.AppendBye(nil, reason.Number()))
	}
	c.open, c.t = false, nil
	if c.linger && c.pcs[0] != nil {
		delete(c.pcs, 0)
		c.b.closing = append(c.b.closing, lingering{c.id, c.b.now + lingerFor})
	}
	for _, n := range sortedKeys(c.pcs) {
		c.closePC(n)
	}
}

func (c *conn) closePC(n uint8) {
	if c.pcs[n] != nil {
		delete(c.pcs, n)
		c.b.do(ClosePC{Session: c.id, PC: n})
		c.sayOffers() // those that waited for it
	}
}
