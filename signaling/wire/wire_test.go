package wire

import (
	"bytes"
	"encoding/hex"
	"errors"
	"reflect"
	"strings"
	"testing"
)

// ascending returns the topic 00 01 02 … 1f plus n.
func ascending(n byte) (t Topic) {
	for i := range t {
		t[i] = byte(i) + n
	}
	return t
}

func frameOf(c byte) []byte { return bytes.Repeat([]byte{c}, FrameSize) }

const (
	topic00 = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
	topic01 = "0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20"
)

func TestClientMessagesHaveTheseBytes(t *testing.T) {
	for _, tt := range []struct {
		name string
		got  []byte
		want string
	}{
		{"SUB wait", AppendSub(nil, Wait, []Topic{ascending(0)}), "01 01 01" + topic00},
		{"SUB sorts and drops repeats", AppendSub(nil, Knock, []Topic{ascending(1), ascending(0), ascending(1)}), "01 00 02" + topic00 + topic01},
		{"UNSUB", AppendUnsub(nil, []Topic{ascending(1), ascending(0)}), "02 02" + topic00 + topic01},
		{"PUB", AppendPub(nil, ascending(0), 0xa1b2c3d4, frameOf(0xee)), "03" + topic00 + "a1b2c3d4" + strings.Repeat("ee", FrameSize)},
		{"NP_ALLOC", AppendAlloc(nil), "04"},
		{"NP_CLAIM", AppendClaim(nil, 48213), "05 0000bc55"},
		{"NP_FREE", AppendFree(nil), "06"},
		{"ICE", AppendICE(nil), "07"},
	} {
		want := unhex(t, tt.want)
		if !bytes.Equal(tt.got, want) {
			t.Errorf("%s = %x, want %x", tt.name, tt.got, want)
		}
		m, err := ParseClient(want)
		if err != nil {
			t.Errorf("%s: ParseClient: %v", tt.name, err)
		}
		if again := AppendClient(nil, m); !bytes.Equal(again, want) {
			t.Errorf("%s: parsed and written again = %x, want %x", tt.name, again, want)
		}
	}
}

func TestServerMessagesHaveTheseBytes(t *testing.T) {
	ice := ICE{TTL: 600, Username: "u", Password: "pw", URLs: []string{"stun:a:3478"}}
	answer, ok := AppendICEAnswer(nil, ice)
	if !ok {
		t.Fatal("AppendICEAnswer refuses a small answer")
	}
	for _, tt := range []struct {
		name string
		got  []byte
		want string
		m    ServerMessage
	}{
		{"SUBBED", AppendSubbed(nil), "81", ServerMessage{Op: OpSubbed}},
		{"JOIN", AppendJoin(nil, ascending(0), 7), "82" + topic00 + "00000007", ServerMessage{Op: OpJoin, Topic: ascending(0), Handle: 7}},
		{"LEAVE", AppendLeave(nil, ascending(0), 7), "83" + topic00 + "00000007", ServerMessage{Op: OpLeave, Topic: ascending(0), Handle: 7}},
		{"DATA", AppendData(nil, ascending(0), 7, frameOf(1)), "84" + topic00 + "00000007" + strings.Repeat("01", FrameSize),
			ServerMessage{Op: OpData, Topic: ascending(0), Handle: 7, Frame: frameOf(1)}},
		{"ERR", AppendErr(nil, OpPub, 100), "85 03 0064", ServerMessage{Op: OpErr, ErrOp: OpPub, RetryMS: 100}},
		{"NP", AppendPlate(nil, 48213), "86 0000bc55", ServerMessage{Op: OpPlateIs, Plate: 48213}},
		{"ICE", answer, "87 00000258 01 75 02 7077 01 0b 7374756e3a613a33343738" + strings.Repeat("00", ICESize-4-2-3-1-12), ServerMessage{Op: OpICEAnswer, ICE: ice}},
	} {
		want := unhex(t, tt.want)
		if !bytes.Equal(tt.got, want) {
			t.Errorf("%s = %x, want %x", tt.name, tt.got, want)
		}
		m, err := ParseServer(want)
		if err != nil || !reflect.DeepEqual(m, tt.m) {
			t.Errorf("%s: ParseServer = %+v, %v; want %+v", tt.name, m, err, tt.m)
		}
	}
}

func TestNoMessageIsLongerThanTheReadLimit(t *testing.T) {
	topics := make([]Topic, TopicsPerMessage)
	for i := range topics {
		topics[i] = ascending(byte(i))
	}
	for name, n := range map[string]int{
		"SUB of 64": len(AppendSub(nil, Wait, topics)),
		"PUB":       PubSize,
		"ICE":       1 + ICESize,
	} {
		if n > ReadLimit {
			t.Errorf("%s has %d bytes, want at most %d", name, n, ReadLimit)
		}
	}
}

