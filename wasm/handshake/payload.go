package handshake

import (
	"encoding/binary"

	"beeline/wasm/wire"
)

// AppendStatus appends a STATUS payload, by which the responder decides about a
// run that was pending: 03 ‖ u8 status ‖ u16 reason. The status is
// wire.StatusAccepted or StatusRefused, the reason counts only with the latter.
func AppendStatus(b []byte, status uint8, reason uint16) []byte {
	if status != wire.StatusRefused {
		reason = 0
	}
	return binary.BigEndian.AppendUint16(append(b, wire.TStatus, status), reason)
}

// ParseStatus reads a STATUS payload with its type byte. It fails with
// [wire.Format]; pending is nothing that a STATUS may say.
func ParseStatus(payload []byte) (status uint8, reason uint16, err error) {
	if len(payload) != 4 || payload[0] != wire.TStatus || payload[1] == wire.StatusPending {
		return 0, 0, wire.Format.Because("no STATUS")
	}
	return parseStatus(payload[1:])
}

// parseStatus reads u8 status ‖ u16 reason, as M4 and STATUS have them.
func parseStatus(b []byte) (status uint8, reason uint16, err error) {
	status, reason = b[0], binary.BigEndian.Uint16(b[1:])
	if status > wire.StatusRefused || (status != wire.StatusRefused && reason != 0) {
		return 0, 0, wire.Format.Because("status that does not exist, or its reason")
	}
	return status, reason, nil
}

// AppendBye appends a BYE payload, by which either side leaves: 06 ‖ u16 code. The
// code is the wire number of a failure, or 0.
func AppendBye(b []byte, code uint16) []byte {
	return binary.BigEndian.AppendUint16(append(b, wire.TBye), code)
}

// ParseBye reads a BYE payload with its type byte. It fails with [wire.Format].
func ParseBye(payload []byte) (code uint16, err error) {
	if len(payload) != 3 || payload[0] != wire.TBye {
		return 0, wire.Format.Because("no BYE")
	}
	return binary.BigEndian.Uint16(payload[1:]), nil
}
