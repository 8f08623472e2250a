//go:build js && wasm

package bridge

import (
	"encoding/binary"
	"syscall/js"

	"beeline/wasm/catalog"
	"beeline/wasm/invite"
	"beeline/wasm/journal"
	"beeline/wasm/lane"
	"beeline/wasm/session"
	"beeline/wasm/wire"
)

// This file: what the worker says, read into the events of a machine.

func u32(v js.Value, key string) uint32 { return uint32(v.Get(key).Float()) }
func u8(v js.Value, key string) uint8   { return uint8(v.Get(key).Int()) }
func u64(v js.Value, key string) uint64 { return uint64(v.Get(key).Float()) }

func data(v js.Value, key string) []byte {
	a := js.Global().Get("Uint8Array").New(v.Get(key))
	b := make([]byte, a.Length())
	js.CopyBytesToGo(b, a)
	return b
}

func array(b []byte) js.Value {
	a := js.Global().Get("Uint8Array").New(len(b))
	js.CopyBytesToJS(a, b)
	return a
}

func lines(v js.Value) []string {
	out := make([]string, v.Length())
	for i := range out {
		out[i] = v.Index(i).String()
	}
	return out
}

func group(v js.Value) lane.Group {
	return lane.Group{File: u32(v, "file"), Version: u8(v, "version"), Index: u32(v, "group")}
}

func values64(b []byte) (v lane.Values) {
	copy(v.CV[:], b)
	copy(v.Single[:], b[32:])
	return v
}

var states = map[string]session.ConnState{
	"connected": session.Connected, "disconnected": session.Disconnected,
	"failed": session.ConnFailed, "closed": session.ConnClosed,
}

var paths = []string{wire.PathsAny: "any", wire.PathsDirect: "direct", wire.PathsRelay: "relay"}

// pathsOf reads a choice of the page's. One that is not known, which only a fault
// of our own could make, shows the least.
func pathsOf(name string) uint8 {
	for i, p := range paths {
		if p == name {
			return uint8(i)
		}
	}
	return wire.PathsRelay
}

// flags reads what a link asks of those who have it.
func flags(v js.Value) (f uint8) {
	if v.Get("approval").Bool() {
		f |= invite.Approval
	}
	if v.Get("oneTime").Bool() {
		f |= invite.OneTime
	}
	return f
}

func routeOf(name string) session.Route {
	for r := session.RouteUnknown; r <= session.RouteRelayed; r++ {
		if r.String() == name {
			return r
		}
	}
	return session.RouteUnknown
}

// report reads the report of a lane worker (lane.go) into a batch.
func report(b []byte, e *session.ArrivedBatch) {
	groups, unknown := binary.BigEndian.Uint16(b), binary.BigEndian.Uint16(b[2:])
	b = b[4:]
	for range groups {
		e.Groups = append(e.Groups, session.ArrivedGroup{
			Group:  lane.Group{File: binary.BigEndian.Uint32(b), Version: b[4], Index: binary.BigEndian.Uint32(b[5:])},
			Length: int(binary.BigEndian.Uint32(b[9:])),
		})
		b = b[wire.ReportGroup:]
	}
	for range unknown {
		e.Unknown = append(e.Unknown, lane.Group{File: binary.BigEndian.Uint32(b), Version: b[4], Index: binary.BigEndian.Uint32(b[5:])})
		b = b[wire.ReportUnknown:]
	}
}

