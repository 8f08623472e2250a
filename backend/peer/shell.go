package peer

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"beeline/signaling/client"
	"beeline/wasm/session"
)

// tickEvery is how often the machine hears the time, and the person of progress.
const tickEvery = 100 * time.Millisecond

// showEvery is how often the person hears at the least: a rate goes down to nothing
// only if somebody looks.
const showEvery = time.Second

// A machine is a session.Sharer or a session.Receiver.
type machine interface {
	Handle(now int64, e session.Event) []session.Action
}

// A message is an event for the machine, with the bytes it is about, or
// something that has to be done in its goroutine.
type message struct {
	event session.Event
	batch *batch
	do    func()
}

// A shell carries events to a machine and its actions out. Its goroutine is the
// only one that touches the machine, and never waits for another.
type shell struct {
	here    bool        // the server is on this machine: the peer may be, too
	trust   *tls.Config // decides about the certificate of a relay; nil: the system
	client  *client.Client
	box     *queue[message]
	most    uint64               // bytes that a connection carries: carriesMost, but in tests
	sources *sources             // of a sharer
	dest    *dest                // of a receiver
	hosted  map[[16]byte]*hosted // shares of a host
	// remember stores what the machine must not forget; nil: nothing is stored.
	remember func(n uint32)

	// Owned by the goroutine of loop.
	clock   *clock
	machine machine
	links   map[linkID]*link
	bundles map[uint32]*bundle // by session
	batches map[uint32]*batch  // until the machine says what to keep
	batch   uint32             // the last one's number
	changed bool               // there is something to show

	background sync.WaitGroup
	gone       context.Context // ends with the machine's goroutine
	leave      context.CancelFunc
}

func newShell(m machine, server *url.URL, hc *http.Client) *shell {
	gone, leave := context.WithCancel(context.Background())
	return &shell{
		gone: gone, leave: leave,
		here:    isLoopback(server),
		trust:   trustOf(hc),
		client:  client.New(signalURL(server), hc),
		box:     newQueue[message](),
		clock:   newClock(),
		most:    carriesMost,
		machine: m,
		links:   make(map[linkID]*link),
		bundles: make(map[uint32]*bundle),
		batches: make(map[uint32]*batch),
	}
}

// loop runs the machine until over says so, then waits for everything that was
// started. over is asked after every round; interrupt runs once, when ctx ends.
func (s *shell) loop(ctx context.Context, clicks <-chan session.Event, interrupt func(), over func() bool) {
	s.background.Go(func() { _ = s.client.Run(s.gone, hub{s.box}) })
	defer s.background.Wait()
	defer s.leave()
	defer s.box.close()
	defer func() {
		for _, l := range s.links {
			l.close()
		}
	}()
	tick := time.NewTicker(tickEvery)
	defer tick.Stop()
	done := ctx.Done()
	for !over() {
		select {
		case <-s.box.ready:
			for _, m := range s.box.take() {
				s.message(m)
			}
		case <-tick.C:
			s.handle(session.Tick{})
			if s.sources != nil {
				s.sources.handles.sweep(time.Now(), handlesIdle)
			}
		case e, ok := <-clicks:
			if !ok {
				clicks = nil
				break
			}
			s.handle(e)
		case <-done:
			done = nil
			interrupt()
		}
	}
}

// abandon ends a shell whose loop never ran.
func (s *shell) abandon() {
	s.box.close()
	s.leave()
	s.background.Wait()
}

func (s *shell) message(m message) {
	switch e := m.event.(type) {
	case nil:
		m.do()
	case session.ArrivedBatch:
		s.batch++
		e.Batch = s.batch
		if len(e.Groups) > 0 {
			s.batches[e.Batch] = m.batch
		}
		s.handle(e)
	case session.LocalDescription:
		s.described(e)
	default:
		s.handle(e)
	}
}

