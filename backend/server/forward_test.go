package server

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"beeline/signaling/socket"
	"beeline/signaling/wire"
)

// local starts a server that a person runs for themself, in front of a public one.
func local(t *testing.T, public string) (base string) {
	t.Helper()
	to, err := url.Parse(public)
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_, port, _ := net.SplitHostPort(l.Addr().String())
	s, err := New(Config{Assets: page(), Forward: &Forward{To: to, Port: port}, ExemptLoopback: true})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Serve(ctx, l) }()
	t.Cleanup(func() {
		stop()
		select {
		case err := <-done:
			if err != nil {
				t.Error(err)
			}
		case <-time.After(5 * time.Second):
			t.Error("it does not stop while a WebSocket is open")
		}
	})
	return "http://127.0.0.1:" + port
}

func ask(t *testing.T, base, path string, change func(*http.Request)) *http.Response {
	t.Helper()
	r, err := http.NewRequest(http.MethodGet, base+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	if change != nil {
		change(r)
	}
	c := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	res, err := c.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { res.Body.Close() })
	return res
}

// The page is there under this computer's own name and port, and no other: a name
// that somebody else lets lead here (DNS rebinding) gets nothing.
func TestALocalPageAnswersToLoopbackOnly(t *testing.T) {
	base := local(t, "https://send.example")
	port := strings.TrimPrefix(base, "http://127.0.0.1:")
	for host, want := range map[string]int{
		"127.0.0.1:" + port: 200, "localhost:" + port: 200, "[::1]:" + port: 200, "LOCALHOST:" + port: 200,
		"127.0.0.1": 421, "127.0.0.1:1": 421, "192.0.2.1:" + port: 421, "evil.example:" + port: 421, "evil.localhost:" + port: 421,
		"127.0.0.1.evil.example:" + port: 421, "127.0.0.2:" + port: 421, "[::ffff:127.0.0.1]:" + port: 421, "send.example": 421,
	} {
		for _, path := range []string{"/", "/server.txt", "/signal"} {
			res := ask(t, base, path, func(r *http.Request) { r.Host = host })
			wanted := want
			if path == "/signal" && want == 200 {
				wanted = http.StatusForbidden // there is no Origin
			}
			if res.StatusCode != wanted {
				t.Errorf("%s of %s: status %d, want %d", path, host, res.StatusCode, wanted)
			}
		}
	}
	for _, c := range []struct {
		s    string
		want string
	}{{base, "https://send.example\n"}} {
		body := make([]byte, 100)
		n, _ := ask(t, c.s, "/server.txt", nil).Body.Read(body)
		if string(body[:n]) != c.want {
			t.Errorf("/server.txt has %q", body[:n])
		}
	}
}

// A page of this server meets others at the public one; a foreign page does not.
func TestFramesGoThrough(t *testing.T) {
	var seen http.Header
	hub := newServer(t, options{})
	public := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seen = r.Header.Clone()
		hub.Handler().ServeHTTP(w, r)
	}))
	t.Cleanup(public.Close)
	base := local(t, public.URL)
	handshake := func(origin ...string) http.Header {
		h := http.Header{"Upgrade": {"websocket"}, "Connection": {"Upgrade"}, "Sec-Websocket-Version": {"13"}, "Sec-Websocket-Key": {"MDEyMzQ1Njc4OWFiY2RlZg=="}, "Sec-Websocket-Protocol": {wire.Subprotocol}}
		if len(origin) > 0 {
			h["Origin"] = origin
		}
		return h
	}
	for _, origin := range [][]string{{"https://evil.example"}, {"http://localhost:1"}, {"null"}, {}, {base, base}} {
		res := ask(t, base, "/signal", func(r *http.Request) { r.Header = handshake(origin...) })
		if res.StatusCode != http.StatusForbidden {
			t.Errorf("Origin %q: status %d, want 403", origin, res.StatusCode)
		}
	}
	seen = nil
	within, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	c, err := socket.Dial(within, "ws"+strings.TrimPrefix(base, "http")+"/signal", &http.Client{Transport: with{http.Header{
		"Origin": {base}, "Cookie": {"a=secret"}, "Accept-Language": {"de"}, "User-Agent": {"a browser"},
	}}})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Abort()
	if err := c.Write(within, []byte{0xff}); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Read(within); socket.CloseCode(err) <= 0 {
		t.Errorf("what the hub does not understand ends with %v, want its close code", err)
	}
	for name := range seen {
		if name == "Cookie" || name == "Accept-Language" || strings.HasPrefix(name, "X-") || name == "User-Agent" && seen.Get(name) != "" {
			t.Errorf("the public server learns %s", name)
		}
	}
	if seen.Get("Origin") != public.URL {
		t.Errorf("the public server sees Origin %q", seen.Get("Origin"))
	}
}

// with adds headers to what is asked.
type with struct{ headers http.Header }

func (w with) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	for name, values := range w.headers {
		r.Header[name] = values
	}
	return http.DefaultTransport.RoundTrip(r)
}

// Whatever a public server answers in the place of a WebSocket, nothing of it gets
// under this computer's origin.
func TestNothingOfThePublicServerComesThrough(t *testing.T) {
	for name, answer := range map[string]http.HandlerFunc{
		"a document": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Set-Cookie", "a=b")
			w.Header().Set("Content-Type", "text/html")
			w.Write([]byte("<script>evil()</script>"))
		},
		"another address": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "https://evil.example/", http.StatusFound)
		},
		"a hint before": func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Set-Cookie", "a=b")
			w.WriteHeader(http.StatusEarlyHints)
			w.WriteHeader(http.StatusOK)
		},
		"a cookie with the socket": func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Set-Cookie", "a=b")
			w.Header().Set("Service-Worker-Allowed", "/")
			if c, err := socket.Accept(w, r); err == nil {
				c.Abort()
			}
		},
	} {
		public := httptest.NewServer(answer)
		base := local(t, public.URL)
		res := ask(t, base, "/signal", func(r *http.Request) {
			r.Header = http.Header{"Origin": {base}, "Upgrade": {"websocket"}, "Connection": {"Upgrade"}, "Sec-Websocket-Version": {"13"}, "Sec-Websocket-Key": {"MDEyMzQ1Njc4OWFiY2RlZg=="}, "Sec-Websocket-Protocol": {wire.Subprotocol}}
		})
		body := make([]byte, 200)
		n, _ := res.Body.Read(body)
		if res.StatusCode != http.StatusBadGateway && res.StatusCode != http.StatusSwitchingProtocols || strings.Contains(string(body[:n]), "evil") {
			t.Errorf("%s: status %d, %q", name, res.StatusCode, body[:n])
		}
		for _, h := range []string{"Set-Cookie", "Location", "Service-Worker-Allowed"} {
			if res.Header.Get(h) != "" {
				t.Errorf("%s: %s came through", name, h)
			}
		}
		res.Body.Close()
		public.Close()
	}
	base := local(t, "http://127.0.0.1:1") // nobody
	res := ask(t, base, "/signal", func(r *http.Request) {
		r.Header = http.Header{"Origin": {base}, "Upgrade": {"websocket"}, "Connection": {"Upgrade"}}
	})
	if res.StatusCode != http.StatusBadGateway {
		t.Errorf("nobody there: status %d, want 502", res.StatusCode)
	}
}
