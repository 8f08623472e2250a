package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"beeline/signaling"
)

// TestMain lets the test's binary be the command itself.
func TestMain(m *testing.M) {
	if os.Getenv("TESTPEER") == "1" {
		main()
	}
	os.Exit(m.Run())
}

// A process is a testpeer that runs.
type process struct {
	*exec.Cmd
	in     *os.File
	lines  *bufio.Scanner
	stderr bytes.Buffer
}

func start(t *testing.T, args ...string) *process {
	t.Helper()
	p := &process{Cmd: exec.Command(os.Args[0], args...)}
	p.Env = append(os.Environ(), "TESTPEER=1", "PION_LOG_TRACE=all")
	in, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	p.Stdin, p.in, p.Stderr = in, w, &p.stderr
	out, err := p.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	in.Close()
	t.Cleanup(func() {
		p.Process.Kill()
		p.Wait()
		w.Close()
	})
	p.lines = bufio.NewScanner(out)
	p.lines.Buffer(nil, 1<<20)
	return p
}

// next returns the next line of a type.
func (p *process) next(t *testing.T, kind string) map[string]any {
	t.Helper()
	for p.lines.Scan() {
		var o map[string]any
		if err := json.Unmarshal(p.lines.Bytes(), &o); err != nil {
			t.Fatalf("not JSON: %q", p.lines.Text())
		}
		if o["type"] == kind {
			return o
		}
	}
	t.Fatalf("it ended without a line of type %q; stderr %q", kind, p.stderr.String())
	return nil
}

func newServer(t *testing.T) string {
	limits := signaling.DefaultLimits()
	hub := signaling.NewHub(signaling.Config{Bus: signaling.NewMemoryBus(limits), Limits: limits})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_ = hub.Upgrade(w, r, netip.MustParseAddrPort(r.RemoteAddr).Addr())
	}))
	t.Cleanup(func() {
		hub.Close()
		server.Close()
	})
	return server.URL
}

// Two processes move a file, and neither lets a link, a name or an address be
// seen where it has no place, not even with pion told to trace. PROTOCOL.md 3,
// attack 52.
func TestAttack52TwoProcesses(t *testing.T) {
	src, out := filepath.Join(t.TempDir(), "unreleased footage.mov"), t.TempDir()
	if err := os.WriteFile(src, []byte("a film"), 0o644); err != nil {
		t.Fatal(err)
	}
	sender := start(t, "send", "--server", newServer(t), "--once", src)
	link, _ := sender.next(t, "link")["link"].(string)
	receiver := start(t, "receive", "--out", out)
	if _, err := receiver.in.WriteString(link + "\n"); err != nil {
		t.Fatal(err)
	}
	for _, p := range []*process{sender, receiver} {
		args, err := os.ReadFile("/proc/" + strconv.Itoa(p.Process.Pid) + "/cmdline")
		env, _ := os.ReadFile("/proc/" + strconv.Itoa(p.Process.Pid) + "/environ")
		_, secret, _ := strings.Cut(link, "#")
		if err == nil && strings.Contains(string(args)+string(env), secret) {
			t.Error("the link is in the arguments or the environment")
		}
	}
	list := receiver.next(t, "list")
	if e, _ := list["entries"].([]any); len(e) != 1 {
		t.Errorf("list %v, want one entry", list)
	}
	result := receiver.next(t, "result")
	if result["ok"] != true || result["why"] != nil {
		t.Errorf("result %v, want ok", result)
	}
	if r := sender.next(t, "result"); r["ok"] != true {
		t.Errorf("the sender's result is %v, want ok", r)
	}
	if got, err := os.ReadFile(filepath.Join(out, "unreleased footage.mov")); string(got) != "a film" {
		t.Errorf("arrived %q, %v", got, err)
	}
	for name, p := range map[string]*process{"send": sender, "receive": receiver} {
		if err := p.Wait(); err != nil {
			t.Errorf("%s ended with %v, want 0", name, err)
		}
		if p.stderr.Len() > 0 {
			t.Errorf("%s wrote to stderr: %q", name, p.stderr.String())
		}
	}
}

func TestStopIsSaid(t *testing.T) {
	src := filepath.Join(t.TempDir(), "a")
	if err := os.WriteFile(src, []byte("a film"), 0o644); err != nil {
		t.Fatal(err)
	}
	server := newServer(t)
	sender := start(t, "send", "--server", server, src)
	link, _ := sender.next(t, "link")["link"].(string)
	sender.in.WriteString("stop\n")
	if r := sender.next(t, "result"); r["ok"] != true {
		t.Errorf("the sender's result is %v, want ok", r)
	}
	damaged := start(t, "receive", "--server", server, "--out", t.TempDir())
	damaged.in.WriteString(link[:len(link)-1] + "\n")
	if r := damaged.next(t, "result"); r["ok"] != false || r["why"] != "E_LINK" {
		t.Errorf("result of a damaged link: %v, want E_LINK", r)
	}
	if err := damaged.Wait(); err == nil || damaged.ProcessState.ExitCode() != 1 {
		t.Errorf("ended with %v, want 1", err)
	}
	for _, args := range [][]string{{}, {"share"}, {"receive", "x"}, {"receive", "--conflict", "both"}} {
		p := start(t, args...)
		if err := p.Wait(); err == nil || p.ProcessState.ExitCode() != 2 {
			t.Errorf("%q ended with %v, want 2", args, err)
		}
	}
}
