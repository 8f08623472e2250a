package session

import (
	"beeline/wasm/catalog"
	"beeline/wasm/journal"
)

// This file: how a recipient goes on where an earlier page of it was. The journal
// says what was safe then, the destination whether it still is; the rest is asked
// for. PROTOCOL.md f.4.

// Events and actions of a destination that keeps a journal. One that keeps none
// says Safe by itself, and nothing here happens.
type (
	// Flushed says that groups of a file were written and flushed, where, and how
	// many bytes of it that makes; answered by DiskJournal.
	Flushed struct {
		File    uint32
		Version uint8
		Bytes   uint64
		Parts   []journal.Part
	}
	// DiskKept answers a DiskEntry with Kept: which of these groups are still there,
	// or that the file has its final name and is as it was when it got it.
	DiskKept struct {
		File   uint32
		Parts  []journal.Part
		Landed bool
	}
)

// DiskJournal writes to the journal at that place, where it ends then, and flushes
// it. Answered by Safe, where Bytes is not 0.
type DiskJournal struct {
	At    int
	Data  []byte
	File  uint32
	Bytes uint64
}

func (Flushed) event()  {}
func (DiskKept) event() {}

func (DiskJournal) action() {}

// putOff leaves a file for later that the journal says is whole: what is missing is
// asked for at once, and does not wait until the destination has looked at 100,000
// files, or read them back.
func (r *Receiver) putOff(i uint32) bool {
	f := r.fetch
	if f.journal == nil || f.journal.Files() == 0 || !f.journal.Whole(r.pathOf(i), r.fileNow(i).size) {
		return false
	}
	f.later = append(f.later, i)
	return true
}

// lookAgain has the destination look at files that were put off, some at a time,
// beside those that are asked for.
func (r *Receiver) lookAgain() {
	f := r.fetch
	for len(f.later) > 0 && f.again < r.filesOpen()/2 {
		i := f.later[0]
		if f.later = f.later[1:]; f.statusOf(i) != untouched {
			continue // taken back in the meantime
		}
		t := r.activate(i)
		t.again = true
		f.again++
		r.requeue(t)
	}
	if len(f.later) == 0 {
		f.later = nil
	}
}

// begun reports whether every file of the list so far was begun.
func (f *fetching) begun(list *catalog.List) bool {
	return int(f.next) == list.Len() && len(f.later) == 0
}

// leave takes a file out of those under way.
func (f *fetching) leave(t *target) {
	if t.again {
		f.again--
	}
	delete(f.active, t.file)
}

// wholeMax is how many whole files are named at once; fewer wait for the next tick.
const wholeMax = 256

// journalID is J: the same for every session of the same share of the same sharer.
func (r *Receiver) journalID() journal.ID {
	return journal.NewID(r.sharerKey, r.head.ShareID[:])
}

// pathOf names a file for the journal.
func (r *Receiver) pathOf(i uint32) journal.Path {
	var names []string
	for ; i != 0; i = r.list.Parent(i) {
		names = append(names, r.list.Entry(i).Name)
	}
	for a, b := 0, len(names)-1; a < b; a, b = a+1, b-1 {
		names[a], names[b] = names[b], names[a]
	}
	return journal.NewPath(names)
}

func (r *Receiver) flushed(e Flushed) {
	t := r.target(e.File)
	if t == nil || t.version != e.Version {
		return
	}
	r.writeDown(t.file, t.size, e.Bytes, e.Parts)
}

// writeDown puts parts of a file into the journal.
func (r *Receiver) writeDown(file uint32, size, bytes uint64, parts []journal.Part) {
	path := r.pathOf(file)
	a := DiskJournal{At: -1, File: file, Bytes: bytes}
	for _, p := range parts {
		at, b := r.fetch.journal.Append(path, size, p)
		if b != nil && a.At < 0 {
			a.At = at
		}
		a.Data = append(a.Data, b...)
	}
	r.do(a)
}

// recall gives a file what an earlier page had of it. Until the destination has
// said what is still there nothing of it is asked for.
func (r *Receiver) recall(t *target, e *DiskEntry) {
	if j := r.fetch.journal; j != nil && j.Files() > 0 {
		e.Kept, _ = j.Take(r.pathOf(t.file), t.size)
		t.waits = len(e.Kept) > 0
	}
}

func (r *Receiver) diskKept(e DiskKept) {
	t := r.target(e.File)
	if t == nil || !t.waits {
		return // given up, or begun anew in another version
	}
	f := r.fetch
	t.waits = false
	if e.Landed {
		if t.landing = true; t.groups > 0 {
			f.progress.FilesArrived++
		}
		f.progress.Written += t.size
		r.landed(Landed{File: t.file})
		return
	}
	for _, p := range e.Parts {
		if end := uint64(p.First) + uint64(p.Count); end <= uint64(t.groups) {
			t.arrived.setRange(p.First, uint32(end))
			t.written.setRange(p.First, uint32(end))
		}
	}
	t.safe = t.writtenBytes()
	f.progress.Written += t.safe
	f.progress.Safe += t.safe
	if t.had = t.arrived.n > 0; t.had && t.arrived.n == int(t.groups) {
		f.progress.FilesArrived++
		t.finishing = true
		r.do(DiskFinish{File: t.file})
		if f.whole = append(f.whole, t.file); len(f.whole) >= wholeMax {
			r.nameWhole()
		}
	} else {
		r.requeue(t)
	}
	r.do(Show{})
	r.fill()
}

// nameWhole says HAVE of files of which nothing is missing but FILE_END, many in
// one message: a folder of 100,000 small ones would be as many.
func (r *Receiver) nameWhole() {
	f := r.fetch
	if len(f.whole) == 0 || r.conn == nil || !r.conn.hello || !r.headed {
		return
	}
	var whole []*target
	for _, i := range f.whole {
		if t := f.active[i]; t != nil && t.had && !t.ended {
			whole = append(whole, t)
		}
	}
	f.whole = nil
	r.sayHave(whole...)
}
