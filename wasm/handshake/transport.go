package handshake

import (
	"crypto/cipher"
	"crypto/ed25519"

	"beeline/wasm/wire"
)

// A Transport is one side of a run after M2. It carries M3 and M4, then the
// statuses and descriptions that come before the control channel. Counters are
// implicit: each frame must come, once and in order. It must not be used by two
// goroutines at once.
type Transport struct {
	sid       [16]byte
	initiator bool
	mode      uint8
	binding   [32]byte // h after M2
	version   uint16
	peerCaps  uint32
	commit    [32]byte // H("bee1 sas commit" ‖ nR), at the initiator

	send, recv     cipher.AEAD // nil after Drop
	sent, received uint64
	broken         bool // a frame was wrong: nothing opens any more

	peer           ed25519.PublicKey // at the responder only after M3
	device         [16]byte          // of M3, at the responder only
	nonce          [32]byte          // nR, at the initiator only after M4
	hashM3, hashM4 [32]byte
	haveM3, haveM4 bool
	exp            [32]byte // zeros once spent
	spent          bool
}

func newTransport(r *Run, s *symmetric, initiator bool) *Transport {
	toR, toI, exp := s.split()
	t := &Transport{sid: r.SID, initiator: initiator, mode: r.Mode, binding: s.h, exp: exp}
	if initiator {
		t.send, t.recv = newAEAD(toR), newAEAD(toI)
	} else {
		t.send, t.recv = newAEAD(toI), newAEAD(toR)
	}
	return t
}

// Seal returns the T frame with payload, which is 1 to [PayloadMax] bytes; else it
// fails with [wire.Format].
func (t *Transport) Seal(payload []byte) ([]byte, error) {
	if len(payload) == 0 || len(payload) > PayloadMax {
		return nil, wire.Format.Because("payload of no bytes, or too many")
	}
	if t.send == nil {
		return nil, wire.SignalOrder.Because("seal after the channel ended")
	}
	frame := newFrame(KindT, t.sid)
	frame = t.send.Seal(frame, noiseNonce(t.sent), pad(payload, plainT), nil)
	t.sent++
	return frame, nil
}

// Open returns the payload of a T frame. It fails with
//   - [wire.Format] and no change if the frame is none of this run: drop it;
//   - [wire.SignalOrder] if its tag is wrong, because the hub changed, dropped,
//     repeated or reordered something: the run is over, and stays so;
//   - [wire.Format] too if the other side sealed what no honest peer seals. Then
//     [Transport.Broken] is true and the run is over.
func (t *Transport) Open(frame []byte) ([]byte, error) {
	body, err := openFrame(frame, KindT, t.sid)
	if err != nil {
		return nil, err
	}
	if t.recv == nil || t.broken {
		return nil, wire.SignalOrder.Because("frame after the channel ended")
	}
	plain, err := t.recv.Open(nil, noiseNonce(t.received), body, nil)
	if err != nil {
		t.broken = true
		return nil, wire.SignalOrder.Because("frame that does not open")
	}
	t.received++
	payload, err := unpad(plain)
	if err == nil && len(payload) == 0 {
		err = wire.Format.Because("payload of no bytes")
	}
	if err != nil {
		t.broken = true
		return nil, err
	}
	return payload, nil
}

// Broken reports whether the run is over because a frame was wrong.
func (t *Transport) Broken() bool { return t.broken }

// Drop forgets the keys of the channel, which ends when ctrl opens.
func (t *Transport) Drop() { t.send, t.recv = nil, nil }

// PeerKey returns the key the other side signed with: at the initiator from the
// start, at the responder after [Transport.CheckAuthI].
func (t *Transport) PeerKey() ed25519.PublicKey { return t.peer }

// PeerCaps returns the capabilities the other side told, see [CapGo].
func (t *Transport) PeerCaps() uint32 { return t.peerCaps }

// Version returns the version both sides speak.
func (t *Transport) Version() uint16 { return t.version }
