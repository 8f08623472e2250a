// Package wire holds every number of Beeline's end-to-end protocol: failure
// codes, message types and limits. `make gen` writes web/wire/wire.ts from this
// file, so that Go and TypeScript can't disagree: all failure codes, and those
// constants that TypeScript uses, which have the line //gen:ts above them or
// above their group. It never does anything.
//
// The numbers of the signaling hub stand in signaling/wire: the blind side may
// not import anything below wasm/. Specification: ../PROTOCOL.md.
package wire

// A Code says why something failed. It is an error, so that packages can wrap
// it ([Code.Because]) and callers can find it again with [CodeOf]. The zero Code
// is no failure.
type Code uint8

// Failure codes. PROTOCOL.md 2.1. The order is stable: append only.
const (
	None        Code = iota
	LinkDamaged      // E_LINK: length, alphabet or check bytes of a link
	Version          // E_VERSION: a link or message of a version this build does not speak
	Clock            // E_CLOCK: own clock more than 15 minutes off
	Format           // E_FORMAT: a message that no honest peer sends
	PSK              // E_PSK: the tag of M1 or M2 is wrong
	KEM              // E_KEM: a KEM key or ciphertext is invalid
	Identity         // E_IDENTITY: the right secret, but another signer
	Signature        // E_SIG: a signature or commitment is false
	SignalOrder      // E_SIGNAL_ORDER: a transport frame was changed, dropped or reordered
	Desc             // E_DESC: a connection description is refused
	NoPeer           // E_NO_PEER: nobody answers
	Path             // E_PATH: no connection could be opened, or it died
	Refused          // E_REFUSED: the person on the other side said no
	Expired          // E_EXPIRED: the link's time is over
	Revoked          // E_REVOKED: sharing was stopped
	Busy             // E_BUSY: too many sessions or requests
	Auth             // E_AUTH: records were forged or damaged on the way
	Replay           // E_REPLAY: a record number was seen before
	Unrequested      // E_UNREQUESTED: bytes that were never asked for
	Manifest         // E_MANIFEST: the list breaks a rule
	Name             // E_NAME: a name that is unsafe to save
	Root             // E_ROOT: the digest differs
	Changed          // E_CHANGED: the source file changes while it is sent
	Space            // E_SPACE: the destination is full
	Unreadable       // E_READ: the source file can't be read any more
	Unwritable       // E_WRITE: the destination refuses to be written
	NoPlace          // E_NO_PLACE: this browser has nowhere to keep a transfer of this size
	Internal         // E_INTERNAL: a fault of our own
	Offline          // E_OFFLINE: the server can't be reached
	PeerGone         // E_GONE: the other side went away in the middle and did not come back
	Incomplete       // E_INCOMPLETE: some files of a transfer failed
	Outdated         // E_OUTDATED: the server no longer speaks the protocol of this page
	Withdrawn        // E_WITHDRAWN: the sharer took the file back
	NoRelay          // E_NO_RELAY: only a relay may be used, and there is none
	Download         // E_DOWNLOAD: the browser ended the download that was being streamed
	Card             // E_CARD: bytes that are no contact card, or one that can't be trusted
	Vault            // E_VAULT: a vault or backup that can't be opened: damaged, another passphrase, no pepper
	BadCode          // E_CODE: a text that is no spoken code
	NoCode           // E_NO_CODE: nobody waits under the number of a spoken code
	Taken            // E_TAKEN: as many recipients were let in as the link is for
	CodeUsed         // E_CODE_USED: the connection that a spoken code led to is lost, and the code with it
)

type codeInfo struct {
	name   string // as in PROTOCOL.md 2.1
	number uint16 // on the wire; 0: never sent
}

