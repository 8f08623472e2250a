package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"beeline/wasm/identity"
	"beeline/wasm/testdata"
)

// A someone uses contacts on a computer of their own.
type someone struct {
	t      *testing.T
	config string
}

func newSomeone(t *testing.T) someone {
	t.Helper()
	return someone{t, filepath.Join(t.TempDir(), "config")}
}

// twoContacts are people who have added each other.
func twoContacts(t *testing.T) (ada, bela someone) {
	t.Helper()
	ada, bela = newSomeone(t), newSomeone(t)
	adas, belas := ada.does("", "me", "--name", "Ada"), bela.does("", "me", "--name", "Bela")
	ada.does(belas, "add")
	bela.does(adas, "add")
	return ada, bela
}

// contacts runs a command of theirs; what they type is stdin.
func (s someone) contacts(stdin string, args ...string) (code int, stdout, stderr string) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), patience)
	defer cancel()
	var out, errs bytes.Buffer
	all := append([]string{"beeline", "contacts", "--config", s.config}, args...)
	code = runWith(ctx, all, strings.NewReader(stdin), &out, &errs)
	return code, out.String(), errs.String()
}

// does runs one that must end well.
func (s someone) does(stdin string, args ...string) string {
	s.t.Helper()
	code, stdout, stderr := s.contacts(stdin, args...)
	if code != exitDone {
		s.t.Fatalf("contacts %v: exit %d, %q", args, code, stderr)
	}
	return stdout
}

// fails runs one that must end so, with this in its one sentence.
func (s someone) fails(exit int, says, stdin string, args ...string) {
	s.t.Helper()
	code, _, stderr := s.contacts(stdin, args...)
	if code != exit || !strings.Contains(stderr, says) || !strings.HasSuffix(stderr, "\n") {
		s.t.Errorf("contacts %v: exit %d, %q; want exit %d and %q", args, code, stderr, exit, says)
	}
}

func cardOf(t *testing.T, id *identity.Identity, name string) string {
	t.Helper()
	c, err := id.Card(name, 1_790_000_000)
	if err != nil {
		t.Fatal(err)
	}
	return c.Text()
}

// Two people add each other, by argument and by standard input, by text and by link,
// and see the same number.
func TestTwoPeopleAddEachOther(t *testing.T) {
	ada, bela := newSomeone(t), newSomeone(t)
	ada.fails(exitFailed, "contacts me --name", "")
	ada.fails(exitFailed, "contacts me --name", "", "me")
	link, text, _ := strings.Cut(ada.does("", "me", "--name", "Ada", "--server", "https://beeline.example/"), "\n")
	if link != "https://beeline.example/c#"+strings.TrimSpace(text) {
		t.Errorf("the card is %q and the link %q", text, link)
	}
	belas := ada.does("", "me")
	if belas != text {
		t.Errorf("later the card is another: %q", belas)
	}
	belas = bela.does("", "me", "--name", "Bela")
	bela.does("", "add", link, "--as", "Ada from work")
	ada.does(belas, "add") // on the standard input
	if got := ada.does(""); !strings.HasPrefix(got, "Bela  unverified  added 20") {
		t.Errorf("the list is %q", got)
	}
	numbers := make([]string, 2)
	for i, it := range []struct {
		s    someone
		name string
	}{{ada, "bela"}, {bela, "Ada from work"}} {
		out := it.s.does("y\n", "verify", it.name)
		numbers[i], _, _ = strings.Cut(out, ":")
		numbers[i] = strings.Join(strings.Fields(numbers[i])[:identity.SafetyGroups], " ")
	}
	if numbers[0] != numbers[1] || len(numbers[0]) != 12*5+11 {
		t.Errorf("one reads %q, the other %q", numbers[0], numbers[1])
	}
	var o map[string]any
	if err := json.Unmarshal([]byte(ada.does("", "--json")), &o); err != nil || o["event"] != "contact" || o["state"] != "verified" || o["name"] != "Bela" {
		t.Errorf("as JSON: %v, %v", o, err)
	}
	ada.does("", "remove", "Bela")
	if got := ada.does(""); !strings.HasPrefix(got, "Nobody yet") {
		t.Errorf("after removing: %q", got)
	}
}

