package cli

import (
	"context"
	"errors"
	"os"
	"os/signal"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/urfave/cli/v3"

	"beeline/backend/keep"
	"beeline/backend/peer"
	"beeline/wasm/identity"
	"beeline/wasm/people"
	"beeline/wasm/session"
	"beeline/wasm/wire"
)

const (
	// readEvery is how often shares and inboxes are read again, though nothing seems to
	// have changed: what is written within one tick of a file system's clock looks the
	// same. The stamp of the contacts takes care of that itself.
	readEvery = time.Minute
	// failedFor is how long a share rests that could not be offered.
	failedFor = time.Minute
	// stopWithin is how long goodbyes and flushes may take. What a dead network drive
	// holds up is left to the end of the program.
	stopWithin = 10 * time.Second
	// hooksWithin is how long hooks may take after that, and unitStop how long systemd
	// waits in all before it kills (node unit): who reads the status has statusWithin, and
	// a command that hangs two seconds more for its output. What is left then is said.
	hooksWithin = 15 * time.Second
	unitStop    = 40 * time.Second
)

// With --json, a line for everything that happens; "id" is that of `node list`:
//
//	{"event":"node","server":"https://…","socket":"/run/…"}       it runs
//	{"event":"server","why":"E_OFFLINE"}                          or null: it is reached
//	{"event":"shared","id":"<32 hex>","title":"…","with":["Ada"],"files":…,"bytes":…}   also when the list is another one
//	{"event":"away","id":"…","title":"…","why":"…"}               its paths are not there
//	{"event":"failed","id":"…","title":"…","why":"…"}             it is tried again
//	{"event":"with","id":"…","with":[…]}                          who may have it from now on
//	{"event":"ended","id":"…","title":"…","why":"E_REVOKED"|"E_EXPIRED"}
//	{"event":"progress","id":"…","contact":"Ada", … as of share}
//	{"event":"contact","contact":"Ada","online":true}             of inboxes
//	{"event":"receiving","contact":"Ada","share":"<32 hex>","title":"…","out":"…","files":…,"bytes":…}
//	{"event":"progress","contact":"Ada","share":"…", … as of receive}
//	{"event":"received","contact":"Ada","share":"…","title":"…","out":"…", … as "result" of receive}
//	{"event":"skipped","id":"…","path":"…","why":"link"|…}        as of share
//	{"event":"holes","id":"…","files":…,"bytes":…}                as of send; once for a share, and when it is another number
//	{"event":"closed","old":false}                                the contacts can't be read, or are an older state: nobody is served
//	{"event":"unread","why":"…"}                                  what there is to do can't be; it is tried again
//	{"event":"held","contact":"Ada","share":"…","title":"…","out":"…","why":"…"}   a scan holds what arrived: "beeline release"
//	{"event":"full","contact":"Ada","share":"…","title":"…","out":"…","needed":…}   there is no room for so many bytes more: it waits
//	{"event":"stopped"}
func nodeRunCommand() *cli.Command {
	return &cli.Command{
		Name: "run", Usage: "do what `node add` and `node inbox` say, until it is told to stop",
		Description: "SIGTERM or Ctrl-C stops it: what moves goes on where it was the next time. SIGHUP has everything looked at again at\n" +
			"once; without it changes are seen within seconds, and new files within --rescan. Where its output is no terminal it\n" +
			"names shares by number, and neither files nor contacts: it ends in a log. BEELINE_PASSPHRASE holds the passphrase of\n" +
			"what is kept, where there is one.",
		Flags: append(slices.Concat(peerFlags(), hookFlags(), scanFlags(), []cli.Flag{configFlag()}),
			&cli.DurationFlag{Name: "rescan", Value: 30 * time.Second, Sources: env("rescan"), Usage: "look every so often whether what is shared has changed"},
			&cli.StringFlag{Name: "reserve", Value: reserveUsual, Sources: env("reserve"), Usage: "leave this `SIZE` of a disk free: what arrives waits for room before that"},
		),
		Action: func(ctx context.Context, c *cli.Command) error {
			n, err := newNode(ctx, c)
			if err != nil {
				return err
			}
			release, err := n.owner.hold("node", "a node of this identity runs already: `beeline node status`")
			if err != nil {
				return err
			}
			defer release()
			if n.hooks, err = readHooks(c, "node", n.screen, n.lines); err != nil {
				return err
			}
			defer n.hooks.CloseWithin(hooksWithin)
			if n.scans, err = readScans(c, "node", n.screen, n.lines); err != nil {
				return err
			}
			n.scanID = scanID(c.String("scan"))
			return n.run(ctx)
		},
	}
}

