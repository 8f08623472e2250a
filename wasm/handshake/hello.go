package handshake

import (
	"encoding/binary"
	"slices"

	"beeline/wasm/wire"
)

// offer is p1, the payload of M1: u8 n (1..16), n × u16 version, u32 caps.
type offer struct {
	versions []uint16
	caps     uint32
}

const versionsMax = 16

func (o offer) bytes() []byte {
	b := []byte{byte(len(o.versions))}
	for _, v := range o.versions {
		b = binary.BigEndian.AppendUint16(b, v)
	}
	return binary.BigEndian.AppendUint32(b, o.caps)
}

func parseOffer(b []byte) (o offer, err error) {
	if len(b) < 1 || b[0] < 1 || b[0] > versionsMax || len(b) != 1+2*int(b[0])+4 {
		return offer{}, wire.Format.Because("offer of another length")
	}
	for i := range int(b[0]) {
		o.versions = append(o.versions, binary.BigEndian.Uint16(b[1+2*i:]))
	}
	o.caps = binary.BigEndian.Uint32(b[len(b)-4:])
	return o, nil
}

// answer is p2, the payload of M2:
//
//	0 u16 version | 2 u32 caps | 6 u8 idtype | 7 pk 32 | 39 commit 32 | 71 sig 64
type answer struct {
	version uint16
	caps    uint32
	idtype  uint8
	pk      [32]byte
	commit  [32]byte // H("bee1 sas commit" ‖ nR)
	sig     [64]byte
}

const (
	answerSize   = 135
	answerSigned = 71 // bytes of it that the signature covers
)

// unsigned returns the bytes that the signature covers.
func (a *answer) unsigned() []byte {
	b := make([]byte, 0, answerSize)
	b = binary.BigEndian.AppendUint16(b, a.version)
	b = binary.BigEndian.AppendUint32(b, a.caps)
	b = append(b, a.idtype)
	b = append(b, a.pk[:]...)
	return append(b, a.commit[:]...)
}

func (a *answer) bytes() []byte {
	return append(a.unsigned(), a.sig[:]...)
}

func parseAnswer(b []byte) (a answer, err error) {
	if len(b) != answerSize {
		return answer{}, wire.Format.Because("answer of another length")
	}
	return answer{
		version: binary.BigEndian.Uint16(b),
		caps:    binary.BigEndian.Uint32(b[2:]),
		idtype:  b[6],
		pk:      [32]byte(b[7:]),
		commit:  [32]byte(b[39:]),
		sig:     [64]byte(b[answerSigned:]),
	}, nil
}

// choose returns the version both sides speak.
func (o offer) choose() (uint16, error) {
	if slices.Contains(o.versions, ProtocolVersion) {
		return ProtocolVersion, nil
	}
	return 0, wire.Version.Because("none of the versions is spoken here")
}
