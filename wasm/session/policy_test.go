package session

import (
	"bytes"
	"strings"
	"testing"

	"beeline/wasm/handshake"
	"beeline/wasm/invite"
	"beeline/wasm/wire"
)

// Another link takes the place of the first: whoever only has the old one gets
// nothing, whoever was let in by it comes back by it, also to the sharer's next page.
func TestAnotherLink(t *testing.T) {
	w := newWorld(t, 1)
	w.rate = 300_000
	s := w.share(1, ten()...)
	old := s.Link()
	n, r := w.take(old, 1)
	w.receiveAll(n, r)
	_, asks := w.take(old, 1)
	w.wait(2_000, "a second one asks", func() bool { return asks.View().Asking })
	w.sharer.handle(SetFlags{Flags: invite.Approval})
	w.run(500)
	if v := asks.View(); v.Phase != Failed || v.Why != wire.Revoked {
		t.Errorf("who asked by the old link: %v, %v, want failed, %v", v.Phase, v.Why, wire.Revoked)
	}
	w.sharer.handle(SetFlags{Flags: invite.Approval}) // the same: nothing changes
	link := s.Link()
	_, late := w.take(old, 1)
	w.run(800)
	w.kill(w.live()[0])
	w.run(5_000)
	if v := late.View(); v.Listed || v.Asking || len(s.halves) > 0 || sessions(n) != 2 {
		t.Errorf("a finder of the old link: %v, %v, %d handshakes", v.Phase, v.Why, len(s.halves))
	}
	again := w.backAgain(s, ten()...)
	if again.View().Flags != invite.Approval {
		t.Error("the next page does not want approval")
	}
	_, later := w.take(old, 1)
	_, new2 := w.take(link, 1)
	w.complete(60_000, n, r, ten())
	if v := later.View(); v.Listed {
		t.Error("a finder of the old link gets the list from the sharer's next page")
	}
	if v := new2.View(); !v.Asking || v.Digits == "" {
		t.Errorf("who has the new link: asks %v, digits %q", v.Asking, v.Digits)
	}
}

// Also a handshake that is under way at the old link comes too late.
func TestAnotherLinkBetweenM2AndM3(t *testing.T) {
	w := newWorld(t, 1)
	s := w.share(1, tiny()...)
	w.onFrame = func(p passing) [][]byte {
		if p.from != w.sharer && p.frame[1] == handshake.KindT {
			w.onFrame = nil
			w.sharer.handle(SetFlags{Flags: invite.Approval})
		}
		return [][]byte{p.frame}
	}
	_, r := w.take(s.Link(), 1)
	w.run(5_000)
	if v := r.View(); v.Listed || v.Asking || len(s.recips) > 0 {
		t.Errorf("by the old link: %v, %v, %d rows", v.Phase, v.Why, len(s.recips))
	}
}

// Only so many old links live on, and none where nobody was let in.
func TestOldLinksAreFew(t *testing.T) {
	w := newWorld(t, 1)
	s := w.share(1, tiny()...)
	w.sharer.handle(SetFlags{Flags: invite.Approval})
	if len(s.former) != 0 {
		t.Errorf("%d old links live on, of which nobody was let in", len(s.former))
	}
	w.sharer.handle(SetFlags{})
	n, r := w.take(s.Link(), 1)
	w.receiveAll(n, r)
	w.complete(10_000, n, r, tiny())
	seen := map[string]bool{s.Link(): true}
	for i := range uint8(8) {
		w.sharer.handle(SetFlags{Flags: 2 * ((i + 1) % 2)})
		if seen[s.Link()] {
			t.Error("a link comes a second time")
		}
		seen[s.Link()] = true
		w.run(200)
	}
	if len(s.former) != formerMax || len(w.hub.held(w.sharer)) != familiesMin {
		t.Errorf("%d old links live on, %d topics, want %d and %d", len(s.former), len(w.hub.held(w.sharer)), formerMax, familiesMin)
	}
	again, err := RestoreSharer("Share", w.config(1), s.Keep())
	if err != nil || !bytes.Equal(again.Keep(), s.Keep()) {
		t.Errorf("what was kept is not kept: %v", err)
	}
	w.sharer.handle(StopSharing{})
	w.run(200)
	if len(s.former) != 0 {
		t.Error("an old link outlives the share")
	}
}