// described hands in descriptions in the order in which their connections were
// asked for: the peer refuses an offer with a lower number than one before
// (PROTOCOL.md f.1), and a stack is done with several in any order.
func (s *shell) described(e session.LocalDescription) {
	if b := s.bundles[e.Session]; b != nil { // else of a session that is over
		b.ready[e.PC] = e
		s.inOrder(b)
	}
}

func (s *shell) inOrder(b *bundle) {
	for len(b.order) > 0 {
		e, ok := b.ready[b.order[0]]
		if !ok {
			return
		}
		delete(b.ready, e.PC)
		b.order = b.order[1:]
		s.handle(e)
	}
}

func (s *shell) handle(e session.Event) {
	for _, a := range s.machine.Handle(s.clock.read(len(s.links) == 0), e) {
		s.act(a)
	}
}

// call runs f in the goroutine of the machine and waits for it, or for the end of
// that goroutine.
func (s *shell) call(f func()) {
	done := make(chan struct{})
	s.box.put(message{do: func() { f(); close(done) }})
	select {
	case <-done:
	case <-s.gone.Done():
	}
}

// ask runs a function of the caller's that may take its time: a person decides.
// Its context ends with the transfer, or by stop.
func (s *shell) ask(f func(ctx context.Context)) (stop context.CancelFunc) {
	ctx, stop := context.WithCancel(s.gone)
	s.background.Go(func() {
		defer stop()
		f(ctx)
	})
	return stop
}

func (s *shell) act(a session.Action) {
	switch a := a.(type) {
	case session.Show:
		s.changed = true
	case session.Of:
		s.of(a)
	case session.SignalSend:
		_ = s.client.Send(a.Data) // without a connection the machine starts anew with the next
	case session.Remember:
		if s.remember != nil {
			s.remember(a.N)
			break
		}
		// Nothing of this share is offered again after the program: there is nothing to
		// store. What a host shares is, and has neither link nor code to ask for this.
		s.box.put(message{event: session.Remembered{N: a.N}})
	case session.SignalReset:
		s.client.Reset()
	case session.MakePC:
		s.makeLink(a)
	case session.SetRemote:
		if l := s.link(a.Session, a.PC); l != nil {
			l.setRemote(a.Offer, a.SDP)
		}
	case session.AddCandidates:
		if l := s.link(a.Session, a.PC); l != nil {
			l.addCandidates(a.Lines)
		}
	case session.ClosePC:
		if l := s.link(a.Session, a.PC); l != nil {
			s.closeLink(l)
		}
	case session.CtrlSend:
		if l := s.link(a.Session, 0); l != nil {
			l.sendCtrl(a.Data)
		}
	default:
		if s.sources != nil {
			s.share(a)
		} else {
			s.receive(a)
		}
	}
}

func (s *shell) link(session uint32, pc uint8) *link { return s.links[linkID{session, pc}] }

// closeLink ends a link, and with the last of a session what they shared: whoever
// shares for a week has any number of sessions.
func (s *shell) closeLink(l *link) {
	delete(s.links, l.linkID)
	l.close()
	b := l.bundle
	if b.lanes.Load() == 0 {
		delete(s.bundles, l.session)
		return
	}
	b.order = slices.DeleteFunc(b.order, func(n uint8) bool { return n == l.pc })
	delete(b.ready, l.pc)
	s.box.put(message{do: func() { s.inOrder(b) }}) // after what else is to be done now
}

func (s *shell) makeLink(a session.MakePC) {
	b := s.bundles[a.Session]
	if b == nil {
		b = &bundle{ready: make(map[uint8]session.LocalDescription)}
		s.bundles[a.Session] = b
	}
	l := newLink(s, a, b)
	s.links[l.linkID] = l
	b.order = append(b.order, a.PC)
	s.background.Go(l.run)
}

