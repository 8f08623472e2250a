package session

import (
	"fmt"
	"testing"

	swire "beeline/signaling/wire"
	"beeline/wasm/handshake"
	"beeline/wasm/invite"
	"beeline/wasm/wire"
)

// say makes a code and returns it.
func (w *world) say(s *Sharer) string {
	w.t.Helper()
	w.sharer.handle(MakeCode{})
	w.wait(1_000, "there is a code", func() bool { return s.View().Code.State == CodeLive })
	return s.View().Code.Text
}

// typeIn makes a recipient who types a code.
func (w *world) typeIn(code string) (*node, *Receiver) {
	w.t.Helper()
	r, err := NewCodeReceiver(code, w.config(1))
	if err != nil {
		w.t.Fatalf("NewCodeReceiver: %v", err)
	}
	n := w.node(fmt.Sprintf("typer%d", len(w.takers)), r)
	w.takers = append(w.takers, n)
	n.online()
	n.handle(Connect{})
	return n, r
}

// another returns a code with the same plate and other words.
func another(t testing.TB, code string, n int) string {
	t.Helper()
	c, err := invite.ParseCode(code)
	if err != nil {
		t.Fatal(err)
	}
	for {
		if other := invite.NewCode(c.Plate); other != c {
			return other.String()
		}
	}
}

func TestACodeLeadsToATransfer(t *testing.T) {
	w := newWorld(t, 1)
	s := w.share(1, tiny()...)
	code := w.say(s)
	n, r := w.typeIn(code)
	w.receiveAll(n, r)
	w.complete(10_000, n, r, tiny())
	v := s.View()
	if v.Code.State != CodeUsed || v.Code.Text != "" {
		t.Errorf("the code is %v, %q after use; want used, and nothing of it", v.Code.State, v.Code.Text)
	}
	if len(v.Recipients) != 1 || v.Recipients[0].ByCode || v.Recipients[0].Asks {
		t.Errorf("recipients %+v, want one who need not ask and knows the way back", v.Recipients)
	}
	for topic := range w.hub.rooms {
		if swire.IsPlate(topic) && len(w.hub.rooms[topic]) > 0 {
			t.Error("the plate is still held once the session is open")
		}
	}
	// The same code again reaches nobody.
	_, late := w.typeIn(code)
	w.run(1_000)
	if v := late.View(); v.Phase != Failed || v.Why != wire.NoCode {
		t.Errorf("a used code: %v, %v; want failed, %v", v.Phase, v.Why, wire.NoCode)
	}
	// The link still stands, and a new code can be made.
	if next := w.say(s); next == code {
		t.Error("the new code is the old one")
	}
}

// Whoever typed the code is let in without asking, also after others: it was said
// to one person.
func TestACodeNeedsNoConsent(t *testing.T) {
	w := newWorld(t, 1)
	s := w.share(1, tiny()...)
	_, first := w.take(s.Link(), 1)
	w.wait(3_000, "the first is in", func() bool { return first.View().Listed })
	n, r := w.typeIn(w.say(s))
	w.receiveAll(n, r)
	w.complete(10_000, n, r, tiny())
}

// The limit of recipients counts who comes by a code; approval by digits is for
// links: whoever types a code has proved more than six digits can.
func TestACodeAmongTheTermsOfAShare(t *testing.T) {
	w := newWorld(t, 1)
	s := w.share(1, tiny()...)
	w.sharer.handle(SetFlags{Flags: invite.Approval})
	w.sharer.handle(SetTerms{Limit: 1})
	_, first := w.typeIn(w.say(s))
	w.wait(3_000, "the first is in, without a question", func() bool { return first.View().Listed })
	_, second := w.typeIn(w.say(s))
	w.run(1_000)
	if v := second.View(); v.Phase != Failed || v.Why != wire.Taken {
		t.Errorf("beyond the limit: %v, %v; want failed, %v", v.Phase, v.Why, wire.Taken)
	}
	if v := s.View().Code; v.State != CodeUsed {
		t.Errorf("the code that was answered so is %v, want used", v.State)
	}
}

