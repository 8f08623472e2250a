package session

import (
	"beeline/wasm/wire"
)

// This file: what both ends of a listing session do alike, where one connection is
// all there is. PROTOCOL.md e.

// sessionOf returns the session that an event is of; 0: of none.
func sessionOf(e Event) uint32 {
	switch e := e.(type) {
	case LocalDescription:
		return e.Session
	case LocalCandidates:
		return e.Session
	case PCState:
		return e.Session
	case PCRoute:
		return e.Session
	case CtrlOpen:
		return e.Session
	case CtrlMessage:
		return e.Session
	case CtrlClosed:
		return e.Session
	case LaneClosed:
		return e.Session
	}
	return 0
}

// connEvent takes what WebRTC says of the connection. An error ends the session.
func (c *conn) connEvent(e Event) error {
	switch e := e.(type) {
	case LocalDescription:
		_, err := c.localDescription(e.PC, e.SDP)
		return err
	case LocalCandidates:
		return c.localCandidates(e.PC, e.Lines)
	case PCState:
		if e.PC != 0 {
			return nil
		}
		if c.state(e.State); e.State == ConnFailed || e.State == ConnClosed {
			return wire.Path
		}
	case PCRoute:
		c.reaches(e)
	case CtrlClosed:
		return wire.Path
	}
	return nil
}

// frame takes a T frame of a session that is being described. An error ends it.
func (c *conn) frame(frame []byte) error {
	payload, err := c.opened(frame)
	if payload == nil {
		return err
	}
	switch payload[0] {
	case wire.TDesc:
		_, _, err = c.remoteDescription(payload[1:])
	case wire.TCand:
		err = c.remoteCandidates(payload[1:])
	case wire.TBye:
		err = byeCode(payload)
	case wire.TIdentProof: // both have proved who they are
	case wire.TPaths:
		if !c.mayLimit(payload) {
			return wire.Format
		}
		err = c.limit(payload[1])
	default:
		err = wire.Format
	}
	return err
}
