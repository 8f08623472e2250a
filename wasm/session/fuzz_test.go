package session

import (
	"encoding/binary"
	"testing"

	swire "beeline/signaling/wire"
	"beeline/wasm/ctrl"
	"beeline/wasm/invite"
	"beeline/wasm/lane"
	"beeline/wasm/wire"
)

// A script is what a malicious peer, hub and network do, one after the other:
// u8 op, u16 length, bytes. Control messages, T payloads and data records are
// sealed with the right keys, so that what stands in them is reached.
type script []byte

func (s *script) next() (op uint8, arg []byte, ok bool) {
	b := *s
	if len(b) < 3 {
		return 0, nil, false
	}
	n := min(int(b[1])<<8|int(b[2]), len(b)-3)
	*s = b[3+n:]
	return b[0], b[3 : 3+n], true
}

func scriptOf(steps ...[]byte) (s []byte) {
	for _, b := range steps {
		s = append(s, b[0], byte((len(b)-1)>>8), byte(len(b)-1))
		s = append(s, b[1:]...)
	}
	return s
}

// step is an op with its bytes.
func step(op uint8, arg ...byte) []byte { return append([]byte{op}, arg...) }

// Ops of both scripts.
const (
	opCtrl   = iota // a control message of the peer
	opRecord        // a control record as it is
	opHub           // a message of the hub
	opFrame         // a T payload of a peer who is in a handshake
	opTime          // u16: tenths of a second
	opShell         // what a shell says
	opData          // the plaintext of a data record (to a recipient)
	opClick         // what a person does
	ops
)

func word(b []byte, i int) uint32 {
	var w [4]byte
	if i < len(b) {
		copy(w[:], b[i:])
	}
	return binary.BigEndian.Uint32(w[:])
}

func octet(b []byte, i int) uint8 {
	if i < len(b) {
		return b[i]
	}
	return 0
}

// shellEvent makes an event that a shell could send, now or too late.
func shellEvent(session uint32, b []byte) Event {
	pc := octet(b, 1) % 4
	g := lane.Group{File: word(b, 2) % 8, Version: octet(b, 6) % 5, Index: word(b, 7) % 4}
	switch octet(b, 0) % 12 {
	case 0:
		return PCState{session, pc, ConnState(octet(b, 2) % 5)}
	case 1:
		return LaneClosed{session, pc}
	case 2:
		return CtrlClosed{session}
	case 3:
		return CtrlOpen{session}
	case 4:
		return LocalDescription{session, pc, string(b)}
	case 5:
		return LocalCandidates{session, pc, []string{string(b)}}
	case 6:
		return Sent{Session: session, PC: pc, Group: g, Records: uint64(word(b, 3)), Hashed: octet(b, 11)%2 == 0}
	case 7:
		return SourceFailed{Session: session, PC: pc, Group: g, Hashed: octet(b, 11)%2 == 0}
	case 8:
		return SourceFresh{File: g.File, OK: octet(b, 11)%2 == 0, Size: uint64(word(b, 3)), ModMS: int64(word(b, 2))}
	case 9:
		return SignalDown{Outdated: octet(b, 11)%2 == 0}
	case 10:
		return SignalUp{}
	case 11:
		return Sending{Session: session, PC: pc, Bytes: uint64(word(b, 3))}
	}
	return PCRoute{session, pc, Route(octet(b, 2) % 4), int64(word(b, 3) % 100)}
}

