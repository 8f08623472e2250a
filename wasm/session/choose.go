package session

import "beeline/wasm/catalog"

// This file: what a person wants of a list. PROTOCOL.md f.3.

// A Choice says whether an entry is wanted, and what is below it unless that is
// named itself. What no Choice names or is above is wanted.
type Choice struct {
	Entry  uint32
	Wanted bool
}

// newFetching takes the choices of a list: those that name no entry of it are
// dropped, of two for one entry the later one counts.
func newFetching(choices []Choice, list *catalog.List) *fetching {
	f := &fetching{active: make(map[uint32]*target), over: make(map[uint32]change), choices: make(map[uint32]bool)}
	for _, c := range choices {
		if int64(c.Entry) < int64(list.Len()) {
			f.choices[c.Entry] = c.Wanted
		}
	}
	return f
}

// choose looks at what was listed since. What is not wanted is never asked for,
// told to the destination or counted; a folder of it comes to be only where
// something below it is wanted.
func (r *Receiver) choose() {
	f := r.fetch
	if f == nil {
		return
	}
	for ; int64(f.judged) < int64(r.list.Len()); f.judged++ {
		i := f.judged
		wanted, named := f.choices[i]
		if !named {
			wanted = i == 0 || f.statusOf(r.list.Parent(i)) != unwanted
		}
		switch {
		case !wanted, r.list.Kind(i) == catalog.Gone:
			f.setStatus(i, unwanted)
			continue
		case i == 0:
			continue
		case r.list.Kind(i) == catalog.File:
			f.progress.Files++
			f.progress.Bytes += r.list.Size(i)
			f.agreed += r.list.Size(i)
		}
		f.entries++
	}
	f.progress.Whole = r.list.Complete()
}

// totals returns what is wanted of the list so far, with what the sharer said would
// follow.
func (r *Receiver) totals() (files int, bytes uint64) {
	files, bytes = r.fetch.entries, r.fetch.progress.Bytes
	if !r.list.Complete() {
		files += max(0, int(r.head.Entries)-r.list.Len())
		bytes += max(r.list.Bytes(), r.head.Bytes) - r.list.Bytes()
	}
	return files, bytes
}
