package server

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/labstack/echo/v4"

	"beeline/signaling"
	"beeline/signaling/client"
	"beeline/signaling/socket"
	"beeline/signaling/wire"
)

// rawGet sends a request line as it is: clients clean paths up.
func rawGet(t *testing.T, address, target, host string) *http.Response {
	t.Helper()
	c, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(10 * time.Second))
	fmt.Fprintf(c, "GET %s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n", target, host)
	res, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		t.Fatalf("GET %s: %v", target, err)
	}
	b, _ := io.ReadAll(res.Body)
	res.Body = io.NopCloser(bytes.NewReader(b))
	return res
}

// The headers of facts about browsers, on documents and on what may become a
// worker; small ones on everything else.
func TestHeaders(t *testing.T) {
	s := newServer(t, options{})
	for _, path := range []string{"/", "/r", "/assets/page.0123.js", "/favicon.svg"} {
		for _, secure := range []bool{false, true} {
			res := get(s, func(r *http.Request) {
				r.URL.Path, r.Host = path, "127.0.0.1:8080"
				if secure {
					r.TLS = &tls.ConnectionState{}
				}
			})
			csp := res.Header.Get("Content-Security-Policy")
			for _, want := range []string{
				"default-src 'none'", "script-src 'self' 'wasm-unsafe-eval'", "worker-src 'self'", "frame-src 'self'",
				"object-src 'none'", "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'",
				"require-trusted-types-for 'script'", "trusted-types app-worker",
				map[bool]string{false: "connect-src 'self' ws://127.0.0.1:8080;", true: "connect-src 'self' wss://127.0.0.1:8080;"}[secure],
			} {
				if !strings.Contains(csp, want) {
					t.Errorf("%s, TLS %v: policy lacks %q: %s", path, secure, want, csp)
				}
			}
			if strings.Contains(csp, "unsafe-inline") || strings.Contains(csp, "'unsafe-eval'") || strings.Contains(csp, "https:") {
				t.Errorf("%s: policy allows too much: %s", path, csp)
			}
			if got := strings.Contains(csp, "upgrade-insecure-requests"); got != secure {
				t.Errorf("%s, TLS %v: upgrade-insecure-requests %v, want only with TLS", path, secure, got)
			}
			if got := res.Header.Get("Strict-Transport-Security") != ""; got != secure {
				t.Errorf("%s, TLS %v: HSTS %v, want only with TLS", path, secure, got)
			}
			for name, want := range map[string]string{
				"Cross-Origin-Opener-Policy":   "same-origin",
				"Cross-Origin-Embedder-Policy": "require-corp",
				"Cross-Origin-Resource-Policy": "same-origin",
				"Origin-Agent-Cluster":         "?1",
				"Referrer-Policy":              "no-referrer",
				"X-Content-Type-Options":       "nosniff",
			} {
				if got := res.Header.Get(name); got != want {
					t.Errorf("%s: %s %q, want %q", path, name, got, want)
				}
			}
			if !strings.Contains(res.Header.Get("Permissions-Policy"), "microphone=()") {
				t.Errorf("%s: Permissions-Policy %q", path, res.Header.Get("Permissions-Policy"))
			}
		}
	}
	for _, path := range []string{"/assets/bee.4567.wasm", "/healthz", "/nothing"} {
		res := get(s, func(r *http.Request) { r.URL.Path = path })
		for name, want := range map[string]string{"X-Content-Type-Options": "nosniff", "Cross-Origin-Resource-Policy": "same-origin", "Referrer-Policy": "no-referrer"} {
			if got := res.Header.Get(name); got != want {
				t.Errorf("%s: %s %q, want %q", path, name, got, want)
			}
		}
		if c := res.Header.Values("Set-Cookie"); len(c) != 0 {
			t.Errorf("%s sets cookies %q, want none", path, c)
		}
	}
}

