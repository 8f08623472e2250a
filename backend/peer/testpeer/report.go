package main

import (
	"encoding/json"
	"io"
	"sync"

	"beeline/backend/peer"
	"beeline/wasm/catalog"
	"beeline/wasm/session"
	"beeline/wasm/wire"
)

// A report writes objects, one a line.
type report struct {
	mu  sync.Mutex // guards out
	out *json.Encoder
}

type object = map[string]any

func newReport(w io.Writer) *report {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	return &report{out: e}
}

func (r *report) line(o object) {
	r.mu.Lock()
	defer r.mu.Unlock()
	_ = r.out.Encode(o) // who reads has gone: it will end us, too
}

func (r *report) link(link string) { r.line(object{"type": "link", "link": link}) }

func (r *report) skip(s peer.Skipped) {
	r.line(object{"type": "skip", "path": s.Path, "why": s.Why})
}

func why(c wire.Code) any {
	if c == wire.None {
		return nil
	}
	return c.Error()
}

func (r *report) share(v session.ShareView) {
	rows := []object{}
	for _, x := range v.Recipients {
		rows = append(rows, object{
			"session": x.ID, "phase": x.Phase.String(), "why": why(x.Why), "asks": x.Asks, "bytes": x.Bytes,
			"written": x.Written, "safe": x.Safe, "verified": x.Verified,
			"filesVerified": x.FilesVerified, "filesFailed": x.FilesFailed, "route": x.Route.String(),
		})
	}
	r.line(object{
		"type": "view", "phase": v.Phase.String(), "why": why(v.Why), "listed": v.Listed,
		"entries": v.Entries, "bytes": v.Bytes, "recipients": rows,
	})
}

func (r *report) receive(v session.ReceiveView) {
	o := receiveView(v)
	o["type"] = "view"
	r.line(o)
}

func receiveView(v session.ReceiveView) object {
	return object{
		"phase": v.Phase.String(), "why": why(v.Why), "title": v.Title, "listed": v.Listed,
		"entries": v.Entries, "files": v.Files, "bytes": v.Bytes,
		"written": v.Written, "safe": v.Safe, "verified": v.Verified,
		"filesArrived": v.FilesArrived, "filesVerified": v.FilesVerified, "filesFailed": v.FilesFailed,
		"asking": v.Asking, "route": v.Route.String(), "needed": v.Needed, "flagged": v.Flagged,
	}
}

// list writes the whole list: index, parent, kind, name, size, and the name here
// where that differs.
func (r *report) list(o *peer.Offer) {
	entries := []object{}
	for from := 1; ; from += 1000 {
		some := o.Entries(from, 1000)
		if len(some) == 0 {
			break
		}
		for _, e := range some {
			if e.Type == catalog.Gone {
				continue
			}
			kind := "file"
			if e.Type == catalog.Dir {
				kind = "dir"
			}
			x := object{"index": e.Index, "parent": e.Parent, "kind": kind, "name": e.Name, "size": e.Size}
			if e.Local != "" {
				x["localName"] = e.Local
			}
			entries = append(entries, x)
		}
	}
	r.line(object{"type": "list", "entries": entries})
}

// end writes how it ended. Only a code says why: error texts are for people.
func (r *report) end(err error, got *peer.Result) {
	o := object{"type": "result", "ok": err == nil, "why": why(wire.CodeOf(err))}
	if got != nil {
		o["view"], o["names"], o["same"], o["ms"] = receiveView(got.View), got.Names, got.Same, got.Elapsed.Milliseconds()
	}
	r.line(o)
}
