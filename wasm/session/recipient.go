package session

import (
	"beeline/wasm/catalog"
	"beeline/wasm/ctrl"
	"beeline/wasm/identity"
	"beeline/wasm/lane"
	"beeline/wasm/wire"
)

// recipient is one who holds the link, known again by its session key, or a device of a
// member: a row on the sharer's page, through any number of sessions.
type recipient struct {
	key      string         // Ed25519 public key
	contact  identity.ID    // a member of the share; zeros: it has the link, or came by a code
	device   [16]byte       // of the member; zeros: it is none
	nth      int            // which of the member's devices it is, from 1; 0: it is none
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
