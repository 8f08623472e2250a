package peer

import (
	"bufio"
	"context"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"beeline/wasm/session"
)

// receiveAsChild is a recipient in a process of its own, which a test kills: the
// test's binary with the destination and the folder for keys in its environment.
func receiveAsChild() int {
	link, err := bufio.NewReader(os.Stdin).ReadString('\n')
	if err != nil {
		return 2
	}
	var scan Scan
	if os.Getenv("PEER_TEST_SCAN") != "" {
		scan = func(context.Context, Delivery) error { return nil }
	}
	code := ""
	if !strings.Contains(link, "#") {
		link, code = "", strings.TrimSpace(link)
	}
	_, err = Receive(context.Background(), ReceiveOptions{
		Scan: scan, Code: code, Server: os.Getenv("PEER_TEST_SERVER"),
		Link: strings.TrimSpace(link), Out: os.Getenv("PEER_TEST_OUT"), Keys: os.Getenv("PEER_TEST_KEYS"), Resume: true,
		OnView: func(v session.ReceiveView) { fmt.Println(v.Written, v.Asking) },
	})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// counted is a machine whose groups that are to be sent are counted, in bytes.
type counted struct {
	machine
	bytes *atomic.Int64
}

func (c counted) Handle(now int64, e session.Event) []session.Action {
	list := c.machine.Handle(now, e)
	for _, a := range list {
		if g, ok := a.(session.SendGroup); ok {
			c.bytes.Add(int64(g.Length))
		}
	}
	return list
}

// killed runs a recipient until it has written so many bytes, or for so long, and
// kills it; or to its end, and reports that.
func killed(t *testing.T, link, out, keys string, at uint64, within time.Duration) (ended bool) {
	t.Helper()
	c := exec.Command(os.Args[0])
	c.Env = append(os.Environ(), "PEER_TEST_OUT="+out, "PEER_TEST_KEYS="+keys)
	c.Stdin = strings.NewReader(link + "\n")
	var complaint strings.Builder
	c.Stderr = &complaint
	stdout, err := c.StdoutPipe()
	if err == nil {
		err = c.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	timer := time.AfterFunc(within, func() { c.Process.Kill() })
	for sc := bufio.NewScanner(stdout); sc.Scan(); {
		written, asking, _ := strings.Cut(sc.Text(), " ")
		if asking == "true" {
			t.Error("it was asked about once more: the session key is lost")
		}
		if n, _ := strconv.ParseUint(written, 10, 64); n >= at {
			c.Process.Kill()
		}
	}
	timer.Stop()
	err = c.Wait()
	if c.ProcessState.ExitCode() > 0 {
		t.Fatalf("the recipient ended with %v: %s", err, complaint.String())
	}
	return err == nil
}

// A recipient that is killed at any point, any number of times, ends with the tree
// that was sent, and has moved little twice. BEELINE_KILL_MB makes it larger.
func TestKilledAtAnyPoint(t *testing.T) { killedAtAnyPoint(t) }

// So does one whose files are in quarantine until then.
func TestKilledInQuarantine(t *testing.T) {
	t.Setenv("PEER_TEST_SCAN", "1")
	killedAtAnyPoint(t)
}

// Who came by a code goes on with it, though it works no more: by the way back.
func TestKilledAfterACode(t *testing.T) {
	if testing.Short() || inMemory {
		t.Skip("kills processes")
	}
	src, out, keys, server := filepath.Join(t.TempDir(), "A001"), t.TempDir(), t.TempDir(), newServer(t)
	writeCard(t, src, 16)
	s := startShare(t, SendOptions{Server: server, Paths: []string{src}, Chosen: []session.Event{session.MakeCode{}}})
	v := until(t, s.views, "a code", func(v session.ShareView) bool { return v.Code.Text != "" })
	t.Setenv("PEER_TEST_SERVER", server)
	if killed(t, v.Code.Text, out, keys, 4<<20, time.Minute) {
		t.Fatal("it was done before it was killed")
	}
	if !killed(t, v.Code.Text, out, keys, 1<<62, 40*time.Second) {
		t.Fatal("the same code does not go on")
	}
	same(t, src, filepath.Join(out, "A001"))
	if list := keysIn(keys); len(list) != 0 {
		t.Errorf("keys stay: %v", list)
	}
}

func TestNobodyIsToldOfAKeyThatIsNotKept(t *testing.T) {
	if err := newKeyFile("", "").write(1, make([]byte, 96)); err == nil {
		t.Error("without a folder a key is said to be kept")
	}
}

func killedAtAnyPoint(t *testing.T) {
	if testing.Short() {
		t.Skip("kills processes")
	}
	if inMemory {
		t.Skip("lanes in memory reach no other process")
	}
	mb := 32
	if n, err := strconv.Atoi(os.Getenv("BEELINE_KILL_MB")); err == nil {
		mb = n
	}
	src, out, keys := filepath.Join(t.TempDir(), "A001"), t.TempDir(), t.TempDir()
	total := writeCard(t, src, mb)
	var moved atomic.Int64
	s := startShare(t, SendOptions{Server: newServer(t), Paths: []string{src}, hook: func(s *shell) {
		s.machine = counted{s.machine, &moved}
	}})
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 0))
	kills := 3
	if mb > 32 {
		kills = 4
	}
	last := kills
	for n := range kills {
		at, within := r.Uint64N(uint64(total)), time.Minute
		if n == 0 {
			within = time.Duration(r.IntN(300)) * time.Millisecond // also before there is anything
		}
		if killed(t, s.link, out, keys, at, within) {
			t.Log("it was done before it was killed")
			kills = n
			break
		}
	}
	if kills == last && !killed(t, s.link, out, keys, 1<<62, time.Minute) {
		t.Fatal("it does not end")
	}
	same(t, src, filepath.Join(out, "A001"))
	if list, _ := os.ReadDir(out); len(list) != 1 {
		t.Errorf("the destination has %v, want A001 alone", list)
	}
	if list := keysIn(keys); len(list) != 0 {
		t.Errorf("keys stay: %v", list)
	}
	again := moved.Load() - total
	t.Logf("%d MB, %d kills, %.1f MB moved again: %.3f", total/1e6, kills, float64(again)/1e6, float64(moved.Load())/float64(total))
	if most := int64(kills) * (16 << 20); again > most {
		t.Errorf("%d bytes were moved again, want at most %d: what is under way when it is killed", again, most)
	}
}

