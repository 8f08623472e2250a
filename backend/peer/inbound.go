package peer

import (
	"slices"
	"sync"
	"time"

	"beeline/wasm/lane"
	"beeline/wasm/session"
	"beeline/wasm/wire"
)

// An inbound is a lane at the recipient's end. The goroutine that reads the
// channel opens the records; the machine's tells it what to expect.
type inbound struct {
	l *link

	mu     sync.Mutex // guards the rest
	in     *lane.In
	said   uint64 // bytes the machine was told of
	saidAt time.Time
}

func newInbound(l *link, a session.OpenIn) *inbound {
	return &inbound{l: l, in: lane.NewIn(a.Key, a.Limit)}
}

// record opens one record and hands on what is complete by it. It reports false
// when the lane can't go on.
func (i *inbound) record(rec []byte) bool {
	i.mu.Lock()
	err := i.in.Open(rec)
	m, any := i.gather()
	i.mu.Unlock()
	if any {
		i.l.tellSlow(m)
	}
	if err != nil {
		i.l.tell(session.LaneFailed{Session: i.l.session, PC: i.l.pc, Code: wire.CodeOf(err)})
	}
	return err == nil
}

// After so many bytes, or any after such a time, the machine hears of a lane that
// completed nothing: it counts what leads nowhere, and sees that a slow path is no
// stall.
const (
	sayEvery  = 1 << 20
	sayWithin = time.Second
)

// gather returns the groups that are complete or unknown. Called with mu held.
func (i *inbound) gather() (m message, any bool) {
	done, unknown := i.in.Done(), i.in.Unknown()
	if len(done) == 0 && len(unknown) == 0 && !i.mustSay() {
		return m, false
	}
	i.said, i.saidAt = i.in.Bytes(), time.Now()
	e := session.ArrivedBatch{Session: i.l.session, PC: i.l.pc, Unknown: unknown, Bytes: i.in.Bytes(), Records: i.in.Records()}
	for _, a := range done {
		e.Groups = append(e.Groups, session.ArrivedGroup{Group: a.Group, Length: len(a.Data)})
	}
	return message{event: e, batch: &batch{groups: slices.Clone(done), from: i}}, true
}

func (i *inbound) mustSay() bool {
	unsaid := i.in.Bytes() - i.said
	return unsaid >= sayEvery || unsaid > 0 && time.Since(i.saidAt) >= sayWithin
}

// expect, settled and forget pass on what the machine says.
func (i *inbound) expect(a session.Expect) {
	i.mu.Lock()
	i.in.Expect(a.File, a.Version, a.Size)
	m, any := i.gather()
	i.mu.Unlock()
	if any {
		i.l.s.box.put(m)
	}
}

func (i *inbound) settled(a session.Settled) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.in.Settled(a.File, a.Version)
}

func (i *inbound) forget(g lane.Group) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.in.Forget(g)
}

// A batch is the bytes of an ArrivedBatch on their way to the disk.
type batch struct {
	groups []lane.Arrived
	from   *inbound
}

// free gives a group's buffer back to its lane.
func (b *batch) free(a lane.Arrived) {
	b.from.mu.Lock()
	defer b.from.mu.Unlock()
	b.from.in.Free(a.Data)
}
