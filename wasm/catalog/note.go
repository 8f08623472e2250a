package catalog

import (
	"strings"
	"unicode/utf8"

	"beeline/wasm/wire"
)

// Note is what of a sharer's words may stand beside a list: no character that
// controls anything or turns text round, as in names (PROTOCOL.md g.3, but strokes
// and line breaks may stand), no white space at the ends, at most [wire.NoteMax]
// bytes. What it leaves it leaves again.
func Note(text string) string {
	text = strings.Map(func(r rune) rune {
		if r == utf8.RuneError || dangerousRune(r) && r != '\n' && r != '/' && r != '\\' {
			return -1
		}
		return r
	}, text)
	if len(text) > wire.NoteMax {
		n := wire.NoteMax
		for !utf8.RuneStart(text[n]) {
			n--
		}
		text = text[:n]
	}
	return strings.Trim(text, " \n")
}
