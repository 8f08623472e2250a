package peer

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
)

// QuarantineFolder is where a delivery waits until a scan has released it, inside
// the destination: on the same disk, so that releasing is renaming, and for this
// user only. It goes away when it is empty.
const QuarantineFolder = "Beeline (quarantine)"

// A quarantine is one delivery in it:
//
//	Out/Beeline (quarantine)/8f3a01c2…/   0700
//	  lock        held by the program that is at it
//	  state       there once everything arrived: what it is, and whether a scan held it
//	  files/      as it would be in Out; the part folder too, until all is there
//
// Whoever is killed leaves no more than that, so the next run goes on: without
// "state" with the transfer, with it with the scan, in the middle of releasing with
// a scan of the rest.
type quarantine struct {
	out  string
	id   string // of the folder
	root *os.Root
	lock *os.File
}

// quarantineState is what "state" has.
type quarantineState struct {
	Of    string `json:"of"`              // a hash of the link or the contact's share: who asks for it again gets this
	Scan  string `json:"scan,omitempty"`  // names the scan it arrived for
	Tried bool   `json:"tried,omitempty"` // that one has run, and judged nothing
	Held  *int   `json:"held,omitempty"`  // the exit code of the scan that did not release it
}

const (
	lockName  = "lock"
	stateName = "state"
	filesName = "files"
	stateMax  = 4096 // bytes that are read of a state
)

// ErrHeld means that everything arrived and is verified, and that the scan did not
// release it.
var ErrHeld = errors.New("peer: the scan holds what arrived")

// A Delivery is what waits in quarantine.
type Delivery struct {
	ID       string // names it, below the destination
	Path     string // the folder with the files, absolute
	Files    int
	Bytes    uint64
	Complete bool   // everything of it arrived
	Scan     string // ReceiveOptions.ScanID of the run that received it
	Tried    bool   // a scan has run, took too long or could not be started, and judged nothing
	Held     *int   // the exit code of the scan that did not release it; nil: none did
	Of       string // DeliveryOf what was asked for; empty: it can't be asked for again
}

// A Scan decides about a delivery: nil releases it; a *HeldError holds it; any other
// error leaves it for another scan.
type Scan func(ctx context.Context, d Delivery) error

// A HeldError is the judgement of a scan.
type HeldError struct{ Exit int }

func (e *HeldError) Error() string { return fmt.Sprintf("the scan ended with exit %d", e.Exit) }

func (e *HeldError) Is(target error) bool { return target == ErrHeld }

// quarantineID is what the folder of a delivery may be called.
var quarantineID = regexp.MustCompile(`^[0-9a-f]{8,64}(-[0-9a-f]{4})?$`)

// private makes a folder for this user only, or takes the one that is there.
func private(root *os.Root, path string) error {
	if err := root.Mkdir(path, 0o700); err == nil || !errors.Is(err, fs.ErrExist) {
		return err
	}
	made, err := (&dest{root: root}).sample()
	if err != nil {
		return err
	}
	info, err := root.Lstat(path)
	switch {
	case err != nil:
		return err
	case !info.IsDir():
		return fs.ErrInvalid // a link is no folder, wherever it leads
	case owner(info) != owner(made):
		return fs.ErrPermission // whoever made it can look into it
	case info.Mode().Perm()&0o077 != 0:
		_ = root.Chmod(path, 0o700) // a disk without modes is as open as it is
	}
	return nil
}

