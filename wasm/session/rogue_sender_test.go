package session

import (
	"testing"

	"beeline/wasm/catalog"
	"beeline/wasm/ctrl"
	"beeline/wasm/describe"
	"beeline/wasm/lane"
	"beeline/wasm/record"
	"beeline/wasm/wire"
)

// rogue is a world whose sharer seals what the test likes: it has the link's key
// and an honest handshake, and lies from there on.
type rogue struct {
	*world
	s *Sharer
	n *node
	r *Receiver
}

// files of a rogue: 0 is the root, then a folder, a file of two groups, a small
// one, an empty one, and one that is larger than any window.
const (
	rogueDir, rogueClip, rogueNote, rogueZero, rogueHuge, rogueEnd = 1, 2, 3, 4, 5, 6

	hugeSize = 40 << 20
)

func rogueFiles() []testFile {
	return []testFile{
		{"dir", nil}, {"clip.mov", pattern(1<<20+4321, 11)}, {"notes.txt", pattern(2000, 12)}, {"zero", []byte{}},
	}
}

// newRogue brings a recipient to where it has asked for what its window takes
// and nothing has come. Data records are the test's to send.
func newRogue(t testing.TB) *rogue { return newRogueWith(t) }

// newRogueWith does so with something left out.
func newRogueWith(t testing.TB, choices ...Choice) *rogue {
	w := newWorld(t, 1)
	s := NewSharer("Share", w.config(1))
	w.sharer = w.node("sharer", s)
	w.sharer.offer(rogueFiles())
	w.sharer.rogue = func(SendGroup) [][]byte { return nil }
	s.cat = catalog.NewBuilder("Share", [16]byte{1}, [32]byte{2}) // again, with the huge file
	for _, e := range []catalog.Entry{
		{Type: catalog.Dir, Name: "dir"}, {Type: catalog.File, Size: 1<<20 + 4321, Name: "clip.mov"},
		{Type: catalog.File, Size: 2000, Name: "notes.txt"}, {Type: catalog.File, Name: "zero"},
		{Type: catalog.File, Size: hugeSize, Name: "huge.mov"},
	} {
		if _, err := s.cat.Add(e); err != nil {
			t.Fatal(err)
		}
	}
	s.cat.Finish()
	w.sharer.online()
	n, r := w.take(s.Link(), 1)
	w.wait(5_000, "the list is there", func() bool { return r.View().Listed })
	n.handle(Receive{Choices: choices})
	w.run(300)
	return &rogue{w, s, n, r}
}

// say sends control messages as the sharer.
func (x *rogue) say(messages ...ctrl.Message) {
	if c := x.s.recips[0].conn; c != nil {
		for _, m := range messages {
			c.send(m)
		}
		x.sharer.do(x.s.take())
		x.settle()
	}
}

func (x *rogue) raw(typ uint8, body []byte) { x.say(ctrl.Raw{Type: typ, Body: body}) }

// data sends one data record with these extents.
func (x *rogue) data(extents ...record.Extent) {
	var plain []byte
	for _, e := range extents {
		plain = append(record.AppendExtentHeader(plain, e.File, e.Version, len(e.Bytes), e.Offset), e.Bytes...)
	}
	x.plain(plain)
}

func (x *rogue) plain(plain []byte) {
	if c := x.s.recips[0].conn; c != nil && x.sharer.jobs[laneID{c.id, 0}] != nil {
		x.sharer.sendPlain(laneID{c.id, 0}, plain)
		x.settle()
	}
}

// group sends a whole group of zeros, or the right bytes where there are some.
func (x *rogue) group(file uint32, version uint8, index uint32, size uint64) {
	at := uint64(index) * wire.GroupSize
	for n := lane.GroupLen(size, index); n > 0; {
		part := make([]byte, min(n, 60_000))
		if src := x.sharer.sources[file]; src != nil && version == 0 {
			copy(part, src.data[at:])
		}
		x.data(record.Extent{File: file, Version: version, Offset: at, Bytes: part})
		at, n = at+uint64(len(part)), n-len(part)
	}
}

func ext(file uint32, version uint8, offset uint64, n int) record.Extent {
	return record.Extent{File: file, Version: version, Offset: offset, Bytes: make([]byte, n)}
}

