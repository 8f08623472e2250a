package session

import (
	"bytes"
	"fmt"
	"testing"

	swire "beeline/signaling/wire"
	"beeline/wasm/handshake"
	"beeline/wasm/invite"
	"beeline/wasm/wire"
)

// meets runs a whole transfer with a hub that does something to the i-th frame,
// for every i, and wants it to end as if nothing had been.
func meets(t *testing.T, name string, do func(w *world, p passing) [][]byte) {
	t.Helper()
	for i := 1; ; i++ {
		w := newWorld(t, int64(i))
		seen, hit := 0, false
		w.onFrame = func(p passing) [][]byte {
			if seen++; seen == i {
				hit = true
				return do(w, p)
			}
			return [][]byte{p.frame}
		}
		s := w.share(1, tiny()...)
		n, r := w.take(s.Link(), 1)
		w.wait(60_000, fmt.Sprintf("the list comes after %s of frame %d", name, i), func() bool { return r.View().Listed })
		n.handle(Receive{})
		w.complete(20_000, n, r, tiny())
		if why := r.View().Why; why != wire.None {
			t.Errorf("%s of frame %d: the recipient shows %v", name, i, why)
		}
		if !hit {
			if i < 6 {
				t.Fatalf("only %d frames pass", i-1)
			}
			return
		}
	}
}

// Whatever a hub does to one frame, any of them, costs a new handshake at most.
// PROTOCOL.md 3, attacks 1, 2, 3, 4.
func TestAnyFrameMayBeLostOrChanged(t *testing.T) {
	meets(t, "loss", func(*world, passing) [][]byte { return nil })
	meets(t, "a copy", func(_ *world, p passing) [][]byte { return [][]byte{p.frame, p.frame} })
	for _, at := range []int{0, 1, 2, 17, 18, 40, 1233, 1300, 2047} { // version, kind, sid, each part of a body
		meets(t, fmt.Sprint("a bit at ", at), func(_ *world, p passing) [][]byte {
			p.frame[at] ^= 0x10
			return [][]byte{p.frame}
		})
	}
	meets(t, "reflection", func(w *world, p passing) [][]byte {
		w.hub.reflect(p)
		return [][]byte{p.frame}
	})
	meets(t, "reflection instead", func(w *world, p passing) [][]byte {
		w.hub.reflect(p)
		return nil
	})
	meets(t, "truncation", func(w *world, p passing) [][]byte {
		msg := swire.AppendData(nil, p.topic, p.src, p.frame)
		for _, cut := range []int{0, 1, 40, len(msg) - 1} {
			w.hub.tell(p.to.conn, msg[:cut])
		}
		return [][]byte{p.frame}
	})
	var held []byte
	meets(t, "swapping", func(w *world, p passing) [][]byte {
		if held != nil {
			f := held
			held = nil
			return [][]byte{f, p.frame}
		}
		held = p.frame
		w.in(1_000, func() { w.hub.inject(p.to, p.topic, p.src, p.frame) })
		return nil
	})
}

// A hub that changes every T frame lets nobody connect, raises no false alarm,
// and is not asked ten times a second. E_SIGNAL_ORDER. PROTOCOL.md 3, attack 2.
func TestAHubThatFlipsEveryDescription(t *testing.T) {
	for _, side := range []string{"both", "sharer", "recipient"} {
		w := newWorld(t, 1)
		frames := 0
		var from **node
		w.onFrame = func(p passing) [][]byte {
			frames++
			if p.frame[1] == handshake.KindT && (from == nil || p.from == *from) {
				p.frame[700] ^= 1
			}
			return [][]byte{p.frame}
		}
		s := w.share(1, tiny()...)
		n, r := w.take(s.Link(), 1)
		switch side {
		case "sharer":
			from = &w.sharer
		case "recipient":
			from = &n
		}
		w.run(120_000)
		if v := r.View(); v.Phase == Complete || v.Listed || v.Why != wire.NoPeer && v.Why != wire.SignalOrder {
			t.Errorf("frames of %s: the recipient shows %v, %v", side, v.Phase, v.Why)
		}
		if frames > 160 { // at most twelve handshakes a minute
			t.Errorf("frames of %s: %d frames in two minutes, want few", side, frames)
		}
	}
}

