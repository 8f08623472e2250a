package session

import (
	"testing"

	"beeline/wasm/wire"
)

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
