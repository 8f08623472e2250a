package rtc

import (
	"testing"

	"github.com/pion/webrtc/v3"

	"beeline/wasm/session"
)

// The cases are those of web/page/route.test.ts.
func TestLANIsWhereBothEndsAreOnIt(t *testing.T) {
	host, srflx, prflx, relay := webrtc.ICECandidateTypeHost, webrtc.ICECandidateTypeSrflx, webrtc.ICECandidateTypePrflx, webrtc.ICECandidateTypeRelay
	for _, c := range []struct {
		one  webrtc.ICECandidateType
		at   string
		two  webrtc.ICECandidateType
		to   string
		want session.Route
	}{
		{host, "192.168.1.10", host, "192.168.1.11", session.RouteLAN},
		{host, "192.168.1.10", prflx, "192.168.1.11", session.RouteLAN},
		{host, "192.168.1.10", host, "e6f1.local", session.RouteLAN},
		{host, "192.168.1.10", srflx, "198.51.100.7", session.RouteDirect},
		{host, "192.168.1.10", host, "198.51.100.7", session.RouteDirect},
		{host, "2001:db8:0:1::a", host, "2001:db8:0:2::a", session.RouteDirect},
		{host, "2001:db8:0:1::a", host, "2001:db8:0:1:5:6:7:8", session.RouteLAN},
		{host, "fd00::1", host, "fd00:1::1", session.RouteLAN},
		{host, "198.51.100.7", host, "198.51.100.9", session.RouteLAN},
		{host, "198.51.100.7", host, "198.51.101.7", session.RouteDirect},
		{host, "127.0.0.1", host, "198.51.100.7", session.RouteLAN},
		{relay, "192.0.0.8", host, "192.168.1.10", session.RouteRelayed},
	} {
		pair := &webrtc.ICECandidatePair{Local: &webrtc.ICECandidate{Typ: c.one, Address: c.at}, Remote: &webrtc.ICECandidate{Typ: c.two, Address: c.to}}
		if got := routeOf(pair); got != c.want {
			t.Errorf("%v %s and %v %s: %v, want %v", c.one, c.at, c.two, c.to, got, c.want)
		}
	}
}