// node is what runs. Its lists are owned by the goroutine of run; what others see and
// change of them is under mu.
type node struct {
	connecting
	rescan  time.Duration
	owner   *owner
	own     *identity.Identity
	screen  *screen
	lines   *jsonStream
	hooks   *hooks
	scans   func(folder string) peer.Scan // nil: what arrives is not scanned
	scanID  string                        // names that scan to later runs
	reserve uint64                        // bytes that stay free of the disk of an inbox
	began   time.Time
	changes chan peer.Change
	inboxes *inboxes

	seen   stamps
	readAt time.Time
	last   int // number of a share

	keeping sync.Mutex // one writes at a time: the lock of the store is polled for

	mu     sync.Mutex   // guards what is below, and what shares point to
	book   *people.Book // nil: it can't be read
	shares map[string]*nodeShare
	by     map[int]*nodeShare
	lack   wire.Code
}

// stamps say whether anything was written since.
type stamps struct{ people, shares, inboxes string }

// nodeShare is a share of a node as it is now.
type nodeShare struct {
	kept   keep.Standing
	number int
	with   []identity.ID // those it is for who are contacts
	state  string        // listing, shared, away or failed
	why    string
	failed time.Time
	view   session.ShareView
	phases map[uint32]session.Phase

	holes             peer.Holes // what was said of them
	skipped, skipping int        // entries that are not shared; of a list that is being made
}

func newNode(ctx context.Context, c *cli.Command) (*node, error) {
	if err := noArguments(c); err != nil {
		return nil, err
	}
	k, err := readConnecting(c)
	switch {
	case err != nil:
		return nil, err
	case k.server == "":
		return nil, errNoServer
	case c.Duration("rescan") < time.Second:
		return nil, usagef("--rescan must be a second at least")
	}
	n := &node{
		connecting: k, rescan: c.Duration("rescan"), began: time.Now(), changes: make(chan peer.Change), lack: wire.Offline,
		screen: newScreen(c.Root().ErrWriter), lines: newJSONStream(c.Root().Writer),
		shares: make(map[string]*nodeShare), by: make(map[int]*nodeShare),
	}
	if n.reserve, err = sizeOf(c.String("reserve")); err != nil {
		return nil, usagef("--reserve: %v", err)
	}
	n.inboxes = newInboxes(n)
	if n.owner, err = ownerOf(ctx, c); err != nil {
		return nil, err
	}
	kept, done, err := n.owner.open(ctx)
	if err != nil {
		return nil, err
	}
	done()
	if n.own = kept.Book.Identity; !kept.Old {
		n.book = kept.Book
	}
	return n, nil
}

func (n *node) run(ctx context.Context) error {
	hup := make(chan os.Signal, 1)
	signal.Notify(hup, syscall.SIGHUP) // Windows has none: changes are seen without it
	defer signal.Stop(hup)
	socket, closeSocket, err := n.serveStatus()
	if err != nil {
		return err
	}
	defer closeSocket()
	if n.json {
		n.lines.say("node", object{"server": n.server, "socket": socket})
	} else {
		n.screen.line("The node runs; `beeline node status` says what it does.")
	}
	running, stop := context.WithCancel(ctx)
	defer stop()
	host := make(chan error, 1)
	go func() { host <- peer.Host(running, n.hostOptions(running)) }()
	received := make(chan struct{})
	go func() { defer close(received); n.inboxes.run(running) }()
	err = n.keep(running, hup, host)
	stop()
	late := time.After(stopWithin)
	if err == nil {
		select {
		case <-host:
		case <-late:
		}
	}
	select {
	case <-received:
	case <-late:
	}
	if ctx.Err() == nil {
		return err
	}
	if n.json {
		n.lines.say("stopped", object{})
	} else {
		n.screen.line("The node has stopped. What is shared is so again when it runs.")
	}
	return nil // it was told to: that is how it ends
}

