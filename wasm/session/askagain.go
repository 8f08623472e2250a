package session

import "beeline/wasm/lane"

// This file: what is asked for once more, because a session or a lane was lost or nothing
// comes any more. PROTOCOL.md f.3.

// sessionOver forgets what belonged to a session: what was asked for in it.
func (f *fetching) sessionOver(r *Receiver) {
	f.owed, f.askedSum, f.gone, f.reaskAt = 0, 0, 0, 0
	f.held = false
	f.asking, f.dropped = nil, nil
	f.asksCVs, f.cvReq, f.laterAt = nil, nil, 0
	for _, i := range sortedKeys(f.active) {
		t := f.active[i]
		t.asked.reset()
		t.due.reset()
		t.cursor, t.empty, t.comparing = 0, false, false
		t.had = t.arrived.n > 0 && !t.ended
		t.queued = false
		if t.landing || t.ended && t.arrived.n == int(t.groups) {
			continue
		}
		t.queued = true
		f.asking = append(f.asking, i)
	}
}

// resume tells a new session what is under way.
func (r *Receiver) resume() {
	f := r.fetch
	if f == nil {
		return
	}
	f.arrivedAt = r.now
	if f.paused || f.full {
		r.tellPause()
	}
	for _, i := range sortedKeys(f.active) {
		t := f.active[i]
		if t == nil {
			continue // given up on the way
		}
		r.expect(t)
		if t.had && t.arrived.n == int(t.groups) {
			r.sayHave(t) // all is here: only FILE_END is missing
		}
		if t.checked && t.ended {
			r.judge(t)
		}
	}
	r.fill()
}

// reask asks again for everything owed. The sharer does not send twice what is
// queued or under way there; what is under way here may still come.
func (r *Receiver) reask(only func(*target) bool) {
	f := r.fetch
	again := false
	for _, i := range sortedKeys(f.active) {
		t := f.active[i]
		if t.due.n == 0 || only != nil && !only(t) {
			continue
		}
		again = true
		for g := t.due.next(0, t.groups); g < t.groups; g = t.due.next(g, t.groups) {
			t.due.clear(g)
			f.owed -= lane.GroupLen(t.size, g)
			t.cursor = min(t.cursor, g)
		}
		r.requeue(t)
	}
	if again {
		r.fill()
	}
}

// requeue puts a file in line again if it has groups to be asked for.
func (r *Receiver) requeue(t *target) {
	if !t.queued && r.wants(t) {
		t.queued = true
		r.fetch.asking = append([]uint32{t.file}, r.fetch.asking...)
	}
}

// tickFetch looks for stalls and says PROGRESS.
func (r *Receiver) tickFetch() {
	f := r.fetch
	if f == nil || r.conn == nil || !r.conn.hello {
		return
	}
	r.sayDropped()
	r.nameWhole()
	switch {
	case f.reaskAt > 0 && r.now >= f.reaskAt:
		f.reaskAt, f.arrivedAt = 0, r.now
		r.endLanes()
		r.reask(nil)
	case f.owed > 0 && !f.paused && !f.held && !f.full && r.now-f.arrivedAt > stallAfter:
		f.arrivedAt = r.now
		r.reask(nil)
	case r.inTail() && f.tailAt > 0 && r.now >= f.tailAt:
		f.tailAt = r.now + tailAgain
		r.reask(nil) // some lane may have room by now: the sharer knows which
	case f.owed > 0:
		r.reask(func(t *target) bool { return f.arrived-t.mark > uint64(2*r.window()+16<<20) })
	default:
		r.fill()
	}
	if !r.inTail() {
		f.tailAt = 0
	} else if f.tailAt == 0 {
		f.tailAt = r.now + tailAfter
	}
	if f.laterAt > 0 && r.now >= f.laterAt {
		f.laterAt = 0
		r.askCVs()
	}
	if f.progress != f.said && r.now-f.saidAt >= progressEvery {
		r.sayProgress()
	}
}

// inTail says that all there is has been asked for and the rest is on its way, over
// several lanes.
func (r *Receiver) inTail() bool {
	f := r.fetch
	return f.owed > 0 && len(r.lanes) > 1 && !f.paused && !f.held && !f.full &&
		r.list.Complete() && int(f.next) == r.list.Len() && len(f.asking) == 0
}
