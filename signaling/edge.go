package signaling

import (
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"beeline/signaling/socket"
	"beeline/signaling/wire"
)

// Reasons why a request does not become a connection.
var (
	ErrNotUpgrade  = errors.New("signaling: not a WebSocket request")
	ErrOrigin      = errors.New("signaling: the page that asks is not ours")
	ErrSubprotocol = errors.New("signaling: the client does not speak " + wire.Subprotocol)
)

// A TooManyError means that an address has too many connections, or opens them
// too quickly.
type TooManyError struct {
	Retry time.Duration // until another attempt has a chance
}

func (e *TooManyError) Error() string {
	return fmt.Sprintf("signaling: too many connections from one address, again in %v", e.Retry)
}

// Upgrade turns a request from ip into a connection and serves it until it
// ends. An error means that nothing was answered yet; the caller does that.
// What happens to the connection later is counted in Stats.
//
// ip decides about limits, so it must be one the client can't choose: not a
// header, unless a proxy that is trusted wrote it.
func (h *Hub) Upgrade(w http.ResponseWriter, r *http.Request, ip netip.Addr) error {
	if err := checkRequest(r); err != nil {
		return err
	}
	select {
	case <-h.closing:
		return ErrClosing
	default:
	}
	if ip.IsLoopback() && (r.Header.Get("X-Forwarded-For") != "" || r.Header.Get("Forwarded") != "") {
		// A proxy on this machine that nobody named: everybody looks like loopback,
		// which may be exempt from limits. All who come through it share one budget.
		ip = netip.Addr{}
		h.proxied.Do(func() {
			h.log.Warn("requests come through a proxy that is not trusted: all of its visitors share the limits of one address (name it with --trusted-proxy)")
		})
	}
	from := h.addresses.of(ip)
	if wait := h.addresses.enter(from); wait > 0 {
		h.counters.refusedAddress.Add(1)
		return &TooManyError{Retry: wait}
	}
	defer h.addresses.leave(from)
	s, err := socket.Accept(w, r)
	if err != nil {
		return nil // answered by the library: a detail of the handshake was wrong
	}
	_ = h.Serve(r.Context(), s, from, r.Host) // counted there
	return nil
}

// checkRequest checks what must hold before anything is spent on a client.
//
// The Origin must be this host, or absent as it is from programs: a foreign
// page can then not use a visitor's browser, and there are no cookies or other
// ambient rights it could have used anyway.
func checkRequest(r *http.Request) error {
	if r.Method != http.MethodGet || !r.ProtoAtLeast(1, 1) ||
		!hasToken(r.Header, "Connection", "upgrade") || !hasToken(r.Header, "Upgrade", "websocket") {
		return ErrNotUpgrade
	}
	switch origins := r.Header.Values("Origin"); len(origins) {
	case 0:
	case 1:
		u, err := url.Parse(origins[0])
		if err != nil || u.Host == "" || !strings.EqualFold(u.Host, r.Host) {
			return ErrOrigin
		}
	default:
		return ErrOrigin
	}
	if !hasToken(r.Header, "Sec-WebSocket-Protocol", wire.Subprotocol) {
		return ErrSubprotocol
	}
	return nil
}

// hasToken reports whether a header that is a list contains token.
func hasToken(h http.Header, name, token string) bool {
	for _, line := range h.Values(name) {
		for part := range strings.SplitSeq(line, ",") {
			if strings.EqualFold(strings.TrimSpace(part), token) {
				return true
			}
		}
	}
	return false
}
