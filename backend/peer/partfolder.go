package peer

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// This file: whose the folder of unfinished files is. The name is known, so
// whoever else can write into the destination may have put something there first:
// a link to a folder of theirs, or a folder of their own, in which they may
// exchange what was written before it is read back, and plant a journal.

// findUnfinished finds the folder of unfinished files, or makes it: PartFolder, and where
// that is not this program's the first free "Beeline (unfinished) (2)".
func (d *dest) findUnfinished() error {
	var err error
	for n := 1; n <= foldersTried; n++ {
		d.unfinished = numbered(PartFolder, n, true)
		if err = d.root.Mkdir(d.unfinished, 0o755); err == nil || d.ownFolder(d.unfinished) {
			return nil
		}
		if !errors.Is(err, fs.ErrExist) {
			break
		}
	}
	return fmt.Errorf("make the folder of unfinished files: %w", err)
}

// foldersTried is how many of others' may be in the way.
const foldersTried = 100

// ownFolder reports whether path is a folder, not a link to one, and as this
// program would have made it: with its owner, and not open to more people. What
// that is, the file system is asked, by making one: a server may hand out another
// owner, a memory stick the same for all.
//
// On Windows a junction and a link are no folder, but nobody's owner is looked at:
// os.FileInfo does not say it, and what is made in a folder there takes over who
// may write to it. A destination that others may write to is theirs as well.
func (d *dest) ownFolder(path string) bool {
	there, err := d.root.Lstat(path)
	if err != nil || !there.IsDir() {
		return false
	}
	made, err := d.sample()
	return err == nil && owner(there) == owner(made) && there.Mode()&^made.Mode()&writable == 0
}

// writable are the bits by which others than the owner may write.
const writable = 0o022

// sample makes a folder in the destination, and takes it away again.
func (d *dest) sample() (os.FileInfo, error) {
	if d.sampled != nil {
		return d.sampled, nil
	}
	var mark [8]byte
	rand.Read(mark[:]) // never fails
	name := ".beeline-" + hex.EncodeToString(mark[:])
	if err := d.root.Mkdir(name, 0o755); err != nil {
		return nil, err
	}
	info, err := d.root.Lstat(name)
	if err = errors.Join(err, d.root.Remove(name)); err == nil {
		d.sampled = info
	}
	return info, err
}
