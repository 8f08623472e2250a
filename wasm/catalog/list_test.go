package catalog

import (
	"strconv"
	"testing"
)

func build(t *testing.T, n int) *Builder {
	t.Helper()
	b := NewBuilder("Day 3", [16]byte{1}, [32]byte{2})
	for i := 1; i < n; i++ {
		if _, err := b.Add(Entry{Type: File, Size: 1000, ModMS: 7, Name: "A001_C" + strconv.Itoa(i) + ".mov"}); err != nil {
			t.Fatal(err)
		}
	}
	b.Finish()
	return b
}

func TestListIsWhatTheBuilderWrote(t *testing.T) {
	for _, n := range []int{1, 2, 1500, 70_000} {
		b := build(t, n)
		l := NewList(Browser, [32]byte{2})
		for i := range b.Pages() {
			body, _ := b.Page(i)
			if err := l.AddPage(body); err != nil {
				t.Fatalf("%d entries, page %d: %v", n, i, err)
			}
		}
		end, _ := b.End()
		if err := l.AddEnd(end); err != nil {
			t.Fatalf("%d entries: %v", n, err)
		}
		for i := range uint32(n) {
			if got, want := l.Entry(i), b.Entry(i); got != want {
				t.Fatalf("entry %d = %+v, want %+v", i, got, want)
			}
		}
	}
}
