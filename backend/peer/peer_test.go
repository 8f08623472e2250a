package peer

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"beeline/wasm/session"
	"beeline/wasm/wire"
)

// card is a share with what goes wrong first.
func card(t testing.TB) string {
	dir := tree(t, map[string][]byte{
		"A001/empty/":                 nil,
		"A001/deep/er/and/er/":        nil,
		"A001/clip.mov":               noise(3<<20 + 7),
		"A001/zero.txt":               {},
		"A001/ünïcode 名前 e\u0301.wav": noise(1 << 20),
		"A001/one.bin":                noise(1),
		"A001/edge.bin":               noise(1<<20 + 1),
		"A001/sub/a.exr":              noise(10_000),
		"A001/sub/b.exr":              noise(10_000),
		"A001/100%.txt":               noise(10),
		"loose.sh":                    []byte("#!/bin/sh\n"),
	})
	check(t, os.Chmod(filepath.Join(dir, "loose.sh"), 0o755))
	then := time.UnixMilli(1_700_000_000_123)
	check(t, os.Chtimes(filepath.Join(dir, "A001/clip.mov"), then, then))
	check(t, os.Chtimes(filepath.Join(dir, "A001/empty"), then, then))
	return dir
}

// all returns the paths of everything in dir.
func all(t testing.TB, dir string) (paths []string) {
	t.Helper()
	list, err := os.ReadDir(dir)
	check(t, err)
	for _, e := range list {
		paths = append(paths, filepath.Join(dir, e.Name()))
	}
	return paths
}

func TestATreeCrosses(t *testing.T) {
	t.Parallel()
	server := newServer(t)
	for _, lanes := range []int{1, 4} {
		src, out := card(t), filepath.Join(t.TempDir(), "new", "place")
		s := startShare(t, SendOptions{Server: server, Paths: all(t, src), Lanes: lanes, Once: true, forced: lanes})
		if !strings.HasPrefix(s.link, server+"/r#") {
			t.Errorf("the link does not begin with %s/r#", server)
		}
		got, err := receive(t, ReceiveOptions{Link: s.link, Out: out, Lanes: lanes})
		if err != nil {
			t.Fatalf("lanes %d: Receive = %v, view %+v", lanes, err, got.View)
		}
		if err := s.wait(t); err != nil {
			t.Errorf("lanes %d: Send = %v, want nil", lanes, err)
		}
		sameTrees(t, out, src)
		v := got.View
		if v.Phase != session.Complete || v.FilesVerified != 9 || v.Verified != v.Bytes || v.Title != "2 items" || v.Route != session.RouteLAN {
			t.Errorf("lanes %d: view %+v", lanes, v)
		}
		if names := strings.Join(got.Names, " "); names != "A001 loose.sh" {
			t.Errorf("lanes %d: landed as %q, want A001 and loose.sh", lanes, names)
		}
	}
}

// The list is decided about before any byte is asked for.
func TestNothingLandsBeforeYes(t *testing.T) {
	t.Parallel()
	server, src, out := newServer(t), card(t), filepath.Join(t.TempDir(), "out")
	s := startShare(t, SendOptions{Server: server, Paths: all(t, src), Once: true})
	var names []string
	got, err := receive(t, ReceiveOptions{Link: s.link, Out: out, Accept: func(_ context.Context, o *Offer) bool {
		for _, e := range o.Entries(1, 1000) {
			names = append(names, e.Name)
		}
		return false
	}})
	if wire.CodeOf(err) != wire.Refused || got.View.Phase != session.Cancelled {
		t.Errorf("Receive = %v, view %+v, want %v", err, got.View, wire.Refused)
	}
	if len(names) != 16 || names[0] != "A001" || names[15] != "loose.sh" {
		t.Errorf("the offer lists %q, want 16 entries from A001 to loose.sh", names)
	}
	if _, err := os.Stat(out); !errors.Is(err, os.ErrNotExist) {
		t.Error("the destination was made though nothing was accepted")
	}
	if err := s.wait(t); wire.CodeOf(err) != wire.Refused {
		t.Errorf("Send = %v, want %v", err, wire.Refused)
	}
}

