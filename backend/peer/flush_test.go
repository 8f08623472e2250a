package peer

import (
	"errors"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"beeline/wasm/session"
	"beeline/wasm/wire"
)

// slowDisk counts the calls that reach it; each takes as long as it says.
type slowDisk struct {
	takes time.Duration

	mu     sync.Mutex // guards the rest
	all    int
	single []*os.File
	fails  error    // what all says once
	lost   *os.File // of which one says the same
}

func (s *slowDisk) flushAll() error {
	time.Sleep(s.takes)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.all++
	err := s.fails
	s.fails = nil
	return err
}

func (s *slowDisk) flushOne(f *os.File) error {
	time.Sleep(s.takes)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.single = append(s.single, f)
	if f == s.lost {
		return os.ErrDeadlineExceeded
	}
	return nil
}

// flushEach flushes files and returns what each was told. The first goes alone, the
// others come while it does.
func flushEach(y *flusher, files []*os.File) []error {
	errs := make([]error, len(files))
	var done sync.WaitGroup
	for i, f := range files {
		done.Go(func() { errs[i] = y.flush(f) })
		if i == 0 {
			synctest.Wait()
		}
	}
	done.Wait()
	return errs
}

func someFiles(n int) []*os.File {
	files := make([]*os.File, n)
	for i := range files {
		files[i] = new(os.File)
	}
	return files
}

func flusherOn(disk *slowDisk) *flusher {
	y := newFlusher()
	y.all, y.one = disk.flushAll, disk.flushOne
	return y
}

// What comes while everything is being flushed may have been written too late for it.
func TestAFileIsFlushedAfterItCame(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		disk := &slowDisk{takes: 20 * time.Millisecond}
		y := flusherOn(disk)
		var early sync.WaitGroup
		early.Go(func() { flushEach(y, someFiles(100)) })
		time.Sleep(disk.takes + disk.takes/4) // the first went alone; 99 are being flushed
		came := time.Now()
		flushEach(y, someFiles(100))
		if took, want := time.Since(came), 3*disk.takes/4+disk.takes; took != want {
			t.Errorf("who came within a flush waited %v, want %v: the rest of it and one of their own", took, want)
		}
		early.Wait()
		if disk.all != 2 || len(disk.single) != 1 {
			t.Errorf("200 files took %d flushes of everything and %d of one, want 2 and 1", disk.all, len(disk.single))
		}
	})
}

// The system tells once that something was lost, not of what, and perhaps too late
// for whom it concerns.
func TestALossIsToldToWhomItConcerns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		files := someFiles(20)
		disk := &slowDisk{takes: time.Millisecond, fails: errors.New("lost"), lost: files[13]}
		y := flusherOn(disk)
		for round := range 2 {
			for i, err := range flushEach(y, files) {
				if lost := i == 13; (err != nil) != lost {
					t.Errorf("round %d: file %d was told %v, want an error: %v", round, i, err, lost)
				}
			}
		}
		if disk.all != 1 || len(disk.single) != 40 {
			t.Errorf("%d flushes of everything, %d of one, want 1 and 40: nothing is believed after a loss", disk.all, len(disk.single))
		}
	})
}

// Where others write much to the same disk, ours don't wait for theirs for long.
func TestFlushingEverythingIsLeftWhereItIsDear(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		disk := &slowDisk{takes: 2 * time.Second}
		y := flusherOn(disk)
		flushEach(y, someFiles(20))   // one alone, then 19 together, in 2 s
		disk.takes = time.Millisecond // for one, and from now on for all
		for _, later := range []time.Duration{0, 19 * time.Second} {
			time.Sleep(later)
			flushEach(y, someFiles(20))
			if disk.all != 1 {
				t.Fatalf("%d flushes of everything, want the one that was too dear", disk.all)
			}
		}
		time.Sleep(time.Second)
		flushEach(y, someFiles(20))
		if disk.all != 2 {
			t.Errorf("%d flushes of everything, want another after ten times 2 s", disk.all)
		}
	})
}

// What a file costs by itself is measured again, though all of them together cost less
// than it once did.
func TestWhatAFileCostsIsLookedAtAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		disk := &slowDisk{takes: 10 * time.Millisecond}
		y := flusherOn(disk)
		for range 60 { // 19 together cost 0.53 ms each, and by themselves 1.6 ms
			flushEach(y, someFiles(20))
		}
		if alone := len(disk.single); alone < 60+19 {
			t.Errorf("%d files went by themselves, want the first of each round and those of another", alone)
		}
		if disk.all < 40 {
			t.Errorf("%d of 60 rounds went together, want most", disk.all)
		}
	})
}

// A disk that lost bytes says so once, to whoever flushes then; after it says that all
// is well. Nothing of the file counts as safe, also where two flush at once.
func TestALossThatIsToldOnceIsRemembered(t *testing.T) {
	for _, lost := range []error{syscall.EIO, syscall.ENOSPC} {
		var flushes atomic.Int32
		began, goOn := make(chan struct{}), make(chan struct{})
		k := newSink(t, t.TempDir(), KeepBoth, func(d *dest) {
			d.journal = true
			d.free = func(string) (uint64, bool) { return 1 << 40, true }
			d.flusher.one = func(f *os.File) error {
				if flushes.Add(1) > 1 {
					return f.Sync()
				}
				close(began)
				<-goOn
				return lost
			}
		}).open()
		data := noise(safeEvery)
		k.do(session.DiskEntry{File: 1, Path: []string{"a"}, Size: uint64(len(data))})
		for i := range uint32(safeEvery / wire.GroupSize) {
			k.write(1, 0, i, data[i*wire.GroupSize:][:wire.GroupSize])
			expect[session.Written](k)
		}
		<-began
		k.do(session.DiskFinish{File: 1}) // while the flush that is told has not said so
		time.Sleep(20 * time.Millisecond)
		close(goOn)
		if lost == syscall.EIO {
			for range 2 { // the one who was told, and the other
				if e := expect[session.DiskFailed](k); e.Code != wire.Unwritable {
					t.Errorf("the file fails with %v, want %v", e.Code, wire.Unwritable)
				}
			}
			k.do(session.DiskFinish{File: 1})
			expect[session.DiskFailed](k) // the disk says that all is well
			continue
		}
		for again := false; !again; {
			switch e := (<-k.events).(type) {
			case session.DiskFull, session.DiskRoom:
			case session.Lost:
				again = true
			default:
				t.Fatalf("%v: event %T %+v, want the bytes to be lost", lost, e, e)
			}
		}
	}
}
