package peer

import (
	"crypto/sha256"
	"encoding/binary"
	"slices"

	"beeline/wasm/catalog"
)

// sampleMost is of how many files a sample is made, 8 bytes each. Of that many or fewer
// it is all of them; it is written again with whatever changes of a share, so it is small.
const sampleMost = 4096

// A listSample says how much of the list of an earlier run is in another one, in whatever
// order: a file is the same by path, size and date. It keeps the lowest hashes, which are
// of any files.
type listSample struct {
	paths  []uint64 // of each entry, the root first
	low    []uint64 // the lowest hashes, in order up to sampleMost once lowest was called
	most   uint64   // which none that is wanted is above
	files  int      // so far
	before []uint64 // the sample of an earlier run, in order
	found  int      // of before
}

func newListSample(before []byte) *listSample {
	s := &listSample{paths: []uint64{0}, most: 1<<64 - 1}
	for ; len(before) >= 8; before = before[8:] {
		s.before = append(s.before, binary.BigEndian.Uint64(before))
	}
	return s
}

// add takes what comes next in the list.
func (s *listSample) add(list []catalog.Entry) {
	var buf [1200]byte // a name has 1,020 at most
	for _, e := range list {
		b := binary.BigEndian.AppendUint64(buf[:0], s.paths[e.Parent])
		path := hash64(append(b, e.Name...))
		s.paths = append(s.paths, path)
		if e.Type != catalog.File {
			continue
		}
		s.files++
		b = binary.BigEndian.AppendUint64(buf[:0], path)
		b = binary.BigEndian.AppendUint64(b, e.Size)
		file := hash64(binary.BigEndian.AppendUint64(b, uint64(e.ModMS)))
		if _, ok := slices.BinarySearch(s.before, file); ok {
			s.found++
		}
		if file <= s.most {
			s.low = append(s.low, file)
		}
		if len(s.low) >= 2*sampleMost {
			s.lowest()
		}
	}
}

func hash64(b []byte) uint64 {
	sum := sha256.Sum256(b)
	return binary.BigEndian.Uint64(sum[:])
}

func (s *listSample) lowest() []uint64 {
	slices.Sort(s.low)
	if len(s.low) > sampleMost {
		s.low = s.low[:sampleMost]
		s.most = s.low[sampleMost-1]
	}
	return s.low
}

// bytes is what a later run needs.
func (s *listSample) bytes() []byte {
	var b []byte
	for _, file := range s.lowest() {
		b = binary.BigEndian.AppendUint64(b, file)
	}
	return b
}

// other reports whether this list, which is whole, has less than half of the files of the
// earlier one.
func (s *listSample) other() bool { return 2*s.found < len(s.before) }

// changed is how many files were not in the earlier list, or -1 where the sample doesn't
// say.
func (s *listSample) changed() int {
	if len(s.before) >= sampleMost {
		return -1
	}
	return s.files - s.found
}
