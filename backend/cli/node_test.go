//go:build !windows

package cli

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"beeline/backend/hook"
	"beeline/backend/peer"
)

// shortRuntime gives nodes of a test a place for their sockets whose path is short.
func shortRuntime(t *testing.T) {
	t.Helper()
	dir, err := os.MkdirTemp("", "bl")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	t.Setenv("XDG_RUNTIME_DIR", dir)
}

// node does one of the commands of a node.
func (s someone) node(args ...string) string {
	s.t.Helper()
	code, stdout, stderr := run(s.t, append(append([]string{"node"}, args...), "--config", s.config)...)
	if code != exitDone {
		s.t.Fatalf("node %v: exit %d, %q", args, code, stderr)
	}
	return stdout
}

func (s someone) status() (line statusLine) {
	s.t.Helper()
	if err := json.Unmarshal([]byte(s.node("status", "--json")), &line); err != nil {
		s.t.Fatal(err)
	}
	return line
}

// runs starts a node.
func (s someone) runs(server string, more ...string) *command {
	s.t.Helper()
	c := start(s.t, append([]string{"node", "run", "--config", s.config, "--server", server, "--rescan", "1s", "--json"}, more...)...)
	c.event(s.t, "node")
	return c
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !ok(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%s: it does not come to that", what)
		}
	}
}

// hangUp has a node look at everything.
func (c *command) hangUp() {
	select {
	case c.hup <- syscall.SIGHUP:
	default: // it has yet to hear the one before
	}
}

func write(t *testing.T, path string, data []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
}

func random(n int) []byte {
	b := make([]byte, n)
	rand.Read(b)
	return b
}

// What one node shares another receives by itself, once: after a stop in the middle it
// goes on, of a folder that got another file only that comes, and what was there stays.
func TestNodesShareAndReceive(t *testing.T) {
	t.Parallel()
	server := startServe(t, "--listen", "127.0.0.1:0", "--relay", "off").url
	ada, bela := twoContacts(t)
	day, out := filepath.Join(t.TempDir(), "day"), filepath.Join(t.TempDir(), "from ada")
	film := random(20 << 20)
	write(t, filepath.Join(day, "reel", "a.mov"), film)
	write(t, filepath.Join(out, "day", "b.txt"), []byte("mine")) // there already
	ada.node("add", day, "--to", "Bela")
	bela.node("inbox", "Ada", "--out", out)
	a, b := ada.runs(server), bela.runs(server)
	b.event(t, "receiving")
	eventually(t, "some of it moves", func() bool {
		s := bela.status()
		return len(s.Inboxes) == 1 && s.Inboxes[0].Receiving != nil && s.Inboxes[0].Receiving["written"].(float64) > 2<<20
	})
	stopped := time.Now()
	b.stop()
	if code := b.ends(t); code != exitDone || time.Since(stopped) > 5*time.Second {
		t.Errorf("a node that is stopped ends with %d after %v, %q", code, time.Since(stopped), b.stderr.String())
	}
	if code, _, _ := run(t, "node", "status", "--config", bela.config); code != exitFailed {
		t.Errorf("the status of no node: exit %d, want %d", code, exitFailed)
	}
	told := filepath.Join(t.TempDir(), "told")
	b = bela.runs(server, "--hook", `echo "$BEELINE_EVENT $BEELINE_CONTACT $BEELINE_FILES $BEELINE_PATH" >>`+told)
	if o := b.event(t, "received"); o["ok"] != true || o["title"] != "day" || o["contact"] != "Ada" {
		t.Fatalf("received: %v", o)
	}
	if all := ada.status().Shares[0].Recipients; len(all) != 1 || all[0]["device"] != 1. {
		t.Errorf("started again it is %v, want the one device", all)
	}
	reel := filepath.Join(out, "day", "reel")
	if got, err := os.ReadFile(filepath.Join(reel, "a.mov")); err != nil || !bytes.Equal(got, film) {
		t.Fatalf("what arrived is not what was sent: %v", err)
	}

	eventually(t, "the hook", func() bool {
		said, _ := os.ReadFile(told)
		return strings.Contains(string(said), "offer Ada 1 ") && strings.Contains(string(said), "verified Ada 1 "+filepath.Join(out, "day")+"\n")
	})

	// The person takes it away, and another file comes.
	if err := os.RemoveAll(reel); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(day, "b.txt"), []byte("hers"))
	if o := b.event(t, "received"); o["ok"] != true || o["files"] != 1. || o["bytes"] != 4. {
		t.Errorf("of one more file is received: %v", o)
	}
	mine, _ := os.ReadFile(filepath.Join(out, "day", "b.txt"))
	hers, _ := os.ReadFile(filepath.Join(out, "day", "b (2).txt"))
	if string(mine) != "mine" || string(hers) != "hers" {
		t.Errorf("there are %q and %q", mine, hers)
	}
	if _, err := os.Stat(reel); err == nil {
		t.Error("what was moved away has come once more")
	}

	// The disk of the inbox is not there: it is not made again, and nothing is lost.
	if err := os.Rename(out, out+" gone"); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(day, "c.txt"), []byte("third"))
	eventually(t, "the inbox waits", func() bool { return bela.status().Inboxes[0].State == "away" })
	if _, err := os.Stat(out); err == nil {
		t.Error("the folder was made again")
	}
	if err := os.Rename(out+" gone", out); err != nil {
		t.Fatal(err)
	}
	if o := b.event(t, "received"); o["files"] != 1. {
		t.Errorf("once the folder is back is received: %v", o)
	}

	// Removed, by another program, Bela is not served any more, and receives nothing.
	ada.does("", "remove", "Bela")
	if o := a.event(t, "with"); len(o["with"].([]any)) != 0 {
		t.Errorf("after removing: %v", o)
	}
	if o := b.event(t, "contact"); o["online"] != false {
		t.Errorf("Bela is told %v", o)
	}
	bela.does("", "remove", "Ada")
	eventually(t, "the inbox is gone", func() bool { return len(bela.status().Inboxes) == 0 })
	if !strings.Contains(bela.node("list"), "nothing to do") {
		t.Error("`node list` lists the inbox of who was removed")
	}
}

