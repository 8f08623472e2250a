package session

import (
	"fmt"
	"reflect"
	"testing"

	swire "beeline/signaling/wire"
	"beeline/wasm/wire"
)

// What a hub names is used where a browser understands it. PROTOCOL.md d.5.
func TestServersOfTheHub(t *testing.T) {
	good := []string{"turn:send.example:3478?transport=udp", "turns:send.example:5349?transport=tcp"}
	for name, tt := range map[string]struct {
		ice  swire.ICE
		want []ICEServer
	}{
		"none":      {swire.ICE{}, nil},
		"STUN only": {swire.ICE{URLs: []string{"stun:a:1"}}, []ICEServer{{URLs: []string{"stun:a:1"}}}},
		"both": {
			swire.ICE{TTL: 600, Username: "u", Password: "p", URLs: append([]string{"stun:a:1"}, good...)},
			[]ICEServer{{URLs: []string{"stun:a:1"}}, {URLs: good, Username: "u", Password: "p"}},
		},
		"nonsense among them": {
			swire.ICE{TTL: 600, Username: "u", Password: "p", URLs: []string{"not an address", good[0], "stun:", "turn:printer:22?transport=tcp", "http:x"}},
			[]ICEServer{{URLs: good[:1], Username: "u", Password: "p"}},
		},
		"no password": {swire.ICE{TTL: 600, Username: "u", URLs: good}, nil},
		"no name":     {swire.ICE{TTL: 600, Password: "p", URLs: good}, nil},
		"no time":     {swire.ICE{Username: "u", Password: "p", URLs: good}, nil},
	} {
		b := &base{now: 1_000}
		s := &servers{}
		s.gotICE(b, tt.ice)
		if got := s.list(b.now, wire.PathsAny); !reflect.DeepEqual(got, tt.want) {
			t.Errorf("%s: %+v, want %+v", name, got, tt.want)
		}
	}
}

func TestCredentialEnds(t *testing.T) {
	b := &base{now: 1_000}
	s := &servers{}
	s.askICE(b)
	ice := swire.ICE{TTL: 600, Username: "u", Password: "p", URLs: []string{"stun:a:1", "turn:a:3478"}}
	s.gotICE(b, ice)
	asks := func(at int64) bool {
		b.now, b.acts = at, nil
		s.renewICE(b)
		return len(b.acts) == 1
	}
	for _, step := range []struct {
		at   int64
		want bool
	}{{2_000, false}, {300_000, false}, {301_000, true}, {302_000, false}, {360_999, false}, {361_000, true}} {
		if got := asks(step.at); got != step.want {
			t.Errorf("asks at %d ms: %v, want %v", step.at, got, step.want)
		}
	}
	if n := len(s.list(600_999, wire.PathsAny)); n != 2 {
		t.Errorf("%d servers before the credential ends, want STUN and TURN", n)
	}
	if got := s.list(601_000, wire.PathsAny); len(got) != 1 || got[0].Username != "" {
		t.Errorf("%+v after the credential ended, want STUN only", got)
	}
	ice.TTL = 1<<32 - 1
	s.gotICE(b, ice)
	if left := s.until - b.now; left != 24*3_600_000 {
		t.Errorf("a credential for 136 years is used for %d ms, want a day", left)
	}
}

// Whoever waits for hours has a fresh credential when somebody comes, and so has
// the one who comes.
func TestFreshCredentialAfterWaiting(t *testing.T) {
	w := newWorld(t, 1)
	made := make(map[string]int64)
	w.hub.ice = func() swire.ICE {
		name := fmt.Sprint(len(made) + 1)
		made[name] = w.now
		return swire.ICE{TTL: 600, Username: name, Password: "p", URLs: []string{"stun:127.0.0.1:3478", "turn:127.0.0.1:3478?transport=udp"}}
	}
	s := w.share(1, tiny()...)
	w.run(43 * 60_000)
	if n := len(made); n < 7 || n > 9 {
		t.Errorf("%d credentials in 43 minutes, want one each five", n)
	}
	used := make(map[string]int)
	see := func(a Action) {
		if pc, ok := a.(MakePC); ok {
			if len(pc.ICE) != 2 || pc.ICE[1].Password != "p" {
				t.Fatalf("a connection with %+v, want STUN and TURN", pc.ICE)
			}
			used[pc.ICE[1].Username]++
			if age := w.now - made[pc.ICE[1].Username]; age > freshICE {
				t.Errorf("the credential is %d ms old, want at most %d", age, freshICE)
			}
		}
	}
	w.sharer.log = see
	r, err := NewReceiver(s.Link(), w.config(1))
	if err != nil {
		t.Fatal(err)
	}
	n := w.node("recipient", r)
	n.log = see
	n.online()
	n.handle(Connect{})
	w.wait(5_000, "the list comes", func() bool { return r.View().Listed })
	if len(used) != 2 {
		t.Errorf("two sides used %d credentials, want two", len(used))
	}
}
