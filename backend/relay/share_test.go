package relay

import (
	"encoding/binary"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// Twenty transfers at once share the relay: none gets less than a third of what
// another gets, whichever way they come. A transfer here is what a data channel
// is to a relay: a window of packets, each answered, the oldest sent again after
// a while.
func TestNobodyStarves(t *testing.T) {
	const pairs = 20
	span := 3 * time.Second
	if testing.Short() {
		span = time.Second
	}
	for _, rate := range []int{0, 1_000_000} {
		l := testLimits()
		l.Rate = rate
		r := relayed(t, l)
		var all []*transfer
		for i := range pairs {
			a, b := mustCall(t, r, ways[i%2], ""), mustCall(t, r, ways[i/2%2], "")
			meet(t, a, b)
			all = append(all, &transfer{from: a, to: b})
		}
		stop := make(chan struct{})
		var running sync.WaitGroup
		for _, x := range all {
			running.Go(func() { x.answer(stop) })
			running.Go(func() { x.send(stop) })
		}
		time.Sleep(span / 4) // all have begun
		before := make([]uint64, pairs)
		for i, x := range all {
			before[i] = x.moved.Load()
		}
		time.Sleep(span)
		lowest, highest, sum := ^uint64(0), uint64(0), uint64(0)
		for i, x := range all {
			n := x.moved.Load() - before[i]
			lowest, highest, sum = min(lowest, n), max(highest, n), sum+n
		}
		close(stop)
		running.Wait()
		mbs := func(n uint64) float64 { return float64(n) / 1e6 / span.Seconds() }
		t.Logf("cap %d B/s: %d transfers, %.1f MB/s in all, slowest %.2f, fastest %.2f", rate, pairs, mbs(sum), mbs(lowest), mbs(highest))
		if lowest == 0 || float64(highest)/float64(lowest) > 3 {
			t.Errorf("cap %d B/s: the fastest of %d transfers has %.2f MB/s, the slowest %.2f, want at most 3 times", rate, pairs, mbs(highest), mbs(lowest))
		}
		if most := float64(rate) * 1.2 / 1e6; rate > 0 && mbs(highest) > most {
			t.Errorf("one transfer has %.2f MB/s, want at most %.2f", mbs(highest), most)
		}
	}
}

const (
	inFlight = 64 // packets
	again    = 50 * time.Millisecond
)

type transfer struct {
	from, to *caller
	moved    atomic.Uint64 // bytes that were answered
}

// send keeps inFlight packets of 1,200 bytes under way.
func (x *transfer) send(stop <-chan struct{}) {
	sent := make(map[uint32]time.Time)
	next := uint32(0)
	p, b := make([]byte, 1200), make([]byte, 1600)
	write := func(n uint32) {
		binary.BigEndian.PutUint32(p, n)
		_, _ = x.from.conn.WriteTo(p, x.to.conn.LocalAddr())
		sent[n] = time.Now()
	}
	for {
		select {
		case <-stop:
			return
		default:
		}
		for len(sent) < inFlight {
			write(next)
			next++
		}
		_ = x.from.conn.SetReadDeadline(time.Now().Add(again))
		n, _, err := x.from.conn.ReadFrom(b)
		if err == nil && n == 4 {
			if id := binary.BigEndian.Uint32(b); !sent[id].IsZero() {
				delete(sent, id)
				x.moved.Add(uint64(len(p)))
			}
		}
		for id, at := range sent {
			if time.Since(at) > 4*again {
				write(id)
			}
			break // one at a time: map order finds each soon enough
		}
	}
}

// answer says of each packet that it came.
func (x *transfer) answer(stop <-chan struct{}) {
	b := make([]byte, 1600)
	for {
		select {
		case <-stop:
			return
		default:
		}
		_ = x.to.conn.SetReadDeadline(time.Now().Add(again))
		if n, _, err := x.to.conn.ReadFrom(b); err == nil && n >= 4 {
			_, _ = x.to.conn.WriteTo(b[:4], x.from.conn.LocalAddr())
		}
	}
}
