package session

import (
	"cmp"
	"slices"

	"beeline/wasm/ctrl"
	"beeline/wasm/lane"
	"beeline/wasm/wire"
)

// This file: the lanes of one session at the sharer's end, and which of them takes
// the next group. A lane gets one when it has nearly sent what it has: so a slow
// one takes fewer, and what can be stuck on it is little.

// What one lane's shell holds at once. A lane alone reads well ahead; of several
// each holds what it sends in holdFor, a group at least.
const (
	laneBytes  = 3 << 20
	laneGroups = 96
	laneSmall  = 1 << 18 // bytes of small files, before its rate is known
	holdFor    = 400     // ms
)

const (
	lastFor    = 3_000  // ms in which a group that was handed to the network may not have arrived
	rateOver   = 2_000  // ms over which the rate of a lane is averaged
	parkedFor  = 30_000 // ms until a lane that is not used is closed
	offerAgain = 30_000 // ms from a lane that never came up to the next offer
)

// take and drop note which groups the shell has.
func (l *outLane) take(now int64, g lane.Group, n int) {
	l.under[g] = piece{n, now}
	l.bytes += n
}

func (l *outLane) drop(g lane.Group) (int, bool) {
	p, ok := l.under[g]
	delete(l.under, g)
	l.bytes -= p.bytes
	return p.bytes, ok
}

// holds is how many bytes a lane's shell may have.
func (l *outLane) holds(alone bool) int {
	if alone {
		return laneBytes
	}
	return min(laneBytes, max(laneSmall, int(l.rate*holdFor)))
}

// room returns the live lane with the least under way that takes more, of equals
// the fastest.
func (q *sending) room() (uint8, *outLane) {
	var pc uint8
	var best *outLane
	alone := len(q.lanes) == 1
	for n, l := range q.lanes {
		if !l.up || l.parked > 0 || l.bytes >= l.holds(alone) || len(l.under) >= laneGroups {
			continue
		}
		if best == nil || cmp.Or(cmp.Compare(l.bytes, best.bytes), cmp.Compare(best.rate, l.rate), cmp.Compare(n, pc)) < 0 {
			pc, best = n, l
		}
	}
	return pc, best
}

// sent notes how much a lane has handed to the network.
func (q *sending) sent(pc uint8, bytes uint64) {
	if l := q.lanes[pc]; l != nil && bytes > l.total {
		q.bytes += bytes - l.total
		l.total = bytes
	}
}

// watch follows what the lanes carry, and whether they have enough to do.
func (q *sending) watch(now int64, held bool) {
	past := now - q.looked
	q.looked = now
	if past <= 0 || past > rateOver {
		past = 100 // the first time, or after a sleep
	}
	idle := held
	for _, l := range q.lanes {
		if busy := len(l.under) > 0; busy && l.busy {
			now := float64(l.total-l.seen) / float64(past)
			if l.rate == 0 {
				l.rate = now
			}
			l.rate += (now - l.rate) * min(1, float64(past)/rateOver)
		}
		l.seen, l.busy = l.total, len(l.under) > 0
		idle = idle || l.up && l.parked == 0 && len(l.under) == 0
	}
	if idle {
		q.dry += past
	}
}

// inUse returns the numbers of the lanes that take groups, the fastest first.
func (q *sending) inUse() (use []uint8) {
	for _, n := range sortedKeys(q.lanes) {
		if l := q.lanes[n]; l.up && l.parked == 0 {
			use = append(use, n)
		}
	}
	sortBy(use, func(a, b uint8) bool { return q.lanes[a].rate > q.lanes[b].rate })
	return use
}

// A repeat is a group that was asked for again while a lane has it still, or has just
// handed it to a network that may be slow: near the end of a transfer nothing else
// is to be sent, and a group on a lane that hangs would be what everybody waits
// for. Each question allows one.
type repeat struct {
	group lane.Group
	on    uint8
}

// againMost bounds the groups of a question that may be about repeats, and those
// that are kept: more are not left at the end.
const againMost = 64

