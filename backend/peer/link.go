package peer

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"beeline/backend/peer/transport"
	"beeline/backend/peer/transport/rtc"
	"beeline/wasm/session"
	"beeline/wasm/wire"
)

// Times of a connection.
const (
	routeSoon  = 500 * time.Millisecond // between looks at a route that is not known yet
	routeEvery = 10 * time.Second       // it can change from relayed to direct
	lastWords  = 500 * time.Millisecond // for what waits on the control channel when a connection closes
)

// connect makes every connection. Tests put another transport in its place.
var connect transport.Connect = rtc.Connect

// carriesMost is how many bytes a connection carries, both ways and with everything,
// before another takes its place: pion's DTLS draws nonces at random, and with 2³⁴
// bytes two are alike with a chance of 2⁻¹⁷ (dependencies 3, CVE-2026-26014).
const carriesMost = 16 << 30

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

// A link is one connection with its lanes: the control channel on number 0, and one
// for files. What they are made of it does not know. Everything that may take time
// happens in its own goroutine.
//
// A connection that has carried as much as one may is over, as if it had been cut
// (PROTOCOL.md f.1): the machine makes another and asks for what was under way.
type link struct {
	linkID
	s       *shell
	bundle  *bundle
	asked   transport.Options
	ops     *queue[func()]
	gone    context.Context // ends with close
	leave   context.CancelFunc
	stop    <-chan struct{} // closed by close
	stopped sync.Once
	carried atomic.Uint64 // bytes, both ways

	// Owned by the link's goroutine.
	conn    transport.Conn
	loops   sync.WaitGroup // goroutines of the lanes
	look    <-chan time.Time
	route   session.PCRoute // as the machine was told last
	lane    transport.Lane
	feeding bool // the lane has both its channel and its keys

	mu   sync.Mutex // guards the rest
	ctrl transport.Lane
	out  *outbound
	in   *inbound
}

func newLink(s *shell, a session.MakePC, b *bundle) *link {
	b.lanes.Add(1)
	gone, leave := context.WithCancel(context.Background())
	return &link{
		linkID: linkID{a.Session, a.PC}, s: s, bundle: b,
		asked: transport.Options{Ctrl: a.PC == 0, Offer: a.Offer, Servers: a.ICE, RelayOnly: a.RelayOnly, Loopback: s.here, Trust: s.trust},
		ops:   newQueue[func()](), gone: gone, leave: leave, stop: gone.Done(),
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
		for end := time.Now().Add(lastWords); ctrl.Queued(transport.NoLimit) > 0 && time.Now().Before(end); {
			time.Sleep(5 * time.Millisecond)
		}
	}
	if out != nil {
		out.close()
	}
	if l.conn != nil {
		l.conn.Close()
	}
	l.ops.close()
	l.loops.Wait()
}

// open makes the connection.
func (l *link) open() (err error) {
	l.conn, err = connect(l.gone, l.asked, transport.Events{
		Described:  func(sdp string) { l.tell(session.LocalDescription{Session: l.session, PC: l.pc, SDP: sdp}) },
		Candidates: func(lines []string) { l.tell(session.LocalCandidates{Session: l.session, PC: l.pc, Lines: lines}) },
		State: func(s session.ConnState) {
			l.state(s)
			if s == session.Connected {
				l.ops.put(l.lookAtRoute)
			}
		},
		Opened: func(channel uint16, lane transport.Lane) {
			lane = metered{lane, l}
			l.ops.put(func() {
				if channel == wire.ChannelCtrl {
					l.ctrlOpen(lane)
				} else {
					l.laneOpen(lane)
				}
			})
		},
	})
	return err
}

// setRemote applies the other side's description; to an offer it answers.
func (l *link) setRemote(offer bool, sdp string) {
	l.do(func() error {
		if l.conn == nil {
			return wire.Path
		}
		return l.conn.SetRemote(offer, sdp)
	})
}

func (l *link) addCandidates(lines []string) {
	l.do(func() error {
		if l.conn != nil {
			l.conn.AddCandidates(lines)
		}
		return nil
	})
}

// lookAtRoute says which way the bytes go, and how far that is, when it is new, and
// comes back.
func (l *link) lookAtRoute() {
	route, rtt := l.conn.Route()
	now := session.PCRoute{Session: l.session, PC: l.pc, Route: route, RTT: rtt}
	if now != l.route {
		l.route = now
		l.tell(now)
	}
	if l.look = time.After(routeEvery); route == session.RouteUnknown || rtt == 0 {
		l.look = time.After(routeSoon)
	}
}

// metered is a lane that tells its link what goes over it.
type metered struct {
	transport.Lane
	l *link
}

func (m metered) Read(buf []byte) (int, error) {
	n, err := m.Lane.Read(buf)
	m.l.carry(n)
	return n, err
}

func (m metered) Write(rec []byte) error {
	m.l.carry(len(rec))
	return m.Lane.Write(rec)
}

// carry counts, and ends the connection once it has carried enough.
func (l *link) carry(n int) {
	if sum := l.carried.Add(uint64(n)); sum >= l.s.most && sum-uint64(n) < l.s.most {
		l.state(session.ConnFailed)
	}
}
