package session

import (
	"crypto/ed25519"
	"errors"
	"testing"

	"beeline/wasm/invite"
	"beeline/wasm/wire"
)

// A link that promises a proof of identity can't be taken without one: that
// would be a downgrade. PROTOCOL.md b.
func TestLinkThatPromisesAProofIsRefused(t *testing.T) {
	pub, _, _ := ed25519.GenerateKey(nil)
	_, err := NewReceiver(invite.New(invite.Proven, pub).String(), Config{Lanes: 1})
	if !errors.Is(err, wire.Version) {
		t.Errorf("NewReceiver of a link with flag 4 = %v, want %v", err, wire.Version)
	}
	if _, err := NewReceiver(invite.New(invite.Approval, pub).String(), Config{Lanes: 1}); err != nil {
		t.Errorf("NewReceiver of a link with flag 2 = %v", err)
	}
}

// Two clocks that are an hour apart never meet on a topic; the server's time
// words that, and decides nothing.
func TestWrongClockIsSaidWhereNobodyIsFound(t *testing.T) {
	w := newWorld(t, 1)
	link := w.share(1, tree()...).Link()
	w.sharer.offline()
	n, r := w.take(link, 1)
	n.handle(ServerClock{NowMS: w.now - 3_600_000})
	w.run(noPeerAfter - 1_000)
	if v := r.View(); v.Why != wire.None {
		t.Errorf("before %d ms the page says %v", noPeerAfter, v.Why)
	}
	w.run(2_000)
	if v := r.View(); v.Why != wire.Clock || v.Phase != Waiting {
		t.Errorf("an hour off and nobody there: %v in phase %d, want %v, still waiting", v.Why, v.Phase, wire.Clock)
	}
}
