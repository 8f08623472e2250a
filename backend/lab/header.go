package lab

import (
	"encoding/binary"
	"net/netip"
)

const (
	etherHeader = 14
	typeIPv4    = 0x0800
	typeIPv6    = 0x86dd

	protocolTCP = 6
	protocolUDP = 17
)

// A header is what of a frame decides where it goes, and where in the frame that
// stands.
type header struct {
	from, to netip.AddrPort // ports are 0 where the protocol has none
	protocol byte

	frame  []byte
	ip     int // offset of the IP header
	ports  int // offset of the ports; 0: there are none
	length int // bytes of an address
}

// parse reads a frame. Only whole IP packets are understood: a fragment has no
// ports, and nothing that is tested here sends one.
func parse(frame []byte) (header, bool) {
	h := header{frame: frame, ip: etherHeader}
	if len(frame) < etherHeader+20 {
		return header{}, false
	}
	ip := frame[etherHeader:]
	var from, to netip.Addr
	var after int
	switch kind := binary.BigEndian.Uint16(frame[12:]); {
	case kind == typeIPv4 && ip[0]>>4 == 4:
		if binary.BigEndian.Uint16(ip[6:])&0x3fff != 0 { // more fragments, or not the first
			return header{}, false
		}
		h.length, h.protocol = 4, ip[9]
		from, to = netip.AddrFrom4([4]byte(ip[12:])), netip.AddrFrom4([4]byte(ip[16:]))
		after = int(ip[0]&15) * 4
	case kind == typeIPv6 && ip[0]>>4 == 6 && len(ip) >= 40:
		h.length, h.protocol = 16, ip[6]
		from, to = netip.AddrFrom16([16]byte(ip[8:])), netip.AddrFrom16([16]byte(ip[24:]))
		after = 40
	default:
		return header{}, false
	}
	var source, target uint16
	least := 0
	switch h.protocol {
	case protocolTCP:
		least = 20
	case protocolUDP:
		least = 8
	}
	if least > 0 {
		if after < 20 || len(ip) < after+least {
			return header{}, false
		}
		h.ports = etherHeader + after
		source, target = binary.BigEndian.Uint16(frame[h.ports:]), binary.BigEndian.Uint16(frame[h.ports+2:])
	}
	h.from, h.to = netip.AddrPortFrom(from, source), netip.AddrPortFrom(to, target)
	return h, true
}

// setFrom and setTo rewrite one end of a packet that has ports.
func (h *header) setFrom(a netip.AddrPort) { h.rewrite(0, a); h.from = a }
func (h *header) setTo(a netip.AddrPort)   { h.rewrite(1, a); h.to = a }

func (h *header) rewrite(end int, a netip.AddrPort) {
	addresses := h.ip + 12
	if h.length == 16 {
		addresses = h.ip + 8
	}
	address := h.frame[addresses+end*h.length:][:h.length]
	port := h.frame[h.ports+2*end:][:2]

	var before, after [18]byte // address and port
	n := copy(before[:], address)
	copy(before[n:], port)
	copy(address, a.Addr().AsSlice())
	binary.BigEndian.PutUint16(port, a.Port())
	copy(after[:], address)
	copy(after[n:], port)

	if h.length == 4 {
		update(h.frame[h.ip+10:], before[:n], after[:n])
	}
	switch segment := h.frame[h.ports:]; h.protocol {
	case protocolTCP:
		update(segment[16:], before[:n+2], after[:n+2])
	case protocolUDP:
		if segment[6] == 0 && segment[7] == 0 { // it has none
			return
		}
		update(segment[6:], before[:n+2], after[:n+2])
		if segment[6] == 0 && segment[7] == 0 {
			segment[6], segment[7] = 0xff, 0xff
		}
	}
}

// update changes a checksum by what its fields changed by: RFC 1624, equation 3.
func update(checksum, before, after []byte) {
	sum := uint32(^binary.BigEndian.Uint16(checksum))
	for i := 0; i < len(before); i += 2 {
		sum += uint32(^binary.BigEndian.Uint16(before[i:])) + uint32(binary.BigEndian.Uint16(after[i:]))
	}
	for sum > 0xffff {
		sum = sum&0xffff + sum>>16
	}
	binary.BigEndian.PutUint16(checksum, ^uint16(sum))
}
