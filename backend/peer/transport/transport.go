// Package transport says what Beeline asks of a connection between two peers, and
// nothing of what it is made of.
//
//	backend/peer ── Conn: SetRemote, AddCandidates, Route, Close
//	             └─ Lane: Read, Write, Queued, Close
//	transport/rtc      peer connections of pion, and their data channels
//	transport/memory   two ends in one process, for tests: late, lossy, slow as asked
//
// Descriptions and candidates are the text that wasm/session hands out and takes.
// Nothing above this package may know more; backend/peer's tests run on both, and
// walls_test.go holds that only transport/rtc imports pion. What comes later (QUIC)
// is a third folder here.
//
// Decision, 2026-11-26: back-pressure is a method of its own (Queued with a limit
// waits) and no property of Write. A lane is sealed after there is room: what is
// small still finds company in a record. And the control channel, which must never
// wait, writes the same way.
package transport

import (
	"context"
	"crypto/tls"
	"math"

	"beeline/wasm/session"
)

// A Lane carries whole records, all of them, to the other side while it is open:
// the control channel in order, others in any. One goroutine may read while another
// writes; Queued and Close may be called by any.
type Lane interface {
	// Read waits for a record and puts it into buf, which has RecordBuffer bytes. An
	// error is the lane's end, also where a record is larger than any may be.
	Read(buf []byte) (int, error)
	// Write takes a record. It does not wait, and does not keep rec.
	Write(rec []byte) error
	// Queued waits until at most so many bytes wait or are on their way, or the lane
	// is closed, and returns how many there are. With NoLimit it does not wait.
	Queued(most uint64) uint64
	// Close ends the lane and everybody who waits for it. It may be called twice.
	Close() error
}

// NoLimit makes Queued return at once.
const NoLimit = math.MaxUint64

// RecordBuffer is the size of a buffer for Read, in bytes: more than any record.
const RecordBuffer = 64<<10 + 64

// A Conn is a connection to a peer: it comes up once both sides know of each other.
type Conn interface {
	// SetRemote says how the other side describes itself; to an offer it answers.
	SetRemote(offer bool, sdp string) error
	// AddCandidates says where else the other side may be reached.
	AddCandidates(lines []string)
	// Route says which way the bytes go, and how long there and back in ms; 0: not known.
	Route() (session.Route, int64)
	// Close ends the connection and its lanes, and waits for whatever it started.
	Close()
}

// Options are what a connection is asked for.
type Options struct {
	Ctrl      bool // the control channel is on it, too
	Offer     bool // this side describes itself first
	Servers   []session.ICEServer
	RelayOnly bool        // no way but through a relay
	Loopback  bool        // the peer may be on this machine
	Trust     *tls.Config // decides about the certificate of a relay; nil: the system
}

// Events are what a connection tells. They are called from any goroutine, must not
// wait for anybody, and may come before Connect has returned.
type Events struct {
	Described  func(sdp string)     // how this side is found, once
	Candidates func(lines []string) // where else, after that
	State      func(session.ConnState)
	Opened     func(channel uint16, l Lane) // wire.ChannelCtrl or ChannelLane
}

// Connect begins a connection. What it has to do with servers ends with ctx.
type Connect func(ctx context.Context, o Options, e Events) (Conn, error)
