package cli

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// listed waits until it is kept that a folder and two files were told: a kill before that
// leaves a link that nobody has seen all of the list of.
func listed(t *testing.T, links func() []string) {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
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
