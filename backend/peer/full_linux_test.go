package peer

import (
	"context"
	"errors"
	"path/filepath"
	"syscall"
	"testing"

	"beeline/wasm/session"
	"beeline/wasm/wire"
)

// A real disk that is too small: said before the first byte where that can be
// known, a pause where it shows later; and what was safe then is not moved again
// once there is room, though the program ended in between.
func TestARealDiskThatIsFull(t *testing.T) {
	out, src := t.TempDir(), filepath.Join(t.TempDir(), "A001")
	if err := syscall.Mount("tmpfs", out, "tmpfs", 0, "size=8m"); err != nil {
		t.Skip("no small disk can be made here: ", err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(out, syscall.MNT_DETACH) })
	total := writeCard(t, src, 16)
	s := startShare(t, SendOptions{Server: newServer(t), Paths: []string{src}})
	keys := t.TempDir()

	got, err := Receive(t.Context(), ReceiveOptions{Link: s.link, Out: out, Keys: keys, Resume: true})
	if wire.CodeOf(err) != wire.Space || got.View.Needed == 0 {
		t.Fatalf("it ended with %v, %d bytes needed; want to be told before anything is written", err, got.View.Needed)
	}

	ctx, cancel := context.WithTimeout(t.Context(), patienceMax)
	defer cancel()
	full := false
	got, err = Receive(ctx, ReceiveOptions{
		Link: s.link, Out: out, Keys: keys, Resume: true,
		OnView: func(v session.ReceiveView) {
			if v.Needed > 0 && v.Safe >= 4<<20 {
				full = true
				cancel()
			}
		},
		hook: func(s *shell) {
			s.dest.free = func(string) (uint64, bool) { return 1 << 40, true } // nobody knew
		},
	})
	if !full || !errors.Is(err, context.Canceled) {
		t.Fatalf("it ended with %v, and was full: %v; want a pause. View %+v", err, full, got.View)
	}

	if err := syscall.Mount("", out, "", syscall.MS_REMOUNT, "size=64m"); err != nil {
		t.Fatal(err)
	}
	var first uint64
	got, err = Receive(t.Context(), ReceiveOptions{
		Link: s.link, Out: out, Keys: keys, Resume: true,
		OnView: func(v session.ReceiveView) {
			if first == 0 {
				first = v.Written
			}
		},
	})
	if err != nil || got.View.Verified != uint64(total) {
		t.Fatalf("with room again: %v, view %+v", err, got.View)
	}
	if first < 4<<20 {
		t.Errorf("it began with %d bytes, want what was safe", first)
	}
	same(t, src, filepath.Join(out, "A001"))
}
