package lab

import (
	"encoding/binary"
	"net/netip"
	"testing"
	"time"
)

// frameOf is a UDP or TCP packet with correct checksums.
func frameOf(protocol byte, from, to netip.AddrPort, payload string) []byte {
	frame := make([]byte, etherHeader)
	segment := binary.BigEndian.AppendUint16(nil, from.Port())
	segment = binary.BigEndian.AppendUint16(segment, to.Port())
	at := 6 // of the checksum
	if protocol == protocolTCP {
		segment = append(segment, make([]byte, 16)...)
		segment[12], at = 5<<4, 16
	} else {
		segment = binary.BigEndian.AppendUint16(segment, uint16(8+len(payload)))
		segment = append(segment, 0, 0)
	}
	segment = append(segment, payload...)
	if from.Addr().Is4() {
		binary.BigEndian.PutUint16(frame[12:], typeIPv4)
		ip := make([]byte, 20)
		ip[0], ip[8], ip[9] = 0x45, 64, protocol
		binary.BigEndian.PutUint16(ip[2:], uint16(20+len(segment)))
		copy(ip[12:], from.Addr().AsSlice())
		copy(ip[16:], to.Addr().AsSlice())
		binary.BigEndian.PutUint16(ip[10:], ^sum(ip))
		frame = append(frame, ip...)
	} else {
		binary.BigEndian.PutUint16(frame[12:], typeIPv6)
		ip := make([]byte, 8, 40)
		ip[0], ip[6], ip[7] = 0x60, protocol, 64
		binary.BigEndian.PutUint16(ip[4:], uint16(len(segment)))
		frame = append(append(append(frame, ip...), from.Addr().AsSlice()...), to.Addr().AsSlice()...)
	}
	frame = append(frame, segment...)
	binary.BigEndian.PutUint16(frame[len(frame)-len(segment)+at:], ^segmentSum(frame, protocol))
	return frame
}

// sum is the ones' complement sum of RFC 1071.
func sum(parts ...[]byte) uint16 {
	total := uint32(0)
	for _, b := range parts {
		for i, v := range b {
			total += uint32(v) << (8 * (1 - i%2))
		}
	}
	for total > 0xffff {
		total = total&0xffff + total>>16
	}
	return uint16(total)
}

// segmentSum is that of a segment with its pseudo header: 0xffff if the checksum
// in it is right.
func segmentSum(frame []byte, protocol byte) uint16 {
	ip, addresses, segment := frame[etherHeader:], 12, 20
	if ip[0]>>4 == 6 {
		addresses, segment = 8, 40
	}
	body := ip[segment:]
	return sum(ip[addresses:segment], []byte{0, protocol, byte(len(body) >> 8), byte(len(body))}, body)
}

func mustParse(t *testing.T, frame []byte) *header {
	t.Helper()
	h, ok := parse(frame)
	if !ok {
		t.Fatal("a packet was not understood")
	}
	return &h
}

var (
	inside  = netip.MustParseAddrPort("192.168.1.10:5000")
	inside6 = netip.MustParseAddrPort("[2600:be:0:1::a]:5000")
	public  = netip.MustParseAddr("11.0.1.1")
	remote  = netip.MustParseAddrPort("11.0.2.10:3478")
	remote6 = netip.MustParseAddrPort("[2600:be:0:2::a]:3478")
)

