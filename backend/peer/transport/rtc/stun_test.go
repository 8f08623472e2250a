package rtc

import (
	"net"
	"sync"
	"testing"

	"github.com/pion/stun/v4"
	"github.com/pion/webrtc/v3"
)

// Attack 29: the STUN server that the hub names is hostile, and answers with addresses
// that are cut short (GHSA-34rh-wp3j-6cxc ended programs by it), at the lengths that are
// size classes of Go's allocator. Nobody ends by it, and the two find each other.
func TestAttack29HostileSTUNServer(t *testing.T) {
	conn, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	var mu sync.Mutex
	answered := 0
	go func() {
		buf := make([]byte, 1500)
		for {
			n, from, err := conn.ReadFrom(buf)
			if err != nil {
				return
			}
			ask := &stun.Message{Raw: buf[:n]}
			if ask.Decode() != nil {
				continue
			}
			mu.Lock()
			answer := shortAnswer(ask, answered)
			answered++
			mu.Unlock()
			_, _ = conn.WriteTo(answer, from)
		}
	}()
	peer := func() *webrtc.PeerConnection {
		pc, err := newAPI(true, &relays{gone: t.Context()}).NewPeerConnection(webrtc.Configuration{ICEServers: []webrtc.ICEServer{{URLs: []string{"stun:" + conn.LocalAddr().String()}}}})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = pc.GracefulClose() })
		return pc
	}
	var asked sync.WaitGroup
	for range answers {
		pc := peer()
		if _, err := pc.CreateDataChannel("x", nil); err != nil {
			t.Fatal(err)
		}
		offer, err := pc.CreateOffer(nil)
		if err != nil {
			t.Fatal(err)
		}
		asked.Go(func() { describe(t, pc, offer, nil) })
	}
	asked.Wait()
	if !find(t, peer(), peer()) {
		t.Error("the two don't find each other")
	}
	mu.Lock()
	defer mu.Unlock()
	if answered < answers {
		t.Errorf("%d questions were answered, want %d", answered, answers)
	}
}

// sizes are the lengths of a message, and answers how many there are.
var sizes = []int{28, 32, 48, 64, 128, 1024}

const answers = 6 * 9

// shortAnswer is a success that ends in an address of 0 to 8 bytes.
func shortAnswer(ask *stun.Message, n int) []byte {
	m := stun.MustBuild(stun.NewTransactionIDSetter(ask.TransactionID), stun.BindingSuccess)
	total, size := sizes[n/9%len(sizes)], n%9
	if fill := total - 20 - 4 - (size+3)&^3 - 4; fill >= 0 {
		m.Add(stun.AttrSoftware, make([]byte, fill))
	}
	m.Add(stun.AttrXORMappedAddress, make([]byte, size))
	return m.Raw
}
