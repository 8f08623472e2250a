//go:build !js

package main

import (
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// Documents and code refer to each other by section, test and file. What is
// moved or renamed must not leave a reference to nothing behind.

var (
	// "PROTOCOL.md d.3 and e", "PROTOCOL.md (b)", "PROTOCOL.md 2.2", "PROTOCOL.md
	// 3, attack 31", "PROTOCOL.md \"Walls\"", "PROTOCOL.md, Decisions".
	reference   = regexp.MustCompile(`(signaling/|wasm/)?PROTOCOL\.md,? (\(?(?:[a-k](?:\.[0-9])?|[0-9](?:\.[0-9])?)\b\)?(?:(?: and |, | to )\(?(?:[a-k](?:\.[0-9])?|[0-9]\.[0-9])\b\)?)*|"?[A-Z][a-z]+"?)`)
	attack      = regexp.MustCompile(`\b3, attacks? ([0-9]+(?:(?:, | and | to )[0-9]+)*)`)
	number      = regexp.MustCompile(`[0-9]+`)
	sectionName = regexp.MustCompile(`[a-k]\.[0-9]|[0-9]\.[0-9]|\b[a-k]\b|\b[0-9]\b|[A-Z][a-z]+`)
	heading     = regexp.MustCompile(`(?m)^##+ (?:\(([a-k])\)|([a-k]\.[0-9])|([0-9](?:\.[0-9])?)\.?|([A-Z][a-z]+))(?: |$)`)
	notYet      = regexp.MustCompile(`(?m)^\| \(([a-k])\)`)
	commentLine = regexp.MustCompile(`\n[\t ]*(?://|\*|#) ?`)
)

// eachSource calls f with every file of ours whose name ends in one of the
// suffixes. Line breaks inside comments are spaces.
func eachSource(t *testing.T, suffixes []string, f func(name, text string)) {
	t.Helper()
	files := 0
	err := filepath.WalkDir("..", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return nil // a file that another program just removed
		}
		if base := d.Name(); d.IsDir() && name != ".." && (base == "node_modules" || base == "dist" || base == "fuzz" || strings.HasPrefix(base, ".")) {
			return filepath.SkipDir
		}
		for _, suffix := range suffixes {
			if d.IsDir() || !strings.HasSuffix(name, suffix) {
				continue
			}
			b, err := os.ReadFile(name)
			if err != nil {
				return nil
			}
			files++
			f(filepath.ToSlash(name)[len("../"):], commentLine.ReplaceAllString(string(b), " "))
		}
		return nil
	})
	if err != nil || files == 0 {
		t.Fatalf("%d files read: %v", files, err)
	}
}

// sections returns what can be referred to in a specification.
func sections(t *testing.T, file string) (text string, names map[string]bool) {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	names = map[string]bool{}
	for _, m := range append(heading.FindAllStringSubmatch(string(b), -1), notYet.FindAllStringSubmatch(string(b), -1)...) {
		for _, name := range m[1:] {
			if name != "" {
				names[name] = true
			}
		}
	}
	return string(b), names
}

func TestReferencesResolve(t *testing.T) {
	core, ours := sections(t, "PROTOCOL.md")
	_, hubs := sections(t, "../signaling/PROTOCOL.md")
	found := 0
	check := func(where, what string, known map[string]bool) {
		for _, name := range sectionName.FindAllString(what, -1) {
			found++
			if !known[name] {
				t.Errorf("%s refers to section %q, which is not there", where, name)
			}
		}
	}
	eachSource(t, []string{".go", ".ts", ".tsx", ".mjs", ".mts"}, func(name, text string) {
		if name == "wasm/references_test.go" {
			return
		}
		for _, m := range reference.FindAllStringSubmatch(text, -1) {
			known := ours
			// In these folders the specification is that of the hub.
			if m[1] == "signaling/" || m[1] == "" && (strings.HasPrefix(name, "signaling/") || strings.HasPrefix(name, "backend/server/")) {
				known = hubs
			}
			check(name+": "+m[0], m[2], known)
		}
		for _, m := range attack.FindAllStringSubmatch(text, -1) {
			for _, n := range number.FindAllString(m[1], -1) {
				if !strings.Contains(core, "\n| "+n+" |") {
					t.Errorf("%s refers to attack %s, which section 3 does not have", name, n)
				}
			}
		}
	})
	eachSource(t, []string{".txt"}, func(name, text string) {
		if _, spec, ok := strings.Cut(text, "\nspec: "); ok && path.Dir(name) == "wasm/testdata" {
			spec, _, _ = strings.Cut(spec, "\n")
			check(name, spec, ours)
		}
	})
	if found < 100 {
		t.Errorf("only %d references found: the search itself is broken", found)
	}
}

