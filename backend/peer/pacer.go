package peer

import (
	"time"

	"beeline/backend/peer/transport"
	"beeline/wasm/wire"
)

// Bytes that wait in a lane's channel before sending pauses: as many as go in a
// second, within these bounds. pion counts what is on its way, too, and what is
// said on the control channel gets in line behind it. DESIGN 5.
const (
	queuedOne   = wire.QueueOne  // of a session's only lane, at most
	queuedMany  = wire.QueueMany // of each of several, at most
	queuedLeast = 128 << 10
)

// measureEvery is the time over which the rate of a lane is measured.
const measureEvery = 250 * time.Millisecond

// ctrlPatience is how long a control record may wait behind the lane of its
// connection. pion sends what is unordered first, as long as there is any, so to
// a peer without interleaving (a browser) a lane that is never idle would starve
// the control channel until the session is given up.
const ctrlPatience = 500 * time.Millisecond

// A pacer holds a lane back while it, or the control channel beside it, has too much
// to do.
type pacer struct {
	lanes      func() int // of the session
	stop       <-chan struct{}
	lane, ctrl transport.Lane // ctrl is nil on every connection but 0
	ctrlSince  time.Time      // since when the control channel has not been empty

	high    uint64 // bytes at which the lane has enough
	written uint64 // bytes, ever
	drained uint64 // of them, gone when last looked
	looked  time.Time
	second  uint64 // bytes that go in one
}

func newPacer(lane, ctrl transport.Lane, lanes func() int, stop <-chan struct{}) *pacer {
	return &pacer{lanes: lanes, stop: stop, lane: lane, ctrl: ctrl, second: 2 * queuedLeast, looked: time.Now()}
}

// room waits until another record may be sent. It reports false when the lane is
// closed. The wait ends as soon as there is room: a pipe that runs dry between
// wake-ups is a slow one.
func (p *pacer) room() bool {
	for {
		select {
		case <-p.stop:
			return false
		default:
		}
		queued := p.lane.Queued(transport.NoLimit)
		p.measure(queued)
		switch {
		case p.starving():
			p.ctrl.Queued(0)
		case queued >= p.high:
			p.lane.Queued(p.high - p.high/4)
		default:
			return true
		}
	}
}

// sent notes that a record of n bytes went into the channel.
func (p *pacer) sent(n int) { p.written += uint64(n) }

// measure follows the rate and the number of lanes.
func (p *pacer) measure(queued uint64) {
	if d := time.Since(p.looked); d >= measureEvery {
		gone := p.written - min(queued, p.written)
		p.second = uint64(float64(gone-min(p.drained, gone)) / d.Seconds())
		p.drained, p.looked = gone, p.looked.Add(d)
	}
	most := uint64(queuedOne)
	if p.lanes() > 1 {
		most = queuedMany
	}
	p.high = max(queuedLeast, min(p.second, most))
}

// starving reports whether a control record has waited too long.
func (p *pacer) starving() bool {
	if p.ctrl == nil || p.ctrl.Queued(transport.NoLimit) == 0 {
		p.ctrlSince = time.Time{}
		return false
	}
	now := time.Now()
	if p.ctrlSince.IsZero() {
		p.ctrlSince = now
	}
	return now.Sub(p.ctrlSince) > ctrlPatience
}
