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
		q.listDone, q.listTo = true, q.listFrom
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
	} else {
		limits := catalog.Browser
		if r.cfg.Native {
			limits = catalog.Native
		}
		r.headed, r.head = true, h
		r.list = catalog.NewList(limits, h.Salt)
		r.names = catalog.NewNames(r.list, r.cfg.Target, PartFolder)
	}
	r.phaseIf(Waiting, ListShown)
	r.phaseIf(Connecting, ListShown)
	if !r.list.Complete() {
		r.pagesAsked = r.list.Pages()
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

func (r *Receiver) askList() {
	r.conn.send(ctrl.ListReq{From: r.pagesAsked, Max: wire.PagesPerList})
	r.pagesAsked += wire.PagesPerList
}

func (r *Receiver) listPage(body []byte) error {
	if r.list == nil || r.list.Pages() >= r.pagesAsked {
		return wire.Manifest
	}
	if err := r.list.AddPage(body); err != nil {
		return err
	}
	if r.list.Pages() == r.pagesAsked {
		r.askList()
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
	if err := r.list.AddEnd(body); err != nil {
		return err
	}
	r.choose()
	r.openDisk()
	r.do(Show{})
	r.fill()
	return nil
}