// Attack 12: three wrong tries end a code, and then the right words are refused as
// well.
func TestAttack12ThreeWrongTriesEndACode(t *testing.T) {
	w := newWorld(t, 1)
	s := w.share(1, tiny()...)
	code := w.say(s)
	for i := range codeLives {
		if lives := s.View().Code.Lives; lives != codeLives-i {
			t.Errorf("%d lives before try %d, want %d", lives, i+1, codeLives-i)
		}
		n, r := w.typeIn(another(t, code, i))
		w.run(500)
		if v := r.View(); v.Phase == Failed || !v.WrongCode || v.Tries != guessesMax-1 {
			t.Fatalf("try %d: %v, wrong %v, %d tries left; want to be told within 500 ms", i+1, v.Phase, v.WrongCode, v.Tries)
		}
		n.offline()
	}
	if v := s.View().Code; v.State != CodeWrong || v.Text != "" {
		t.Errorf("the code is %v, %q after three wrong tries", v.State, v.Text)
	}
	_, r := w.typeIn(code)
	w.run(30_000)
	if v := r.View(); v.Phase != Failed || v.Why != wire.NoCode || v.Listed {
		t.Errorf("the right words after three wrong tries: %v, %v", v.Phase, v.Why)
	}
	if len(s.View().Recipients) != 0 {
		t.Error("somebody who guessed is a row on the sharer's page")
	}
}

// A word that was mistyped costs one try; typed right, it goes on at once.
func TestAWordMistyped(t *testing.T) {
	w := newWorld(t, 1)
	s := w.share(1, tiny()...)
	code := w.say(s)
	n, r := w.typeIn(another(t, code, 0))
	w.wait(500, "it is said that the words are wrong", func() bool { return r.View().WrongCode })
	w.run(60_000) // the person looks at them for a while
	n.handle(TypeCode{Text: "no code at all"})
	if v := r.View(); v.Why != wire.BadCode {
		t.Errorf("a text that is no code: %v, want %v", v.Why, wire.BadCode)
	}
	n.handle(TypeCode{Text: code})
	w.receiveAll(n, r)
	w.complete(10_000, n, r, tiny())
	if v := s.View().Code; v.State != CodeUsed {
		t.Errorf("the code is %v, want used", v.State)
	}
}

// A code that ends while its words are typed once more is one that nobody has.
func TestACodeThatEndsWhileItIsTypedAgain(t *testing.T) {
	w := newWorld(t, 1)
	s := w.share(1, tiny()...)
	code := w.say(s)
	n, r := w.typeIn(another(t, code, 0))
	w.wait(500, "it is said that the words are wrong", func() bool { return r.View().WrongCode })
	w.sharer.handle(StopCode{})
	w.run(300)
	if v := r.View(); !v.WrongCode {
		t.Errorf("the person who types is interrupted: %v, %v", v.Phase, v.Why)
	}
	n.handle(TypeCode{Text: code})
	w.run(500)
	if v := r.View(); v.Phase != Failed || v.Why != wire.NoCode {
		t.Errorf("%v, %v; want failed, %v", v.Phase, v.Why, wire.NoCode)
	}
	n.handle(TypeCode{Text: w.say(s)})
	w.receiveAll(n, r)
	w.complete(10_000, n, r, tiny())
}

// Attack 12, the other side: somebody who poses as the sharer under a plate learns
// one guess a try, and three in all.
func TestAttack12AFakeSharerGetsThreeGuesses(t *testing.T) {
	w := newWorld(t, 1)
	fake := w.share(1, tiny()...)
	plate, err := invite.ParseCode(w.say(fake))
	if err != nil {
		t.Fatal(err)
	}
	m1s := 0
	w.onFrame = func(p passing) [][]byte {
		if p.frame[1] == handshake.KindM1 {
			m1s++
		}
		return [][]byte{p.frame}
	}
	fake.spoken.lives = 100 // it forgives itself
	right := another(t, plate.String(), 0)
	n, r := w.typeIn(right)
	for try := 1; try <= 5; try++ {
		w.run(30_000)
		n.handle(TypeCode{Text: right})
		if try == 2 { // coming back to the hub is no way to more guesses
			n.offline()
			n.online()
		}
	}
	w.run(30_000)
	if m1s != guessesMax {
		t.Errorf("%d M1s went to somebody with other words, want %d", m1s, guessesMax)
	}
	if v := r.View(); v.Phase != Failed || v.Why != wire.PSK {
		t.Errorf("%v, %v; want failed, %v", v.Phase, v.Why, wire.PSK)
	}
}

