// Package keep holds a person's identity and contacts on a machine without a
// browser: the same container that a browser keeps (wasm/vault around wasm/people),
// in files that only this user may read. A backup of either is restored by both.
//
//	<config>/beeline/people   the container
//	<config>/beeline/pepper   its key, where there is no passphrase
//	<config>/beeline/lock     held by whoever reads or writes them
//	<config>/beeline/shares   what is shared, see standing.go
//	<config>/beeline/inboxes  what is received by itself, see inbox.go
//	<config>/beeline/transfers  keys of recipients, and links, see link.go
//	<cache>/beeline/mark-…    the highest generation that was seen
//
// What that protects. With a passphrase: whoever copies the files has to guess it, at
// the price of Argon2id for each try. Without one, key and container lie side by
// side: file permissions are all there is, and a copy of the folder is the identity.
// The pepper then only keeps the container alone, in a backup of single files or on
// a disk that was not wiped, from being one. Neither protects from a program that
// runs as this user.
//
// It never prints and never logs. Specification: wasm/PROTOCOL.md i.
package keep

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"

	"beeline/wasm/people"
	"beeline/wasm/vault"
	"beeline/wasm/wire"
)

var (
	// ErrNone means that no identity is kept here.
	ErrNone = errors.New("keep: no identity")
	// ErrBusy means that another program reads or writes it for too long.
	ErrBusy = errors.New("keep: another program uses it")
	// ErrPassphrase means that there is a passphrase and none was given.
	ErrPassphrase = errors.New("keep: it takes a passphrase")
)

const (
	lockWithin = 5 * time.Second
	lockEvery  = 50 * time.Millisecond
	// largest is more than the largest container that vault reads.
	largest = vault.ContentsMax + 4096
)

// A Store is where an identity is kept.
type Store struct{ dir, marks string }

// At keeps it in dir, and the mark against old states in marks.
func At(dir, marks string) *Store { return &Store{dir, marks} }

// Default keeps it where this system keeps what programs are told to remember.
func Default() (*Store, error) {
	config, err := os.UserConfigDir()
	if err != nil {
		return nil, fmt.Errorf("find the folder for settings: %w", err)
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return nil, fmt.Errorf("find the folder for what may be lost: %w", err)
	}
	return At(filepath.Join(config, "beeline"), filepath.Join(cache, "beeline")), nil
}

func (s *Store) people() string { return filepath.Join(s.dir, "people") }
func (s *Store) pepper() string { return filepath.Join(s.dir, "pepper") }

// mark is one file for each place where an identity may be kept.
func (s *Store) mark() string {
	dir, err := filepath.Abs(s.dir)
	if err != nil {
		dir = s.dir
	}
	sum := sha256.Sum256([]byte(dir))
	return filepath.Join(s.marks, "mark-"+hex.EncodeToString(sum[:8]))
}

// Asks reports whether there is an identity, and whether it takes a passphrase: to
// be asked for before Lock, since a person takes their time.
func (s *Store) Asks() (there, asks bool, err error) {
	container, err := read(s.people())
	if errors.Is(err, fs.ErrNotExist) {
		return false, false, nil
	}
	if err != nil {
		return false, false, err
	}
	h, err := vault.Read(container, vault.MemoryMost)
	return err == nil, h.Asks(), err
}

// justWritten is longer than a tick of the clock of any file system (FAT: 2 s).
const justWritten = 3 * time.Second

// Stamp changes whenever what is kept does, also by another program; empty: nothing
// is kept. Once more a moment later: two writes within one tick of a file system's clock
// look the same (2026-11-26), and who was removed by the second must not stay.
func (s *Store) Stamp() string {
	info, err := os.Stat(s.people())
	if err != nil {
		return ""
	}
	return fmt.Sprint(info.ModTime().UnixNano(), info.Size(), time.Since(info.ModTime()) < justWritten)
}

// Lock keeps other programs out until Close. It waits a few seconds for one that is
// just writing, then fails with [ErrBusy].
func (s *Store) Lock(ctx context.Context) (*Locked, error) {
	lock, err := lockIn(ctx, s.dir, "lock")
	if err != nil {
		return nil, err
	}
	s.sweep()
	return &Locked{s, lock}, nil
}

// lockIn locks a file of a folder, which is made if it is not there. It waits a few
// seconds for another program, then fails with [ErrBusy].
func lockIn(ctx context.Context, dir, name string) (*flock.Flock, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	lock := flock.New(filepath.Join(dir, name), flock.SetPermissions(0o600))
	waiting, stop := context.WithTimeout(ctx, lockWithin)
	defer stop()
	ok, err := lock.TryLockContext(waiting, lockEvery)
	switch {
	case ok:
		return lock, nil
	case ctx.Err() != nil:
		err = context.Cause(ctx)
	case errors.Is(err, context.DeadlineExceeded):
		err = ErrBusy
	default:
		err = fmt.Errorf("lock %s: %w", dir, err)
	}
	_ = lock.Close()
	return nil, err
}

// sweep removes what programs left that died while they wrote here: an old pepper may
// be among it.
func (s *Store) sweep() {
	for _, path := range []string{s.people(), s.pepper(), s.mark()} {
		sweep(path)
	}
	shares.sweep(s)
	inboxes.sweep(s)
}

// Locked is a store that is this program's alone.
type Locked struct {
	s    *Store
	lock *flock.Flock
}

// Close lets others in. What was opened can't be saved any more.
func (l *Locked) Close() { _ = l.lock.Close() }

// Kept is an identity with its contacts, as they are kept.
type Kept struct {
	Book *people.Book
	// Old says that a later state of it was seen here: somebody put an older one in its
	// place. Nothing may be done by itself that only this state asks for.
	Old bool

	l   *Locked
	key vault.Key
}