// What a scan holds stays in quarantine and is not received again, also once a person
// has deleted it there; what comes later is scanned by itself.
func TestNodeScansWhatArrives(t *testing.T) {
	t.Parallel()
	server := startServe(t, "--listen", "127.0.0.1:0", "--relay", "off").url
	ada, bela := twoContacts(t)
	day, out := filepath.Join(t.TempDir(), "day"), t.TempDir()
	write(t, filepath.Join(day, "evil"), []byte("evil"))
	ada.node("add", day, "--to", "Bela")
	bela.node("inbox", "Ada", "--out", out)
	ada.runs(server)
	b := bela.runs(server, "--scan", `test ! -e "$BEELINE_PATH/day/evil"`)
	if o := b.event(t, "held"); o["title"] != "day" || !strings.Contains(o["why"].(string), "exit 1") {
		t.Errorf("held: %v", o)
	}
	eventually(t, "the status says so", func() bool {
		s := bela.status()
		return len(s.Inboxes[0].Failed) == 1 && strings.Contains(s.Inboxes[0].Failed[0]["why"].(string), "quarantine")
	})
	if err := os.RemoveAll(filepath.Join(out, peer.QuarantineFolder)); err != nil {
		t.Fatal(err)
	}
	b.hangUp()
	write(t, filepath.Join(day, "good"), []byte("good"))
	eventually(t, "the next file is there", func() bool {
		b.hangUp()
		time.Sleep(time.Second)
		got, _ := os.ReadFile(filepath.Join(out, "day", "good"))
		return string(got) == "good"
	})
	b.event(t, "scan")
	if o := b.event(t, "received"); o["ok"] != true || o["files"] != 1. {
		t.Errorf("received: %v", o)
	}
	if _, err := os.Stat(filepath.Join(out, "day", "evil")); err == nil {
		t.Error("what was held is there")
	}
}

