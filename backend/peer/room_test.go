package peer

import (
	"os"
	"path/filepath"
	"testing"

	"beeline/wasm/session"
	"beeline/wasm/wire"
)

// A destination takes no more than it may, however much more than was listed comes, and
// goes on once there is room; what stays free of the disk stays free.
func TestADestinationHasABound(t *testing.T) {
	out := t.TempDir()
	there := filepath.Join(out, "there")
	check(t, os.WriteFile(there, noise(3*wire.GroupSize), 0o600))
	bound := func(b Bound) func(*dest) { return func(d *dest) { d.room.Bound = b } }
	k := newSink(t, out, KeepBoth, bound(Bound{Most: 4 * wire.GroupSize}))
	k.do(session.DiskOpen{Key: "0123abcd", Bytes: 2 * wire.GroupSize})
	if e := expect[session.DiskRefused](k); e.Code != wire.Space || e.Needed < wire.GroupSize {
		t.Errorf("what is listed has no room, and it says %+v", e)
	}
	k = newSink(t, out, KeepBoth, bound(Bound{Most: 4*wire.GroupSize + 100_000}))
	k.do(session.DiskOpen{Key: "0123abcd", Bytes: 10})
	expect[session.DiskOpened](k)
	k.do(session.DiskEntry{File: 1, Path: []string{"a"}, Size: 2 * wire.GroupSize}) // it was listed with 10, and grew
	group := noise(wire.GroupSize)
	for i := range uint32(2) {
		k.write(1, 0, i, group)
	}
	expect[session.Written](k)
	expect[session.DiskFull](k)
	check(t, os.Remove(there)) // the person makes room
	expect[session.DiskRoom](k)
	expect[session.Written](k)
	k.close()

	free := uint64(100)
	k = newSink(t, t.TempDir(), KeepBoth, func(d *dest) {
		d.room.Bound = Bound{Reserve: 1000}
		d.free = func(string) (uint64, bool) { return free, true }
	})
	k.do(session.DiskOpen{Key: "0123abcd", Bytes: 1})
	if e := expect[session.DiskRefused](k); e.Needed != 1 {
		t.Errorf("the reserve is used: %+v", e)
	}
	for left, b := range map[uint64]Bound{0: {Reserve: 1000}, 60: {Reserve: 40}, 100: {}, 30: {Most: 50}} {
		if got, ok := b.left(func(string) (uint64, bool) { return free, true }, "", func() uint64 { return 20 }); !ok || got != left {
			t.Errorf("%+v leaves %d, want %d", b, got, left)
		}
	}
}
