package session

import (
	"bytes"
	"slices"

	swire "beeline/signaling/wire"
)

// fakeHub is the hub of signaling/PROTOCOL.md without its limits.
type fakeHub struct {
	w        *world
	rooms    map[[32]byte][]*hubMember
	last     uint32
	log      []passing        // every frame
	subs     []sub            // every SUB and UNSUB
	deny     int              // SUBs still to be refused
	dead     bool             // takes everything and says nothing
	plates   int              // given so far
	noPlates bool             // it gives none
	squatted bool             // it lets several knock at one plate
	ice      func() swire.ICE // nil: STUN only
}

type hubConn struct {
	node *node
	dead bool // its other end is gone, and nobody has noticed
}

type hubMember struct {
	c      *hubConn
	handle uint32
	role   uint8
}

type sub struct {
	node   *node
	at     int64
	on     bool
	role   uint8
	topics [][32]byte // in the order sent
}

func (h *fakeHub) message(c *hubConn, data []byte) {
	if h.dead || c.dead {
		return
	}
	m, err := swire.ParseClient(data)
	if err != nil {
		h.w.t.Fatalf("%s sent a message that the hub refuses: %x", c.node.name, data[:min(len(data), 16)])
	}
	switch m.Op {
	case swire.OpSub:
		h.subs = append(h.subs, sub{c.node, h.w.now, true, m.Role, slices.Clone(m.Topics)})
		if h.deny > 0 {
			h.deny--
			h.tell(c, swire.AppendErr(nil, swire.OpSub, 300))
			return
		}
		for _, t := range m.Topics {
			h.join(c, m.Role, t)
		}
		h.tell(c, swire.AppendSubbed(nil))
	case swire.OpUnsub:
		h.subs = append(h.subs, sub{c.node, h.w.now, false, 0, slices.Clone(m.Topics)})
		for _, t := range m.Topics {
			h.leaveRoom(c, t)
		}
	case swire.OpPub:
		h.publish(c, m)
	case swire.OpPlate:
		if h.plates++; h.noPlates {
			h.tell(c, swire.AppendErr(nil, swire.OpPlate, 0))
			return
		}
		plate := uint32(20_000 + h.plates)
		h.tell(c, swire.AppendPlate(nil, plate))
		h.join(c, roleWait, swire.PlateTopic(plate))
	case swire.OpClaim:
		h.claim(c, m.Plate)
	case swire.OpPlateFree:
		for _, t := range h.topics() {
			if swire.IsPlate(t) {
				h.leaveRoom(c, t)
			}
		}
	case swire.OpICE:
		ice := swire.ICE{URLs: []string{"stun:127.0.0.1:3478"}}
		if h.ice != nil {
			ice = h.ice()
		}
		b, _ := swire.AppendICEAnswer(nil, ice)
		h.tell(c, b)
	}
}

// claim lets one knock at a plate, as the hub does; with squatted it lets in anybody.
func (h *fakeHub) claim(c *hubConn, plate uint32) {
	t := swire.PlateTopic(plate)
	waiting, knocking := false, 0
	for _, m := range h.rooms[t] {
		waiting = waiting || m.role == roleWait
		if m.role == roleKnock && m.c != c {
			knocking++
		}
	}
	switch {
	case !waiting:
		h.tell(c, swire.AppendErr(nil, swire.OpClaim, 0))
	case knocking > 0 && !h.squatted:
		h.tell(c, swire.AppendErr(nil, swire.OpClaim, 5000))
	default:
		h.join(c, roleKnock, t)
		h.tell(c, swire.AppendPlate(nil, plate))
	}
}

func (h *fakeHub) join(c *hubConn, role uint8, t [32]byte) {
	if h.member(c, t) != nil {
		return // nothing changes
	}
	h.last++
	me := &hubMember{c, h.last, role}
	for _, o := range h.rooms[t] {
		if o.role != role {
			h.tell(o.c, swire.AppendJoin(nil, t, me.handle))
			h.tell(c, swire.AppendJoin(nil, t, o.handle))
		}
	}
	h.rooms[t] = append(h.rooms[t], me)
}

func (h *fakeHub) member(c *hubConn, t [32]byte) *hubMember {
	for _, o := range h.rooms[t] {
		if o.c == c {
			return o
		}
	}
	return nil
}

func (h *fakeHub) publish(c *hubConn, m swire.ClientMessage) {
	me := h.member(c, m.Topic)
	if me == nil {
		return
	}
	for _, o := range h.rooms[m.Topic] {
		if o.handle != m.Dst || o.role == me.role {
			continue
		}
		p := passing{from: c.node, to: o.c.node, topic: m.Topic, src: me.handle, dst: o.handle, frame: bytes.Clone(m.Frame), at: h.w.now}
		h.log = append(h.log, p)
		out := [][]byte{bytes.Clone(p.frame)}
		if h.w.onFrame != nil {
			out = h.w.onFrame(p)
		}
		for _, f := range out {
			h.tell(o.c, swire.AppendData(nil, m.Topic, me.handle, f))
		}
	}
}

// passing is a frame on its way.
type passing struct {
	from, to *node
	topic    [32]byte
	src, dst uint32 // handles
	frame    []byte
	at       int64
}

// reflect sends a frame back to whom it came from, as if from the other.
func (h *fakeHub) reflect(p passing) { h.inject(p.from, p.topic, p.dst, p.frame) }

func (h *fakeHub) tell(c *hubConn, data []byte) {
	h.w.later(func() {
		if c.node.conn == c && !c.dead && !h.dead {
			c.node.handle(SignalMessage{Data: data})
		}
	})
}

func (h *fakeHub) leaveRoom(c *hubConn, t [32]byte) {
	gone := h.member(c, t)
	if gone == nil {
		return
	}
	h.rooms[t] = slices.DeleteFunc(h.rooms[t], func(o *hubMember) bool { return o == gone })
	for _, o := range h.rooms[t] {
		if o.role != gone.role {
			h.tell(o.c, swire.AppendLeave(nil, t, gone.handle))
		}
	}
}

func (h *fakeHub) leave(c *hubConn) {
	for _, t := range h.topics() {
		h.leaveRoom(c, t)
	}
}

func (h *fakeHub) topics() [][32]byte {
	out := make([][32]byte, 0, len(h.rooms))
	for t := range h.rooms {
		out = append(out, t)
	}
	slices.SortFunc(out, func(x, y [32]byte) int { return bytes.Compare(x[:], y[:]) })
	return out
}

// held returns the topics a node is on.
func (h *fakeHub) held(n *node) map[[32]byte]bool {
	out := make(map[[32]byte]bool)
	for t, members := range h.rooms {
		for _, m := range members {
			if m.c == n.conn {
				out[t] = true
			}
		}
	}
	return out
}

// inject sends a frame as if it came from a handle.
func (h *fakeHub) inject(to *node, topic [32]byte, from uint32, frame []byte) {
	if to.conn == nil {
		return
	}
	h.tell(to.conn, swire.AppendData(nil, topic, from, frame))
}
