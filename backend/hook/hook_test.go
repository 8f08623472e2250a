//go:build unix

package hook

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"beeline/signaling/leaktest"
)

func TestMain(m *testing.M) { leaktest.Main(m) }

// hostile is what a peer may call something, if it could.
var hostile = []string{
	"$(touch owned)", "`touch owned`", "; touch owned", "\" ; touch owned ; \"", "a\ntouch owned\n", "-rf", "--", "\x1b[2J", "\xff\xfe", strings.Repeat("é", 5000),
	"x\x00y", "%BEELINE_EVENT%", "BEELINE_HOOK=touch owned",
}

// Nothing of a fact is run, and the command gets each as it may be used.
func TestFactsAreDataOnly(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	for _, name := range hostile {
		var out bytes.Buffer
		e := Event{Name: Verified, Title: name, Contact: name, Names: []string{name}, Path: "/mnt/" + strings.ReplaceAll(name, "\x00", ""), Files: 3}
		got := Run(t.Context(), `printf '%s\0' "$BEELINE_SHARE_TITLE" "$BEELINE_PATH" $BEELINE_FILES; eval : "$BEELINE_EVENT"; cat`, time.Minute, e, &out)
		if got != (Report{On: Verified}) {
			t.Errorf("%.20q: %+v, want exit 0", name, got)
		}
		parts := strings.SplitN(out.String(), "\x00", 4)
		if len(parts) != 4 {
			t.Fatalf("%.20q: the command got %q", name, parts)
		}
		title, line := parts[0], parts[3]
		if !utf8.ValidString(title) || len(title) > textMax || strings.HasPrefix(title, "-") || strings.ContainsAny(title, "\n\x1b\x00") {
			t.Errorf("%.20q: the title is %.40q", name, title)
		}
		if parts[1] != e.Path || parts[2] != "3" {
			t.Errorf("%.20q: path %.40q, files %q", name, parts[1], parts[2])
		}
		var back Event
		if err := json.Unmarshal([]byte(line), &back); err != nil || back.Title != strings.ToValidUTF8(name, "\uFFFD") && utf8.ValidString(name) || strings.Count(line, "\n") != 1 {
			t.Errorf("%.20q: standard input %.80q, %v", name, line, err)
		}
	}
	if left, _ := os.ReadDir(dir); len(left) != 0 {
		t.Errorf("a name was run: %v", left)
	}
}

// What this program knows is not handed on: a passphrase, or the hook itself.
func TestNothingOfBeelinesOwnIsHandedOn(t *testing.T) {
	t.Setenv("BEELINE_PASSPHRASE", "secret")
	t.Setenv("BEELINE_HOOK", "beeline send")
	t.Setenv("OTHER", "kept")
	var out bytes.Buffer
	Run(t.Context(), "env", time.Minute, Event{Name: Done}, &out)
	for line := range strings.Lines(out.String()) {
		name, _, _ := strings.Cut(line, "=")
		if strings.HasPrefix(name, "BEELINE_") && !strings.Contains(strings.Join(Variables, " ")+" ", name+" ") {
			t.Errorf("it got %q", line)
		}
	}
	if !strings.Contains(out.String(), "OTHER=kept\n") || !strings.Contains(out.String(), "BEELINE_CONTACT=\n") {
		t.Errorf("it got %q, want OTHER, and every fact", out.String())
	}
}

// How a command ended is told; one that takes too long is ended with all it started.
func TestHowACommandEnds(t *testing.T) {
	mark := filepath.Join(t.TempDir(), "mark")
	t.Setenv("MARK", mark)
	stopped, stop := context.WithCancel(t.Context())
	stop()
	for _, c := range []struct {
		ctx     context.Context
		command string
		want    Report
	}{
		{t.Context(), "exit 3", Report{Exit: 3, Why: WhyExit}},
		{t.Context(), "kill -9 $$", Report{Exit: -1, Why: WhyExit}},
		{t.Context(), "/nowhere/at/all", Report{Exit: 127, Why: WhyExit}},
		{t.Context(), `(sleep 2; touch "$MARK") & wait`, Report{Exit: -1, Why: WhyTimeout}},
		{stopped, "true", Report{Exit: -1, Why: WhyStopped}}, // a scan that was not asked is asked again
	} {
		if got := Run(c.ctx, c.command, 300*time.Millisecond, Event{}, new(bytes.Buffer)); got != c.want {
			t.Errorf("%s: %+v, want %+v", c.command, got, c.want)
		}
	}
	time.Sleep(2200 * time.Millisecond) // a real clock: the processes are real
	if _, err := os.Stat(mark); err == nil {
		t.Error("what the command started went on after its time")
	}
}

// Commands run one after the other, and a peer can't make them run at will; what the
// program says at its end runs in any case.
func TestAPeerCantMakeItRunAtWill(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("DIR", dir)
	var mu sync.Mutex
	var reports []Report
	r := New(Options{Within: time.Minute, Output: os.Stderr, Command: `mkdir "$DIR/lock" && echo "$BEELINE_EVENT" >>"$DIR/runs" && rmdir "$DIR/lock"`, Report: func(p Report) {
		mu.Lock()
		defer mu.Unlock()
		reports = append(reports, p)
	}})
	for range 10_000 {
		r.Tell(Event{Name: Approval, Peer: true})
	}
	r.Tell(Event{Name: Verified, Peer: true})
	r.Tell(Event{Name: Done})
	r.Close()
	r.Close()
	r.Tell(Event{Name: Done}) // too late, and no harm
	text, err := os.ReadFile(filepath.Join(dir, "runs"))
	if err != nil {
		t.Fatal(err)
	}
	if a := strings.Count(string(text), "approval\n"); a < burst || a > burst+5 {
		t.Errorf("it ran %d times, want %d", a, burst)
	}
	if !strings.HasSuffix(string(text), "verified\ndone\n") {
		t.Errorf("at the end it ran %q", string(text[max(0, len(text)-40):]))
	}
	missed := 0
	for _, p := range reports {
		if missed += p.Missed; p.Why != "" && p.Why != WhyMissed {
			t.Errorf("a run ended so: %+v", p)
		}
	}
	if want := 10_000 - strings.Count(string(text), "approval\n"); missed != want {
		t.Errorf("%d are said to be missed, want %d", missed, want)
	}
	if nobody := New(Options{}); nobody != nil {
		t.Error("a runner without a command")
	} else {
		nobody.Tell(Event{})
		nobody.Close()
	}
}

func FuzzText(f *testing.F) {
	for _, s := range hostile {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := text(s)
		if !utf8.ValidString(got) || len(got) > textMax || strings.HasPrefix(got, "-") || strings.ContainsFunc(got, func(r rune) bool { return r < ' ' || r == 0x7f }) {
			t.Errorf("text(%q) = %q", s, got)
		}
		if p := path("/" + s); p != "" && p != "/"+s {
			t.Errorf("path(%q) = %q: another one", s, p)
		}
		if fmt.Sprint(text(got)) != got {
			t.Errorf("text(%q) is not %q", got, got)
		}
	})
}
