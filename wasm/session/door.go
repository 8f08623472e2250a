package session

import (
	"crypto/sha256"
	"slices"

	swire "beeline/signaling/wire"
	"beeline/wasm/handshake"
	"beeline/wasm/wire"
)

// This file: whoever knocks at a door, until they proved what they hold.

// halfKey tells handshakes apart: the hub may mix them up, each stands for itself.
type halfKey struct {
	topic [32]byte
	sid   [16]byte
	from  uint32
}

// half is a handshake that has no session yet.
type half struct {
	t       *handshake.Transport
	door    *door
	at      int64
	asks    *recipient // set once M3 is good
	answers bool       // it is accepted
	res     [32]byte   // of one that began at a one-time link: the way back
	digits  uint32     // that two people may compare, while it waits
}

// signal takes one message of the hub.
func (s *Sharer) signal(data []byte) {
	m, err := swire.ParseServer(data)
	if err != nil {
		return // the hub is not trusted; it can only refuse service
	}
	s.heardHub(s.base)
	switch m.Op {
	case swire.OpICEAnswer:
		s.gotICE(s.base, m.ICE)
		s.do(Show{})
	case swire.OpErr:
		s.refused(s.base, m.ErrOp, m.RetryMS)
		if m.ErrOp == swire.OpPlate && s.spoken.asked {
			s.noPlate()
		}
	case swire.OpPlateIs:
		s.gotPlate(m.Plate)
	case swire.OpLeave:
		for k, h := range s.halves {
			if k.topic == m.Topic && k.from == m.Handle {
				s.endHalf(k, h)
			}
		}
		if run := s.spoken.run; run != nil && run.k.topic == m.Topic && run.k.from == m.Handle {
			s.spoken.run = nil
		}
	case swire.OpData:
		s.frame(m.Topic, m.Handle, m.Frame)
	}
}

func (s *Sharer) frame(topic [32]byte, from uint32, frame []byte) {
	at, ok := s.spotOf(topic)
	coded := s.spoken.plate != 0 && topic == swire.PlateTopic(s.spoken.plate)
	if !ok && !coded || s.over {
		return
	}
	kind, sid, err := handshake.FrameKind(frame)
	if err != nil {
		return
	}
	k := halfKey{topic, sid, from}
	switch kind {
	case handshake.KindC1:
		if coded {
			s.c1(k, frame)
		}
	case handshake.KindM1:
		if coded {
			s.codeM1(k, frame)
		} else {
			s.m1(k, at, frame)
		}
	case handshake.KindT:
		if h := s.halves[k]; h != nil {
			s.halfFrame(k, h, frame)
			return
		}
		if r := s.describing(k); r != nil {
			r.frame(s, frame)
		} else if s.house != nil && s.house.frame(k, frame) {
			return
		} else if v := s.visitOf(k); v != nil {
			s.checkVisit(v, v.conn.frame(frame))
		}
	}
}

// describing returns the recipient whose session still talks through the hub
// under k.
func (s *Sharer) describing(k halfKey) *recipient {
	for _, r := range s.recips {
		if c := r.conn; c != nil && c.t != nil && c.topic == k.topic && c.handle == k.from && c.sid == k.sid {
			return r
		}
	}
	return nil
}

// m1 answers a knock. The order of the checks keeps the cost of junk low:
// rate, handle and sid, cache, tag, and only then the KEM. PROTOCOL.md e.
func (s *Sharer) m1(k halfKey, at spot, frame []byte) {
	r := s.rates[k.from]
	if r == nil {
		if len(s.rates) >= ratesMax {
			return // only the hub can name so many handles
		}
		r = &rate{}
		s.rates[k.from] = r
	}
	if sec := s.now / 1000; r.second != sec {
		r.second, r.n = sec, 0
	}
	if r.n++; r.n > m1PerSecond || s.halves[k] != nil || s.describing(k) != nil || s.visitOf(k) != nil || s.house != nil && s.house.frame(k, nil) {
		return
	}
	id := sha256.Sum256(frame)
	if _, again := s.seen[id]; again {
		return
	}
	d := at.door
	t, m2, err := handshake.Respond(d.run(at.epoch, k.topic, k.sid), frame, d.typeR, d.key)
	if err != nil {
		return // silence: a stranger learns nothing
	}
	s.remember(id, k.topic)
	s.makeRoom(k.from)
	s.halves[k] = &half{t: t, door: d, at: s.now}
	s.wantICE(s.base) // they are here before the answer to M2 can be
	s.publish(s.base, k.topic, k.from, m2)
}

// makeRoom lets a half-open handshake give way to one of handle from, never a
// pending one: the oldest of the handle that has the most, so that whoever
// floods pushes out their own.
func (s *Sharer) makeRoom(from uint32) {
	count := make(map[uint32]int)
	n := 0
	for k, h := range s.halves {
		if h.asks == nil {
			n++
			count[k.from]++
		}
	}
	if n < halfOpenMax {
		return
	}
	count[from]++ // with the one that comes
	var out halfKey
	var found *half
	for k, h := range s.halves {
		if h.asks != nil {
			continue
		}
		c, most := count[k.from], count[out.from]
		if found == nil || c > most || c == most && h.at < found.at {
			out, found = k, h
		}
	}
	delete(s.halves, out)
}

func (s *Sharer) halfFrame(k halfKey, h *half, frame []byte) {
	payload, err := h.t.Open(frame)
	if err != nil {
		if h.t.Broken() {
			s.endHalf(k, h) // only the hub can do that
		}
		return // else no frame of this run
	}
	if payload[0] == wire.TBye {
		s.endHalf(k, h)
		return
	}
	if h.asks != nil && payload[0] == wire.TIdentProof {
		s.gotProof(h, payload)
		return
	}
	if h.asks != nil || payload[0] != wire.TAuthI {
		return
	}
	m := s.memberAt(h.door)
	if m == nil && h.door.mode == wire.ModeContact {
		s.endHalf(k, h) // no member any more
		return
	}
	pk, share, err := h.t.CheckAuthI(payload, h.door.typeI)
	if err != nil || h.door.pinned != nil && !h.door.pinned(pk) {
		s.endHalf(k, h)
		return
	}
	switch {
	case s.hand != nil:
		s.hand.asks(s, k, h, pk)
	case m != nil:
		s.enter(k, h, m, pk, share)
	default:
		s.knock(k, h, pk)
	}
}

// endHalf gives a handshake up. Who waited for the person behind it and has
// never been let in leaves no row: a finder of the link could make any number.
func (s *Sharer) endHalf(k halfKey, h *half) {
	delete(s.halves, k)
	if h.asks != nil && h.asks.asking {
		h.asks.asking = false
		s.hand.fail(s, wire.PeerGone)
		s.forgetRow(h.asks)
	}
}

func (s *Sharer) forgetRow(r *recipient) {
	s.recips = slices.DeleteFunc(s.recips, func(o *recipient) bool { return o == r })
	s.do(Show{})
}

func (s *Sharer) reply(k halfKey, h *half, payload []byte) {
	frame, err := h.t.Seal(payload)
	if err != nil {
		return
	}
	s.publish(s.base, k.topic, k.from, frame)
}
