package handshake

import (
	"crypto/ed25519"
	"os"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"

	"beeline/wasm/wire"
)

// grind puts a man in the middle of two honest sides: he has the link and the
// sharer's key, the most that can leak, so only the digits are left. He answers the
// recipient as the sharer, asks the sharer as a recipient, and has a hit where both
// people are shown the same digits. What he may choose after he knows the sharer's
// is M4 to the recipient: every status, and reasons without end.
func grind(t *testing.T, reasons int) (hits int) {
	w := newWorld()
	_, mallory, _ := ed25519.GenerateKey(nil)
	i, asSharer := w.meet(t)
	other := w
	other.run = linkRun(w.link, 497_208)
	asRecipient, r := other.meet(t)

	// The recipient first: its digits are settled, and he knows them.
	m3 := i.AuthI(w.session, wire.KeySession, [16]byte{})
	if _, _, err := asSharer.CheckAuthI(m3, wire.KeySession); err != nil {
		t.Fatal(err)
	}
	// Then the sharer, whose part of its own digits is in M4: too late for M3.
	if _, _, err := r.CheckAuthI(asRecipient.AuthI(mallory, wire.KeySession, [16]byte{}), wire.KeySession); err != nil {
		t.Fatal(err)
	}
	if _, _, err := asRecipient.CheckAuthR(r.AuthR(wire.StatusPending, 0)); err != nil {
		t.Fatal(err)
	}
	_, typed := r.Secrets()
	for status := range uint8(3) {
		for reason := range reasons {
			him, victim := *asSharer, *i
			if _, _, err := victim.CheckAuthR(him.AuthR(status, uint16(reason))); err != nil {
				t.Fatal(err)
			}
			if _, read := victim.Secrets(); read == typed {
				return 1
			}
			if status != wire.StatusRefused {
				break // it has no reason
			}
		}
	}
	return 0
}

// Who relays between two people guesses their digits once a request: one hit in a
// million. PROTOCOL.md 3, attack 19. `make bench` runs a hundred thousand.
func TestAttack19NobodyGrindsTheDigits(t *testing.T) {
	runs, _ := strconv.Atoi(os.Getenv("BEELINE_SAS_RUNS"))
	if runs == 0 {
		runs = 300
	}
	var left, hits atomic.Int64
	left.Store(int64(runs))
	var wg sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for left.Add(-1) >= 0 {
				hits.Add(int64(grind(t, 20)))
			}
		})
	}
	wg.Wait()
	t.Logf("sas_grind_hits %d of %d", hits.Load(), runs)
	// With 10⁻⁶ a run: five of a hundred thousand come once in ten million tries.
	if most := int64(1 + runs/25_000); hits.Load() > most {
		t.Errorf("%d hits in %d runs, want at most %d", hits.Load(), runs, most)
	}
}
