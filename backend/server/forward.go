package server

import (
	"context"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"beeline/signaling"
)

// A Forward makes a server that a person runs for themself: the page is this
// program's, and where it meets others is a public server, of which nothing but the
// opaque frames of /signal comes through.
//
//	browser ── page, /signal ── this server ── /signal ── the public server
//
// Decisions, 2026-11-26:
//
//   - /signal is carried through and not connected to by the page: connect-src stays
//     'self', the public server needs to trust no foreign Origin, and its certificate
//     may be one that only this program was told of. What names relays comes through
//     it as well, for it is a frame.
//   - Of the answer nothing is passed on but the switch to WebSocket: a public server
//     could else put a document, a cookie or a service worker under this origin, which
//     is what the person runs this for.
//   - The page asks /server.txt where its links lead. A name in the document would
//     change its hash in assets.txt, a cookie would be any port's.
type Forward struct {
	To   *url.URL     // of the public server, without a path
	HTTP *http.Client // decides about TLS; nil: the default
	Port string       // this server is asked for as localhost, 127.0.0.1 or [::1] with it, and not otherwise
}

// errAway means that the public server did not answer as one.
var errAway = errors.New("server: the public server can't be reached")

// answerWithin is how long a public server may take to answer a handshake.
const answerWithin = 15 * time.Second

// names reports whether a Host header names this server: any other name that leads
// here is somebody else's page (DNS rebinding).
func (f *Forward) names(host string) bool {
	name, port := splitHost(host)
	if port == "" {
		port = "80"
	}
	name = strings.ToLower(name)
	return port == f.Port && (name == "localhost" || name == "127.0.0.1" || name == "::1")
}

// serverText answers with where links lead: empty, where this server is no forward.
func (s *Server) serverText(c echo.Context) error {
	text := ""
	if f := s.config.Forward; f != nil {
		text = f.To.Scheme + "://" + f.To.Host + "\n"
	}
	return s.plain(c, text)
}

// forward carries one WebSocket to the public server.
func (s *Server) forward(c echo.Context) error {
	r := c.Request()
	if o := r.Header.Values("Origin"); len(o) != 1 || o[0] != "http://"+r.Host {
		return signaling.ErrOrigin // a program on this machine has no use for it either
	}
	if !strings.EqualFold(r.Header.Get("Upgrade"), "websocket") || r.Method != http.MethodGet {
		return signaling.ErrNotUpgrade
	}
	failure := error(nil)
	ctx, leave := s.whileServing(r.Context())
	defer leave()
	p := &httputil.ReverseProxy{
		Transport: s.config.Forward.transport(),
		ErrorLog:  log.New(io.Discard, "", 0), // it would log addresses
		Rewrite: func(p *httputil.ProxyRequest) {
			p.Out.URL = &url.URL{Scheme: s.config.Forward.To.Scheme, Host: s.config.Forward.To.Host, Path: "/signal"}
			p.Out.Host = s.config.Forward.To.Host
			for name := range p.Out.Header {
				if name != "Upgrade" && name != "Connection" && !strings.HasPrefix(name, "Sec-Websocket-") {
					delete(p.Out.Header, name) // nothing of the browser's is the public server's to know
				}
			}
			p.Out.Header.Set("Origin", p.Out.URL.Scheme+"://"+p.Out.Host)
			p.Out.Header["User-Agent"] = []string{""}
		},
		ModifyResponse: func(answer *http.Response) error {
			if answer.StatusCode != http.StatusSwitchingProtocols {
				return errAway
			}
			for name := range answer.Header {
				if name != "Upgrade" && name != "Connection" && name != "Sec-Websocket-Accept" && name != "Sec-Websocket-Protocol" {
					delete(answer.Header, name)
				}
			}
			return nil
		},
		ErrorHandler: func(http.ResponseWriter, *http.Request, error) { failure = errAway },
	}
	p.ServeHTTP(c.Response(), r.WithContext(ctx))
	return failure
}

// transport is how the public server is reached: HTTP/1.1, which WebSocket needs.
func (f *Forward) transport() http.RoundTripper {
	t := http.DefaultTransport.(*http.Transport)
	if f.HTTP != nil {
		if own, ok := f.HTTP.Transport.(*http.Transport); ok {
			t = own
		}
	}
	t = t.Clone()
	t.ForceAttemptHTTP2 = false
	t.Protocols = new(http.Protocols)
	t.Protocols.SetHTTP1(true)
	t.DisableKeepAlives = true
	t.ResponseHeaderTimeout = answerWithin
	t.DialContext = (&net.Dialer{Timeout: answerWithin}).DialContext
	if t.TLSClientConfig != nil {
		t.TLSClientConfig.NextProtos = nil
	}
	return unprefaced{t}
}

// unprefaced passes on nothing that comes before an answer (103 Early Hints): its
// headers would be the page's.
type unprefaced struct{ http.RoundTripper }

func (u unprefaced) RoundTrip(r *http.Request) (*http.Response, error) {
	ctx, leave := context.WithCancel(context.Background()) // without the trace by which they are passed on
	context.AfterFunc(r.Context(), leave)
	return u.RoundTripper.RoundTrip(r.WithContext(ctx))
}
