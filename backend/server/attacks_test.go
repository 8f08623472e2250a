package server

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"beeline/signaling"
	"beeline/signaling/socket"
	"beeline/signaling/wire"
)

// The numbers are those of the attacker's list in the protocol's specification.

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
