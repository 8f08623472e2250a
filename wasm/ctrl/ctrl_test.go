package ctrl

import (
	"bytes"
	"encoding/hex"
	"errors"
	"reflect"
	"strings"
	"testing"

	"beeline/wasm/wire"
)

var (
	digest = [32]byte{0: 0xD1, 31: 0x32}
	cv     = [32]byte{0: 0xC1, 31: 0x20}
)

// messages is the wire format in hex, spaces between the fields of f.5.
var messages = []struct {
	name string
	m    Message
	hex  string
}{
	{"HELLO", Hello{RecMax: 61_484, Lanes: 4}, "01 0000F02C 04"},
	{"HELLO at its limits", Hello{RecMax: 65_535, Lanes: 16}, "01 0000FFFF 10"},
	{"SHARE_HEAD", Raw{wire.ShareHead, []byte{0xAB, 0xCD}}, "02 ABCD"},
	{"LIST_REQ", ListReq{From: 370, Max: 16}, "03 00000172 10"},
	{"LIST_PAGE", Raw{wire.ListPage, []byte{}}, "04"},
	{"LIST_END", Raw{wire.ListEnd, []byte{1}}, "05 01"},
	{"GET", Get{[]Range{{7, 1, 2, 3}, {8, 0, 0, 0}}}, "06 0002 00000007 01 00000002 00000003 00000008 00 00000000 00000000"},
	{"GET of the last group there is", Get{[]Range{{7, 1, 0xFFFF_FFFF, 1}}}, "06 0001 00000007 01 FFFFFFFF 00000001"},
	{"FILE_END", FileEnd{[]FileDigest{{7, 1, false, digest}, {9, 2, true, digest}}},
		"08 0002 00000007 01 00 D1" + strings.Repeat("00", 30) + "32 00000009 02 01 D1" + strings.Repeat("00", 30) + "32"},
	{"CV_REQ", CVReq{7, 1, 100, 1900}, "09 00000007 01 00000064 076C"},
	{"CVS", CVs{7, 1, 100, false, [][32]byte{cv}}, "0A 00000007 01 00000064 00 0001 C1" + strings.Repeat("00", 30) + "20"},
	{"CVS later", CVs{7, 1, 100, true, nil}, "0A 00000007 01 00000064 01 0000"},
	{"FILE_CHANGED", FileChanged{7, 2, wire.FileMax, -1}, "0D 00000007 02 001FFFFFFFFFFFFF FFFFFFFFFFFFFFFF"},
	{"HAVE", Have{[]Range{{7, 0, 2, 3}}}, "0F 0001 00000007 00 00000002 00000003"},
	{"PROGRESS", Progress{3 << 20, 2 << 20, 1 << 20, 3, 2, 1, true, 5, 9 << 20},
		"10 0000000000300000 0000000000200000 0000000000100000 00000003 00000002 00000001 01 00000005 0000000000900000"},
	{"PROGRESS while the list comes", Progress{Files: 5, Bytes: 1},
		"10" + strings.Repeat("00", 36) + "00 00000005 0000000000000001"},
	{"PAUSE", Pause{true}, "11 01"},
	{"PAUSE ends", Pause{false}, "11 00"},
	{"CANCEL", Cancel{[]uint32{7, 9}}, "12 0002 00000007 00000009"},
	{"ERROR", Error{wire.Revoked.Number(), WholeSession}, "17 0012 FFFFFFFF"},
	{"ERROR of a file", Error{wire.Changed.Number(), 7}, "17 0007 00000007"},
	{"CLOSE", Close{[]LaneCount{{0, 12}, {254, 1 << 32}}}, "18 02 00 000000000000000C FE 0000000100000000"},
	{"CLOSE without a lane", Close{}, "18 00"},
	{"PING", Ping{}, "19"},
	{"DESC", Raw{wire.CtrlDesc, []byte{0}}, "1A 00"},
	{"CAND", Raw{wire.CtrlCand, []byte{0}}, "1B 00"},
	{"LANE_END", LaneEnd{LaneCount{3, 99}}, "1C 03 0000000000000063"},
	{"SHARES", Shares{true, []Offer{{[16]byte{0: 0xA1, 15: 0x1A}, 9 << 20, 7, 1_790_000_000, "Dailies"}, {}}},
		"1D 01 0002 A1" + strings.Repeat("00", 14) + "1A 0000000000900000 00000007 000000006AB13B80 07 4461696C696573" + strings.Repeat("00", 37)},
	{"SHARES of none", Shares{Last: true}, "1D 01 0000"},
	{"HANDOVER", Handover{false, []byte{2, 1}}, "1E 00 0201"},
	{"HANDOVER, its end", Handover{true, []byte{9}}, "1E 01 09"},
	{"RESUME_SECRET_OK", ResumeOK{}, "16"},
	{"TERMS", Terms{7, "Hi"}, "80 0000000000000007 0002 4869"},
	{"unknown", Unknown{0x81, []byte{1, 2}}, "81 0102"},
	{"unknown, the last type", Unknown{0xFF, []byte{}}, "FF"},
}

