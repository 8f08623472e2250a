package session

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/rand"
	"strings"
	"testing"

	swire "beeline/signaling/wire"
	"beeline/wasm/catalog"
	"beeline/wasm/describe"
	"beeline/wasm/digest"
	"beeline/wasm/lane"
	"beeline/wasm/wire"
)

// A world is a hub, a sharer, any number of recipients, the network between
// them and their disks, all in one goroutine on one clock. What the network and
// the hub do to what passes through them is up to the test.
type world struct {
	t    *testing.T
	rng  *rand.Rand
	now  int64
	todo []func() // what happens next, in order

	sharer *node
	takers []*node
	hub    *fakeHub
	pcs    map[string]*fakePC // by ufrag

	// hooks; nil: nothing is done to it
	onFrame  func(from, to *node, frame []byte) [][]byte
	onCtrl   func(from *node, rec []byte) [][]byte
	onRecord func(pc uint8, rec []byte) [][]byte
	onRead   func(g lane.Group, data []byte) ([]byte, bool)
	frozen   bool // nothing passes between peers any more
	shuffle  bool // lanes deliver in any order
	seenKeys map[string]bool
}

type machine interface {
	Handle(now int64, e Event) []Action
}

type node struct {
	w    *world
	name string
	m    machine
	conn *hubConn

	files map[uint32][]byte // sharer: by index
	outs  map[laneID]*lane.Out
	ins   map[laneID]*lane.In

	batches map[uint32][]lane.Arrived
	nextB   uint32
	parts   map[uint32]*partFile
	landed  map[string][]byte
	dirs    map[string]bool
	opened  bool
	closed  bool
	tossed  bool
	onDisk  func(file uint32, data []byte) // may damage what is read back
	down    bool
}

type laneID struct {
	session uint32
	pc      uint8
}

type partFile struct {
	path    string
	version uint8
	data    []byte
}

type fakePC struct {
	owner    *node
	id       laneID
	local    describe.Description
	remote   string // ufrag of the other side
	offer    bool
	joined   bool
	closed   bool
	deferred bool
}

func newWorld(t *testing.T, seed int64) *world {
	w := &world{
		t: t, rng: rand.New(rand.NewSource(seed)), now: 1_790_000_000_000,
		pcs: make(map[string]*fakePC), seenKeys: make(map[string]bool),
	}
	w.hub = &fakeHub{w: w, rooms: make(map[[32]byte][]*member)}
	return w
}

func (w *world) config(lanes int) Config {
	return Config{Lanes: lanes, Loopback: true, Now: w.now, Target: catalog.Posix}
}

type testFile struct {
	name string // with slashes
	data []byte // nil: a directory
}

// share makes the sharer with a tree of files.
func (w *world) share(lanes int, files ...testFile) *Sharer {
	s := NewSharer("Share", w.config(lanes))
	n := w.node("sharer", s)
	n.files = make(map[uint32][]byte)
	w.sharer = n
	dirs := map[string]uint32{"": 0}
	var entries []catalog.Entry
	for _, f := range files {
		parent, name := "", f.name
		if i := strings.LastIndex(f.name, "/"); i >= 0 {
			parent, name = f.name[:i], f.name[i+1:]
		}
		e := catalog.Entry{Type: catalog.File, Parent: dirs[parent], Size: uint64(len(f.data)), ModMS: w.now, Name: name}
		if f.data == nil {
			e.Type = catalog.Dir
			dirs[f.name] = uint32(len(entries) + 1)
		} else {
			n.files[uint32(len(entries)+1)] = f.data
		}
		entries = append(entries, e)
	}
	n.handle(Add{entries})
	n.handle(Listed{})
	n.online()
	return s
}

// take makes a recipient of the sharer's link who presses both buttons.
func (w *world) take(link string, lanes int) (*node, *Receiver) {
	r, err := NewReceiver(link, w.config(lanes))
	if err != nil {
		w.t.Fatalf("NewReceiver: %v", err)
	}
	n := w.node(fmt.Sprintf("taker%d", len(w.takers)), r)
	w.takers = append(w.takers, n)
	n.online()
	n.handle(Connect{})
	return n, r
}

