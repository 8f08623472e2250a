//go:build linux

package lab

import (
	"encoding/binary"
	"errors"
	"io"
	"math"
	"net"
	"os"
	"syscall"
	"testing"
	"time"
)

// start runs a lab for a test, or skips it and says why.
func start(t *testing.T, d Description) *Lab {
	t.Helper()
	if err := Possible(); err != nil {
		t.Skip(err)
	}
	l, err := Start(d)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.Close)
	return l
}

// link is a line between two hosts, a and b.
func link(t *testing.T, line Line) *Lab {
	t.Helper()
	return start(t, Description{Seed: 7, Sites: []Site{{Name: "a", Line: line}, {Name: "b"}}})
}

// udp opens a socket on a host.
func (l *Lab) udp(t *testing.T, host string, port int) *net.UDPConn {
	t.Helper()
	var conn *net.UDPConn
	err := l.In(host, func() (err error) {
		conn, err = net.ListenUDP("udp", &net.UDPAddr{Port: port})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	_ = conn.SetReadBuffer(8 << 20)
	t.Cleanup(func() { conn.Close() })
	return conn
}

func (l *Lab) address(host string, port int) *net.UDPAddr {
	return &net.UDPAddr{IP: l.spaces[host].addresses.any().AsSlice(), Port: port}
}

// echo answers every packet on a host's port.
func (l *Lab) echo(t *testing.T, host string, port int) {
	t.Helper()
	conn := l.udp(t, host, port)
	go func() {
		b := make([]byte, 2048)
		for {
			n, from, err := conn.ReadFromUDP(b)
			if errors.Is(err, net.ErrClosed) {
				return
			}
			if err == nil {
				_, _ = conn.WriteToUDP(b[:n], from)
			}
		}
	}()
}

// roundTrip is the shortest of n: a machine that is busy makes the programs at
// its ends late, never early.
func (l *Lab) roundTrip(t *testing.T, n int) time.Duration {
	t.Helper()
	l.echo(t, "b", 7)
	conn := l.udp(t, "a", 0)
	b := make([]byte, 64)
	shortest := time.Hour
	for range n {
		sent := time.Now()
		if _, err := conn.WriteToUDP(b, l.address("b", 7)); err != nil {
			t.Fatal(err)
		}
		_ = conn.SetReadDeadline(time.Now().Add(3 * time.Second))
		if _, err := conn.Read(b); err != nil {
			t.Fatal(err)
		}
		shortest = min(shortest, time.Since(sent))
	}
	return shortest
}

func TestRoundTripIsWhatWasAsked(t *testing.T) {
	for _, delay := range []time.Duration{0, time.Millisecond, 25 * time.Millisecond} {
		l := link(t, Line{Delay: Duration(delay), Rate: 1e9})
		got := l.roundTrip(t, 20)
		l.Close()
		if off := got - 2*delay; off < 0 || off > time.Millisecond {
			t.Errorf("round trip %v with %v one way, want at most 1 ms more than twice that", got, delay)
		}
		t.Logf("asked for %v, round trip %v", 2*delay, got)
	}
}

func TestLineChangesWhileItRuns(t *testing.T) {
	l := link(t, Line{})
	if err := l.SetLine("a", Line{Delay: Duration(10 * time.Millisecond)}); err != nil {
		t.Fatal(err)
	}
	if got := l.roundTrip(t, 10); got < 20*time.Millisecond || got > 22*time.Millisecond {
		t.Errorf("round trip %v after the delay was set to 10 ms, want 20 ms", got)
	}
	if err := l.Down("a", time.Hour); err != nil {
		t.Fatal(err)
	}
	l.echo(t, "b", 8)
	conn := l.udp(t, "a", 0)
	answered := func() bool {
		b := make([]byte, 8)
		_, _ = conn.WriteToUDP(b, l.address("b", 8))
		_ = conn.SetReadDeadline(time.Now().Add(300 * time.Millisecond))
		_, err := conn.Read(b)
		if err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Fatal(err)
		}
		return err == nil
	}
	if answered() {
		t.Error("an answer came over a line that is down")
	}
	if err := l.Down("a", 0); err != nil {
		t.Fatal(err)
	}
	if !answered() {
		t.Error("no answer came over a line that was mended")
	}
}

// burst sends numbered packets from a to b for a while and returns what arrived.
func (l *Lab) burst(t *testing.T, rate float64, size int, d time.Duration) (sent, arrived, outOfOrder int) {
	t.Helper()
	to := l.udp(t, "b", 9)
	done := make(chan struct{})
	go func() {
		defer close(done)
		b := make([]byte, 2048)
		last := uint64(0)
		for {
			_ = to.SetReadDeadline(time.Now().Add(500 * time.Millisecond))
			if _, err := to.Read(b); err != nil {
				return
			}
			n := binary.BigEndian.Uint64(b)
			if arrived++; n < last {
				outOfOrder++
			}
			last = max(last, n)
		}
	}()
	from := l.udp(t, "a", 0)
	b := make([]byte, size)
	begin := time.Now()
	for time.Since(begin) < d {
		// Not more than a queue at once, after the machine let this wait.
		for range min(500, int(rate*time.Since(begin).Seconds())/size-sent) {
			binary.BigEndian.PutUint64(b, uint64(sent))
			if _, err := from.WriteToUDP(b, l.address("b", 9)); err != nil {
				t.Fatal(err)
			}
			sent++
		}
		time.Sleep(200 * time.Microsecond)
	}
	<-done
	return sent, arrived, outOfOrder
}

func TestLossIsWhatWasAsked(t *testing.T) {
	const loss = 0.01
	l := link(t, Line{Delay: Duration(5 * time.Millisecond), Loss: loss, Rate: 1e9})
	sent, arrived, outOfOrder := l.burst(t, 20e6, 1200, time.Second)
	r := l.Report()
	if lost := float64(r.Up["a"].Lost); math.Abs(lost-float64(sent)*loss) > 4*math.Sqrt(float64(sent)*loss) {
		t.Errorf("%v of %d packets were lost, want about %v", lost, sent, float64(sent)*loss)
	}
	if crossed := int(r.Down["b"].Packets); r.Missed != 0 || arrived > crossed || arrived < crossed-crossed/20 {
		t.Errorf("%d packets crossed, %d were missed, and %d arrived", crossed, r.Missed, arrived)
	}
	if outOfOrder != 0 {
		t.Errorf("%d packets came out of order, want none", outOfOrder)
	}
}

// What a test can send in real time must not be stopped by the line.
func TestLineCarriesWhatBrowsersSend(t *testing.T) {
	const floor = 5 // MB/s, on a machine that does much else, with the race detector; 50 on one that is quiet
	l := link(t, Line{Delay: Duration(25 * time.Millisecond), Rate: 1e9})
	before := processorTime()
	sent, arrived, _ := l.burst(t, 50e6, 1200, 2*time.Second)
	rate := float64(arrived*1200) / 2e6
	t.Logf("UDP: %.1f MB/s, this process %.0f %% of a core, sender and receiver included", rate, 50*(processorTime()-before).Seconds())
	if r := l.Report(); r.Missed != 0 || rate < floor {
		t.Errorf("%d of %d packets arrived, %.1f MB/s; %+v", arrived, sent, rate, r)
	}

	var listener net.Listener
	if err := l.In("b", func() (err error) { listener, err = net.Listen("tcp4", ":10"); return err }); err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	got := make(chan int64, 1)
	go func() {
		conn, err := listener.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		n, _ := io.Copy(io.Discard, conn)
		got <- n
	}()
	var conn net.Conn
	if err := l.In("a", func() (err error) { conn, err = net.Dial("tcp4", "11.0.2.10:10"); return err }); err != nil {
		t.Fatal(err)
	}
	begin := time.Now()
	b := make([]byte, 256<<10)
	for time.Since(begin) < 2*time.Second {
		if _, err := conn.Write(b); err != nil {
			t.Fatal(err)
		}
	}
	conn.Close()
	n := <-got
	rate = float64(n) / 1e6 / time.Since(begin).Seconds()
	t.Logf("TCP: %.1f MB/s", rate)
	if r := l.Report(); r.Missed != 0 || rate < floor {
		t.Errorf("TCP carried %.1f MB/s over 50 ms at 1 Gbit/s, want at least %d; %+v", rate, floor, r)
	}
}

func processorTime() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
