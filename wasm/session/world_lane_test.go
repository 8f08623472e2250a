package session

import (
	"bytes"
	"fmt"

	"beeline/wasm/lane"
	"beeline/wasm/record"
	"beeline/wasm/wire"
)

// sendLane is the sending half of a lane's worker, as web/lane/outbound.ts.
type sendLane struct {
	of     [16]byte // share of a host
	key    [32]byte
	out    *lane.Out
	raw    *record.Sealer // of a rogue, with the same key
	jobs   []any          // SendGroup or HashGroup
	unsent []Sent
	bytes  uint64 // sent
	busy   bool
}

// inbound is the receiving half, as web/lane/inbound.ts.
type inbound struct {
	in       *lane.In
	reported int64  // when a batch was handed on last
	bytes    uint64 // that it said
	failed   bool
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

// queued is how much may wait in the channel of a lane. DESIGN 5.
func (n *node) queued() int {
	if len(n.jobs) > 1 {
		return wire.QueueMany
	}
	return wire.QueueOne
}

// pump sends while the channel takes more.
func (n *node) pump(id laneID) {
	l, pc := n.jobs[id], n.pcs[id]
	if l == nil || pc == nil || pc.closed || !pc.joined || n.down || l.busy {
		return
	}
	l.busy = true
	defer func() { l.busy = false }()
	for len(l.jobs) > 0 && pc.peer().lane.bytes < n.queued() {
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
		data, ok := n.read(l.of, g, length, single)
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
		n.w.onePair(l.key, rec)
		pc.sendRecord(rec)
		l.bytes += uint64(len(rec))
	}
	if l.bytes > 0 {
		n.post(Sending{Session: id.session, PC: id.pc, Bytes: l.bytes})
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

func (n *node) read(of [16]byte, g lane.Group, length int, single bool) ([]byte, bool) {
	n.reads++
	s := n.files(of)[g.File]
	at := int(g.Index) * wire.GroupSize
	if s == nil || at+length > len(s.data) || (n.strict || single) && s.seen != s.modMS {
		return nil, false
	}
	if n.onRead != nil {
		return n.onRead(g, bytes.Clone(s.data[at:at+length]))
	}
	return s.data[at : at+length], true
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
	e := ArrivedBatch{Session: id.session, PC: id.pc, Batch: n.disk.hold(in.in, done), Unknown: unknown, Bytes: in.bytes, Records: in.in.Records()}
	for _, a := range done {
		e.Groups = append(e.Groups, ArrivedGroup{Group: a.Group, Length: len(a.Data)})
	}
	n.post(e)
}
