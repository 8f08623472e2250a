package session

import (
	"strings"
	"testing"

	"beeline/wasm/catalog"
	"beeline/wasm/ctrl"
	"beeline/wasm/digest"
	"beeline/wasm/wire"
)

func digestOf(data []byte) [32]byte {
	h := digest.NewHasher(nil)
	h.Write(data)
	return h.Sum()
}

// entries of tree(), by index: 1 A001, 2 A001/empty, 3 clip.mov, 4 zero.txt,
// 5 ünïcode, 6 small.bin, 7 edge.bin, 8 A001/sub, 9 a.exr, 10 b.exr, 11 loose.txt.

// What a person left out is never asked for, written, made or counted, and both
// sides end at 100 % of the rest.
func TestWhatIsChosenArrives(t *testing.T) {
	for _, v := range []struct {
		name    string
		choices []Choice
		land    []int // indices of tree()
	}{
		{"nothing is said", nil, []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10}},
		{"a folder is left out", []Choice{{1, false}}, []int{10}},
		{"all but a folder in it", []Choice{{1, false}, {8, true}}, []int{7, 8, 9, 10}},
		{"one file in what is left out", []Choice{{0, false}, {9, true}}, []int{8}},
		{"one file is left out", []Choice{{3, false}}, []int{0, 1, 3, 4, 5, 6, 7, 8, 9, 10}},
		{"the later word counts", []Choice{{1, false}, {11, false}, {1, true}}, []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}},
		{"what is not in the list", []Choice{{12, false}, {1 << 31, false}}, []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10}},
		{"nothing", []Choice{{0, false}}, nil},
	} {
		t.Run(v.name, func(t *testing.T) {
			w := newWorld(t, 1)
			s := w.share(1, tree()...)
			n, r := w.take(s.Link(), 1)
			var want []testFile
			wanted := make(map[string]bool)
			files, bytes := 0, uint64(0)
			for _, i := range v.land {
				f := tree()[i]
				want = append(want, f)
				wanted[f.name] = true
				if f.data != nil {
					files++
					bytes += uint64(len(f.data))
				}
			}
			var opened DiskOpen
			n.log = func(a Action) {
				switch a := a.(type) {
				case DiskOpen:
					opened = a
				case DiskEntry:
					if path := strings.Join(a.Path, "/"); !wanted[path] {
						t.Errorf("the destination is told of %q", path)
					}
				}
			}
			w.sharer.log = func(a Action) {
				if g, ok := a.(SendGroup); ok && !wanted[tree()[g.Group.File-1].name] {
					t.Errorf("%q is sent", tree()[g.Group.File-1].name)
				}
			}
			w.wait(5_000, "the list is there", func() bool { return r.View().Listed })
			if got := r.View(); got.Files != 8 {
				t.Errorf("before the choice %d files are shown, want all 8", got.Files)
			}
			n.handle(Receive{Choices: v.choices})
			if got := r.View(); got.Files != files || got.Bytes != bytes {
				t.Errorf("%d files, %d bytes are shown, want %d, %d", got.Files, got.Bytes, files, bytes)
			}
			w.complete(20_000, n, r, want)
			if opened.Files != len(v.land) || opened.Bytes != bytes {
				t.Errorf("the destination is opened for %d entries, %d bytes, want %d, %d", opened.Files, opened.Bytes, len(v.land), bytes)
			}
			got, row := r.View(), s.View().Recipients[0]
			if got.Verified != bytes || int(got.FilesVerified) != files || got.Why != wire.None {
				t.Errorf("the recipient shows %+v", got)
			}
			if row.Phase != Complete || row.Bytes != bytes || row.Verified != bytes || int(row.Files) != files {
				t.Errorf("the sharer shows %+v", row)
			}
			for i := range uint32(12) {
				state := FileState(r.States(int(i), 1)[0])
				switch {
				case r.list.Kind(i) == catalog.Dir:
					if state != FileWaiting {
						t.Errorf("folder %d has state %d", i, state)
					}
				case wanted[tree()[i-1].name] != (state == FileVerified) || !wanted[tree()[i-1].name] != (state == FileUnwanted):
					t.Errorf("file %d has state %d", i, state)
				}
			}
		})
	}
}