// Attack 45: a foreign name that resolves to this machine.
func TestAttack45ForeignHostIsRefused(t *testing.T) {
	s := newServer(t, options{config: func(c *Config) { c.Names = []string{"Send.Example."} }})
	for host, want := range map[string]int{
		"localhost":             200,
		"LOCALHOST:8080":        200,
		"127.0.0.1:8080":        200,
		"[::1]:8080":            200,
		"[2001:db8::1]":         200,
		"192.0.2.7":             200,
		"send.example":          200,
		"SEND.example.:443":     200,
		"evil":                  421,
		"evil.example:8080":     421,
		"localhost.evil":        421,
		"127.0.0.1.evil":        421,
		"127.0.0.1:80;x":        421, // would break out of the policy
		"[::1]:8080;script-src": 421,
		"[fe80::1%25eth0]:80":   421,
		"localhost:123456":      421,
		"":                      421,
	} {
		for _, path := range []string{"/", "/r", "/signal", "/nothing"} {
			res := get(s, func(r *http.Request) { r.Host, r.URL.Path = host, path })
			if got := res.StatusCode == 421; got != (want == 421) {
				t.Errorf("Host %q, %s: status %d, want refused %v", host, path, res.StatusCode, want == 421)
			}
		}
	}
	if res := get(s, func(r *http.Request) { r.Host, r.URL.Path = "10.0.0.1.nip.example", "/healthz" }); res.StatusCode != 200 {
		t.Errorf("a probe under any name: status %d, want 200", res.StatusCode)
	}
}

func TestBodiesAreRefused(t *testing.T) {
	s := newServer(t, options{})
	for _, path := range []string{"/", "/signal", "/healthz"} {
		res := get(s, func(r *http.Request) { r.URL.Path, r.ContentLength = path, 1 })
		if res.StatusCode != http.StatusRequestEntityTooLarge {
			t.Errorf("%s with a body: status %d, want 413", path, res.StatusCode)
		}
	}
}

func TestErrorsHaveOneShape(t *testing.T) {
	s := newServer(t, options{})
	res := get(s, func(r *http.Request) { r.URL.Path = "/nothing" })
	var f struct{ Code, Message string }
	if err := json.NewDecoder(res.Body).Decode(&f); err != nil || f.Code != "not-found" || f.Message == "" {
		t.Errorf("404 as JSON: %+v, %v; want a code and a message", f, err)
	}
	res = get(s, func(r *http.Request) {
		r.URL.Path = "/nothing"
		r.Header.Set("Accept", "text/html,*/*")
	})
	if b := body(t, res); !strings.Contains(b, "<p>There is nothing") || !strings.HasPrefix(res.Header.Get("Content-Type"), "text/html") {
		t.Errorf("404 for a browser: %q", b)
	}
	for err, want := range map[error]struct {
		status int
		code   string
	}{
		signaling.ErrOrigin:                      {403, "foreign-origin"},
		signaling.ErrNotUpgrade:                  {426, "not-websocket"},
		signaling.ErrSubprotocol:                 {400, "subprotocol"},
		signaling.ErrClosing:                     {503, "closing"},
		&signaling.TooManyError{Retry: 1}:        {429, "too-many"},
		fmt.Errorf("wrapped: %w", errNotFound):   {404, "not-found"},
		echo.NewHTTPError(405):                   {405, "method"},
		errors.New("the disk is at /home/alice"): {500, "internal"},
	} {
		f := failureOf(err)
		if f.Status != want.status || f.Code != want.code || strings.Contains(f.Message, "alice") {
			t.Errorf("failureOf(%v) = %+v, want %d %s", err, f, want.status, want.code)
		}
	}
}

