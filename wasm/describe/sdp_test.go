package describe

import (
	"embed"
	"reflect"
	"strings"
	"testing"

	"beeline/wasm/wire"
)

// Captured on 2026-11-24 from Chromium 156 and Firefox 153, gathering complete,
// no camera permission: so every host address is an mDNS name.
//
//go:embed testdata/*.sdp
var captured embed.FS

func capturedSDP(t testing.TB, name string) string {
	t.Helper()
	b, err := captured.ReadFile("testdata/" + name + ".sdp")
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestBrowsersSDPIsUnderstood(t *testing.T) {
	tests := []struct {
		name       string
		typ, setup uint8
		ufrag, pwd string
		first      byte // of the fingerprint
		candidates []string
	}{
		{"chromium_offer", Offer, ActPass, "qGQA", "CsRydsvB050NcBYEJK/4UvYo", 0x56, []string{
			"udp 2113937151 d9a363a3-97bf-4dca-a2fa-0e4f8b1ff672.local 57196 typ host",
			"udp 2113942271 b88e8b3d-8cea-4778-a5e9-088ce91d4c7e.local 36300 typ host",
		}},
		{"chromium_answer", Answer, Active, "8PqT", "BZU9DK4kVhmjGfyznUYGX//I", 0xE5, []string{
			"udp 2113937151 5c612bde-5b8d-458d-897f-5e98c16f0eab.local 34951 typ host",
			"udp 2113942271 c9c07068-f198-4d64-b4ac-2c3e52ce0e93.local 45470 typ host",
		}},
		{"firefox_offer", Offer, ActPass, "e435603f", "ca6af161c7e6741a5130dcdb6521a8a3", 0x87, []string{
			"udp 2122187007 8adf2466-8cca-4b38-8cae-ed11fb516e23.local 50770 typ host",
			"udp 2122252543 725dfb36-0fa4-41d3-9892-99550f5c167f.local 41784 typ host",
			"tcp 2105458943 8adf2466-8cca-4b38-8cae-ed11fb516e23.local 9 typ host tcptype active",
			"tcp 2105524479 725dfb36-0fa4-41d3-9892-99550f5c167f.local 9 typ host tcptype active",
		}},
		{"firefox_answer", Answer, Active, "ff7ca4f8", "53d805559f16c2effd859c2f03c304cd", 0x30, []string{
			"udp 2122187007 23982dc3-ab1f-42fa-ba5b-2ba5debb1732.local 33205 typ host",
			"udp 2122252543 e55f2772-4992-4bdc-86c4-65cd52e74eca.local 54105 typ host",
			"tcp 2105458943 23982dc3-ab1f-42fa-ba5b-2ba5debb1732.local 9 typ host tcptype active",
			"tcp 2105524479 e55f2772-4992-4bdc-86c4-65cd52e74eca.local 9 typ host tcptype active",
		}},
	}
	for _, v := range tests {
		d, err := FromSDP(7, v.typ, capturedSDP(t, v.name))
		if err != nil {
			t.Errorf("%s: %v", v.name, err)
			continue
		}
		if d.PC != 7 || d.Type != v.typ || d.Setup != v.setup || d.Ufrag != v.ufrag || d.Pwd != v.pwd || d.Fingerprint[0] != v.first {
			t.Errorf("%s: got %+v, want %+v", v.name, d, v)
		}
		var got []string
		for _, c := range d.Candidates {
			_, rest, _ := strings.Cut(c.SDP(), " 1 ")
			got = append(got, rest)
		}
		if !reflect.DeepEqual(got, v.candidates) {
			t.Errorf("%s: candidates\n%q, want\n%q", v.name, got, v.candidates)
		}
		if back, err := Parse(d.Append(nil), Rules{}); err != nil || !reflect.DeepEqual(back, d) {
			t.Errorf("%s over the wire: %+v, %v, want %+v", v.name, back, err, d)
		}
	}
}

func TestCandidateLines(t *testing.T) {
	const local = "candidate:1 1 udp 2122260223 "
	tests := []struct {
		line, want string // want: what SDP writes after the foundation; empty: left out
	}{
		{"a=" + local + "10.0.0.7 1 typ host", "udp 2122260223 10.0.0.7 1 typ host"},
		{local + "10.0.0.7 1 typ host generation 0 network-cost 999\r\n", "udp 2122260223 10.0.0.7 1 typ host"},
		{"candidate:0 1 UDP 2122187007 10.0.0.7 33205 typ host", "udp 2122187007 10.0.0.7 33205 typ host"},
		{local + "2001:DB8:0:0:0:0:0:7 65535 typ host", "udp 2122260223 2001:db8::7 65535 typ host"},
		{local + "fe80::1 5 typ host", "udp 2122260223 fe80::1 5 typ host"},
		{"candidate:9 1 udp 1686052607 203.0.113.9 7 typ srflx raddr 10.0.0.7 rport 5 generation 0", "udp 1686052607 203.0.113.9 7 typ srflx raddr 0.0.0.0 rport 0"},
		{"candidate:9 1 udp 41885439 2001:db8::9 7 typ relay raddr ::7 rport 5", "udp 41885439 2001:db8::9 7 typ relay raddr :: rport 0"},
		{"candidate:9 1 tcp 1518280447 10.0.0.7 9 typ host tcptype active generation 0", "tcp 1518280447 10.0.0.7 9 typ host tcptype active"},
		{"candidate:9 1 TCP 1518280447 10.0.0.7 443 typ host generation 0 tcptype passive", "tcp 1518280447 10.0.0.7 443 typ host tcptype passive"},
		{"candidate:9 1 tcp 1518280447 203.0.113.9 443 typ srflx raddr 10.0.0.7 rport 9 tcptype passive", "tcp 1518280447 203.0.113.9 443 typ srflx raddr 0.0.0.0 rport 0 tcptype passive"},

		{"", ""},
		{"candidate:", ""},
		{"end-of-candidates", ""},
		{"candidate:1 2 udp 2122260223 10.0.0.7 1 typ host", ""}, // pion writes both components
		{"candidate:9 1 tcp 1518280447 10.0.0.7 443 typ host tcptype so", ""},
		{"candidate:9 1 tcp 1518280447 10.0.0.7 443 typ host", ""},
		{"candidate:9 1 sctp 1518280447 10.0.0.7 443 typ host", ""},
		{local + "10.0.0.7 1 typ prflx raddr 10.0.0.8 rport 2", ""},
		{local + "10.0.0.7 0 typ host", ""},
		{local + "10.0.0.7 65536 typ host", ""},
		{local + "10.0.0.7 x typ host", ""},
		{"candidate:1 1 udp -1 10.0.0.7 1 typ host", ""},
		{"candidate:1 1 udp 4294967296 10.0.0.7 1 typ host", ""},
		{local + "fe80::1%eth0 1 typ host", ""},
		{local + "example.org 1 typ host", ""},
		{local + "printer.local 1 typ host", ""},
		{local + uuid[1:] + ".local 1 typ host", ""},
		{local + uuid + ".local.local 1 typ host", ""},
		{local + "::ffff:10.0.0.7 1 typ host", ""},
		{local + "0.0.0.0 9 typ host", ""},
		{local + "127.0.0.1 9 typ host", ""},
		{local + "::1 9 typ host", ""},
	}
	for _, v := range tests {
		c, ok := CandidateFromSDP(v.line)
		if ok != (v.want != "") {
			t.Errorf("%q: taken = %v, want %v", v.line, ok, v.want != "")
			continue
		}
		if !ok {
			continue
		}
		got := c.SDP()
		if _, rest, _ := strings.Cut(got, " 1 "); rest != v.want {
			t.Errorf("%q: SDP = %q, want … 1 %s", v.line, got, v.want)
		}
		if again, ok := CandidateFromSDP(got); !ok || again != c {
			t.Errorf("%q: read back as %+v, %v, want %+v", v.line, again, ok, c)
		}
	}
}

func TestUnusableSDPIsAnError(t *testing.T) {
	whole := capturedSDP(t, "chromium_offer")
	tests := []struct{ name, part, old, new string }{
		{"SHA-1 only", "fingerprint", "a=fingerprint:sha-256", "a=fingerprint:sha-1"},
		{"a digit short", "fingerprint", "5D:6E", "5D:6"},
		{"not hex", "fingerprint", "5D:6E", "5D:6G"},
		{"other separators", "fingerprint", ":5D:6E", ":5D6:E"},
		{"no setup", "setup", "a=setup:actpass", "a=x"},
		{"setup holdconn", "setup", "actpass", "holdconn"},
		{"no ufrag", "ufrag", "a=ice-ufrag", "a=x"},
		{"no pwd", "pwd", "a=ice-pwd", "a=x"},
	}
	for _, v := range tests {
		sdp := strings.Replace(whole, v.old, v.new, 1)
		_, err := FromSDP(0, Offer, sdp)
		e, ok := err.(*Error)
		if sdp == whole || !ok || e.Part != v.part || wire.CodeOf(err) != wire.Desc {
			t.Errorf("%s: error = %v, want part %q", v.name, err, v.part)
		}
	}
	if _, err := FromSDP(0, Answer, whole); wire.CodeOf(err) != wire.Desc {
		t.Errorf("actpass in an answer: %v, want %v", err, wire.Desc)
	}
}

func TestCandidatesBeyond32AreLeftOut(t *testing.T) {
	sdp := capturedSDP(t, "firefox_offer") + strings.Repeat("a=candidate:1 1 udp 2122260223 10.0.0.7 1 typ host\r\n", 100)
	d, err := FromSDP(0, Offer, sdp)
	if err != nil || len(d.Candidates) != wire.Candidates {
		t.Errorf("got %d candidates, %v, want %d", len(d.Candidates), err, wire.Candidates)
	}
}

// Two addresses of one machine must not share a foundation, or one waits for
// the checks of the other.
func TestFoundationsDiffer(t *testing.T) {
	seen := map[string]Candidate{}
	for _, c := range offer().Candidates {
		f, _, _ := strings.Cut(c.SDP(), " ")
		if other, ok := seen[f]; ok {
			t.Errorf("%+v and %+v share foundation %s", c, other, f)
		}
		seen[f] = c
	}
}

// FuzzFromSDP: whatever the browser writes, the peer takes what we make of it.
func FuzzFromSDP(f *testing.F) {
	for _, name := range []string{"chromium_offer", "chromium_answer", "firefox_offer", "firefox_answer"} {
		f.Add(capturedSDP(f, name), strings.HasSuffix(name, "offer"), false)
	}
	f.Fuzz(func(t *testing.T, sdp string, isOffer, loopback bool) {
		r, typ := Rules{Loopback: loopback}, uint8(Answer)
		if isOffer {
			typ = Offer
		}
		d, err := r.FromSDP(0, typ, sdp)
		if err != nil {
			return
		}
		if got, err := Parse(d.Append(nil), r); err != nil || !reflect.DeepEqual(got, d) {
			t.Errorf("over the wire: %+v, %v, want %+v", got, err, d)
		}
	})
}
