package keep

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"testing"
	"time"
)

func aLink() LinkState {
	return LinkState{
		Made: time.UnixMilli(1_790_000_000_123), Ends: time.UnixMilli(time.Now().Add(time.Hour).UnixMilli()),
		Kept: []byte("kept"), Entries: 3, List: [32]byte{9}, Done: 1,
	}
}

func take(t *testing.T, l *Links, of byte, fresh bool) *Link {
	t.Helper()
	k, err := l.Take(t.Context(), [32]byte{of}, fresh)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = k.Close() })
	return k
}

func closeLink(t *testing.T, k *Link) {
	t.Helper()
	if err := k.Close(); err != nil {
		t.Fatal(err)
	}
}

func inFolder(t *testing.T, l *Links) (names []string) {
	t.Helper()
	list, err := os.ReadDir(l.dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range list {
		if info, err := e.Info(); err != nil || info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s is %v: others can read it", e.Name(), info.Mode())
		}
		if e.Name() != "links.lock" {
			names = append(names, e.Name())
		}
	}
	return names
}

// A link is there again until it is erased, for one program at a time, and nothing is
// left of it then.
func TestLinksAreKept(t *testing.T) {
	l := LinksAt(filepath.Join(t.TempDir(), "keys"))
	want := aLink()
	k := take(t, l, 1, false)
	if !reflect.DeepEqual(k.LinkState, LinkState{}) || k.Damaged {
		t.Errorf("the first is %+v", k.LinkState)
	}
	if err := k.Put(want); err != nil {
		t.Fatal(err)
	}
	if _, err := l.Take(t.Context(), [32]byte{1}, false); !errors.Is(err, ErrHeld) {
		t.Errorf("Take of what is held = %v, want %v", err, ErrHeld)
	}
	if other := take(t, l, 2, false); other.Kept != nil {
		t.Error("another thing has the same link")
	} else {
		closeLink(t, other)
	}
	second := take(t, l, 1, true) // beside the one that is held
	newer := want
	newer.Made = want.Made.Add(time.Second)
	if err := second.Put(newer); err != nil {
		t.Fatal(err)
	}
	closeLink(t, k)
	closeLink(t, second)
	latest := take(t, l, 1, false)
	if !reflect.DeepEqual(latest.LinkState, newer) {
		t.Errorf("it is %+v, want the latest %+v", latest.LinkState, newer)
	}
	if before := take(t, l, 1, false); !reflect.DeepEqual(before.LinkState, want) {
		t.Errorf("it is %+v, want the one before %+v", before.LinkState, want)
	} else {
		closeLink(t, before)
	}
	fresh := take(t, l, 1, true)
	if names := inFolder(t, l); fresh.Kept != nil || len(names) != 3 {
		t.Errorf("fresh: %+v, there is %q; want the place, and the link that is held", fresh.LinkState, names)
	}
	for _, k := range []*Link{latest, fresh, latest} {
		if err := errors.Join(k.Erase(), k.Erase()); err != nil {
			t.Fatal(err)
		}
		closeLink(t, k)
		closeLink(t, k)
	}
	if names := inFolder(t, l); len(names) != 0 {
		t.Errorf("there is left %q", names)
	}
}

// What has ended goes, whatever it is of, and so does what a program left that died while
// it wrote. What can't be read is told of to who looks for it, and goes.
func TestLeftoversOfLinks(t *testing.T) {
	l := LinksAt(t.TempDir())
	ended, damaged := aLink(), aLink()
	ended.Ends = time.UnixMilli(1_790_000_000_000)
	for of, s := range []LinkState{ended, damaged, damaged} {
		k := take(t, l, byte(of), false)
		if err := k.Put(s); err != nil {
			t.Fatal(err)
		}
		closeLink(t, k)
		if of == 0 {
			continue
		}
		b, err := os.ReadFile(k.path)
		b[len(b)-5] ^= 1
		if err = errors.Join(err, os.WriteFile(k.path, b, 0o600), os.WriteFile(filepath.Join(l.dir, "."+filepath.Base(k.path)+"-77"), b, 0o600)); err != nil {
			t.Fatal(err)
		}
		if of == 2 {
			year := time.Now().Add(-linkStays - time.Hour)
			if err := os.Chtimes(k.path, year, year); err != nil {
				t.Fatal(err)
			}
		}
	}
	if k := take(t, l, 1, false); !k.Damaged || k.Kept != nil {
		t.Errorf("what is damaged is %+v, said to be so: %v", k.LinkState, k.Damaged)
	} else {
		closeLink(t, k)
	}
	if names := inFolder(t, l); len(names) != 0 {
		t.Errorf("there is left %q", names)
	}
}

// Whatever stands in the file: it is refused, or it is what was written.
func TestDamagedLinksAreRefused(t *testing.T) {
	s := aLink()
	b := s.encode([32]byte{1})
	if got, err := decodeLink([32]byte{1}, b); err != nil || !reflect.DeepEqual(got, s) {
		t.Fatalf("decodeLink = %+v, %v", got, err)
	}
	if _, err := decodeLink([32]byte{2}, b); err == nil {
		t.Error("a link of something else is read")
	}
	for i := range b {
		if _, err := decodeLink([32]byte{1}, b[:i]); err == nil {
			t.Errorf("cut at %d it is read", i)
		}
		other := slices.Clone(b)
		other[i] ^= 0x20
		if _, err := decodeLink([32]byte{1}, other); err == nil {
			t.Errorf("changed at %d it is read", i)
		}
	}
}

// What somebody wrote who knows the checksum does no harm either.
func FuzzLink(f *testing.F) {
	s := aLink()
	f.Add(s.encode([32]byte{1})[linkStart:])
	f.Add([]byte(`{"of":"","made":1e300,"kept":null,"entries":-1}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		sum := sha256.Sum256(text)
		b := slices.Concat([]byte(linkMagic), sum[:], text)
		got, err := decodeLink([32]byte{1}, b)
		if err == nil && !bytes.Equal(got.encode([32]byte{1}), b) {
			t.Errorf("%q is read, and would be written otherwise", b)
		}
	})
}
