// Package rtc carries lanes over peer connections of WebRTC, as browsers do. It is
// the only package of the native peer that knows pion: without media, without
// interceptors, without a word to say (stack.go). Relays over TCP and TLS it
// reaches itself (turn.go). DTLS counts as an untrusted pipe.
package rtc

import (
	"context"
	"sync"
	"time"

	"github.com/pion/webrtc/v3"

	"beeline/backend/peer/transport"
	"beeline/wasm/session"
	"beeline/wasm/wire"
)

// Times of a connection. DESIGN 5 and PROTOCOL.md d.4.
const (
	firstCandidate = 100 * time.Millisecond // from the first host candidate, or the first at all of a relay, to the description
	moreCandidates = 200 * time.Millisecond // from there to the first look for later ones; it doubles until gathering ends
	relaysHeld     = 800 * time.Millisecond // from both descriptions until relays may be tried
)

// A conn is one peer connection with its channels: the control channel on number
// 0 where it is asked for, and a lane.
type conn struct {
	relayed bool
	events  transport.Events
	pc      *webrtc.PeerConnection

	mu        sync.Mutex // guards the rest
	lanes     []*lane
	described bool
	soon      *time.Timer // to the description
	more      *time.Timer // to the next look for what was found after it
	later     []string    // candidates found after the description
	held      relayHold
	closed    bool
}

// Connect makes a peer connection and, as the one who offers, describes it.
func Connect(ctx context.Context, o transport.Options, e transport.Events) (transport.Conn, error) {
	config := webrtc.Configuration{BundlePolicy: webrtc.BundlePolicyMaxBundle}
	if o.RelayOnly {
		config.ICETransportPolicy = webrtc.ICETransportPolicyRelay
	}
	ways := &relays{trust: o.Trust, gone: ctx}
	for _, s := range ways.with(o.Servers) {
		config.ICEServers = append(config.ICEServers, webrtc.ICEServer{URLs: s.URLs, Username: s.Username, Credential: s.Password})
	}
	api := newAPI(o.Loopback, ways)
	pc, err := api.NewPeerConnection(config)
	if err != nil && len(o.Servers) > 0 {
		config.ICEServers = nil // the hub named what pion can't use: better without
		pc, err = api.NewPeerConnection(config)
	}
	if err != nil {
		return nil, err
	}
	c := &conn{relayed: o.RelayOnly, events: e, pc: pc, held: relayHold{never: o.Offer || o.RelayOnly}}
	if err := c.begin(o); err != nil {
		c.Close()
		return nil, err
	}
	return c, nil
}

func (c *conn) begin(o transport.Options) error {
	c.pc.OnICECandidate(c.candidate)
	c.pc.OnConnectionStateChange(c.changed)
	if o.Ctrl {
		if err := c.channel("ctrl", wire.ChannelCtrl, true); err != nil {
			return err
		}
	}
	if err := c.channel("lane", wire.ChannelLane, false); err != nil {
		return err
	}
	if !o.Offer {
		return nil
	}
	offer, err := c.pc.CreateOffer(nil)
	if err != nil {
		return err
	}
	return c.pc.SetLocalDescription(offer)
}

// channel makes a negotiated channel.
func (c *conn) channel(label string, id uint16, ordered bool) error {
	negotiated := true
	dc, err := c.pc.CreateDataChannel(label, &webrtc.DataChannelInit{Ordered: &ordered, Negotiated: &negotiated, ID: &id})
	if err != nil {
		return err
	}
	dc.OnOpen(func() {
		raw, err := dc.Detach()
		if err != nil {
			c.events.State(session.ConnFailed)
			return
		}
		l := newLane(dc, raw)
		c.mu.Lock()
		c.lanes = append(c.lanes, l)
		closed := c.closed
		c.mu.Unlock()
		if closed {
			_ = l.Close()
		}
		c.events.Opened(id, l)
	})
	return nil
}

func (c *conn) SetRemote(offer bool, sdp string) error {
	kind := webrtc.SDPTypeAnswer
	if offer {
		kind = webrtc.SDPTypeOffer
	}
	c.mu.Lock()
	if c.held.keep() {
		var theirs []string
		sdp, theirs = withoutRelays(sdp)
		c.held.theirs = append(c.held.theirs, theirs...)
	}
	c.mu.Unlock()
	if err := c.pc.SetRemoteDescription(webrtc.SessionDescription{Type: kind, SDP: sdp}); err != nil || !offer {
		return err
	}
	answer, err := c.pc.CreateAnswer(nil)
	if err != nil {
		return err
	}
	return c.pc.SetLocalDescription(answer)
}

