// Package people is the address book of an identity: whom the person added, under
// which names, and whether they compared safety numbers. It decides what a card
// that comes in means, and writes and reads what a vault or backup holds. It keeps
// nothing and reads no clock. PROTOCOL.md (a) and (i).
//
//	text of a card ─▶ Look: new | known | successor | changed | refused
//	                   │  (a person reads that and decides)
//	                   ▼
//	                  Add, Replace, Rename, Verify, Remove ─▶ Book ─▶ Encode ─▶ vault
package people

import (
	"crypto/rand"
	"strings"
	"unicode"

	"beeline/wasm/catalog"
	"beeline/wasm/identity"
	"beeline/wasm/wire"
)

// ContactsMax is how many contacts a book holds. PROTOCOL.md 2.2.
const ContactsMax = 4096

// A Contact is somebody whose card the person added.
type Contact struct {
	Card     *identity.Card
	Petname  string // as the person calls them; empty only where the card says nothing either
	Accept   bool   // their shares are shown: set by adding the card, by nothing else
	Verified bool   // the safety numbers were compared
	Changed  bool   // somebody with another key came under this name
	Confirm  bool   // receipts may name the person
	Added    uint32 // unix seconds
	Seen     uint32 // of the last session; 0: none
}

// ID returns the name of the contact's identity.
func (c *Contact) ID() identity.ID { return c.Card.ID() }

// A Book is an identity and its contacts, in the order they were added.
type Book struct {
	Identity   *identity.Identity
	Name       string   // on the own card
	Created    uint32   // of the own card, unix seconds
	Dummy      [32]byte // makes dummy families. PROTOCOL.md d.2
	Generation uint64   // grows with every write
	Contacts   []Contact
	Follows    string // text of the successor that says that this identity follows the one before; empty: it follows none
}

// New makes a book with a new identity. It fails with [wire.Card] for a name that
// no card may have.
func New(name string, now uint32) (*Book, error) {
	if err := identity.CheckName(name); err != nil {
		return nil, err
	}
	return newBook(identity.New(), name, now), nil
}

// FromSeed makes a book of a seed that was written down: without contacts.
func FromSeed(seed [32]byte, now uint32) *Book {
	return newBook(identity.FromSeed(seed), "", now)
}

func newBook(id *identity.Identity, name string, now uint32) *Book {
	b := &Book{Identity: id, Name: name, Created: now}
	rand.Read(b.Dummy[:]) // never fails
	return b
}

// Card returns the own card.
func (b *Book) Card() *identity.Card {
	c, err := b.Identity.Card(b.Name, b.Created)
	if err != nil {
		panic("people: " + err.Error()) // the name was checked
	}
	return c
}

// Succeed makes a new identity in the place of the one there is, and has the old one
// sign that: its text is what contacts are given. The old key is gone afterwards. Contacts stay
// as they are: their keys are the same. The safety number with each is another one.
func (b *Book) Succeed(now uint32) {
	next := identity.New()
	created := max(now, b.Created+1)
	card, err := next.Card(b.Name, created)
	if err != nil {
		panic("people: " + err.Error()) // the name was checked
	}
	s, err := b.Identity.Succeed(card)
	if err != nil {
		panic("people: " + err.Error()) // a new seed is another identity
	}
	b.Identity, b.Created, b.Follows = next, created, s.Text()
}

// SetName names the person anew; their card gets a new date, and stays the same
// identity for everybody who has it.
func (b *Book) SetName(name string, now uint32) error {
	if err := identity.CheckName(name); err != nil {
		return err
	}
	if name != b.Name {
		b.Name, b.Created = name, max(now, b.Created+1)
	}
	return nil
}

// Find returns the contact with an ID, or nil.
func (b *Book) Find(id identity.ID) *Contact {
	for i := range b.Contacts {
		if b.Contacts[i].ID() == id {
			return &b.Contacts[i]
		}
	}
	return nil
}

// What a card that was handed in is, seen from this book.
type What uint8

const (
	Fresh     What = iota // nobody has this key or this name: it can be added
	Known                 // a contact's own card
	Successor             // a contact says that this is their new key
	Changed               // a contact's name with another key: not to be added
	Own                   // the person's own card
)

// A Look is what a person is shown before anything is changed.
type Look struct {
	What    What
	Card    *identity.Card
	Contact identity.ID // whose it is, follows or has the name of; zero where new
}

