package rtc

import (
	"crypto/tls"
	"crypto/x509"
	"net"
	"reflect"
	"strconv"
	"testing"
	"time"

	"github.com/pion/webrtc/v3"

	"beeline/backend/relay"
	"beeline/backend/server"
	"beeline/wasm/session"
)

// newRelay starts a relay with TLS on loopback of IPv6, and returns what trusts
// it: a certificate that no authority of this system knows.
func newRelay(t *testing.T) (*relay.Relay, *tls.Config) {
	t.Helper()
	cert, _, err := server.TLSSelfSigned([]string{"localhost"}, []net.IP{net.IPv6loopback}, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	r, err := relay.Listen(relay.Config{Address: "127.0.0.1:0", Relay: true, TLS: cert, TLSAddress: "[::1]:0", Limits: relay.DefaultLimits(), ExemptLoopback: true})
	if err != nil {
		t.Skip("no loopback of IPv6: ", err)
	}
	t.Cleanup(r.Close)
	c, err := x509.ParseCertificate(cert.Certificates[0].Certificate[0])
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(c)
	return r, &tls.Config{RootCAs: roots}
}

// relayed makes a connection that may use nothing but this relay.
func relayed(t *testing.T, trust *tls.Config, r *relay.Relay, url string) *webrtc.PeerConnection {
	t.Helper()
	user, password := r.Credential()
	ways := &relays{trust: trust, gone: t.Context()}
	config := webrtc.Configuration{ICETransportPolicy: webrtc.ICETransportPolicyRelay}
	for _, s := range ways.with([]session.ICEServer{{URLs: []string{url}, Username: user, Password: password}}) {
		config.ICEServers = append(config.ICEServers, webrtc.ICEServer{URLs: s.URLs, Username: s.Username, Credential: s.Password})
	}
	pc, err := newAPI(true, ways).NewPeerConnection(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = pc.GracefulClose() })
	return pc
}

func describe(t *testing.T, pc *webrtc.PeerConnection, d webrtc.SessionDescription, err error) webrtc.SessionDescription {
	t.Helper()
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

// Who has IPv6 alone, behind a firewall that lets out nothing but TLS, is
// relayed to who has IPv4 and no TLS.
func TestRelayOverTLSAndIPv6(t *testing.T) {
	r, trust := newRelay(t)
	_, port, _ := net.SplitHostPort(r.Addr().String())
	a := relayed(t, trust, r, "turns:[::1]:"+strconv.Itoa(int(r.TLSPort()))+"?transport=tcp")
	b := relayed(t, nil, r, "turn:127.0.0.1:"+port+"?transport=tcp")
	if !find(t, a, b) {
		t.Fatal("no connection through the relay")
	}
}

// find reports whether two connections that are told of each other open a channel.
func find(t *testing.T, a, b *webrtc.PeerConnection) bool {
	t.Helper()
	connected := make(chan struct{})
	dc, err := a.CreateDataChannel("x", nil)
	if err != nil {
		t.Fatal(err)
	}
	dc.OnOpen(func() { close(connected) })
	offer, err := a.CreateOffer(nil)
	if err := b.SetRemoteDescription(describe(t, a, offer, err)); err != nil {
		t.Fatal(err)
	}
	answer, err := b.CreateAnswer(nil)
	if err := a.SetRemoteDescription(describe(t, b, answer, err)); err != nil {
		t.Fatal(err)
	}
	select {
	case <-connected:
		return true
	case <-time.After(20 * time.Second):
		return false
	}
}

// A relay whose certificate nobody vouches for is not used.
func TestRelayMustBeTrusted(t *testing.T) {
	r, _ := newRelay(t)
	a := relayed(t, nil, r, "turns:[::1]:"+strconv.Itoa(int(r.TLSPort()))+"?transport=tcp")
	if _, err := a.CreateDataChannel("x", nil); err != nil {
		t.Fatal(err)
	}
	found := make(chan *webrtc.ICECandidate, 8)
	a.OnICECandidate(func(c *webrtc.ICECandidate) { found <- c })
	offer, err := a.CreateOffer(nil)
	describe(t, a, offer, err)
	if c := <-found; c != nil {
		t.Errorf("found %v, want nothing", c)
	}
}

func TestWhichRelaysAreDialled(t *testing.T) {
	r := &relays{}
	in := []string{
		"stun:a:1", "turn:a:3478?transport=udp", "turn:a:3478", "turn:a:3478?transport=tcp",
		"turns:a?transport=tcp", "turns:[2001:db8::1]:443?transport=tcp", "turns:[2001:db8::1]", "turns:a:1?transport=udp",
		"turn:10.0.0.5:25?transport=tcp", "turns:10.0.0.5:22",
	}
	want := []string{
		"stun:a:1", "turn:a:3478?transport=udp", "turn:a:3478", "turn:192.0.2.1:1?transport=tcp",
		"turn:192.0.2.1:2?transport=tcp", "turn:192.0.2.1:3?transport=tcp", "turn:192.0.2.1:4?transport=tcp", "turns:a:1?transport=udp",
	}
	if got := r.replace(in); !reflect.DeepEqual(got, want) {
		t.Errorf("replace = %q, want %q", got, want)
	}
	meant := []relayServer{{"a:3478", false}, {"a:5349", true}, {"[2001:db8::1]:443", true}, {"[2001:db8::1]:5349", true}}
	if !reflect.DeepEqual(r.servers, meant) {
		t.Errorf("servers %v, want %v", r.servers, meant)
	}
	for _, address := range []string{"192.0.2.1:0", "192.0.2.1:5", "192.0.2.2:1", "localhost:1", ""} {
		if c, err := r.Dial("tcp4", address); err == nil {
			c.Close()
			t.Errorf("%q was dialled", address)
		}
	}
}

// Whatever a hub names, what is dialled is a host and a port, or nothing.
func FuzzRelayURL(f *testing.F) {
	for _, seed := range []string{"turns:a:443?transport=tcp", "turns:[2001:db8::1]", "turn:a?transport=tcp", "turns:", "turn:[?transport=tcp", "turns:0[0", "stun:a:1"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, url string) {
		s, ok := parseRelay(url)
		if !ok {
			return
		}
		if host, _, err := net.SplitHostPort(s.address); err != nil || host == "" {
			t.Errorf("%q became %q: %v", url, s.address, err)
		}
	})
}
