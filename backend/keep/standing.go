package keep

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/gofrs/flock"

	"beeline/wasm/identity"
	"beeline/wasm/people"
	"beeline/wasm/wire"
)

// This file: shares for contacts that are the same again after the program, or the
// machine, was started anew. Each is a file of its own, sealed by the book beside the
// container (wasm/people), since it says whom the person knows:
//
//	<config>/beeline/shares/<32 hex>   {"paths":…,"title":…,"with":…,"kept":…,"list":…}
//
// Whoever withdraws a share removes its file. Who offers it changes the file only
// while it is there, under the lock, so that what was withdrawn stays so.

// Limits of what is kept of shares. As many as a host takes (wasm/session).
const (
	StandingMost = 4096
	pathsMost    = 1024
	keptMost     = 128 << 10 // bytes of what session.Sharer.Keep returns
)

// ErrMany means that no further share is kept.
var ErrMany = errors.New("keep: as many shares as are kept")

// A Standing is a share that is kept.
type Standing struct {
	ID      string // of the file
	Paths   []string
	Title   string
	With    []identity.ID
	Allowed uint8     // wire.PathsAny, Direct or Relay
	Ends    time.Time // to the millisecond
	Node    bool      // `beeline node` offers it; else who typed it does
	// What peer.Host said of it; empty before it was offered for the first time.
	Kept []byte
	List [32]byte
}

// written is a Standing as it is sealed. Paths are bytes: not all are text.
type written struct {
	Paths   [][]byte `json:"paths"`
	Title   string   `json:"title"`
	With    [][]byte `json:"with"`
	Allowed uint8    `json:"allowed"`
	Ends    int64    `json:"ends"`
	Node    bool     `json:"node,omitempty"`
	Kept    []byte   `json:"kept"`
	List    []byte   `json:"list"`
}

func (s *Standing) encode() []byte {
	w := written{Title: s.Title, Allowed: s.Allowed, Ends: s.Ends.UnixMilli(), Node: s.Node, Kept: s.Kept, List: s.List[:]}
	for _, p := range s.Paths {
		w.Paths = append(w.Paths, []byte(p))
	}
	for _, id := range s.With {
		w.With = append(w.With, id[:])
	}
	b, err := json.Marshal(w)
	if err != nil {
		panic(err) // nothing in it can't be written
	}
	return b
}

// decodeStanding reads what encode wrote. It fails with [wire.Vault].
func decodeStanding(id string, b []byte) (Standing, error) {
	var w written
	bad := func(why string) (Standing, error) { return Standing{}, wire.Vault.Because(why) }
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if d.Decode(&w) != nil || d.More() {
		return bad("not a share that was kept")
	}
	switch {
	case len(w.Paths) == 0 || len(w.Paths) > pathsMost:
		return bad("a number of paths that no share has")
	case len(w.Title) > wire.TitleMax || len(w.Kept) > keptMost || len(w.With) > people.ContactsMax:
		return bad("more than a share has")
	case w.Allowed > wire.PathsRelay || len(w.List) != 32:
		return bad("not a share of this version")
	}
	s := Standing{ID: id, Title: w.Title, Allowed: w.Allowed, Ends: time.UnixMilli(w.Ends), Node: w.Node, Kept: w.Kept, List: [32]byte(w.List)}
	for _, p := range w.Paths {
		if !filepath.IsAbs(string(p)) || bytes.IndexByte(p, 0) >= 0 {
			return bad("a path that leads from nowhere")
		}
		s.Paths = append(s.Paths, string(p))
	}
	for _, id := range w.With {
		if len(id) != len(identity.ID{}) {
			return bad("a contact that can't be one")
		}
		s.With = append(s.With, identity.ID(id))
	}
	return s, nil
}

var shares = shelf[Standing]{
	folder: "shares", kind: "standing", most: StandingMost,
	id: func(s *Standing) *string { return &s.ID }, encode: (*Standing).encode, decode: decodeStanding,
}

// SharesStamp changes whenever a share comes, changes or goes, also by another program.
func (s *Store) SharesStamp() string { return shares.stamp(s) }

// Standing returns the shares that are kept, and how many there are that don't open:
// of another book, or damaged.
func (l *Locked) Standing(b *people.Book) (list []Standing, closed int, err error) {
	return shares.list(l, b)
}

// HasStanding reports whether a share was not withdrawn.
func (s *Store) HasStanding(id string) bool {
	_, err := os.Stat(shares.path(s, id))
	return err == nil
}

// AddStanding keeps a share from now on, and gives it its ID.
func (l *Locked) AddStanding(b *people.Book, s *Standing) error {
	if dir, err := os.ReadDir(shares.in(l.s)); err == nil && len(dir) >= StandingMost {
		return ErrMany
	}
	return shares.add(l, b, s)
}

// ChangeStanding changes what is kept of a share. It fails with [ErrNone] where it was
// withdrawn meanwhile.
func (l *Locked) ChangeStanding(b *people.Book, id string, change func(*Standing)) error {
	return shares.change(l, b, id, change)
}

// DropStanding forgets a share.
func (l *Locked) DropStanding(id string) error {
	err := shares.drop(l, id)
	if isID(id) {
		_ = os.Remove(l.s.held("share-" + id))
	}
	return err
}

// Hold says that this program, and no other, does what is named until it is released:
// the node, or who offers a share. It fails with [ErrBusy].
func (s *Store) Hold(name string) (release func(), err error) {
	if strings.ContainsAny(name, `/\`) {
		return nil, fmt.Errorf("hold %q: not a name", name)
	}
	if err := os.MkdirAll(s.dir, 0o700); err != nil {
		return nil, err
	}
	lock := flock.New(s.held(name), flock.SetPermissions(0o600))
	ok, err := lock.TryLock()
	if err != nil {
		return nil, fmt.Errorf("hold a lock in %s: %w", s.dir, err)
	}
	if !ok {
		return nil, ErrBusy
	}
	return func() { _ = lock.Close() }, nil
}

// Dir is the folder that everything is kept in.
func (s *Store) Dir() string { return s.dir }

func (s *Store) held(name string) string { return filepath.Join(s.dir, "held-"+name) }

// Standing, AddStanding and DropStanding are those of the lock, with this book.
func (k *Kept) Standing() ([]Standing, int, error) { return k.l.Standing(k.Book) }
func (k *Kept) AddStanding(s *Standing) error      { return k.l.AddStanding(k.Book, s) }
func (k *Kept) DropStanding(id string) error       { return k.l.DropStanding(id) }
