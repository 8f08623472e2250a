package session

import (
	"strconv"
	"testing"

	"beeline/wasm/invite"
	"beeline/wasm/wire"
)

func (p person) prover() *Prover { return &Prover{p.id, p.card} }

// digitsOf are those that a recipient reads out.
func digitsOf(r *Receiver) uint32 {
	n, _ := strconv.ParseUint(r.View().Digits, 10, 32)
	return uint32(n)
}

// A link whose sharer proves who it is, and a recipient who does too: each sees the
// other's card, before and after a person lets the recipient in.
func TestBothProveWhoTheyAre(t *testing.T) {
	for _, approval := range []bool{false, true} {
		w := newWorld(t, 1)
		a, b := newPerson(t, "Anna"), newPerson(t, "Bela")
		s := w.share(1, tiny()...)
		w.sharer.handle(SetProof{a.prover(), true})
		if approval {
			w.sharer.handle(SetFlags{Flags: invite.Approval})
		}
		r, err := NewReceiver(s.Link(), w.config(1))
		if err != nil {
			t.Fatal(err)
		}
		n := w.node("taker", r)
		w.takers = append(w.takers, n)
		n.online()
		n.handle(ProveOwn{b.prover()})
		n.handle(Connect{})
		if approval {
			w.wait(3_000, "the digits", func() bool { return r.View().Asking })
			w.run(500)
			if v := row(s, 0); v.Proved == nil || v.Proved.ID() != b.card.ID() {
				t.Error("whoever decides does not see who asks")
			}
			if v := r.View(); v.Sender == nil || v.Sender.ID() != a.card.ID() {
				t.Error("who asks does not see whom")
			}
			w.sharer.handle(Digits{Digits: digitsOf(r)})
		}
		w.receiveAll(n, r)
		w.complete(30_000, n, r, tiny())
		if v := r.View(); v.Sender == nil || v.Sender.ID() != a.card.ID() {
			t.Errorf("approval %v: the recipient sees %v", approval, v.Sender)
		}
		if v := row(s, 0); v.Proved == nil || v.Proved.ID() != b.card.ID() {
			t.Errorf("approval %v: the sharer sees %v", approval, v.Proved)
		}
	}
}

// A link promises a proof and none comes, or a false one: nothing is connected.
func TestAPromisedProofMustCome(t *testing.T) {
	a, evil := newPerson(t, "Anna"), newPerson(t, "Eve")
	for name, by := range map[string]*Prover{"none": nil, "of another's key": {evil.id, a.card}} {
		for _, approval := range []uint8{0, invite.Approval} {
			w := newWorld(t, 1)
			s := w.share(1, tiny()...)
			w.sharer.handle(SetProof{a.prover(), true})
			w.sharer.handle(SetFlags{Flags: approval})
			s.prover = by
			_, r := w.take(s.Link(), 1)
			w.run(40_000)
			if v := r.View(); v.Phase != Failed || v.Why != wire.Identity || v.Sender != nil {
				t.Errorf("%s, approval %v: %v for %v", name, approval != 0, v.Phase, v.Why)
			}
		}
	}
}

// The link promises a proof that the sharer's next page can't make yet: nobody is
// met there until it can. Who was let in by a link that promised one comes back by
// it, whatever is chosen since.
func TestPromisesAreKept(t *testing.T) {
	w := newWorld(t, 1)
	a := newPerson(t, "Anna")
	s := w.share(1, tiny()...)
	w.sharer.handle(SetProof{a.prover(), true})
	n, r := w.take(s.Link(), 1)
	w.wait(3_000, "the list", func() bool { return r.View().Listed })
	again := w.backAgain(s, tiny()...)
	w.run(20_000)
	if len(again.View().Recipients) != 0 || r.View().Phase == Failed {
		t.Errorf("without its contacts: %d recipients, the recipient is %v", len(again.View().Recipients), r.View().Phase)
	}
	w.sharer.handle(SetProof{a.prover(), true})
	if again.Link() != s.Link() {
		t.Error("another link, though nothing is chosen anew")
	}
	w.wait(30_000, "the list again", func() bool { return len(again.View().Recipients) == 1 && again.View().Recipients[0].Phase == ListShown })
	w.sharer.handle(SetProof{a.prover(), false})
	w.kill(w.live()[0])
	w.wait(30_000, "a new session by the former link", func() bool { return r.conn != nil && r.conn.hello && r.isProven })
	w.receiveAll(n, r)
	w.complete(30_000, n, r, tiny())
}

// A proof that nobody promised and that is false changes nothing.
func TestAFalseProofIsNone(t *testing.T) {
	w := newWorld(t, 1)
	a, evil := newPerson(t, "Anna"), newPerson(t, "Eve")
	s := w.share(1, tiny()...)
	s.prover, s.proving = &Prover{evil.id, a.card}, true
	n, r := w.take(s.Link(), 1)
	w.receiveAll(n, r)
	w.complete(30_000, n, r, tiny())
	if v := r.View(); v.Sender != nil {
		t.Errorf("a false proof shows %q", v.Sender.Name)
	}
}

// A proof is of one session and one direction: it is no good in another, nor sent
// back. Attack 14: nor is one by a key for which any signature fits.
func TestAProofIsOfOneSession(t *testing.T) {
	a := newPerson(t, "Anna")
	secret := [32]byte{1}
	proof := a.id.Prove(a.card, identSession(secret, false))
	payload := append([]byte{wire.TIdentProof}, proof...)
	if proved(payload, secret, false) == nil {
		t.Fatal("the proof itself is refused")
	}
	if proved(payload, secret, true) != nil || proved(payload, [32]byte{2}, false) != nil {
		t.Error("a proof is good elsewhere")
	}
	for i := range proof {
		bad := append([]byte{wire.TIdentProof}, proof...)
		bad[1+i] ^= 1
		if proved(bad, secret, false) != nil {
			t.Errorf("byte %d may be changed", i)
		}
	}
	for n := range len(proof) {
		if proved(payload[:1+n], secret, false) != nil {
			t.Errorf("%d bytes of it are enough", n)
		}
	}
}
