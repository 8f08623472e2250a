package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The same command once more, when everything is there, says so, is no failure, and
// receives nothing a second time; where one file is another, it comes.
func TestEverythingIsThereAlready(t *testing.T) {
	dir, out := filepath.Join(t.TempDir(), "day"), t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "sub"), 0o755); err != nil {
		t.Fatal(err)
	}
	put := func(path, data string) {
		t.Helper()
		if err := os.WriteFile(path, []byte(data), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	put(filepath.Join(dir, "a.mov"), "film")
	put(filepath.Join(dir, "sub", "b.mov"), "more")
	server := startServe(t, "--listen", "127.0.0.1:0", "--relay", "off").url
	s := start(t, "send", "--json", "--yes", "--server", server, dir)
	link, _ := s.event(t, "link")["link"].(string)
	receive := func(more ...string) (stdout string) {
		t.Helper()
		code, stdout, stderr := run(t, append([]string{"receive", "--yes", "--keys", t.TempDir(), "--out", out, link}, more...)...)
		if code != exitDone {
			t.Fatalf("receive: exit %d, %q", code, stderr)
		}
		return stdout
	}
	there := func(want int) {
		t.Helper()
		n := 0
		_ = filepath.WalkDir(out, func(_ string, e os.DirEntry, _ error) error {
			if !e.IsDir() {
				n++
			}
			return nil
		})
		if n != want {
			t.Errorf("there are %d files, want %d", n, want)
		}
	}
	receive()
	there(2)
	if said := receive(); !strings.Contains(said, "Everything is there already") || !strings.Contains(said, "2 files, 8 bytes") {
		t.Errorf("once more it says %q", said)
	}
	if said := receive("--json"); !strings.Contains(said, `"ok":true`) || !strings.Contains(said, `"same":2`) || !strings.Contains(said, `"exit":0`) {
		t.Errorf("to programs it says %q", said)
	}
	there(2)
	put(filepath.Join(out, "day", "a.mov"), "mine")
	if said := receive(); !strings.Contains(said, "Received and verified") {
		t.Errorf("with another file there it says %q", said)
	}
	there(4) // "keep both" of all: what was asked for
	if err := os.Remove(filepath.Join(out, "day", "a (2).mov")); err != nil {
		t.Fatal(err)
	}
	made, err := os.Stat(filepath.Join(dir, "a.mov"))
	if err != nil {
		t.Fatal(err)
	}
	put(filepath.Join(out, "day", "a.mov"), "milk") // as long, of the same date, other bytes
	if err := os.Chtimes(filepath.Join(out, "day", "a.mov"), made.ModTime(), made.ModTime()); err != nil {
		t.Fatal(err)
	}
	if said := receive("--on-conflict", "skip"); !strings.Contains(said, "Received and verified") {
		t.Errorf("asked to compare it says %q", said)
	}
	there(4)
}
