package peer

import (
	"io"
	"os"
	"path/filepath"
	"strconv"
	"sync/atomic"

	"beeline/wasm/digest"
	"beeline/wasm/session"
	"beeline/wasm/wire"
)

// syncEvery is how many bytes of one file are written before they are flushed,
// so that the last flush of a large file is not minutes long.
const syncEvery = 64 << 20

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
	written uint64
	dirty   uint64 // written since the last flush began

	seen    atomic.Pointer[os.FileInfo] // of what was read back last
	again   int                         // times it was no longer that when it should land; owned by who lands it
	landed  atomic.Bool
	round   atomic.Uint32 // goes up when what is there becomes worthless
	flushed atomic.Uint64 // bytes that were told to be safe in this round
}

// A state is what a part was when something beside began to work on it.
type state struct {
	f       *os.File
	version uint8
	size    uint64
	written uint64
	round   uint32
}

func newPart(a session.DiskEntry) *part {
	return &part{file: a.File, path: a.Path, size: a.Size, modMS: a.ModMS, exec: a.Exec}
}

func (p *part) state() state {
	return state{p.f, p.version, p.size, min(p.written, p.size), p.round.Load()}
}

func (p *part) current(s state) bool { return p.round.Load() == s.round }

func (p *part) bump() { p.round.Add(1) }

func (p *part) wrote(n int) {
	p.written += uint64(n)
	p.dirty += uint64(n)
}

func (p *part) dueForSync() bool {
	if p.dirty < syncEvery {
		return false
	}
	p.dirty = 0
	return true
}

// reset begins a new round and returns how many bytes the last one had.
func (p *part) reset(version uint8, size uint64) (had uint64) {
	p.bump()
	had = p.written
	p.version, p.size, p.written, p.dirty = version, size, 0, 0
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
	p.temp = filepath.Join(d.temp, "t"+strconv.FormatUint(uint64(p.file), 10))
	err := d.space.retry(func() (err error) {
		p.f, err = d.root.OpenFile(p.temp, os.O_RDWR|os.O_CREATE|os.O_EXCL, mode)
		return err
	})
	if err != nil {
		p.f = nil
		d.failed(p, err)
	}
	return err == nil
}

// sync flushes a file while more of it comes.
func (d *dest) sync(p *part, s state) {
	if p.current(s) && s.f.Sync() == nil && p.current(s) {
		d.safe(p, s)
	} // an error comes again with the last flush
}

// safe tells how much a crash can't take away, once.
func (d *dest) safe(p *part, s state) {
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
	err := s.f.Sync()
	switch {
	case !p.current(s):
		return
	case err != nil && isFull(err):
		// What was written lies in memory and has no place on the disk: the file
		// system may drop it, so it is asked for again once there is room.
		if d.space.wait() == nil {
			d.ops.put(diskOp{do: func() { d.lost(p, s) }})
		}
		return
	case err != nil:
		d.failed(p, err)
		return
	}
	d.safe(p, s)
	info, err := s.f.Stat() // before: what is written meanwhile shows when it lands
	if err != nil {
		d.failed(p, wire.Unwritable)
		return
	}
	sum, cvs, err := readBack(s, func() bool { return p.current(s) })
	switch {
	case !p.current(s):
	case err != nil:
		d.failed(p, wire.Unwritable)
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
	there, err2 := d.root.Lstat(p.temp)
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
		d.finish(p, s)
	}
	return false
}

func (d *dest) lost(p *part, s state) {
	if p.current(s) {
		d.empty(p, p.version, p.size)
		d.say(session.Lost{File: p.file, Version: p.version, Length: p.size})
	}
}

// readBack computes what b3sum would print, and the value of each group. It
// stops when nobody wants to know any more.
func readBack(s state, wanted func() bool) (sum [32]byte, cvs []byte, err error) {
	if s.size > wire.GroupSize {
		cvs = make([]byte, 0, (s.size+wire.GroupSize-1)/wire.GroupSize*32)
	}
	h := digest.NewHasher(func(_ uint32, cv [32]byte) {
		if s.size > wire.GroupSize {
			cvs = append(cvs, cv[:]...)
		}
	})
	buf := make([]byte, min(s.size, wire.GroupSize))
	for at := int64(0); at < int64(s.size) && wanted(); {
		n, err := s.f.ReadAt(buf[:min(int64(len(buf)), int64(s.size)-at)], at)
		if err != nil && err != io.EOF {
			return sum, nil, err
		}
		if n == 0 {
			return sum, nil, io.ErrUnexpectedEOF
		}
		h.Write(buf[:n])
		at += int64(n)
	}
	return h.Sum(), cvs, nil
}
