package relay

import (
	"testing"
	"time"

	"github.com/pion/webrtc/v3"
)

// Two peers of pion/webrtc, whose TURN client is another than the one of the
// other tests, connect through the relay and nothing else, by UDP and by TCP.
func TestPeersConnectThroughTheRelay(t *testing.T) {
	r := relayed(t, testLimits())
	peer := func(way string) *webrtc.PeerConnection {
		user, password := r.Credential()
		pc, err := webrtc.NewPeerConnection(webrtc.Configuration{
			ICETransportPolicy: webrtc.ICETransportPolicyRelay,
			ICEServers:         []webrtc.ICEServer{{URLs: []string{"turn:" + r.Addr().String() + "?transport=" + way}, Username: user, Credential: password}},
		})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = pc.GracefulClose() })
		return pc
	}
	describe := func(pc *webrtc.PeerConnection, d webrtc.SessionDescription, err error) webrtc.SessionDescription {
		if err != nil {
			t.Fatal(err)
		}
		gathered := webrtc.GatheringCompletePromise(pc)
		if err := pc.SetLocalDescription(d); err != nil {
			t.Fatal(err)
		}
		<-gathered
		return *pc.LocalDescription()
	}
	a, b := peer("udp"), peer("tcp")
	got := make(chan string, 1)
	b.OnDataChannel(func(dc *webrtc.DataChannel) {
		dc.OnMessage(func(m webrtc.DataChannelMessage) { got <- string(m.Data) })
	})
	dc, err := a.CreateDataChannel("x", nil)
	if err != nil {
		t.Fatal(err)
	}
	dc.OnOpen(func() { _ = dc.SendText("through the relay") })
	offer, err := a.CreateOffer(nil)
	if err := b.SetRemoteDescription(describe(a, offer, err)); err != nil {
		t.Fatal(err)
	}
	answer, err := b.CreateAnswer(nil)
	if err := a.SetRemoteDescription(describe(b, answer, err)); err != nil {
		t.Fatal(err)
	}
	select {
	case text := <-got:
		if text != "through the relay" {
			t.Errorf("got %q", text)
		}
	case <-time.After(20 * time.Second):
		t.Fatal("no message came through the relay")
	}
	pair, err := a.SCTP().Transport().ICETransport().GetSelectedCandidatePair()
	if err != nil || pair.Local.Typ != webrtc.ICECandidateTypeRelay || pair.Remote.Typ != webrtc.ICECandidateTypeRelay {
		t.Errorf("the pair is %v (%v), want two relayed addresses", pair, err)
	}
}