func (w *world) node(name string, m machine) *node {
	return &node{
		w: w, name: name, m: m,
		outs: make(map[laneID]*lane.Out), ins: make(map[laneID]*lane.In),
		batches: make(map[uint32][]lane.Arrived), parts: make(map[uint32]*partFile),
		landed: make(map[string][]byte), dirs: make(map[string]bool),
	}
}

func (n *node) online() {
	n.conn = &hubConn{node: n}
	n.handle(SignalUp{})
}

func (n *node) offline() {
	n.w.hub.leave(n.conn)
	n.conn = nil
	n.handle(SignalDown{})
}

func (w *world) later(f func()) { w.todo = append(w.todo, f) }

// run lets ms milliseconds pass: everything that happens, then a tick each 100.
func (w *world) run(ms int) {
	for range ms / 100 {
		w.settle()
		w.now += 100
		w.sharer.handle(Tick{})
		for _, n := range w.takers {
			n.handle(Tick{})
		}
	}
	w.settle()
}

func (w *world) settle() {
	for n := 0; len(w.todo) > 0; n++ {
		if n > 2_000_000 {
			w.t.Fatal("the world does not come to rest")
		}
		f := w.todo[0]
		w.todo = w.todo[1:]
		f()
	}
}

// until runs until done or ms have passed.
func (w *world) until(ms int, done func() bool) bool {
	for range ms / 100 {
		w.settle()
		if done() {
			return true
		}
		w.run(100)
	}
	return done()
}

func (n *node) handle(e Event) {
	if n.down {
		return
	}
	for _, a := range n.m.Handle(n.w.now, e) {
		n.act(a)
	}
}

func (n *node) post(e Event) { n.w.later(func() { n.handle(e) }) }

func (n *node) act(a Action) {
	w := n.w
	switch a := a.(type) {
	case SignalSend:
		if n.conn != nil {
			w.hub.message(n.conn, a.Data)
		}
	case MakePC:
		pc := &fakePC{owner: n, id: laneID{a.Session, a.PC}, offer: a.Offer}
		pc.local = describe.Description{PC: a.PC, Type: 1, Setup: 1, Ufrag: w.token(8), Pwd: w.token(24)}
		if !a.Offer {
			pc.local.Type, pc.local.Setup = 2, 2
		}
		w.rng.Read(pc.local.Fingerprint[:])
		pc.local.Candidates = []describe.Candidate{{Kind: 1, Proto: 1, Priority: 1, Family: 4, Addr: [16]byte{10, 0, 0, 1}, Port: 4000}}
		w.pcs[pc.local.Ufrag] = pc
		n.setPC(pc)
		if a.Offer {
			n.post(LocalDescription{Session: a.Session, PC: a.PC, SDP: pc.local.SDP()})
		}
	case SetRemote:
		pc := n.pc(laneID{a.Session, a.PC})
		if pc == nil {
			return
		}
		d, err := describe.FromSDP(a.PC, 1, a.SDP)
		if err != nil {
			w.t.Fatalf("the SDP handed to %s does not parse: %v", n.name, err)
		}
		pc.remote = d.Ufrag
		if a.Offer {
			n.post(LocalDescription{Session: a.Session, PC: a.PC, SDP: pc.local.SDP()})
		}
		w.later(func() { w.join(pc) })
	case ClosePC:
		if pc := n.pc(laneID{a.Session, a.PC}); pc != nil {
			w.closePC(pc)
		}
	case CtrlSend:
		n.sendCtrl(a)
	case OpenOut:
		w.oneKey(a.Key[:], "out")
		n.outs[laneID{a.Session, a.PC}] = lane.NewOut(a.Key, a.RecMax)
	case OpenIn:
		w.oneKey(a.Key[:], "in")
		n.ins[laneID{a.Session, a.PC}] = lane.NewIn(a.Key, a.Limit)
	case SendGroup:
		w.later(func() { n.sendGroup(a) })
	case HashGroup:
		data, ok := n.read(a.Group, a.Length)
		if !ok {
			n.post(SourceFailed{Session: a.Session, PC: a.PC, Group: a.Group, Hashed: true})
			return
		}
		n.post(Sent{Session: a.Session, PC: a.PC, Group: a.Group, Values: lane.Hash(data, a.Group.Index, a.Single), Hashed: true})
	case RefreshSource:
		n.post(SourceFresh{File: a.File, OK: n.files[a.File] != nil, Size: uint64(len(n.files[a.File])), ModMS: n.modified(a.File)})
	case Expect:
		for id, in := range n.ins {
			if id.session == a.Session {
				in.Expect(a.File, a.Version, a.Size)
				n.batch(id, in)
			}
		}
	case Settled:
		for id, in := range n.ins {
			if id.session == a.Session {
				in.Settled(a.File, a.Version)
			}
		}
	case Forget:
		if in := n.ins[laneID{a.Session, a.PC}]; in != nil {
			in.Forget(a.Group)
		}
	default:
		n.disk(a)
	}
}

