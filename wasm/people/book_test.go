package people

import (
	"bytes"
	"errors"
	"reflect"
	"strings"
	"testing"

	"beeline/wasm/identity"
	"beeline/wasm/testdata"
	"beeline/wasm/wire"
)

const now = 1_795_660_800

func text(t testing.TB, id *identity.Identity, name string, created uint32) string {
	t.Helper()
	c, err := id.Card(name, created)
	if err != nil {
		t.Fatal(err)
	}
	return c.Text()
}

// book has Ada (verified), Grace under another petname, and somebody without a name.
func book(t testing.TB) (b *Book, ada, grace, nobody *identity.Identity) {
	t.Helper()
	b, err := New("Me", now)
	if err != nil {
		t.Fatal(err)
	}
	ada, grace, nobody = identity.New(), identity.New(), identity.New()
	for _, add := range []struct {
		id            *identity.Identity
		name, petname string
	}{{ada, "Ada", ""}, {grace, "Grace H.", "Admiral"}, {nobody, "", ""}} {
		id, err := b.Add(text(t, add.id, add.name, now), add.petname, now)
		if err != nil || id != add.id.ID() {
			t.Fatalf("Add %q: %v", add.name, err)
		}
	}
	if err := b.Verify(ada.ID(), true); err != nil {
		t.Fatal(err)
	}
	return b, ada, grace, nobody
}

func TestAddIsTheOnlyWayIn(t *testing.T) {
	b, ada, grace, nobody := book(t)
	for id, petname := range map[*identity.Identity]string{ada: "Ada", grace: "Admiral", nobody: ""} {
		c := b.Find(id.ID())
		if c == nil || c.Petname != petname || !c.Accept || c.Verified != (id == ada) || c.Changed || c.Added != now {
			t.Errorf("%q: %+v", petname, c)
		}
	}
	// A newer card of the same identity is hers, an older one changes nothing.
	if _, err := b.Add(text(t, ada, "Ada L.", now+5), "Somebody", now); err != nil || b.Find(ada.ID()).Card.Name != "Ada L." || b.Find(ada.ID()).Petname != "Ada" {
		t.Errorf("newer card: %v, %+v", err, b.Find(ada.ID()))
	}
	if _, err := b.Add(text(t, ada, "Old", now-5), "", now); err != nil || b.Find(ada.ID()).Card.Name != "Ada L." || len(b.Contacts) != 3 {
		t.Errorf("older card: %v, %+v", err, b.Find(ada.ID()))
	}
	if _, err := b.Add(b.Card().Text(), "", now); !errors.Is(err, wire.Card) {
		t.Errorf("one's own card: %v, want %v", err, wire.Card)
	}
	for _, bad := range []string{"", "bl1.", text(t, ada, "Ada", now) + "A", "https://example.org"} {
		if _, err := b.Add(bad, "", now); !errors.Is(err, wire.Card) {
			t.Errorf("Add(%q) = %v, want %v", bad, err, wire.Card)
		}
	}
	b.Remove(ada.ID())
	if b.Find(ada.ID()) != nil || len(b.Contacts) != 2 || b.Find(grace.ID()) == nil {
		t.Errorf("Remove left %+v", b.Contacts)
	}
}