// A choice made while the list still comes counts for what follows in the same
// folder; and a list that is not whole is never the end for either side.
func TestChoiceWhileTheListComes(t *testing.T) {
	w := newWorld(t, 1)
	s := NewSharer("Share", w.config(1))
	w.sharer = w.node("sharer", s)
	w.sharer.online()
	add := func(path string, e catalog.Entry) {
		data := pattern(int(e.Size), uint32(s.cat.Len()))
		w.sharer.sources[uint32(s.cat.Len())] = &fakeSource{path: path, data: data, modMS: w.now, seen: w.now}
		w.truth[path] = append(w.truth[path], data)
		e.ModMS = w.now
		w.sharer.handle(Add{[]catalog.Entry{e}})
	}
	add("out", catalog.Entry{Type: catalog.Dir, Name: "out"})
	add("in.txt", catalog.Entry{Type: catalog.File, Size: 10, Name: "in.txt"})
	n, r := w.take(s.Link(), 1)
	w.wait(3_000, "the list begins", func() bool { return r.View().Entries == 2 })
	n.handle(Receive{Choices: []Choice{{1, false}}})
	w.wait(3_000, "what there is landed", func() bool { return r.View().FilesVerified == 1 })
	w.run(1_000)
	if got, row := r.View(), s.View().Recipients[0]; got.Phase != Transferring || row.Phase != Transferring || row.Files != 0 {
		t.Fatalf("half a list is the end:%s", w.state())
	}
	n.offline()
	w.kill(w.live()[0])
	w.settle()
	if row := s.View().Recipients[0]; row.Phase != Reconnecting {
		t.Errorf("half a list was the end for the sharer: %v", row.Phase)
	}
	n.online()
	w.wait(30_000, "a new session", func() bool { return len(w.live()) == 1 && r.View().Phase == Transferring })
	add("out/no.txt", catalog.Entry{Type: catalog.File, Size: 20, Parent: 1, Name: "no.txt"})
	add("yes.txt", catalog.Entry{Type: catalog.File, Size: 30, Name: "yes.txt"})
	w.sharer.handle(Listed{})
	w.complete(10_000, n, r, []testFile{{"in.txt", pattern(10, 2)}, {"yes.txt", pattern(30, 4)}})
	if row := s.View().Recipients[0]; row.Phase != Complete || row.Files != 2 || row.Bytes != 40 || row.Verified != 40 {
		t.Errorf("the sharer shows %+v", row)
	}
}

// The choice outlives sessions, and "Try again".
func TestChoiceIsKept(t *testing.T) {
	w := newWorld(t, 1)
	files := []testFile{{"a.mov", pattern(3<<20, 1)}, {"b.mov", pattern(2<<20, 2)}}
	s := w.share(1, files...)
	n, r := w.take(s.Link(), 1)
	w.rate = 200_000
	w.wait(5_000, "the list is there", func() bool { return r.View().Listed })
	n.handle(Receive{Choices: []Choice{{2, false}}})
	w.wait(5_000, "something is written", func() bool { return r.View().Written > 0 })
	bad := true
	w.onCtrl = func(_ *node, rec []byte) [][]byte {
		if bad {
			rec[20] ^= 1
		}
		return [][]byte{rec}
	}
	w.wait(100_000, "it fails", func() bool { return r.View().Phase == Failed })
	bad = false
	n.handle(Connect{})
	w.complete(60_000, n, r, files[:1])
	if v := r.View(); v.Files != 1 || v.Bytes != 3<<20 || v.Verified != 3<<20 {
		t.Errorf("the recipient shows %+v", v)
	}
}

// What was left out was not asked for: who sends it is put out. PROTOCOL.md f.3;
// 3, attack 35.
func TestWhatIsLeftOutIsUnrequested(t *testing.T) {
	for name, send := range map[string]func(x *rogue){
		"bytes":    func(x *rogue) { x.group(rogueNote, 0, 0, 2000) },
		"FILE_END": func(x *rogue) { x.say(ctrl.FileEnd{Files: []ctrl.FileDigest{{File: rogueNote}}}) },
	} {
		x := newRogueWith(t, Choice{rogueNote, false})
		send(x)
		if v := x.r.View(); v.Why != wire.Unrequested || x.n.disk.landed["notes.txt"] != nil {
			t.Errorf("%s: %v, %v, want %v", name, v.Phase, v.Why, wire.Unrequested)
		}
	}
}

