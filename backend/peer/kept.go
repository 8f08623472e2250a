package peer

import (
	"bytes"
	"context"
	"sync"
	"time"

	"beeline/wasm/catalog"
	"beeline/wasm/session"
)

// This file: what has to be kept of a share by link, so that a later run offers the same
// link. wasm/PROTOCOL.md i.

// Kept is what a later run needs to be the same share. It is a secret.
type Kept struct {
	State   []byte   // of the machine (session.Sharer.Keep); nil: there is nothing to come back to
	Entries int      // that anybody may know of the list
	List    [32]byte // their digest, in order
	Sample  []byte   // of the files among them, 32 KiB at most: by it a later run knows them in another list
	Done    int      // recipients who have everything
}

// Found says how the list of an earlier run compares to what is there now.
type Found uint8

const (
	FoundSame    Found = iota // it begins as it was
	FoundChanged              // most of its files are there, and others
	FoundOther                // less than half are: it is a new share
)

// A keeper has what changes of a share kept, the latest state and one after the other.
// All of it does nothing on a nil keeper.
type keeper struct {
	on func(Kept) error

	writing sync.Mutex // held while something is kept; guards the two
	written uint64     // the version that was kept last
	err     error      // of that
	holds   bool       // a later run comes back to it

	mu      sync.Mutex // guards the rest
	now     Kept
	version uint64
	over    bool
}

func newKeeper(on func(Kept) error, before Kept) *keeper {
	if on == nil {
		return nil
	}
	return &keeper{on: on, now: before}
}

// change notes what is to be kept from now on, and reports whether it is anything new.
func (k *keeper) change(f func(*Kept)) bool {
	if k == nil {
		return false
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	now := k.now
	if f(&now); k.over || k.version > 0 && bytes.Equal(now.State, k.now.State) && now.Entries == k.now.Entries && now.List == k.now.List && now.Done == k.now.Done {
		return false
	}
	k.now = now
	k.version++
	return true
}

// flush keeps what was noted, and returns once that, or something later, is kept. What
// can't be kept is dropped, so that no older state comes back; an error means that it
// may.
func (k *keeper) flush() error {
	if k == nil {
		return nil
	}
	k.writing.Lock()
	defer k.writing.Unlock()
	k.mu.Lock()
	now, version := k.now, k.version
	k.mu.Unlock()
	if version == k.written {
		return k.err
	}
	k.written = version
	k.err = k.on(now)
	k.holds = k.err == nil && now.State != nil
	if k.err != nil && now.State != nil {
		k.err = k.on(Kept{})
	}
	return k.err
}

// leave keeps what was noted, and reports whether a later run comes back to it.
func (k *keeper) leave() bool {
	if k == nil {
		return false
	}
	_ = k.flush() // which holds says
	k.writing.Lock()
	defer k.writing.Unlock()
	return k.holds
}

// end drops what is kept, for good: nothing comes back of a share that was ended.
func (k *keeper) end() {
	if k == nil {
		return
	}
	k.mu.Lock()
	if !k.over {
		k.now, k.over = Kept{}, true
		k.version++
	}
	k.mu.Unlock()
	_ = k.flush() // whose error the caller was told by on
}

// handEvery is how often entries are handed on while a folder is walked, where they are
// kept first: each time costs two flushes of a disk.
const handEvery = 250 * time.Millisecond

// A lister hands on what a walk finds: what a recipient may have seen of the list is
// kept before, so that a later run knows whether its list begins in the same way.
type lister struct {
	keeper *keeper
	box    *queue[message]
	before Kept          // what an earlier run had listed
	known  chan Found    // is told once what of that is there
	begin  chan struct{} // closed once entries may be handed on

	digest *listDigest
	sample *listSample
	n      int             // entries so far
	told   bool            // known was, or there is nothing to tell
	differ bool            // the list does not begin as before
	held   []catalog.Entry // found, and not handed on
	handed time.Time
}

func newLister(k *keeper, box *queue[message], before Kept) *lister {
	return &lister{keeper: k, box: box, before: before, known: make(chan Found), begin: make(chan struct{}), digest: newListDigest(), sample: newListSample(before.Sample), told: before.State == nil || before.Entries == 0}
}

func (l *lister) run(ctx context.Context, w *walker, roots []root) {
	w.add = func(list []catalog.Entry) bool { return l.add(ctx, list) }
	if w.walk(ctx, roots) == nil && l.compare(ctx) && l.hand(ctx) {
		l.box.put(message{event: session.Listed{}})
	}
}

func (l *lister) add(ctx context.Context, list []catalog.Entry) bool {
	l.held = append(l.held, list...)
	if !l.told && !l.differ && l.n+len(list) >= l.before.Entries {
		first := l.before.Entries - l.n
		l.count(list[:first])
		list = list[first:]
		if l.differ = l.digest.sum() != l.before.List; !l.differ && !l.tell(ctx, FoundSame) {
			return false
		}
	}
	l.count(list)
	if !l.told || l.keeper != nil && time.Since(l.handed) < handEvery {
		return true
	}
	return l.hand(ctx)
}

func (l *lister) count(list []catalog.Entry) {
	l.digest.add(list)
	l.sample.add(list)
	l.n += len(list)
}

// compare says what of the list of before is in another one, which is whole now.
func (l *lister) compare(ctx context.Context) bool {
	if l.sample.other() {
		return l.tell(ctx, FoundOther)
	}
	return l.tell(ctx, FoundChanged)
}

// tell says what is there of the list of before, unless that is said.
func (l *lister) tell(ctx context.Context, what Found) bool {
	if l.told {
		return true
	}
	l.told = true
	select {
	case l.known <- what:
		return true
	case <-ctx.Done():
		return false
	}
}

// keep notes the list so far: where it was compared, all of it, so that a crash before
// any of it is handed on does not lose what the link is for.
func (l *lister) keep(k *Kept) { k.Entries, k.List, k.Sample = l.n, l.digest.sum(), l.sample.bytes() }

// hand hands on what was found, once it is kept that it was.
func (l *lister) hand(ctx context.Context) bool {
	select {
	case <-l.begin:
	case <-ctx.Done():
		return false
	}
	l.keeper.change(l.keep)
	_ = l.keeper.flush() // else nothing comes back that would need it
	list := l.held
	l.held, l.handed = nil, time.Now()
	return len(list) == 0 || l.box.wait(message{event: session.Add{Entries: list}}, waiting)
}