func TestCancelLeavesNothingUnfinished(t *testing.T) {
	t.Parallel()
	server, out := newServer(t), t.TempDir()
	src := tree(t, map[string][]byte{"A/a first.txt": noise(10), "A/big.mov": noise(24 << 20)})
	s := startShare(t, SendOptions{Server: server, Paths: all(t, src), Once: true})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	got, err := Receive(ctx, ReceiveOptions{Link: s.link, Out: out, OnView: func(v session.ReceiveView) {
		if v.FilesVerified == 1 && v.Written > 10 {
			cancel()
		}
	}})
	if !errors.Is(err, context.Canceled) || got.View.Phase != session.Cancelled {
		t.Errorf("Receive = %v, view %+v, want %v", err, got.View, context.Canceled)
	}
	if err := s.wait(t); wire.CodeOf(err) != wire.Refused {
		t.Errorf("Send = %v, want %v: the recipient cancelled", err, wire.Refused)
	}
	check(t, os.Remove(filepath.Join(src, "A/big.mov")))
	check(t, os.Chtimes(filepath.Join(src, "A"), time.Time{}, time.UnixMilli(1_700_000_000_000)))
	check(t, os.Chtimes(filepath.Join(out, "A"), time.Time{}, time.UnixMilli(1_700_000_000_000)))
	sameTrees(t, out, src) // what landed stays, nothing else is there
}

func TestStopSharingEndsTheTransfer(t *testing.T) {
	t.Parallel()
	server, out := newServer(t), t.TempDir()
	src := tree(t, map[string][]byte{"big.mov": noise(24 << 20)})
	s := startShare(t, SendOptions{Server: server, Paths: all(t, src)})
	got, err := receive(t, ReceiveOptions{Link: s.link, Out: out, OnView: func(v session.ReceiveView) {
		if v.Written > 0 {
			s.cancel()
		}
	}})
	if wire.CodeOf(err) != wire.Revoked || got.View.Phase != session.Failed {
		t.Errorf("Receive = %v, view %+v, want %v", err, got.View, wire.Revoked)
	}
	if err := s.wait(t); !errors.Is(err, context.Canceled) {
		t.Errorf("Send = %v, want %v", err, context.Canceled)
	}
	if left := read(t, out); len(left) != 0 {
		t.Errorf("%d entries are left of a transfer that failed", len(left))
	}
}

// A connection that is cut at either end is made anew, and what came is kept.
func TestACutConnectionIsCarriedOn(t *testing.T) {
	t.Parallel()
	for _, end := range []string{"sharer", "recipient"} {
		server, out := newServer(t), t.TempDir()
		src := tree(t, map[string][]byte{"big.mov": noise(16<<20 + 5), "small.txt": noise(100)})
		var sharer, recipient *shell
		s := startShare(t, SendOptions{Server: server, Paths: all(t, src), Once: true, hook: func(x *shell) { sharer = x }})
		cut, again, sessions := false, false, map[uint32]bool{}
		var before uint64
		got, err := receive(t, ReceiveOptions{Link: s.link, Out: out, hook: func(x *shell) { recipient = x }, OnView: func(v session.ReceiveView) {
			again = again || v.Phase == session.Reconnecting
			for id := range recipient.bundles {
				sessions[id] = true
			}
			if cut || v.Written < 3<<20 {
				return
			}
			cut, before = true, v.Written
			if end == "recipient" {
				go recipient.call(recipient.cut)
			} else {
				go sharer.call(sharer.cut)
			}
		}})
		if err != nil || !cut || !again {
			t.Errorf("%s: Receive = %v, cut %v, reconnected %v; view %+v", end, err, cut, again, got.View)
		}
		if err := s.wait(t); err != nil {
			t.Errorf("%s: Send = %v, want nil", end, err)
		}
		if n := len(sessions); n != 2 {
			t.Errorf("%s: %d sessions, want 2", end, n)
		}
		for who, x := range map[string]*shell{"sharer": sharer, "recipient": recipient} {
			if len(x.bundles) != 0 || len(x.links) != 0 || len(x.batches) != 0 {
				t.Errorf("%s: the %s keeps %d bundles, %d links and %d batches of what is over", end, who, len(x.bundles), len(x.links), len(x.batches))
			}
		}
		t.Logf("%s: cut at %d MiB", end, before>>20)
		sameTrees(t, out, src)
	}
}

