package describe

import (
	"reflect"
	"strings"
	"testing"
)

func TestDescriptionSurvivesTheWire(t *testing.T) {
	sdp := strings.Join([]string{
		"v=0", "m=application 9 UDP/DTLS/SCTP webrtc-datachannel",
		"a=candidate:1 1 udp 2122260223 192.168.1.7 50000 typ host generation 0",
		"a=candidate:2 1 udp 2122260223 1b671a64-40d5-491e-99b0-da01ff1f3341.local 50001 typ host",
		"a=candidate:3 1 tcp 1518280447 2001:db8::7 9 typ host tcptype active",
		"a=candidate:4 1 udp 1686052607 203.0.113.9 50000 typ srflx raddr 192.168.1.7 rport 50000",
		"a=ice-ufrag:Ab+/", "a=ice-pwd:0123456789abcdefghijkl",
		"a=fingerprint:sha-256 " + strings.Repeat("AB:", 31) + "AB", "a=setup:actpass", "",
	}, "\r\n")
	d, err := FromSDP(3, Offer, sdp)
	if err != nil {
		t.Fatal(err)
	}
	got, err := Parse(d.Append(nil), Rules{})
	if err != nil || !reflect.DeepEqual(got, d) || len(d.Candidates) != 4 {
		t.Errorf("got %+v, %v, want %+v", got, err, d)
	}
	again, err := FromSDP(3, Offer, d.SDP())
	if err != nil || !reflect.DeepEqual(again, d) {
		t.Errorf("through SDP: got %+v, %v, want %+v", again, err, d)
	}
}
