package catalog

import (
	_ "embed"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"
)

var targets = []Target{Posix, FileSystemAccess, Windows, Zip, Darwin}

// PROTOCOL.md 3, attacks 31 and 32: what a name is to each target. An empty
// column means: saved as it came.
var corpus = []struct {
	name         string
	danger       Danger
	posix        string
	fsa          string
	windows, zip string
}{
	// names as cameras, editors and people write them
	{name: "A001_C001_0101AB_001.R3D"},
	{name: "SHOT_0010_comp_v0012.1001.exr"},
	{name: "._A001.mov"},
	{name: ".DS_Store"},
	{name: "Été 1.mov"},
	{name: "E\u0301te\u0301 1.mov"},
	{name: "日本語.mov"},
	{name: "👍🏽.mov"},
	{name: "100%.mov"},
	{name: "a%20b.mov"},
	{name: "a+b=c&d,e;f@g!h#i^j`k(l)[m]{n}'o.mov"},
	{name: "...mov", danger: Unportable, fsa: ".%2E.mov"},

	// attack 31: out of the folder
	{name: ".", danger: Dangerous, posix: "%2E", fsa: "%2E", windows: "%2E", zip: "%2E"},
	{name: "..", danger: Dangerous, posix: "%2E%2E", fsa: "%2E%2E", windows: "%2E%2E", zip: "%2E%2E"},
	{name: "../x", danger: Dangerous, posix: "..%2Fx", fsa: ".%2E%2Fx", windows: "..%2Fx", zip: "..%2Fx"},
	{name: "../../etc/passwd", danger: Dangerous, posix: "..%2F..%2Fetc%2Fpasswd", fsa: ".%2E%2F..%2Fetc%2Fpasswd", windows: "..%2F..%2Fetc%2Fpasswd", zip: "..%2F..%2Fetc%2Fpasswd"},
	{name: `..\x`, danger: Dangerous, posix: "..%5Cx", fsa: ".%2E%5Cx", windows: "..%5Cx", zip: "..%5Cx"},
	{name: "/abs", danger: Dangerous, posix: "%2Fabs", fsa: "%2Fabs", windows: "%2Fabs", zip: "%2Fabs"},
	{name: `\\host\share`, danger: Dangerous, posix: "%5C%5Chost%5Cshare", fsa: "%5C%5Chost%5Cshare", windows: "%5C%5Chost%5Cshare", zip: "%5C%5Chost%5Cshare"},
	{name: `\\?\C:\x`, danger: Dangerous, posix: `%5C%5C?%5CC:%5Cx`, fsa: "%5C%5C%3F%5CC%3A%5Cx", windows: "%5C%5C%3F%5CC%3A%5Cx", zip: "%5C%5C%3F%5CC%3A%5Cx"},
	{name: "..%2f", danger: Unportable, fsa: ".%2E%252f"},
	{name: "..%2F", danger: Unportable, posix: "..%252F", fsa: ".%2E%252F", windows: "..%252F", zip: "..%252F"},
	{name: "%2e%2e"},
	{name: "a\x00b", danger: Dangerous, posix: "a%00b", fsa: "a%00b", windows: "a%00b", zip: "a%00b"},
	{name: "a\nb", danger: Dangerous, posix: "a%0Ab", fsa: "a%0Ab", windows: "a%0Ab", zip: "a%0Ab"},
	{name: "a\x1b[2Jb", danger: Dangerous, posix: "a%1B[2Jb", fsa: "a%1B[2Jb", windows: "a%1B[2Jb", zip: "a%1B[2Jb"},
	{name: "a\x7fb", danger: Dangerous, posix: "a%7Fb", fsa: "a%7Fb", windows: "a%7Fb", zip: "a%7Fb"},
	{name: "a\u0085b", danger: Dangerous, posix: "a%C2%85b", fsa: "a%C2%85b", windows: "a%C2%85b", zip: "a%C2%85b"},
	{name: "\xff.mov", danger: Dangerous, posix: "%FF.mov", fsa: "%FF.mov", windows: "%FF.mov", zip: "%FF.mov"},
	{name: "\xc0\xae\xc0\xae", danger: Dangerous, posix: "%C0%AE%C0%AE", fsa: "%C0%AE%C0%AE", windows: "%C0%AE%C0%AE", zip: "%C0%AE%C0%AE"},
	{name: "\xed\xa0\x80", danger: Dangerous, posix: "%ED%A0%80", fsa: "%ED%A0%80", windows: "%ED%A0%80", zip: "%ED%A0%80"},

	// attack 31: streams, devices and what else Windows understands
	{name: "C:", danger: Unportable, fsa: "C%3A", windows: "C%3A", zip: "C%3A"},
	{name: "a:b", danger: Unportable, fsa: "a%3Ab", windows: "a%3Ab", zip: "a%3Ab"},
	{name: "a.mov::$DATA", danger: Unportable, fsa: "a.mov%3A%3A$DATA", windows: "a.mov%3A%3A$DATA", zip: "a.mov%3A%3A$DATA"},
	{name: "CON", danger: Unportable, fsa: "%43ON", windows: "%43ON", zip: "%43ON"},
	{name: "CON.txt", danger: Unportable, fsa: "%43ON.txt", windows: "%43ON.txt", zip: "%43ON.txt"},
	{name: "con.tar.gz", danger: Unportable, fsa: "%63on.tar.gz", windows: "%63on.tar.gz", zip: "%63on.tar.gz"},
	{name: "aux .mov", danger: Unportable, fsa: "%61ux .mov", windows: "%61ux .mov", zip: "%61ux .mov"},
	{name: "COM1", danger: Unportable, fsa: "%43OM1", windows: "%43OM1", zip: "%43OM1"},
	{name: "COM¹.mov", danger: Unportable, fsa: "%43OM¹.mov", windows: "%43OM¹.mov", zip: "%43OM¹.mov"},
	{name: "lpt³", danger: Unportable, fsa: "%6Cpt³", windows: "%6Cpt³", zip: "%6Cpt³"},
	{name: "LPT0", danger: Unportable, fsa: "%4CPT0", windows: "%4CPT0", zip: "%4CPT0"},
	{name: "CONIN$", danger: Unportable, fsa: "%43ONIN$", windows: "%43ONIN$", zip: "%43ONIN$"},
	{name: "COM10"},
	{name: "CONSOLE"},
	{name: "icon.txt"},
	{name: "a.", danger: Unportable, fsa: "a%2E", windows: "a%2E", zip: "a%2E"},
	{name: "a. .", danger: Unportable, fsa: "a. %2E", windows: "a. %2E", zip: "a. %2E"},
	{name: "a ", danger: Unportable, fsa: "a%20", windows: "a%20", zip: "a%20"},
	{name: " a", danger: Unportable, fsa: "%20a"},
	{name: ". a", danger: Unportable, fsa: ".%20a"},
	{name: `a*b?c"d<e>f|g`, danger: Unportable, fsa: "a%2Ab%3Fc%22d%3Ce%3Ef%7Cg", windows: "a%2Ab%3Fc%22d%3Ce%3Ef%7Cg", zip: "a%2Ab%3Fc%22d%3Ce%3Ef%7Cg"},
	{name: "50%:50%", danger: Unportable, fsa: "50%25%3A50%25", windows: "50%25%3A50%25", zip: "50%25%3A50%25"},

	// what Chromium hides and refuses in a picked folder
	{name: "Thumbs.db", danger: Unportable, fsa: "%54humbs.db"},
	{name: "desktop.ini", danger: Unportable, fsa: "%64esktop.ini"},
	{name: "x.lnk", danger: Unportable, fsa: "x%2Elnk"},
	{name: ".URL", danger: Unportable, fsa: "%2EURL"},
	{name: "a.url.scf", danger: Unportable, fsa: "a.url%2Escf"},
	{name: "x.{21EC2020-3AEA-1069-A2DD-08002B30309D}", danger: Unportable, fsa: "x%2E{21EC2020-3AEA-1069-A2DD-08002B30309D}"},
	{name: "~lock", danger: Unportable, fsa: "%7Elock"},
	{name: "lock~", danger: Unportable, fsa: "lock%7E"},
	{name: "x~1.txt"},
	{name: "a\u200bb", danger: Unportable, fsa: "a%E2%80%8Bb"},
	{name: "👨\u200d👩.mov", danger: Unportable, fsa: "👨%E2%80%8D👩.mov"},
	{name: "\u00a0a", danger: Unportable, fsa: "%C2%A0a"},
	{name: "a\ufdd0b", danger: Unportable, fsa: "a%EF%B7%90b"},

	// attack 32: names that look like others
	{name: "\u202egpj.exe", danger: Dangerous, posix: "%E2%80%AEgpj.exe", fsa: "%E2%80%AEgpj.exe", windows: "%E2%80%AEgpj.exe", zip: "%E2%80%AEgpj.exe"},
	{name: "a\u2066b\u2069", danger: Dangerous, posix: "a%E2%81%A6b%E2%81%A9", fsa: "a%E2%81%A6b%E2%81%A9", windows: "a%E2%81%A6b%E2%81%A9", zip: "a%E2%81%A6b%E2%81%A9"},
	{name: "a\u061cb", danger: Dangerous, posix: "a%D8%9Cb", fsa: "a%D8%9Cb", windows: "a%D8%9Cb", zip: "a%D8%9Cb"},
	{name: "a\u200fb", danger: Dangerous, posix: "a%E2%80%8Fb", fsa: "a%E2%80%8Fb", windows: "a%E2%80%8Fb", zip: "a%E2%80%8Fb"},
	{name: "\ufeffa", danger: Dangerous, posix: "%EF%BB%BFa", fsa: "%EF%BB%BFa", windows: "%EF%BB%BFa", zip: "%EF%BB%BFa"},
	{name: "a\u2028b", danger: Dangerous, posix: "a%E2%80%A8b", fsa: "a%E2%80%A8b", windows: "a%E2%80%A8b", zip: "a%E2%80%A8b"},
	{name: "a\U000e0041b", danger: Dangerous, posix: "a%F3%A0%81%81b", fsa: "a%F3%A0%81%81b", windows: "a%F3%A0%81%81b", zip: "a%F3%A0%81%81b"},
	{name: "a\U000e0000b", danger: Dangerous, posix: "a%F3%A0%80%80b", fsa: "a%F3%A0%80%80b", windows: "a%F3%A0%80%80b", zip: "a%F3%A0%80%80b"},

	// names that look as if they had been escaped
	{name: "a%2Fb", posix: "a%252Fb", fsa: "a%252Fb", windows: "a%252Fb", zip: "a%252Fb"},
	{name: "a%252Fb", posix: "a%25252Fb", fsa: "a%25252Fb", windows: "a%25252Fb", zip: "a%25252Fb"},
	{name: "a%3Ab", fsa: "a%253Ab", windows: "a%253Ab", zip: "a%253Ab"},
	{name: "a%25b"},
	{name: "", danger: Dangerous, posix: "%", fsa: "%", windows: "%", zip: "%"},
	{name: "%", posix: "%25", fsa: "%25", windows: "%25", zip: "%25"},
}

