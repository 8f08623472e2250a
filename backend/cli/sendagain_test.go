package cli

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// A doomed program is one that a test kills.
type doomed struct {
	*exec.Cmd
	lines  chan map[string]any
	stdin  io.Writer
	stderr *bytes.Buffer // to be read once it has ended
}

func doom(t *testing.T, args ...string) *doomed {
	t.Helper()
	c := exec.Command(os.Args[0])
	c.Env = append(os.Environ(), "CLI_TEST_ARGS="+strings.Join(append([]string{"beeline"}, args...), "\n"))
	stderr := &bytes.Buffer{}
	c.Stderr = stderr
	stdin, err1 := c.StdinPipe()
	stdout, err2 := c.StdoutPipe()
	if err1 != nil || err2 != nil || c.Start() != nil {
		t.Fatal("the program does not start", err1, err2)
	}
	d := &doomed{c, make(chan map[string]any, 1000), stdin, stderr}
	go func() {
		defer close(d.lines)
		for sc := bufio.NewScanner(stdout); sc.Scan(); {
			o := map[string]any{}
			if json.Unmarshal(sc.Bytes(), &o) == nil {
				d.lines <- o
			}
		}
	}()
	t.Cleanup(d.kill)
	return d
}

// kill ends it as a power cut does.
func (d *doomed) kill() {
	d.Process.Kill()
	for range d.lines {
	}
	d.Wait()
}

func (d *doomed) event(t *testing.T, name string) map[string]any {
	t.Helper()
	for end := time.After(patience); ; {
		select {
		case o, ok := <-d.lines:
			if !ok {
				t.Fatalf("it ended without %q", name)
			}
			if o["event"] == name {
				return o
			}
		case <-end:
			_ = d.Process.Signal(syscall.SIGQUIT) // it says what it waits for
			for range d.lines {
			}
			_ = d.Wait()
			t.Fatalf("no %q; stderr:\n%s", name, d.stderr)
		}
	}
}

// keysHere makes a folder for what this test keeps, and returns what is kept of links.
func keysHere(t *testing.T) (links func() []string) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "keys")
	t.Setenv("BEELINE_KEYS", dir)
	return func() []string {
		list, _ := filepath.Glob(filepath.Join(dir, "*link-*"))
		return list
	}
}

func fill(t *testing.T, path string, data []byte) {
	t.Helper()
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
}

func large(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "film.mov")
	fill(t, path, bytes.Repeat([]byte("film"), 6<<20))
	return path
}

// A sender that is killed at any point, and started again in the same way, is the same
// link, and whoever was at it goes on by itself.
func TestSendIsTheSameLinkAfterAKill(t *testing.T) {
	links := keysHere(t)
	server, path, out := meeting(t), large(t), t.TempDir()
	args := []string{"send", "--json", "--server", server, "--limit", "1", "--lanes", "1", "--note", "the new cut", path}
	first := doom(t, args...)
	said := first.event(t, "link")
	link, _ := said["link"].(string)
	if said["restored"] != false {
		t.Errorf("a new link is said to be %v", said)
	}
	first.kill()
	var receiver *command
	for n := range 2 {
		next := doom(t, args...)
		again := next.event(t, "link")
		if again["link"] != link || again["restored"] != true || again["expires"] != said["expires"] {
			t.Fatalf("after kill %d it says %v, want what it was: %v", n+1, again, said)
		}
		if receiver == nil {
			receiver = start(t, "receive", "--json", "--yes", "--out", out, link)
		}
		for p := next.event(t, "progress"); p["phase"] != "transferring"; p = next.event(t, "progress") {
			if p["phase"] == "complete" {
				t.Fatal("it was done before it was killed")
			}
		}
		time.Sleep(time.Duration(rand.IntN(100)) * time.Millisecond)
		next.kill()
	}
	last := start(t, args...)
	last.event(t, "link")
	if r := receiver.event(t, "result"); r["ok"] != true || receiver.ends(t) != exitDone {
		t.Errorf("the recipient ends with %v", r)
	}
	if code := last.ends(t); code != exitDone {
		t.Errorf("the last run ends with %d", code)
	}
	if got, err := os.ReadFile(filepath.Join(out, "film.mov")); err != nil || !bytes.Equal(got, bytes.Repeat([]byte("film"), 6<<20)) {
		t.Errorf("another film (%v)", err)
	}
	if left := links(); len(left) != 0 {
		t.Errorf("there is left %q", left)
	}
}

