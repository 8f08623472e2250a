// Package memory joins the two ends of a connection in one process: the lanes that
// backend/peer's tests run on beside those of pion. What a network does to records
// is what the test says: late, slow, lost and sent again. Bytes never change and
// none are lost for good, as with SCTP or QUIC.
package memory

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	mathrand "math/rand/v2"
	"sync"
	"time"

	"beeline/backend/peer/transport"
	"beeline/wasm/describe"
	"beeline/wasm/session"
	"beeline/wasm/wire"
)

// A Net is the network between connections. The zero value carries everything at once.
type Net struct {
	Delay time.Duration // of every record
	Rate  int           // bytes a second and lane; 0: no limit
	Loss  float64       // share of the records that are lost once
	Again time.Duration // after which what was lost comes once more

	mu   sync.Mutex       // guards the rest
	ends map[string]*conn // that have described themselves, by ufrag
}

// A conn is one end of a connection.
type conn struct {
	net    *Net
	o      transport.Options
	events transport.Events
	own    describe.Description

	// Guarded by net.mu.
	remote *describe.Description
	peer   *conn // once both know each other
	lanes  []*lane
	closed bool
}

// Connect makes an end that finds another of this network by what both say about
// themselves, as peer connections do.
func (n *Net) Connect(_ context.Context, o transport.Options, e transport.Events) (transport.Conn, error) {
	c := &conn{net: n, o: o, events: e}
	if o.Offer {
		c.describe(describe.Offer, describe.ActPass)
	}
	return c, nil
}

// describe makes the own description: random, as an ICE agent's is.
func (c *conn) describe(kind, setup uint8) {
	d := describe.Description{Type: kind, Setup: setup, Ufrag: token(8), Pwd: token(16)}
	rand.Read(d.Fingerprint[:]) // never fails
	at := describe.Candidate{Kind: describe.Host, Proto: describe.UDP, Priority: 1, Family: describe.IPv4, Addr: [16]byte{127, 0, 0, 1}, Port: 9}
	if c.o.RelayOnly {
		at.Kind, at.Addr = describe.Relay, [16]byte{192, 0, 2, 1}
	}
	if !c.o.RelayOnly || len(c.o.Servers) > 0 {
		d.Candidates = append(d.Candidates, at)
	}
	c.net.mu.Lock()
	c.own = d
	if c.net.ends == nil {
		c.net.ends = make(map[string]*conn)
	}
	c.net.ends[d.Ufrag] = c
	c.net.mu.Unlock()
	c.events.Described(d.SDP())
}

func token(n int) string {
	b := make([]byte, n)
	rand.Read(b)
	return hex.EncodeToString(b) + "+/ab"
}

// SetRemote joins two ends once each knows the other's name and fingerprint, and
// there is a way for both.
func (c *conn) SetRemote(offer bool, sdp string) error {
	kind := uint8(describe.Answer)
	if offer {
		kind = describe.Offer
	}
	d, err := describe.Rules{Loopback: true}.FromSDP(0, kind, sdp)
	if err != nil {
		return err
	}
	if offer {
		c.describe(describe.Answer, describe.Active)
	}
	c.net.mu.Lock()
	c.remote = &d
	p := c.net.ends[d.Ufrag]
	var open []func()
	if p != nil && knows(c, p) && knows(p, c) {
		open = c.net.join(c, p)
	}
	c.net.mu.Unlock()
	for _, f := range open {
		f()
	}
	return nil
}

func knows(c, p *conn) bool {
	return !c.closed && c.peer == nil && c.remote != nil && len(c.remote.Candidates) > 0 &&
		c.remote.Ufrag == p.own.Ufrag && c.remote.Fingerprint == p.own.Fingerprint
}

// join opens the lanes of two ends and returns what there is to tell.
func (n *Net) join(a, b *conn) (tell []func()) {
	a.peer, b.peer = b, a
	for _, c := range []*conn{a, b} {
		tell = append(tell, func() { c.events.State(session.Connected) })
	}
	for _, id := range []uint16{wire.ChannelCtrl, wire.ChannelLane} {
		if id == wire.ChannelCtrl && !a.o.Ctrl {
			continue
		}
		there, back := newPipe(n, id == wire.ChannelCtrl), newPipe(n, id == wire.ChannelCtrl)
		for c, l := range map[*conn]*lane{a: {in: back, out: there}, b: {in: there, out: back}} {
			c.lanes = append(c.lanes, l)
			tell = append(tell, func() { c.events.Opened(id, l) })
		}
	}
	return tell
}

func (c *conn) AddCandidates([]string) {}

func (c *conn) Route() (session.Route, int64) {
	c.net.mu.Lock()
	defer c.net.mu.Unlock()
	switch {
	case c.peer == nil:
		return session.RouteUnknown, 0
	case c.o.RelayOnly || c.peer.o.RelayOnly:
		return session.RouteRelayed, max(1, 2*c.net.Delay.Milliseconds())
	}
	return session.RouteLAN, max(1, 2*c.net.Delay.Milliseconds())
}

func (c *conn) Close() {
	c.net.mu.Lock()
	closed, peer, lanes := c.closed, c.peer, c.lanes
	c.closed = true
	delete(c.net.ends, c.own.Ufrag)
	tell := peer != nil && !peer.closed
	c.net.mu.Unlock()
	if closed {
		return
	}
	for _, l := range lanes {
		_ = l.Close()
	}
	c.events.State(session.ConnClosed)
	if tell {
		peer.events.State(session.Disconnected)
	}
}

// late returns how much later than at once a record is there that was sent when the
// one before will have gone at next, and when it will have gone itself.
func (n *Net) late(size int, now, next time.Time) (due, gone time.Time) {
	gone = now
	if n.Rate > 0 {
		if next.After(now) {
			gone = next
		}
		gone = gone.Add(time.Duration(size) * time.Second / time.Duration(n.Rate))
	}
	due = gone.Add(n.Delay)
	if n.Loss > 0 && mathrand.Float64() < n.Loss {
		due = due.Add(n.Again)
	}
	return due, gone
}
