package peer

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"beeline/wasm/invite"
	"beeline/wasm/session"
	"beeline/wasm/wire"
)

// shelf is what a program keeps of a share by link between two runs.
type shelf struct {
	mu   sync.Mutex // guards the rest
	now  Kept
	puts int
	fail error // what keeping fails with
}

func (s *shelf) keep(k Kept) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.puts++
	if s.fail != nil && k.State != nil {
		return s.fail
	}
	s.now = k
	return nil
}

func (s *shelf) read() Kept {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now
}

// A crashing sender is one that dies when told to, and comes back.
type crashing struct {
	*share
	crashed chan struct{}
}

func startCrashing(t testing.TB, o SendOptions, k *shelf) crashing {
	t.Helper()
	crash := make(chan struct{})
	o.Kept, o.OnKeep, o.crash = k.read(), k.keep, crash
	return crashing{startShare(t, o), crash}
}

func (c crashing) die(t testing.TB) {
	t.Helper()
	close(c.crashed)
	_ = c.wait(t)
}

// stop ends it as Ctrl-C does.
func (c crashing) stop(t testing.TB) {
	t.Helper()
	c.cancel()
	if err := c.wait(t); !errors.Is(err, context.Canceled) {
		t.Errorf("Send = %v, want that it was stopped", err)
	}
}

// A coming recipient is a Receive under way.
type coming struct {
	views chan session.ReceiveView
	last  atomic.Pointer[session.ReceiveView]
	done  chan error
}

func startReceive(t *testing.T, o ReceiveOptions) *coming {
	t.Helper()
	c := &coming{views: make(chan session.ReceiveView, 1), done: make(chan error, 1)}
	o.OnView = func(v session.ReceiveView) { c.last.Store(&v); latest(c.views, v) }
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_, err := Receive(ctx, o)
		c.done <- err
	}()
	t.Cleanup(func() { cancel(); <-ended })
	return c
}

// completes waits for everything.
func (c *coming) completes(t *testing.T) {
	t.Helper()
	select {
	case err := <-c.done:
		check(t, err)
	case <-time.After(patienceMax):
		t.Fatalf("Receive does not end; last view %+v", c.last.Load())
	}
}

// A sender dies in the middle, without a word. The same share comes back: its recipient
// goes on by itself, and what it had is not asked for again.
func TestASenderComesBackAfterACrash(t *testing.T) {
	t.Parallel()
	dir := tree(t, map[string][]byte{"day/a.mov": noise(16 << 20), "day/b.mov": noise(16 << 20), "day/c.txt": noise(10)})
	const total = 32<<20 + 10
	var k shelf
	var moved atomic.Int64
	o := SendOptions{Server: newServer(t), Paths: all(t, dir), Once: true, hook: func(s *shell) { s.machine = counted{s.machine, &moved} }}
	first := startCrashing(t, o, &k)
	out := t.TempDir()
	to := startReceive(t, ReceiveOptions{Link: first.link, Out: out, Resume: true})
	until(t, to.views, "some bytes", func(v session.ReceiveView) bool { return v.Written > 6<<20 })
	first.die(t)
	until(t, to.views, "the loss", func(v session.ReceiveView) bool {
		return v.Phase == session.Reconnecting || v.Phase == session.Complete
	})
	had := int64(to.last.Load().Written)
	if had >= total {
		t.Fatal("it was done before the sender died")
	}
	moved.Store(0)
	second := startCrashing(t, o, &k)
	if second.link != first.link {
		t.Error("another link than before the crash")
	}
	to.completes(t)
	check(t, second.wait(t))
	sameTrees(t, out, dir)
	if ratio := float64(had+moved.Load()) / total; ratio > 1.05 {
		t.Errorf("%d bytes had arrived and %d came after the crash: %.3f of all, want at most 1.05", had, moved.Load(), ratio)
	}
	if now := k.read(); now.State != nil {
		t.Error("what has ended is kept still")
	}
}

