package peer

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"beeline/wasm/catalog"
	"beeline/wasm/session"
)

// Where most of what was told is there it is the same share, whatever else is; where
// hardly anything is, nobody who was let in before is let in to it.
func TestASenderWithOtherFilesIsANewShare(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		files   []string // what there is at first
		write   []string // what is written between
		remove  []string
		found   Found
		changed int
	}{
		"another film of the same name":  {[]string{"a.mov"}, []string{"a.mov"}, nil, FoundOther, 0},
		"one of two is left, and more":   {[]string{"a.mov", "b.mov"}, []string{"a.mov", "c.mov"}, nil, FoundChanged, 2},
		"one of three is another":        {[]string{"a.mov", "b.mov", "c.mov"}, []string{"a.mov"}, nil, FoundChanged, 1},
		"one of three is left":           {[]string{"a.mov", "b.mov", "c.mov"}, []string{"d.mov"}, []string{"a.mov", "b.mov"}, FoundOther, 0},
		"all as before":                  {[]string{"a.mov"}, nil, nil, FoundSame, 0},
		"nothing is there any more":      {[]string{"a.mov"}, nil, []string{"a.mov"}, FoundOther, 0},
		"a folder that was empty is not": {nil, []string{"a.mov"}, nil, FoundChanged, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := filepath.Join(t.TempDir(), "day")
			check(t, os.Mkdir(dir, 0o700))
			for _, f := range c.files {
				check(t, os.WriteFile(filepath.Join(dir, f), noise(100), 0o600))
			}
			var k shelf
			var found []Found
			o := SendOptions{Server: newServer(t), Paths: []string{dir}}
			first := startCrashing(t, o, &k)
			until(t, first.views, "the list", func(v session.ShareView) bool { return v.Listed })
			if len(c.files) > 0 {
				if _, err := receive(t, ReceiveOptions{Link: first.link, Out: t.TempDir()}); err != nil {
					t.Fatal(err)
				}
				for end := time.Now().Add(patienceMax); k.read().Done != 1 && time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
				}
			}
			first.die(t)
			for _, f := range c.write {
				check(t, os.WriteFile(filepath.Join(dir, f), noise(101), 0o600))
			}
			for _, f := range c.remove {
				check(t, os.Remove(filepath.Join(dir, f)))
			}
			changed := 0
			o.OnFound = func(what Found, n int) { found, changed = append(found, what), n }
			second := startCrashing(t, o, &k)
			if len(found) != 1 || found[0] != c.found || changed != c.changed {
				t.Errorf("found %v, %d changed; want %v, %d", found, changed, c.found, c.changed)
			}
			if same := second.link == first.link; same != (c.found != FoundOther) {
				t.Errorf("the same link: %v", same)
			}
			v := until(t, second.views, "the list", func(v session.ShareView) bool { return v.Listed })
			if let := v.LetIn > 0; let != (c.found != FoundOther && len(c.files) > 0) {
				t.Errorf("%d were let in before", v.LetIn)
			}
			second.stop(t)
		})
	}
}

// Of a long list a sample says how much of it is in another, wherever it is there.
func TestListSample(t *testing.T) {
	t.Parallel()
	const files = 3 * sampleMost
	list := []catalog.Entry{{Type: catalog.Dir, Name: "day"}}
	for n := range files {
		list = append(list, catalog.Entry{Type: catalog.File, Parent: 1, Size: uint64(n), Name: fmt.Sprint(n)})
	}
	first := newListSample(nil)
	for n := 0; n < len(list); n += 1000 {
		first.add(list[n:min(n+1000, len(list))])
		if len(first.bytes()) > 8*sampleMost {
			t.Fatal("a sample that is too large to be kept")
		}
	}
	for percent, other := range map[int]bool{0: true, 40: true, 60: false, 100: false} {
		part := append([]catalog.Entry(nil), list[1:]...)
		rand.Shuffle(len(part), func(i, j int) { part[i], part[j] = part[j], part[i] })
		for n := range part[files*percent/100:] {
			part[files*percent/100+n].ModMS = 1
		}
		second := newListSample(first.bytes())
		second.add(append(list[:1:1], part...))
		if got := second.other(); got != other || second.changed() != -1 {
			t.Errorf("with %d %% of the files: another share %v, %d changed; want %v, and that it can't tell", percent, got, second.changed(), other)
		}
		if percent == 0 && second.found != 0 {
			t.Errorf("%d files with another date count as the same", second.found)
		}
	}
}

// What a person decides of a share that came back holds for it, and is kept.
func TestASenderThatComesBackEndsSooner(t *testing.T) {
	t.Parallel()
	dir := tree(t, map[string][]byte{"a.txt": noise(10)})
	var k shelf
	o := SendOptions{Server: newServer(t), Paths: all(t, dir)}
	first := startCrashing(t, o, &k)
	until(t, first.views, "the list", func(v session.ShareView) bool { return v.Listed })
	first.die(t)
	ends := time.Now().Add(time.Hour).UnixMilli()
	o.Chosen = []session.Event{session.SetTerms{Expires: ends}}
	startCrashing(t, o, &k).die(t)
	o.Chosen = nil
	third := startCrashing(t, o, &k)
	if v := until(t, third.views, "the list", func(v session.ShareView) bool { return v.Listed }); v.Expires != ends || third.link != first.link {
		t.Errorf("it ends at %d, want %d", v.Expires, ends)
	}
	third.stop(t)
}
