package invite

import (
	"encoding/binary"

	"beeline/wasm/kdf"
)

// Topics change with the hour of one's own clock, never with the server's: a
// server could ask for any hour's topics. PROTOCOL.md d.1.
const (
	hourMS   = 60 * 60 * 1000
	marginMS = 15 * 60 * 1000 // how far the two clocks may be apart
)

// KnockFamilies is the number from which dummy families of a knocker are
// counted; those of a waiter start at 0. PROTOCOL.md d.2.
const KnockFamilies = 1 << 31

// Epoch returns the hour of unixMS, in milliseconds since 1970: the one on whose
// topic a recipient knocks. A time before 1970 counts as 1970.
func Epoch(unixMS int64) uint32 {
	return uint32(max(unixMS, 0) / hourMS)
}

// WaitEpochs returns the hours on whose topics a sharer waits at unixMS: the
// current one, in its first 15 minutes also the one before, in its last 15 also
// the one after.
func WaitEpochs(unixMS int64) []uint32 {
	e := Epoch(unixMS)
	switch into := max(unixMS, 0) % hourMS; {
	case into < marginMS && e > 0:
		return []uint32{e, e - 1}
	case into >= hourMS-marginMS:
		return []uint32{e, e + 1}
	}
	return []uint32{e}
}

// DummyTopic returns the topic in hour e of dummy family i. Dummy families pad
// the number of topics the server sees; they follow the formula of real ones and
// live and die like them. The seed is 32 random bytes that outlive a connection.
func DummyTopic(seed [32]byte, i, e uint32) [32]byte {
	root := kdf.X(seed[:], "dummy root", binary.BigEndian.AppendUint32(nil, i), 32)
	return topic(root, e)
}

func topic(root []byte, e uint32) [32]byte {
	return [32]byte(kdf.X(root, "topic", binary.BigEndian.AppendUint32(nil, e), 32))
}
