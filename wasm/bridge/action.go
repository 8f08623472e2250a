//go:build js && wasm

package bridge

import (
	"syscall/js"

	"beeline/wasm/catalog"
	"beeline/wasm/invite"
	"beeline/wasm/lane"
	"beeline/wasm/session"
	"beeline/wasm/wire"
)

var objects = js.Global().Get("Object")

// object makes a JavaScript object of names and values in turn. (A map literal
// of each would take twice the code.)
func object(kv ...any) js.Value {
	o := objects.New()
	for i := 0; i < len(kv); i += 2 {
		o.Set(kv[i].(string), kv[i+1])
	}
	return o
}

// action writes an action as an object. web/core/machine.ts has the types.
func action(a session.Action) any {
	switch a := a.(type) {
	case session.Show:
		return object("type", "show")
	case session.SignalSend:
		return object("type", "signal.send", "data", array(a.Data))
	case session.SignalReset:
		return object("type", "signal.reset")
	case session.MakePC:
		ice := make([]any, len(a.ICE))
		for i, s := range a.ICE {
			urls := make([]any, len(s.URLs))
			for j, u := range s.URLs {
				urls[j] = u
			}
			ice[i] = object("urls", urls)
			if s.Username != "" {
				ice[i] = object("urls", urls, "username", s.Username, "credential", s.Password)
			}
		}
		return object("type", "pc.make", "session", a.Session, "pc", a.PC, "offer", a.Offer, "iceServers", ice, "relayOnly", a.RelayOnly)
	case session.SetRemote:
		kind := "answer"
		if a.Offer {
			kind = "offer"
		}
		return object("type", "pc.remote", "session", a.Session, "pc", a.PC, "kind", kind, "sdp", a.SDP)
	case session.AddCandidates:
		return object("type", "pc.candidates", "session", a.Session, "pc", a.PC, "candidates", strings(a.Lines))
	case session.ClosePC:
		return object("type", "pc.close", "session", a.Session, "pc", a.PC)
	case session.Remember:
		return object("type", "remember", "n", a.N)
	case session.CtrlSend:
		return object("type", "ctrl.send", "session", a.Session, "data", array(a.Data))
	case session.OpenOut:
		return object("type", "lane.out", "session", a.Session, "pc", a.PC, "key", array(a.Key[:]), "recMax", a.RecMax)
	case session.OpenIn:
		return object("type", "lane.in", "session", a.Session, "pc", a.PC, "key", array(a.Key[:]), "limit", a.Limit)
	case session.SendGroup:
		return groupAction("lane.send", a.Session, a.PC, a.Group, a.Length, a.Single)
	case session.HashGroup:
		return groupAction("lane.hash", a.Session, a.PC, a.Group, a.Length, a.Single)
	case session.CancelGroups:
		return object("type", "lane.cancel", "session", a.Session, "file", a.File)
	case session.RefreshSource:
		return object("type", "source.refresh", "file", a.File)
	case session.Expect:
		return object("type", "lane.expect", "session", a.Session, "file", a.File, "version", a.Version, "size", float64(a.Size))
	case session.Settled:
		return object("type", "lane.settled", "session", a.Session, "file", a.File, "version", a.Version)
	case session.Forget:
		return object("type", "lane.forget", "session", a.Session, "pc", a.PC, "file", a.Group.File, "version", a.Group.Version, "group", a.Group.Index)
	case session.Write:
		var keep any
		if a.Keep != nil {
			list := make([]any, len(a.Keep))
			for i, k := range a.Keep {
				list[i] = k
			}
			keep = list
		}
		return object("type", "write", "batch", a.Batch, "keep", keep)
	case session.DiskOpen:
		var plan any
		if a.Plan != nil {
			plan = array(a.Plan)
		}
		return object("type", "disk.open", "key", a.Key, "title", a.Title, "files", a.Files, "bytes", float64(a.Bytes), "plan", plan, "top", a.Top)
	case session.DiskEntry:
		kind := "file"
		if a.Dir {
			kind = "dir"
		}
		kept := make([]any, len(a.Kept))
		for i, p := range a.Kept {
			kept[i] = object("first", p.First, "count", p.Count, "place", p.Place)
		}
		return object("type", "disk.entry", "file", a.File, "kind", kind, "path", strings(a.Path), "size", float64(a.Size), "modified", float64(a.ModMS), "kept", kept)
	case session.DiskJournal:
		return object("type", "disk.journal", "at", a.At, "data", array(a.Data), "file", a.File, "bytes", float64(a.Bytes))
	case session.DiskReset:
		return object("type", "disk.reset", "file", a.File, "version", a.Version, "size", float64(a.Size))
	case session.DiskFinish:
		return object("type", "disk.finish", "file", a.File)
	case session.DiskLand:
		return object("type", "disk.land", "file", a.File)
	case session.DiskDrop:
		return object("type", "disk.drop", "file", a.File)
	case session.DiskClose:
		return object("type", "disk.close")
	case session.DiskDiscard:
		return object("type", "disk.discard")
	}
	panic("bridge: an action without words") // caught by safely, found by the first test
}