// Look judges the text of a card or successor and changes nothing. It fails as
// [identity.Parse] does, and with [wire.Card] for a successor that nobody in the
// book has signed.
func (b *Book) Look(text string) (Look, error) {
	card, successor, err := identity.Parse(text)
	if err != nil {
		return Look{}, err
	}
	id := card.ID()
	if id == b.Identity.ID() {
		return Look{What: Own, Card: card}, nil
	}
	if b.Find(id) != nil {
		return Look{Known, card, id}, nil
	}
	if successor != nil {
		old := b.Find(successor.Old)
		if old == nil || !successor.Follows(old.Card) {
			return Look{}, wire.Card.Because("it follows nobody who is a contact")
		}
		return Look{Successor, card, successor.Old}, nil
	}
	for i := range b.Contacts {
		c := &b.Contacts[i]
		if c.Card.Ed25519 == card.Ed25519 || looksLike(card.Name, c.Card.Name) || looksLike(card.Name, c.Petname) {
			return Look{Changed, card, c.ID()}, nil
		}
	}
	return Look{What: Fresh, Card: card}, nil
}

// Add takes somebody in under a name, or the newer card of a contact. It fails as
// [Book.Look] does, with [wire.Card] for the own card, and with [wire.Identity]
// where the card has another key than the contact of its name: that contact is
// marked, so the caller writes the book all the same.
func (b *Book) Add(text, petname string, now uint32) (identity.ID, error) {
	l, err := b.Look(text)
	if err != nil {
		return identity.ID{}, err
	}
	id := l.Card.ID()
	switch l.What {
	case Own:
		return id, wire.Card.Because("one's own card")
	case Known:
		if c := b.Find(id); l.Card.Created > c.Card.Created {
			c.Card = l.Card
		}
		return id, nil
	case Changed:
		c := b.Find(l.Contact)
		c.Changed = true // their own key is the same: what was compared stays compared
		return l.Contact, wire.Identity.Because("another key than the contact of this name has")
	case Successor:
		return l.Contact, wire.Identity.Because("a successor replaces, it is not added")
	}
	if len(b.Contacts) >= ContactsMax {
		return id, wire.Busy.Because("the book is full")
	}
	if petname, err = namedAs(petname, l.Card.Name); err != nil {
		return id, err
	}
	b.Contacts = append(b.Contacts, Contact{Card: l.Card, Petname: petname, Accept: true, Added: now})
	return id, nil
}

// Replace takes a successor in the place of the contact that it follows, because a
// person said so. The safety number is another one, so it has to be compared anew.
func (b *Book) Replace(text string) (identity.ID, error) {
	l, err := b.Look(text)
	if err != nil {
		return identity.ID{}, err
	}
	if l.What != Successor {
		return l.Contact, wire.Card.Because("no successor of a contact")
	}
	c := b.Find(l.Contact)
	c.Card, c.Verified, c.Changed = l.Card, false, false
	return l.Card.ID(), nil
}

// Rename gives a contact another petname.
func (b *Book) Rename(id identity.ID, petname string) error {
	c := b.Find(id)
	if c == nil {
		return wire.Card.Because("no such contact")
	}
	petname, err := namedAs(petname, c.Card.Name)
	if err == nil {
		c.Petname = petname
	}
	return err
}

// Verify notes that the safety numbers were compared and are the same, or that
// they differ: then somebody else's key is there, and it is told like one.
func (b *Book) Verify(id identity.ID, same bool) error {
	c := b.Find(id)
	if c == nil {
		return wire.Card.Because("no such contact")
	}
	c.Verified, c.Changed = same, !same
	return nil
}

// Remove takes a contact out: in both directions nothing goes any more.
func (b *Book) Remove(id identity.ID) {
	for i := range b.Contacts {
		if b.Contacts[i].ID() == id {
			b.Contacts = append(b.Contacts[:i], b.Contacts[i+1:]...)
			return
		}
	}
}

// namedAs returns the name to show: what the person typed, else what the card says.
func namedAs(typed, card string) (string, error) {
	name := strings.TrimSpace(typed)
	if name == "" {
		name = card
	}
	if err := identity.CheckName(name); err != nil {
		return "", err
	}
	return name, nil
}

// looksLike reports whether two names look the same to somebody who reads quickly:
// folded, without characters that are not seen, one space for many. A card without
// a name looks like nobody's.
func looksLike(a, b string) bool {
	a = seen(a)
	return a != "" && a == seen(b)
}

// seen returns a name without what nobody sees.
func seen(name string) string {
	var out strings.Builder
	for _, r := range strings.TrimSpace(catalog.Fold(name)) {
		switch {
		case unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Variation_Selector, r):
		case unicode.IsSpace(r):
			if s := out.String(); s != "" && s[len(s)-1] != ' ' {
				out.WriteByte(' ')
			}
		default:
			out.WriteRune(r)
		}
	}
	return out.String()
}
