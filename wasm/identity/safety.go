package identity

import (
	"bytes"
	"crypto/sha256"
	"slices"

	"beeline/wasm/kdf"
)

// SafetyGroups and SafetyDigits are the form of a safety number for people.
const (
	SafetyGroups = 12
	SafetyDigits = 5
)

// A Safety number is the same for both of two people and for nobody else. Equal
// on two screens, it says that each has the other's own keys. The bytes are what
// its QR code holds. PROTOCOL.md a.
type Safety [32]byte

// SafetyNumber returns the number of two identities, in whatever order.
func SafetyNumber(a, b ID) Safety {
	if bytes.Compare(a[:], b[:]) > 0 {
		a, b = b, a
	}
	return sha256.Sum256(slices.Concat([]byte("bee1 safety"), a[:], b[:]))
}

// Groups returns the 12 groups of 5 digits that people read to each other.
func (s Safety) Groups() [SafetyGroups]string {
	q := kdf.X(s[:], "safety", nil, SafetyGroups*5)
	var out [SafetyGroups]string
	for i := range out {
		var n uint64
		for _, b := range q[i*5 : i*5+5] {
			n = n<<8 | uint64(b)
		}
		n %= 100_000
		var digits [SafetyDigits]byte
		for d := len(digits) - 1; d >= 0; d-- {
			digits[d] = '0' + byte(n%10)
			n /= 10
		}
		out[i] = string(digits[:])
	}
	return out
}

// qr begins the text of a safety number's QR code: who scans it with something
// else sees what it is.
const safetyPrefix = "bls1."

// Text returns what the QR code of the number says.
func (s Safety) Text() string { return safetyPrefix + coding.EncodeToString(s[:]) }

// Is reports whether what was scanned is this number. Other says that it is the
// number of some other pair, and not just any code.
func (s Safety) Is(text string) (same, other bool) {
	same = text == s.Text()
	return same, !same && len(text) == len(s.Text()) && text[:len(safetyPrefix)] == safetyPrefix
}
