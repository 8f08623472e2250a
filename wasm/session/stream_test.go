package session

import (
	"encoding/binary"
	"strings"
	"testing"

	"beeline/wasm/catalog"
	"beeline/wasm/lane"
	"beeline/wasm/wire"
)

// fakeStream is a destination that takes groups in order: what came before its
// turn waits, and is not written.
type fakeStream struct {
	plan    []byte
	top     string
	opened  int
	entries int
	line    []uint32 // files in the order of the plan
	next    uint32   // group of the first of them whose turn it is
	held    map[lane.Group]bool
	most    int // groups that waited at once
	left    []lane.Group
	stalled bool // the browser takes nothing
}

// streams makes the destination of n one, and holds what it is told to its plan.
func streams(t *testing.T, n *node) *fakeStream {
	f := &fakeStream{held: make(map[lane.Group]bool)}
	n.disk.stream = f
	n.log = func(a Action) {
		switch a := a.(type) {
		case DiskOpen:
			*f = fakeStream{plan: a.Plan, top: a.Top, opened: f.opened + 1, held: make(map[lane.Group]bool), stalled: f.stalled}
		case DiskEntry:
			if len(f.plan) < planSize*(f.entries+1) {
				t.Fatalf("entry %d is not in the plan", f.entries)
			}
			p := f.plan[planSize*f.entries:]
			f.entries++
			length := uint32(len(strings.Join(a.Path, "/")))
			if a.Dir {
				length = length + 1 | 1<<31
			} else {
				f.line = append(f.line, a.File)
			}
			if got, size := binary.BigEndian.Uint32(p), binary.BigEndian.Uint64(p[4:]); got != length || size != a.Size {
				t.Errorf("%v: the plan says %x and %d bytes, want %x and %d", a.Path, got, size, length, a.Size)
			}
		}
	}
	return f
}

func (f *fakeStream) came(d *fakeDisk, g lane.Group) {
	f.held[g] = true
	f.most = max(f.most, len(f.held))
	f.advance(d)
}

func (f *fakeStream) advance(d *fakeDisk) {
	for !f.stalled && len(f.line) > 0 {
		file := f.line[0]
		p := d.parts[file]
		if p == nil || f.next == lane.Groups(uint64(len(p.data))) {
			f.line, f.next = f.line[1:], 0
			continue
		}
		g := lane.Group{File: file, Version: p.version, Index: f.next}
		if !f.held[g] {
			return
		}
		delete(f.held, g)
		f.next++
		f.left = append(f.left, g)
		d.n.post(Written{Groups: []lane.Group{g}})
	}
}

// The plan that a stream is opened with is what then comes, in its order; the
// digests are compared, and nothing is called safe.
func TestStreamGetsWhatWasPlanned(t *testing.T) {
	for _, v := range []struct {
		choices []Choice
		top     string
		entries int
		files   []testFile
	}{
		{nil, "", 11, tree()},
		{[]Choice{{11, false}}, "A001", 10, tree()[:10]},
		{[]Choice{{0, false}, {9, true}}, "A001", 1, tree()[8:9]},
		{[]Choice{{0, false}, {11, true}}, "loose.txt", 1, tree()[10:]},
	} {
		w := newWorld(t, 1)
		w.shuffle = true
		s := w.share(3, tree()...)
		n, r := w.take(s.Link(), 3)
		f := streams(t, n)
		w.wait(5_000, "the list is there", func() bool { return r.View().Phase == ListShown && r.View().Listed })
		n.handle(Receive{Choices: v.choices, Stream: true})
		w.complete(20_000, n, r, v.files)
		if len(f.plan) != planSize*v.entries || f.entries != v.entries || f.top != v.top || f.opened != 1 {
			t.Errorf("%v: a plan of %d, %d came, %q, opened %d times; want %d, %q", v.choices, len(f.plan)/planSize, f.entries, f.top, f.opened, v.entries, v.top)
		}
		got, row := r.View(), s.View().Recipients[0]
		if got.Verified != got.Bytes || got.Safe != 0 || row.Phase != Complete || row.Verified != row.Bytes || row.Safe != 0 {
			t.Errorf("the recipient shows %+v, the sharer %+v", got, row)
		}
	}
}

