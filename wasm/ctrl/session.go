package ctrl

import "beeline/wasm/wire"

// Hello is the first message of both sides.
// 01: u32 rec_max, u8 lanes.
type Hello struct {
	RecMax uint32 // bytes of the largest record it takes: 61,484..65,535
	Lanes  uint8  // lanes it takes: 1..16
}

func (m Hello) Append(b []byte) []byte {
	return append(be.AppendUint32(append(b, wire.Hello), m.RecMax), m.Lanes)
}

func parseHello(b []byte) (Message, bool) {
	if len(b) != 5 {
		return nil, false
	}
	m := Hello{be.Uint32(b), b[4]}
	return m, m.RecMax >= wire.RecordMax && m.RecMax <= wire.RecordLimit &&
		m.Lanes >= 1 && m.Lanes <= wire.LanesMax
}

// ListReq asks for pages of the list.
// 03: u32 from, u8 max.
type ListReq struct {
	From uint32 // the first page wanted
	Max  uint8  // pages wanted: 1..16
}

func (m ListReq) Append(b []byte) []byte {
	return append(be.AppendUint32(append(b, wire.ListReq), m.From), m.Max)
}

func parseListReq(b []byte) (Message, bool) {
	if len(b) != 5 {
		return nil, false
	}
	m := ListReq{be.Uint32(b), b[4]}
	return m, m.Max >= 1 && m.Max <= wire.PagesPerList
}

// Progress is how far the recipient is. The three marks mean: handed to the
// file system; flushed and journaled; digest matched after read-back.
// It also says how much it wants in all, so that the sharer can tell how far that
// is: a person may have left files out.
// 10: u64 written, u64 safe, u64 verified, u32 files × 3, u8 whole, u32 files, u64 bytes.
type Progress struct {
	Written, Safe, Verified uint64 // bytes, each ≤ 2⁶⁰
	FilesArrived            uint32 // files complete; each count ≤ wire.EntriesMax
	FilesVerified           uint32
	FilesFailed             uint32
	Whole                   bool   // the recipient's list is: Files and Bytes are all it wants
	Files                   uint32 // wanted so far, ≤ wire.EntriesMax
	Bytes                   uint64 // of those, as they are now, ≤ 2⁶⁰
}

func (m Progress) Append(b []byte) []byte {
	b = append(b, wire.Progress)
	b = be.AppendUint64(b, m.Written)
	b = be.AppendUint64(b, m.Safe)
	b = be.AppendUint64(b, m.Verified)
	b = be.AppendUint32(b, m.FilesArrived)
	b = be.AppendUint32(b, m.FilesVerified)
	b = append(be.AppendUint32(b, m.FilesFailed), flag(m.Whole))
	return be.AppendUint64(be.AppendUint32(b, m.Files), m.Bytes)
}

func parseProgress(b []byte) (Message, bool) {
	if len(b) != 49 || b[36] > 1 {
		return nil, false
	}
	m := Progress{
		be.Uint64(b), be.Uint64(b[8:]), be.Uint64(b[16:]),
		be.Uint32(b[24:]), be.Uint32(b[28:]), be.Uint32(b[32:]),
		b[36] == 1, be.Uint32(b[37:]), be.Uint64(b[41:]),
	}
	return m, max(m.Written, m.Safe, m.Verified, m.Bytes) <= wire.TotalMax &&
		max(m.FilesArrived, m.FilesVerified, m.FilesFailed, m.Files) <= wire.EntriesMax
}

// Pause stops or resumes the flow; what was asked for stays asked for.
// 11: u8 1 pause, 0 resume.
type Pause struct {
	Paused bool
}

func (m Pause) Append(b []byte) []byte { return append(b, wire.Pause, flag(m.Paused)) }

func parsePause(b []byte) (Message, bool) {
	if len(b) != 1 || b[0] > 1 {
		return nil, false
	}
	return Pause{b[0] == 1}, true
}

// WholeSession is the file number of an [Error] that ends the session.
const WholeSession = 0xFFFF_FFFF

// Error says that a file, or the session, failed.
// 17: u16 number, u32 file.
type Error struct {
	Number uint16 // the wire number of PROTOCOL.md 2.1
	File   uint32 // index in the list, or WholeSession
}