// keep follows what there is to do until ctx ends, or the host does.
func (n *node) keep(ctx context.Context, hup <-chan os.Signal, host <-chan error) error {
	tick := time.NewTicker(bookEvery)
	defer tick.Stop()
	for {
		if err := n.follow(ctx); err != nil {
			return err
		}
		select {
		case <-tick.C:
		case <-hup:
			n.seen = stamps{}
			n.inboxes.again()
			n.change(ctx, peer.Change{Look: true})
		case err := <-host:
			if err == nil {
				err = errors.New("the node ended by itself")
			}
			return usagef("%s", sentence(err)) // the address of the server
		case <-ctx.Done():
			return nil
		}
	}
}

// called is how a share is called where people read: on a terminal by its title, in what
// may be a log by its number.
func (n *node) called(s *nodeShare) string {
	if n.screen.width == 0 {
		return s.kept.ID[:8]
	}
	return visible(titleOf(&s.kept))
}

// say says what happened to programs, or to people. The text has no names in it.
func (n *node) say(event string, o object, text string) {
	if n.json {
		n.lines.say(event, o)
	} else {
		n.screen.line("%s", text)
	}
}

// gone forgets a share. Called with mu held.
func (n *node) gone(s *nodeShare, why wire.Code) {
	delete(n.shares, s.kept.ID)
	delete(n.by, s.number)
	departed(s.phases, nil, n.hooks, n.lines)
	n.say("ended", object{"id": s.kept.ID, "title": titleOf(&s.kept), "why": why.Error()}, n.called(s)+": not shared any more.")
}

// hostOptions are those of the host, which calls back from its own goroutine.
func (n *node) hostOptions(ctx context.Context) peer.HostOptions {
	// of does something with the share of a number, unless it is gone.
	of := func(i int, do func(s *nodeShare)) {
		n.mu.Lock()
		defer n.mu.Unlock()
		if s := n.by[i]; s != nil {
			do(s)
		}
	}
	return peer.HostOptions{
		Server: n.server, HTTP: n.http, Own: n.own, Stay: true, Changes: n.changes, Rescan: n.rescan,
		OnLack: func(lack wire.Code) {
			n.mu.Lock()
			defer n.mu.Unlock()
			n.lack = lack
			text := "The server is reached."
			if lack != wire.None {
				text = because(lack) + "; trying again."
			}
			n.say("server", object{"why": why(lack)}, strings.ToUpper(text[:1])+text[1:])
		},
		OnAway: func(i int, why error) {
			of(i, func(s *nodeShare) {
				s.state, s.why, s.view = "away", reason(why), session.ShareView{}
				departed(s.phases, nil, n.hooks, n.lines)
				n.say("away", object{"id": s.kept.ID, "title": titleOf(&s.kept), "why": s.why}, n.called(s)+": not shared now: "+s.why+".")
			})
		},
		OnSkip: func(i int, found peer.Skipped) {
			of(i, func(s *nodeShare) {
				s.skipping++
				if n.json {
					n.lines.say("skipped", object{"id": s.kept.ID, "path": found.Path, "why": string(found.Why)})
				} else if n.screen.width > 0 {
					n.screen.line("Not shared: %s (%s)", visible(found.Path), found.Why)
				}
			})
		},
		OnHoles: func(i int, found peer.Holes) {
			of(i, func(s *nodeShare) {
				if s.holes != found {
					s.holes = found
					n.say("holes", object{"id": s.kept.ID, "files": found.Files, "bytes": found.Bytes}, n.called(s)+": "+holesText(found))
				}
			})
		},
		OnFail: func(i int, err error) {
			of(i, func(s *nodeShare) {
				switch {
				case errors.Is(err, keep.ErrNone):
					n.gone(s, wire.Revoked)
				case wire.CodeOf(err) == wire.Expired:
					n.expired(ctx, s)
				default:
					s.state, s.why, s.failed = "failed", reason(err), time.Now()
					n.say("failed", object{"id": s.kept.ID, "title": titleOf(&s.kept), "why": s.why}, n.called(s)+": can't be shared now: "+s.why+".")
				}
			})
		},
		OnKeep: func(i int, known []byte, list [32]byte) error { return n.keepShare(ctx, i, known, list) },
		OnView: func(i int, v session.ShareView) {
			of(i, func(s *nodeShare) { n.view(ctx, s, v) })
		},
	}
}