// FuzzSharer: whatever a recipient who was let in, one who waits, and the hub
// say, the sharer does not panic, its memory is bounded, and it reads nothing
// but its files.
func FuzzSharer(f *testing.F) {
	msg := func(m ctrl.Message) []byte { return step(opCtrl, m.Append(nil)...) }
	f.Add(scriptOf(msg(get(1, 0, 0, 2)), step(opTime, 0, 5), msg(ctrl.Progress{Written: 5}), msg(ctrl.Close{})))
	f.Add(scriptOf(msg(ctrl.Have(get(1, 0, 0, 1))), msg(get(1, 0, 1, 1)), step(opTime, 0, 9), msg(ctrl.CVReq{File: 1, Count: 2})))
	f.Add(scriptOf(msg(get(1, 0, 0, 2)), step(opShell, 7, 0, 0, 0, 0, 1), step(opShell, 8, 0, 0, 0, 0, 1), msg(get(1, 0, 0, 2)), step(opTime, 0, 9)))
	f.Add(scriptOf(msg(ctrl.Pause{Paused: true}), msg(get(2, 0, 0, 1)), msg(ctrl.Cancel{Files: []uint32{2}}), msg(ctrl.Pause{}), msg(get(3, 0, 0, 0))))
	f.Add(scriptOf(msg(ctrl.ListReq{From: 1, Max: 1}), msg(ctrl.Error{Number: 3, File: ctrl.WholeSession}), step(opTime, 9, 9)))
	f.Add(scriptOf(step(opFrame, wire.TBye, 0, 16), step(opTime, 0, 9)))
	f.Add(scriptOf(msg(get(1, 0, 0, 1)), step(opClick, 4, 1), msg(get(1, 0, 0, 1)), step(opTime, 0, 5), msg(ctrl.CVReq{File: 1, Count: 1})))
	f.Add(scriptOf(step(opClick, 4, 1), step(opClick, 5), step(opClick, 0), step(opTime, 0, 9), msg(get(1, 0, 0, 1))))
	f.Add(scriptOf(step(opClick, 0), step(opFrame, wire.TDesc, 0, 2, 2), step(opFrame, wire.TCand, 0, 0)))
	f.Add(scriptOf(step(opShell, 0, 0, 3), step(opTime, 2, 0), step(opShell, 10), step(opRecord, 2, 0, 0, 0)))
	f.Add(scriptOf(step(opHub, swire.AppendLeave(nil, swire.Topic{1}, 2)...), step(opClick, 1), step(opClick, 3)))
	f.Fuzz(func(t *testing.T, data []byte) {
		w := newWorld(t, 1)
		s := w.share(1, tiny()...)
		n, r := w.take(s.Link(), 1)
		w.wait(3_000, "a session", func() bool { return r.View().Listed && len(w.live()) == 1 })
		n2, r2 := w.take(s.Link(), 1)
		w.wait(3_000, "one waits", func() bool { return r2.View().Asking })
		n.down, n2.down = true, true // only the script speaks
		topic, handle := r2.run.topic, w.hub.member(n2.conn, r2.run.topic).handle
		t2 := r2.run.t
		for sc := script(data); ; {
			op, arg, ok := sc.next()
			if !ok {
				break
			}
			switch op % ops {
			case opCtrl:
				if len(arg) > 0 && len(arg) <= wire.CtrlMax {
					r.conn.sendRaw(arg)
					n.do(r.take())
				}
			case opRecord:
				w.sharer.handle(CtrlMessage{s.recips[0].sessionID(), arg})
			case opHub:
				w.sharer.handle(SignalMessage{arg})
			case opFrame:
				if frame, err := t2.Seal(arg); err == nil {
					w.hub.inject(w.sharer, topic, handle, frame)
				}
			case opTime:
				w.now += int64(word(arg, 0)>>16) * 100
				w.step()
			case opShell:
				w.sharer.handle(shellEvent(s.recips[0].sessionID(), arg))
			case opClick:
				id, on := row(s, int(octet(arg, 1)%2)).ID, octet(arg, 2)%2 == 0
				w.sharer.handle([]Event{
					Decide{id, on}, PauseRecipient{id, on}, StopRecipient{id}, StopSharing{},
					Remove{[]uint32{uint32(octet(arg, 1) % 4)}}, Renew{[]uint32{uint32(octet(arg, 1) % 4)}}, Retitle{string(arg)}, Listed{},
				}[octet(arg, 0)%7])
			}
			w.settle()
			for _, p := range s.recips {
				if q := p.sending; q != nil && len(q.queue) > wire.RangesQueued+1 {
					t.Fatalf("%d ranges are queued", len(q.queue))
				}
			}
			if len(s.recips) > 2 || len(s.halves) > halfOpenMax+pendingMax || len(s.rates) > ratesMax || len(s.files) > len(tiny()) {
				t.Fatalf("%d rows, %d handshakes, %d handles, %d files", len(s.recips), len(s.halves), len(s.rates), len(s.files))
			}
		}
		w.run(1_000)
		s.View()
		if !s.over {
			if s.link.Topic(invite.Epoch(w.now)) == ([32]byte{}) || len(w.hub.held(w.sharer)) == 0 && s.up {
				t.Error("the sharer does not wait any more")
			}
		}
	})
}

func (r *recipient) sessionID() uint32 {
	if r.conn == nil {
		return 0
	}
	return r.conn.id
}

