package signaling

import (
	"slices"
	"sync"

	"beeline/signaling/wire"
)

// A queue holds what one client has still to be sent, in order.
//
// Frames are bounded: Limits.Queue in all, Limits.QueuePerPeer of one sending
// connection; what goes beyond is dropped at the expense of whoever has most
// there. So a burst at a client on a slow line costs the sender of the burst
// its frames, and nobody a connection. News of members is not dropped, or a
// client would talk to ghosts; it is bounded because a JOIN and its LEAVE
// cancel out while they wait, and a topic has few members. What a client asks
// for faster than it takes the answers is not bounded by any of that: beyond
// Limits.QueueAll the connection is over.
type queue struct {
	limits Limits
	wake   chan struct{} // has a value when there is something new
	over   func()        // called once, with mu held, when more waits than may

	mu     sync.Mutex // guards the rest
	items  []item
	frames int            // items with a frame
	from   map[uint64]int // frames by sending connection
	full   bool           // over was called
	lost   []lostSeat     // seats the bus took away; the reader of the connection collects them
}

type item struct {
	op         uint8
	topic      wire.Topic
	handle     uint32
	frame      []byte // OpData
	connection uint64 // OpData: who sent it
	errOp      uint8  // OpErr
	retryMS    uint16 // OpErr
	ice        []byte // OpICEAnswer: the whole message
	plate      uint32 // OpPlateIs
}

type lostSeat struct {
	topic  wire.Topic
	handle uint32
}

func newQueue(l Limits) *queue {
	return &queue{limits: l, wake: make(chan struct{}, 1), over: func() {}}
}

// message appends the item's bytes to b.
func (i *item) message(b []byte) []byte {
	switch i.op {
	case wire.OpJoin:
		return wire.AppendJoin(b, i.topic, i.handle)
	case wire.OpLeave:
		return wire.AppendLeave(b, i.topic, i.handle)
	case wire.OpData:
		return wire.AppendData(b, i.topic, i.handle, i.frame)
	case wire.OpErr:
		return wire.AppendErr(b, i.errOp, i.retryMS)
	case wire.OpICEAnswer:
		return append(b, i.ice...)
	case wire.OpPlateIs:
		return wire.AppendPlate(b, i.plate)
	default:
		return wire.AppendSubbed(b)
	}
}

// pop takes the first item out.
func (q *queue) pop() (item, bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.items) == 0 {
		return item{}, false
	}
	it := q.items[0]
	q.gone(&it)
	q.items[0] = item{} // lets the frame go
	if q.items = q.items[1:]; len(q.items) == 0 {
		q.items = nil // an idle connection keeps nothing
	}
	return it, true
}

// put appends an item. Needs mu.
func (q *queue) put(it item) {
	if q.full {
		return
	}
	if len(q.items) >= q.limits.QueueAll {
		q.full = true
		q.over()
		return
	}
	if it.op == wire.OpData {
		if q.from == nil {
			q.from = make(map[uint64]int)
		}
		q.frames++
		q.from[it.connection]++
	}
	q.items = append(q.items, it)
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

// gone settles the counts for an item that leaves the queue. Needs mu.
func (q *queue) gone(it *item) {
	if it.op == wire.OpData {
		q.frames--
		if q.from[it.connection]--; q.from[it.connection] == 0 {
			delete(q.from, it.connection)
		}
	}
}

// purge removes the items for which drop says so, asked in order. Needs mu.
func (q *queue) purge(drop func(*item) bool) {
	kept := q.items[:0]
	for i := range q.items {
		if it := &q.items[i]; drop(it) {
			q.gone(it)
		} else {
			kept = append(kept, *it)
		}
	}
	clear(q.items[len(kept):]) // lets the frames go
	q.items = kept
}

func (q *queue) subbed() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.put(item{op: wire.OpSubbed})
}

// refuse queues an ERR. One that waits already for the same operation is
// brought up to date instead, so refusals can't pile up.
func (q *queue) refuse(op uint8, retryMS uint16) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.putErr(op, retryMS)
}

func (q *queue) putErr(op uint8, retryMS uint16) {
	for i := range q.items {
		if it := &q.items[i]; it.op == wire.OpErr && it.errOp == op {
			it.retryMS = max(it.retryMS, retryMS)
			return
		}
	}
	q.put(item{op: wire.OpErr, errOp: op, retryMS: retryMS})
}

func (q *queue) answerICE(msg []byte) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.put(item{op: wire.OpICEAnswer, ice: msg})
}

func (q *queue) plateIs(plate uint32) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.put(item{op: wire.OpPlateIs, plate: plate})
}

func (q *queue) joined(topic wire.Topic, handle uint32) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.put(item{op: wire.OpJoin, topic: topic, handle: handle})
}

// left queues a LEAVE, or takes back the JOIN that was not sent yet and what
// that member said since.
func (q *queue) left(topic wire.Topic, handle uint32) {
	q.mu.Lock()
	defer q.mu.Unlock()
	announced := true
	q.purge(func(it *item) bool {
		if it.topic != topic || it.handle != handle {
			return false
		}
		if it.op == wire.OpJoin {
			announced = false
		}
		return !announced
	})
	if announced {
		q.put(item{op: wire.OpLeave, topic: topic, handle: handle})
	}
}

// forget drops what waits for topics that the client has given up.
func (q *queue) forget(topics []wire.Topic) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.purge(func(it *item) bool {
		return (it.op == wire.OpJoin || it.op == wire.OpLeave || it.op == wire.OpData) && slices.Contains(topics, it.topic)
	})
}

// frame queues a frame and returns how many frames were dropped for it or
// instead of it: 0 or 1.
func (q *queue) frame(topic wire.Topic, src uint32, connection uint64, frame []byte) (dropped int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.from[connection] >= q.limits.QueuePerPeer {
		return 1
	}
	if q.frames >= q.limits.Queue {
		dropped = 1
		fullest, most := connection, q.from[connection]+1 // as if it were in
		for c, n := range q.from {
			if n > most {
				fullest, most = c, n
			}
		}
		if fullest == connection {
			return dropped
		}
		q.dropNewest(fullest)
	}
	q.put(item{op: wire.OpData, topic: topic, handle: src, frame: frame, connection: connection})
	return dropped
}

// dropNewest drops the frame that came last from connection. Needs mu.
func (q *queue) dropNewest(connection uint64) {
	for i := len(q.items) - 1; i >= 0; i-- {
		if it := &q.items[i]; it.op == wire.OpData && it.connection == connection {
			q.gone(it)
			q.items = slices.Delete(q.items, i, i+1)
			return
		}
	}
}

// displaced notes that a seat was taken away and tells the client to do what op
// is again after retryMS.
func (q *queue) displaced(topic wire.Topic, handle uint32, op uint8, retryMS uint16) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.lost = append(q.lost, lostSeat{topic, handle})
	q.putErr(op, retryMS)
}

// takeLost returns the seats that were taken away since the last call.
func (q *queue) takeLost() []lostSeat {
	q.mu.Lock()
	defer q.mu.Unlock()
	lost := q.lost
	q.lost = nil
	return lost
}
