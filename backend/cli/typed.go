package cli

import (
	"bytes"
	"context"
	"io"
	"os"
	"strings"
	"sync"
	"sync/atomic"

	"golang.org/x/term"
)

const (
	lineMax  = 4096 // the longest line that is read of the standard input, in bytes
	linesMax = 64   // lines that are read and wait for somebody who wants them
)

// typed is what a person types while a command runs, line by line. Nothing is
// read before somebody wants a line: what is piped into the program may be meant
// for the next one.
type typed struct {
	in       io.Reader
	gone     context.Context // ends with the command: a question may end before, and others follow
	terminal bool            // a person may be there
	// ahead goes on reading when nobody wants a line, so that it is known of each
	// whether it came before a question or after. A terminal is emptied instead.
	ahead bool
	once  sync.Once
	lines chan typedLine // closed at the end of the input
	want  chan struct{}
	asked uint64        // questions so far; used by whoever asks, one at a time
	open  atomic.Uint64 // the question that is asked now; 0: none
}

// A typedLine is a line, and the question that was open when it was read.
type typedLine struct {
	text     string
	question uint64
}

func newTyped(in io.Reader) *typed {
	t := &typed{in: in, lines: make(chan typedLine, linesMax), want: make(chan struct{}, 1)}
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
		go t.read()
	})
}

func (t *typed) read() {
	defer close(t.lines)
	chunk := make([]byte, lineMax)
	var rest []byte // of a line that has not ended
	for {
		if !t.ahead {
			select {
			case <-t.want:
			case <-t.gone.Done():
				return
			}
		}
		for some := false; !some; {
			n, err := t.in.Read(chunk)
			question := t.open.Load()
			rest = append(rest, chunk[:n]...)
			if err != nil && len(rest) > 0 {
				rest = append(rest, '\n')
			}
			for {
				line, after, whole := bytes.Cut(rest, []byte("\n"))
				if !whole {
					break
				}
				rest, some = after, true
				select {
				case t.lines <- typedLine{strings.TrimSpace(string(line)), question}:
				case <-t.gone.Done():
					return
				}
			}
			if err != nil || len(rest) > lineMax || t.gone.Err() != nil {
				return
			}
		}
	}
}

// line waits for the next line; false at the end of the input or of ctx.
func (t *typed) line(ctx context.Context) (string, bool) {
	l, ok := t.next(ctx)
	return l.text, ok
}

func (t *typed) next(ctx context.Context) (typedLine, bool) {
	t.start(ctx)
	select {
	case l, ok := <-t.lines:
		return l, ok
	default:
	}
	select {
	case t.want <- struct{}{}:
	default:
	}
	select {
	case l, ok := <-t.lines:
		return l, ok
	case <-ctx.Done():
		return typedLine{}, false
	}
}

// ask opens a question that a line from before must not answer: it was typed about
// something else, or pasted. It is called before the question is printed, and what it
// returns once there is an answer.
func (t *typed) ask() (answered func()) {
	if t.terminal {
		dropTyped(t.in.(*os.File))
	}
	t.asked++
	t.open.Store(t.asked)
	return func() { t.open.Store(0) }
}

// answer waits for a line that came after the question that is open. What came
// before is gone.
func (t *typed) answer(ctx context.Context) (string, bool) {
	for {
		l, ok := t.next(ctx)
		if !ok || l.question != 0 && l.question == t.open.Load() {
			return l.text, ok
		}
	}
}
