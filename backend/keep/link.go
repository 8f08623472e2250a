package keep

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/gofrs/flock"

	"beeline/wasm/wire"
)

// This file: links that are the same again after a crash. They need no identity, so they
// lie beside the keys of unfinished transfers, unsealed, for this user only:
//
//	<folder>/link-<32 hex of what is shared>-<16 hex>       "BLL1" | SHA-256 of the rest | {"of":…,"kept":…}
//	<folder>/link-<32 hex of what is shared>-<16 hex>.held  locked by the program that offers it
//	<folder>/links.lock                                     locked while one of those comes or goes
//
// The name tells what is shared only to who knows it: it is a hash, as in the file. Of the
// same thing there may be several links, each with a program of its own.

const (
	linkMagic = "BLL1"
	linkStart = len(linkMagic) + sha256.Size
	linksMost = 4096 // of which each run reads every one
	linkHeld  = ".held"
	// sampleMost is the most bytes of what LinkState says of files.
	sampleMost = 8 * 4096
	// linkStays is how long what can't be read is left where it is: longer than any link
	// lasts.
	linkStays = 367 * 24 * time.Hour
)

// ErrHeld means that another program offers this.
var ErrHeld = errors.New("keep: another program offers it")

// Links is a folder with what is kept of links.
type Links struct{ dir string }

// LinksAt keeps links in dir, which is made once there is one.
func LinksAt(dir string) *Links { return &Links{dir} }

// A LinkState is what is kept of a link. It is a secret.
type LinkState struct {
	Made, Ends time.Time // to the millisecond
	Kept       []byte    // peer.Kept has the meaning of this and the following
	Entries    int
	List       [32]byte
	Sample     []byte // 8 bytes each of 4,096 files at most
	Done       int
}

// A Link is a place for one link that this program holds, until Close.
type Link struct {
	LinkState      // as it was found; the zero value: it is a new one
	Damaged   bool // there was one, and it can't be read

	links *Links
	of    [32]byte
	path  string
	held  *flock.Flock
}

// writtenLink is a LinkState as it is written.
type writtenLink struct {
	Of      []byte `json:"of"`
	Made    int64  `json:"made"`
	Ends    int64  `json:"ends"`
	Kept    []byte `json:"kept"`
	Entries int    `json:"entries"`
	List    []byte `json:"list"`
	Sample  []byte `json:"sample"`
	Done    int    `json:"done"`
}

func (s *LinkState) encode(of [32]byte) []byte {
	b, err := json.Marshal(writtenLink{of[:], s.Made.UnixMilli(), s.Ends.UnixMilli(), s.Kept, s.Entries, s.List[:], s.Sample, s.Done})
	if err != nil {
		panic(err) // nothing in it can't be written
	}
	sum := sha256.Sum256(b)
	return slices.Concat([]byte(linkMagic), sum[:], b)
}

// decodeLink reads what encode wrote of this. It fails with [wire.Vault].
func decodeLink(of [32]byte, b []byte) (LinkState, error) {
	var w writtenLink
	bad := func(why string) (LinkState, error) { return LinkState{}, wire.Vault.Because(why) }
	if len(b) < linkStart || string(b[:len(linkMagic)]) != linkMagic {
		return bad("not a link that was kept")
	}
	if sum := sha256.Sum256(b[linkStart:]); !bytes.Equal(sum[:], b[len(linkMagic):linkStart]) || json.Unmarshal(b[linkStart:], &w) != nil {
		return bad("a link that is damaged")
	}
	if len(w.List) != len(LinkState{}.List) || len(w.Kept) == 0 || len(w.Kept) > keptMost || len(w.Sample) > sampleMost || len(w.Sample)%8 != 0 || w.Entries < 0 || w.Entries > wire.EntriesMax || w.Done < 0 {
		return bad("not a link of this version")
	}
	s := LinkState{time.UnixMilli(w.Made), time.UnixMilli(w.Ends), w.Kept, w.Entries, [32]byte(w.List), w.Sample, w.Done}
	if !bytes.Equal(s.encode(of), b) {
		return bad("a link for something else, or of another version")
	}
	return s, nil
}

