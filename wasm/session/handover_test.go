package session

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	swire "beeline/signaling/wire"
	"beeline/wasm/ctrl"
	"beeline/wasm/handshake"
	"beeline/wasm/identity"
	"beeline/wasm/people"
	"beeline/wasm/wire"
)

// bookOf makes an identity that knows n contacts, every second one verified.
func bookOf(t testing.TB, name string, n int) *people.Book {
	t.Helper()
	b, err := people.New(name, noon/1000)
	if err != nil {
		t.Fatal(err)
	}
	for i := range n {
		card, err := identity.New().Card(fmt.Sprintf("Contact %d", i), noon/1000)
		if err != nil {
			t.Fatal(err)
		}
		id, err := b.Add(card.Text(), "", noon/1000)
		if err != nil {
			t.Fatal(err)
		}
		if i%2 == 0 {
			b.Verify(id, true)
		}
	}
	return b
}

// give makes the old device.
func (w *world) give(b *people.Book) *Giver {
	g := NewGiver(b, w.config(1))
	w.sharer = w.node("old device", g)
	w.sharer.online()
	return g
}

// codeFrom has the old device make a code, and returns it.
func (w *world) codeFrom(g *Giver) string {
	w.t.Helper()
	w.sharer.handle(MakeCode{})
	w.wait(1_000, "there is a code", func() bool { return g.View().Code.State == CodeLive })
	return g.View().Code.Text
}

// takeOver makes the new device, into which the code is typed.
func (w *world) takeOver(code string) (*node, *Taker) {
	w.t.Helper()
	k, err := NewTaker(code, w.config(1))
	if err != nil {
		w.t.Fatalf("NewTaker: %v", err)
	}
	n := w.node(fmt.Sprintf("new device %d", len(w.takers)), k)
	w.takers = append(w.takers, n)
	n.online()
	n.handle(Connect{})
	return n, k
}

// digitsOf waits for the digits of the new device and returns them as a number.
func (w *world) digitsOf(k *Taker) (d uint32) {
	w.t.Helper()
	w.wait(3_000, "it shows digits", func() bool { return len(k.View().Digits) == 6 })
	for _, c := range k.View().Digits {
		d = d*10 + uint32(c-'0')
	}
	return d
}

// arrived waits until all of it is there.
func (w *world) arrived(k *Taker) *people.Book {
	w.t.Helper()
	w.wait(5_000, "all of it arrived", func() bool { return k.Book() != nil })
	return k.Book()
}

func TestAnIdentityMoves(t *testing.T) {
	for _, contacts := range []int{0, 3, 400} {
		w := newWorld(t, 1)
		b := bookOf(t, "Ada", contacts)
		g := w.give(b)
		w.sharer.log = noFiles(t)
		n, k := w.takeOver(w.codeFrom(g))
		n.log = noFiles(t)
		w.sharer.handle(Digits{w.digitsOf(k)})
		got := w.arrived(k)
		if !bytes.Equal(got.Backup(), b.Backup()) || got.Dummy == b.Dummy {
			t.Errorf("%d contacts: what arrived is not what a backup would hold", contacts)
		}
		if v := k.View(); v.Phase != ListShown || v.Name != "Ada" || v.Contacts != contacts || v.Digits != "" {
			t.Errorf("the new device shows %+v", v)
		}
		if v := g.View(); v.Phase != Transferring || v.Code.State != CodeUsed {
			t.Errorf("before it is stored the old device shows %+v", v)
		}
		w.run(20_000) // a person is asked
		n.handle(Took{})
		w.run(2_000)
		if g.View().Phase != Complete || k.View().Phase != Complete || k.Book() != nil {
			t.Errorf("stored: %+v, %+v", g.View(), k.View())
		}
		for topic := range w.hub.rooms {
			if swire.IsPlate(topic) && len(w.hub.rooms[topic]) > 0 {
				t.Error("the plate is still held")
			}
		}
		if w.sharer.handle(MakeCode{}); g.View().Code.State != CodeUsed {
			t.Error("another code, after the end")
		}
	}
}

