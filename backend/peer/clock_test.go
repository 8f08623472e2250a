package peer

import (
	"os"
	"sync/atomic"
	"testing"
	"time"

	"beeline/wasm/session"
)

func TestAClockThatIsSet(t *testing.T) {
	var wall time.Time
	var mono time.Duration
	began := time.UnixMilli(1_790_000_000_000)
	c := &clock{wall: func() time.Time { return wall }, mono: func() time.Duration { return mono }, now: began}
	set := began // what the clock showed when mono was 0
	at := func(passed time.Duration, idle bool) time.Duration {
		mono += passed
		wall = set.Add(mono)
		return time.UnixMilli(c.read(idle)).Sub(began)
	}
	for _, v := range []struct {
		what   string
		step   time.Duration // the clock is set by so much
		passed time.Duration
		idle   bool
		want   time.Duration // since the beginning
	}{
		{"as it goes", 0, time.Second, false, time.Second},
		{"a day forward, connected", 24 * time.Hour, 100 * time.Millisecond, false, 1150 * time.Millisecond},
		{"and on", 0, time.Second, false, 2650 * time.Millisecond},
		{"without a connection it is so at once", 0, 100 * time.Millisecond, true, 24*time.Hour + 2200*time.Millisecond},
		{"a day back, connected", -24 * time.Hour, time.Second, false, 24*time.Hour + 2700*time.Millisecond},
		{"without a connection time stands still no more than that", 0, time.Second, true, 24*time.Hour + 3200*time.Millisecond},
		{"a little back is made up for", 24*time.Hour - 1100*time.Millisecond, 2 * time.Second, true, 24*time.Hour + 5100*time.Millisecond},
		{"an hour asleep: only the clock on the wall went on", time.Hour, time.Millisecond, true, 25*time.Hour + 5101*time.Millisecond},
	} {
		set = set.Add(v.step)
		if got := at(v.passed, v.idle); got != v.want {
			t.Errorf("%s: %v, want %v", v.what, got, v.want)
		}
	}
}

// A clock that is set by a day in the middle of a transfer, at either end and in either
// direction, is nothing to the transfer.
func TestAClockThatIsSetInTheMiddle(t *testing.T) {
	t.Parallel()
	server, out := newServer(t), t.TempDir()
	src := tree(t, map[string][]byte{"a.mov": noise(24 << 20)})
	var ours, theirs atomic.Int64
	follow := func(step *atomic.Int64) func(*shell) {
		return func(s *shell) {
			s.clock.wall = func() time.Time { return time.Now().Round(0).Add(time.Duration(step.Load())) }
		}
	}
	s := startShare(t, SendOptions{Server: server, Paths: all(t, src), Once: true, hook: follow(&theirs)})
	steps := []func(){
		func() { ours.Store(int64(24 * time.Hour)) }, func() { theirs.Store(int64(-24 * time.Hour)) },
		func() { ours.Store(int64(-24 * time.Hour)) }, func() { theirs.Store(int64(24 * time.Hour)) },
	}
	done := 0
	var lost []session.Phase
	got, err := receive(t, ReceiveOptions{
		Link: s.link, Out: out,
		hook: func(x *shell) {
			follow(&ours)(x)
			x.dest.pwrite = func(f *os.File, b []byte, at int64) (int, error) {
				time.Sleep(20 * time.Millisecond) // as a slow disk: there must be a middle
				return f.WriteAt(b, at)
			}
		},
		OnView: func(v session.ReceiveView) {
			if v.Phase == session.Reconnecting || v.Phase == session.Failed {
				lost = append(lost, v.Phase)
			}
			if done < len(steps) && v.Written >= uint64(done+1)*(4<<20) {
				steps[done]()
				done++
			}
		},
	})
	if err != nil || s.wait(t) != nil || done != len(steps) || len(lost) > 0 {
		t.Errorf("Receive = %v after %d steps, lost %v, view %+v", err, done, lost, got.View)
	}
	sameTrees(t, out, src)
}
