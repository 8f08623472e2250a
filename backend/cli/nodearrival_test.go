//go:build !windows

package cli

import (
	"context"
	"io"
	"path/filepath"
	"testing"

	"beeline/backend/peer"
)

// A node that is stopped while it looks at a list does not take that for all there is:
// what comes later would count as received, and what was moved away would come again.
func TestAListThatIsCutShortIsNotTaken(t *testing.T) {
	t.Parallel()
	src := t.TempDir()
	write(t, filepath.Join(src, "d", "a.mov"), []byte("film"))
	s := start(t, "send", "--json", "--server", meeting(t), "--limit", "1", filepath.Join(src, "d"))
	link, _ := s.event(t, "link")["link"].(string)
	choose := func(ctx context.Context, o *peer.Offer) (files int, known, yes bool) {
		r := &arriving{in: &inboxes{n: &node{screen: newScreen(io.Discard)}}, a: &arrival{}}
		yes = r.choose(ctx, o, map[uint64]bool{1: true})
		return len(r.files), r.known, yes
	}
	ctx, stop := context.WithCancel(t.Context())
	var offer *peer.Offer
	_, _ = peer.Receive(ctx, peer.ReceiveOptions{Link: link, Out: t.TempDir(), Accept: func(gone context.Context, o *peer.Offer) bool {
		offer = o
		if files, known, yes := choose(gone, o); files != 1 || !known || !yes {
			t.Errorf("of the whole list %d files are seen; known %v, wanted %v", files, known, yes)
		}
		stop() // systemctl restart
		<-gone.Done()
		if _, known, yes := choose(gone, o); known || yes {
			t.Errorf("once the node is being stopped: known %v, wanted %v", known, yes)
		}
		return true
	}})
	if offer == nil {
		t.Fatal("no list")
	}
	if files, known, yes := choose(t.Context(), offer); files != 0 || known || yes {
		t.Errorf("of a transfer that is over %d files are seen; known %v, wanted %v", files, known, yes)
	}
}
