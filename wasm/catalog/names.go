package catalog

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Names plans under which names the entries of a list are saved on a target.
// Two entries of one folder that a file system may take for the same get
// different names: the later one in the list a number, "clip (2).mov".
//
// The plan follows the order of the list, so it can be read while the list still
// grows, and is the same each time. It keeps about 20 bytes an entry and no name.
type Names struct {
	list   *List
	target Target

	next    uint32              // entries below it are planned
	claimed map[uint64]struct{} // key of each name in use
	numbers map[uint32]uint32   // entry → its number, where it has one
	last    map[uint64]uint32   // key of a name without its number → last number given
}

// NewNames plans for a list and a target. Reserved names are taken already in
// the folder where the root's entries land.
func NewNames(l *List, t Target, reserved ...string) *Names {
	n := &Names{
		list: l, target: t,
		next:    1,
		claimed: map[uint64]struct{}{},
		numbers: map[uint32]uint32{},
		last:    map[uint64]uint32{},
	}
	for _, name := range reserved {
		n.claimed[key(0, name)] = struct{}{}
	}
	return n
}

// LocalName returns the name of entry i on the target; of the root, its title
// made safe, "%" where there is none; of what is gone, none. It panics if i ≥ the
// list's Len.
func (n *Names) LocalName(i uint32) string {
	if n.list.kind(i) == Gone {
		return ""
	}
	for ; n.next <= i; n.next++ {
		n.plan(n.next)
	}
	name := Escape(string(n.list.name(i)), n.target)
	if number, ok := n.numbers[i]; ok {
		return n.template(i, name).with(number)
	}
	return name
}

// Path returns the names that lead from the destination to entry i, the root
// left out: of an entry of the root it is one name, of the root itself nothing.
func (n *Names) Path(i uint32) []string {
	depth := int(n.list.depth(i))
	path := make([]string, depth)
	for ; depth > 0; depth-- {
		path[depth-1] = n.LocalName(i)
		i = n.list.parent(i)
	}
	return path
}

// Flagged reports whether the name of entry i is dangerous and has to be shown
// as such, E_NAME.
func (n *Names) Flagged(i uint32) bool { return Check(string(n.list.name(i))) == Dangerous }

// Changed reports whether entry i is saved under another name than its own.
func (n *Names) Changed(i uint32) bool { return n.LocalName(i) != string(n.list.name(i)) }

// plan gives entry i a number if its name is taken. Numbers of one template only
// go up, so that even a list made to collide costs a few steps an entry.
func (n *Names) plan(i uint32) {
	if n.list.kind(i) == Gone {
		return // takes no name from others
	}
	parent := n.list.parent(i)
	name := Escape(string(n.list.name(i)), n.target)
	if n.claim(key(parent, name)) {
		return
	}
	t := n.template(i, name)
	shape := key(parent, t.stem+"\x00"+t.ext)
	for number := max(n.last[shape], 1) + 1; ; number++ {
		if n.claim(key(parent, t.with(number))) {
			n.numbers[i], n.last[shape] = number, number
			return
		}
	}
}

func (n *Names) claim(k uint64) bool {
	if _, taken := n.claimed[k]; taken {
		return false
	}
	n.claimed[k] = struct{}{}
	return true
}

// A template is a name with a place for a number.
type template struct{ stem, ext string }

func (t template) with(number uint32) string {
	return t.stem + " (" + strconv.FormatUint(uint64(number), 10) + ")" + t.ext
}

const numberRoom = len(" (4294967295)")

// template leaves room for the longest number, so that the stem does not depend
// on it.
func (n *Names) template(i uint32, name string) template {
	t := template{stem: name}
	if n.list.kind(i) == File {
		t.stem, t.ext = splitExt(name)
	}
	t.stem = n.target.cut(t.stem, numberRoom+len(t.ext))
	return t
}

// key is a 64-bit hash of a folder and a folded name. Two names that share one by
// chance, or because a sender made them so, cost one of them a needless number.
func key(parent uint32, name string) uint64 {
	h := uint64(14695981039346656037) // FNV-1a
	add := func(x byte) { h = (h ^ uint64(x)) * 1099511628211 }
	for shift := 0; shift < 32; shift += 8 {
		add(byte(parent >> shift))
	}
	if !ascii(name) {
		name = Fold(name)
	}
	for i := range len(name) {
		c := name[i]
		if c >= 'a' && c <= 'z' {
			c -= 'a' - 'A'
		}
		add(c)
	}
	return h
}

// Fold returns the form in which names are compared: file systems that ignore
// case, or how an accent is written, take two names for the same only if their
// folded forms are equal (but for the few letters that fold to several, ß).
func Fold(name string) string {
	return norm.NFC.String(strings.Map(foldRune, norm.NFD.String(name)))
}

// foldRune returns the smallest character of those that differ by case only.
func foldRune(r rune) rune {
	if r < utf8.RuneSelf {
		if r >= 'a' && r <= 'z' {
			r -= 'a' - 'A'
		}
		return r
	}
	least := r
	for f := unicode.SimpleFold(r); f != r; f = unicode.SimpleFold(f) {
		// U+0345 is an accent that folds to the letter iota
		if f != 0x345 && (f < least || least == 0x345) {
			least = f
		}
	}
	return least
}
