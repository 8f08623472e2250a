// Package transporttest joins two ends of a transport for tests.
package transporttest

import (
	"testing"
	"time"

	"beeline/backend/peer/transport"
	"beeline/wasm/session"
	"beeline/wasm/wire"
)

// patience is how long two ends may take, where a test fails.
const patience = 20 * time.Second

// An End is one end of a connection that is up.
type End struct {
	transport.Conn
	Ctrl, Lane transport.Lane
	States     <-chan session.ConnState
}

// Pair returns two ends on this machine that are joined, with both channels. They
// are closed with the test.
func Pair(t testing.TB, connect transport.Connect) (ends [2]End) {
	t.Helper()
	type opened struct {
		channel uint16
		lane    transport.Lane
	}
	var conns [2]transport.Conn
	var said [2]chan string
	var lanes [2]chan opened
	for i := range ends {
		said[i], lanes[i] = make(chan string, 1), make(chan opened, 2)
		states := make(chan session.ConnState, 16)
		c, err := connect(t.Context(), transport.Options{Ctrl: true, Offer: i == 0, Loopback: true}, transport.Events{
			Described:  func(sdp string) { said[i] <- sdp },
			Candidates: func([]string) {},
			State:      func(s session.ConnState) { states <- s },
			Opened:     func(channel uint16, l transport.Lane) { lanes[i] <- opened{channel, l} },
		})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(c.Close)
		conns[i] = c
		ends[i].Conn, ends[i].States = c, states
	}
	late := time.After(patience)
	for from := range ends {
		select {
		case sdp := <-said[from]:
			if err := conns[1-from].SetRemote(from == 0, sdp); err != nil {
				t.Fatal(err)
			}
		case <-late:
			t.Fatalf("end %d does not describe itself", from)
		}
	}
	for i := range ends {
		for range 2 {
			select {
			case o := <-lanes[i]:
				if o.channel == wire.ChannelCtrl {
					ends[i].Ctrl = o.lane
				} else {
					ends[i].Lane = o.lane
				}
			case <-late:
				t.Fatalf("the lanes of end %d do not open", i)
			}
		}
	}
	return ends
}
