package session

import (
	"encoding/hex"

	"beeline/wasm/catalog"
	"beeline/wasm/identity"
	"beeline/wasm/invite"
	"beeline/wasm/wire"
)

// A ShareView is what a sharer's page shows.
type ShareView struct {
	Phase      Phase
	Why        wire.Code
	Link       string // empty once sharing stopped
	Expires    int64
	Listed     bool
	Files      int           // that are offered now
	Entries    int           // likewise files and folders
	Bytes      uint64        // likewise
	Changed    int           // files that changed and were started again
	Failed     []FailedFile  // the first of those that can't be sent any more
	Paths      uint8         // that who connects from now on may use
	Relay      bool          // the hub named a relay
	Members    []identity.ID // contacts it is offered to
	Limit      int           // recipients who may be let in; 0: any number
	LetIn      int           // who were
	Note       string        // that stands beside the list
	Flags      uint8         // of the link: invite.OneTime, Approval
	Taken      bool          // the one-time link is a recipient's
	Mistyped   int           // times that digits were typed which nobody has; at triesMax all who asked were refused
	Shut       bool          // nobody new may ask until the person says so
	Code       CodeView
	Recipients []RecipientView
}

// A RecipientView is one row of it.
type RecipientView struct {
	ID            uint32
	Phase         Phase
	Why           wire.Code
	Asks          bool
	Files         uint32 // it wants in all; 0 while that is not known
	Bytes         uint64 // likewise; until then those of the list
	Written       uint64
	Safe          uint64
	Verified      uint64
	FilesVerified uint32
	FilesFailed   uint32
	Route         Route
	Lanes         int            // in use
	Paths         uint8          // that its session may use, or its last one
	Since         int64          // when the phase began
	Idle          bool           // connected, and asked for nothing: the recipient is waited for
	PausedHere    bool           // by the sharer: who paused is who can resume
	Contact       identity.ID    // zeros: it has the link
	Device        int            // of the contact, from 1, as they came; 0: no contact
	Proved        *identity.Card // who it proved to be; nil: nobody
	ByCode        bool           // came by a code, and can come back only by another
	Returned      bool           // was let in when Keep was asked of an earlier sharer
}

// View returns what to show of the share.
func (s *Sharer) View() ShareView {
	files, entries, bytes := s.cat.There()
	v := ShareView{
		Phase: Waiting, Why: s.ended, Link: s.Link(), Expires: s.expires,
		Listed: s.cat.Finished(), Files: files, Entries: entries, Bytes: bytes + s.grown,
		Changed: s.troubles.changed, Failed: s.troubles.named(func(i uint32) string { return s.cat.Entry(i).Name }), Paths: s.paths, Relay: len(s.turn) > 0,
		Limit: s.limit, LetIn: s.letInSoFar(), Note: s.note, Flags: s.link.Flags, Taken: s.once.state != onceOpen, Mistyped: s.typed.wrong, Shut: s.typed.shut,
		Code: s.codeView(),
	}
	switch {
	case s.over:
		v.Link = ""
		if v.Phase = Cancelled; s.ended != wire.Revoked {
			v.Phase = Failed
		}
	case !s.up:
		v.Phase, v.Why = Connecting, s.lack
	}
	for _, m := range s.members {
		v.Members = append(v.Members, m.id)
	}
	for _, r := range s.recips {
		row := RecipientView{
			ID: r.id, Phase: r.shown(), Why: r.why, Asks: r.asking, Bytes: v.Bytes, Since: r.stage.since,
			Written: r.progress.Written, Safe: r.progress.Safe, Verified: r.progress.Verified,
			FilesVerified: r.progress.FilesVerified, FilesFailed: r.progress.FilesFailed,
			PausedHere: r.paused, Paths: r.paths, ByCode: r.byCode, Returned: s.guests[r.key] == letIn,
		}
		row.Proved, row.Contact, row.Device = r.proved, r.contact, r.nth
		if r.edition != nil {
			row.Bytes = r.edition.Bytes() + s.grown
		}
		if r.progress.Whole {
			row.Files, row.Bytes = r.progress.Files, r.progress.Bytes
		}
		if r.conn != nil {
			row.Route, row.Idle = r.conn.route, r.sending.idle()
			row.Lanes = len(r.sending.inUse())
		}
		v.Recipients = append(v.Recipients, row)
	}
	return v
}

// shown is the phase as people see it.
func (r *recipient) shown() Phase {
	switch p := r.phase; {
	case r.conn != nil && r.conn.trouble && p != Connecting:
		return Reconnecting
	case (r.paused || r.held) && (p == ListShown || p == Transferring || p == Verifying):
		return Paused
	}
	return r.phase
}

// stage notes when the phase that is shown began.
type stage struct {
	phase Phase
	since int64
}

