package cli

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"beeline/wasm/wire"
)

// A command is one that runs, with what it says and hears.
type command struct {
	in     *io.PipeWriter
	lines  chan string // of the standard output
	stderr locked
	stop   context.CancelFunc
	code   chan int
	hup    chan os.Signal
}

type locked struct {
	mu sync.Mutex // guards b
	b  bytes.Buffer
}

func (l *locked) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *locked) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func start(t *testing.T, args ...string) *command {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	in, w := io.Pipe()
	out, stdout := io.Pipe()
	c := &command{in: w, lines: make(chan string, 1000), stop: cancel, code: make(chan int, 1), hup: make(chan os.Signal, 1)}
	ctx = context.WithValue(ctx, toldHangups{}, c.hup)
	go func() {
		c.code <- runWith(ctx, append([]string{"beeline"}, args...), in, stdout, &c.stderr)
		stdout.Close()
		in.Close()
	}()
	go func() {
		defer close(c.lines)
		for sc := bufio.NewScanner(out); sc.Scan(); {
			c.lines <- sc.Text()
		}
	}()
	t.Cleanup(func() {
		cancel()
		w.Close()
		for range c.lines {
		}
	})
	return c
}

// next returns the next line that has this in it.
func (c *command) next(t *testing.T, has string) string {
	t.Helper()
	for end := time.After(patience); ; {
		select {
		case l, ok := <-c.lines:
			if !ok {
				t.Fatalf("it ended without a line with %q; stderr %q", has, c.stderr.String())
			}
			if strings.Contains(l, has) {
				return l
			}
		case <-end:
			t.Fatalf("no line with %q; stderr %q", has, c.stderr.String())
		}
	}
}

// event returns the next JSON line of this name.
func (c *command) event(t *testing.T, name string) map[string]any {
	t.Helper()
	var o map[string]any
	if err := json.Unmarshal([]byte(c.next(t, `"event":"`+name+`"`)), &o); err != nil {
		t.Fatal(err)
	}
	return o
}

// ends waits for the end, and returns the exit code.
func (c *command) ends(t *testing.T) int {
	t.Helper()
	select {
	case code := <-c.code:
		c.code <- code
		return code
	case <-time.After(patience):
		t.Fatalf("it does not end; stderr %q", c.stderr.String())
		return -1
	}
}