func titled(n, bytes int) []Offer {
	offers := make([]Offer, n)
	for i := range offers {
		offers[i].Title = strings.Repeat("x", bytes)
	}
	return offers
}

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestMessagesAreTheseBytes(t *testing.T) {
	for _, v := range messages {
		want := unhex(t, v.hex)
		if got := v.m.Append(nil); !bytes.Equal(got, want) {
			t.Errorf("%s: Append = %X, want %X", v.name, got, want)
		}
		if got, err := Parse(want); err != nil || !reflect.DeepEqual(got, v.m) {
			t.Errorf("%s: Parse = %#v, %v, want %#v", v.name, got, err, v.m)
		}
	}
}

func TestEveryTypeHasAVector(t *testing.T) {
	seen := map[byte]bool{}
	for _, v := range messages {
		seen[unhex(t, v.hex)[0]] = true
	}
	for typ, decode := range decoders {
		if decode != nil && !seen[byte(typ)] {
			t.Errorf("type %02X has no vector", typ)
		}
	}
}

// A message that is one byte shorter or longer is another message or none.
func TestLengthIsExact(t *testing.T) {
	for _, v := range messages {
		switch v.m.(type) {
		case Raw, Unknown, Handover:
			continue // whoever reads the body judges its length
		}
		b := unhex(t, v.hex)
		for n := range len(b) {
			if m, err := Parse(b[:n]); !errors.Is(err, wire.Format) {
				t.Errorf("%s cut to %d bytes: got %v, %v, want %v", v.name, n, m, err, wire.Format)
			}
		}
		if m, err := Parse(append(b, 0)); !errors.Is(err, wire.Format) {
			t.Errorf("%s and a zero: got %v, %v, want %v", v.name, m, err, wire.Format)
		}
	}
}

