package hook

import (
	"context"
	"io"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

const (
	burst      = 30              // runs that peers may cause at once, of each kind of event
	every      = 2 * time.Second // then one each
	waitingMax = 100             // events of peers that wait for their turn
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

	mu      sync.Mutex // guards the rest
	waiting []Event
	budgets map[Name]*rate.Limiter
	missed  map[Name]int
	closed  time.Time // when Close was called
}

// New returns a runner; nil where there is no command.
func New(o Options) *Runner {
	if o.Command == "" {
		return nil
	}
	r := &Runner{
		o: o, ready: make(chan struct{}, 1), done: make(chan struct{}),
		budgets: make(map[Name]*rate.Limiter), missed: make(map[Name]int),
	}
	go r.run()
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
	if e.Peer && (len(r.waiting) >= waitingMax || !r.budget(e.Name).Allow()) {
		r.missed[e.Name]++
		return
	}
	r.waiting = append(r.waiting, e)
	r.wake()
}

// budget is called with mu held.
func (r *Runner) budget(n Name) *rate.Limiter {
	if r.budgets[n] == nil {
		r.budgets[n] = rate.NewLimiter(rate.Every(every), burst)
	}
	return r.budgets[n]
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

func (r *Runner) run() {
	defer close(r.done)
	for range r.ready {
		for {
			e, ok, over := r.next()
			r.sayMissed()
			if over {
				return
			}
			if !ok {
				break
			}
			r.report(Run(context.Background(), r.o.Command, r.o.Within, e, r.o.Output))
		}
	}
}

// next takes the event whose turn it is; over: there is none and will be none.
func (r *Runner) next() (e Event, ok, over bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	late := !r.closed.IsZero() && time.Since(r.closed) > r.o.Within
	for len(r.waiting) > 0 {
		e, r.waiting = r.waiting[0], r.waiting[1:]
		if !late || !e.Peer {
			return e, true, false
		}
		r.missed[e.Name]++
	}
	return e, false, !r.closed.IsZero()
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

func (r *Runner) report(p Report) {
	if r.o.Report != nil {
		r.o.Report(p)
	}
}
