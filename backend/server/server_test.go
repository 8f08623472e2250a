package server

import (
	"bytes"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/labstack/echo/v4"

	"beeline/signaling"
	"beeline/signaling/socket"
	"beeline/signaling/wire"
)

// The headers of facts about browsers, on documents and on what may become a
// worker; small ones on everything else.
func TestHeaders(t *testing.T) {
	s := newServer(t, options{})
	for _, path := range []string{"/", "/r", "/trust", "/sw.js", "/assets/page.0123.js", "/favicon.svg"} {
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

// A page that is older than its server asks this, and every later version of the
// server answers it. signaling/PROTOCOL.md 6.
func TestPlainRequestIsToldTheSubprotocols(t *testing.T) {
	res := get(newServer(t, options{}), func(r *http.Request) { r.URL.Path = "/signal" })
	if got := res.Header.Get("Sec-WebSocket-Protocol"); res.StatusCode != 426 || got != "beeline.v1" {
		t.Errorf("plain GET of /signal = %d, subprotocols %q; want 426, %q", res.StatusCode, got, "beeline.v1")
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
	c, err := socket.Dial(deadline(t), "wss://"+address+"/signal", hc)
	if err != nil {
		t.Fatal(err)
	}
	c.Abort()
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
