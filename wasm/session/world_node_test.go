package session

import (
	"bytes"
	"encoding/binary"

	"beeline/wasm/describe"
	"beeline/wasm/lane"
	"beeline/wasm/record"
	"beeline/wasm/wire"
)

// node is one machine with the shell around it: what web/core and web/lane do
// in a browser and backend/peer natively.
type node struct {
	w    *world
	name string
	m    machine
	conn *hubConn // nil: not connected to the hub
	down bool     // the tab is closed
	skew int64    // of its clock, ms

	pcs   map[laneID]*fakePC
	jobs  map[laneID]*sendLane
	ins   map[laneID]*inbound
	ctrlN map[uint32]uint64 // next number of a control record, by session
	log   func(Action)      // sees every action

	stored  []byte      // what it had stored, as the next page finds it
	storing func() bool // before it is stored; false: the page is gone by then

	unreachable bool // its stack finds no candidate

	// at the sharer
	sources map[uint32]*fakeSource
	hosted  map[[16]byte]map[uint32]*fakeSource // of the shares of a host
	of      [16]byte                            // whose action is carried out; zeros: of no host's
	onRead  func(g lane.Group, data []byte) ([]byte, bool)
	reads   int  // groups read
	strict  bool // a file that changed can't be read until it is looked at again, as in Chromium

	// rogue replaces the sending of groups by raw records: it gets what the
	// machine would send and returns plaintexts of data records.
	rogue func(a SendGroup) [][]byte

	// rewrite makes what a rogue says of every control message its machine would
	// say; heard only listens. Both are set before the first session.
	rewrite func(msg []byte) [][]byte
	heard   func(msg []byte)
	shadows map[uint32]*shadow

	resets int // of the connection to the hub

	disk fakeDisk
}

// shadow opens and seals again what a machine has sealed.
type shadow struct {
	open *record.Opener
	seal *record.Sealer
}

type laneID struct {
	session uint32
	pc      uint8
}

// fakeSource is a file of the sharer as it is now.
type fakeSource struct {
	path  string
	data  []byte // nil: gone
	modMS int64
	seen  int64 // modMS as it was looked at last
}

func (w *world) node(name string, m machine) *node {
	n := &node{
		w: w, name: name, m: m,
		pcs: make(map[laneID]*fakePC), jobs: make(map[laneID]*sendLane), ins: make(map[laneID]*inbound),
		ctrlN: make(map[uint32]uint64), sources: make(map[uint32]*fakeSource), shadows: make(map[uint32]*shadow),
	}
	n.disk.init(n)
	w.nodes = append(w.nodes, n)
	return n
}

func (n *node) handle(e Event) {
	if n.down {
		return
	}
	n.do(n.m.Handle(n.w.now+n.skew, e))
}

func (n *node) do(acts []Action) {
	for _, a := range acts {
		if n.log != nil {
			n.log(a)
		}
		n.act(a)
	}
}

func (n *node) post(e Event) { n.w.later(func() { n.handle(e) }) }

func (n *node) tick() {
	n.handle(Tick{})
	for _, id := range sortedLanes(n.ins) {
		n.gather(id, n.ins[id], true)
	}
	for _, id := range sortedLanes(n.pcs) {
		n.pcs[id].renew()
	}
}

// files returns the sources of a share.
func (n *node) files(share [16]byte) map[uint32]*fakeSource {
	if share == [16]byte{} {
		return n.sources
	}
	return n.hosted[share]
}

func (n *node) act(a Action) {
	w := n.w
	switch a := a.(type) {
	case Of:
		n.of = a.Share
		n.act(a.Action)
		n.of = [16]byte{}
	case SignalSend:
		if n.conn != nil {
			w.hub.message(n.conn, a.Data)
		}
	case SignalReset:
		n.resets++
		n.offline()
		n.again()
	case MakePC:
		n.makePC(a)
	case SetRemote:
		n.setRemote(a)
	case ClosePC:
		if pc := n.pcs[laneID{a.Session, a.PC}]; pc != nil {
			pc.close()
		}
	case CtrlSend:
		n.sendCtrl(a)
	case OpenOut:
		w.oneKey(a.Key, "out")
		id := laneID{a.Session, a.PC}
		n.jobs[id] = &sendLane{of: n.of, key: a.Key, out: lane.NewOut(a.Key, a.RecMax), raw: record.NewSealer(a.Key, wire.RecordData)}
		n.pump(id)
	case OpenIn:
		w.oneKey(a.Key, "in")
		n.ins[laneID{a.Session, a.PC}] = &inbound{in: lane.NewIn(a.Key, a.Limit)}
	case SendGroup:
		n.addJob(laneID{a.Session, a.PC}, a)
	case HashGroup:
		n.addJob(laneID{a.Session, a.PC}, a)
	case CancelGroups:
		n.cancelJobs(a)
	case RefreshSource:
		s := n.files(n.of)[a.File]
		s.seen = s.modMS
		var e Event = SourceFresh{File: a.File, OK: s.data != nil, Size: uint64(len(s.data)), ModMS: s.modMS}
		if n.of != [16]byte{} {
			e = To{n.of, e}
		}
		n.post(e)
	case Expect:
		n.eachIn(a.Session, func(id laneID, in *inbound) {
			in.in.Expect(a.File, a.Version, a.Size)
			n.gather(id, in, false)
		})
	case Settled:
		n.eachIn(a.Session, func(_ laneID, in *inbound) { in.in.Settled(a.File, a.Version) })
	case Remember:
		if n.storing == nil || n.storing() {
			n.store()
			n.post(Remembered{N: a.N})
		}
	case Forget:
		if in := n.ins[laneID{a.Session, a.PC}]; in != nil {
			in.in.Forget(a.Group)
		}
	default:
		n.disk.act(a)
	}
}

