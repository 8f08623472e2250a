package session

import (
	"bytes"
	"crypto/ed25519"
	"testing"

	"beeline/wasm/wire"
)

// backAgain takes the sharer's tab away and lets another page offer the same link,
// with the same files.
func (w *world) backAgain(s *Sharer, files ...testFile) *Sharer {
	w.t.Helper()
	kept := s.Keep()
	w.sharer.close()
	again, err := RestoreSharer("Share", w.config(1), kept)
	if err != nil {
		w.t.Fatal(err)
	}
	if again.Link() != s.Link() {
		w.t.Errorf("the link is another one now")
	}
	w.sharer = w.node("sharer'", again)
	w.sharer.offer(files)
	w.sharer.online()
	return again
}

// Wherever the sharer's page goes, the next one goes on with the same recipient,
// and what it had is not sent again.
func TestSharerComesBackAnywhere(t *testing.T) {
	stride := 5
	if slow {
		stride = 31
	}
	for k := 1; ; k += stride {
		w := newWorld(t, int64(k))
		s := w.share(1, someTree()...)
		n, r := w.take(s.Link(), 1)
		w.onStep = func() {
			if w.steps == k {
				w.sharer.close()
			}
		}
		w.until(3_000, func() bool { return w.sharer.down || r.View().Phase == ListShown && r.View().Listed })
		if r.View().Phase == ListShown {
			n.handle(Receive{})
		}
		w.until(3_000, func() bool { return w.sharer.down || r.ended() })
		w.onStep = nil
		if !w.sharer.down {
			if k < 20 {
				t.Fatalf("only %d messages pass", k)
			}
			break
		}
		had := n.disk.written
		again := w.backAgain(s, someTree()...)
		w.until(60_000, func() bool { return r.View().Phase == ListShown && r.View().Listed || r.fetch != nil || r.ended() })
		if r.fetch == nil {
			n.handle(Receive{})
		}
		w.complete(90_000, n, r, someTree())
		if moved := n.disk.written; moved != treeBytes {
			t.Errorf("gone after %d: %d bytes came in all, %d of them before", k, moved, had)
		}
		if rows := again.View().Recipients; len(rows) != 1 || rows[0].Phase != Complete {
			t.Errorf("gone after %d: the sharer shows %v", k, rows)
		}
	}
}

// Who was let in is let in, who was refused is refused, and only the very first
// needs no word.
func TestDecisionsOutliveThePage(t *testing.T) {
	w := newWorld(t, 1)
	s := w.share(1, tree()...)
	_, first := w.take(s.Link(), 1)
	w.wait(10_000, "the first sees the list", func() bool { return first.View().Phase == ListShown })
	_, second := w.take(s.Link(), 1)
	w.wait(10_000, "the second asks", func() bool { return second.View().Asking })
	for _, row := range s.View().Recipients {
		if row.Asks {
			w.sharer.handle(Decide{Session: row.ID, Accept: false})
		}
	}
	w.wait(10_000, "the second is refused", func() bool { return second.View().Why == wire.Refused })

	again := w.backAgain(s, tree()...)
	_, stranger := w.take(again.Link(), 1)
	w.wait(10_000, "a stranger has to ask", func() bool { return stranger.View().Asking })
	w.wait(60_000, "the first is back", func() bool {
		return first.View().Phase == ListShown && again.recipient(first.key.Public().(ed25519.PublicKey)).conn != nil
	})
	cfg := w.config(1)
	cfg.Key = second.Key()
	r2, err := NewReceiver(again.Link(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	n2 := w.node("second'", r2)
	n2.online()
	n2.handle(Connect{})
	w.wait(10_000, "the second stays refused", func() bool { return r2.View().Why == wire.Refused })
	if !bytes.Contains(again.Keep(), second.key.Public().(ed25519.PublicKey)) {
		t.Error("a refusal is forgotten by the page after next")
	}
}

func TestWhatIsKeptEnds(t *testing.T) {
	w := newWorld(t, 1)
	s := w.share(1, tree()...)
	kept := s.Keep()
	cfg := w.config(1)
	cfg.Now += week
	if _, err := RestoreSharer("Share", cfg, kept); wire.CodeOf(err) != wire.Expired {
		t.Errorf("after a week: %v, want %v", err, wire.Expired)
	}
	w.sharer.handle(StopSharing{})
	if s.Keep() != nil {
		t.Error("something is kept of a share that was stopped")
	}
	for i := range kept {
		if _, err := RestoreSharer("Share", w.config(1), kept[:i]); err == nil {
			t.Fatalf("%d bytes of %d are taken", i, len(kept))
		}
	}
	if _, err := RestoreSharer("Share", w.config(1), append(bytes.Clone(kept), 0)); err == nil {
		t.Error("a byte more is taken")
	}
}

// What parses is written again as the same bytes.
func FuzzRestoreSharer(f *testing.F) {
	w := newWorld(f, 1)
	s := w.share(1, tree()...)
	f.Add(s.Keep())
	cfg := w.config(1)
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := RestoreSharer("Share", cfg, b)
		if err != nil {
			return
		}
		again, err := RestoreSharer("Share", cfg, s.Keep())
		if err != nil || !bytes.Equal(again.Keep(), s.Keep()) {
			t.Errorf("what was kept is not kept: %v", err)
		}
	})
}
