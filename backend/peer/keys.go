package peer

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"beeline/wasm/invite"
)

// A keyFile is where the session key of a link is kept: who comes back with it is
// let in again without a question, and at a one-time link nobody else is. It is
// named by a hash of the link, which it does not give away, and only this user may
// read it.
type keyFile struct {
	path string // empty: nothing is kept

	mu   sync.Mutex // held while a key is written
	last int        // the number of the one that was
}

// errNotKept means that there is no place for keys: nobody may be told that one is
// kept (RESUME_SECRET_OK).
var errNotKept = errors.New("peer: keys are not kept")

// keySizeMax is more than any session key with its way back has, in bytes.
const keySizeMax = 256

func newKeyFile(dir, link string) *keyFile {
	if dir == "" {
		return &keyFile{}
	}
	sum := sha256.Sum256([]byte("bee1 native transfer" + link))
	return &keyFile{path: filepath.Join(dir, hex.EncodeToString(sum[:16]))}
}

// read returns what is kept; nil where there is nothing.
func (k *keyFile) read() []byte {
	if k.path == "" {
		return nil
	}
	f, err := os.Open(k.path)
	if err != nil {
		return nil
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, keySizeMax))
	if err != nil {
		return nil
	}
	return b
}

// write keeps a key, whole or not at all, before it returns. Of two that are
// written at once the one with the higher number stays.
func (k *keyFile) write(number int, key []byte) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	switch {
	case k.path == "":
		return errNotKept
	case len(key) == 0 || number <= k.last:
		return nil
	}
	k.last = number
	dir := filepath.Dir(k.path)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("make the folder for keys: %w", err)
	}
	sweepKeys(dir)
	f, err := os.CreateTemp(dir, ".key-*") // for this user only
	if err != nil {
		return fmt.Errorf("keep a key: %w", err)
	}
	_, err = f.Write(key)
	if err = errors.Join(err, f.Sync(), f.Close()); err == nil {
		err = os.Rename(f.Name(), k.path)
	}
	if err != nil {
		os.Remove(f.Name())
		return fmt.Errorf("keep a key: %w", err)
	}
	if d, err := os.Open(dir); err == nil {
		_ = d.Sync() // not every system can
		d.Close()
	}
	return nil
}

// sweepKeys removes keys of programs that died while they wrote one. Nobody takes an
// hour for it.
func sweepKeys(dir string) {
	list, _ := filepath.Glob(filepath.Join(dir, ".key-*")) // a folder that no pattern can name keeps its own
	for _, path := range list {
		if info, err := os.Lstat(path); err == nil && info.Mode().IsRegular() && time.Since(info.ModTime()) > time.Hour {
			_ = os.Remove(path)
		}
	}
}

func (k *keyFile) remove() {
	if k.path != "" {
		_ = os.Remove(k.path)
	}
}

// keyFileOf is where the key of what is asked for is kept. Of a code it is the way back,
// which is all that is left once the code is used.
func keyFileOf(o ReceiveOptions) *keyFile {
	if o.From != nil {
		return newKeyFile("", "") // a contact is known by its identity
	}
	if o.Code != "" {
		code, err := invite.ParseCode(o.Code)
		if err != nil {
			return newKeyFile("", "")
		}
		return newKeyFile(o.Keys, "code "+o.Server+" "+code.String())
	}
	_, link, _ := parseLink(o.Server, o.Link) // newReceiver has read it
	return newKeyFile(o.Keys, link)
}

// deviceOf is by what a contact's sharer tells this recipient from others of the same
// identity: a secret of this computer, with where it receives to, so that two programs
// with two folders are two, and with its name, so that two are that have a copy of one
// folder of settings. Of two programs that receive one share into one folder the second is
// none, until release: they would take the session from each other. Nil where there is no
// place to keep it.
func deviceOf(keys, out string, share [16]byte) (device []byte, release func()) {
	release = func() {}
	secret := deviceSecret(newKeyFile(keys, "device"))
	out, err := filepath.Abs(out)
	if secret == nil || err != nil {
		return nil, release
	}
	host, _ := os.Hostname()
	sum := sha256.Sum256(slices.Concat([]byte("bee1 native device\x00"), secret, []byte(host+"\x00"+out)))
	at := sha256.Sum256(append(sum[:], share[:]...))
	path := filepath.Join(keys, ".device-"+hex.EncodeToString(at[:16]))
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, release
	}
	if lock(f) != nil {
		f.Close()
		return nil, release
	}
	return sum[:], func() { f.Close(); _ = os.Remove(path) }
}

// deviceSecret reads the secret of this computer, or makes it. Of programs that come first
// at once one has its own way.
func deviceSecret(k *keyFile) []byte {
	if secret := k.read(); len(secret) == deviceSize {
		return secret
	}
	made := make([]byte, deviceSize)
	rand.Read(made)
	if k.write(1, made) != nil {
		return nil
	}
	if secret := k.read(); len(secret) == deviceSize {
		return secret
	}
	return nil
}

// deviceSize is that of the secret, in bytes.
const deviceSize = 32
