package cli

import (
	"bufio"
	"context"
	"io"
	"os"
	"strings"
	"sync"

	"golang.org/x/term"
)

// lineMax is the longest line that is read of the standard input, in bytes.
const lineMax = 4096

// typed is what a person types while a command runs, line by line. Nothing is
// read before somebody wants a line: what is piped into the program may be meant
// for the next one.
type typed struct {
	in       io.Reader
	gone     context.Context // ends with the command: a question may end before, and others follow
	terminal bool            // a person may be there
	once     sync.Once
	lines    chan string // closed at the end of the input
}

func newTyped(in io.Reader) *typed {
	t := &typed{in: in, lines: make(chan string)}
	if f, ok := in.(*os.File); ok {
		t.terminal = term.IsTerminal(int(f.Fd()))
	}
	return t
}

// until says with what reading ends; else it is the first question's context.
func (t *typed) until(ctx context.Context) *typed {
	t.gone = ctx
	return t
}

// start reads lines until the end of the input, or of the program: a read of the
// standard input can't be taken back.
func (t *typed) start(ctx context.Context) {
	t.once.Do(func() {
		if t.gone == nil {
			t.gone = ctx
		}
		go func() {
			defer close(t.lines)
			sc := bufio.NewScanner(t.in)
			sc.Buffer(nil, lineMax)
			for sc.Scan() {
				select {
				case t.lines <- strings.TrimSpace(sc.Text()):
				case <-t.gone.Done():
					return
				}
			}
		}()
	})
}

// line waits for the next line; false at the end of the input or of ctx.
func (t *typed) line(ctx context.Context) (string, bool) {
	t.start(ctx)
	select {
	case l, ok := <-t.lines:
		return l, ok
	case <-ctx.Done():
		return "", false
	}
}