func TestPanicIsAnErrorAndIsLoggedByType(t *testing.T) {
	var text bytes.Buffer
	s := newServer(t, options{config: func(c *Config) { c.Log = logTo(&text) }})
	s.echo.GET("/panic", func(echo.Context) error { panic(errors.New("secret of a client")) })
	res := get(s, func(r *http.Request) { r.URL.Path = "/panic" })
	if res.StatusCode != 500 || !strings.Contains(text.String(), "errorString") || strings.Contains(text.String(), "secret of a client") {
		t.Errorf("status %d, log %s; want 500 and the type", res.StatusCode, text.String())
	}
}

// Attack 11: a client that writes another address into X-Forwarded-For with
// every request.
func TestAttack11ForgedForwardingIsLimited(t *testing.T) {
	attempt := func(s *Server, from, forwarded string) int {
		return get(s, func(r *http.Request) {
			r.URL.Path, r.RemoteAddr = "/signal", from
			r.Header = http.Header{
				"Connection": {"Upgrade"}, "Upgrade": {"websocket"},
				"Sec-Websocket-Protocol": {wire.Subprotocol}, "X-Forwarded-For": {forwarded}, "X-Real-Ip": {forwarded},
			}
		}).StatusCode // 400: let in as far as the library's handshake, which lacks a version
	}
	limited := func(s *Server, from func(int) string, forwarded func(int) string) (n int) {
		for i := range 1000 {
			if attempt(s, from(i), forwarded(i)) == http.StatusTooManyRequests {
				n++
			}
		}
		return n
	}
	one := func(int) string { return "192.0.2.1:1234" }
	many := func(i int) string { return fmt.Sprintf("198.51.%d.%d", i/250, i%250) }
	if n := limited(newServer(t, options{}), one, many); n < 900 {
		t.Errorf("%d of 1,000 were limited, want at least 900", n)
	}

	trusting := func() *Server {
		return newServer(t, options{config: func(c *Config) {
			c.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24"), netip.MustParsePrefix("::1/128")}
		}})
	}
	if n := limited(trusting(), one, many); n != 0 {
		t.Errorf("%d of 1,000 clients of a trusted proxy were limited, want none", n)
	}
	// The client's own part of the header comes first; the proxy added the last.
	forged := func(i int) string { return many(i) + ", 203.0.113.9" }
	if n := limited(trusting(), one, forged); n < 900 {
		t.Errorf("%d of 1,000 from one client behind a trusted proxy were limited, want at least 900", n)
	}
	// A client that is no proxy can't pose as one.
	outside := func(int) string { return "203.0.113.9:1234" }
	if n := limited(trusting(), outside, many); n < 900 {
		t.Errorf("%d of 1,000 from outside the trusted range were limited, want at least 900", n)
	}
}

func TestSchemeBehindAProxy(t *testing.T) {
	s := newServer(t, options{config: func(c *Config) {
		c.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("192.0.2.1/32")}
	}})
	for from, want := range map[string]bool{"192.0.2.1:1": true, "[::ffff:192.0.2.1]:1": true, "192.0.2.2:1": false} {
		res := get(s, func(r *http.Request) {
			r.RemoteAddr = from
			r.Header.Set("X-Forwarded-Proto", "https")
		})
		if got := res.Header.Get("Strict-Transport-Security") != ""; got != want {
			t.Errorf("X-Forwarded-Proto from %s believed: %v, want %v", from, got, want)
		}
	}
}

