//go:build unix

package hook

import (
	"bytes"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/time/rate"
)

// One contact who makes much happen does not cost another one's events, nor what a contact
// takes what says that something has arrived from them.
func TestOneContactCostsNoOtherItsEvents(t *testing.T) {
	var out bytes.Buffer
	r := New(Options{Command: `echo "$BEELINE_CONTACT $BEELINE_FOLDER"`, Within: time.Minute, Output: &out})
	for range burst + 1 {
		r.Tell(Event{Name: Verified, Contact: "Mallory", Peer: true}) // fetches one small file of ours again and again
	}
	r.Tell(Event{Name: Verified, Contact: "Ada", Peer: true}) // the day's footage is there
	r.Tell(Event{Name: Verified, Contact: "Mallory", Folder: "/in", Peer: true})
	r.Close()
	for _, line := range []string{"Ada \n", "Mallory /in\n"} {
		if !strings.Contains(out.String(), line) {
			t.Errorf("the hook never heard of %q", line)
		}
	}
}

// waitingRunner has no goroutine: tests take what would be run.
func waitingRunner() *Runner {
	return &Runner{ready: make(chan struct{}, 1), served: make(map[source]int), budgets: make(map[budget]*rate.Limiter), missed: make(map[Name]int)}
}

func (r *Runner) all() (contacts []string) {
	for {
		e, ok, _ := r.next()
		if !ok {
			return contacts
		}
		contacts = append(contacts, e.Contact)
	}
}

// Deliveries beyond the budget wait, and are not lost; contacts take turns, and what the
// program says comes after what was told before.
func TestDeliveriesWaitForTheirTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := waitingRunner()
		for range burst + 2 {
			r.Tell(Event{Name: Verified, Contact: "Mallory", Folder: "/in", Peer: true})
		}
		r.Tell(Event{Name: Held, Contact: "Ada", Folder: "/in", Peer: true})
		got := r.all()
		if len(got) != burst+1 || got[1] != "Ada" {
			t.Errorf("at once %d run, and second that of %q; want %d and Ada", len(got), got[1], burst+1)
		}
		r.Tell(Event{Name: Done})
		for range 2 {
			time.Sleep(every)
			if len(r.ready) != 1 {
				t.Error("nobody looks again")
			}
			got = append(got, r.all()...)
		}
		if len(got) != burst+4 || got[burst+3] != "" || len(r.missed) != 0 {
			t.Errorf("in the end %d ran, last of %q, missed %v; want %d, the program's and none", len(got), got[len(got)-1], r.missed, burst+4)
		}
	})
}

// Neither what waits nor the budgets grow without end, and it is who has most that loses.
func TestWhatWaitsIsBounded(t *testing.T) {
	r := waitingRunner()
	for range 2 * waitingMax {
		r.Tell(Event{Name: Verified, Contact: "Mallory", Folder: "/in", Peer: true})
	}
	for i := range 2 * budgetsMost {
		r.Tell(Event{Name: Offer, Contact: strconv.Itoa(i), Peer: true})
	}
	if len(r.waiting) != waitingMax || len(r.budgets) > budgetsMost+2 {
		t.Errorf("%d wait, with %d budgets; want %d and %d at most", len(r.waiting), len(r.budgets), waitingMax, budgetsMost+2)
	}
	r = waitingRunner()
	for range 2 * waitingMax {
		r.Tell(Event{Name: Verified, Contact: "Mallory", Folder: "/in", Peer: true})
	}
	r.Tell(Event{Name: Verified, Contact: "Ada", Folder: "/in", Peer: true})
	if last := r.waiting[waitingMax-1]; last.Contact != "Ada" || len(r.waiting) != waitingMax || r.missed[Verified] != waitingMax+1 {
		t.Errorf("the last of %d is of %q, %d are missed", len(r.waiting), last.Contact, r.missed[Verified])
	}
}