// Attack 22: a new card under an old name, without a successor, is not added,
// whatever else of the name differs that nobody sees.
func TestAnotherKeyUnderTheSameName(t *testing.T) {
	for _, name := range []string{"Ada", "ada", "ADA", " Ada", "A\u200bda", "Ada\u200d", "A\u00adda"} {
		b, ada, _, _ := book(t)
		id, err := b.Add(text(t, identity.New(), name, now+9), "Ada from the lab", now)
		c := b.Find(ada.ID())
		if !errors.Is(err, wire.Identity) || id != ada.ID() || len(b.Contacts) != 3 || !c.Changed || !c.Verified {
			t.Errorf("Add(%q) = %v; %+v", name, err, c)
		}
		if err := b.Verify(ada.ID(), true); err != nil || b.Find(ada.ID()).Changed {
			t.Errorf("numbers compared: %v, still changed", err)
		}
	}
	b, _, grace, _ := book(t)
	for _, name := range []string{"admiral", "grace h."} { // her petname, and what her card says
		b.Find(grace.ID()).Changed = false
		if _, err := b.Add(text(t, identity.New(), name, now), "", now); !errors.Is(err, wire.Identity) || !b.Find(grace.ID()).Changed {
			t.Errorf("the name %q: %v", name, err)
		}
	}
	// No name is nobody's.
	if _, err := b.Add(text(t, identity.New(), "", now), "", now); err != nil {
		t.Errorf("a second card without a name: %v", err)
	}
	// Only X25519 differs: the same person to every signature, another meeting place.
	b, ada, _, _ := book(t)
	b.Find(ada.ID()).Card.X25519[0] ^= 1
	if l, err := b.Look(text(t, ada, "Somebody", now)); err != nil || l.What != Changed {
		t.Errorf("Look at half a key = %+v, %v; want changed", l, err)
	}
}

// Looking changes nothing, whatever is looked at.
func TestLookChangesNothing(t *testing.T) {
	b, ada, _, _ := book(t)
	before := b.Encode()
	next, err := identity.New().Card("Ada", now)
	if err != nil {
		t.Fatal(err)
	}
	s, err := ada.Succeed(next)
	if err != nil {
		t.Fatal(err)
	}
	for card, want := range map[string]What{
		text(t, identity.New(), "New", now): Fresh, text(t, ada, "Ada", now): Known, s.Text(): Successor,
		text(t, identity.New(), "Ada", now): Changed, b.Card().Text(): Own,
	} {
		l, err := b.Look(card)
		if err != nil || l.What != want {
			t.Errorf("Look = %+v, %v; want %d", l, err, want)
		}
		if (l.Contact == ada.ID()) != (want == Known || want == Successor || want == Changed) {
			t.Errorf("%d: of contact %x", want, l.Contact)
		}
	}
	if !bytes.Equal(b.Encode(), before) {
		t.Error("Look changed the book")
	}
}

// Attack 22: what follows a contact was signed by the old key, and replaces nothing
// without a click.
func TestSuccessor(t *testing.T) {
	b, ada, grace, _ := book(t)
	nextID := identity.New()
	next, err := nextID.Card("Ada", now+9)
	if err != nil {
		t.Fatal(err)
	}
	s, err := ada.Succeed(next)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.Add(s.Text(), "", now); !errors.Is(err, wire.Identity) || b.Find(nextID.ID()) != nil {
		t.Errorf("Add took a successor in: %v", err)
	}
	id, err := b.Replace(s.Text())
	c := b.Find(nextID.ID())
	if err != nil || id != nextID.ID() || c == nil || c.Verified || c.Changed || !c.Accept || c.Petname != "Ada" || b.Find(ada.ID()) != nil {
		t.Fatalf("Replace = %x, %v; %+v", id, err, c)
	}
	stranger, err := identity.New().Card("Grace H.", now)
	if err != nil {
		t.Fatal(err)
	}
	forged, err := identity.New().Succeed(stranger)
	if err != nil {
		t.Fatal(err)
	}
	forged.Old = grace.ID()
	for _, bad := range []string{forged.Text(), s.Text(), text(t, identity.New(), "X", 1)} {
		if _, err := b.Replace(bad); !errors.Is(err, wire.Card) {
			t.Errorf("Replace = %v, want %v", err, wire.Card)
		}
	}
	if _, err := b.Look(forged.Text()); !errors.Is(err, wire.Card) {
		t.Errorf("Look at a forged successor = %v, want %v", err, wire.Card)
	}
}

