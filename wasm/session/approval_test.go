package session

import (
	"testing"

	"beeline/wasm/handshake"
	"beeline/wasm/invite"
	"beeline/wasm/wire"
)

// approved makes a share whose link wants approval.
func (w *world) approved(files ...testFile) *Sharer {
	s := w.share(1, files...)
	w.sharer.handle(SetFlags{Flags: invite.Approval})
	return s
}

// readOut is what the person at the recipient's reads out, as a number.
func readOut(t *testing.T, r *Receiver) (n uint32) {
	t.Helper()
	d := r.View().Digits
	if len(d) != 6 {
		t.Fatalf("the recipient is shown %q, want six digits", d)
	}
	for _, c := range d {
		n = n*10 + uint32(c-'0')
	}
	return n
}

// With approval nobody is let in but by the digits they read out, not even the
// first; who was let in needs no second approval. PROTOCOL.md j.
func TestApprovalByDigits(t *testing.T) {
	w := newWorld(t, 1)
	plain := w.share(1, tiny()...)
	before := plain.Link()
	w.sharer.handle(SetFlags{Flags: invite.Approval})
	s := plain
	if s.Link() == before {
		t.Error("the flags are part of the link, which is the same as before")
	}
	n, r := w.take(s.Link(), 1)
	w.wait(2_000, "it asks", func() bool { return r.View().Asking && row(s, 0).Asks })
	digits := readOut(t, r)
	w.sharer.handle(Decide{Session: row(s, 0).ID, Accept: true})
	w.run(500)
	if !r.View().Asking {
		t.Error("a click let it in, without the digits")
	}
	w.sharer.handle(Digits{digits})
	w.receiveAll(n, r)
	if d := r.View().Digits; d != "" {
		t.Errorf("let in, it still shows %s", d)
	}
	w.kill(w.live()[0])
	w.complete(10_000, n, r, tiny())
	if s.View().Mistyped != 0 {
		t.Errorf("%d tries are said to have failed", s.View().Mistyped)
	}
}

// What waits for approval learns nothing: no name, no address, no connection, as
// long as it may wait. PROTOCOL.md 3, attack 44.
func TestAttack44NothingBeforeApproval(t *testing.T) {
	w := newWorld(t, 1)
	s := w.approved(tiny()...)
	sees := 0
	w.onFrame = func(p passing) [][]byte { sees++; return [][]byte{p.frame} }
	n, r := w.take(s.Link(), 1)
	w.run(pendingWithin - 1_000)
	if v := r.View(); !v.Asking || v.Title != "" || v.Note != "" || v.Listed {
		t.Errorf("waiting it is shown %+v", v)
	}
	if sees != 4 || len(n.pcs) > 0 || len(w.sharer.pcs) > 0 {
		t.Errorf("%d frames, %d and %d connections before approval, want M1 to M4 and none", sees, len(n.pcs), len(w.sharer.pcs))
	}
	w.run(3_000)
	if v := r.View(); v.Phase != Failed || v.Why != wire.Expired || sees != 5 || len(s.recips) != 0 {
		t.Errorf("after five minutes: %v, %v, %d frames, %d rows", v.Phase, v.Why, sees, len(s.recips))
	}
}

// The digits are shown only after the commitment was checked: an M4 that does not
// open it ends the run and shows nothing. PROTOCOL.md e.
func TestNoDigitsWithoutTheCommitment(t *testing.T) {
	w := newWorld(t, 1)
	s := w.approved(tiny()...)
	w.onFrame = func(p passing) [][]byte {
		if p.from == w.sharer || p.frame[1] != handshake.KindT {
			return [][]byte{p.frame}
		}
		for _, h := range s.halves { // in the place of the answer to M3 one with another nR
			t := *h.t
			m4, _ := t.Seal(append([]byte{wire.TAuthR, wire.StatusPending, 0, 0}, make([]byte, 32)...))
			w.hub.inject(p.from, p.topic, p.dst, m4)
		}
		return nil
	}
	_, r := w.take(s.Link(), 1)
	w.run(500)
	if v := r.View(); v.Phase != Failed || v.Why != wire.Signature || v.Digits != "" || v.Asking {
		t.Errorf("after an M4 that opens nothing: %v, %v, digits %q", v.Phase, v.Why, v.Digits)
	}
}