// A hub without the link can't stand in the middle: its own M1 gets no answer,
// its own M2 no session, and the honest ones still work. PROTOCOL.md 3, attack 1.
func TestTheHubCantBeInTheMiddle(t *testing.T) {
	w := newWorld(t, 1)
	s := w.share(1, tiny()...)
	topic := s.link.Topic(invite.Epoch(w.now))
	sent := 0
	w.sharer.log = func(a Action) {
		if m, ok := a.(SignalSend); ok && m.Data[0] == swire.OpPub {
			sent++
		}
	}
	for i := range 20 {
		run := handshake.Run{Mode: wire.ModeLink, Epoch: invite.Epoch(w.now), Topic: topic, SID: newSID(), Ctx: s.link.Fingerprint[:]}
		w.rng.Read(run.PSK[:])
		_, m1, _ := handshake.Initiate(run)
		w.hub.inject(w.sharer, topic, uint32(1000+i), m1)
	}
	w.run(500)
	if sent != 0 || len(s.halves) != 0 {
		t.Errorf("M1s without the link got %d answers and %d handshakes, want none", sent, len(s.halves))
	}
	w.onFrame = func(p passing) [][]byte {
		if p.frame[1] != handshake.KindM2 {
			return [][]byte{p.frame}
		}
		forged := make([]byte, handshake.FrameSize) // the hub's own, then the honest one
		w.rng.Read(forged[18:])
		copy(forged, p.frame[:18])
		w.hub.inject(p.to, p.topic, p.src+1, p.frame) // also from a handle that was not asked
		w.hub.inject(p.to, p.topic, p.src+7, forged)
		return [][]byte{p.frame}
	}
	n, r := w.take(s.Link(), 1)
	w.receiveAll(n, r)
	w.complete(10_000, n, r, tiny())
}

// Frames of a whole session, sent again in the same hour and in the next, from
// the same handle and from others, get no answer and change nothing.
// PROTOCOL.md 3, attack 3.
func TestReplayedFramesGetNoAnswer(t *testing.T) {
	w := newWorld(t, 1)
	s := w.share(1, tiny()...)
	n, r := w.take(s.Link(), 1)
	w.receiveAll(n, r)
	w.complete(10_000, n, r, tiny())
	old := w.hub.log
	sent := 0
	for _, x := range w.nodes {
		x.log = func(a Action) {
			if m, ok := a.(SignalSend); ok && m.Data[0] == swire.OpPub {
				sent++
			}
		}
	}
	for _, later := range []int64{0, 30 * 60_000, 60 * 60_000} {
		w.now = max(w.now, noon+later)
		w.step()
		for _, p := range old {
			for _, topic := range [][32]byte{p.topic, s.link.Topic(invite.Epoch(w.now))} {
				w.hub.inject(w.sharer, topic, p.src, p.frame)
				w.hub.inject(w.sharer, topic, 77, p.frame)
				w.hub.inject(n, topic, p.src, p.frame)
			}
		}
		w.run(1_000)
		if sent != 0 || len(s.halves) != 0 {
			t.Errorf("%d ms later: %d frames answer old ones and %d handshakes begin, want none", later, sent, len(s.halves))
		}
		if v, row := r.View(), s.View().Recipients[0]; v.Phase != Complete || row.Phase != Complete || len(s.recips) != 1 {
			t.Errorf("%d ms later: %v and %v, want complete", later, v.Phase, row.Phase)
		}
	}
}

