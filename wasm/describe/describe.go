// Package describe carries the description of a peer connection between two
// peers in a compact form, so that no SDP ever comes from outside.
//
// Each side reads only its own browser's SDP and writes the other's from a fixed
// template: a peer can inject no media section, no attribute, no weak
// fingerprint, no line break and no size. It opens no connection and resolves no
// name. Specification: ../PROTOCOL.md d.4.
//
//	own SDP ──FromSDP──> Description ──Append──> bytes   (T frame or ctrl)
//	                                               │
//	setRemoteDescription <──SDP── Description <──Parse   every field checked
package describe

import (
	"encoding/binary"

	"beeline/wasm/wire"
)

var be = binary.BigEndian

// Types of a description.
const (
	Offer  = 1
	Answer = 2
)

// DTLS roles of a description.
const (
	ActPass = 1 // either; only an offer leaves it open
	Active  = 2 // opens the DTLS handshake
	Passive = 3 // waits for it
)

// A Description is what one side says about one peer connection.
type Description struct {
	PC          uint8 // number of the connection, 0..wire.PCMax
	Type        uint8 // Offer or Answer
	Setup       uint8 // ActPass, Active or Passive
	Ufrag       string
	Pwd         string
	Fingerprint [32]byte // SHA-256 of the certificate
	Candidates  []Candidate
}

// Lengths of the ICE credentials in bytes. RFC 8839 5.4 allows up to 256; no
// browser comes near.
const (
	ufragMin, ufragMax = 4, 32
	pwdMin, pwdMax     = 22, 64
)

// An Error says which part of a description is refused. It wraps [wire.Desc].
// It never carries what was refused: that is a peer's text.
type Error struct {
	Part string // "form", "setup", "ufrag", "pwd", "fingerprint" or "candidate"
}

func (e *Error) Error() string { return "description: " + e.Part + ": " + wire.Desc.Error() }
func (e *Error) Unwrap() error { return wire.Desc }

// check holds the rules for everything but the candidates.
func (d *Description) check() error {
	switch {
	case d.PC > wire.PCMax || d.Type != Offer && d.Type != Answer:
		return &Error{"form"}
	case d.Setup < ActPass || d.Setup > Passive || d.Type == Answer && d.Setup == ActPass:
		return &Error{"setup"}
	case !iceChars(d.Ufrag, ufragMin, ufragMax):
		return &Error{"ufrag"}
	case !iceChars(d.Pwd, pwdMin, pwdMax):
		return &Error{"pwd"}
	}
	return nil
}

// iceChars reports whether s is made of the ice-char of RFC 8839 5.4 only.
func iceChars(s string, shortest, longest int) bool {
	if len(s) < shortest || len(s) > longest {
		return false
	}
	for i := range len(s) {
		c := s[i]
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '+' && c != '/' {
			return false
		}
	}
	return true
}

// Append writes the body of DESC, without the type byte: at most 934 bytes.
// The description must come from FromSDP or Parse.
func (d Description) Append(b []byte) []byte {
	b = append(b, d.PC, d.Type, d.Setup)
	b = append(append(b, uint8(len(d.Ufrag))), d.Ufrag...)
	b = append(append(b, uint8(len(d.Pwd))), d.Pwd...)
	b = append(b, d.Fingerprint[:]...)
	return appendList(b, d.Candidates)
}

// Parse reads the body of a DESC of the peer. Whatever PROTOCOL.md d.4 does not
// allow is an [*Error].
func Parse(b []byte, r Rules) (Description, error) {
	var d Description
	if len(b) < 3 {
		return Description{}, &Error{"form"}
	}
	d.PC, d.Type, d.Setup = b[0], b[1], b[2]
	ufrag, b, ok1 := cut8(b[3:])
	pwd, b, ok2 := cut8(b)
	if !ok1 || !ok2 || len(b) < 32 {
		return Description{}, &Error{"form"}
	}
	d.Ufrag, d.Pwd, d.Fingerprint = string(ufrag), string(pwd), [32]byte(b)
	if err := d.check(); err != nil {
		return Description{}, err
	}
	var err error
	if d.Candidates, err = parseList(b[32:], r); err != nil {
		return Description{}, err
	}
	return d, nil
}

// cut8 splits u8 n ‖ n bytes from the front of b.
func cut8(b []byte) (field, rest []byte, ok bool) {
	if len(b) < 1 || len(b)-1 < int(b[0]) {
		return nil, nil, false
	}
	n := int(b[0])
	return b[1 : 1+n], b[1+n:], true
}

// AppendCandidates writes the body of CAND, without the type byte: candidates
// found after the description went. At most wire.Candidates of them.
func AppendCandidates(b []byte, pc uint8, c []Candidate) []byte {
	return appendList(append(b, pc), c)
}

// ParseCandidates reads the body of a CAND of the peer.
func ParseCandidates(b []byte, r Rules) (pc uint8, c []Candidate, err error) {
	if len(b) < 1 || b[0] > wire.PCMax {
		return 0, nil, &Error{"form"}
	}
	if c, err = parseList(b[1:], r); err != nil {
		return 0, nil, err
	}
	return b[0], c, nil
}
