package session

import (
	"testing"

	"beeline/wasm/invite"
	"beeline/wasm/wire"
)

// row returns what the sharer shows of its i-th recipient.
func row(s *Sharer, i int) RecipientView {
	rows := s.View().Recipients
	if i >= len(rows) {
		return RecipientView{}
	}
	return rows[i]
}

// Either side can pause; the other is told, nothing moves, and a new session
// does not forget it.
func TestPause(t *testing.T) {
	for _, side := range []string{"sharer", "recipient"} {
		w := newWorld(t, 1)
		w.rate = 300_000
		s := w.share(1, ten()...)
		n, r := w.take(s.Link(), 1)
		w.receiveAll(n, r)
		w.run(1_000)
		pause := func(on bool) {
			if side == "sharer" {
				w.sharer.handle(PauseRecipient{Session: row(s, 0).ID, On: on})
			} else {
				n.handle(SetPause{On: on})
			}
		}
		still := func(when string) {
			t.Helper()
			w.run(2_500) // what is in buffers still comes
			before, reads := n.disk.written, w.sharer.reads
			w.run(30_000)
			v, rv := r.View(), row(s, 0)
			if v.Phase != Paused || rv.Phase != Paused {
				t.Errorf("%s pauses, %s: %v and %v, want paused", side, when, v.Phase, rv.Phase)
			}
			if rv.PausedHere != (side == "sharer") || v.PausedHere != (side == "recipient") {
				t.Errorf("%s pauses, %s: the sharer's own is %v, the recipient's %v", side, when, rv.PausedHere, v.PausedHere)
			}
			if n.disk.written != before || w.sharer.reads != reads {
				t.Errorf("%s pauses, %s: %d bytes were written, %d groups read", side, when, n.disk.written-before, w.sharer.reads-reads)
			}
		}
		pause(true)
		still("at first")
		w.kill(w.live()[0])
		still("in a new session")
		w.sharer.offline()
		n.offline()
		w.kill(w.live()[0])
		w.run(500)
		w.sharer.online()
		n.online()
		still("after the hub was gone")
		pause(false)
		w.complete(30_000, n, r, ten())
	}
}

// A recipient who cancels frees what is unfinished and is shown to have left,
// at whatever stage.
func TestCancel(t *testing.T) {
	for stage := range 6 {
		w := newWorld(t, 1)
		w.rate = 300_000
		s := w.share(1, ten()...)
		n, r := w.take(s.Link(), 1)
		switch stage {
		case 0: // before anybody answered
		case 1:
			w.wait(1_000, "a session", func() bool { return r.conn != nil })
		case 2:
			w.wait(1_000, "the list", func() bool { return r.View().Listed })
		case 3, 4, 5:
			w.receiveAll(n, r)
			w.run(700)
		}
		if stage == 4 {
			w.kill(w.live()[0])
			w.settle()
		}
		if stage == 5 {
			n.handle(SetPause{On: true})
		}
		n.handle(CancelAll{})
		n.handle(CancelAll{})
		w.run(2_000)
		if v := r.View(); v.Phase != Cancelled || v.Why != wire.None || n.disk.tossed != (stage >= 3) {
			t.Errorf("stage %d: %v, %v, discarded %v", stage, v.Phase, v.Why, n.disk.tossed)
		}
		if stage > 0 && stage != 4 {
			if rv := row(s, 0); rv.Phase != Cancelled || rv.Why != wire.None {
				t.Errorf("stage %d: the sharer shows %v, %v, want cancelled without a reason: nobody refused", stage, rv.Phase, rv.Why)
			}
		}
		w.run(70_000)
		if rv := row(s, 0); stage == 4 && rv.Phase != Failed && rv.Phase != Cancelled {
			t.Errorf("stage %d: at last the sharer shows %v", stage, rv.Phase)
		}
		if live := len(w.live()); live > 0 {
			t.Errorf("stage %d: %d connections are left", stage, live)
		}
		reads := w.sharer.reads
		n.handle(Connect{})
		n.handle(Receive{})
		w.run(1_000)
		if r.View().Phase != Cancelled || w.sharer.reads != reads {
			t.Errorf("stage %d: after Cancel it goes on", stage)
		}
	}
}

