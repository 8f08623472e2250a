package session

import (
	"bytes"
	"crypto/ed25519"
	"slices"

	swire "beeline/signaling/wire"
	"beeline/wasm/handshake"
	"beeline/wasm/invite"
	"beeline/wasm/wire"
)

// Roles on a topic. signaling/PROTOCOL.md.
const (
	roleKnock = 0
	roleWait  = 1
)

// How many topic families a connection shows: a power of two, the real ones among
// dummies of the same formula, so that a hub can't count. PROTOCOL.md d.2.
const (
	familiesMin = 4
	familiesMax = 64
)

// A door is one way for two peers to meet: on which topics, and what each must
// prove in a handshake there. PROTOCOL.md d.1 and e.
type door struct {
	mode  uint8
	topic func(epoch uint32) [32]byte
	psk   func() [32]byte
	ctx   func() []byte      // of the prologue
	typeR uint8              // of the key that signs M2
	typeI uint8              // of the key that signs M3
	key   ed25519.PrivateKey // the one that this side signs with
	// pinned says whether the other side may be this key; nil: whoever knows the psk.
	pinned func(pk ed25519.PublicKey) bool
}

// linkDoor is where the holders of a link find its sharer. Which key is used for
// this side is the caller's to set.
func linkDoor(link *invite.Link) *door {
	return &door{
		mode:  wire.ModeLink,
		topic: func(epoch uint32) [32]byte { return link.Topic(epoch) },
		psk:   func() [32]byte { return link.PSK() },
		ctx:   func() []byte { return link.Fingerprint[:] },
		typeR: wire.KeyShare,
		typeI: wire.KeySession,
	}
}

// run returns what both sides of a handshake at the door know before it begins.
func (d *door) run(epoch uint32, topic [32]byte, sid [16]byte) handshake.Run {
	return handshake.Run{Mode: d.mode, Epoch: epoch, Topic: topic, SID: sid, Ctx: d.ctx(), PSK: d.psk()}
}

// spot is a topic of a door.
type spot struct {
	door  *door
	epoch uint32
}

// meeting keeps a machine's subscriptions at the hub: the families of the doors
// that are wanted, dummies beside or instead of them, changing with the hour.
type meeting struct {
	role  uint8
	dummy [32]byte
	up    bool
	lack  wire.Code // why there is no connection, while there is none

	topics   map[[32]byte]uint32 // subscribed, with the epoch each is of
	real     map[[32]byte]spot   // those of doors
	epochs   []uint32            // for which topics were computed last
	doors    []*door             // likewise
	families int                 // shown on this connection; it never shrinks
	again    int64               // when to subscribe anew because the hub refused; 0: not

	servers
}

func newMeeting(role uint8) meeting {
	m := meeting{role: role, lack: wire.Offline}
	random(m.dummy[:])
	m.forget()
	return m
}

func (m *meeting) forget() {
	m.up, m.epochs, m.doors, m.families, m.again, m.waits = false, nil, nil, familiesMin, 0, 0
	m.topics = make(map[[32]byte]uint32)
	m.real = make(map[[32]byte]spot)
}

// disconnected says why there is no connection.
func (m *meeting) disconnected(e SignalDown) {
	m.forget()
	if m.lack = wire.Offline; e.Outdated {
		m.lack = wire.Outdated
	}
}

// connected starts anew on a fresh connection.
func (m *meeting) connected(b *base) {
	m.forget()
	m.up = true
	m.heardHub(b)
	m.askICE(b)
}

// refresh brings the subscriptions to the hour and to the doors that are wanted, at
// most familiesMax. Topics in busy carry a handshake and stay until it ends.
func (m *meeting) refresh(b *base, want []*door, busy func([32]byte) bool) {
	if !m.up {
		return
	}
	m.renewICE(b)
	m.watchHub(b)
	epochs := []uint32{invite.Epoch(b.now)}
	if m.role == roleWait {
		epochs = invite.WaitEpochs(b.now)
	}
	// Where nothing was heard for long everything is said again: it changes nothing,
	// and the hub has to answer.
	again := m.again > 0 && b.now >= m.again || m.waits == 0 && b.now-m.heard > hubEvery
	if slices.Equal(want, m.doors) && slices.Equal(epochs, m.epochs) && m.epochs != nil && !again {
		return
	}
	m.epochs, m.doors = epochs, slices.Clone(want)
	for m.families < len(want) && m.families < familiesMax {
		m.families *= 2
	}
	if again {
		m.again = 0
	}
	next := make(map[[32]byte]uint32)
	real := make(map[[32]byte]spot)
	first := uint32(0)
	if m.role == roleKnock {
		first = 1 << 31
	}
	for _, e := range epochs {
		for i := range m.families { // the last dummies give way
			t := invite.DummyTopic(m.dummy, first+uint32(i), e)
			if n := m.families - 1 - i; n < len(want) {
				t = want[n].topic(e)
				real[t] = spot{want[n], e}
			}
			next[t] = e
		}
	}
	var add, drop [][32]byte
	for t := range next {
		if _, ok := m.topics[t]; !ok || again {
			add = append(add, t)
		}
	}
	for t, e := range m.topics {
		if _, ok := next[t]; ok {
			continue
		}
		if busy(t) {
			next[t] = e
			if re, ok := m.real[t]; ok {
				real[t] = re
			}
			m.epochs = nil // look again next time
			continue
		}
		drop = append(drop, t)
	}
	order := func(x, y [32]byte) bool { return bytes.Compare(x[:], y[:]) < 0 }
	sortBy(add, order)
	sortBy(drop, order)
	m.topics, m.real = next, real
	for part := range slices.Chunk(add, swire.TopicsPerMessage) {
		b.do(SignalSend{swire.AppendSub(nil, m.role, part)})
		m.owed(b)
	}
	for part := range slices.Chunk(drop, swire.TopicsPerMessage) {
		b.do(SignalSend{swire.AppendUnsub(nil, part)})
	}
}

// spotOf returns the door that a topic belongs to, and the hour.
func (m *meeting) spotOf(topic [32]byte) (spot, bool) {
	s, ok := m.real[topic]
	return s, ok
}

func (m *meeting) publish(b *base, topic [32]byte, to uint32, frame []byte) {
	b.do(SignalSend{swire.AppendPub(nil, topic, to, frame)})
}

// refused notes that the hub did not carry out an operation. Which SUB it was is
// not said, and one for a topic that is held changes nothing: all are repeated.
func (m *meeting) refused(b *base, op uint8, retryMS uint16) {
	if op == swire.OpSub && retryMS > 0 && m.again == 0 {
		m.again = b.now + int64(retryMS)
	}
}
