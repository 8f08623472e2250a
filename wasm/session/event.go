// Package session is the transfer itself: the [Sharer] who offers a share and
// the [Receiver] who takes it, as state machines. They hold every key and every
// decision and do no I/O: an event comes in with the time, actions come out.
//
//	shell (browser or native)                    machine
//	hub frame, ctrl record, group, click  ──▶  Handle(now, Event)
//	send this, read that, write there     ◀──  []Action
//
// The browser's shell is wasm/bridge with web/core; the native one is
// backend/peer. Both run the same machines, so they interoperate by
// construction. A machine belongs to one goroutine. Times are unix
// milliseconds. PROTOCOL.md e and f.
package session

import (
	"beeline/wasm/catalog"
	"beeline/wasm/lane"
	"beeline/wasm/wire"
)

// An Event is something that happened to a machine: one of the types below.
type Event interface{ event() }

// Events of the signaling connection and of time.
type (
	// SignalUp says that a connection to the hub is open (again): nothing of an
	// earlier one counts any more.
	SignalUp struct{}
	// SignalDown says that there is none; the shell tries again by itself.
	SignalDown struct {
		// Outdated: the hub is there, but doesn't speak the protocol of this shell.
		Outdated bool
	}
	// SignalMessage is one message of the hub.
	SignalMessage struct{ Data []byte }
	// NetworkChanged says that this machine may have other addresses now, or that it
	// was asleep: what was connected is in doubt.
	NetworkChanged struct{}
	// ServerClock is the server's time, in unix ms. It words a message and decides
	// nothing: a server could ask for any hour's topics. PROTOCOL.md d.1.
	ServerClock struct{ NowMS int64 }
	// Tick must come every 100 to 250 ms while the machine is busy, and at least
	// every second otherwise.
	Tick struct{}
)

// Events of peer connections. PC 0 carries the control channel.
type (
	// LocalDescription is what the own WebRTC stack describes itself as.
	LocalDescription struct {
		Session uint32
		PC      uint8
		SDP     string
	}
	// LocalCandidates are candidates found after the description was handed in.
	LocalCandidates struct {
		Session uint32
		PC      uint8
		Lines   []string // "candidate:…"
	}
	// PCState is a change of a connection.
	PCState struct {
		Session uint32
		PC      uint8
		State   ConnState
	}
	// PCRoute says how a connection reaches the other side, and how far that is.
	PCRoute struct {
		Session uint32
		PC      uint8
		Route   Route
		RTT     int64 // ms, at least 1; 0: not known
	}
	// CtrlOpen says that the control channel can be written to.
	CtrlOpen struct{ Session uint32 }
	// CtrlMessage is one message of the control channel, sealed.
	CtrlMessage struct {
		Session uint32
		Data    []byte
	}
	// CtrlClosed says that the control channel is gone.
	CtrlClosed struct{ Session uint32 }
	// LaneClosed says that a lane's channel or worker is gone.
	LaneClosed struct {
		Session uint32
		PC      uint8
	}
)

// A ConnState is the state of a peer connection as WebRTC names it.
type ConnState uint8

// The states that matter to a machine.
const (
	Connected ConnState = iota + 1
	Disconnected
	ConnFailed
	ConnClosed
)

// A Route says how a connection reaches the other side.
type Route uint8

// Routes, from unknown to relayed.
const (
	RouteUnknown Route = iota
	RouteLAN
	RouteDirect
	RouteRelayed
)

var routeNames = [...]string{RouteUnknown: "unknown", RouteLAN: "lan", RouteDirect: "direct", RouteRelayed: "relayed"}

// String returns the word that programs are told, as that of a Phase.
func (r Route) String() string { return routeNames[r] }

// Events of a sharer's shell.
type (
	// Add appends entries to the list, in running order; also after Listed, for
	// recipients who come from then on. Another Listed follows.
	Add struct{ Entries []catalog.Entry }
	// Listed says that the list is complete.
	Listed struct{}
	// Remove takes entries back, each with everything below it.
	Remove struct{ Entries []uint32 }
	// Renew takes files back that are told again as other entries, as they are now: who
	// comes from then on gets those only. Who has the list with these goes on with them:
	// they are still read, and what became another file is said to have changed.
	Renew struct{ Entries []uint32 }
	// Retitle names the share anew, for recipients who come from then on.
	Retitle struct{ Title string }
	// SetPaths chooses which paths those may use who connect from then on:
	// wire.PathsAny, PathsDirect or PathsRelay.
	SetPaths struct{ Paths uint8 }
	// Sent says that the last record with bytes of a group was handed to the
	// network, or with Hashed only that its values are known.
	Sent struct {
		Session uint32
		PC      uint8
		Group   lane.Group
		Values  lane.Values
		Records uint64 // sealed on this lane so far
		Hashed  bool   // answers HashGroup
	}
	// Sending says how many bytes were handed to the network on a lane so far, a few
	// times a second: a group takes a slow lane longer than rates may be old.
	Sending struct {
		Session uint32
		PC      uint8
		Bytes   uint64
	}
	// SourceFailed says that a group could not be read as listed.
	SourceFailed struct {
		Session uint32
		PC      uint8
		Group   lane.Group
		Hashed  bool
	}
	// SourceFresh answers RefreshSource.
	SourceFresh struct {
		File  uint32
		OK    bool // false: it can't be read any more
		Size  uint64
		ModMS int64
	}
	// Decide lets a waiting recipient in or turns it away.
	Decide struct {
		Session uint32
		Accept  bool
	}
	// Digits are those that the person typed, as the recipient read them out.
	Digits struct{ Digits uint32 }
	// TakeRequests lets people ask again after too many were turned away.
	TakeRequests struct{}
	// SetFlags makes another link, unless the share's has these flags already:
	// invite.OneTime, Approval.
	SetFlags struct{ Flags uint8 }
	// SetTerms says how long the share lasts, for how many recipients it is, and
	// what stands beside its list.
	SetTerms struct {
		Expires int64 // unix ms, in the future and within a year
		Limit   int   // recipients who may be let in in all; 0: any number
		Note    string
	}
	// StopRecipient ends one recipient's session.
	StopRecipient struct{ Session uint32 }
	// PauseRecipient holds or resumes one recipient.
	PauseRecipient struct {
		Session uint32
		On      bool
	}
	// StopSharing kills the link and every session.
	StopSharing struct{}
)

