package session

import (
	"beeline/wasm/ctrl"
	"beeline/wasm/handshake"
	"beeline/wasm/journal"
	"beeline/wasm/wire"
)

// fetchEvent is an event of the lanes, the destination or the person.
func (r *Receiver) fetchEvent(e Event) {
	switch e := e.(type) {
	case Receive:
		r.receive(e.Choices, e.Stream)
	case SetPause:
		if r.fetch != nil && !r.ended() {
			r.fetch.paused = e.On
			r.tellPause()
			r.showPause()
		}
	case ArrivedBatch:
		r.arrivedBatch(e)
	case LaneFailed:
		if c := r.current(e.Session); c != nil {
			r.laneFailed(e)
		}
	case DiskOpened:
		if r.fetch != nil {
			r.fetch.open = true
			r.fetch.journal = journal.Read(r.journalID(), e.Journal)
			r.fill()
		}
	case DiskRefused:
		if r.fetch != nil && !r.fetch.open {
			r.fetch = nil
			r.why = e.Code
			r.phaseIf(Transferring, ListShown)
			r.do(Show{})
		}
	case Written:
		r.written(e)
	case Safe:
		if t := r.target(e.File); t != nil && e.Bytes >= t.safe && e.Bytes <= t.size {
			r.fetch.progress.Safe += e.Bytes - t.safe
			t.safe = e.Bytes
			r.do(Show{})
		}
	case Flushed:
		r.flushed(e)
	case DiskKept:
		r.diskKept(e)
	case DiskDigest:
		r.diskDigest(e)
	case Landed:
		r.landed(e)
	case Lost:
		r.lostBytes(e)
	case DiskFull:
		if r.fetch != nil {
			known := r.fetch.full
			r.fetch.full, r.fetch.needed = true, e.Needed
			if !known {
				r.tellPause()
			}
			r.showPause()
		}
	case DiskRoom:
		if r.fetch != nil {
			r.fetch.full, r.fetch.needed = false, 0
			r.tellPause()
			r.showPause()
		}
	case DiskFailed:
		if t := r.target(e.File); t != nil {
			r.failFile(t, e.Code)
		}
	case DiskBroken:
		r.broken(e.Code)
	case DiskClosed:
		r.diskClosed()
	case Discard:
		// Also after the end: what a browser keeps for a download takes its space
		// until the person has saved it.
		if f := r.fetch; f != nil && r.ended() {
			if !f.closed {
				r.fetch = nil // another try begins anew
			}
			r.discard(f)
			r.do(Show{})
		}
	}
}

// receive is the second click.
func (r *Receiver) receive(choices []Choice, stream bool) {
	if r.fetch != nil || !r.headed || r.ended() {
		return
	}
	r.fetch = newFetching(choices, r.list)
	r.fetch.stream = stream
	r.choose()
	r.fetch.arrivedAt = r.now
	r.why = wire.None
	r.sayProgress() // an earlier try may have left another
	r.phaseIf(ListShown, Transferring)
	r.openDisk()
	r.do(Show{})
}

// tellPause has the sharer hold what is queued, and tell its person that nothing
// moves: the person here wants it so, or the disk is full.
func (r *Receiver) tellPause() {
	if r.conn != nil && !r.ended() {
		r.conn.send(ctrl.Pause{Paused: r.fetch.paused || r.fetch.full})
	}
}

func (r *Receiver) showPause() {
	f := r.fetch
	if r.ended() {
		return
	}
	if f.paused || f.held || f.full {
		r.phaseIf(Transferring, Paused)
		r.phaseIf(Verifying, Paused)
	} else {
		r.phaseIf(Paused, Transferring)
		f.arrivedAt = r.now
	}
	if r.why = wire.None; f.full {
		r.why = wire.Space
	}
	r.do(Show{})
	r.fill()
}

