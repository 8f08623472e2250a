package peer

import (
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"beeline/backend/peer/transport"
)

// A gauge is a lane whose filling the test sets. It carries nothing.
type gauge struct {
	transport.Lane
	mu     sync.Mutex
	less   sync.Cond
	amount uint64
	closed bool
}

func newGauge(amount uint64) *gauge {
	g := &gauge{amount: amount}
	g.less.L = &g.mu
	return g
}

func (g *gauge) Queued(most uint64) uint64 {
	g.mu.Lock()
	defer g.mu.Unlock()
	for g.amount > most && !g.closed {
		g.less.Wait()
	}
	return g.amount
}

func (g *gauge) set(n uint64) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.amount = n
	g.less.Broadcast()
}

func (g *gauge) Close() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.closed = true
	g.less.Broadcast()
	return nil
}

// waited returns how long room took, on the bubble's clock.
func waited(p *pacer) time.Duration {
	began := time.Now()
	p.room()
	return time.Since(began)
}

// flow lets a lane send for a second over a channel that takes rate bytes a
// second, and returns the most that waited in it.
func flow(p *pacer, lane *gauge, rate int) (most uint64) {
	const record = 60 << 10
	stop := make(chan struct{})
	go func() {
		for {
			select {
			case <-stop:
				return
			case <-time.After(10 * time.Millisecond):
				n := lane.Queued(transport.NoLimit)
				lane.set(n - min(n, uint64(rate/100)))
			}
		}
	}()
	for end := time.Now().Add(time.Second); time.Now().Before(end); {
		if !p.room() {
			break
		}
		lane.set(lane.Queued(transport.NoLimit) + record)
		p.sent(record)
		most = max(most, lane.Queued(transport.NoLimit)-record)
		time.Sleep(time.Microsecond)
	}
	close(stop)
	synctest.Wait()
	return most
}

// A fast lane has much under way, a slow one no more than goes in a second: a
// control record waits behind that.
func TestALaneHoldsWhatGoesInASecond(t *testing.T) {
	for _, v := range []struct {
		rate, lanes int
		most        uint64
	}{
		{20 << 20, 1, queuedOne},
		{20 << 20, 2, queuedMany},
		{600 << 10, 1, 600 << 10},
		{200 << 10, 1, 200 << 10},
		{10 << 10, 1, queuedLeast},
	} {
		synctest.Test(t, func(t *testing.T) {
			lane := newGauge(0)
			p := newPacer(lane, nil, func() int { return v.lanes }, nil)
			for range 3 {
				flow(p, lane, v.rate)
			}
			most := flow(p, lane, v.rate)
			if most > v.most+v.most/10 || most < v.most/2 {
				t.Errorf("%d KiB/s on one of %d lanes: %d KiB waited, want about %d", v.rate>>10, v.lanes, most>>10, v.most>>10)
			}
		})
	}
}

// pion sends what is unordered first. Without a pause of the lane a browser at
// the other end would hear nothing on the control channel and give up.
func TestALaneLetsTheControlChannelSpeak(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		lane, ctrl := newGauge(0), newGauge(0)
		p := newPacer(lane, ctrl, func() int { return 1 }, nil)
		ctrl.set(100)
		if d := waited(p); d != 0 {
			t.Errorf("waited %v for a record just sent, want not at all", d)
		}
		time.Sleep(ctrlPatience + time.Millisecond)
		time.AfterFunc(40*time.Millisecond, func() { ctrl.set(0) })
		if d := waited(p); d != 40*time.Millisecond {
			t.Errorf("waited %v, want until the control channel was empty", d)
		}
		ctrl.set(100)
		if d := waited(p); d != 0 {
			t.Errorf("waited %v for the next record, want not at all", d)
		}
	})
}

func TestALaneThatIsClosedStopsWaiting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		lane, stop := newGauge(2*queuedOne), make(chan struct{})
		p := newPacer(lane, nil, func() int { return 1 }, stop)
		time.AfterFunc(time.Second, func() {
			close(stop)
			lane.Close()
		})
		if p.room() {
			t.Error("room on a lane that is closed")
		}
	})
}

func TestAQueueHoldsStrangersBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newQueue[int]()
		for i := range 3 {
			q.wait(i, 3)
		}
		q.put(3) // the owner's own is never held back
		through := false
		go func() { through = q.wait(4, 3) }()
		synctest.Wait()
		if through {
			t.Error("a fifth value came in, want it to wait")
		}
		if got := q.take(); len(got) != 4 {
			t.Errorf("took %d values, want 4", len(got))
		}
		synctest.Wait()
		if got := q.take(); !through || len(got) != 1 || got[0] != 4 {
			t.Errorf("took %v, want the one that waited", got)
		}
		for range 3 {
			q.put(0)
		}
		blocked := true
		go func() { blocked = q.wait(5, 3) }()
		synctest.Wait()
		q.close()
		synctest.Wait()
		if blocked || q.put(6) || q.take() != nil {
			t.Error("a queue that is closed takes values")
		}
	})
}