// What is wrong is one sentence that says what to do, and changes nothing.
func TestContactsSayWhatIsWrong(t *testing.T) {
	s := newSomeone(t)
	own := s.does("", "me", "--name", "Me")
	ada := identity.New()
	s.does("", "add", cardOf(t, ada, "Ada"))
	card := cardOf(t, ada, "Ada")
	flipped := card[:60] + map[bool]string{true: "B", false: "A"}[card[60] == 'A'] + card[61:]
	for _, bad := range []string{"hello", "bl1.", card[:40], card + "A", flipped, "https://example.org/c#"} {
		s.fails(exitUsage, "no contact card", "", "add", bad)
	}
	s.fails(exitUsage, "your own card", "", "add", strings.TrimSpace(own))
	s.fails(exitUsage, "no card was given", "", "add")
	s.fails(exitUsage, "in quotes", "", "add", card, "more")
	s.fails(exitUsage, "can't be one", "", "add", cardOf(t, identity.New(), "Grace"), "--as", strings.Repeat("x", 49))
	s.fails(exitUsage, "can't be a name", "", "me", "--name", "a\u202eb")
	s.fails(exitUsage, "no contact is called", "", "verify", "Grace")
	s.fails(exitUsage, "takes the name", "", "remove")
	s.fails(exitUsage, `no command "paint"`, "", "paint")
	s.fails(exitFailed, "y or n", "perhaps\n", "verify", "Ada")
	s.fails(exitFailed, "y or n", "", "verify", "Ada")
	if got := s.does(""); !strings.HasPrefix(got, "Ada  unverified") || strings.Count(got, "\n") != 1 {
		t.Errorf("after all that the list is %q", got)
	}
	// Another key under a known name, and numbers that differ: exit 4, and remembered.
	s.fails(exitVerified, "was not added", "", "add", cardOf(t, identity.New(), "ada"))
	if got := s.does(""); !strings.HasPrefix(got, "Ada  changed") || strings.Count(got, "\n") != 1 {
		t.Errorf("after a card with another key: %q", got)
	}
	s.does("", "remove", "Ada")
	s.does("", "add", card)
	s.fails(exitVerified, "somebody else's key", "n\n", "verify", "Ada")
	if got := s.does(""); !strings.HasPrefix(got, "Ada  changed") {
		t.Errorf("after numbers that differ: %q", got)
	}
}

// Two contacts whose names are one but for capitals are told apart, never guessed.
func TestNamesThatCouldBeTwo(t *testing.T) {
	s := newSomeone(t)
	s.does("", "me", "--name", "Me")
	first, second := identity.New(), identity.New()
	s.does("", "add", cardOf(t, first, "Card 1"), "--as", "Sam")
	s.does("", "add", cardOf(t, second, "Card 2"), "--as", "SAM")
	s.does("y\n", "verify", "Sam")
	s.fails(exitUsage, "several", "", "verify", "sam")
	if got := s.does(""); !strings.Contains(got, "Sam  verified") || !strings.Contains(got, "SAM  unverified") {
		t.Errorf("the list is %q", got)
	}
}

// A successor replaces its contact after a yes, and is unverified.
func TestSuccessorIsAsked(t *testing.T) {
	s := newSomeone(t)
	s.does("", "me", "--name", "Me")
	old, next := identity.New(), identity.New()
	s.does("", "add", cardOf(t, old, "Ada"))
	s.does("y\n", "verify", "Ada")
	card, err := next.Card("Ada", 1_795_000_000)
	if err != nil {
		t.Fatal(err)
	}
	follows, err := old.Succeed(card)
	if err != nil {
		t.Fatal(err)
	}
	s.fails(exitFailed, "nothing was changed", "n\n", "add", follows.Text())
	if got := s.does(""); !strings.HasPrefix(got, "Ada  verified") {
		t.Errorf("after a no: %q", got)
	}
	s.does(follows.Text()+"\ny\n", "add") // both on the standard input
	if got := s.does(""); !strings.HasPrefix(got, "Ada  unverified") {
		t.Errorf("after a yes: %q", got)
	}
}

