package peer

import (
	"time"

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

// patience is for a wake-up that was missed.
const patience = 250 * time.Millisecond

// ctrlPatience is how long a control record may wait behind the lane of its
// connection. pion sends what is unordered first, as long as there is any, so to
// a peer without interleaving (a browser) a lane that is never idle would starve
// the control channel until the session is given up.
const ctrlPatience = 500 * time.Millisecond

// A gauge is how full a channel is: a *webrtc.DataChannel.
type gauge interface {
	BufferedAmount() uint64 // bytes that wait or are on their way
	SetBufferedAmountLowThreshold(uint64)
	OnBufferedAmountLow(func())
}

// A pacer holds a lane back while its channel, or the control channel beside it,
// has too much to do.
type pacer struct {
	lanes      func() int // of the session
	stop       <-chan struct{}
	lane, ctrl gauge // ctrl is nil on every connection but 0
	wake       chan struct{}
	ctrlSince  time.Time // since when the control channel has not been empty

	high    uint64 // bytes at which the lane has enough
	written uint64 // bytes, ever
	drained uint64 // of them, gone when last looked
	looked  time.Time
	second  uint64 // bytes that go in one
}

func newPacer(lane, ctrl gauge, lanes func() int, stop <-chan struct{}) *pacer {
	p := &pacer{lanes: lanes, stop: stop, lane: lane, ctrl: ctrl, wake: make(chan struct{}, 1), second: 2 * queuedLeast, looked: time.Now()}
	nudge := func() {
		select {
		case p.wake <- struct{}{}:
		default:
		}
	}
	lane.OnBufferedAmountLow(nudge)
	if ctrl != nil {
		ctrl.OnBufferedAmountLow(nudge) // when it is empty
	}
	return p
}

// room waits until another record may be sent. It reports false when the lane is
// closed.
func (p *pacer) room() bool {
	for {
		select {
		case <-p.stop:
			return false
		default:
		}
		queued := p.lane.BufferedAmount()
		p.measure(queued)
		if queued < p.high && !p.starving() {
			return true
		}
		select {
		case <-p.wake:
		case <-time.After(patience):
		case <-p.stop:
			return false
		}
	}
}

// sent notes that a record of n bytes went into the channel.
func (p *pacer) sent(n int) { p.written += uint64(n) }

// measure follows the rate and the number of lanes. The wake-up comes as soon as
// there is room: a pipe that runs dry between wake-ups is a slow one.
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
	if high := max(queuedLeast, min(p.second, most)); high != p.high {
		p.high = high
		p.lane.SetBufferedAmountLowThreshold(high - high/4)
	}
}

// starving reports whether a control record has waited too long.
func (p *pacer) starving() bool {
	if p.ctrl == nil || p.ctrl.BufferedAmount() == 0 {
		p.ctrlSince = time.Time{}
		return false
	}
	now := time.Now()
	if p.ctrlSince.IsZero() {
		p.ctrlSince = now
	}
	return now.Sub(p.ctrlSince) > ctrlPatience
}
