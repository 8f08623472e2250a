package lab

import (
	"math"
	"slices"
	"testing"
	"time"
)

// send gives n packets to a pipe, one every gap, and returns when each arrived
// by its number.
func send(p *pipe, n int, gap time.Duration) map[int32]time.Duration {
	for i := range n {
		p.put(packet{slot: int32(i), size: 1200}, int64(i)*int64(gap))
	}
	arrived := map[int32]time.Duration{}
	last := int64(math.MinInt64)
	for due, ok := p.next(); ok; due, ok = p.next() {
		if due < last {
			panic("a packet arrived before one that was taken earlier")
		}
		last = due
		arrived[p.take().slot] = time.Duration(due)
	}
	return arrived
}

func TestLineDelaysByWhatWasAsked(t *testing.T) {
	got := send(&pipe{quality: Quality{Delay: 25 * time.Millisecond}}, 100, time.Millisecond)
	for i, at := range got {
		if want := time.Duration(i)*time.Millisecond + 25*time.Millisecond; at != want {
			t.Fatalf("packet %d arrived at %v, want %v", i, at, want)
		}
	}
}

func TestLineSendsNoFasterThanItsRate(t *testing.T) {
	q := Quality{Rate: 8 * (1200 + frameBytes) * 1000} // a packet a millisecond
	got := send(&pipe{quality: q}, 50, 0)
	if len(got) != 50 {
		t.Fatalf("%d packets arrived, want 50", len(got))
	}
	for i, at := range got {
		if want := time.Duration(i+1) * time.Millisecond; at != want {
			t.Errorf("packet %d arrived at %v, want %v", i, at, want)
		}
	}
}

func TestQueueThatIsFullLosesWhatComesLater(t *testing.T) {
	p := &pipe{quality: Quality{Rate: 8 * (1200 + frameBytes) * 1000, Queue: 10 * 1200}}
	got := send(p, 50, 0)
	// Ten wait; what frames cost besides makes the eleventh one too many.
	if len(got) < 9 || len(got) > 11 || p.counts.Overflow != uint64(50-len(got)) {
		t.Errorf("%d arrived and %d found no room, want about 10 and the rest", len(got), p.counts.Overflow)
	}
	for i := range int32(len(got)) {
		if _, ok := got[i]; !ok {
			t.Errorf("packet %d is lost, and it came before the queue was full", i)
		}
	}
}

func TestLossIsDecidedBySeedAndCount(t *testing.T) {
	const n, loss = 200_000, 0.01
	lost := func(seed uint64, gap time.Duration) []int32 {
		got := send(&pipe{seed: seed, quality: Quality{Loss: loss}}, n, gap)
		var missing []int32
		for i := range int32(n) {
			if _, ok := got[i]; !ok {
				missing = append(missing, i)
			}
		}
		return missing
	}
	first := lost(7, time.Microsecond)
	if !slices.Equal(first, lost(7, time.Millisecond)) {
		t.Error("the same seed lost other packets when they came at other times")
	}
	if slices.Equal(first, lost(8, time.Microsecond)) {
		t.Error("another seed lost the same packets")
	}
	// Four standard deviations of a binomial distribution.
	if off := math.Abs(float64(len(first)) - n*loss); off > 4*math.Sqrt(n*loss*(1-loss)) {
		t.Errorf("%d of %d packets were lost, want about %v", len(first), n, n*loss)
	}
}

func TestHeldPacketIsOvertaken(t *testing.T) {
	p := &pipe{seed: 3, quality: Quality{Delay: time.Millisecond, Reorder: 0.05, HoldFor: 2 * time.Millisecond}}
	got := send(p, 10_000, 100*time.Microsecond)
	if len(got) != 10_000 {
		t.Fatalf("%d packets arrived, want all", len(got))
	}
	overtaken := 0
	for i := range int32(9_990) {
		if got[i] > got[i+1] {
			overtaken++
		}
	}
	if overtaken < 400 || overtaken > 600 {
		t.Errorf("%d packets were overtaken, want about 500", overtaken)
	}
}

func TestShorterDelayDoesNotReorder(t *testing.T) {
	p := &pipe{quality: Quality{Delay: 50 * time.Millisecond}}
	p.put(packet{slot: 1}, 0)
	p.quality.Delay = 5 * time.Millisecond
	p.put(packet{slot: 2}, 1000)
	first, second := p.take(), p.take()
	if first.slot != 1 || second.due < first.due {
		t.Errorf("packet %d arrived first, the other %d ns later, want 1, and not before it", first.slot, second.due-first.due)
	}
}

func TestLineThatIsDownLosesWhatIsSent(t *testing.T) {
	p := &pipe{downUntil: int64(5 * time.Millisecond)}
	got := send(p, 10, time.Millisecond)
	if len(got) != 5 || p.counts.Cut != 5 {
		t.Errorf("%d of 10 arrived and %d were cut, want 5 and 5", len(got), p.counts.Cut)
	}
}
