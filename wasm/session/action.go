package session

import (
	"beeline/wasm/journal"
	"beeline/wasm/lane"
)

// An Action is what a machine wants done: one of the types below and those of
// the two roles.
type Action interface{ action() }

// Actions of both roles.
type (
	// SignalSend sends one message to the hub; without a connection it is
	// dropped (after SignalUp the machine starts anew).
	SignalSend struct{ Data []byte }
	// SignalReset gives the connection to the hub up, which is dead without saying
	// so, and makes another at once: SignalDown, then SignalUp.
	SignalReset struct{}
	// MakePC makes a peer connection with the control channel (PC 0 only) and
	// the lane, and answers with LocalDescription: at once for an offer, after
	// SetRemote for an answer.
	MakePC struct {
		Session uint32
		PC      uint8
		Offer   bool
		ICE     []ICEServer
		// RelayOnly: no other candidate may even be looked for. The description
		// comes with the first candidate of a relay, or once there are no more.
		RelayOnly bool
	}
	// SetRemote applies the other side's description.
	SetRemote struct {
		Session uint32
		PC      uint8
		Offer   bool
		SDP     string
	}
	// AddCandidates applies candidates that came after it.
	AddCandidates struct {
		Session uint32
		PC      uint8
		Lines   []string
	}
	// ClosePC closes a connection and what is on it. Its number never comes back.
	ClosePC struct {
		Session uint32
		PC      uint8
	}
	// CtrlSend sends one record on the control channel.
	CtrlSend struct {
		Session uint32
		Data    []byte
	}
	// Show says that the view changed.
	Show struct{}
)

// An ICEServer is a STUN or TURN server the hub named.
type ICEServer struct {
	URLs     []string
	Username string
	Password string
}

// Actions of a sharer.
type (
	// OpenOut readies a lane to seal.
	OpenOut struct {
		Session uint32
		PC      uint8
		Key     [32]byte
		RecMax  int
	}
	// SendGroup reads, seals and sends one group on a lane; answered by Sent or
	// SourceFailed. A group that is the whole file must come from a file that is
	// still as it was listed, or as SourceFresh said last (size and date): the
	// shell looks after reading and answers SourceFailed if not. Larger files are
	// looked at by the machine once their last group was read.
	SendGroup struct {
		Session uint32
		PC      uint8
		Group   lane.Group
		Length  int
		Single  bool // the group is the whole file
	}
	// HashGroup reads a group only for its values.
	HashGroup struct {
		Session uint32
		PC      uint8 // the lane whose worker does it
		Group   lane.Group
		Length  int
		Single  bool
	}
	// CancelGroups drops what waits on the lanes of a session for a file; those
	// groups are not answered any more.
	CancelGroups struct {
		Session uint32
		File    uint32
	}
	// RefreshSource looks at a file anew; answered by SourceFresh.
	RefreshSource struct{ File uint32 }
)

// Actions of a receiver.
type (
	// OpenIn readies a lane to open records. Limit as in [lane.NewIn].
	OpenIn struct {
		Session uint32
		PC      uint8
		Key     [32]byte
		Limit   int
	}
	// Expect tells every lane of a session the size of a file.
	Expect struct {
		Session uint32
		File    uint32
		Version uint8
		Size    uint64
	}
	// Settled tells every lane that a version of a file is over.
	Settled struct {
		Session uint32
		File    uint32
		Version uint8
	}
	// Forget tells one lane to drop what it holds of a group.
	Forget struct {
		Session uint32
		PC      uint8
		Group   lane.Group
	}
	// Write hands groups of a batch to the destination; the others are dropped.
	// A nil Keep means all, an empty one none.
	Write struct {
		Batch uint32
		Keep  []int
	}
	// DiskOpen opens the destination the person chose.
	DiskOpen struct {
		Key   string // names the part folder
		Title string
		Files int
		Bytes uint64
		// Of a stream: what will come, in order, and the only name at the top level,
		// empty where there are several. stream.go.
		Plan []byte
		Top  string
	}
	// DiskEntry declares an entry before its first write.
	DiskEntry struct {
		File  uint32
		Dir   bool
		Path  []string // local names below the destination
		Size  uint64
		ModMS int64
		Exec  bool
		// Kept is what the journal says is there of it; where there is any, DiskKept
		// says whether it still is.
		Kept []journal.Part
	}
	// DiskReset says that what is there of a file is worthless.
	DiskReset struct {
		File    uint32
		Version uint8
		Size    uint64
		ModMS   int64
	}
	// DiskFinish flushes and reads back; answered by DiskDigest.
	DiskFinish struct{ File uint32 }
	// DiskLand gives a file its final name; answered by Landed, or by DiskDigest
	// once more where somebody changed the file since it was read back.
	DiskLand struct{ File uint32 }
	// DiskDrop forgets a file that won't be finished.
	DiskDrop struct{ File uint32 }
	// DiskClose ends a complete transfer.
	DiskClose struct{}
	// DiskDiscard frees the space of an unfinished one, or what is kept after
	// DiskClose. Files that have their names stay.
	DiskDiscard struct{}
)

func (SignalSend) action()    {}
func (SignalReset) action()   {}
func (MakePC) action()        {}
func (SetRemote) action()     {}
func (AddCandidates) action() {}
func (ClosePC) action()       {}
func (CtrlSend) action()      {}
func (Show) action()          {}
func (OpenOut) action()       {}
func (SendGroup) action()     {}
func (HashGroup) action()     {}
func (CancelGroups) action()  {}
func (RefreshSource) action() {}
func (OpenIn) action()        {}
func (Expect) action()        {}
func (Settled) action()       {}
func (Forget) action()        {}
func (Write) action()         {}
func (DiskOpen) action()      {}
func (DiskEntry) action()     {}
func (DiskReset) action()     {}
func (DiskFinish) action()    {}
func (DiskLand) action()      {}
func (DiskDrop) action()      {}
func (DiskClose) action()     {}
func (DiskDiscard) action()   {}
