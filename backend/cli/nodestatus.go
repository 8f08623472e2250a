package cli

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"text/tabwriter"
	"time"

	"github.com/urfave/cli/v3"

	"beeline/backend/keep"
	"beeline/wasm/session"
	"beeline/wasm/wire"
)

// This file: what a node says of itself, to programs of the same user, at a socket that
// nobody else may open. It says what it is asked for by being connected to: one line of
// JSON, and closes. It reads nothing.
//
//	{"event":"status","server":"https://…","connected":true,"why":null,"since":"…","pid":…,
//	 "shares":[{"id":"<32 hex>","title":"…","state":"listing"|"shared"|"away"|"failed","why":"…","with":["Ada"],"files":…,"bytes":…,"skipped":…,"expires":"…",
//	            "recipients":[{"contact":"Ada","phase":…, … as progress of share}]}],
//	 "inboxes":[{"contact":"Ada","out":"…","state":"waiting"|"online"|"receiving"|"full"|"away"|"blocked","why":"…","taken":…,
//	             "receiving":{"share":"…","title":"…", … as progress of receive} or null,
//	             "failed":[{"share":"…","title":"…","why":"…","again":"<time>"}],
//	             "held":[{"id":"…","exit":3}]}]}       in quarantine, by the ID that "beeline release" takes; exit null: the scan judged nothing
//
// Names in it are those that this user gave, or was shown by `node list` and `inbox`:
// titles of shares, folders and contacts. None of a file in a share, no key, no code.
//
// Decision, 2026-11-26: a socket of the file system, on Windows too (10 and newer have
// them), in the runtime directory where there is one, else beside the identity. It is
// the user's alone by the folder it is in (0700 before the socket is made), and by its own
// mode where that counts.

const (
	statusReaders = 8               // at once
	statusWithin  = 5 * time.Second // a reader that is slower gets less
	statusMost    = 64 << 20        // bytes that are read of it
	statusRows    = 64              // recipients of one share
	socketPathMax = 103             // bytes, on the systems with the shortest
)

type statusLine struct {
	Event     string        `json:"event"`
	Server    string        `json:"server"`
	Connected bool          `json:"connected"`
	Why       any           `json:"why"`
	Since     time.Time     `json:"since"`
	PID       int           `json:"pid"`
	Shares    []shareStatus `json:"shares"`
	Inboxes   []inboxStatus `json:"inboxes"`
}

type shareStatus struct {
	ID         string    `json:"id"`
	Title      string    `json:"title"`
	State      string    `json:"state"`
	Why        string    `json:"why"`
	With       []string  `json:"with"`
	Files      int       `json:"files"`
	Bytes      uint64    `json:"bytes"`
	Skipped    int       `json:"skipped"` // links, devices and the like
	Expires    time.Time `json:"expires"`
	Recipients []object  `json:"recipients"`
}

type inboxStatus struct {
	Contact   string   `json:"contact"`
	Out       string   `json:"out"`
	State     string   `json:"state"`
	Why       string   `json:"why"`
	Taken     int      `json:"taken"`
	Receiving object   `json:"receiving"`
	Failed    []object `json:"failed"`
	Held      []object `json:"held"`
}

// socketPlaces are where the socket of a node may be, the best first.
func socketPlaces(s *keep.Store) (places []string) {
	if dir := os.Getenv("XDG_RUNTIME_DIR"); filepath.IsAbs(dir) {
		of, err := filepath.Abs(s.Dir())
		if err != nil {
			of = s.Dir()
		}
		sum := sha256.Sum256([]byte(of))
		places = append(places, filepath.Join(dir, "beeline", "node-"+hex.EncodeToString(sum[:8])))
	}
	return append(places, filepath.Join(s.Dir(), "run", "node"))
}

// privateFolder makes a folder that is this user's alone, before anything is in it: a
// socket gets the mode that umask leaves it, and its own only a moment later.
func privateFolder(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	info, err := os.Lstat(dir)
	switch {
	case err != nil:
		return err
	case !info.IsDir():
		return fs.ErrInvalid // a link leads to where others may be
	case runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0:
		return os.Chmod(dir, 0o700) // fails where it is somebody else's
	}
	return nil
}