// What makes another link: other terms, --new, and that it was stopped. What does not:
// how it is shown, and that it would last longer.
func TestWhichSendIsTheSame(t *testing.T) {
	links := keysHere(t)
	server, path := meeting(t), film(t)
	send := func(flags ...string) map[string]any {
		t.Helper()
		p := doom(t, append(append([]string{"send", "--json", "--server", server}, flags...), path)...)
		defer p.kill()
		return p.event(t, "link")
	}
	was := send()
	if again := send("--expires", "2000h", "--once", "--yes", "--lanes", "1", "--code"); again["link"] != was["link"] || again["expires"] != was["expires"] {
		t.Errorf("the same link is %v, want %v", again, was)
	}
	for _, other := range [][]string{{"--one-time"}, {"--approve"}, {"--limit", "2"}, {"--note", "a"}, {"--title", "a"}, {"--paths", "relay"}, {path}} {
		if o := send(other...); o["link"] == was["link"] || o["restored"] != false {
			t.Errorf("with %q it is the same link: %v", other, o)
		}
	}
	kept := func() int { // but for what a program left that was killed while it wrote
		return len(slices.DeleteFunc(links(), func(path string) bool { return filepath.Base(path)[0] == '.' || filepath.Ext(path) != "" }))
	}
	before := kept()
	fresh := send("--new")
	if fresh["link"] == was["link"] || fresh["restored"] != false || kept() != before {
		t.Errorf("--new: %v, and %d links are kept, want %d: the one before is withdrawn", fresh, kept(), before)
	}
	stopped := start(t, "send", "--json", "--server", server, path)
	if o := stopped.event(t, "link"); o["link"] != fresh["link"] {
		t.Errorf("after --new: %v, want that link", o)
	}
	stopped.stop()
	stopped.ends(t)
	if o := send(); o["restored"] != false || o["link"] == fresh["link"] {
		t.Errorf("after Ctrl-C: %v, want a new link", o)
	}
}

// Of two programs that send the same one has the link. The other says so, and makes
// another when it is told to; after a crash each has its own.
func TestTwoSendTheSame(t *testing.T) {
	keysHere(t)
	args := []string{"send", "--json", "--server", meeting(t), film(t)}
	one := doom(t, args...)
	first := one.event(t, "link")["link"]
	code, stdout, stderr := run(t, args...)
	if code != exitFailed || !strings.Contains(stdout, `"ok":false`) || !strings.Contains(stderr, "--new") || strings.Count(stderr, "\n") != 1 {
		t.Errorf("the second: exit %d, %q, %q; want 1, a result and a sentence", code, stdout, stderr)
	}
	two := doom(t, append([]string{"send", "--new"}, args[1:]...)...)
	second := two.event(t, "link")["link"]
	one.kill()
	two.kill()
	one, two = doom(t, args...), nil
	a := one.event(t, "link")["link"]
	two = doom(t, args...)
	if b := two.event(t, "link")["link"]; first == second || a != second || b != first {
		t.Errorf("two links came back as %v and %v, want %v and %v", a, b, second, first)
	}
}

// What is kept and can't be read costs a new link, and a sentence.
func TestADamagedLinkIsANewOne(t *testing.T) {
	links := keysHere(t)
	args := []string{"send", "--server", meeting(t), "--once", film(t)}
	one := doom(t, append([]string{"send", "--json"}, args[1:]...)...)
	before := one.event(t, "link")["link"].(string)
	one.kill()
	again := start(t, args...)
	if line := again.next(t, "/r#"); line != before || !strings.Contains(again.stderr.String(), "This link was made on ") {
		t.Errorf("it says %q and %q, want the link of before and since when", line, again.stderr.String())
	}
	for _, path := range links() {
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%v: %v", info, err)
		}
	}
	again.stop()
	again.ends(t)

	one = doom(t, append([]string{"send", "--json"}, args[1:]...)...)
	one.event(t, "link")
	one.kill()
	for _, path := range links() {
		if b, err := os.ReadFile(path); err == nil && len(b) > 0 {
			b[len(b)-10] ^= 1
			fill(t, path, b)
		}
	}
	other := start(t, args...)
	if line := other.next(t, "/r#"); line == before || !strings.Contains(other.stderr.String(), "can't be read") {
		t.Errorf("it says %q and %q, want another link and why", line, other.stderr.String())
	}
	other.stop()
	other.ends(t)
	if left := links(); len(left) != 0 {
		t.Errorf("there is left %q", left)
	}
}

// Without a place that can be written nothing is kept, and the link works.
func TestSendWithNoPlaceToKeep(t *testing.T) {
	place := filepath.Join(t.TempDir(), "file")
	fill(t, place, []byte("no folder"))
	t.Setenv("BEELINE_KEYS", place)
	sender := start(t, "send", "--server", meeting(t), "--once", film(t))
	link := sender.next(t, "/r#")
	if !strings.Contains(sender.stderr.String(), "can't be kept") {
		t.Errorf("it says %q", sender.stderr.String())
	}
	receiver := start(t, "receive", "--yes", "--out", t.TempDir(), "--keys", t.TempDir(), link)
	if a, b := receiver.ends(t), sender.ends(t); a != exitDone || b != exitDone {
		t.Errorf("exit codes %d and %d", a, b)
	}
}
