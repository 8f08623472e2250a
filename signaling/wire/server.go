package wire

import "encoding/binary"

// A ServerMessage is a message of the hub, as a client reads it. Only the
// fields of its operation are set.
type ServerMessage struct {
	Op      uint8
	Topic   Topic  // OpJoin, OpLeave, OpData
	Handle  uint32 // OpJoin, OpLeave, OpData: who came, went or sent
	Frame   []byte // OpData: FrameSize bytes, part of the message that was parsed
	ErrOp   uint8  // OpErr: the operation that was not carried out
	RetryMS uint16 // OpErr: milliseconds to wait before trying again; 0: don't
	Plate   uint32 // OpPlateIs
	ICE     ICE    // OpICEAnswer
}

// ICE is what a client needs to find out its addresses: STUN servers and, with
// a user name and password, TURN servers.
type ICE struct {
	TTL      uint32   // seconds the credential may be used for allocating; 0: nothing expires
	Username string   // at most 255 bytes, like the others
	Password string   //
	URLs     []string // at most URLsMax; "stun:host:port", "turn:host:port?transport=udp"
}

// AppendSubbed appends the answer to a SUB.
func AppendSubbed(b []byte) []byte { return append(b, OpSubbed) }

// AppendJoin appends the news that handle is on topic, in the other role.
func AppendJoin(b []byte, topic Topic, handle uint32) []byte {
	return appendAddressed(b, OpJoin, topic, handle)
}

// AppendLeave appends the news that handle has left topic for good.
func AppendLeave(b []byte, topic Topic, handle uint32) []byte {
	return appendAddressed(b, OpLeave, topic, handle)
}

// AppendData appends a frame that src sent on topic. A frame that has not
// [FrameSize] bytes panics.
func AppendData(b []byte, topic Topic, src uint32, frame []byte) []byte {
	if len(frame) != FrameSize {
		panic("signaling/wire: a frame has 2048 bytes")
	}
	return append(appendAddressed(b, OpData, topic, src), frame...)
}

// AppendPlate appends the answer to NP_ALLOC and to NP_CLAIM.
func AppendPlate(b []byte, plate uint32) []byte {
	return binary.BigEndian.AppendUint32(append(b, OpPlateIs), plate)
}

// AppendErr appends the refusal of an operation. retryMS 0 means: don't repeat.
func AppendErr(b []byte, op uint8, retryMS uint16) []byte {
	return binary.BigEndian.AppendUint16(append(b, OpErr, op), retryMS)
}

// AppendICEAnswer appends ice, filled with zeros to its fixed size. It reports
// false, and appends nothing, where ice doesn't fit.
func AppendICEAnswer(b []byte, ice ICE) ([]byte, bool) {
	if len(ice.URLs) > URLsMax || len(ice.Username) > 255 || len(ice.Password) > 255 {
		return b, false
	}
	out := make([]byte, 0, 1+ICESize)
	out = binary.BigEndian.AppendUint32(append(out, OpICEAnswer), ice.TTL)
	out = appendLP8(out, ice.Username)
	out = appendLP8(out, ice.Password)
	out = append(out, byte(len(ice.URLs)))
	for _, url := range ice.URLs {
		if len(url) == 0 || len(url) > 255 {
			return b, false
		}
		out = appendLP8(out, url)
	}
	if len(out) > 1+ICESize {
		return b, false
	}
	return append(b, out[:1+ICESize]...), true // the rest of out is zero: make cleared it
}

func appendLP8(b []byte, s string) []byte { return append(append(b, byte(len(s))), s...) }

// AppendServer appends m, which must be one that ParseServer returned or could
// return. ParseServer of the result gives m again.
func AppendServer(b []byte, m ServerMessage) []byte {
	switch m.Op {
	case OpJoin, OpLeave:
		return appendAddressed(b, m.Op, m.Topic, m.Handle)
	case OpData:
		return AppendData(b, m.Topic, m.Handle, m.Frame)
	case OpErr:
		return AppendErr(b, m.ErrOp, m.RetryMS)
	case OpPlateIs:
		return AppendPlate(b, m.Plate)
	case OpICEAnswer:
		b, _ = AppendICEAnswer(b, m.ICE)
		return b
	default:
		return append(b, m.Op)
	}
}

// ParseServer reads one message of the hub. Frame aliases msg. The error is
// always [ErrMessage].
func ParseServer(msg []byte) (ServerMessage, error) {
	if len(msg) == 0 {
		return ServerMessage{}, ErrMessage
	}
	m, body := ServerMessage{Op: msg[0]}, msg[1:]
	size, known := 0, true
	switch m.Op {
	case OpSubbed:
	case OpJoin, OpLeave:
		size = EventSize - 1
	case OpData:
		size = PubSize - 1
	case OpErr:
		size = 3
	case OpPlateIs:
		size = 4
	case OpICEAnswer:
		size = ICESize
	default:
		known = false
	}
	if !known || len(body) != size {
		return ServerMessage{}, ErrMessage
	}
	switch m.Op {
	case OpJoin, OpLeave, OpData:
		copy(m.Topic[:], body)
		m.Handle = binary.BigEndian.Uint32(body[TopicSize:])
		if m.Op == OpData {
			m.Frame = body[TopicSize+4:]
		}
	case OpErr:
		m.ErrOp, m.RetryMS = body[0], binary.BigEndian.Uint16(body[1:])
	case OpPlateIs:
		m.Plate = binary.BigEndian.Uint32(body)
	case OpICEAnswer:
		ice, ok := parseICE(body)
		if !ok {
			return ServerMessage{}, ErrMessage
		}
		m.ICE = ice
	}
	return m, nil
}

// parseICE reads the body of an ICE answer, which has ICESize bytes.
func parseICE(b []byte) (ICE, bool) {
	ice := ICE{TTL: binary.BigEndian.Uint32(b)}
	r := lpReader{rest: b[4:]}
	ice.Username = r.next()
	ice.Password = r.next()
	n := r.byte()
	if n > URLsMax {
		return ICE{}, false
	}
	for range n {
		url := r.next()
		if url == "" {
			return ICE{}, false
		}
		ice.URLs = append(ice.URLs, url)
	}
	for _, c := range r.rest {
		if c != 0 {
			return ICE{}, false
		}
	}
	return ice, !r.short
}

// An lpReader reads strings with a length byte. After running out of bytes it
// returns nothing more and short is set.
type lpReader struct {
	rest  []byte
	short bool
}

func (r *lpReader) byte() byte {
	if len(r.rest) == 0 {
		r.short = true
		return 0
	}
	c := r.rest[0]
	r.rest = r.rest[1:]
	return c
}

func (r *lpReader) next() string {
	n := int(r.byte())
	if n > len(r.rest) {
		r.short, n = true, 0
	}
	s := string(r.rest[:n])
	r.rest = r.rest[n:]
	return s
}
