package wire

import (
	"net/netip"
	"strconv"
	"strings"
)

// Kinds of a URL in an ICE answer.
const (
	NoServer   = 0 // not a URL of any of these forms
	STUNServer = 1 // stun:host[:port]
	TURNServer = 2 // turn:host[:port][?transport=udp|tcp], turns:host[:port][?transport=tcp]
)

// URLKind returns what kind of server a URL of an ICE answer names. The form is
// narrower than RFC 7064 and 7065: a browser throws away all of a list of which
// it doesn't understand one. A port of a TURN server is 80, 443 or above 1023:
// whoever runs a hub must not choose at which service of a network a browser
// knocks by TCP.
func URLKind(url string) int {
	scheme, rest, ok := strings.Cut(url, ":")
	if !ok || len(url) > 255 {
		return NoServer
	}
	at, query, asked := strings.Cut(rest, "?")
	port, ok := hostPort(at)
	if !ok {
		return NoServer
	}
	wellKnown := port == 80 || port == 443 || port >= 1024
	switch {
	case scheme == "stun" && !asked:
		return STUNServer
	case scheme == "turn" && wellKnown && (!asked || query == "transport=udp" || query == "transport=tcp"),
		scheme == "turns" && wellKnown && (!asked || query == "transport=tcp"):
		return TURNServer
	}
	return NoServer
}

// hostPort checks "name", "name:port", "1.2.3.4:port" or "[::1]:port"; without a
// port it is 3478, which every scheme may use.
func hostPort(at string) (port int, ok bool) {
	host, rest := at, ""
	if strings.HasPrefix(at, "[") {
		end := strings.IndexByte(at, ']')
		if end < 0 {
			return 0, false
		}
		host, rest = at[1:end], at[end+1:]
		if ip, err := netip.ParseAddr(host); err != nil || !ip.Is6() || ip.Zone() != "" {
			return 0, false
		}
	} else {
		if i := strings.IndexByte(at, ':'); i >= 0 {
			host, rest = at[:i], at[i:]
		}
		if !hostName(host) {
			return 0, false
		}
	}
	if rest == "" {
		return 3478, true
	}
	digits, ok := strings.CutPrefix(rest, ":")
	n, err := strconv.ParseUint(digits, 10, 16)
	if !ok || err != nil || n == 0 || strconv.FormatUint(n, 10) != digits {
		return 0, false
	}
	return int(n), true
}

// hostName reports whether s is made of what names and IPv4 addresses are made
// of.
func hostName(s string) bool {
	for i := range len(s) {
		c := s[i]
		if !('a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '-' || c == '.') {
			return false
		}
	}
	return s != "" && len(s) <= 240 && s[0] != '.' && s[0] != '-'
}
