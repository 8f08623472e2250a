package session

import (
	"crypto/ed25519"
	"fmt"
	"strings"
	"testing"

	"beeline/wasm/catalog"
	"beeline/wasm/ctrl"
	"beeline/wasm/wire"
)

// more adds files to what a sharer offers, and ends the list again.
func (n *node) more(files ...testFile) {
	s := n.m.(*Sharer)
	var entries []catalog.Entry
	for _, f := range files {
		i := uint32(s.cat.Len() + len(entries))
		n.sources[i] = &fakeSource{path: f.name, data: f.data, modMS: n.w.now, seen: n.w.now}
		n.w.truth[f.name] = append(n.w.truth[f.name], f.data)
		entries = append(entries, catalog.Entry{Type: catalog.File, Size: uint64(len(f.data)), ModMS: n.w.now, Name: f.name})
	}
	n.handle(Add{entries})
	n.handle(Listed{})
}

// let lets in whoever asks.
func (w *world) let(s *Sharer) {
	for _, row := range s.View().Recipients {
		if row.Asks {
			w.sharer.handle(Decide{Session: row.ID, Accept: true})
		}
	}
}

// A file that is taken back while it is sent goes no further; everything else
// arrives, and both sides say what is missing and why.
func TestAFileIsTakenBackInTheMiddle(t *testing.T) {
	w := newWorld(t, 1)
	files := []testFile{{"big.mov", pattern(20<<20, 1)}, {"b.mov", pattern(1<<20, 2)}, {"dir", nil}, {"dir/c.txt", pattern(100, 3)}}
	s := w.share(2, files...)
	w.rate = 200_000
	n, r := w.take(s.Link(), 2)
	w.receiveAll(n, r)
	w.wait(20_000, "some of it is written", func() bool { return r.View().Written > 2<<20 })
	cancelled := false
	w.sharer.log = func(a Action) {
		switch a := a.(type) {
		case CancelGroups:
			cancelled = true
		case SendGroup:
			if a.Group.File == 1 {
				t.Errorf("group %d is sent although the file was taken back", a.Group.Index)
			}
		case HashGroup:
			t.Errorf("group %v is read for nothing", a.Group)
		}
	}
	w.sharer.handle(Remove{[]uint32{1}})
	if !cancelled {
		t.Error("what waits on the lanes is still read")
	}
	if v := s.View(); v.Files != 2 || v.Entries != 3 || v.Bytes != 1<<20+100 {
		t.Errorf("the sharer shows %d files, %d entries, %d bytes", v.Files, v.Entries, v.Bytes)
	}
	w.wait(60_000, "it ends", func() bool { return r.ended() })
	w.run(300)
	sameTree(t, n, files[1:])
	v, row := r.View(), s.View().Recipients[0]
	if v.Phase != Failed || v.Why != wire.Incomplete || len(v.Failed) != 1 || v.Failed[0] != (FailedFile{"big.mov", wire.Withdrawn}) {
		t.Errorf("the recipient shows %+v", v)
	}
	if row.Phase != Failed || row.Why != wire.Incomplete || row.FilesVerified != 2 || row.FilesFailed != 1 {
		t.Errorf("the sharer shows %+v", row)
	}
	if got := s.View().Failed; len(got) != 0 {
		t.Errorf("the sharer is told of what it did itself: %v", got)
	}
}

