package describe

import (
	"bytes"
	"encoding/hex"
	"errors"
	"reflect"
	"strings"
	"testing"

	"beeline/wasm/wire"
)

const (
	uuid   = "1b671a64-40d5-491e-99b0-da01ff1f3341"
	digits = "AB:CD" + ":00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD"
)

// offerHex is the vector of PROTOCOL.md d.4, in hex, spaces between the fields.
const offerHex = "03 01 01" + // pc, offer, actpass
	" 04 41622B2F" + // ufrag Ab+/
	" 16 303132333435363738396162636465666768696A6B6C" + // pwd
	" ABCD00112233445566778899AABBCCDDEEFF00112233445566778899AABBCCDD" +
	" 04" +
	" 01 01 7E7F1EFF 04 C0A80107 C350" + // host, udp
	" 01 01 7E7F1EFF 07 1B671A6440D5491E99B0DA01FF1F3341 C351" + // host, udp, mDNS
	" 01 02 5A7FFFFF 06 20010DB8000000000000000000000007 0009" + // host, tcp active
	" 02 01 647F1EFF 04 CB007109 C350" // srflx, udp

func offer() Description {
	d := Description{PC: 3, Type: Offer, Setup: ActPass, Ufrag: "Ab+/", Pwd: "0123456789abcdefghijkl"}
	d.Fingerprint = [32]byte(unhex("ABCD00112233445566778899AABBCCDDEEFF00112233445566778899AABBCCDD"))
	d.Candidates = []Candidate{
		{Host, UDP, 2122260223, IPv4, [16]byte{192, 168, 1, 7}, 50000},
		{Host, UDP, 2122260223, MDNS, [16]byte(unhex("1B671A6440D5491E99B0DA01FF1F3341")), 50001},
		{Host, TCPActive, 1518338047, IPv6, [16]byte{0x20, 1, 0xD, 0xB8, 15: 7}, 9},
		{Srflx, UDP, 1686052607, IPv4, [16]byte{203, 0, 113, 9}, 50000},
	}
	return d
}

func unhex(s string) []byte {
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		panic(err)
	}
	return b
}

func TestDescriptionIsTheseBytes(t *testing.T) {
	want := unhex(offerHex)
	if got := offer().Append(nil); !bytes.Equal(got, want) {
		t.Errorf("Append = %X, want %X", got, want)
	}
	if got, err := Parse(want, Rules{}); err != nil || !reflect.DeepEqual(got, offer()) {
		t.Errorf("Parse = %+v, %v, want %+v", got, err, offer())
	}
}

func TestCandidatesAreTheseBytes(t *testing.T) {
	list := offer().Candidates[2:]
	want := unhex("03 02 01 02 5A7FFFFF 06 20010DB8000000000000000000000007 0009 02 01 647F1EFF 04 CB007109 C350")
	if got := AppendCandidates(nil, 3, list); !bytes.Equal(got, want) {
		t.Errorf("AppendCandidates = %X, want %X", got, want)
	}
	pc, got, err := ParseCandidates(want, Rules{})
	if err != nil || pc != 3 || !reflect.DeepEqual(got, list) {
		t.Errorf("ParseCandidates = %d, %+v, %v, want 3, %+v", pc, got, err, list)
	}
}

// What the peer reads is what the template says, and nothing else. DESIGN: the
// template opened channels between every pair of Chromium, Firefox and pion.
func TestSDPIsTheTemplate(t *testing.T) {
	want := strings.Join([]string{
		"v=0",
		"o=- 1 1 IN IP4 0.0.0.0",
		"s=-",
		"t=0 0",
		"a=group:BUNDLE 0",
		"m=application 9 UDP/DTLS/SCTP webrtc-datachannel",
		"c=IN IP4 0.0.0.0",
		"a=mid:0",
		"a=ice-ufrag:Ab+/",
		"a=ice-pwd:0123456789abcdefghijkl",
		"a=fingerprint:sha-256 " + digits,
		"a=setup:actpass",
		"a=sctp-port:5000",
		"a=max-message-size:65535",
		"a=candidate:3196184237 1 udp 2122260223 192.168.1.7 50000 typ host",
		"a=candidate:796059042 1 udp 2122260223 " + uuid + ".local 50001 typ host",
		"a=candidate:3336775683 1 tcp 1518338047 2001:db8::7 9 typ host tcptype active",
		"a=candidate:80599285 1 udp 1686052607 203.0.113.9 50000 typ srflx raddr 0.0.0.0 rport 0",
		"a=end-of-candidates",
		"",
	}, "\r\n")
	if got := offer().SDP(); got != want {
		t.Errorf("SDP =\n%s\nwant\n%s", got, want)
	}
	if got, err := FromSDP(3, Offer, want); err != nil || !reflect.DeepEqual(got, offer()) {
		t.Errorf("FromSDP = %+v, %v, want %+v", got, err, offer())
	}
}

func TestLongestDescriptionFitsAFrame(t *testing.T) {
	d := offer()
	d.Ufrag, d.Pwd = strings.Repeat("u", ufragMax), strings.Repeat("p", pwdMax)
	d.Candidates = nil
	for range wire.Candidates {
		d.Candidates = append(d.Candidates, offer().Candidates[1])
	}
	b := d.Append(nil)
	if got, want := len(b), 934; got != want {
		t.Errorf("DESC is %d bytes, want %d (935 with its type, PROTOCOL d.3)", got, want)
	}
	if _, err := Parse(b, Rules{}); err != nil {
		t.Errorf("Parse of the longest: %v", err)
	}
	if got, want := len(AppendCandidates(nil, 3, d.Candidates)), 802; got != want {
		t.Errorf("CAND is %d bytes, want %d (803 with its type)", got, want)
	}
}