var codes = [...]codeInfo{
	None:        {"", 0},
	LinkDamaged: {"E_LINK", 0},
	Version:     {"E_VERSION", 0},
	Clock:       {"E_CLOCK", 0},
	Format:      {"E_FORMAT", 1},
	PSK:         {"E_PSK", 0},
	KEM:         {"E_KEM", 0},
	Identity:    {"E_IDENTITY", 0},
	Signature:   {"E_SIG", 0},
	SignalOrder: {"E_SIGNAL_ORDER", 0},
	Desc:        {"E_DESC", 2},
	NoPeer:      {"E_NO_PEER", 0},
	Path:        {"E_PATH", 0},
	Refused:     {"E_REFUSED", 16},
	Expired:     {"E_EXPIRED", 17},
	Revoked:     {"E_REVOKED", 18},
	Busy:        {"E_BUSY", 19},
	Auth:        {"E_AUTH", 3},
	Replay:      {"E_REPLAY", 0},
	Unrequested: {"E_UNREQUESTED", 4},
	Manifest:    {"E_MANIFEST", 5},
	Name:        {"E_NAME", 0},
	Root:        {"E_ROOT", 6},
	Changed:     {"E_CHANGED", 7},
	Space:       {"E_SPACE", 8},
	Unreadable:  {"E_READ", 10},
	Unwritable:  {"E_WRITE", 11},
	NoPlace:     {"E_NO_PLACE", 0},
	Internal:    {"E_INTERNAL", 0},
	Offline:     {"E_OFFLINE", 0},
	PeerGone:    {"E_GONE", 0},
	Incomplete:  {"E_INCOMPLETE", 0},
	Outdated:    {"E_OUTDATED", 0},
	Withdrawn:   {"E_WITHDRAWN", 12},
	NoRelay:     {"E_NO_RELAY", 20},
	Download:    {"E_DOWNLOAD", 13},
	Card:        {"E_CARD", 0},
	Vault:       {"E_VAULT", 0},
	BadCode:     {"E_CODE", 0},
	NoCode:      {"E_NO_CODE", 0},
	Taken:       {"E_TAKEN", 21},
	CodeUsed:    {"E_CODE_USED", 0},
}

// Error returns the code's name in PROTOCOL.md 2.1, for example "E_LINK".
func (c Code) Error() string {
	if int(c) < len(codes) && c != None {
		return codes[c].name
	}
	return "E_INTERNAL"
}

// Because returns an error that wraps the code and says, for whoever debugs, what
// broke the rule. (fmt.Errorf would say the same and take 0.3 MB of wasm with it.)
func (c Code) Because(what string) error { return &because{what, c} }

type because struct {
	what string
	code Code
}

func (b *because) Error() string { return b.what + ": " + b.code.Error() }
func (b *because) Unwrap() error { return b.code }

// Named returns the code with a name of PROTOCOL.md 2.1; [Internal] where there is
// none.
func Named(name string) Code {
	for c, info := range codes {
		if info.name == name && name != "" {
			return Code(c)
		}
	}
	return Internal
}

// Number returns the code's number in ERROR, M4, STATUS and BYE. A code that
// never travels has the number 0.
func (c Code) Number() uint16 {
	if int(c) < len(codes) {
		return codes[c].number
	}
	return 0
}

// FromNumber returns the code a peer named. An unknown number means [Format].
func FromNumber(n uint16) Code {
	if n != 0 {
		for c, info := range codes {
			if info.number == n {
				return Code(c)
			}
		}
	}
	return Format
}

// CodeOf returns the code wrapped in err: [None] for nil, [Internal] where err
// carries no code.
func CodeOf(err error) Code {
	for err != nil {
		if c, ok := err.(Code); ok {
			return c
		}
		u, ok := err.(interface{ Unwrap() error })
		if !ok {
			return Internal
		}
		err = u.Unwrap()
	}
	return None
}

// Modes of a handshake. PROTOCOL.md d.1.
const (
	ModeLink    = 1
	ModeCode    = 2
	ModeContact = 3
	ModeResume  = 4
	ModeDevice  = 5
)

// Kinds of key that sign M2 and M3. PROTOCOL.md e.
const (
	KeySession  = 0
	KeyShare    = 1
	KeyIdentity = 2
)