// Who comes later is told nothing of it, gets what is there now under the title of
// now, and is complete with that; who was there keeps the list it began with.
func TestALaterRecipientGetsTheListAsItIs(t *testing.T) {
	w := newWorld(t, 1)
	s := w.share(1, tree()...)
	first, r1 := w.take(s.Link(), 1)
	w.wait(5_000, "the list is there", func() bool { return r1.View().Listed })
	w.sharer.handle(Remove{[]uint32{2, 8}}) // A001/empty, A001/sub
	w.sharer.handle(Retitle{"Second day"})
	w.sharer.more(testFile{"late.txt", pattern(50, 20)})

	second, r2 := w.take(s.Link(), 1)
	w.wait(5_000, "it asks", func() bool { return r2.View().Asking })
	w.let(s)
	w.wait(5_000, "the list is there", func() bool { return r2.View().Listed })
	if v := r2.View(); v.Title != "Second day" || v.Files != 7 || v.Flagged != 0 {
		t.Errorf("the later one is shown %+v", v)
	}
	if v := r1.View(); v.Title != "Share" || v.Files != 8 {
		t.Errorf("the first one is shown %+v", v)
	}
	for _, e := range r2.Entries(1, 100) {
		if strings.Contains(e.Name+e.Local, "sub") || strings.Contains(e.Name, "exr") || strings.Contains(e.Name, "empty") || e.Type == catalog.Gone && e.Name+e.Local != "" {
			t.Errorf("the later one is told of %+v", e)
		}
	}
	second.handle(Receive{})
	want := append(append([]testFile{tree()[0]}, tree()[2:7]...), tree()[10], testFile{"late.txt", pattern(50, 20)})
	w.complete(20_000, second, r2, want)
	rows := s.View().Recipients
	if row := rows[1]; row.Phase != Complete || row.Files != 7 || row.Verified != row.Bytes {
		t.Errorf("the sharer shows %+v", row)
	}
	if got := r2.States(8, 3); string(got) != string([]byte{5, 5, 5}) {
		t.Errorf("what is gone has states %v", got)
	}

	first.handle(Receive{})
	w.wait(20_000, "the first one ends", func() bool { return r1.ended() })
	if v := r1.View(); v.Why != wire.Incomplete || v.FilesFailed != 2 || v.Failed[0].Why != wire.Withdrawn || v.FilesVerified != 6 {
		t.Errorf("the first one shows %+v", v)
	}
}

// A recipient in the middle of the list carries on with that list in its next
// session: pages of another one would not fit.
func TestAHalfReadListIsReadToItsEnd(t *testing.T) {
	w := newWorld(t, 1)
	s := NewSharer("Share", w.config(1))
	w.sharer = w.node("sharer", s)
	w.sharer.online()
	w.sharer.handle(Add{[]catalog.Entry{{Type: catalog.File, Name: "a"}, {Type: catalog.File, Name: "b"}}})
	_, r := w.take(s.Link(), 1)
	w.wait(3_000, "the list begins", func() bool { return r.View().Entries == 2 })
	w.sharer.handle(Remove{[]uint32{2}})
	w.kill(w.live()[0])
	w.wait(30_000, "a new session", func() bool { return len(w.live()) == 1 && r.View().Phase == ListShown })
	w.sharer.handle(Add{[]catalog.Entry{{Type: catalog.File, Name: "c"}}})
	w.sharer.handle(Listed{})
	w.wait(5_000, "the list is whole", func() bool { return r.View().Listed })
	if v := r.View(); v.Files != 3 || v.Why != wire.None {
		t.Errorf("the recipient shows %+v", v)
	}
}

// What was taken back is not sent, however it is asked for. PROTOCOL.md g.2; 3,
// attack 37.
func TestWhatWasTakenBackIsNotSent(t *testing.T) {
	asks := map[string]ctrl.Message{
		"GET":    get(1, 0, 0, 2),
		"HAVE":   ctrl.Have(get(1, 0, 0, 2)),
		"CV_REQ": ctrl.CVReq{File: 1, Count: 2},
	}
	for name, ask := range asks {
		t.Run(name, func(t *testing.T) {
			x := newTaker(t, few()...)
			told := 0
			x.sharer.log = func(a Action) {
				switch a := a.(type) {
				case SendGroup, HashGroup:
					t.Errorf("%T of what was taken back", a)
				case CtrlSend:
					if len(a.Data) == len(ctrl.Error{}.Append(nil))+wire.Overhead {
						told++
					}
				}
			}
			x.sharer.handle(Remove{[]uint32{1}})
			x.n.down = true // it would wonder about ERROR before Receive
			x.say(ask, ask)
			x.run(300)
			if row := x.s.View().Recipients[0]; row.Phase == Failed || row.Why != wire.None {
				t.Errorf("who asks in the list it was told is put out: %v, %v", row.Phase, row.Why)
			}
			if told != 1 {
				t.Errorf("%d ERRORs, want one", told)
			}

			// Who was not told of it has no business asking.
			n, r := x.take(x.s.Link(), 1)
			x.wait(5_000, "it asks", func() bool { return r.View().Asking })
			x.let(x.s)
			x.wait(5_000, "the list is there", func() bool { return r.View().Listed })
			later := &taker{x.world, x.s, n, r}
			later.say(ask)
			x.run(300)
			if row := x.s.View().Recipients[1]; row.Phase != Failed || row.Why != wire.Format {
				t.Errorf("who asks for what it was not told of: %v, %v, want %v", row.Phase, row.Why, wire.Format)
			}
		})
	}
	t.Run("what came later", func(t *testing.T) {
		x := newTaker(t, few()...)
		x.sharer.more(testFile{"late.txt", pattern(50, 20)})
		x.say(get(4, 0, 0, 1))
		x.run(300)
		if row := x.s.View().Recipients[0]; row.Phase != Failed || row.Why != wire.Format {
			t.Errorf("who asks for what is not in its list: %v, %v, want %v", row.Phase, row.Why, wire.Format)
		}
	})
}

