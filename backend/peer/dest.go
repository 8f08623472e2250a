package peer

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"beeline/wasm/session"
	"beeline/wasm/wire"
)

// PartFolder is where unfinished files stand, inside the destination: on the
// right disk, visible, named for what it is, and the same as the browser's. It
// goes away when it is empty. The journal, where one is kept, stands in it.
const PartFolder = "Beeline (unfinished)"

// finishers is how many files are flushed by themselves, how many are read back or
// given their names at once. Flushing waits for the disk, not for the processor:
// several at a time share its commits.
const finishers = 8

// A dest is the destination of a transfer. It does what the machine says about
// the disk, in order, in a goroutine of its own, and answers with events. What
// takes long, flushing and reading back, runs beside it.
//
//	Out/
//	  Beeline (unfinished)/8f3a01c2/t5     written at positions, read back
//	  A001/CLIPS/A001_C001.mov             linked to its name once verified
//
// Everything goes through an os.Root: no name of a peer and no link that lies in
// the destination leads outside. PROTOCOL.md g.3, attack 31.
type dest struct {
	out      string
	conflict Conflict
	say      func(session.Event)
	ops      *queue[diskOp]
	pause    time.Duration // before a full disk is tried again
	// What tests put in the place of the disk: (*os.File).WriteAt, (*os.Root).Link,
	// freeSpace and names.
	pwrite func(f *os.File, b []byte, at int64) (int, error)
	link   func(root *os.Root, from, to string) error
	free   func(dir string) (uint64, bool)
	list   func(root *os.Root, dir string) ([]string, error)

	stop   chan struct{} // closed when the transfer is given up
	once   sync.Once
	jobs   sync.WaitGroup
	permit chan struct{}

	flusher *flusher

	journal bool        // one is kept, for a later run
	scanned bool        // everything lands in quarantine
	of      string      // what it is that lands there
	scan    string      // names the scan it lands there for
	keep    atomic.Bool // what is unfinished stays, for a later run

	// Owned by the goroutine of run.
	root       *os.Root
	unfinished string          // PartFolder, or the one beside it that is used (partfolder.go)
	sampled    os.FileInfo     // what a folder is like that is made there
	held       *quarantine     // nil: files land in the destination
	temp       string          // the part folder, below root
	book       *logbook        // nil: none is kept
	folders    *os.File        // likewise: the list of those that were made
	madeBefore map[string]bool // folders that an earlier run made
	taken      map[string]bool // files of an earlier run that this one took up
	bad        int             // files that did not land and will not
	parts      map[uint32]*part
	dirs       map[string]*folder // by path as listed

	space space
	room  room

	mu     sync.Mutex // guards the rest
	landed []string   // top-level names, as they are on disk
	seen   map[string]bool
	same   int // files that were there already
	closed bool
}

// A diskOp is an action for the disk, with the bytes of a Write, or something
// that has to be done in the goroutine of the dest.
type diskOp struct {
	action session.Action
	batch  *batch
	do     func()
}

func newDest(out string, conflict Conflict, say func(session.Event)) *dest {
	d := &dest{
		out: out, conflict: conflict, say: say, ops: newQueue[diskOp](), pause: time.Second,
		pwrite: (*os.File).WriteAt, link: (*os.Root).Link, free: freeSpace, list: names,
		unfinished: PartFolder, stop: make(chan struct{}), permit: make(chan struct{}, finishers), flusher: newFlusher(),
		parts: make(map[uint32]*part), dirs: make(map[string]*folder), madeBefore: make(map[string]bool), taken: make(map[string]bool), seen: make(map[string]bool),
	}
	d.space.d = d
	return d
}

// giveUp lets go of everybody who waits for room: the transfer is over.
func (d *dest) giveUp() { d.once.Do(func() { close(d.stop) }) }

// run carries out what is queued until the queue is closed.
func (d *dest) run() {
	defer func() {
		d.giveUp()
		d.jobs.Wait()
		for _, p := range d.parts {
			p.close()
		}
		d.closeBook()
		d.flusher.release()
		if d.root != nil {
			d.root.Close()
		}
	}()
	for range d.ops.ready {
		ops := d.ops.take()
		if ops == nil && d.ops.isClosed() {
			return
		}
		for _, op := range ops {
			d.act(op)
		}
	}
}

func (d *dest) act(op diskOp) {
	switch a := op.action.(type) {
	case nil:
		op.do()
	case session.DiskOpen:
		d.open(a)
	case session.DiskEntry:
		if a.Dir {
			d.makeDir(a)
		} else {
			p := newPart(a)
			d.parts[a.File] = p
			if len(a.Kept) > 0 {
				d.recall(p, a.Kept)
			}
		}
	case session.DiskJournal:
		if d.book != nil {
			d.book.add(a)
		}
	case session.Write:
		d.write(a, op.batch)
	case session.DiskReset:
		d.reset(a)
	case session.DiskFinish:
		if p := d.parts[a.File]; p != nil && d.opened(p) {
			s := p.take()
			d.jobs.Go(func() { d.finish(p, s) })
		}
	case session.DiskLand:
		if p := d.parts[a.File]; p != nil {
			d.land(p)
		}
	case session.DiskDrop:
		if p := d.parts[a.File]; p != nil {
			delete(d.parts, a.File)
			d.bad++
			if d.book != nil && (p.unwell.Load() || p.seen.Load() == nil) {
				p.bump()
				p.close() // what is safe of it is there for a later run: a drive that was away comes back
			} else {
				d.drop(p)
			}
		}
	case session.DiskClose:
		d.jobs.Wait()
		if d.bad == 0 && d.held != nil {
			d.waits()
		}
		if d.book != nil && d.bad > 0 {
			d.settleDirs() // what failed may come another time; what landed is not fetched again
		} else {
			d.tidy()
		}
		d.done()
	case session.DiskDiscard:
		for _, p := range d.parts {
			p.bump()
		}
		d.jobs.Wait()
		if d.book != nil && d.keep.Load() {
			d.done()
			return
		}
		for i, p := range d.parts {
			delete(d.parts, i)
			if !p.landed.Load() {
				d.drop(p)
			}
		}
		d.removeDirs()
		d.tidy()
		d.done()
	}
}

