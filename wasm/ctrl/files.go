package ctrl

import "beeline/wasm/wire"

// A Range is a run of groups of one version of a file. A group is 1 MiB.
// First+Count is at most 2³². Count is 0 only for a file of 0 bytes, which is
// asked for so that its FILE_END comes.
type Range struct {
	File         uint32 // index in the list
	Version      uint8
	First, Count uint32 // groups
}

const rangeSize = 13

func appendRanges(b []byte, typ uint8, ranges []Range) []byte {
	b = be.AppendUint16(append(b, typ), uint16(len(ranges)))
	for _, r := range ranges {
		b = append(be.AppendUint32(b, r.File), r.Version)
		b = be.AppendUint32(be.AppendUint32(b, r.First), r.Count)
	}
	return b
}

func parseRanges(b []byte) ([]Range, bool) {
	items, n, ok := list(b, rangeSize, wire.RangesPerGet)
	if !ok {
		return nil, false
	}
	ranges := make([]Range, n)
	for i := range ranges {
		b := items[i*rangeSize:]
		r := Range{be.Uint32(b), b[4], be.Uint32(b[5:]), be.Uint32(b[9:])}
		if uint64(r.First)+uint64(r.Count) > 1<<32 {
			return nil, false
		}
		ranges[i] = r
	}
	return ranges, true
}

// Get asks for groups. It is permission, order and credit at once, f.3.
// 06: u16 n, n × (u32 file, u8 version, u32 first, u32 count).
type Get struct {
	Ranges []Range // at most wire.RangesPerGet
}

func (m Get) Append(b []byte) []byte { return appendRanges(b, wire.Get, m.Ranges) }

func parseGet(b []byte) (Message, bool) {
	r, ok := parseRanges(b)
	return Get{r}, ok
}

// Have names groups that the recipient kept from an earlier session, before
// its first GET of that file. 0F: as GET.
type Have struct {
	Ranges []Range // at most wire.RangesPerGet
}

func (m Have) Append(b []byte) []byte { return appendRanges(b, wire.Have, m.Ranges) }

func parseHave(b []byte) (Message, bool) {
	r, ok := parseRanges(b)
	return Have{r}, ok
}

// CancelMax is how many files fit in one [Cancel].
const CancelMax = (wire.CtrlMax - 3) / 4

// Cancel advises the sender that files are not wanted any more.
// 12: u16 n, n × u32 file.
type Cancel struct {
	Files []uint32 // at most CancelMax
}

func (m Cancel) Append(b []byte) []byte {
	b = be.AppendUint16(append(b, wire.Cancel), uint16(len(m.Files)))
	for _, f := range m.Files {
		b = be.AppendUint32(b, f)
	}
	return b
}

func parseCancel(b []byte) (Message, bool) {
	items, n, ok := list(b, 4, CancelMax)
	if !ok {
		return nil, false
	}
	m := Cancel{make([]uint32, n)}
	for i := range m.Files {
		m.Files[i] = be.Uint32(items[i*4:])
	}
	return m, true
}

// A FileDigest is the plain BLAKE3 of one version of a file.
type FileDigest struct {
	File      uint32
	Version   uint8
	Assembled bool // put together from group values of several sessions, f.4
	Digest    [32]byte
}

const (
	fileDigestSize = 38
	// FileEndMax is how many files fit in one [FileEnd].
	FileEndMax = (wire.CtrlMax - 3) / fileDigestSize
)

// FileEnd carries the digests of files whose every group was sent.
// 08: u16 n, n × (u32 file, u8 version, u8 flags (1 assembled), digest 32).
type FileEnd struct {
	Files []FileDigest // at most FileEndMax
}

func (m FileEnd) Append(b []byte) []byte {
	b = be.AppendUint16(append(b, wire.FileEnd), uint16(len(m.Files)))
	for _, f := range m.Files {
		b = append(be.AppendUint32(b, f.File), f.Version, flag(f.Assembled))
		b = append(b, f.Digest[:]...)
	}
	return b
}

