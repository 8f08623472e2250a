// Package record seals what crosses a data channel and opens it again. DTLS below
// it is an untrusted pipe: a record that was forged, replayed, moved to another
// place or sent back does not open. A record that doesn't open changes nothing.
// Neither sealing nor opening allocates. PROTOCOL.md f.1 and f.2.
//
//	 0 type (01 data, 02 ctrl) | 1 zeros | 4 u64 n | 12 ciphertext ‖ tag 16
//	 └──────── associated data, n is the nonce ────┘
//
//	data plaintext: 16-byte extent header ‖ bytes of one file, again and again
//
// A key belongs to one session, direction, peer connection and channel, and to
// the two certificates that channel was opened with. A [Sealer] owns its counter,
// an [Opener] its window; neither ever leaves memory, so no nonce repeats.
package record

import (
	"crypto/cipher"
	"encoding/binary"
	"errors"

	"beeline/wasm/aead"
	"beeline/wasm/kdf"
	"beeline/wasm/wire"
)

const (
	headerSize = 12                               // type, zeros, counter
	counterAt  = 4                                // of the counter in a record, and in its nonce
	tagSize    = aead.Overhead                    // 16
	counterMax = 1<<32 - 1                        // the last number of a key: 240 TiB of data
	plainMax   = wire.RecordLimit - wire.Overhead // bytes of plaintext in the largest record
)

// ErrSpent means that a key has sealed as many records as it may. The channel is
// replaced by one with another number, ctrl by a new session.
var ErrSpent = errors.New("record: the counter of this key is used up")

// Directions of a key.
const (
	ToResponder = 0 // recipient → sharer
	ToInitiator = 1 // sharer → recipient
)

// LaneKey derives the key of one direction of one channel. Kind is "lane" or
// "ctrl"; dir is [ToResponder] or [ToInitiator]; pc is the number of the peer
// connection and ch the negotiated id of the channel. fpI and fpR are the SHA-256
// hashes of the certificates of recipient and sharer as they were applied: where
// somebody swapped one, the two sides get different keys and nothing opens.
func LaneKey(session [32]byte, kind string, dir, pc, ch uint8, fpI, fpR [32]byte) [32]byte {
	ctx := make([]byte, 0, 3+32+32)
	ctx = append(ctx, dir, pc, ch)
	ctx = append(ctx, fpI[:]...)
	ctx = append(ctx, fpR[:]...)
	return [32]byte(kdf.X(session[:], kind, ctx, 32))
}

// A Sealer makes the records of one direction of one channel. It must not be used
// by two goroutines at once.
type Sealer struct {
	aead cipher.AEAD
	typ  uint8

	next  uint64               // number of the next record
	nonce [aead.NonceSize]byte // here, not on the stack: it escapes through the interface
}

// NewSealer returns a Sealer for records of type typ, [wire.RecordData] or
// [wire.RecordCtrl].
func NewSealer(key [32]byte, typ uint8) *Sealer {
	return &Sealer{aead: aead.New(key), typ: typ}
}

// Seal appends one record with plaintext in it to dst: [wire.Overhead] bytes more
// than plaintext has. It fails with [wire.Format] if the record would be larger
// than [wire.RecordLimit], and with [ErrSpent] after 2^32 records.
//
// To seal in place, let plaintext start at dst[len(dst)+12:]; otherwise the two
// must not overlap. Where cap(dst) suffices nothing is allocated.
func (s *Sealer) Seal(dst, plaintext []byte) ([]byte, error) {
	if len(plaintext) > plainMax {
		return dst, wire.Format
	}
	if s.next > counterMax {
		return dst, ErrSpent
	}
	start := len(dst)
	dst = append(dst, s.typ, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
	binary.BigEndian.PutUint64(dst[start+counterAt:], s.next)
	binary.LittleEndian.PutUint64(s.nonce[counterAt:], s.next)
	s.next++ // before sealing: whatever happens next, this number is gone
	return s.aead.Seal(dst, s.nonce[:], plaintext, dst[start:]), nil
}

// Count returns the number of records sealed so far, for CLOSE and LANE_END.
func (s *Sealer) Count() uint64 { return s.next }

// An Opener opens the records of one direction of one channel. It must not be
// used by two goroutines at once.
type Opener struct {
	aead    cipher.AEAD
	typ     uint8
	ordered bool // ctrl: the next number, no other

	seen   window
	opened uint64
	nonce  [aead.NonceSize]byte
}

// NewOpener returns an Opener for a channel without order. It accepts each number
// once, and none that lies 65,536 or more below the highest one.
func NewOpener(key [32]byte, typ uint8) *Opener {
	return &Opener{aead: aead.New(key), typ: typ}
}

// NewOrderedOpener returns an Opener for an ordered channel. It accepts the
// numbers from 0 in their order.
func NewOrderedOpener(key [32]byte, typ uint8) *Opener {
	return &Opener{aead: aead.New(key), typ: typ, ordered: true}
}

// Open appends the plaintext of rec to dst. It fails with
//   - [wire.Format]: too short, too long, another type, reserved bytes, a number of 2^32 or more;
//   - [wire.Replay]: a number seen before, below the window, or out of order on ctrl;
//   - [wire.Auth]: forged or damaged, or sealed for another place.
//
// A failure changes nothing in o: what a stranger sends can't move the window. It
// may overwrite the bytes of rec where Open works in place.
//
// To open in place, let dst be rec[12:12]; otherwise the two must not overlap.
// Where cap(dst) suffices nothing is allocated.
func (o *Opener) Open(dst, rec []byte) ([]byte, error) {
	if len(rec) < wire.Overhead || len(rec) > wire.RecordLimit {
		return dst, wire.Format
	}
	if rec[0] != o.typ || rec[1]|rec[2]|rec[3] != 0 {
		return dst, wire.Format
	}
	n := binary.BigEndian.Uint64(rec[counterAt:])
	if n > counterMax {
		return dst, wire.Format
	}
	if o.ordered {
		if n != o.opened {
			return dst, wire.Replay
		}
	} else if !o.seen.fresh(n) {
		return dst, wire.Replay
	}
	binary.LittleEndian.PutUint64(o.nonce[counterAt:], n)
	out, err := o.aead.Open(dst, o.nonce[:], rec[headerSize:], rec[:headerSize])
	if err != nil {
		return dst, wire.Auth
	}
	if !o.ordered {
		o.seen.add(n)
	}
	o.opened++
	return out, nil
}

// Opened returns the number of records opened so far, to compare with the count
// in CLOSE and LANE_END.
func (o *Opener) Opened() uint64 { return o.opened }
