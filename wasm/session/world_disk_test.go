package session

import (
	"bytes"
	"slices"
	"strings"

	"beeline/wasm/digest"
	"beeline/wasm/journal"
	"beeline/wasm/lane"
	"beeline/wasm/wire"
)

// fakeDisk is the destination: what web/disk does in a browser.
type fakeDisk struct {
	n       *node
	batches map[uint32]batch
	nextB   uint32
	parts   map[uint32]*partFile
	landed  map[string][]byte
	dirs    map[string]bool
	opened  bool
	closed  bool
	tossed  bool
	dropped map[uint32]bool

	// what goes wrong
	damage  func(file uint32, data []byte)      // changes what is read back
	touch   func(file uint32, data []byte) bool // changes what is about to get its name
	refuse  wire.Code                           // instead of opening
	room    int                                 // bytes until it is full; -1: no limit
	waiting []func()                            // writes that wait for room
	failing map[uint32]wire.Code                // files that can't be written
	stream  *fakeStream                         // takes bytes only in order

	written int // bytes

	// what outlives the page
	journals bool              // it keeps a journal
	journal  []byte            // as it is on disk
	kept     map[string][]byte // the bytes of files, by place: here their path
	finds    bool              // what landed is found again without being read
	stuck    bool              // nothing gets its name
	slow     int               // files that get their names in a tenth of a second; 0: all
	turns    int               // of those that are to
	turn     int64             // when the last of them does
	id       journal.ID
}

// batch is what came on a lane and waits for the machine's word.
type batch struct {
	groups []lane.Arrived
	in     *lane.In
}

type partFile struct {
	path    string
	version uint8
	data    []byte
	wrote   map[uint32]bool
	read    bool // back, since the last write
}

func (d *fakeDisk) init(n *node) {
	*d = fakeDisk{
		n: n, batches: make(map[uint32]batch), parts: make(map[uint32]*partFile), room: -1,
		landed: make(map[string][]byte), dirs: make(map[string]bool), dropped: make(map[uint32]bool),
		failing: make(map[uint32]wire.Code), kept: make(map[string][]byte),
	}
}

// hold keeps the bytes of groups until the machine says what to do with them.
func (d *fakeDisk) hold(in *lane.In, done []lane.Arrived) uint32 {
	d.nextB++
	d.batches[d.nextB] = batch{slices.Clone(done), in}
	return d.nextB
}

func (d *fakeDisk) act(a Action) {
	n := d.n
	switch a := a.(type) {
	case DiskOpen:
		if len(a.Key) != 32 { // PROTOCOL.md f.4: the part folder is named by 16 bytes
			n.w.t.Errorf("the part folder's key is %q", a.Key)
		}
		if d.refuse != wire.None {
			n.post(DiskRefused{Code: d.refuse, Needed: 7})
			return
		}
		d.opened, d.closed = true, false
		n.post(DiskOpened{Journal: bytes.Clone(d.journal)})
	case DiskEntry:
		path := strings.Join(a.Path, "/")
		if a.Dir {
			d.dirs[path] = true
			return
		}
		if a.Size <= 1<<30 {
			d.parts[a.File] = &partFile{path: path, data: make([]byte, a.Size), wrote: make(map[uint32]bool)}
		}
		if a.Kept != nil {
			n.w.later(func() { d.recall(a.File, a.Kept) })
		}
	case DiskJournal:
		if len(a.Data) > 0 {
			if a.At > len(d.journal) {
				n.w.t.Fatalf("%s: the journal goes on at %d of %d", n.name, a.At, len(d.journal))
			}
			d.journal = append(d.journal[:a.At:a.At], a.Data...)
		}
		if a.Bytes > 0 {
			n.post(Safe{File: a.File, Bytes: a.Bytes})
		}
	case DiskReset:
		if p := d.parts[a.File]; p != nil && a.Size <= 1<<30 {
			*p = partFile{path: p.path, version: a.Version, data: make([]byte, a.Size), wrote: make(map[uint32]bool)}
		}
	case Write:
		d.write(a)
	case DiskFinish:
		n.w.later(func() { d.finish(a.File) })
	case DiskLand:
		if d.slow == 0 {
			d.land(a.File)
			break
		}
		if d.turns++; d.turns%d.slow == 1 {
			d.turn = max(d.turn, n.w.now) + 100
		}
		n.w.in(d.turn-n.w.now, func() { d.land(a.File) })
	case DiskDrop:
		delete(d.parts, a.File)
		d.dropped[a.File] = true
	case DiskClose:
		if len(d.parts) > 0 {
			n.w.t.Errorf("%s: closed with %d files under way", n.name, len(d.parts))
		}
		d.closed = true
		n.post(DiskClosed{})
	case DiskDiscard:
		d.tossed = true
		d.parts = make(map[uint32]*partFile)
		n.post(DiskClosed{})
	}
}

func (d *fakeDisk) write(a Write) {
	b := d.batches[a.Batch]
	delete(d.batches, a.Batch)
	for i, g := range b.groups {
		if a.Keep == nil || slices.Contains(a.Keep, i) {
			d.put(b.in, g)
		} else {
			b.in.Free(g.Data)
		}
	}
}

