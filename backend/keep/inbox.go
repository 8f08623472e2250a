package keep

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"beeline/wasm/identity"
	"beeline/wasm/people"
	"beeline/wasm/wire"
)

// This file: where what a contact shares is received by itself, and what was received
// already. Sealed by the book, like the shares beside it:
//
//	<config>/beeline/inboxes/<32 hex>                    {"contact":…,"out":…,"taken":[…]}
//	<config>/beeline/inboxes/<32 hex>.<share_id>.<n>     u64 of each file that was received
//	<config>/beeline/inboxes/<32 hex>.<share_id>.p<n>    of those that a scan has to release first
//
// What was received is not received again, though the person moves it somewhere else:
// that is what an inbox is for. A file is known by a number of 64 bits made of its path,
// size and date (backend/cli); two files of one share that have the same number by
// accident are so unlikely (10⁻⁸ among 500,000) that 4 MB are better than 16.

// Limits of what is kept of inboxes.
const (
	InboxesMost = people.ContactsMax
	takenMost   = 4096                          // shares that are remembered of one contact
	gotOfPart   = people.BesideMax / 2 / 8      // numbers in one file
	gotParts    = 1 + wire.EntriesMax/gotOfPart // files
)

// An Inbox says where to what a contact shares is received.
type Inbox struct {
	ID      string // of the file
	Contact identity.ID
	Out     string
	Hidden  bool   // no address is shown to the contact, but through a relay
	Most    uint64 // bytes that Out may have in all; 0: no bound
	Taken   []Taken
}

// Taken is a share that was received, as it was offered then.
type Taken struct {
	Share   [16]byte
	Entries uint32
	Bytes   uint64
	Parts   int // of the numbers of its files
}

type writtenInbox struct {
	Contact []byte         `json:"contact"`
	Out     []byte         `json:"out"`
	Hidden  bool           `json:"hidden,omitempty"`
	Most    uint64         `json:"most,omitempty"`
	Taken   []writtenTaken `json:"taken"`
}

type writtenTaken struct {
	Share   []byte `json:"share"`
	Entries uint32 `json:"entries"`
	Bytes   uint64 `json:"bytes"`
	Parts   int    `json:"parts"`
}

func (i *Inbox) encode() []byte {
	w := writtenInbox{Contact: i.Contact[:], Out: []byte(i.Out), Hidden: i.Hidden, Most: i.Most}
	for _, t := range i.Taken {
		w.Taken = append(w.Taken, writtenTaken{t.Share[:], t.Entries, t.Bytes, t.Parts})
	}
	b, err := json.Marshal(w)
	if err != nil {
		panic(err) // nothing in it can't be written
	}
	return b
}

// decodeInbox reads what encode wrote. It fails with [wire.Vault].
func decodeInbox(id string, b []byte) (Inbox, error) {
	var w writtenInbox
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if d.Decode(&w) != nil || d.More() || len(w.Contact) != len(identity.ID{}) || len(w.Taken) > takenMost ||
		!filepath.IsAbs(string(w.Out)) || bytes.IndexByte(w.Out, 0) >= 0 {
		return Inbox{}, wire.Vault.Because("not an inbox that was kept")
	}
	i := Inbox{ID: id, Contact: identity.ID(w.Contact), Out: string(w.Out), Hidden: w.Hidden, Most: w.Most}
	for _, t := range w.Taken {
		if len(t.Share) != 16 || t.Parts < 0 || t.Parts > gotParts {
			return Inbox{}, wire.Vault.Because("a share that can't be one")
		}
		i.Taken = append(i.Taken, Taken{[16]byte(t.Share), t.Entries, t.Bytes, t.Parts})
	}
	return i, nil
}

var inboxes = shelf[Inbox]{
	folder: "inboxes", kind: "inbox", most: InboxesMost,
	id: func(i *Inbox) *string { return &i.ID }, encode: (*Inbox).encode, decode: decodeInbox,
}

// gotName is how the numbers of a share are named, behind the ID of their inbox.
func gotName(share [16]byte, kind string, n int) string {
	return "." + hex.EncodeToString(share[:]) + "." + kind + strconv.Itoa(n)
}

const pending = "p"

// InboxesStamp changes whenever an inbox comes, changes or goes.
func (s *Store) InboxesStamp() string { return inboxes.stamp(s) }

// Inboxes returns those that are kept, and how many there are that don't open.
func (l *Locked) Inboxes(b *people.Book) (list []Inbox, closed int, err error) {
	return inboxes.list(l, b)
}

// AddInbox keeps an inbox from now on, and gives it its ID.
func (l *Locked) AddInbox(b *people.Book, i *Inbox) error {
	list, closed, err := l.Inboxes(b)
	if err != nil {
		return err
	}
	if len(list)+closed >= InboxesMost {
		return ErrMany
	}
	return inboxes.add(l, b, i)
}

