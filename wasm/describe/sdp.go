package describe

import (
	"encoding/binary"
	"encoding/hex"
	"net/netip"
	"strconv"
	"strings"

	"beeline/wasm/wire"
)

// FromSDP reads the SDP that the own browser, or pion, made. It must never see
// the SDP of a peer. Candidates that the compact form can't carry, or that a
// peer would refuse, are left out, and what is beyond wire.Candidates.
func FromSDP(pc uint8, typ uint8, sdp string) (Description, error) {
	return Rules{}.FromSDP(pc, typ, sdp)
}

// FromSDP is the package's FromSDP for a peer that goes by the rules r.
func (r Rules) FromSDP(pc uint8, typ uint8, sdp string) (Description, error) {
	d := Description{PC: pc, Type: typ}
	printed := false
	for line := range strings.Lines(sdp) {
		name, value, _ := strings.Cut(strings.TrimRight(line, "\r\n"), ":")
		switch name {
		case "a=ice-ufrag":
			d.Ufrag = value
		case "a=ice-pwd":
			d.Pwd = value
		case "a=setup":
			d.Setup = setups[value]
		case "a=fingerprint":
			if f, ok := parseFingerprint(value); ok {
				d.Fingerprint, printed = f, true
			}
		case "a=candidate":
			if c, ok := r.CandidateFromSDP("candidate:" + value); ok && len(d.Candidates) < wire.Candidates {
				d.Candidates = append(d.Candidates, c)
			}
		}
	}
	if !printed {
		return Description{}, &Error{"fingerprint"}
	}
	if err := d.check(); err != nil {
		return Description{}, err
	}
	return d, nil
}

var setups = map[string]uint8{"actpass": ActPass, "active": Active, "passive": Passive}

// SDP returns what setRemoteDescription takes: the template of PROTOCOL.md d.4
// with the fields filled in. The description must come from Parse or FromSDP.
func (d Description) SDP() string {
	var b strings.Builder
	for _, line := range []string{
		"v=0",
		"o=- 1 1 IN IP4 0.0.0.0",
		"s=-",
		"t=0 0",
		"a=group:BUNDLE 0",
		"m=application 9 UDP/DTLS/SCTP webrtc-datachannel",
		"c=IN IP4 0.0.0.0",
		"a=mid:0",
		"a=ice-ufrag:" + d.Ufrag,
		"a=ice-pwd:" + d.Pwd,
		"a=fingerprint:sha-256 " + formatFingerprint(d.Fingerprint),
		"a=setup:" + [...]string{"", "actpass", "active", "passive"}[d.Setup&3],
		"a=sctp-port:5000",
		"a=max-message-size:65535",
	} {
		b.WriteString(line)
		b.WriteString("\r\n")
	}
	for _, c := range d.Candidates {
		b.WriteString("a=" + c.SDP() + "\r\n")
	}
	b.WriteString("a=end-of-candidates\r\n")
	return b.String()
}

// parseFingerprint reads "sha-256 AB:CD:…".
func parseFingerprint(value string) (f [32]byte, ok bool) {
	hash, digits, _ := strings.Cut(value, " ")
	if !strings.EqualFold(hash, "sha-256") || len(digits) != 3*len(f)-1 {
		return f, false
	}
	for i := range f {
		b, err := strconv.ParseUint(digits[3*i:3*i+2], 16, 8)
		if err != nil || i > 0 && digits[3*i-1] != ':' {
			return f, false
		}
		f[i] = byte(b)
	}
	return f, true
}

func formatFingerprint(f [32]byte) string {
	const digits = "0123456789ABCDEF"
	b := make([]byte, 0, 3*len(f))
	for i, x := range f {
		if i > 0 {
			b = append(b, ':')
		}
		b = append(b, digits[x>>4], digits[x&15])
	}
	return string(b)
}

// CandidateFromSDP reads a candidate of the own browser: "candidate:…", with or
// without "a=" before it. Not ok where the compact form can't carry it: another
// component, a peer-reflexive one, a name that is not mDNS, a scoped address.
func CandidateFromSDP(line string) (Candidate, bool) { return Rules{}.CandidateFromSDP(line) }

