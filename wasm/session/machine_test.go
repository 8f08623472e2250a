package session

import (
	"fmt"
	"math/rand"
	"strings"
	"testing"

	"beeline/wasm/wire"
)

// The set of groups agrees with a plain map, whatever is done to it.
func TestBitset(t *testing.T) {
	for seed := range int64(20) {
		rng := rand.New(rand.NewSource(seed))
		var b bitset
		want := map[uint32]bool{}
		const end = 300
		for range 300 {
			i := uint32(rng.Intn(end))
			switch rng.Intn(5) {
			case 0:
				if got := b.set(i); got == want[i] {
					t.Fatalf("seed %d: set(%d) = %v", seed, i, got)
				}
				want[i] = true
			case 1:
				if got := b.clear(i); got != want[i] {
					t.Fatalf("seed %d: clear(%d) = %v", seed, i, got)
				}
				delete(want, i)
			case 2:
				to := min(end, i+uint32(rng.Intn(150)))
				b.setRange(i, to)
				for j := i; j < to; j++ {
					want[j] = true
				}
			case 3:
				if rng.Intn(20) == 0 {
					b.reset()
					clear(want)
				}
			}
			next, gap := i, i
			for ; next < end && !want[next]; next++ {
			}
			for ; gap < end && want[gap]; gap++ {
			}
			if n, g := b.next(i, end), b.gap(i, end); n != next || g != gap || b.n != len(want) || b.has(i) != want[i] {
				t.Fatalf("seed %d: after %d comes %d, gap %d, %d members; want %d, %d, %d", seed, i, n, g, b.n, next, gap, len(want))
			}
		}
	}
	var b bitset
	b.set(5)
	if got := b.next(6, 1<<32-1); got != 1<<32-1 {
		t.Errorf("next in an empty rest = %d", got)
	}
	if got := b.gap(1<<32-2, 1<<32-1); got != 1<<32-2 {
		t.Errorf("gap at the end = %d", got)
	}
}

// Numbers of connections run out after 254; the transfer goes on with the lanes
// there are. PROTOCOL.md 2.2.
func TestConnectionNumbersRunOut(t *testing.T) {
	w, s, n, r := begin(t, 2, ten()...)
	w.rate = 2_000
	for range wire.PCMax + 20 {
		for _, pc := range w.live() {
			if pc.id.pc != 0 {
				w.kill(pc)
			}
		}
		w.settle()
	}
	if c := s.recips[0].conn; c == nil || c.nextPC != wire.PCMax+1 || len(w.live()) != 1 {
		t.Errorf("%d connections are left, want that of ctrl alone", len(w.live()))
	}
	w.rate = 10 << 20
	w.complete(30_000, n, r, ten())
	if sessions(n) != 1 {
		t.Errorf("%d sessions, want one", sessions(n))
	}
}

// No view and no failure shows a key, the link's secret or a whole topic.
// PROTOCOL.md 3, attack 52.
func TestNothingShowsASecret(t *testing.T) {
	w := newWorld(t, 1)
	s := w.share(1, tiny()...)
	link := s.Link()
	n, r := w.take(link, 1)
	w.receiveAll(n, r)
	w.run(500)
	w.sharer.handle(StopSharing{})
	w.run(500)
	shown := fmt.Sprintf("%+v %+v %v", r.View(), s.View(), r.Entries(0, 10))
	for _, broken := range []string{link[:47], link[:20] + "!" + link[21:], link[:40] + "AAAAAAAA", link + link} {
		if _, err := NewReceiver(broken, Config{}); err == nil {
			t.Errorf("a broken link is taken")
		} else {
			shown += err.Error()
		}
	}
	for at := 0; at+6 <= len(link); at++ {
		if strings.Contains(shown, link[at:at+6]) {
			t.Fatalf("a piece of the link is shown: at %d", at)
		}
	}
	for code := wire.None; code <= wire.Incomplete; code++ {
		if text := code.Error(); !strings.HasPrefix(text, "E_") {
			t.Errorf("code %d reads %q", code, text)
		}
	}
}
