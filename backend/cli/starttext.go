package cli

import (
	"fmt"
	"net"
	"net/netip"
	"strings"
)

// startText is what `beeline serve` prints when it is ready: the address on the
// first line, as its last word; then what is missing, and how to get it.
func (sc *serveConfig) startText(built bool) string {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	host, port, _ := net.SplitHostPort(sc.listen)
	line("Beeline is ready at %s", sc.url(sc.publicHost(host), port))
	if everywhere(host) {
		for _, ip := range localIPs(false) {
			line("  other machines reach it at %s", sc.url(ip.String(), port))
		}
	}
	if !built {
		line("  The page has not been built into this program: run `make run` in the source.")
	}
	if sc.fingerprint != "" {
		line("  Browsers will warn about the certificate. Its SHA-256 fingerprint: %s", sc.fingerprint)
	}
	if !sc.secure() && !isLoopback(host) && len(sc.proxies) == 0 {
		line("  This is plain HTTP: browsers on other machines refuse encryption and disk access to such a page.")
		line("  Add --tls-domain NAME (a public name), --tls-cert FILE --tls-key FILE, or --tls-self-signed (a LAN).")
	}
	if len(sc.tlsDomains) > 0 && port != "443" {
		line("  Let's Encrypt looks for this server on port 443, and it listens on %s: forward 443 to it.", port)
	}
	if len(sc.tlsDomains) > 0 && sc.tlsCache == "" {
		line("  Every start asks Let's Encrypt for a new certificate, of which there are few a week: keep them with --tls-cache FOLDER.")
	}
	sc.relayText(line)
	if sc.metrics != "" {
		line("  metrics: http://%s/metrics", sc.metrics)
	}
	return b.String()
}

// publicHost is the name to show for a listening host.
func (sc *serveConfig) publicHost(host string) string {
	switch {
	case len(sc.tlsDomains) > 0:
		return sc.tlsDomains[0]
	case everywhere(host):
		return "localhost"
	}
	return host
}

func everywhere(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "" || err == nil && ip.IsUnspecified()
}

func (sc *serveConfig) url(host, port string) string {
	scheme, usual := "http", "80"
	if sc.secure() {
		scheme, usual = "https", "443"
	}
	if port == usual {
		if strings.Contains(host, ":") {
			host = "[" + host + "]"
		}
		return scheme + "://" + host
	}
	return scheme + "://" + net.JoinHostPort(host, port)
}
