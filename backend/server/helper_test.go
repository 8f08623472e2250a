package server

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/fstest"
	"time"

	"beeline/signaling"
	"beeline/signaling/leaktest"
	"beeline/signaling/socket"
	"beeline/signaling/wire"
)

func TestMain(m *testing.M) { leaktest.Main(m) }

// page is a small build: what `make web` would put into dist/.
func page() fstest.MapFS {
	file := func(s string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(s)} }
	return fstest.MapFS{
		".placeholder":            file("not served"),
		"index.html":              file("<!doctype html><title>send</title>"),
		"index.html.br":           file("br of index"),
		"index.html.gz":           file("gz of index"),
		"r.html":                  file("<!doctype html><title>receive</title>"),
		"trust.html":              file("<!doctype html><title>trust</title>"),
		"sw.js":                   file("addEventListener('fetch', () => {})"),
		"beeline.webmanifest":     file("{}"),
		"assets.txt":              file("00  index.html\n"),
		"favicon.svg":             file("<svg xmlns='http://www.w3.org/2000/svg'/>"),
		"assets/page.0123.js":     file("console.log('a page that is long enough')"),
		"assets/bee.4567.wasm":    file("\x00asm0123456789012345678901234567890"),
		"assets/bee.4567.wasm.br": file("br of wasm"),
		"assets/bee.4567.wasm.gz": file("gz of wasm"),
	}
}

type options struct {
	config func(*Config)
	limits func(*signaling.Limits)
}

func newServer(t *testing.T, o options) *Server {
	t.Helper()
	l := signaling.DefaultLimits()
	if o.limits != nil {
		o.limits(&l)
	}
	hub := signaling.NewHub(signaling.Config{Bus: signaling.NewMemoryBus(l), Limits: l, ICE: func(host string) wire.ICE {
		return wire.ICE{URLs: []string{"stun:" + host}}
	}})
	t.Cleanup(hub.Close)
	c := Config{Assets: page(), Hub: hub}
	if o.config != nil {
		o.config(&c)
	}
	s, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// get asks the handler, without a network.
func get(s *Server, change func(*http.Request)) *http.Response {
	r := httptest.NewRequest(http.MethodGet, "http://localhost/", nil)
	r.RemoteAddr = "192.0.2.1:1234"
	if change != nil {
		change(r)
	}
	w := httptest.NewRecorder()
	s.Handler().ServeHTTP(w, r)
	return w.Result()
}

func body(t *testing.T, res *http.Response) string {
	t.Helper()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// start serves on a free port of the loopback until stop, which waits for the
// server's end.
func start(t *testing.T, s *Server) (address string, stop func() error) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return l.Addr().String(), serveOn(t, s, l)
}

func serveOn(t *testing.T, s *Server, l net.Listener) (stop func() error) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Serve(ctx, l) }()
	var stopped bool
	var result error
	stop = func() error {
		if !stopped {
			stopped = true
			cancel()
			result = <-done
		}
		return result
	}
	t.Cleanup(func() {
		if err := stop(); err != nil {
			t.Errorf("Serve = %v, want nil", err)
		}
	})
	return stop
}

// logTo returns a logger of every level that writes to a buffer.
func logTo(b *bytes.Buffer) *slog.Logger {
	return slog.New(slog.NewTextHandler(b, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

func deadline(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	t.Cleanup(cancel)
	return ctx
}

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
