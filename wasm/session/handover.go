package session

import (
	"crypto/ed25519"

	"beeline/wasm/ctrl"
	"beeline/wasm/describe"
	"beeline/wasm/handshake"
	"beeline/wasm/invite"
	"beeline/wasm/people"
	"beeline/wasm/vault"
	"beeline/wasm/wire"
)

// This file: an identity moves to another device of the same person. Both machines
// are those of a share that is taken by a code, of which they need the meeting, the
// code and the digits; no share is there, and no file moves. PROTOCOL.md (c), mode 5.
//
//	old device, Giver                         new device, Taker
//	MakeCode ── code ── (the person) ───────▶ types it
//	   ◀──────────── CPace, M1 to M3 ───────────
//	   ──────────────── M4: pending ──────────▶ shows six digits
//	Digits ◀────────── (the person) ──────────
//	   ─ accepted ─ WebRTC ─ HANDOVER … last ─▶ the person is asked where one is there
//	Complete ◀──────────── CLOSE ────────────── Took: it is stored

// handOverWithin is how long the old device waits for the other to store what it
// was told, in ms: a person may be asked there.
const handOverWithin = 600_000

// heardWithin is how long the new device waits for the other to have heard its last
// word, in ms.
const heardWithin = 15_000

// handing is what a Sharer has that offers an identity instead of a share.
type handing struct {
	book  *people.Book
	phase Phase
	why   wire.Code
}

// A Giver hands an identity and its contacts over, once, to whoever knows the words
// of its code and shows the digits that its person types.
type Giver struct{ s *Sharer }

// NewGiver has b handed over, as it is by then.
func NewGiver(b *people.Book, cfg Config) *Giver {
	s := NewSharer("", cfg)
	// No secret: nobody is met but by the code. Approval: nobody is let in but by digits.
	s.link = invite.Link{Flags: invite.Approval}
	s.hand = &handing{book: b, phase: Waiting}
	return &Giver{s}
}

// Handle takes one event at time now and returns what to do: those of the hub, of
// time and of a connection, MakeCode, Digits and StopSharing.
func (g *Giver) Handle(now int64, e Event) []Action {
	if _, ok := e.(MakeCode); ok {
		if h := g.s.hand; h.phase == Failed {
			h.phase, h.why = Waiting, wire.None
		} else if h.phase != Waiting || len(g.s.recips) > 0 {
			return nil // somebody is there by the code before
		}
	}
	return g.s.Handle(now, e)
}

// A GiveView is what the old device shows.
type GiveView struct {
	Phase    Phase // Waiting: for a device or the digits; Connecting; Transferring: all was said, and is not stored yet; an end
	Why      wire.Code
	Code     CodeView
	Asks     bool // a device waits for its digits
	Mistyped int  // times that digits were typed which it does not have
}

// View returns what to show.
func (g *Giver) View() GiveView {
	s := g.s
	v := GiveView{Phase: s.hand.phase, Why: s.hand.why, Code: s.codeView(), Asks: len(s.recips) > 0 && s.recips[0].asking, Mistyped: s.typed.wrong}
	if v.Phase == Waiting && s.over {
		v.Phase, v.Why = Failed, s.ended
	} else if v.Phase == Waiting && !s.up {
		v.Why = s.lack
	}
	return v
}

// codeMode is what a code of this sharer is for.
func (s *Sharer) codeMode() uint8 {
	if s.hand != nil {
		return wire.ModeDevice
	}
	return wire.ModeCode
}

// asks has a device that knew the words wait until its digits were typed here. The
// code is burnt: this M4 opens nR, and there is one of that.
func (g *handing) asks(s *Sharer, k halfKey, h *half, pk ed25519.PublicKey) {
	s.endCode(CodeUsed)
	s.halves[k] = h // not ended with the code
	h.asks, h.at = &recipient{key: string(pk), asking: true, phase: Waiting}, s.now
	s.recips, s.typed = []*recipient{h.asks}, typed{}
	s.reply(k, h, h.t.AuthR(wire.StatusPending, 0))
	h.digits = h.t.Digits()
	s.do(Show{})
}

// begin makes the session with the device whose digits were typed.
func (g *handing) begin(s *Sharer, k halfKey, h *half) {
	s.recips = nil
	g.phase = Connecting
	v := &visit{}
	v.conn = newConn(s.base, s.meeting, true, h.t, k.topic, k.from, describe.Rules{Loopback: s.cfg.Loopback})
	v.conn.sid, v.conn.until = k.sid, s.now+handOverWithin
	s.visits[v.conn.id] = v
	s.checkVisit(v, v.conn.start(wire.PathsAny))
	s.do(Show{})
}

// say hands over, once.
func (g *handing) say(s *Sharer, v *visit) {
	if v.toldAt > 0 {
		return
	}
	v.toldAt, g.phase = s.now, Transferring
	for rest := g.book.Backup(); len(rest) > 0; {
		n := min(len(rest), ctrl.HandoverPart)
		v.conn.send(ctrl.Handover{Last: n == len(rest), Part: rest[:n]})
		rest = rest[n:]
	}
	s.do(Show{})
}

// stored notes that the other device has all of it, on its disk.
func (g *handing) stored(s *Sharer) {
	if g != nil && g.phase == Transferring {
		g.phase, g.why = Complete, wire.None
		s.do(Show{})
	}
}