// cancelAll ends the transfer. What landed stays; the rest is let go.
func (r *Receiver) cancelAll() {
	if r.ended() && r.phase != Failed || !r.clicked {
		return
	}
	if r.conn != nil {
		r.conn.bye()
	} else if r.run != nil && r.run.t != nil {
		r.sendT(r.run, handshake.AppendBye(nil, wire.Refused.Number()))
	}
	r.dropConn(wire.None)
	r.leavePlate()
	r.phase, r.why, r.run, r.asking, r.tellUntil = Cancelled, wire.None, nil, false, 0
	if r.fetch != nil && !r.fetch.closed {
		r.discard(r.fetch)
	}
	r.resubscribe()
	r.do(Show{})
}

// discard frees what the destination holds and has not handed over, once.
func (r *Receiver) discard(f *fetching) {
	if !f.tossed {
		f.closed, f.tossed = true, true
		r.do(DiskDiscard{})
	}
}

// diskClosed is the end: everything that could land has, and the destination
// is tidy.
func (r *Receiver) diskClosed() {
	f := r.fetch
	if f == nil || !f.closed || r.ended() {
		return
	}
	r.tellUntil = r.now + tellFor
	r.farewell()
	if r.phase, r.why = Complete, wire.None; f.progress.FilesVerified < f.progress.Files {
		r.phase, r.why = Failed, wire.Incomplete
	}
	r.resubscribe()
	r.do(Show{})
}

// farewell says how it ended. The sharer answers with CLOSE: then it knows, and
// the connections are closed. If it doesn't, the next session says it again.
func (r *Receiver) farewell() {
	if r.conn == nil || !r.conn.hello {
		return // said in the next session
	}
	r.sayProgress()
	r.conn.send(ctrl.Close{})
	r.conn.until = r.now + farewellWithin
}

// connFrame is a T frame of a session whose control channel is not open yet.
func (r *Receiver) connFrame(frame []byte) {
	payload, err := r.conn.opened(frame)
	if payload == nil {
		r.check(err)
		return
	}
	switch payload[0] {
	case wire.TDesc:
		if r.promised() && !r.isProven {
			err = wire.Identity // it comes before this, or never
			break
		}
		_, _, err = r.conn.remoteDescription(payload[1:])
	case wire.TCand:
		err = r.conn.remoteCandidates(payload[1:])
	case wire.TBye:
		err = byeCode(payload)
	case wire.TIdentProof:
		r.gotProof(payload, r.conn.secret)
	case wire.TPaths:
		err = r.limited(payload)
	default:
		err = wire.Format
	}
	r.check(err)
}

// limited takes PATHS: which paths the sharer lets this session use. It comes
// once, before anything that could show an address.
func (r *Receiver) limited(payload []byte) error {
	if !r.conn.mayLimit(payload) || r.paths != wire.PathsAny {
		return wire.Format
	}
	r.paths = payload[1]
	r.do(Show{})
	return r.conn.limit(r.paths)
}

func (r *Receiver) laneKeys(pc uint8) {
	r.lanes[pc] = &inLane{}
	r.do(OpenIn{
		Session: r.conn.id, PC: pc, Key: r.conn.key("lane", true, pc, wire.ChannelLane),
		Limit: r.window() + wire.WindowLane,
	})
	if r.fetch != nil {
		for _, i := range sortedKeys(r.fetch.active) {
			r.expect(r.fetch.active[i])
		}
	}
}

func (r *Receiver) pcState(e PCState) {
	if e.PC == 0 {
		r.conn.state(e.State)
	}
	switch e.State {
	case ConnFailed, ConnClosed:
		if e.PC == 0 {
			r.lose(wire.Path)
		} else {
			r.laneClosed(e.PC)
		}
	}
}

func (r *Receiver) ctrl(data []byte) {
	m, newPC, err := r.conn.receive(data)
	if err == nil && newPC >= 0 {
		r.laneKeys(uint8(newPC))
	}
	if err == nil {
		err = r.message(m)
	}
	r.check(err)
}

