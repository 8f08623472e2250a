//go:build !windows

package cli

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"testing"
)

// ends ends something with the first thing that is said.
type ends context.CancelFunc

func (e ends) Write(p []byte) (int, error) {
	e()
	return len(p), nil
}

// A node that is stopped just while it reads what is kept lets go of it, so that who
// comes next has not to wait for that.
func TestAStoppedNodeHoldsNothing(t *testing.T) {
	shortRuntime(t)
	server := startServe(t, "--listen", "127.0.0.1:0", "--relay", "off").url
	cleo := newSomeone(t).does("", "me", "--name", "Cleo")
	ada, _ := twoContacts(t)
	book := filepath.Join(ada.config, "people")
	old, err := os.ReadFile(book)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	in, _ := io.Pipe()
	running, runs := context.WithCancel(t.Context())
	code := make(chan int, 1)
	go func() {
		code <- runWith(ctx, []string{"beeline", "node", "run", "--config", ada.config, "--server", server, "--json"}, in, ends(runs), ends(stop))
	}()
	<-running.Done() // it has said that it does
	ada.does(cleo, "add")
	write(t, book, old) // an older state, which it says while it has it open
	if got := <-code; got != exitDone {
		t.Errorf("it ends with %d", got)
	}
	ada.does("", "confirm") // which would say that another program is using it
}