// Attack 9: connections from one address that send nothing, or a byte at a
// time, do not keep others out.
func TestAttack09SilentConnectionsOfOneAddress(t *testing.T) {
	s := newServer(t, options{config: func(c *Config) { c.PerAddress, c.MaxConnections = 8, 12 }})
	address, _ := start(t, s)
	var held []net.Conn
	defer func() {
		for _, c := range held {
			c.Close()
		}
	}()
	for range 40 {
		c, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprint(c, "GET / HT") // and no more
		held = append(held, c)
	}
	open := 0
	for _, c := range held { // those above the limit are closed at once
		_ = c.SetReadDeadline(time.Now().Add(50 * time.Millisecond))
		var timeout net.Error
		if _, err := c.Read(make([]byte, 1)); errors.As(err, &timeout) && timeout.Timeout() {
			open++
		}
	}
	if open != 8 {
		t.Errorf("%d connections of one address are open, want 8", open)
	}
	// Another address (127.0.0.2 is this machine as well) is served at once.
	d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, 2)}}
	began := time.Now()
	c, err := d.DialContext(deadline(t), "tcp", address)
	if err != nil {
		t.Skipf("this machine has no 127.0.0.2: %v", err)
	}
	defer c.Close()
	fmt.Fprint(c, "GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
	res, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil || res.StatusCode != 200 || time.Since(began) > time.Second {
		t.Errorf("another client: %v after %v, want an answer within 1 s", err, time.Since(began))
	}
}

// Attack 9: many idle and some dribbling clients; memory stays flat and an
// honest pair meets within a second.
func TestAttack09IdleAndDribblingClients(t *testing.T) {
	if testing.Short() {
		t.Skip("opens 600 connections")
	}
	s := newServer(t, options{
		config: func(c *Config) { c.ExemptLoopback = true },
		limits: func(l *signaling.Limits) { l.ExemptLoopback = true },
	})
	address, _ := start(t, s)
	const idle, dribbling = 500, 100
	before := memory()
	var wg sync.WaitGroup
	stop, cancel := context.WithCancel(context.Background())
	for i := range idle {
		c, err := socket.Dial(deadline(t), "ws://"+address+"/signal", nil)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Abort()
		var tp wire.Topic
		tp[0], tp[1] = byte(i), byte(i>>8)
		_ = c.Write(stop, wire.AppendSub(nil, wire.Wait, []wire.Topic{tp}))
	}
	for range dribbling {
		c, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		wg.Go(func() {
			defer c.Close()
			for _, b := range []byte("GET / HTTP/1.1\r\nHost: localhost\r\nX: " + strings.Repeat("y", 1000)) {
				if _, err := c.Write([]byte{b}); err != nil || stop.Err() != nil {
					return
				}
				time.Sleep(20 * time.Millisecond)
			}
		})
	}
	grown := int64(memory()) - int64(before)
	began := time.Now()
	w, k := dialSignal(t, address), dialSignal(t, address)
	w.sub(wire.Wait)
	k.send(wire.AppendSub(nil, wire.Knock, []wire.Topic{signalTopic}))
	waiter := k.until(wire.OpJoin).Handle
	k.send(wire.AppendPub(nil, signalTopic, waiter, make([]byte, wire.FrameSize)))
	w.until(wire.OpData)
	if took := time.Since(began); took > time.Second {
		t.Errorf("an honest pair took %v, want at most 1 s", took)
	}
	t.Logf("%d KiB a connection, both ends in this process", grown/(idle+dribbling)/1024)
	if grown > (idle+dribbling)*160<<10 {
		t.Errorf("memory grew by %d KiB, want at most 160 KiB a connection", grown>>10)
	}
	cancel()
	wg.Wait()
}

func memory() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc + m.StackInuse
}

var signalTopic = wire.Topic{7: 7}

type signalClient struct {
	t    *testing.T
	conn socket.Conn
}

func dialSignal(t *testing.T, address string) *signalClient {
	t.Helper()
	c, err := socket.Dial(deadline(t), "ws://"+address+"/signal", nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Abort)
	return &signalClient{t, c}
}

func (c *signalClient) send(msg []byte) {
	c.t.Helper()
	if err := c.conn.Write(deadline(c.t), msg); err != nil {
		c.t.Fatal(err)
	}
}

func (c *signalClient) sub(role uint8) {
	c.t.Helper()
	c.send(wire.AppendSub(nil, role, []wire.Topic{signalTopic}))
	c.until(wire.OpSubbed)
}

