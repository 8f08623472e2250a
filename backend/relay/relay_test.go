package relay

import (
	"bytes"
	"flag"
	"fmt"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/pion/stun/v4"

	"beeline/signaling/leaktest"
)

func TestMain(m *testing.M) { leaktest.Main(m) }

func listen(t *testing.T, address string) *Relay {
	t.Helper()
	r, err := Listen(Config{Address: address})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Close)
	return r
}

func dial(t *testing.T, r *Relay) net.Conn {
	t.Helper()
	c, err := net.Dial("udp", r.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// ask sends a Binding request and returns the address in the answer.
func ask(t *testing.T, c net.Conn) stun.XORMappedAddress {
	t.Helper()
	req := stun.MustBuild(stun.TransactionID, stun.BindingRequest)
	_ = c.SetDeadline(time.Now().Add(5 * time.Second))
	buf := make([]byte, 1500)
	for {
		if _, err := c.Write(req.Raw); err != nil {
			t.Fatal(err)
		}
		n, err := c.Read(buf)
		if err != nil {
			t.Fatalf("no answer to a Binding request: %v", err)
		}
		res := &stun.Message{Raw: buf[:n]}
		if err := res.Decode(); err != nil || res.TransactionID != req.TransactionID {
			continue // of something that was sent before
		}
		var a stun.XORMappedAddress
		if err := a.GetFrom(res); err != nil {
			t.Fatalf("answer without XOR-MAPPED-ADDRESS: %v", err)
		}
		return a
	}
}

func TestBindingTellsTheOwnAddress(t *testing.T) {
	for _, address := range []string{"127.0.0.1:0", "[::1]:0", ":0"} {
		r, err := Listen(Config{Address: address})
		if err != nil {
			t.Logf("%s: %v", address, err) // no IPv6 on this machine
			continue
		}
		target := r.Addr()
		if target.Addr().IsUnspecified() { // IPv4 to a socket for both
			target = netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), target.Port())
		}
		c, err := net.Dial("udp", target.String())
		if err != nil {
			t.Fatal(err)
		}
		got, want := ask(t, c), c.LocalAddr().(*net.UDPAddr)
		if !got.IP.Equal(want.IP) || got.Port != want.Port {
			t.Errorf("%s: answer %s, want %s", address, got, want)
		}
		if v4 := len(got.IP) == 4; v4 != (want.IP.To4() != nil) {
			t.Errorf("%s: %d bytes of address, want those of its family", address, len(got.IP))
		}
		c.Close()
		r.Close()
		r.Close() // twice is no error
	}
}

// Attack 29: malformed attributes. GHSA-34rh-wp3j-6cxc ended a server by a
// short XOR-MAPPED-ADDRESS at the end of a message, at the lengths that are
// size classes of Go's allocator.
func TestAttack29ShortAddressDoesNotCrash(t *testing.T) {
	r := listen(t, "127.0.0.1:0")
	c := dial(t, r)
	for _, packet := range shortAddresses() {
		if _, err := c.Write(packet); err != nil {
			t.Fatal(err)
		}
	}
	ask(t, c)
}

// shortAddresses are requests that end in an XOR-MAPPED-ADDRESS (and its
// relatives) of 0 to 8 bytes, padded by a SOFTWARE attribute to each length.
func shortAddresses() (packets [][]byte) {
	for _, attr := range []stun.AttrType{stun.AttrXORMappedAddress, stun.AttrMappedAddress, stun.AttrXORPeerAddress, stun.AttrXORRelayedAddress} {
		for _, total := range []int{24, 32, 48, 64, 80, 96, 112, 128, 256, 512, 1024, 1280} {
			for size := range 9 {
				m := stun.MustBuild(stun.TransactionID, stun.BindingRequest)
				padded := (size + 3) &^ 3
				if fill := total - headerSize - 4 - padded - 4; fill >= 0 {
					m.Add(stun.AttrSoftware, make([]byte, fill))
				}
				m.Add(attr, make([]byte, size))
				packets = append(packets, m.Raw)
			}
		}
	}
	// An attribute whose length goes beyond the message, and one that is cut.
	m := stun.MustBuild(stun.TransactionID, stun.BindingRequest)
	m.Add(stun.AttrXORMappedAddress, make([]byte, 8))
	over := bytes.Clone(m.Raw)
	over[headerSize+2], over[headerSize+3] = 0xff, 0xff
	return append(packets, over, m.Raw[:headerSize+4], m.Raw[:headerSize+1])
}