// Stopping one recipient ends it at both ends and keeps it out; others go on.
func TestStopRecipient(t *testing.T) {
	w := newWorld(t, 1)
	w.rate = 300_000
	s := w.share(1, ten()...)
	n1, r1 := w.take(s.Link(), 1)
	w.receiveAll(n1, r1)
	n2, r2 := w.take(s.Link(), 1)
	w.wait(2_000, "the second one asks", func() bool { return r2.View().Asking })
	w.sharer.handle(Decide{Session: row(s, 1).ID, Accept: true})
	w.receiveAll(n2, r2)
	w.run(300)
	w.sharer.handle(StopRecipient{Session: row(s, 0).ID})
	w.run(500)
	if v, rv := r1.View(), row(s, 0); v.Phase != Failed || v.Why != wire.Revoked || rv.Phase != Cancelled {
		t.Errorf("stopped: %v, %v, and %v", v.Phase, v.Why, rv.Phase)
	}
	n1.handle(Connect{})
	w.run(2_000)
	if v := r1.View(); v.Phase != Failed || v.Why != wire.Refused {
		t.Errorf("it comes back: %v, %v, want failed, %v", v.Phase, v.Why, wire.Refused)
	}
	w.complete(60_000, n2, r2, ten())
}

// Stopping to share ends every session, tells everybody, and leaves a dead link
// and no secret. PROTOCOL.md j.
func TestStopSharing(t *testing.T) {
	for _, how := range []string{"stop", "expire"} {
		w := newWorld(t, 1)
		w.rate = 300_000
		s := w.share(1, ten()...)
		link, topic := s.Link(), s.link.Topic(invite.Epoch(w.now))
		n, r := w.take(link, 1)
		w.receiveAll(n, r)
		_, asks := w.take(link, 1)
		_, far := w.take(link, 1)
		w.wait(2_000, "two ask", func() bool { return asks.View().Asking && far.View().Asking })
		w.run(500)
		want, phase := wire.Revoked, Cancelled
		if how == "stop" {
			w.sharer.handle(StopSharing{})
			w.sharer.handle(StopSharing{})
		} else {
			want, phase = wire.Expired, Failed
			s.expires = w.now + 1
		}
		w.run(200)
		reads := w.sharer.reads
		w.run(2_000)
		for _, x := range []*Receiver{r, asks, far} {
			if v := x.View(); v.Phase != Failed || v.Why != want {
				t.Errorf("%s: a recipient shows %v, %v, want failed, %v", how, v.Phase, v.Why, want)
			}
		}
		v := s.View()
		if v.Phase != phase || v.Why != want || v.Link != "" || s.Link() != "" || s.key != nil || s.link.Secret != [16]byte{} {
			t.Errorf("%s: the sharer shows %v, %v, or keeps a secret", how, v.Phase, v.Why)
		}
		for _, rv := range v.Recipients {
			if rv.Phase != Cancelled && rv.Phase != Failed || rv.Asks {
				t.Errorf("%s: a row shows %v, asks %v", how, rv.Phase, rv.Asks)
			}
		}
		if w.sharer.reads != reads || len(w.live()) > 0 {
			t.Errorf("%s: %d groups are read, %d connections left", how, w.sharer.reads-reads, len(w.live()))
		}
		if w.hub.held(w.sharer)[topic] {
			t.Errorf("%s: the sharer still waits on the link's topic", how)
		}
		_, late := w.take(link, 1)
		w.run(35_000)
		if v := late.View(); v.Phase != Waiting || v.Why != wire.NoPeer {
			t.Errorf("%s: a late recipient shows %v, %v, want waiting, %v", how, v.Phase, v.Why, wire.NoPeer)
		}
		w.hub.inject(w.sharer, topic, 1, w.hub.log[0].frame)
		w.run(7 * 24 * 3_600_000 / 1000)
	}
}

