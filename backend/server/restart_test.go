package server

import (
	"bytes"
	"context"
	"net"
	"testing"
	"time"

	"beeline/signaling/client"
	"beeline/signaling/wire"
)

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
