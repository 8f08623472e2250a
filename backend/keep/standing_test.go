package keep

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"testing"
	"time"

	"beeline/wasm/identity"
	"beeline/wasm/people"
	"beeline/wasm/wire"
)

func lockedStore(t *testing.T) (*Store, *Locked, *people.Book) {
	t.Helper()
	dir := t.TempDir()
	s := At(filepath.Join(dir, "config"), filepath.Join(dir, "cache"))
	l, err := s.Lock(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.Close)
	b, err := people.New("Ada", 1_790_000_000)
	if err != nil {
		t.Fatal(err)
	}
	return s, l, b
}

func aStanding() Standing {
	return Standing{
		Paths: []string{"/raid/day 1", "/raid/\xff no text"}, Title: "Day 1", With: []identity.ID{{1}, {2}},
		Allowed: wire.PathsDirect, Ends: time.UnixMilli(1_790_000_000_123), Node: true, Kept: []byte("kept"), List: [32]byte{9},
	}
}

// What is kept is there again, changes while it is there only, and says nothing to who
// reads the disk.
func TestStandingShares(t *testing.T) {
	s, l, b := lockedStore(t)
	one, two := aStanding(), aStanding()
	for _, it := range []*Standing{&one, &two} {
		if err := l.AddStanding(b, it); err != nil {
			t.Fatal(err)
		}
	}
	before := s.SharesStamp()
	path := shares.path(s, one.ID)
	box, _ := os.ReadFile(path)
	info, _ := os.Stat(path)
	if bytes.Contains(box, []byte("Day 1")) || bytes.Contains(box, []byte("raid")) || info.Mode().Perm()&0o077 != 0 {
		t.Errorf("readable by others: %v", info.Mode())
	}
	if err := l.DropStanding(two.ID); err != nil || s.SharesStamp() == before {
		t.Errorf("DropStanding = %v, and the stamp is the same: %v", err, s.SharesStamp() == before)
	}
	if err := l.ChangeStanding(b, two.ID, func(s *Standing) {}); !errors.Is(err, ErrNone) {
		t.Errorf("changing what was withdrawn: %v, want %v", err, ErrNone)
	}
	if err := l.ChangeStanding(b, one.ID, func(s *Standing) { s.Kept = []byte("more") }); err != nil {
		t.Error(err)
	}
	one.Kept = []byte("more")
	got, closed, err := l.Standing(b)
	if err != nil || closed != 0 || len(got) != 1 || !reflect.DeepEqual(got[0], one) {
		t.Errorf("Standing = %+v, %d, %v; want %+v", got, closed, err, one)
	}
	other, _ := people.New("Eve", 1)
	if got, closed, _ := l.Standing(other); len(got) != 0 || closed != 1 {
		t.Errorf("with another book: %d shares, %d closed", len(got), closed)
	}
	if err := os.Rename(path, shares.path(s, "00112233445566778899aabbccddeeff")); err != nil {
		t.Fatal(err)
	}
	if got, closed, _ := l.Standing(b); len(got) != 0 || closed != 1 {
		t.Errorf("in another's place: %d shares, %d closed", len(got), closed)
	}
}

func TestWhatNoShareHasIsNotKept(t *testing.T) {
	_, l, b := lockedStore(t)
	for what, spoil := range map[string]func(*Standing){
		"no path":          func(s *Standing) { s.Paths = nil },
		"a relative path":  func(s *Standing) { s.Paths = []string{"day 1"} },
		"many paths":       func(s *Standing) { s.Paths = make([]string, pathsMost+1) },
		"a long title":     func(s *Standing) { s.Title = string(make([]byte, wire.TitleMax+1)) },
		"too much kept":    func(s *Standing) { s.Kept = make([]byte, keptMost+1) },
		"paths of nowhere": func(s *Standing) { s.Allowed = wire.PathsRelay + 1 },
	} {
		s := aStanding()
		if spoil(&s); l.AddStanding(b, &s) == nil {
			t.Errorf("%s is kept", what)
		}
	}
}

func TestHoldIsForOne(t *testing.T) {
	s, _, _ := lockedStore(t)
	release, err := s.Hold("node")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Hold("node"); !errors.Is(err, ErrBusy) {
		t.Errorf("a second: %v, want %v", err, ErrBusy)
	}
	release()
	if again, err := s.Hold("node"); err != nil {
		t.Errorf("after it was released: %v", err)
	} else {
		again()
	}
}

func FuzzStanding(f *testing.F) {
	s := aStanding()
	f.Add(s.encode())
	f.Add([]byte(`{"paths":["L2E="],"list":"AA=="}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := decodeStanding("00", b)
		if err != nil {
			return
		}
		if again, err := decodeStanding("00", s.encode()); err != nil || !reflect.DeepEqual(again, s) {
			t.Errorf("%+v becomes %+v, %v", s, again, err)
		}
	})
}
