package cli

import (
	"context"
	"errors"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/urfave/cli/v3"

	"beeline/backend/peer"
	"beeline/wasm/identity"
	"beeline/wasm/people"
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
	hup, deaf := hangups(ctx)
	defer deaf()
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

// say says what happened to programs, or to people. The text has no names in it.
func (n *node) say(event string, o object, text string) {
	if n.json {
		n.lines.say(event, o)
	} else {
		n.screen.line("%s", text)
	}
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