// Open reads what is kept. It fails with [ErrNone], with [ErrPassphrase] where one is
// needed and none is given, and with [wire.Vault] where it does not open.
func (l *Locked) Open(passphrase []byte) (*Kept, error) {
	container, err := read(l.s.people())
	if errors.Is(err, fs.ErrNotExist) {
		return nil, ErrNone
	}
	if err != nil {
		return nil, err
	}
	h, err := vault.Read(container, vault.MemoryMost)
	if err != nil {
		return nil, err
	}
	var key vault.Key
	if h.Asks() {
		if len(passphrase) == 0 {
			return nil, ErrPassphrase
		}
		key, err = vault.NewKey(h, h.Base(passphrase), nil)
	} else {
		var pepper []byte
		if pepper, err = read(l.s.pepper()); errors.Is(err, fs.ErrNotExist) {
			return nil, wire.Vault.Because("its key is gone")
		}
		if err == nil {
			key, err = vault.NewKey(h, [vault.BaseSize]byte{}, pepper)
		}
	}
	if err != nil {
		return nil, err
	}
	plain, err := key.Open(container)
	if err != nil {
		return nil, err
	}
	b, err := people.Decode(plain)
	if err != nil {
		return nil, err
	}
	mark := l.s.highest()
	l.s.saw(b.Generation)
	return &Kept{Book: b, Old: b.Generation < mark, l: l, key: key}, nil
}

// Put keeps a book from now on, in the place of whatever was kept before. An empty
// passphrase is none.
func (l *Locked) Put(b *people.Book, passphrase []byte) (*Kept, error) {
	k := &Kept{Book: b, l: l}
	return k, k.Secure(passphrase)
}

// Secure saves the book under another passphrase, or none.
func (k *Kept) Secure(passphrase []byte) error {
	before := k.key
	var err error
	if len(passphrase) > 0 {
		h := vault.NewHeader(vault.ForVault)
		k.key, err = vault.NewKey(h, h.Base(passphrase), nil)
	} else {
		// The one that is there is used again: a new one would cost the container that
		// it opens before there is another.
		var pepper []byte
		if pepper, err = k.l.somePepper(); err == nil {
			k.key, err = vault.NewKey(vault.NewHeader(vault.Cost{}), [vault.BaseSize]byte{}, pepper)
		}
	}
	if err == nil {
		err = k.Save()
	}
	if err != nil {
		k.key = before
		return err
	}
	if k.key.Asks() {
		_ = os.Remove(k.l.s.pepper()) // opens nothing any more
	}
	return nil
}

// Asks reports whether it is kept under a passphrase.
func (k *Kept) Asks() bool { return k.key.Asks() }

// Save writes the book as its next generation, and makes sure that it is there.
func (k *Kept) Save() error {
	if !k.l.lock.Locked() {
		return errors.New("keep: saved after Close")
	}
	before := k.Book.Generation
	k.Book.Generation = max(before, k.l.s.highest()) + 1
	plain := k.Book.Encode()
	err := replace(k.l.s.people(), k.key.Seal(plain))
	if err == nil {
		err = k.readBack(plain)
	}
	if err != nil {
		k.Book.Generation = before
		return err
	}
	k.Old = false
	k.l.s.saw(k.Book.Generation)
	return nil
}

func (k *Kept) readBack(plain []byte) error {
	container, err := read(k.l.s.people())
	if err != nil {
		return err
	}
	if got, err := k.key.Open(container); err != nil || !bytes.Equal(got, plain) {
		return errors.New("what was written is not what is read back")
	}
	return nil
}

// somePepper returns the pepper, of which there is one from now on.
func (l *Locked) somePepper() ([]byte, error) {
	pepper, err := read(l.s.pepper())
	if err == nil && len(pepper) == vault.PepperSize {
		return pepper, nil
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	pepper = make([]byte, vault.PepperSize)
	rand.Read(pepper) // never fails
	return pepper, replace(l.s.pepper(), pepper)
}

// highest returns the highest generation that was seen; 0: none is known.
func (s *Store) highest() uint64 {
	if b, err := read(s.mark()); err == nil && len(b) == 8 {
		return binary.BigEndian.Uint64(b)
	}
	return 0
}

// saw notes a generation. Where that can't be written an old state is not noticed;
// nothing else depends on it.
func (s *Store) saw(generation uint64) {
	if generation > s.highest() && os.MkdirAll(s.marks, 0o700) == nil {
		_ = replace(s.mark(), binary.BigEndian.AppendUint64(nil, generation))
	}
}

// Backup returns a file that needs the passphrase and nothing else.
func Backup(b *people.Book, passphrase []byte) ([]byte, error) {
	if len(passphrase) == 0 {
		return nil, ErrPassphrase
	}
	h := vault.NewHeader(vault.ForBackup)
	k, err := vault.NewKey(h, h.Base(passphrase), nil)
	if err != nil {
		return nil, err
	}
	return k.Seal(b.Backup()), nil
}

// Restore reads such a file, of a browser or of this program. It fails with
// [wire.Vault] where it is none, or of another passphrase.
func Restore(file, passphrase []byte) (*people.Book, error) {
	h, err := vault.Read(file, vault.MemoryMost)
	if err != nil {
		return nil, err
	}
	if !h.Asks() {
		return nil, wire.Vault.Because("no backup: it takes no passphrase")
	}
	if len(passphrase) == 0 {
		return nil, ErrPassphrase
	}
	k, err := vault.NewKey(h, h.Base(passphrase), nil)
	if err != nil {
		return nil, err
	}
	plain, err := k.Open(file)
	if err != nil {
		return nil, err
	}
	return people.DecodeBackup(plain)
}