func TestBeyondALimitIsRefused(t *testing.T) {
	ranges := func(n int) []Range { return make([]Range, n) }
	tests := []struct {
		name string
		msg  []byte
		ok   bool
	}{
		{"nothing", nil, false},
		{"longest", Unknown{0x81, make([]byte, wire.CtrlMax-1)}.Append(nil), true},
		{"too long", Unknown{0x81, make([]byte, wire.CtrlMax)}.Append(nil), false},
		{"the longest note", Terms{0, strings.Repeat("x", wire.NoteMax)}.Append(nil), true},
		{"a longer note", Terms{0, strings.Repeat("x", wire.NoteMax+1)}.Append(nil), false},
		{"a note longer than it says", append(Terms{0, "x"}.Append(nil), 'x'), false},
		{"a note shorter than it says", Terms{0, "xy"}.Append(nil)[:12], false},
		{"terms without a note", Terms{0, ""}.Append(nil)[:10], false},
		{"an end beyond all time", Terms{1 << 63, ""}.Append(nil), false},
		{"unknown below 80", []byte{0x7F}, false},
		{"type 00", []byte{0}, false},
		{"RECEIPT, of a later version", []byte{0x13, 0}, false},
		{"rec_max too small", Hello{wire.RecordMax - 1, 1}.Append(nil), false},
		{"rec_max too large", Hello{wire.RecordLimit + 1, 1}.Append(nil), false},
		{"no lane", Hello{wire.RecordMax, 0}.Append(nil), false},
		{"17 lanes", Hello{wire.RecordMax, 17}.Append(nil), false},
		{"no page", ListReq{0, 0}.Append(nil), false},
		{"17 pages", ListReq{0, 17}.Append(nil), false},
		{"4,096 ranges", Get{ranges(wire.RangesPerGet)}.Append(nil), true},
		{"4,097 ranges", Get{ranges(wire.RangesPerGet + 1)}.Append(nil), false},
		{"4,097 ranges in HAVE", Have{ranges(wire.RangesPerGet + 1)}.Append(nil), false},
		{"range past the last group", Get{[]Range{{0, 0, 0xFFFF_FFFF, 2}}}.Append(nil), false},
		{"as many digests as fit", FileEnd{make([]FileDigest, FileEndMax)}.Append(nil), true},
		{"one digest more", FileEnd{make([]FileDigest, FileEndMax+1)}.Append(nil), false},
		{"unknown flag of a digest", unhex(t, "08 0001 00000007 01 02"+strings.Repeat("00", 32)), false},
		{"no group in CV_REQ", CVReq{0, 0, 0, 0}.Append(nil), false},
		{"1,901 groups in CV_REQ", CVReq{0, 0, 0, 1901}.Append(nil), false},
		{"CV_REQ past the last group", CVReq{0, 0, 0xFFFF_FFFF, 2}.Append(nil), false},
		{"as many offers as fit", Shares{Offers: titled(OffersPerMessage, wire.TitleMax)}.Append(nil), true},
		{"one offer more", Shares{Offers: titled(OffersPerMessage+1, 0)}.Append(nil), false},
		{"a title too long", Shares{Offers: titled(1, wire.TitleMax+1)}.Append(nil), false},
		{"a cut title", Shares{Offers: titled(1, 9)}.Append(nil)[:45], false},
		{"an offer of too many bytes", Shares{Offers: []Offer{{Bytes: wire.TotalMax + 1}}}.Append(nil), false},
		{"an offer of too many entries", Shares{Offers: []Offer{{Entries: wire.EntriesMax + 1}}}.Append(nil), false},
		{"neither last nor not", append([]byte{wire.Shares, 2}, 0, 0), false},
		{"as much of an identity as fits", Handover{true, make([]byte, HandoverPart)}.Append(nil), true},
		{"a byte more of it", Handover{true, make([]byte, HandoverPart+1)}.Append(nil), false},
		{"nothing of it", Handover{Last: true}.Append(nil), false},
		{"HANDOVER of a byte", []byte{wire.Handover}, false},
		{"HANDOVER that is neither its end nor not", []byte{wire.Handover, 2, 1}, false},
		{"1,900 values", CVs{CVs: make([][32]byte, 1900)}.Append(nil), true},
		{"1,901 values", CVs{CVs: make([][32]byte, 1901)}.Append(nil), false},
		{"neither values nor later", CVs{}.Append(nil), false},
		{"values and later", CVs{Later: true, CVs: make([][32]byte, 1)}.Append(nil), false},
		{"values past the last group", CVs{First: 0xFFFF_FFFF, CVs: make([][32]byte, 2)}.Append(nil), false},
		{"later is 2", unhex(t, "0A 00000007 01 00000064 02 0000"), false},
		{"change to version 0", FileChanged{0, 0, 1, 1}.Append(nil), false},
		{"change to too large a file", FileChanged{0, 1, wire.FileMax + 1, 1}.Append(nil), false},
		{"progress at the limits", Progress{wire.TotalMax, wire.TotalMax, wire.TotalMax, wire.EntriesMax, wire.EntriesMax, wire.EntriesMax, true, wire.EntriesMax, wire.TotalMax}.Append(nil), true},
		{"more written than can be", Progress{Written: wire.TotalMax + 1}.Append(nil), false},
		{"more safe than can be", Progress{Safe: wire.TotalMax + 1}.Append(nil), false},
		{"more verified than can be", Progress{Verified: wire.TotalMax + 1}.Append(nil), false},
		{"more files than can be", Progress{FilesFailed: wire.EntriesMax + 1}.Append(nil), false},
		{"more files wanted than can be", Progress{Files: wire.EntriesMax + 1}.Append(nil), false},
		{"more bytes wanted than can be", Progress{Bytes: wire.TotalMax + 1}.Append(nil), false},
		{"neither whole nor not", append(append(Progress{}.Append(nil)[:37], 2), make([]byte, 12)...), false},
		{"pause is 2", []byte{wire.Pause, 2}, false},
		{"as many cancelled as fit", Cancel{make([]uint32, CancelMax)}.Append(nil), true},
		{"one cancelled more", Cancel{make([]uint32, CancelMax+1)}.Append(nil), false},
		{"17 lanes closing", Close{make([]LaneCount, 17)}.Append(nil), true},
		{"18 lanes closing", Close{make([]LaneCount, 18)}.Append(nil), false},
		{"connection 255", LaneEnd{LaneCount{255, 0}}.Append(nil), false},
		{"connection 255 in CLOSE", Close{[]LaneCount{{255, 0}}}.Append(nil), false},
		{"more records than a lane carries", LaneEnd{LaneCount{0, 1<<32 + 1}}.Append(nil), false},
	}
	for _, v := range tests {
		_, err := Parse(v.msg)
		if got := err == nil; got != v.ok {
			t.Errorf("%s: accepted = %v, want %v (%v)", v.name, got, v.ok, err)
		}
		if !v.ok && !errors.Is(err, wire.Format) {
			t.Errorf("%s: error = %v, want %v", v.name, err, wire.Format)
		}
	}
}