// until reads until op comes. A waiter's JOIN may come before its SUBBED.
func (c *signalClient) until(op uint8) wire.ServerMessage {
	c.t.Helper()
	for {
		msg, err := c.conn.Read(deadline(c.t))
		if err != nil {
			c.t.Fatalf("waiting for operation %02x: %v", op, err)
		}
		m, err := wire.ParseServer(bytes.Clone(msg))
		if err != nil {
			c.t.Fatal(err)
		}
		if m.Op == op {
			return m
		}
	}
}

// peer is one end of the integration test: it subscribes whenever there is a
// connection and answers every frame that is not an answer.
type peer struct {
	client *client.Client
	role   uint8
	frames chan byte
	ups    chan struct{}
}

func newPeer(t *testing.T, url string, role uint8) *peer {
	p := &peer{client: client.New(url, nil), role: role, frames: make(chan byte, 16), ups: make(chan struct{}, 16)}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = p.client.Run(ctx, p)
	}()
	t.Cleanup(func() {
		cancel()
		<-done
	})
	return p
}

func (p *peer) Up() {
	_ = p.client.Send(wire.AppendSub(nil, p.role, []wire.Topic{signalTopic}))
	p.ups <- struct{}{}
}

func (p *peer) Down() {}

func (p *peer) Message(msg []byte) {
	m, err := wire.ParseServer(msg)
	if err != nil {
		panic(err)
	}
	switch {
	case m.Op == wire.OpJoin && p.role == wire.Knock:
		_ = p.client.Send(wire.AppendPub(nil, m.Topic, m.Handle, bytes.Repeat([]byte{1}, wire.FrameSize)))
	case m.Op == wire.OpData:
		p.frames <- m.Frame[0]
		if p.role == wire.Wait {
			_ = p.client.Send(wire.AppendPub(nil, m.Topic, m.Handle, bytes.Repeat([]byte{2}, wire.FrameSize)))
		}
	}
}

func (p *peer) await(t *testing.T, what string, want byte) {
	t.Helper()
	select {
	case got := <-p.frames:
		if got != want {
			t.Errorf("%s: frame %d, want %d", what, got, want)
		}
	case <-time.After(15 * time.Second):
		t.Fatalf("%s: no frame within 15 s", what)
	}
}

// Two clients exchange frames through a real server; the server restarts; both
// come back by themselves and exchange frames again.
func TestClientsComeBackAfterARestart(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	stop := serveOn(t, newServer(t, options{}), l)
	w, k := newPeer(t, "ws://"+address+"/signal", wire.Wait), newPeer(t, "ws://"+address+"/signal", wire.Knock)
	w.await(t, "sharer", 1)
	k.await(t, "recipient", 2)

	if err := stop(); err != nil {
		t.Fatalf("Serve = %v, want nil", err)
	}
	if l, err = net.Listen("tcp", address); err != nil {
		t.Fatal(err)
	}
	serveOn(t, newServer(t, options{}), l)
	w.await(t, "sharer after the restart", 1)
	k.await(t, "recipient after the restart", 2)
	if len(w.ups) != 2 || len(k.ups) != 2 {
		t.Errorf("%d and %d connections, want 2 each", len(w.ups), len(k.ups))
	}
}

func TestStoppingServerIsNotReady(t *testing.T) {
	s := newServer(t, options{})
	ask := func() int { return get(s, func(r *http.Request) { r.URL.Path = "/readyz" }).StatusCode }
	if got := ask(); got != 200 {
		t.Errorf("readyz = %d, want 200", got)
	}
	address, stop := start(t, s)
	c := dialSignal(t, address)
	closed := make(chan int)
	go func() {
		_, err := c.conn.Read(deadline(t))
		closed <- socket.CloseCode(err)
	}()
	if err := stop(); err != nil {
		t.Errorf("Serve = %v, want nil", err)
	}
	if got := ask(); got != 503 {
		t.Errorf("readyz of a stopping server = %d, want 503", got)
	}
	if got := get(s, func(r *http.Request) { r.URL.Path = "/healthz" }).StatusCode; got != 200 {
		t.Errorf("healthz of a stopping server = %d, want 200", got)
	}
	if code := <-closed; code != wire.CloseComeBack {
		t.Errorf("a client of a stopped server was closed with %d, want %d", code, wire.CloseComeBack)
	}
}

