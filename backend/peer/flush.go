package peer

import (
	"os"
	"sync"
	"time"
)

const (
	togetherFrom = 4                // files that wait: fewer are flushed one by one
	eachGuess    = time.Millisecond // what one costs that is flushed by itself, until that is known
	dearTimes    = 10               // so many times as long as a flush of everything took that cost more, each is flushed by itself
	doubt        = 64               // by this part what one costs is taken for less with each flush of everything: it may have changed
)

// A flusher brings files to the disk. Small ones would spend all their time in that: a
// disk makes a few thousand flushes a second at best. Where the system can flush
// everything at once and says whether it went well, those that wait go together, and
// what comes meanwhile goes with the next. That brings to the disk what others wrote, too:
// where it costs more than flushing each by itself, that is done.
type flusher struct {
	all     func() error           // flushes everything there is; nil: can't be done
	release func()                 // lets go of what all needs
	one     func(f *os.File) error // (*os.File).Sync, or a test's
	alone   chan struct{}          // as many values as files are flushed by themselves

	turn  chan struct{} // holds a value while a flushing runs, which owns the next two lines
	apart time.Time     // until then each file is flushed by itself
	each  time.Duration // what one costs then

	mu   sync.Mutex // guards the rest
	next *flushing  // those that wait
}

// A flushing is files that are flushed together.
type flushing struct {
	files []*os.File
	errs  []error // one for each, once done is closed
	done  chan struct{}
}

func newFlusher() *flusher {
	return &flusher{each: eachGuess, one: (*os.File).Sync, turn: make(chan struct{}, 1), alone: make(chan struct{}, finishers), release: func() {}}
}

// flush returns when the bytes of f, and that it is there, can't be lost any more.
func (y *flusher) flush(f *os.File) error {
	if y.all == nil {
		return y.byItself(f)
	}
	y.mu.Lock()
	b := y.next
	first := b == nil
	if first {
		b = &flushing{done: make(chan struct{})}
		y.next = b
	}
	at := len(b.files)
	b.files = append(b.files, f)
	y.mu.Unlock()
	if first {
		y.turn <- struct{}{}
		y.mu.Lock()
		y.next = nil // who comes from now on goes with the next
		y.mu.Unlock()
		y.run(b)
		<-y.turn
		close(b.done)
	}
	<-b.done
	return b.errs[at]
}

func (y *flusher) run(b *flushing) {
	b.errs = make([]error, len(b.files))
	began, many := time.Now(), time.Duration(len(b.files))
	if many >= togetherFrom && began.After(y.apart) {
		err := y.all()
		end := time.Now()
		switch {
		case err != nil:
			// Whose bytes were lost, each one's own flush says, or said before ((*part).flush).
			// And it may be those of a file that comes later: this error is not told twice.
			y.apart = end.AddDate(100, 0, 0)
		case end.Sub(began) > many*y.each:
			y.apart = end.Add(dearTimes * end.Sub(began))
			return
		default:
			y.each -= y.each / doubt
			return
		}
		began = end
	}
	var files sync.WaitGroup
	for i, f := range b.files {
		files.Go(func() { b.errs[i] = y.byItself(f) })
	}
	files.Wait()
	if many >= togetherFrom {
		y.each = time.Since(began) / many
	}
}

func (y *flusher) byItself(f *os.File) error {
	y.alone <- struct{}{}
	defer func() { <-y.alone }()
	return y.one(f)
}