// event reads an event object; nil for one that is not known.
func event(v js.Value) session.Event {
	s := func() uint32 { return u32(v, "session") }
	pc := func() uint8 { return u8(v, "pc") }
	switch v.Get("type").String() {
	case "tick":
		return session.Tick{}
	case "network":
		return session.NetworkChanged{}
	case "clock":
		return session.ServerClock{NowMS: int64(v.Get("now").Float())}
	case "signal.up":
		return session.SignalUp{}
	case "signal.down":
		return session.SignalDown{Outdated: v.Get("outdated").Bool()}
	case "signal.message":
		return session.SignalMessage{Data: data(v, "data")}
	case "pc.local":
		return session.LocalDescription{Session: s(), PC: pc(), SDP: v.Get("sdp").String()}
	case "pc.candidate":
		return session.LocalCandidates{Session: s(), PC: pc(), Lines: lines(v.Get("candidates"))}
	case "pc.state":
		return session.PCState{Session: s(), PC: pc(), State: states[v.Get("state").String()]}
	case "pc.route":
		return session.PCRoute{Session: s(), PC: pc(), Route: routeOf(v.Get("route").String()), RTT: int64(v.Get("rtt").Float())}
	case "ctrl.open":
		return session.CtrlOpen{Session: s()}
	case "ctrl.message":
		return session.CtrlMessage{Session: s(), Data: data(v, "data")}
	case "ctrl.closed":
		return session.CtrlClosed{Session: s()}
	case "lane.closed":
		return session.LaneClosed{Session: s(), PC: pc()}
	case "lane.failed":
		return session.LaneFailed{Session: s(), PC: pc(), Code: wire.Named(v.Get("code").String())}
	case "lane.batch":
		e := session.ArrivedBatch{Session: s(), PC: pc(), Batch: u32(v, "batch"), Bytes: u64(v, "bytes"), Records: u64(v, "records")}
		report(data(v, "report"), &e)
		return e
	case "share.add":
		return session.Add{Entries: sources(v.Get("sources"))}
	case "share.end":
		return session.Listed{}
	case "share.title":
		return session.Retitle{Title: v.Get("title").String()}
	case "share.paths":
		return session.SetPaths{Paths: pathsOf(v.Get("paths").String())}
	case "share.policy":
		return session.SetFlags{Flags: flags(v)}
	case "share.terms":
		return session.SetTerms{Expires: int64(v.Get("expires").Float()), Limit: v.Get("limit").Int(), Note: v.Get("note").String()}
	case "remembered":
		return session.Remembered{N: u32(v, "n"), Stale: v.Get("stale").Bool()}
	case "share.digits":
		return session.Digits{Digits: u32(v, "digits")}
	case "share.requests":
		return session.TakeRequests{}
	case "share.remove":
		return session.Remove{Entries: indices(v.Get("entries"))}
	case "share.stop":
		return session.StopSharing{}
	case "code.make":
		return session.MakeCode{}
	case "code.stop":
		return session.StopCode{}
	case "took":
		if v.Get("kept").Bool() {
			return session.Took{}
		}
		return session.Took{Why: wire.Unwritable}
	case "code.type":
		return session.TypeCode{Text: v.Get("text").String()}
	case "sent":
		return session.Sent{Session: s(), PC: pc(), Group: group(v), Values: values64(data(v, "values")), Records: u64(v, "records"), Hashed: v.Get("hashed").Bool()}
	case "sending":
		return session.Sending{Session: s(), PC: pc(), Bytes: u64(v, "bytes")}
	case "source.failed":
		return session.SourceFailed{Session: s(), PC: pc(), Group: group(v), Hashed: v.Get("hashed").Bool()}
	case "source.fresh":
		return session.SourceFresh{File: u32(v, "file"), OK: v.Get("ok").Bool(), Size: u64(v, "size"), ModMS: int64(v.Get("modified").Float())}
	case "recipient.decide":
		return session.Decide{Session: s(), Accept: v.Get("accept").Bool()}
	case "recipient.stop":
		return session.StopRecipient{Session: s()}
	case "recipient.pause":
		return session.PauseRecipient{Session: s(), On: v.Get("on").Bool()}
	case "connect":
		return session.Connect{Hidden: v.Get("hidden").Bool()}
	case "receive":
		return session.Receive{Choices: choices(v.Get("choice")), Stream: v.Get("stream").Bool()}
	case "pause":
		return session.SetPause{On: v.Get("on").Bool()}
	case "cancel":
		return session.CancelAll{}
	case "discard":
		return session.Discard{}
	}
	if e := contactEvent(v); e != nil {
		return e
	}
	return diskEvent(v)
}

