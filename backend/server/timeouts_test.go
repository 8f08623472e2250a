package server

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/fstest"
	"testing/synctest"
	"time"

	"beeline/backend/handed"
)

// onFakeClock runs f against a server on the clock of a synctest bubble; dial opens
// a net.Pipe to it.
func onFakeClock(t *testing.T, change func(*Config), f func(t *testing.T, dial func() net.Conn)) {
	synctest.Test(t, func(t *testing.T) {
		s := newServer(t, options{config: change})
		l := handed.Listen(&net.TCPAddr{})
		ctx, cancel := context.WithCancel(context.Background())
		served := make(chan error, 1)
		go func() { served <- s.Serve(ctx, l) }()
		f(t, func() net.Conn {
			ours, theirs := net.Pipe()
			t.Cleanup(func() { ours.Close() })
			l.Hand(theirs)
			return ours
		})
		cancel()
		if err := <-served; err != nil {
			t.Errorf("Serve = %v, want nil", err)
		}
	})
}

// closedAfter returns how long it takes until the server ends the connection.
func closedAfter(t *testing.T, c net.Conn) time.Duration {
	t.Helper()
	began := time.Now()
	_ = c.SetReadDeadline(began.Add(time.Hour))
	if _, err := io.Copy(io.Discard, c); err != nil {
		t.Errorf("the connection ends with %v, want its end", err)
	}
	return time.Since(began)
}

func TestHeadersMustComeWithinFiveSeconds(t *testing.T) {
	onFakeClock(t, nil, func(t *testing.T, dial func() net.Conn) {
		if took := closedAfter(t, dial()); took != readHeaderTimeout {
			t.Errorf("a silent connection was closed after %v, want %v", took, readHeaderTimeout)
		}
		c, dribbled := dial(), make(chan struct{})
		go func() {
			defer close(dribbled)
			for _, b := range []byte("GET / HTTP/1.1\r\nHost: localhost\r\n") {
				if _, err := c.Write([]byte{b}); err != nil {
					return
				}
				time.Sleep(400 * time.Millisecond)
			}
		}()
		if took := closedAfter(t, c); took != readHeaderTimeout {
			t.Errorf("a dribbling connection was closed after %v, want %v", took, readHeaderTimeout)
		}
		<-dribbled
	})
}

func TestIdleConnectionIsClosed(t *testing.T) {
	onFakeClock(t, nil, func(t *testing.T, dial func() net.Conn) {
		c := dial()
		go fmt.Fprint(c, "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
		r := bufio.NewReader(c)
		res, err := http.ReadResponse(r, nil)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.Copy(io.Discard, res.Body)
		if took := closedAfter(t, c); took != idleTimeout {
			t.Errorf("an idle connection was closed after %v, want %v", took, idleTimeout)
		}
	})
}

func TestAnswerThatNobodyReadsIsGivenUp(t *testing.T) {
	big := func(c *Config) {
		c.Assets = fstest.MapFS{"index.html": &fstest.MapFile{Data: make([]byte, 1<<20)}}
	}
	onFakeClock(t, big, func(t *testing.T, dial func() net.Conn) {
		c := dial()
		began := time.Now()
		go fmt.Fprint(c, "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
		var took time.Duration
		for { // a byte a second: never enough
			time.Sleep(time.Second)
			if _, err := c.Read(make([]byte, 1)); err != nil {
				took = time.Since(began)
				break
			}
		}
		if took < writeTimeout || took > writeTimeout+2*time.Second {
			t.Errorf("given up after %v, want %v", took, writeTimeout)
		}
	})
}

func TestLargeHeadersAreRefused(t *testing.T) {
	onFakeClock(t, nil, func(t *testing.T, dial func() net.Conn) {
		for size, want := range map[int]int{maxHeaderBytes - 200: 200, maxHeaderBytes + 8192: 431} {
			c := dial()
			go fmt.Fprintf(c, "GET /healthz HTTP/1.1\r\nHost: localhost\r\nX: %s\r\n\r\n", strings.Repeat("x", size))
			res, err := http.ReadResponse(bufio.NewReader(c), nil)
			if err != nil {
				t.Fatal(err)
			}
			if res.StatusCode != want {
				t.Errorf("%d bytes of headers: status %d, want %d", size, res.StatusCode, want)
			}
			c.Close()
		}
	})
}

func TestConnectionsInAllAreLimited(t *testing.T) {
	onFakeClock(t, func(c *Config) { c.MaxConnections = 3 }, func(t *testing.T, dial func() net.Conn) {
		var held []net.Conn
		for range 3 {
			held = append(held, dial())
		}
		synctest.Wait()
		accepted := make(chan net.Conn)
		go func() { accepted <- dial() }()
		synctest.Wait()
		select {
		case <-accepted:
			t.Error("a fourth connection was accepted, want it to wait")
		default:
		}
		held[0].Close()
		synctest.Wait()
		select {
		case c := <-accepted:
			c.Close()
		default:
			t.Error("a connection waits although one of three has gone")
		}
	})
}