func (d *fakeDisk) put(in *lane.In, g lane.Arrived) {
	n := d.n
	if d.room >= 0 && len(g.Data) > d.room || len(d.waiting) > 0 {
		if len(d.waiting) == 0 {
			n.post(DiskFull{Needed: uint64(len(g.Data))})
		}
		d.waiting = append(d.waiting, func() { d.put(in, g) })
		return
	}
	defer in.Free(g.Data)
	p := d.parts[g.File]
	if p == nil || p.version != g.Version {
		return
	}
	if code := d.failing[g.File]; code != wire.None {
		n.post(DiskFailed{File: g.File, Code: code})
		return
	}
	if d.room >= 0 {
		d.room -= len(g.Data)
	}
	copy(p.data[uint64(g.Index)*wire.GroupSize:], g.Data)
	p.wrote[g.Index], p.read = true, false
	d.written += len(g.Data)
	if d.stream != nil {
		d.stream.came(d, g.Group)
		return
	}
	n.post(Written{Groups: []lane.Group{g.Group}})
	d.flush(g.File, p, g.Index)
}

// makeRoom frees space; what waited is written.
func (d *fakeDisk) makeRoom(bytes int) {
	d.room = bytes
	waiting := d.waiting
	d.waiting = nil
	for _, f := range waiting {
		f()
	}
	if len(d.waiting) == 0 {
		d.n.post(DiskRoom{})
	}
}

func (d *fakeDisk) finish(file uint32) {
	p := d.parts[file]
	if p == nil {
		return
	}
	if d.damage != nil {
		d.damage(file, p.data)
	}
	var cvs []byte
	h := digest.NewHasher(func(_ uint32, cv [32]byte) { cvs = append(cvs, cv[:]...) })
	h.Write(p.data)
	sum := h.Sum()
	p.read = true
	if !d.journals && d.stream == nil {
		d.n.handle(Safe{File: file, Bytes: uint64(len(p.data))})
	}
	d.n.handle(DiskDigest{File: file, Version: p.version, Digest: sum, CVs: cvs})
}

// land gives a file its name. Whoever is malicious, the bytes must be the
// source's, of one moment, and all of them written.
func (d *fakeDisk) land(file uint32) {
	n, p := d.n, d.parts[file]
	if d.stuck {
		return
	}
	if p == nil {
		n.w.t.Errorf("%s: file %d lands out of nothing", n.name, file)
		return
	}
	if d.touch != nil && d.touch(file, p.data) {
		n.w.later(func() { d.finish(file) })
		return
	}
	if !slices.ContainsFunc(n.w.truth[p.path], func(want []byte) bool { return bytes.Equal(p.data, want) }) {
		n.w.t.Errorf("%s: %q landed with wrong bytes", n.name, p.path)
	}
	if got, want := len(p.wrote), int(lane.Groups(uint64(len(p.data)))); got != want {
		n.w.t.Errorf("%s: %q landed with %d groups written, want %d", n.name, p.path, got, want)
	}
	d.landed[p.path] = p.data
	delete(d.parts, file)
	landed := Landed{File: file}
	if d.journals && d.finds {
		landed.Place = "landed"
		delete(d.kept, p.path)
	}
	n.post(landed)
}

// flush makes a group safe: its bytes outlive the page.
func (d *fakeDisk) flush(file uint32, p *partFile, g uint32) {
	if !d.journals {
		return
	}
	size := uint64(len(p.data))
	if len(d.kept[p.path]) != len(p.data) {
		d.kept[p.path] = make([]byte, size)
	}
	at := uint64(g) * wire.GroupSize
	copy(d.kept[p.path][at:], p.data[at:at+uint64(lane.GroupLen(size, g))])
	n := 0
	for g := range p.wrote {
		n += lane.GroupLen(size, g)
	}
	d.n.post(Flushed{File: file, Version: p.version, Bytes: uint64(n), Parts: []journal.Part{{First: g, Count: 1, Place: p.path}}})
}

// recall says what is there of what the journal names.
func (d *fakeDisk) recall(file uint32, parts []journal.Part) {
	p := d.parts[file]
	if p == nil {
		return
	}
	answer := DiskKept{File: file}
	for _, part := range parts {
		if part.Place == "landed" {
			_, there := d.landed[p.path]
			if there && len(d.landed[p.path]) == len(p.data) {
				delete(d.parts, file)
				d.n.post(DiskKept{File: file, Landed: true})
				return
			}
			continue
		}
		data := d.kept[part.Place]
		if len(data) != len(p.data) {
			continue
		}
		for g := part.First; g < part.First+part.Count; g++ {
			at := uint64(g) * wire.GroupSize
			copy(p.data[at:], data[at:at+uint64(lane.GroupLen(uint64(len(p.data)), g))])
			p.wrote[g] = true
		}
		answer.Parts = append(answer.Parts, part)
	}
	d.n.post(answer)
}

// inherit takes over what a page that is gone left on disk.
func (d *fakeDisk) inherit(old *fakeDisk) {
	d.journals, d.finds, d.id = old.journals, old.finds, old.id
	d.journal = bytes.Clone(old.journal)
	for p, b := range old.kept {
		d.kept[p] = bytes.Clone(b)
	}
	if d.finds {
		for p, b := range old.landed {
			d.landed[p] = b
		}
	}
}

// lose makes groups of a file vanish, from first to end-1, unless it was read
// back: what happens after that nobody notices.
func (d *fakeDisk) lose(file, first, end uint32) {
	p := d.parts[file]
	if p == nil || p.read {
		return
	}
	from := min(uint64(first)*wire.GroupSize, uint64(len(p.data)))
	to := min(uint64(end)*wire.GroupSize, uint64(len(p.data)))
	clear(p.data[from:to])
	for g := first; g < end; g++ {
		delete(p.wrote, g)
	}
	d.n.post(Lost{File: file, Version: p.version, Offset: from, Length: to - from})
}
