package session

import (
	"bytes"
	"slices"

	swire "beeline/signaling/wire"
	"beeline/wasm/invite"
	"beeline/wasm/wire"
)

// Roles on a topic. signaling/PROTOCOL.md.
const (
	roleKnock = 0
	roleWait  = 1
)

// families is how many topic families a connection shows at least: one real
// among dummies of the same formula, so that a hub can't count. PROTOCOL.md d.2.
const families = 4

// meeting keeps a machine's subscriptions at the hub: the real family while it
// is wanted, dummies beside or instead of it, changing with the hour.
type meeting struct {
	role  uint8
	link  invite.Link
	dummy [32]byte
	up    bool
	lack  wire.Code // why there is no connection, while there is none

	topics map[[32]byte]uint32 // subscribed, with the epoch each is of
	real   map[[32]byte]uint32 // those of the link
	epochs []uint32            // for which topics were computed last
	wanted bool                // whether they held the real family
	again  int64               // when to subscribe anew because the hub refused; 0: not

	servers
}

func newMeeting(role uint8, link invite.Link) meeting {
	m := meeting{role: role, link: link, lack: wire.Offline}
	random(m.dummy[:])
	m.forget()
	return m
}

func (m *meeting) forget() {
	m.up, m.epochs, m.again, m.waits = false, nil, 0, 0
	m.topics = make(map[[32]byte]uint32)
	m.real = make(map[[32]byte]uint32)
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

// refresh brings the subscriptions to the hour and to whether the real family
// is wanted. Topics in busy carry a handshake and stay until it ends.
func (m *meeting) refresh(b *base, want bool, busy func([32]byte) bool) {
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
	if want == m.wanted && slices.Equal(epochs, m.epochs) && m.epochs != nil && !again {
		return
	}
	m.epochs, m.wanted = epochs, want
	if again {
		m.again = 0
	}
	next := make(map[[32]byte]uint32)
	real := make(map[[32]byte]uint32)
	first := uint32(0)
	if m.role == roleKnock {
		first = 1 << 31
	}
	for _, e := range epochs {
		for i := uint32(0); i < families; i++ {
			t := invite.DummyTopic(m.dummy, first+i, e)
			if i == families-1 && want {
				t = m.link.Topic(e)
				real[t] = e
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
	order := func(x, y [32]byte) int { return bytes.Compare(x[:], y[:]) }
	slices.SortFunc(add, order)
	slices.SortFunc(drop, order)
	m.topics, m.real = next, real
	if len(add) > 0 {
		b.do(SignalSend{swire.AppendSub(nil, m.role, add)})
		m.owed(b)
	}
	if len(drop) > 0 {
		b.do(SignalSend{swire.AppendUnsub(nil, drop)})
	}
}

// epochOf returns the epoch of a topic of the link.
func (m *meeting) epochOf(topic [32]byte) (uint32, bool) {
	e, ok := m.real[topic]
	return e, ok
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