// A run that ended in its scan goes on with that, and receives nothing twice.
func TestNodeGoesOnWithAScan(t *testing.T) {
	t.Parallel()
	server := startServe(t, "--listen", "127.0.0.1:0", "--relay", "off").url
	ada, bela := twoContacts(t)
	day, out := filepath.Join(t.TempDir(), "day"), t.TempDir()
	write(t, filepath.Join(day, "a"), []byte("a"))
	ada.node("add", day, "--to", "Bela")
	bela.node("inbox", "Ada", "--out", out)
	ada.runs(server)
	up := filepath.Join(t.TempDir(), "up")
	scan := []string{"--scan", `test -e "` + up + `" || exec sleep 100`}
	b := bela.runs(server, scan...)
	b.event(t, "scan")
	b.stop()
	if code := b.ends(t); code != exitDone {
		t.Errorf("stopped in its scan: exit %d, %q", code, b.stderr.String())
	}
	write(t, up, nil)
	b = bela.runs(server, scan...)
	if o := b.event(t, "received"); o["ok"] != true || o["files"] != 1. {
		t.Errorf("received: %v", o)
	}
	eventually(t, "it is remembered", func() bool { return bela.status().Inboxes[0].Taken == 1 })
	if err := os.RemoveAll(filepath.Join(out, "day")); err != nil {
		t.Fatal(err)
	}
	b.hangUp()
	write(t, filepath.Join(day, "b"), []byte("bb"))
	if o := b.event(t, "received"); o["files"] != 1. || o["bytes"] != 2. {
		t.Errorf("received: %v", o)
	}
	if _, err := os.Stat(filepath.Join(out, "day", "a")); err == nil {
		t.Error("what was moved away has come once more")
	}
}

// A path that goes is said, and is the same share once it is back; SIGHUP has all of it
// looked at at once; what is removed ends; there is one node for an identity.
func TestNodeFollowsWhatIsKept(t *testing.T) {
	t.Parallel()
	server := startServe(t, "--listen", "127.0.0.1:0", "--relay", "off").url
	cleo := newSomeone(t).does("", "me", "--name", "Cleo")
	ada, bela := twoContacts(t)
	dir := t.TempDir()
	write(t, filepath.Join(dir, "one", "x"), []byte("x"))
	ada.node("add", filepath.Join(dir, "one"), "--to", "Bela")
	c := start(t, "node", "run", "--config", ada.config, "--server", server, "--rescan", "1h", "--json") // only when it is told to
	o := c.event(t, "shared")
	id := o["id"]
	if o["title"] != "one" || o["files"] != 1. || !slices.Equal(o["with"].([]any), []any{"Bela"}) {
		t.Errorf("shared: %v", o)
	}
	if code, _, stderr := run(t, "node", "run", "--config", ada.config, "--server", server); code != exitUsage || !strings.Contains(stderr, "runs already") {
		t.Errorf("a second node: exit %d, %q", code, stderr)
	}
	if code, _, stderr := run(t, "share", filepath.Join(dir, "one"), "--to", "Bela", "--config", ada.config, "--server", server); code != exitUsage || !strings.Contains(stderr, "node") {
		t.Errorf("`share` of what the node shares: exit %d, %q", code, stderr)
	}
	before := bela.inbox(server)
	if err := os.Rename(filepath.Join(dir, "one"), filepath.Join(dir, "gone")); err != nil {
		t.Fatal(err)
	}
	c.hangUp()
	time.Sleep(3500 * time.Millisecond) // once more, after what changed has settled
	if o := c.event(t, "away"); o["id"] != id || !strings.Contains(o["why"].(string), "no such file") {
		t.Errorf("away: %v", o)
	}
	if s := ada.status(); s.Shares[0].State != "away" {
		t.Errorf("it is %+v", s.Shares[0])
	}
	if err := os.Rename(filepath.Join(dir, "gone"), filepath.Join(dir, "one")); err != nil {
		t.Fatal(err)
	}
	c.hangUp()
	if o := c.event(t, "shared"); o["id"] != id {
		t.Errorf("back: %v", o)
	}
	if err := os.Symlink("x", filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "two", "x"), []byte("x"))
	if err := os.Rename(filepath.Join(dir, "link"), filepath.Join(dir, "two", "link")); err != nil {
		t.Fatal(err)
	}
	ada.node("add", filepath.Join(dir, "two"), "--to", "Bela", "--title", "Second")
	if o := c.event(t, "skipped"); o["why"] != "link" {
		t.Errorf("skipped: %v", o)
	}
	if o := c.event(t, "shared"); o["title"] != "Second" {
		t.Errorf("a second share: %v", o)
	}
	if after := bela.inbox(server); len(before) != 1 || len(after) != 2 || after[0]["id"] != before[0]["id"] && after[1]["id"] != before[0]["id"] {
		t.Errorf("Bela sees %v, and %v before", after, before)
	}

	// Somebody puts an older state of the contacts back: nobody is served by that alone.
	book := filepath.Join(ada.config, "people")
	old, err := os.ReadFile(book)
	if err != nil {
		t.Fatal(err)
	}
	ada.does(cleo, "add")
	write(t, book, old)
	c.hangUp()
	if o := c.event(t, "closed"); o["old"] != true {
		t.Errorf("an older state: %v", o)
	}
	eventually(t, "nobody is served", func() bool { return len(ada.status().Shares[0].With) == 0 })
	ada.does("", "confirm")
	c.hangUp()
	eventually(t, "Bela is served again", func() bool { return len(ada.status().Shares[0].With) == 1 })

	ada.node("remove", "one")
	if o := c.event(t, "ended"); o["id"] != id || o["why"] != "E_REVOKED" {
		t.Errorf("ended: %v", o)
	}
	if s := ada.status(); len(s.Shares) != 1 || s.Shares[0].Title != "Second" || s.Shares[0].State != "shared" || s.Shares[0].Skipped != 1 {
		t.Errorf("left are %+v", s.Shares)
	}
}

