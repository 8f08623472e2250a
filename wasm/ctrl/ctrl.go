// Package ctrl is the language two peers speak once the control channel is
// open: what is on offer, which bytes are wanted, what arrived, how it ended.
//
// It turns messages into bytes and back and does nothing else: it keeps no
// state, knows no keys, and never decides whether a message makes sense now.
// That is session's work. Specification: ../PROTOCOL.md f.5, limits in 2.2.
//
//	recipient (I)                                sender (R)
//	HELLO              ------------------------>
//	                   <------------------------ HELLO, SHARE_HEAD
//	LIST_REQ           ------------------------>
//	                   <------------------------ LIST_PAGE …, LIST_END
//	HAVE, GET          ------------------------>
//	                   <------------------------ FILE_END, FILE_CHANGED, LANE_END
//	CV_REQ             ------------------------>
//	                   <------------------------ CVS
//	PROGRESS, CANCEL   ------------------------>
//	PAUSE, DESC, CAND, PING, ERROR, CLOSE <----> either side
//	                   <------------------------ SHARES, in a listing session
//	                   <------------------------ HANDOVER, between two devices of one person
//
// A message is `u8 type ‖ body`, at most [wire.CtrlMax] bytes, integers
// big-endian. Every field has one form, so what [Parse] accepts is exactly what
// Append writes. The bodies of SHARE_HEAD, LIST_PAGE and LIST_END belong to
// catalog, those of DESC and CAND to describe; Parse hands them on as [Raw].
package ctrl

import (
	"encoding/binary"

	"beeline/wasm/wire"
)

var be = binary.BigEndian

// A Message is one control message. Parse returns values, never pointers, so a
// type switch over the structs of this package sees every one of them.
type Message interface {
	// Append writes the message with its type byte to b. It checks no limit:
	// whoever fills a list keeps to the limit that stands beside it.
	Append(b []byte) []byte
}

// Raw is a message whose body another package reads. PROTOCOL.md g and d.4.
type Raw struct {
	Type uint8  // ShareHead, ListPage, ListEnd, CtrlDesc or CtrlCand of package wire
	Body []byte // what follows the type byte; aliases the message given to Parse
}

// Append writes the type byte and the body as it is.
func (m Raw) Append(b []byte) []byte { return append(append(b, m.Type), m.Body...) }

// Unknown is a message of a later version, to be ignored: its type is above those
// of 0x80 and more that are known. An unknown type below 0x80 is an error. PROTOCOL.md f.5.
type Unknown struct {
	Type uint8
	Body []byte // aliases the message given to Parse
}

// Append writes the message as it came.
func (m Unknown) Append(b []byte) []byte { return append(append(b, m.Type), m.Body...) }

// A FormatError names the message that no honest peer sends. It wraps
// [wire.Format]. The session ends: what stands in an opened record was written
// by the peer itself.
type FormatError struct {
	Type uint8 // of the message; 0 where there was not even a type byte
	Size int   // bytes of the whole message
}

func (e *FormatError) Error() string {
	const hex = "0123456789ABCDEF"
	return "ctrl message " + string([]byte{hex[e.Type>>4], hex[e.Type&15]}) + ": " + wire.Format.Error()
}

func (e *FormatError) Unwrap() error { return wire.Format }

// decoders is indexed by message type. A decoder gets the body and reports
// whether it is one that Append writes.
var decoders = [256]func(body []byte) (Message, bool){
	wire.Hello:       parseHello,
	wire.ListReq:     parseListReq,
	wire.Get:         parseGet,
	wire.FileEnd:     parseFileEnd,
	wire.CVReq:       parseCVReq,
	wire.CVs:         parseCVs,
	wire.FileChanged: parseFileChanged,
	wire.Have:        parseHave,
	wire.Progress:    parseProgress,
	wire.Pause:       parsePause,
	wire.Cancel:      parseCancel,
	wire.Error:       parseError,
	wire.Close:       parseClose,
	wire.Ping:        parsePing,
	wire.LaneEnd:     parseLaneEnd,
	wire.Shares:      parseShares,
	wire.Handover:    parseHandover,
	wire.Terms:       parseTerms,
	wire.ResumeOK:    parseResumeOK,
}

// Parse reads one message: the whole plaintext of a control record. It rejects
// with a [*FormatError] whatever is longer than [wire.CtrlMax], has a type
// below 0x80 that is not in PROTOCOL.md f.5, has another length than its type
// and counts give, a reserved bit set, or a value beyond a limit of 2.2.
//
// Lists are copied; only Raw, Unknown and Handover alias msg.
func Parse(msg []byte) (Message, error) {
	if len(msg) == 0 || len(msg) > wire.CtrlMax {
		return nil, &FormatError{Size: len(msg)}
	}
	typ, body := msg[0], msg[1:]
	switch typ {
	case wire.ShareHead, wire.ListPage, wire.ListEnd, wire.CtrlDesc, wire.CtrlCand:
		return Raw{typ, body}, nil
	}
	if decode := decoders[typ]; decode != nil {
		if m, ok := decode(body); ok {
			return m, nil
		}
	} else if typ >= 0x80 {
		return Unknown{typ, body}, nil
	}
	return nil, &FormatError{Type: typ, Size: len(msg)}
}

// list splits a body of the form `u16 n, n × item` and returns the items. It
// reports false where n is above max or the length is not the one n gives.
func list(body []byte, item, max int) (items []byte, n int, ok bool) {
	if len(body) < 2 {
		return nil, 0, false
	}
	n = int(be.Uint16(body))
	items = body[2:]
	return items, n, n <= max && len(items) == n*item
}