// What a rogue sender says ends the session, at once and with its name; nothing
// of it lands. PROTOCOL.md f.2 to f.5; 3, attacks 24, 33, 35, 42.
func TestRogueSenderIsCaught(t *testing.T) {
	digest := func(file uint32, version uint8) ctrl.FileDigest {
		return ctrl.FileDigest{File: file, Version: version}
	}
	desc := func(pc, typ uint8, c ...describe.Candidate) []byte {
		d := describe.Description{PC: pc, Type: typ, Setup: 1 + (typ - 1), Ufrag: "abcd", Pwd: "abcdefghijklmnopqrstuv", Candidates: c}
		return d.Append(nil)
	}
	host := func(addr ...byte) describe.Candidate {
		c := describe.Candidate{Kind: 1, Proto: 1, Priority: 1, Family: 4, Port: 9}
		copy(c.Addr[:], addr)
		return c
	}
	tests := []struct {
		name string
		do   func(x *rogue)
		want wire.Code
	}{
		// attack 35: bytes
		{"bytes of a file that is not listed", func(x *rogue) { x.data(ext(rogueEnd, 0, 0, 10)) }, wire.Unrequested},
		{"bytes of file 2³²−1", func(x *rogue) { x.data(ext(1<<32-1, 0, 0, 10)) }, wire.Unrequested},
		{"bytes of a folder", func(x *rogue) { x.data(ext(rogueDir, 0, 0, 10)) }, wire.Unrequested},
		{"bytes of the root", func(x *rogue) { x.data(ext(0, 0, 0, 10)) }, wire.Unrequested},
		{"a newer version", func(x *rogue) { x.data(ext(rogueNote, 1, 0, 10)) }, wire.Unrequested},
		{"a group beyond the window", func(x *rogue) { x.group(rogueHuge, 0, 39, hugeSize) }, wire.Unrequested},
		{"past the end of a small file", func(x *rogue) { x.data(ext(rogueNote, 0, 1990, 11)) }, wire.Unrequested},
		{"a group past the end", func(x *rogue) { x.data(ext(rogueClip, 0, 2<<20, 1)) }, wire.Unrequested},
		{"bytes of an empty file", func(x *rogue) { x.data(ext(rogueZero, 0, 0, 1)) }, wire.Unrequested},
		{"across two groups", func(x *rogue) { x.data(ext(rogueClip, 0, 1<<20-5, 10)) }, wire.Format},
		{"an offset beyond every file", func(x *rogue) { x.data(ext(rogueClip, 0, 1<<53, 10)) }, wire.Format},
		{"an empty record", func(x *rogue) { x.plain(nil) }, wire.Format},
		{"an empty extent", func(x *rogue) { x.data(ext(rogueNote, 0, 0, 0)) }, wire.Format},
		{"half an extent", func(x *rogue) { x.plain(make([]byte, 15)) }, wire.Format},
		{"513 extents", func(x *rogue) { x.data(make513()...) }, wire.Format},
		{"the same bytes again and again", func(x *rogue) {
			for range 400 {
				x.data(ext(rogueHuge, 0, 0, 60_000))
			}
			x.group(rogueNote, 0, 0, 2000) // a batch says how much was opened
		}, wire.Unrequested},
		{"whole groups again and again", func(x *rogue) {
			for range 20 {
				x.group(rogueHuge, 0, 0, hugeSize)
			}
		}, wire.Unrequested},
		{"pieces of more groups than a window has", func(x *rogue) {
			for g := range uint64(24) {
				x.data(ext(rogueHuge, 0, g<<20, 1))
			}
		}, wire.Unrequested},
		{"pieces of files nobody heard of", func(x *rogue) {
			x.data(ext(rogueNote, 0, 0, 1), ext(77, 0, 0, 1), ext(78, 0, 0, 1))
		}, wire.Unrequested},

		// attack 35: words
		{"FILE_END of a file not listed", func(x *rogue) { x.say(ctrl.FileEnd{Files: []ctrl.FileDigest{digest(rogueEnd, 0)}}) }, wire.Unrequested},
		{"FILE_END of a folder", func(x *rogue) { x.say(ctrl.FileEnd{Files: []ctrl.FileDigest{digest(rogueDir, 0)}}) }, wire.Unrequested},
		{"FILE_END of a newer version", func(x *rogue) { x.say(ctrl.FileEnd{Files: []ctrl.FileDigest{digest(rogueNote, 1)}}) }, wire.Unrequested},
		{"FILE_CHANGED of a folder", func(x *rogue) { x.say(ctrl.FileChanged{File: rogueDir, Version: 1}) }, wire.Unrequested},
		{"FILE_CHANGED of a file not listed", func(x *rogue) { x.say(ctrl.FileChanged{File: rogueEnd, Version: 1}) }, wire.Unrequested},
		{"FILE_CHANGED to the same version", func(x *rogue) {
			x.say(ctrl.FileChanged{File: rogueNote, Version: 1, Size: 5}, ctrl.FileChanged{File: rogueNote, Version: 1, Size: 5})
		}, wire.Format},
		{"FILE_CHANGED without end", func(x *rogue) { x.say(ctrl.FileChanged{File: rogueNote, Version: 4, Size: 5}) }, wire.Format},
		{"CVS that were not asked for", func(x *rogue) { x.say(ctrl.CVs{File: rogueClip, CVs: make([][32]byte, 2)}) }, wire.Unrequested},
		{"HELLO again", func(x *rogue) { x.say(ctrl.Hello{RecMax: wire.RecordMax, Lanes: 1}) }, wire.Format},
		{"SHARE_HEAD again", func(x *rogue) { x.raw(wire.ShareHead, x.s.recips[0].head(x.s)[1:]) }, wire.Format},
		{"an unknown message", func(x *rogue) { x.raw(0x7F, nil) }, wire.Format},
		{"a flood", func(x *rogue) {
			for range ctrlPerMinute + 10 {
				x.say(ctrl.Ping{})
			}
		}, wire.Format},
		{"LIST_REQ", func(x *rogue) { x.say(ctrl.ListReq{From: 0, Max: 1}) }, wire.Format},
		{"GET", func(x *rogue) { x.say(ctrl.Get{}) }, wire.Format},
		{"HAVE", func(x *rogue) { x.say(ctrl.Have{}) }, wire.Format},
		{"CV_REQ", func(x *rogue) { x.say(ctrl.CVReq{File: rogueClip, Count: 1}) }, wire.Format},
		{"PROGRESS", func(x *rogue) { x.say(ctrl.Progress{}) }, wire.Format},
		{"CANCEL", func(x *rogue) { x.say(ctrl.Cancel{}) }, wire.Format},

		// attack 33: the list
		{"a page after the end", func(x *rogue) { x.raw(wire.ListPage, page(1, 1, catalog.File, 1)) }, wire.Manifest},
		{"the end again", func(x *rogue) { end, _ := x.s.cat.Edition().End(); x.raw(wire.ListEnd, end) }, wire.Manifest},

		// attacks 24 and 42: connections
		{"a connection number again", func(x *rogue) { x.raw(wire.CtrlDesc, desc(0, 1)) }, wire.Desc},
		{"more lanes than agreed", func(x *rogue) { x.raw(wire.CtrlDesc, desc(1, 1)) }, wire.Desc},
		{"an answer to nothing", func(x *rogue) { x.raw(wire.CtrlDesc, desc(1, 2)) }, wire.Desc},
		{"half a description", func(x *rogue) { x.raw(wire.CtrlDesc, desc(1, 1)[:20]) }, wire.Desc},
		{"a multicast candidate", func(x *rogue) {
			x.raw(wire.CtrlCand, describe.AppendCandidates(nil, 0, []describe.Candidate{host(224, 0, 0, 1)}))
		}, wire.Desc},
		{"a broadcast candidate", func(x *rogue) {
			x.raw(wire.CtrlCand, describe.AppendCandidates(nil, 0, []describe.Candidate{host(255, 255, 255, 255)}))
		}, wire.Desc},
		{"100 candidates", func(x *rogue) {
			x.raw(wire.CtrlCand, describe.AppendCandidates(nil, 0, make([]describe.Candidate, 100)))
		}, wire.Desc},
		{"candidates without end", func(x *rogue) {
			for range candsPerDesc + 1 {
				x.raw(wire.CtrlCand, describe.AppendCandidates(nil, 0, []describe.Candidate{host(10, 0, 0, 2)}))
			}
		}, wire.Desc},
	}
	for _, v := range tests {
		t.Run(v.name, func(t *testing.T) {
			x := newRogue(t)
			v.do(x)
			x.run(300)
			if got := x.r.View(); got.Phase != Failed || got.Why != v.want {
				t.Errorf("the recipient shows %v, %v, want failed, %v", got.Phase, got.Why, v.want)
			}
			if len(x.n.disk.landed) > 1 { // the honest one may have been through
				t.Errorf("%d files landed", len(x.n.disk.landed))
			}
			if row := x.s.View().Recipients[0]; row.Phase != Failed || row.Why != v.want {
				t.Errorf("the sharer is told %v, %v, want %v", row.Phase, row.Why, v.want)
			}
		})
	}
}

func make513() []record.Extent {
	out := make([]record.Extent, wire.ExtentsPerRecord+1)
	for i := range out {
		out[i] = ext(rogueHuge, 0, uint64(i), 1)
	}
	return out
}

// page returns the body of a LIST_PAGE with n entries of one kind.
func page(number uint32, n int, kind uint8, parent uint32) []byte {
	b := []byte{0, 0, 0, byte(number), byte(n >> 8), byte(n)}
	for range n {
		b = append(b, kind, byte(parent>>24), byte(parent>>16), byte(parent>>8), byte(parent))
		b = append(b, make([]byte, 8+8+1)...)
		b = append(b, 0, 1, 'x')
	}
	return b
}