// quarantined takes the quarantine of a transfer. Another program may be at the
// same one: each has its own.
func quarantined(out string, root *os.Root, key string) (*quarantine, error) {
	if err := private(root, QuarantineFolder); err != nil {
		return nil, fmt.Errorf("make the quarantine: %w", err)
	}
	if !quarantineID.MatchString(key) {
		return nil, fs.ErrInvalid
	}
	for _, id := range quarantines(root, key) {
		q, err := takeQuarantine(out, id)
		if err != nil {
			continue
		}
		if _, err := q.state(); errors.Is(err, fs.ErrNotExist) {
			return q, nil // not complete: go on with it
		}
		q.close()
	}
	id := key
	for range 100 {
		err := root.Mkdir(filepath.Join(QuarantineFolder, id), 0o700)
		if err == nil {
			return takeQuarantine(out, id)
		}
		if !errors.Is(err, fs.ErrExist) {
			return nil, fmt.Errorf("make the quarantine: %w", err)
		}
		var more [2]byte
		rand.Read(more[:]) // never fails
		id = key + "-" + hex.EncodeToString(more[:])
	}
	return nil, fs.ErrExist
}

// quarantines are the deliveries there are; of one transfer, with a key.
func quarantines(root *os.Root, key string) []string {
	list, _ := names(root, QuarantineFolder) // not there: none
	list = slices.DeleteFunc(list, func(id string) bool {
		return !quarantineID.MatchString(id) || key != "" && id != key && !strings.HasPrefix(id, key+"-")
	})
	slices.Sort(list)
	return list
}

// takeQuarantine opens a delivery's folder for this program alone.
func takeQuarantine(out, id string) (*quarantine, error) {
	root, err := os.OpenRoot(out)
	if err != nil {
		return nil, err
	}
	q := &quarantine{out: out, id: id, root: root}
	for _, path := range []string{QuarantineFolder, q.path(), q.path(filesName)} {
		if err := private(root, path); err != nil {
			q.close()
			return nil, err
		}
	}
	if q.lock, err = openPlain(root, q.path(lockName), 0o600); err == nil {
		err = lock(q.lock)
	}
	if err != nil {
		q.close()
		return nil, err
	}
	return q, nil
}

// lookInto is takeQuarantine for who only reads: nothing is made.
func lookInto(out, id string) (*quarantine, error) {
	root, err := os.OpenRoot(out)
	if err != nil {
		return nil, err
	}
	q := &quarantine{out: out, id: id, root: root}
	for _, path := range []string{QuarantineFolder, q.path()} {
		info, err := root.Lstat(path)
		if err == nil && !info.IsDir() {
			err = fs.ErrInvalid
		}
		if err != nil {
			q.close()
			return nil, err
		}
	}
	q.lock, err = root.OpenFile(q.path(lockName), os.O_RDWR|nonblock, 0)
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.EROFS):
		q.lock, err = nil, nil // nobody has begun with it, or can
	case err == nil && !alone(root, q.path(lockName), q.lock):
		err = fs.ErrInvalid
	case err == nil:
		err = lock(q.lock)
	}
	if err != nil {
		q.close()
		return nil, err
	}
	return q, nil
}

func (q *quarantine) path(more ...string) string {
	return filepath.Join(append([]string{QuarantineFolder, q.id}, more...)...)
}

// close lets go of it. It may be called twice.
func (q *quarantine) close() {
	if q.lock != nil {
		q.lock.Close() // and with it the lock
	}
	q.root.Close()
}

// tidy takes it away where nothing is in it, and closes it.
func (q *quarantine) tidy() {
	if _, err := q.state(); err != nil && q.root.Remove(q.path(filesName)) == nil {
		q.remove()
	}
	q.close()
}

// files opens the folder that the delivery lands in.
func (q *quarantine) files() (*os.Root, error) { return q.root.OpenRoot(q.path(filesName)) }

// state reads whether everything is there; fs.ErrNotExist: it is not.
func (q *quarantine) state() (s quarantineState, err error) {
	f, err := q.root.OpenFile(q.path(stateName), os.O_RDONLY|nonblock, 0)
	if err != nil {
		return s, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, stateMax))
	if err == nil {
		err = json.Unmarshal(text, &s)
	}
	if err != nil {
		return quarantineState{}, nil // of somebody's making: it is scanned again
	}
	return s, nil
}

