package peer

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"
)

// Names as long as the disk takes them, 255 bytes: files under way are called otherwise,
// and a number takes its room from the name, a whole character at a time.
func TestNamesAsLongAsADiskTakes(t *testing.T) {
	once(t)
	folder := strings.Repeat("d", 255)
	names := map[string]string{ // and with a number
		strings.Repeat("n", 251) + ".mov":                           strings.Repeat("n", 247) + " (2).mov",
		strings.Repeat("é", 125) + "n.mov":                          strings.Repeat("é", 123) + " (2).mov",
		strings.Repeat("x", 255):                                    strings.Repeat("x", 251) + " (2)",
		"." + strings.Repeat("h", 254):                              "." + strings.Repeat("h", 250) + " (2)",
		strings.Repeat("e", 100) + ".a." + strings.Repeat("f", 152): strings.Repeat("e", 100) + ".a." + strings.Repeat("f", 148) + " (2)",
	}
	files := make(map[string][]byte)
	for name := range names {
		if len(name) != 255 {
			t.Fatalf("%q has %d bytes", name, len(name))
		}
		files[filepath.Join("A", name)] = noise(100)
		files[filepath.Join("A", folder, name)] = noise(100)
	}
	src, out := tree(t, files), t.TempDir()
	server, keys := newServer(t), t.TempDir()
	for range 2 {
		s := startShare(t, SendOptions{Server: server, Paths: all(t, src), Once: true})
		if got, err := receive(t, ReceiveOptions{Link: s.link, Out: out, Resume: true, Keys: keys}); err != nil {
			t.Fatalf("Receive = %v, %+v", err, got.View)
		}
		check(t, s.wait(t))
	}
	have := read(t, out)
	for name, second := range names {
		for _, dir := range []string{"A", filepath.Join("A", folder)} {
			want := files[filepath.Join(dir, name)]
			if !bytes.Equal(have[filepath.Join(dir, name)].data, want) || !bytes.Equal(have[filepath.Join(dir, second)].data, want) {
				t.Errorf("%.20s… in %.20s…: one of the two is not there", name, dir)
			}
		}
	}
	if want := 2*2*len(names) + 2; len(have) != want {
		t.Errorf("%d entries are there, want %d", len(have), want)
	}
}