// Backup, 24 words, the passphrase, and a backup that others made.
func TestContactsBackup(t *testing.T) {
	s, other := newSomeone(t), newSomeone(t)
	me := s.does("", "me", "--name", "Me")
	s.does("", "add", cardOf(t, identity.New(), "Ada"))
	file := filepath.Join(t.TempDir(), "me.beeline")
	s.fails(exitUsage, "BEELINE_BACKUP_PASSPHRASE", "", "backup", file)
	t.Setenv("BEELINE_BACKUP_PASSPHRASE", "paper boat")
	s.does("", "backup", file)
	s.fails(exitUsage, "overwrites nothing", "", "backup", file)
	other.does("", "restore", file)
	if got := other.does("", "me"); got != me {
		t.Errorf("restored, the card is %q, want %q", got, me)
	}
	if got := other.does(""); !strings.HasPrefix(got, "Ada  unverified") {
		t.Errorf("restored, the list is %q", got)
	}
	// Replacing asks; a no and a file that is none change nothing.
	v := testdata.Load(t, "vault_backup_of_a_person")
	theirs := filepath.Join(t.TempDir(), "theirs")
	if err := os.WriteFile(theirs, v.Bytes(t, "container"), 0o600); err != nil {
		t.Fatal(err)
	}
	other.fails(exitFailed, "does not open", "", "restore", theirs)
	other.fails(exitUsage, "can't be read", "", "restore", theirs+"2")
	t.Setenv("BEELINE_BACKUP_PASSPHRASE", v.Text(t, "passphrase"))
	other.fails(exitFailed, "nothing was changed", "n\n", "restore", theirs)
	other.fails(exitFailed, "nothing was changed", "", "restore", theirs)
	if got := other.does("", "me"); got != me {
		t.Errorf("after a no the card is %q", got)
	}
	t.Setenv("BEELINE_PASSPHRASE", "here")
	other.does("y\n", "restore", theirs) // a backup of a browser's core
	if got := other.does(""); !strings.HasPrefix(got, "Bela     verified") || !strings.Contains(got, "Admiral  unverified") {
		t.Errorf("of the browser's backup: %q", got)
	}
	t.Setenv("BEELINE_PASSPHRASE", "")
	other.fails(exitUsage, "kept under a passphrase", "y\n", "restore", theirs) // it would lie open from then on
	t.Setenv("BEELINE_PASSPHRASE", "there")
	other.fails(exitFailed, "does not open", "")
	t.Setenv("BEELINE_PASSPHRASE", "")
	other.fails(exitUsage, "BEELINE_PASSPHRASE", "")
	// On paper.
	words := s.does("", "backup", "--words")
	if n := len(strings.Fields(words)); n != 24 {
		t.Fatalf("%d words", n)
	}
	other.fails(exitUsage, "word 2", "abandon beeline", "restore", "words")
	other.fails(exitUsage, "24 words", "zoo zoo", "restore", "words", "--yes")
	code, stdout, stderr := other.contacts(strings.ToUpper(words), "restore", "words", "--yes", "--no-passphrase")
	if code != exitDone || strings.Contains(stdout+stderr, words[:20]) {
		t.Errorf("from words: exit %d, %q, %q", code, stdout, stderr)
	}
	own := func(who someone) any {
		var o map[string]any
		_ = json.Unmarshal([]byte(who.does("", "--json", "me")), &o)
		return o["id"]
	}
	if a, b := own(s), own(other); a != b || a == nil {
		t.Errorf("of 24 words came %v, want %v", b, a)
	}
}

// A passphrase is set and changed; without the old one nothing is.
func TestContactsPassphrase(t *testing.T) {
	s := newSomeone(t)
	s.does("", "me", "--name", "Me")
	t.Setenv("BEELINE_NEW_PASSPHRASE", "one")
	s.does("", "passphrase")
	s.fails(exitUsage, "BEELINE_PASSPHRASE", "", "me")
	s.fails(exitUsage, "BEELINE_PASSPHRASE", "", "me", "--name", "New") // not another identity in its place
	t.Setenv("BEELINE_PASSPHRASE", "two")
	s.fails(exitFailed, "does not open", "", "passphrase")
	t.Setenv("BEELINE_PASSPHRASE", "one")
	t.Setenv("BEELINE_NEW_PASSPHRASE", "two")
	s.does("", "passphrase")
	s.fails(exitFailed, "does not open", "", "me")
	t.Setenv("BEELINE_PASSPHRASE", "two")
	s.does("", "me")
}

// No command says a secret, but the one that is asked for the words.
func TestContactsSaySecretsOnlyWhenAsked(t *testing.T) {
	s := newSomeone(t)
	s.does("", "me", "--name", "Me")
	words := strings.Fields(s.does("", "backup", "--words"))
	t.Setenv("BEELINE_BACKUP_PASSPHRASE", "paper boat")
	file := filepath.Join(t.TempDir(), "b")
	for _, line := range []string{"", "--json", "me", "--json me", "backup " + file, "--help", "passphrase", "verify x", "restore " + file} {
		_, stdout, stderr := s.contacts("n\n", strings.Fields(line)...)
		for _, secret := range []string{strings.Join(words[:3], " "), "paper boat"} {
			if strings.Contains(stdout+stderr, secret) {
				t.Errorf("contacts %s says a secret", line)
			}
		}
	}
}