// setState writes it, whole or not at all.
func (q *quarantine) setState(s quarantineState) error {
	text, err := json.Marshal(s)
	if err != nil {
		return err
	}
	next := q.path(stateName + ".new")
	_ = q.root.Remove(next) // of a run that was killed
	f, err := q.root.OpenFile(next, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	if err = errors.Join(err, f.Sync(), f.Close()); err == nil {
		err = q.root.Rename(next, q.path(stateName))
	}
	return err
}

// delivery says what is there.
func (q *quarantine) delivery() (Delivery, error) {
	d := Delivery{ID: q.id, Path: filepath.Join(q.out, q.path(filesName))}
	if abs, err := filepath.Abs(d.Path); err == nil {
		d.Path = abs
	}
	s, err := q.state()
	d.Complete, d.Scan, d.Tried, d.Held, d.Of = err == nil, s.Scan, s.Tried, s.Held, s.Of
	root, err := q.files()
	if errors.Is(err, fs.ErrNotExist) {
		return d, nil
	}
	if err != nil {
		return d, err
	}
	defer root.Close()
	err = eachFile(root, ".", func(_ string, info fs.FileInfo) error {
		if info.Mode().IsRegular() {
			d.Files++
			d.Bytes += uint64(info.Size())
		}
		return nil
	})
	return d, err
}

// eachFile calls f for everything below dir but the part folder; folders before
// what is in them.
func eachFile(root *os.Root, dir string, f func(path string, info fs.FileInfo) error) error {
	list, err := names(root, dir)
	if err != nil {
		return err
	}
	slices.Sort(list)
	for _, name := range list {
		path := filepath.Join(dir, name)
		if path == PartFolder {
			continue
		}
		info, err := root.Lstat(path)
		if errors.Is(err, fs.ErrNotExist) {
			continue // a scan may take things away
		}
		if err == nil {
			err = f(path, info)
		}
		if err == nil && info.IsDir() {
			err = eachFile(root, path, f)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// Quarantined lists what waits in the quarantine of a destination and no other
// program is at.
func Quarantined(out string) (list []Delivery, err error) {
	err = eachQuarantine(out, func(_ *quarantine, d Delivery) error {
		list = append(list, d)
		return nil
	})
	return list, err
}

func eachQuarantine(out string, f func(q *quarantine, d Delivery) error) error {
	root, err := os.OpenRoot(out)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer root.Close()
	for _, id := range quarantines(root, "") {
		q, err := lookInto(out, id)
		if err != nil {
			continue // somebody is at it
		}
		d, err := q.delivery()
		if err == nil {
			err = f(q, d)
		}
		q.close()
		if err != nil {
			return err
		}
	}
	return nil
}

// Release scans one delivery in quarantine and releases it; with a nil scan without
// one, as a person decided. It returns the top-level names that it has on disk now.
func Release(ctx context.Context, out, id string, conflict Conflict, scan Scan) ([]string, error) {
	if !quarantineID.MatchString(id) {
		return nil, fs.ErrNotExist
	}
	if _, err := os.Lstat(filepath.Join(out, QuarantineFolder, id)); err != nil {
		return nil, fs.ErrNotExist
	}
	q, err := takeQuarantine(out, id)
	if err != nil {
		return nil, err
	}
	defer q.close()
	d, err := q.delivery()
	if err != nil {
		return nil, err
	}
	return q.judge(ctx, d, conflict, scan)
}

// judge has a delivery scanned, and released or held.
func (q *quarantine) judge(ctx context.Context, d Delivery, conflict Conflict, scan Scan) ([]string, error) {
	if scan != nil {
		err := scan(ctx, d)
		if err != nil && d.Complete {
			s := quarantineState{Of: d.Of, Scan: d.Scan, Tried: ctx.Err() == nil, Held: d.Held}
			if held := (*HeldError)(nil); errors.As(err, &held) {
				s.Tried, s.Held = false, &held.Exit
			}
			err = errors.Join(err, q.setState(s))
		}
		if err != nil {
			return nil, err
		}
	}
	return q.release(ctx, conflict)
}
