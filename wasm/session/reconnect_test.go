package session

import (
	"testing"

	"beeline/wasm/wire"
)

// inTheMiddle returns a world in which a transfer is under way, slow enough to last.
func inTheMiddle(t *testing.T, seed int64) (*world, *Sharer, *node, *Receiver) {
	t.Helper()
	w := newWorld(t, seed)
	w.rate = 200_000
	s := w.share(1, ten()...)
	n, r := w.take(s.Link(), 1)
	w.receiveAll(n, r)
	w.run(1_000)
	if r.View().Phase != Transferring {
		t.Fatalf("%v, want transferring", r.View().Phase)
	}
	return w, s, n, r
}

// A lid that is closed for an hour, or a network that is gone for as long: both
// sides say since when, and it goes on by itself, from what arrived, within three
// seconds.
func TestAnHourAwayIsNoEnd(t *testing.T) {
	for _, who := range []string{"sharer", "taker0", "both"} {
		w, s, n, r := inTheMiddle(t, 1)
		began := w.now
		w.freeze()
		for _, x := range w.nodes {
			if who == x.name || who == "both" {
				x.offline()
			}
		}
		w.run(3_600_000)
		v, rv := r.View(), row(s, 0)
		if v.Phase != Reconnecting || rv.Phase != Reconnecting {
			t.Fatalf("%s away for an hour: %v and %v, want reconnecting", who, v.Phase, rv.Phase)
		}
		for _, since := range []int64{v.Since, rv.Since} {
			if since < began || since > began+silentAfter {
				t.Errorf("%s away: since %d ms after it broke", who, since-began)
			}
		}
		w.thaw()
		for _, x := range w.nodes {
			if x.conn == nil {
				x.online()
			}
		}
		w.wait(3_000, "it moves again", func() bool { return r.View().Phase == Transferring && row(s, 0).Phase == Transferring })
		w.complete(30_000, n, r, ten())
		if n.disk.written > 10<<20+77+99 {
			t.Errorf("%d bytes were written, want %d: what arrived is kept", n.disk.written, 10<<20+77+99)
		}
		if rv := row(s, 0); rv.Phase != Complete || len(s.recips) != 1 {
			t.Errorf("the sharer shows %v in %d rows", rv.Phase, len(s.recips))
		}
	}
}

// A server that was restarted has forgotten everything. What runs goes on; what
// breaks while it is away comes together when it is back.
func TestServerRestartsInTheMiddle(t *testing.T) {
	w, s, n, r := inTheMiddle(t, 2)
	restart := func(away int64) {
		w.sharer.offline()
		n.offline()
		w.hub.rooms = make(map[[32]byte][]*hubMember)
		w.in(away, w.sharer.online)
		w.in(away+700, n.online)
	}
	restart(2_000)
	w.run(3_000)
	if v := r.View(); v.Phase != Transferring || sessions(n) != 1 {
		t.Fatalf("%v in %d sessions, want transferring in one", v.Phase, sessions(n))
	}
	restart(20_000)
	w.kill(w.live()[0])
	w.run(19_000)
	if v := r.View(); v.Phase != Reconnecting || v.Why != wire.Offline {
		t.Errorf("%v, %v without a server, want reconnecting, %v", v.Phase, v.Why, wire.Offline)
	}
	w.wait(3_000, "it moves again", func() bool { return r.View().Phase == Transferring })
	w.complete(30_000, n, r, ten())
	w.wait(3_000, "the sharer knows", func() bool { return row(s, 0).Phase == Complete })
}

// A path that is gone while the hub is there is not waited for: ICE says so, or
// the network changed. Where the hub is gone too, or ICE says nothing, another
// session could not be made or may not be needed: the one there is has 15 s.
func TestAnotherPathIsLookedForSoon(t *testing.T) {
	for _, c := range []struct {
		name       string
		event      func(session uint32) Event // what the recipient hears
		hub        bool                       // answers
		from, upTo int64                      // when the session is given up, ms
	}{
		{"disconnected", func(id uint32) Event { return PCState{Session: id, State: Disconnected} }, true, 3_500, 6_000},
		{"another network", func(uint32) Event { return NetworkChanged{} }, true, 3_500, 6_000},
		{"failed", func(id uint32) Event { return PCState{Session: id, State: ConnFailed} }, true, 0, 1_100},
		{"nothing said", func(uint32) Event { return Tick{} }, true, 15_000, 17_000},
		{"no hub", func(id uint32) Event { return PCState{Session: id, State: Disconnected} }, false, 15_000, 17_000},
	} {
		w, _, n, r := inTheMiddle(t, 3)
		first := r.conn.id
		w.frozen = true
		w.hub.dead = !c.hub
		began, lost := r.conn.heard, int64(0)
		n.handle(c.event(first))
		w.until(30_000, func() bool { lost = w.now - began; return r.conn == nil || r.conn.id != first })
		if lost < c.from || lost > c.upTo {
			t.Errorf("%s: the session was given up after %d ms, want %d to %d", c.name, lost, c.from, c.upTo)
		}
		w.hub.dead = false
		w.thaw()
		w.complete(60_000, n, r, ten())
	}
}

// ICE that calls a path lost through which records come does no harm.
func TestDisconnectedThatIsNot(t *testing.T) {
	w, _, n, r := inTheMiddle(t, 4)
	w.each = func() {
		if r.conn != nil {
			n.handle(PCState{Session: r.conn.id, State: Disconnected})
		}
	}
	w.complete(60_000, n, r, ten())
	if sessions(n) != 1 {
		t.Errorf("%d sessions, want one", sessions(n))
	}
}

