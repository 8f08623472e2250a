//go:build linux

package lab

import (
	"encoding/binary"
	"fmt"
	"sync/atomic"
	"unsafe"

	"golang.org/x/sys/unix"
)

const (
	frameMax  = 1514    // bytes: Ethernet header and MTU
	slotSize  = 2048    // bytes a frame has in a ring and in the pool
	ringSlots = 1 << 13 // frames that wait to be read: 80 ms at 1 Gbit/s
	batch     = 64      // frames a system call sends
)

// A port is this process's end of a host's cable: a packet socket with a ring
// that the kernel fills. Reading costs no system call, sending one a batch.
type port struct {
	fd   int
	ring []byte
	at   int // the slot that is read next

	sending [batch]int32 // slots
	vectors [batch]unix.Iovec
	heads   [batch]mmsghdr
	queued  int

	refused uint64 // frames the kernel did not take
	missed  uint64 // frames for which the ring had no room
}

// mmsghdr is sendmmsg(2)'s.
type mmsghdr struct {
	hdr unix.Msghdr
	n   uint32
	_   uint32
}

// openPort opens a device of the thread's network namespace.
func openPort(index int) (*port, error) {
	// Protocol 0: nothing arrives before it is bound, so nothing of other devices.
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		return nil, fmt.Errorf("open a packet socket: %w", err)
	}
	p := &port{fd: fd}
	if err := p.setUp(index); err != nil {
		unix.Close(fd)
		return nil, err
	}
	for i := range p.heads {
		p.heads[i].hdr.Iov = &p.vectors[i]
		p.heads[i].hdr.SetIovlen(1)
	}
	return p, nil
}

func (p *port) setUp(index int) error {
	for _, o := range []struct {
		what       string
		level, opt int
		value      int
	}{
		{"TPACKET_V2", unix.SOL_PACKET, unix.PACKET_VERSION, unix.TPACKET_V2},
		{"PACKET_IGNORE_OUTGOING", unix.SOL_PACKET, unix.PACKET_IGNORE_OUTGOING, 1},
		{"PACKET_QDISC_BYPASS", unix.SOL_PACKET, unix.PACKET_QDISC_BYPASS, 1},
		{"SO_SNDBUFFORCE", unix.SOL_SOCKET, unix.SO_SNDBUFFORCE, 16 << 20},
	} {
		if err := unix.SetsockoptInt(p.fd, o.level, o.opt, o.value); err != nil {
			return fmt.Errorf("set %s: %w", o.what, err)
		}
	}
	request := unix.TpacketReq{Block_size: 1 << 16, Block_nr: ringSlots * slotSize >> 16, Frame_size: slotSize, Frame_nr: ringSlots}
	if err := unix.SetsockoptTpacketReq(p.fd, unix.SOL_PACKET, unix.PACKET_RX_RING, &request); err != nil {
		return fmt.Errorf("make a ring: %w", err)
	}
	ring, err := unix.Mmap(p.fd, 0, ringSlots*slotSize, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	if err != nil {
		return fmt.Errorf("map the ring: %w", err)
	}
	p.ring = ring
	if err := unix.Bind(p.fd, &unix.SockaddrLinklayer{Protocol: htons(unix.ETH_P_ALL), Ifindex: index}); err != nil {
		return fmt.Errorf("bind a packet socket: %w", err)
	}
	return nil
}

// read returns the next frame and when the kernel got it, or nil. The frame is
// the kernel's again at release.
func (p *port) read() (frame []byte, t int64) {
	slot := p.ring[p.at*slotSize:][:slotSize]
	head := (*unix.Tpacket2Hdr)(unsafe.Pointer(&slot[0]))
	if atomic.LoadUint32(&head.Status)&unix.TP_STATUS_USER == 0 {
		return nil, 0
	}
	return slot[head.Mac:][:min(head.Snaplen, slotSize-uint32(head.Mac))], int64(head.Sec)*1e9 + int64(head.Nsec)
}

func (p *port) release() {
	head := (*unix.Tpacket2Hdr)(unsafe.Pointer(&p.ring[p.at*slotSize]))
	atomic.StoreUint32(&head.Status, unix.TP_STATUS_KERNEL)
	p.at = (p.at + 1) & (ringSlots - 1)
}

// send queues a frame; its slot is the pool's again after flush.
func (p *port) send(pool *pool, slot int32, size int32) {
	if p.queued == batch {
		p.flush(pool)
	}
	v := &p.vectors[p.queued]
	v.Base = &pool.bytes(slot)[0]
	v.SetLen(int(size))
	p.sending[p.queued] = slot
	p.queued++
}

func (p *port) flush(pool *pool) {
	for done := 0; done < p.queued; {
		n, _, errno := unix.Syscall6(unix.SYS_SENDMMSG, uintptr(p.fd), uintptr(unsafe.Pointer(&p.heads[done])), uintptr(p.queued-done), 0, 0, 0)
		switch {
		case errno == unix.EINTR:
		case errno != 0:
			p.refused++
			done++
		default:
			done += int(n)
		}
	}
	for _, slot := range p.sending[:p.queued] {
		pool.put(slot)
	}
	p.queued = 0
}

// count reads how many frames found no room in the ring.
func (p *port) count() {
	if s, err := unix.GetsockoptTpacketStats(p.fd, unix.SOL_PACKET, unix.PACKET_STATISTICS); err == nil {
		p.missed += uint64(s.Drops) // the kernel's count starts again at each reading
	}
}

func (p *port) close() {
	_ = unix.Munmap(p.ring)
	_ = unix.Close(p.fd)
}

func htons(v uint16) uint16 { return binary.NativeEndian.Uint16([]byte{byte(v >> 8), byte(v)}) }

// A pool is memory for frames under way. It grows to what the lines hold and is
// kept, so that nothing is allocated for a packet.
type pool struct {
	chunks [][]byte
	free   []int32
}

const chunkSlots = 1024

func (p *pool) get() int32 {
	if len(p.free) == 0 {
		first := int32(len(p.chunks) * chunkSlots)
		p.chunks = append(p.chunks, make([]byte, chunkSlots*slotSize))
		for i := range int32(chunkSlots) {
			p.free = append(p.free, first+i)
		}
	}
	slot := p.free[len(p.free)-1]
	p.free = p.free[:len(p.free)-1]
	return slot
}

func (p *pool) put(slot int32) { p.free = append(p.free, slot) }

func (p *pool) bytes(slot int32) []byte {
	return p.chunks[slot/chunkSlots][int(slot%chunkSlots)*slotSize:][:slotSize]
}
