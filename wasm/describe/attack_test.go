package describe

import (
	"bytes"
	"errors"
	"net/netip"
	"strings"
	"testing"

	"beeline/wasm/wire"
)

// PROTOCOL.md 3, attack 42: candidates of a peer scan the network, or knock at
// services of the machine itself.
func TestAttack42CandidatesThatScanAreRefused(t *testing.T) {
	tests := []struct {
		addr       string
		ok, onLoop bool // allowed; allowed with Rules.Loopback
	}{
		{"192.168.1.7", true, true},
		{"10.0.0.7", true, true},
		{"203.0.113.9", true, true},
		{"169.254.3.4", true, true},
		{"2001:db8::7", true, true},
		{"fd00::7", true, true},
		{"fe80::7", true, true},

		{"127.0.0.1", false, true},
		{"127.255.255.254", false, true},
		{"::1", false, true},

		{"0.0.0.0", false, false},
		{"0.0.0.1", false, false},
		{"::", false, false},
		{"224.0.0.251", false, false},
		{"239.255.255.250", false, false},
		{"255.255.255.255", false, false},
		{"ff02::fb", false, false},
		{"ff0e::1", false, false},
		{"::ffff:127.0.0.1", false, false},
		{"::ffff:10.0.0.7", false, false},
		{"::ffff:224.0.0.251", false, false},
	}
	for _, v := range tests {
		ip := netip.MustParseAddr(v.addr)
		c := Candidate{Kind: Host, Proto: UDP, Priority: 1, Family: IPv6, Addr: ip.As16(), Port: 80}
		if ip.Is4() {
			a := ip.As4()
			c.Family, c.Addr = IPv4, [16]byte{}
			copy(c.Addr[:], a[:])
		}
		for _, kind := range []uint8{Host, Srflx, Relay} {
			c.Kind = kind
			for _, loop := range []bool{false, true} {
				want := v.ok
				if loop {
					want = v.onLoop
				}
				r := Rules{Loopback: loop}
				d := offer()
				d.Candidates = append(d.Candidates, c)
				_, err := Parse(d.Append(nil), r)
				if got := err == nil; got != want || !want && !errors.Is(err, wire.Desc) {
					t.Errorf("DESC with %s, kind %d, %+v: %v, want allowed = %v", v.addr, kind, r, err, want)
				}
				_, _, err = ParseCandidates(AppendCandidates(nil, 0, []Candidate{c}), r)
				if got := err == nil; got != want {
					t.Errorf("CAND with %s, kind %d, %+v: %v, want allowed = %v", v.addr, kind, r, err, want)
				}
			}
		}
	}
}

func TestAttack42HundredCandidatesAreRefused(t *testing.T) {
	list := make([]Candidate, 100)
	for i := range list {
		list[i] = offer().Candidates[0]
	}
	d := offer()
	d.Candidates = list
	if _, err := Parse(d.Append(nil), Rules{}); !errors.Is(err, wire.Desc) {
		t.Errorf("DESC with 100 candidates: %v, want %v", err, wire.Desc)
	}
	if _, _, err := ParseCandidates(AppendCandidates(nil, 0, list), Rules{}); !errors.Is(err, wire.Desc) {
		t.Errorf("CAND with 100 candidates: %v, want %v", err, wire.Desc)
	}
}

// PROTOCOL.md 3, attack 43: a line break in a field would let a peer write lines
// of its own into the SDP that the browser gets.
func TestAttack43NothingBreaksOutOfTheTemplate(t *testing.T) {
	for _, evil := range []string{"\r\n", "\n", "\r", "\x00", " ", "\u2028", "\xff", "=", ":", "-"} {
		d := offer()
		d.Ufrag = "abcd" + evil + "a=mid:1"
		if _, err := Parse(d.Append(nil), Rules{}); !errors.Is(err, wire.Desc) {
			t.Errorf("ufrag with %q: %v, want %v", evil, err, wire.Desc)
		}
		d = offer()
		d.Pwd += evil + "a=x"
		if _, err := Parse(d.Append(nil), Rules{}); !errors.Is(err, wire.Desc) {
			t.Errorf("pwd with %q: %v, want %v", evil, err, wire.Desc)
		}
	}
	if strings.Contains((&Error{"ufrag"}).Error(), "abcd") {
		t.Error("an error carries what the peer wrote")
	}
}

// A session that may use only a relay, or none, takes no other candidate of a
// peer and tells none of its own, whichever way it comes.
func TestCandidatesOfPathsThatMayNotBeUsed(t *testing.T) {
	for _, tt := range []struct {
		paths uint8
		ok    []uint8
	}{
		{wire.PathsAny, []uint8{Host, Srflx, Relay}},
		{wire.PathsDirect, []uint8{Host, Srflx}},
		{wire.PathsRelay, []uint8{Relay}},
	} {
		r := Rules{Paths: tt.paths}
		for kind := uint8(Host); kind <= Relay; kind++ {
			c := Candidate{Kind: kind, Proto: UDP, Priority: 1, Family: IPv4, Addr: [16]byte{198, 51, 100, 7}, Port: 9}
			want := bytes.Contains(tt.ok, []byte{kind})
			if _, ok := r.CandidateFromSDP(c.SDP()); ok != want {
				t.Errorf("paths %d, kind %d of one's own: told %v, want %v", tt.paths, kind, ok, want)
			}
			d := offer()
			d.Candidates = []Candidate{c}
			if _, err := Parse(d.Append(nil), r); (err == nil) != want {
				t.Errorf("paths %d, kind %d of a peer's DESC: %v, want taken %v", tt.paths, kind, err, want)
			}
			if _, _, err := ParseCandidates(AppendCandidates(nil, 0, d.Candidates), r); (err == nil) != want {
				t.Errorf("paths %d, kind %d of a peer's CAND: %v, want taken %v", tt.paths, kind, err, want)
			}
		}
	}
}
