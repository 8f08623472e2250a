package session

import (
	"beeline/wasm/catalog"
	"beeline/wasm/ctrl"
	"beeline/wasm/journal"
	"beeline/wasm/lane"
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

// fill asks for as much as the window takes, and declares directories on the
// way. The order is that of the list.
func (r *Receiver) fill() {
	f := r.fetch
	if f == nil || !f.open || f.closed || r.list == nil || r.ended() {
		return
	}
	if r.conn == nil || !r.conn.hello || !r.headed || f.paused || f.held || f.full {
		r.maybeDone()
		return
	}
	r.lookAgain()
	room := r.window() - f.owed - f.unwritten
	files := r.filesOpen()
	// Wait until a GET is worth a message, also where the disk has everything and takes
	// long: each file that gets its name would ask for one. But in a stream all may wait
	// for the group that is to be asked for.
	if (f.owed > 0 || !f.stream) && room < r.window()/8 || len(f.asking) == 0 && files-f.fresh() < files/8 {
		r.maybeDone()
		return
	}
	var ranges []ctrl.Range
	for room >= 0 && len(ranges) < wire.RangesPerGet {
		t := r.pick()
		if t == nil || lane.GroupLen(t.size, t.cursor) > room {
			break // the window is never passed, not by one group
		}
		ranges, room = r.ask(t, ranges, room)
	}
	if len(ranges) > 0 {
		r.conn.send(ctrl.Get{Ranges: ranges})
		r.phaseIf(ListShown, Transferring)
		r.phaseIf(Reconnecting, Transferring)
	}
	r.lookAgain()
	r.maybeDone()
}

// fresh is how many files are under way that were not put off.
func (f *fetching) fresh() int { return len(f.active) - f.again }

// pick returns the next file to ask groups of: one under way, or the next of
// the list.
func (r *Receiver) pick() *target {
	f := r.fetch
	for len(f.asking) > 0 {
		t := f.active[f.asking[0]]
		if t != nil && r.wants(t) {
			return t
		}
		if t != nil {
			t.queued = false
		}
		f.asking = f.asking[1:]
	}
	f.asking = nil
	for int(f.next) < r.list.Len() && f.fresh() < r.filesOpen() {
		i := f.next
		f.next++
		if i == 0 || f.statusOf(i) != untouched {
			continue
		}
		if r.list.Kind(i) == catalog.Dir {
			f.setStatus(i, done)
			r.do(DiskEntry{File: i, Dir: true, Path: r.names.Path(i), ModMS: r.list.Entry(i).ModMS})
			continue
		}
		if r.putOff(i) {
			continue
		}
		t := r.activate(i)
		if t.size > sizeMax {
			delete(f.active, i)
			f.setStatus(i, failed)
			f.progress.FilesFailed++
			r.do(DiskDrop{File: i})
			continue
		}
		if t.waits {
			continue
		}
		f.asking = append(f.asking, i)
		t.queued = true
		return t
	}
	return nil
}

// sizeMax is the size of the largest file that can be taken: groups are numbered
// in 32 bits. No disk holds one.
const sizeMax = 1 << 52

func (r *Receiver) activate(i uint32) *target {
	now := r.fileNow(i)
	t := &target{file: i, version: now.version, size: now.size, groups: lane.Groups(now.size)}
	r.fetch.active[i] = t
	r.fetch.setStatus(i, underWay)
	e := DiskEntry{File: i, Path: r.names.Path(i), Size: now.size, ModMS: now.modMS, Exec: r.list.Entry(i).Exec}
	r.recall(t, &e)
	r.do(e)
	r.expect(t)
	return t
}

func (r *Receiver) expect(t *target) {
	if r.conn != nil {
		r.do(Expect{Session: r.conn.id, File: t.file, Version: t.version, Size: t.size})
	}
}

// wants moves the cursor to the next group that has to be asked for.
func (r *Receiver) wants(t *target) bool {
	if t.waits {
		return false
	}
	if t.groups == 0 {
		return !t.empty && !t.ended
	}
	for t.cursor < t.groups && (t.arrived.has(t.cursor) || t.due.has(t.cursor)) {
		t.cursor++
	}
	return t.cursor < t.groups
}

// ask appends ranges of one file, saying HAVE before the first of a session. It
// asks for one group at least.
func (r *Receiver) ask(t *target, ranges []ctrl.Range, room int) ([]ctrl.Range, int) {
	f := r.fetch
	if t.had {
		r.sayHave(t)
	}
	if t.groups == 0 {
		t.empty = true
		ranges = append(ranges, ctrl.Range{File: t.file, Version: t.version})
		if !t.finishing {
			t.finishing = true
			r.do(DiskFinish{File: t.file})
		}
		return ranges, room
	}
	fits := func() bool { return lane.GroupLen(t.size, t.cursor) <= room }
	for r.wants(t) && fits() && len(ranges) < wire.RangesPerGet {
		first := t.cursor
		for t.cursor < t.groups && fits() && !t.arrived.has(t.cursor) && t.due.set(t.cursor) {
			t.asked.set(t.cursor)
			n := lane.GroupLen(t.size, t.cursor)
			f.owed += n
			f.askedSum += uint64(n)
			room -= n
			t.cursor++
		}
		ranges = append(ranges, ctrl.Range{File: t.file, Version: t.version, First: first, Count: t.cursor - first})
	}
	t.mark = f.arrived
	return ranges, room
}

// sayHave names the groups of files that are here.
func (r *Receiver) sayHave(files ...*target) {
	var have []ctrl.Range
	named := uint32(0)
	say := func() {
		if len(have) > 0 {
			r.conn.send(ctrl.Have{Ranges: have})
			have, named = nil, 0
		}
	}
	for _, t := range files {
		t.had = false
		for g := t.arrived.next(0, t.groups); g < t.groups; {
			end := t.arrived.gap(g, t.groups)
			if room := groupsPerMessage - named; end-g > room {
				end = g + room
			}
			have = append(have, ctrl.Range{File: t.file, Version: t.version, First: g, Count: end - g})
			if named += end - g; named == groupsPerMessage || len(have) == wire.RangesPerGet {
				say()
			}
			g = t.arrived.next(end, t.groups)
		}
	}
	say()
}

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