// mods holds the dates of files that a test changed.
var mods = map[*node]map[uint32]int64{}

func (n *node) modified(file uint32) int64 {
	if m, ok := mods[n][file]; ok {
		return m
	}
	return 1_790_000_000_000
}

func (n *node) disk(a Action) {
	switch a := a.(type) {
	case DiskOpen:
		n.opened = true
		n.post(DiskOpened{})
	case DiskEntry:
		path := strings.Join(a.Path, "/")
		if a.Dir {
			n.dirs[path] = true
			return
		}
		n.parts[a.File] = &partFile{path: path, data: make([]byte, a.Size)}
	case DiskReset:
		n.parts[a.File].version = a.Version
		n.parts[a.File].data = make([]byte, a.Size)
	case Write:
		var groups []lane.Group
		for i, g := range n.batches[a.Batch] {
			keep := a.Keep == nil
			for _, k := range a.Keep {
				keep = keep || k == i
			}
			if !keep {
				continue
			}
			p := n.parts[g.File]
			if p.version == g.Version {
				copy(p.data[uint64(g.Index)*wire.GroupSize:], g.Data)
			}
			groups = append(groups, g.Group)
		}
		delete(n.batches, a.Batch)
		if len(groups) > 0 {
			n.post(Written{Groups: groups})
		}
	case DiskFinish:
		n.w.later(func() {
			p := n.parts[a.File]
			if p == nil {
				return
			}
			data := bytes.Clone(p.data)
			if n.onDisk != nil {
				n.onDisk(a.File, data)
			}
			var cvs []byte
			h := digest.NewHasher(func(_ uint32, cv [32]byte) { cvs = append(cvs, cv[:]...) })
			h.Write(data)
			d := h.Sum()
			if !bytes.Equal(data, p.data) {
				p.data = data // what is on disk is what was read
			}
			n.handle(Safe{File: a.File, Bytes: uint64(len(data))})
			n.handle(DiskDigest{File: a.File, Version: p.version, Digest: d, CVs: cvs})
		})
	case DiskLand:
		n.landed[n.parts[a.File].path] = n.parts[a.File].data
		delete(n.parts, a.File)
		n.post(Landed{File: a.File})
	case DiskDrop:
		delete(n.parts, a.File)
	case DiskClose:
		n.closed = true
		n.post(DiskClosed{})
	case DiskDiscard:
		n.tossed = true
		n.parts = make(map[uint32]*partFile)
		n.post(DiskClosed{})
	}
}

func (w *world) token(n int) string {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
	b := make([]byte, n)
	for i := range b {
		b[i] = alphabet[w.rng.Intn(len(alphabet))]
	}
	return string(b)
}

// oneKey fails where a key is used for two lanes: nonces start anew with each.
// PROTOCOL.md 3, attack 24.
func (w *world) oneKey(key []byte, side string) {
	k := side + string(key)
	if w.seenKeys[k] {
		w.t.Errorf("a lane key came twice (%s)", side)
	}
	w.seenKeys[k] = true
}

