package invite

import (
	"strings"

	"beeline/wasm/words"
)

// A Reading is what a code that somebody is typing says so far.
type Reading struct {
	// Head is the text before the word under way, with the words in it put right.
	Head string
	// Fixed are the words that were mistyped in it, each followed by what it was
	// taken for. One that was only cut short is not among them.
	Fixed []string
	// Near are the words that may be meant by the one under way, likeliest first.
	// Where it is a word already, only longer ones that begin with it, and none once
	// the code is whole: what is offered must not stand before the button then.
	Near []string
	// Code is the code, if that is what the text says, its last word included.
	Code string
}

const nearMax = 5

// Read reads a code while it is typed. A word that something stands behind is
// done: if it is none of the list, and one of the list is the only one a slip away,
// that is what it is taken for.
func Read(text string) Reading {
	if _, _, ok := split(text); !ok {
		return Reading{Head: text}
	}
	var r Reading
	rest := text
	for {
		from := strings.IndexFunc(rest, isLetter)
		if from < 0 {
			r.Head += rest
			break
		}
		r.Head += rest[:from]
		word := rest[from:]
		n := strings.IndexFunc(word, func(c rune) bool { return !isLetter(c) })
		if n < 0 { // the word under way
			typed := strings.ToLower(word)
			r.Code = whole(r.Head + right(word, nil))
			if _, exact := words.Index(typed); !exact {
				r.Near = words.Near(typed, nearMax)
			} else if longer := words.Begun(typed)[1:]; len(longer) > 0 && r.Code == "" {
				r.Near = longer[:min(len(longer), nearMax)]
			}
			return r
		}
		r.Head += right(word[:n], &r.Fixed)
		rest = word[n:]
	}
	r.Code = whole(r.Head)
	return r
}

func isLetter(c rune) bool { return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' }

// right puts a word right, where it is clear what was meant, and notes a slip.
func right(typed string, fixed *[]string) string {
	lower := strings.ToLower(typed)
	word, ok := words.Fix(lower)
	if !ok || word == lower {
		return typed
	}
	if fixed != nil && !strings.HasPrefix(word, lower) {
		*fixed = append(*fixed, lower, word)
	}
	return word
}

func whole(text string) string {
	c, err := ParseCode(text)
	if err != nil {
		return ""
	}
	return c.String()
}
