package signaling

import (
	"bufio"
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strconv"
	"strings"
	"testing"
	"time"

	"beeline/signaling/leaktest"
	"beeline/signaling/socket"
	"golang.org/x/time/rate"

	"beeline/signaling/wire"
)

func TestMain(m *testing.M) { leaktest.Main(m) }

// serveHub puts a hub behind a real HTTP server. An error before the upgrade is
// answered with 400 and handed to refused.
func serveHub(t *testing.T, h *Hub, refused func(error)) *httptest.Server {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := h.Upgrade(w, r, netip.MustParseAddr("127.0.0.1")); err != nil {
			if refused != nil {
				refused(err)
			}
			http.Error(w, "refused", http.StatusBadRequest)
		}
	}))
	t.Cleanup(s.Close)
	t.Cleanup(h.Close) // before the server: it does not know hijacked connections
	return s
}

// upgrade sends a raw handshake, so that nothing is added to it.
func upgrade(t *testing.T, s *httptest.Server, header http.Header) *http.Response {
	t.Helper()
	c, err := net.Dial("tcp", s.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	r, _ := http.NewRequest(http.MethodGet, s.URL+"/signal", nil)
	r.Header = header
	if err := r.Write(c); err != nil {
		t.Fatal(err)
	}
	res, err := http.ReadResponse(bufio.NewReader(c), r)
	if err != nil {
		t.Fatal(err)
	}
	return res
}

func handshake(change func(http.Header)) http.Header {
	h := http.Header{
		"Connection":             {"keep-alive, Upgrade"}, // as Firefox writes it
		"Upgrade":                {"websocket"},
		"Sec-Websocket-Version":  {"13"},
		"Sec-Websocket-Key":      {"dGhlIHNhbXBsZSBub25jZQ=="},
		"Sec-Websocket-Protocol": {wire.Subprotocol},
	}
	if change != nil {
		change(h)
	}
	return h
}

// Attack 10: a hostile page opens a socket from its visitor's browser.
func TestAttack10ForeignOriginIsRefused(t *testing.T) {
	var last error
	s := serveHub(t, newTestHub(t, nil), func(err error) { last = err })
	host := s.Listener.Addr().String()
	for _, tt := range []struct {
		origin []string
		ok     bool
	}{
		{nil, true}, // a program, not a page
		{[]string{"http://" + host}, true},
		{[]string{"http://evil.example"}, false},
		{[]string{"http://" + host + ".evil.example"}, false},
		{[]string{"http://evil.example/" + host}, false},
		{[]string{"http://127.0.0.1"}, false}, // another port is another page
		{[]string{"null"}, false},
		{[]string{""}, false},
		{[]string{"http://" + host, "http://evil.example"}, false},
	} {
		last = nil
		res := upgrade(t, s, handshake(func(h http.Header) { h["Origin"] = tt.origin }))
		if ok := res.StatusCode == http.StatusSwitchingProtocols; ok != tt.ok {
			t.Errorf("Origin %q: status %d, want upgrade %v", tt.origin, res.StatusCode, tt.ok)
		}
		if !tt.ok && !errors.Is(last, ErrOrigin) {
			t.Errorf("Origin %q: %v, want %v", tt.origin, last, ErrOrigin)
		}
	}
}

func TestWhatIsNoHandshakeIsRefused(t *testing.T) {
	var last error
	s := serveHub(t, newTestHub(t, nil), func(err error) { last = err })
	for name, tt := range map[string]struct {
		change func(http.Header)
		want   error
	}{
		"no upgrade":        {func(h http.Header) { delete(h, "Upgrade") }, ErrNotUpgrade},
		"no subprotocol":    {func(h http.Header) { delete(h, "Sec-Websocket-Protocol") }, ErrSubprotocol},
		"other subprotocol": {func(h http.Header) { h["Sec-Websocket-Protocol"] = []string{"beeline.v2, chat"} }, ErrSubprotocol},
	} {
		last = nil
		res := upgrade(t, s, handshake(tt.change))
		if res.StatusCode != http.StatusBadRequest || !errors.Is(last, tt.want) {
			t.Errorf("%s: status %d, %v; want %v", name, res.StatusCode, last, tt.want)
		}
	}
}

// Attack 34: nothing is compressed, although the browser offers it; and nothing
// sets a cookie.
func TestAttack34NothingIsCompressed(t *testing.T) {
	s := serveHub(t, newTestHub(t, nil), nil)
	res := upgrade(t, s, handshake(func(h http.Header) {
		h["Sec-Websocket-Extensions"] = []string{"permessage-deflate; client_max_window_bits"}
	}))
	if res.StatusCode != http.StatusSwitchingProtocols {
		t.Fatalf("status %d, want 101", res.StatusCode)
	}
	for _, name := range []string{"Sec-Websocket-Extensions", "Content-Encoding", "Set-Cookie"} {
		if v := res.Header.Values(name); len(v) != 0 {
			t.Errorf("%s: %q, want none", name, v)
		}
	}
	if v := res.Header.Get("Sec-Websocket-Protocol"); v != wire.Subprotocol {
		t.Errorf("subprotocol %q, want %q", v, wire.Subprotocol)
	}
}

func TestTooManyConnectionsAreRefused(t *testing.T) {
	var last error
	s := serveHub(t, newTestHub(t, func(l *Limits) { l.NewBurst = 3 }), func(err error) { last = err })
	for range 3 {
		if res := upgrade(t, s, handshake(nil)); res.StatusCode != http.StatusSwitchingProtocols {
			t.Fatalf("status %d, want 101", res.StatusCode)
		}
	}
	upgrade(t, s, handshake(nil))
	var many *TooManyError
	if !errors.As(last, &many) || many.Retry <= 0 {
		t.Errorf("fourth connection: %v, want a TooManyError with a time", last)
	}
}

func TestWrongMessagesOverTheNetwork(t *testing.T) {
	s := serveHub(t, newTestHub(t, nil), nil)
	for name, msg := range map[string][]byte{
		"unknown operation":    {0x42},
		"nothing":              nil,
		"at the read limit":    make([]byte, wire.ReadLimit),
		"above the read limit": make([]byte, wire.ReadLimit+1),
		"much more":            make([]byte, 1<<20),
	} {
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		c, err := socket.Dial(ctx, s.URL, nil)
		if err != nil {
			t.Fatal(err)
		}
		_ = c.Write(ctx, msg) // may fail: the hub closes in the middle of the last
		_, err = c.Read(ctx)
		if code := socket.CloseCode(err); code != wire.CloseProtocol {
			t.Errorf("%s: closed with %d (%v), want %d", name, code, err, wire.CloseProtocol)
		}
		c.Abort()
		cancel()
	}
}

// No topic, handle, frame or address is ever logged, whatever the level and
// whatever clients do.
func TestNothingOfAClientIsLogged(t *testing.T) {
	var text bytes.Buffer
	log := slog.New(slog.NewTextHandler(&text, &slog.HandlerOptions{Level: slog.LevelDebug}))
	l := DefaultLimits()
	h := NewHub(Config{Bus: NewMemoryBus(l), Limits: l, Log: log, ICE: func(string) wire.ICE {
		return wire.ICE{URLs: []string{strings.Repeat("x", 300)}} // an operator's mistake, which is logged
	}})
	s := serveHub(t, h, func(err error) { log.Info("refused", "err", err) })
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	secret, plate := topic(4711), uint32(0)
	for _, messages := range [][][]byte{
		{wire.AppendSub(nil, wire.Wait, []wire.Topic{secret}), wire.AppendICE(nil), wire.AppendClaim(nil, 48213), wire.AppendAlloc(nil)},
		{wire.AppendSub(nil, wire.Knock, []wire.Topic{secret}), wire.AppendPub(nil, secret, 1, frame(9)), {0x42}},
	} {
		c, err := socket.Dial(ctx, s.URL, nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range messages {
			_ = c.Write(ctx, m)
		}
		for answered := false; !answered; {
			b, err := c.Read(ctx)
			if err != nil {
				t.Fatal(err)
			}
			m, err := wire.ParseServer(b)
			if err != nil {
				t.Fatal(err)
			}
			answered = m.Op == wire.OpPlateIs || len(messages) == 3 && m.Op == wire.OpSubbed
			if m.Op == wire.OpPlateIs {
				plate = m.Plate
			}
		}
		c.Abort()
	}
	upgrade(t, s, handshake(func(h http.Header) { h["Origin"] = []string{"http://evil.example"} }))
	h.Close() // nobody writes to the log any more
	got := text.String()
	if !strings.Contains(got, "refused") {
		t.Errorf("the log is %q: it does not see what it is to be searched for", got)
	}
	for name, needle := range map[string]string{
		"address":       "127.0.0.1",
		"origin":        "evil.example",
		"plate claimed": "48213",
		"plate given":   strconv.Itoa(int(plate)),
		"topic, hex":    hex.EncodeToString(secret[:4]),
		"topic, base64": base64.RawStdEncoding.EncodeToString(secret[:6]),
		"topic, Go":     "Z Z Z",
		"topic, list":   "90 90 90",
	} {
		if strings.Contains(strings.ToLower(got), strings.ToLower(needle)) {
			t.Errorf("the log contains the %s: %s", name, got)
		}
	}
}

// A proxy on this machine that nobody named makes everybody look like loopback.
// Loopback may be exempt from limits; those who come through a proxy are not.
func TestUntrustedProxyIsNotExempt(t *testing.T) {
	refused := 0
	h := newTestHub(t, func(l *Limits) {
		l.ExemptLoopback = true
		l.NewRate, l.NewBurst = rate.Every(time.Hour), 2
	})
	s := serveHub(t, h, func(error) { refused++ })
	for range 5 {
		upgrade(t, s, handshake(nil))
	}
	if refused != 0 {
		t.Errorf("%d of 5 from this machine refused, want 0", refused)
	}
	for _, name := range []string{"X-Forwarded-For", "Forwarded"} {
		upgrade(t, s, handshake(func(h http.Header) { h.Set(name, "192.0.2.1") }))
		upgrade(t, s, handshake(func(h http.Header) { h.Set(name, "192.0.2.2") }))
	}
	if refused == 0 {
		t.Error("4 of a proxy that nobody named are all let in at 2 a minute")
	}
}
