package words

import "strings"

// What a slip costs, the likelier the less. Only the order of these matters.
const (
	likely     = 2  // a letter left out or put in, two swapped, the key beside it
	unlikely   = 3  // any other letter in the place of one
	unfinished = 4  // more: the word isn't typed to its end
	far        = 16 // more than one slip
)

// slip says how likely typed is word with one slip of the finger: a letter too
// few, too many or wrong, or two that changed places. It is far for more.
func slip(typed, word string) int {
	p := 0
	for p < len(typed) && p < len(word) && typed[p] == word[p] {
		p++
	}
	t, w := typed[p:], word[p:]
	switch {
	case len(t) == len(w)+1 && t[1:] == w, len(w) == len(t)+1 && w[1:] == t:
		return likely
	case len(t) != len(w) || len(t) == 0:
		return far
	case t[1:] == w[1:] && beside(t[0], w[0]):
		return likely
	case t[1:] == w[1:]:
		return unlikely
	case len(t) > 1 && t[0] == w[1] && t[1] == w[0] && t[2:] == w[2:]:
		return likely
	}
	return far
}

// slipInBeginning is slip for the beginning of word that is closest to typed.
func slipInBeginning(typed, word string) int {
	least := far
	for n := len(typed) - 1; n <= len(typed)+1 && n <= len(word); n++ {
		least = min(least, slip(typed, word[:n]))
	}
	return least
}

var keyRows = [...]string{"qwertyuiop", "asdfghjkl", "zxcvbnm"}

// beside says that two letters are neighbours on a keyboard, or change places
// between one of English and one of German.
func beside(a, b byte) bool {
	if a == 'y' && b == 'z' || a == 'z' && b == 'y' {
		return true
	}
	rowA, colA := key(a)
	rowB, colB := key(b)
	if rowA < 0 || rowB < 0 {
		return false
	}
	if rowA > rowB {
		rowA, colA, rowB, colB = rowB, colB, rowA, colA
	}
	switch rowB - rowA {
	case 0:
		return colA-colB == 1 || colB-colA == 1
	case 1: // each row is shifted half a key against the one above
		return colA == colB || colA == colB+1
	}
	return false
}

func key(letter byte) (row, col int) {
	for row, keys := range keyRows {
		if col := strings.IndexByte(keys, letter); col >= 0 {
			return row, col
		}
	}
	return -1, -1
}