func diskEvent(v js.Value) session.Event {
	switch v.Get("type").String() {
	case "opened":
		e := session.DiskOpened{}
		if v.Get("journal").Truthy() {
			e.Journal = data(v, "journal")
		}
		return e
	case "refused":
		return session.DiskRefused{Code: wire.Named(v.Get("code").String()), Needed: u64(v, "needed")}
	case "written":
		pieces := v.Get("pieces")
		e := session.Written{Groups: make([]lane.Group, pieces.Length())}
		for i := range e.Groups {
			p := pieces.Index(i)
			e.Groups[i] = lane.Group{File: u32(p, "file"), Version: u8(p, "version"), Index: uint32(p.Get("offset").Float() / wire.GroupSize)}
		}
		return e
	case "safe":
		return session.Safe{File: u32(v, "file"), Bytes: u64(v, "bytes")}
	case "digest":
		e := session.DiskDigest{File: u32(v, "file"), Version: u8(v, "version")}
		copy(e.Digest[:], data(v, "digest"))
		if cvs := v.Get("cvs"); !cvs.IsNull() {
			e.CVs = data(v, "cvs")
		}
		return e
	case "landed":
		return session.Landed{File: u32(v, "file"), Place: v.Get("place").String()}
	case "flushed":
		return session.Flushed{File: u32(v, "file"), Version: u8(v, "version"), Bytes: u64(v, "bytes"), Parts: journalParts(v.Get("parts"))}
	case "kept":
		return session.DiskKept{File: u32(v, "file"), Parts: journalParts(v.Get("parts")), Landed: v.Get("landed").Bool()}
	case "lost":
		return session.Lost{File: u32(v, "file"), Version: u8(v, "version"), Offset: u64(v, "offset"), Length: u64(v, "length")}
	case "full":
		return session.DiskFull{Needed: u64(v, "needed")}
	case "room":
		return session.DiskRoom{}
	case "failed":
		return session.DiskFailed{File: u32(v, "file"), Code: wire.Named(v.Get("code").String())}
	case "broken":
		return session.DiskBroken{Code: wire.Named(v.Get("code").String())}
	case "closed":
		return session.DiskClosed{}
	}
	return nil
}

func journalParts(v js.Value) []journal.Part {
	out := make([]journal.Part, v.Length())
	for i := range out {
		p := v.Index(i)
		out[i] = journal.Part{First: u32(p, "first"), Count: u32(p, "count"), Place: p.Get("place").String()}
	}
	return out
}

func indices(v js.Value) []uint32 {
	out := make([]uint32, v.Length())
	for i := range out {
		out[i] = uint32(v.Index(i).Float())
	}
	return out
}

// choices reads pairs of an entry and whether it is wanted. More than a list has
// entries are none of our page's.
func choices(v js.Value) []session.Choice {
	out := make([]session.Choice, min(v.Length(), wire.EntriesBrowser))
	for i := range out {
		pair := v.Index(i)
		out[i] = session.Choice{Entry: uint32(pair.Index(0).Float()), Wanted: pair.Index(1).Bool()}
	}
	return out
}

func sources(v js.Value) []catalog.Entry {
	out := make([]catalog.Entry, v.Length())
	for i := range out {
		e := v.Index(i)
		out[i] = catalog.Entry{Type: catalog.Dir, Parent: u32(e, "parent"), Name: e.Get("name").String()}
		if f := e.Get("file"); !f.IsUndefined() && !f.IsNull() {
			out[i].Type, out[i].Size, out[i].ModMS = catalog.File, u64(f, "size"), int64(f.Get("lastModified").Float())
		}
	}
	return out
}