// Take holds the latest link that is kept of this and that no other program offers, or a
// place for a new one. It fails with [ErrHeld] where there is none but those of other
// programs. With fresh it is always a new one, and those that nobody offers are dropped.
// What has ended is dropped, whatever it is of.
func (l *Links) Take(ctx context.Context, of [32]byte, fresh bool) (*Link, error) {
	unlock, err := l.lock(ctx)
	if err != nil {
		return nil, err
	}
	defer unlock()
	dir, err := os.ReadDir(l.dir)
	if err != nil {
		return nil, err
	}
	all := stems(dir)
	if len(all) >= linksMost {
		return nil, ErrMany
	}
	mine := "link-" + hex.EncodeToString(of[:16]) + "-"
	best, busy := &Link{links: l, of: of}, false
	for _, stem := range all {
		ours := strings.HasPrefix(stem, mine)
		held, err := hold(filepath.Join(l.dir, stem+linkHeld))
		if err != nil {
			busy = busy || ours
			continue
		}
		path := filepath.Join(l.dir, stem)
		sweep(path)
		s, err := readLink(path, ours, of)
		switch gone := errors.Is(err, fs.ErrNotExist); {
		case gone, err == nil && !s.Ends.After(time.Now()), ours && fresh, err != nil && (ours || old(path)):
			best.Damaged = best.Damaged || ours && !fresh && err != nil && !gone
			drop(path, held)
		case ours && (best.held == nil || s.Made.After(best.Made)):
			if best.held != nil {
				_ = best.held.Close()
			}
			best.LinkState, best.path, best.held = s, path, held
		default:
			_ = held.Close()
		}
	}
	switch {
	case best.held != nil:
		return best, nil
	case busy && !fresh:
		return nil, ErrHeld
	}
	var n [8]byte
	rand.Read(n[:]) // never fails
	best.path = filepath.Join(l.dir, mine+hex.EncodeToString(n[:]))
	best.held, err = hold(best.path + linkHeld)
	return best, err
}

// readLink reads what is kept under a path, of this or, where that is not known, of
// whatever it says that it is of.
func readLink(path string, ours bool, of [32]byte) (LinkState, error) {
	b, err := read(path)
	if err != nil {
		return LinkState{}, err
	}
	if !ours && len(b) > linkStart {
		var w writtenLink
		if json.Unmarshal(b[linkStart:], &w) == nil && len(w.Of) == len(of) {
			of = [32]byte(w.Of)
		}
	}
	return decodeLink(of, b)
}

// Put keeps the link as it is now.
func (k *Link) Put(s LinkState) error { return replace(k.path, s.encode(k.of)) }

// Erase forgets the link, whose place is still held.
func (k *Link) Erase() error {
	err := os.Remove(k.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return errors.Join(err, syncDir(k.links.dir))
}

// Close leaves the link to whoever takes it next. It may be called twice.
func (k *Link) Close() error {
	if k.held == nil {
		return nil
	}
	held := k.held
	k.held = nil
	unlock, err := k.links.lock(context.Background())
	if err != nil {
		return errors.Join(err, held.Close()) // its lock is left, and goes with the next
	}
	defer unlock()
	if _, err := os.Lstat(k.path); errors.Is(err, fs.ErrNotExist) {
		drop(k.path, held)
		return nil
	}
	return held.Close()
}

// lock keeps other programs from taking or dropping a link.
func (l *Links) lock(ctx context.Context) (unlock func(), err error) {
	lock, err := lockIn(ctx, l.dir, "links.lock")
	if err != nil {
		return nil, err
	}
	return func() { _ = lock.Close() }, nil
}

// hold locks a file that is made if it is not there. It fails with [ErrHeld]. Only who
// holds the lock of the folder may call it, and drop: nobody locks a file that is gone.
func hold(path string) (*flock.Flock, error) {
	lock := flock.New(path, flock.SetPermissions(0o600))
	ok, err := lock.TryLock()
	if err == nil && !ok {
		err = ErrHeld
	}
	if err != nil {
		_ = lock.Close()
		return nil, err
	}
	return lock, nil
}

// drop removes a link and what it is held by.
func drop(path string, held *flock.Flock) {
	_ = os.Remove(path)
	_ = held.Close() // first: no system removes what is open, but Unix
	_ = os.Remove(path + linkHeld)
}

// old reports whether what lies there can be no link that works.
func old(path string) bool {
	info, err := os.Lstat(path)
	return err == nil && time.Since(info.ModTime()) > linkStays
}

// stems are the names of links, with or without a file for each.
func stems(dir []os.DirEntry) (list []string) {
	seen := make(map[string]bool)
	for _, e := range dir {
		name, ok := strings.CutPrefix(strings.TrimSuffix(e.Name(), linkHeld), "link-")
		of, n, cut := strings.Cut(name, "-")
		if _, err := hex.DecodeString(n); !ok || !cut || err != nil || len(n) != 16 || !isID(of) || seen[name] {
			continue
		}
		seen[name] = true
		list = append(list, "link-"+name)
	}
	return list
}
