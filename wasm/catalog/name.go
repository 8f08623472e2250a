package catalog

import (
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// Danger says how much care a name needs. PROTOCOL.md g.3.
type Danger uint8

const (
	None       Danger = iota
	Unportable        // some target can't hold it; fine elsewhere
	Dangerous         // never saved as it is: it could lead elsewhere or deceive the eye
)

// Check judges one name, whatever it is to be saved on.
func Check(name string) Danger {
	switch {
	case name == "" || name == "." || name == "..":
		return Dangerous
	case !utf8.ValidString(name) || strings.ContainsFunc(name, dangerousRune):
		return Dangerous
	}
	if FileSystemAccess.Holds(name) && Windows.Holds(name) && Posix.Holds(name) {
		return None
	}
	return Unportable
}

// dangerousRune reports a character that separates paths, controls a terminal,
// or changes how the text around it looks without being seen.
func dangerousRune(r rune) bool {
	switch {
	case r < 0x20 || r == '/' || r == '\\' || r >= 0x7F && r <= 0x9F:
		return true // separators; C0, DEL, C1
	case r < 0x61C:
		return false
	case r == 0x061C, r == 0x200E, r == 0x200F, r >= 0x202A && r <= 0x202E, r >= 0x2066 && r <= 0x2069:
		return true // bidi controls
	case r == 0xFEFF, r == 0x2028, r == 0x2029:
		return true // byte order mark, line and paragraph separator
	case r >= 0xE0000 && r <= 0xE007F:
		return true // tag characters
	}
	return false
}

// Target is where names have to be held.
type Target uint8

const (
	Posix            Target = iota // Linux and the BSDs, natively
	FileSystemAccess               // a folder picked in Chromium, on any system
	Windows                        // natively
	Zip                            // an archive that anybody may unpack anywhere
	Darwin                         // macOS, natively
)

// unix reports a target that knows no rule of Windows.
func (t Target) unix() bool { return t == Posix || t == Darwin }

// limit returns the longest name the target holds, in the units of length.
func (t Target) limit() int {
	if t == FileSystemAccess {
		return 248 // of 255, since Chromium writes name.crswap first
	}
	return 255
}

// length returns how long the target takes s to be: in UTF-16 units where
// volumes count so, else in bytes.
func (t Target) length(s string) int {
	if t != Windows && t != Darwin {
		return len(s)
	}
	n := 0
	for _, r := range s {
		n += utf16.RuneLen(r)
	}
	return n
}

// Holds reports whether the target can hold the name as it is.
func (t Target) Holds(name string) bool {
	if name == "" || t.length(name) > t.limit() {
		return false
	}
	for range t.offences(name) {
		return false
	}
	return true
}

// offences yields start and length of each character of the name that has to be
// escaped on the target, in order. The empty name has none, and is held nowhere.
func (t Target) offences(name string) func(yield func(i, n int) bool) {
	return func(yield func(i, n int) bool) {
		dots := name == "." || name == ".."
		reserved := !t.unix() && reservedName(name, t)
		dot := -1
		if t == FileSystemAccess {
			dot = blockedExtension(name)
		}
		for i, r := range name {
			n := utf8.RuneLen(r)
			if r == utf8.RuneError {
				_, n = utf8.DecodeRuneInString(name[i:])
			}
			bad := dots || i == 0 && reserved || i == dot ||
				r == utf8.RuneError && n == 1 || // invalid UTF-8
				dangerousRune(r) ||
				!t.unix() && nowhereOnWindows(r) ||
				t.refusesAt(name, i, i+n, r)
			if bad && !yield(i, n) {
				return
			}
		}
	}
}

// nowhereOnWindows reports what no name on a Windows volume contains.
func nowhereOnWindows(r rune) bool {
	switch r {
	case ':', '*', '?', '"', '<', '>', '|':
		return true
	}
	return false
}

// refusesAt reports whether the target refuses r, which stands at name[i:end],
// because of where it stands, and on FileSystemAccess for what it is.
func (t Target) refusesAt(name string, i, end int, r rune) bool {
	last := end == len(name)
	switch t {
	case Posix, Darwin:
		return false
	case Windows, Zip:
		return last && (r == '.' || r == ' ')
	}
	if r >= utf8.RuneSelf && (unicode.Is(unicode.Cf, r) || noncharacter(r)) {
		return true // ZWJ too, so emoji that are made of several
	}
	// one leading dot is fine, and then does not count as the first character
	hidden := i == 1 && name[0] == '.'
	switch {
	case r == '.':
		return last || hidden
	case r == '~' || unicode.IsSpace(r):
		return last || hidden || i == 0
	}
	return false
}

func noncharacter(r rune) bool { return r&0xFFFE == 0xFFFE || r >= 0xFDD0 && r <= 0xFDEF }

// reservedName reports names that mean a device on Windows, with or without an
// extension, and on FileSystemAccess those that the shell of Windows obeys.
func reservedName(name string, t Target) bool {
	stem, _, _ := strings.Cut(name, ".")
	if stem = strings.TrimRight(stem, " "); len(stem) <= len("CONOUT$") && isDevice(strings.ToUpper(stem)) {
		return true
	}
	return t == FileSystemAccess && (strings.EqualFold(name, "thumbs.db") || strings.EqualFold(name, "desktop.ini"))
}

func isDevice(stem string) bool {
	switch stem {
	case "CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$", "CLOCK$":
		return true
	}
	port, com := strings.CutPrefix(stem, "COM")
	if !com {
		var lpt bool
		if port, lpt = strings.CutPrefix(stem, "LPT"); !lpt {
			return false
		}
	}
	return isPort(port)
}

// isPort reports one digit, as Windows reads it: superscripts are digits too.
func isPort(s string) bool {
	return len(s) == 1 && s[0] >= '0' && s[0] <= '9' || s == "¹" || s == "²" || s == "³"
}

// blockedExtension returns where the dot of an extension stands that Chromium
// neither lists nor creates in a picked folder, or -1.
func blockedExtension(name string) int {
	dot := strings.LastIndexByte(name, '.')
	if dot < 0 {
		return -1
	}
	switch ext := strings.ToLower(name[dot+1:]); ext {
	case "lnk", "url", "scf":
		return dot
	default:
		if len(ext) >= 2 && ext[0] == '{' && ext[len(ext)-1] == '}' {
			return dot // a class of the shell
		}
	}
	return -1
}

func ascii(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
