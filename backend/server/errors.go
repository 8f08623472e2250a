package server

import (
	"errors"
	"fmt"
	"html"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"beeline/signaling"
	"beeline/signaling/wire"
)

// A failure is what a client may know of an error.
type failure struct {
	Status  int
	Code    string // stable, for programs
	Message string // a sentence, for people
	Retry   time.Duration
}

// Errors of requests for the page.
var (
	errNotFound = errors.New("server: no such path")
	errNotBuilt = errors.New("server: the page is not built")
)

// A methodError is a request with a method that its path does not have.
type methodError struct{ allow string }

func (e *methodError) Error() string { return "server: method is not " + e.allow }

// failureOf turns any error into what the client may know of it. What it does
// not know is internal, and its text stays here.
func failureOf(err error) failure {
	var many *signaling.TooManyError
	var method *methodError
	var he *echo.HTTPError
	switch {
	case errors.Is(err, errNotFound):
		return failure{Status: http.StatusNotFound, Code: "not-found", Message: "There is nothing at this address."}
	case errors.As(err, &method):
		return failure{Status: http.StatusMethodNotAllowed, Code: "method", Message: "This address answers only " + method.allow + "."}
	case errors.Is(err, errNotBuilt):
		return failure{Status: http.StatusServiceUnavailable, Code: "not-built", Message: "The page has not been built into this server. Run `make run` in its source."}
	case errors.Is(err, errHost):
		return failure{Status: http.StatusMisdirectedRequest, Code: "wrong-host", Message: "This server does not go by that name. Whoever runs it can add it with --host."}
	case errors.Is(err, errBody):
		return failure{Status: http.StatusRequestEntityTooLarge, Code: "body", Message: "Nothing here takes a request body."}
	case errors.Is(err, signaling.ErrOrigin):
		return failure{Status: http.StatusForbidden, Code: "foreign-origin", Message: "Only this server's own page may connect from a browser."}
	case errors.Is(err, signaling.ErrNotUpgrade):
		return failure{Status: http.StatusUpgradeRequired, Code: "not-websocket", Message: "This address speaks WebSocket."}
	case errors.Is(err, signaling.ErrSubprotocol):
		return failure{Status: http.StatusBadRequest, Code: "subprotocol", Message: "This server speaks another version. Load the page again."}
	case errors.Is(err, errAway):
		return failure{Status: http.StatusBadGateway, Code: "away", Message: "The server where people meet can't be reached."}
	case errors.Is(err, signaling.ErrClosing):
		return failure{Status: http.StatusServiceUnavailable, Code: "closing", Message: "The server is stopping. Try again in a moment.", Retry: time.Second}
	case errors.As(err, &many):
		return failure{Status: http.StatusTooManyRequests, Code: "too-many", Message: "Too many connections come from your address.", Retry: many.Retry}
	case errors.As(err, &he) && he.Code == http.StatusMethodNotAllowed:
		return failure{Status: he.Code, Code: "method", Message: "This address answers only GET."}
	case errors.As(err, &he) && he.Code == http.StatusNotFound:
		return failureOf(errNotFound)
	}
	return failure{Status: http.StatusInternalServerError, Code: "internal", Message: "Something went wrong in the server."}
}

// writeError answers with a failure: a page for a browser that asked for one,
// else JSON.
func (s *Server) writeError(err error, c echo.Context) {
	f := failureOf(err)
	if f.Code == "internal" && !errors.Is(err, errPanic) { // that is logged already
		s.config.Log.Error("request failed", "err", address.ReplaceAllString(err.Error(), "(address)"))
	}
	if c.Response().Committed {
		return
	}
	h := c.Response().Header()
	smallHeaders(h)
	h.Set("Content-Security-Policy", errorCSP)
	h.Set("Cache-Control", "no-store")
	if f.Retry > 0 {
		h.Set("Retry-After", strconv.Itoa(int(math.Ceil(f.Retry.Seconds()))))
	}
	var method *methodError
	if errors.As(err, &method) {
		h.Set("Allow", method.allow)
	}
	if f.Status == http.StatusUpgradeRequired {
		h.Set("Upgrade", "websocket")
		// A page whose handshake was refused is not told why; here it reads whether
		// it has to be loaded again. signaling/PROTOCOL.md 6.
		h.Set("Sec-WebSocket-Protocol", wire.Subprotocol)
	}
	switch {
	case c.Request().Method == http.MethodHead:
		_ = c.NoContent(f.Status)
	case strings.Contains(c.Request().Header.Get("Accept"), "text/html"):
		_ = c.HTML(f.Status, errorPage(f))
	default:
		_ = c.JSON(f.Status, map[string]string{"code": f.Code, "message": f.Message})
	}
}

func errorPage(f failure) string {
	return fmt.Sprintf(`<!doctype html><html lang="en"><meta charset="utf-8"><title>Beeline</title><h1>%d</h1><p>%s</p></html>
`, f.Status, html.EscapeString(f.Message))
}