// Payload types of T frames. PROTOCOL.md d.3.
const (
	TAuthI      = 0x01
	TAuthR      = 0x02
	TStatus     = 0x03
	TDesc       = 0x04
	TCand       = 0x05
	TBye        = 0x06
	TIdentProof = 0x07
	TPaths      = 0x08
)

// Which paths a session may use. PROTOCOL.md d.4.
const (
	PathsAny    = 0
	PathsDirect = 1 // no relay
	PathsRelay  = 2 // nothing but a relay: neither side learns the other's address
)

// Statuses in M4 and STATUS. PROTOCOL.md e.
const (
	StatusAccepted = 0
	StatusPending  = 1
	StatusRefused  = 2
)

// Control message types. PROTOCOL.md f.5.
const (
	Hello       = 0x01
	ShareHead   = 0x02
	ListReq     = 0x03
	ListPage    = 0x04
	ListEnd     = 0x05
	Get         = 0x06
	FileEnd     = 0x08
	CVReq       = 0x09
	CVs         = 0x0A
	FileChanged = 0x0D
	Have        = 0x0F
	Progress    = 0x10
	Pause       = 0x11
	Cancel      = 0x12
	ResumeOK    = 0x16
	Error       = 0x17
	Close       = 0x18
	Ping        = 0x19
	CtrlDesc    = 0x1A
	CtrlCand    = 0x1B
	LaneEnd     = 0x1C
	Shares      = 0x1D
	Handover    = 0x1E
	Terms       = 0x80 // may be ignored, as all from here on
)

// Record types. PROTOCOL.md f.2.
const (
	RecordData = 0x01
	RecordCtrl = 0x02
)

// Data channel ids, negotiated. PROTOCOL.md f.1.
//
//gen:ts
const (
	ChannelCtrl = 0
	ChannelLane = 1
)

// Sizes in bytes. PROTOCOL.md f.2 and 2.2.
const (
	Overhead     = 28     // of a record: 12 header, 16 tag
	ExtentHeader = 16     // of an extent
	RecordMax    = 61_484 // default size of a record on the wire
	//gen:ts
	RecordLimit = 65_535 // no record is ever larger
	ExtentMax   = 61_440 // bytes of a file in one extent
	//gen:ts
	GroupSize   = 1 << 20 // of a group; only the last of a file is shorter
	CtrlMax     = 61_440  // plaintext of a control message
	WindowBytes = 16 << 20
	WindowPhone = 8 << 20
	WindowLane  = 2 << 20 // the window grows to this much a lane
	//gen:ts
	QueueOne = 1 << 20 // waits in the channel of a session's only lane
	//gen:ts
	QueueMany = 256 << 10 // waits in that of each of several
)

// ReportGroup and ReportUnknown are the sizes, in bytes, of what a lane worker's
// report says of a complete group (file, version, index, length, pointer)
// and of one it was not told of (file, version, index). bridge/lane.go.
const (
	//gen:ts
	ReportGroup   = 4 + 1 + 4 + 4 + 4
	ReportUnknown = 4 + 1 + 4
)

// Limits of counts and times. PROTOCOL.md 2.2.
const (
	ExtentsPerRecord = 512
	//gen:ts
	LanesMax      = 16
	LanesPhone    = 4
	PCMax         = 254 // the highest number of a peer connection
	RangesPerGet  = 4096
	RangesQueued  = 65_536
	PagesPerList  = 16
	CVsPerRequest = 1900
	NameMax       = 1020
	//gen:ts
	TitleMax = 200
	//gen:ts
	NoteMax    = 1000 // bytes of what a sharer writes beside the list
	DepthMax   = 64
	EntriesMax = 2_000_000
	//gen:ts
	EntriesBrowser = 500_000
	FileMax        = 1<<53 - 1
	TotalMax       = 1 << 60
	Candidates     = 32
	RetriesMax     = 3 // refetches of a file, changes of a source, handshakes without a path
)
