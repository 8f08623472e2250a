package peer

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	"beeline/wasm/journal"
	"beeline/wasm/session"
)

// Names in the part folder, beside the files under way.
const (
	journalName = "journal"
	foldersName = "folders"
)

// A logbook is the journal of a transfer as a file: what is in it the machine
// decides (wasm/journal). It stands in the part folder, is locked while somebody
// uses it, and is written by a goroutine of its own: records that wait while one
// batch is flushed go with the next.
type logbook struct {
	file  *os.File
	found []byte                                            // what an earlier run left
	full  func(op func() error) error                       // tries again while the disk is full
	write func(f *os.File, b []byte, at int64) (int, error) // (*os.File).WriteAt, or a test's
	done  func(session.DiskJournal)                         // a record can't be lost any more

	queue *queue[session.DiskJournal]
	ended chan struct{}
	dead  chan struct{} // closed when nothing is written any more

	mu      sync.Mutex // guards the rest
	settled *sync.Cond
	given   int
	written int
	broken  bool
}

// openLogbook takes the journal of a part folder. It fails with errTaken while
// another program has it.
func openLogbook(root *os.Root, dir string) (*logbook, error) {
	f, err := openPlain(root, filepath.Join(dir, journalName), 0o600)
	if err != nil {
		return nil, err
	}
	if err := lock(f); err != nil {
		f.Close()
		return nil, err
	}
	found, err := io.ReadAll(io.LimitReader(f, journal.JournalMax))
	if err != nil {
		f.Close()
		return nil, err
	}
	b := &logbook{file: f, found: found, write: (*os.File).WriteAt, queue: newQueue[session.DiskJournal](), ended: make(chan struct{}), dead: make(chan struct{})}
	b.settled = sync.NewCond(&b.mu)
	return b, nil
}

// errTaken means that another program is at the same transfer.
var errTaken = errors.New("peer: another program receives the same into this folder")

// openPlain opens a file for reading and writing, and makes it where there is
// none. What is a link, of either kind, is not opened: what is written to it would
// be written elsewhere.
func openPlain(root *os.Root, path string, mode fs.FileMode) (*os.File, error) {
	f, err := root.OpenFile(path, os.O_RDWR|nonblock, mode)
	if errors.Is(err, fs.ErrNotExist) {
		// O_EXCL: a link to where nothing is would be followed, and a file made there.
		f, err = root.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL|nonblock, mode)
	}
	if err != nil {
		return nil, err
	}
	if !alone(root, path, f) {
		f.Close()
		return nil, fs.ErrInvalid
	}
	return f, nil
}

// alone reports whether f is the regular file at path, and at no other.
func alone(root *os.Root, path string, f *os.File) bool {
	there, err1 := root.Lstat(path)
	info, err2 := f.Stat()
	return err1 == nil && err2 == nil && there.Mode().IsRegular() && os.SameFile(there, info) && links(info) == 1
}

// add queues a record.
func (b *logbook) add(a session.DiskJournal) {
	b.mu.Lock()
	b.given++
	b.mu.Unlock()
	b.queue.put(a)
}

// wait waits until what was queued so far is flushed; false where it never will be.
func (b *logbook) wait() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	for want := b.given; b.written < want && !b.broken; {
		b.settled.Wait()
	}
	return !b.broken
}

// run writes until close.
func (b *logbook) run() {
	defer close(b.ended)
	for range b.queue.ready {
		list := b.queue.take()
		if list == nil && b.queue.isClosed() {
			return
		}
		if len(list) == 0 {
			continue
		}
		err := b.full(func() error { return b.flush(list) })
		b.mu.Lock()
		b.broken = b.broken || err != nil
		b.written += len(list)
		b.settled.Broadcast()
		b.mu.Unlock()
		if err != nil {
			continue // nothing of it counts as safe
		}
		for _, a := range list {
			b.done(a)
		}
	}
}

// flush writes records where they belong. What stood there is void: a crash in
// the middle leaves a journal that ends earlier.
func (b *logbook) flush(list []session.DiskJournal) error {
	for _, a := range list {
		if len(a.Data) == 0 {
			continue
		}
		if err := b.file.Truncate(int64(a.At)); err != nil {
			return err
		}
		if _, err := b.write(b.file, a.Data, int64(a.At)); err != nil {
			return err
		}
	}
	return b.file.Sync()
}

// close writes what is queued and lets go of the file. It may be called twice.
func (b *logbook) close() {
	b.mu.Lock()
	want := b.given
	b.mu.Unlock()
	for end := time.Now().Add(lastRecords); time.Now().Before(end); time.Sleep(time.Millisecond) {
		b.mu.Lock()
		over := b.written >= want || b.broken
		b.mu.Unlock()
		if over {
			break
		}
	}
	b.mu.Lock()
	b.broken = true
	b.settled.Broadcast()
	b.mu.Unlock()
	b.queue.close()
	<-b.ended
	b.file.Close() // and with it the lock
}

// lastRecords is how long a disk may take for the last records: what it does not
// take is fetched again some day.
const lastRecords = 2 * time.Second