// The list has changed between: whoever knew the one before is told so, and what they
// have of the same files counts when they come again by the same link.
func TestASenderComesBackWithAnotherList(t *testing.T) {
	t.Parallel()
	dir := tree(t, map[string][]byte{"day/a.mov": noise(16 << 20), "day/b.mov": noise(16 << 20)})
	var k shelf
	var moved atomic.Int64
	o := SendOptions{Server: newServer(t), Paths: all(t, dir), hook: func(s *shell) { s.machine = counted{s.machine, &moved} }}
	first := startCrashing(t, o, &k)
	out, keys := t.TempDir(), t.TempDir()
	to := startReceive(t, ReceiveOptions{Link: first.link, Out: out, Keys: keys, Resume: true})
	until(t, to.views, "some bytes", func(v session.ReceiveView) bool { return v.Safe > 8<<20 })
	first.die(t)
	before := k.read()
	check(t, os.WriteFile(filepath.Join(dir, "day", "0.txt"), noise(10), 0o600)) // the first of the list now
	second := startCrashing(t, o, &k)
	if second.link != first.link {
		t.Error("another link for another list")
	}
	if err := <-to.done; wire.CodeOf(err) != wire.Manifest {
		t.Errorf("who knew the list of before ends with %v, want E_MANIFEST", err)
	}
	if now := k.read(); bytes.Equal(now.State, before.State) || now.List == before.List {
		t.Error("another list under the same salt")
	}
	moved.Store(0)
	again := startReceive(t, ReceiveOptions{Link: second.link, Out: out, Keys: keys, Resume: true})
	again.completes(t)
	sameTrees(t, out, dir)
	if n := moved.Load(); n > 26<<20 {
		t.Errorf("%d bytes came after the crash, though 8 MiB were safe", n)
	}
	second.stop(t)
}

// Wherever it dies: after each thing that is kept, a sender comes back in turn, until
// nothing new is kept. The recipient of a one-time link, of which the most is kept, never
// notices; who has no M4 asks again after ten seconds.
func TestASenderDiesAfterEachThingItKeeps(t *testing.T) {
	if testing.Short() || !inMemory {
		t.Skip("waits half a minute, once is enough")
	}
	t.Parallel()
	dir := tree(t, map[string][]byte{"a.mov": noise(6 << 20), "b.txt": noise(10)})
	var k shelf
	o := SendOptions{Server: newServer(t), Paths: all(t, dir), Until: 1, Chosen: []session.Event{session.SetFlags{Flags: invite.OneTime}}}
	out, link := t.TempDir(), ""
	var to *coming
	runs := 0
	for ; link == "" || k.read().State != nil; runs++ {
		crash, kept := make(chan struct{}), 0
		o.Kept, o.crash = k.read(), crash
		o.OnKeep = func(now Kept) error {
			if kept++; kept == runs+1 && now.State != nil {
				defer close(crash)
			}
			return k.keep(now)
		}
		s := startShare(t, o)
		if to == nil {
			link = s.link
			to = startReceive(t, ReceiveOptions{Link: link, Out: out, Keys: t.TempDir(), Resume: true})
		} else if s.link != link && s.link != "" {
			t.Errorf("in run %d it is another link", runs)
		}
		_ = s.wait(t)
	}
	to.completes(t)
	sameTrees(t, out, dir)
	if runs < 4 {
		t.Errorf("it died %d times only: what is kept was not kept in turn", runs-1)
	}
}

// Who came by a code goes on without one.
func TestACodeIsOverAfterACrash(t *testing.T) {
	t.Parallel()
	dir := tree(t, map[string][]byte{"a.mov": noise(24 << 20)})
	var k shelf
	o := SendOptions{Server: newServer(t), Paths: all(t, dir), Until: 1, Chosen: []session.Event{session.MakeCode{}}}
	first := startCrashing(t, o, &k)
	code := until(t, first.views, "a code", func(v session.ShareView) bool { return v.Code.Text != "" }).Code.Text
	out := t.TempDir()
	to := startReceive(t, ReceiveOptions{Server: o.Server, Code: code, Out: out, Keys: t.TempDir(), Resume: true})
	until(t, to.views, "some bytes", func(v session.ReceiveView) bool { return v.Written > 1<<20 })
	first.die(t)
	o.Chosen = nil
	second := startCrashing(t, o, &k)
	to.completes(t)
	check(t, second.wait(t))
	sameTrees(t, out, dir)
}

// Who was let in is let in again, who was refused is not asked about again, and who has
// everything counts.
func TestASenderRemembersWhoCame(t *testing.T) {
	t.Parallel()
	dir := tree(t, map[string][]byte{"a.mov": noise(24 << 20)})
	var k shelf
	var asked atomic.Int32
	o := SendOptions{Server: newServer(t), Paths: all(t, dir), Until: 2, Admit: func(context.Context, session.RecipientView) bool {
		return asked.Add(1) != 1 // the first of them is refused
	}}
	first := startCrashing(t, o, &k)
	if _, err := receive(t, ReceiveOptions{Link: first.link, Out: t.TempDir()}); err != nil {
		t.Fatal(err)
	}
	refused := t.TempDir()
	if _, err := receive(t, ReceiveOptions{Link: first.link, Out: t.TempDir(), Keys: refused}); wire.CodeOf(err) != wire.Refused {
		t.Fatalf("Receive = %v, want E_REFUSED", err)
	}
	out := t.TempDir()
	to := startReceive(t, ReceiveOptions{Link: first.link, Out: out, Resume: true})
	until(t, to.views, "some bytes", func(v session.ReceiveView) bool { return v.Written > 1<<20 })
	for end := time.Now().Add(patienceMax); k.read().Done != 1; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("who has everything is not counted in what is kept")
		}
	}
	first.die(t)
	second := startCrashing(t, o, &k)
	to.completes(t)
	check(t, second.wait(t)) // two have everything
	if n := asked.Load(); n != 2 {
		t.Errorf("asked %d times, want twice: before the crash", n)
	}
	sameTrees(t, out, dir)
}

