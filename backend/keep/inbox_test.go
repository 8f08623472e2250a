package keep

import (
	"bytes"
	"errors"
	"os"
	"reflect"
	"slices"
	"testing"

	"beeline/wasm/identity"
	"beeline/wasm/people"
)

func anInbox() Inbox {
	return Inbox{Contact: identity.ID{7}, Out: "/raid/from \xff", Hidden: true, Taken: []Taken{{Share: [16]byte{1}, Entries: 2, Bytes: 3, Parts: 4}}}
}

// What was received into an inbox is remembered with it, changes while it is there only,
// and says nothing to who reads the disk.
func TestInboxes(t *testing.T) {
	s, l, b := lockedStore(t)
	one := anInbox()
	one.Taken = nil
	if err := l.AddInbox(b, &one); err != nil {
		t.Fatal(err)
	}
	share, other := [16]byte{5}, [16]byte{6}
	numbers := make([]uint64, gotOfPart+3)
	for i := range numbers {
		numbers[i] = uint64(i) * 977
	}
	before := s.InboxesStamp()
	for _, taken := range []Taken{{Share: other, Entries: 1, Bytes: 1}, {Share: share, Entries: 9, Bytes: 10}, {Share: share, Entries: 11, Bytes: 12}} {
		if err := l.Take(b, one.ID, taken, numbers); err != nil {
			t.Fatal(err)
		}
	}
	list, closed, err := l.Inboxes(b)
	want := []Taken{{other, 1, 1, 2}, {share, 11, 12, 2}}
	if err != nil || closed != 0 || len(list) != 1 || !reflect.DeepEqual(list[0].Taken, want) || list[0].Out != one.Out || !list[0].Hidden {
		t.Fatalf("Inboxes = %+v, %d, %v; want %+v taken", list, closed, err, want)
	}
	if s.InboxesStamp() == before {
		t.Error("the stamp is the same")
	}
	got := l.Got(b, one.ID, share)
	for _, n := range numbers {
		if !got[n] {
			t.Fatalf("%d is not remembered", n)
		}
	}
	if len(got) != len(numbers) || len(l.Got(b, one.ID, [16]byte{8})) != 0 {
		t.Errorf("%d numbers are remembered, want %d", len(got), len(numbers))
	}
	pend := Taken{Share: share, Entries: 13, Bytes: 14}
	if _, _, ok := l.Pended(b, one.ID, share); ok {
		t.Error("what is on its way is known before it is")
	}
	if err := l.Pend(b, one.ID, pend, numbers); err != nil {
		t.Fatal(err)
	}
	if p, got, ok := l.Pended(b, one.ID, share); !ok || !slices.Equal(got, numbers) || p.Entries != 13 || p.Bytes != 14 {
		t.Errorf("on its way are %d of %+v, %v", len(got), p, ok)
	}
	dir, _ := os.ReadDir(inboxes.in(s))
	for _, e := range dir {
		box, _ := os.ReadFile(inboxes.path(s, e.Name()))
		info, _ := e.Info()
		if bytes.Contains(box, []byte("raid")) || info.Mode().Perm()&0o077 != 0 {
			t.Errorf("readable by others: %v", info.Mode())
		}
	}
	if err := l.Take(b, one.ID, pend, numbers[:1]); err != nil {
		t.Fatal(err)
	}
	if _, _, ok := l.Pended(b, one.ID, share); ok || len(l.Got(b, one.ID, share)) != 1 {
		t.Error("what has arrived is on its way still")
	}
	eve, _ := people.New("Eve", 1)
	if list, closed, _ := l.Inboxes(eve); len(list) != 0 || closed != 1 {
		t.Errorf("with another book: %d inboxes, %d closed", len(list), closed)
	}
	if err := l.DropInbox(one.ID); err != nil {
		t.Error(err)
	}
	if dir, _ := os.ReadDir(inboxes.in(s)); len(dir) != 0 {
		t.Errorf("left: %v", dir)
	}
	if err := l.Take(b, one.ID, Taken{Share: share}, nil); !errors.Is(err, ErrNone) {
		t.Errorf("taking into what is gone: %v, want %v", err, ErrNone)
	}
	if err := l.AddInbox(b, &Inbox{Out: "relative"}); err == nil {
		t.Error("a place that leads from nowhere is kept")
	}
}

// The oldest of very many shares is forgotten, with its files.
func TestInboxForgetsTheOldest(t *testing.T) {
	s, l, b := lockedStore(t)
	one := anInbox()
	one.Taken = nil
	for i := range takenMost {
		one.Taken = append(one.Taken, Taken{Share: [16]byte{1, byte(i >> 8), byte(i)}})
	}
	if err := l.AddInbox(b, &one); err != nil {
		t.Fatal(err)
	}
	if err := l.Take(b, one.ID, Taken{Share: one.Taken[0].Share}, []uint64{1}); err != nil { // the youngest now
		t.Fatal(err)
	}
	if err := l.Take(b, one.ID, Taken{Share: [16]byte{2}}, []uint64{1}); err != nil {
		t.Fatal(err)
	}
	list, _, _ := l.Inboxes(b)
	if n := len(list[0].Taken); n != takenMost || list[0].Taken[0].Share != one.Taken[2].Share {
		t.Errorf("%d are remembered from %x on", n, list[0].Taken[0].Share)
	}
	if dir, _ := os.ReadDir(inboxes.in(s)); len(dir) != 3 {
		t.Errorf("there are %d files, want 3", len(dir))
	}
}

func FuzzInbox(f *testing.F) {
	i := anInbox()
	f.Add(i.encode())
	f.Add([]byte(`{"contact":"AA==","out":"L2E=","taken":[{}]}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		i, err := decodeInbox("00", b)
		if err != nil {
			return
		}
		if again, err := decodeInbox("00", i.encode()); err != nil || !reflect.DeepEqual(again, i) {
			t.Errorf("%+v becomes %+v, %v", i, again, err)
		}
	})
}