// The last word may take a while: the old device's person is told by it alone.
func TestTheLastWordOfAHandoverIsHeard(t *testing.T) {
	for _, why := range []wire.Code{wire.None, wire.Unwritable} {
		w := newWorld(t, 1)
		g := w.give(bookOf(t, "Ada", 1))
		n, k := w.takeOver(w.codeFrom(g))
		w.sharer.handle(Digits{w.digitsOf(k)})
		w.arrived(k)
		w.onCtrl = func(from *node, rec []byte) [][]byte {
			if from != n {
				return [][]byte{rec}
			}
			for _, pc := range n.pcs {
				w.in(4_000, func() { pc.peer().ctrl.push(rec) })
			}
			return nil
		}
		n.handle(Took{why})
		w.run(6_000)
		if v := g.View(); v.Phase != map[bool]Phase{true: Complete, false: Failed}[why == wire.None] || v.Why != why {
			t.Errorf("%v: the old device shows %+v", why, v)
		}
		if w.run(1_000); k.r.conn != nil || len(w.live()) != 0 {
			t.Errorf("%v: the connection stays", why)
		}
	}
}

// noFiles fails the test where a machine begins anything of files.
func noFiles(t *testing.T) func(Action) {
	return func(a Action) {
		switch a.(type) {
		case SignalSend, SignalReset, MakePC, SetRemote, AddCandidates, ClosePC, CtrlSend, Show:
		default:
			t.Errorf("%T where nothing of files moves", a)
		}
	}
}

// Nothing of the identity and no address goes out before the digits were typed; the
// wait has an end, and then the code is burnt.
func TestNothingIsHandedOverBeforeTheDigits(t *testing.T) {
	w := newWorld(t, 1)
	b := bookOf(t, "Ada", 1)
	g := w.give(b)
	said := 0 // T frames of the old device
	w.onFrame = func(p passing) [][]byte {
		if p.from == w.sharer && p.frame[1] == handshake.KindT {
			said++
		}
		return [][]byte{p.frame}
	}
	code := w.codeFrom(g)
	n, k := w.takeOver(code)
	digits := w.digitsOf(k)
	w.run(pendingWithin - 10_000)
	if said != 1 || len(w.sharer.pcs) != 0 || len(n.pcs) != 0 || !g.View().Asks {
		t.Errorf("%d answers and %d connections before the digits, want M4 and none; %+v", said, len(w.sharer.pcs), g.View())
	}
	w.run(30_000)
	if v := g.View(); v.Phase != Failed || v.Why != wire.Expired || v.Asks {
		t.Errorf("nobody typed: the old device shows %+v", v)
	}
	if v := k.View(); v.Phase != Failed || v.Why != wire.Expired || v.Digits != "" {
		t.Errorf("nobody typed: the new device shows %+v", v)
	}
	if w.sharer.handle(Digits{digits}); len(w.sharer.pcs) != 0 {
		t.Error("digits of a request that is over open a connection")
	}
	// Both go on with another code.
	n.handle(TypeCode{Text: w.codeFrom(g)})
	w.sharer.handle(Digits{w.digitsOf(k)})
	w.arrived(k)
}

// Three wrong tries burn it, two do not.
func TestWrongDigitsBurnTheHandover(t *testing.T) {
	w := newWorld(t, 1)
	g := w.give(bookOf(t, "Ada", 1))
	code := w.codeFrom(g)
	n, k := w.takeOver(code)
	right := w.digitsOf(k)
	for i := range uint32(2) {
		w.sharer.handle(Digits{(right + 1 + i) % 1_000_000})
		if v := g.View(); v.Mistyped != int(i)+1 || !v.Asks {
			t.Fatalf("wrong digits %d: %+v", i+1, v)
		}
	}
	w.sharer.handle(Digits{(right + 9) % 1_000_000})
	w.run(500)
	if v := g.View(); v.Phase != Failed || v.Why != wire.Refused || v.Asks || v.Code.Text != "" {
		t.Errorf("after three tries the old device shows %+v", v)
	}
	if v := k.View(); v.Phase != Failed || v.Why != wire.Refused {
		t.Errorf("after three tries the new device shows %+v", v)
	}
	w.sharer.handle(Digits{right})
	w.run(500)
	if len(w.sharer.pcs) != 0 || k.Book() != nil {
		t.Error("the right digits after three wrong ones let it in")
	}
	_, late := w.takeOver(code)
	w.run(1_000)
	if v := late.View(); v.Phase != Failed || v.Why != wire.NoCode {
		t.Errorf("the burnt code leads to %+v", v)
	}
	n.handle(TypeCode{Text: w.codeFrom(g)})
	right = w.digitsOf(k)
	w.sharer.handle(Digits{(right + 1) % 1_000_000})
	w.sharer.handle(Digits{right})
	w.arrived(k)
}

