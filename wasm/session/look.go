package session

import (
	"crypto/ed25519"
	"slices"

	"beeline/wasm/ctrl"
	"beeline/wasm/describe"
	"beeline/wasm/handshake"
	"beeline/wasm/wire"
)

// This file: how a watcher gets a listing session with one device of a contact, and
// what it hears there. PROTOCOL.md e.

// begin knocks at those who wait, a few at a time.
func (w *Watcher) begin() {
	for k, l := range w.looks {
		if w.paidTo > w.now+(knocksAhead-1)*knockEvery {
			return
		}
		at, ok := w.spotOf(k.topic)
		if !ok || !l.here || l.conn != nil || l.run != nil || w.now < l.holdUntil {
			continue
		}
		w.paidTo = max(w.paidTo, w.now) + knockEvery
		a := &attempt{door: at.door, topic: k.topic, sid: newSID(), at: w.now, handle: k.handle}
		var err error
		if a.init, a.m1, err = handshake.Initiate(at.door.run(at.epoch, k.topic, a.sid)); err != nil {
			continue
		}
		l.run = a
		w.wantICE(&w.base)
		w.publish(&w.base, k.topic, k.handle, a.m1)
	}
}

func (w *Watcher) frame(k lookKey, l *look, frame []byte) {
	kind, sid, err := handshake.FrameKind(frame)
	if err != nil {
		return
	}
	if c := l.conn; c != nil {
		if kind == handshake.KindT && c.t != nil && c.topic == k.topic && c.sid == sid {
			w.check(l, c.frame(frame))
		}
		return
	}
	a := l.run
	if a == nil || a.sid != sid {
		return
	}
	switch {
	case kind == handshake.KindM2 && a.t == nil:
		t, err := a.init.Accept(frame, func(idtype uint8, pk ed25519.PublicKey) bool {
			return idtype == a.door.typeR && a.door.pinned(pk)
		})
		if err != nil {
			return // not them: as if nothing had come
		}
		a.t, a.m3 = t, w.now
		if m3, err := t.Seal(t.AuthI(a.door.key, a.door.typeI, [16]byte{})); err == nil {
			w.publish(&w.base, a.topic, a.handle, m3)
		}
	case kind == handshake.KindT && a.t != nil:
		w.answer(l, a, frame)
	}
}

// answer takes M4.
func (w *Watcher) answer(l *look, a *attempt, frame []byte) {
	payload, err := a.t.Open(frame)
	if err != nil {
		if a.t.Broken() {
			w.again(l)
		}
		return // else no frame of this run
	}
	if payload[0] == wire.TBye {
		w.again(l)
		return
	}
	status, _, err := a.t.CheckAuthR(payload)
	if err != nil || status != wire.StatusAccepted {
		w.again(l)
		l.holdUntil = w.now + refusedHold // asking again soon would change nothing
		return
	}
	l.run = nil
	l.conn = newConn(&w.base, &w.meeting, false, a.t, a.topic, a.handle, describe.Rules{Loopback: w.cfg.Loopback})
	l.conn.sid = a.sid
	if w.hidden {
		l.conn.own.Paths = wire.PathsRelay
	}
}

// again gives a try up; the next waits a while.
func (w *Watcher) again(l *look) {
	l.run = nil
	l.tries++
	l.holdUntil = w.now + untilNext(l.tries)
}

// lose ends a session; another is made while the contact waits.
func (w *Watcher) lose(l *look) {
	l.conn.close(wire.None)
	l.conn, l.whole, l.offers, l.coming = nil, false, nil, nil
	w.again(l)
	w.do(Show{})
}

func (w *Watcher) check(l *look, err error) {
	if err != nil {
		w.lose(l)
	}
}

func (w *Watcher) sessionEvent(l *look, e Event) {
	c := l.conn
	switch e := e.(type) {
	case CtrlMessage:
		m, _, err := c.receive(e.Data)
		if err == nil {
			err = w.message(l, m)
		}
		if l.conn == c {
			w.check(l, err)
		}
	case CtrlOpen:
		err := c.ctrlOpen(1)
		w.check(l, err)
		w.resubscribe()
	default:
		w.check(l, c.connEvent(e))
	}
}

func (w *Watcher) message(l *look, m ctrl.Message) error {
	switch m := m.(type) {
	case nil, ctrl.Hello:
		return nil
	case ctrl.Shares:
		if len(l.coming)+len(m.Offers) > offersMax {
			return wire.Format
		}
		if l.coming = append(l.coming, m.Offers...); !m.Last {
			return nil
		}
		l.offers, l.coming, l.whole, l.tries = l.coming, nil, true, 0
		w.supersede(l)
		w.do(Show{})
		return nil
	case ctrl.Error:
		return m.Code()
	case ctrl.Close:
		return wire.Revoked
	}
	return wire.Format // a listing session carries nothing else
}

// supersede ends an older session of the same contact that shows nothing which
// this one does not: after the turn of an hour the same device is met again.
func (w *Watcher) supersede(l *look) {
	for k, old := range w.looks {
		if old == l || old.of != l.of || !old.whole || old.here || old.conn.topic == l.conn.topic {
			continue
		}
		more := slices.ContainsFunc(old.offers, func(o ctrl.Offer) bool {
			return !slices.ContainsFunc(l.offers, func(n ctrl.Offer) bool { return n.ID == o.ID })
		})
		if !more {
			w.leave(old)
			delete(w.looks, k)
		}
	}
}

func (w *Watcher) tick() {
	w.closeDue()
	w.resubscribe()
	for k, l := range w.looks {
		if _, ok := w.topics[k.topic]; !ok {
			l.here = false // the hour turned: they are met on the next topic
		}
		if l.conn != nil {
			if _, over := l.conn.tick(); over {
				w.lose(l)
			}
		}
		switch a := l.run; {
		case a != nil && (a.t == nil && w.now-a.at > m2Within || a.t != nil && w.now-a.m3 > m4Within):
			w.again(l)
		case l.conn == nil && a == nil && !l.here:
			delete(w.looks, k)
		}
	}
	w.begin()
}