func groupAction(kind string, s uint32, pc uint8, g lane.Group, length int, single bool) any {
	return object(
		"type", kind, "session", s, "pc", pc, "file", g.File, "version", g.Version, "group", g.Index,
		"length", length, "single", single,
	)
}

func strings(list []string) []any {
	out := make([]any, len(list))
	for i, s := range list {
		out[i] = s
	}
	return out
}

func why(c wire.Code) any {
	if c == wire.None {
		return nil
	}
	return c.Error()
}

func shareView(v session.ShareView) any {
	rows := make([]any, len(v.Recipients))
	for i, r := range v.Recipients {
		rows[i] = object(
			"session", r.ID, "phase", r.Phase.String(), "asks", r.Asks, "why", why(r.Why), "bytes", float64(r.Bytes),
			"written", float64(r.Written), "safe", float64(r.Safe), "verified", float64(r.Verified),
			"filesVerified", r.FilesVerified, "filesFailed", r.FilesFailed, "route", r.Route.String(), "lanes", r.Lanes,
			"pausedHere", r.PausedHere, "files", r.Files, "since", float64(r.Since), "idle", r.Idle, "paths", paths[r.Paths],
			"contact", contactOf(r.Contact), "device", r.Device, "proved", cardView(r.Proved),
			"byCode", r.ByCode,
		)
	}
	members := make([]any, len(v.Members))
	for i, id := range v.Members {
		members[i] = idText(id[:])
	}
	var link any
	if v.Link != "" {
		link = v.Link
	}
	return object(
		"phase", v.Phase.String(), "why", why(v.Why), "link", link, "listed", v.Listed,
		"files", v.Files, "entries", v.Entries, "bytes", float64(v.Bytes), "recipients", rows,
		"changed", v.Changed, "failed", failedFiles(v.Failed), "expires", float64(v.Expires), "paths", paths[v.Paths], "relay", v.Relay,
		"members", members,
		"approval", v.Flags&invite.Approval != 0, "oneTime", v.Flags&invite.OneTime != 0, "proves", v.Flags&invite.Proven != 0, "limit", v.Limit, "letIn", v.LetIn,
		"note", v.Note, "taken", v.Taken, "mistyped", v.Mistyped, "shut", v.Shut,
		"code", codeView(v.Code),
	)
}

func codeView(v session.CodeView) any {
	return object("state", codeStates[v.State], "text", v.Text, "until", float64(v.Until), "lives", v.Lives)
}

// codeStates in the words of web/shared/views.ts, by session.CodeState.
var codeStates = [...]string{
	session.CodeNone: "none", session.CodeComing: "coming", session.CodeLive: "live", session.CodeUsed: "used",
	session.CodeWrong: "wrong", session.CodeTried: "tried", session.CodeExpired: "expired", session.CodeLost: "lost",
}

func receiveView(v session.ReceiveView) any {
	return object(
		"phase", v.Phase.String(), "why", why(v.Why), "title", v.Title, "listed", v.Listed,
		"entries", v.Entries, "files", v.Files, "bytes", float64(v.Bytes),
		"written", float64(v.Written), "safe", float64(v.Safe), "verified", float64(v.Verified),
		"filesArrived", v.FilesArrived, "filesVerified", v.FilesVerified, "filesFailed", v.FilesFailed,
		"asking", v.Asking, "digits", v.Digits, "note", v.Note, "route", v.Route.String(), "lanes", v.Lanes, "needed", float64(v.Needed), "flagged", v.Flagged,
		"pausedHere", v.PausedHere, "changed", v.Changed, "failed", failedFiles(v.Failed),
		"unwritten", v.Unwritten, "window", v.Window, "current", v.Current, "since", float64(v.Since), "paths", paths[v.Paths],
		"byCode", v.ByCode, "wrongCode", v.WrongCode, "tries", v.Tries,
		"sender", cardView(v.Sender),
	)
}

func failedFiles(list []session.FailedFile) any {
	out := make([]any, len(list))
	for i, f := range list {
		out[i] = object("name", f.Name, "why", why(f.Why))
	}
	return out
}

var kinds = [...]string{catalog.Dir: "dir", catalog.File: "file", catalog.Gone: "gone"}

func entries(list []session.ListedEntry) any {
	out := make([]any, len(list))
	for i, e := range list {
		kind := kinds[e.Type]
		var local any
		if e.Local != "" {
			local = e.Local
		}
		out[i] = object("index", e.Index, "parent", e.Parent, "kind", kind, "name", e.Name, "localName", local, "size", float64(e.Size))
	}
	return out
}