// CandidateFromSDP is the package's CandidateFromSDP for a peer that goes by
// the rules r.
func (r Rules) CandidateFromSDP(line string) (Candidate, bool) {
	line = strings.TrimPrefix(strings.TrimSpace(line), "a=")
	value, ok := strings.CutPrefix(line, "candidate:")
	// foundation component transport priority address port "typ" kind …
	f := strings.Fields(value)
	if !ok || len(f) < 8 || f[1] != "1" || f[6] != "typ" {
		return Candidate{}, false
	}
	var c Candidate
	c.Kind = kinds[f[7]]
	switch strings.ToLower(f[2]) {
	case "udp":
		c.Proto = UDP
	case "tcp":
		for i := 8; i+1 < len(f); i += 2 {
			if f[i] == "tcptype" {
				c.Proto = tcpTypes[f[i+1]]
			}
		}
	}
	prio, err1 := strconv.ParseUint(f[3], 10, 32)
	port, err2 := strconv.ParseUint(f[5], 10, 16)
	c.Priority, c.Port = uint32(prio), uint16(port)
	if err1 != nil || err2 != nil || !c.setAddr(f[4]) || !r.Allow(c) {
		return Candidate{}, false
	}
	return c, true
}

var (
	kinds    = map[string]uint8{"host": Host, "srflx": Srflx, "relay": Relay}
	tcpTypes = map[string]uint8{"active": TCPActive, "passive": TCPPassive}
)

// setAddr reads an address or "<uuid>.local".
func (c *Candidate) setAddr(s string) bool {
	if uuid, ok := strings.CutSuffix(s, ".local"); ok {
		c.Family = MDNS
		return parseUUID(&c.Addr, uuid)
	}
	ip, err := netip.ParseAddr(s)
	switch {
	case err != nil || ip.Zone() != "":
		return false
	case ip.Is4():
		c.Family = IPv4
		a := ip.As4()
		copy(c.Addr[:], a[:])
	default:
		c.Family = IPv6
		c.Addr = ip.As16()
	}
	return true
}

// SDP returns the candidate as "candidate:…", as addIceCandidate takes it. The
// address a candidate was found from is never told; where the grammar wants one
// there are zeros, as browsers write it themselves.
func (c Candidate) SDP() string {
	var b strings.Builder
	b.WriteString("candidate:" + c.foundation() + " 1 ")
	if c.Proto == UDP {
		b.WriteString("udp ")
	} else {
		b.WriteString("tcp ")
	}
	b.WriteString(strconv.FormatUint(uint64(c.Priority), 10))
	b.WriteByte(' ')
	if c.Family == MDNS {
		b.WriteString(formatUUID(c.Addr) + ".local")
	} else {
		b.WriteString(c.ip().String())
	}
	b.WriteString(" " + strconv.Itoa(int(c.Port)) + " typ " + [...]string{"", "host", "srflx", "relay"}[c.Kind&3])
	if c.Kind != Host {
		if c.Family == IPv6 {
			b.WriteString(" raddr :: rport 0")
		} else {
			b.WriteString(" raddr 0.0.0.0 rport 0")
		}
	}
	switch c.Proto {
	case TCPActive:
		b.WriteString(" tcptype active")
	case TCPPassive:
		b.WriteString(" tcptype passive")
	}
	return b.String()
}

// foundation names candidates that share kind, transport and family, RFC 8445
// 5.1.1.3: connectivity checks of one name wait for each other. Which network
// an address belongs to is not on the wire, so the address counts too.
func (c Candidate) foundation() string {
	h := uint32(2166136261) // FNV-1a
	for _, x := range append([]byte{c.Kind, c.Proto, c.Family}, c.Addr[:]...) {
		h = (h ^ uint32(x)) * 16777619
	}
	return strconv.FormatUint(uint64(h), 10)
}

// parseUUID reads 8-4-4-4-12 hex digits.
func parseUUID(dst *[16]byte, s string) bool {
	if len(s) != 36 || s[8] != '-' || s[13] != '-' || s[18] != '-' || s[23] != '-' {
		return false
	}
	// (Not package hex: its error for a wrong digit is all of fmt.)
	high, err1 := strconv.ParseUint(s[:8]+s[9:13]+s[14:18], 16, 64)
	low, err2 := strconv.ParseUint(s[19:23]+s[24:], 16, 64)
	binary.BigEndian.PutUint64(dst[:], high)
	binary.BigEndian.PutUint64(dst[8:], low)
	return err1 == nil && err2 == nil
}

func formatUUID(u [16]byte) string {
	s := hex.EncodeToString(u[:])
	return s[:8] + "-" + s[8:12] + "-" + s[12:16] + "-" + s[16:20] + "-" + s[20:]
}
