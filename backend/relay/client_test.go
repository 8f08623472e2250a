package relay

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"testing"
	"time"

	"github.com/pion/logging"
	"github.com/pion/turn/v5"
)

// ways to the relay.
var ways = []string{"udp", "tcp", "tls"}

// relayed starts a relay on loopback with all of them.
func relayed(t *testing.T, l Limits) *Relay {
	t.Helper()
	r, err := Listen(Config{Address: "127.0.0.1:0", Relay: true, TLS: &tls.Config{Certificates: []tls.Certificate{selfSigned(t)}}, TLSAddress: "127.0.0.1:0", Limits: l})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Close)
	return r
}

// A caller is a TURN client with one allocation.
type caller struct {
	client *turn.Client
	conn   net.PacketConn // relayed
	close  func()
}

// call makes an allocation over way, from an address of this machine ("": any).
func call(r *Relay, way, from, user, password string) (*caller, error) {
	var conn net.PacketConn
	local := net.ParseIP("127.0.0.1")
	if from != "" {
		local = net.ParseIP(from)
	}
	if way == "udp" {
		c, err := net.ListenUDP("udp4", &net.UDPAddr{IP: local})
		if err != nil {
			return nil, err
		}
		conn = c
	} else {
		at := r.streams[map[string]int{"tcp": 0, "tls": 1}[way]].Addr().String()
		d := net.Dialer{LocalAddr: &net.TCPAddr{IP: local}, Timeout: 5 * time.Second}
		c, err := d.Dial("tcp", at)
		if err != nil {
			return nil, err
		}
		if way == "tls" {
			c = tls.Client(c, &tls.Config{InsecureSkipVerify: true})
		}
		conn = turn.NewSTUNConn(c)
	}
	client, err := turn.NewClient(&turn.ClientConfig{
		TURNServerAddr: r.Addr().String(), STUNServerAddr: r.Addr().String(), Conn: conn, Username: user, Password: password, Realm: realm,
		RTO:           time.Second,
		LoggerFactory: &logging.DefaultLoggerFactory{Writer: io.Discard, DefaultLogLevel: logging.LogLevelDisabled},
	})
	if err != nil {
		_ = conn.Close()
		return nil, err
	}
	c := &caller{client: client, close: func() { client.Close(); _ = conn.Close() }}
	if err = client.Listen(); err == nil {
		c.conn, err = client.Allocate()
	}
	if err != nil {
		c.close()
		return nil, err
	}
	c.close = func() {
		_ = c.conn.Close() // gives the allocation back
		client.Close()
		_ = conn.Close()
	}
	return c, nil
}

func mustCall(t *testing.T, r *Relay, way, from string) *caller {
	t.Helper()
	user, password := r.Credential()
	c, err := call(r, way, from, user, password)
	if err != nil {
		t.Fatalf("allocate over %s: %v", way, err)
	}
	t.Cleanup(func() { c.close() })
	return c
}

// meet lets two callers send to each other.
func meet(t *testing.T, a, b *caller) {
	t.Helper()
	for _, err := range []error{a.client.CreatePermission(b.conn.LocalAddr()), b.client.CreatePermission(a.conn.LocalAddr())} {
		if err != nil {
			t.Fatalf("a permission for another allocation: %v", err)
		}
	}
}

// receive returns the next packet that comes within d.
func (c *caller) receive(d time.Duration) (string, net.Addr, error) {
	b := make([]byte, 2000)
	_ = c.conn.SetReadDeadline(time.Now().Add(d))
	n, from, err := c.conn.ReadFrom(b)
	return string(b[:n]), from, err
}

// crosses sends from one to the other until it arrives: UDP may lose it.
func crosses(from, to *caller, text string) error {
	for try := range 5 {
		line := fmt.Sprintf("%s %d", text, try)
		if _, err := from.conn.WriteTo([]byte(line), to.conn.LocalAddr()); err != nil {
			return err
		}
		got, at, err := to.receive(time.Second)
		if err == nil && got == line && at.String() == from.conn.LocalAddr().String() {
			return nil
		}
	}
	return errors.New("nothing arrives")
}

// eventually waits for what another goroutine is about to do.
func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	for end := time.Now().Add(5 * time.Second); !is(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("not within 5 s: %s", what)
		}
	}
}
