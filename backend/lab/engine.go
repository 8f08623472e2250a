//go:build linux

package lab

import (
	"encoding/binary"
	"math"
	"net/netip"
	"runtime"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

const (
	// Where every line is longer than this, frames are looked for at intervals
	// instead of one by one: they carry the time they came, so only fewer wake-ups
	// are seen of it.
	napDelay = time.Millisecond
	nap      = 150 * time.Microsecond
)

// A host as the engine sees it.
type host struct {
	site *site
	port *port
	mac  [6]byte
}

// A site as the engine sees it.
type site struct {
	name     string
	block    Block
	up, down *pipe
	nat      *nat // nil: none
	hosts    map[netip.Addr]*host
}

// An engine carries frames between ports: one thread that owns everything
// while it holds mu. Commands take the lock in between.
type engine struct {
	hosts []*host
	sites []*site
	wake  int // eventfd: a command changed something, or the end

	mu     sync.Mutex           // guards what follows, and what is in hosts and sites
	public map[netip.Addr]*site // who is reached from everywhere
	pool   pool
	ended  bool
}

// change runs f between two packets.
func (e *engine) change(f func()) {
	e.mu.Lock()
	f()
	e.mu.Unlock()
	_, _ = unix.Write(e.wake, binary.NativeEndian.AppendUint64(nil, 1))
}

// publish makes a site reached at the addresses it has now, and at no others.
func (e *engine) publish(s *site) {
	for a, at := range e.public {
		if at == s {
			delete(e.public, a)
		}
	}
	if s.nat != nil && s.nat.kind.maps() {
		e.public[s.nat.public] = s
		return
	}
	for a := range s.hosts {
		e.public[a] = s
	}
}

// run carries until ended.
func (e *engine) run() {
	runtime.LockOSThread() // not unlocked: the thread's priority ends with it
	hurry()
	fds := []unix.PollFd{{Fd: int32(e.wake), Events: unix.POLLIN}}
	for _, h := range e.hosts {
		fds = append(fds, unix.PollFd{Fd: int32(h.port.fd), Events: unix.POLLIN})
	}
	var word [8]byte
	for {
		e.mu.Lock()
		if e.ended {
			e.mu.Unlock()
			return
		}
		busy := e.collect()
		next := e.deliver(now())
		napping := busy && e.far()
		e.mu.Unlock()
		switch wait := next - now(); {
		case wait <= 0:
		case napping:
			ts := unix.NsecToTimespec(min(wait, int64(nap)))
			_ = unix.Nanosleep(&ts, nil)
		case next == math.MaxInt64:
			_, _ = unix.Ppoll(fds, nil, nil)
		default:
			ts := unix.NsecToTimespec(wait)
			_, _ = unix.Ppoll(fds, &ts, nil)
		}
		if fds[0].Revents&unix.POLLIN != 0 {
			fds[0].Revents = 0
			_, _ = unix.Read(e.wake, word[:])
		}
	}
}

// far reports whether every frame has at least napDelay to go.
func (e *engine) far() bool {
	near := 0
	for _, s := range e.sites {
		if s.up.quality.Delay < napDelay || s.down.quality.Delay < napDelay {
			near++
		}
	}
	return near < 2
}

// collect takes what the hosts have sent.
func (e *engine) collect() bool {
	any := false
	for _, h := range e.hosts {
		for range ringSlots {
			frame, t := h.port.read()
			if frame == nil {
				break
			}
			any = true
			if len(frame) <= frameMax {
				slot := e.pool.get()
				size := copy(e.pool.bytes(slot), frame)
				h.port.release()
				e.sent(h, packet{slot: slot, size: int32(size)}, t)
				continue
			}
			h.port.release()
		}
	}
	return any
}

// sent is a frame that h sent at t.
func (e *engine) sent(h *host, p packet, t int64) {
	s := h.site
	head, ok := parse(e.pool.bytes(p.slot)[:p.size])
	if !ok {
		e.pool.put(p.slot)
		return
	}
	if other := s.hosts[head.to.Addr()]; other != nil {
		e.arrived(other, p)
		return
	}
	// To an address that is nowhere, or to everybody: a line has nothing of it.
	if e.public[head.to.Addr()] == nil {
		e.pool.put(p.slot)
		return
	}
	if s.block.stops(&head) || s.nat != nil && !s.nat.out(&head, t) || !s.up.put(p, t) {
		e.pool.put(p.slot)
	}
}

// deliver takes everything that is due at t one step on, and returns when the
// next step is.
func (e *engine) deliver(t int64) int64 {
	next := int64(math.MaxInt64)
	for _, s := range e.sites {
		for due, ok := s.up.next(); ok && due <= t; due, ok = s.up.next() {
			e.crossed(s.up.take())
		}
		if due, ok := s.up.next(); ok {
			next = min(next, due)
		}
	}
	for _, s := range e.sites {
		for due, ok := s.down.next(); ok && due <= t; due, ok = s.down.next() {
			e.landed(s, s.down.take())
		}
		if due, ok := s.down.next(); ok {
			next = min(next, due)
		}
	}
	for _, h := range e.hosts {
		h.port.flush(&e.pool)
	}
	return next
}

// crossed is a packet at the far end of its sender's line.
func (e *engine) crossed(p packet) {
	head, _ := parse(e.pool.bytes(p.slot)[:p.size])
	s := e.public[head.to.Addr()]
	if s == nil || !s.down.put(p, p.due) {
		e.pool.put(p.slot)
	}
}

// landed is a packet at the near end of its receiver's line.
func (e *engine) landed(s *site, p packet) {
	head, _ := parse(e.pool.bytes(p.slot)[:p.size])
	if s.nat != nil && !s.nat.in(&head, p.due) || s.hosts[head.to.Addr()] == nil {
		e.pool.put(p.slot)
		return
	}
	e.arrived(s.hosts[head.to.Addr()], p)
}

// arrived is a packet at its host.
func (e *engine) arrived(h *host, p packet) {
	frame := e.pool.bytes(p.slot)
	copy(frame[0:6], h.mac[:])
	copy(frame[6:12], routerMAC[:])
	h.port.send(&e.pool, p.slot, p.size)
}

// routerMAC is who every host sends to.
var routerMAC = [6]byte{0x02, 0xbe, 0xe0, 0xff, 0xff, 0xff}

// now is on the kernel's clock for frames.
func now() int64 { return time.Now().UnixNano() }

// hurry puts the thread before others, where the machine lets it: a line must
// not be late because a browser works.
func hurry() {
	attr := unix.SchedAttr{Size: unix.SizeofSchedAttr, Policy: unix.SCHED_FIFO, Priority: 1}
	if unix.SchedSetAttr(0, &attr, 0) != nil {
		_ = unix.Setpriority(unix.PRIO_PROCESS, unix.Gettid(), -15)
	}
}