// With Once the first is who was let in before the crash: a stranger who comes between
// does not end the share.
func TestOnceMeansTheFirstOfTheEarlierRun(t *testing.T) {
	t.Parallel()
	dir := tree(t, map[string][]byte{"a.mov": noise(24 << 20)})
	var k shelf
	o := SendOptions{Server: newServer(t), Paths: all(t, dir), Once: true, Admit: func(context.Context, session.RecipientView) bool { return false }}
	first := startCrashing(t, o, &k)
	out, keys := t.TempDir(), t.TempDir()
	ctx, leave := context.WithCancel(t.Context())
	views := make(chan session.ReceiveView, 1)
	gone := make(chan error, 1)
	go func() {
		_, err := Receive(ctx, ReceiveOptions{Link: first.link, Out: out, Keys: keys, Resume: true, OnView: func(v session.ReceiveView) { latest(views, v) }})
		gone <- err
	}()
	until(t, views, "some bytes", func(v session.ReceiveView) bool { return v.Written > 1<<20 })
	first.die(t) // before it is told of the leave
	leave()
	<-gone
	second := startCrashing(t, o, &k)
	if _, err := receive(t, ReceiveOptions{Link: second.link, Out: t.TempDir()}); wire.CodeOf(err) != wire.Refused {
		t.Fatalf("a stranger's Receive = %v, want E_REFUSED", err)
	}
	if _, err := receive(t, ReceiveOptions{Link: second.link, Out: out, Keys: keys, Resume: true}); err != nil {
		t.Fatal(err)
	}
	check(t, second.wait(t))
	sameTrees(t, out, dir)
}

// What can't be kept does not come back as it was before; the share goes on.
func TestWhatCannotBeKept(t *testing.T) {
	t.Parallel()
	dir := tree(t, map[string][]byte{"a.txt": noise(10)})
	var k shelf
	o := SendOptions{Server: newServer(t), Paths: all(t, dir), Chosen: []session.Event{session.SetFlags{Flags: invite.OneTime}}, Until: 1}
	first := startCrashing(t, o, &k)
	until(t, first.views, "the list", func(v session.ShareView) bool { return v.Listed })
	if k.read().State == nil {
		t.Fatal("nothing is kept")
	}
	k.mu.Lock()
	k.fail = errors.New("no space left")
	k.mu.Unlock()
	if _, err := receive(t, ReceiveOptions{Link: first.link, Out: t.TempDir()}); err != nil {
		t.Errorf("Receive = %v", err)
	}
	check(t, first.wait(t))
	if k.read().State != nil {
		t.Error("a link that is somebody's is kept as nobody's")
	}
}

// Ctrl-C is the end, also while it is still looked whether the list is as before.
func TestStoppedForGood(t *testing.T) {
	t.Parallel()
	dir := tree(t, map[string][]byte{"a.txt": noise(10)})
	var k shelf
	o := SendOptions{Server: newServer(t), Paths: all(t, dir)}
	first := startCrashing(t, o, &k)
	until(t, first.views, "the list", func(v session.ShareView) bool { return v.Listed })
	first.die(t)
	startCrashing(t, o, &k).stop(t)
	if k.read().State != nil {
		t.Error("kept after it was stopped")
	}
	third := startCrashing(t, o, &k)
	if third.link == first.link {
		t.Error("the link of before came back")
	}
	third.die(t)
	before := k.read()
	ctx, cancel := context.WithCancelCause(t.Context())
	stop := errors.New("stop")
	cancel(stop)
	o.Kept, o.OnKeep = before, k.keep
	if err := Send(ctx, o); !errors.Is(err, stop) || k.read().State != nil {
		t.Errorf("Send = %v, kept %v; want that it was stopped, and nothing", err, k.read().State != nil)
	}
	o.Kept = before
	o.Kept.State = slices.Clone(before.State)
	clear(o.Kept.State[132:140]) // 1970
	if err := Send(t.Context(), o); wire.CodeOf(err) != wire.Expired {
		t.Errorf("Send of what has expired = %v, want E_EXPIRED", err)
	}
}