// Whatever the order in which groups come, and however often lanes die, no more
// than the window waits for its turn.
func TestStreamWaitsWithinTheWindow(t *testing.T) {
	for seed := range int64(6) {
		w := newWorld(t, seed)
		w.shuffle, w.rate = true, 1_500_000
		files := []testFile{{"a.mov", pattern(25<<20, 1)}, {"b.mov", pattern(24<<20+5, 2)}, {"c.txt", pattern(10, 3)}}
		s := w.share(4, files...)
		n, r := w.take(s.Link(), 4)
		f := streams(t, n)
		w.wait(5_000, "the list is there", func() bool { return r.View().Phase == ListShown && r.View().Listed })
		n.handle(Receive{Stream: true})
		w.wait(20_000, "some left", func() bool { return len(f.left) > 3 })
		f.stalled = true
		w.run(20_000)
		if got := r.fetch.owed + r.fetch.unwritten; got > r.window() {
			t.Errorf("a browser that takes nothing: %d bytes are asked for or wait, want at most %d", got, r.window())
		}
		f.stalled = false
		f.advance(&n.disk)
		w.kill(w.live()[int(seed)%len(w.live())])
		w.complete(120_000, n, r, files)
		if limit := r.window() / wire.GroupSize; f.most > limit {
			t.Errorf("%d groups waited, want at most %d", f.most, limit)
		}
	}
}

// A stream waits for the whole list: its length has to be known.
func TestStreamWaitsForTheList(t *testing.T) {
	w := newWorld(t, 1)
	s := NewSharer("Share", w.config(1))
	w.sharer = w.node("sharer", s)
	w.sharer.online()
	for i, f := range few() {
		w.sharer.sources[uint32(i+1)] = &fakeSource{path: f.name, data: f.data, modMS: w.now, seen: w.now}
		w.truth[f.name] = append(w.truth[f.name], f.data)
		w.sharer.handle(Add{[]catalog.Entry{{Type: catalog.File, Size: uint64(len(f.data)), ModMS: w.now, Name: f.name}}})
	}
	n, r := w.take(s.Link(), 1)
	f := streams(t, n)
	w.wait(5_000, "the list begins", func() bool { return r.View().Phase == ListShown && r.View().Entries == 3 })
	n.handle(Receive{Stream: true})
	w.run(2_000)
	if f.opened != 0 || r.View().Written != 0 {
		t.Errorf("opened %d times, %d bytes written before the list is whole", f.opened, r.View().Written)
	}
	w.sharer.handle(Listed{})
	w.complete(10_000, n, r, few())
	if f.opened != 1 {
		t.Errorf("it was opened %d times", f.opened)
	}
}

// What fails one file anywhere else ends a stream, with that reason; another try
// begins anew.
func TestStreamCantLeaveAFileOut(t *testing.T) {
	for name, v := range map[string]struct {
		why   wire.Code
		spoil func(w *world, n *node, r *Receiver)
	}{
		"a source that vanishes": {wire.Unreadable, func(w *world, _ *node, _ *Receiver) {
			during(w.sharer, 3, 2, func() { w.sharer.edit(3, nil) })
		}},
		"a digest that differs": {wire.Root, func(_ *world, n *node, _ *Receiver) {
			n.disk.damage = func(file uint32, data []byte) {
				if file == 7 {
					data[0] ^= 1
				}
			}
		}},
		"a file that was taken back": {wire.Withdrawn, func(w *world, _ *node, _ *Receiver) {
			during(w.sharer, 3, 2, func() { w.sharer.handle(Remove{Entries: []uint32{3}}) })
		}},
		"a browser that ends it": {wire.Download, func(w *world, n *node, _ *Receiver) {
			during(w.sharer, 3, 2, func() { n.handle(DiskBroken{Code: wire.Download}) })
		}},
	} {
		w := newWorld(t, 1)
		s := w.share(1, tree()...)
		n, r := w.take(s.Link(), 1)
		streams(t, n)
		v.spoil(w, n, r)
		w.wait(5_000, "the list is there", func() bool { return r.View().Phase == ListShown && r.View().Listed })
		n.handle(Receive{Stream: true})
		w.wait(20_000, "it ends", r.ended)
		if got := r.View(); got.Phase != Failed || got.Why != v.why || !n.disk.tossed {
			t.Errorf("%s: %v, %v, discarded %t, want failed, %v", name, got.Phase, got.Why, n.disk.tossed, v.why)
		}
		w.run(1_000)
		if row := s.View().Recipients[0]; row.Phase != Failed || row.Why != v.why {
			t.Errorf("%s: the sharer sees %v, %v, want failed, %v", name, row.Phase, row.Why, v.why)
		}
		n.disk.damage, w.sharer.onRead = nil, nil
		n.handle(Connect{})
		w.wait(10_000, name+": it can be tried again", func() bool { return r.View().Phase == ListShown })
		if r.fetch != nil {
			t.Errorf("%s: another try is not a new one", name)
		}
	}
}