// writeCard makes a tree with a large file, many small ones and one of no bytes,
// with dates of long ago.
func writeCard(t *testing.T, dir string, mb int) (total int64) {
	t.Helper()
	put := func(name string, size int, mode fs.FileMode) {
		path := filepath.Join(dir, name)
		b := make([]byte, size)
		for i := 0; i+8 <= len(b); i += 8 {
			v := rand.Uint64()
			for k := range 8 {
				b[i+k] = byte(v >> (8 * k))
			}
		}
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, b, mode); err != nil {
			t.Fatal(err)
		}
		old := time.Unix(1_600_000_000+int64(size), 0)
		if err := os.Chtimes(path, old, old); err != nil {
			t.Fatal(err)
		}
		total += int64(size)
	}
	put("CLIPS/A001_C001.mov", mb*800_000, 0o644)
	put("CLIPS/A001_C002.mov", mb*150_000+7, 0o644)
	for n := range 200 {
		put(fmt.Sprintf("META/%03d.xml", n), mb*200+n, 0o644)
	}
	put("META/empty", 0, 0o644)
	put("run.sh", 20, 0o755)
	for _, name := range []string{"CLIPS", "META", ""} {
		old := time.Unix(1_500_000_000, 0)
		if err := os.Chtimes(filepath.Join(dir, name), old, old); err != nil {
			t.Fatal(err)
		}
	}
	return total
}

// same compares two trees: names, bytes, dates and modes.
func same(t *testing.T, want, got string) {
	t.Helper()
	seen := 0
	for i, dir := range []string{want, got} {
		err := filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			rel, _ := filepath.Rel(dir, path)
			if i == 1 {
				seen--
				return nil
			}
			seen++
			a, err1 := os.Stat(path)
			b, err2 := os.Stat(filepath.Join(got, rel))
			if err1 != nil || err2 != nil {
				return fmt.Errorf("%w, %w", err1, err2)
			}
			if !a.ModTime().Truncate(time.Millisecond).Equal(b.ModTime().Truncate(time.Millisecond)) || a.Mode() != b.Mode() {
				t.Errorf("%s: %v %v, want %v %v", rel, b.ModTime(), b.Mode(), a.ModTime(), a.Mode())
			}
			if a.IsDir() {
				return nil
			}
			x, err1 := os.ReadFile(path)
			y, err2 := os.ReadFile(filepath.Join(got, rel))
			if err1 != nil || err2 != nil || string(x) != string(y) {
				t.Errorf("%s differs (%v, %v)", rel, err1, err2)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if seen != 0 {
		t.Errorf("%d entries more are there than were sent", -seen)
	}
}

// keysIn returns what is kept in a folder for keys. A file that was being written when
// its program was killed is no key, and goes an hour later.
func keysIn(dir string) []string {
	list, _ := filepath.Glob(filepath.Join(dir, "*"))
	return slices.DeleteFunc(list, func(path string) bool { return strings.HasPrefix(filepath.Base(path), ".key-") })
}