// The socket is the user's alone, answers some at once, and reads nothing.
func TestNodeStatusSocket(t *testing.T) {
	shortRuntime(t)
	ada, _ := twoContacts(t)
	open := filepath.Join(os.Getenv("XDG_RUNTIME_DIR"), "beeline") // somebody's umask was 0
	if err := errors.Join(os.Mkdir(open, 0o777), os.Chmod(open, 0o777)); err != nil {
		t.Fatal(err)
	}
	n := start(t, "node", "run", "--config", ada.config, "--server", "http://127.0.0.1:1", "--json")
	path := n.event(t, "node")["socket"].(string)
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the socket is %v, %v", info.Mode(), err)
	}
	if dir, _ := os.Stat(filepath.Dir(path)); dir.Mode().Perm()&0o077 != 0 {
		t.Errorf("its folder is %v", dir.Mode())
	}
	for range 3 * statusReaders { // who only writes, or only waits
		c, err := net.Dial("unix", path)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		_, _ = c.Write(random(1000))
	}
	eventually(t, "the status", func() bool {
		code, stdout, _ := run(t, "node", "status", "--config", ada.config)
		return code == exitDone && strings.Contains(stdout, "not connected to http://127.0.0.1:1")
	})
	n.stop()
	n.ends(t)
	if _, err := os.Stat(path); err == nil {
		t.Error("the socket is left behind")
	}
	// One that died has left it.
	if l, err := net.Listen("unix", path); err != nil {
		t.Fatal(err)
	} else {
		l.(*net.UnixListener).SetUnlinkOnClose(false)
		l.Close()
	}
	n = start(t, "node", "run", "--config", ada.config, "--server", "http://127.0.0.1:1", "--json")
	n.event(t, "node")
	ada.status()
}