// waits writes down that everything is in quarantine, before what a later run would
// go on with is taken away.
func (d *dest) waits() {
	d.settleDirs()
	_ = d.space.retry(func() error { return d.held.setState(quarantineState{Of: d.of, Scan: d.scan}) })
}

func (d *dest) done() {
	d.mu.Lock()
	d.closed = true
	d.mu.Unlock()
	d.say(session.DiskClosed{})
}

// permitted runs f when few others do.
func (d *dest) permitted(f func()) {
	d.permit <- struct{}{}
	defer func() { <-d.permit }()
	f()
}

// open makes the destination and the part folder, or says why it can't.
func (d *dest) open(a session.DiskOpen) {
	err := d.makePlace(a.Key)
	switch {
	case err == nil:
	case isFull(err):
		d.say(session.DiskRefused{Code: wire.Space, Needed: a.Bytes})
		return
	default:
		d.say(session.DiskRefused{Code: wire.Unwritable})
		return
	}
	d.space.total = a.Bytes
	var found []byte
	if d.book != nil {
		found, d.book.found = d.book.found, nil // of 500,000 files it is 60 MB
	}
	// Of what an earlier run left nobody knows yet how much it is: should the disk be
	// too full for the rest, it waits.
	if free, ok := d.roomLeft(); ok && free < a.Bytes && len(found) == 0 {
		d.tidy()
		d.say(session.DiskRefused{Code: wire.Space, Needed: a.Bytes - free})
		return
	}
	d.say(session.DiskOpened{Journal: found})
}

func (d *dest) makePlace(key string) error {
	if err := os.MkdirAll(d.out, 0o755); err != nil {
		return fmt.Errorf("make the destination: %w", err)
	}
	root, err := os.OpenRoot(d.out)
	if err != nil {
		return fmt.Errorf("open the destination: %w", err)
	}
	d.root = root
	if d.scanned {
		if d.held, err = quarantined(d.out, root, key); err != nil {
			return err
		}
		root.Close()
		if d.root, err = d.held.files(); err != nil {
			return fmt.Errorf("open the quarantine: %w", err)
		}
	}
	d.dirs[""] = &folder{path: "."}
	if err := d.findUnfinished(); err != nil {
		return err
	}
	if d.journal {
		err = d.takePlace(key)
	} else {
		err = d.newPlace(key)
	}
	if err == nil {
		d.flusher.all, d.flusher.release = flushAll(d.root, d.temp)
	}
	return err
}

// newPlace makes a part folder. Another run, or another window, may be at the same
// share: each has its own.
func (d *dest) newPlace(key string) (err error) {
	for range 100 {
		temp := filepath.Join(d.unfinished, key)
		if err = d.root.Mkdir(temp, 0o755); err == nil {
			d.temp = temp
			return nil
		}
		if !errors.Is(err, fs.ErrExist) {
			break
		}
		var more [2]byte
		rand.Read(more[:]) // never fails
		key = key[:min(32, len(key))] + "-" + hex.EncodeToString(more[:])
	}
	return fmt.Errorf("make the part folder: %w", err)
}

// failed tells that a file can't be kept, unless nobody waits for it.
func (d *dest) failed(p *part, err error) {
	if errors.Is(err, errGivenUp) {
		return
	}
	code := wire.Unwritable
	if c, ok := err.(wire.Code); ok {
		code = c
	} else {
		p.unwell.Store(true)
	}
	d.say(session.DiskFailed{File: p.file, Code: code})
}

// tidy removes the part folder, and brings everything that landed under way to
// the disk.
func (d *dest) tidy() {
	if d.root == nil {
		return
	}
	d.settleDirs()
	kept := d.book != nil
	d.closeBook()
	d.forget(kept)
}

// forget removes the part folder, with all that is in it where there was a journal:
// what earlier runs left.
func (d *dest) forget(all bool) {
	if d.temp != "" && all {
		_ = d.root.RemoveAll(d.temp)
	} else if d.temp != "" {
		_ = d.root.Remove(d.temp)
	}
	_ = d.root.Remove(d.unfinished) // stays while another transfer uses it
}

func (d *dest) closeBook() {
	if d.book != nil {
		d.book.close()
		d.book = nil
	}
	if d.folders != nil {
		d.folders.Close()
		d.folders = nil
	}
}

// result returns what there is to say at the end. What is unfinished stays in
// d.unfinished, which is read once run has ended.
func (d *dest) result() (names []string, same int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.landed, d.same
}

func (d *dest) isClosed() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.closed
}