// As many recipients as the link is for are let in; what they were told of it is
// a word of its own. Who was let in may come back.
func TestLimitOfRecipients(t *testing.T) {
	w := newWorld(t, 1)
	s := w.share(1, tiny()...)
	w.sharer.handle(SetTerms{Limit: 2})
	n1, r1 := w.take(s.Link(), 1)
	w.wait(2_000, "the list", func() bool { return r1.View().Listed })
	_, r2 := w.take(s.Link(), 1)
	_, r3 := w.take(s.Link(), 1)
	w.wait(2_000, "two ask", func() bool { return r2.View().Asking && r3.View().Asking })
	for i := 1; i < 3; i++ {
		w.sharer.handle(Decide{Session: row(s, i).ID, Accept: true})
		w.run(500)
	}
	if !r2.View().Listed || r3.View().Why != wire.Taken || s.View().LetIn != 2 {
		t.Errorf("the second: %v; the third: %v, %v; %d were let in", r2.View().Phase, r3.View().Phase, r3.View().Why, s.View().LetIn)
	}
	_, r4 := w.take(s.Link(), 1)
	w.run(500)
	if v := r4.View(); v.Phase != Failed || v.Why != wire.Taken {
		t.Errorf("one more: %v, %v, want failed, %v", v.Phase, v.Why, wire.Taken)
	}
	w.kill(w.live()[0])
	w.wait(5_000, "a new session", func() bool { return sessions(n1) == 2 && r1.conn != nil && r1.conn.hello })
	n1.handle(Receive{})
	w.complete(10_000, n1, r1, tiny())
	if again := w.backAgain(s, tiny()...); again.View().LetIn != 2 || again.View().Limit != 2 {
		t.Errorf("the sharer's next page: %d of %d", again.View().LetIn, again.View().Limit)
	}
	w.takers[1].close() // the second; its next page comes
	cfg := w.config(1)
	cfg.Key = r2.Key()
	r2again, err := NewReceiver(s.Link(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	n2 := w.node("second'", r2again)
	n2.online()
	n2.handle(Connect{})
	w.wait(2_000, "who was let in by an earlier page gets the list", func() bool { return r2again.View().Listed })
	_, r5 := w.take(s.Link(), 1)
	w.run(500)
	if v := r5.View(); v.Phase != Failed || v.Why != wire.Taken {
		t.Errorf("one more, at the sharer's next page: %v, %v, want failed, %v", v.Phase, v.Why, wire.Taken)
	}
}

// The note and the end of a share reach who reads its list, also when they change.
func TestTerms(t *testing.T) {
	w := newWorld(t, 1)
	s := w.share(1, tiny()...)
	w.sharer.handle(SetTerms{Expires: w.now + 3_600_000, Note: " Reel 3\nuse take 2\u202E "})
	n, r := w.take(s.Link(), 1)
	w.wait(2_000, "the list", func() bool { return r.View().Listed })
	w.run(300)
	if v := r.View(); v.Note != "Reel 3\nuse take 2" || r.head.Expires != uint64(w.now/1000)+3_600 && r.head.Expires != uint64(s.expires/1000) {
		t.Errorf("the note is %q, the end %d", v.Note, r.head.Expires)
	}
	w.sharer.handle(SetTerms{Expires: w.now + 2*week, Note: strings.Repeat("ä", wire.NoteMax)})
	w.run(300)
	if v := r.View(); len(v.Note) != wire.NoteMax || r.head.Expires != uint64(s.expires/1000) {
		t.Errorf("changed, the note has %d bytes, the end is %d", len(v.Note), r.head.Expires)
	}
	expires := s.expires
	for _, wrong := range []int64{0, w.now, w.now - 1, w.now + 2*expiresMax} {
		w.sharer.handle(SetTerms{Expires: wrong, Note: "x", Limit: -1})
	}
	if s.expires != expires || s.limit != 0 {
		t.Errorf("an end out of range is taken: %d, limit %d", s.expires, s.limit)
	}
	again, err := RestoreSharer("Share", w.config(1), s.Keep())
	if err != nil || again.note != "x" || again.expires != expires {
		t.Errorf("the sharer's next page: %v", err)
	}
	n.handle(Receive{})
	w.complete(10_000, n, r, tiny())
}

// A note that no honest sharer writes ends the session.
func TestRogueTerms(t *testing.T) {
	for _, note := range []string{"turned \u202E round", " space", "bad \xff"} {
		w := newWorld(t, 1)
		w.share(1, tiny()...)
		s := w.sharer.m.(*Sharer)
		s.note = note
		_, r := w.take(s.Link(), 1)
		w.run(3_000)
		if v := r.View(); v.Phase != Failed || v.Why != wire.Format || v.Note != "" {
			t.Errorf("%q: %v, %v, shown is %q", note, v.Phase, v.Why, v.Note)
		}
	}
}