func film(t *testing.T) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "film.mov")
	if err := os.WriteFile(path, bytes.Repeat([]byte("film"), 100_000), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func meeting(t *testing.T) string {
	return startServe(t, "--listen", "127.0.0.1:0", "--stun", "off").url
}

// What people see: a link, who comes, that all of it arrived; and neither link
// nor code anywhere but where it was asked for.
func TestAttack52PeopleSendAndReceive(t *testing.T) {
	t.Parallel()
	out := t.TempDir()
	sender := start(t, "send", "--server", meeting(t), "--once", "--code", "--note", "the new cut", film(t))
	link := sender.next(t, "/r#")
	code := sender.next(t, "-")
	receiver := start(t, "receive", "--yes", "--out", out)
	io.WriteString(receiver.in, link+"\n")
	if line := receiver.next(t, "verified"); !strings.Contains(line, "1 file, 400 KB") || !strings.Contains(line, out) {
		t.Errorf("the recipient reads %q", line)
	}
	if got := []int{sender.ends(t), receiver.ends(t)}; got[0] != exitDone || got[1] != exitDone {
		t.Errorf("exit codes %v, want 0 and 0", got)
	}
	for _, want := range []string{"1 file, 400 KB. Waiting", "1: has everything, verified: 400 KB"} {
		if !strings.Contains(sender.stderr.String(), want) {
			t.Errorf("the sender reads %q, want %q in it", sender.stderr.String(), want)
		}
	}
	if said := receiver.stderr.String(); !strings.Contains(said, "film.mov: 1 file, 400 KB\n  the new cut\n  film.mov\n") {
		t.Errorf("the recipient reads %q, want the list and the note", said)
	}
	_, secret, _ := strings.Cut(link, "#")
	for _, said := range []string{sender.stderr.String(), receiver.stderr.String()} {
		if strings.Contains(said, secret) || strings.Contains(said, code) || strings.Contains(said, "\x1b") {
			t.Errorf("a secret, or what moves a cursor, where no terminal is: %q", said)
		}
	}
}

// A program reads one object a line, until the one that says how it ended.
func TestJSONIsAStreamOfObjects(t *testing.T) {
	t.Parallel()
	out, server := t.TempDir(), meeting(t)
	sender := start(t, "send", "--json", "--server", server, "--limit", "1", "--code", film(t))
	code, _ := sender.event(t, "code")["code"].(string)
	receiver := start(t, "receive", "--json", "--yes", "--server", server, "--out", out)
	io.WriteString(receiver.in, code+"\n")
	list := receiver.event(t, "list")
	if list["title"] != "film.mov" || list["files"] != 1.0 || list["bytes"] != 400_000.0 {
		t.Errorf("list %v", list)
	}
	if p := receiver.event(t, "progress"); p["phase"] == nil || p["bytes"] != 400_000.0 {
		t.Errorf("progress %v", p)
	}
	r := receiver.event(t, "result")
	if names, _ := r["names"].([]any); r["ok"] != true || r["exit"] != 0.0 || r["why"] != nil || len(names) != 1 || names[0] != "film.mov" {
		t.Errorf("result %v", r)
	}
	if s := sender.event(t, "result"); s["ok"] != true {
		t.Errorf("the sender's result %v", s)
	}
	if got := []int{sender.ends(t), receiver.ends(t)}; got[0] != exitDone || got[1] != exitDone {
		t.Errorf("exit codes %v, want 0 and 0", got)
	}
	if said := sender.stderr.String() + receiver.stderr.String(); said != "" {
		t.Errorf("stderr has %q, want nothing", said)
	}
}

// Who is let in is the one whose digits are typed.
func TestDigitsLetIn(t *testing.T) {
	t.Parallel()
	server := meeting(t)
	sender := start(t, "send", "--json", "--server", server, "--approve", "--once", film(t))
	link, _ := sender.event(t, "link")["link"].(string)
	receiver := start(t, "receive", "--json", "--yes", "--out", t.TempDir(), link)
	digits, _ := receiver.event(t, "asking")["digits"].(string)
	if a := sender.event(t, "asks"); a["digits"] != true {
		t.Errorf("asks %v, want digits", a)
	}
	wrong := "000000"
	if digits == wrong {
		wrong = "000001"
	}
	io.WriteString(sender.in, wrong+"\n"+digits[:3]+" "+digits[3:]+"\n")
	if got := []int{receiver.ends(t), sender.ends(t)}; got[0] != exitDone || got[1] != exitDone {
		t.Errorf("exit codes %v, want 0 and 0", got)
	}
}

// Who is turned away, and who stops, ends with a code of its own.
func TestExitCodes(t *testing.T) {
	t.Parallel()
	server := meeting(t)
	sender := start(t, "send", "--json", "--server", server, "--approve", film(t))
	link, _ := sender.event(t, "link")["link"].(string)
	turned := start(t, "receive", "--yes", "--out", t.TempDir(), link)
	about := sender.event(t, "asks")["recipient"]
	fmt.Fprintf(sender.in, "n %v\n", about)
	if code := turned.ends(t); code != exitRefused || !strings.Contains(turned.stderr.String(), "said no") {
		t.Errorf("turned away: exit %d, %q; want 3 and a sentence", code, turned.stderr.String())
	}
	sender.stop()
	if r := sender.event(t, "result"); r["ok"] != false {
		t.Errorf("stopped before anybody had anything: %v", r)
	}
	if code := sender.ends(t); code != exitFailed {
		t.Errorf("stopped: exit %d, want 1", code)
	}
	for name, args := range map[string][]string{
		"a damaged link": {"receive", "--yes", link[:len(link)-1] + "!"},
		"no code":        {"receive", "--yes", "--server", server, "12345-these-words"},
	} {
		if code, _, stderr := run(t, args...); code != exitUsage || strings.Contains(stderr, "#") {
			t.Errorf("%s: exit %d, %q; want 2", name, code, stderr)
		}
	}
	for c, want := range map[wire.Code]int{wire.None: 0, wire.Path: 1, wire.Refused: 3, wire.Revoked: 3, wire.Root: 4} {
		if got := exitOf(c); got != want {
			t.Errorf("exit of %v = %d, want %d", c, got, want)
		}
	}
}

// Ctrl-C, and the same command again: it goes on, and nobody is asked again.
func TestGoesOnAfterCtrlC(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "film.mov")
	if err := os.WriteFile(path, bytes.Repeat([]byte("film"), 10_000_000), 0o644); err != nil {
		t.Fatal(err)
	}
	sender := start(t, "send", "--json", "--server", meeting(t), "--approve", "--limit", "1", path)
	link, _ := sender.event(t, "link")["link"].(string)
	out := t.TempDir()
	first := start(t, "receive", "--json", "--yes", "--out", out, link)
	digits, _ := first.event(t, "asking")["digits"].(string)
	io.WriteString(sender.in, digits+"\n")
	for {
		if p := first.event(t, "progress"); p["safe"].(float64) > 0 {
			break
		}
	}
	first.stop()
	if code := first.ends(t); code != exitFailed {
		t.Fatalf("stopped: exit %d, want 1", code)
	}
	if left, _ := filepath.Glob(filepath.Join(out, "*")); len(left) != 1 || filepath.Base(left[0]) != "Beeline (unfinished)" {
		t.Fatalf("what is there: %q", left)
	}
	second := start(t, "receive", "--json", "--yes", "--out", out, link)
	second.event(t, "list")
	for {
		if p := second.event(t, "progress"); p["written"].(float64) > 0 {
			break
		}
	}
	if r := second.event(t, "result"); r["ok"] != true || second.ends(t) != exitDone || sender.ends(t) != exitDone {
		t.Errorf("result %v", r)
	}
	if left, _ := filepath.Glob(filepath.Join(out, "*")); len(left) != 1 || filepath.Base(left[0]) != "film.mov" {
		t.Errorf("what is there at the end: %q", left)
	}
}

