package session

import (
	"beeline/wasm/catalog"
	"beeline/wasm/ctrl"
	"beeline/wasm/lane"
	"beeline/wasm/wire"
)

// This file: what is on disk against what the sharer says. PROTOCOL.md f.4.

// fileEnd takes the sharer's digests.
func (r *Receiver) fileEnd(m ctrl.FileEnd) error {
	f := r.fetch
	for _, d := range m.Files {
		if f == nil || int64(d.File) >= int64(r.list.Len()) || r.list.Kind(d.File) != catalog.File {
			return wire.Unrequested
		}
		t := f.active[d.File]
		if t == nil {
			if s := f.statusOf(d.File); s == untouched || s == unwanted {
				return wire.Unrequested
			}
			continue
		}
		if d.Version > t.version {
			return wire.Unrequested
		}
		if d.Version < t.version || t.landing {
			continue
		}
		t.ended, t.assembled, t.digest = true, d.Assembled, d.Digest
		r.judge(t)
	}
	return nil
}

func (r *Receiver) diskDigest(e DiskDigest) {
	t := r.target(e.File)
	if t == nil || t.version != e.Version || !t.finishing {
		return
	}
	t.checked, t.onDisk, t.diskCVs = true, e.Digest, e.CVs
	t.landing = false // it was about to get its name and was no longer what had been read
	r.judge(t)
}

// judge compares what was read back with what the sharer says. Equal: the file
// gets its name. Different: the groups that differ are fetched again. Nothing
// is hashed as it comes: what is on disk is all that counts, and costs once.
func (r *Receiver) judge(t *target) {
	if !t.ended || !t.checked || t.landing || t.comparing {
		return
	}
	if t.onDisk == t.digest {
		t.landing = true
		r.do(DiskLand{File: t.file})
		return
	}
	if t.tries++; t.tries > wire.RetriesMax || t.groups == 0 || r.fetch.stream {
		r.failFile(t, wire.Root) // of nothing there is only one digest, and what was streamed can't be mended
		return
	}
	if t.groups == 1 {
		r.refetch(t, []uint32{0})
		return
	}
	t.comparing, t.compare, t.wrong = true, 0, nil
	r.fetch.asksCVs = append(r.fetch.asksCVs, t.file)
	r.askCVs()
}

func (t *target) diskCV(g uint32) []byte {
	if at := int(g) * 32; at+32 <= len(t.diskCVs) {
		return t.diskCVs[at : at+32]
	}
	return nil
}

// askCVs asks for the values of one file at a time. Without a session it waits
// for the next one, which begins the comparison anew.
func (r *Receiver) askCVs() {
	f := r.fetch
	for f.cvReq == nil && f.laterAt == 0 && len(f.asksCVs) > 0 && r.conn != nil {
		t := f.active[f.asksCVs[0]]
		if t == nil || !t.comparing {
			f.asksCVs = f.asksCVs[1:] // given up or changed in the meantime
			continue
		}
		n := min(t.groups-t.compare, wire.CVsPerRequest)
		f.cvReq = &ctrl.CVReq{File: t.file, Version: t.version, First: t.compare, Count: uint16(n)}
		r.conn.send(*f.cvReq)
	}
}

// noCVs forgets a question that will not be answered: the file changed or is
// lost at the sharer.
func (r *Receiver) noCVs(file uint32) {
	if f := r.fetch; f.cvReq != nil && f.cvReq.File == file {
		f.cvReq = nil
		r.askCVs()
	}
}

func (r *Receiver) cvs(m ctrl.CVs) error {
	f := r.fetch
	if f == nil || f.cvReq == nil || m.File != f.cvReq.File || m.Version != f.cvReq.Version || m.First != f.cvReq.First {
		return wire.Unrequested
	}
	if len(m.CVs) > int(f.cvReq.Count) {
		return wire.Unrequested
	}
	f.cvReq = nil
	t := f.active[m.File]
	if m.Later {
		f.laterAt = r.now + laterAfter
		return nil
	}
	if t == nil || m.Version != t.version || !t.comparing {
		r.askCVs() // of a file that is over
		return nil
	}
	for i, cv := range m.CVs {
		if g := m.First + uint32(i); string(t.diskCV(g)) != string(cv[:]) {
			t.wrong = append(t.wrong, g)
		}
	}
	if t.compare += uint32(len(m.CVs)); t.compare < t.groups {
		r.askCVs()
		return nil
	}
	t.comparing = false
	if len(t.wrong) == 0 {
		r.failFile(t, wire.Root) // its values and its digest contradict each other
	} else {
		r.refetch(t, t.wrong)
	}
	r.askCVs()
	return nil
}

// refetch forgets groups of a file and asks for them again.
func (r *Receiver) refetch(t *target, groups []uint32) {
	f := r.fetch
	if t.groups > 0 && t.arrived.n == int(t.groups) {
		f.progress.FilesArrived--
	}
	for _, g := range groups {
		n := lane.GroupLen(t.size, g)
		if t.arrived.clear(g) {
			if t.written.clear(g) {
				f.progress.Written -= uint64(n)
			} else {
				f.unwritten -= n
			}
		}
	}
	if left := t.writtenBytes(); t.safe > left {
		f.progress.Safe -= t.safe - left
		t.safe = left
	}
	t.cursor = 0
	// FILE_END stays: it may have come before the bytes and is not owed again.
	t.checked, t.finishing, t.comparing, t.diskCVs = false, false, false, nil
	r.requeue(t)
	r.fill()
}
