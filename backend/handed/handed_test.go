package handed

import (
	"errors"
	"io"
	"net"
	"testing"
)

func TestListener(t *testing.T) {
	l := Listen(&net.TCPAddr{Port: 7})
	if l.Addr().String() != ":7" || l.Closed() {
		t.Errorf("Addr = %v, Closed = %v", l.Addr(), l.Closed())
	}
	ours, theirs := net.Pipe()
	defer ours.Close()
	go l.Hand(theirs)
	if c, err := l.Accept(); c != theirs || err != nil {
		t.Fatalf("Accept = %v, %v, want what was handed", c, err)
	}
	for range 2 {
		if err := l.Close(); err != nil || !l.Closed() {
			t.Errorf("Close = %v, Closed = %v", err, l.Closed())
		}
	}
	if _, err := l.Accept(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("Accept after Close = %v, want net.ErrClosed", err)
	}
	l.Hand(theirs)
	if _, err := ours.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
		t.Errorf("what is handed too late ends with %v, want its end", err)
	}
}