func TestEveryEndHasWords(t *testing.T) {
	for n := range 256 {
		c := wire.Code(n)
		if name := c.Error(); c == wire.None || name == "E_INTERNAL" || name == "E_NO_PLACE" || name == "E_DOWNLOAD" || name == "E_CARD" || name == "E_VAULT" {
			continue // a browser's, or of contacts
		}
		if failures[c] == "" {
			t.Errorf("%v has no words", c)
		}
	}
}

func TestSizesAndTimes(t *testing.T) {
	for n, want := range map[uint64]string{0: "0 bytes", 1: "1 byte", 999: "999 bytes", 1000: "1.00 KB", 12_345: "12.3 KB", 400_000: "400 KB", 999_950: "1.00 MB", 2_500_000_000_000: "2.50 TB"} {
		if got := size(n); got != want {
			t.Errorf("size(%d) = %q, want %q", n, got, want)
		}
	}
	for d, want := range map[time.Duration]string{8 * time.Second: "8 s", 200 * time.Second: "3 min 20 s", 7500 * time.Second: "2 h 5 min"} {
		if got := lasting(d); got != want {
			t.Errorf("lasting(%v) = %q, want %q", d, got, want)
		}
	}
	if got := visible("a\x1b[2Jb\n"); strings.ContainsAny(got, "\x1b\n") {
		t.Errorf("visible lets %q through", got)
	}
}

// Whoever comes after the first is asked about, one at a time.
func TestTheSecondIsAskedAbout(t *testing.T) {
	t.Parallel()
	sender := start(t, "send", "--json", "--server", meeting(t), "--limit", "2", film(t))
	link, _ := sender.event(t, "link")["link"].(string)
	first := start(t, "receive", "--json", "--yes", "--out", t.TempDir(), "--keys", t.TempDir(), link)
	if code := first.ends(t); code != exitDone {
		t.Fatalf("the first: exit %d", code)
	}
	second := start(t, "receive", "--json", "--yes", "--out", t.TempDir(), "--keys", t.TempDir(), link)
	third := start(t, "receive", "--json", "--yes", "--out", t.TempDir(), "--keys", t.TempDir(), link)
	second.event(t, "asking")
	third.event(t, "asking")
	about := sender.event(t, "asks")["recipient"]
	fmt.Fprintf(sender.in, "perhaps\ny\ny 1\nn %v\ny %v\n", about, about) // only the fourth counts
	about = sender.event(t, "asks")["recipient"]
	fmt.Fprintf(sender.in, "y %v\n", about)
	codes := []int{second.ends(t), third.ends(t), sender.ends(t)}
	if codes[2] != exitDone || codes[0]+codes[1] != exitRefused {
		t.Errorf("exit codes %v, want one refused and all else done", codes)
	}
}
