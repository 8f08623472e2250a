package rtc

import (
	"io"
	"net"
	"net/netip"
	"strings"

	"github.com/pion/dtls/v2"
	"github.com/pion/dtls/v2/pkg/crypto/elliptic"
	"github.com/pion/ice/v2"
	"github.com/pion/logging"
	"github.com/pion/transport/v2"
	"github.com/pion/transport/v2/stdnet"
	"github.com/pion/webrtc/v3"

	"beeline/wasm/session"
)

// Sizes of the WebRTC stack, in bytes unless said otherwise. DESIGN 5.
const (
	receiveBuffer = 8 << 20 // of an association: what a sender may have under way
	replayWindow  = 1024    // DTLS records
	socketBuffer  = 4 << 20 // of a UDP socket, where the system lets us: what comes while the reader waits for a core. By itself Linux has 208 KiB, and what does not fit is a loss that halves SCTP's window
)

// newAPI returns pion as it is used here: data channels and nothing else. Its
// relays over TCP and TLS are reached by r.
func newAPI(loopback bool, r *relays) *webrtc.API {
	var s webrtc.SettingEngine
	s.DetachDataChannels() // a message of 65,536 bytes kills a channel that is not detached
	s.SetIncludeLoopbackCandidate(loopback)
	s.SetICEProxyDialer(r)
	s.SetInterfaceFilter(worthTrying)
	if system, err := stdnet.NewNet(); err == nil { // else pion makes its own
		s.SetNet(roomy{system})
	}
	s.SetICEMulticastDNSMode(ice.MulticastDNSModeQueryOnly) // resolves browsers' names, hides nothing of ours
	s.SetDTLSExtendedMasterSecret(dtls.RequireExtendedMasterSecret)
	s.SetDTLSEllipticCurves(elliptic.X25519, elliptic.P256)
	s.SetDTLSReplayProtectionWindow(replayWindow)
	s.SetSCTPMaxReceiveBufferSize(receiveBuffer)
	// pion's messages name addresses; its variables in the environment could turn
	// them on.
	s.LoggerFactory = &logging.DefaultLoggerFactory{Writer: io.Discard, DefaultLogLevel: logging.LogLevelDisabled}
	return webrtc.NewAPI(webrtc.WithSettingEngine(s))
}

// roomy is the system's network with large receive buffers.
type roomy struct{ *stdnet.Net }

func (n roomy) ListenUDP(network string, at *net.UDPAddr) (transport.UDPConn, error) {
	c, err := net.ListenUDP(network, at)
	if err != nil {
		return nil, err
	}
	_ = c.SetReadBuffer(socketBuffer) // as much as the system lets us
	return c, nil
}

// worthTrying leaves out the bridges of containers and virtual machines: nobody
// outside this machine is behind them, and each costs checks.
func worthTrying(name string) bool {
	for _, bridge := range []string{"docker", "br-", "veth", "virbr", "vmnet", "vboxnet", "cni", "flannel", "podman"} {
		if strings.HasPrefix(name, bridge) {
			return false
		}
	}
	return true
}

// routeOf says how a connection goes: relayed if either end is, LAN if neither
// left the local network.
func routeOf(pair *webrtc.ICECandidatePair) session.Route {
	if pair == nil || pair.Local == nil || pair.Remote == nil {
		return session.RouteUnknown
	}
	local, remote := pair.Local, pair.Remote
	switch {
	case local.Typ == webrtc.ICECandidateTypeRelay || remote.Typ == webrtc.ICECandidateTypeRelay:
		return session.RouteRelayed
	case local.Typ == webrtc.ICECandidateTypeSrflx || remote.Typ == webrtc.ICECandidateTypeSrflx:
	case near(local) && near(remote) || beside(local.Address, remote.Address) || here(local) || here(remote):
		return session.RouteLAN
	}
	return session.RouteDirect
}

// near reports an address that means something only on its own network. A name
// is one of mDNS.
func near(c *webrtc.ICECandidate) bool {
	ip, err := netip.ParseAddr(c.Address)
	return err != nil || ip.IsPrivate() || ip.IsLoopback() || ip.IsLinkLocalUnicast()
}

// here reports an address of the machine itself: who is reached from there, or
// there, is on it too, whatever address they go by.
func here(c *webrtc.ICECandidate) bool {
	ip, err := netip.ParseAddr(c.Address)
	return err == nil && ip.IsLoopback()
}

// beside reports what two hosts of one network have in common where their
// addresses are public: 24 bits, or 64 of IPv6. A host candidate alone says
// nothing: without a NAT, as with IPv6, it is the one the whole internet uses.
func beside(one, other string) bool {
	a, err := netip.ParseAddr(one)
	b, err2 := netip.ParseAddr(other)
	if err != nil || err2 != nil {
		return false
	}
	bits := 24
	if a.Is6() {
		bits = 64
	}
	net, err := a.Prefix(bits)
	return err == nil && net.Contains(b)
}
