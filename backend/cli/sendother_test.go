package cli

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"beeline/wasm/session"
)

// listed waits until it is kept that a folder and two files were told: a kill before that
// leaves a link that nobody has seen all of the list of.
func listed(t *testing.T, links func() []string) {
	t.Helper()
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		for _, path := range links() {
			if b, _ := os.ReadFile(path); filepath.Base(path)[0] != '.' && bytes.Contains(b, []byte(`"entries":3,`)) {
				return
			}
		}
	}
	t.Fatal("no list is kept")
}

// Another film under the same path is another link, and a sentence.
func TestSendOfAnotherFilmIsANewLink(t *testing.T) {
	links := keysHere(t)
	dir := filepath.Join(t.TempDir(), "day")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	path, second := filepath.Join(dir, "export.mov"), filepath.Join(dir, "second.mov")
	fill(t, path, []byte("of client A"))
	fill(t, second, []byte("also"))
	args := []string{"send", "--json", "--server", meeting(t), dir}
	one := doom(t, args...)
	was := one.event(t, "link")
	listed(t, links)
	one.kill()

	fill(t, second, []byte("a new cut"))
	two := doom(t, args...)
	if o := two.event(t, "link"); o["link"] != was["link"] || o["restored"] != true || o["replaced"] != false || o["changed"] != 1.0 {
		t.Errorf("with one of two files changed it says %v, want the link of before and that one is new", o)
	}
	two.kill()

	if err := os.Remove(second); err != nil {
		t.Fatal(err)
	}
	fill(t, path, []byte("the film of client B"))
	three := start(t, append([]string{"send", "--expires", "1h"}, args[2:]...)...)
	if line := three.next(t, "/r#"); line == was["link"] || !strings.Contains(three.stderr.String(), "is not what it was: this is a new link") {
		t.Errorf("it says %q and %q, want another link, and why", line, three.stderr.String())
	}
	three.stop()
	three.ends(t)
	if left := links(); len(left) != 0 {
		t.Errorf("there is left %q", left)
	}
}

// Who asks for an hour does not get the week of an earlier run, and gets it no more.
func TestALaterSendEndsALinkSooner(t *testing.T) {
	links := keysHere(t)
	args := []string{"--json", "--server", meeting(t), "--note", "a cut", film(t)}
	ends := func(flags ...string) (link any, in time.Duration) {
		t.Helper()
		p := doom(t, append(append([]string{"send"}, flags...), args...)...)
		defer p.kill()
		o := p.event(t, "link")
		s, _ := o["expires"].(string)
		at, err := time.Parse(time.RFC3339, s)
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range links() { // what the program does is what it says
			var kept struct{ Kept []byte }
			if b, _ := os.ReadFile(path); filepath.Base(path)[0] == '.' || len(b) < 36 || json.Unmarshal(b[36:], &kept) != nil {
				continue
			}
			s, err := session.RestoreSharer("", session.Config{Now: time.Now().UnixMilli()}, kept.Kept)
			if err != nil || s.View().Expires/1000 != at.Unix() {
				t.Errorf("with %q it ends at another time than %v (%v)", flags, at, err)
			}
		}
		return o["link"], time.Until(at)
	}
	was, week := ends()
	if week < 160*time.Hour {
		t.Errorf("a link lasts %v", week)
	}
	for _, flags := range [][]string{{"--expires", "1h"}, {"--expires", "48h"}, nil} {
		if link, in := ends(flags...); link != was || in > time.Hour {
			t.Errorf("with %q: the same link: %v, for %v; want at most an hour", flags, link == was, in)
		}
	}
}
