package session

import (
	"testing"

	"beeline/wasm/catalog"
	"beeline/wasm/ctrl"
	"beeline/wasm/describe"
	"beeline/wasm/wire"
)

// taker is a recipient with an honest handshake that says what the test likes.
type taker struct {
	*world
	s *Sharer
	n *node
	r *Receiver
}

func newTaker(t testing.TB, files ...testFile) *taker {
	w := newWorld(t, 1)
	s := w.share(1, files...)
	n, r := w.take(s.Link(), 1)
	w.wait(5_000, "the list is there", func() bool { return r.View().Listed && len(w.live()) == 1 })
	return &taker{w, s, n, r}
}

func (x *taker) say(messages ...ctrl.Message) {
	if x.r.conn != nil {
		for _, m := range messages {
			x.r.conn.send(m)
		}
		x.n.do(x.r.take())
		x.settle()
	}
}

func get(file uint32, version uint8, first, count uint32) ctrl.Get {
	return ctrl.Get{Ranges: []ctrl.Range{{File: file, Version: version, First: first, Count: count}}}
}

// A recipient that asks for what is not there, or more than the limits, is told
// E_FORMAT and put out; no byte outside the share is ever read.
// PROTOCOL.md f.5, 2.2; 3, attacks 37 and 59.
func TestRogueReceiverIsCaught(t *testing.T) {
	have := func(m ctrl.Get) ctrl.Have { return ctrl.Have(m) }
	tests := []struct {
		name string
		say  []ctrl.Message
		want wire.Code
	}{
		{"GET beyond the list", []ctrl.Message{get(4, 0, 0, 1)}, wire.Format},
		{"GET of file 2³²−1", []ctrl.Message{get(1<<32-1, 0, 0, 1)}, wire.Format},
		{"GET of the root", []ctrl.Message{get(0, 0, 0, 1)}, wire.Format},
		{"GET past the end", []ctrl.Message{get(1, 0, 2, 1)}, wire.Format},
		{"GET over the end", []ctrl.Message{get(1, 0, 0, 3)}, wire.Format},
		{"GET of 2³² groups", []ctrl.Message{get(1, 0, 1, 1<<32-1)}, wire.Format},
		{"GET of nothing", []ctrl.Message{get(1, 0, 0, 0)}, wire.Format},
		{"GET of something of nothing", []ctrl.Message{get(3, 0, 0, 1)}, wire.Format},
		{"GET of a later version", []ctrl.Message{get(1, 1, 0, 1)}, wire.Format},
		{"HAVE beyond the list", []ctrl.Message{have(get(4, 0, 0, 1))}, wire.Format},
		{"HAVE past the end", []ctrl.Message{have(get(1, 0, 1, 2))}, wire.Format},
		{"HAVE of a later version", []ctrl.Message{have(get(1, 1, 0, 1))}, wire.Format},
		{"CV_REQ beyond the list", []ctrl.Message{ctrl.CVReq{File: 4, Count: 1}}, wire.Format},
		{"CV_REQ past the end", []ctrl.Message{ctrl.CVReq{File: 1, First: 1, Count: 2}}, wire.Format},
		{"CV_REQ of a later version", []ctrl.Message{ctrl.CVReq{File: 1, Version: 1, Count: 1}}, wire.Format},
		{"two CV_REQs", []ctrl.Message{ctrl.CVReq{File: 1, Count: 1}, ctrl.CVReq{File: 1, Count: 1}}, wire.Format},
		{"LIST_REQ of what was sent", []ctrl.Message{ctrl.ListReq{From: 0, Max: 1}}, wire.Format},
		{"LIST_REQ far beyond the end", []ctrl.Message{ctrl.ListReq{From: 1 << 31, Max: 16}}, wire.Format},
		{"two LIST_REQs", []ctrl.Message{ctrl.ListReq{From: 1, Max: 1}, ctrl.ListReq{From: 1, Max: 1}}, wire.Format},
		{"HELLO again", []ctrl.Message{ctrl.Hello{RecMax: wire.RecordMax, Lanes: 1}}, wire.Format},
		{"an unknown message", []ctrl.Message{ctrl.Unknown{Type: 0x7F}}, wire.Format},
		{"SHARE_HEAD", []ctrl.Message{ctrl.Raw{Type: wire.ShareHead}}, wire.Format},
		{"FILE_END", []ctrl.Message{ctrl.FileEnd{}}, wire.Format},
		{"FILE_CHANGED", []ctrl.Message{ctrl.FileChanged{File: 1, Version: 1}}, wire.Format},
		{"CVS", []ctrl.Message{ctrl.CVs{File: 1, CVs: make([][32]byte, 1)}}, wire.Format},
		{"LANE_END", []ctrl.Message{ctrl.LaneEnd{}}, wire.Format},
		{"an offer", []ctrl.Message{ctrl.Raw{Type: wire.CtrlDesc, Body: describe.Description{
			PC: 1, Type: 1, Setup: 1, Ufrag: "abcd", Pwd: "abcdefghijklmnopqrstuv"}.Append(nil)}}, wire.Desc},
		{"an answer to nothing", []ctrl.Message{ctrl.Raw{Type: wire.CtrlDesc, Body: describe.Description{
			PC: 1, Type: 2, Setup: 2, Ufrag: "abcd", Pwd: "abcdefghijklmnopqrstuv"}.Append(nil)}}, wire.Desc},
	}
	for _, v := range tests {
		t.Run(v.name, func(t *testing.T) {
			x := newTaker(t, few()...)
			x.s.files[1] = nil // as before the first GET
			delete(x.s.files, 1)
			x.say(v.say...)
			x.run(200)
			if row := x.s.View().Recipients[0]; row.Phase != Failed || row.Why != v.want {
				t.Errorf("the sharer shows %v, %v, want failed, %v", row.Phase, row.Why, v.want)
			}
			if got := x.r.View(); got.Phase != Failed || got.Why != v.want {
				t.Errorf("the recipient is told %v, %v, want %v", got.Phase, got.Why, v.want)
			}
			// The other recipients are not concerned.
			if n, r := x.take(x.s.Link(), 1); true {
				x.wait(2_000, "the next one asks", func() bool { return r.View().Asking })
				n.handle(CancelAll{})
			}
		})
	}
}