// Code returns the failure that the number stands for; an unknown number means
// wire.Format.
func (m Error) Code() wire.Code { return wire.FromNumber(m.Number) }

func (m Error) Append(b []byte) []byte {
	return be.AppendUint32(be.AppendUint16(append(b, wire.Error), m.Number), m.File)
}

func parseError(b []byte) (Message, bool) {
	if len(b) != 6 {
		return nil, false
	}
	return Error{be.Uint16(b), be.Uint32(b[2:])}, true
}

// A LaneCount is how many records a side sent on the lane of one PC, so that
// the other can tell a cut tail from the end.
type LaneCount struct {
	PC      uint8  // 0..254
	Records uint64 // ≤ 2³²
}

const (
	laneCountSize = 9
	lanesClosing  = wire.LanesMax + 1 // one more is alive during a rotation, f.1
	recordsMax    = 1 << 32           // of a lane, f.2
)

func (c LaneCount) append(b []byte) []byte { return be.AppendUint64(append(b, c.PC), c.Records) }

func parseLaneCount(b []byte) (LaneCount, bool) {
	c := LaneCount{b[0], be.Uint64(b[1:])}
	return c, c.PC <= wire.PCMax && c.Records <= recordsMax
}

// Close ends the session in good order.
// 18: u8 n, n × (u8 pc, u64 records).
type Close struct {
	Lanes []LaneCount // the live lanes, at most 17
}

func (m Close) Append(b []byte) []byte {
	b = append(b, wire.Close, uint8(len(m.Lanes)))
	for _, c := range m.Lanes {
		b = c.append(b)
	}
	return b
}

func parseClose(b []byte) (Message, bool) {
	if len(b) < 1 || b[0] > lanesClosing || len(b) != 1+int(b[0])*laneCountSize {
		return nil, false
	}
	var m Close
	for b = b[1:]; len(b) > 0; b = b[laneCountSize:] {
		c, ok := parseLaneCount(b)
		if !ok {
			return nil, false
		}
		m.Lanes = append(m.Lanes, c)
	}
	return m, true
}

// LaneEnd says that a lane ends, after how many records.
// 1C: u8 pc, u64 records.
type LaneEnd struct {
	LaneCount
}

func (m LaneEnd) Append(b []byte) []byte { return m.append(append(b, wire.LaneEnd)) }

func parseLaneEnd(b []byte) (Message, bool) {
	if len(b) != laneCountSize {
		return nil, false
	}
	c, ok := parseLaneCount(b)
	return LaneEnd{c}, ok
}

// Terms is what the sharer says of the share beside its list, after SHARE_HEAD and
// whenever it changes. A reader of an older version ignores it.
// 80: u64 expires, LP16 note.
type Terms struct {
	Expires uint64 // seconds since 1970, ≤ 2⁶³−1
	Note    string // ≤ wire.NoteMax bytes; whether its characters may be shown is not looked at here
}

func (m Terms) Append(b []byte) []byte {
	b = be.AppendUint64(append(b, wire.Terms), m.Expires)
	return append(be.AppendUint16(b, uint16(len(m.Note))), m.Note...)
}

func parseTerms(b []byte) (Message, bool) {
	if len(b) < 10 || len(b) > 10+wire.NoteMax || int(be.Uint16(b[8:])) != len(b)-10 {
		return nil, false
	}
	m := Terms{be.Uint64(b), string(b[10:])}
	return m, m.Expires < 1<<63
}

// ResumeOK says that the recipient of a one-time link has stored the way back of
// this session. 16: empty.
type ResumeOK struct{}

func (ResumeOK) Append(b []byte) []byte { return append(b, wire.ResumeOK) }

func parseResumeOK(b []byte) (Message, bool) { return ResumeOK{}, len(b) == 0 }

// Ping shows that a side lives while it has nothing else to say. 19: empty.
type Ping struct{}

func (Ping) Append(b []byte) []byte { return append(b, wire.Ping) }

func parsePing(b []byte) (Message, bool) { return Ping{}, len(b) == 0 }

func flag(on bool) uint8 {
	if on {
		return 1
	}
	return 0
}