func (n *node) setPC(pc *fakePC) {
	if n.w.pcByID(n, pc.id) != nil && n.w.pcByID(n, pc.id) != pc {
		n.w.t.Errorf("%s: connection number %v came twice", n.name, pc.id)
	}
}

func (n *node) pc(id laneID) *fakePC { return n.w.pcByID(n, id) }

func (w *world) pcByID(n *node, id laneID) *fakePC {
	for _, pc := range w.pcs {
		if pc.owner == n && pc.id == id {
			return pc
		}
	}
	return nil
}

func (pc *fakePC) peer() *fakePC { return pc.owner.w.pcs[pc.remote] }

func (w *world) join(pc *fakePC) {
	p := pc.peer()
	if w.frozen || p == nil || pc.joined || pc.closed || p.closed || p.remote != pc.local.Ufrag {
		return
	}
	pc.joined, p.joined = true, true
	for _, x := range []*fakePC{pc, p} {
		x.owner.post(PCState{Session: x.id.session, PC: x.id.pc, State: Connected})
		if x.id.pc == 0 {
			x.owner.post(CtrlOpen{Session: x.id.session})
		}
	}
}

func (w *world) closePC(pc *fakePC) {
	if pc.closed {
		return
	}
	pc.closed = true
	if p := pc.peer(); p != nil && p.joined && !p.closed && !w.frozen {
		w.later(func() {
			if p.id.pc == 0 {
				p.owner.handle(CtrlClosed{Session: p.id.session})
			}
			p.owner.handle(LaneClosed{Session: p.id.session, PC: p.id.pc})
		})
	}
}

func (n *node) sendCtrl(a CtrlSend) {
	pc := n.pc(laneID{a.Session, 0})
	if pc == nil || pc.closed || !pc.joined {
		return
	}
	p := pc.peer()
	out := [][]byte{bytes.Clone(a.Data)}
	if n.w.onCtrl != nil {
		out = n.w.onCtrl(n, bytes.Clone(a.Data))
	}
	for _, rec := range out {
		n.w.later(func() {
			if !n.w.frozen && !p.closed {
				p.owner.handle(CtrlMessage{Session: p.id.session, Data: rec})
			}
		})
	}
}

func (n *node) read(g lane.Group, length int) ([]byte, bool) {
	data, ok := n.files[g.File]
	at := int(g.Index) * wire.GroupSize
	if !ok || at+length > len(data) {
		return nil, false
	}
	out := bytes.Clone(data[at : at+length])
	if n.w.onRead != nil {
		return n.w.onRead(g, out)
	}
	return out, true
}

func (n *node) sendGroup(a SendGroup) {
	w := n.w
	id := laneID{a.Session, a.PC}
	pc, out := n.pc(id), n.outs[id]
	if pc == nil || pc.closed || out == nil {
		return
	}
	data, ok := n.read(a.Group, a.Length)
	if !ok {
		n.handle(SourceFailed{Session: a.Session, PC: a.PC, Group: a.Group})
		return
	}
	v := out.Load(a.Group, data, a.Single)
	for {
		rec, err := out.Next(nil, true)
		if err != nil {
			w.t.Fatalf("seal: %v", err)
		}
		if len(rec) == 0 {
			break
		}
		recs := [][]byte{rec}
		if w.onRecord != nil {
			recs = w.onRecord(a.PC, rec)
		}
		for _, rec := range recs {
			p := pc.peer()
			w.later(func() { p.owner.record(p, rec) })
			if w.shuffle && len(w.todo) > 1 {
				i := len(w.todo) - 1 - w.rng.Intn(min(40, len(w.todo)))
				j := len(w.todo) - 1
				_ = i
				_ = j
			}
		}
	}
	n.handle(Sent{Session: a.Session, PC: a.PC, Group: a.Group, Values: v, Records: out.Records()})
}

func (n *node) record(pc *fakePC, rec []byte) {
	if n.w.frozen || pc.closed || n.down {
		return
	}
	in := n.ins[pc.id]
	if in == nil {
		return
	}
	err := in.Open(rec)
	n.batch(pc.id, in)
	if err != nil {
		n.handle(LaneFailed{Session: pc.id.session, PC: pc.id.pc, Code: wire.CodeOf(err)})
	}
}