func TestDescriptionCutOrExtendedIsRefused(t *testing.T) {
	whole := unhex(offerHex)
	for n := range len(whole) {
		if _, err := Parse(whole[:n], Rules{}); !errors.Is(err, wire.Desc) {
			t.Errorf("cut to %d bytes: %v, want %v", n, err, wire.Desc)
		}
	}
	if _, err := Parse(append(whole, 0), Rules{}); !errors.Is(err, wire.Desc) {
		t.Errorf("a zero after the end: %v, want %v", err, wire.Desc)
	}
	cand := AppendCandidates(nil, 1, offer().Candidates)
	for n := range len(cand) {
		if _, _, err := ParseCandidates(cand[:n], Rules{}); !errors.Is(err, wire.Desc) {
			t.Errorf("CAND cut to %d bytes: %v, want %v", n, err, wire.Desc)
		}
	}
}

func TestDescriptionRules(t *testing.T) {
	tests := []struct {
		name, part string
		change     func(*Description)
	}{
		{"connection 255", "form", func(d *Description) { d.PC = 255 }},
		{"type 0", "form", func(d *Description) { d.Type = 0 }},
		{"type 3", "form", func(d *Description) { d.Type = 3 }},
		{"setup 0", "setup", func(d *Description) { d.Setup = 0 }},
		{"setup 4", "setup", func(d *Description) { d.Setup = 4 }},
		{"an answer that leaves the role open", "setup", func(d *Description) { d.Type = Answer }},
		{"ufrag of 3", "ufrag", func(d *Description) { d.Ufrag = "abc" }},
		{"ufrag of 33", "ufrag", func(d *Description) { d.Ufrag = strings.Repeat("a", 33) }},
		{"ufrag of 255", "ufrag", func(d *Description) { d.Ufrag = strings.Repeat("a", 255) }},
		{"ufrag with a space", "ufrag", func(d *Description) { d.Ufrag = "ab d" }},
		{"ufrag with another letter", "ufrag", func(d *Description) { d.Ufrag = "abé" }},
		{"pwd of 21", "pwd", func(d *Description) { d.Pwd = d.Pwd[1:] }},
		{"pwd of 65", "pwd", func(d *Description) { d.Pwd = strings.Repeat("a", 65) }},
		{"33 candidates", "form", func(d *Description) {
			d.Candidates = nil
			for range 33 {
				d.Candidates = append(d.Candidates, offer().Candidates[0])
			}
		}},
		{"family 5", "form", func(d *Description) { d.Candidates[0].Family = 5 }},
		{"priority 0", "candidate", func(d *Description) { d.Candidates[0].Priority = 0 }},
		{"priority 2³¹", "candidate", func(d *Description) { d.Candidates[0].Priority = 1 << 31 }},
		{"kind 0", "candidate", func(d *Description) { d.Candidates[0].Kind = 0 }},
		{"kind 4", "candidate", func(d *Description) { d.Candidates[0].Kind = 4 }},
		{"proto 0", "candidate", func(d *Description) { d.Candidates[0].Proto = 0 }},
		{"proto 4", "candidate", func(d *Description) { d.Candidates[0].Proto = 4 }},
		{"port 0", "candidate", func(d *Description) { d.Candidates[0].Port = 0 }},
		{"mDNS of a relay", "candidate", func(d *Description) { d.Candidates[1].Kind = Relay }},
	}
	for _, v := range tests {
		d := offer()
		v.change(&d)
		_, err := Parse(d.Append(nil), Rules{})
		var e *Error
		if !errors.As(err, &e) || e.Part != v.part || wire.CodeOf(err) != wire.Desc {
			t.Errorf("%s: error = %v, want part %q, %v", v.name, err, v.part, wire.Desc)
		}
	}
}

// FuzzParse: what is accepted is what Append writes, and its SDP is read back as
// the same description, so that nothing in it can break out of the template.
func FuzzParse(f *testing.F) {
	f.Add(unhex(offerHex), false)
	f.Fuzz(func(t *testing.T, b []byte, loopback bool) {
		r := Rules{Loopback: loopback}
		d, err := Parse(b, r)
		if err != nil {
			if wire.CodeOf(err) != wire.Desc {
				t.Errorf("code of %v = %v, want %v", err, wire.CodeOf(err), wire.Desc)
			}
			return
		}
		if got := d.Append(nil); !bytes.Equal(got, b) {
			t.Errorf("Append = %X, want %X", got, b)
		}
		sdp := d.SDP()
		if got, err := r.FromSDP(d.PC, d.Type, sdp); err != nil || !reflect.DeepEqual(got, d) {
			t.Errorf("through SDP: %+v, %v, want %+v", got, err, d)
		}
		if got, want := strings.Count(sdp, "\n"), 15+len(d.Candidates); got != want {
			t.Errorf("SDP has %d lines, want %d", got, want)
		}
	})
}

func FuzzParseCandidates(f *testing.F) {
	f.Add(AppendCandidates(nil, 3, offer().Candidates), false)
	f.Fuzz(func(t *testing.T, b []byte, loopback bool) {
		pc, list, err := ParseCandidates(b, Rules{Loopback: loopback})
		if err != nil {
			return
		}
		if got := AppendCandidates(nil, pc, list); !bytes.Equal(got, b) {
			t.Errorf("AppendCandidates = %X, want %X", got, b)
		}
	})
}
