package peer

import (
	"errors"
	"io/fs"
	"path/filepath"
	"sync"
	"time"
)

// errNoRoom means that what would be written is more than this destination may have: it
// is waited for as a full disk is.
var errNoRoom = errors.New("peer: no more room for this destination")

// noRoom reports that there is no room now, on the disk or by a bound.
func noRoom(err error) bool { return isFull(err) || errors.Is(err, errNoRoom) }

// A Bound is how much a destination may take. The zero value has none but the disk's.
type Bound struct {
	Most    uint64 // bytes of everything in it, whoever put it there; 0: no bound
	Reserve uint64 // bytes of its disk that stay free
}

// entryTakes is what a file or folder counts at least, and in steps of: what the smallest
// takes on most disks. Empty files take room, too.
const entryTakes = 4096

// Left returns the bytes that may still be written into a folder; not ok where nobody
// knows. With Most it looks at everything that is there.
func (b Bound) Left(dir string) (left uint64, ok bool) {
	return b.left(FreeSpace, dir, func() uint64 { return taken(dir, nil) })
}

func (b Bound) left(free func(dir string) (uint64, bool), dir string, used func() uint64) (left uint64, ok bool) {
	if left, ok = free(dir); ok {
		left -= min(left, b.Reserve)
	}
	if b.Most > 0 {
		most := b.Most - min(b.Most, used())
		if !ok || most < left {
			left, ok = most, true
		}
	}
	return left, ok
}

// taken is what everything below a folder takes. What can't be looked at counts nothing.
func taken(dir string, stop <-chan struct{}) (bytes uint64) {
	_ = filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		select {
		case <-stop:
			return fs.SkipAll
		default:
		}
		if err != nil || path == dir {
			return nil
		}
		size := uint64(1)
		if info, err := e.Info(); err == nil && info.Mode().IsRegular() {
			size = max(1, uint64(info.Size()))
		}
		bytes += (size + entryTakes - 1) / entryTakes * entryTakes
		return nil
	})
	return bytes
}

// room is what a transfer knows of the bound of its destination.
type room struct {
	Bound

	mu      sync.Mutex // guards the rest
	used    uint64     // when it was counted, and what was written since
	counted time.Time
	slack   uint64 // bytes that may be written before it is looked again
}

const (
	slackMost = 64 << 20 // bytes
	// countEvery is how often everything in a destination is counted that has no room, in
	// times that a full disk is tried again.
	countEvery = 10
)

// left returns the bytes that may still be written. Called with mu of room held.
func (d *dest) left() (uint64, bool) {
	return d.room.left(d.free, d.out, func() uint64 {
		if time.Since(d.room.counted) >= countEvery*d.pause {
			d.room.used, d.room.counted = taken(d.out, d.stop), time.Now()
		}
		return d.room.used
	})
}

// roomLeft is left for who does not hold mu.
func (d *dest) roomLeft() (uint64, bool) {
	d.room.mu.Lock()
	defer d.room.mu.Unlock()
	return d.left()
}

// mayWrite takes n bytes of what may be written, or fails with errNoRoom.
func (d *dest) mayWrite(n int) error {
	r := &d.room
	if r.Bound == (Bound{}) {
		return nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.slack < uint64(n) {
		r.slack = 0
		left, ok := d.left()
		if ok && left < uint64(n) {
			return errNoRoom
		}
		if r.slack = slackMost; ok {
			// Others may write to the disk, too: near the end it is looked often.
			r.slack = max(uint64(n), min(slackMost, left/2))
		}
	}
	r.slack -= uint64(n)
	r.used += uint64(n)
	return nil
}