// batch hands what a lane has completed to the machine.
func (n *node) batch(id laneID, in *lane.In) {
	done, unknown := in.Done(), in.Unknown()
	if len(done) == 0 && len(unknown) == 0 {
		return
	}
	n.nextB++
	e := ArrivedBatch{Session: id.session, PC: id.pc, Batch: n.nextB, Unknown: unknown, Bytes: in.Bytes(), Records: in.Records()}
	for _, a := range done {
		a.Data = bytes.Clone(a.Data)
		n.batches[n.nextB] = append(n.batches[n.nextB], a)
		e.Groups = append(e.Groups, ArrivedGroup{Group: a.Group, Length: len(a.Data), Values: a.Values})
	}
	n.post(e)
}

// fakeHub is the hub of signaling/PROTOCOL.md without its limits.
type fakeHub struct {
	w     *world
	rooms map[[32]byte][]*member
	last  uint32
	log   [][]byte // every frame that passed
}

type hubConn struct{ node *node }

type member struct {
	c      *hubConn
	handle uint32
	role   uint8
}

func (h *fakeHub) message(c *hubConn, data []byte) {
	m, err := swire.ParseClient(data)
	if err != nil {
		h.w.t.Fatalf("%s sent a message that the hub refuses: %x", c.node.name, data[:min(len(data), 16)])
	}
	switch m.Op {
	case swire.OpSub:
		for _, t := range m.Topics {
			h.last++
			me := &member{c, h.last, m.Role}
			for _, o := range h.rooms[t] {
				if o.role != m.Role {
					h.tell(o.c, swire.AppendJoin(nil, t, me.handle))
					h.tell(c, swire.AppendJoin(nil, t, o.handle))
				}
			}
			h.rooms[t] = append(h.rooms[t], me)
		}
	case swire.OpUnsub:
		for _, t := range m.Topics {
			h.leaveRoom(c, t)
		}
	case swire.OpPub:
		var me *member
		for _, o := range h.rooms[m.Topic] {
			if o.c == c {
				me = o
			}
		}
		for _, o := range h.rooms[m.Topic] {
			if me == nil || o.handle != m.Dst || o.role == me.role {
				continue
			}
			frame := bytes.Clone(m.Frame)
			h.log = append(h.log, frame)
			out := [][]byte{frame}
			if h.w.onFrame != nil {
				out = h.w.onFrame(c.node, o.c.node, frame)
			}
			for _, f := range out {
				h.tell(o.c, swire.AppendData(nil, m.Topic, me.handle, f))
			}
		}
	case swire.OpICE:
		b, _ := swire.AppendICEAnswer(nil, swire.ICE{URLs: []string{"stun:127.0.0.1:3478"}})
		h.tell(c, b)
	}
}

func (h *fakeHub) tell(c *hubConn, data []byte) {
	h.w.later(func() {
		if c.node.conn == c {
			c.node.handle(SignalMessage{Data: data})
		}
	})
}

func (h *fakeHub) leaveRoom(c *hubConn, t [32]byte) {
	kept := h.rooms[t][:0]
	var gone *member
	for _, o := range h.rooms[t] {
		if o.c == c {
			gone = o
			continue
		}
		kept = append(kept, o)
	}
	h.rooms[t] = kept
	for _, o := range kept {
		if gone != nil && o.role != gone.role {
			h.tell(o.c, swire.AppendLeave(nil, t, gone.handle))
		}
	}
}

func (h *fakeHub) leave(c *hubConn) {
	for t := range h.rooms {
		h.leaveRoom(c, t)
	}
}

// pattern returns n bytes that differ from place to place and file to file.
func pattern(n int, salt uint32) []byte {
	b := make([]byte, n)
	var block [8]byte
	for i := 0; i < n; i += 8 {
		binary.LittleEndian.PutUint32(block[:], salt*2654435761+uint32(i))
		binary.LittleEndian.PutUint32(block[4:], uint32(i)^salt)
		copy(b[i:], block[:])
	}
	return b
}
