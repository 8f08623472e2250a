package peer

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"

	"beeline/wasm/journal"
	"beeline/wasm/session"
	"beeline/wasm/wire"
)

// syncEvery is how many bytes of one file are written before they are flushed,
// so that the last flush of a large file is not minutes long.
const syncEvery = 64 << 20

// safeEvery is the same where a journal is kept: what a crash costs of a file. DESIGN 5.
const safeEvery = 4 << 20

// A part is a file on its way: t<index> in the part folder, under its name only
// once its bytes are verified. The goroutine of the dest owns it; what runs
// beside reads the file and looks whether it is still the same round.
type part struct {
	file    uint32
	path    []string // as listed
	version uint8
	size    uint64
	modMS   int64
	exec    bool

	temp    string // below the root
	f       *os.File
	placed  bool // temp is its final name: an earlier run gave it that. Nothing is written to it
	written uint64
	dirty   uint64 // written since the last flush began
	fresh   runs   // groups likewise
	busy    bool   // a flush is under way

	seen    atomic.Pointer[os.FileInfo] // of what was read back last
	again   int                         // times it was no longer that when it should land; owned by who lands it
	landed  atomic.Bool
	unwell  atomic.Bool   // the disk failed it: what is there of it may be right
	round   atomic.Uint32 // goes up when what is there becomes worthless
	flushed atomic.Uint64 // bytes that were told to be safe in this round

	flushing sync.Mutex // held while it is flushed, guards the rest
	fault    error      // what a flush said
	faultIn  uint32     // the round that it holds for
}

// A state is what a part was when something beside began to work on it.
type state struct {
	f       *os.File
	version uint8
	size    uint64
	written uint64
	round   uint32
	temp    string
	placed  bool
	fresh   runs // groups that a flush of now makes safe
}

func newPart(a session.DiskEntry) *part {
	return &part{file: a.File, path: a.Path, size: a.Size, modMS: a.ModMS, exec: a.Exec}
}

func (p *part) state() state {
	return state{
		f: p.f, version: p.version, size: p.size, written: min(p.written, p.size), round: p.round.Load(),
		temp: p.temp, placed: p.placed,
	}
}

// take is state for who flushes: what was written since is theirs to tell of.
func (p *part) take() state {
	s := p.state()
	s.fresh, p.fresh, p.dirty = p.fresh, nil, 0
	return s
}

func (p *part) current(s state) bool { return p.round.Load() == s.round }

func (p *part) bump() { p.round.Add(1) }

func (p *part) wrote(group uint32, n int) {
	p.written += uint64(n)
	p.dirty += uint64(n)
	p.fresh.add(group, 1)
}

// dueForSync reports whether a file is to be flushed now; where a journal is kept
// rather often, but one flush at a time.
func (p *part) dueForSync(journal bool) bool {
	every := uint64(syncEvery)
	if journal {
		every = safeEvery
	}
	if p.busy || p.dirty < every {
		return false
	}
	p.busy = true
	return true
}

// reset begins a new round and returns how many bytes the last one had.
func (p *part) reset(version uint8, size uint64) (had uint64) {
	p.bump()
	had = p.written
	p.version, p.size, p.written, p.dirty, p.fresh = version, size, 0, 0, nil
	p.flushed.Store(0)
	return had
}

func (p *part) close() {
	if p.f != nil {
		p.f.Close()
		p.f = nil
	}
}

// opened makes the part's file, the first time, and reports whether it is there.
func (d *dest) opened(p *part) bool {
	if p.f != nil {
		return true
	}
	mode := os.FileMode(0o644)
	if p.exec {
		mode = 0o755
	}
	name := "t" + strconv.FormatUint(uint64(p.file), 10)
	err := d.space.retry(func() (err error) {
		for n := 1; n <= numbersMax; n++ { // an earlier run may have left another file under this one
			p.temp = filepath.Join(d.temp, name)
			if n > 1 {
				p.temp += "-" + strconv.Itoa(n)
			}
			if p.f, err = d.root.OpenFile(p.temp, os.O_RDWR|os.O_CREATE|os.O_EXCL, mode); d.book == nil || !errors.Is(err, fs.ErrExist) {
				return err
			}
		}
		return err
	})
	if err != nil {
		p.f = nil
		d.failed(p, err)
	}
	return err == nil
}