// What a peer may say in a minute is bounded; as much as that it may say every
// minute. PROTOCOL.md 2.2; 3, attack 59.
func TestCtrlRate(t *testing.T) {
	x := newTaker(t, few()...)
	for range 3 {
		x.run(60_000)
		for range ctrlPerMinute - 50 {
			x.say(ctrl.Ping{})
		}
	}
	if row := x.s.View().Recipients[0]; row.Phase != ListShown {
		t.Fatalf("a busy recipient is put out: %v, %v", row.Phase, row.Why)
	}
	for range 100 {
		x.say(ctrl.Ping{})
	}
	if row := x.s.View().Recipients[0]; row.Phase != Failed || row.Why != wire.Format {
		t.Errorf("after a flood: %v, %v, want failed, %v", row.Phase, row.Why, wire.Format)
	}
}

// big is a share with one file of size bytes that nobody can read.
func big(t testing.TB, size uint64) *taker {
	w := newWorld(t, 1)
	s := NewSharer("Share", w.config(1))
	w.sharer = w.node("sharer", s)
	w.sharer.handle(Add{[]catalog.Entry{{Type: catalog.File, Size: size, Name: "huge.mov"}}})
	w.sharer.handle(Listed{})
	w.sharer.online()
	n, r := w.take(s.Link(), 1)
	w.wait(5_000, "the list is there", func() bool { return r.View().Listed && len(w.live()) == 1 })
	w.sharer.handle(PauseRecipient{Session: s.View().Recipients[0].ID, On: true}) // nothing is read
	w.settle()
	return &taker{w, s, n, r}
}

// At most 65,536 ranges are queued, whatever pieces they are asked for in.
// PROTOCOL.md 2.2; 3, attack 59.
func TestRangesQueuedAreBounded(t *testing.T) {
	x := big(t, 1<<40)
	q := x.s.recips[0].sending
	for at := uint32(0); x.s.recips[0].conn != nil; {
		var m ctrl.Get
		for range wire.RangesPerGet {
			m.Ranges = append(m.Ranges, ctrl.Range{File: 1, First: at, Count: 1})
			at += 2
		}
		if x.say(m); len(q.queue) > wire.RangesQueued+1 {
			t.Fatalf("%d ranges are queued, want at most %d", len(q.queue), wire.RangesQueued)
		}
	}
	if row := x.s.View().Recipients[0]; row.Why != wire.Format || len(q.queue) < wire.RangesQueued {
		t.Errorf("put out with %v at %d ranges, want %v at %d", row.Why, len(q.queue), wire.Format, wire.RangesQueued)
	}
	x = big(t, 1<<40)
	var odd ctrl.Get // every second group, then all: half a million pieces in one range
	for at := uint32(0); at < 1<<18; at += 2 {
		if odd.Ranges = append(odd.Ranges, ctrl.Range{File: 1, First: at, Count: 1}); len(odd.Ranges) == wire.RangesPerGet {
			x.say(odd)
			odd.Ranges = nil
		}
	}
	x.say(get(1, 0, 0, 1<<20))
	if row := x.s.View().Recipients[0]; row.Why != wire.Format {
		t.Errorf("half a million pieces: %v, %v", row.Phase, row.Why)
	}
}

// One GET or HAVE names a terabyte at most, so that a few bytes cost no minutes.
func TestGroupsNamedAreBounded(t *testing.T) {
	for _, m := range []ctrl.Message{get(1, 0, 0, 1<<20+1), ctrl.Have(get(1, 0, 0, 1<<20+1)),
		ctrl.Get{Ranges: []ctrl.Range{{File: 1, Count: 1 << 20}, {File: 1, Count: 1}}}} {
		x := big(t, 1<<41)
		x.say(m)
		if row := x.s.View().Recipients[0]; row.Phase != Failed || row.Why != wire.Format {
			t.Errorf("%T: %v, %v, want failed, %v", m, row.Phase, row.Why, wire.Format)
		}
	}
	x := big(t, 1<<41)
	for range 200 {
		x.say(get(1, 0, 0, 1<<20), ctrl.Have(get(1, 0, 1<<20, 1<<20)))
	}
	q := x.s.recips[0].sending
	if row := x.s.View().Recipients[0]; row.Phase != Paused || len(q.queue) != 1 {
		t.Errorf("asking again costs something: %v, %v, %d ranges", row.Phase, row.Why, len(q.queue))
	}
}