// A code of a share opens no identity and the other way round, whoever types what
// where: the mode is in CPace.
func TestCodesOfTwoKindsDontMix(t *testing.T) {
	w := newWorld(t, 1)
	s := w.share(1, tiny()...)
	_, k := w.takeOver(w.say(s))
	w.run(1_000)
	if v := k.View(); !v.WrongCode || s.View().Code.Lives != codeLives-1 {
		t.Errorf("the code of a share, typed on a new device: %+v", v)
	}
	w = newWorld(t, 1)
	g := w.give(bookOf(t, "Ada", 1))
	_, r := w.typeIn(w.codeFrom(g))
	w.run(1_000)
	if v := r.View(); !v.WrongCode || g.View().Asks || g.View().Code.Lives != codeLives-1 {
		t.Errorf("the code of an identity, typed where shares are received: %+v, %+v", v, g.View())
	}
}

// Attack 19 in mode 5: whoever heard the words stands between the two devices. The
// digits of the new device are those of another handshake.
func TestAttack19BetweenTwoDevices(t *testing.T) {
	w := newWorld(t, 1)
	g := w.give(bookOf(t, "Ada", 1))
	code := w.codeFrom(g)
	old := w.sharer
	mallory := w.give(bookOf(t, "Mallory", 0))
	lure := w.codeFrom(mallory) // which the hub puts in the place of the other
	w.sharer = old
	_, inner := w.takeOver(code)
	_, victim := w.takeOver(lure)
	seen, grabbed := w.digitsOf(victim), w.digitsOf(inner)
	if seen == grabbed {
		t.Skip("one in a million")
	}
	old.handle(Digits{seen})
	w.run(2_000)
	if v := g.View(); v.Mistyped != 1 || inner.Book() != nil || len(old.pcs) != 0 {
		t.Errorf("the digits that the person sees let somebody between in: %+v", v)
	}
}

// An old device that lets itself be asked no digits is none of ours.
func TestAHandoverWithoutDigitsIsRefused(t *testing.T) {
	w := newWorld(t, 1)
	s := w.share(1, tiny()...)
	code := w.say(s)
	s.hand = &handing{book: bookOf(t, "Mallory", 0)} // the mode, and else a share that lets everybody in
	w.onFrame = func(p passing) [][]byte {
		if p.to == w.sharer && p.frame[1] == handshake.KindT {
			s.hand = nil
		}
		return [][]byte{p.frame}
	}
	n, k := w.takeOver(code)
	w.run(2_000)
	if v := k.View(); v.Phase != Failed || v.Why != wire.Format || len(n.pcs) != 0 {
		t.Errorf("let in without digits: %+v, %d connections", v, len(n.pcs))
	}
}

// Whatever is lost in the middle, nothing is half there: the new device has all of
// it or nothing, and both say so; another code is another try.
func TestAHandoverIsCutAnywhere(t *testing.T) {
	whole, b := 0, bookOf(t, "Ada", 400)
	for cut := range 8 {
		w := newWorld(t, int64(cut))
		g := w.give(b)
		n, k := w.takeOver(w.codeFrom(g))
		records := 0
		w.onCtrl = func(from *node, rec []byte) [][]byte {
			if from == w.sharer {
				if records++; records > cut {
					return nil
				}
			}
			return [][]byte{rec}
		}
		w.sharer.handle(Digits{w.digitsOf(k)})
		w.run(3_000)
		w.kill(w.live()[0])
		w.run(2_000)
		if v := g.View(); v.Phase != Failed || v.Why != wire.Path {
			t.Fatalf("cut after %d records: the old device shows %+v", cut, v)
		}
		w.onCtrl = nil
		if k.Book() != nil {
			whole++ // it can still be stored
			if n.handle(Took{}); k.View().Phase != Complete {
				t.Errorf("cut after %d records, all is there: %+v", cut, k.View())
			}
			continue
		}
		if v := k.View(); v.Phase != Failed || v.Name != "" || k.r.takes.part != nil {
			t.Errorf("cut after %d records: the new device shows %+v, and has %d bytes", cut, v, len(k.r.takes.part))
		}
		n.handle(Took{}) // there is nothing to be stored
		if k.View().Phase == Complete {
			t.Error("half of it is stored")
		}
		n.handle(TypeCode{Text: w.codeFrom(g)})
		w.sharer.handle(Digits{w.digitsOf(k)})
		w.arrived(k)
	}
	if whole == 0 || whole == 8 {
		t.Errorf("%d of 8 cuts came after the end: this test cuts nothing", whole)
	}
}