// flush brings what there is of a file to the disk. The system tells of bytes that it lost
// once for each open file, and of the next flush that all is well, though they are still
// what is read back, from memory: so what was said once holds as long as the round.
func (p *part) flush(s state, one func(*os.File) error) error {
	p.flushing.Lock() // two at once: one would be told, and the other believe
	defer p.flushing.Unlock()
	err := one(s.f)
	switch {
	case err == nil && p.fault != nil && p.faultIn == s.round:
		return p.fault
	case err != nil && !errors.Is(err, os.ErrClosed):
		p.fault, p.faultIn = err, p.round.Load() // what was lost may be of a round that just began
	}
	return err
}

// sync flushes a file while more of it comes.
func (d *dest) sync(p *part, s state) {
	var err error
	d.permitted(func() {
		if p.current(s) {
			err = p.flush(s, d.flusher.one)
		}
	})
	d.ops.put(diskOp{do: func() { p.busy = false }})
	switch {
	case !p.current(s) || errors.Is(err, os.ErrClosed): // it landed: all of it was flushed
	case err != nil:
		d.notFlushed(p, s, err)
	default:
		d.safe(p, s)
	}
}

// notFlushed says that bytes of a file did not get to the disk.
func (d *dest) notFlushed(p *part, s state, err error) {
	if !isFull(err) {
		d.failed(p, err)
		return
	}
	// What was written lies in memory and has no place on the disk: the file
	// system may drop it, so it is asked for again once there is room.
	if d.space.wait() == nil {
		d.ops.put(diskOp{do: func() { d.lost(p, s) }})
	}
}

// safe tells how much a crash can't take away, once; where a journal is kept, what
// it is to say.
func (d *dest) safe(p *part, s state) {
	if d.book != nil {
		place := placeIn + filepath.Base(s.temp)
		parts := s.fresh.parts(place)
		if s.size == 0 {
			parts = []journal.Part{{Place: place}}
		}
		if len(parts) > 0 && !s.placed {
			d.say(session.Flushed{File: p.file, Version: s.version, Bytes: s.written, Parts: parts})
		}
		return
	}
	for {
		last := p.flushed.Load()
		if s.written <= last && s.written > 0 {
			return
		}
		if p.flushed.CompareAndSwap(last, s.written) {
			d.say(session.Safe{File: p.file, Bytes: s.written})
			return
		}
	}
}

// finish flushes a file and reads back what is on the disk.
func (d *dest) finish(p *part, s state) {
	if d.settled(p, s) {
		d.permitted(func() { d.check(p, s) })
	}
}

// settled flushes a file and reports whether that is done.
func (d *dest) settled(p *part, s state) bool {
	var err error
	if !s.placed {
		err = p.flush(s, d.flusher.flush)
	}
	switch {
	case !p.current(s):
		return false
	case err != nil:
		d.notFlushed(p, s, err)
		return false
	}
	d.safe(p, s)
	return true
}

// check reads back a file that was flushed.
func (d *dest) check(p *part, s state) {
	info, err := s.f.Stat() // before: what is written meanwhile shows when it lands
	if err != nil {
		d.failed(p, err)
		return
	}
	sum, cvs, err := readBack(s, func() bool { return p.current(s) })
	switch {
	case !p.current(s):
	case err != nil:
		d.failed(p, err)
	default:
		p.seen.Store(&info)
		d.say(session.DiskDigest{File: p.file, Version: s.version, Digest: sum, CVs: cvs})
	}
}

// touchedMax is how often a file may be no longer what was read back.
const touchedMax = 3

// untouched reports whether a file that is about to get its name is still what was
// read back. It reads it back once more if somebody wrote it since: the machine
// judges anew. What stands in its place by now is none of ours, and fails.
func (d *dest) untouched(p *part, s state) bool {
	now, err1 := s.f.Stat()
	there, err2 := d.root.Lstat(s.temp)
	seen := p.seen.Load()
	switch {
	case err1 != nil || err2 != nil || seen == nil || !os.SameFile(now, there):
		d.failed(p, wire.Unwritable)
	case now.Size() == (*seen).Size() && now.ModTime().Equal((*seen).ModTime()):
		return true
	case p.again >= touchedMax:
		d.failed(p, wire.Unwritable)
	default:
		p.again++
		if d.settled(p, s) {
			d.check(p, s)
		}
	}
	return false
}

func (d *dest) lost(p *part, s state) {
	if p.current(s) {
		d.empty(p, p.version, p.size)
		d.say(session.Lost{File: p.file, Version: p.version, Length: p.size})
	}
}
