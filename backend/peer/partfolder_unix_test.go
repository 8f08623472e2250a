//go:build unix

package peer

import (
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"testing"

	"beeline/wasm/session"
)

// Who else can write into the destination knows the name of the folder of
// unfinished files, and may have put something there first.
func TestAnothersPartFolderIsNotUsed(t *testing.T) {
	private := func(t *testing.T, out string) string {
		dir := filepath.Join(out, "private")
		check(t, os.Mkdir(dir, 0o755))
		return dir
	}
	for name, v := range map[string]struct {
		plant func(t *testing.T, out, parts string)
		stays map[string]string // besides the file that is received
	}{
		"a link to a folder beside": {func(t *testing.T, out, parts string) {
			private(t, out)
			check(t, os.Symlink("private", parts))
		}, map[string]string{"private": "", PartFolder: ""}},
		"a link to nothing": {func(t *testing.T, _, parts string) {
			check(t, os.Symlink("nowhere", parts))
		}, map[string]string{PartFolder: ""}},
		"a link that leads out": {func(t *testing.T, _, parts string) {
			check(t, os.Symlink(t.TempDir(), parts))
		}, map[string]string{PartFolder: ""}},
		"a file": {func(t *testing.T, _, parts string) {
			check(t, os.WriteFile(parts, []byte("theirs"), 0o644))
		}, map[string]string{PartFolder: "theirs"}},
		"a folder that all may write to": {func(t *testing.T, _, parts string) {
			check(t, errors.Join(os.Mkdir(parts, 0o755), os.Chmod(parts, 0o777)))
		}, map[string]string{PartFolder: ""}},
		"somebody else's": {func(t *testing.T, _, parts string) {
			check(t, os.Mkdir(parts, 0o755))
			anothers(t, parts)
		}, map[string]string{PartFolder: ""}},
		"all of them": {func(t *testing.T, _, parts string) {
			for n := 1; n <= 3; n++ {
				check(t, os.WriteFile(filepath.Join(filepath.Dir(parts), numbered(PartFolder, n, true)), nil, 0o644))
			}
		}, map[string]string{PartFolder: "", PartFolder + " (2)": "", PartFolder + " (3)": ""}},
		"one transfer's, somebody else's": {func(t *testing.T, _, parts string) {
			check(t, os.MkdirAll(filepath.Join(parts, "0123abcd"), 0o755))
			anothers(t, filepath.Join(parts, "0123abcd"))
		}, map[string]string{PartFolder: "", PartFolder + "/0123abcd": ""}},
		"one transfer's, that all may write to": {func(t *testing.T, _, parts string) {
			dir := filepath.Join(parts, "0123abcd")
			check(t, errors.Join(os.MkdirAll(dir, 0o755), os.Chmod(dir, 0o775)))
		}, map[string]string{PartFolder: "", PartFolder + "/0123abcd": ""}},
	} {
		t.Run(name, func(t *testing.T) {
			out := t.TempDir()
			v.plant(t, out, filepath.Join(out, PartFolder))
			before := read(t, out)
			k := newSink(t, out, KeepBoth, func(d *dest) { d.journal = true }).open()
			k.do(session.DiskEntry{File: 1, Path: []string{"a.mov"}, Size: 4})
			k.write(1, 0, 0, []byte("film"))
			expect[session.Written](k)
			if _, planted := before[filepath.ToSlash(k.d.temp)]; planted {
				t.Errorf("it was written into %s", k.d.temp)
			}
			k.do(session.DiskFinish{File: 1})
			expect[session.Flushed](k)
			expect[session.DiskDigest](k)
			k.do(session.DiskLand{File: 1})
			expect[session.Landed](k)
			k.close()
			want := maps.Clone(v.stays)
			want["a.mov"] = "film"
			k.holds(want)
		})
	}
}

// What an earlier run of the same person left is found again, also where it had to
// stand beside somebody else's.
func TestOwnPartFolderIsFoundAgain(t *testing.T) {
	for _, first := range []bool{true, false} {
		out := t.TempDir()
		parts := PartFolder
		if !first {
			check(t, os.WriteFile(filepath.Join(out, PartFolder), nil, 0o644))
			parts += " (2)"
		}
		for run := range 2 {
			k := newSink(t, out, KeepBoth, func(d *dest) { d.journal = true }).open()
			if want := filepath.Join(parts, "0123abcd"); k.d.temp != want {
				t.Errorf("run %d stands in %q, want %q", run, k.d.temp, want)
			}
			k.d.keep.Store(true)
			k.do(session.DiskDiscard{})
			expect[session.DiskClosed](k)
			k.end()
			if list, err := filepath.Glob(filepath.Join(out, ".*")); err != nil || len(list) > 0 {
				t.Errorf("%v is left", list)
			}
		}
	}
}

// anothers gives something to another user, which only root can.
func anothers(t *testing.T, path string) {
	t.Helper()
	if err := os.Chown(path, 1234, 1234); errors.Is(err, fs.ErrPermission) {
		t.Skip("only root can make what is somebody else's")
	} else {
		check(t, err)
	}
}