// What one device says of the end the other hears: stored, not kept, not wanted.
func TestHowAHandoverEnds(t *testing.T) {
	for _, c := range []struct {
		name     string
		at       string // "digits" or "arrived"
		do       func(w *world, n *node)
		old, new Phase
		why      wire.Code // at the old device
	}{
		{"the new device's storage is full", "arrived", func(w *world, n *node) { n.handle(Took{wire.Unwritable}) }, Failed, Failed, wire.Unwritable},
		{"the person there says no", "arrived", func(w *world, n *node) { n.handle(CancelAll{}) }, Failed, Cancelled, wire.Refused},
		{"the new device gives up", "digits", func(w *world, n *node) { n.handle(CancelAll{}) }, Failed, Cancelled, wire.PeerGone},
		{"the new device is gone", "digits", func(w *world, n *node) { n.offline() }, Failed, Connecting, wire.PeerGone},
		{"the old device stops", "digits", func(w *world, n *node) { w.sharer.handle(StopSharing{}) }, Failed, Failed, wire.Revoked},
		{"the old device stops late", "arrived", func(w *world, n *node) { w.sharer.handle(StopSharing{}) }, Failed, Failed, wire.Revoked},
		{"the old device loses the hub", "digits", func(w *world, n *node) { w.sharer.offline() }, Failed, Failed, wire.PeerGone},
	} {
		w := newWorld(t, 1)
		g := w.give(bookOf(t, "Ada", 1))
		n, k := w.takeOver(w.codeFrom(g))
		digits := w.digitsOf(k)
		if c.at == "arrived" {
			w.sharer.handle(Digits{digits})
			w.arrived(k)
		}
		c.do(w, n)
		w.run(1_000)
		if v := g.View(); v.Phase != c.old || v.Why != c.why || v.Asks {
			t.Errorf("%s: the old device shows %+v", c.name, v)
		}
		if v := k.View(); v.Phase != c.new || k.Book() != nil {
			t.Errorf("%s: the new device shows %+v", c.name, v)
		}
	}
}

// A device that says anything but HANDOVER, or says it wrong, ends the session, and
// nothing of it is there.
func TestRogueHandover(t *testing.T) {
	good := bookOf(t, "Ada", 2).Backup()
	forged := bytes.Clone(good)
	forged[len(forged)-20] ^= 1 // in the last contact
	part := func(last bool, b []byte) []byte { return ctrl.Handover{Last: last, Part: b}.Append(nil) }
	endless := make([][]byte, 70) // 4.1 MiB
	for i := range endless {
		endless[i] = part(false, make([]byte, ctrl.HandoverPart))
	}
	for _, c := range []struct {
		name string
		says [][]byte
	}{
		{"a card that nobody signed", [][]byte{part(true, bytes.Replace(forged, []byte("Contact"), []byte("Kontact"), 1))}},
		{"contents cut short", [][]byte{part(true, good[:len(good)-1])}},
		{"contents and a byte", [][]byte{part(false, good), part(true, []byte{0})}},
		{"contents of a vault", [][]byte{part(true, bookOf(t, "Ada", 1).Encode())}},
		{"more than there may be", endless},
		{"more after the end", [][]byte{part(true, good), part(true, good)}},
		{"a list of shares", [][]byte{ctrl.Shares{Last: true}.Append(nil)}},
		{"a digest", [][]byte{ctrl.FileEnd{}.Append(nil)}},
		{"a goodbye", [][]byte{part(true, good), ctrl.Close{}.Append(nil)}},
	} {
		w := newWorld(t, 1)
		g := w.give(bookOf(t, "Mallory", 0))
		w.sharer.rewrite = func(msg []byte) [][]byte {
			if msg[0] == wire.Handover {
				return c.says
			}
			return [][]byte{msg}
		}
		n, k := w.takeOver(w.codeFrom(g))
		w.sharer.handle(Digits{w.digitsOf(k)})
		w.run(2_000)
		if v := k.View(); v.Phase != Failed || k.Book() != nil {
			t.Errorf("%s: the new device shows %+v", c.name, v)
		}
		if n.handle(Took{}); k.View().Phase == Complete {
			t.Errorf("%s: it is stored", c.name)
		}
		if g.View().Phase == Complete {
			t.Errorf("%s: the old device says that it is done", c.name)
		}
	}
	// The other way: a new device that asks for files, or says that it has what it was not told.
	for _, says := range [][]byte{ctrl.Get{}.Append(nil), ctrl.ListReq{Max: 1}.Append(nil), part(true, good), ctrl.ResumeOK{}.Append(nil)} {
		w := newWorld(t, 1)
		g := w.give(bookOf(t, "Ada", 1))
		n, k := w.takeOver(w.codeFrom(g))
		n.rewrite = func(msg []byte) [][]byte {
			if msg[0] == wire.Hello {
				return [][]byte{msg, says}
			}
			return [][]byte{msg}
		}
		w.sharer.handle(Digits{w.digitsOf(k)})
		w.run(2_000)
		if v := g.View(); v.Phase != Failed || v.Why != wire.Format {
			t.Errorf("%X: the old device shows %+v", says[:1], v)
		}
	}
}

