package session

import (
	"encoding/binary"
	"fmt"
	"math/rand"
	"slices"
	"strings"
	"sync"
	"testing"

	"beeline/wasm/catalog"
	"beeline/wasm/invite"
)

// A world is a hub, a sharer, any number of recipients, the network between
// them, their sources and their disks, all in one goroutine on one clock. What
// the hub, the network and the disks do is up to the test. It watches what must
// never happen whoever is malicious: a wrong byte under a final name, a key used
// twice, a message that the hub of signaling/PROTOCOL.md refuses.
//
// The randomness of the machines themselves (keys, topics) is not the world's: a
// seed gives the same attacks on the same moments, not the same bytes.
type world struct {
	t    testing.TB
	rng  *rand.Rand
	now  int64
	todo []func() // what happens next, in order

	nodes  []*node // all of them, for time
	sharer *node   // the first
	takers []*node
	hub    *fakeHub
	byFrag map[string]*fakePC // by ufrag

	// Hooks; nil: nothing is done to it.
	onFrame    func(p passing) [][]byte
	onCtrl     func(from *node, rec []byte) [][]byte
	onRecord   func(to *fakePC, rec []byte) [][]byte
	describeIn func(pc uint8) int64  // ms until a stack has described an offer; nil: at once
	refuse     func(pc *fakePC) bool // a connection that never comes up: after 5 s it has failed
	onStep     func()                // before each message of a channel is delivered
	each       func()                // every 100 ms

	frozen  bool          // nothing passes between peers; it waits
	parked  []func()      // what waits
	shuffle bool          // lanes deliver in any order
	lossy   bool          // closing a connection drops what it still had to send
	rate    int           // bytes that each lane carries in 100 ms; 0: no limit
	slow    map[uint8]int // the same for single lanes, by the number of their connection
	rtt     int64         // ms, as the shells say; 0: they don't know
	route   Route         // as they say; direct, if they don't
	plain   bool          // as many lanes as the sharer finds right, not as many as it may have
	steps   int           // messages delivered on channels

	timers []timer

	keys  map[string]bool
	pairs map[[40]byte]bool   // keys and nonces of records
	truth map[string][][]byte // path → every content the source ever had
}

type timer struct {
	at int64
	f  func()
}

type machine interface {
	Handle(now int64, e Event) []Action
}

// noon is a time in the middle of an hour.
const noon = 1_790_002_800_000 - 1_790_002_800_000%3_600_000 + 30*60_000

func newWorld(t testing.TB, seed int64) *world {
	w := &world{
		t: t, rng: rand.New(rand.NewSource(seed)), now: noon, lossy: true,
		byFrag: make(map[string]*fakePC), keys: make(map[string]bool), pairs: make(map[[40]byte]bool), truth: make(map[string][][]byte),
	}
	w.hub = &fakeHub{w: w, rooms: make(map[[32]byte][]*hubMember)}
	return w
}

func (w *world) config(lanes int) Config {
	c := Config{Lanes: lanes, Forced: lanes, Loopback: true, Now: w.now, Target: catalog.Posix}
	if w.plain {
		c.Forced = 0
	}
	return c
}

type testFile struct {
	name string // with slashes
	data []byte // nil: a directory
}

// share makes the sharer with a tree of files and brings it online.
func (w *world) share(lanes int, files ...testFile) *Sharer {
	s := NewSharer("Share", w.config(lanes))
	w.sharer = w.node("sharer", s)
	w.sharer.offer(files)
	w.sharer.online()
	return s
}

// offer lists files. Directories come before what is in them.
func (n *node) offer(files []testFile) {
	entries := n.list(n.sources, files)
	n.handle(Add{entries})
	n.handle(Listed{})
}

// list makes the entries of files whose sources these are.
func (n *node) list(sources map[uint32]*fakeSource, files []testFile) []catalog.Entry {
	dirs := map[string]uint32{"": 0}
	var entries []catalog.Entry
	for _, f := range files {
		parent, name := "", f.name
		if i := strings.LastIndex(f.name, "/"); i >= 0 {
			parent, name = f.name[:i], f.name[i+1:]
		}
		e := catalog.Entry{Type: catalog.File, Parent: dirs[parent], Size: uint64(len(f.data)), ModMS: n.w.now, Name: name}
		if f.data == nil {
			e.Type = catalog.Dir
			dirs[f.name] = uint32(len(entries) + 1)
		} else {
			sources[uint32(len(entries)+1)] = &fakeSource{path: f.name, data: f.data, modMS: n.w.now, seen: n.w.now}
			n.w.truth[f.name] = append(n.w.truth[f.name], f.data)
		}
		entries = append(entries, e)
	}
	return entries
}