// cut breaks every connection under the machine, as a network does.
func (s *shell) cut() {
	for _, l := range s.links {
		l.ops.put(func() { l.conn.Close() })
	}
}

// A connection that has carried enough is left for another, whichever end counts, and
// nothing is lost: the one of the control channel, which is a session, and others.
func TestAConnectionCarriesSoMuchAndNoMore(t *testing.T) {
	t.Parallel()
	for _, v := range []struct {
		end   string
		lanes int
	}{{"sharer", 1}, {"recipient", 1}, {"recipient", 3}} {
		server, out := newServer(t), t.TempDir()
		src := tree(t, map[string][]byte{"big.mov": noise(20<<20 + 5), "small.txt": noise(100)})
		const most = 6 << 20
		limited := func(x *shell) { x.most = most }
		var recipient *shell
		var send, take func(*shell)
		if send, take = limited, nil; v.end == "recipient" {
			send, take = nil, limited
		}
		s := startShare(t, SendOptions{Server: server, Paths: all(t, src), Once: true, Lanes: v.lanes, forced: v.lanes, hook: send})
		sessions := make(map[uint32]bool)
		var over atomic.Bool
		got, err := receive(t, ReceiveOptions{Link: s.link, Out: out, Lanes: v.lanes, hook: func(x *shell) {
			if recipient = x; take != nil {
				take(x)
			}
		}, OnView: func(session.ReceiveView) {
			for id := range recipient.bundles {
				sessions[id] = true
			}
			for _, l := range recipient.links {
				if l.carried.Load() > most+2<<20 { // what was under way
					over.Store(true)
				}
			}
		}})
		if err != nil || s.wait(t) != nil {
			t.Errorf("%s, %d lanes: Receive = %v; view %+v", v.end, v.lanes, err, got.View)
		}
		if len(sessions) < 2 || over.Load() {
			t.Errorf("%s, %d lanes: %d sessions, want several; one carried too much: %v", v.end, v.lanes, len(sessions), over.Load())
		}
		sameTrees(t, out, src)
	}
}

func TestTwoRecipients(t *testing.T) {
	t.Parallel()
	server, src := newServer(t), card(t)
	asked := make(chan session.RecipientView, 1)
	s := startShare(t, SendOptions{Server: server, Paths: all(t, src), Admit: func(_ context.Context, r session.RecipientView) bool {
		asked <- r
		return true
	}})
	type end struct {
		out string
		err error
	}
	ends := make(chan end, 2)
	for range 2 {
		out := t.TempDir()
		go func() {
			_, err := receive(t, ReceiveOptions{Link: s.link, Out: out})
			ends <- end{out, err}
		}()
	}
	for range 2 {
		e := <-ends
		if e.err != nil {
			t.Errorf("Receive = %v, want nil", e.err)
		}
		sameTrees(t, e.out, src)
	}
	if r := <-asked; !r.Asks {
		t.Errorf("asked about %+v, which does not wait", r)
	}
	v := until(t, s.views, "two complete rows", func(v session.ShareView) bool {
		return len(v.Recipients) == 2 && v.Recipients[0].Phase == session.Complete && v.Recipients[1].Phase == session.Complete
	})
	if v.Recipients[0].Verified != v.Bytes || v.Recipients[1].FilesVerified != 9 {
		t.Errorf("the sharer shows %+v", v)
	}
	s.clicks <- session.StopSharing{}
	if err := s.wait(t); err != nil {
		t.Errorf("Send = %v after Stop sharing, want nil", err)
	}
}

