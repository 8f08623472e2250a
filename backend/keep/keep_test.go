package keep

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"
	"testing"
	"time"

	"beeline/signaling/leaktest"
	"beeline/wasm/identity"
	"beeline/wasm/people"
	"beeline/wasm/testdata"
	"beeline/wasm/wire"
)

const now = 1_795_660_800

// holder, set in the environment, makes this program hold a lock until it is killed.
const holder = "BEELINE_TEST_HOLD"

func TestMain(m *testing.M) {
	if dir := os.Getenv(holder); dir != "" {
		if _, err := At(dir, dir).Lock(context.Background()); err != nil {
			os.Exit(1)
		}
		_, _ = os.Stdout.WriteString("held\n")
		time.Sleep(time.Minute)
	}
	leaktest.Main(m)
}

func newStore(t *testing.T) *Store {
	t.Helper()
	dir := t.TempDir()
	return At(filepath.Join(dir, "config", "beeline"), filepath.Join(dir, "cache", "beeline"))
}

func lock(t *testing.T, s *Store) *Locked {
	t.Helper()
	l, err := s.Lock(t.Context())
	if err != nil {
		t.Fatalf("Lock: %v", err)
	}
	t.Cleanup(l.Close)
	return l
}

func newBook(t *testing.T) *people.Book {
	t.Helper()
	b, err := people.New("Me", now)
	if err != nil {
		t.Fatal(err)
	}
	card, err := identity.New().Card("Ada", now)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.Add(card.Text(), "", now); err != nil {
		t.Fatal(err)
	}
	return b
}

func TestWhatIsPutIsThereAgain(t *testing.T) {
	for _, passphrase := range []string{"", "correct horse"} {
		s := newStore(t)
		if there, _, err := s.Asks(); there || err != nil {
			t.Errorf("before: there %v, %v", there, err)
		}
		l := lock(t, s)
		if _, err := l.Open(nil); !errors.Is(err, ErrNone) {
			t.Errorf("Open before anything is kept: %v, want %v", err, ErrNone)
		}
		b := newBook(t)
		if _, err := l.Put(b, []byte(passphrase)); err != nil {
			t.Fatalf("Put: %v", err)
		}
		l.Close()
		if there, asks, err := s.Asks(); !there || asks != (passphrase != "") || err != nil {
			t.Errorf("%q: there %v, asks %v, %v", passphrase, there, asks, err)
		}
		l = lock(t, s)
		k, err := l.Open([]byte(passphrase))
		if err != nil || !reflect.DeepEqual(k.Book, b) || k.Old || k.Asks() != (passphrase != "") {
			t.Fatalf("%q: Open = %+v, %v", passphrase, k, err)
		}
		if err := k.Book.SetName("Other", now); err != nil {
			t.Fatal(err)
		}
		if err := k.Save(); err != nil {
			t.Fatal(err)
		}
		again, err := l.Open([]byte(passphrase))
		if err != nil || again.Book.Name != "Other" || again.Book.Generation != 2 {
			t.Errorf("%q: after Save %+v, %v", passphrase, again, err)
		}
		if passphrase != "" {
			if _, err := l.Open(nil); !errors.Is(err, ErrPassphrase) {
				t.Errorf("without the passphrase: %v", err)
			}
			if _, err := l.Open([]byte("incorrect horse")); wire.CodeOf(err) != wire.Vault {
				t.Errorf("another passphrase: %v, want %v", err, wire.Vault)
			}
		}
		onlyOurs(t, s.dir)
	}
}