func TestNameRule(t *testing.T) {
	for _, v := range corpus {
		if got := Check(v.name); got != v.danger {
			t.Errorf("Check(%+q) = %d, want %d", v.name, got, v.danger)
		}
		for target, want := range map[Target]string{Posix: v.posix, Darwin: v.posix, FileSystemAccess: v.fsa, Windows: v.windows, Zip: v.zip} {
			if want == "" {
				want = v.name
			}
			got := Escape(v.name, target)
			if got != want {
				t.Errorf("Escape(%+q, %d) = %+q, want %+q", v.name, target, got, want)
			}
			checkEscaped(t, v.name, got, target)
		}
	}
}

// checkEscaped holds what every escaped name must be.
func checkEscaped(t *testing.T, name, got string, target Target) {
	t.Helper()
	if !target.Holds(got) {
		t.Errorf("Escape(%+q, %d) = %+q, which the target can't hold", name, target, got)
	}
	if Check(got) == Dangerous || !utf8.ValidString(got) {
		t.Errorf("Escape(%+q, %d) = %+q, which is dangerous", name, target, got)
	}
	if got != name && !hasShortMark(got) && decode(got) != name {
		t.Errorf("Escape(%+q, %d) = %+q, which decodes to %+q", name, target, got, decode(got))
	}
}

