package keep

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"beeline/wasm/people"
)

// A shelf is a folder beside the identity with a sealed file for each thing of a kind,
// under an ID of its own: a share, an inbox. Files that belong to one begin with its ID.
type shelf[T any] struct {
	folder string
	kind   string // begins the place that a file is sealed for
	most   int
	id     func(*T) *string
	encode func(*T) []byte
	decode func(id string, plain []byte) (T, error)
}

func (h *shelf[T]) in(s *Store) string                { return filepath.Join(s.dir, h.folder) }
func (h *shelf[T]) path(s *Store, name string) string { return filepath.Join(h.in(s), name) }

// list returns what is kept, in the order of the IDs, and how much of it doesn't open:
// of another book, or damaged.
func (h *shelf[T]) list(l *Locked, b *people.Book) (list []T, closed int, err error) {
	dir, err := os.ReadDir(h.in(l.s))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, 0, nil
	}
	if err != nil {
		return nil, 0, err
	}
	for _, e := range dir {
		if !isID(e.Name()) {
			continue
		}
		if len(list) == h.most {
			return nil, 0, ErrMany
		}
		v, err := h.get(l, b, e.Name())
		if err != nil {
			closed++
			continue
		}
		list = append(list, v)
	}
	return list, closed, nil
}

func (h *shelf[T]) get(l *Locked, b *people.Book, id string) (v T, err error) {
	plain, err := h.open(l, b, id)
	if err != nil {
		return v, err
	}
	return h.decode(id, plain)
}

// add keeps something new, and gives it its ID.
func (h *shelf[T]) add(l *Locked, b *people.Book, v *T) error {
	if err := os.MkdirAll(h.in(l.s), 0o700); err != nil {
		return err
	}
	var id [16]byte
	rand.Read(id[:]) // never fails
	*h.id(v) = hex.EncodeToString(id[:])
	return h.put(l, b, v)
}

// change fails with [ErrNone] where there is none any more.
func (h *shelf[T]) change(l *Locked, b *people.Book, id string, change func(*T)) error {
	v, err := h.get(l, b, id)
	if errors.Is(err, fs.ErrNotExist) {
		return ErrNone
	}
	if err != nil {
		return err
	}
	change(&v)
	return h.put(l, b, &v)
}

func (h *shelf[T]) put(l *Locked, b *people.Book, v *T) error {
	plain, id := h.encode(v), *h.id(v)
	if _, err := h.decode(id, plain); err != nil {
		return err // it would not be read again
	}
	return h.seal(l, b, id, plain)
}

// drop fails with [ErrNone] where there is none.
func (h *shelf[T]) drop(l *Locked, id string) error {
	if !isID(id) {
		return ErrNone
	}
	err := os.Remove(h.path(l.s, id))
	if errors.Is(err, fs.ErrNotExist) {
		return ErrNone
	}
	if err != nil {
		return err
	}
	return syncDir(h.in(l.s))
}

func (h *shelf[T]) open(l *Locked, b *people.Book, name string) ([]byte, error) {
	box, err := read(h.path(l.s, name))
	if err != nil {
		return nil, err
	}
	return b.Open(h.kind+" "+name, box)
}

func (h *shelf[T]) seal(l *Locked, b *people.Book, name string, plain []byte) error {
	box, err := b.Seal(h.kind+" "+name, plain)
	if err != nil {
		return err
	}
	return replace(h.path(l.s, name), box)
}

// stamp changes whenever something comes, changes or goes, also by another program.
func (h *shelf[T]) stamp(s *Store) string {
	info, err := os.Stat(h.in(s))
	if err != nil {
		return ""
	}
	return fmt.Sprint(info.ModTime().UnixNano())
}

// sweep removes what a program left that died while it wrote here.
func (h *shelf[T]) sweep(s *Store) {
	list, _ := os.ReadDir(h.in(s))
	for _, e := range list {
		name, hidden := strings.CutPrefix(e.Name(), ".")
		name, _, cut := strings.Cut(name, "-")
		if id, _, _ := strings.Cut(name, "."); hidden && cut && isID(id) {
			sweep(h.path(s, name))
		}
	}
}

func isID(name string) bool {
	b, err := hex.DecodeString(name)
	return err == nil && len(b) == 16
}
