package session

import (
	"beeline/wasm/catalog"
	"beeline/wasm/ctrl"
	"beeline/wasm/identity"
	"beeline/wasm/lane"
	"beeline/wasm/wire"
)

// recipient is one who holds the link, known again by its session key: a row on
// the sharer's page, through any number of sessions.
type recipient struct {
	key      string         // Ed25519 public key
	contact  identity.ID    // a member of the share; zeros: it has the link, or came by a code
	proved   *identity.Card // who it proved to be in its latest session; nil: nobody
	id       uint32         // on the page
	byCode   bool           // it came by a code, and can come back only by another: it does not know the way back yet
	approved bool
	returned bool // it may have a list of an earlier page, or of an earlier edition
	banned   bool
	asking   bool
	paths    uint8 // that its session may use, or its last one

	phase    Phase
	stage    stage
	why      wire.Code
	lostAt   int64
	active   int64 // of its last request
	paused   bool  // by the person here
	held     bool  // by the recipient
	progress ctrl.Progress
	reread   reread

	// edition is the list as this recipient is told it, through all its sessions:
	// pages follow each other, and the recipient keeps those it has. Until the first
	// was sent it may still be a later one, and another once it was told to its end
	// and is asked for from the beginning in a later session.
	edition *catalog.Edition
	begun   bool
	told    bool // LIST_END was sent
	conn    *conn
	sending *sending
}

// sending is what a session has been asked for and what it has sent.
type sending struct {
	queue []ctrl.Range // in the order asked
	lanes map[uint8]*outLane
	files map[uint32]*sentFile
	// through are the files that all is said of and nothing is kept of: through.go.
	through bitset

	again   []repeat // groups that were asked for again while a lane still had them
	plan    lanePlan
	bytes   uint64 // handed to the network on all lanes
	dry     int64  // ms in which a lane had nothing to send
	looked  int64  // when watch looked last
	offerAt int64  // no further lane is offered before

	listFrom, listTo uint32 // pages asked for and not sent
	listDone         bool

	hash   []uint32        // files whose HAVE groups are read again before FILE_END
	hashed map[uint32]bool // the same, as a set
	busy   bool            // a HashGroup is under way:
	onLane uint8           // where,
	onFile uint32          // and of what
	cvs    *ctrl.CVReq     // the one CV_REQ under way
	ends   []ctrl.FileDigest
	endAt  int64 // of the last FILE_END
}

// outLane is one lane of a session at the sharer's end.
type outLane struct {
	up      bool
	parked  int64                // since when it is not used; 0: it is
	under   map[lane.Group]piece // groups with the shell
	bytes   int                  // of them
	last    lane.Group           // the one that was handed to the network last
	lastAt  int64
	records uint64
	groups  uint64  // bytes of the groups that were handed to the network
	total   uint64  // bytes that were, those of groups under way too
	seen    uint64  // of them, when watch looked last
	busy    bool    // it had something to do then
	rate    float64 // bytes/ms, of the last seconds in which it had; 0: not known
}

// piece is a group that a lane has taken.
type piece struct {
	bytes int
	at    int64
}

// sentFile is what one session has had of one version of a file.
type sentFile struct {
	version uint8
	asked   bool   // anything at all
	queued  bitset // groups in the queue or under way
	sent    bitset // groups sent in this session, or hashed in it
	have    bitset // groups the recipient says it has
	both    bitset // those of sent and of have
	hashing uint32 // no group below it is left to be hashed
	ending  bool
	ended   bool
	failed  bool // ERROR was sent
}

func newSending() *sending {
	return &sending{lanes: make(map[uint8]*outLane), files: make(map[uint32]*sentFile), hashed: make(map[uint32]bool)}
}

// end gives the row its last word; a session must be gone already.
func (r *recipient) end(s *Sharer, why wire.Code) {
	r.why = why
	switch {
	case why == wire.None:
		r.phase = Complete
	case why == wire.Refused || why == wire.Revoked:
		r.phase = Cancelled
		if why == wire.Refused && !r.banned {
			r.why = wire.None // it left by itself: nobody refused it
		}
	default:
		r.phase = Failed
	}
	s.do(Show{})
}

// drop forgets the session without a word to anybody.
func (r *recipient) drop(s *Sharer) { r.leave(s, wire.None) }

// leave closes the session. PC 0 may stay open for its last word: no byte of a
// file goes with it.
func (r *recipient) leave(s *Sharer, why wire.Code) {
	if r.conn == nil {
		return
	}
	under := make(map[uint32]bool)
	for _, l := range r.sending.lanes {
		for g := range l.under {
			under[g.File] = true
		}
	}
	for _, i := range sortedKeys(under) {
		s.do(CancelGroups{Session: r.conn.id, File: i})
	}
	r.conn.close(why)
	r.conn, r.sending = nil, nil
}

// finish ends the session for good, tells the peer why, and shows it.
func (r *recipient) finish(s *Sharer, why wire.Code) {
	r.leave(s, why)
	if r.phase != Complete && r.phase != Failed && r.phase != Cancelled {
		r.end(s, why)
	}
}

// fail ends a session that a new one may carry on.
func (r *recipient) fail(s *Sharer, why wire.Code) {
	if r.conn == nil {
		return
	}
	if !retryable(why) {
		r.finish(s, why)
		return
	}
	r.leave(s, why)
	if why, ok := r.done(); ok && r.progress.Files > 0 {
		r.end(s, why) // only its goodbye was lost
		return
	}
	r.phase, r.why, r.lostAt = Reconnecting, wire.None, s.now
	s.do(Show{})
}

func (r *recipient) tick(s *Sharer) {
	c := r.conn
	if r.phase == Reconnecting && c == nil && s.now-r.lostAt > goneAfter && r.progress == (ctrl.Progress{}) {
		r.end(s, wire.PeerGone) // it only looked; who receives is waited for
	}
	if c == nil {
		if r.phase == Reconnecting && s.now-r.lostAt <= silentAfter {
			s.probe(s.base) // it comes back through the hub
		}
		return
	}
	if why, over := c.tick(); over {
		r.fail(s, why)
		return
	}
	r.flush(s)
	r.sending.watch(s.now, r.paused || r.held)
	r.steer(s)
	r.assign(s) // what waited because too much had been read for nothing
	r.hashNext(s)
}

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
			r.banned = true
			s.dropWays(r.key)
			r.finish(s, wire.Revoked)
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