// Events of a receiver's shell.
type (
	// Connect is the click: from here on the network may know of the link. Hidden:
	// the own address is shown to nobody but a relay.
	Connect struct{ Hidden bool }
	// Receive is the second click: the destination is chosen. The shell opens it
	// and answers with DiskOpened or DiskRefused.
	Receive struct {
		Choices []Choice
		Stream  bool // the destination takes bytes in order and gives none back
	}
	// SetPause holds or resumes.
	SetPause struct{ On bool }
	// CancelAll ends the transfer; files that landed stay.
	CancelAll struct{}
	// ArrivedBatch is what one or more records brought on a lane.
	ArrivedBatch struct {
		Session uint32
		PC      uint8
		Batch   uint32 // the shell's name for the bytes
		Groups  []ArrivedGroup
		Unknown []lane.Group // groups the lane was not told of
		Bytes   uint64       // of all extents on this lane so far, repeats counted
		Records uint64       // opened on this lane so far
	}
	// LaneFailed says why a lane gave up: wire.Auth closes the lane, anything
	// else ends the session.
	LaneFailed struct {
		Session uint32
		PC      uint8
		Code    wire.Code
	}
	// DiskOpened says that the destination is ready, and what it has of a journal.
	DiskOpened struct{ Journal []byte }
	// DiskRefused says why nothing can be kept.
	DiskRefused struct {
		Code   wire.Code
		Needed uint64
	}
	// Written says that groups were handed to the file system.
	Written struct{ Groups []lane.Group }
	// Safe says how many bytes of a file a crash can't lose.
	Safe struct {
		File  uint32
		Bytes uint64
	}
	// DiskDigest is what was read back. CVs may be nil.
	DiskDigest struct {
		File    uint32
		Version uint8
		Digest  [32]byte
		CVs     []byte // 32 bytes a group
	}
	// Landed says that a file has its final name, and where, for the journal; empty:
	// what is there of it is not to be found again without what was read back.
	Landed struct {
		File  uint32
		Place string
	}
	// Lost says that written bytes of a file are gone again, those from Offset on.
	// DiskFinish, if it was said, has to be said again.
	Lost struct {
		File    uint32
		Version uint8
		Offset  uint64
		Length  uint64
	}
	// DiskFull pauses until DiskRoom.
	DiskFull struct{ Needed uint64 }
	// DiskRoom says that writing goes on.
	DiskRoom struct{}
	// DiskFailed says that one file can't be kept.
	DiskFailed struct {
		File uint32
		Code wire.Code
	}
	// DiskBroken says that what a destination in order took is worth nothing: the
	// transfer ends.
	DiskBroken struct{ Code wire.Code }
	// DiskClosed answers DiskClose and DiskDiscard.
	DiskClosed struct{}
	// Discard frees the space of a transfer that is over: of what did not finish,
	// or of what is kept until it was saved.
	Discard struct{}
)

// An ArrivedGroup is a complete group in a batch.
type ArrivedGroup struct {
	lane.Group
	Length int
}

func (SignalUp) event()         {}
func (SignalDown) event()       {}
func (SignalMessage) event()    {}
func (Tick) event()             {}
func (NetworkChanged) event()   {}
func (ServerClock) event()      {}
func (LocalDescription) event() {}
func (LocalCandidates) event()  {}
func (PCState) event()          {}
func (PCRoute) event()          {}
func (CtrlOpen) event()         {}
func (CtrlMessage) event()      {}
func (CtrlClosed) event()       {}
func (LaneClosed) event()       {}
func (Add) event()              {}
func (Listed) event()           {}
func (Remove) event()           {}
func (Renew) event()            {}
func (Retitle) event()          {}
func (SetPaths) event()         {}
func (Sent) event()             {}
func (Sending) event()          {}
func (SourceFailed) event()     {}
func (SourceFresh) event()      {}
func (Decide) event()           {}
func (Digits) event()           {}
func (TakeRequests) event()     {}
func (SetFlags) event()         {}
func (SetTerms) event()         {}
func (StopRecipient) event()    {}
func (PauseRecipient) event()   {}
func (StopSharing) event()      {}
func (Connect) event()          {}
func (Receive) event()          {}
func (SetPause) event()         {}
func (CancelAll) event()        {}
func (ArrivedBatch) event()     {}
func (LaneFailed) event()       {}
func (DiskOpened) event()       {}
func (DiskRefused) event()      {}
func (Written) event()          {}
func (Safe) event()             {}
func (DiskDigest) event()       {}
func (Landed) event()           {}
func (Lost) event()             {}
func (DiskFull) event()         {}
func (DiskRoom) event()         {}
func (DiskFailed) event()       {}
func (DiskBroken) event()       {}
func (DiskClosed) event()       {}
func (Discard) event()          {}
