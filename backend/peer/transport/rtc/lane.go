package rtc

import (
	"sync"
	"time"

	"github.com/pion/datachannel"
	"github.com/pion/webrtc/v3"
)

// patience is for a wake-up that was missed.
const patience = 250 * time.Millisecond

// A lane is a data channel that is open.
type lane struct {
	dc   *webrtc.DataChannel
	raw  datachannel.ReadWriteCloser
	less chan struct{} // fewer bytes wait than the threshold
	gone chan struct{} // closed with the lane
	once sync.Once
}

func newLane(dc *webrtc.DataChannel, raw datachannel.ReadWriteCloser) *lane {
	l := &lane{dc: dc, raw: raw, less: make(chan struct{}, 1), gone: make(chan struct{})}
	dc.OnBufferedAmountLow(func() {
		select {
		case l.less <- struct{}{}:
		default:
		}
	})
	return l
}

func (l *lane) Read(buf []byte) (int, error) {
	for {
		n, text, err := l.raw.ReadDataChannel(buf)
		if err != nil || !text { // text has no place in the protocol
			return n, err
		}
	}
}

func (l *lane) Write(rec []byte) error {
	_, err := l.raw.Write(rec)
	return err
}

// Queued also counts what is on its way: pion does.
func (l *lane) Queued(most uint64) uint64 {
	queued := l.dc.BufferedAmount()
	if queued <= most {
		return queued
	}
	l.dc.SetBufferedAmountLowThreshold(most)
	late := time.NewTimer(patience)
	defer late.Stop()
	for {
		if queued = l.dc.BufferedAmount(); queued <= most {
			return queued
		}
		select {
		case <-l.less:
		case <-late.C:
			late.Reset(patience)
		case <-l.gone:
			return queued
		}
	}
}

func (l *lane) Close() error {
	l.wakeUp()
	if d, ok := l.raw.(datachannel.ReadDeadliner); ok {
		_ = d.SetReadDeadline(time.Unix(1, 0)) // pion's Close waits for the other side to close, too
	}
	return l.raw.Close()
}

// wakeUp ends Queued.
func (l *lane) wakeUp() { l.once.Do(func() { close(l.gone) }) }
