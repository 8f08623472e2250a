package cli

import (
	"context"
	"io"
	"os"
	"runtime"
	"testing"
	"time"

	"beeline/wasm/session"
)

func asker(in io.Reader) *sender {
	return &sender{screen: newScreen(io.Discard), typed: newTyped(in), asking: make(chan struct{}, 1), lines: newJSONStream(io.Discard)}
}

// admits answers whether a recipient is let in within a moment.
func admits(t *testing.T, s *sender, id uint32) bool {
	t.Helper()
	ctx, stop := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer stop()
	return s.admit(ctx, session.RecipientView{ID: id})
}

// A yes that was typed when nobody was asked lets nobody in: neither twice at once,
// nor between two questions, nor for somebody else.
func TestAYesFromBeforeLetsNobodyIn(t *testing.T) {
	in, w := io.Pipe()
	defer w.Close()
	s := asker(in)
	s.typed.until(t.Context()).ahead = true
	go func() { _, _ = io.WriteString(w, "y\ny\n") }()
	if !admits(t, s, 2) {
		t.Error("a yes does not let in")
	}
	if admits(t, s, 3) {
		t.Error("the second of two let in the next")
	}
	_, _ = io.WriteString(w, "y\n")
	time.Sleep(50 * time.Millisecond) // until it is read
	if admits(t, s, 4) {
		t.Error("one that nobody had asked for let in the next")
	}
	go func() { time.Sleep(50 * time.Millisecond); _, _ = io.WriteString(w, "y 4\nyes 5\n") }()
	if !admits(t, s, 5) {
		t.Error("a yes with the number does not let in")
	}
	s.json = true
	go func() { time.Sleep(50 * time.Millisecond); _, _ = io.WriteString(w, "y\ny 5\n") }()
	if admits(t, s, 6) {
		t.Error("a program's yes that names nobody, or another, let in")
	}
}

// On a terminal what was typed before the question is dropped, also before the first.
func TestATerminalIsEmptiedBeforeAQuestion(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("a pipe is no console")
	}
	in, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	s := asker(in)
	ctx, stop := context.WithCancel(t.Context())
	s.typed.until(ctx).terminal = true
	t.Cleanup(func() { stop(); w.Close(); in.Close() })
	for range 2 {
		_, _ = io.WriteString(w, "y\ny\n")
		time.Sleep(50 * time.Millisecond) // what was begun to be read is
		if admits(t, s, 2) {
			t.Fatal("a yes from before let in")
		}
	}
	go func() { time.Sleep(50 * time.Millisecond); _, _ = io.WriteString(w, "y\n") }()
	if !admits(t, s, 2) {
		t.Error("a yes does not let in")
	}
	// "link⏎y⏎", pasted: the y is none to the question that follows.
	_, _ = io.WriteString(w, "link\ny\n")
	if link, _ := s.typed.line(t.Context()); link != "link" {
		t.Errorf("the link is %q", link)
	}
	if admits(t, s, 2) {
		t.Error("a yes that was pasted behind a link let in")
	}
}
