package signaling

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"beeline/signaling/wire"
)

var writeCorpus = flag.Bool("write-corpus", false, "write the fuzz corpus anew")

// FuzzHub runs a script of what four clients do, half of it well formed and
// half raw bytes, and holds the hub to its rules: who gets a frame holds the
// topic in the other role than its sender, JOIN and LEAVE come in pairs, and
// nothing is left when everybody has gone.
//
// A step is: client (2 bits) and action (2 bits), argument. Actions: SUB, UNSUB,
// PUB to the n-th handle that was told, raw message of that length; of the last,
// arguments from 0xf0 on are plates: allotted, given up, or the n-th one claimed.
func FuzzHub(f *testing.F) {
	f.Fuzz(func(t *testing.T, script []byte) {
		l := DefaultLimits()
		l.Members, l.Topics, l.Queue, l.QueuePerPeer, l.Tenure = 3, 4, 4, 2, 0 // so that short scripts reach them
		bus := NewMemoryBus(l)
		h := NewHub(Config{Bus: bus, Limits: l})
		m := &model{t: t}
		for i := range m.clients {
			c := newConn(h, nil, Address(i/2+1), "host") // two addresses
			m.clients[i] = &modelClient{conn: c, present: make(map[seatKey]bool)}
		}
		for len(script) >= 2 {
			c, action, arg := m.clients[script[0]>>6], script[0]>>4&3, script[1]
			script = script[2:]
			switch action {
			case 0:
				m.do(c, wire.AppendSub(nil, arg>>7, topics(int(arg&7), 1+int(arg>>3&3))))
			case 1:
				m.do(c, wire.AppendUnsub(nil, topics(int(arg&7), 1+int(arg>>3&3))))
			case 2:
				topic, handle := c.nth(int(arg))
				m.do(c, wire.AppendPub(nil, topic, handle, frame(arg)))
			case 3:
				if arg >= 0xf0 {
					m.do(c, m.plate(arg&15))
					break
				}
				n := min(int(arg), len(script))
				m.do(c, script[:n])
				script = script[n:]
			}
			m.drain()
		}
		for _, c := range m.clients {
			c.conn.exit()
			clear(c.present) // it is gone, and told nothing any more
			m.drain()
		}
		for i, c := range m.clients {
			if len(c.present) != 0 {
				t.Errorf("client %d was told of %d members that never left", i, len(c.present))
			}
		}
		if topics, plates := bus.Topics(), bus.Plates(); topics != 0 || plates != 0 {
			t.Errorf("%d topics and %d plates after everybody left, want 0", topics, plates)
		}
	})
}

type seatKey struct {
	topic  wire.Topic
	handle uint32
}

type model struct {
	t       *testing.T
	clients [4]*modelClient
	plates  []uint32 // as they were told
}

type modelClient struct {
	conn    *conn
	present map[seatKey]bool
	told    []seatKey
}

func (c *modelClient) nth(n int) (wire.Topic, uint32) {
	if len(c.told) == 0 {
		return topic(n & 7), uint32(n)
	}
	k := c.told[n%len(c.told)]
	return k.topic, k.handle
}

// do gives the hub one message as the connection's reader would.
func (m *model) do(c *modelClient, msg []byte) {
	parsed, err := wire.ParseClient(msg)
	if err != nil {
		return // closes the connection with 1002: tested elsewhere
	}
	c.conn.dropLost()
	c.conn.carryOut(parsed)
	switch parsed.Op {
	case wire.OpUnsub, wire.OpPlateFree, wire.OpClaim: // what was told of topics given up is void
		for k := range c.present {
			if c.conn.seats[k.topic] == nil {
				delete(c.present, k)
			}
		}
	}
}

// plate returns what is said about plates in a script.
func (m *model) plate(arg byte) []byte {
	switch {
	case arg == 0:
		return wire.AppendAlloc(nil)
	case arg == 1:
		return wire.AppendFree(nil)
	case int(arg-2) < len(m.plates):
		return wire.AppendClaim(nil, m.plates[arg-2])
	}
	return wire.AppendClaim(nil, uint32(arg))
}

