package session

import (
	"testing"

	swire "beeline/signaling/wire"
	"beeline/wasm/handshake"
	"beeline/wasm/invite"
	"beeline/wasm/wire"
)

// Somebody who has the link but not the sharer's key can't play the sharer.
// Alone on the topic they get one sentence shown, after 15 s; the sharer, when
// it comes, is found at once. PROTOCOL.md 3, attack 17.
func TestFakeSharerAlone(t *testing.T) {
	w := newWorld(t, 1)
	s := w.share(1, tiny()...)
	w.sharer.offline()
	fake, f := w.impostor(s)
	n, r := w.take(s.Link(), 1)
	w.run(14_000)
	if v := r.View(); v.Why != wire.None {
		t.Errorf("after 14 s %v is shown, want nothing yet", v.Why)
	}
	w.run(2_000)
	v := r.View()
	if v.Phase != Waiting || v.Why != wire.Identity || v.Title != "" || v.Listed {
		t.Errorf("after 16 s: %+v, want waiting and %v", v, wire.Identity)
	}
	if len(f.recips) > 0 || len(fake.pcs) > 0 {
		t.Error("the fake sharer learned the recipient's key or addresses")
	}
	w.sharer.online()
	w.receiveAll(n, r)
	w.complete(10_000, n, r, tiny())
}

// Beside the honest sharer a fake one changes nothing, whoever answers first and
// however often: no alarm, no other session. PROTOCOL.md 3, attack 53.
func TestFakeSharersBesideTheHonestOne(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	s := w.share(1, tiny()...)
	w.impostor(s)
	w.impostor(s)
	first, r := w.take(s.Link(), 1)
	w.receiveAll(first, r)
	w.complete(10_000, first, r, tiny())
	w.onFrame = func(p passing) [][]byte {
		if w.rng.Intn(2) == 0 { // who is first is chance
			return [][]byte{p.frame}
		}
		w.later(func() { w.later(func() { w.hub.inject(p.to, p.topic, p.src, p.frame) }) })
		return nil
	}
	runs := 1000
	if slow {
		runs = 30
	}
	for range runs {
		n, r := w.take(s.Link(), 1)
		w.settle()
		if v := r.View(); !v.Asking || v.Why != wire.None {
			t.Fatalf("it asks the honest sharer: %v, and shows %v", v.Asking, v.Why)
		}
		n.handle(CancelAll{})
		n.offline()
		w.settle()
		w.nodes, w.takers, w.hub.subs, w.hub.log = w.nodes[:len(w.nodes)-1], nil, nil, nil
	}
	if len(s.recips) != 1 || len(s.halves) != 0 {
		t.Errorf("%d rows and %d handshakes are left of %d visitors, want 1 and 0", len(s.recips), len(s.halves), runs)
	}
}

// flooder is a connection of somebody with the link who only ever says M1.
type flooder struct {
	handle uint32
	link   invite.Link
}

func (f flooder) m1(w *world) []byte { return f.knock(w, newSID()) }

func (f flooder) knock(w *world, sid [16]byte) []byte {
	e := invite.Epoch(w.now)
	_, m1, err := handshake.Initiate(handshake.Run{
		Mode: wire.ModeLink, Epoch: e, Topic: f.link.Topic(e), SID: sid, Ctx: f.link.Fingerprint[:], PSK: f.link.PSK(),
	})
	if err != nil {
		panic(err)
	}
	return m1
}

// M1s from fifteen connections, as fast as the hub lets them and silent after:
// the honest recipient, half a second away, still connects, and what it costs is
// bounded. PROTOCOL.md 3, attack 8.
func TestFloodOfKnocks(t *testing.T) {
	w := newWorld(t, 1)
	s := w.share(1, tiny()...)
	answers := 0
	w.sharer.log = func(a Action) {
		if m, ok := a.(SignalSend); ok && m.Data[0] == swire.OpPub {
			answers++
		}
	}
	topic := s.link.Topic(invite.Epoch(w.now))
	flood := func() {
		for h := range uint32(15) {
			f := flooder{5000 + h, s.link}
			for range 1 + w.rng.Intn(3) { // per 100 ms: up to three times what is answered
				w.hub.inject(w.sharer, topic, f.handle, f.m1(w))
			}
		}
	}
	w.onFrame = func(p passing) [][]byte { // the honest path takes 250 ms each way
		w.in(250, func() { w.hub.inject(p.to, p.topic, p.src, p.frame) })
		return nil
	}
	began := w.now
	for range 5 {
		flood()
		w.step()
	}
	_, r := w.take(s.Link(), 1)
	for i := 0; i < 30 && !r.View().Listed; i++ {
		flood()
		w.step()
	}
	if !r.View().Listed {
		t.Errorf("the honest recipient does not connect:%s", w.state())
	}
	if len(s.halves) > halfOpenMax {
		t.Errorf("%d handshakes are open, want at most %d", len(s.halves), halfOpenMax)
	}
	if most := 15*m1PerSecond*int((w.now-began)/1000+1) + 10; answers > most {
		t.Errorf("%d M1s were answered, want at most %d: 10 a second and handle", answers, most)
	}
}

