package peer

import (
	"errors"
	"path/filepath"
	"sync"
	"time"

	"beeline/wasm/session"
)

// errGivenUp means that the transfer is over while somebody waited for room.
var errGivenUp = errors.New("peer: the transfer was given up")

// A space keeps a full disk from being an error: whoever wants to write waits,
// the person is told how much is missing, and it is tried again until there is
// room.
type space struct {
	d *dest

	mu      sync.Mutex // guards the rest
	total   uint64     // bytes of the transfer
	have    int64      // of them, written
	waiting int
}

func (s *space) add(n int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.have += n
}

// retry runs op until it fails for another reason than a full disk, or not.
func (s *space) retry(op func() error) error {
	err := op()
	if err == nil || !noRoom(err) {
		return err
	}
	s.enter()
	defer s.leave()
	for {
		if err := s.sleep(); err != nil {
			return err
		}
		if err := op(); err == nil || !noRoom(err) {
			return err
		}
	}
}

// wait waits until there seems to be room again.
func (s *space) wait() error {
	s.enter()
	defer s.leave()
	for {
		if err := s.sleep(); err != nil {
			return err
		}
		if free, ok := s.d.roomLeft(); !ok || free > 0 {
			return nil
		}
	}
}

func (s *space) enter() {
	s.mu.Lock()
	s.waiting++
	first := s.waiting == 1
	needed := s.needed()
	s.mu.Unlock()
	if first {
		s.d.say(session.DiskFull{Needed: needed})
	}
}

func (s *space) leave() {
	s.mu.Lock()
	s.waiting--
	last := s.waiting == 0
	s.mu.Unlock()
	if last {
		s.d.say(session.DiskRoom{})
	}
}

// needed is how many bytes more the disk must have, at least 1. Called with mu
// held.
func (s *space) needed() uint64 {
	left := int64(s.total) - s.have
	if free, ok := s.d.roomLeft(); ok {
		left -= int64(free)
	}
	return uint64(max(1, left))
}

func (s *space) sleep() error {
	select {
	case <-time.After(s.d.pause):
		return nil
	case <-s.d.stop:
		return errGivenUp
	}
}

// FreeSpace returns the bytes that may still be written where dir is, or will be
// made; not ok where the file system does not say.
func FreeSpace(dir string) (uint64, bool) {
	for {
		if n, ok := freeSpace(dir); ok {
			return n, true
		}
		above := filepath.Dir(dir)
		if above == dir {
			return 0, false
		}
		dir = above
	}
}