// Asking for the same group again and again reads it once as long as it is
// queued or under way. PROTOCOL.md f.3; 3, attack 59.
func TestReadsAreBounded(t *testing.T) {
	x := newTaker(t, testFile{"clip.mov", pattern(3<<20, 1)})
	x.rate = 1      // the lane takes what it can queue, and carries nothing
	x.n.down = true // only the test speaks
	for range 1000 {
		x.say(get(1, 0, 0, 3))
	}
	if x.sharer.reads > 4 { // what fits the channel's buffer is sent, and may be asked for again
		t.Errorf("%d groups were read for 3 that were asked for", x.sharer.reads)
	}
	before := x.sharer.reads
	for range 100 {
		x.say(ctrl.Cancel{Files: []uint32{1, 2, 3, 77, 1 << 31}})
	}
	if row := x.s.View().Recipients[0]; row.Phase != Transferring || x.sharer.reads != before {
		t.Errorf("CANCEL: %v, %v, %d reads more", row.Phase, row.Why, x.sharer.reads-before)
	}
}

// What the sharer reads without sending it is bounded for each recipient, whatever
// it says it has and however often it comes back: twice the share at once, then
// 8 MiB a second. It waits, and is not put out. PROTOCOL.md f.4; 3, attack 59.
func TestReadingForNothingIsBounded(t *testing.T) {
	const groups = 24
	x := newTaker(t, testFile{"clip.mov", pattern(groups<<20, 1)})
	x.rate = 100_000
	x.n.handle(Receive{}) // so that FILE_END does not surprise its machine
	x.run(200)
	x.n.handle(SetPause{On: true})
	read := 0
	x.sharer.log = func(a Action) {
		if _, ok := a.(HashGroup); ok {
			read++
		}
	}
	began := x.now
	bound := func() int { return 2*groups + 1 + int(x.now-began)*8/1000 }
	for range 30 {
		x.say(ctrl.Have(get(1, 0, 0, groups)))
		x.run(150)
		x.kill(x.live()[0])
		x.wait(10_000, "it is back", func() bool { return x.r.conn != nil && x.r.conn.hello && x.r.conn.headed && len(x.live()) == 1 })
		if read > bound() {
			t.Fatalf("%d groups of %d were read for nothing in %d ms, want at most %d", read, groups, x.now-began, bound())
		}
	}
	if read < 2*groups {
		t.Errorf("%d groups were read, want %d: honest recipients need that", read, 2*groups)
	}
	// One that stays gets its answer, in time.
	x.say(ctrl.Have(get(1, 0, 0, groups)))
	x.wait(60_000, "FILE_END is sent", func() bool { return x.s.recips[0].sending.files[1].ended })
	if row := x.s.View().Recipients[0]; row.Phase != Paused || read > bound() {
		t.Errorf("afterwards: %v, %v, %d groups read, want at most %d", row.Phase, row.Why, read, bound())
	}
}

// The same for what is asked for and cancelled before it is sent.
func TestCancelledReadsAreBounded(t *testing.T) {
	x := newTaker(t, testFile{"clip.mov", pattern(3<<20, 1)})
	x.rate = 1
	x.n.down = true
	asked := 0
	x.sharer.log = func(a Action) {
		if _, ok := a.(SendGroup); ok {
			asked++
		}
	}
	began := x.now
	for range 500 {
		x.say(get(1, 0, 0, 3), ctrl.Cancel{Files: []uint32{1}})
	}
	if most := 2*3 + 3 + 1 + int(x.now-began)*8/1000; asked > most {
		t.Errorf("%d groups of 3 were handed out to be read, want at most %d", asked, most)
	}
	x.run(2_000) // and it goes on
	before := asked
	x.say(get(1, 0, 0, 3))
	x.run(1_000)
	if row := x.s.View().Recipients[0]; row.Phase != Transferring || asked == before {
		t.Errorf("afterwards: %v, %v, nothing is read any more", row.Phase, row.Why)
	}
}

// What a recipient claims in PROGRESS changes its own row and nothing else.
func TestClaimedProgress(t *testing.T) {
	x := newTaker(t, few()...)
	x.say(ctrl.Progress{Written: 1 << 60, Safe: 1 << 60, Verified: 1 << 60, FilesArrived: 9, FilesVerified: 9})
	x.say(ctrl.Close{})
	x.run(200)
	if row := x.s.View().Recipients[0]; row.Phase == Complete {
		t.Errorf("nine files of three make it complete")
	}
}