// The longest of each list must fit in a record.
func TestFullListsFit(t *testing.T) {
	for _, m := range []Message{
		Get{make([]Range, wire.RangesPerGet)},
		FileEnd{make([]FileDigest, FileEndMax)},
		CVs{CVs: make([][32]byte, wire.CVsPerRequest)},
		Cancel{make([]uint32, CancelMax)},
	} {
		if n := len(m.Append(nil)); n > wire.CtrlMax {
			t.Errorf("%T: %d bytes, want at most %d", m, n, wire.CtrlMax)
		}
	}
}

func TestErrorNamesTheMessageNotItsContent(t *testing.T) {
	_, err := Parse([]byte{wire.Get, 'k', 'e', 'y'})
	var f *FormatError
	if !errors.As(err, &f) || f.Type != wire.Get || f.Size != 4 {
		t.Errorf("error = %#v, want a FormatError of type 06, 4 bytes", err)
	}
	if got, want := err.Error(), "ctrl message 06: E_FORMAT"; got != want {
		t.Errorf("text = %q, want %q", got, want)
	}
}

func TestUnknownErrorNumberMeansFormat(t *testing.T) {
	for number, want := range map[uint16]wire.Code{18: wire.Revoked, 7: wire.Changed, 0: wire.Format, 999: wire.Format} {
		if got := (Error{number, 0}).Code(); got != want {
			t.Errorf("number %d: %v, want %v", number, got, want)
		}
	}
}

// FuzzParse: whatever is accepted is exactly what Append writes, so no two byte
// strings mean the same.
func FuzzParse(f *testing.F) {
	for _, v := range messages {
		f.Add(unhex(f, v.hex))
	}
	f.Fuzz(func(t *testing.T, msg []byte) {
		m, err := Parse(msg)
		if err != nil {
			if wire.CodeOf(err) != wire.Format {
				t.Errorf("code of %v = %v, want %v", err, wire.CodeOf(err), wire.Format)
			}
			return
		}
		if got := m.Append(nil); !bytes.Equal(got, msg) {
			t.Errorf("%#v: Append = %X, want %X", m, got, msg)
		}
	})
}
