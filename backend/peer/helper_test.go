package peer

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"testing"
	"time"

	"beeline/backend/peer/transport/memory"
	"beeline/signaling"
	"beeline/signaling/leaktest"
	"beeline/wasm/session"
)

func TestMain(m *testing.M) {
	if os.Getenv("PEER_TEST_OUT") != "" {
		os.Exit(receiveAsChild())
	}
	leaktest.Main(m, func() {}, func() {
		fmt.Println("once more, on lanes in memory")
		connect = (&memory.Net{Delay: time.Millisecond, Loss: 0.02, Again: 20 * time.Millisecond}).Connect
		inMemory = true
		_ = flag.Set("test.parallel", "8") // they wait more than they work
	})
}

// inMemory says that the lanes are not pion's: they reach no other process.
var inMemory bool

// patienceMax is how long a test waits for what must happen, where it fails.
const patienceMax = 60 * time.Second

// newServer starts a real hub on loopback and returns its address.
func newServer(t testing.TB) string {
	t.Helper()
	limits := signaling.DefaultLimits()
	hub := signaling.NewHub(signaling.Config{Bus: signaling.NewMemoryBus(limits), Limits: limits})
	mux := http.NewServeMux()
	mux.HandleFunc("GET /signal", func(w http.ResponseWriter, r *http.Request) {
		if err := hub.Upgrade(w, r, netip.MustParseAddrPort(r.RemoteAddr).Addr()); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
		}
	})
	server := httptest.NewServer(mux)
	t.Cleanup(func() {
		hub.Close()
		server.Close()
	})
	return server.URL
}

// A share is a Send under way.
type share struct {
	link   string
	clicks chan session.Event
	views  chan session.ShareView // the latest, if nobody took it
	cancel context.CancelFunc
	done   chan error
}

// startShare runs Send and waits for its link.
func startShare(t testing.TB, o SendOptions) *share {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	s := &share{clicks: make(chan session.Event), views: make(chan session.ShareView, 1), cancel: cancel, done: make(chan error, 1)}
	link := make(chan string, 1)
	o.OnLink = func(l string) { link <- l }
	o.OnView = func(v session.ShareView) { latest(s.views, v) }
	o.Clicks = s.clicks
	go func() { s.done <- Send(ctx, o) }()
	t.Cleanup(func() {
		cancel()
		s.wait(t)
	})
	select {
	case s.link = <-link:
	case err := <-s.done:
		s.done <- err
		t.Fatalf("Send ended without a link: %v", err)
	}
	return s
}

// wait returns what Send returned.
func (s *share) wait(t testing.TB) error {
	t.Helper()
	select {
	case err := <-s.done:
		s.done <- err
		return err
	case <-time.After(patienceMax):
		t.Fatal("Send does not end")
		return nil
	}
}

// until waits for a view.
func until[V any](t testing.TB, views <-chan V, what string, ok func(V) bool) V {
	t.Helper()
	var last V
	for end := time.After(patienceMax); ; {
		select {
		case last = <-views:
			if ok(last) {
				return last
			}
		case <-end:
			t.Fatalf("%s does not come; last view %+v", what, last)
		}
	}
}

func latest[V any](views chan V, v V) {
	select {
	case <-views:
	default:
	}
	views <- v
}

// receive runs Receive to its end.
func receive(t testing.TB, o ReceiveOptions) (Result, error) {
	t.Helper()
	ctx, cancel := context.WithTimeoutCause(t.Context(), patienceMax, errors.New("Receive does not end"))
	defer cancel()
	return Receive(ctx, o)
}

// tree writes files below a new directory. A name that ends in "/" is a folder.
func tree(t testing.TB, files map[string][]byte) string {
	t.Helper()
	dir := t.TempDir()
	for name, data := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if name[len(name)-1] == '/' {
			check(t, os.MkdirAll(path, 0o755))
			continue
		}
		check(t, os.MkdirAll(filepath.Dir(path), 0o755))
		check(t, os.WriteFile(path, data, 0o644))
	}
	return dir
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func noise(n int) []byte {
	b := make([]byte, n)
	rand.Read(b)
	return b
}

// An item is what sameTrees compares.
type item struct {
	data []byte // nil: a folder
	mod  int64  // ms
	exec bool
}

// read returns everything below dir by its path.
func read(t testing.TB, dir string) map[string]item {
	t.Helper()
	got := make(map[string]item)
	check(t, filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || path == dir {
			return err
		}
		rel, _ := filepath.Rel(dir, path)
		info, err := e.Info()
		if err != nil {
			return err
		}
		it := item{mod: info.ModTime().UnixMilli(), exec: info.Mode()&0o100 != 0 && !e.IsDir()}
		if info.Mode().IsRegular() {
			if it.data, err = os.ReadFile(path); err != nil {
				return err
			}
			it.data = append([]byte{}, it.data...)
		}
		got[filepath.ToSlash(rel)] = it
		return nil
	}))
	return got
}

// sameTrees compares names, bytes, dates and exec bits.
func sameTrees(t testing.TB, got, want string) {
	t.Helper()
	g, w := read(t, got), read(t, want)
	for path, it := range w {
		have, ok := g[path]
		switch {
		case !ok:
			t.Errorf("%q is missing", path)
		case (have.data == nil) != (it.data == nil) || !bytes.Equal(have.data, it.data):
			t.Errorf("%q: %d bytes that differ from %d", path, len(have.data), len(it.data))
		case have.mod != it.mod:
			t.Errorf("%q: changed at %d ms, want %d", path, have.mod, it.mod)
		case have.exec != it.exec:
			t.Errorf("%q: exec %v, want %v", path, have.exec, it.exec)
		}
	}
	for path := range g {
		if _, ok := w[path]; !ok {
			t.Errorf("%q is there and should not", path)
		}
	}
}