func TestTLS(t *testing.T) {
	conf, fingerprint, err := TLSSelfSigned([]string{"localhost"}, []net.IP{net.IPv4(127, 0, 0, 1)}, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	s := newServer(t, options{config: func(c *Config) { c.TLS = conf }})
	address, _ := start(t, s)
	var shown string
	hc := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{
		InsecureSkipVerify: true, // the fingerprint is what is compared
		VerifyConnection: func(cs tls.ConnectionState) error {
			shown = Fingerprint(cs.PeerCertificates[0].Raw)
			return cs.PeerCertificates[0].VerifyHostname("127.0.0.1")
		},
	}}}
	defer hc.CloseIdleConnections()
	res, err := hc.Get("https://" + address + "/")
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if shown != fingerprint || len(fingerprint) != 32*3-1 {
		t.Errorf("certificate %s, printed %s; want the same", shown, fingerprint)
	}
	if res.Header.Get("Strict-Transport-Security") == "" {
		t.Error("no HSTS with TLS")
	}
	if _, err := TLSFiles("missing.pem", "missing.key"); err == nil {
		t.Error("TLSFiles of missing files = nil, want an error")
	}
}

// No address and no topic in any log output, at any level: of the server, of
// net/http and of what they stand on.
func TestNothingOfAClientIsLogged(t *testing.T) {
	var text bytes.Buffer
	log := logTo(&text)
	s := newServer(t, options{config: func(c *Config) { c.Log = log }})
	e := errorLog{log, &s.counts.handshakes}
	for _, line := range []string{
		"http: TLS handshake error from 203.0.113.9:4711: EOF\n",
		"http: panic serving 203.0.113.9:4711: boom\n",
		"http: something about [2001:db8::9]:4711 and [fe80::9%eth0]\n",
	} {
		_, _ = e.Write([]byte(line))
	}
	get(s, func(r *http.Request) { r.RemoteAddr, r.Host = "203.0.113.9:1", "evil.example" })
	get(s, func(r *http.Request) { r.RemoteAddr, r.URL.Path = "203.0.113.9:1", "/r" })
	s.writeError(errors.New("dial 203.0.113.9:1: refused"), s.echo.NewContext(mustRequest(), noResponse{}))
	address, stop := start(t, s)
	c := dialSignal(t, address)
	c.sub(wire.Wait)
	c.send([]byte{0x42})
	if _, err := c.conn.Read(deadline(t)); socket.CloseCode(err) != wire.CloseProtocol {
		t.Errorf("after a wrong message: %v, want code %d", err, wire.CloseProtocol)
	}
	_ = stop()
	got := text.String()
	if !strings.Contains(got, "(address)") || s.counts.handshakes.Load() != 1 {
		t.Errorf("the log is %q, %d handshakes counted: the test does not see what it looks for", got, s.counts.handshakes.Load())
	}
	for _, needle := range []string{"203.0.113.9", "2001:db8", "fe80", "127.0.0.1", "evil.example", "[0 0 0 0 0 0 0 7", "00000000000000070"} {
		if strings.Contains(got, needle) {
			t.Errorf("the log contains %q: %s", needle, got)
		}
	}
}

func mustRequest() *http.Request {
	r, err := http.NewRequest(http.MethodGet, "http://localhost/", nil)
	if err != nil {
		panic(err)
	}
	return r
}

type noResponse struct{}

func (noResponse) Header() http.Header         { return http.Header{} }
func (noResponse) Write(b []byte) (int, error) { return len(b), nil }
func (noResponse) WriteHeader(int)             {}
