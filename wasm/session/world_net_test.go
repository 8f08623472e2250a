package session

import (
	"cmp"
	"encoding/binary"
	"slices"

	"beeline/wasm/describe"
)

// fakePC is one end of a peer connection: two connect when each has the other's
// description, as it was before anybody changed it.
type fakePC struct {
	owner    *node
	id       laneID
	local    describe.Description
	remote   string // ufrag of the other side
	remoteFP [32]byte
	joined   bool
	closed   bool

	ctrl, lane channel // what is on its way here
	left       int     // bytes the lane may still deliver in this step
}

// channel carries messages one way. Reliable; a lane may lose its order.
type channel struct {
	pc    *fakePC
	lane  bool
	queue [][]byte
	bytes int
}

func sortedLanes[V any](m map[laneID]V) []laneID {
	ids := make([]laneID, 0, len(m))
	for id := range m {
		ids = append(ids, id)
	}
	slices.SortFunc(ids, func(x, y laneID) int {
		return cmp.Or(cmp.Compare(x.session, y.session), cmp.Compare(x.pc, y.pc))
	})
	return ids
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
func (w *world) oneKey(key [32]byte, side string) {
	k := side + string(key[:])
	if w.keys[k] {
		w.t.Errorf("a lane key came twice (%s)", side)
	}
	w.keys[k] = true
}

// onePair fails where a nonce is used twice with a key, in whatever session: the
// number of a record is its nonce. PROTOCOL.md 3, attack 24.
func (w *world) onePair(key [32]byte, rec []byte) {
	pair := [40]byte(append(key[:], rec[4:12]...))
	if w.pairs[pair] {
		w.t.Errorf("record %d of a lane was sealed twice", binary.BigEndian.Uint64(rec[4:12]))
	}
	w.pairs[pair] = true
}

func (pc *fakePC) peer() *fakePC { return pc.owner.w.byFrag[pc.remote] }

// join connects two ends. DTLS fails where a fingerprint is not the other's.
func (w *world) join(pc *fakePC) {
	p := pc.peer()
	if p == nil || pc.joined || pc.closed || p.closed || p.remote != pc.local.Ufrag {
		return
	}
	if w.frozen {
		w.parked = append(w.parked, func() { w.join(pc) })
		return
	}
	if w.refuse != nil && w.refuse(pc) {
		w.in(5_000, func() { pc.owner.handle(PCState{Session: pc.id.session, PC: pc.id.pc, State: ConnFailed}) })
		return
	}
	if pc.remoteFP != p.local.Fingerprint || p.remoteFP != pc.local.Fingerprint {
		return
	}
	for _, x := range []*fakePC{pc, p} {
		x.joined = true
		x.ctrl, x.lane = channel{pc: x}, channel{pc: x, lane: true}
		x.renew()
		x.owner.post(PCState{Session: x.id.session, PC: x.id.pc, State: Connected})
		if x.id.pc == 0 {
			x.owner.post(PCRoute{Session: x.id.session, Route: cmp.Or(w.route, RouteDirect), RTT: w.rtt})
			x.owner.post(CtrlOpen{Session: x.id.session})
		}
		w.later(func() { x.owner.pump(x.id) })
	}
}

// rate is what the lane carries in 100 ms.
func (pc *fakePC) rate() int {
	if rate, ok := pc.owner.w.slow[pc.id.pc]; ok {
		return rate
	}
	return pc.owner.w.rate
}

// renew gives the lane its bytes for the next step.
func (pc *fakePC) renew() {
	if pc.closed || !pc.joined {
		return
	}
	rate := pc.rate()
	pc.left = min(pc.left+rate, max(rate, 1<<16))
	if pc.owner.w.rate > 0 {
		for range pc.lane.queue {
			pc.owner.w.later(pc.lane.deliver)
		}
	}
}

func (c *channel) push(data []byte) {
	if c.pc == nil || c.pc.closed {
		return
	}
	c.queue = append(c.queue, data)
	c.bytes += len(data)
	c.pc.owner.w.later(c.deliver)
}

// deliver hands over one message: the next, or on a shuffled lane any.
func (c *channel) deliver() {
	w := c.pc.owner.w
	if w.onStep != nil && len(c.queue) > 0 && !w.frozen {
		w.onStep()
	}
	if len(c.queue) == 0 || c.pc.closed {
		return
	}
	if w.frozen {
		w.parked = append(w.parked, c.deliver)
		return
	}
	i := 0
	if c.lane && w.shuffle {
		i = w.rng.Intn(len(c.queue))
	}
	data := c.queue[i]
	if c.lane && w.rate > 0 {
		if c.pc.left < len(data) {
			return // renew delivers it
		}
		c.pc.left -= len(data)
	}
	c.queue = slices.Delete(c.queue, i, i+1)
	c.bytes -= len(data)
	w.steps++
	if !c.lane {
		c.pc.owner.handle(CtrlMessage{Session: c.pc.id.session, Data: data})
		return
	}
	c.pc.owner.record(c.pc, data)
	if p := c.pc.peer(); p != nil {
		p.owner.pump(p.id)
	}
}

func (pc *fakePC) sendRecord(rec []byte) {
	p := pc.peer()
	recs := [][]byte{rec}
	if pc.owner.w.onRecord != nil {
		recs = pc.owner.w.onRecord(p, rec)
	}
	for _, r := range recs {
		p.lane.push(r)
	}
}

// close ends the connection at this end. The other hears of it, and of nothing
// that was still to be sent: so do browsers.
func (pc *fakePC) close() {
	if pc.closed {
		return
	}
	w := pc.owner.w
	pc.closed = true
	delete(pc.owner.jobs, pc.id)
	delete(pc.owner.ins, pc.id)
	p := pc.peer()
	if p == nil || !p.joined || p.closed {
		return
	}
	if w.lossy && !w.frozen {
		p.ctrl.queue, p.lane.queue, p.lane.bytes = nil, nil, 0
	}
	p.gone()
}

// gone tells an end that the other is closed.
func (pc *fakePC) gone() {
	w := pc.owner.w
	w.later(func() {
		if w.frozen {
			w.parked = append(w.parked, pc.gone)
			return
		}
		if pc.closed {
			return
		}
		if pc.id.pc == 0 {
			pc.owner.handle(CtrlClosed{Session: pc.id.session})
		}
		pc.owner.handle(LaneClosed{Session: pc.id.session, PC: pc.id.pc})
		pc.close()
	})
}

// kill breaks a connection under both ends, in any order.
func (w *world) kill(pc *fakePC) {
	ends := []*fakePC{pc, pc.peer()}
	if w.rng.Intn(2) == 0 {
		slices.Reverse(ends)
	}
	for _, x := range ends {
		if x == nil || x.closed {
			continue
		}
		x.closed = true
		delete(x.owner.jobs, x.id)
		delete(x.owner.ins, x.id)
		x.owner.post(PCState{Session: x.id.session, PC: x.id.pc, State: ConnFailed})
	}
}

// freeze stops everything between peers: a cut cable. The hub is not concerned.
func (w *world) freeze() { w.frozen = true }

// thaw lets what waited pass: a reliable channel has sent it again meanwhile.
func (w *world) thaw() {
	w.frozen = false
	w.todo = append(w.todo, w.parked...)
	w.parked = nil
}

// live returns the connections that work, those of the sharer only.
func (w *world) live() []*fakePC {
	var out []*fakePC
	for _, id := range sortedLanes(w.sharer.pcs) {
		if pc := w.sharer.pcs[id]; pc.joined && !pc.closed {
			out = append(out, pc)
		}
	}
	return out
}
