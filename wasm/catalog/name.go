package catalog

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Danger says how much care a name needs. PROTOCOL.md g.3.
type Danger uint8

const (
	Safe       Danger = iota
	Unportable        // some target can't hold it; fine elsewhere
	Dangerous         // never saved as it is: it could lead elsewhere or deceive the eye
)

// Check judges one name, whatever it is to be saved on.
func Check(name string) Danger {
	switch {
	case name == "" || name == "." || name == "..":
		return Dangerous
	case ascii(name) && !strings.ContainsFunc(name, dangerousRune):
	case dangerousText(name):
		return Dangerous
	}
	if FileSystemAccess.Holds(name) && Windows.Holds(name) && Posix.Holds(name) {
		return Safe
	}
	return Unportable
}

func dangerousText(name string) bool {
	return !utf8.ValidString(name) || strings.ContainsFunc(name, dangerousRune)
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
	Posix            Target = iota // Linux and macOS, natively
	FileSystemAccess               // a folder picked in Chromium, on any system
	Windows                        // natively
	Zip                            // an archive that anybody may unpack anywhere
)

// limit returns the longest name the target holds, and in which unit.
func (t Target) limit() (n int, length func(string) int) {
	switch t {
	case FileSystemAccess:
		return 248, byteLen // of 255, since Chromium writes name.crswap first
	case Windows:
		return 255, utf16Len
	}
	return 255, byteLen
}

func byteLen(s string) int { return len(s) }

func utf16Len(s string) int {
	n := 0
	for _, r := range s {
		if n++; r > 0xFFFF {
			n++
		}
	}
	return n
}

// Holds reports whether the target can hold the name as it is.
func (t Target) Holds(name string) bool {
	if name == "" {
		return false
	}
	if n, length := t.limit(); len(name) > n && length(name) > n {
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
		first := t != Posix && reservedName(name, t)
		dot := -1
		if t == FileSystemAccess {
			dot = blockedExtension(name)
		}
		for i, r := range name {
			n := utf8.RuneLen(r)
			bad := dots || i == 0 && first || i == dot || dangerousRune(r)
			if r == utf8.RuneError {
				var size int
				if _, size = utf8.DecodeRuneInString(name[i:]); size == 1 {
					bad, n = true, 1 // invalid UTF-8
				}
			}
			if !bad && t != Posix {
				bad = t.refuses(r, i == 0, i+n == len(name))
			}
			if bad && !yield(i, n) {
				return
			}
		}
	}
}

// refuses reports whether the target takes no name with r at that place.
func (t Target) refuses(r rune, first, last bool) bool {
	switch r {
	case ':', '*', '?', '"', '<', '>', '|':
		return true
	case '.', ' ':
		return last || first && r == ' ' && t == FileSystemAccess
	case '~':
		return (first || last) && t == FileSystemAccess
	}
	if t != FileSystemAccess || r < 0x80 {
		return false
	}
	return unicode.Is(unicode.Cf, r) && r != 0x200C && r != 0x200D
}

// reservedName reports names that mean a device on Windows, with or without an
// extension, and on FileSystemAccess those that the shell of Windows obeys.
func reservedName(name string, t Target) bool {
	stem, _, _ := strings.Cut(name, ".")
	stem = strings.ToUpper(strings.TrimRight(stem, " "))
	switch stem {
	case "CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$", "CLOCK$":
		return true
	}
	if port, ok := strings.CutPrefix(stem, "COM"); ok && isPort(port) {
		return true
	}
	if port, ok := strings.CutPrefix(stem, "LPT"); ok && isPort(port) {
		return true
	}
	return t == FileSystemAccess && (strings.EqualFold(name, "thumbs.db") || strings.EqualFold(name, "desktop.ini"))
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