func (c *conn) AddCandidates(lines []string) {
	now := lines
	c.mu.Lock()
	if c.held.keep() {
		now = nil
		for _, line := range lines {
			if isRelay(line) {
				c.held.theirs = append(c.held.theirs, line)
			} else {
				now = append(now, line)
			}
		}
	}
	c.mu.Unlock()
	c.apply(now)
}

// apply hands candidates of the other side to pion.
func (c *conn) apply(lines []string) {
	for _, line := range lines {
		// One that can't be used here must not cost the others.
		_ = c.pc.AddICECandidate(webrtc.ICECandidateInit{Candidate: line})
	}
}

// candidate takes an address the own stack found; nil: there are no more.
func (c *conn) candidate(found *webrtc.ICECandidate) {
	c.mu.Lock()
	described := c.described
	switch {
	case c.closed || found == nil:
	case described && found.Typ == webrtc.ICECandidateTypeRelay && c.held.keep():
		c.held.ours = append(c.held.ours, found.ToJSON().Candidate)
	case described:
		c.later = append(c.later, found.ToJSON().Candidate)
	case c.soon == nil && (found.Typ == webrtc.ICECandidateTypeHost || c.relayed):
		c.soon = time.AfterFunc(firstCandidate, c.describe)
	}
	c.mu.Unlock()
	switch {
	case found == nil && described:
		c.sendLater()
	case found == nil:
		c.describe()
	}
}

// describe hands our description in, once, with the candidates found so far.
func (c *conn) describe() {
	c.mu.Lock()
	done := c.described || c.closed
	c.described = true // what is found from now on may be in the description too, and is told once more
	c.mu.Unlock()
	if done {
		return
	}
	d := c.pc.LocalDescription()
	if d == nil {
		c.mu.Lock()
		c.described = false
		c.mu.Unlock()
		return
	}
	sdp := d.SDP
	c.mu.Lock()
	if c.held.keep() {
		var ours []string
		sdp, ours = withoutRelays(sdp)
		c.held.ours = append(c.held.ours, ours...)
		c.held.until = time.AfterFunc(relaysHeld, c.release)
	}
	c.lookLater(moreCandidates)
	c.mu.Unlock()
	c.events.Described(sdp)
}

// lookLater comes back for candidates while gathering goes on. A relay over TLS is
// found soon; where UDP is blocked, gathering ends after eight seconds. Called with mu
// held.
func (c *conn) lookLater(in time.Duration) {
	if !c.closed && c.pc.ICEGatheringState() != webrtc.ICEGatheringStateComplete {
		c.more = time.AfterFunc(in, func() {
			c.sendLater()
			c.mu.Lock()
			defer c.mu.Unlock()
			c.lookLater(2 * in)
		})
	}
}

// changed is pion's word about the connection.
func (c *conn) changed(s webrtc.PeerConnectionState) {
	switch s {
	case webrtc.PeerConnectionStateConnected:
		c.events.State(session.Connected)
	case webrtc.PeerConnectionStateDisconnected:
		c.events.State(session.Disconnected)
	case webrtc.PeerConnectionStateFailed:
		c.events.State(session.ConnFailed)
	case webrtc.PeerConnectionStateClosed:
		c.events.State(session.ConnClosed)
	}
}

func (c *conn) Route() (session.Route, int64) {
	ice := c.pc.SCTP().Transport().ICETransport()
	pair, _ := ice.GetSelectedCandidatePair()
	var rtt int64
	if stats, ok := ice.GetSelectedCandidatePairStats(); ok && stats.CurrentRoundTripTime > 0 {
		rtt = max(1, int64(1000*stats.CurrentRoundTripTime))
	}
	return routeOf(pair), rtt
}

func (c *conn) Close() {
	c.mu.Lock()
	c.closed = true
	lanes := c.lanes
	for _, t := range []*time.Timer{c.soon, c.more, c.held.until} {
		if t != nil {
			t.Stop()
		}
	}
	c.mu.Unlock()
	for _, l := range lanes {
		l.wakeUp()
	}
	_ = c.pc.GracefulClose() // whatever it says, it is over
}
