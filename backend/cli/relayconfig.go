package cli

import (
	"crypto/tls"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/urfave/cli/v3"

	"beeline/backend/relay"
	"beeline/signaling/wire"
)

const (
	auto = "auto"
	on   = "on"
	off  = "off"
)

// turnTTL is the life of a credential for a TURN server of the operator's own.
// coturn may ask for it again in the middle of a transfer, so it is as long as a
// relayed connection may last.
const turnTTL = 24 * time.Hour

// A relayConfig is what the flags say about STUN and TURN, checked.
type relayConfig struct {
	stun      string   // UDP address (with the relay also TCP), or off
	stunAsked bool     // by the person, not by default
	stunURLs  []string // of others

	relay      bool
	relayAsked bool
	public     bool   // it is off because this machine is on the internet
	beside     bool   // TURN over TLS also on the page's own port
	relayTLS   string // address of its own for TURN over TLS; "": none
	tlsAsked   bool
	rate       int // bytes a second

	turnURLs []string // of another relay
	turnKeys *relay.Credentials

	// Found out at the start, for the start text.
	stunProblem  string
	relayProblem string
}

func relayFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{Name: "stun", Value: auto, Sources: env("stun"), Usage: "answer STUN on this UDP `ADDRESS`; \"auto\" is port 3478 where the page is served, \"off\" is none"},
		&cli.StringSliceFlag{Name: "stun-url", Sources: env("stun-url"), Usage: "tell browsers to use this STUN server (`stun:host:port`) instead"},
		&cli.StringFlag{Name: "relay", Value: auto, Sources: env("relay"), Usage: "carry what no direct way connects (TURN), on the address of STUN by UDP and TCP: `on`, off, or \"auto\", which is on for this machine and a LAN"},
		&cli.StringFlag{Name: "relay-tls", Value: auto, Sources: env("relay-tls"), Usage: "TURN over TLS also on this `ADDRESS`; \"auto\" is the page's own port where there is a certificate for a name, \"off\" is none"},
		&cli.IntFlag{Name: "relay-rate", Value: relay.DefaultRate * 8 / 1_000_000, Sources: env("relay-rate"), Usage: "`MBIT` a second that one relayed connection may take in each direction; 0 is no limit"},
		&cli.StringSliceFlag{Name: "turn-url", Sources: env("turn-url"), Usage: "tell browsers to use this TURN server (`turn:host:port?transport=udp`), coturn for example, instead of the relay"},
		&cli.StringFlag{Name: "turn-secret", Sources: env("turn-secret"), Usage: "the `SECRET` it was given for short-lived credentials (static-auth-secret); better as BEELINE_TURN_SECRET"},
	}
}

// readRelay settles where STUN and TURN are answered: on the host of the page,
// so that whoever reaches the one reaches the other.
func (sc *serveConfig) readRelay(c *cli.Command, host string) error {
	sc.stun, sc.stunURLs = c.String("stun"), c.StringSlice("stun-url")
	for _, url := range sc.stunURLs {
		if wire.URLKind(url) != wire.STUNServer {
			return usagef("--stun-url must look like stun:host:port, not %q", url)
		}
	}
	switch sc.stun {
	case off:
	case auto:
		sc.stun = net.JoinHostPort(host, strconv.Itoa(relay.DefaultPort))
	default:
		if _, err := checkAddress("stun", sc.stun); err != nil {
			return err
		}
		sc.stunAsked = true
	}
	if err := sc.readTURN(c); err != nil {
		return err
	}
	if err := sc.readOwnRelay(c, host); err != nil {
		return err
	}
	if !sc.relay && !sc.stunAsked && len(sc.stunURLs) > 0 {
		sc.stun = off // nobody would be told of it
	}
	if _, ok := wire.AppendICEAnswer(nil, sc.otherServers()); !ok {
		return usagef("--stun-url and --turn-url: at most %d, together up to 400 characters", wire.URLsMax)
	}
	return nil
}

// readTURN reads what names a relay that is not ours.
func (sc *serveConfig) readTURN(c *cli.Command) error {
	sc.turnURLs = c.StringSlice("turn-url")
	secret := c.String("turn-secret")
	for _, url := range sc.turnURLs {
		if wire.URLKind(url) != wire.TURNServer {
			return usagef("--turn-url must look like turn:host:port?transport=udp (or tcp) or turns:host:port, with a port of 80, 443 or above 1023, not %q", url)
		}
	}
	if (len(sc.turnURLs) == 0) != (secret == "") {
		return usagef("--turn-url and --turn-secret belong together, and one of them is missing")
	}
	if secret != "" {
		sc.turnKeys = relay.NewCredentials([]byte(secret))
	}
	return nil
}

func (sc *serveConfig) readOwnRelay(c *cli.Command, host string) error {
	mbit, mode := c.Int("relay-rate"), c.String("relay")
	if mbit < 0 || mbit > 1_000_000 {
		return usagef("--relay-rate is a number of megabits a second up to 1000000, or 0 for no limit, not %d", mbit)
	}
	sc.rate = mbit * (1_000_000 / 8)
	switch mode {
	case off:
	case on:
		switch {
		case len(sc.turnURLs) > 0:
			return usagef("--relay on and --turn-url are two ways to do one thing: give one of them")
		case sc.stun == off:
			return usagef("--relay on needs an address, which is that of --stun: leave --stun off out")
		}
		sc.relay, sc.relayAsked = true, true
	case auto:
		if len(sc.turnURLs) == 0 && sc.stun != off {
			sc.public = !isLoopback(host) && (len(sc.tlsDomains) > 0 || len(sc.proxies) > 0 || onInternet(host))
			sc.relay = !sc.public
		}
	default:
		return usagef("--relay is on, off or auto, not %q", mode)
	}
	switch address := c.String("relay-tls"); address {
	case off:
	case auto:
		// A browser asks nobody about a certificate for TURN: one that it doesn't
		// trust by itself is of no use.
		sc.beside = sc.tlsCert != "" || len(sc.tlsDomains) > 0
	default:
		if _, err := checkAddress("relay-tls", address); err != nil {
			return err
		}
		if !sc.secure() {
			return usagef("--relay-tls needs a certificate: add --tls-domain, or --tls-cert and --tls-key")
		}
		sc.beside, sc.relayTLS, sc.tlsAsked = true, address, true
	}
	return nil
}

