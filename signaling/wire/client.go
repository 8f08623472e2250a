package wire

import "encoding/binary"

// A ClientMessage is a message of a client, as the hub reads it. Only the
// fields of its operation are set.
type ClientMessage struct {
	Op     uint8
	Role   uint8   // OpSub
	Topics []Topic // OpSub, OpUnsub: strictly ascending
	Topic  Topic   // OpPub
	Dst    uint32  // OpPub: a handle the hub told
	Frame  []byte  // OpPub: FrameSize bytes, part of the message that was parsed
	Plate  uint32  // OpClaim
}

// AppendSub appends a SUB message for 1 to 64 topics in one role; another
// number, or another role, panics. Topics are sorted and repeats left out, so
// their order tells the hub nothing. A SUB for a topic that is held already in
// this role changes nothing and is answered like any other.
func AppendSub(b []byte, role uint8, topics []Topic) []byte {
	if role != Knock && role != Wait {
		panic("signaling/wire: unknown role")
	}
	return appendTopics(append(b, OpSub, role), topics)
}

// AppendUnsub appends an UNSUB message for 1 to 64 topics; another number
// panics. A topic that isn't held is no error.
func AppendUnsub(b []byte, topics []Topic) []byte {
	return appendTopics(append(b, OpUnsub), topics)
}

// AppendPub appends a PUB message: frame, exactly [FrameSize] bytes (another
// size panics), to the member of topic that the hub named dst.
func AppendPub(b []byte, topic Topic, dst uint32, frame []byte) []byte {
	if len(frame) != FrameSize {
		panic("signaling/wire: a frame has 2048 bytes")
	}
	return append(appendAddressed(b, OpPub, topic, dst), frame...)
}

// AppendAlloc appends the request for a plate to wait under.
func AppendAlloc(b []byte) []byte { return append(b, OpPlate) }

// AppendClaim appends the claim of a plate.
func AppendClaim(b []byte, plate uint32) []byte {
	return binary.BigEndian.AppendUint32(append(b, OpClaim), plate)
}

// AppendFree appends that the plate, in either role, is given up.
func AppendFree(b []byte) []byte { return append(b, OpPlateFree) }

// AppendICE appends a request for ICE servers.
func AppendICE(b []byte) []byte { return append(b, OpICE) }

// AppendClient appends m, which must be one that ParseClient returned or could
// return. ParseClient of the result gives m again.
func AppendClient(b []byte, m ClientMessage) []byte {
	switch m.Op {
	case OpSub:
		return AppendSub(b, m.Role, m.Topics)
	case OpUnsub:
		return AppendUnsub(b, m.Topics)
	case OpPub:
		return AppendPub(b, m.Topic, m.Dst, m.Frame)
	case OpClaim:
		return AppendClaim(b, m.Plate)
	default:
		return append(b, m.Op)
	}
}

// ParseClient reads one message of a client. Frame aliases msg. The error is
// always [ErrMessage].
func ParseClient(msg []byte) (ClientMessage, error) {
	if len(msg) == 0 {
		return ClientMessage{}, ErrMessage
	}
	m, body := ClientMessage{Op: msg[0]}, msg[1:]
	switch m.Op {
	case OpSub:
		if len(body) < 1 || body[0] > Wait {
			return ClientMessage{}, ErrMessage
		}
		topics, err := parseTopics(body[1:])
		if err != nil {
			return ClientMessage{}, err
		}
		m.Role, m.Topics = body[0], topics
	case OpUnsub:
		topics, err := parseTopics(body)
		if err != nil {
			return ClientMessage{}, err
		}
		m.Topics = topics
	case OpPub:
		if len(msg) != PubSize {
			return ClientMessage{}, ErrMessage
		}
		copy(m.Topic[:], body)
		m.Dst = binary.BigEndian.Uint32(body[TopicSize:])
		m.Frame = body[TopicSize+4:]
	case OpClaim:
		if len(body) != 4 {
			return ClientMessage{}, ErrMessage
		}
		m.Plate = binary.BigEndian.Uint32(body)
	case OpPlate, OpPlateFree, OpICE:
		if len(body) != 0 {
			return ClientMessage{}, ErrMessage
		}
	default:
		return ClientMessage{}, ErrMessage
	}
	return m, nil
}