// A file that had its FILE_END may land; one whose digest is being looked into
// can't be mended any more, and that is said.
func TestTakenBackAfterItWasSent(t *testing.T) {
	for _, damaged := range []bool{false, true} {
		w := newWorld(t, 1)
		files := []testFile{{"a.mov", pattern(3<<20, 1)}, {"b.mov", pattern(20<<20, 2)}}
		s := w.share(1, files...)
		n, r := w.take(s.Link(), 1)
		w.rate = 400_000
		gone := false
		n.disk.damage = func(file uint32, data []byte) {
			if file == 1 && !gone {
				gone = true
				w.sharer.handle(Remove{[]uint32{1}})
				if damaged {
					data[5] ^= 1
				}
			}
		}
		w.receiveAll(n, r)
		w.wait(120_000, "it ends", func() bool { return r.ended() })
		v := r.View()
		if damaged && (v.Why != wire.Incomplete || len(v.Failed) != 1 || v.Failed[0].Why != wire.Withdrawn) || !damaged && v.FilesVerified+v.FilesFailed != 2 {
			t.Errorf("damaged %v: %+v", damaged, v)
		}
	}
}

// A question about groups that waits when the file is taken back gets its answer:
// that there will be none.
func TestTakenBackWhileItIsCompared(t *testing.T) {
	w := newWorld(t, 1)
	s := w.share(1, testFile{"a.mov", pattern(3<<20, 1)}, testFile{"b.txt", pattern(100, 2)})
	n, r := w.take(s.Link(), 1)
	row := func() RecipientView { return s.View().Recipients[0] }
	n.disk.damage = func(file uint32, data []byte) {
		if file == 1 {
			data[5] ^= 1
			w.sharer.handle(PauseRecipient{Session: row().ID, On: true})
		}
	}
	w.receiveAll(n, r)
	w.wait(5_000, "it asks for values", func() bool { return s.recips[0].sending.cvs != nil })
	w.sharer.handle(Remove{[]uint32{1}})
	w.wait(1_000, "it is told", func() bool { return len(r.View().Failed) == 1 })
	w.sharer.handle(PauseRecipient{Session: row().ID})
	w.wait(5_000, "it ends", func() bool { return r.ended() })
	if v := r.View(); v.Why != wire.Incomplete || v.Failed[0] != (FailedFile{"a.mov", wire.Withdrawn}) || v.FilesVerified != 1 {
		t.Errorf("the recipient shows %+v", v)
	}
}