// onInternet reports whether a listening host is reached from the internet, as
// far as this machine can tell.
func onInternet(host string) bool {
	if !everywhere(host) {
		ip, err := netip.ParseAddr(host)
		return err != nil || !ip.IsPrivate() && !ip.IsLoopback() && !ip.IsLinkLocalUnicast()
	}
	return slices.ContainsFunc(localIPs(false), func(ip net.IP) bool { return ip.To4() != nil && !ip.IsPrivate() })
}

// openRelay answers STUN, and relays, where the configuration says. A port that
// is in use is a sentence at the start where nobody asked for that port, else an
// error.
func (sc *serveConfig) openRelay(over *tls.Config) (*relay.Relay, error) {
	if sc.stun == off {
		return nil, nil
	}
	c := relay.Config{Address: sc.stun, Relay: sc.relay, Limits: relay.DefaultLimits(), ExemptLoopback: sc.exemptLoopback}
	c.Limits.Rate = sc.rate
	if sc.relay && over != nil {
		c.Beside = sc.beside
		if sc.relayTLS != "" {
			c.TLS, c.TLSAddress = over, sc.relayTLS
		}
	}
	r, err := relay.Listen(c)
	if err != nil && c.Relay && !sc.relayAsked && !sc.tlsAsked {
		c.Relay, c.Beside, sc.relayProblem = false, false, fmt.Sprintf("tcp %s: %v", sc.stun, cause(err))
		r, err = relay.Listen(c)
	}
	switch {
	case err == nil:
		sc.stun, sc.relay, sc.beside = r.Addr().String(), c.Relay, c.Beside
		if c.TLS == nil {
			sc.relayTLS = ""
		} else {
			h, _, _ := net.SplitHostPort(sc.relayTLS)
			sc.relayTLS = net.JoinHostPort(h, strconv.Itoa(int(r.TLSPort())))
		}
		return r, nil
	case sc.stunAsked || sc.relayAsked || sc.tlsAsked:
		return nil, fmt.Errorf("answer STUN on %s: %w", sc.stun, cause(err))
	}
	sc.stunProblem = fmt.Sprintf("%s: %v", sc.stun, cause(err))
	sc.stun, sc.relay, sc.relayProblem = off, false, ""
	return nil, nil
}

// otherServers are the servers of others, with a fresh credential.
func (sc *serveConfig) otherServers() wire.ICE {
	ice := wire.ICE{URLs: slices.Concat(sc.stunURLs, sc.turnURLs)}
	if sc.turnKeys != nil {
		ice.TTL = uint32(turnTTL / time.Second)
		ice.Username, ice.Password = sc.turnKeys.Make(turnTTL)
	}
	return ice
}

// iceServers are the servers for a client that reached us as host. r is nil
// where nothing is answered here.
func (sc *serveConfig) iceServers(r *relay.Relay, host string) wire.ICE {
	ice := sc.otherServers()
	if r == nil {
		return ice
	}
	urls := r.URLs(host)
	if len(sc.stunURLs) > 0 && len(urls) > 0 {
		urls = urls[1:] // the first is our STUN
	}
	ice.URLs = append(ice.URLs, urls...)
	if sc.relay && len(urls) > 0 {
		ice.TTL = uint32(relay.TTL / time.Second)
		ice.Username, ice.Password = r.Credential()
	}
	for { // a host name may be so long that not all fit: the first ones are the best
		if _, ok := wire.AppendICEAnswer(nil, ice); ok || len(ice.URLs) == 0 {
			return ice
		}
		ice.URLs = ice.URLs[:len(ice.URLs)-1]
	}
}

// relayText is what the start text says about STUN and the relay.
func (sc *serveConfig) relayText(line func(format string, args ...any)) {
	switch {
	case len(sc.stunURLs) > 0:
		line("  STUN: %s", strings.Join(sc.stunURLs, ", "))
	case sc.stunProblem != "":
		line("  STUN is off (%s). Browsers on one network still find each other; across networks few do.", sc.stunProblem)
		line("  Add --stun ADDRESS, or --stun-url stun:HOST:PORT for another server.")
	case sc.stun == off:
		line("  STUN is off. Browsers on one network still find each other; across networks few do.")
	default:
		line("  STUN: udp %s", sc.stun)
	}
	switch {
	case len(sc.turnURLs) > 0:
		line("  relay: %s", strings.Join(sc.turnURLs, ", "))
	case sc.relay:
		over := ""
		if sc.relayTLS != "" {
			over = ", tls " + sc.relayTLS
		}
		if sc.beside {
			over += ", tls where the page is"
		}
		line("  relay: udp and tcp %s%s", sc.stun, over)
	case sc.relayProblem != "":
		line("  The relay is off (%s). Two browsers that no direct way connects can't transfer.", sc.relayProblem)
	case sc.public:
		line("  The relay is off: this machine looks like one on the internet, and what is relayed costs its traffic.")
		line("  Add --relay on, so that browsers behind strict firewalls can transfer, or --turn-url and --turn-secret for another.")
	}
}
