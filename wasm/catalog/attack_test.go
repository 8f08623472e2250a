package catalog

import (
	"runtime"
	"strconv"
	"strings"
	"testing"

	"beeline/wasm/wire"
)

// heapMB returns what the heap holds: alive only, or with what the collector has
// not yet got to.
func heapMB(alive bool) int {
	var m runtime.MemStats
	if alive {
		runtime.GC()
		runtime.ReadMemStats(&m)
		return int(m.HeapAlloc >> 20)
	}
	runtime.ReadMemStats(&m)
	return int(m.HeapInuse >> 20)
}

// flood sends pages of files with names of nameLen bytes until the list refuses,
// and returns how much the heap held at its largest and how much is alive at the
// end, in MB.
func flood(l *List, nameLen int) (peak, alive int, err error) {
	before := heapMB(true)
	perPage := (pageMax - pageHeader) / (entryHeader + nameLen)
	body := make([]byte, 0, pageMax)
	padding := strings.Repeat("n", nameLen)
	for number := uint32(0); err == nil && l.Len() < 3_000_000; number++ {
		body = be.AppendUint16(be.AppendUint32(body[:0], number), uint16(perPage))
		for i := range perPage {
			e := Entry{Type: File, Size: 1 << 20}
			name := padding + strconv.Itoa(l.Len()+i)
			name = name[len(name)-nameLen:]
			if number == 0 && i == 0 {
				e, name = Entry{Type: Dir}, "share"
			}
			body = e.append(body, []byte(name))
		}
		if err = l.AddPage(body); number%64 == 0 {
			peak = max(peak, heapMB(false)-before)
		}
	}
	alive = heapMB(true) - before
	runtime.KeepAlive(l)
	return peak, alive, err
}

// PROTOCOL.md 3, attack 33: a list that never ends, or whose names are as long
// as they may be, is refused before it takes 200 MB.
func TestAttack33EndlessListIsRefused(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	tests := []struct {
		name    string
		limits  Limits
		nameLen int
		entries int
	}{
		{"3 M entries to a browser", Browser, 30, wire.EntriesBrowser},
		{"names of 1,020 bytes to a browser", Browser, 1020, 1 + (Browser.Names-5)/1020},
		{"3 M entries to a native peer", Native, 30, wire.EntriesMax},
		{"names of 1,020 bytes to a native peer", Native, 1020, 1 + (Native.Names-5)/1020},
	}
	for _, v := range tests {
		if v.limits == Native && runtime.GOARCH == "wasm" {
			continue // not there, and seven times slower
		}
		l := NewList(v.limits, salt)
		peak, alive, err := flood(l, v.nameLen)
		checkRule(t, v.name, err, RuleTooMany)
		if l.Len() != v.entries {
			t.Errorf("%s: refused after %d entries, want %d", v.name, l.Len(), v.entries)
		}
		if alive >= 200 || v.limits == Browser && peak >= 200 { // a browser gives nothing back
			t.Errorf("%s: %d MB alive, %d MB at most, want below 200", v.name, alive, peak)
		}
		t.Logf("%s: %d MB alive, %d MB at most", v.name, alive, peak)
	}
}

// DESIGN 5: 500,000 entries in under 200 MB, on either side.
func TestMemoryOf500000Entries(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	before := heapMB(true)
	b := walk(t, wire.EntriesBrowser)
	b.Finish()
	builder := heapMB(true) - before

	l := NewList(Browser, salt)
	peak := 0
	e := b.Edition()
	for i := uint32(0); ; i++ {
		body, ok := e.Page(i)
		if !ok {
			break
		}
		if err := l.AddPage(body); err != nil {
			t.Fatal(err)
		}
		peak = max(peak, heapMB(false)-before)
	}
	list := heapMB(true) - before - builder

	n := NewNames(l, FileSystemAccess)
	n.LocalName(wire.EntriesBrowser - 1)
	names := heapMB(true) - before - builder - list
	peak = max(peak, heapMB(false)-before)

	t.Logf("Builder %d MB, List %d MB, Names %d MB; all three %d MB at most", builder, list, names, peak)
	if builder > 50 || list > 50 || names > 50 || peak >= 200 {
		t.Errorf("Builder %d MB, List %d MB, Names %d MB, want at most 50 each; %d MB at most, want below 200", builder, list, names, peak)
	}
	runtime.KeepAlive(b)
	runtime.KeepAlive(n)
}

// PROTOCOL.md 3, attack 33: cycles, 2³² entries, negative sizes. TestListRules
// has every rule; these are the shapes by which they would be got round.
func TestAttack33CyclesAndFalseCounts(t *testing.T) {
	root := Entry{Type: Dir, Name: "share"}
	cycle := page(0, root,
		Entry{Type: Dir, Parent: 2, Name: "a"},
		Entry{Type: Dir, Parent: 1, Name: "b"})
	checkRule(t, "two folders in each other", NewList(Native, salt).AddPage(cycle), RuleParent)

	claim := page(0, root)
	be.PutUint16(claim[4:], 0xFFFF)
	checkRule(t, "65,535 entries claimed, one sent", NewList(Native, salt).AddPage(claim), RuleForm)

	l := NewList(Native, salt)
	if err := l.AddPage(page(0, root)); err != nil {
		t.Fatal(err)
	}
	e := end(l)
	be.PutUint32(e[4:], 0xFFFF_FFFF)
	checkRule(t, "2³²−1 entries claimed at the end", l.AddEnd(e), RuleEnd)
}