func (n *node) store() {
	switch m := n.m.(type) {
	case *Sharer:
		n.stored = m.Keep()
	case *Receiver:
		n.stored = m.Key()
	}
}

func (n *node) eachIn(session uint32, f func(laneID, *inbound)) {
	for _, id := range sortedLanes(n.ins) {
		if in := n.ins[id]; in != nil && id.session == session {
			f(id, in)
		}
	}
}

func (n *node) makePC(a MakePC) {
	id := laneID{a.Session, a.PC}
	if n.pcs[id] != nil {
		n.w.t.Errorf("%s: connection number %v came twice", n.name, id)
	}
	pc := &fakePC{owner: n, id: id}
	pc.local = describe.Description{PC: a.PC, Type: 1, Setup: 1, Ufrag: n.w.token(8), Pwd: n.w.token(24)}
	if !a.Offer {
		pc.local.Type, pc.local.Setup = 2, 2
	}
	n.w.rng.Read(pc.local.Fingerprint[:])
	if !n.unreachable {
		pc.local.Candidates = []describe.Candidate{{Kind: describe.Host, Proto: 1, Priority: 1, Family: 4, Addr: [16]byte{10, 0, 0, 1}, Port: 4000}}
	}
	if len(a.ICE) > 0 && a.ICE[len(a.ICE)-1].Username != "" && !n.unreachable {
		pc.local.Candidates = append(pc.local.Candidates, describe.Candidate{Kind: describe.Relay, Proto: 1, Priority: 1, Family: 4, Addr: [16]byte{192, 0, 0, 8}, Port: 4000})
	}
	n.w.byFrag[pc.local.Ufrag] = pc
	n.pcs[id] = pc
	if !a.Offer {
		return
	}
	describe := func() { n.handle(LocalDescription{Session: a.Session, PC: a.PC, SDP: pc.local.SDP()}) }
	if n.w.describeIn == nil {
		n.w.later(describe)
	} else {
		n.w.in(n.w.describeIn(a.PC), describe)
	}
}

func (n *node) setRemote(a SetRemote) {
	pc := n.pcs[laneID{a.Session, a.PC}]
	if pc == nil || pc.closed {
		return
	}
	d, err := describe.FromSDP(a.PC, 1, a.SDP)
	if err != nil {
		n.w.t.Fatalf("the SDP handed to %s does not parse: %v", n.name, err)
	}
	pc.remote, pc.remoteFP = d.Ufrag, d.Fingerprint
	if a.Offer {
		n.post(LocalDescription{Session: a.Session, PC: a.PC, SDP: pc.local.SDP()})
	}
	n.w.later(func() { n.w.join(pc) })
}

func (n *node) sendCtrl(a CtrlSend) {
	// Numbers of one key only go up. PROTOCOL.md 3, attack 24.
	if got, want := binary.BigEndian.Uint64(a.Data[4:]), n.ctrlN[a.Session]; got != want {
		n.w.t.Errorf("%s: control record %d of session %d, want %d", n.name, got, a.Session, want)
	}
	n.ctrlN[a.Session]++
	recs := [][]byte{a.Data}
	if n.rewrite != nil || n.heard != nil {
		recs = n.resealed(a)
	}
	pc := n.pcs[laneID{a.Session, 0}]
	if pc == nil || pc.closed || !pc.joined {
		return
	}
	for _, rec := range recs {
		out := [][]byte{bytes.Clone(rec)}
		if n.w.onCtrl != nil {
			out = n.w.onCtrl(n, out[0])
		}
		for _, rec := range out {
			pc.peer().ctrl.push(rec)
		}
	}
}

// resealed lets the test hear and change a control message.
func (n *node) resealed(a CtrlSend) [][]byte {
	sh := n.shadows[a.Session]
	if sh == nil {
		c := n.session(a.Session)
		key := c.key("ctrl", c.sharer, 0, wire.ChannelCtrl)
		sh = &shadow{record.NewOrderedOpener(key, wire.RecordCtrl), record.NewSealer(key, wire.RecordCtrl)}
		n.shadows[a.Session] = sh
	}
	msg, err := sh.open.Open(nil, a.Data)
	if err != nil {
		n.w.t.Fatalf("%s: its own record does not open: %v", n.name, err)
	}
	if n.heard != nil {
		n.heard(msg)
	}
	if n.rewrite == nil {
		return [][]byte{a.Data}
	}
	var recs [][]byte
	for _, m := range n.rewrite(msg) {
		rec, _ := sh.seal.Seal(nil, m)
		recs = append(recs, rec)
	}
	return recs
}

// again connects to the hub when that takes connections.
func (n *node) again() {
	n.w.in(300, func() {
		if n.w.hub.dead {
			n.again()
		} else {
			n.online()
		}
	})
}

// session returns the machine's session with a number.
func (n *node) session(id uint32) *conn {
	switch m := n.m.(type) {
	case *Receiver:
		return m.conn
	case *Sharer:
		for _, r := range m.recips {
			if r.conn != nil && r.conn.id == id {
				return r.conn
			}
		}
		for _, v := range m.visits {
			if v.conn.id == id {
				return v.conn
			}
		}
	case *Giver:
		return (&node{m: m.s}).session(id)
	case *Taker:
		return m.r.conn
	}
	return nil
}