// A hub that crosses two rooms gets nobody connected to the wrong one: topic and
// sid are in the prologue. Nor is an answer of one handshake taken in another.
// PROTOCOL.md 3, attacks 5 and 23.
func TestCrossedRoomsStayApart(t *testing.T) {
	w := newWorld(t, 1)
	s1 := w.share(1, testFile{"one", pattern(500, 1)})
	first := w.sharer
	s2 := w.share(1, testFile{"two", pattern(600, 2)})
	second := w.sharer
	other := map[*node]*node{first: second, second: first}
	crossed := 0
	w.onFrame = func(p passing) [][]byte {
		// To the node in the other room that plays the same part.
		to := other[p.to]
		if to == nil || to.conn == nil {
			return [][]byte{p.frame}
		}
		crossed++
		for topic := range w.hub.held(to) {
			if m := w.hub.member(to.conn, topic); m != nil {
				w.hub.inject(to, topic, p.src, p.frame)
				w.hub.inject(to, topic, p.src+2, p.frame)
			}
		}
		return nil
	}
	n1, r1 := w.take(s1.Link(), 1)
	n2, r2 := w.take(s2.Link(), 1)
	other[n1], other[n2] = n2, n1
	w.run(40_000)
	if r1.View().Listed || r2.View().Listed || len(s1.recips) > 0 || len(s2.recips) > 0 || crossed == 0 {
		t.Errorf("crossed rooms (%d frames) meet:%s", crossed, w.state())
	}
	w.onFrame = nil
	w.wait(40_000, "both lists come", func() bool { return r1.View().Listed && r2.View().Listed })
	n1.handle(Receive{})
	n2.handle(Receive{})
	w.complete(5_000, n1, r1, []testFile{{"one", pattern(500, 1)}})
	w.complete(5_000, n2, r2, []testFile{{"two", pattern(600, 2)}})
}

// An answer to somebody else's knock on the same link is not taken.
// PROTOCOL.md 3, attack 23.
func TestAnAnswerIsForOneKnock(t *testing.T) {
	w := newWorld(t, 1)
	s := w.share(1, tiny()...)
	var stolen []byte
	w.onFrame = func(p passing) [][]byte {
		if p.frame[1] != handshake.KindM2 {
			return [][]byte{p.frame}
		}
		if stolen == nil {
			stolen = bytes.Clone(p.frame)
			return nil
		}
		copy(stolen[2:18], p.frame[2:18]) // even under the right sid
		return [][]byte{stolen}
	}
	_, r1 := w.take(s.Link(), 1)
	_, r2 := w.take(s.Link(), 1)
	w.run(14_000)
	for _, r := range []*Receiver{r1, r2} {
		if r.run == nil || r.run.t != nil || r.conn != nil {
			t.Error("an M2 for another knock was accepted")
		}
		if r.View().Why != wire.None {
			t.Errorf("it raises an alarm: %v", r.View().Why)
		}
	}
}

// A link of a later version or with unknown flags is refused before any network.
// PROTOCOL.md 3, attack 6.
func TestLinksOfOtherVersions(t *testing.T) {
	s := newWorld(t, 1).share(1)
	_, err := NewReceiver(sharedLink(s, func(l *invite.Link) { l.Flags = 0x40 }), Config{})
	if wire.CodeOf(err) != wire.Version {
		t.Errorf("a link with an unknown flag: %v, want %v", err, wire.Version)
	}
	for _, link := range []string{"", s.Link()[1:], s.Link() + "A", "B" + s.Link()[1:]} {
		if _, err := NewReceiver(link, Config{}); wire.CodeOf(err) != wire.LinkDamaged && wire.CodeOf(err) != wire.Version {
			t.Errorf("a damaged link: %v, want %v", err, wire.LinkDamaged)
		}
	}
}

// Who relays a link and clears or sets its flags gets neither end a session: all
// of the link is in the psk and the topic's secret stays. PROTOCOL.md 3, attack 54.
func TestChangedFlagsGetNoSession(t *testing.T) {
	for _, flags := range [][2]uint8{{invite.Approval, 0}, {invite.Proven, 0}, {invite.OneTime, 0}, {0, invite.Approval}} {
		w := newWorld(t, 1)
		s := w.share(1, tiny()...)
		s.link.Flags = flags[0]
		_, r := w.take(sharedLink(s, func(l *invite.Link) { l.Flags = flags[1] }), 1)
		w.run(40_000)
		if v := r.View(); v.Phase != Waiting || v.Why != wire.NoPeer || len(s.recips) > 0 || len(s.halves) > 0 {
			t.Errorf("flags %d told as %d: %v, %v, %d recipients", flags[0], flags[1], v.Phase, v.Why, len(s.recips))
		}
	}
}
