package hook

import (
	"context"
	"io"
	"slices"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

const (
	burst       = 30              // runs that a peer may cause at once, of each kind of event
	every       = 2 * time.Second // then one each
	waitingMax  = 1000            // events of peers that wait for their turn
	budgetsMost = 1024            // that are kept; further peers have one together
)

// Options say what is run.
type Options struct {
	Command string
	Within  time.Duration // a run may take
	Output  io.Writer     // for what it prints
	Report  func(Report)  // how each run ended; called from one goroutine at a time
}

// A Runner runs a command, one at a time. The methods of a nil one do nothing.
type Runner struct {
	o     Options
	ready chan struct{} // has one in it when there is something to do
	done  chan struct{}
	stop  context.CancelFunc // ends the command that runs

	mu      sync.Mutex // guards the rest
	waiting []Event
	served  map[source]int // when it was whose turn, counted
	turn    int
	budgets map[budget]*rate.Limiter
	missed  map[Name]int
	closed  time.Time // when Close was called
	ended   bool      // nothing is run any more
	left    map[Name]int
}

// source is whose events take turns with those of others: of one peer, those of what
// arrived from them and those of what they took.
type source struct {
	contact string
	arrives bool
}

func (e *Event) source() source { return source{e.Contact, e.Folder != ""} }

// arrived reports whether it is about a delivery. How many of those there are is bounded
// by the transfers, and who moves files by hook must hear of each: it waits for its time.
func (e *Event) arrived() bool {
	return e.Peer && e.Folder != "" && (e.Name == Verified || e.Name == Held)
}

type budget struct {
	source
	of Name
}

// New returns a runner; nil where there is no command.
func New(o Options) *Runner {
	if o.Command == "" {
		return nil
	}
	r := &Runner{
		o: o, ready: make(chan struct{}, 1), done: make(chan struct{}),
		served: make(map[source]int), budgets: make(map[budget]*rate.Limiter), missed: make(map[Name]int), left: make(map[Name]int),
	}
	ctx, stop := context.WithCancel(context.Background())
	r.stop = stop
	go r.run(ctx)
	return r
}

// Tell has the command run, after what was told before. It does not wait.
func (r *Runner) Tell(e Event) {
	if r == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.closed.IsZero() {
		return
	}
	if e.Peer && (!e.arrived() && !r.budget(&e).Allow() || !r.room(e.source())) {
		r.missed[e.Name]++
		return
	}
	e.Names = slices.Clone(e.Names[:min(len(e.Names), namesMax)])
	r.waiting = append(r.waiting, e)
	r.wake()
}

// budget is called with mu held.
func (r *Runner) budget(e *Event) *rate.Limiter {
	b := budget{e.source(), e.Name}
	if r.budgets[b] == nil && len(r.budgets) >= budgetsMost {
		for other, l := range r.budgets {
			if l.Tokens() >= burst {
				delete(r.budgets, other) // a new one is the same
			}
		}
		if len(r.budgets) >= budgetsMost {
			b.contact = ""
		}
	}
	if r.budgets[b] == nil {
		r.budgets[b] = rate.NewLimiter(rate.Every(every), burst)
	}
	return r.budgets[b]
}

// room makes room for one more event of a peer. Where there is none, it is who has the
// most waiting that loses the last. Called with mu held.
func (r *Runner) room(of source) bool {
	if len(r.waiting) < waitingMax {
		return true
	}
	count := make(map[source]int)
	for i := range r.waiting {
		if r.waiting[i].Peer {
			count[r.waiting[i].source()]++
		}
	}
	most := of
	for s, n := range count {
		if n > count[most] {
			most = s
		}
	}
	if most == of {
		return false
	}
	for i := len(r.waiting) - 1; ; i-- {
		if e := &r.waiting[i]; e.Peer && e.source() == most {
			r.missed[e.Name]++
			r.waiting = slices.Delete(r.waiting, i, i+1)
			return true
		}
	}
}

func (r *Runner) wake() {
	select {
	case r.ready <- struct{}{}:
	default:
	}
}

// Close waits until what was told has run. For what peers caused there is no more
// time than for one run; what the program told last runs in any case. It may be
// called twice.
func (r *Runner) Close() {
	if r == nil {
		return
	}
	r.mu.Lock()
	if r.closed.IsZero() {
		r.closed = time.Now()
	}
	r.mu.Unlock()
	r.wake()
	<-r.done
}

// CloseWithin is Close for who has no more time than that: then the command that runs is
// ended, and for the rest none is run. Both are reported as stopped.
func (r *Runner) CloseWithin(d time.Duration) {
	if r == nil {
		return
	}
	late := time.AfterFunc(d, func() {
		r.mu.Lock()
		r.ended = true
		r.mu.Unlock()
		r.stop()
		r.wake()
	})
	defer late.Stop()
	r.Close()
}

func (r *Runner) run(ctx context.Context) {
	defer close(r.done)
	defer r.stop()
	for range r.ready {
		for {
			e, ok, over := r.next()
			r.sayMissed()
			if over {
				r.sayLeft()
				return
			}
			if !ok {
				break
			}
			r.report(Run(ctx, r.o.Command, r.o.Within, e, r.o.Output))
		}
	}
}

// next takes the event whose turn it is: of the peer whose turn was longest ago, and of
// the program after all that was told before. over: there is none and will be none.
func (r *Runner) next() (e Event, ok, over bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	closing := !r.closed.IsZero()
	if r.ended {
		for i := range r.waiting {
			r.left[r.waiting[i].Name]++
		}
		r.waiting = nil
		return e, false, true
	}
	if closing && time.Since(r.closed) > r.o.Within {
		r.waiting = slices.DeleteFunc(r.waiting, func(e Event) bool {
			if e.Peer {
				r.missed[e.Name]++
			}
			return e.Peer
		})
	}
	at := -1
	for i := range r.waiting {
		w := &r.waiting[i]
		if !w.Peer {
			if i == 0 {
				at = 0
			}
			break
		}
		if at >= 0 && r.served[w.source()] >= r.served[r.waiting[at].source()] || w.arrived() && !closing && r.budget(w).Tokens() < 1 {
			continue
		}
		at = i
	}
	if at < 0 {
		if clear(r.served); len(r.waiting) > 0 {
			time.AfterFunc(every, r.wake)
		}
		return e, false, closing
	}
	if e = r.waiting[at]; e.arrived() {
		r.budget(&e).Allow()
	}
	r.waiting = slices.Delete(r.waiting, at, at+1)
	r.turn++
	r.served[e.source()] = r.turn
	return e, true, false
}

// sayMissed says how often the command was not run, before it is the next time.
func (r *Runner) sayMissed() {
	r.mu.Lock()
	missed := r.missed
	r.missed = make(map[Name]int)
	r.mu.Unlock()
	for name, n := range missed {
		r.report(Report{On: name, Exit: -1, Why: WhyMissed, Missed: n})
	}
}

// sayLeft says for how much no command was run, since there was no more time.
func (r *Runner) sayLeft() {
	for name, n := range r.left {
		r.report(Report{On: name, Exit: -1, Why: WhyStopped, Missed: n})
	}
}

func (r *Runner) report(p Report) {
	if r.o.Report != nil {
		r.o.Report(p)
	}
}
