package client

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"beeline/signaling"
	"beeline/signaling/leaktest"
	"beeline/signaling/socket"
	"beeline/signaling/wire"
)

func TestMain(m *testing.M) { leaktest.Main(m) }

var errRefused = errors.New("refused")

// events writes down what a Handler hears.
type events struct {
	log []string
	up  func()
}

func (e *events) note(s string) { e.log = append(e.log, s) }

func (e *events) Up() {
	e.note("up")
	if e.up != nil {
		e.up()
	}
}
func (e *events) Message(msg []byte) { e.note(fmt.Sprintf("%02x", msg[0])) }
func (e *events) Down()              { e.note("down") }

func (e *events) String() string { return strings.Join(e.log, " ") }

// run starts a client and returns what ends it.
func run(c *Client, h Handler) (stop func() error) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error)
	go func() { done <- c.Run(ctx, h) }()
	synctest.Wait()
	return func() error {
		cancel()
		return <-done
	}
}

func TestWaitsGrowFromHalfASecondToTen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var at []time.Time
		c := NewDial(func(context.Context) (socket.Conn, error) {
			at = append(at, time.Now())
			return nil, errRefused
		})
		stop := run(c, &events{})
		time.Sleep(2 * time.Minute)
		if err := stop(); !errors.Is(err, context.Canceled) {
			t.Errorf("Run = %v, want %v", err, context.Canceled)
		}
		for i, full := range []time.Duration{500, 1000, 2000, 4000, 8000, 10_000, 10_000, 10_000} {
			full *= time.Millisecond
			if wait := at[i+1].Sub(at[i]); wait < full/2 || wait > full {
				t.Errorf("wait %d = %v, want %v to %v", i, wait, full/2, full)
			}
		}
		if !errors.Is(c.Why(), errRefused) {
			t.Errorf("Why = %v, want %v", c.Why(), errRefused)
		}
	})
}

// An owner that gets no answer knows before the pings do that the hub is gone.
func TestResetMakesAnotherConnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dials := 0
		c := NewDial(func(context.Context) (socket.Conn, error) {
			dials++
			ours, _ := socket.Pipe() // takes everything and says nothing
			return ours, nil
		})
		c.Reset() // there is none yet
		e := &events{}
		stop := run(c, e)
		c.Reset()
		time.Sleep(time.Second)
		synctest.Wait()
		if got, want := e.String(), "up down up"; got != want || dials != 2 {
			t.Errorf("heard %q in %d connections, want %q in 2", got, dials, want)
		}
		if !errors.Is(c.Why(), ErrSilent) {
			t.Errorf("Why = %v, want %v", c.Why(), ErrSilent)
		}
		_ = stop()
	})
}

func TestConnectionComesBackAndTheOwnerSubscribesAnew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		newHub := func() *signaling.Hub {
			l := signaling.DefaultLimits()
			return signaling.NewHub(signaling.Config{Bus: signaling.NewMemoryBus(l), Limits: l})
		}
		var serving atomic.Pointer[signaling.Hub] // nil: the server is away
		hub := newHub()
		serving.Store(hub)
		c := NewDial(func(ctx context.Context) (socket.Conn, error) {
			h := serving.Load()
			if h == nil {
				return nil, errRefused
			}
			ours, theirs := socket.Pipe()
			go func() { _ = h.Serve(context.Background(), theirs, 0, "") }()
			return ours, nil
		})
		sub := wire.AppendSub(nil, wire.Wait, []wire.Topic{{1}})
		e := &events{}
		e.up = func() {
			if err := c.Send(sub); err != nil {
				t.Errorf("Send in Up = %v, want nil", err)
			}
		}
		stop := run(c, e)
		if got, want := e.String(), "up 81"; got != want {
			t.Errorf("heard %q, want %q", got, want)
		}

		serving.Store(nil)
		hub.Close() // tells the client to come back
		synctest.Wait()
		if err := c.Send(sub); !errors.Is(err, ErrDown) {
			t.Errorf("Send without a connection = %v, want %v", err, ErrDown)
		}
		time.Sleep(5 * time.Second)
		hub = newHub()
		serving.Store(hub)
		time.Sleep(10 * time.Second)
		synctest.Wait()
		if got, want := e.String(), "up 81 down up 81"; got != want {
			t.Errorf("heard %q, want %q", got, want)
		}
		if n := hub.Stats().Topics; n != 1 {
			t.Errorf("%d topics at the new hub, want 1", n)
		}
		stop()
		if got, want := e.String(), "up 81 down up 81 down"; got != want {
			t.Errorf("heard %q, want %q", got, want)
		}
		hub.Close()
	})
}

func TestWaitsStartAnewAfterAStableConnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		lives := []time.Duration{0, 0, 0, time.Minute} // of each connection; the next one stays
		var began []time.Time
		c := NewDial(func(context.Context) (socket.Conn, error) {
			ours, theirs := socket.Pipe()
			life := time.Hour
			if len(began) < len(lives) {
				life = lives[len(began)]
			}
			began = append(began, time.Now())
			go func() {
				ctx, cancel := context.WithTimeout(context.Background(), life)
				defer cancel()
				_, _ = theirs.Read(ctx) // answers pings until then
			}()
			return ours, nil
		})
		stop := run(c, &events{})
		time.Sleep(2 * time.Minute)
		stop()
		if wait := began[3].Sub(began[2]); wait < firstWait {
			t.Errorf("wait after three that ended at once = %v, want at least %v", wait, firstWait)
		}
		if wait := began[4].Sub(began[3].Add(lives[3])); wait < firstWait/2 || wait > firstWait {
			t.Errorf("wait after a minute's connection = %v, want %v to %v", wait, firstWait/2, firstWait)
		}
	})
}

func TestServerThatAnswersNoPingIsLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var dials atomic.Int32
		c := NewDial(func(context.Context) (socket.Conn, error) {
			dials.Add(1)
			ours, _ := socket.Pipe() // nobody reads the other end
			return ours, nil
		})
		stop := run(c, &events{})
		time.Sleep(pingEvery + pongWithin - time.Millisecond)
		if n := dials.Load(); n != 1 {
			t.Errorf("%d dials before the pong is overdue, want 1", n)
		}
		time.Sleep(firstWait + time.Second)
		if n := dials.Load(); n != 2 {
			t.Errorf("%d dials after, want 2", n)
		}
		stop()
	})
}

func TestWhatWaitsIsSentBeforeGoodbye(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ours, theirs := socket.Pipe()
		c := NewDial(func(context.Context) (socket.Conn, error) { return ours, nil })
		stop := run(c, &events{})
		for i := range byte(3) {
			if err := c.Send([]byte{i}); err != nil {
				t.Errorf("Send = %v, want nil", err)
			}
		}
		stop()
		for i := range byte(3) {
			msg, err := theirs.Read(context.Background())
			if err != nil || !bytes.Equal(msg, []byte{i}) {
				t.Errorf("message %d = %x, %v; want it", i, msg, err)
			}
		}
		if _, err := theirs.Read(context.Background()); socket.CloseCode(err) != closeNormal {
			t.Errorf("then %v, want code %d", err, closeNormal)
		}
	})
}

func TestSendNeverBlocks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ours, _ := socket.Pipe() // takes a few messages and no more
		c := NewDial(func(context.Context) (socket.Conn, error) { return ours, nil })
		stop := run(c, &events{})
		var err error
		for range 1000 {
			if err = c.Send([]byte{1}); err != nil {
				break
			}
		}
		if !errors.Is(err, ErrDown) {
			t.Errorf("Send to a hub that takes nothing = %v, want %v", err, ErrDown)
		}
		stop()
	})
}