// PROTOCOL.md 3, attack 31: nothing that a name says leads out of its folder.
func TestAttack31NoNameIsAPath(t *testing.T) {
	for _, v := range corpus {
		for _, target := range targets {
			got := Escape(v.name, target)
			if got == "" || got == "." || got == ".." || strings.ContainsAny(got, "/\\\x00") {
				t.Errorf("Escape(%+q, %d) = %+q leads elsewhere", v.name, target, got)
			}
			if target != Posix && target != Darwin && strings.Contains(got, ":") {
				t.Errorf("Escape(%+q, %d) = %+q names a drive or a stream", v.name, target, got)
			}
		}
	}
}

// PROTOCOL.md 3, attack 32: what deceives the eye is flagged, by every character
// that does so, wherever it stands, and is never saved.
func TestAttack32DeceivingNamesAreFlagged(t *testing.T) {
	var deceivers []rune
	for _, r := range [][2]rune{{0x61C, 0x61C}, {0x200E, 0x200F}, {0x202A, 0x202E}, {0x2066, 0x2069}, {0xFEFF, 0xFEFF}, {0x2028, 0x2029}, {0xE0000, 0xE007F}, {0, 0x1F}, {0x7F, 0x9F}} {
		for c := r[0]; c <= r[1]; c++ {
			deceivers = append(deceivers, c)
		}
	}
	for _, c := range deceivers {
		for _, name := range []string{string(c) + "a.mov", "a" + string(c) + "b.mov", "a.mov" + string(c)} {
			if got := Check(name); got != Dangerous {
				t.Errorf("Check(%+q) = %d, want %d", name, got, Dangerous)
			}
			for _, target := range targets {
				if got := Escape(name, target); strings.ContainsRune(got, c) {
					t.Errorf("Escape(%+q, %d) = %+q keeps the character", name, target, got)
				}
			}
		}
	}
}

