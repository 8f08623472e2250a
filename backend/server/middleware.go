package server

import (
	"errors"
	"fmt"
	"log"
	"log/slog"
	"net/http"
	"regexp"
	"runtime/debug"
	"strings"
	"sync/atomic"

	"github.com/labstack/echo/v4"
)

// counts are sums for metrics; never who.
type counts struct {
	requests   atomic.Uint64
	wrongHost  atomic.Uint64
	handshakes atomic.Uint64 // TLS, that failed
	panics     atomic.Uint64
}

// recover turns a panic into an internal error and logs where it happened. A
// handler's panic value can hold what a client sent, so it is logged by its type.
func (s *Server) recover(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) (err error) {
		defer func() {
			if v := recover(); v != nil {
				if v == http.ErrAbortHandler {
					panic(v)
				}
				s.counts.panics.Add(1)
				s.config.Log.Error("a handler panicked", "type", fmt.Sprintf("%T", v), "stack", string(debug.Stack()))
				err = errPanic
			}
		}()
		return next(c)
	}
}

func (s *Server) count(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		s.counts.requests.Add(1)
		return next(c)
	}
}

// noBody refuses requests that bring one: nothing here takes any.
func (s *Server) noBody(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		if c.Request().ContentLength != 0 {
			return errBody
		}
		return next(c)
	}
}

var (
	errPanic = errors.New("server: a handler panicked")
	errBody  = errors.New("server: a request with a body")
)

// handshakeError is how net/http begins a line about a client that broke off
// TLS: a port scan writes thousands, so they are counted instead.
const handshakeError = "http: TLS handshake error"

// address matches what net/http prints of a client: an address with its port.
var address = regexp.MustCompile(`\[[0-9A-Fa-f:.]+(%[^\]]*)?\](:\d+)?|\d{1,3}(\.\d{1,3}){3}(:\d+)?`)

// errorLog takes the lines that net/http wants logged, without the addresses.
type errorLog struct {
	log        *slog.Logger
	handshakes *atomic.Uint64
}

func (e errorLog) Write(line []byte) (int, error) {
	text := strings.TrimSpace(string(line))
	if strings.HasPrefix(text, handshakeError) {
		e.handshakes.Add(1)
	} else {
		e.log.Warn("http", "text", address.ReplaceAllString(text, "(address)"))
	}
	return len(line), nil
}

func (s *Server) errorLog() *log.Logger {
	return log.New(errorLog{s.config.Log, &s.counts.handshakes}, "", 0)
}
