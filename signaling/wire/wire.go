// Package wire is the language of the signaling hub: operations, exact sizes,
// and pure functions between messages and bytes. It holds no state, does no
// I/O and knows nothing of what a frame contains.
//
// It is the one package of signaling that the core in wasm/ may import.
// Specification: ../PROTOCOL.md 3.
//
//	client                     hub
//	SUB   role, topics ------>      joins topics as knocker or waiter
//	      <------ JOIN topic, handle   one for each member of the other role
//	      <------ SUBBED               all JOINs of this SUB are told
//	PUB   topic, dst, frame -->     exactly FrameSize bytes to one handle
//	      <------ DATA topic, src, frame
//	      <------ LEAVE topic, handle
//	UNSUB topics ------------>
//	NP_ALLOC ---------------->      waits under a short number (a plate)
//	      <------ NP plate
//	NP_CLAIM plate ---------->      knocks there
//	      <------ JOIN, NP plate
//	NP_FREE ----------------->
//	ICE   ------------------->
//	      <------ ICE ttl, user, password, urls
//	      <------ ERR op, retry_ms     that message was not carried out
package wire

import (
	"bytes"
	"encoding/binary"
	"errors"
	"slices"
)

// Subprotocol is the WebSocket subprotocol both sides must name.
const Subprotocol = "beeline.v1"

// Sizes in bytes. PROTOCOL.md 3.
const (
	FrameSize = 2048 // of every frame the hub forwards
	TopicSize = 32
	ICESize   = 512  // of the body of an ICE answer, zeros included
	ReadLimit = 2200 // no message of either side is longer

	PubSize   = 1 + TopicSize + 4 + FrameSize // of a PUB and of a DATA message
	EventSize = 1 + TopicSize + 4             // of a JOIN and of a LEAVE message
)

// Limits of counts in one message. PROTOCOL.md 3.
const (
	TopicsPerMessage = 64 // in a SUB or UNSUB
	URLsMax          = 8  // in an ICE answer
)

// Roles of a member of a topic. The hub tells members only of the other role.
const (
	Knock uint8 = 0 // the one who asks: the recipient
	Wait  uint8 = 1 // the one who waits to be asked: the sharer
)

// Operations of a client.
const (
	OpSub       uint8 = 0x01 // u8 role, u8 n (1..64), n × topic 32, strictly ascending
	OpUnsub     uint8 = 0x02 // u8 n (1..64), n × topic 32, strictly ascending
	OpPub       uint8 = 0x03 // topic 32, u32 dst, frame 2048
	OpPlate     uint8 = 0x04 // –            NP_ALLOC: wait under a number of the hub's choice
	OpClaim     uint8 = 0x05 // u32 plate    NP_CLAIM: knock there
	OpPlateFree uint8 = 0x06 // –            NP_FREE: leave it, in either role
	OpICE       uint8 = 0x07 // –
)

// Operations of the hub.
const (
	OpSubbed    uint8 = 0x81 // –
	OpJoin      uint8 = 0x82 // topic 32, u32 handle
	OpLeave     uint8 = 0x83 // topic 32, u32 handle
	OpData      uint8 = 0x84 // topic 32, u32 src, frame 2048
	OpErr       uint8 = 0x85 // u8 op, u16 retry_ms
	OpPlateIs   uint8 = 0x86 // u32 plate
	OpICEAnswer uint8 = 0x87 // u32 ttl, LP8 username, LP8 password, u8 n, n × LP8 url, zeros up to 512 bytes
)

// Close codes of the WebSocket. PROTOCOL.md 4.
const (
	CloseProtocol = 1002 // a message that no honest client sends
	CloseComeBack = 1012 // the hub stops or the connection is too old: connect again
)

// A Topic is 32 pseudo-random bytes that two peers know.
type Topic = [TopicSize]byte

// ErrMessage means bytes that are not a message of this protocol: an unknown
// operation, a size that the operation doesn't have, an unknown role, topics
// out of order. The hub closes the connection with [CloseProtocol]; a client
// drops the message.
var ErrMessage = errors.New("signaling: not a message of this protocol")

// IsPlate reports whether t has the form that belongs to spoken codes:
// "bee1 plate", 18 zero bytes, u32 plate. Such a topic can't be subscribed to.
func IsPlate(t Topic) bool {
	p := PlateTopic(0)
	return bytes.Equal(t[:28], p[:28])
}

// PlateTopic is where the two sides of a spoken code meet: see [IsPlate].
func PlateTopic(plate uint32) (t Topic) {
	copy(t[:], "bee1 plate")
	binary.BigEndian.PutUint32(t[28:], plate)
	return t
}

// sortTopics returns topics in ascending order and without repeats; the
// argument is left as it was. The hub learns nothing from the order then.
func sortTopics(topics []Topic) []Topic {
	s := slices.Clone(topics)
	slices.SortFunc(s, compareTopics)
	return slices.Compact(s)
}

func compareTopics(a, b Topic) int { return bytes.Compare(a[:], b[:]) }

// appendTopics writes n and the topics, sorted and without repeats.
func appendTopics(b []byte, topics []Topic) []byte {
	s := sortTopics(topics)
	if len(s) == 0 || len(s) > TopicsPerMessage {
		panic("signaling/wire: a message takes 1 to 64 topics")
	}
	b = append(b, byte(len(s)))
	for i := range s {
		b = append(b, s[i][:]...)
	}
	return b
}

// parseTopics reads n and exactly n topics to the end of b.
func parseTopics(b []byte) ([]Topic, error) {
	if len(b) < 1 {
		return nil, ErrMessage
	}
	n := int(b[0])
	b = b[1:]
	if n == 0 || n > TopicsPerMessage || len(b) != n*TopicSize {
		return nil, ErrMessage
	}
	topics := make([]Topic, n)
	for i := range topics {
		copy(topics[i][:], b[i*TopicSize:])
		if i > 0 && compareTopics(topics[i-1], topics[i]) >= 0 {
			return nil, ErrMessage
		}
	}
	return topics, nil
}

func appendAddressed(b []byte, op uint8, topic Topic, handle uint32) []byte {
	b = append(b, op)
	b = append(b, topic[:]...)
	return binary.BigEndian.AppendUint32(b, handle)
}