// Digits that nobody has are a failed try; the third refuses all who wait. The
// ones who come after it begin anew. PROTOCOL.md 3, attack 55.
func TestAttack55ThreeWrongTriesRefuseAll(t *testing.T) {
	w := newWorld(t, 1)
	s := w.approved(tiny()...)
	var all []*Receiver
	for range 3 {
		_, r := w.take(s.Link(), 1)
		all = append(all, r)
	}
	w.wait(2_000, "three ask", func() bool { return all[0].View().Asking && all[1].View().Asking && all[2].View().Asking })
	wrong := func() uint32 {
		for d := uint32(0); ; d++ {
			if d != readOut(t, all[0]) && d != readOut(t, all[1]) && d != readOut(t, all[2]) {
				return d
			}
		}
	}()
	for try := 1; try <= triesMax; try++ {
		w.sharer.handle(Digits{wrong})
		w.run(300)
		if v := s.View(); v.Mistyped != try {
			t.Errorf("try %d: %d are said to have failed", try, v.Mistyped)
		}
		for i, r := range all {
			if v := r.View(); v.Asking != (try < triesMax) {
				t.Errorf("try %d: recipient %d asks: %v, it shows %v, %v", try, i, v.Asking, v.Phase, v.Why)
			}
		}
	}
	for i, r := range all {
		if v := r.View(); v.Phase != Failed || v.Why != wire.Refused {
			t.Errorf("recipient %d: %v, %v, want failed, %v", i, v.Phase, v.Why, wire.Refused)
		}
	}
	w.sharer.handle(Digits{wrong}) // nobody asks: it counts for nothing
	n, r := w.take(s.Link(), 1)
	w.wait(2_000, "another asks", func() bool { return r.View().Asking })
	if v := s.View(); v.Mistyped != 0 {
		t.Errorf("the next request begins with %d failed tries", v.Mistyped)
	}
	w.sharer.handle(Digits{readOut(t, r)})
	w.receiveAll(n, r)
	w.complete(10_000, n, r, tiny())
}

// A new request between two tries takes no failed one back.
func TestRequestsDoNotGiveTriesBack(t *testing.T) {
	w := newWorld(t, 1)
	s := w.approved(tiny()...)
	_, first := w.take(s.Link(), 1)
	w.wait(2_000, "one asks", func() bool { return first.View().Asking })
	for try := range triesMax {
		w.sharer.handle(Digits{(readOut(t, first) + 1 + uint32(try)) % 1_000_000})
		if try < triesMax-1 {
			_, r := w.take(s.Link(), 1)
			w.wait(2_000, "another asks", func() bool { return r.View().Asking })
		}
	}
	w.run(300)
	if v := first.View(); v.Phase != Failed || v.Why != wire.Refused {
		t.Errorf("after three tries the first shows %v, %v", v.Phase, v.Why)
	}
}

// Ten knocks a second push nobody out, and whose digits are typed is let in,
// wherever they stand in the list. PROTOCOL.md 3, attack 55.
func TestAttack55FloodedListKeepsTheHonestRequest(t *testing.T) {
	w := newWorld(t, 1)
	s := w.approved(tiny()...)
	for range 2 {
		w.take(s.Link(), 1)
	}
	n, honest := w.take(s.Link(), 1)
	w.wait(2_000, "it asks", func() bool { return honest.View().Asking })
	digits := readOut(t, honest)
	for range 40 { // ten a second, each by a connection of its own, gone after a moment
		x, _ := w.take(s.Link(), 1)
		w.run(100)
		x.down = true
		w.hub.leave(x.conn)
	}
	if asking := len(s.View().Recipients); asking > pendingMax {
		t.Errorf("%d ask, want at most %d", asking, pendingMax)
	}
	if readOut(t, honest) != digits {
		t.Error("its digits changed while it waited")
	}
	w.sharer.handle(Digits{digits})
	w.receiveAll(n, honest)
	w.complete(10_000, n, honest, tiny())
	in := 0
	for _, r := range s.recips {
		if r.approved {
			in++
		}
	}
	if in != 1 {
		t.Errorf("%d were let in, want the one whose digits were typed", in)
	}
}

