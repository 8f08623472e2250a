//go:build !windows

package cli

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"syscall"
	"testing"
	"time"

	"beeline/backend/keep"
	"beeline/backend/peer"
	"beeline/wasm/identity"
	"beeline/wasm/people"
	"beeline/wasm/session"
	"beeline/wasm/wire"
)

// A thousand shares for four contacts, which is as many as a contact is shown: all are
// seen by whom they are for, one of them is received, and the node stays small and idle.
func TestNodeOfAThousandShares(t *testing.T) {
	const contacts, each = 4, 250
	shortRuntime(t)
	server := startServe(t, "--listen", "127.0.0.1:0", "--relay", "off", "--limit-loopback=false").url
	dir := inMemory(t)
	ada := newSomeone(t)
	ada.config = filepath.Join(dir, "config")
	adas := ada.does("", "me", "--name", "Ada")
	var all []someone
	for i := range contacts {
		s := newSomeone(t)
		ada.does(s.does("", "me", "--name", fmt.Sprint("Contact ", i)), "add")
		s.does(adas, "add")
		all = append(all, s)
	}
	book := func(s someone, do func(k *keep.Kept)) *people.Book {
		t.Helper()
		l, err := keep.At(s.config, filepath.Join(s.config, "marks")).Lock(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		k, err := l.Open(nil)
		if err != nil {
			t.Fatal(err)
		}
		do(k)
		return k.Book
	}
	of := book(ada, func(k *keep.Kept) {
		for i := range contacts * each {
			path := filepath.Join(dir, fmt.Sprint("share ", i))
			write(t, filepath.Join(path, "a.mov"), []byte(fmt.Sprint("take ", i)))
			s := &keep.Standing{Paths: []string{path}, With: []identity.ID{k.Book.Contacts[i%contacts].ID()}, Ends: time.Now().Add(time.Hour), Node: true}
			if err := k.AddStanding(s); err != nil {
				t.Fatal(err)
			}
		}
	})
	heap := func() int64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return int64(m.HeapAlloc + m.StackInuse)
	}
	before, began := heap(), time.Now()
	n := start(t, "node", "run", "--config", ada.config, "--server", server, "--rescan", "1m", "--json")
	for range contacts * each {
		n.event(t, "shared")
	}
	t.Logf("%d shares were listed and kept in %v", contacts*each, time.Since(began))
	per := (heap() - before) / int64(contacts*each) // of a few shares it may be less than what went meanwhile
	t.Logf("%d bytes of memory each", per)
	if per > 64<<10 {
		t.Errorf("a share takes %d bytes, want 64 KiB at most", per)
	}

	var looks sync.WaitGroup
	owners, last := make([]*identity.Identity, contacts), make([][16]byte, contacts)
	for i, s := range all {
		owners[i] = book(s, func(*keep.Kept) {}).Identity
		looks.Go(func() {
			looking, stop := context.WithTimeout(t.Context(), 30*time.Second)
			defer stop()
			seen := make(map[string]bool)
			_ = peer.Watch(looking, peer.WatchOptions{Server: server, Own: owners[i], Cards: []*identity.Card{of.Card()}, OnView: func(v []session.ContactView, _ wire.Code) {
				for _, o := range v[0].Offers {
					seen[o.Title], last[i] = true, o.ID
				}
				if len(v[0].Offers) == each {
					stop()
				}
			}})
			for j := range contacts * each {
				if title := fmt.Sprint("share ", j); seen[title] != (j%contacts == i) {
					t.Errorf("contact %d sees %q: %v", i, title, seen[title])
				}
			}
		})
	}
	looks.Wait()
	out := t.TempDir()
	got, err := peer.Receive(t.Context(), peer.ReceiveOptions{Server: server, From: &peer.Offered{Own: owners[0], Card: of.Card(), Share: last[0]}, Out: out})
	if err != nil || len(got.Names) != 1 {
		t.Fatalf("Receive = %v, %v", got.Names, err)
	}
	want, _ := os.ReadFile(filepath.Join(dir, got.Names[0], "a.mov"))
	if have, err := os.ReadFile(filepath.Join(out, got.Names[0], "a.mov")); err != nil || string(have) != string(want) || len(want) == 0 {
		t.Errorf("%q arrived, want %q: %v", have, want, err)
	}

	busy, idle := cpuTime(), 2*time.Second
	time.Sleep(idle)
	took := cpuTime() - busy
	t.Logf("idle it takes %.1f %% of a processor, %v of each tick", 100*float64(took)/float64(idle), took/20)
	if took > idle/4 {
		t.Errorf("idle for %v it computes for %v, want a quarter at most", idle, took)
	}
	if s := ada.status(); len(s.Shares) != contacts*each {
		t.Errorf("the status has %d shares", len(s.Shares))
	}
}

// inMemory makes a folder that is on no disk, where the system has such a place: that
// everything is flushed is tested elsewhere, and costs a thousand times some ms.
func inMemory(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("/dev/shm", "beeline-")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

// cpuTime is how long this program has computed.
func cpuTime() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u) // fails for another "who" only
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
