package session

import (
	"bytes"
	"encoding/binary"
	"fmt"

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

	// at the sharer
	sources map[uint32]*fakeSource
	onRead  func(g lane.Group, data []byte) ([]byte, bool)
	reads   int  // groups read
	strict  bool // a file that changed can't be read until it is looked at again, as in Chromium

	// rogue replaces the sending of groups by raw records: it gets what the
	// machine would send and returns plaintexts of data records.
	rogue func(a SendGroup) [][]byte

	disk fakeDisk
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

// sendLane is the sending half of a lane's worker, as web/lane/outbound.ts.
type sendLane struct {
	out    *lane.Out
	raw    *record.Sealer // of a rogue, with the same key
	jobs   []any          // SendGroup or HashGroup
	unsent []Sent
	busy   bool
}

// inbound is the receiving half, as web/lane/inbound.ts.
type inbound struct {
	in       *lane.In
	reported int64  // when a batch was handed on last
	bytes    uint64 // that it said
	failed   bool
}

func (w *world) node(name string, m machine) *node {
	n := &node{
		w: w, name: name, m: m,
		pcs: make(map[laneID]*fakePC), jobs: make(map[laneID]*sendLane), ins: make(map[laneID]*inbound),
		ctrlN: make(map[uint32]uint64), sources: make(map[uint32]*fakeSource),
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

func (n *node) act(a Action) {
	w := n.w
	switch a := a.(type) {
	case SignalSend:
		if n.conn != nil {
			w.hub.message(n.conn, a.Data)
		}
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
		n.jobs[id] = &sendLane{out: lane.NewOut(a.Key, a.RecMax), raw: record.NewSealer(a.Key, wire.RecordData)}
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
		s := n.sources[a.File]
		s.seen = s.modMS
		n.post(SourceFresh{File: a.File, OK: s.data != nil, Size: uint64(len(s.data)), ModMS: s.modMS})
	case Expect:
		n.eachIn(a.Session, func(id laneID, in *inbound) {
			in.in.Expect(a.File, a.Version, a.Size)
			n.gather(id, in, false)
		})
	case Settled:
		n.eachIn(a.Session, func(_ laneID, in *inbound) { in.in.Settled(a.File, a.Version) })
	case Forget:
		if in := n.ins[laneID{a.Session, a.PC}]; in != nil {
			in.in.Forget(a.Group)
		}
	default:
		n.disk.act(a)
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
	pc.local.Candidates = []describe.Candidate{{Kind: 1, Proto: 1, Priority: 1, Family: 4, Addr: [16]byte{10, 0, 0, 1}, Port: 4000}}
	n.w.byFrag[pc.local.Ufrag] = pc
	n.pcs[id] = pc
	if a.Offer {
		n.post(LocalDescription{Session: a.Session, PC: a.PC, SDP: pc.local.SDP()})
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
	pc := n.pcs[laneID{a.Session, 0}]
	if pc == nil || pc.closed || !pc.joined {
		return
	}
	out := [][]byte{bytes.Clone(a.Data)}
	if n.w.onCtrl != nil {
		out = n.w.onCtrl(n, bytes.Clone(a.Data))
	}
	for _, rec := range out {
		pc.peer().ctrl.push(rec)
	}
}

func (n *node) addJob(id laneID, job any) {
	if l := n.jobs[id]; l != nil {
		l.jobs = append(l.jobs, job)
		n.w.later(func() { n.pump(id) })
	}
}

func (n *node) cancelJobs(a CancelGroups) {
	for _, id := range sortedLanes(n.jobs) {
		l := n.jobs[id]
		if id.session != a.Session {
			continue
		}
		kept := l.jobs[:0]
		for _, j := range l.jobs {
			if g, _, _ := jobGroup(j); g.File != a.File {
				kept = append(kept, j)
			}
		}
		l.jobs = kept
		n.w.later(func() { n.pump(id) }) // a record that waited for more goes
	}
}

func jobGroup(j any) (g lane.Group, length int, single bool) {
	switch j := j.(type) {
	case SendGroup:
		return j.Group, j.Length, j.Single
	case HashGroup:
		return j.Group, j.Length, j.Single
	}
	panic(fmt.Sprintf("no job: %T", j))
}

// pump sends while the channel takes more. 1 MiB queued on a lane: DESIGN 5.
func (n *node) pump(id laneID) {
	l, pc := n.jobs[id], n.pcs[id]
	if l == nil || pc == nil || pc.closed || !pc.joined || n.down || l.busy {
		return
	}
	l.busy = true
	defer func() { l.busy = false }()
	for len(l.jobs) > 0 && pc.peer().lane.bytes < 1<<20 {
		job := l.jobs[0]
		l.jobs = l.jobs[1:]
		g, length, single := jobGroup(job)
		_, hashed := job.(HashGroup)
		if n.rogue != nil && !hashed {
			for _, plain := range n.rogue(job.(SendGroup)) {
				n.sendPlain(id, plain)
			}
			continue
		}
		data, ok := n.read(g, length, single)
		switch {
		case !ok:
			n.handle(SourceFailed{Session: id.session, PC: id.pc, Group: g, Hashed: hashed})
		case hashed:
			n.handle(Sent{Session: id.session, PC: id.pc, Group: g, Values: lane.Hash(data, g.Index, single), Hashed: true, Records: l.out.Records()})
		default:
			v := l.out.Load(g, data, single)
			n.drain(id, l, pc)
			l.unsent = append(l.unsent, Sent{Session: id.session, PC: id.pc, Group: g, Values: v})
		}
		n.drain(id, l, pc)
	}
	if len(l.jobs) == 0 {
		n.drain(id, l, pc)
	}
}

// drain hands over full records, and the one under way if nothing more waits.
func (n *node) drain(id laneID, l *sendLane, pc *fakePC) {
	for {
		rec, err := l.out.Next(nil, len(l.jobs) == 0)
		if err != nil {
			n.w.t.Fatalf("seal: %v", err)
		}
		if len(rec) == 0 {
			break
		}
		if len(rec) > wire.RecordMax {
			n.w.t.Errorf("a record of %d bytes, want at most %d", len(rec), wire.RecordMax)
		}
		pc.sendRecord(rec)
	}
	if l.out.Pending() {
		return
	}
	unsent := l.unsent
	l.unsent = nil
	for _, s := range unsent {
		s.Records = l.out.Records()
		n.post(s)
	}
}

// sendPlain seals a record of the test's own making.
func (n *node) sendPlain(id laneID, plain []byte) {
	rec, err := n.jobs[id].raw.Seal(nil, plain)
	if err != nil {
		n.w.t.Fatalf("seal: %v", err)
	}
	n.pcs[id].sendRecord(rec)
}

func (n *node) read(g lane.Group, length int, single bool) ([]byte, bool) {
	n.reads++
	s := n.sources[g.File]
	at := int(g.Index) * wire.GroupSize
	if s == nil || at+length > len(s.data) || (n.strict || single) && s.seen != s.modMS {
		return nil, false
	}
	data := bytes.Clone(s.data[at : at+length])
	if n.onRead != nil {
		return n.onRead(g, data)
	}
	return data, true
}

// edit changes a file of the sharer.
func (n *node) edit(file uint32, data []byte) {
	s := n.sources[file]
	s.data, s.modMS = data, s.modMS+1000
	if data != nil {
		n.w.truth[s.path] = append(n.w.truth[s.path], data)
	}
}

func (n *node) record(pc *fakePC, rec []byte) {
	in := n.ins[pc.id]
	if in == nil || in.failed || n.down {
		return
	}
	err := in.in.Open(rec)
	n.gather(pc.id, in, false)
	if err != nil {
		in.failed = true
		n.post(LaneFailed{Session: pc.id.session, PC: pc.id.pc, Code: wire.CodeOf(err)})
	}
}

// gather hands on what a lane has completed, and now and again that bytes came.
func (n *node) gather(id laneID, in *inbound, beat bool) {
	done, unknown := in.in.Done(), in.in.Unknown()
	alive := beat && in.in.Bytes() > in.bytes && n.w.now-in.reported >= 1_000
	if len(done) == 0 && len(unknown) == 0 && !alive {
		return
	}
	in.reported, in.bytes = n.w.now, in.in.Bytes()
	e := ArrivedBatch{Session: id.session, PC: id.pc, Batch: n.disk.hold(done), Unknown: unknown, Bytes: in.bytes, Records: in.in.Records()}
	for _, a := range done {
		e.Groups = append(e.Groups, ArrivedGroup{Group: a.Group, Length: len(a.Data), Values: a.Values})
		in.in.Free(a.Data)
	}
	n.post(e)
}
