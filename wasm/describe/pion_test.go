//go:build !js

package describe_test

import (
	"strings"
	"testing"
	"time"

	"beeline/wasm/describe"

	"github.com/pion/webrtc/v3"
)

// Two pion peers that see nothing of each other but descriptions open a
// negotiated channel: offer and answer through the wire and the template, and
// once more with every candidate coming later, as CAND.
func TestPionPeersConnect(t *testing.T) {
	for _, trickle := range []bool{false, true} {
		name := "candidates in the description"
		if trickle {
			name = "candidates later"
		}
		t.Run(name, func(t *testing.T) { connect(t, trickle) })
	}
}

func connect(t *testing.T, trickle bool) {
	r := describe.Rules{Loopback: true}
	a, aGot := peer(t)
	b, bGot := peer(t)

	offer := local(t, a, describe.Offer, r)
	answerTo := func(pc *webrtc.PeerConnection, d describe.Description, typ webrtc.SDPType) {
		late := d.Candidates
		if trickle {
			d.Candidates = nil
		}
		if err := pc.SetRemoteDescription(webrtc.SessionDescription{Type: typ, SDP: d.SDP()}); err != nil {
			t.Fatalf("%v of our SDP: %v\n%s", typ, err, d.SDP())
		}
		if !trickle {
			return
		}
		_, late, err := describe.ParseCandidates(describe.AppendCandidates(nil, 0, late), r)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range late {
			if err := pc.AddICECandidate(webrtc.ICECandidateInit{Candidate: c.SDP()}); err != nil {
				t.Fatalf("candidate %q: %v", c.SDP(), err)
			}
		}
	}
	answerTo(b, offer, webrtc.SDPTypeOffer)
	answer := local(t, b, describe.Answer, r)
	answerTo(a, answer, webrtc.SDPTypeAnswer)

	for _, got := range []chan string{aGot, bGot} {
		select {
		case text := <-got:
			if text != "hello" {
				t.Errorf("got %q, want hello", text)
			}
		case <-time.After(20 * time.Second): // only where it fails
			t.Fatal("no message arrived")
		}
	}
}

// local makes pc describe itself and returns that as the other side reads it.
func local(t *testing.T, pc *webrtc.PeerConnection, typ uint8, r describe.Rules) describe.Description {
	t.Helper()
	gathered := webrtc.GatheringCompletePromise(pc)
	var sd webrtc.SessionDescription
	var err error
	if typ == describe.Offer {
		sd, err = pc.CreateOffer(nil)
	} else {
		sd, err = pc.CreateAnswer(nil)
	}
	if err != nil {
		t.Fatal(err)
	}
	if err := pc.SetLocalDescription(sd); err != nil {
		t.Fatal(err)
	}
	<-gathered
	d, err := r.FromSDP(0, typ, pc.LocalDescription().SDP)
	if err != nil {
		t.Fatal(err)
	}
	if len(d.Candidates) == 0 {
		t.Fatal("pion found no address, not even loopback")
	}
	if d, err = describe.Parse(d.Append(nil), r); err != nil {
		t.Fatal(err)
	}
	return d
}

// peer returns a connection on loopback with one negotiated channel, which says
// hello when it opens, and what the channel receives.
func peer(t *testing.T) (*webrtc.PeerConnection, chan string) {
	t.Helper()
	var s webrtc.SettingEngine
	s.SetIncludeLoopbackCandidate(true)
	s.SetInterfaceFilter(func(name string) bool { return strings.HasPrefix(name, "lo") })
	s.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeUDP4})
	pc, err := webrtc.NewAPI(webrtc.WithSettingEngine(s)).NewPeerConnection(webrtc.Configuration{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := pc.Close(); err != nil {
			t.Error(err)
		}
	})
	id, negotiated := uint16(0), true
	dc, err := pc.CreateDataChannel("", &webrtc.DataChannelInit{ID: &id, Negotiated: &negotiated})
	if err != nil {
		t.Fatal(err)
	}
	got := make(chan string, 1)
	dc.OnOpen(func() {
		if err := dc.SendText("hello"); err != nil {
			t.Error(err)
		}
	})
	dc.OnMessage(func(m webrtc.DataChannelMessage) { got <- string(m.Data) })
	return pc, got
}