func TestNames(t *testing.T) {
	b, ada, _, _ := book(t)
	card := b.Card()
	if err := b.SetName("Other", now-100); err != nil || b.Card().Created <= card.Created || b.Card().ID() != card.ID() {
		t.Errorf("SetName: %v; a card that is not newer", err)
	}
	for _, bad := range []string{"a\u202eb", strings.Repeat("x", 49), "a\nb"} {
		if b.SetName(bad, now) == nil || b.Rename(ada.ID(), bad) == nil {
			t.Errorf("the name %q was taken", bad)
		}
		if _, err := New(bad, now); err == nil {
			t.Errorf("New(%q) made a book", bad)
		}
	}
	if err := b.Rename(ada.ID(), "  Countess "); err != nil || b.Find(ada.ID()).Petname != "Countess" {
		t.Errorf("Rename: %v, %q", err, b.Find(ada.ID()).Petname)
	}
	if err := b.Rename(identity.ID{1}, "x"); err == nil {
		t.Error("nobody was renamed")
	}
}

func TestEncodeAndDecode(t *testing.T) {
	b, ada, grace, _ := book(t)
	b.Generation = 7
	b.Find(grace.ID()).Changed, b.Find(grace.ID()).Confirm, b.Find(grace.ID()).Seen = true, true, now
	got, err := Decode(b.Encode())
	if err != nil || !reflect.DeepEqual(got, b) {
		t.Fatalf("Decode = %+v, %v; want %+v", got, err, b)
	}
	back, err := DecodeBackup(b.Backup())
	if err != nil || back.Identity.ID() != b.Identity.ID() || back.Generation != 0 || !reflect.DeepEqual(back.Contacts, b.Contacts) {
		t.Fatalf("DecodeBackup = %+v, %v", back, err)
	}
	if back.Dummy == b.Dummy {
		t.Error("the dummy seed was in the backup")
	}
	if _, err := Decode(b.Backup()); err == nil {
		t.Error("a backup was read as a vault")
	}
	if _, err := DecodeBackup(b.Encode()); err == nil {
		t.Error("a vault was read as a backup")
	}
	for n := range b.Encode() {
		if _, err := Decode(b.Encode()[:n]); !errors.Is(err, wire.Vault) {
			t.Fatalf("%d bytes of it: %v, want %v", n, err, wire.Vault)
		}
	}
	if _, err := Decode(append(b.Encode(), 0)); !errors.Is(err, wire.Vault) {
		t.Errorf("a byte more: %v", err)
	}
	twice := *b
	twice.Contacts = append(twice.Contacts[:2:2], twice.Contacts[0])
	if _, err := Decode(twice.Encode()); !errors.Is(err, wire.Vault) {
		t.Errorf("a contact twice: %v", err)
	}
	// A card whose signature is false is in no backup.
	forged := *b
	c := *b.Find(ada.ID()).Card
	c.Name = "Eve"
	forged.Contacts = []Contact{{Card: &c}}
	if _, err := DecodeBackup(forged.Backup()); !errors.Is(err, wire.Vault) {
		t.Errorf("a forged card in a backup: %v", err)
	}
}

// A backup that was written once is read for ever, to the same people, and written
// as the same bytes.
func TestBackupOfAPerson(t *testing.T) {
	plain := testdata.Load(t, "vault_backup_of_a_person").Bytes(t, "plain")
	b, err := DecodeBackup(plain)
	if err != nil || b.Name != "Ada" || b.Identity.ID() != identity.FromSeed([32]byte{7, 7, 7}).ID() || len(b.Contacts) != 2 {
		t.Fatalf("DecodeBackup = %+v, %v", b, err)
	}
	if c := b.Contacts[1]; c.Petname != "Admiral" || c.Card.Name != "Grace H." || !c.Accept || c.Verified || !b.Contacts[0].Verified {
		t.Errorf("the contacts are %+v", b.Contacts)
	}
	if !bytes.Equal(b.Backup(), plain) {
		t.Error("it is written as something else")
	}
}