func TestOnlyBindingIsAnswered(t *testing.T) {
	r := listen(t, "127.0.0.1:0")
	c := dial(t, r)
	for name, packet := range map[string][]byte{
		"nothing":          {},
		"a byte":           {0},
		"text":             []byte("GET / HTTP/1.1\r\n\r\n"),
		"Allocate":         stun.MustBuild(stun.TransactionID, stun.NewType(stun.MethodAllocate, stun.ClassRequest)).Raw,
		"Send indication":  stun.MustBuild(stun.TransactionID, stun.NewType(stun.MethodSend, stun.ClassIndication)).Raw,
		"Binding success":  stun.MustBuild(stun.TransactionID, stun.BindingSuccess).Raw,
		"channel data":     append([]byte{0x40, 0, 0, 16}, make([]byte, 16)...),
		"too long":         append(stun.MustBuild(stun.TransactionID, stun.BindingRequest).Raw, make([]byte, bindingMax)...),
		"length is a lie":  append(stun.MustBuild(stun.TransactionID, stun.BindingRequest).Raw, 0, 0, 0, 0),
		"without a cookie": append([]byte{0, 1, 0, 0}, make([]byte, 16)...),
	} {
		if _, err := c.Write(packet); err != nil {
			t.Fatal(err)
		}
		req := stun.MustBuild(stun.TransactionID, stun.BindingRequest)
		if _, err := c.Write(req.Raw); err != nil {
			t.Fatal(err)
		}
		_ = c.SetReadDeadline(time.Now().Add(5 * time.Second))
		buf := make([]byte, 1500)
		n, err := c.Read(buf)
		if err != nil {
			t.Fatal(err)
		}
		if id := buf[8:headerSize]; n < headerSize || !bytes.Equal(id, req.TransactionID[:]) {
			t.Errorf("%s was answered: %x, want silence", name, buf[:n])
		}
	}
}

// An answer is not worth more to somebody who forges the sender's address than
// two and a half times what it costs.
func TestAnswerIsNoAmplifier(t *testing.T) {
	r := listen(t, "127.0.0.1:0")
	c := dial(t, r)
	req := stun.MustBuild(stun.TransactionID, stun.BindingRequest)
	if _, err := c.Write(req.Raw); err != nil {
		t.Fatal(err)
	}
	_ = c.SetReadDeadline(time.Now().Add(5 * time.Second))
	buf := make([]byte, 1500)
	n, err := c.Read(buf)
	if err != nil || n > len(req.Raw)*5/2 {
		t.Errorf("%d bytes for %d (%v), want at most 2.5 times", n, len(req.Raw), err)
	}
}

func TestEndpoint(t *testing.T) {
	for _, tt := range []struct{ host, bound, want string }{
		{"127.0.0.1:8080", "127.0.0.1:3478", "127.0.0.1:3478"},
		{"localhost:8080", "127.0.0.1:3478", "localhost:3478"},
		{"[::1]:8080", "127.0.0.1:3478", "[::1]:3478"},
		{"send.example", "127.0.0.1:3478", ""}, // nobody out there reaches this
		{"send.example", "0.0.0.0:3478", "send.example:3478"},
		{"send.example:8443", "[::]:3479", "send.example:3479"},
		{"[2001:db8::1]:443", "[::]:3478", "[2001:db8::1]:3478"},
		{"2001:db8::1", "[::]:3478", "[2001:db8::1]:3478"},
		{"send.example", "192.0.2.1:3478", "send.example:3478"},
		{"localhost:8080", "192.0.2.1:3478", "192.0.2.1:3478"},
		{"", "0.0.0.0:3478", ""},
		{"a b", "0.0.0.0:3478", ""},
		{"evil.example?transport=udp", "0.0.0.0:3478", ""},
		{strings.Repeat("a", 300), "0.0.0.0:3478", ""},
	} {
		if got := endpoint(tt.host, netip.MustParseAddrPort(tt.bound)); got != tt.want {
			t.Errorf("Host %q, relay at %s: %q, want %q", tt.host, tt.bound, got, tt.want)
		}
	}
}

func TestPortInUseIsAnError(t *testing.T) {
	r := listen(t, "127.0.0.1:0")
	if again, err := Listen(Config{Address: r.Addr().String()}); err == nil {
		again.Close()
		t.Error("Listen on a port in use = nil, want an error")
	}
}

// What the guard lets through is read by the library without a panic, and is a
// Binding request to it as well.
func FuzzBinding(f *testing.F) {
	f.Fuzz(func(t *testing.T, packet []byte) {
		if !isBindingRequest(packet) {
			return
		}
		m := &stun.Message{Raw: bytes.Clone(packet)}
		if err := m.Decode(); err != nil {
			return
		}
		if m.Type != stun.BindingRequest {
			t.Errorf("%x passes the guard as %v, want only Binding requests", packet, m.Type)
		}
		var a stun.XORMappedAddress
		_ = a.GetFrom(m)
	})
}

var writeCorpus = flag.Bool("write-corpus", false, "write the fuzz corpus anew")

func TestFuzzCorpusIsThere(t *testing.T) {
	dir := filepath.Join("testdata", "fuzz", "FuzzBinding")
	seeds := shortAddresses()
	if *writeCorpus {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		for i := 0; i < len(seeds); i += 20 { // a sample; fuzzing finds the rest
			text := fmt.Sprintf("go test fuzz v1\n[]byte(%q)\n", seeds[i])
			if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("short-%03d", i)), []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	if files, err := os.ReadDir(dir); err != nil || len(files) < len(seeds)/20 {
		t.Errorf("%s has %d seeds (%v), want at least %d", dir, len(files), err, len(seeds)/20)
	}
}
