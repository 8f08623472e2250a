package session

import (
	"beeline/wasm/ctrl"
	"beeline/wasm/journal"
	"beeline/wasm/wire"
)

// fetching is the recipient's side of the data plane: what it wants, what it
// asked for, what came, what is on disk. It outlives sessions; what is safe of it
// is in the journal and outlives the page. PROTOCOL.md f.3 and f.4.
type fetching struct {
	open    bool             // the destination is ready
	journal *journal.Journal // what it has of one; not nil from then on
	whole   []uint32         // files that were kept whole and not named yet
	later   []uint32         // files that the journal says are whole, not looked at yet
	again   int              // of those under way, files that were

	opening bool // DiskOpen was said
	stream  bool // the destination takes bytes in order and gives none back: stream.go
	closed  bool // DiskClose or DiskDiscard was said
	tossed  bool // DiskDiscard was

	choices map[uint32]bool // what the person named: wanted or not
	judged  uint32          // entries below it are known to be wanted or not
	entries int             // those that are wanted

	next   uint32             // the first entry not looked at yet
	status []fileStatus       // by index
	active map[uint32]*target // files under way
	asking []uint32           // of them, those with groups to be asked for, in order
	over   map[uint32]change  // files that are not as they were listed
	agreed uint64             // bytes that are wanted, as they were listed

	owed      int    // bytes asked for in this session that are still to arrive
	unwritten int    // bytes that arrived and are not written
	askedSum  uint64 // bytes asked for in this session, repeats counted
	gone      uint64 // bytes opened on lanes of this session that are closed
	arrived   uint64 // bytes that arrived, for groups that stay behind
	arrivedAt int64  // when anything came, for stalls
	current   uint32 // the file that a group came of last; 0: none
	tailAt    int64  // when everything had been asked for, or was again; 0: there is more to ask
	reaskAt   int64  // when a lane's loss makes everything owed be asked again; 0: not

	asksCVs []uint32    // files whose values are to be compared, in turn
	cvReq   *ctrl.CVReq // the one that is not answered yet
	laterAt int64       // when the sharer may be asked again; 0: at any time
	dropped []uint32    // given up and not yet said in CANCEL

	paused bool // by the person here
	held   bool // by the sharer
	full   bool // the destination has no room
	needed uint64

	troubles troubles
	progress ctrl.Progress
	said     ctrl.Progress
	saidAt   int64
}

type fileStatus uint8

const (
	untouched fileStatus = iota
	underWay
	done   // landed, or a directory that was made
	failed // will not come
	unwanted
)

// change is what FILE_CHANGED said of a file.
type change struct {
	version uint8
	size    uint64
	modMS   int64
}

// target is a file under way.
type target struct {
	file    uint32
	version uint8
	size    uint64
	groups  uint32

	cursor  uint32 // first group that may still have to be asked for
	queued  bool   // stands in asking
	waits   bool   // for what the destination has of an earlier page
	again   bool   // was put off, because the journal says that it is whole
	had     bool   // groups of an earlier session: HAVE comes first
	empty   bool   // a GET for nothing was sent (0 bytes)
	asked   bitset // ever in this session: it only grows, what it holds may come
	due     bitset // of those, what is still to arrive
	arrived bitset
	written bitset
	safe    uint64
	mark    uint64 // fetching.arrived when it was last asked for

	ended     bool // FILE_END came for this version
	assembled bool
	digest    [32]byte // what it said
	finishing bool     // DiskFinish was said
	checked   bool     // DiskDigest came
	onDisk    [32]byte
	diskCVs   []byte
	compare   uint32 // next group of a CV comparison
	comparing bool
	wrong     []uint32 // groups that differ
	tries     int
	landing   bool
}

func (r *Receiver) window() int {
	w := r.cfg.Window
	if w == 0 {
		w = wire.WindowBytes
	}
	return max(w, wire.WindowLane*len(r.lanes))
}

func (r *Receiver) filesOpen() int {
	if r.cfg.Files > 0 {
		return r.cfg.Files
	}
	return 512
}

// fileNow returns what file i is now: as listed, or as FILE_CHANGED said.
func (r *Receiver) fileNow(i uint32) change {
	if c, ok := r.fetch.over[i]; ok {
		return c
	}
	e := r.list.Entry(i)
	return change{size: e.Size, modMS: e.ModMS}
}

func (f *fetching) statusOf(i uint32) fileStatus {
	if int(i) < len(f.status) {
		return f.status[i]
	}
	return untouched
}

func (f *fetching) setStatus(i uint32, s fileStatus) {
	for int(i) >= len(f.status) {
		f.status = append(f.status, untouched)
	}
	f.status[i] = s
}

func (r *Receiver) sayProgress() {
	f := r.fetch
	f.said, f.saidAt = f.progress, r.now
	if r.conn != nil && r.conn.hello {
		r.conn.send(f.progress)
	}
}

// maybeDone closes the destination when every file has landed or failed.
func (r *Receiver) maybeDone() {
	f := r.fetch
	if f.closed || !f.open || !r.list.Complete() || len(f.active) > 0 || !f.begun(r.list) {
		if r.phase == Transferring && f.owed == 0 && r.list.Complete() && int(f.next) == r.list.Len() && f.unwritten == 0 && f.progress.Written > f.progress.Verified {
			r.phase = Verifying
			r.do(Show{})
		} else if r.phase == Verifying && f.owed > 0 {
			r.phase = Transferring
		}
		return
	}
	f.closed = true
	r.phase = Verifying
	r.do(DiskClose{})
	r.do(Show{})
}
