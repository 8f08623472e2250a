package socket

//lint:file-ignore SA1019 as in socket.go

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"nhooyr.io/websocket"

	"beeline/signaling/leaktest"
	"beeline/signaling/wire"
)

func TestMain(m *testing.M) { leaktest.Main(m) }

// pair returns both ends of a WebSocket over the network.
func pair(t *testing.T) (client, server Conn) {
	t.Helper()
	accepted, done := make(chan Conn), make(chan struct{})
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, err := Accept(w, r)
		if err != nil {
			t.Error(err)
		}
		accepted <- c
		<-done // the request's context must outlive the connection
	}))
	t.Cleanup(s.Close)
	t.Cleanup(func() { close(done) })
	client, err := Dial(deadline(t), s.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	server = <-accepted
	t.Cleanup(client.Abort)
	t.Cleanup(server.Abort)
	return client, server
}

func deadline(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	t.Cleanup(cancel)
	return ctx
}

// A WebSocket and a Pipe behave alike, so what is shown with pipes holds.
func TestBothKindsOfConn(t *testing.T) {
	for name, open := range map[string]func(*testing.T) (a, b Conn){
		"network": pair,
		"pipe":    func(*testing.T) (Conn, Conn) { return Pipe() },
	} {
		t.Run(name, func(t *testing.T) {
			a, b := open(t)
			ctx := deadline(t)
			for _, n := range []int{0, 1, wire.PubSize, wire.ReadLimit} {
				msg := bytes.Repeat([]byte{7}, n)
				if err := a.Write(ctx, msg); err != nil {
					t.Fatal(err)
				}
				if got, err := b.Read(ctx); err != nil || !bytes.Equal(got, msg) {
					t.Errorf("message of %d bytes arrives as %d bytes, %v", n, len(got), err)
				}
			}

			reading := make(chan error)
			go func() {
				_, err := b.Read(ctx)
				reading <- err
			}()
			go func() { _, _ = a.Read(ctx) }() // a pong is only seen by who reads
			if err := a.Ping(ctx); err != nil {
				t.Errorf("Ping of one that reads = %v, want nil", err)
			}
			go a.Close(4321, "")
			if err := <-reading; CloseCode(err) != 4321 {
				t.Errorf("Read after Close = %v, want code 4321", err)
			}
			if _, err := b.Read(ctx); err == nil {
				t.Error("Read after the end = nil, want an error")
			}
			if err := b.Write(ctx, nil); err == nil {
				t.Error("Write after the end = nil, want an error")
			}
		})
		t.Run(name+" too long", func(t *testing.T) {
			a, b := open(t)
			ctx := deadline(t)
			go func() { _ = a.Write(ctx, make([]byte, wire.ReadLimit+1)) }()
			if _, err := b.Read(ctx); !errors.Is(err, ErrTooLong) {
				t.Errorf("Read = %v, want %v", err, ErrTooLong)
			}
		})
	}
}

func TestTextIsNoMessage(t *testing.T) {
	client, server := pair(t)
	ws := client.(*conn).ws
	if err := ws.Write(deadline(t), websocket.MessageText, []byte("hello")); err != nil {
		t.Fatal(err)
	}
	if _, err := server.Read(deadline(t)); !errors.Is(err, ErrNotBinary) {
		t.Errorf("Read of text = %v, want %v", err, ErrNotBinary)
	}
}

func TestDialWantsTheSubprotocol(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, err := websocket.Accept(w, r, nil) // speaks none
		if err == nil {
			_ = c.CloseNow()
		}
	}))
	defer s.Close()
	if c, err := Dial(deadline(t), s.URL, nil); err == nil {
		c.Abort()
		t.Error("Dial of a server without the subprotocol = nil, want an error")
	}
}