// The old key says which the new one is: a contact takes it for theirs after a look,
// and nobody else is taken for it. Contacts and what was compared with them stay.
func TestSucceed(t *testing.T) {
	b, ada, _, _ := book(t)
	old, words, contacts := b.Card(), b.Words(), len(b.Contacts)
	theirs, err := New("Ada", now)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := theirs.Add(old.Text(), "My friend", now); err != nil {
		t.Fatal(err)
	}
	b.Succeed(now)
	if b.Identity.ID() == old.ID() || b.Words() == words || b.Card().Name != "Me" || b.Card().Created <= old.Created {
		t.Errorf("the card %+v is not a new one of the same name", b.Card())
	}
	if len(b.Contacts) != contacts || !b.Find(ada.ID()).Verified {
		t.Errorf("contacts did not stay: %+v", b.Contacts)
	}
	if l, err := theirs.Look(b.Follows); err != nil || l.What != Successor || l.Contact != old.ID() {
		t.Errorf("Look at the successor = %+v, %v", l, err)
	}
	if _, err := theirs.Replace(b.Follows); err != nil || theirs.Find(b.Identity.ID()) == nil || theirs.Find(b.Identity.ID()).Petname != "My friend" {
		t.Errorf("Replace: %v", err)
	}
	stranger, _, _, _ := book(t)
	if _, err := stranger.Look(b.Follows); !errors.Is(err, wire.Card) {
		t.Errorf("who never knew the old key: %v, want %v", err, wire.Card)
	}
	// It is there again on the next page, and in a backup; another's is not taken.
	for name, read := range map[string]func() (*Book, error){"vault": func() (*Book, error) { return Decode(b.Encode()) }, "backup": func() (*Book, error) { return DecodeBackup(b.Backup()) }} {
		if got, err := read(); err != nil || got.Follows != b.Follows || got.Identity.ID() != b.Identity.ID() {
			t.Errorf("%s: %v", name, err)
		}
	}
	for n := range len(b.Follows) - 1 {
		if _, err := Decode(b.Encode()[:len(b.Encode())-n-1]); !errors.Is(err, wire.Vault) {
			t.Fatalf("%d bytes less: %v, want %v", n+1, err, wire.Vault)
		}
	}
	other := *stranger
	other.Follows = b.Follows
	if _, err := Decode(other.Encode()); !errors.Is(err, wire.Vault) {
		t.Errorf("another's successor: %v, want %v", err, wire.Vault)
	}
	// Once more: who took the first takes the second.
	b.Succeed(now)
	if l, err := theirs.Look(b.Follows); err != nil || l.What != Successor {
		t.Errorf("the second successor: %+v, %v", l, err)
	}
}

func TestTheBookIsBounded(t *testing.T) {
	if testing.Short() {
		t.Skip("asks for size only")
	}
	b, err := New("", now)
	if err != nil {
		t.Fatal(err)
	}
	var c Contact
	for i := range ContactsMax {
		card, err := identity.FromSeed([32]byte{1, byte(i), byte(i >> 8)}).Card("", 1)
		if err != nil {
			t.Fatal(err)
		}
		c = Contact{Card: card}
		b.Contacts = append(b.Contacts, c)
	}
	if _, err := b.Add(text(t, identity.New(), "One more", 1), "", now); !errors.Is(err, wire.Busy) {
		t.Errorf("one more: %v, want %v", err, wire.Busy)
	}
	if got, err := Decode(b.Encode()); err != nil || len(got.Contacts) != ContactsMax {
		t.Errorf("a full book: %v", err)
	}
	more := identity.FromSeed([32]byte{2})
	card, _ := more.Card("", 1)
	b.Contacts = append(b.Contacts, Contact{Card: card})
	if _, err := Decode(b.Encode()); !errors.Is(err, wire.Vault) {
		t.Errorf("one too many: %v, want %v", err, wire.Vault)
	}
}

func FuzzDecode(f *testing.F) {
	f.Fuzz(func(t *testing.T, b []byte) {
		if got, err := Decode(b); err == nil && !bytes.Equal(got.Encode(), b) {
			t.Fatalf("%x was read and is not what is written for it", b)
		}
		if got, err := DecodeBackup(b); err == nil && !bytes.Equal(got.Backup(), b) {
			t.Fatalf("the backup %x was read and is not what is written for it", b)
		}
	})
}

func TestCorpora(t *testing.T) { testdata.Corpora(t) }
