package cli

import (
	"crypto/tls"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/urfave/cli/v3"

	"beeline/backend/server"
)

// A serveConfig is what the flags of `beeline serve` mean, checked.
type serveConfig struct {
	listen        string // as asked for; with the real port after bound
	names         []string
	proxies       []netip.Prefix
	tlsCert       string
	tlsKey        string
	tlsDomains    []string
	tlsCache      string
	tlsSelfSigned bool
	relayConfig
	metrics        string
	maxConnections int
	exemptLoopback bool
	page           string
	logLevel       slog.Level

	// Found out at the start, for the start text.
	fingerprint string
}

// readServeConfig checks the flags. Its errors are sentences for people.
func readServeConfig(c *cli.Command) (*serveConfig, error) {
	sc := &serveConfig{
		listen: c.String("listen"), tlsCert: c.String("tls-cert"), tlsKey: c.String("tls-key"), tlsDomains: c.StringSlice("tls-domain"),
		tlsCache: c.String("tls-cache"), tlsSelfSigned: c.Bool("tls-self-signed"),
		metrics: c.String("metrics"), maxConnections: c.Int("max-connections"), page: c.String("page"),
	}
	host, err := checkAddress("listen", sc.listen)
	if err != nil {
		return nil, err
	}
	if sc.metrics != "" {
		if _, err := checkAddress("metrics", sc.metrics); err != nil {
			return nil, err
		}
	}
	if err := sc.logLevel.UnmarshalText([]byte(c.String("log-level"))); err != nil {
		return nil, usagef("--log-level is debug, info, warn or error, not %q", c.String("log-level"))
	}
	if sc.maxConnections < 1 {
		return nil, usagef("--max-connections must be at least 1, not %d", sc.maxConnections)
	}
	if sc.page != "" {
		if info, err := os.Stat(sc.page); err != nil || !info.IsDir() {
			return nil, usagef("--page must be a folder, and %q is none", sc.page)
		}
	}
	local := isLoopback(host)
	sc.exemptLoopback = local && !c.Bool("limit-loopback")
	for _, check := range []func() error{
		func() error { return sc.readProxies(c.StringSlice("trusted-proxy")) },
		func() error { return sc.readNames(c.StringSlice("host"), local) },
		sc.checkTLS,
		func() error { return sc.readRelay(c, host) },
	} {
		if err := check(); err != nil {
			return nil, err
		}
	}
	return sc, nil
}

// checkAddress checks "host:port" and returns the host.
func checkAddress(flag, address string) (host string, err error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return "", usagef("--%s must be host:port or :port, not %q", flag, address)
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || n > 65535 {
		return "", usagef("--%s has port %q; a port is a number up to 65535", flag, port)
	}
	return host, nil
}

func isLoopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.IsLoopback()
}

func (sc *serveConfig) readProxies(ranges []string) error {
	for _, r := range ranges {
		p, err := netip.ParsePrefix(r)
		if err != nil {
			ip, err := netip.ParseAddr(r)
			if err != nil {
				return usagef("--trusted-proxy must be an address or a range like 10.0.0.0/8, not %q", r)
			}
			p = netip.PrefixFrom(ip, ip.BitLen())
		}
		if p.Bits() == 0 {
			return usagef("--trusted-proxy %s trusts everybody: then anybody could choose the address that limits count", r)
		}
		sc.proxies = append(sc.proxies, p)
	}
	return nil
}

func (sc *serveConfig) readNames(names []string, local bool) error {
	for _, n := range append(slices.Clone(names), sc.tlsDomains...) {
		if n == "" || strings.ContainsAny(n, "/:*?#@ ") {
			return usagef("a host name has no scheme, port or star: %q has", n)
		}
	}
	sc.names = append(slices.Clone(names), sc.tlsDomains...)
	if machine, err := os.Hostname(); err == nil && !local {
		sc.names = append(sc.names, machine, machine+".local")
	}
	return nil
}

func (sc *serveConfig) checkTLS() error {
	if (sc.tlsCert == "") != (sc.tlsKey == "") {
		return usagef("--tls-cert and --tls-key belong together, and one of them is missing")
	}
	kinds := 0
	for _, on := range []bool{sc.tlsCert != "", len(sc.tlsDomains) > 0, sc.tlsSelfSigned} {
		if on {
			kinds++
		}
	}
	if kinds > 1 {
		return usagef("--tls-cert, --tls-domain and --tls-self-signed are three ways to do one thing: give one of them")
	}
	if sc.tlsCache != "" && len(sc.tlsDomains) == 0 {
		return usagef("--tls-cache is of use only with --tls-domain")
	}
	return nil
}

// bound notes the address that was really opened: port 0 became another.
func (sc *serveConfig) bound(a net.Addr) {
	host, _, _ := net.SplitHostPort(sc.listen)
	_, port, _ := net.SplitHostPort(a.String())
	sc.listen = net.JoinHostPort(host, port)
}

// tls returns the TLS that was asked for; nil: none.
func (sc *serveConfig) tls(now time.Time) (*tls.Config, error) {
	switch {
	case sc.tlsCert != "":
		c, err := server.TLSFiles(sc.tlsCert, sc.tlsKey)
		if err != nil {
			return nil, usagef("%v", err)
		}
		return c, nil
	case len(sc.tlsDomains) > 0:
		return server.TLSDomains(sc.tlsDomains, sc.tlsCache), nil
	case sc.tlsSelfSigned:
		c, fingerprint, err := server.TLSSelfSigned(append([]string{"localhost"}, sc.names...), localIPs(true), now)
		if err != nil {
			return nil, fmt.Errorf("TLS: %w", err)
		}
		sc.fingerprint = fingerprint
		return c, nil
	}
	return nil, nil
}

func (sc *serveConfig) secure() bool {
	return sc.tlsCert != "" || len(sc.tlsDomains) > 0 || sc.tlsSelfSigned
}

// localIPs returns the addresses of this machine that others can use, and with
// loopback also those that only itself can.
func localIPs(loopback bool) (ips []net.IP) {
	addrs, err := net.InterfaceAddrs()
	if err != nil {
		return nil // a machine that won't say: the page works all the same
	}
	for _, a := range addrs {
		if n, ok := a.(*net.IPNet); ok && (n.IP.IsGlobalUnicast() || loopback && n.IP.IsLoopback()) {
			ips = append(ips, n.IP)
		}
	}
	return ips
}