func TestLongNamesAreShortened(t *testing.T) {
	tests := []struct {
		name   string
		target Target
		want   string // a prefix and a suffix around "%-" and 32 digits; empty: kept
	}{
		{strings.Repeat("x", 248), FileSystemAccess, ""},
		{strings.Repeat("x", 249), FileSystemAccess, strings.Repeat("x", 214) + "|"},
		{strings.Repeat("x", 255), Posix, ""},
		{strings.Repeat("x", 256), Posix, strings.Repeat("x", 221) + "|"},
		{strings.Repeat("x", 300) + ".mov", Posix, strings.Repeat("x", 217) + "|.mov"},
		{strings.Repeat("é", 200) + ".mov", Posix, strings.Repeat("é", 108) + "|.mov"},
		{strings.Repeat("é", 200) + ".mov", Windows, ""},
		{strings.Repeat("é", 200) + ".mov", Darwin, ""},
		{strings.Repeat("é", 252) + ".mov", Windows, strings.Repeat("é", 217) + "|.mov"},
		{strings.Repeat("😀", 127) + "x", Darwin, ""},
		{strings.Repeat("😀", 128), Windows, strings.Repeat("😀", 110) + "|"},
		{strings.Repeat(":", 100), FileSystemAccess, strings.Repeat("%3A", 71) + "|"},
		{"x" + strings.Repeat(":", 100), FileSystemAccess, "x" + strings.Repeat("%3A", 71) + "|"},
		{"xx" + strings.Repeat(":", 100), FileSystemAccess, "xx" + strings.Repeat("%3A", 70) + "|"},
		{strings.Repeat("x", 300) + "." + strings.Repeat("y", 17), Posix, strings.Repeat("x", 221) + "|"},
	}
	for _, v := range tests {
		got := Escape(v.name, v.target)
		checkEscaped(t, v.name, got, v.target)
		if v.want == "" {
			if got != v.name {
				t.Errorf("Escape(%+q, %d) = %+q, want it kept", v.name, v.target, got)
			}
			continue
		}
		before, after, _ := strings.Cut(v.want, "|")
		if !strings.HasPrefix(got, before+shortMark) || !strings.HasSuffix(got, after) || len(got) != len(before)+len(shortMark)+shortDigits+len(after) {
			t.Errorf("Escape(%+q, %d) = %+q, want %+q, the mark and %+q", v.name, v.target, got, before, after)
		}
		if again := Escape(got, v.target); again == got {
			t.Errorf("%+q can be had from itself and from %+q", got, v.name)
		}
		if other := Escape("X"+v.name[1:], v.target); len(v.name) == len(got) && other == got {
			t.Errorf("two long names became %+q", got)
		}
	}
}

