package signaling

import (
	"bytes"
	"encoding/hex"
	"os"
	"strconv"
	"strings"
	"testing"

	"beeline/signaling/wire"
)

// TestWorkedExample plays section 8 of PROTOCOL.md through a hub: what clients
// send there is sent, and what they get must be what stands there, byte for
// byte but for the handles and the plate, which are random.
func TestWorkedExample(t *testing.T) {
	lines := exampleLines(t)
	inBubble(t, func(t *testing.T) {
		h := newTestHub(t, nil)
		clients := map[string]*tester{"w": dial(t, h, "192.0.2.1"), "k": dial(t, h, "192.0.2.2")}
		waiting := map[string][]wire.ServerMessage{}
		real := map[uint32]uint32{}       // a handle of the example → the hub's
		plates := map[uint32]uint32{}     // likewise
		topics := map[wire.Topic]uint32{} // a plate's topic at the hub → the plate of the example
		for _, l := range lines {
			c := clients[l.who]
			if l.toHub {
				m, err := wire.ParseClient(l.bytes)
				if err != nil {
					t.Fatalf("line %d: %v", l.number, err)
				}
				if m.Op == wire.OpPub {
					m.Dst = real[m.Dst]
					for at, plate := range topics {
						if m.Topic == wire.PlateTopic(plate) {
							m.Topic = at
						}
					}
				}
				if m.Op == wire.OpClaim {
					m.Plate = plates[m.Plate]
				}
				c.send(wire.AppendClient(nil, m))
				continue
			}
			waiting[l.who] = append(waiting[l.who], c.take()...)
			if len(waiting[l.who]) == 0 {
				t.Fatalf("line %d: %s got nothing, want %x…", l.number, l.who, l.bytes[:min(40, len(l.bytes))])
			}
			got := waiting[l.who][0]
			waiting[l.who] = waiting[l.who][1:]
			want, err := wire.ParseServer(l.bytes)
			if err != nil {
				t.Fatalf("line %d: %v", l.number, err)
			}
			if want.Op == wire.OpJoin {
				real[want.Handle] = got.Handle
			}
			if want.Handle != 0 && got.Handle != real[want.Handle] {
				t.Errorf("line %d: handle %08x, want that of %08x", l.number, got.Handle, want.Handle)
			}
			if want.Op == wire.OpPlateIs {
				if _, known := plates[want.Plate]; !known {
					plates[want.Plate], topics[wire.PlateTopic(got.Plate)] = got.Plate, want.Plate
				}
				if got.Plate != plates[want.Plate] {
					t.Errorf("line %d: plate %d, want that of %d", l.number, got.Plate, want.Plate)
				}
				got.Plate = want.Plate
			}
			if plate, ok := topics[got.Topic]; ok {
				got.Topic = wire.PlateTopic(plate)
			}
			got.Handle = want.Handle
			if b := wire.AppendServer(nil, got); !bytes.Equal(b, l.bytes) {
				t.Errorf("line %d: %s got %x, want %x", l.number, l.who, b, l.bytes)
			}
		}
		for who, c := range clients {
			if rest := append(waiting[who], c.take()...); len(rest) != 0 {
				t.Errorf("%s got %d messages more than the example has", who, len(rest))
			}
		}
	})
}

type exampleLine struct {
	number int
	who    string
	toHub  bool
	bytes  []byte
}

// exampleLines reads the code block of section 8.
func exampleLines(t *testing.T) (lines []exampleLine) {
	t.Helper()
	text, err := os.ReadFile("PROTOCOL.md")
	if err != nil {
		t.Fatal(err)
	}
	in := false
	for i, line := range strings.Split(string(text), "\n") {
		switch {
		case strings.HasPrefix(line, "## "):
			in = strings.HasPrefix(line, "## 8.")
		case in && len(line) > 3 && (line[1] == '>' || line[1] == '<'):
			lines = append(lines, exampleLine{i + 1, line[:1], line[1] == '>', exampleBytes(t, line[2:])})
		}
	}
	if len(lines) < 10 {
		t.Fatalf("%d lines in the worked example, want at least 10", len(lines))
	}
	return lines
}

// exampleBytes reads hex with spaces, where "ee×3" is "eeeeee".
func exampleBytes(t *testing.T, s string) (b []byte) {
	t.Helper()
	for _, word := range strings.Fields(s) {
		digits, times, repeated := strings.Cut(word, "×")
		n := 1
		part, err := hex.DecodeString(digits)
		if err == nil && repeated {
			n, err = strconv.Atoi(times)
		}
		if err != nil {
			t.Fatalf("%q in the worked example: %v", word, err)
		}
		b = append(b, bytes.Repeat(part, n)...)
	}
	return b
}
