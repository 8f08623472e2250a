package transport_test

import (
	"bytes"
	"testing"
	"time"

	"beeline/backend/peer/transport"
	"beeline/backend/peer/transport/memory"
	"beeline/backend/peer/transport/rtc"
	"beeline/backend/peer/transport/transporttest"
	"beeline/signaling/leaktest"
	"beeline/wasm/session"
	"beeline/wasm/wire"
)

func TestMain(m *testing.M) { leaktest.Main(m) }

// Whatever a lane is made of, this is what whoever uses it counts on.
func onEach(t *testing.T, run func(t *testing.T, connect transport.Connect)) {
	rough := &memory.Net{Delay: 2 * time.Millisecond, Rate: 8 << 20, Loss: 0.05, Again: 20 * time.Millisecond}
	for name, connect := range map[string]transport.Connect{"rtc": rtc.Connect, "memory": (&memory.Net{}).Connect, "rough": rough.Connect} {
		t.Run(name, func(t *testing.T) { run(t, connect) })
	}
}

func record(n, size int) []byte {
	rec := bytes.Repeat([]byte{byte(n)}, size)
	rec[0] = byte(n >> 8)
	return rec
}

func TestALaneCarriesWholeRecords(t *testing.T) {
	onEach(t, func(t *testing.T, connect transport.Connect) {
		ends := transporttest.Pair(t, connect)
		const records = 200
		for name, way := range map[string][2]transport.Lane{
			"ctrl": {ends[0].Ctrl, ends[1].Ctrl}, "ctrl back": {ends[1].Ctrl, ends[0].Ctrl}, "lane": {ends[0].Lane, ends[1].Lane},
		} {
			go func() {
				buf := make([]byte, 0, wire.RecordMax)
				for n := range records {
					way[0].Queued(256 << 10)
					buf = append(buf[:0], record(n, 2+n*300%wire.RecordMax)...) // the lane has not kept the last one
					if err := way[0].Write(buf); err != nil {
						t.Errorf("%s: Write = %v", name, err)
					}
				}
			}()
			seen := make(map[int]bool)
			buf := make([]byte, transport.RecordBuffer)
			for i := range records {
				size, err := way[1].Read(buf)
				if err != nil {
					t.Fatalf("%s: Read = %v after %d records", name, err, i)
				}
				n := int(buf[0])<<8 | int(buf[1])
				if seen[n] || !bytes.Equal(buf[:size], record(n, 2+n*300%wire.RecordMax)) {
					t.Errorf("%s: record %d came twice, or is not what was written", name, n)
				}
				if name != "lane" && n != i {
					t.Errorf("%s: record %d came as %d, want them in order", name, n, i)
				}
				seen[n] = true
			}
		}
	})
}

// Who does not read holds the writer back, and lets it go on by reading.
func TestALaneHoldsBack(t *testing.T) {
	onEach(t, func(t *testing.T, connect transport.Connect) {
		ends := transporttest.Pair(t, connect)
		from, to := ends[0].Lane, ends[1].Lane
		const records, size, most = 400, 60_000, 1 << 20 // 24 MB: more than any buffer between
		written := make(chan int, records)
		go func() {
			defer close(written)
			for n := range records {
				if q := from.Queued(most); q > most {
					t.Errorf("Queued(%d) = %d, want it to wait", most, q)
				}
				_ = from.Write(record(n, size))
				written <- n
			}
		}()
		last := 0
		for idle := false; !idle; {
			select {
			case n, more := <-written:
				if !more {
					t.Fatal("all records went to one who reads none")
				}
				last = n
			case <-time.After(700 * time.Millisecond):
				idle = true
			}
		}
		if last >= records-1 || from.Queued(transport.NoLimit) == 0 {
			t.Fatalf("%d of %d records went to one who reads none", last+1, records)
		}
		buf := make([]byte, transport.RecordBuffer)
		for range records {
			if _, err := to.Read(buf); err != nil {
				t.Fatal(err)
			}
		}
		if q := from.Queued(0); q != 0 {
			t.Errorf("Queued(0) = %d after everything was read, want 0", q)
		}
	})
}

// Close ends whoever waits, at both ends, and may come twice.
func TestALaneEnds(t *testing.T) {
	onEach(t, func(t *testing.T, connect transport.Connect) {
		for _, by := range []string{"its own end", "the other end", "the lane"} {
			ends := transporttest.Pair(t, connect)
			for range 200 { // more than any buffer between, and nobody reads
				_ = ends[0].Lane.Write(record(1, 60_000))
			}
			waits := make(chan struct{})
			go func() { ends[0].Lane.Queued(0); close(waits) }()
			read := make(chan error, 1)
			go func() {
				_, err := ends[0].Ctrl.Read(make([]byte, transport.RecordBuffer))
				read <- err
			}()
			switch by {
			case "its own end":
				ends[0].Close()
				ends[0].Close()
			case "the other end":
				ends[1].Close()
				within(t, by+": a state", func() bool { return gone(<-ends[0].States) })
				if err := <-read; err == nil {
					t.Errorf("%s: Read = nil, want the end", by)
				}
				ends[0].Close() // as its owner does when it hears
			case "the lane":
				_ = ends[0].Lane.Close()
				_ = ends[0].Lane.Close()
				_ = ends[0].Ctrl.Close()
			}
			select {
			case <-waits:
			case <-time.After(5 * time.Second):
				t.Errorf("%s: Queued still waits", by)
			}
			if by == "the other end" {
				continue
			}
			select {
			case err := <-read:
				if err == nil {
					t.Errorf("%s: Read = nil, want an error", by)
				}
			case <-time.After(5 * time.Second):
				t.Errorf("%s: Read still waits", by)
			}
			if err := ends[0].Lane.Write(record(1, 10)); err == nil {
				t.Errorf("%s: Write on a lane that ended = nil", by)
			}
		}
	})
}

// gone says that a connection is over.
func gone(s session.ConnState) bool { return s != session.Connected }

func within(t *testing.T, what string, ok func() bool) {
	t.Helper()
	done := make(chan struct{})
	go func() {
		defer close(done)
		for !ok() {
		}
	}()
	select {
	case <-done:
	case <-time.After(20 * time.Second):
		t.Fatalf("%s does not come", what)
	}
}

// What describes nobody is refused.
func TestADescriptionOfNobodyIsRefused(t *testing.T) {
	onEach(t, func(t *testing.T, connect transport.Connect) {
		c, err := connect(t.Context(), transport.Options{Loopback: true}, transport.Events{
			Described: func(string) {}, Candidates: func([]string) {}, State: func(session.ConnState) {}, Opened: func(uint16, transport.Lane) {},
		})
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		if err := c.SetRemote(true, "v=0\r\n"); err == nil {
			t.Errorf("SetRemote of nothing = %v, want an error", err)
		}
		if route, _ := c.Route(); route != session.RouteUnknown {
			t.Errorf("Route = %v before there is one", route)
		}
	})
}