//go:embed testdata/chromium_names.txt
var chromiumNames string

// Chromium takes every name that FileSystemAccess is said to hold. The other way
// round there are few exceptions: what other systems would misunderstand.
func TestFileSystemAccessIsWhatChromiumTakes(t *testing.T) {
	stricter := map[string]bool{ // devices that Chromium lets through
		"CON .txt": true, "NUL .x": true, "COM1 .txt": true, "CONOUT$.txt": true, "CONIN$.txt": true, "conout$.a.b": true,
		"COM0": true, "COM0.txt": true, "LPT0": true, "COM¹": true, "COM².txt": true, "LPT³": true,
		"a\u2028b": true, // dangerous, g.3
	}
	anywhere, ends, lines := map[rune]bool{}, map[rune]string{}, 0
	for line := range strings.Lines(chromiumNames) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), ": ")
		switch key {
		case "anywhere", "first", "last":
			for _, field := range strings.Fields(value) {
				from, to, ok := strings.Cut(field, "-")
				if !ok {
					to = from
				}
				low, err1 := strconv.ParseInt(from, 16, 32)
				high, err2 := strconv.ParseInt(to, 16, 32)
				if err1 != nil || err2 != nil {
					t.Fatalf("line %q", line)
				}
				for c := rune(low); c <= rune(high); c++ {
					if key == "anywhere" {
						anywhere[c] = true
					} else {
						ends[c] += key
					}
				}
			}
		case "refused", "taken":
			name, err := strconv.Unquote(value)
			if err != nil {
				t.Fatalf("line %q: %v", line, err)
			}
			if got, want := FileSystemAccess.Holds(name), key == "taken" && !stricter[name]; got != want {
				t.Errorf("Holds(%+q) = %v, want %v: Chromium says %s", name, got, want, key)
			}
		default:
			continue
		}
		lines++
	}
	if lines < 100 {
		t.Fatalf("%d vectors, want at least 100", lines)
	}
	for c := rune(1); c <= utf8.MaxRune; c++ {
		if c >= 0x30000 && c < 0xE0000 && c&0xFFFF < 0xFFF0 || !utf8.ValidRune(c) {
			continue // not assigned
		}
		dangerous := dangerousRune(c)
		s := string(c)
		for _, v := range []struct {
			name string
			want bool
		}{
			{"a" + s + "b", !anywhere[c] && !dangerous},
			{s + "b", !anywhere[c] && !dangerous && !strings.Contains(ends[c], "first")},
			{"a" + s, !anywhere[c] && !dangerous && !strings.Contains(ends[c], "last")},
		} {
			if got := FileSystemAccess.Holds(v.name); got != v.want {
				t.Errorf("Holds(%+q) = %v, want %v", v.name, got, v.want)
			}
		}
	}
}

// FuzzEscape: two names never become one, and what comes out can be saved.
func FuzzEscape(f *testing.F) {
	for i, v := range corpus {
		for _, target := range targets {
			f.Add(v.name, Escape(v.name, target), uint8(target))
			f.Add(v.name, corpus[(i+1)%len(corpus)].name, uint8(target))
		}
	}
	f.Fuzz(func(t *testing.T, a, b string, target uint8) {
		to := Target(target % uint8(len(targets)))
		ea, eb := Escape(a, to), Escape(b, to)
		checkEscaped(t, a, ea, to)
		checkEscaped(t, b, eb, to)
		if a != b && ea == eb {
			t.Errorf("%+q and %+q both become %+q on %d", a, b, ea, to)
		}
		if eea := Escape(ea, to); a != ea && eea == ea {
			t.Errorf("%+q and %+q both become %+q on %d", a, ea, ea, to)
		}
		if to.Holds(a) && Check(a) != Dangerous && !strings.Contains(a, "%") && ea != a {
			t.Errorf("%+q became %+q on %d, which holds it", a, ea, to)
		}
	})
}