// FuzzReceiver: whatever a sharer, the hub and the network say, the recipient
// does not panic, holds a bounded amount, saves no wrong byte (the world looks)
// and is not complete before all is there.
func FuzzReceiver(f *testing.F) {
	msg := func(m ctrl.Message) []byte { return step(opCtrl, m.Append(nil)...) }
	f.Add(scriptOf(msg(ctrl.FileChanged{File: 1, Version: 1, Size: 7}), step(opTime, 0, 9), step(opData, 0, 0, 0, 1, 1, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7), msg(ctrl.FileEnd{Files: []ctrl.FileDigest{{File: 1, Version: 1}}}), step(opTime, 0, 9)))
	f.Add(scriptOf(msg(ctrl.FileEnd{Files: []ctrl.FileDigest{{File: 2}}}), step(opTime, 0, 9)))
	f.Add(scriptOf(msg(ctrl.Error{Number: 7, File: 1}), msg(ctrl.Error{Number: 10, File: 2}), step(opTime, 0, 9)))
	f.Add(scriptOf(msg(ctrl.LaneEnd{LaneCount: ctrl.LaneCount{PC: 0, Records: 3}}), step(opTime, 0, 40), msg(ctrl.Pause{Paused: true}), msg(ctrl.Pause{})))
	f.Add(scriptOf(msg(ctrl.Close{}), step(opClick, 0), step(opTime, 0, 9), step(opFrame, wire.TStatus, 0, 0, 0)))
	f.Add(scriptOf(msg(ctrl.Raw{Type: wire.CtrlDesc, Body: []byte{1, 1, 1, 4, 'a', 'b', 'c', 'd', 22}}), step(opTime, 0, 9)))
	f.Add(scriptOf(step(opFrame, wire.TStatus, 2, 0, 19), step(opFrame, wire.TBye, 0, 18), step(opHub, swire.AppendJoin(nil, swire.Topic{}, 3)...)))
	f.Add(scriptOf(step(opData), step(opData, make([]byte, 20)...), step(opRecord, 1, 2, 3)))
	f.Add(scriptOf(step(opClick, 1, 1), step(opTime, 0, 60), step(opClick, 1), step(opClick, 2), step(opTime, 3, 9), step(opClick, 3)))
	f.Add(scriptOf(step(opShell, 0, 0, 3), step(opTime, 0, 9), step(opShell, 10), step(opTime, 1, 9), step(opShell, 1, 0)))
	f.Fuzz(func(t *testing.T, data []byte) {
		w := newWorld(t, 1)
		s := w.share(1, tiny()...)
		w.sharer.rogue = func(SendGroup) [][]byte { return nil }
		n, r := w.take(s.Link(), 1)
		w.wait(3_000, "a session", func() bool { return r.View().Listed && len(w.live()) == 1 })
		n2, r2 := w.take(s.Link(), 1)
		w.wait(3_000, "one waits", func() bool { return r2.View().Asking })
		n.handle(Receive{})
		w.settle()
		c := s.recips[0].conn
		var half *half
		for _, h := range s.halves {
			half = h
		}
		topic, handle := r2.run.topic, r2.run.handle
		w.sharer.down = true
		for sc := script(data); ; {
			op, arg, ok := sc.next()
			if !ok {
				break
			}
			switch op % ops {
			case opCtrl:
				if len(arg) > 0 && len(arg) <= wire.CtrlMax {
					c.sendRaw(arg)
					w.sharer.do(s.take())
				}
			case opRecord:
				n.handle(CtrlMessage{r.sessionID(), arg})
			case opHub:
				n.handle(SignalMessage{arg})
				n2.handle(SignalMessage{arg})
			case opFrame:
				if frame, err := half.t.Seal(arg); err == nil {
					w.hub.inject(n2, topic, handle, frame)
				}
			case opTime:
				w.now += int64(word(arg, 0)>>16) * 100
				w.step()
			case opShell:
				n.handle(shellEvent(r.sessionID(), arg))
			case opData:
				if id := (laneID{c.id, 0}); w.sharer.jobs[id] != nil && len(arg) <= wire.RecordLimit-wire.Overhead {
					w.sharer.sendPlain(id, arg)
				}
			case opClick:
				n.handle([]Event{Connect{}, SetPause{octet(arg, 1)%2 == 1}, Receive{}, CancelAll{}, Discard{}}[octet(arg, 0)%5])
			}
			w.settle()
			if f := r.fetch; f != nil && (len(f.active) > len(tiny()) || f.owed < 0 || f.unwritten < 0 || f.owed+f.unwritten > r.window()) {
				t.Fatalf("%d files under way, %d bytes owed, %d to be written", len(f.active), f.owed, f.unwritten)
			}
		}
		w.run(1_000)
		v := r.View()
		if v.Phase == Complete && (!n.disk.closed || int(v.FilesVerified) != len(tiny()) || len(n.disk.landed) != len(tiny())) {
			t.Errorf("complete with %d of %d files", len(n.disk.landed), len(tiny()))
		}
		if p := r.fetch; p != nil && (p.progress.Written > 1<<40 || p.progress.FilesArrived > 9 || p.progress.Safe > 1<<40) {
			t.Errorf("progress runs below 0: %+v", p.progress)
		}
		r.Entries(0, 10)
	})
}

func (r *Receiver) sessionID() uint32 {
	if r.conn == nil {
		return 0
	}
	return r.conn.id
}