// askedAgain notes which groups of a range are on a lane.
func (r *recipient) askedAgain(s *Sharer, rg ctrl.Range) {
	q := r.sending
	if len(q.inUse()) < 2 {
		return
	}
	for i := rg.First; i < rg.First+rg.Count; i++ {
		g := lane.Group{File: rg.File, Version: rg.Version, Index: i}
		for _, pc := range sortedKeys(q.lanes) {
			p := repeat{g, pc}
			l := q.lanes[pc]
			_, on := l.under[g]
			if on = on || l.last == g && s.now-l.lastAt < lastFor; on && len(q.again) < againMost && !slices.Contains(q.again, p) {
				q.again = append(q.again, p)
				q.file(g.File, g.Version).queued.set(g.Index) // it is not queued as well
			}
		}
	}
}

// left guesses in how many ms a lane will have delivered a group; false: it does
// not have it. One that is overdue takes as long again, as a rule.
func (q *sending) left(now int64, p repeat) (float64, bool) {
	l := q.lanes[p.on]
	if l == nil {
		return 0, false
	}
	u, on := l.under[p.group]
	if !on {
		if l.last != p.group {
			return 0, false // it has sent more since
		}
		u = piece{wire.QueueMany, l.lastAt}
	}
	gone := float64(now - u.at)
	return max(q.takes(l, u.bytes)-gone, gone/2), true
}

// takes guesses how many ms a lane needs for so many bytes. Of one that has not
// shown it yet the best is believed.
func (q *sending) takes(l *outLane, bytes int) float64 {
	rate := l.rate
	for _, o := range q.lanes {
		if l.rate == 0 {
			rate = max(rate, o.rate)
		}
	}
	if rate == 0 {
		return 0
	}
	return float64(bytes) / rate
}

func (q *sending) underWay(g lane.Group) bool {
	for _, l := range q.lanes {
		if _, on := l.under[g]; on {
			return true
		}
	}
	return false
}

// repeat sends what a slow lane has over an idle one that will be sooner.
func (r *recipient) repeat(s *Sharer) {
	q := r.sending
	q.again = slices.DeleteFunc(q.again, func(p repeat) bool {
		src := s.files[p.group.File]
		left, on := q.left(s.now, p)
		if src == nil || src.version != p.group.Version || src.failed != wire.None {
			return true
		}
		if !on { // it sent more since, or is gone: whoever misses the group asks again
			if !q.underWay(p.group) {
				q.file(p.group.File, p.group.Version).queued.clear(p.group.Index)
			}
			return true
		}
		for _, pc := range q.inUse() {
			l := q.lanes[pc]
			if _, same := l.under[p.group]; pc == p.on || same {
				continue
			}
			if soon := q.takes(l, lane.GroupLen(src.size, p.group.Index)) + float64(2*r.conn.rtt); len(l.under) == 0 && 1.5*soon < left {
				r.send(s, src, pc, p.group)
				return true
			}
		}
		return false
	})
}

// mostLanes is how many a session may have.
func (c *conn) mostLanes() int {
	if c.route == RouteRelayed {
		return min(c.lanes, lanesRelayed)
	}
	return c.lanes
}

// steer opens as many lanes as the plan says, and takes those that are too many
// out of use, or does not use them yet: the slowest. One that was not used for a
// while is closed; what it carried has arrived by then.
func (r *recipient) steer(s *Sharer) {
	c, q := r.conn, r.sending
	if c == nil || !c.open || !c.hello {
		return
	}
	use := q.inUse()
	q.plan.most = c.mostLanes()
	want := q.plan.step(laneSight{now: s.now, rtt: c.rtt, route: c.route, up: min(len(use), q.plan.want), bytes: q.bytes, idle: q.dry})
	want = max(want, min(s.cfg.Forced, c.lanes))
	open := max(want, q.plan.open)
	for ; len(use) > want; use = use[:len(use)-1] {
		q.lanes[use[len(use)-1]].parked = s.now
	}
	for _, n := range sortedKeys(q.lanes) {
		switch l := q.lanes[n]; {
		case l.parked == 0:
		case len(use) < want:
			l.parked = 0
			use = append(use, n)
		case n > 0 && len(c.pcs) > open && len(l.under) == 0 && s.now-l.parked > parkedFor:
			r.laneClosed(s, n)
			return
		}
	}
	for s.now >= q.offerAt && len(c.pcs) < open && c.nextPC <= wire.PCMax {
		c.offer()
	}
}
