package session

import "beeline/wasm/wire"

// A FailedFile is a file that will not arrive, as people are told of it.
type FailedFile struct {
	Name string // as it was sent
	Why  wire.Code
}

// failedShown bounds the files that a view names: when a drive was taken out all
// of them failed, and for one reason.
const failedShown = 20

// troubles is what people have to know of single files.
type troubles struct {
	changed int               // files that changed under the sharer and were started again
	failed  []fileAndWhy      // the first that will not arrive
	lost    map[uint32]string // of them, names that the list does not hold any more
}

type fileAndWhy struct {
	file uint32
	why  wire.Code
}

func (t *troubles) fail(file uint32, why wire.Code) {
	if len(t.failed) < failedShown {
		t.failed = append(t.failed, fileAndWhy{file, why})
	}
}

// mend forgets that a file failed.
func (t *troubles) mend(file uint32) {
	kept := t.failed[:0]
	for _, f := range t.failed {
		if f.file != file {
			kept = append(kept, f)
		}
	}
	t.failed = kept
	delete(t.lost, file)
}

// lose keeps the name of a file that is about to fail because it is gone.
func (t *troubles) lose(file uint32, name string) {
	if len(t.failed) >= failedShown {
		return
	}
	if t.lost == nil {
		t.lost = make(map[uint32]string)
	}
	t.lost[file] = name
}

// named gives the files their names.
func (t *troubles) named(name func(uint32) string) []FailedFile {
	out := make([]FailedFile, len(t.failed))
	for i, f := range t.failed {
		out[i] = FailedFile{Name: name(f.file), Why: f.why}
		if lost, ok := t.lost[f.file]; ok {
			out[i].Name = lost
		}
	}
	return out
}
