package peer

import (
	"sync"
	"sync/atomic"
	"time"

	"beeline/backend/peer/transport"
	"beeline/wasm/lane"
	"beeline/wasm/session"
	"beeline/wasm/wire"
)

// readAhead is how many groups are read before they are sent.
const readAhead = 2

// sentEvery is the time between two reports of how much was sent.
const sentEvery = 200 * time.Millisecond

// An outbound is a lane at the sharer's end: one goroutine reads, one seals and
// sends no faster than the channel takes.
type outbound struct {
	l       *link
	sources *sources
	jobs    *queue[*job]
	loaded  chan *job
	slots   chan []byte // buffers of a group
	stop    chan struct{}
	once    sync.Once
	queued  atomic.Int32 // jobs that the sender has not seen

	out *lane.Out // owned by send

	mu    sync.Mutex // guards under
	under map[*job]struct{}
}

// A job is a group to be sent, or only hashed.
type job struct {
	group    lane.Group
	length   int
	single   bool
	hashOnly bool

	dropped atomic.Bool
	data    []byte // nil: can't be read
	slot    bool   // data is one of the lane's buffers
}

func newOutbound(l *link, a session.OpenOut, src *sources) *outbound {
	o := &outbound{
		l: l, sources: src, out: lane.NewOut(a.Key, a.RecMax),
		jobs: newQueue[*job](), loaded: make(chan *job, 32), slots: make(chan []byte, readAhead),
		stop: make(chan struct{}), under: make(map[*job]struct{}),
	}
	for range readAhead {
		o.slots <- nil // made when first needed
	}
	return o
}

func (o *outbound) close() {
	o.once.Do(func() {
		close(o.stop)
		o.jobs.close()
	})
}

func (o *outbound) add(j *job) {
	o.mu.Lock()
	o.under[j] = struct{}{}
	o.mu.Unlock()
	o.queued.Add(1)
	o.jobs.put(j)
}

// cancel drops what waits for a file.
func (o *outbound) cancel(file uint32) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for j := range o.under {
		if j.group.File == file {
			j.dropped.Store(true)
		}
	}
}

// read reads groups ahead of the sender, in order.
func (o *outbound) read() {
	for {
		select {
		case <-o.stop:
			return
		case <-o.jobs.ready:
		}
		for _, j := range o.jobs.take() {
			if !j.dropped.Load() {
				if !o.buffer(j) {
					return
				}
				if o.sources.read(j.group.File, int64(j.group.Index)*wire.GroupSize, j.data) != nil {
					o.recycle(j)
				}
			}
			select {
			case o.loaded <- j:
			case <-o.stop:
				return
			}
		}
	}
}

// buffer gives a job room. Small groups have their own: many of them share a
// record, and a megabyte for each would be memory for nothing.
func (o *outbound) buffer(j *job) bool {
	if j.length <= wire.RecordMax {
		j.data = make([]byte, j.length)
		return true
	}
	select {
	case b := <-o.slots:
		if b == nil {
			b = make([]byte, wire.GroupSize)
		}
		j.data, j.slot = b[:j.length], true
		return true
	case <-o.stop:
		return false
	}
}

// recycle takes a job's bytes away.
func (o *outbound) recycle(j *job) {
	if j.slot {
		o.slots <- j.data[:wire.GroupSize]
	}
	j.data, j.slot = nil, false
}

// send seals what was read and sends it. A group is answered when the last
// record with bytes of it has gone.
func (o *outbound) send(lane, ctrl transport.Lane) {
	p := newPacer(lane, ctrl, func() int { return int(o.l.bundle.lanes.Load()) }, o.stop)
	var unsent []session.Sent // sealed into a record that is not full
	var rec []byte
	var said time.Time
	answer := func() {
		for _, e := range unsent {
			e.Records = o.out.Records()
			o.l.tell(e)
		}
		unsent = unsent[:0]
	}
	// drain sends full records, and the one under way too if nothing more waits.
	drain := func() bool {
		for {
			if !p.room() {
				return false
			}
			var err error
			if rec, err = o.out.Next(rec[:0], o.queued.Load() == 0); err != nil {
				o.l.tell(session.LaneClosed{Session: o.l.session, PC: o.l.pc}) // its key is used up
				return false
			}
			if len(rec) == 0 {
				return true
			}
			if err := lane.Write(rec); err != nil {
				return false // the channel broke; who reads it says so
			}
			p.sent(len(rec))
			if now := time.Now(); now.Sub(said) >= sentEvery {
				said = now
				o.l.tell(session.Sending{Session: o.l.session, PC: o.l.pc, Bytes: p.written})
			}
			answer()
		}
	}
	for {
		var j *job
		select {
		case j = <-o.loaded:
		case <-o.stop:
			return
		}
		o.queued.Add(-1)
		o.mu.Lock()
		delete(o.under, j)
		o.mu.Unlock()
		sent, ok := o.load(j)
		if !drain() {
			return
		}
		if ok {
			unsent = append(unsent, sent)
		}
		o.recycle(j)
		if !o.out.Pending() {
			answer()
		}
	}
}

// load hands a job's bytes to the sealer. It reports the answer that is due once
// they have gone, or gives it at once where nothing has to go.
func (o *outbound) load(j *job) (session.Sent, bool) {
	sent := session.Sent{Session: o.l.session, PC: o.l.pc, Group: j.group, Hashed: j.hashOnly}
	switch {
	case j.dropped.Load():
		return sent, false // not answered any more
	case j.data == nil:
		o.l.tell(session.SourceFailed{Session: o.l.session, PC: o.l.pc, Group: j.group, Hashed: j.hashOnly})
		return sent, false
	case j.hashOnly:
		sent.Values = lane.Hash(j.data, j.group.Index, j.single)
		sent.Records = o.out.Records()
		o.l.tell(sent)
		return sent, false
	}
	sent.Values = o.out.Load(j.group, j.data, j.single)
	return sent, true
}
