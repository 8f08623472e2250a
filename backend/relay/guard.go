package relay

import (
	"encoding/binary"
	"errors"
	"net"
	"sync"
	"time"

	"github.com/pion/stun/v4"
)

// RFC 8489, 5, and RFC 8656, 12.4.
const (
	headerSize    = 20
	channelHead   = 4
	integritySize = 24 // of MESSAGE-INTEGRITY
	magicCookie   = 0x2112A442
	bindingMax    = 548  // bytes of a Binding request: what a UDP packet carries everywhere, less is usual
	packetMax     = 1599 // bytes of any packet: more than a path carries
)

// Types of what a client may send. Requests for TCP to a peer (RFC 6062) are
// not among them.
var (
	bindingRequest    = stun.BindingRequest.Value()
	allocateRequest   = stun.NewType(stun.MethodAllocate, stun.ClassRequest).Value()
	refreshRequest    = stun.NewType(stun.MethodRefresh, stun.ClassRequest).Value()
	permissionRequest = stun.NewType(stun.MethodCreatePermission, stun.ClassRequest).Value()
	channelRequest    = stun.NewType(stun.MethodChannelBind, stun.ClassRequest).Value()
	sendIndication    = stun.NewType(stun.MethodSend, stun.ClassIndication).Value()
)

// A guard is the UDP socket as the server sees it: only packets that have the
// form of something that is served.
type guard struct {
	net.PacketConn
	turn bool // else STUN only

	once sync.Once
	done chan struct{} // closed when ReadFrom has returned its error
}

// ReadFrom returns the next packet that is let through. Only a closed socket is
// an error: the server stops reading at the first.
func (g *guard) ReadFrom(b []byte) (int, net.Addr, error) {
	for {
		n, addr, err := g.PacketConn.ReadFrom(b)
		switch {
		case errors.Is(err, net.ErrClosed):
			g.once.Do(func() { close(g.done) })
			return 0, nil, err
		case err != nil: // an ICMP answer to an earlier packet, on some systems
			time.Sleep(time.Millisecond)
		case isBindingRequest(b[:n]) || g.turn && isRelayPacket(b[:n]):
			return n, addr, nil
		}
	}
}

// isMessage reports whether b has the form of a STUN message: cookie, and a
// length that is the packet's.
func isMessage(b []byte) bool {
	return len(b) >= headerSize && len(b)%4 == 0 &&
		int(binary.BigEndian.Uint16(b[2:])) == len(b)-headerSize &&
		binary.BigEndian.Uint32(b[4:]) == magicCookie
}

// isBindingRequest reports whether b has the form of one.
func isBindingRequest(b []byte) bool {
	return len(b) <= bindingMax && isMessage(b) && binary.BigEndian.Uint16(b) == bindingRequest
}

// isRelayPacket reports whether b has the form of what a TURN client sends.
func isRelayPacket(b []byte) bool {
	if len(b) < channelHead || len(b) > packetMax {
		return false
	}
	if isChannel(b) {
		n := int(binary.BigEndian.Uint16(b[2:]))
		return channelHead+n <= len(b) && len(b) <= channelHead+padded(n)
	}
	if !isMessage(b) {
		return false
	}
	switch binary.BigEndian.Uint16(b) {
	case allocateRequest:
		// With nothing in it there is nothing to answer to: the question for a
		// credential would be four times as long.
		return len(b) >= headerSize+8
	case refreshRequest, permissionRequest, channelRequest:
		return len(b) >= headerSize+integritySize // the same; a client that knows how to ask has one
	case sendIndication:
		return true // is never answered
	}
	return false
}

// isChannel reports whether b begins with a channel number: 0x4000 to 0x7FFF.
func isChannel(b []byte) bool { return b[0]>>6 == 1 }

func padded(n int) int { return (n + 3) &^ 3 }

// frameSize returns how long the packet is that begins with these four bytes of
// a stream; 0: it can't be one.
func frameSize(head []byte) int {
	n := int(binary.BigEndian.Uint16(head[2:]))
	switch {
	case isChannel(head):
		n = channelHead + padded(n)
	case head[0]>>6 == 0 && n%4 == 0:
		n += headerSize
	default:
		return 0
	}
	if n > packetMax {
		return 0
	}
	return n
}
