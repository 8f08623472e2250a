package server

import (
	"errors"
	"net"
	"net/http"
	"net/netip"
	"strings"

	"github.com/labstack/echo/v4"
)

var errHost = errors.New("server: asked for under a name that is not ours")

// hosts are the names under which the page may be asked for, in lower case.
type hosts map[string]bool

func newHosts(names []string) hosts {
	h := hosts{"localhost": true}
	for _, n := range names {
		h[strings.ToLower(strings.TrimSuffix(n, "."))] = true
	}
	return h
}

// allows reports whether a Host header names this server. An address always
// does: whoever asks by address has not been led here by a name, which is what
// DNS rebinding needs. What it allows is safe to write into a header.
func (h hosts) allows(host string) bool {
	name, port := splitHost(host)
	if port != "" && strings.Trim(port, "0123456789") != "" || len(port) > 5 {
		return false
	}
	if ip, err := netip.ParseAddr(name); err == nil {
		return ip.Zone() == ""
	}
	return h[strings.ToLower(strings.TrimSuffix(name, "."))]
}

// splitHost splits a Host header; an IPv6 address comes without its brackets.
func splitHost(host string) (name, port string) {
	if n, p, err := net.SplitHostPort(host); err == nil {
		return n, p
	}
	if n, ok := strings.CutPrefix(host, "["); ok {
		if n, ok = strings.CutSuffix(n, "]"); ok {
			return n, ""
		}
	}
	return host, ""
}

func (s *Server) checkHost(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		allows := s.hosts.allows
		if s.config.Forward != nil {
			allows = s.config.Forward.names
		}
		if !allows(c.Request().Host) {
			s.counts.wrongHost.Add(1)
			return errHost
		}
		return next(c)
	}
}

// secure reports whether the browser sees TLS: ours, or that of a proxy we
// trust.
func (s *Server) secure(r *http.Request) bool {
	if r.TLS != nil {
		return true
	}
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	return err == nil && s.trusts(peer.Addr()) && r.Header.Get("X-Forwarded-Proto") == "https"
}
