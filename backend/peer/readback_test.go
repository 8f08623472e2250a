package peer

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"beeline/wasm/digest"
	"beeline/wasm/wire"
)

// Whoever reads which group: it is what one who reads from start to end gets.
func TestManyHandsReadBackTheSame(t *testing.T) {
	dir := t.TempDir()
	for _, size := range []int{0, 1, 5_000, wire.GroupSize - 1, wire.GroupSize, wire.GroupSize + 1, 7*wire.GroupSize + 12_345} {
		data := noise(size)
		path := filepath.Join(dir, "t1")
		check(t, os.WriteFile(path, data, 0o644))
		f, err := os.Open(path)
		check(t, err)
		defer f.Close()
		var cvs []byte
		h := digest.NewHasher(func(_ uint32, cv [32]byte) { cvs = append(cvs, cv[:]...) })
		h.Write(data)
		want := h.Sum()
		if size <= wire.GroupSize {
			cvs = nil
		}
		always := func() bool { return true }
		got, groups, err := readBack(state{f: f, size: uint64(size)}, always)
		if err != nil || got != want || !bytes.Equal(groups, cvs) {
			t.Errorf("%d bytes: %x, %d bytes of values, %v, want %x and %d", size, got, len(groups), err, want, len(cvs))
		}
		if _, _, err := readBack(state{f: f, size: uint64(size) + 1}, always); !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("%d bytes of one more = %v, want %v", size, err, io.ErrUnexpectedEOF)
		}
	}
}
