package peer

import (
	"bytes"

	"beeline/backend/peer/transport"
	"beeline/wasm/session"
)

// waiting is how many events of one peer or the hub may wait for the machine
// before reading them stops.
const waiting = 256

// ctrlOpen starts to carry control records, sealed, both ways.
func (l *link) ctrlOpen(c transport.Lane) {
	l.mu.Lock()
	l.ctrl = c
	l.mu.Unlock()
	l.tell(session.CtrlOpen{Session: l.session})
	l.loops.Go(func() {
		buf := make([]byte, transport.RecordBuffer)
		for {
			n, err := c.Read(buf)
			if err != nil {
				l.tell(session.CtrlClosed{Session: l.session})
				return
			}
			l.tellSlow(message{event: session.CtrlMessage{Session: l.session, Data: bytes.Clone(buf[:n])}})
		}
	})
}

// tellSlow is tell for what a peer sends: it waits while much waits already.
func (l *link) tellSlow(m message) {
	select {
	case <-l.stop:
	default:
		l.s.box.wait(m, waiting)
	}
}

// sendCtrl sends a control record. It never blocks: it queues.
func (l *link) sendCtrl(record []byte) {
	l.mu.Lock()
	c := l.ctrl
	l.mu.Unlock()
	if c == nil {
		return // CtrlClosed has said so
	}
	if err := c.Write(record); err != nil || c.Queued(transport.NoLimit) > ctrlQueued {
		l.tell(session.CtrlClosed{Session: l.session})
	}
}

// laneOpen takes the lane; what feeds it starts with the keys.
func (l *link) laneOpen(c transport.Lane) {
	l.lane = c
	l.feed()
}

// setOut and setIn give the lane its keys, on the side that sends and on the
// side that receives.
func (l *link) setOut(o *outbound) {
	l.mu.Lock()
	l.out = o
	l.mu.Unlock()
	l.ops.put(l.feed)
}

func (l *link) setIn(in *inbound) {
	l.mu.Lock()
	l.in = in
	l.mu.Unlock()
	l.ops.put(l.feed)
}

func (l *link) outbound() *outbound {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.out
}

func (l *link) inbound() *inbound {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.in
}

// feed starts the lane once it has both its channel and its keys.
func (l *link) feed() {
	l.mu.Lock()
	out, in, ctrl := l.out, l.in, l.ctrl
	l.mu.Unlock()
	if l.feeding || l.lane == nil || out == nil && in == nil {
		return
	}
	l.feeding = true
	c := l.lane
	if out != nil {
		l.loops.Go(func() { out.read() })
		l.loops.Go(func() { out.send(c, ctrl) })
	}
	l.loops.Go(func() {
		buf := make([]byte, transport.RecordBuffer)
		for {
			n, err := c.Read(buf)
			if err != nil {
				l.tell(session.LaneClosed{Session: l.session, PC: l.pc})
				return
			}
			if in == nil {
				continue // nothing comes this way; reading is how the end is seen
			}
			if !in.record(buf[:n]) {
				return // the machine closes the link
			}
		}
	})
}