func TestOneWhoIsNotLetInIsTold(t *testing.T) {
	t.Parallel()
	server, src := newServer(t), tree(t, map[string][]byte{"a": noise(10)})
	s := startShare(t, SendOptions{Server: server, Paths: all(t, src), Admit: func(context.Context, session.RecipientView) bool { return false }})
	if _, err := receive(t, ReceiveOptions{Link: s.link, Out: t.TempDir()}); err != nil {
		t.Fatal(err)
	}
	if _, err := receive(t, ReceiveOptions{Link: s.link, Out: t.TempDir()}); wire.CodeOf(err) != wire.Refused {
		t.Errorf("Receive = %v, want %v", err, wire.Refused)
	}
}

func TestBadArguments(t *testing.T) {
	src := all(t, tree(t, map[string][]byte{"secret name.txt": noise(10)}))
	good := "AQDrSwzBPi6qwbXGB0nvRWCmGQ2Aq0K8E8vbTHVdBrzoFyYI" // 48 characters, a wrong check
	tests := []struct {
		name string
		run  func() error
		code wire.Code
	}{
		{"a damaged link", func() error {
			_, err := Receive(t.Context(), ReceiveOptions{Server: "http://127.0.0.1:1", Link: good})
			return err
		}, wire.LinkDamaged},
		{"a link without a server", func() error { _, err := Receive(t.Context(), ReceiveOptions{Link: good}); return err }, wire.LinkDamaged},
		{"a link that is no address", func() error {
			_, err := Receive(t.Context(), ReceiveOptions{Link: "::" + good + "/r#" + good})
			return err
		}, wire.LinkDamaged},
		{"a server that is none", func() error { return Send(t.Context(), SendOptions{Server: "ftp://" + good, Paths: src}) }, wire.Internal},
		{"nothing to send", func() error { return Send(t.Context(), SendOptions{Server: "http://127.0.0.1:1"}) }, wire.Internal},
		{"a path that is not there", func() error {
			return Send(t.Context(), SendOptions{Server: "http://127.0.0.1:1", Paths: []string{"/nowhere/at/all"}})
		}, wire.Internal},
	}
	for _, v := range tests {
		err := v.run()
		if err == nil || wire.CodeOf(err) != v.code {
			t.Errorf("%s: %v, want code %v", v.name, err, v.code)
		}
		if err != nil && strings.Contains(err.Error(), good) { // attack 52
			t.Errorf("%s: the error carries the link", v.name)
		}
	}
}

// A destination that can't be used is said before anything is asked for.
func TestADestinationIsRefused(t *testing.T) {
	t.Parallel()
	server, src := newServer(t), tree(t, map[string][]byte{"a.mov": noise(1000)})
	file := filepath.Join(src, "a.mov")
	s := startShare(t, SendOptions{Server: server, Paths: []string{file}, Admit: func(context.Context, session.RecipientView) bool { return true }})

	_, err := receive(t, ReceiveOptions{Link: s.link, Out: filepath.Join(file, "below a file")})
	if wire.CodeOf(err) != wire.Unwritable {
		t.Errorf("Receive below a file = %v, want %v", err, wire.Unwritable)
	}
	out := t.TempDir()
	got, err := receive(t, ReceiveOptions{Link: s.link, Out: out, hook: func(x *shell) {
		x.dest.free = func(string) (uint64, bool) { return 400, true }
	}})
	if wire.CodeOf(err) != wire.Space || got.View.Needed != 600 {
		t.Errorf("Receive onto a small disk = %v, %d bytes needed, want %v, 600", err, got.View.Needed, wire.Space)
	}
	if left := read(t, out); len(left) != 0 {
		t.Errorf("%d entries are left in a destination that was refused", len(left))
	}
}