// Ten who were turned away in an hour close the share for new requests until the
// person says so; who was let in before is not concerned.
func TestTenTurnedAwayCloseTheShare(t *testing.T) {
	w := newWorld(t, 1)
	s := w.approved(tiny()...)
	n0, r0 := w.take(s.Link(), 1)
	w.wait(2_000, "it asks", func() bool { return r0.View().Asking })
	w.sharer.handle(Digits{readOut(t, r0)})
	w.wait(2_000, "the list", func() bool { return r0.View().Listed })
	for i := range turnedHr {
		if s.View().Shut {
			t.Fatalf("closed after %d, want %d", i, turnedHr)
		}
		_, r := w.take(s.Link(), 1)
		w.wait(2_000, "it asks", func() bool { return r.View().Asking })
		v := s.View().Recipients
		w.sharer.handle(Decide{Session: v[len(v)-1].ID, Accept: false})
	}
	_, late := w.take(s.Link(), 1)
	w.run(500)
	if v := late.View(); !s.View().Shut || v.Phase != Failed || v.Why != wire.Busy {
		t.Errorf("closed: %v; the next one shows %v, %v, want failed, %v", s.View().Shut, v.Phase, v.Why, wire.Busy)
	}
	w.kill(w.live()[0])
	w.wait(5_000, "a new session", func() bool { return sessions(n0) == 2 && r0.conn != nil && r0.conn.hello })
	n0.handle(Receive{})
	w.complete(10_000, n0, r0, tiny())
	w.sharer.handle(TakeRequests{})
	_, again := w.take(s.Link(), 1)
	w.wait(2_000, "requests are taken again", func() bool { return again.View().Asking && !s.View().Shut })
}

// At the sharer's next page, where as many ask as may wait, who was let in before
// still comes in: that limit is for those who ask.
func TestWhoWasLetInDoesNotWaitInLine(t *testing.T) {
	w := newWorld(t, 1)
	s := w.approved(tiny()...)
	n, r := w.take(s.Link(), 1)
	w.wait(2_000, "it asks", func() bool { return r.View().Asking })
	w.sharer.handle(Digits{readOut(t, r)})
	w.wait(2_000, "the list", func() bool { return r.View().Listed })
	n.offline()
	s = w.backAgain(s, tiny()...)
	for range pendingMax {
		_, other := w.take(s.Link(), 1)
		w.wait(2_000, "another asks", func() bool { return other.View().Asking })
	}
	n.online()
	w.wait(20_000, "it is back", func() bool { return sessions(n) == 2 && r.conn != nil && r.conn.hello })
	n.handle(Receive{})
	w.complete(10_000, n, r, tiny())
}

// A few in each hour close nothing.
func TestRefusalsOfAnHourAgoAreForgotten(t *testing.T) {
	var x typed
	for i := range int64(100) {
		x.turned(i * (turnedFor/(turnedHr-1) + 1))
		if x.shut {
			t.Fatalf("closed by refusal %d, %d an hour", i, turnedHr-1)
		}
	}
}

// A finder of the link who clears its flag gets no session. PROTOCOL.md 3, attack 54.
func TestAttack54ApprovalCantBeClearedFromALink(t *testing.T) {
	w := newWorld(t, 1)
	s := w.approved(tiny()...)
	answers := 0
	w.onFrame = func(p passing) [][]byte {
		if p.frame[1] == handshake.KindM2 {
			answers++
		}
		return [][]byte{p.frame}
	}
	_, r := w.take(sharedLink(s, func(l *invite.Link) { l.Flags = 0 }), 1)
	w.run(40_000)
	if v := r.View(); answers > 0 || v.Why != wire.NoPeer || len(s.recips) > 0 {
		t.Errorf("%d answers, the recipient shows %v, %d rows", answers, v.Why, len(s.recips))
	}
}
