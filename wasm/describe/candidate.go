package describe

import (
	"net/netip"

	"beeline/wasm/wire"
)

// Kinds of a candidate. PROTOCOL.md d.4.
const (
	Host  = 1
	Srflx = 2 // as a STUN server saw it
	Relay = 3
)

// Transports of a candidate.
const (
	UDP        = 1
	TCPActive  = 2
	TCPPassive = 3
)

// Families of an address.
const (
	IPv4 = 4
	IPv6 = 6
	MDNS = 7 // a browser's stand-in for an address: <uuid>.local
)

// A Candidate is one address at which a peer may be reached.
type Candidate struct {
	Kind     uint8
	Proto    uint8
	Priority uint32   // 1..2³¹−1, RFC 8445 5.1.2
	Family   uint8    // IPv4, IPv6 or MDNS
	Addr     [16]byte // an IPv4 address in the first 4, the rest zero; of MDNS the UUID
	Port     uint16   // never 0
}

// Rules say which addresses are allowed. The zero value is for peers that are
// somewhere else.
type Rules struct {
	Loopback bool  // both peers run on this machine, with the local backend
	Paths    uint8 // wire.PathsAny, PathsDirect or PathsRelay
}

// Allow reports whether a candidate of a peer may be used. What is refused makes
// no sense between two peers, reaches whom it should not (everybody on a network,
// or a service on the machine itself), or is a path that the session may not use.
func (r Rules) Allow(c Candidate) bool {
	if c.Kind < Host || c.Kind > Relay || c.Proto < UDP || c.Proto > TCPPassive ||
		c.Priority == 0 || c.Priority > 1<<31-1 || c.Port == 0 {
		return false
	}
	if relay := c.Kind == Relay; r.Paths == wire.PathsDirect && relay || r.Paths == wire.PathsRelay && !relay {
		return false
	}
	switch c.Family {
	case MDNS:
		return c.Kind == Host
	case IPv4:
		if c.Addr[0] == 0 || [4]byte(c.Addr[:]) == [4]byte{255, 255, 255, 255} {
			return false
		}
	case IPv6:
		if c.ip().Is4In6() {
			return false // has a form of its own, and could hide any of those refused
		}
	default:
		return false
	}
	ip := c.ip()
	return !ip.IsUnspecified() && !ip.IsMulticast() && (r.Loopback || !ip.IsLoopback())
}

// ip returns the address; of MDNS it means nothing.
func (c Candidate) ip() netip.Addr {
	if c.Family == IPv4 {
		return netip.AddrFrom4([4]byte(c.Addr[:]))
	}
	return netip.AddrFrom16(c.Addr)
}

const candidateHead = 7 // u8 kind ‖ u8 proto ‖ u32 prio ‖ u8 family

func (c Candidate) append(b []byte) []byte {
	b = append(be.AppendUint32(append(b, c.Kind, c.Proto), c.Priority), c.Family)
	b = append(b, c.Addr[:addrSize(c.Family)]...)
	return be.AppendUint16(b, c.Port)
}

// addrSize returns how many bytes an address takes: 0 for an unknown family.
func addrSize(family uint8) int {
	switch family {
	case IPv4:
		return 4
	case IPv6, MDNS:
		return 16
	}
	return 0
}

func appendList(b []byte, list []Candidate) []byte {
	b = append(b, uint8(len(list)))
	for _, c := range list {
		b = c.append(b)
	}
	return b
}

// parseList reads u8 k, k candidates, and nothing after them.
func parseList(b []byte, r Rules) ([]Candidate, error) {
	if len(b) < 1 || b[0] > wire.Candidates {
		return nil, &Error{"form"}
	}
	k := int(b[0])
	b = b[1:]
	var list []Candidate
	for range k {
		if len(b) < candidateHead {
			return nil, &Error{"form"}
		}
		c := Candidate{Kind: b[0], Proto: b[1], Priority: be.Uint32(b[2:]), Family: b[6]}
		n := addrSize(c.Family)
		if n == 0 || len(b) < candidateHead+n+2 {
			return nil, &Error{"form"}
		}
		copy(c.Addr[:], b[candidateHead:candidateHead+n])
		c.Port = be.Uint16(b[candidateHead+n:])
		if !r.Allow(c) {
			return nil, &Error{"candidate"}
		}
		list = append(list, c)
		b = b[candidateHead+n+2:]
	}
	if len(b) != 0 {
		return nil, &Error{"form"}
	}
	return list, nil
}
