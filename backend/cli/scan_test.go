//go:build unix

package cli

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"beeline/backend/peer"
)

// card writes a folder to send, with a date, a program and an empty folder.
func card(t *testing.T) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "A001")
	for _, err := range []error{
		os.MkdirAll(filepath.Join(path, "CLIPS"), 0o755), os.MkdirAll(filepath.Join(path, "EMPTY"), 0o755),
		os.WriteFile(filepath.Join(path, "CLIPS", "a.mov"), bytes.Repeat([]byte("film"), 300_000), 0o644),
		os.WriteFile(filepath.Join(path, "offload.sh"), []byte("#!/bin/sh\n"), 0o755),
		os.Chtimes(filepath.Join(path, "CLIPS", "a.mov"), time.Time{}, time.UnixMilli(1_700_000_000_000)),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	return path
}

// tree lists what is in a folder.
func tree(t *testing.T, dir string) (list []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err == nil && path != dir {
			rel, _ := filepath.Rel(dir, path)
			list = append(list, rel)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

var cardTree = []string{"A001", "A001/CLIPS", "A001/CLIPS/a.mov", "A001/EMPTY", "A001/offload.sh"}

// Nothing has its place before the scan has ended well; then all of it has, with dates
// and what may be run, and what was there is as it was.
func TestAScanReleases(t *testing.T) {
	t.Parallel()
	out := t.TempDir()
	if err := os.WriteFile(filepath.Join(out, "A001"), []byte("mine"), 0o644); err != nil {
		t.Fatal(err)
	}
	seen := filepath.Join(t.TempDir(), "seen")
	scan := fmt.Sprintf(`(cd "$BEELINE_PATH" && find . | sort; ls -ld "$BEELINE_FOLDER/%s" | cut -c1-10; ls "$BEELINE_FOLDER") >'%s'; echo "$BEELINE_FILES files"`, peer.QuarantineFolder, seen)
	sender := start(t, "send", "--json", "--server", meeting(t), "--limit", "1", card(t))
	link, _ := sender.event(t, "link")["link"].(string)
	receiver := start(t, "receive", "--yes", "--out", out, "--scan", scan, link)
	if code := receiver.ends(t); code != exitDone {
		t.Fatalf("exit %d, %q", code, receiver.stderr.String())
	}
	text, _ := os.ReadFile(seen)
	if want := ".\n./A001\n./A001/CLIPS\n./A001/CLIPS/a.mov\n./A001/EMPTY\n./A001/offload.sh\ndrwx------\nA001\n" + peer.QuarantineFolder + "\n"; string(text) != want {
		t.Errorf("the scan saw %q, want %q", text, want)
	}
	if !strings.Contains(receiver.stderr.String(), "2 files\n") {
		t.Errorf("what the scan printed is not there: %q", receiver.stderr.String())
	}
	want := []string{"A001"}
	for _, path := range cardTree {
		want = append(want, strings.Replace(path, "A001", "A001 (2)", 1))
	}
	if got := tree(t, out); !slices.Equal(got, want) {
		t.Errorf("there is %q, want %q", got, want)
	}
	if mine, _ := os.ReadFile(filepath.Join(out, "A001")); string(mine) != "mine" {
		t.Errorf("what was there is %q", mine)
	}
	film, err1 := os.Stat(filepath.Join(out, "A001 (2)/CLIPS/a.mov"))
	program, err2 := os.Stat(filepath.Join(out, "A001 (2)/offload.sh"))
	if err1 != nil || err2 != nil || film.ModTime().UnixMilli() != 1_700_000_000_000 || program.Mode().Perm()&0o111 == 0 {
		t.Errorf("dates and modes: %v %v", film, program)
	}
}

// What a scan holds stays, with an exit code of its own. The same command scans it
// again, though the sender has gone, and a person may release it.
func TestAScanHolds(t *testing.T) {
	t.Parallel()
	out := t.TempDir()
	told, heard := toldHook(t, 0)
	sender := start(t, "send", "--json", "--server", meeting(t), "--limit", "1", card(t))
	link, _ := sender.event(t, "link")["link"].(string)
	r := start(t, "receive", "--yes", "--json", "--out", out, "--hook", told, "--scan", "exit 3", link)
	if s := r.event(t, "scanned"); s["exit"] != 3.0 || s["released"] != false || s["why"] != "exit" {
		t.Errorf("scanned: %v", s)
	}
	if o := r.event(t, "result"); r.ends(t) != exitHeld || o["ok"] != false || o["exit"] != 5.0 || o["why"] != nil {
		t.Errorf("result: %v", o)
	}
	sender.ends(t)
	if got := events(heard()); !slices.Equal(got, []string{"held"}) {
		t.Errorf("the hook heard of %v", got)
	}
	if got := tree(t, out); got[0] != peer.QuarantineFolder || !strings.HasPrefix(got[len(got)-3], peer.QuarantineFolder) {
		t.Errorf("there is %q, want quarantine only", got)
	}
	again := start(t, "receive", "--yes", "--out", out, "--scan", "exit 4", link)
	if code := again.ends(t); code != exitHeld || !strings.Contains(again.stderr.String(), "exit 4, so everything stays in quarantine") {
		t.Errorf("again: exit %d, %q", code, again.stderr.String())
	}
	code, list, _ := run(t, "release", "--out", out)
	id, _, _ := strings.Cut(list, " ")
	if code != exitDone || !strings.Contains(list, "2 files, 1.20 MB  (held: the scan ended with exit 4)") {
		t.Errorf("release lists %q", list)
	}
	if code, _, stderr := run(t, "release", "--out", out, "--scan", "exit 9", id); code != exitHeld {
		t.Errorf("another scan: exit %d, %q", code, stderr)
	}
	if code, _, stderr := run(t, "release", "--out", out, id); code != exitDone {
		t.Errorf("release: exit %d, %q", code, stderr)
	}
	if got := tree(t, out); !slices.Equal(got, cardTree) {
		t.Errorf("there is %q", got)
	}
	for _, id := range []string{id, "../../etc", ""} {
		if code, _, _ := run(t, "release", "--out", out, id); code != exitUsage {
			t.Errorf("release %q: exit %d, want 2", id, code)
		}
	}
}

// A program of its own.
func program(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	c := exec.Command(os.Args[0])
	c.Env = append(os.Environ(), "CLI_TEST_ARGS="+strings.Join(append([]string{"beeline"}, args...), "\n"))
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Process.Kill(); c.Wait() })
	return c
}