func TestStatesAndParts(t *testing.T) {
	x := newRogueWith(t, Choice{rogueNote, false})
	want := func(what string, list ...FileState) {
		t.Helper()
		got := x.r.States(0, 100)
		for i := range list {
			if len(got) != len(list) || FileState(got[i]) != list[i] {
				t.Fatalf("%s: states %v, want %v", what, got, list)
			}
		}
	}
	const w, a, u, v, f, no = FileWaiting, FileArriving, FileWritten, FileVerified, FileFailed, FileUnwanted
	// The window takes all files, the huge one in part.
	want("asked for", w, w, a, no, v, a) // nothing is all there is of one
	if got := x.r.View().Current; got != 0 {
		t.Errorf("file %d is current, nothing came", got)
	}
	x.group(rogueHuge, 0, 1, hugeSize)
	if got := x.r.View().Current; got != rogueHuge {
		t.Errorf("file %d is current, want %d", got, rogueHuge)
	}
	if got := x.r.Parts(rogueHuge); len(got) != 40 || got[0] != 0 || got[1] != 255 || got[2] != 0 {
		t.Errorf("parts = %v, want the second of 40", got)
	}
	x.group(rogueClip, 0, 0, 1<<20+4321)
	if got := x.r.Parts(rogueClip); len(got) != 2 || got[0] != 255 || got[1] != 0 {
		t.Errorf("parts = %v, want the first of two", got)
	}
	x.group(rogueClip, 0, 1, 1<<20+4321)
	want("written", w, w, u, no, v, a)
	x.say(ctrl.FileEnd{Files: []ctrl.FileDigest{{File: rogueClip, Digest: digestOf(x.sharer.sources[rogueClip].data)}}})
	x.say(ctrl.Error{Number: wire.Withdrawn.Number(), File: rogueHuge})
	want("over", w, w, v, no, v, f)
	if got := x.r.Parts(rogueClip); len(got) != 2 || got[0] != 255 || got[1] != 255 {
		t.Errorf("parts of what landed = %v", got)
	}
	for what, got := range map[string][]byte{
		"parts of a folder": x.r.Parts(rogueDir), "parts of nothing": x.r.Parts(rogueZero), "parts past the list": x.r.Parts(rogueEnd),
		"states past the list": x.r.States(rogueEnd, 5), "states below it": x.r.States(-1, 5), "fewer than none": x.r.States(0, -1),
	} {
		if len(got) != 0 {
			t.Errorf("%s = %v, want none", what, got)
		}
	}
	if got := x.r.States(rogueZero, 1); len(got) != 1 {
		t.Errorf("one state asked for, got %v", got)
	}
}

// Once a transfer has ended nothing is on its way any more.
func TestStatesWhenItEnded(t *testing.T) {
	x := newRogueWith(t, Choice{rogueNote, false})
	x.n.handle(CancelAll{})
	for i, want := range map[uint32]FileState{rogueHuge: FileMissing, rogueClip: FileMissing, rogueNote: FileUnwanted, rogueZero: FileVerified} {
		if got := FileState(x.r.States(int(i), 1)[0]); got != want {
			t.Errorf("file %d: state %d, want %d", i, got, want)
		}
	}
}

// Of a file of more groups than cells each cell is the share of its groups.
func TestPartsOfALargeFile(t *testing.T) {
	w := newWorld(t, 1)
	s := NewSharer("Share", w.config(1))
	w.sharer = w.node("sharer", s)
	w.sharer.handle(Add{[]catalog.Entry{{Type: catalog.File, Size: 1000 << 20, Name: "huge.mov"}}})
	w.sharer.handle(Listed{})
	w.sharer.online()
	w.sharer.rogue = func(SendGroup) [][]byte { return nil }
	n, r := w.take(s.Link(), 1)
	w.receiveAll(n, r)
	w.run(300)
	tg := r.target(1)
	for g := range uint32(1000) {
		if g < 500 || g == 777 {
			tg.written.set(g)
		}
	}
	got := r.Parts(1)
	for c, v := range got {
		first, end := c*1000/128, (c+1)*1000/128
		in := 0
		for g := first; g < end; g++ {
			if g < 500 || g == 777 {
				in++
			}
		}
		if int(v) != in*255/(end-first) {
			t.Errorf("cell %d = %d, want %d of %d", c, v, in, end-first)
		}
	}
	if len(got) != 128 {
		t.Errorf("%d cells", len(got))
	}
}

// Since when a phase lasts is told for both, also where only the view changes.
func TestPhasesSayHowLong(t *testing.T) {
	w := newWorld(t, 1)
	s := w.share(1, testFile{"a.mov", pattern(3<<20, 1)})
	n, r := w.take(s.Link(), 1)
	w.rate = 50_000
	w.receiveAll(n, r)
	w.run(2_000)
	began := w.now
	n.handle(SetPause{On: true})
	w.run(3_000)
	if v, row := r.View(), s.View().Recipients[0]; v.Phase != Paused || v.Since != began || row.Phase != Paused || row.Since < began || row.Since > began+200 {
		t.Errorf("paused since %d and %d, want %d", r.View().Since, row.Since, began)
	}
	n.handle(SetPause{})
	w.freeze()
	w.wait(20_000, "trouble is shown", func() bool { return r.View().Phase == Reconnecting })
	at := w.now
	w.run(2_000)
	if v := r.View(); v.Since < at-200 || v.Since > at {
		t.Errorf("in trouble since %d, want %d", v.Since, at)
	}
	if got := s.View().Expires; got != s.expires || got == 0 {
		t.Errorf("the link ends at %d, want %d", got, s.expires)
	}
}