// share carries out what only a sharer's machine wants.
func (s *shell) share(a session.Action) {
	switch a := a.(type) {
	case session.OpenOut:
		if l := s.link(a.Session, a.PC); l != nil {
			l.setOut(newOutbound(l, a, s.sources))
		}
	case session.SendGroup:
		s.toLane(a.Session, a.PC, &job{group: a.Group, length: a.Length, single: a.Single})
	case session.HashGroup:
		s.toLane(a.Session, a.PC, &job{group: a.Group, length: a.Length, single: a.Single, hashOnly: true})
	case session.CancelGroups:
		for id, l := range s.links {
			if out := l.outbound(); id.session == a.Session && out != nil {
				out.cancel(a.File)
			}
		}
	case session.RefreshSource:
		s.background.Go(func() { // a network drive may take its time
			size, modMS, ok := s.sources.refresh(a.File)
			s.box.put(message{event: session.SourceFresh{File: a.File, OK: ok, Size: size, ModMS: modMS}})
		})
	}
}

func (s *shell) toLane(session uint32, pc uint8, j *job) {
	if l := s.link(session, pc); l != nil {
		if out := l.outbound(); out != nil {
			out.add(j)
		}
	}
}

// receive carries out what only a receiver's machine wants.
func (s *shell) receive(a session.Action) {
	switch a := a.(type) {
	case session.OpenIn:
		if l := s.link(a.Session, a.PC); l != nil {
			l.setIn(newInbound(l, a))
		}
	case session.Expect:
		s.inbounds(a.Session, func(i *inbound) { i.expect(a) })
	case session.Settled:
		s.inbounds(a.Session, func(i *inbound) { i.settled(a) })
	case session.Forget:
		if l := s.link(a.Session, a.PC); l != nil {
			if in := l.inbound(); in != nil {
				in.forget(a.Group)
			}
		}
	case session.Write:
		s.dest.ops.put(diskOp{action: a, batch: s.batches[a.Batch]})
		delete(s.batches, a.Batch)
	case session.DiskDiscard:
		s.dest.giveUp()
		s.dest.ops.put(diskOp{action: a})
	default:
		s.dest.ops.put(diskOp{action: a})
	}
}

func (s *shell) inbounds(session uint32, do func(*inbound)) {
	for id, l := range s.links {
		if in := l.inbound(); id.session == session && in != nil {
			do(in)
		}
	}
}

// A hub carries what the signaling client hears to the machine.
type hub struct{ box *queue[message] }

func (h hub) Up()   { h.box.put(message{event: session.SignalUp{}}) }
func (h hub) Down() { h.box.put(message{event: session.SignalDown{}}) }

func (h hub) Message(msg []byte) {
	h.box.wait(message{event: session.SignalMessage{Data: append([]byte(nil), msg...)}}, waiting)
}

// parseServer reads the address of a server, for example "https://host".
func parseServer(server string) (*url.URL, error) {
	u, err := url.Parse(server)
	if err != nil {
		return nil, errors.New("the server's address is not one") // err repeats it, and it may be a link
	}
	switch u.Scheme {
	case "http", "https":
	case "ws", "wss":
		u.Scheme = "http" + strings.TrimPrefix(u.Scheme, "ws")
	default:
		return nil, errors.New("the server's address must begin with https:// or http://")
	}
	if u.Host == "" || u.User != nil || u.RawQuery != "" {
		return nil, errors.New("the server's address must name a host and nothing else")
	}
	u.Path, u.Fragment = "", ""
	return u, nil
}

func signalURL(server *url.URL) string {
	u := *server
	u.Scheme, u.Path = "ws"+strings.TrimPrefix(u.Scheme, "http"), "/signal"
	return u.String()
}

// isLoopback reports a server on this machine: then the peer may be on it, too.
func isLoopback(server *url.URL) bool {
	host := server.Hostname()
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// trustOf returns what decides about TLS where this client connects: the relay
// beside the page has its certificate.
func trustOf(hc *http.Client) *tls.Config {
	if hc == nil {
		return nil
	}
	if t, ok := hc.Transport.(*http.Transport); ok && t.TLSClientConfig != nil {
		return t.TLSClientConfig
	}
	return nil
}
