package session

import (
	"slices"

	"beeline/wasm/describe"
	"beeline/wasm/wire"
)

// This file: how the connections of a session are made and described to the other
// end. PROTOCOL.md d.4 and f.1.

// offer makes the next peer connection (R only).
func (c *conn) offer() {
	n := uint8(c.nextPC)
	c.nextPC++
	c.makePC(n)
}

// makePC makes a connection that uses no path which the session may not.
func (c *conn) makePC(n uint8) {
	c.pcs[n] = &peerConn{}
	c.b.do(MakePC{
		Session: c.id, PC: n, Offer: c.sharer,
		ICE: c.servers(n), RelayOnly: c.own.Paths == wire.PathsRelay,
	})
}

// servers are those for one connection. Where the first one needs no relay the
// others don't either: sixteen lanes would take all that a credential allows.
func (c *conn) servers(n uint8) []ICEServer {
	list := c.m.list(c.b.now, c.own.Paths)
	if n > 0 && (c.route == RouteLAN || c.route == RouteDirect) {
		list = slices.DeleteFunc(list, func(s ICEServer) bool { return s.Username != "" })
	}
	return list
}

// needsRelay fails where nothing but a relay may be used and the hub named none.
// It is asked for the first connection; without a later one there is a lane less.
func (c *conn) needsRelay() error {
	if c.own.Paths == wire.PathsRelay && len(c.m.list(c.b.now, c.own.Paths)) == 0 {
		return wire.NoRelay
	}
	return nil
}

// limit restricts the session to some paths, before anything is described. Two
// who agree on none have no session.
func (c *conn) limit(paths uint8) error {
	if c.own.Paths != wire.PathsAny && c.own.Paths != paths {
		return wire.NoRelay
	}
	c.rules.Paths, c.own.Paths = paths, paths
	return nil
}

// localDescription sends what the own stack described. It reports whether the
// lane's keys are complete by it.
func (c *conn) localDescription(n uint8, sdp string) (bool, error) {
	pc := c.pcs[n]
	if pc == nil || pc.haveLocal {
		return false, nil // closed in the meantime
	}
	typ := uint8(1)
	if !c.sharer {
		typ = 2
	}
	d, err := c.own.FromSDP(n, typ, sdp)
	if err != nil {
		return false, err
	}
	if n == 0 && c.own.Paths == wire.PathsRelay && len(d.Candidates) == 0 {
		return false, wire.NoRelay // one was named, and can't be reached from here
	}
	pc.local, pc.haveLocal = d.Fingerprint, true
	if !c.sharer && n == 0 {
		c.answered = c.b.now
	}
	return pc.haveRemote, c.tell(n, told{wire.TDesc, wire.CtrlDesc, d.Append(nil)})
}

func (c *conn) localCandidates(n uint8, lines []string) error {
	pc := c.pcs[n]
	if pc == nil || !pc.haveLocal || pc.sent == candsPerDesc {
		return nil
	}
	var list []describe.Candidate
	for _, l := range lines {
		if cand, ok := c.own.CandidateFromSDP(l); ok && len(list) < wire.Candidates {
			list = append(list, cand)
		}
	}
	if len(list) == 0 {
		return nil
	}
	pc.sent++
	return c.tell(n, told{wire.TCand, wire.CtrlCand, describe.AppendCandidates(nil, n, list)})
}

// told is a DESC or CAND, with its type in T frames and on ctrl.
type told struct {
	t, k uint8
	body []byte
}

// tell says something of connection n. Several lanes are made at once and a WebRTC
// stack describes them in any order, but numbers of offers may only grow: what is
// said of one waits for those below it.
func (c *conn) tell(n uint8, m told) error {
	if !c.sharer || int(n) < c.saidPC {
		return c.say(m)
	}
	c.pcs[n].held = append(c.pcs[n].held, m)
	return c.sayOffers()
}

// sayOffers says what waited, as far as every lower number is described or gone.
func (c *conn) sayOffers() error {
	for ; c.saidPC < c.nextPC; c.saidPC++ {
		pc := c.pcs[uint8(c.saidPC)]
		if pc == nil {
			continue
		}
		if !pc.haveLocal {
			break
		}
		for _, m := range pc.held {
			if err := c.say(m); err != nil {
				return err
			}
		}
		pc.held = nil
	}
	return nil
}

// say sends a DESC or CAND the way that is open.
func (c *conn) say(m told) error {
	if c.t != nil {
		return c.sendT(append([]byte{m.t}, m.body...))
	}
	if c.open {
		c.sendRaw(append([]byte{m.k}, m.body...))
	}
	return nil
}

// described reports whether PC 0 needs nothing of the hub any more.
func (c *conn) described() bool {
	pc := c.pcs[0]
	return c.t == nil || pc != nil && pc.haveLocal && pc.haveRemote
}

func (c *conn) sendT(payload []byte) error {
	frame, err := c.t.Seal(payload)
	if err != nil {
		return err
	}
	c.m.publish(c.b, c.topic, c.handle, frame)
	return nil
}

// remoteDescription takes the peer's DESC. It reports the connection's number
// and whether its keys are complete.
func (c *conn) remoteDescription(body []byte) (uint8, bool, error) {
	d, err := describe.Parse(body, c.rules)
	if err != nil {
		return 0, false, err
	}
	pc := c.pcs[d.PC]
	if c.sharer {
		// Only R offers; an answer belongs to an offer that had none yet.
		if d.Type != 2 || pc == nil || !pc.haveLocal || pc.haveRemote {
			return 0, false, wire.Desc
		}
		if d.PC == 0 {
			c.answered = c.b.now
		}
	} else {
		if d.Type != 1 || pc != nil || int(d.PC) < c.nextPC || c.alive() >= c.lanes || len(c.pcs) > wire.LanesMax {
			return 0, false, wire.Desc
		}
		if err := c.needsRelay(); err != nil && d.PC == 0 {
			return 0, false, err
		}
		c.nextPC = int(d.PC) + 1
		c.makePC(d.PC)
		pc = c.pcs[d.PC]
	}
	pc.remote, pc.haveRemote = d.Fingerprint, true
	c.b.do(SetRemote{Session: c.id, PC: d.PC, Offer: !c.sharer, SDP: d.SDP()})
	return d.PC, pc.haveLocal, nil
}

// alive counts the connections that have not been ended: the offer of one that
// takes the place of another may overtake the end of that one.
func (c *conn) alive() (n int) {
	for _, pc := range c.pcs {
		if !pc.ended {
			n++
		}
	}
	return n
}

func (c *conn) remoteCandidates(body []byte) error {
	n, list, err := describe.ParseCandidates(body, c.rules)
	if err != nil {
		return err
	}
	pc := c.pcs[n]
	if pc == nil || !pc.haveRemote {
		return nil // of a connection that was closed
	}
	if pc.got++; pc.got > candsPerDesc {
		return wire.Desc
	}
	lines := make([]string, len(list))
	for i, cand := range list {
		lines[i] = cand.SDP()
	}
	c.b.do(AddCandidates{Session: c.id, PC: n, Lines: lines})
	return nil
}
