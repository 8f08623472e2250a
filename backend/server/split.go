package server

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"slices"
	"sync"
	"time"

	"beeline/backend/handed"
)

// alpnTURN is how a TURN client names itself in a TLS handshake, if it does.
// RFC 7443. Browsers don't.
const alpnTURN = "stun.turn"

// A split is a TLS listener for HTTP and TURN on one port, which is 443 where a
// firewall lets nothing else out. What a connection is for is seen by its first
// byte inside TLS: a TURN client begins with a request, whose first byte is 0,
// and no HTTP request begins so.
//
//	l ── handshake ──┬─ ALPN h2 ───────────────────────────▶ HTTP
//	                 ├─ ALPN stun.turn ────────────────────▶ TURN
//	                 └─ first byte within 5 s ── 0 or other ┴▶
type split struct {
	net.Listener
	config *tls.Config
	turn   func(net.Conn)
	web    *handed.Listener // handshake done
	begins sync.WaitGroup   // run, and a goroutine for each in open

	mu   sync.Mutex // guards open
	open map[net.Conn]bool
}

// newSplit starts to accept on l. turn takes what is for TURN.
func newSplit(l net.Listener, config *tls.Config, turn func(net.Conn)) *split {
	s := &split{Listener: l, config: config, turn: turn, web: handed.Listen(l.Addr()), open: make(map[net.Conn]bool)}
	s.begins.Go(s.run)
	return s
}

// splitProtocols adds to a TLS configuration what may be spoken after it.
func splitProtocols(c *tls.Config) *tls.Config {
	c = c.Clone()
	for _, p := range []string{"h2", "http/1.1", alpnTURN} {
		if !slices.Contains(c.NextProtos, p) {
			c.NextProtos = append(c.NextProtos, p)
		}
	}
	return c
}

func (s *split) run() {
	for {
		c, err := s.Listener.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil { // no descriptor is free, or the client is gone already
			time.Sleep(10 * time.Millisecond)
			continue
		}
		s.mu.Lock()
		s.open[c] = true
		s.mu.Unlock()
		s.begins.Go(func() {
			s.begin(c)
			s.mu.Lock()
			delete(s.open, c)
			s.mu.Unlock()
		})
		if s.web.Closed() { // Close may not have seen it
			_ = c.Close()
		}
	}
}

// begin does the handshake and hands the connection to whom it is for.
func (s *split) begin(c net.Conn) {
	t := tls.Server(c, s.config)
	_ = t.SetDeadline(time.Now().Add(readHeaderTimeout))
	if err := t.HandshakeContext(context.Background()); err != nil {
		var plain tls.RecordHeaderError
		if errors.As(err, &plain) && plain.Conn != nil {
			// As net/http: somebody forgot the s of https.
			_, _ = io.WriteString(plain.Conn, "HTTP/1.0 400 Bad Request\r\n\r\nThis is a port for https.\n")
		}
		_ = c.Close()
		return
	}
	protocol := t.ConnectionState().NegotiatedProtocol
	var conn net.Conn = t
	turn := protocol == alpnTURN
	if !turn && protocol != "h2" {
		var first [1]byte
		if _, err := io.ReadFull(t, first[:]); err != nil {
			_ = t.Close()
			return
		}
		turn = first[0] == 0
		conn = &begun{Conn: t, first: first[:]}
	}
	_ = t.SetDeadline(time.Time{})
	if turn {
		s.turn(conn)
		return
	}
	s.web.Hand(conn)
}

// Accept returns the next connection that is for HTTP.
func (s *split) Accept() (net.Conn, error) { return s.web.Accept() }

// Close stops accepting, ends what has not begun, and waits for it.
func (s *split) Close() error {
	err := s.Listener.Close()
	_ = s.web.Close()
	s.mu.Lock()
	for c := range s.open {
		_ = c.Close()
	}
	s.mu.Unlock()
	s.begins.Wait()
	return err
}

// A begun connection gives the byte back that was read to see what it is for.
type begun struct {
	*tls.Conn
	first []byte
}

func (b *begun) Read(p []byte) (int, error) {
	if len(b.first) > 0 {
		n := copy(p, b.first)
		b.first = b.first[n:]
		return n, nil
	}
	return b.Conn.Read(p)
}

type connKey struct{}

// withTLS says of requests on begun connections that they came over TLS, which
// net/http sees of its own connections only.
func withTLS(next http.Handler) (http.Handler, func(context.Context, net.Conn) context.Context) {
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if b, ok := r.Context().Value(connKey{}).(*begun); ok && r.TLS == nil {
			state := b.ConnectionState()
			r.TLS = &state
		}
		next.ServeHTTP(w, r)
	})
	return handler, func(ctx context.Context, c net.Conn) context.Context { return context.WithValue(ctx, connKey{}, c) }
}