// The first recipient is let in, a second waits for the person. PROTOCOL.md j
// and DESIGN 4.
func TestSecondRecipientAsks(t *testing.T) {
	w := newWorld(t, 1)
	s := w.share(1, tiny()...)
	n1, r1 := w.take(s.Link(), 1)
	w.receiveAll(n1, r1)
	w.complete(5_000, n1, r1, tiny())

	sees := 0
	w.onFrame = func(p passing) [][]byte { sees++; return [][]byte{p.frame} }
	n2, r2 := w.take(s.Link(), 1)
	w.run(60_000)
	if v, rv := r2.View(), row(s, 1); !v.Asking || v.Title != "" || !rv.Asks || rv.Phase != Waiting {
		t.Errorf("it asks: %+v, the sharer shows %+v", v, rv)
	}
	if sees != 4 || len(n2.pcs) > 0 { // M1 to M4: no description, no address. Attack 44.
		t.Errorf("%d frames and %d connections before it is let in, want 4 and none", sees, len(n2.pcs))
	}
	w.sharer.handle(Decide{Session: row(s, 1).ID, Accept: true})
	w.receiveAll(n2, r2)
	w.complete(5_000, n2, r2, tiny())

	n3, r3 := w.take(s.Link(), 1)
	w.wait(2_000, "the third one asks", func() bool { return r3.View().Asking })
	id := row(s, 2).ID
	w.sharer.handle(Decide{Session: id, Accept: false})
	w.sharer.handle(Decide{Session: id, Accept: true}) // too late
	w.run(500)
	if v, rv := r3.View(), row(s, 2); v.Phase != Failed || v.Why != wire.Refused || rv.Phase != Cancelled || rv.Asks {
		t.Errorf("refused: %v, %v, the sharer shows %+v", v.Phase, v.Why, rv)
	}
	n3.handle(Connect{})
	w.run(1_000)
	if v := r3.View(); v.Phase != Failed || v.Why != wire.Refused {
		t.Errorf("refused, it tries again: %v, %v", v.Phase, v.Why)
	}

	_, r4 := w.take(s.Link(), 1)
	w.run(pendingWithin + 2_000)
	if v := r4.View(); v.Phase != Failed || v.Why != wire.Expired || len(s.recips) != 3 {
		t.Errorf("unanswered for five minutes: %v, %v, %d rows", v.Phase, v.Why, len(s.recips))
	}

	// Five wait, a sixth is told to come later; who leaves makes room.
	for range pendingMax {
		w.take(s.Link(), 1)
	}
	_, sixth := w.take(s.Link(), 1)
	w.run(500)
	if v := sixth.View(); v.Phase != Failed || v.Why != wire.Busy {
		t.Errorf("the sixth who asks: %v, %v, want failed, %v", v.Phase, v.Why, wire.Busy)
	}
	w.takers[len(w.takers)-2].offline()
	w.run(500)
	_, seventh := w.take(s.Link(), 1)
	w.run(500)
	if !seventh.View().Asking {
		t.Errorf("where one left there is room: %v, %v", seventh.View().Phase, seventh.View().Why)
	}
	if got := len(s.View().Recipients); got != 3+pendingMax {
		t.Errorf("%d rows, want %d: who was never let in and left has none", got, 3+pendingMax)
	}
}

// A request outlives the loss of the hub at either end; the one that is decided
// is the one that is alive. Somebody who was let in once needs not ask again.
func TestRequestsOutliveTheHub(t *testing.T) {
	for _, who := range []int{0, 2} { // the sharer, the second recipient
		w := newWorld(t, 1)
		s := w.share(1, tiny()...)
		n1, r1 := w.take(s.Link(), 1)
		w.receiveAll(n1, r1)
		w.complete(5_000, n1, r1, tiny())
		n2, r2 := w.take(s.Link(), 1)
		w.wait(2_000, "it asks", func() bool { return r2.View().Asking })
		for range 3 {
			w.nodes[who].offline()
			w.run(300)
			w.nodes[who].online()
			w.wait(2_000, "it asks again", func() bool { return r2.View().Asking && row(s, 1).Asks })
		}
		if rows := s.View().Recipients; len(rows) != 2 || len(s.halves) != 1 {
			t.Errorf("%d rows, %d handshakes, want 2 and 1", len(rows), len(s.halves))
		}
		w.sharer.handle(Decide{Session: row(s, 1).ID, Accept: true})
		w.wait(2_000, "the list", func() bool { return r2.View().Listed })
		n2.handle(Receive{})
		w.kill(w.live()[len(w.live())-1])
		w.complete(10_000, n2, r2, tiny()) // without asking again
	}
}

