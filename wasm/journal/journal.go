// Package journal remembers what is safe of a transfer, so that a recipient who
// reloads or crashes goes on where it was.
//
//	head    "BLJ1" ‖ J
//	record  path 16 ‖ size ‖ first ‖ count ‖ LP8 place ‖ check 8
//	record  …                        one behind the other, only ever added to
//
// It is believed for starting at once and for nothing else: every byte of an
// earlier page is read back and compared with the sharer's digest before its file
// gets a name. So a journal that is damaged, cut, rolled back or made up costs
// groups that are fetched again, never a wrong byte, and there is no key in it.
// What stands behind the first record that is not as it should be counts for
// nothing and is written over. PROTOCOL.md f.4.
package journal

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"

	"beeline/wasm/lane"
	"beeline/wasm/wire"
)

// Sizes in bytes. PROTOCOL.md f.4.
const (
	headSize   = 36
	fixedSize  = 33 // of a record, before its place
	checkSize  = 8
	PlaceMax   = 255
	partsMax   = 1 << 16  // runs of one file that are remembered
	JournalMax = 64 << 20 // what is read of a journal, and written of one
)

const magic = "BLJ1"

// An ID is J, the transfer that a journal belongs to.
type ID [32]byte

// NewID returns J of a share: of the key that signs for it and its number.
func NewID(sharer, share []byte) ID {
	return sha256.Sum256(append(append([]byte("bee1 journal"), sharer...), share...))
}

// A Path stands for where a file is in the list: for the names from below entry 0
// down to its own, byte for byte as they were listed.
type Path [16]byte

// NewPath returns the path of these names, the topmost first.
func NewPath(names []string) (p Path) {
	b := []byte("bee1 journal path")
	for _, name := range names {
		b = append(binary.BigEndian.AppendUint16(b, uint16(len(name))), name...)
	}
	sum := sha256.Sum256(b)
	copy(p[:], sum[:])
	return p
}

// A Part is a run of groups that is safe, and where: what the destination calls
// that place. Of a file of 0 bytes a part has no groups.
type Part struct {
	First, Count uint32
	Place        string
}

// File is what a journal knows of a file. Of parts that overlap the last one counts.
type File struct {
	Size  uint64
	Parts []Part
}

// A Journal is what was read of one, and where the next record goes.
type Journal struct {
	id     ID
	end    int    // bytes that are good
	number uint32 // records that are
	files  map[Path]File
}

// Read takes what is good of a journal of this transfer. Whatever b is, there is
// an answer: of another transfer's journal or of none nothing is good.
func Read(id ID, b []byte) *Journal {
	j := &Journal{id: id, files: make(map[Path]File)}
	if b = b[:min(len(b), JournalMax)]; len(b) < headSize || !bytes.Equal(b[:headSize], j.head()) {
		return j
	}
	j.end = headSize
	for {
		path, size, part, n, ok := j.parse(b[j.end:])
		if !ok {
			return j
		}
		j.end += n
		j.number++
		j.note(path, size, part)
	}
}

func (j *Journal) head() []byte { return append([]byte(magic), j.id[:]...) }

// check is of the transfer, the number of the record and its bytes: a record
// counts in one place of one journal only.
func (j *Journal) check(body []byte) []byte {
	h := sha256.New()
	h.Write([]byte("bee1 journal record"))
	h.Write(j.id[:])
	h.Write(binary.BigEndian.AppendUint32(nil, j.number))
	h.Write(body)
	return h.Sum(nil)[:checkSize]
}

func (j *Journal) parse(b []byte) (path Path, size uint64, part Part, n int, ok bool) {
	if len(b) < fixedSize {
		return
	}
	end := fixedSize + int(b[fixedSize-1])
	if n = end + checkSize; len(b) < n || !bytes.Equal(b[end:n], j.check(b[:end])) {
		return
	}
	copy(path[:], b)
	size = binary.BigEndian.Uint64(b[16:])
	part = Part{binary.BigEndian.Uint32(b[24:]), binary.BigEndian.Uint32(b[28:]), string(b[fixedSize:end])}
	return path, size, part, n, valid(size, part)
}

// valid reports whether a file of that size has such a part.
func valid(size uint64, p Part) bool {
	groups := uint64(lane.Groups(size))
	if size > wire.FileMax || len(p.Place) > PlaceMax || uint64(p.First)+uint64(p.Count) > groups {
		return false
	}
	return p.Count > 0 || groups == 0
}

// note keeps a part. A file that has another size now is another file.
func (j *Journal) note(path Path, size uint64, p Part) {
	f := j.files[path]
	if f.Size != size {
		f = File{Size: size}
	}
	if n := len(f.Parts); n > 0 && f.Parts[n-1].Place == p.Place && f.Parts[n-1].First+f.Parts[n-1].Count == p.First {
		f.Parts[n-1].Count += p.Count // a file that arrives in order is one run
	} else if n < partsMax {
		f.Parts = append(f.Parts, p)
	}
	j.files[path] = f
}

// Files returns how many files the journal knew when it was read.
func (j *Journal) Files() int { return len(j.files) }

// Whole reports whether all groups of a file of this path and size were safe.
func (j *Journal) Whole(path Path, size uint64) bool {
	f, ok := j.files[path]
	var groups uint64
	for _, p := range f.Parts {
		groups += uint64(p.Count)
	}
	return ok && f.Size == size && groups >= uint64(lane.Groups(size))
}

// Take returns what was safe of a file of this path and size, once.
func (j *Journal) Take(path Path, size uint64) ([]Part, bool) {
	f, ok := j.files[path]
	delete(j.files, path)
	return f.Parts, ok && f.Size == size
}

// Append returns the bytes that say that a part is safe, and where in the journal
// they go: behind what is good. What stood there is void. Nil where there is no
// such part, or no more room: then it is fetched again some day.
func (j *Journal) Append(path Path, size uint64, p Part) (at int, b []byte) {
	if !valid(size, p) || j.end+headSize+fixedSize+len(p.Place)+checkSize > JournalMax {
		return 0, nil
	}
	at = j.end
	if at == 0 {
		b = j.head()
	}
	from := len(b)
	b = append(b, path[:]...)
	b = binary.BigEndian.AppendUint64(b, size)
	b = binary.BigEndian.AppendUint32(b, p.First)
	b = binary.BigEndian.AppendUint32(b, p.Count)
	b = append(b, byte(len(p.Place)))
	b = append(b, p.Place...)
	b = append(b, j.check(b[from:])...)
	j.end += len(b)
	j.number++
	return at, b
}
