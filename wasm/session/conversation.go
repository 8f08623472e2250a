package session

import (
	"beeline/wasm/ctrl"
	"beeline/wasm/lane"
	"beeline/wasm/wire"
)

// This file: what a session with a recipient brings, from its first T frame to the goodbye,
// at the sharer's end. PROTOCOL.md f.

// sessionEvent is an event of one session.
func (s *Sharer) sessionEvent(e Event) {
	find := func(id uint32) *recipient {
		for _, r := range s.recips {
			if r.conn != nil && r.conn.id == id {
				return r
			}
		}
		return nil
	}
	row := func(id uint32) *recipient {
		for _, r := range s.recips {
			if r.id == id {
				return r
			}
		}
		return nil
	}
	if v := s.visits[sessionOf(e)]; v != nil {
		s.visitEvent(v, e)
		return
	}
	switch e := e.(type) {
	case LocalDescription:
		if r := find(e.Session); r != nil {
			_, err := r.conn.localDescription(e.PC, e.SDP)
			r.check(s, err)
		}
	case LocalCandidates:
		if r := find(e.Session); r != nil {
			r.check(s, r.conn.localCandidates(e.PC, e.Lines))
		}
	case PCState:
		if r := find(e.Session); r != nil {
			r.pcState(s, e)
		}
	case PCRoute:
		if r := find(e.Session); r != nil {
			r.conn.reaches(e)
			r.steer(s)
		}
	case CtrlOpen:
		if r := find(e.Session); r != nil {
			r.ctrlOpen(s)
		}
	case CtrlMessage:
		if r := find(e.Session); r != nil {
			r.ctrl(s, e.Data)
		}
	case CtrlClosed:
		if r := find(e.Session); r != nil {
			r.fail(s, wire.Path)
		}
	case LaneClosed:
		if r := find(e.Session); r != nil {
			r.laneClosed(s, e.PC)
		}
	case Sent:
		if r := find(e.Session); r != nil {
			r.groupSent(s, e)
		}
	case Sending:
		if r := find(e.Session); r != nil {
			r.sending.sent(e.PC, e.Bytes)
		}
	case SourceFailed:
		if r := find(e.Session); r != nil {
			r.sourceFailed(s, e)
		}
	case StopRecipient:
		if r := row(e.Session); r != nil && !s.decide(r.id, false) {
			s.dropWays(r.key)
			for _, r := range append(s.devices(r.contact), r) {
				r.banned = true
				r.finish(s, wire.Revoked)
			}
		}
	case PauseRecipient:
		if r := row(e.Session); r != nil {
			r.paused = e.On
			if r.conn != nil {
				r.conn.send(ctrl.Pause{Paused: e.On})
				r.assign(s)
			}
			s.do(Show{})
		}
	}
}

// check ends the session where err says so.
func (r *recipient) check(s *Sharer, err error) {
	if err != nil {
		r.fail(s, wire.CodeOf(err))
	}
}

// frame is a T frame of a session whose control channel is not open yet.
func (r *recipient) frame(s *Sharer, frame []byte) {
	payload, err := r.conn.opened(frame)
	if payload == nil {
		r.check(s, err)
		return
	}
	switch payload[0] {
	case wire.TDesc:
		pc, complete, err := r.conn.remoteDescription(payload[1:])
		r.check(s, err)
		if err == nil && complete {
			r.laneKeys(s, pc)
		}
	case wire.TCand:
		r.check(s, r.conn.remoteCandidates(payload[1:]))
	case wire.TBye:
		r.fail(s, byeCode(payload))
	case wire.TIdentProof:
		if r.proved == nil {
			r.proved = proved(payload, r.conn.secret, true)
			s.do(Show{})
		}
	default:
		r.fail(s, wire.Format)
	}
}

func (r *recipient) laneKeys(s *Sharer, pc uint8) {
	r.sending.lanes[pc] = &outLane{under: make(map[lane.Group]piece)}
	s.do(OpenOut{Session: r.conn.id, PC: pc, Key: r.conn.key("lane", true, pc, wire.ChannelLane), RecMax: r.conn.recMax})
}