// Attack 12: what is no M1 of the open run costs no life, whoever sends it.
func TestAttack12JunkCostsNoLife(t *testing.T) {
	w := newWorld(t, 1)
	s := w.share(1, tiny()...)
	code := w.say(s)
	c, _ := invite.ParseCode(code)
	topic := swire.PlateTopic(c.Plate)
	junk := func(kind uint8, sid [16]byte) []byte {
		f := handshake.NoAnswer(sid)
		f[1] = kind
		return f
	}
	inject := func(from uint32, frame []byte) {
		w.hub.inject(w.sharer, topic, from, frame)
		w.settle()
	}
	for i := range 50 {
		inject(7, junk(handshake.KindM1, [16]byte{byte(i)})) // no run at all
	}
	inject(7, junk(handshake.KindC1, [16]byte{1}))
	inject(7, junk(handshake.KindM1, [16]byte{2})) // another sid
	inject(8, junk(handshake.KindM1, [16]byte{1})) // another handle
	inject(7, junk(handshake.KindT, [16]byte{1}))
	w.run(codeRunFor + 500)
	inject(7, junk(handshake.KindM1, [16]byte{1})) // too late: untested
	if v := s.View().Code; v.State != CodeLive || v.Lives != codeLives {
		t.Fatalf("%v, %d lives after junk; want live, %d", v.State, v.Lives, codeLives)
	}
	inject(7, junk(handshake.KindC1, [16]byte{1})) // a sid that was there
	inject(7, junk(handshake.KindM1, [16]byte{1}))
	if v := s.View().Code; v.Lives != codeLives {
		t.Fatalf("%d lives: a sid counted twice", v.Lives)
	}
	inject(7, junk(handshake.KindC1, [16]byte{3}))
	inject(7, junk(handshake.KindM1, [16]byte{3})) // the open run's
	if v := s.View().Code; v.Lives != codeLives-1 {
		t.Fatalf("%d lives after a wrong M1 of the open run, want %d", v.Lives, codeLives-1)
	}
	n, r := w.typeIn(code)
	w.receiveAll(n, r)
	w.complete(10_000, n, r, tiny())
}

// Attack 12: runs that come to nothing are counted too.
func TestTwentyRunsEndACode(t *testing.T) {
	w := newWorld(t, 1)
	s := w.share(1, tiny()...)
	c, _ := invite.ParseCode(w.say(s))
	for i := range codeRuns + 1 {
		if v := s.View().Code; v.State != CodeLive {
			t.Fatalf("the code is %v after %d runs", v.State, i)
		}
		f := handshake.NewShare(handshake.KindC1, [16]byte{byte(i)}, [32]byte{9})
		w.hub.inject(w.sharer, swire.PlateTopic(c.Plate), 7, f)
		w.run(codeRunFor + 200)
	}
	if v := s.View().Code; v.State != CodeTried {
		t.Errorf("the code is %v after %d runs, want tried", v.State, codeRuns+1)
	}
}

// Attack 7: a hub that lets somebody else in at the plate, or stands there itself,
// costs the honest recipient a try at most; nobody gets a byte, and the honest one
// gets in.
func TestAttack07ASquatterOnThePlate(t *testing.T) {
	w := newWorld(t, 1)
	w.hub.squatted = true
	s := w.share(1, tiny()...)
	code := w.say(s)
	squatter, q := w.typeIn(another(t, code, 0))
	w.wait(500, "the squatter is told", func() bool { return q.View().WrongCode })
	n, r := w.typeIn(code)
	w.receiveAll(n, r)
	w.complete(10_000, n, r, tiny())
	squatter.handle(TypeCode{Text: another(t, code, 1)})
	w.run(20_000)
	if q.View().Listed {
		t.Error("the squatter sees the list")
	}
}

// Attack 7: somebody answers C1 in the place of the sharer, because the hub sends
// the recipient there. The words are wrong for them, so it costs one guess.
func TestAttack07ASquatterAnswersC1(t *testing.T) {
	w := newWorld(t, 1)
	s := w.share(1, tiny()...)
	code := w.say(s)
	answered := false
	w.onFrame = func(p passing) [][]byte {
		if p.frame[1] == handshake.KindC1 && !answered {
			answered = true
			_, sid, _ := handshake.FrameKind(p.frame)
			w.hub.inject(p.from, p.topic, p.dst, handshake.NewShare(handshake.KindC2, sid, [32]byte{9}))
			return nil
		}
		return [][]byte{p.frame}
	}
	n, r := w.typeIn(code)
	w.run(m2Within + 500) // nobody has what M1 asks for
	if v := r.View(); !v.WrongCode || v.Tries != guessesMax-1 {
		t.Fatalf("%v, wrong %v, %d tries left; want one try less", v.Phase, v.WrongCode, v.Tries)
	}
	if v := s.View().Code; v.State != CodeLive || v.Lives != codeLives {
		t.Errorf("the sharer's code: %v, %d lives; want untouched", v.State, v.Lives)
	}
	n.handle(TypeCode{Text: code})
	w.receiveAll(n, r)
	w.complete(10_000, n, r, tiny())
}

