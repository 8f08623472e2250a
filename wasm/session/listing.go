package session

import (
	"beeline/wasm/catalog"
	"beeline/wasm/ctrl"
	"beeline/wasm/wire"
)

// This file: how the list crosses, first the sharer's side. PROTOCOL.md g.

func (r *recipient) head(s *Sharer) []byte {
	return r.edition.Head(s.anchor, uint64(s.expires/1000)).Append([]byte{wire.ShareHead})
}

// listReq takes a window of the list and sends what of it is there. Windows
// follow each other: each page is sent at most once a session.
func (r *recipient) listReq(s *Sharer, m ctrl.ListReq) error {
	q := r.sending
	if q.listTo > q.listFrom || m.From < q.listFrom || m.From > r.edition.Pages() {
		return wire.Format
	}
	if m.From == 0 && q.listTo == 0 && r.told {
		// It had all of the list and begins anew: a contact's next page, which is the same
		// recipient. What it may still know of is answered as taken back. PROTOCOL.md g.2.
		r.edition, r.told, r.returned = s.cat.Edition(), false, true
	}
	q.listFrom, q.listTo = m.From, m.From+uint32(m.Max)
	r.sendList(s)
	return nil
}

// waitsForList says that a recipient looks at an unfinished list.
func (r *recipient) waitsForList() bool {
	return r.sending != nil && r.sending.listTo > r.sending.listFrom && r.conn.open
}

func (r *recipient) sendList(s *Sharer) {
	if r.conn == nil || !r.conn.open {
		return
	}
	q := r.sending
	for q.listFrom < q.listTo {
		body, ok := r.edition.Page(q.listFrom)
		if !ok {
			break
		}
		r.begun = true
		r.conn.sendRaw(append([]byte{wire.ListPage}, body...))
		q.listFrom++
	}
	// The end goes with the last page, whether or not the window had room for one
	// more: the recipient would only have to ask for nothing.
	if q.listTo == 0 || q.listDone || q.listFrom < r.edition.Pages() {
		return
	}
	if end, whole := r.edition.End(); whole {
		q.listDone, q.listTo, r.told = true, q.listFrom, true
		r.conn.sendRaw(append([]byte{wire.ListEnd}, end...))
	}
}

// PartFolder is where unfinished files stand in the destination. No entry of a
// list gets that name: what a sender puts there would be swept away, or stand in
// for a file of another transfer. DESIGN 5.
const PartFolder = "Beeline (unfinished)"

func (r *Receiver) shareHead(body []byte) error {
	h, err := catalog.ParseHead(body)
	if err != nil {
		return err
	}
	if r.conn.headed {
		return wire.Format // once a session
	}
	r.conn.headed = true
	if r.ended() {
		r.farewell()
		return nil
	}
	if r.share != [16]byte{} && h.ShareID != r.share {
		return wire.Manifest // not what was asked for
	}
	if r.headed {
		if h.ShareID != r.head.ShareID || h.Salt != r.head.Salt {
			return wire.Manifest // the same link, another share
		}
		r.head.Expires = h.Expires
	} else {
		r.headed, r.head = true, h
		r.adopt(r.newList())
	}
	r.phaseIf(Waiting, ListShown)
	r.phaseIf(Connecting, ListShown)
	if !r.list.Complete() {
		if r.list.Len() > 0 {
			r.conn.retold = r.newList()
		}
		r.pagesAsked = 0
		r.askList()
	}
	if r.fetch == nil {
		r.phaseIf(Reconnecting, ListShown)
	} else {
		r.phaseIf(Reconnecting, Transferring)
		r.resume()
		r.showPause() // paused or full since before
	}
	r.do(Show{})
	return nil
}

func (r *Receiver) newList() *catalog.List {
	if r.cfg.Native {
		return catalog.NewList(catalog.Native, r.head.Salt)
	}
	return catalog.NewList(catalog.Browser, r.head.Salt)
}

// adopt makes a list the one that counts.
func (r *Receiver) adopt(l *catalog.List) {
	r.list = l
	r.names = catalog.NewNames(l, r.cfg.Target, PartFolder)
}

// told is the list that pages of this session belong to.
func (r *Receiver) told() *catalog.List {
	if r.conn != nil && r.conn.retold != nil {
		return r.conn.retold
	}
	return r.list
}

// relist goes over to the list of this session once it reaches as far as that of
// the one before. A list that was not whole when a session ended is told from its
// beginning: the sharer may be another page of the same share by now, which cuts
// other pages, and takes some of what it listed to be gone. The rest has to be the
// same, or indices would mean something else.
func (r *Receiver) relist() error {
	before, now := r.list, r.told()
	if now == before || now.Len() < before.Len() {
		return nil
	}
	var gone []uint32
	for i := range uint32(before.Len()) {
		was, is := before.Entry(i), now.Entry(i)
		if i == 0 {
			was.Name = is.Name // the title may be another one
		}
		switch {
		case is == was:
		case is.Type == catalog.Gone:
			gone = append(gone, i)
		default:
			return wire.Manifest
		}
	}
	r.conn.retold = nil
	r.adopt(now)
	r.counted, r.fileCount, r.flagged = 0, 0, 0
	for _, i := range gone {
		r.missing(i, before.Entry(i))
	}
	return nil
}

// missing gives up an entry of the list that is gone in it now.
func (r *Receiver) missing(i uint32, was catalog.Entry) {
	f := r.fetch
	if f == nil || f.statusOf(i) == unwanted || i >= f.judged {
		return
	}
	if was.Type != catalog.File {
		if f.statusOf(i) == untouched {
			f.setStatus(i, unwanted)
		}
		return
	}
	if f.statusOf(i) == done || f.statusOf(i) == failed {
		return
	}
	f.troubles.lose(i, was.Name)
	if t := f.active[i]; t != nil {
		r.failFile(t, wire.Withdrawn)
		return
	}
	f.setStatus(i, failed)
	f.progress.FilesFailed++
	f.troubles.fail(i, wire.Withdrawn)
}

func (r *Receiver) askList() {
	r.conn.send(ctrl.ListReq{From: r.pagesAsked, Max: wire.PagesPerList})
	r.pagesAsked += wire.PagesPerList
}

func (r *Receiver) listPage(body []byte) error {
	if r.list == nil || r.told().Pages() >= r.pagesAsked {
		return wire.Manifest
	}
	if err := r.told().AddPage(body); err != nil {
		return err
	}
	if r.told().Pages() == r.pagesAsked {
		r.askList()
	}
	if err := r.relist(); err != nil {
		return err
	}
	r.choose()
	r.do(Show{})
	r.fill()
	return nil
}

func (r *Receiver) listEnd(body []byte) error {
	if r.list == nil {
		return wire.Manifest
	}
	if r.told() != r.list {
		return wire.Manifest // it ends before what was in it
	}
	if err := r.list.AddEnd(body); err != nil {
		return err
	}
	r.choose()
	r.openDisk()
	r.do(Show{})
	r.fill()
	return nil
}