func parseFileEnd(b []byte) (Message, bool) {
	items, n, ok := list(b, fileDigestSize, FileEndMax)
	if !ok {
		return nil, false
	}
	m := FileEnd{make([]FileDigest, n)}
	for i := range m.Files {
		b := items[i*fileDigestSize : (i+1)*fileDigestSize]
		if b[5] > 1 {
			return nil, false
		}
		m.Files[i] = FileDigest{be.Uint32(b), b[4], b[5] == 1, [32]byte(b[6:])}
	}
	return m, true
}

// CVReq asks for the chaining values of groups, to find those that differ.
// 09: u32 file, u8 version, u32 first, u16 n.
type CVReq struct {
	File    uint32
	Version uint8
	First   uint32 // group
	Count   uint16 // groups: 1..wire.CVsPerRequest
}

func (m CVReq) Append(b []byte) []byte {
	b = append(be.AppendUint32(append(b, wire.CVReq), m.File), m.Version)
	return be.AppendUint16(be.AppendUint32(b, m.First), m.Count)
}

func parseCVReq(b []byte) (Message, bool) {
	if len(b) != 11 {
		return nil, false
	}
	m := CVReq{be.Uint32(b), b[4], be.Uint32(b[5:]), be.Uint16(b[9:])}
	return m, m.Count >= 1 && m.Count <= wire.CVsPerRequest && uint64(m.First)+uint64(m.Count) <= 1<<32
}

// CVs answers a [CVReq]. Later means: not known yet, ask again in 5 s; then
// there are no values. Otherwise there is at least one.
// 0A: u32 file, u8 version, u32 first, u8 later, u16 n, n × CV 32.
type CVs struct {
	File    uint32
	Version uint8
	First   uint32 // group
	Later   bool
	CVs     [][32]byte // at most wire.CVsPerRequest
}

func (m CVs) Append(b []byte) []byte {
	b = append(be.AppendUint32(append(b, wire.CVs), m.File), m.Version)
	b = append(be.AppendUint32(b, m.First), flag(m.Later))
	b = be.AppendUint16(b, uint16(len(m.CVs)))
	for i := range m.CVs {
		b = append(b, m.CVs[i][:]...)
	}
	return b
}

func parseCVs(b []byte) (Message, bool) {
	if len(b) < 12 || b[9] > 1 {
		return nil, false
	}
	items, n, ok := list(b[10:], 32, wire.CVsPerRequest)
	m := CVs{File: be.Uint32(b), Version: b[4], First: be.Uint32(b[5:]), Later: b[9] == 1}
	if !ok || m.Later != (n == 0) || uint64(m.First)+uint64(n) > 1<<32 {
		return nil, false
	}
	if n > 0 {
		m.CVs = make([][32]byte, n)
		for i := range m.CVs {
			m.CVs[i] = [32]byte(items[i*32:])
		}
	}
	return m, true
}

// FileChanged says that the source changed: what was sent of it is worth
// nothing, ask in the new version.
// 0D: u32 file, u8 version, u64 size, i64 mtime_ms.
type FileChanged struct {
	File    uint32
	Version uint8  // the new one, never 0
	Size    uint64 // bytes, at most wire.FileMax
	ModMS   int64  // last change, milliseconds since 1970
}

func (m FileChanged) Append(b []byte) []byte {
	b = append(be.AppendUint32(append(b, wire.FileChanged), m.File), m.Version)
	return be.AppendUint64(be.AppendUint64(b, m.Size), uint64(m.ModMS))
}

func parseFileChanged(b []byte) (Message, bool) {
	if len(b) != 21 {
		return nil, false
	}
	m := FileChanged{be.Uint32(b), b[4], be.Uint64(b[5:]), int64(be.Uint64(b[13:]))}
	return m, m.Version != 0 && m.Size <= wire.FileMax
}
