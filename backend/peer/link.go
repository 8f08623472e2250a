package peer

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/datachannel"
	"github.com/pion/webrtc/v3"

	"beeline/wasm/session"
	"beeline/wasm/wire"
)

// Times of a connection. DESIGN 5 and PROTOCOL.md d.4.
const (
	firstCandidate = 100 * time.Millisecond // from the first host candidate, or the first at all of a relay, to the description
	moreCandidates = 200 * time.Millisecond // from there to the first look for later ones; it doubles until gathering ends
	relaysHeld     = 800 * time.Millisecond // from both descriptions until relays may be tried
	routeSoon      = 500 * time.Millisecond // between looks at a route that is not known yet
	routeEvery     = 10 * time.Second       // it can change from relayed to direct
	lastWords      = 500 * time.Millisecond // for what waits on the control channel when a connection closes
)

// ctrlQueued is how many bytes may wait on a control channel: more than an
// honest peer leaves unread, less than one who only asks could make us hold.
const ctrlQueued = 16 << 20

// A linkID names a peer connection of a session.
type linkID struct {
	session uint32
	pc      uint8
}

// A bundle is what the links of one session share.
type bundle struct {
	lanes atomic.Int32 // links that are alive

	// Owned by the goroutine of the machine.
	order []uint8 // connections that have not described themselves, as asked for
	ready map[uint8]session.LocalDescription
}

// A link is one peer connection with its channels: the control channel on number
// 0, and a lane. Everything that may take time happens in its own goroutine.
//
// Rotation (PROTOCOL.md f.1) has its place here: an association that carried
// 16 GiB is left for a new one. The machine will ask for that with MakePC and
// ClosePC, as for any lane; the link will tell it when.
type link struct {
	linkID
	s       *shell
	bundle  *bundle
	offer   bool
	servers []session.ICEServer
	relayed bool // nothing but a relay may be used
	ops     *queue[func()]
	gone    context.Context // ends with close
	leave   context.CancelFunc
	stop    <-chan struct{} // closed by close
	stopped sync.Once

	// Owned by the link's goroutine.
	rtc       *webrtc.PeerConnection
	loops     sync.WaitGroup // goroutines of the channels
	described bool
	later     []string // candidates found after the description
	describe  <-chan time.Time
	more      <-chan time.Time
	moreIn    time.Duration // from the last look for later candidates to the next
	held      relayHold
	look      <-chan time.Time
	route     session.PCRoute // as the machine was told last
	lane      *channel
	feeding   bool // the lane has both its channel and its keys

	mu   sync.Mutex // guards the rest
	ctrl *channel
	out  *outbound
	in   *inbound
}

// A channel is a data channel that is open.
type channel struct {
	*webrtc.DataChannel
	raw datachannel.ReadWriteCloser
}

func newLink(s *shell, a session.MakePC, b *bundle) *link {
	b.lanes.Add(1)
	gone, leave := context.WithCancel(context.Background())
	return &link{
		linkID: linkID{a.Session, a.PC}, s: s, bundle: b, offer: a.Offer, servers: a.ICE, relayed: a.RelayOnly,
		ops: newQueue[func()](), gone: gone, leave: leave, stop: gone.Done(),
	}
}

// close ends the link. It does not wait: run does the rest.
func (l *link) close() {
	l.stopped.Do(func() {
		l.bundle.lanes.Add(-1)
		l.leave()
	})
}

// tell posts an event, unless the machine has closed the link.
func (l *link) tell(e session.Event) {
	select {
	case <-l.stop:
	default:
		l.s.box.put(message{event: e})
	}
}

func (l *link) state(s session.ConnState) {
	l.tell(session.PCState{Session: l.session, PC: l.pc, State: s})
}

// do runs op in the link's goroutine. One that fails ends the connection.
func (l *link) do(op func() error) {
	l.ops.put(func() {
		if op() != nil {
			l.state(session.ConnFailed)
		}
	})
}

// run owns the connection until close, and waits for everything it started.
func (l *link) run() {
	defer l.end()
	if err := l.open(); err != nil {
		l.state(session.ConnFailed)
	}
	for {
		select {
		case <-l.stop:
			return
		case <-l.ops.ready:
			for _, op := range l.ops.take() {
				op()
			}
		case <-l.describe:
			l.describeNow()
		case <-l.more:
			l.sendLater()
			l.lookLater(2 * l.moreIn)
		case <-l.held.until:
			l.release()
		case <-l.look:
			l.lookAtRoute()
		}
	}
}

// end says the last words and takes everything down.
func (l *link) end() {
	l.mu.Lock()
	ctrl, out := l.ctrl, l.out
	l.mu.Unlock()
	if ctrl != nil {
		for end := time.Now().Add(lastWords); ctrl.BufferedAmount() > 0 && time.Now().Before(end); {
			time.Sleep(5 * time.Millisecond)
		}
	}
	if out != nil {
		out.close()
	}
	if l.rtc != nil {
		_ = l.rtc.GracefulClose() // whatever it says, it is over
	}
	l.ops.close()
	l.loops.Wait()
}

