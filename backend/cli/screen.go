package cli

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"golang.org/x/term"
)

// How often a line about progress is written: where it can be written over, and
// where every one stays (a pipe, a log).
const (
	redrawEvery = 200 * time.Millisecond
	linesEvery  = 10 * time.Second
)

// A screen is where people read: lines that stay, and below them, on a terminal,
// one that is written over. In a pipe that one is written too, but seldom, and no
// character there moves anything.
type screen struct {
	out   io.Writer
	width int // of the terminal; 0: there is none

	mu     sync.Mutex // guards the rest
	drawn  bool       // a line that can be written over is there
	last   string
	lastAt time.Time
}

func newScreen(out io.Writer) *screen {
	s := &screen{out: out}
	if f, ok := out.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		s.width = 80
		if w, _, err := term.GetSize(int(f.Fd())); err == nil && w > 20 {
			s.width = w
		}
	}
	return s
}

// line writes a line that stays.
func (s *screen) line(format string, args ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.wipe()
	fmt.Fprintf(s.out, format+"\n", args...)
}

// Write takes what another program prints.
func (s *screen) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.wipe()
	return s.out.Write(p)
}

// prompt writes a question without ending the line.
func (s *screen) prompt(text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.wipe()
	fmt.Fprint(s.out, text)
}

// under writes the line below the others, as often as is good.
func (s *screen) under(text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	every := redrawEvery
	if s.width == 0 {
		every = linesEvery
	}
	if s.width == 0 && s.lastAt.IsZero() {
		s.lastAt = time.Now() // what is done within seconds needs no such line
	}
	if text == s.last || time.Since(s.lastAt) < every {
		return
	}
	s.last, s.lastAt = text, time.Now()
	if s.width == 0 {
		fmt.Fprintln(s.out, text)
		return
	}
	if r := []rune(text); len(r) > s.width-1 {
		text = string(r[:s.width-1])
	}
	fmt.Fprint(s.out, "\r"+text+"\x1b[K")
	s.drawn = true
}

// wipe takes away the line that can be written over. Called with mu held.
func (s *screen) wipe() {
	if s.drawn {
		fmt.Fprint(s.out, "\r\x1b[K")
		s.drawn, s.last = false, ""
	}
}

// done ends the last line.
func (s *screen) done() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.wipe()
}

// indented is text below a heading.
func indented(text string) string { return "  " + strings.ReplaceAll(text, "\n", "\n  ") }
