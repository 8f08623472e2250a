package keep

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
)

// This file: files that are there whole or not at all.

// read returns a file that is no larger than any of ours may be.
func read(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, largest+1))
	if err != nil {
		return nil, err
	}
	if len(b) > largest {
		return nil, fmt.Errorf("read %s: larger than any such file", path)
	}
	return b, nil
}

// ReadFile reads a backup, which may come from anywhere.
func ReadFile(path string) ([]byte, error) { return read(path) }

// replace puts data under a name at once: after a crash there is what was before, or
// this. It looks at what was written before anything gives way to it.
func replace(path string, data []byte) (err error) {
	tmp, err := temporary(path, data)
	if err != nil {
		return err
	}
	if err = os.Rename(tmp, path); err != nil {
		_ = os.Remove(tmp)
		return err
	}
	return syncDir(filepath.Dir(path))
}

// WriteNew puts data, which only this user may read, under a name that is free.
func WriteNew(path string, data []byte) error {
	tmp, err := temporary(path, data)
	if err != nil {
		return err
	}
	defer os.Remove(tmp)
	err = os.Link(tmp, path) // unlike a rename it overwrites nothing
	var link *os.LinkError
	if errors.As(err, &link) && !errors.Is(err, os.ErrExist) {
		err = writeOver(path, data) // a disk that knows no links: a memory stick
	}
	if err != nil {
		return err
	}
	return syncDir(filepath.Dir(path))
}

func writeOver(path string, data []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	err = errors.Join(err, f.Sync(), f.Close())
	if err == nil {
		var got []byte
		if got, err = read(path); err == nil && !bytes.Equal(got, data) {
			err = fmt.Errorf("write %s: what was written is not what is read back", path)
		}
	}
	if err != nil {
		_ = os.Remove(path)
	}
	return err
}

// sweep removes what temporary left beside path when a program died there. Only who
// holds the lock that whoever writes path holds may do so.
func sweep(path string) {
	prefix := "." + filepath.Base(path) + "-"
	list, _ := os.ReadDir(filepath.Dir(path)) // what can't be listed stays
	for _, e := range list {
		if n, ours := strings.CutPrefix(e.Name(), prefix); ours && e.Type().IsRegular() && digits(n) {
			_ = os.Remove(filepath.Join(filepath.Dir(path), e.Name()))
		}
	}
}

// digits reports whether os.CreateTemp may have put this in the place of a star.
func digits(s string) bool {
	_, err := strconv.ParseUint(s, 10, 32)
	return err == nil
}

// temporary writes data beside path and returns the name.
func temporary(path string, data []byte) (name string, err error) {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*") // for this user only
	if err != nil {
		return "", err
	}
	name = f.Name()
	defer func() {
		if err != nil {
			_ = os.Remove(name)
		}
	}()
	_, err = f.Write(data)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return "", err
	}
	got, err := read(name)
	if err == nil && !bytes.Equal(got, data) {
		err = fmt.Errorf("write %s: what was written is not what is read back", path)
	}
	return name, err
}

// syncDir makes a name last.
func syncDir(dir string) error {
	if runtime.GOOS == "windows" {
		return nil // folders can't be flushed there
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