// serveStatus answers whoever connects, until close, which waits for the last answer.
func (n *node) serveStatus() (path string, closeAll func(), err error) {
	places := slices.DeleteFunc(socketPlaces(n.owner.store), func(p string) bool { return len(p) > socketPathMax })
	if len(places) == 0 {
		return "", nil, usagef("the path of the folder with your identity is too long for a socket in it: set XDG_RUNTIME_DIR, or give --config a shorter one")
	}
	path = places[0]
	if err := privateFolder(filepath.Dir(path)); err != nil {
		return "", nil, fmt.Errorf("make a place for the status: %w", err)
	}
	if info, err := os.Lstat(path); err == nil && info.Mode()&os.ModeSocket != 0 {
		_ = os.Remove(path) // of a node that died: this one has the lock
	}
	l, err := net.Listen("unix", path)
	if err != nil {
		return "", nil, fmt.Errorf("offer the status: %w", err)
	}
	if err := os.Chmod(path, 0o600); err != nil {
		l.Close()
		return "", nil, fmt.Errorf("offer the status: %w", err)
	}
	var all sync.WaitGroup
	all.Go(func() {
		free := make(chan struct{}, statusReaders)
		for {
			c, err := l.Accept()
			if errors.Is(err, net.ErrClosed) {
				return
			}
			if err != nil {
				time.Sleep(100 * time.Millisecond) // no files left, for example
				continue
			}
			select {
			case free <- struct{}{}:
				all.Go(func() {
					defer func() { <-free }()
					n.answer(c)
				})
			default:
				c.Close()
			}
		}
	})
	return path, func() { l.Close(); all.Wait() }, nil
}

func (n *node) answer(c net.Conn) {
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(statusWithin))
	w := bufio.NewWriter(c)
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	if e.Encode(n.status()) == nil {
		_ = w.Flush() // who asked has gone
	}
}

func (n *node) status() statusLine {
	n.mu.Lock()
	defer n.mu.Unlock()
	s := statusLine{
		Event: "status", Server: n.server, Connected: n.lack == wire.None, Why: why(n.lack), Since: n.began.UTC().Truncate(time.Second), PID: os.Getpid(),
		Shares: []shareStatus{}, Inboxes: n.inboxes.status(),
	}
	for _, share := range n.shares {
		row := shareStatus{
			ID: share.kept.ID, Title: titleOf(&share.kept), State: share.state, Why: share.why, With: n.names(share.with),
			Files: share.view.Files, Bytes: share.view.Bytes, Skipped: share.skipped, Expires: share.kept.Ends.UTC().Truncate(time.Second), Recipients: []object{},
		}
		for _, r := range share.view.Recipients[max(0, len(share.view.Recipients)-statusRows):] {
			name := ""
			if n.book != nil {
				name = nameOf(n.book, r.Contact)
			}
			row.Recipients = append(row.Recipients, recipientObject(r, object{"contact": name}))
		}
		s.Shares = append(s.Shares, row)
	}
	slices.SortFunc(s.Shares, func(a, b shareStatus) int { return strings.Compare(a.ID, b.ID) })
	return s
}

// status is what the inboxes do now.
func (in *inboxes) status() []inboxStatus {
	in.mu.Lock()
	defer in.mu.Unlock()
	rows := []inboxStatus{}
	for _, i := range in.of {
		row := inboxStatus{Contact: i.name, Out: i.kept.Out, State: "waiting", Taken: len(i.kept.Taken), Failed: []object{}, Held: []object{}}
		switch {
		case i.now != nil && i.now.view.Phase >= session.Transferring:
			row.State = "receiving"
			if needed := i.now.view.Needed; needed > 0 {
				row.State, row.Why = "full", (&fullError{needed: needed}).Error()
			}
			row.Receiving = receivingObject(i.now.view, object{"share": hex.EncodeToString(i.now.offer.ID[:]), "title": i.now.offer.Title})
		case i.online:
			row.State = "online"
		}
		for share, f := range i.failed {
			if f.why == errNoFolder.Error() {
				row.State, row.Why = "away", f.why
				continue
			}
			if f.why == errOverlap.Error() {
				row.State, row.Why = "blocked", f.why
				continue
			}
			if f.wants > 0 && i.now == nil {
				row.State, row.Why = "full", f.why
			}
			row.Failed = append(row.Failed, object{"share": hex.EncodeToString(share[:]), "title": f.title, "why": f.why, "again": f.next.UTC().Format(time.RFC3339)})
		}
		for _, d := range i.held {
			row.Held = append(row.Held, object{"id": d.ID, "exit": d.Held})
		}
		slices.SortFunc(row.Failed, func(a, b object) int { return strings.Compare(a["share"].(string), b["share"].(string)) })
		rows = append(rows, row)
	}
	slices.SortFunc(rows, func(a, b inboxStatus) int { return strings.Compare(a.Contact, b.Contact) })
	return rows
}