// fail gives it up, for the first reason there is. Where there is no such thing as
// a handover nothing happens.
func (g *handing) fail(s *Sharer, why wire.Code) {
	if g == nil || g.phase == Complete || g.phase == Failed {
		return
	}
	if why == wire.None {
		why = wire.Path
	}
	g.phase, g.why = Failed, why
	s.do(Show{})
}

// taking is what a Receiver has that takes an identity instead of a share.
type taking struct {
	part []byte       // of it, in the session there is
	book *people.Book // all of it; nothing is stored before
}

// lost drops what a session left, and reports whether all of it is there.
func (t *taking) lost() bool {
	if t == nil {
		return false
	}
	t.part = nil
	return t.book != nil
}

// Took says that what arrived is stored, or why it is not.
type Took struct{ Why wire.Code }

func (Took) event() {}

// A Taker takes an identity over from another device of the same person.
type Taker struct{ r *Receiver }

// NewTaker reads the code that the other device shows. Error: wire.BadCode.
func NewTaker(code string, cfg Config) (*Taker, error) {
	r, err := NewCodeReceiver(code, cfg)
	if err != nil {
		return nil, err
	}
	r.coded.mode = wire.ModeDevice
	r.takes = &taking{}
	return &Taker{r}, nil
}

// Handle takes one event at time now and returns what to do: those of the hub, of
// time and of a connection, Connect, TypeCode, Took and CancelAll.
func (t *Taker) Handle(now int64, e Event) []Action { return t.r.Handle(now, e) }

// Book returns what arrived, while all of it is there and not stored; else nil.
func (t *Taker) Book() *people.Book {
	if t.r.phase != ListShown {
		return nil
	}
	return t.r.takes.book
}

// A TakeView is what the new device shows.
type TakeView struct {
	Phase     Phase // ListShown: all of it is there and not stored
	Why       wire.Code
	Digits    string // to be typed into the other device; empty before and afterwards
	WrongCode bool   // the other device has other words: they have to be typed again
	Tries     int    // that are left for this code
	Name      string // on the card that arrived
	Contacts  int    // that did
}

// View returns what to show.
func (t *Taker) View() TakeView {
	r := t.r
	v := TakeView{Phase: r.phase, Why: r.why}
	_, v.WrongCode, v.Tries = r.codeWay()
	if r.asking {
		v.Digits = sixDigits(r.digits)
	}
	if b := r.takes.book; b != nil {
		v.Name, v.Contacts = b.Name, len(b.Contacts)
	}
	return v
}

// event takes what differs from a share that is taken.
func (t *taking) event(r *Receiver, e Event) bool {
	c := r.current(sessionOf(e))
	switch e := e.(type) {
	case Took:
		t.took(r, e.Why)
	case CancelAll:
		t.cancel(r)
	case CtrlOpen:
		if c != nil {
			r.check(c.ctrlOpen(1))
			r.leavePlate() // nothing goes by the hub any more
			r.resubscribe()
		}
	case CtrlMessage:
		if c != nil {
			m, _, err := c.receive(e.Data)
			if err == nil {
				err = t.message(r, m)
			}
			if r.conn == c {
				r.check(err)
			}
		}
	default:
		if c == nil {
			return false
		}
		r.check(c.connEvent(e))
	}
	return true
}

// message takes HANDOVER, and nothing else that either side says of files.
func (t *taking) message(r *Receiver, m ctrl.Message) error {
	switch m := m.(type) {
	case nil, ctrl.Hello:
		return nil
	case ctrl.Handover:
		if t.book != nil || len(t.part)+len(m.Part) > vault.ContentsMax {
			return wire.Format
		}
		t.part = append(t.part, m.Part...)
		if !m.Last {
			return nil
		}
		book, err := people.DecodeBackup(t.part) // cards are judged anew
		if t.part = nil; err != nil {
			return wire.Format
		}
		t.book = book
		r.phase = ListShown
		r.do(Show{})
		return nil
	case ctrl.Error:
		return m.Code()
	case ctrl.Close:
		return wire.Revoked // before anything was stored here it is no goodbye
	}
	return wire.Format
}

// took ends it: the other device hears that it is stored, or why not.
func (t *taking) took(r *Receiver, why wire.Code) {
	if t.book == nil || r.phase != ListShown {
		return
	}
	t.book = nil
	last := ctrl.Message(ctrl.Close{})
	if r.phase, r.why = Complete, why; why != wire.None {
		r.phase, last = Failed, ctrl.Error{Number: why.Number(), File: ctrl.WholeSession}
	}
	if r.conn != nil {
		// The other device closes when it has heard that: its person is told by it alone.
		r.conn.send(last)
		r.conn.until = r.now + heardWithin
	}
	r.resubscribe()
	r.do(Show{})
}

// cancel is the person's no. A goodbye would say that it is stored.
func (t *taking) cancel(r *Receiver) {
	if r.phase == Complete || r.phase == Cancelled {
		return
	}
	if r.conn == nil && r.run != nil && r.run.t != nil {
		r.sendT(r.run, handshake.AppendBye(nil, wire.Refused.Number()))
	}
	t.part, t.book = nil, nil
	r.dropConn(wire.Refused)
	r.leavePlate()
	r.phase, r.why, r.run, r.asking = Cancelled, wire.None, nil, false
	r.resubscribe()
	r.do(Show{})
}