// take makes a recipient of a link who presses Connect.
func (w *world) take(link string, lanes int) (*node, *Receiver) {
	w.t.Helper()
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

// impostor is somebody who has the link but not the sharer's key.
func (w *world) impostor(s *Sharer) (*node, *Sharer) {
	f := NewSharer("Other", w.config(1))
	f.opens(s.link)
	n := w.node("impostor", f)
	n.offer([]testFile{{"evil.mov", pattern(100, 666)}})
	delete(w.truth, "evil.mov") // it must never land
	n.online()
	return n, f
}

func (w *world) later(f func()) { w.todo = append(w.todo, f) }

// in lets something happen ms from now.
func (w *world) in(ms int64, f func()) { w.timers = append(w.timers, timer{w.now + ms, f}) }

// settle lets everything happen that needs no time.
func (w *world) settle() {
	w.t.Helper()
	for n := 0; len(w.todo) > 0; n++ {
		if n > 500_000 {
			w.t.Fatal("the world does not come to rest")
		}
		f := w.todo[0]
		w.todo = w.todo[1:]
		f()
	}
}

// step lets 100 ms pass.
func (w *world) step() {
	w.t.Helper()
	w.settle()
	w.now += 100
	for i := 0; i < len(w.timers); {
		if tm := w.timers[i]; tm.at <= w.now {
			w.timers = slices.Delete(w.timers, i, i+1)
			w.later(tm.f)
		} else {
			i++
		}
	}
	w.settle()
	for _, n := range w.nodes {
		n.tick()
	}
	w.settle()
	if w.each != nil {
		w.each()
	}
}

func (w *world) run(ms int) {
	w.t.Helper()
	for range ms / 100 {
		w.step()
	}
}

// until runs until done or ms have passed.
func (w *world) until(ms int, done func() bool) bool {
	w.t.Helper()
	w.settle()
	for range ms / 100 {
		if done() {
			return true
		}
		w.step()
	}
	return done()
}

// wait fails the test if done does not come true in ms.
func (w *world) wait(ms int, what string, done func() bool) {
	w.t.Helper()
	if !w.until(ms, done) {
		w.t.Fatalf("after %d ms it is still not so: %s%s", ms, what, w.state())
	}
}

// state describes everybody, for failures.
func (w *world) state() string {
	var b strings.Builder
	for _, n := range w.nodes {
		switch m := n.m.(type) {
		case *Sharer:
			v := m.View()
			v.Link = ""
			fmt.Fprintf(&b, "\n%s: %+v", n.name, v)
		case *Receiver:
			fmt.Fprintf(&b, "\n%s: %+v", n.name, m.View())
		}
	}
	return b.String()
}

// receiveAll waits for the list and presses Receive.
func (w *world) receiveAll(n *node, r *Receiver) {
	w.t.Helper()
	w.wait(5_000, "the list is there", func() bool { return r.View().Phase == ListShown && r.View().Listed })
	n.handle(Receive{})
}

// complete waits until a recipient is done and what landed is the source.
func (w *world) complete(ms int, n *node, r *Receiver, files []testFile) {
	w.t.Helper()
	w.wait(ms, n.name+" is complete", func() bool { return r.View().Phase == Complete })
	w.run(300)
	sameTree(w.t, n, files)
}

// online connects to the hub.
func (n *node) online() {
	n.conn = &hubConn{node: n}
	n.handle(SignalUp{})
}

func (n *node) offline() {
	n.w.hub.leave(n.conn)
	n.conn = nil
	n.handle(SignalDown{})
}

// dies takes it away without a word to anybody, as a power cut does.
func (n *node) dies() {
	n.offline()
	n.down = true
}

func sharedLink(s *Sharer, change func(*invite.Link)) string {
	l := s.link
	change(&l)
	return l.String()
}

// noise is what all files are cut from: making each anew would be most of the
// work of these tests.
var noise = sync.OnceValue(func() []byte {
	b := make([]byte, 27<<20)
	x := uint64(0x9E3779B97F4A7C15)
	for i := 0; i < len(b); i += 8 {
		x ^= x << 13
		x ^= x >> 7
		x ^= x << 17
		binary.LittleEndian.PutUint64(b[i:], x)
	}
	return b
})

// pattern returns n bytes that differ from place to place and from salt to salt.
// They are shared: who changes them clones them first.
func pattern(n int, salt uint32) []byte {
	b := noise()
	at := int(uint64(salt) * 2654435761 % uint64(len(b)-n+1))
	return b[at : at+n : at+n]
}