func nodeStatusCommand() *cli.Command {
	return &cli.Command{
		Name: "status", Usage: "ask the node that runs what it does",
		Description: "Exit 1 says that none runs. It takes no passphrase: what the node tells, it tells this user only.",
		Flags:       identityFlags(),
		Action: func(ctx context.Context, c *cli.Command) error {
			if err := noArguments(c); err != nil {
				return err
			}
			store, err := storeOf(c)
			if err != nil {
				return err
			}
			line, err := askNode(ctx, store)
			if err != nil {
				return err
			}
			if c.Bool("json") {
				_, err = c.Root().Writer.Write(line)
				return err
			}
			var s statusLine
			if err := json.Unmarshal(line, &s); err != nil {
				return fmt.Errorf("read what the node says: %w", err)
			}
			return printStatus(c.Root().Writer, &s)
		},
	}
}

// askNode returns what the node of an identity says, as one line.
func askNode(ctx context.Context, s *keep.Store) ([]byte, error) {
	for _, path := range socketPlaces(s) {
		var d net.Dialer
		c, err := d.DialContext(ctx, "unix", path)
		if err != nil {
			continue
		}
		defer c.Close()
		_ = c.SetDeadline(time.Now().Add(2 * statusWithin))
		line, err := io.ReadAll(io.LimitReader(c, statusMost))
		if err != nil {
			return nil, fmt.Errorf("ask the node: %w", err)
		}
		if len(line) == 0 {
			return nil, &endError{"the node is asked by too many programs at once: try again", exitFailed}
		}
		return line, nil
	}
	return nil, &endError{"no node runs for this identity: `beeline node run` starts it", exitFailed}
}

func printStatus(out io.Writer, s *statusLine) error {
	how := "connected to " + visible(s.Server)
	if !s.Connected {
		how = "not connected to " + visible(s.Server) + ", trying again"
	}
	fmt.Fprintf(out, "The node has run since %s, %s.\n", s.Since.Local().Format("2006-01-02 15:04"), how)
	t := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, share := range s.Shares {
		state := share.State
		switch {
		case state == "shared":
			state = fmt.Sprintf("shared, %s, %s", plural(share.Files, "file"), size(share.Bytes))
			if share.Skipped > 0 {
				state += fmt.Sprintf(", %d skipped", share.Skipped)
			}
		case share.Why != "":
			state += ": " + visible(share.Why)
		}
		fmt.Fprintf(t, "%.8s\t%s\tfor %s\t%s\n", share.ID, visible(share.Title), visible(strings.Join(share.With, ", ")), state)
		for _, r := range share.Recipients {
			fmt.Fprintf(t, "\t\t  %s\t%s\n", visible(fmt.Sprint(r["contact"])), moved(r))
		}
	}
	for _, i := range s.Inboxes {
		state := i.State
		if i.Why != "" {
			state += ": " + visible(i.Why)
		}
		if i.Receiving != nil {
			state = fmt.Sprintf("%s: %s", visible(fmt.Sprint(i.Receiving["title"])), moved(i.Receiving))
			if i.State == "full" {
				state += ", " + visible(i.Why)
			}
		}
		fmt.Fprintf(t, "inbox\t%s\tfrom %s\t%s; %s received\n", visible(i.Out), visible(i.Contact), state, plural(i.Taken, "share"))
		for _, f := range i.Failed {
			fmt.Fprintf(t, "\t\t  %s\t%s\n", visible(fmt.Sprint(f["title"])), visible(fmt.Sprint(f["why"])))
		}
		if len(i.Held) > 0 {
			fmt.Fprintf(t, "\t\t  %d in quarantine\t`beeline release --out %s` lists what\n", len(i.Held), shellWord(i.Out))
		}
	}
	return t.Flush()
}

// moved is how far a transfer is, as the status says it.
func moved(o object) string {
	phase := fmt.Sprint(o["phase"])
	all, _ := o["bytes"].(float64)
	done, _ := o["written"].(float64)
	if phase == session.Transferring.String() && all > 0 {
		return fmt.Sprintf("%s, %d %% of %s", phase, int(100*done/all), size(uint64(all)))
	}
	return visible(phase)
}