// drain reads what every client was sent and checks it against the rules.
func (m *model) drain() {
	for i, c := range m.clients {
		for it, ok := c.conn.out.pop(); ok; it, ok = c.conn.out.pop() {
			msg, err := wire.ParseServer(it.message(nil))
			if err != nil {
				m.t.Fatalf("client %d was sent %x: %v", i, it.message(nil), err)
			}
			k := seatKey{msg.Topic, msg.Handle}
			switch msg.Op {
			case wire.OpJoin:
				if c.present[k] {
					m.t.Errorf("client %d was told twice that %08x is there", i, k.handle)
				}
				c.present[k] = true
				c.told = append(c.told, k)
			case wire.OpLeave:
				if !c.present[k] {
					m.t.Errorf("client %d was told that %08x left, but not that it came", i, k.handle)
				}
				delete(c.present, k)
			case wire.OpPlateIs:
				m.plates = append(m.plates, msg.Plate)
				if c.conn.seats[wire.PlateTopic(msg.Plate)] == nil {
					m.t.Errorf("client %d was told a plate that it does not hold", i)
				}
			case wire.OpData:
				if !c.present[k] {
					m.t.Errorf("client %d got a frame from %08x, of whom it was not told", i, k.handle)
				}
			}
		}
		c.conn.dropLost()
		for _, s := range c.conn.seats {
			if s.role > wire.Wait {
				m.t.Errorf("client %d has role %d", i, s.role)
			}
		}
		if w, k := len(c.conn.plates(wire.Wait)), len(c.conn.plates(wire.Knock)); w > 1 || k > 1 {
			m.t.Errorf("client %d has %d plates and %d claims", i, w, k)
		}
		if n := len(c.conn.seats); n > c.conn.hub.limits.Topics {
			m.t.Errorf("client %d holds %d topics, want at most %d", i, n, c.conn.hub.limits.Topics)
		}
	}
}

// scripts are the seeds: meetings, refusals, displacements, junk.
func scripts() map[string][]byte {
	pub := wire.AppendPub(nil, topic(1), 1, frame(1))
	s := map[string][]byte{
		"meet":      {0x00, 0x81, 0x40, 0x01, 0x60, 0x00, 0x20, 0x00, 0x50, 0x01, 0x10, 0x01},
		"both-role": {0x00, 0x81, 0x00, 0x01, 0x60, 0x00},
		"displace":  {0x00, 0x81, 0x40, 0x01, 0x80, 0x01, 0xc0, 0x01, 0x40, 0x81, 0x40, 0x01, 0x80, 0x81, 0x00, 0x81, 0x20, 0x00},
		"many":      {0x00, 0x98, 0x00, 0x9c, 0x40, 0x18, 0x40, 0x1c, 0x60, 0x00, 0x60, 0x01, 0x60, 0x02, 0x60, 0x03},
		"raw":       {0x30, 0x01, 0x07, 0x30, 0x02, 0x01, 0x01, 0x30, 0x05, 0x05, 0, 0, 0, 1, 0x30, 0x00},
	}
	s["plates"] = []byte{0x30, 0xf0, 0x70, 0xf2, 0x60, 0x00, 0x20, 0x00, 0xb0, 0xf2, 0xf0, 0xf0, 0x70, 0xf3, 0x30, 0xf1, 0x70, 0xf2, 0x30, 0xf0, 0x30, 0xf0, 0xb0, 0xff}
	s["raw-sub"] = append([]byte{0x30, 99}, wire.AppendSub(nil, wire.Wait, topics(1, 3))...)
	s["raw-pub"] = append([]byte{0x00, 0x01, 0x30, 0xff}, pub[:255]...)
	var burst []byte
	for range 12 {
		burst = append(burst, 0x60, 0x00)
	}
	s["burst"] = append([]byte{0x00, 0x81, 0x40, 0x01}, burst...)
	return s
}

func TestFuzzCorpusIsThere(t *testing.T) {
	dir := filepath.Join("testdata", "fuzz", "FuzzHub")
	set := scripts()
	if *writeCorpus {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		for name, script := range set {
			text := fmt.Sprintf("go test fuzz v1\n[]byte(%q)\n", script)
			if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	files, err := os.ReadDir(dir)
	if err != nil || len(files) < len(set) {
		t.Errorf("%s has %d seeds (%v), want at least %d", dir, len(files), err, len(set))
	}
}