// HANDOVER in a session of another mode ends it, from either side.
func TestHandoverElsewhereIsRefused(t *testing.T) {
	say := ctrl.Handover{Last: true, Part: bookOf(t, "Mallory", 0).Backup()}.Append(nil)
	for _, fromSharer := range []bool{true, false} {
		w := newWorld(t, 1)
		s := w.share(1, tiny()...)
		n, r := w.take(s.Link(), 1)
		rogue := n
		if fromSharer {
			rogue = w.sharer
		}
		rogue.rewrite = func(msg []byte) [][]byte {
			if msg[0] == wire.Hello {
				return [][]byte{msg, say}
			}
			return [][]byte{msg}
		}
		w.run(3_000)
		if got := map[bool]wire.Code{true: r.View().Why, false: row(s, 0).Why}[fromSharer]; got != wire.Format {
			t.Errorf("from the sharer %v: %v, want %v", fromSharer, got, wire.Format)
		}
	}
}

// Three wrong tries at the words end a code of mode 5 as any other.
func TestWrongWordsOfAnIdentity(t *testing.T) {
	w := newWorld(t, 1)
	g := w.give(bookOf(t, "Ada", 1))
	code := w.codeFrom(g)
	for i := range codeLives {
		n, k := w.takeOver(another(t, code, i))
		w.wait(500, "it is said that the words are wrong", func() bool { return k.View().WrongCode })
		n.offline()
	}
	if v := g.View(); v.Code.State != CodeWrong || v.Asks || v.Phase != Waiting {
		t.Errorf("after three wrong tries: %+v", v)
	}
	if strings.Contains(fmt.Sprint(g.View()), code) {
		t.Error("the code is still shown")
	}
}

// FuzzHandover: whatever an old device says in the session, the new one has all of
// an identity that could stand in a backup, or nothing. A message is u8 kind, u16
// length, bytes; of kind 0 the bytes come from a real backup.
func FuzzHandover(f *testing.F) {
	good := bookOf(f, "Ada", 2).Backup()
	n := byte(len(good) / 2)
	f.Add([]byte{0, 0, n, 0, 1, 0xFF})
	f.Add([]byte{0, 2, 0xFF})
	f.Add([]byte{1, 0, 3, 1, 2, 3, 3, 0, 1, 9})
	f.Add([]byte{0, 0, n, 2, 0, 4, wire.Handover, 0, 2, 2})
	f.Fuzz(func(t *testing.T, data []byte) {
		r := newReceiver(nil, Config{Now: noon})
		k := &taking{}
		rest := good
		for len(data) >= 3 && k.book == nil {
			kind, size := data[0], min(int(data[1])<<8|int(data[2]), len(rest))
			data = data[3:]
			msg := ctrl.Handover{Last: kind&1 == 1, Part: rest[:size]}.Append(nil)
			if kind>>1 == 0 {
				rest = rest[size:]
				msg[1] = 0
				if len(rest) == 0 {
					msg[1] = 1
				}
			} else {
				size = min(size, len(data))
				msg = append([]byte{wire.Handover, kind & 1}, data[:size]...)
				if kind>>1 > 1 {
					msg = data[:size]
				}
				data = data[size:]
			}
			m, err := ctrl.Parse(msg)
			if err == nil {
				err = k.message(r, m)
			}
			if err != nil {
				if k.book != nil {
					t.Fatal("a message that was refused left something")
				}
				return
			}
		}
		if k.book != nil {
			if again, err := people.DecodeBackup(k.book.Backup()); err != nil || len(again.Contacts) != len(k.book.Contacts) {
				t.Fatalf("what arrived could stand in no backup: %v", err)
			}
		}
	})
}