// keepShare keeps what a share is known by, where that is not kept already.
func (n *node) keepShare(ctx context.Context, i int, known []byte, list [32]byte) error {
	n.mu.Lock()
	s, book := n.by[i], n.book
	if s == nil || book == nil {
		n.mu.Unlock()
		return keep.ErrNone
	}
	id, same := s.kept.ID, slices.Equal(s.kept.Kept, known) && s.kept.List == list
	one := s.kept
	n.mu.Unlock()
	if err := n.overlaps([]keep.Standing{one}, nil); err != nil {
		return err
	}
	if same {
		return nil
	}
	n.keeping.Lock()
	defer n.keeping.Unlock()
	if err := keepShare(ctx, n.owner.store, book, id, known, list); err != nil {
		return err
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	s.kept.Kept, s.kept.List = known, list
	return nil
}

// view takes what there is to show of a share. Called with mu held.
func (n *node) view(ctx context.Context, s *nodeShare, v session.ShareView) {
	switch {
	case v.Phase == session.Cancelled || v.Phase == session.Failed:
		if v.Why == wire.Expired {
			n.expired(ctx, s)
		} else {
			n.gone(s, wire.Revoked)
		}
		return
	case s.state != "shared" || s.view.Files != v.Files || s.view.Bytes != v.Bytes:
		s.state, s.why, s.skipped, s.skipping = "shared", "", s.skipping, 0
		names := n.names(s.with)
		n.say("shared", object{"id": s.kept.ID, "title": titleOf(&s.kept), "with": names, "files": v.Files, "bytes": v.Bytes},
			n.called(s)+": shared with "+plural(len(names), "contact")+": "+plural(v.Files, "file")+", "+size(v.Bytes)+".")
	}
	s.view = v
	for _, r := range v.Recipients {
		name := ""
		if n.book != nil {
			name = nameOf(n.book, r.Contact)
		}
		before, known := s.phases[r.ID]
		s.phases[r.ID] = r.Phase
		n.hooks.recipientOf(pathOf(&s.kept), titleOf(&s.kept), name, r)
		if n.json {
			if n.lines.due(r.ID, r.Phase, r.Route, r.Why) {
				n.lines.say("progress", recipientObject(r, object{"id": s.kept.ID, "contact": name}))
			}
			continue
		}
		if known && before == r.Phase {
			continue
		}
		if n.screen.width == 0 {
			name = "a contact"
		}
		n.screen.line("%s: %s: %s", n.called(s), visible(name), r.Phase.String())
	}
	departed(s.phases, v.Recipients, n.hooks, n.lines)
}

// pathOf is what a share is of, if that is one.
func pathOf(s *keep.Standing) string {
	if len(s.Paths) == 1 {
		return s.Paths[0]
	}
	return ""
}

// expired forgets a share whose time is over. Called with mu held.
func (n *node) expired(ctx context.Context, s *nodeShare) {
	id := s.kept.ID
	n.gone(s, wire.Expired)
	go func() {
		n.keeping.Lock()
		defer n.keeping.Unlock()
		if l, err := n.owner.store.Lock(ctx); err == nil {
			_ = l.DropStanding(id) // else it is found to be over the next time, too
			l.Close()
		}
	}()
}

// reason is why something of this machine does not do, without the name of a file.
func reason(err error) string {
	var path *os.PathError
	if errors.As(err, &path) {
		err = path.Err
	}
	if c := wire.CodeOf(err); err != nil && c != wire.Internal && c != wire.None {
		return because(c)
	}
	return sentence(err)
}