var (
	namedTest = regexp.MustCompile("`((?:Test|Fuzz)[A-Za-z0-9_]+)`")
	namedFile = regexp.MustCompile("`([A-Za-z0-9_.-]+(?:/[A-Za-z0-9_.-]+)+)`")
	testFunc  = regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)[A-Za-z0-9_]+)\(`)
	topFolder = regexp.MustCompile(`^(?:backend|signaling|wasm|web)/`)
)

func TestNamedTestsExist(t *testing.T) {
	tests := map[string]bool{}
	eachSource(t, []string{"_test.go"}, func(_, text string) {
		for _, m := range testFunc.FindAllStringSubmatch(text, -1) {
			tests[m[1]] = true
		}
	})
	for _, doc := range []string{"PROTOCOL.md", "../signaling/PROTOCOL.md", "../README.md"} {
		b, err := os.ReadFile(doc)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range namedTest.FindAllStringSubmatch(string(b), -1) {
			if !tests[m[1]] {
				t.Errorf("%s names %s, which is no test", doc, m[1])
			}
		}
		for _, m := range namedFile.FindAllStringSubmatch(string(b), -1) {
			if !topFolder.MatchString(m[1]) {
				continue
			}
			if found, err := filepath.Glob(filepath.Join("..", m[1])); err != nil || len(found) == 0 {
				t.Errorf("%s names %s, which is no file", doc, m[1])
			}
		}
	}
}

// The attacks of issue 3, "A file crosses". A row that gets lost in the
// specification would otherwise take its tests' reason with it.
var attacksOfIssue3 = []int{
	1, 2, 3, 4, 5, 6, 8, 9, 10, 11, 14, 15, 16, 17,
	23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38,
	42, 43, 45, 46, 52, 53, 54, 57, 59,
}

var (
	// "attack 9", "Attack09…", "attacks 15, 16 and 31", "attacks 1 to 6".
	attackNamed = regexp.MustCompile(`[Aa]ttacks? ?([0-9]+(?:(?:, | and | to )[0-9]+)*)`)
	attackRange = regexp.MustCompile(`([0-9]+) to ([0-9]+)`)
	attackRow   = regexp.MustCompile(`(?m)^\| ([0-9]+) \|.*$`)
)

// attacksIn returns the numbers of the attacks that a text names.
func attacksIn(text string) map[int]bool {
	named := map[int]bool{}
	for _, m := range attackNamed.FindAllStringSubmatch(text, -1) {
		for _, n := range number.FindAllString(m[1], -1) {
			i, _ := strconv.Atoi(n)
			named[i] = true
		}
		for _, r := range attackRange.FindAllStringSubmatch(m[1], -1) {
			from, _ := strconv.Atoi(r[1])
			to, _ := strconv.Atoi(r[2])
			for i := from; i <= to; i++ {
				named[i] = true
			}
		}
	}
	return named
}

// Each attack of section 3 is named by its number in a file of tests which its
// row names: who reads the row finds the test, who reads the test finds the row.
func TestEveryAttackIsNamedInItsTests(t *testing.T) {
	files := map[string]map[int]bool{} // attacks by file
	home := map[string][]string{}      // files by test
	eachSource(t, []string{"_test.go", ".test.ts"}, func(name, text string) {
		if name == "wasm/references_test.go" {
			return
		}
		files[name] = attacksIn(text)
		for _, m := range testFunc.FindAllStringSubmatch(text, -1) {
			home[m[1]] = append(home[m[1]], name)
		}
	})
	core, _ := sections(t, "PROTOCOL.md")
	_, section, _ := strings.Cut(core, "\n## 3. ")
	section, _, _ = strings.Cut(section, "\n## ")
	rows := map[int]bool{}
	for _, m := range attackRow.FindAllStringSubmatch(section, -1) {
		n, _ := strconv.Atoi(m[1])
		rows[n] = true
		var shown []string
		for _, name := range namedTest.FindAllStringSubmatch(m[0], -1) {
			shown = append(shown, home[name[1]]...)
		}
		for _, name := range namedFile.FindAllStringSubmatch(m[0], -1) {
			shown = append(shown, name[1])
		}
		if !slices.ContainsFunc(shown, func(file string) bool { return files[file][n] }) {
			t.Errorf("attack %d is named in none of the tests that its row names: %v", n, shown)
		}
	}
	for _, n := range attacksOfIssue3 {
		if !rows[n] {
			t.Errorf("attack %d belongs here and has no row in section 3", n)
		}
	}
}

// Each word of the README's glossary is a type of Go and one of TypeScript.
func TestGlossaryNamesTypes(t *testing.T) {
	b, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	types := map[string]bool{}
	goType := regexp.MustCompile(`(?m)^(?:type |\t)([A-Z]\w*) (?:struct|interface|u?int\d*|string)`)
	tsType := regexp.MustCompile(`(?m)^export (?:interface|type|class) (\w+)`)
	eachSource(t, []string{".go", ".ts"}, func(name, text string) {
		for _, m := range goType.FindAllStringSubmatch(text, -1) {
			types[path.Base(path.Dir(name))+"."+m[1]] = true
		}
		for _, m := range tsType.FindAllStringSubmatch(text, -1) {
			types[m[1]] = true
		}
	})
	_, glossary, _ := strings.Cut(string(b), "\n## Words\n")
	glossary, _, _ = strings.Cut(glossary, "\n## ")
	names := regexp.MustCompile("`([a-z]+\\.)?[A-Z]\\w+`").FindAllString(glossary, -1)
	for _, name := range names {
		if !types[strings.Trim(name, "`")] {
			t.Errorf("the glossary names %s, which is no type", name)
		}
	}
	if len(names) < 20 {
		t.Errorf("%d types in the glossary, want at least 20", len(names))
	}
}