func appears(t *testing.T, path string) {
	t.Helper()
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		if _, err := os.Stat(path); err == nil {
			return
		}
	}
	t.Fatalf("%s does not appear", path)
}

// Killed while the scan runs: the next run with a scan finds what is there, whether it
// is about that or not, and does not fetch it again.
func TestKilledWhileItIsScanned(t *testing.T) {
	t.Parallel()
	mark := filepath.Join(t.TempDir(), "mark")
	server := meeting(t)
	for _, same := range []bool{true, false} {
		out := t.TempDir()
		os.Remove(mark)
		sender := start(t, "send", "--json", "--server", server, "--limit", "1", card(t))
		link, _ := sender.event(t, "link")["link"].(string)
		scan := fmt.Sprintf("if test -e '%s'; then test $BEELINE_FILES = 2; else touch '%s'; sleep 60 & echo $! >'%s.pid'; wait; fi", mark, mark, mark)
		c := program(t, "receive", "--yes", "--out", out, "--scan", scan, link)
		appears(t, mark)
		sender.ends(t)
		c.Process.Kill()
		c.Wait()
		appears(t, mark+".pid")
		exec.Command("/bin/sh", "-c", "kill $(cat '"+mark+".pid')").Run() // the scan that lives on
		if got := tree(t, out); got[0] != peer.QuarantineFolder {
			t.Fatalf("there is %q", got)
		}
		want, args := cardTree, []string{"receive", "--yes", "--out", out, "--scan", scan, link}
		if !same {
			args[len(args)-1] = link[:strings.Index(link, "#")+1] + "none"
			args = append(args, "--on-conflict", "replace") // meant for what this run is about
			write(t, filepath.Join(out, "A001", "offload.sh"), []byte("mine"))
			want = slices.Insert(slices.Clone(cardTree), 4, "A001/offload (2).sh")
			other := slices.Clone(args)
			other[5] = "true" // what this one judges was to be judged by another
			next := start(t, other...)
			next.ends(t)
			if got := tree(t, out); !slices.Contains(got, peer.QuarantineFolder) || !strings.Contains(next.stderr.String(), "its run had another scan") {
				t.Errorf("after another scan there is %q, and it says %q", got, next.stderr.String())
			}
		}
		next := start(t, args...)
		code := next.ends(t)
		if same && code != exitDone {
			t.Errorf("the same command: exit %d, %q", code, next.stderr.String())
		}
		if got := tree(t, out); !slices.Equal(got, want) {
			t.Errorf("same %v: there is %q; %q", same, got, next.stderr.String())
		}
	}
}

// What a stranger sent, and a scan ran over without judging it, is not released by the
// scan and the rule of a run that is about somebody else's files.
func TestWhatAScanDidNotJudgeStays(t *testing.T) {
	t.Parallel()
	out, src := t.TempDir(), t.TempDir()
	write(t, filepath.Join(src, "stranger", "invoice.pdf"), []byte("forged"))
	write(t, filepath.Join(src, "friend", "b.txt"), []byte("fine"))
	write(t, filepath.Join(out, "invoice.pdf"), []byte("mine"))
	server := meeting(t)
	receives := func(path string, want int, scan ...string) *command {
		t.Helper()
		sender := start(t, "send", "--json", "--server", server, "--limit", "1", filepath.Join(src, path))
		link, _ := sender.event(t, "link")["link"].(string)
		r := start(t, append(append([]string{"receive", "--yes", "--out", out}, scan...), link)...)
		if code := r.ends(t); code != want {
			t.Fatalf("exit %d, want %d, %q", code, want, r.stderr.String())
		}
		return r
	}
	slow := `test -e "$BEELINE_PATH/b.txt" || sleep 30`
	receives("stranger/invoice.pdf", exitHeld, "--scan", slow, "--scan-within", "1s")
	for _, scan := range []string{"true", slow} {
		r := receives("friend/b.txt", exitDone, "--scan", scan, "--on-conflict", "replace")
		if !strings.Contains(r.stderr.String(), "took too long") {
			t.Errorf("of what stays is said %q", r.stderr.String())
		}
	}
	if text, _ := os.ReadFile(filepath.Join(out, "invoice.pdf")); string(text) != "mine" {
		t.Errorf("what the person had is %q now", text)
	}
	_, list, _ := run(t, "release", "--out", out)
	id, _, _ := strings.Cut(list, " ")
	if !strings.Contains(list, "not judged") {
		t.Errorf("release lists %q", list)
	}
	if code, _, stderr := run(t, "release", "--out", out, "--scan", "true", id); code != exitDone {
		t.Errorf("release: exit %d, %q", code, stderr)
	}
	if text, _ := os.ReadFile(filepath.Join(out, "invoice (2).pdf")); string(text) != "forged" {
		t.Errorf("released it is %q", text)
	}
}
