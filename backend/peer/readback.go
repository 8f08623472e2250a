package peer

import (
	"io"
	"os"
	"runtime"
	"sync"
	"sync/atomic"

	"beeline/wasm/digest"
	"beeline/wasm/lane"
	"beeline/wasm/wire"
)

// hands are who may help with reading back, beside the one who does it: nothing else
// is left to do by then, and one core alone would make everybody wait. So few because
// each has a megabyte, and because a disk that turns reads one thing at a time.
var hands = make(chan struct{}, min(runtime.GOMAXPROCS(0), 4)-1)

// buffers are of wire.GroupSize bytes.
var buffers = sync.Pool{New: func() any { return new([wire.GroupSize]byte) }}

// readBack computes what b3sum would print, and the value of each group of a file of
// more than one. It stops when nobody wants to know any more; sum is worthless then.
func readBack(s state, wanted func() bool) (sum [32]byte, cvs []byte, err error) {
	if s.size <= wire.GroupSize {
		buf := make([]byte, s.size)
		if err := readAll(s.f, buf, 0); err != nil {
			return sum, nil, err
		}
		return digest.Single(buf), nil, nil
	}
	r := &reading{s: s, wanted: wanted, cvs: make([]byte, 32*int64(lane.Groups(s.size)))}
	var helpers sync.WaitGroup
	for range int(min(uint32(cap(hands)), lane.Groups(s.size)-1)) {
		select {
		case hands <- struct{}{}:
			helpers.Go(func() {
				defer func() { <-hands }()
				r.run()
			})
		default: // they are at other files
		}
	}
	r.run()
	helpers.Wait()
	if r.failed.Load() || !wanted() {
		return sum, nil, r.err
	}
	t := digest.NewTree(s.size)
	for g := range lane.Groups(s.size) {
		t.Set(g, [32]byte(r.cvs[32*int64(g):]))
	}
	sum, _ = t.Digest()
	return sum, r.cvs, nil
}

// A reading is one file that is read back, by several hands.
type reading struct {
	s      state
	wanted func() bool
	cvs    []byte // each hand writes those of its groups

	next   atomic.Uint32 // the first group that nobody has taken
	failed atomic.Bool
	once   sync.Once // guards err
	err    error
}

// run takes one group after the other, until there is none.
func (r *reading) run() {
	buf := buffers.Get().(*[wire.GroupSize]byte)
	defer buffers.Put(buf)
	groups := lane.Groups(r.s.size)
	for !r.failed.Load() && r.wanted() {
		g := r.next.Add(1) - 1
		if g >= groups {
			return
		}
		data := buf[:lane.GroupLen(r.s.size, g)]
		if err := readAll(r.s.f, data, int64(g)*wire.GroupSize); err != nil {
			r.once.Do(func() { r.err = err })
			r.failed.Store(true)
			return
		}
		cv := digest.Group(data, uint64(g))
		copy(r.cvs[32*int64(g):], cv[:])
	}
}

// readAll fills b from a file that has as many bytes there.
func readAll(f *os.File, b []byte, at int64) error {
	_, err := f.ReadAt(b, at)
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}