func (r *Receiver) message(m ctrl.Message) error {
	f := r.fetch
	if _, bye := m.(ctrl.Close); r.ended() && bye {
		r.tellUntil = 0 // it knows
		r.dropConn(wire.None)
		return nil
	}
	switch m := m.(type) {
	case nil, ctrl.Hello:
	case ctrl.Raw:
		switch m.Type {
		case wire.ShareHead:
			return r.shareHead(m.Body)
		case wire.ListPage:
			return r.listPage(m.Body)
		case wire.ListEnd:
			return r.listEnd(m.Body)
		}
		return wire.Format
	case ctrl.FileEnd:
		return r.fileEnd(m)
	case ctrl.CVs:
		return r.cvs(m)
	case ctrl.FileChanged:
		return r.fileChanged(m)
	case ctrl.Terms:
		return r.gotTerms(m)
	case ctrl.LaneEnd:
		if pc := r.conn.pcs[m.PC]; pc != nil && m.PC != 0 {
			pc.ended = true
		}
		if l := r.lanes[m.PC]; l == nil || l.records >= m.Records {
			r.reaskIn(0)
		} else {
			r.reaskIn(laneEndWithin)
		}
	case ctrl.Pause:
		if f != nil {
			f.held = m.Paused
			r.showPause()
		}
	case ctrl.Error:
		if m.File == ctrl.WholeSession {
			return m.Code()
		}
		if f == nil {
			return wire.Unrequested
		}
		if t := r.target(m.File); t != nil && !t.landing {
			r.conn.msgs-- // it answers what was asked: as many as files, and no flood
			r.failFile(t, m.Code())
		}
		r.noCVs(m.File)
	case ctrl.Close:
		return wire.Revoked // the sharer left in good order: it stopped sharing
	default:
		return wire.Format // a message of the other role
	}
	return nil
}

// laneFailed is what a lane says of itself. Records that don't open close a
// lane, three such lanes the session; what a record says ends it at once.
func (r *Receiver) laneFailed(e LaneFailed) {
	if e.Code != wire.Auth {
		r.lose(e.Code)
		return
	}
	r.conn.badLane++
	if r.conn.badLane >= 3 || e.PC == 0 {
		r.lose(wire.Auth)
		return
	}
	r.laneClosed(e.PC)
}

func (r *Receiver) laneClosed(pc uint8) {
	if pc == 0 {
		r.lose(wire.Path)
		return
	}
	if r.lanes[pc] == nil {
		r.conn.closePC(pc) // it never came to be one
		return
	}
	r.dropLane(pc)
	r.reaskIn(laneEndWithin)
}

func (r *Receiver) dropLane(pc uint8) {
	if l := r.lanes[pc]; l != nil && r.fetch != nil {
		r.fetch.gone += l.bytes
		r.sayWhole()
	}
	delete(r.lanes, pc)
	r.conn.closePC(pc)
}

// sayWhole names what came of files that have had no FILE_END, when a lane is gone:
// the sharer may have lost it before it knew that a group had been sent, and would
// wait for a GET of what is here. Files that are whole are named at once, others
// when more of them is asked for.
func (r *Receiver) sayWhole() {
	var whole []*target
	for _, i := range sortedKeys(r.fetch.active) {
		if t := r.fetch.active[i]; !t.ended && t.arrived.n > 0 {
			if t.had = true; t.arrived.n == int(t.groups) {
				whole = append(whole, t)
			}
		}
	}
	r.sayHave(whole...)
}

// endLanes closes the lanes that the sharer has ended.
func (r *Receiver) endLanes() {
	for _, n := range sortedKeys(r.conn.pcs) {
		if r.conn.pcs[n].ended {
			r.dropLane(n)
		}
	}
}

// reaskIn makes everything owed be asked again in ms milliseconds, unless that
// is due earlier.
func (r *Receiver) reaskIn(ms int64) {
	if f := r.fetch; f != nil && (f.reaskAt == 0 || r.now+ms < f.reaskAt) {
		f.reaskAt = r.now + ms
	}
}
