package catalog

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Escape returns the name under which an entry is saved on the target: the name
// itself wherever the target holds it, else with %XX for each byte of what it
// can't hold. Different names stay different:
//
//   - in a name that is escaped, every % is escaped too, so that decoding gives
//     the name back;
//   - a name that looks as if it had come out of Escape ("a%2Fb") is escaped as
//     well; "a%20b" is not, because no "a b" ever becomes it;
//   - a name that is too long ends in "%-" and 128 bits of its SHA-256.
//
// The empty name becomes "%".
func Escape(name string, t Target) string {
	out := name
	if t.mustEscape(name, 2) {
		out = t.encode(name)
	}
	if t.length(out) > t.limit() {
		sum := sha256.Sum256([]byte(name))
		stem, ext := splitExt(out)
		out = t.cut(stem, len(shortMark)+shortDigits+len(ext)) + shortMark + hex.EncodeToString(sum[:shortDigits/2]) + ext
	}
	return out
}

const (
	shortMark   = "%-" // encode never writes it
	shortDigits = 32
)

// mustEscape reports whether the name can't be left alone: the target can't hold
// it, or it is what another name is escaped to. An escaped name that is escaped
// again, and again, is looked at depth times; what is nested deeper than that is
// escaped without looking, which costs nothing but beauty.
func (t Target) mustEscape(name string, depth int) bool {
	if name == "" {
		return true
	}
	for range t.offences(name) {
		return true
	}
	if strings.IndexByte(name, '%') < 0 {
		return false
	}
	if strings.Contains(name, "%2525") || hasShortMark(name) {
		return true
	}
	if depth == 0 {
		return false
	}
	plain := decode(name)
	return t.mustEscape(plain, depth-1) && t.encode(plain) == name
}

func hasShortMark(name string) bool {
	for {
		i := strings.Index(name, shortMark)
		if i < 0 {
			return false
		}
		name = name[i+len(shortMark):]
		if len(name) >= shortDigits && strings.IndexFunc(name[:shortDigits], notLowerHex) < 0 {
			return true
		}
	}
}

func notLowerHex(r rune) bool { return (r < '0' || r > '9') && (r < 'a' || r > 'f') }

// encode escapes what offends and every %.
func (t Target) encode(name string) string {
	if name == "" {
		return "%"
	}
	const digits = "0123456789ABCDEF"
	b := make([]byte, 0, len(name)+16)
	escape := func(s string) {
		for i := range len(s) {
			b = append(b, '%', digits[s[i]>>4], digits[s[i]&15])
		}
	}
	keep := func(s string) {
		for i := range len(s) {
			if s[i] == '%' {
				escape("%")
			} else {
				b = append(b, s[i])
			}
		}
	}
	from := 0
	for i, n := range t.offences(name) {
		keep(name[from:i])
		escape(name[i : i+n])
		from = i + n
	}
	keep(name[from:])
	return string(b)
}

// decode undoes encode; of other names it makes something that encode does not
// turn back into them.
func decode(name string) string {
	if name == "%" {
		return ""
	}
	b := make([]byte, 0, len(name))
	for i := 0; i < len(name); i++ {
		if name[i] == '%' && i+2 < len(name) {
			if x, err := strconv.ParseUint(name[i+1:i+3], 16, 8); err == nil {
				b = append(b, byte(x))
				i += 2
				continue
			}
		}
		b = append(b, name[i])
	}
	return string(b)
}

// extMax is the longest extension, with its dot, that stays at the end of a name
// that is shortened or numbered.
const extMax = 17

// splitExt splits before the last dot. What is hidden or has no short extension
// has none.
func splitExt(name string) (stem, ext string) {
	dot := strings.LastIndexByte(name, '.')
	if dot <= 0 || len(name)-dot > extMax {
		return name, ""
	}
	return name[:dot], name[dot:]
}

// cut shortens a stem so that it fits the target with room to spare, at a
// character and not inside %XX.
func (t Target) cut(stem string, room int) string {
	left := t.limit() - room
	for i, r := range stem {
		end := i + utf8.RuneLen(r)
		if left -= t.length(stem[i:end]); left >= 0 {
			continue
		}
		stem = stem[:i]
		if p := strings.LastIndexByte(stem, '%'); p >= 0 && p > len(stem)-3 {
			stem = stem[:p]
		}
		break
	}
	return stem
}