func TestClientMessageIsRejected(t *testing.T) {
	sub := AppendSub(nil, Wait, []Topic{ascending(0), ascending(1)})
	pub := AppendPub(nil, ascending(0), 1, frameOf(0))
	unsorted := bytes.Clone(sub)
	copy(unsorted[3:], sub[3+TopicSize:])
	copy(unsorted[3+TopicSize:], sub[3:3+TopicSize])
	repeated := bytes.Clone(sub)
	copy(repeated[3+TopicSize:], sub[3:3+TopicSize])
	many := append([]byte{OpSub, Wait, TopicsPerMessage + 1}, make([]byte, (TopicsPerMessage+1)*TopicSize)...)
	for name, msg := range map[string][]byte{
		"empty":             {},
		"operation 0":       {0},
		"operation 8":       {8},
		"an answer":         {OpSubbed},
		"SUB, nothing else": {OpSub},
		"SUB, no count":     {OpSub, Wait},
		"SUB of nothing":    {OpSub, Wait, 0},
		"SUB, role 2":       append([]byte{OpSub, 2}, sub[2:]...),
		"SUB, too short":    sub[:len(sub)-1],
		"SUB, too long":     append(bytes.Clone(sub), 0),
		"SUB of 65":         many,
		"SUB, unsorted":     unsorted,
		"SUB, repeated":     repeated,
		"UNSUB of nothing":  {OpUnsub, 0},
		"UNSUB, too short":  {OpUnsub, 1, 0},
		"PUB, too short":    pub[:len(pub)-1],
		"PUB, too long":     append(bytes.Clone(pub), 0),
		"NP_ALLOC, long":    {OpPlate, 0},
		"NP_CLAIM, short":   {OpClaim, 0, 0, 1},
		"NP_FREE, long":     {OpPlateFree, 0},
		"ICE, long":         {OpICE, 0},
	} {
		if m, err := ParseClient(msg); !errors.Is(err, ErrMessage) {
			t.Errorf("%s: ParseClient = %+v, %v; want %v", name, m, err, ErrMessage)
		}
	}
}

func TestServerMessageIsRejected(t *testing.T) {
	ice, _ := AppendICEAnswer(nil, ICE{Username: "u", URLs: []string{"stun:a:1"}})
	dirty, overrun, emptyURL := bytes.Clone(ice), bytes.Clone(ice), bytes.Clone(ice)
	dirty[len(dirty)-1] = 1
	for i := range overrun[5:] {
		overrun[5+i] = 255 // lengths beyond the end
	}
	emptyURL[9] = 0
	for name, msg := range map[string][]byte{
		"empty":           {},
		"a request":       {OpICE},
		"SUBBED, long":    {OpSubbed, 0},
		"JOIN, short":     AppendJoin(nil, ascending(0), 1)[:EventSize-1],
		"DATA, short":     AppendData(nil, ascending(0), 1, frameOf(0))[:PubSize-1],
		"ERR, short":      {OpErr, 3, 0},
		"NP, long":        {OpPlateIs, 0, 0, 0, 0, 0},
		"ICE, short":      ice[:len(ice)-1],
		"ICE, not padded": dirty,
		"ICE, overrun":    overrun,
		"ICE, empty url":  emptyURL,
		"operation 88":    {0x88},
	} {
		if m, err := ParseServer(msg); !errors.Is(err, ErrMessage) {
			t.Errorf("%s: ParseServer = %+v, %v; want %v", name, m, err, ErrMessage)
		}
	}
}

func TestICEAnswerThatDoesNotFitIsRefused(t *testing.T) {
	long := strings.Repeat("x", 256)
	for name, ice := range map[string]ICE{
		"username": {Username: long},
		"password": {Password: long},
		"url":      {URLs: []string{long}},
		"no url":   {URLs: []string{""}},
		"urls":     {URLs: make([]string, URLsMax+1)},
		"together": {Username: long[:255], Password: long[:255]},
	} {
		if b, ok := AppendICEAnswer([]byte{1}, ice); ok || len(b) != 1 {
			t.Errorf("%s: AppendICEAnswer = %d bytes, %v; want it refused", name, len(b), ok)
		}
	}
}

func TestPlateForm(t *testing.T) {
	plate := Topic{}
	copy(plate[:], "bee1 plate")
	plate[31] = 9
	if !IsPlate(plate) {
		t.Errorf("IsPlate(%x) = false, want true", plate)
	}
	plate[27] = 1
	if IsPlate(plate) || IsPlate(ascending(0)) {
		t.Error("IsPlate of another topic = true, want false")
	}
}

func unhex(t *testing.T, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}
