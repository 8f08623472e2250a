package record

import (
	"encoding/binary"

	"beeline/wasm/wire"
)

// An Extent is a piece of one file as it stands in a data record:
//
//	u32 file ‖ u8 version ‖ u24 length ‖ u64 offset ‖ bytes
//
// It lies within one group: the unit of requests, of digests and of the journal.
type Extent struct {
	File    uint32 // index in the list
	Version uint8  // how often the file has changed in this session
	Offset  uint64 // of Bytes in the file
	Bytes   []byte // at least one; part of the record, not a copy
}

// AppendExtentHeader appends the 16 bytes that stand before the length bytes of an
// extent. The caller keeps to the rules of [NextExtent].
func AppendExtentHeader(dst []byte, file uint32, version uint8, length int, offset uint64) []byte {
	dst = binary.BigEndian.AppendUint32(dst, file)
	dst = append(dst, version, byte(length>>16), byte(length>>8), byte(length))
	return binary.BigEndian.AppendUint64(dst, offset)
}

// NextExtent cuts the first extent off the plaintext of a data record. It fails
// with [wire.Format] if plain is empty or cut short, if the extent is empty,
// crosses a group, or ends beyond [wire.FileMax]. The bytes were sent by a peer
// whose record opened, so a failure ends the session.
func NextExtent(plain []byte) (e Extent, rest []byte, err error) {
	if len(plain) < wire.ExtentHeader {
		return Extent{}, nil, wire.Format.Because("extent header cut short")
	}
	e = Extent{
		File:    binary.BigEndian.Uint32(plain),
		Version: plain[4],
		Offset:  binary.BigEndian.Uint64(plain[8:]),
	}
	length := uint64(plain[5])<<16 | uint64(plain[6])<<8 | uint64(plain[7])
	plain = plain[wire.ExtentHeader:]
	switch {
	case length == 0 || length > uint64(len(plain)):
		return Extent{}, nil, wire.Format.Because("extent of no bytes, or more than there are")
	case e.Offset > wire.FileMax-length:
		return Extent{}, nil, wire.Format.Because("extent beyond the largest file")
	case e.Offset/wire.GroupSize != (e.Offset+length-1)/wire.GroupSize:
		return Extent{}, nil, wire.Format.Because("extent crosses a group")
	}
	e.Bytes = plain[:length:length]
	return e, plain[length:], nil
}

// CountExtents checks every extent of a data record and returns how many there
// are, so that nothing of a record is used where any of it is wrong. It fails with
// [wire.Format] as [NextExtent] does, and if there are none or more than
// [wire.ExtentsPerRecord].
func CountExtents(plain []byte) (n int, err error) {
	for {
		if _, plain, err = NextExtent(plain); err != nil {
			return 0, err
		}
		if n++; n > wire.ExtentsPerRecord {
			return 0, wire.Format.Because("too many extents")
		}
		if len(plain) == 0 {
			return n, nil
		}
	}
}