// Attack 7: a C2 of another handle than the one that waits is nobody's: M1 goes to
// the one that sent C2, and that is the one C1 went to.
func TestAttack07AC2OfAnotherHandle(t *testing.T) {
	w := newWorld(t, 1)
	s := w.share(1, tiny()...)
	code := w.say(s)
	var to []uint32
	w.onFrame = func(p passing) [][]byte {
		switch p.frame[1] {
		case handshake.KindC1:
			_, sid, _ := handshake.FrameKind(p.frame)
			w.hub.inject(p.from, p.topic, p.dst+100, handshake.NewShare(handshake.KindC2, sid, [32]byte{9}))
		case handshake.KindM1:
			to = append(to, p.dst)
		}
		return [][]byte{p.frame}
	}
	n, r := w.typeIn(code)
	w.receiveAll(n, r)
	w.complete(10_000, n, r, tiny())
	if len(to) != 1 {
		t.Errorf("M1 went to %d handles, want one", len(to))
	}
}

// Attack 13: two runs of one code, and runs of two codes, have nothing in common
// on the wire but version, kind and topic: what a recorder has is the same
// whatever the words are.
func TestAttack13NothingOfTheWordsCrosses(t *testing.T) {
	seen := map[[32]byte]bool{}
	for range 3 {
		w := newWorld(t, 1)
		s := w.share(1, tiny()...)
		code := w.say(s)
		_, r := w.typeIn(code)
		w.wait(3_000, "the list", func() bool { return r.View().Listed })
		for _, p := range w.hub.log {
			if kind := p.frame[1]; kind == handshake.KindC1 || kind == handshake.KindC2 {
				share := [32]byte(p.frame[18:])
				if seen[share] {
					t.Error("a share came twice")
				}
				seen[share] = true
				if p.topic != swire.PlateTopic(20_001) {
					t.Errorf("topic %x depends on more than the plate", p.topic)
				}
			}
		}
	}
	if len(seen) != 6 {
		t.Errorf("%d shares seen, want 6", len(seen))
	}
}

// Attack 14: a share of small order, from either side, ends the run without an M1.
func TestAttack14SmallShares(t *testing.T) {
	for _, kind := range []uint8{handshake.KindC1, handshake.KindC2} {
		w := newWorld(t, 1)
		s := w.share(1, tiny()...)
		code := w.say(s)
		c1s, m1s := 0, 0
		w.onFrame = func(p passing) [][]byte {
			if p.frame[1] == handshake.KindC1 {
				c1s++
			}
			if p.frame[1] == kind {
				copy(p.frame[18:50], make([]byte, 32))
			}
			if p.frame[1] == handshake.KindM1 {
				m1s++
			}
			return [][]byte{p.frame}
		}
		_, r := w.typeIn(code)
		w.run(9_000)
		if c1s != 1 {
			t.Errorf("kind %d: %d C1s in 9 s, want one", kind, c1s)
		}
		if v := r.View(); m1s != 0 || v.Listed || v.Tries != guessesMax || s.View().Code.Lives != codeLives {
			t.Errorf("kind %d: %d M1s, %d tries and %d lives left; want none sent and none lost", kind, m1s, v.Tries, s.View().Code.Lives)
		}
	}
}

func TestACodeRunsOut(t *testing.T) {
	w := newWorld(t, 1)
	s := w.share(1, tiny()...)
	code := w.say(s)
	w.run(codeFor - 1_000)
	if v := s.View().Code; v.State != CodeLive {
		t.Fatalf("the code is %v before its time", v.State)
	}
	w.run(2_000)
	if v := s.View().Code; v.State != CodeExpired || v.Text != "" {
		t.Errorf("the code is %v, %q after ten minutes", v.State, v.Text)
	}
	_, r := w.typeIn(code)
	w.run(1_000)
	if v := r.View(); v.Phase != Failed || v.Why != wire.NoCode {
		t.Errorf("%v, %v; want failed, %v", v.Phase, v.Why, wire.NoCode)
	}
}