// onlyOurs checks that nobody else may read anything, and nothing is left over.
func onlyOurs(t *testing.T, dir string) {
	t.Helper()
	if runtime.GOOS == "windows" {
		return
	}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil || info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s has mode %v, %v", path, info.Mode(), err)
		}
		if strings.HasPrefix(d.Name(), ".") {
			t.Errorf("%s is left over", path)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

// A passphrase is set, changed and taken off; the key beside the container goes and
// comes with it, and the container is never without one.
func TestSecure(t *testing.T) {
	s := newStore(t)
	l := lock(t, s)
	k, err := l.Put(newBook(t), nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, passphrase := range []string{"one", "two", "", ""} {
		if err := k.Secure([]byte(passphrase)); err != nil {
			t.Fatalf("Secure(%q): %v", passphrase, err)
		}
		_, err := os.Stat(s.pepper())
		if got := err == nil; got != (passphrase == "") {
			t.Errorf("%q: there is a pepper: %v", passphrase, got)
		}
		if _, err := l.Open([]byte(passphrase)); err != nil {
			t.Errorf("%q: %v", passphrase, err)
		}
	}
	// The key is gone: said, and nothing is overwritten.
	before, err := os.ReadFile(s.people())
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(s.pepper()); err != nil {
		t.Fatal(err)
	}
	if _, err := l.Open(nil); wire.CodeOf(err) != wire.Vault {
		t.Errorf("without its key: %v, want %v", err, wire.Vault)
	}
	if after, _ := os.ReadFile(s.people()); !bytes.Equal(before, after) {
		t.Error("what does not open was changed")
	}
}

// Attack 47: yesterday's container is opened and told to be that, until it is saved.
func TestOldStateIsTold(t *testing.T) {
	s := newStore(t)
	l := lock(t, s)
	k, err := l.Put(newBook(t), nil)
	if err != nil {
		t.Fatal(err)
	}
	yesterday, err := os.ReadFile(s.people())
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if err := k.Save(); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(s.people(), yesterday, 0o600); err != nil {
		t.Fatal(err)
	}
	for range 2 { // looking does not make it new
		if k, err = l.Open(nil); err != nil || !k.Old {
			t.Fatalf("yesterday's: %v, old %v", err, k != nil && k.Old)
		}
	}
	if err := k.Save(); err != nil || k.Old || k.Book.Generation != 5 {
		t.Errorf("saved: %v, old %v, generation %d", err, k.Old, k.Book.Generation)
	}
	// Another identity in its place goes on from there.
	if other, err := l.Put(newBook(t), nil); err != nil || other.Book.Generation != 6 || other.Old {
		t.Errorf("another: %v", err)
	}
	// Without the mark nothing is noticed, and nothing fails.
	if err := os.RemoveAll(s.marks); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(s.people(), yesterday, 0o600); err != nil {
		t.Fatal(err)
	}
	if k, err = l.Open(nil); err != nil || k.Old {
		t.Errorf("without a mark: %v", err)
	}
}

// Damage and strange files are E_VAULT or an error, never a new identity.
func TestDamage(t *testing.T) {
	s := newStore(t)
	l := lock(t, s)
	if _, err := l.Put(newBook(t), nil); err != nil {
		t.Fatal(err)
	}
	good, err := os.ReadFile(s.people())
	if err != nil {
		t.Fatal(err)
	}
	for what, data := range map[string][]byte{
		"nothing": {}, "cut": good[:len(good)-1], "more": append(bytes.Clone(good), 0), "a bit": flip(good, 80), "the end": flip(good, len(good)-1),
		"large": bytes.Repeat([]byte{1}, largest+10),
	} {
		if err := os.WriteFile(s.people(), data, 0o600); err != nil {
			t.Fatal(err)
		}
		if k, err := l.Open(nil); err == nil || k != nil {
			t.Errorf("%s: opened", what)
		}
	}
	if err := os.WriteFile(s.people(), good, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(s.pepper(), make([]byte, 31), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := l.Open(nil); wire.CodeOf(err) != wire.Vault {
		t.Errorf("a pepper of 31 bytes: %v", err)
	}
}

func flip(b []byte, at int) []byte {
	b = bytes.Clone(b)
	b[at] ^= 1
	return b
}

// A place that takes nothing leaves what was there.
func TestFailedWriteLeavesWhatWasThere(t *testing.T) {
	s := newStore(t)
	l := lock(t, s)
	k, err := l.Put(newBook(t), nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(s.dir, s.dir+" elsewhere"); err != nil {
		t.Skip("what is locked can't be moved on this system")
	}
	if err := k.Save(); err == nil || k.Book.Generation != 1 {
		t.Errorf("Save where nothing can be written: %v, generation %d", err, k.Book.Generation)
	}
	if err := k.Secure([]byte("x")); err == nil || k.Asks() {
		t.Errorf("Secure where nothing can be written: %v, asks %v", err, k.Asks())
	}
	if err := os.Rename(s.dir+" elsewhere", s.dir); err != nil {
		t.Fatal(err)
	}
	if _, err := l.Open(nil); err != nil {
		t.Error(err)
	}
}

// One program at a time; one that was killed holds nothing.
func TestTwoProgramsAreKeptApart(t *testing.T) {
	s := newStore(t)
	if err := os.MkdirAll(s.dir, 0o700); err != nil {
		t.Fatal(err)
	}
	other := exec.Command(os.Args[0])
	other.Env = append(os.Environ(), holder+"="+s.dir)
	out, err := other.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := other.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := out.Read(make([]byte, 8)); err != nil {
		t.Fatal(err)
	}
	short, stop := context.WithTimeoutCause(t.Context(), 200*time.Millisecond, ErrBusy)
	defer stop()
	if _, err := s.Lock(short); !errors.Is(err, ErrBusy) {
		t.Errorf("while another program holds it: %v, want %v", err, ErrBusy)
	}
	_ = other.Process.Kill()
	_ = other.Wait()
	l := lock(t, s)
	k, err := l.Put(newBook(t), nil)
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	if err := k.Save(); err == nil {
		t.Error("saved without the lock")
	}
}

func TestBackupAndRestore(t *testing.T) {
	b := newBook(t)
	file, err := Backup(b, []byte("paper"))
	if err != nil {
		t.Fatal(err)
	}
	got, err := Restore(file, []byte("paper"))
	if err != nil || got.Identity.ID() != b.Identity.ID() || !reflect.DeepEqual(got.Contacts, b.Contacts) || got.Generation != 0 {
		t.Errorf("Restore = %+v, %v", got, err)
	}
	if _, err := Restore(file, []byte("stone")); wire.CodeOf(err) != wire.Vault {
		t.Errorf("another passphrase: %v", err)
	}
	for _, none := range [][]byte{nil, {}} {
		if _, err := Restore(file, none); !errors.Is(err, ErrPassphrase) {
			t.Errorf("no passphrase: %v", err)
		}
		if _, err := Backup(b, none); !errors.Is(err, ErrPassphrase) {
			t.Errorf("a backup without a passphrase: %v", err)
		}
	}
	// One that was made by others, and opens in every implementation (wasm/testdata).
	v := testdata.Load(t, "vault_backup_of_a_person")
	got, err = Restore(v.Bytes(t, "container"), []byte(v.Text(t, "passphrase")))
	if err != nil || got.Name != "Ada" || len(got.Contacts) != 2 || !got.Contacts[0].Verified || got.Contacts[1].Petname != "Admiral" {
		t.Errorf("the backup of another: %+v, %v", got, err)
	}
	// What is kept here is no backup, with a passphrase or without.
	s := newStore(t)
	l := lock(t, s)
	for _, passphrase := range []string{"paper", ""} {
		if _, err := l.Put(b, []byte(passphrase)); err != nil {
			t.Fatal(err)
		}
		kept, err := ReadFile(s.people())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Restore(kept, []byte("paper")); wire.CodeOf(err) != wire.Vault {
			t.Errorf("the kept container as a backup: %v, want %v", err, wire.Vault)
		}
	}
}

// A backup overwrites nothing, and only its owner may read it.
func TestWriteNew(t *testing.T) {
	path := filepath.Join(t.TempDir(), "backup.beeline")
	if err := WriteNew(path, []byte("first")); err != nil {
		t.Fatal(err)
	}
	if err := WriteNew(path, []byte("second")); !errors.Is(err, fs.ErrExist) {
		t.Errorf("over what is there: %v, want %v", err, fs.ErrExist)
	}
	if err := writeOver(path, []byte("second")); !errors.Is(err, fs.ErrExist) {
		t.Errorf("without links, over what is there: %v, want %v", err, fs.ErrExist)
	}
	if b, _ := ReadFile(path); string(b) != "first" {
		t.Errorf("it is %q now", b)
	}
	if err := writeOver(path+"2", []byte("second")); err != nil {
		t.Error(err)
	}
	for _, p := range []string{path, path + "2"} {
		if info, err := os.Stat(p); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
			t.Errorf("%v, %v", info.Mode(), err)
		}
	}
	if left, _ := filepath.Glob(filepath.Join(filepath.Dir(path), ".*")); len(left) > 0 {
		t.Errorf("left over: %v", left)
	}
}

// What was written twice within one tick of the file system's clock, and is as long, looks
// the same: it is looked at once more when that tick is over.
func TestStampOfWhatWasJustWritten(t *testing.T) {
	s := newStore(t)
	l := lock(t, s)
	b, err := people.New("Ada", 1_790_000_000)
	if err != nil {
		t.Fatal(err)
	}
	k, err := l.Put(b, nil)
	if err != nil {
		t.Fatal(err)
	}
	tick := time.Now().Add(1*time.Second - justWritten)
	write := func() string {
		if err := k.Save(); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(s.people(), tick, tick); err != nil {
			t.Fatal(err)
		}
		return s.Stamp()
	}
	seen := write()
	write()
	time.Sleep(1100 * time.Millisecond)
	now := s.Stamp()
	if now == seen {
		t.Error("the second is never seen")
	}
	if s.Stamp() != now {
		t.Error("it is looked at for ever")
	}
}
