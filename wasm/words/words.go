// Package words knows the 2,048 words that people say to each other or write
// down: three of them in a spoken code, twenty-four in a backup. It finds a word,
// completes one, and guesses which one was meant. PROTOCOL.md (c).
//
// It is the English list of BIP-39: short common words in order of the alphabet,
// no two of which share their first four letters. It is never translated: both
// sides must have the same words.
//
//	typed "orbi"  -- Full -->  orbit            nothing else begins so
//	typed "or"    -- Near -->  oral, orange, …  what to offer while one types
//	typed "prbit" -- Fix  -->  orbit            one slip away, from that word alone
//
// What is typed is a secret or part of one: it is never logged and in no error.
package words

import (
	"slices"
	"strings"
	"sync"
)

// Count is how many words there are: each says 11 bits.
const Count = 2048

// Lengths of the words, in letters. Distinct: so many letters tell a word from
// all others.
const (
	Shortest = 3
	Longest  = 8
	Distinct = 4
)

// typedMax is how much of what was typed is looked at: a word with one letter
// too many.
const typedMax = Longest + 1

var list = sync.OnceValue(func() []string { return strings.Fields(english) })

// At returns word i, from 0. It panics if there is no such word.
func At(i int) string { return list()[i] }

// Index returns the number of a word that is written in full, in lower case.
func Index(word string) (int, bool) { return slices.BinarySearch(list(), word) }

// Full returns the word that typed stands for without any doubt: itself, or the
// only one that begins with its four letters or more.
func Full(typed string) (string, bool) {
	if i, ok := Index(typed); ok {
		return At(i), true
	}
	if len(typed) < Distinct {
		return "", false
	}
	if begun := Begun(typed); len(begun) == 1 {
		return begun[0], true
	}
	return "", false
}

// Begun returns the words that begin with typed, in order of the alphabet; all
// of them for an empty text. The result is not the caller's to change.
func Begun(typed string) []string {
	from, _ := Index(typed)
	to := from
	for to < Count && strings.HasPrefix(At(to), typed) {
		to++
	}
	return list()[from:to:to]
}

// Fix returns the word that was meant by typed: as [Full], or the only one that
// is a single slip away.
func Fix(typed string) (string, bool) {
	if word, ok := Full(typed); ok {
		return word, true
	}
	meant, n := "", 0
	for _, word := range list() {
		if slip(typed, word) < far {
			meant, n = word, n+1
		}
	}
	return meant, n == 1
}

// Near returns up to n words that may be meant by typed, the likeliest first: the
// word itself, those it is the beginning of, those a slip away, then those whose
// beginning is a slip away.
func Near(typed string, n int) []string {
	if typed == "" || len(typed) > typedMax {
		return nil
	}
	type guess struct {
		word string
		cost int
	}
	var guesses []guess
	for _, word := range list() {
		cost := far
		switch {
		case word == typed:
			cost = 0
		case strings.HasPrefix(word, typed):
			cost = 1
		default:
			cost = slip(typed, word)
			if cost == far && len(typed) >= Shortest {
				cost = unfinished + slipInBeginning(typed, word)
			}
		}
		if cost < far {
			guesses = append(guesses, guess{word, cost})
		}
	}
	// Stable: words that are as likely as each other stay in alphabetical order.
	slices.SortStableFunc(guesses, func(a, b guess) int { return a.cost - b.cost })
	var out []string
	for _, g := range guesses[:min(n, len(guesses))] {
		out = append(out, g.word)
	}
	return out
}