// Also where the hub does not tell that the one who asks has gone and come back:
// the request that counts is the latest.
func TestTheLatestRequestCounts(t *testing.T) {
	w := newWorld(t, 1)
	s := w.share(1, tiny()...)
	n1, r1 := w.take(s.Link(), 1)
	w.receiveAll(n1, r1)
	w.complete(5_000, n1, r1, tiny())
	n2, r2 := w.take(s.Link(), 1)
	for range 3 {
		w.wait(2_000, "it asks", func() bool { return r2.View().Asking })
		n2.online() // a new connection; nobody hears that the old one is dead
	}
	w.wait(2_000, "it asks", func() bool { return r2.View().Asking })
	if len(s.halves) != 1 || len(s.recips) != 2 {
		t.Errorf("%d handshakes of %d recipients, want 1 of 2", len(s.halves), len(s.recips))
	}
	w.sharer.handle(Decide{Session: row(s, 1).ID, Accept: true})
	w.receiveAll(n2, r2)
	w.complete(5_000, n2, r2, tiny())
}

// Several recipients at once do not disturb each other.
func TestManyRecipients(t *testing.T) {
	w := newWorld(t, 1)
	w.shuffle = true
	w.rate = 1_000_000
	s := w.share(2, tree()...)
	count := 6
	nodes, takers := make([]*node, count), make([]*Receiver, count)
	for i := range count {
		nodes[i], takers[i] = w.take(s.Link(), 1+i%3)
		w.run(300)
		if i > 0 {
			w.sharer.handle(Decide{Session: row(s, i).ID, Accept: true})
		}
		w.receiveAll(nodes[i], takers[i])
	}
	during(w.sharer, 3, 2, func() { w.sharer.edit(6, []byte{9}) })
	w.kill(w.live()[1])
	w.run(20_000)
	for i, r := range takers {
		if v := r.View(); v.Phase != Complete {
			t.Errorf("recipient %d: %v, %v", i, v.Phase, v.Why)
		}
		if rv := row(s, i); rv.Phase != Complete {
			t.Errorf("the sharer shows of recipient %d: %v, %v", i, rv.Phase, rv.Why)
		}
	}
}

// A link takes sixteen sessions; one that has asked for nothing for a minute
// gives its place to another. PROTOCOL.md 2.2.
func TestPlacesAreLimited(t *testing.T) {
	w := newWorld(t, 1)
	s := w.share(1, tiny()...)
	in := func() (*node, *Receiver) {
		n, r := w.take(s.Link(), 1)
		w.run(100)
		if v := s.View().Recipients; r.View().Asking {
			w.sharer.handle(Decide{Session: v[len(v)-1].ID, Accept: true})
			w.run(100)
		}
		return n, r
	}
	var first *Receiver
	for i := range browserMax {
		n, r := in()
		if first == nil {
			first = r
		}
		if !r.View().Listed {
			t.Fatalf("recipient %d does not get in: %v, %v", i, r.View().Phase, r.View().Why)
		}
		_ = n
	}
	if _, r := in(); r.View().Why != wire.Busy {
		t.Errorf("recipient 17: %v, %v, want %v", r.View().Phase, r.View().Why, wire.Busy)
	}
	w.run(61_000)
	if _, r := in(); !r.View().Listed {
		t.Errorf("after a minute recipient 17: %v, %v, want in", r.View().Phase, r.View().Why)
	}
	if v := first.View(); v.Phase != Failed || v.Why != wire.Busy {
		t.Errorf("the idle one: %v, %v, want failed, %v", v.Phase, v.Why, wire.Busy)
	}
}

// A session is a week old at most; then a new handshake makes new keys.
func TestSessionsAge(t *testing.T) {
	w := newWorld(t, 1)
	s := w.share(1, tiny()...)
	s.expires = w.now + 30*24*3_600_000
	n, r := w.take(s.Link(), 1)
	w.wait(2_000, "the list", func() bool { return r.View().Listed })
	for _, c := range []*conn{r.conn, s.recips[0].conn} {
		c.born -= sessionMax
	}
	w.wait(10_000, "a new session", func() bool { return sessions(n) == 2 && r.conn != nil && r.conn.hello })
	n.handle(Receive{})
	w.complete(5_000, n, r, tiny())
}
