package server

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"sync/atomic"
	"time"

	"github.com/labstack/echo/v4"
	"golang.org/x/net/netutil"

	"beeline/backend/relay"
	"beeline/signaling"
)

// Time-outs and sizes of every HTTP connection. signaling/PROTOCOL.md 5.
const (
	readHeaderTimeout = 5 * time.Second
	readTimeout       = 15 * time.Second // of a whole request; requests have no body
	writeTimeout      = 2 * time.Minute  // of a whole answer: the largest at 10 KB/s
	idleTimeout       = 60 * time.Second // between requests
	maxHeaderBytes    = 8 << 10
	maxStreams        = 64 // at once on one HTTP/2 connection
	stopWithin        = 10 * time.Second
)

// Defaults of a Config.
const (
	DefaultMaxConnections = 10_000
	DefaultPerAddress     = 256 // a household's WebSockets (128) and their pages
)

// A Config says what a server serves and to whom. Hub or Forward must be set.
type Config struct {
	Assets fs.FS // the built page; nil or without index.html: a sentence instead
	Hub    *signaling.Hub
	// Forward is set where people meet at another server: this one is for the person
	// who runs it.
	Forward *Forward
	// Names are the host names under which the page may be asked for, beside
	// IP addresses and localhost. Others get 421: a foreign name that points
	// here is how a hostile page would get at a server on the visitor's machine.
	Names          []string
	TrustedProxies []netip.Prefix     // whose X-Forwarded-For and -Proto are believed
	TLS            *tls.Config        // nil: plain HTTP
	MaxConnections int                // at once, in all
	PerAddress     int                // at once, from one IPv4 address or IPv6 /64
	ExemptLoopback bool               // no limit per address for this machine
	Relay          func() relay.Stats // for metrics; nil: there is no relay
	TURN           func(net.Conn)     // takes what comes over TLS and is for the relay; nil: all is HTTP
	Log            *slog.Logger
}

// A Server serves one page and one hub. Make one with [New].
type Server struct {
	config  Config
	assets  assets
	hosts   hosts
	echo    *echo.Echo
	limiter *addressLimiter
	counts  counts
	closing atomic.Bool
	gone    context.Context // ends when the server stops
	leave   context.CancelFunc
}

// New builds the server; it reads all assets into memory.
func New(c Config) (*Server, error) {
	if c.MaxConnections == 0 {
		c.MaxConnections = DefaultMaxConnections
	}
	if c.PerAddress == 0 {
		c.PerAddress = DefaultPerAddress
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	a, err := loadAssets(c.Assets)
	if err != nil {
		return nil, err
	}
	s := &Server{config: c, assets: a, hosts: newHosts(c.Names)}
	s.gone, s.leave = context.WithCancel(context.Background())
	s.limiter = newAddressLimiter(c.PerAddress, s.exempt)
	s.echo = s.routes()
	return s, nil
}

// Built reports whether there is a page to serve.
func (s *Server) Built() bool { return s.assets["/"] != nil }

// Handler returns the server without its listener, for tests.
func (s *Server) Handler() http.Handler { return s.echo }

func (s *Server) routes() *echo.Echo {
	e := echo.New()
	e.Logger.SetOutput(io.Discard) // it would log addresses; what matters goes to config.Log
	e.IPExtractor = s.ipExtractor()
	e.HTTPErrorHandler = s.writeError
	e.Use(s.recover, s.count, s.noBody)
	get := []string{http.MethodGet, http.MethodHead}
	e.Match(get, "/healthz", s.healthz) // before the Host check: probes ask by address or by any name
	e.Match(get, "/readyz", s.readyz)
	e.GET("/signal", s.signal, s.checkHost)
	e.Match(get, "/server.txt", s.serverText, s.checkHost)
	e.Any("/*", s.serveAsset, s.checkHost)
	return e
}

// Serve answers on l until ctx ends: then it tells WebSocket clients to come
// back, finishes the requests under way within 10 s, and returns nil. It closes
// l. A server serves once.
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	hs := &http.Server{
		Handler:           s.echo,
		TLSConfig:         s.config.TLS,
		ReadHeaderTimeout: readHeaderTimeout,
		ReadTimeout:       readTimeout,
		WriteTimeout:      writeTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeaderBytes,
		HTTP2:             &http.HTTP2Config{MaxConcurrentStreams: maxStreams},
		ErrorLog:          s.errorLog(),
	}
	l = netutil.LimitListener(s.limiter.listener(l), s.config.MaxConnections)
	served := make(chan error, 1)
	go func() {
		switch {
		case s.config.TLS == nil:
			served <- hs.Serve(l)
		case s.config.TURN == nil:
			served <- hs.ServeTLS(l, "", "")
		default:
			hs.TLSConfig = splitProtocols(s.config.TLS)
			hs.Handler, hs.ConnContext = withTLS(hs.Handler)
			served <- hs.Serve(newSplit(l, hs.TLSConfig, s.config.TURN))
		}
	}()
	select {
	case err := <-served:
		s.closeHub()
		return err
	case <-ctx.Done():
	}
	s.closing.Store(true)
	s.closeHub()
	within, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopWithin)
	defer cancel()
	if err := hs.Shutdown(within); err != nil {
		_ = hs.Close() // what is still open after 10 s has had its time
	}
	if err := <-served; !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

func (s *Server) healthz(c echo.Context) error { return s.plain(c, "ok\n") }

// readyz says 503 from the moment the server is told to stop, so that a load
// balancer sends new clients elsewhere.
func (s *Server) readyz(c echo.Context) error {
	if s.closing.Load() {
		return signaling.ErrClosing
	}
	return s.plain(c, "ready\n")
}

func (s *Server) plain(c echo.Context, text string) error {
	smallHeaders(c.Response().Header())
	c.Response().Header().Set("Cache-Control", "no-store")
	return c.String(http.StatusOK, text)
}

// closeHub ends every WebSocket.
func (s *Server) closeHub() {
	s.leave()
	if s.config.Hub != nil {
		s.config.Hub.Close()
	}
}

// whileServing ends with ctx, and when the server stops.
func (s *Server) whileServing(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	stop := context.AfterFunc(s.gone, cancel)
	return ctx, func() { stop(); cancel() }
}

func (s *Server) signal(c echo.Context) error {
	if s.config.Forward != nil {
		return s.forward(c)
	}
	ip, _ := netip.ParseAddr(c.RealIP()) // what is no address shares one budget with its like
	return s.config.Hub.Upgrade(c.Response(), c.Request(), ip)
}