func TestWhatIsRewrittenHasRightChecksums(t *testing.T) {
	for _, protocol := range []byte{protocolTCP, protocolUDP} {
		for _, ends := range [][2]netip.AddrPort{{inside, remote}, {inside6, remote6}} {
			for i := range 2000 {
				frame := frameOf(protocol, ends[0], ends[1], "a payload")
				h := mustParse(t, frame)
				other := ends[0].Addr().AsSlice()
				other[len(other)-1] = byte(i)
				a, _ := netip.AddrFromSlice(other)
				h.setFrom(netip.AddrPortFrom(a, uint16(i*31)))
				h.setTo(netip.AddrPortFrom(ends[1].Addr(), uint16(i*17)))
				if got := segmentSum(frame, protocol); got != 0xffff {
					t.Fatalf("%v to %v: checksum of the segment adds up to %04x, want ffff", h.from, h.to, got)
				}
				if got := sum(frame[etherHeader:][:20]); a.Is4() && got != 0xffff {
					t.Fatalf("checksum of the header adds up to %04x, want ffff", got)
				}
				if again := mustParse(t, frame); again.from != h.from || again.to != h.to {
					t.Fatalf("got %v to %v, want %v to %v", again.from, again.to, h.from, h.to)
				}
			}
		}
	}
}

func TestMappingIsForgottenWhenNothingIsSent(t *testing.T) {
	n := newNAT(PortRestricted, public, 1)
	first := mustParse(t, frameOf(protocolUDP, inside, remote, ""))
	n.out(first, 0)
	answered := func(t0 time.Duration) bool {
		h := mustParse(t, frameOf(protocolUDP, remote, first.from, ""))
		return n.in(h, int64(t0)) && h.to == inside
	}
	if !answered(udpLife) {
		t.Errorf("no answer after %v, want one", udpLife)
	}
	if answered(udpLife + 1) {
		t.Errorf("an answer after more than %v, want none: what comes in does not refresh", udpLife)
	}
	again := mustParse(t, frameOf(protocolUDP, inside, remote, ""))
	n.out(again, int64(udpLife)+2)
	if again.from == first.from {
		t.Error("the same port outside after the mapping was forgotten")
	}
}

func TestRouterThatMovedKnowsNobody(t *testing.T) {
	n := newNAT(FullCone, public, 1)
	h := mustParse(t, frameOf(protocolUDP, inside, remote, ""))
	n.out(h, 0)
	n.move(netip.MustParseAddr("11.1.1.1"))
	if n.in(mustParse(t, frameOf(protocolUDP, remote, h.from, "")), 1) {
		t.Error("an answer came through a mapping from before")
	}
	again := mustParse(t, frameOf(protocolUDP, inside, remote, ""))
	if n.out(again, 1); again.from.Addr() != n.public {
		t.Errorf("sent from %v after the move, want %v", again.from.Addr(), n.public)
	}
}

func TestBlockStops(t *testing.T) {
	web := netip.AddrPortFrom(remote.Addr(), 443)
	for _, c := range []struct {
		block    Block
		protocol byte
		to       netip.AddrPort
		stops    bool
	}{
		{BlockNothing, protocolUDP, remote, false},
		{BlockUDP, protocolUDP, web, true},
		{BlockUDP, protocolTCP, remote, false},
		{BlockBut443, protocolTCP, web, false},
		{BlockBut443, protocolTCP, remote, true},
		{BlockBut443, protocolUDP, web, true},
	} {
		if got := c.block.stops(mustParse(t, frameOf(c.protocol, inside, c.to, ""))); got != c.stops {
			t.Errorf("%q stops protocol %d to port %d: %v, want %v", c.block, c.protocol, c.to.Port(), got, c.stops)
		}
	}
}

// Programs on a host may send anything.
func FuzzFrame(f *testing.F) {
	f.Add(frameOf(protocolUDP, inside, remote, "hello"))
	f.Add(frameOf(protocolTCP, inside6, remote6, ""))
	f.Add(make([]byte, etherHeader+20))
	f.Fuzz(func(t *testing.T, frame []byte) {
		h, ok := parse(frame)
		if !ok {
			return
		}
		n := newNAT(Symmetric, public, 1)
		if h.from.Addr().Is4() && n.out(&h, 0) {
			back := mustParse(t, frame)
			back.from, back.to = back.to, back.from
			if !n.in(back, 1) {
				t.Error("no answer to what was sent")
			}
		}
	})
}