func TestNodeSaysWhatIsWrong(t *testing.T) {
	shortRuntime(t)
	s := newSomeone(t)
	t.Setenv("BEELINE_SERVER", "")
	says := func(exit int, words string, args ...string) {
		t.Helper()
		code, stdout, stderr := run(t, append(append([]string{"node"}, args...), "--config", s.config)...)
		if code != exit || !strings.Contains(stdout+stderr, words) {
			t.Errorf("node %v: exit %d, %q %q; want exit %d and %q", args, code, stdout, stderr, exit, words)
		}
	}
	path := film(t)
	says(exitFailed, "contacts me --name", "add", path, "--to", "Ada")
	says(exitFailed, "contacts me --name", "run", "--server", "http://127.0.0.1:1")
	says(exitFailed, "no node runs", "status")
	s.does("", "me", "--name", "Me")
	other := newSomeone(t)
	card := other.does("", "me", "--name", "Ada")
	says(exitUsage, "no contact is called", "add", path, "--to", "Ada")
	says(exitUsage, "no contact is called", "inbox", "Ada", "--out", t.TempDir())
	s.does(card, "add")
	if code, _, stderr := run(t, "node", "x"); code != exitUsage || !strings.Contains(stderr, "no command") {
		t.Errorf("node x: exit %d, %q", code, stderr)
	}
	says(exitUsage, "what is to be shared", "add", "--to", "Ada")
	says(exitUsage, "with whom", "add", path)
	says(exitUsage, "/nowhere", "add", "/nowhere/at/all", "--to", "Ada")
	says(exitUsage, "--expires", "add", path, "--to", "Ada", "--expires", "9999h")
	says(exitUsage, "where to", "inbox", "Ada")
	says(exitUsage, "two different things", "inbox", "Ada", "--out", ".", "--off")
	says(exitUsage, "nothing is received", "inbox", "Ada", "--off")
	says(exitUsage, "through which server", "run")
	says(exitUsage, "--rescan", "run", "--server", "http://127.0.0.1:1", "--rescan", "1ms")
	says(exitUsage, "through which server", "unit")
	says(exitDone, "nothing to do", "list")
	says(exitDone, "shared with Ada", "add", path, "--to", "Ada")
	says(exitUsage, "shares this already", "add", path, "--to", "Ada")
	says(exitDone, "film.mov", "list")
	says(exitDone, "received into", "inbox", "Ada", "--out", filepath.Join(t.TempDir(), "new"))
	says(exitDone, "from Ada", "list")
	says(exitDone, "any more", "inbox", "Ada", "--off")
	says(exitUsage, "`beeline node list`", "remove", "other")
	says(exitDone, "withdrawn", "remove", "FILM.mov")
	says(exitDone, "nothing to do", "list")
	s.contacts("n\n", "verify", "Ada")
	says(exitVerified, "verify", "add", path, "--to", "Ada")
	says(exitVerified, "verify", "inbox", "Ada", "--out", t.TempDir())
}

// A hook that hangs does not keep a node from stopping before systemd kills it, and what
// was not run for is said.
func TestHooksEndBeforeSystemdKills(t *testing.T) {
	if all := stopWithin + statusWithin + hooksWithin + 2*time.Second; all >= unitStop {
		t.Errorf("stopping may take %v, and systemd kills after %v", all, unitStop)
	}
	reports := make(chan hook.Report, 10)
	r := hook.New(hook.Options{Command: "exec sleep 100", Within: time.Hour, Output: io.Discard, Report: func(p hook.Report) { reports <- p }})
	for range 3 {
		r.Tell(hook.Event{Name: hook.Verified, Folder: "/in", Peer: true})
	}
	r.Tell(hook.Event{Name: hook.Done})
	began := time.Now()
	r.CloseWithin(100 * time.Millisecond)
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("it takes %v", took)
	}
	close(reports)
	left := make(map[hook.Name]int)
	for p := range reports {
		if p.Why != hook.WhyStopped {
			t.Errorf("report %+v, want stopped", p)
		}
		if left[p.On] += max(1, p.Missed); hookText("The hook", p, time.Hour) == "" {
			t.Errorf("nothing is said of %+v", p)
		}
	}
	if left[hook.Verified] != 3 || left[hook.Done] != 1 {
		t.Errorf("said are %v", left)
	}
}

// The service has what is needed in it, whatever is in the paths.
func TestNodeUnit(t *testing.T) {
	code, stdout, stderr := run(t, "node", "unit", "--server", "https://send.example/100%", "--config", "/home/a b/$x")
	if code != exitDone {
		t.Fatalf("exit %d, %q", code, stderr)
	}
	for _, line := range []string{`Environment="BEELINE_SERVER=https://send.example/100%%"`, `node run --config "/home/a b/$$x"`, "Restart=always", "TimeoutStopSec=40"} {
		if !strings.Contains(stdout, line) {
			t.Errorf("the service has no %q in it:\n%s", line, stdout)
		}
	}
}
