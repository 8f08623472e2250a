// Package servertest starts a whole server on a free port of the loopback, for
// tests of what talks to one.
package servertest

import (
	"context"
	"io/fs"
	"net"
	"sync"
	"testing"

	"beeline/backend/server"
	"beeline/signaling"
	"beeline/signaling/wire"
)

// Options change what Start starts. The zero value is a server without a page,
// with every limit in force, also for the loopback.
type Options struct {
	Address string // "": 127.0.0.1 and a free port; an earlier Server.Address: a restart
	Assets  fs.FS
	Limits  func(*signaling.Limits)
	ICE     []string // URLs that op 07 answers with
}

// A Server runs until Stop or the end of the test.
type Server struct {
	Address string // host:port
	URL     string // of the page, without a slash at the end
	Signal  string // of the WebSocket
	Hub     *signaling.Hub

	stop func()
}

// Stop tells clients to come back, ends the server and waits for it. It may be
// called more than once.
func (s *Server) Stop() { s.stop() }

// Start starts a server, or fails the test.
func Start(t testing.TB, o Options) *Server {
	t.Helper()
	if o.Address == "" {
		o.Address = "127.0.0.1:0"
	}
	limits := signaling.DefaultLimits()
	if o.Limits != nil {
		o.Limits(&limits)
	}
	hub := signaling.NewHub(signaling.Config{
		Bus: signaling.NewMemoryBus(limits), Limits: limits,
		ICE: func(string) wire.ICE { return wire.ICE{URLs: o.ICE} },
	})
	s, err := server.New(server.Config{Assets: o.Assets, Hub: hub, ExemptLoopback: limits.ExemptLoopback})
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", o.Address)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Serve(ctx, l) }()
	stop := sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("server: %v", err)
		}
	})
	t.Cleanup(stop)
	address := l.Addr().String()
	return &Server{Address: address, URL: "http://" + address, Signal: "ws://" + address + "/signal", Hub: hub, stop: stop}
}
