package lab

import (
	"fmt"
	"net/netip"
	"time"
)

// A NAT is how a site's router maps what its hosts send and whom it lets answer,
// in the words of RFC 4787. Nobody is let in who was not written to from inside,
// and none turns a packet from inside back to the inside ("hairpin").
type NAT string

const (
	// Open: no NAT; the host has a public address that everybody reaches.
	Open NAT = ""
	// FullCone: one port outside for each inside; whoever knows it may send to it.
	FullCone NAT = "full-cone"
	// AddressRestricted: the same port; only addresses that were sent to may answer.
	AddressRestricted NAT = "address-restricted"
	// PortRestricted: the same port; only addresses and ports that were sent to.
	PortRestricted NAT = "port-restricted"
	// Symmetric: another port, at random, for each destination, which alone may answer.
	Symmetric NAT = "symmetric"
	// Firewall maps nothing: the host has a public address, and only addresses and
	// ports that were sent to may answer. What IPv6 has in place of a NAT.
	Firewall NAT = "firewall"
)

// A Block is what a site's router lets nobody send.
type Block string

const (
	BlockNothing Block = ""
	BlockUDP     Block = "udp"         // all of it
	BlockBut443  Block = "all-but-443" // everything but TCP to port 443
)

func (n NAT) check() error {
	switch n {
	case Open, FullCone, AddressRestricted, PortRestricted, Symmetric, Firewall:
		return nil
	}
	return fmt.Errorf("there is no NAT called %q", string(n))
}

// maps reports whether it has one public address for all its hosts.
func (n NAT) maps() bool { return n != Open && n != Firewall }

func (b Block) check() error {
	switch b {
	case BlockNothing, BlockUDP, BlockBut443:
		return nil
	}
	return fmt.Errorf("there is no block called %q", string(b))
}

// stops reports whether a packet from inside goes no further.
func (b Block) stops(h *header) bool {
	switch b {
	case BlockUDP:
		return h.protocol == protocolUDP
	case BlockBut443:
		return h.protocol != protocolTCP || h.to.Port() != 443
	}
	return false
}

const (
	// RFC 4787, REQ-5: not shorter than two minutes.
	udpLife = 2 * time.Minute
	// RFC 5382, REQ-5: an established connection lasts 2 hours and 4 minutes.
	tcpLife = 124 * time.Minute

	firstPort = 1024
)

// A flow is what a mapping is for: an end inside and, where the NAT is
// symmetric, the one outside.
type flow struct {
	protocol byte
	inside   netip.AddrPort
	remote   netip.AddrPort
}

type outer struct {
	protocol byte
	port     uint16
}

// A mapping is a port outside, and who was sent to from it.
type mapping struct {
	flow    flow
	outside netip.AddrPort
	sentTo  map[netip.AddrPort]bool
	reached map[netip.Addr]bool
	until   int64 // ns: it is refreshed by what is sent, RFC 4787 REQ-6
}

// A nat is the state of one router. TCP is treated as UDP is, with a filter that
// depends on address and port.
type nat struct {
	kind   NAT
	public netip.Addr
	seed   uint64

	drawn   uint64
	byFlow  map[flow]*mapping
	byPort  map[outer]*mapping
	refused uint64 // packets from outside that nobody had asked for
}

func newNAT(kind NAT, public netip.Addr, seed uint64) *nat {
	n := &nat{kind: kind, seed: seed}
	n.move(public)
	return n
}

// move gives the router another address; it forgets everything.
func (n *nat) move(public netip.Addr) {
	n.public = public
	n.byFlow = map[flow]*mapping{}
	n.byPort = map[outer]*mapping{}
}

// out takes a packet from inside to the outside, and reports whether it goes on.
func (n *nat) out(h *header, t int64) bool {
	if h.ports == 0 || h.to.Addr() == n.public {
		return false
	}
	f := flow{protocol: h.protocol, inside: h.from}
	if n.kind == Symmetric {
		f.remote = h.to
	}
	m := n.byFlow[f]
	if m != nil && t > m.until {
		n.forget(m)
		m = nil
	}
	if m == nil {
		if m = n.open(f, t); m == nil {
			return false
		}
	}
	m.sentTo[h.to] = true
	m.reached[h.to.Addr()] = true
	m.until = t + life(h.protocol)
	if n.kind.maps() {
		h.setFrom(m.outside)
	}
	return true
}

// in takes a packet from outside to the inside, and reports whether it may.
func (n *nat) in(h *header, t int64) bool {
	if h.ports == 0 || !n.allows(h, t) {
		n.refused++
		return false
	}
	if n.kind.maps() {
		h.setTo(n.byPort[outer{h.protocol, h.to.Port()}].flow.inside)
	}
	return true
}

func (n *nat) allows(h *header, t int64) bool {
	var m *mapping
	if n.kind.maps() {
		m = n.byPort[outer{h.protocol, h.to.Port()}]
	} else {
		m = n.byFlow[flow{protocol: h.protocol, inside: h.to}]
	}
	if m == nil || t > m.until || h.to.Addr() != m.outside.Addr() {
		return false
	}
	switch {
	case h.protocol != protocolUDP:
		return m.sentTo[h.from]
	case n.kind == FullCone:
		return true
	case n.kind == AddressRestricted:
		return m.reached[h.from.Addr()]
	default:
		return m.sentTo[h.from]
	}
}

// open makes a mapping, at a port that nobody can guess from the one before.
func (n *nat) open(f flow, t int64) *mapping {
	m := &mapping{flow: f, outside: f.inside, sentTo: map[netip.AddrPort]bool{}, reached: map[netip.Addr]bool{}}
	if n.kind.maps() {
		for range 1000 {
			port := firstPort + uint16(chance(n.seed, n.drawn)*(1<<16-firstPort))
			n.drawn++
			o := outer{f.protocol, port}
			if old := n.byPort[o]; old != nil && t <= old.until {
				continue
			} else if old != nil {
				n.forget(old)
			}
			m.outside = netip.AddrPortFrom(n.public, port)
			n.byPort[o] = m
			n.byFlow[f] = m
			return m
		}
		return nil
	}
	n.byFlow[f] = m
	return m
}

func (n *nat) forget(m *mapping) {
	delete(n.byFlow, m.flow)
	if n.kind.maps() {
		delete(n.byPort, outer{m.flow.protocol, m.outside.Port()})
	}
}

func life(protocol byte) int64 {
	if protocol == protocolUDP {
		return int64(udpLife)
	}
	return int64(tcpLife)
}