// A code is stopped, replaced, and lost with the connection to the hub.
func TestTheLifeOfACode(t *testing.T) {
	w := newWorld(t, 1)
	s := w.share(1, tiny()...)
	first := w.say(s)
	w.sharer.handle(StopCode{})
	w.run(200)
	if v := s.View().Code; v.State != CodeNone || v.Text != "" {
		t.Errorf("stopped, the code is %v, %q", v.State, v.Text)
	}
	second := w.say(s)
	third := w.say(s) // New code
	for _, old := range []string{first, second} {
		_, r := w.typeIn(old)
		w.run(500)
		if v := r.View(); v.Why != wire.NoCode {
			t.Errorf("an older code: %v, want %v", v.Why, wire.NoCode)
		}
	}
	w.sharer.offline()
	if v := s.View().Code; v.State != CodeLost {
		t.Errorf("without the hub the code is %v, want lost", v.State)
	}
	w.sharer.online()
	_, r := w.typeIn(third)
	w.run(500)
	if v := r.View(); v.Why != wire.NoCode {
		t.Errorf("a code of an earlier connection: %v, want %v", v.Why, wire.NoCode)
	}
	// Asked for while there is no connection it comes with the next one.
	w.sharer.offline()
	w.sharer.handle(MakeCode{})
	w.run(1_000)
	if v := s.View().Code; v.State != CodeComing {
		t.Errorf("asked for without the hub the code is %v, want coming", v.State)
	}
	w.sharer.online()
	w.wait(500, "the code comes", func() bool { return s.View().Code.State == CodeLive })
	w.hub.noPlates = true
	w.sharer.handle(MakeCode{})
	w.run(500)
	if v := s.View().Code; v.State != CodeLost {
		t.Errorf("where the hub gives no plate the code is %v, want lost", v.State)
	}
	w.hub.noPlates = false
	w.say(s)
	w.sharer.handle(StopSharing{})
	if v := s.View().Code; v.State != CodeNone || len(w.hub.held(w.sharer)) > familiesMin {
		t.Errorf("after Stop sharing the code is %v", v.State)
	}
}

// A session that a code led to and that broke, and whose way back is lost, is carried
// on by the next code: what is there already is not sent again.
func TestTheNextCodeCarriesOn(t *testing.T) {
	w := newWorld(t, 1)
	files := []testFile{{"reel.mov", pattern(5<<20, 3)}}
	s := w.share(1, files...)
	n, r := w.typeIn(w.say(s))
	w.rate = 300_000
	w.receiveAll(n, r)
	w.wait(10_000, "half has come", func() bool { return r.View().Written > 2<<20 })
	r.back = nil
	for id := range n.pcs {
		n.handle(PCState{id.session, id.pc, ConnFailed})
	}
	w.run(500)
	if v := r.View(); v.Phase != Failed || v.Why != wire.CodeUsed {
		t.Fatalf("%v, %v; want failed, %v", v.Phase, v.Why, wire.CodeUsed)
	}
	had := r.View().Written
	w.run(30_000)
	n.handle(TypeCode{Text: w.say(s)})
	w.wait(5_000, "it goes on", func() bool { return r.View().Phase == Transferring })
	if got := r.View().Written; got < had {
		t.Errorf("%d bytes are written after coming back, %d were before", got, had)
	}
	w.complete(30_000, n, r, files)
	if len(s.View().Recipients) != 1 || len(s.ways) != 1 {
		t.Errorf("%d recipients, %d ways back; want the same one, by the later way", len(s.View().Recipients), len(s.ways))
	}
}

// Nobody waits, somebody else has the plate, the hub is away: what people are told.
func TestWhatATyperIsTold(t *testing.T) {
	w := newWorld(t, 1)
	s := w.share(1, tiny()...)
	code := w.say(s)
	_, nobody := w.typeIn("99999-orbit-ozone-melody")
	w.run(200)
	if v := nobody.View(); v.Phase != Failed || v.Why != wire.NoCode {
		t.Errorf("a plate that nobody has: %v, %v", v.Phase, v.Why)
	}
	squatter, _ := w.typeIn(another(t, code, 0))
	w.run(500)
	n, r := w.typeIn(code)
	w.run(500)
	if v := r.View(); v.Phase != Waiting || v.Why != wire.Busy {
		t.Errorf("a plate that somebody has claimed: %v, %v; want waiting, %v", v.Phase, v.Why, wire.Busy)
	}
	squatter.handle(CancelAll{})
	w.receiveAll(n, r) // it tried again after 5 s
	if v := r.View(); v.Why != wire.None {
		t.Errorf("in the end it says %v", v.Why)
	}
	if _, err := NewCodeReceiver("48213 orbit", w.config(1)); wire.CodeOf(err) != wire.BadCode {
		t.Errorf("half a code: %v, want %v", err, wire.BadCode)
	}
}