func (s *stage) note(now int64, p Phase) {
	if s.phase != p || s.since == 0 {
		s.phase, s.since = p, now
	}
}

// A ReceiveView is what a recipient's page shows.
type ReceiveView struct {
	Phase         Phase
	Why           wire.Code
	Title         string
	Note          string // that the sharer wrote beside the list
	Listed        bool
	Entries       int
	Files         int
	Bytes         uint64
	Written       uint64
	Safe          uint64
	Verified      uint64
	FilesArrived  uint32
	FilesVerified uint32
	FilesFailed   uint32
	Asking        bool
	Digits        string // to be read out to the sharer while Asking; empty where the link wants none
	Route         Route
	Lanes         int   // that are open
	Paths         uint8 // that the sharer lets the session use, or its last one
	Needed        uint64
	Unwritten     int // bytes that arrived and are not written, of at most Window
	Window        int // bytes asked for and not written, at most
	Flagged       int
	PausedHere    bool           // by the recipient: who paused is who can resume
	Changed       int            // files that changed at the sharer's and were started again
	Failed        []FailedFile   // the first of those that will not arrive
	Sender        *identity.Card // who the sharer proved to be; nil: nobody
	Current       uint32         // the file that bytes came of last; 0: none
	Since         int64          // when the phase began
	ByCode        bool           // a code was typed, no link opened
	WrongCode     bool           // the sharer has other words: it has to be typed again
	Tries         int            // that are left for this code; 0: the way back is known
}

// View returns what to show of the transfer.
func (r *Receiver) View() ReceiveView {
	v := ReceiveView{Sender: r.sender, Phase: r.shown(), Why: r.why, Title: r.title(), Note: r.note, Asking: r.asking, Since: r.stage.since, Paths: r.paths}
	if r.asking && r.link.Flags&invite.Approval != 0 {
		v.Digits = sixDigits(r.digits)
	}
	v.ByCode, v.WrongCode, v.Tries = r.codeWay()
	if r.conn != nil {
		v.Route, v.Lanes = r.conn.route, len(r.lanes)
	}
	if r.list != nil {
		v.Listed, v.Entries = r.list.Complete(), max(0, r.list.Len()-1)
		v.Files, v.Bytes = r.files(), r.list.Bytes()
		v.Flagged = r.flagged
	}
	if f := r.fetch; f != nil {
		p := f.progress
		v.Files, v.Bytes = int(p.Files), p.Bytes // what is wanted
		v.Current = f.current
		v.Written, v.Safe, v.Verified = p.Written, p.Safe, p.Verified
		v.FilesArrived, v.FilesVerified, v.FilesFailed = p.FilesArrived, p.FilesVerified, p.FilesFailed
		v.Needed, v.PausedHere = f.needed, f.paused
		v.Unwritten, v.Window = f.unwritten, r.window()
		v.Changed = f.troubles.changed
		v.Failed = f.troubles.named(func(i uint32) string { return r.list.Entry(i).Name })
	}
	return v
}

// shown is the phase as people see it.
func (r *Receiver) shown() Phase {
	if r.conn != nil && r.conn.trouble && (r.phase == Transferring || r.phase == Verifying || r.phase == ListShown) {
		return Reconnecting
	}
	return r.phase
}

// files counts the files listed so far, and the names that will differ; each
// entry is looked at once.
func (r *Receiver) files() int {
	for ; r.counted < r.list.Len(); r.counted++ {
		i := uint32(r.counted)
		if r.list.Kind(i) == catalog.File {
			r.fileCount++
		}
		if i > 0 && r.list.Kind(i) != catalog.Gone && r.names.Changed(i) {
			r.flagged++
		}
	}
	return r.fileCount
}

func (r *Receiver) title() string {
	if r.list == nil || r.list.Len() == 0 {
		return ""
	}
	return r.list.Entry(0).Name
}

// journalKey names the part folder: the first 16 bytes of J, in hex, the same for
// every session of the same share of the same sharer. Of fewer a sharer could choose
// its share_id so that the folder of another transfer is taken for its own.
// PROTOCOL.md f.4.
func (r *Receiver) journalKey() string {
	j := r.journalID()
	return hex.EncodeToString(j[:16])
}

// A ListedEntry is an entry of the list as a person sees it.
type ListedEntry struct {
	catalog.Entry
	Index uint32
	Local string // the name it gets here, where that differs; else empty
}

// Entries returns up to count entries from index from on, without the root.
func (r *Receiver) Entries(from, count int) []ListedEntry {
	if r.list == nil {
		return nil
	}
	from = max(1, from)
	var out []ListedEntry
	for i := from; i < r.list.Len() && i < from+count; i++ {
		e := ListedEntry{Entry: r.list.Entry(uint32(i)), Index: uint32(i)}
		if local := r.names.LocalName(uint32(i)); local != e.Name {
			e.Local = local
		}
		out = append(out, e)
	}
	return out
}
