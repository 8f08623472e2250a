package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"sync"
	"time"

	"beeline/backend/peer"
	"beeline/wasm/session"
	"beeline/wasm/wire"
)

// jsonEvery is the time between two "progress" lines of which nothing but numbers
// differ.
const jsonEvery = time.Second

// A jsonStream is the output of --json: one object a line, each with "event".
// Fields may be added to them, and events; none goes or changes its meaning.
//
//	send     {"event":"link","link":"https://…/r#…","expires":"2026-12-03T07:00:00Z","restored":false,"replaced":false,"changed":0}   restored: of an earlier run, which did not end it; "link" is "" where it was a one-time link and is its recipient's; replaced: there was one, for other files; changed: files that are new or changed since, null where they are too many to tell
//	         {"event":"code","code":"48213-orbit-ozone-melody","until":"…"}    or "code":"" and "why" once it is over
//	         {"event":"skipped","path":"…","why":"link"|"special"|"unreadable"|"limit"|"unfinished"}
//	         {"event":"holes","files":…,"bytes":…}                              so many files have holes, and are sent in full: so many bytes
//	         {"event":"asks","recipient":2,"digits":false}                      it waits for a line: y 2 or n 2 (the recipient), or six digits
//	         {"event":"progress","recipient":1,"phase":"transferring","route":"direct","bytes":…,"written":…,"verified":…,"files":…,"filesVerified":…,"filesFailed":…,"why":null}
//	receive  {"event":"offer", … as of inbox}                                   with --from, where several could be meant
//	         {"event":"asking","digits":"123456"}                               the sender has to let us in
//	         {"event":"list","title":"…","note":"…","files":…,"bytes":…,"flagged":…}
//	         {"event":"progress","phase":…,"route":…,"bytes":…,"written":…,"safe":…,"verified":…,"files":…,"filesVerified":…,"filesFailed":…,"needed":…,"why":null}
//	         {"event":"failed","name":"…","why":"E_READ"}                       a file that will not arrive
//	         {"event":"scan","id":"…","path":"…","files":…,"bytes":…}            --scan begins, on what is in this folder
//	         {"event":"scanned","id":"…","exit":0,"why":null,"released":true}   why: exit (it stays in quarantine), timeout, start or stopped
//	         {"event":"delivery", … as of release}                              it is in quarantine since an earlier run, and left there
//	both     {"event":"hook","on":"verified","exit":0,"why":null,"missed":0}   how the command of --hook ended; why: exit, timeout, start, stopped or missed
//	         {"event":"result","ok":true,"exit":0,"why":null,"names":[…],"bytes":…,"files":…,"same":…,"seconds":…}
//	                                                                             of send also "kept": whether the same command goes on with the same link
//	                                                                             of receive with exit 5, "ok" is false and "why" null: all is verified, and in quarantine
//
// Those of share, node, inbox and contacts stand with their commands.
//
// "why" is a code of wasm/PROTOCOL.md 2.1, or null. Bytes are bytes; "phase" is
// waiting, connecting, listed, transferring, paused, reconnecting, verifying,
// complete, failed or cancelled; "route" unknown, lan, direct or relayed.
type jsonStream struct {
	mu    sync.Mutex // guards the rest
	out   *json.Encoder
	shown map[uint32]shown
}

// shown is what was said last of a transfer.
type shown struct {
	phase session.Phase
	route session.Route
	why   wire.Code
	at    time.Time
}

type object = map[string]any

func newJSONStream(w io.Writer) *jsonStream {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	return &jsonStream{out: e, shown: make(map[uint32]shown)}
}

func (j *jsonStream) say(event string, o object) {
	j.mu.Lock()
	defer j.mu.Unlock()
	o["event"] = event
	_ = j.out.Encode(o) // who reads has gone: it will end us, too
}

// due reports whether a transfer is to be told of again.
func (j *jsonStream) due(id uint32, p session.Phase, r session.Route, why wire.Code) bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	last, now := j.shown[id], time.Now()
	if last.phase == p && last.route == r && last.why == why && now.Sub(last.at) < jsonEvery {
		return false
	}
	j.shown[id] = shown{p, r, why, now}
	return true
}

// over forgets a transfer that there is not any more.
func (j *jsonStream) over(id uint32) {
	if j == nil {
		return
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	delete(j.shown, id)
}

func (j *jsonStream) recipient(v session.RecipientView) {
	if j.due(v.ID, v.Phase, v.Route, v.Why) {
		j.say("progress", recipientObject(v, object{}))
	}
}

func (j *jsonStream) receiving(v session.ReceiveView) {
	if j.due(0, v.Phase, v.Route, v.Why) {
		j.say("progress", receivingObject(v, object{}))
	}
}

// result is the last line. got is nil for a sender.
func (j *jsonStream) result(err error, c wire.Code, exit int, got *peer.Result) {
	o := resultObject(err, c, got)
	o["exit"] = exit
	j.say("result", o)
}

func resultObject(err error, c wire.Code, got *peer.Result) object {
	o := object{"ok": err == nil, "why": why(c)}
	if got != nil {
		names := got.Names
		if names == nil {
			names = []string{}
		}
		o["names"], o["same"], o["seconds"] = names, got.Same, got.Elapsed.Seconds()
		o["bytes"], o["files"] = got.View.Verified, got.View.FilesVerified
	}
	return o
}

func why(c wire.Code) any {
	if c == wire.None {
		return nil
	}
	return c.Error()
}

func recipientObject(r session.RecipientView, o object) object {
	maps.Copy(o, object{
		"recipient": r.ID, "phase": r.Phase.String(), "route": r.Route.String(), "why": why(r.Why),
		"bytes": r.Bytes, "written": r.Written, "verified": r.Verified,
		"files": r.Files, "filesVerified": r.FilesVerified, "filesFailed": r.FilesFailed,
	})
	if r.Device > 0 {
		o["device"] = r.Device
	}
	return o
}

// rowName is how a recipient is called that is a contact: by the name, and from the second of
// their devices on by its number, too.
func rowName(contact string, r session.RecipientView) string {
	if r.Device > 1 {
		return fmt.Sprintf("%s, device %d", contact, r.Device)
	}
	return contact
}

func receivingObject(v session.ReceiveView, o object) object {
	maps.Copy(o, object{
		"phase": v.Phase.String(), "route": v.Route.String(), "why": why(v.Why),
		"bytes": v.Bytes, "written": v.Written, "safe": v.Safe, "verified": v.Verified,
		"files": v.Files, "filesVerified": v.FilesVerified, "filesFailed": v.FilesFailed, "needed": v.Needed,
	})
	return o
}
