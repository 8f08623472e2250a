package invite

import (
	"crypto/rand"
	"encoding/binary"
	"strconv"
	"strings"
	"unicode"

	"beeline/wasm/cpace"
	"beeline/wasm/kdf"
	"beeline/wasm/wire"
	"beeline/wasm/words"
)

// CodeWords is how many words a spoken code has, beside its plate.
const CodeWords = 3

// Plates that exist. PROTOCOL.md (c).
const (
	plateMin = 10_000
	plateMax = 999_999
)

// codeTextMax is how much of a typed code is looked at, in bytes. The longest
// that was ever said has 33.
const codeTextMax = 120

// A Code is what a sharer says over a phone: a plate, by which the hub brings two
// connections together, and three words, of which the hub never learns anything.
// Where the two meet doesn't depend on the words: a hash of 33 bits would give
// them away. PROTOCOL.md (c).
//
// The words are a secret: never log them, never put them in an error.
type Code struct {
	Plate uint32
	words [CodeWords]uint16
}

// NewCode returns the code with fresh words for a plate that the hub gave.
func NewCode(plate uint32) Code {
	c := Code{Plate: plate}
	var b [2 * CodeWords]byte
	rand.Read(b[:])
	for i := range c.words {
		c.words[i] = binary.BigEndian.Uint16(b[2*i:]) % words.Count // 2¹⁶ is a multiple of it
	}
	return c
}

// ParseCode reads a code as people type it: in any case, with any signs between
// its parts or none, with words that are begun by four letters. It fails with
// [wire.BadCode]. The text of an error holds nothing of the code.
func ParseCode(text string) (Code, error) {
	digits, fields, ok := split(text)
	if !ok {
		return Code{}, wire.BadCode.Because("signs that no code has")
	}
	plate, ok := parsePlate(digits)
	if !ok {
		return Code{}, wire.BadCode.Because("no number of five or six digits")
	}
	c := Code{Plate: plate}
	if !c.take(fields) && !c.take(apart(strings.Join(fields, ""))) {
		return Code{}, wire.BadCode.Because("not three words of the list")
	}
	return c, nil
}

// split takes a text apart into its digits and its words, in lower case. It
// reports false for what no code has: digits after letters, other letters.
func split(text string) (digits string, fields []string, ok bool) {
	if len(text) > codeTextMax {
		return "", nil, false
	}
	begun := false // a word
	for _, r := range text {
		switch {
		case r >= '0' && r <= '9':
			if fields != nil {
				return "", nil, false
			}
			digits += string(r)
			continue
		case r >= 'A' && r <= 'Z':
			r += 'a' - 'A'
			fallthrough
		case r >= 'a' && r <= 'z':
			if !begun {
				fields, begun = append(fields, ""), true
			}
			fields[len(fields)-1] += string(r)
		case unicode.IsLetter(r) || unicode.IsNumber(r) || r == unicode.ReplacementChar:
			return "", nil, false
		default: // hyphens of all kinds, spaces, commas, full stops
			begun = false
		}
	}
	return digits, fields, true
}

// IsPlate says whether a code may have this plate: a hub could give any number.
func IsPlate(n uint32) bool { return n >= plateMin && n <= plateMax }

func parsePlate(digits string) (uint32, bool) {
	if len(digits) < 5 || len(digits) > 6 || digits[0] == '0' {
		return 0, false
	}
	n, err := strconv.ParseUint(digits, 10, 32)
	return uint32(n), err == nil && IsPlate(uint32(n))
}

// take sets the words, if fields are three of the list or stand for them.
func (c *Code) take(fields []string) bool {
	if len(fields) != CodeWords {
		return false
	}
	for i, typed := range fields {
		word, ok := words.Full(typed)
		if !ok {
			return false
		}
		n, _ := words.Index(word)
		c.words[i] = uint16(n)
	}
	return true
}

// apart finds the three words that were typed without anything between them, or
// nil where there are none or two ways to read them.
func apart(letters string) (found []string) {
	if len(letters) > CodeWords*words.Longest {
		return nil
	}
	ways := 0
	var walk func(rest string, before []string)
	walk = func(rest string, before []string) {
		if len(before) == CodeWords {
			if rest == "" {
				ways++
				found = append([]string(nil), before...)
			}
			return
		}
		for n := words.Shortest; n <= words.Longest && n <= len(rest); n++ {
			if _, ok := words.Index(rest[:n]); ok {
				walk(rest[n:], append(before, rest[:n]))
			}
		}
	}
	walk(letters, make([]string, 0, CodeWords))
	if ways != 1 {
		return nil
	}
	return found
}

// Words returns the three words.
func (c Code) Words() [CodeWords]string {
	var w [CodeWords]string
	for i, n := range c.words {
		w[i] = words.At(int(n))
	}
	return w
}

// String returns the code as it is shown: plate and words, with hyphens between
// them. It is the secret itself.
func (c Code) String() string { return plateText(c.Plate) + "-" + c.secret() }

func plateText(plate uint32) string { return strconv.FormatUint(uint64(plate), 10) }

func (c Code) secret() string {
	w := c.Words()
	return strings.Join(w[:], "-")
}

// Sides of a code, as CPace names them on both ends. PROTOCOL.md (c).
const (
	sideI = "I"
	sideR = "R"
)

// Exchange begins a run of CPace for this code: once on each side, with the sid
// that the initiator chose for it. Mode is wire.ModeCode or wire.ModeDevice.
func (c Code) Exchange(mode uint8, sid [16]byte) (*cpace.Side, error) {
	prs, ci := c.inputs(mode)
	return cpace.Start(prs, ci, sid[:])
}

func (c Code) inputs(mode uint8) (prs, ci []byte) {
	return []byte(c.secret()), channel(mode, c.Plate)
}

// channel is the CI of CPace: who talks to whom, as far as that is known before.
// All parts are shorter than 128 bytes, so their LEB128 lengths are one byte.
func channel(mode uint8, plate uint32) (ci []byte) {
	for _, part := range []string{"bee1", string([]byte{mode}), plateText(plate), sideI, sideR} {
		ci = append(append(ci, byte(len(part))), part...)
	}
	return ci
}

// InitiatorPSK returns the pre-shared key that an exchange gives the initiator for
// the responder's share. It fails with [wire.PSK] for a share that no honest peer
// makes. Whether the responder has the same key only the handshake tells.
func InitiatorPSK(s *cpace.Side, sid [16]byte, theirs [cpace.ShareSize]byte) ([32]byte, error) {
	return codePSK(sid, func() ([cpace.KeySize]byte, error) {
		return s.InitiatorKey(theirs[:], []byte(sideI), []byte(sideR))
	})
}

// ResponderPSK is [InitiatorPSK] at the responder.
func ResponderPSK(s *cpace.Side, sid [16]byte, theirs [cpace.ShareSize]byte) ([32]byte, error) {
	return codePSK(sid, func() ([cpace.KeySize]byte, error) {
		return s.ResponderKey(theirs[:], []byte(sideI), []byte(sideR))
	})
}

func codePSK(sid [16]byte, key func() ([cpace.KeySize]byte, error)) ([32]byte, error) {
	isk, err := key()
	if err != nil {
		return [32]byte{}, wire.PSK.Because("share of small order")
	}
	return [32]byte(kdf.X(kdf.XT("bee1 code", isk[:]), "psk", sid[:], 32)), nil
}
