package memory

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"sync"
	"time"
)

// A lane is a pair of pipes.
type lane struct{ in, out *pipe }

func (l *lane) Read(buf []byte) (int, error) { return l.in.read(buf) }
func (l *lane) Write(rec []byte) error       { return l.out.write(rec) }
func (l *lane) Queued(most uint64) uint64    { return l.out.wait(most) }

func (l *lane) Close() error {
	l.in.close()
	l.out.close()
	return nil
}

// A pipe carries records one way.
type pipe struct {
	net     *Net
	ordered bool

	mu     sync.Mutex // guards the rest
	change *sync.Cond // a record came or was read, or the pipe was closed
	flying []flight   // in the order in which they arrive
	there  [][]byte   // that arrived
	queued uint64     // bytes in both
	next   time.Time  // when what was written will have gone
	last   time.Time  // when the last record arrives, where order matters
	timer  *time.Timer
	closed bool
}

type flight struct {
	due time.Time
	rec []byte
}

func newPipe(n *Net, ordered bool) *pipe {
	p := &pipe{net: n, ordered: ordered}
	p.change = sync.NewCond(&p.mu)
	return p
}

var errClosed = errors.New("memory: the lane is closed")

func (p *pipe) write(rec []byte) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return errClosed
	}
	p.queued += uint64(len(rec))
	now := time.Now()
	due, gone := p.net.late(len(rec), now, p.next)
	p.next = gone
	if p.ordered && due.Before(p.last) {
		due = p.last
	}
	if p.ordered {
		p.last = due
	}
	at := len(p.flying)
	for at > 0 && p.flying[at-1].due.After(due) {
		at--
	}
	p.flying = slices.Insert(p.flying, at, flight{due, bytes.Clone(rec)})
	p.land(now)
	return nil
}

// land takes down what is due, and comes back for the next.
func (p *pipe) land(now time.Time) {
	n := 0
	for ; n < len(p.flying) && !p.flying[n].due.After(now); n++ {
		p.there = append(p.there, p.flying[n].rec)
	}
	if n > 0 {
		p.flying = slices.Delete(p.flying, 0, n)
		p.change.Broadcast()
	}
	if p.timer != nil {
		p.timer.Stop()
		p.timer = nil
	}
	if len(p.flying) > 0 && !p.closed {
		p.timer = time.AfterFunc(p.flying[0].due.Sub(now), func() {
			p.mu.Lock()
			defer p.mu.Unlock()
			p.land(time.Now())
		})
	}
}

// read returns what arrived before the end, then the end.
func (p *pipe) read(buf []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for len(p.there) == 0 && !p.closed {
		p.change.Wait()
	}
	if len(p.there) == 0 {
		return 0, io.EOF
	}
	rec := p.there[0]
	p.there = p.there[1:]
	p.queued -= uint64(len(rec))
	p.change.Broadcast()
	if len(rec) > len(buf) {
		p.shut()
		return 0, io.ErrShortBuffer
	}
	return copy(buf, rec), nil
}

// wait waits until no more than most bytes are under way.
func (p *pipe) wait(most uint64) uint64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	for p.queued > most && !p.closed {
		p.change.Wait()
	}
	return p.queued
}

func (p *pipe) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.shut()
}

// shut ends the pipe: what has not arrived never will.
func (p *pipe) shut() {
	p.closed = true
	p.flying = nil
	if p.timer != nil {
		p.timer.Stop()
	}
	p.change.Broadcast()
}