// open makes the connection and, as the one who offers, describes it.
func (l *link) open() error {
	var err error
	config := webrtc.Configuration{BundlePolicy: webrtc.BundlePolicyMaxBundle}
	if l.relayed {
		config.ICETransportPolicy = webrtc.ICETransportPolicyRelay
	}
	ways := &relays{trust: l.s.trust, gone: l.gone}
	for _, s := range ways.with(l.servers) {
		config.ICEServers = append(config.ICEServers, webrtc.ICEServer{URLs: s.URLs, Username: s.Username, Credential: s.Password})
	}
	api := newAPI(l.s.here, ways)
	if l.rtc, err = api.NewPeerConnection(config); err != nil && len(l.servers) > 0 {
		config.ICEServers = nil // the hub named what pion can't use: better without
		l.rtc, err = api.NewPeerConnection(config)
	}
	if err != nil {
		return err
	}
	l.rtc.OnICECandidate(func(c *webrtc.ICECandidate) { l.ops.put(func() { l.candidate(c) }) })
	l.rtc.OnConnectionStateChange(l.changed)
	if l.pc == 0 {
		if err := l.channel("ctrl", wire.ChannelCtrl, true, l.ctrlOpen); err != nil {
			return err
		}
	}
	if err := l.channel("lane", wire.ChannelLane, false, l.laneOpen); err != nil {
		return err
	}
	if !l.offer {
		return nil
	}
	offer, err := l.rtc.CreateOffer(nil)
	if err != nil {
		return err
	}
	return l.rtc.SetLocalDescription(offer)
}

// channel makes a negotiated channel; opened runs in the link's goroutine.
func (l *link) channel(label string, id uint16, ordered bool, opened func(*channel)) error {
	negotiated := true
	dc, err := l.rtc.CreateDataChannel(label, &webrtc.DataChannelInit{Ordered: &ordered, Negotiated: &negotiated, ID: &id})
	if err != nil {
		return err
	}
	dc.OnOpen(func() {
		raw, err := dc.Detach()
		if err != nil {
			l.state(session.ConnFailed)
			return
		}
		l.ops.put(func() { opened(&channel{dc, raw}) })
	})
	return nil
}

// setRemote applies the other side's description; to an offer it answers.
func (l *link) setRemote(offer bool, sdp string) {
	l.do(func() error {
		if l.rtc == nil {
			return wire.Path
		}
		kind := webrtc.SDPTypeAnswer
		if offer {
			kind = webrtc.SDPTypeOffer
		}
		if l.held.keep(l) {
			sdp, l.held.theirs = withoutRelays(sdp)
		}
		if err := l.rtc.SetRemoteDescription(webrtc.SessionDescription{Type: kind, SDP: sdp}); err != nil || !offer {
			return err
		}
		answer, err := l.rtc.CreateAnswer(nil)
		if err != nil {
			return err
		}
		return l.rtc.SetLocalDescription(answer)
	})
}

func (l *link) addCandidates(lines []string) {
	l.do(func() error {
		if !l.held.keep(l) {
			l.apply(lines)
			return nil
		}
		for _, line := range lines {
			if isRelay(line) {
				l.held.theirs = append(l.held.theirs, line)
			} else {
				l.apply([]string{line})
			}
		}
		return nil
	})
}

// apply hands candidates of the other side to pion.
func (l *link) apply(lines []string) {
	for _, line := range lines {
		// One that can't be used here must not cost the others.
		if l.rtc != nil {
			_ = l.rtc.AddICECandidate(webrtc.ICECandidateInit{Candidate: line})
		}
	}
}

// candidate takes an address the own stack found; nil: there are no more.
func (l *link) candidate(c *webrtc.ICECandidate) {
	switch {
	case c == nil && l.described:
		l.sendLater()
	case c == nil:
		l.describeNow()
	case l.described && c.Typ == webrtc.ICECandidateTypeRelay && l.held.keep(l):
		l.held.ours = append(l.held.ours, c.ToJSON().Candidate)
	case l.described:
		l.later = append(l.later, c.ToJSON().Candidate)
	case l.describe == nil && (c.Typ == webrtc.ICECandidateTypeHost || l.relayed):
		l.describe = time.After(firstCandidate)
	}
}

// describeNow hands our description in, once, with the candidates found so far.
func (l *link) describeNow() {
	d := l.rtc.LocalDescription()
	if l.described || d == nil {
		return
	}
	l.described, l.describe = true, nil
	sdp := d.SDP
	if l.held.keep(l) {
		sdp, l.held.ours = withoutRelays(sdp)
		l.held.until = time.After(relaysHeld)
	}
	l.tell(session.LocalDescription{Session: l.session, PC: l.pc, SDP: sdp})
	l.lookLater(moreCandidates)
}

// lookLater comes back for candidates while gathering goes on. A relay over TLS is
// found soon; where UDP is blocked, gathering ends after eight seconds.
func (l *link) lookLater(in time.Duration) {
	l.more, l.moreIn = nil, in
	if l.rtc.ICEGatheringState() != webrtc.ICEGatheringStateComplete {
		l.more = time.After(in)
	}
}

// changed is pion's word about the connection, in a goroutine of pion's.
func (l *link) changed(s webrtc.PeerConnectionState) {
	switch s {
	case webrtc.PeerConnectionStateConnected:
		l.state(session.Connected)
		l.ops.put(l.lookAtRoute)
	case webrtc.PeerConnectionStateDisconnected:
		l.state(session.Disconnected)
	case webrtc.PeerConnectionStateFailed:
		l.state(session.ConnFailed)
	case webrtc.PeerConnectionStateClosed:
		l.state(session.ConnClosed)
	}
}

// lookAtRoute says which way the bytes go, and how far that is, when it is new, and
// comes back.
func (l *link) lookAtRoute() {
	ice := l.rtc.SCTP().Transport().ICETransport()
	pair, _ := ice.GetSelectedCandidatePair()
	now := session.PCRoute{Session: l.session, PC: l.pc, Route: routeOf(pair)}
	if stats, ok := ice.GetSelectedCandidatePairStats(); ok && stats.CurrentRoundTripTime > 0 {
		now.RTT = max(1, int64(1000*stats.CurrentRoundTripTime))
	}
	if now != l.route {
		l.route = now
		l.tell(now)
	}
	if l.look = time.After(routeEvery); now.Route == session.RouteUnknown || now.RTT == 0 {
		l.look = time.After(routeSoon)
	}
}