// ChangeInbox changes what is kept of an inbox. It fails with [ErrNone] where there is
// none any more.
func (l *Locked) ChangeInbox(b *people.Book, id string, change func(*Inbox)) error {
	return inboxes.change(l, b, id, change)
}

// DropInbox forgets an inbox, with all that was received into it.
func (l *Locked) DropInbox(id string) error {
	err := inboxes.drop(l, id)
	if err == nil {
		l.dropGot(id + ".")
	}
	return err
}

// dropGot removes what begins with a name. What stays opens to nobody and costs room.
func (l *Locked) dropGot(prefix string) {
	dir, _ := os.ReadDir(inboxes.in(l.s))
	for _, e := range dir {
		if strings.HasPrefix(e.Name(), prefix) {
			_ = os.Remove(inboxes.path(l.s, e.Name()))
		}
	}
}

// Got returns the numbers of the files that were received of a share. What can't be read
// counts as not received.
func (l *Locked) Got(b *people.Book, id string, share [16]byte) map[uint64]bool {
	got := make(map[uint64]bool)
	i, err := inboxes.get(l, b, id)
	if err != nil {
		return got
	}
	for _, t := range i.Taken {
		if t.Share == share {
			for _, n := range l.numbers(b, id, t, "") {
				got[n] = true
			}
		}
	}
	return got
}

func (l *Locked) numbers(b *people.Book, id string, t Taken, kind string) (got []uint64) {
	for n := range t.Parts {
		name := id + gotName(t.Share, kind, n)
		plain, err := inboxes.open(l, b, name)
		for ; err == nil && len(plain) >= 8; plain = plain[8:] {
			got = append(got, binary.BigEndian.Uint64(plain))
		}
	}
	return got
}

// putNumbers writes the numbers of a share, and returns in how many parts.
func (l *Locked) putNumbers(b *people.Book, id string, share [16]byte, kind string, got []uint64) (parts int, err error) {
	for part := range slices.Chunk(got, gotOfPart) {
		if parts == gotParts {
			break // the list of no share is as long
		}
		plain := make([]byte, 0, 8*len(part))
		for _, n := range part {
			plain = binary.BigEndian.AppendUint64(plain, n)
		}
		name := id + gotName(share, kind, parts)
		if err := inboxes.seal(l, b, name, plain); err != nil {
			return 0, err
		}
		parts++
	}
	return parts, nil
}

// Pend remembers what is on its way, for a run that finds all of it in quarantine.
func (l *Locked) Pend(b *people.Book, id string, t Taken, got []uint64) error {
	if _, err := inboxes.get(l, b, id); err != nil {
		return ErrNone
	}
	l.dropGot(id + "." + hex.EncodeToString(t.Share[:]) + "." + pending)
	head := []uint64{uint64(t.Entries), t.Bytes}
	_, err := l.putNumbers(b, id, t.Share, pending, append(head, got...))
	return err
}

// Pended returns what Pend remembers.
func (l *Locked) Pended(b *people.Book, id string, share [16]byte) (t Taken, got []uint64, ok bool) {
	t = Taken{Share: share}
	for t.Parts < gotParts {
		if _, err := os.Stat(inboxes.path(l.s, id+gotName(share, pending, t.Parts))); err != nil {
			break
		}
		t.Parts++
	}
	if got = l.numbers(b, id, t, pending); len(got) < 2 {
		return t, nil, false
	}
	t.Entries, t.Bytes = uint32(got[0]), got[1]
	return t, got[2:], true
}

// Take remembers that a share was received as it was offered: these are the numbers of
// all its files. It fails with [ErrNone] where the inbox is gone.
func (l *Locked) Take(b *people.Book, id string, t Taken, got []uint64) error {
	before, err := inboxes.get(l, b, id)
	if errors.Is(err, fs.ErrNotExist) {
		return ErrNone
	}
	if err != nil {
		return err
	}
	if t.Parts, err = l.putNumbers(b, id, t.Share, "", got); err != nil {
		return err
	}
	before.Taken = slices.DeleteFunc(before.Taken, func(o Taken) bool { return o.Share == t.Share })
	before.Taken = append(before.Taken, t)
	for len(before.Taken) > takenMost {
		l.dropGot(id + "." + hex.EncodeToString(before.Taken[0].Share[:]))
		before.Taken = before.Taken[1:]
	}
	if err := inboxes.put(l, b, &before); err != nil {
		return err
	}
	l.dropGot(id + "." + hex.EncodeToString(t.Share[:]) + "." + pending)
	return nil
}

// Inboxes, AddInbox, ChangeInbox and DropInbox are those of the lock, with this book.
func (k *Kept) Inboxes() ([]Inbox, int, error) { return k.l.Inboxes(k.Book) }
func (k *Kept) AddInbox(i *Inbox) error        { return k.l.AddInbox(k.Book, i) }
func (k *Kept) ChangeInbox(id string, change func(*Inbox)) error {
	return k.l.ChangeInbox(k.Book, id, change)
}
func (k *Kept) DropInbox(id string) error { return k.l.DropInbox(id) }