// One sid of one handle is one handshake: a second M1 for it, while it is open or
// while its session is described, gets no answer. PROTOCOL.md d.3.
func TestOneHandshakeASid(t *testing.T) {
	w := newWorld(t, 1)
	s := w.share(1, tiny()...)
	answers := 0
	w.onFrame = func(p passing) [][]byte {
		switch p.frame[1] {
		case handshake.KindM2:
			answers++
		case handshake.KindM1, handshake.KindT:
			m1 := flooder{p.src, s.link}.knock(w, [16]byte(p.frame[2:18]))
			if p.from != w.sharer {
				w.later(func() { w.hub.inject(w.sharer, p.topic, p.src, m1) })
			}
		}
		return [][]byte{p.frame}
	}
	n, r := w.take(s.Link(), 1)
	w.receiveAll(n, r)
	w.complete(5_000, n, r, tiny())
	if answers != 1 {
		t.Errorf("%d M2s for one sid, want 1", answers)
	}
}

// What is remembered of M1s is bounded and shuts nobody out. PROTOCOL.md 3,
// attack 8; 2.1 E_BUSY.
func TestReplayCacheForgetsTheOldest(t *testing.T) {
	s := NewSharer("Share", Config{Now: noon})
	s.Handle(noon, SignalUp{})
	topic := s.link.Topic(invite.Epoch(noon))
	for i := range 3 * replayMax {
		s.remember([32]byte{byte(i), byte(i >> 8), byte(i >> 16)}, topic)
	}
	if len(s.seen) != replayMax || len(s.order) != replayMax {
		t.Errorf("%d M1s are remembered, in a line of %d, want %d", len(s.seen), len(s.order), replayMax)
	}
	if _, ok := s.seen[[32]byte{255, 47}]; !ok { // the last one: 12,287
		t.Error("the newest M1 is not remembered")
	}
	s.Handle(noon+2*3_600_000, Tick{})
	s.remember([32]byte{1}, s.link.Topic(invite.Epoch(s.now)))
	if len(s.seen) != 1 {
		t.Errorf("%d M1s of topics nobody waits on are kept", len(s.seen)-1)
	}
}

// A hub that invents handles costs a bounded amount of memory.
func TestInventedHandlesAreBounded(t *testing.T) {
	w := newWorld(t, 1)
	s := w.share(1, tiny()...)
	topic := s.link.Topic(invite.Epoch(w.now))
	frame := make([]byte, handshake.FrameSize)
	frame[0], frame[1] = 1, handshake.KindM1
	for i := range uint32(3 * ratesMax) {
		s.Handle(w.now, SignalMessage{swire.AppendData(nil, topic, i, frame)})
	}
	if len(s.rates) > ratesMax {
		t.Errorf("%d handles are counted, want at most %d", len(s.rates), ratesMax)
	}
	n, r := w.take(s.Link(), 1)
	for i := range uint32(3 * candidatesMax) {
		r.Handle(w.now, SignalMessage{swire.AppendJoin(nil, topic, 900+i)})
	}
	w.settle()
	for _, waiters := range r.waiters {
		if len(waiters) > candidatesMax {
			t.Errorf("%d waiters are kept, want at most %d", len(waiters), candidatesMax)
		}
	}
	if r.run != nil && len(r.run.sent) > candidatesMax {
		t.Errorf("M1 went to %d, want at most %d", len(r.run.sent), candidatesMax)
	}
	w.run(12_000)
	if len(s.rates) > candidatesMax {
		t.Errorf("%d handles are still counted after 12 s", len(s.rates))
	}
	n.handle(CancelAll{})
}
