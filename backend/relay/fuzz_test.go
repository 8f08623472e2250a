package relay

import (
	"bufio"
	"bytes"
	"net"
	"testing"
	"time"

	"github.com/pion/stun/v4"
)

// What the guard lets through is read by the library without a panic.
func FuzzRelayPacket(f *testing.F) {
	for _, p := range relayPackets() {
		f.Add(p)
	}
	f.Fuzz(func(t *testing.T, packet []byte) {
		if !isRelayPacket(packet) {
			return
		}
		if len(packet) > packetMax {
			t.Errorf("%d bytes pass the guard, want at most %d", len(packet), packetMax)
		}
		if isChannel(packet) {
			return
		}
		m := &stun.Message{Raw: bytes.Clone(packet)}
		if err := m.Decode(); err != nil {
			return
		}
		if m.Type.Class != stun.ClassRequest && m.Type != stun.NewType(stun.MethodSend, stun.ClassIndication) {
			t.Errorf("%v passes the guard, want only what clients send", m.Type)
		}
		var a stun.XORMappedAddress
		_ = a.GetFrom(m)
	})
}

// A stream of whatever bytes comes out as whole packets that the guard lets
// through, in order and without a byte changed, or ends.
func FuzzStream(f *testing.F) {
	f.Add(bytes.Join(relayPackets(), nil), 7)
	f.Add([]byte("GET / HTTP/1.1\r\n\r\n"), 3)
	f.Add([]byte{0x40, 0, 0xff, 0xff, 1, 2, 3}, 1)
	f.Fuzz(func(t *testing.T, in []byte, piece int) {
		c := &bytesConn{in: bytes.NewReader(in), piece: max(1, piece%2000)}
		st := &stream{Conn: c, s: &streams{}, r: bufio.NewReaderSize(c, 4096)}
		var out []byte
		buf := make([]byte, packetMax+1)
		for {
			n, err := st.Read(buf)
			if err != nil {
				break
			}
			if !isBindingRequest(buf[:n]) && !isRelayPacket(buf[:n]) {
				t.Fatalf("%x comes out, want only what the guard lets through", buf[:n])
			}
			out = append(out, buf[:n]...)
		}
		if !bytes.HasPrefix(in, out) {
			t.Errorf("%x comes out of %x, want its beginning", out, in)
		}
	})
}

// A user name that passes is written in one way only.
func FuzzExpiry(f *testing.F) {
	for _, name := range []string{"1764000000:AAAA", "0:a", "01:a", ":a", "1:", "-1:a", "99999999999:a", "1764000000", "1:2:3", "+1:a"} {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, name string) {
		until, ok := expiry(name)
		if ok && (until.Unix() < 1 || until.Unix() > 99_999_999_999 || len(name) > 44) {
			t.Errorf("%q is good until %v, want it refused", name, until)
		}
	})
}

func TestRelayPacketsPassAndTheirLikeDoNot(t *testing.T) {
	for i, p := range relayPackets() {
		if !isRelayPacket(p) {
			t.Errorf("packet %d of a client does not pass: %x", i, p)
		}
		for what, bad := range map[string][]byte{"cut": p[:len(p)-4], "longer": append(bytes.Clone(p), 0, 0, 0, 0), "a head": p[:3], "nothing": nil} {
			if isRelayPacket(bad) {
				t.Errorf("packet %d, %s, passes: %x", i, what, bad)
			}
		}
		if got := frameSize(p); got != len(p) {
			t.Errorf("packet %d has %d bytes in a stream, want %d", i, got, len(p))
		}
	}
	for name, m := range map[string]*stun.Message{
		"an empty Allocate": stun.MustBuild(stun.TransactionID, stun.NewType(stun.MethodAllocate, stun.ClassRequest)),
		"a bare Refresh":    stun.MustBuild(stun.TransactionID, stun.NewType(stun.MethodRefresh, stun.ClassRequest)),
		"Connect":           stun.MustBuild(stun.TransactionID, stun.NewType(stun.MethodConnect, stun.ClassRequest)),
		"ConnectionBind":    stun.MustBuild(stun.TransactionID, stun.NewType(stun.MethodConnectionBind, stun.ClassRequest)),
		"Data":              stun.MustBuild(stun.TransactionID, stun.NewType(stun.MethodData, stun.ClassIndication)),
		"an answer":         stun.MustBuild(stun.TransactionID, stun.NewType(stun.MethodAllocate, stun.ClassSuccessResponse)),
	} {
		if isRelayPacket(m.Raw) {
			t.Errorf("%s passes, want it dropped", name)
		}
	}
}

// relayPackets are what clients send.
func relayPackets() [][]byte {
	build := func(method stun.Method, class stun.MessageClass, size int) []byte {
		return stun.MustBuild(stun.TransactionID, stun.NewType(method, class), stun.RawAttribute{Type: stun.AttrData, Value: make([]byte, size)}).Raw
	}
	return [][]byte{
		build(stun.MethodAllocate, stun.ClassRequest, 4), build(stun.MethodRefresh, stun.ClassRequest, 20), build(stun.MethodCreatePermission, stun.ClassRequest, 20),
		build(stun.MethodChannelBind, stun.ClassRequest, 20), build(stun.MethodSend, stun.ClassIndication, 1200),
		append([]byte{0x40, 0, 0, 8}, make([]byte, 8)...), append([]byte{0x7f, 0xff, 0, 5}, make([]byte, 8)...),
	}
}

// A bytesConn is a connection that brings bytes in pieces.
type bytesConn struct {
	net.Conn
	in    *bytes.Reader
	piece int
}

func (c *bytesConn) Read(b []byte) (int, error)      { return c.in.Read(b[:min(len(b), c.piece)]) }
func (c *bytesConn) SetReadDeadline(time.Time) error { return nil }