// Two that are both online and can't connect go on trying, further and further
// apart, and say why; when they can, they do.
func TestNoPathIsTriedAgain(t *testing.T) {
	w, s, n, r := inTheMiddle(t, 5)
	w.frozen = true
	knocks := func() (count int) {
		for _, p := range w.hub.log {
			if p.from == n && p.frame[1] == 3 { // M1
				count++
			}
		}
		return count
	}
	w.run(300_000)
	first := knocks()
	if v := r.View(); v.Phase != Reconnecting || v.Why != wire.Path {
		t.Errorf("%v, %v after five minutes, want reconnecting, %v", v.Phase, v.Why, wire.Path)
	}
	w.run(300_000)
	if each := knocks() - first; each < 6 || each > 9 {
		t.Errorf("%d tries in five minutes, want one in 30 to 40 s", each)
	}
	w.thaw()
	w.wait(31_000, "it moves again", func() bool { return r.View().Phase == Transferring && r.View().Why == wire.None })
	w.complete(30_000, n, r, ten())
	w.wait(3_000, "the sharer knows", func() bool { return row(s, 0).Phase == Complete })
}

func TestWaitsBetweenTries(t *testing.T) {
	for n, full := range []int64{0, 0, 500, 1_000, 2_000, 4_000, 8_000, 10_000, 10_000} {
		for range 50 {
			if got := untilNext(n); got < full/2 || got > full {
				t.Errorf("after %d: %d ms, want %d to %d", n, got, full/2, full)
			}
		}
	}
	if got := untilNext(1 << 40); got < tryMost/2 || got > tryMost {
		t.Errorf("after very many: %d ms", got)
	}
}

// A connection to the hub whose other end is gone without a word is noticed: by
// who waits within little more than a minute, by who just lost a session at once.
func TestDeadHubConnectionIsGivenUp(t *testing.T) {
	w := newWorld(t, 6)
	w.rate = 200_000
	s := w.share(1, ten()...)
	w.run(10_000)
	w.sharer.conn.dead = true
	w.run(hubEvery + hubWithin + 2_000)
	if w.sharer.resets != 1 || w.sharer.conn == nil || w.sharer.conn.dead {
		t.Fatalf("%d resets, want one and a connection that lives", w.sharer.resets)
	}
	n, r := w.take(s.Link(), 1)
	w.receiveAll(n, r)
	w.run(100)
	w.sharer.conn.dead, n.conn.dead = true, true
	w.kill(w.live()[0])
	w.wait(probeICE+hubWithin+3_000, "it moves again", func() bool { return sessions(n) == 2 && r.View().Phase == Transferring })
	w.complete(30_000, n, r, ten())
	resets := w.sharer.resets + n.resets
	w.run(300_000)
	if got := w.sharer.resets + n.resets; got != resets {
		t.Errorf("%d resets of connections that live", got-resets)
	}
}

// A wait ends with the link's own time.
func TestReconnectingEndsWithTheLink(t *testing.T) {
	w := newWorld(t, 7)
	w.rate = 200_000
	cfg := w.config(1)
	cfg.Expires = w.now + 120_000
	s := NewSharer("Share", cfg)
	w.sharer = w.node("sharer", s)
	w.sharer.offer(ten())
	w.sharer.online()
	n, r := w.take(s.Link(), 1)
	w.receiveAll(n, r)
	w.run(500)
	w.sharer.dies()
	w.freeze()
	w.run(100_000)
	if v := r.View(); v.Phase != Reconnecting {
		t.Errorf("%v before the link's end, want reconnecting", v.Phase)
	}
	w.run(30_000)
	if v := r.View(); v.Phase != Failed || v.Why != wire.Expired {
		t.Errorf("%v, %v after the link's end, want failed, %v", v.Phase, v.Why, wire.Expired)
	}
	if held := w.hub.held(n); len(held) != familiesMin {
		t.Errorf("%d topics are held, want %d dummies", len(held), familiesMin)
	}
}

// Who is away for long keeps nobody out, and comes back all the same.
func TestWhoIsAwayKeepsNobodyOut(t *testing.T) {
	w := newWorld(t, 8)
	w.rate = 10_000
	s := w.share(1, ten()...)
	var away []*node
	for i := range browserMax {
		n, r := w.take(s.Link(), 1)
		if i > 0 {
			w.wait(3_000, "it asks", func() bool { return row(s, i).Asks })
			w.sharer.handle(Decide{Session: row(s, i).ID, Accept: true})
		}
		w.receiveAll(n, r)
		away = append(away, n)
	}
	w.run(500)
	n, r := w.take(s.Link(), 1)
	w.wait(3_000, "it is refused", r.ended)
	if v := r.View(); v.Why != wire.Busy {
		t.Fatalf("one more: %v, want %v", v.Why, wire.Busy)
	}
	gone := away[3]
	gone.dies()
	for _, id := range sortedLanes(gone.pcs) {
		gone.pcs[id].close()
	}
	w.run(goneAfter + 1_000)
	if p := row(s, 3).Phase; p != Reconnecting {
		t.Errorf("who is away is shown as %v", p)
	}
	n.handle(Connect{})
	w.wait(3_000, "it asks", func() bool { return row(s, browserMax).Asks })
	gone.down = false
	gone.handle(Tick{})
	gone.online()
	w.wait(30_000, "who was away moves again", func() bool { return row(s, 3).Phase == Transferring })
}
