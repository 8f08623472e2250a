package server

import (
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/pion/logging"
	"github.com/pion/turn/v5"

	"beeline/backend/relay"
	"beeline/signaling/socket"
)

// splitting returns a server whose port serves the page and TURN.
func splitting(t *testing.T, take func(net.Conn)) *Server {
	t.Helper()
	conf, _, err := TLSSelfSigned([]string{"localhost"}, []net.IP{net.IPv4(127, 0, 0, 1)}, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	return newServer(t, options{config: func(c *Config) { c.TLS, c.TURN = conf, take }})
}

func turnNever(t *testing.T) func(net.Conn) {
	return func(c net.Conn) {
		t.Error("a web client's connection went to the relay")
		_ = c.Close()
	}
}

// Every way in which a browser or a program asks for the page still works, and
// is known to be over TLS.
func TestPageBesideTURN(t *testing.T) {
	address, _ := start(t, splitting(t, turnNever(t)))
	for name, tt := range map[string]struct {
		protocols []string // named in the handshake
		want      string
	}{
		"HTTP/2":          {[]string{"h2", "http/1.1"}, "HTTP/2.0"},
		"HTTP/1.1":        {[]string{"http/1.1"}, "HTTP/1.1"},
		"nothing is said": {nil, "HTTP/1.1"},
	} {
		tr := &http.Transport{
			ForceAttemptHTTP2: len(tt.protocols) == 2,
			TLSClientConfig:   &tls.Config{InsecureSkipVerify: true, NextProtos: tt.protocols},
		}
		hc := &http.Client{Transport: tr, Timeout: 10 * time.Second}
		for range 2 { // the second on the same connection
			res, err := hc.Get("https://" + address + "/")
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			_, _ = io.Copy(io.Discard, res.Body)
			res.Body.Close()
			if res.Proto != tt.want || res.StatusCode != 200 || res.Header.Get("Strict-Transport-Security") == "" {
				t.Errorf("%s: %s, status %d, HSTS %q; want %s, 200, and HSTS", name, res.Proto, res.StatusCode, res.Header.Get("Strict-Transport-Security"), tt.want)
			}
		}
		if tt.want == "HTTP/1.1" {
			c, err := socket.Dial(deadline(t), "wss://"+address+"/signal", hc)
			if err != nil {
				t.Fatalf("%s: a WebSocket: %v", name, err)
			}
			c.Abort()
		}
		tr.CloseIdleConnections()
	}
	plain, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer plain.Close()
	fmt.Fprint(plain, "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
	_ = plain.SetDeadline(time.Now().Add(10 * time.Second))
	if b, _ := io.ReadAll(plain); !strings.Contains(string(b), " 400 ") || !strings.Contains(string(b), "https") {
		t.Errorf("http to a port for https: %q, want 400 and a sentence", b)
	}
}

// A TURN client is known by its first byte, or by the name RFC 7443 gave it, and
// loses nothing of what it sent.
func TestTURNBesideThePage(t *testing.T) {
	took := make(chan string, 1)
	address, _ := start(t, splitting(t, func(c net.Conn) {
		b := make([]byte, 4)
		_, err := io.ReadFull(c, b)
		_ = c.Close()
		took <- fmt.Sprintf("%x %v", b, err)
	}))
	for _, protocols := range [][]string{nil, {"stun.turn"}, {"http/1.1"}} {
		c, err := tls.Dial("tcp", address, &tls.Config{InsecureSkipVerify: true, NextProtos: protocols})
		if err != nil {
			t.Fatal(err)
		}
		_, _ = c.Write([]byte{0, 3})
		_, _ = c.Write([]byte{0, 8})
		select {
		case got := <-took:
			if got != "00030008 <nil>" {
				t.Errorf("%q: the relay read %s, want all four bytes", protocols, got)
			}
		case <-time.After(5 * time.Second):
			t.Errorf("%q: the relay got nothing", protocols)
		}
		c.Close()
	}
}

// A TURN client that knows nothing of the page gets an allocation on its port.
func TestAllocationOnThePagesPort(t *testing.T) {
	r, err := relay.Listen(relay.Config{Address: "127.0.0.1:0", Relay: true, Beside: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Close)
	address, stop := start(t, splitting(t, r.Take))
	_, port, _ := net.SplitHostPort(address)
	urls := strings.Join(r.URLs("localhost:"+port), " ")
	if want := "turns:localhost:" + port + "?transport=tcp"; !strings.Contains(urls, want) {
		t.Errorf("clients are told %q, want %q in it", urls, want)
	}
	if urls := strings.Join(r.URLs("localhost"), " "); !strings.Contains(urls, "turns:localhost:443?transport=tcp") {
		t.Errorf("clients of the usual port are told %q, want 443 in it", urls)
	}
	c, err := tls.Dial("tcp", address, &tls.Config{InsecureSkipVerify: true})
	if err != nil {
		t.Fatal(err)
	}
	user, password := r.Credential()
	conn := turn.NewSTUNConn(c)
	client, err := turn.NewClient(&turn.ClientConfig{
		TURNServerAddr: r.Addr().String(), STUNServerAddr: r.Addr().String(), Conn: conn, Username: user, Password: password, Realm: "b",
		LoggerFactory: &logging.DefaultLoggerFactory{Writer: io.Discard, DefaultLogLevel: logging.LogLevelDisabled},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	defer client.Close()
	if err := client.Listen(); err != nil {
		t.Fatal(err)
	}
	relayed, err := client.Allocate()
	if err != nil {
		t.Fatalf("allocate: %v", err)
	}
	if n := r.Stats().Allocations; n != 1 {
		t.Errorf("%d allocations, want 1", n)
	}
	// The page's end is not the relay's: what is relayed goes on.
	if err := stop(); err != nil {
		t.Errorf("Serve = %v, want nil", err)
	}
	if n := r.Stats().Allocations; n != 1 {
		t.Errorf("%d allocations after the page's port closed, want 1", n)
	}
	_ = relayed.Close()
}

// Whoever says nothing, in the handshake or after it, is let go.
func TestSilentConnectionsOfASharedPort(t *testing.T) {
	conf, _, err := TLSSelfSigned([]string{"localhost"}, nil, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	shared := func(c *Config) { c.TLS, c.TURN = conf, turnNever(t) }
	onFakeClock(t, shared, func(t *testing.T, dial func() net.Conn) {
		if took := closedAfter(t, dial()); took != readHeaderTimeout {
			t.Errorf("a connection without a handshake was closed after %v, want %v", took, readHeaderTimeout)
		}
		c := tls.Client(dial(), &tls.Config{InsecureSkipVerify: true})
		if err := c.Handshake(); err != nil {
			t.Fatal(err)
		}
		if took := closedAfter(t, c); took != readHeaderTimeout {
			t.Errorf("a connection without a first byte was closed after %v, want %v", took, readHeaderTimeout)
		}
	})
}

// A server that stops lets go of what had not begun.
func TestStopWhileAHandshakeIsUnderWay(t *testing.T) {
	address, stop := start(t, splitting(t, turnNever(t)))
	var open []net.Conn
	for range 3 {
		c, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		open = append(open, c)
	}
	began := time.Now()
	if err := stop(); err != nil {
		t.Errorf("Serve = %v, want nil", err)
	}
	if took := time.Since(began); took > readHeaderTimeout/2 {
		t.Errorf("stopping took %v", took)
	}
	for _, c := range open {
		_ = c.SetReadDeadline(time.Now().Add(5 * time.Second))
		if _, err := c.Read(make([]byte, 1)); err == nil || isTimeoutErr(err) {
			t.Errorf("a connection that had not begun: %v, want it closed", err)
		}
	}
}

func isTimeoutErr(err error) bool {
	n, ok := err.(net.Error)
	return ok && n.Timeout()
}