func (r *recipient) pcState(s *Sharer, e PCState) {
	if e.PC == 0 {
		r.conn.state(e.State)
	}
	switch e.State {
	case Connected:
		if l := r.sending.lanes[e.PC]; l != nil {
			l.up = true
			r.steer(s)
			r.assign(s)
		}
	case ConnFailed, ConnClosed:
		if e.PC == 0 {
			r.fail(s, wire.Path)
		} else {
			r.laneClosed(s, e.PC)
		}
	}
}

// ctrlOpen starts the conversation: HELLO, then what is on offer.
func (r *recipient) ctrlOpen(s *Sharer) {
	if err := r.conn.ctrlOpen(s.cfg.lanes()); err != nil {
		r.fail(s, wire.CodeOf(err))
		return
	}
	if !r.begun {
		r.edition = s.cat.Edition()
	}
	r.conn.sendRaw(r.head(s))
	r.conn.send(s.terms())
	if r.paused {
		r.conn.send(ctrl.Pause{Paused: true}) // held since an earlier session
	}
	r.phase = ListShown
	s.resubscribe()
	s.do(Show{})
}

func (r *recipient) ctrl(s *Sharer, data []byte) {
	c := r.conn
	first := !c.hello
	m, newPC, err := c.receive(data)
	if err != nil {
		r.fail(s, wire.CodeOf(err))
		return
	}
	if first && c.hello {
		r.steer(s)
		return
	}
	if newPC >= 0 {
		r.laneKeys(s, uint8(newPC))
	}
	switch m := m.(type) {
	case nil:
	case ctrl.ListReq:
		r.active = s.now
		err = r.listReq(s, m)
	case ctrl.Get:
		r.active = s.now
		err = r.get(s, m)
	case ctrl.Have:
		err = r.haveGroups(s, m)
	case ctrl.CVReq:
		err = r.cvReq(s, m)
	case ctrl.Progress:
		r.active = s.now
		r.progress = m
		if r.phase == Transferring && m.Whole && m.Written >= m.Bytes && m.Verified < m.Bytes {
			r.phase = Verifying
		} else if r.phase == Verifying && m.Written < m.Bytes {
			r.phase = Transferring
		}
		s.do(Show{})
	case ctrl.ResumeOK:
		s.secretArrived(r)
	case ctrl.Pause:
		r.held = m.Paused
		r.assign(s)
		s.do(Show{})
	case ctrl.Cancel:
		r.reread.spend(r.unqueue(s, m.Files...))
		r.assign(s)
	case ctrl.Error:
		if m.File == ctrl.WholeSession {
			r.fail(s, m.Code())
			return
		}
	case ctrl.Close:
		r.closed(s)
		return
	default:
		err = wire.Format // a message of the other role
	}
	r.check(s, err)
}

// done reports whether the recipient's last PROGRESS says that it is through with
// all it wants, and how it went; if not, that it does not want more.
func (r *recipient) done() (why wire.Code, ok bool) {
	p := r.progress
	switch {
	case !p.Whole:
	case p.FilesVerified == p.Files:
		return wire.None, true
	case p.FilesFailed > 0 && uint64(p.FilesVerified)+uint64(p.FilesFailed) >= uint64(p.Files):
		return wire.Incomplete, true
	}
	return wire.Refused, false
}

// closed is the recipient's goodbye: complete only if its last PROGRESS says so.
func (r *recipient) closed(s *Sharer) {
	why, _ := r.done()
	bye := ctrl.Close{}
	for _, n := range sortedKeys(r.sending.lanes) {
		bye.Lanes = append(bye.Lanes, ctrl.LaneCount{PC: n, Records: r.sending.lanes[n].records})
	}
	r.conn.send(bye) // it knows by this that we know
	r.conn.linger = true
	r.leave(s, wire.None)
	r.end(s, why)
}