// Whatever is added, taken back and chosen in the middle, and whichever connections
// die: in the end each recipient has every file it wants that was not taken back,
// or both sides say why not.
func TestTheListChangesInTheMiddle(t *testing.T) {
	eachSeed(t, 200, func(t testing.TB, seed int64) {
		w := newWorld(t, seed)
		rng := w.rng
		w.rate = 20_000 + rng.Intn(400_000)
		s := w.share(1+rng.Intn(3), someFiles(rng)...)
		removed := make(map[uint32]bool)
		type one struct {
			n       *node
			r       *Receiver
			choices []Choice
		}
		var takers []*one
		join := func() {
			n, r := w.take(s.Link(), 1+rng.Intn(3))
			x := &one{n: n, r: r}
			for range rng.Intn(3) {
				x.choices = append(x.choices, Choice{uint32(rng.Intn(8)), rng.Intn(3) == 0})
			}
			takers = append(takers, x)
		}
		join()
		for step := 0; step < 3_000; step++ {
			w.step()
			w.let(s)
			over := true
			for _, x := range takers {
				if x.r.View().Phase == ListShown && rng.Intn(3) == 0 {
					x.n.handle(Receive{Choices: x.choices})
				}
				over = over && x.r.ended()
			}
			if over && step > 60 {
				break
			}
			if step > 60 {
				continue // it calms down
			}
			switch rng.Intn(14) {
			case 0:
				i := uint32(rng.Intn(s.cat.Len()))
				w.sharer.handle(Remove{[]uint32{i}})
				removed[i] = true
			case 1:
				w.sharer.more(testFile{fmt.Sprintf("later%d", step), pattern(rng.Intn(5000), uint32(step))})
			case 2:
				w.sharer.handle(Retitle{fmt.Sprint("Day ", step)})
			case 3:
				if live := w.live(); len(live) > 0 {
					w.kill(live[rng.Intn(len(live))])
				}
			case 4:
				if len(takers) < 3 {
					join()
				}
			}
			for _, x := range takers {
				sums(t, x.r)
			}
		}
		w.run(70_000)
		if rows := s.View().Recipients; len(rows) != len(takers) {
			t.Errorf("%d recipients are shown, want %d", len(rows), len(takers))
			return
		}
		for _, x := range takers {
			var row RecipientView
			for i, rc := range s.recips {
				if rc.key == string(x.r.key.Public().(ed25519.PublicKey)) {
					row = s.View().Recipients[i]
				}
			}
			v := x.r.View()
			lost := 0
			for i := range uint32(x.r.list.Len()) {
				if x.r.list.Kind(i) != catalog.File {
					continue
				}
				_, landed := x.n.disk.landed[x.r.list.Entry(i).Name]
				state := FileState(x.r.States(int(i), 1)[0])
				switch {
				case state == FileUnwanted && landed:
					t.Errorf("%s: file %d landed and was not wanted", x.n.name, i)
				case state == FileFailed && removed[i]:
					lost++
				case state != FileUnwanted && (state != FileVerified || !landed):
					t.Errorf("%s: file %d has state %d, landed %v, and was not taken back:%s", x.n.name, i, state, landed, w.state())
				}
			}
			want, why := Complete, wire.None
			if lost > 0 {
				want, why = Failed, wire.Incomplete
			}
			if v.Phase != want || v.Why != why || row.Phase != want || row.Why != why {
				t.Errorf("%s with %d files taken back:%s", x.n.name, lost, w.state())
			}
		}
	})
}

// Who is in the middle gets a file that is told as another entry by now, as it is now;
// who comes gets the other entry, and not this one.
func TestRenewedFilesGoOn(t *testing.T) {
	w := newWorld(t, 1)
	files := []testFile{{"big.mov", pattern(20<<20, 1)}, {"b.mov", pattern(1<<20, 2)}}
	s := w.share(2, files...)
	w.rate = 200_000
	n, r := w.take(s.Link(), 2)
	w.receiveAll(n, r)
	w.wait(20_000, "some of it is written", func() bool { return r.View().Written > 2<<20 })
	files[1].data = pattern(3<<20, 7)
	w.sharer.edit(2, files[1].data)
	w.sharer.handle(Renew{[]uint32{1, 2}}) // 1 was only touched
	if v := s.View(); v.Files != 0 || v.Bytes != 0 {
		t.Errorf("who comes is told of %d files, %d bytes", v.Files, v.Bytes)
	}
	w.complete(120_000, n, r, files)
	if v := r.View(); v.Changed != 1 || len(v.Failed) > 0 || s.View().Bytes != 0 {
		t.Errorf("the recipient shows %+v, the sharer %d bytes", v, s.View().Bytes)
	}
}
