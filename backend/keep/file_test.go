package keep

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// What a program left that died while it wrote goes with the next lock; what only
// looks like it stays, and so does what another program is writing under the lock.
func TestLeftoversOfACrashGo(t *testing.T) {
	dir, marks := t.TempDir(), t.TempDir()
	s := At(dir, marks)
	id := strings.Repeat("ab", 16)
	mark := filepath.Base(s.mark())
	gone := []string{".people-123", ".pepper-4294967295", "shares/." + id + "-77", "inboxes/." + id + "-77", "inboxes/." + id + "." + id + ".p0-77"}
	stay := []string{"people", ".people-", ".people-12x", ".people-99999999999", ".people-1.bak", ".other-12", "shares/" + id, "shares/.x-12", "shares/.ab-12", "inboxes/" + id, "inboxes/" + id + "." + id + ".0"}
	for _, shelf := range []string{shares.in(s), inboxes.in(s)} {
		if err := os.MkdirAll(shelf, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	put := func(dir string, names ...string) {
		for _, name := range names {
			if err := os.WriteFile(filepath.Join(dir, name), []byte("x"), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	there := func(path string) bool { _, err := os.Lstat(path); return err == nil }
	put(dir, gone...)
	put(dir, stay...)
	put(marks, "."+mark+"-5", ".mark-0123456789abcdef-5")
	if err := os.Mkdir(filepath.Join(dir, ".pepper-3"), 0o700); err != nil {
		t.Fatal(err)
	}
	l, err := s.Lock(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range gone {
		if there(filepath.Join(dir, name)) {
			t.Errorf("%s is there still", name)
		}
	}
	for _, name := range append(stay, ".pepper-3") {
		if !there(filepath.Join(dir, name)) {
			t.Errorf("%s is gone", name)
		}
	}
	if there(filepath.Join(marks, "."+mark+"-5")) || !there(filepath.Join(marks, ".mark-0123456789abcdef-5")) {
		t.Error("a mark's leftover stays, or that of another place is gone")
	}
	put(dir, gone[0]) // by the program that has the lock
	ctx, stop := context.WithTimeout(t.Context(), 3*lockEvery)
	defer stop()
	if _, err := s.Lock(ctx); err == nil || !there(filepath.Join(dir, gone[0])) {
		t.Errorf("locked twice (%v), or what is just being written is gone", err)
	}
	l.Close()
}
