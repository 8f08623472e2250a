package session

import (
	"strings"
	"testing"

	swire "beeline/signaling/wire"
	"beeline/wasm/identity"
	"beeline/wasm/wire"
)

// pathsWorld is a hub with a relay, or without, and what both sides' shells were
// told about connections. The stacks of this world look for every kind of
// candidate whatever they are told: what does not cross was held back by the core.
type pathsWorld struct {
	*world
	made   map[*node][]MakePC
	shown  map[*node]string // the candidates of the other side that it was handed
	sharer *Sharer
}

func newPathsWorld(t *testing.T, relay bool) *pathsWorld {
	w := &pathsWorld{world: newWorld(t, 1), made: make(map[*node][]MakePC), shown: make(map[*node]string)}
	w.hub.ice = func() swire.ICE {
		if !relay {
			return swire.ICE{URLs: []string{"stun:127.0.0.1:3478"}}
		}
		return swire.ICE{TTL: 600, Username: "u", Password: "p", URLs: []string{"stun:127.0.0.1:3478", "turn:127.0.0.1:3478?transport=udp"}}
	}
	w.sharer = w.share(1, tiny()...)
	w.watch(w.world.sharer)
	return w
}

func (w *pathsWorld) watch(n *node) {
	n.log = func(a Action) {
		switch a := a.(type) {
		case MakePC:
			w.made[n] = append(w.made[n], a)
		case SetRemote:
			w.shown[n] += a.SDP
		case AddCandidates:
			w.shown[n] += strings.Join(a.Lines, "\n")
		}
	}
}

// comes lets a recipient connect, who hides or not.
func (w *pathsWorld) comes(hidden bool) (*node, *Receiver) {
	w.t.Helper()
	r, err := NewReceiver(w.sharer.Link(), w.config(1))
	if err != nil {
		w.t.Fatal(err)
	}
	n := w.node("recipient", r)
	w.watch(n)
	n.online()
	n.handle(Connect{Hidden: hidden})
	return n, r
}

// kindsIn says which kinds of candidates an SDP has.
func kindsIn(sdp string) string {
	var kinds []string
	for _, k := range []string{"host", "srflx", "relay"} {
		if strings.Contains(sdp, "typ "+k) {
			kinds = append(kinds, k)
		}
	}
	return strings.Join(kinds, " ")
}

func servers1(made []MakePC) (kinds string) {
	for _, pc := range made {
		for _, s := range pc.ICE {
			kinds += strings.SplitN(s.URLs[0], ":", 2)[0] + " "
		}
	}
	return strings.TrimSpace(kinds)
}

// What a session may not use is neither looked for nor told nor taken, at both
// ends. PROTOCOL.md d.4.
func TestPathsOfAShare(t *testing.T) {
	for name, tt := range map[string]struct {
		paths            uint8
		hidden           bool
		servers          [2]string // that the sharer's and the recipient's stack got
		toSharer, toThem string    // kinds of candidates told
	}{
		"any":         {wire.PathsAny, false, [2]string{"stun turn", "stun turn"}, "host relay", "host relay"},
		"direct only": {wire.PathsDirect, false, [2]string{"stun", "stun"}, "host", "host"},
		"relay only":  {wire.PathsRelay, false, [2]string{"turn", "turn"}, "relay", "relay"},
		"both hide":   {wire.PathsRelay, true, [2]string{"turn", "turn"}, "relay", "relay"},
		"they hide":   {wire.PathsAny, true, [2]string{"stun turn", "turn"}, "relay", "host relay"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newPathsWorld(t, true)
			w.world.sharer.handle(SetPaths{tt.paths})
			n, r := w.comes(tt.hidden)
			w.wait(5_000, "the list comes", func() bool { return r.View().Listed })
			for i, n := range []*node{w.world.sharer, n} {
				if got := servers1(w.made[n]); got != tt.servers[i] {
					t.Errorf("%s's stack was given %q, want %q", n.name, got, tt.servers[i])
				}
				only := tt.servers[i] == "turn"
				if w.made[n][0].RelayOnly != only {
					t.Errorf("%s's stack is told to use only a relay: %v, want %v", n.name, !only, only)
				}
			}
			if got := kindsIn(w.shown[w.world.sharer]); got != tt.toSharer {
				t.Errorf("the sharer was told %q, want %q", got, tt.toSharer)
			}
			if got := kindsIn(w.shown[n]); got != tt.toThem {
				t.Errorf("the recipient was told %q, want %q", got, tt.toThem)
			}
			if got := r.View().Paths; got != tt.paths {
				t.Errorf("the recipient is shown paths %d, want %d", got, tt.paths)
			}
			if got := w.sharer.View(); got.Paths != tt.paths || got.Recipients[0].Paths != tt.paths {
				t.Errorf("the sharer is shown paths %d and %d, want %d", got.Paths, got.Recipients[0].Paths, tt.paths)
			}
			// Candidates that are found later are held back as well.
			w.shown = make(map[*node]string)
			for _, x := range []*node{w.world.sharer, n} {
				x.handle(LocalCandidates{Session: w.made[x][0].Session, PC: 0, Lines: []string{
					"candidate:1 1 udp 1 10.0.0.9 4001 typ host", "candidate:2 1 udp 1 192.0.0.8 4002 typ relay raddr 0.0.0.0 rport 0",
				}})
			}
			w.run(300)
			if got := kindsIn(w.shown[w.world.sharer]); got != tt.toSharer {
				t.Errorf("the sharer was told %q later, want %q", got, tt.toSharer)
			}
			if got := kindsIn(w.shown[n]); got != tt.toThem {
				t.Errorf("the recipient was told %q later, want %q", got, tt.toThem)
			}
		})
	}
}

// A choice is for who connects from then on: a session that is open keeps what
// it was told, and its next one does not.
func TestPathsAreForWhoConnectsNext(t *testing.T) {
	w := newPathsWorld(t, true)
	_, r := w.comes(false)
	w.wait(5_000, "the list comes", func() bool { return r.View().Listed })
	w.world.sharer.handle(SetPaths{wire.PathsRelay})
	w.run(1_000)
	if r.conn == nil || r.View().Paths != wire.PathsAny {
		t.Fatalf("the open session uses paths %d, want those it began with", r.View().Paths)
	}
	w.kill(w.live()[0])
	w.wait(5_000, "the next session is there", func() bool { return r.conn != nil && r.conn.headed })
	if r.View().Paths != wire.PathsRelay {
		t.Errorf("the next session uses paths %d, want a relay only", r.View().Paths)
	}
}

// Without a relay a session that needs one says so at both ends, and no stack is
// asked for an address.
func TestNoRelay(t *testing.T) {
	for name, tt := range map[string]struct {
		relay, unreachable bool
		paths              uint8
		hidden             bool
		made               int
	}{
		"none for the share":              {paths: wire.PathsRelay},
		"none for the recipient":          {hidden: true, made: 1},
		"one does what the other refuses": {relay: true, paths: wire.PathsDirect, hidden: true, made: 1},
		"one that can't be reached":       {relay: true, unreachable: true, paths: wire.PathsRelay, made: 1},
	} {
		t.Run(name, func(t *testing.T) {
			w := newPathsWorld(t, tt.relay)
			w.world.sharer.unreachable = tt.unreachable
			w.world.sharer.handle(SetPaths{tt.paths})
			n, r := w.comes(tt.hidden)
			w.wait(5_000, "it has failed", func() bool { return r.View().Phase == Failed })
			if v := r.View(); v.Why != wire.NoRelay || v.Paths != tt.paths {
				t.Errorf("the recipient reads %v and paths %d, want %v and %d", v.Why, v.Paths, wire.NoRelay, tt.paths)
			}
			w.run(300)
			if v := w.sharer.View().Recipients[0]; v.Phase != Failed || v.Why != wire.NoRelay {
				t.Errorf("the sharer reads %v in phase %d, want %v and Failed", v.Why, v.Phase, wire.NoRelay)
			}
			if got := len(w.made[n]); got != 0 {
				t.Errorf("the recipient's stack made %d connections, want none", got)
			}
			if got := len(w.made[w.world.sharer]); got != tt.made {
				t.Errorf("the sharer's stack made %d connections, want %d", got, tt.made)
			}
			// Once both agree, the same recipient is let in without asking.
			w.world.sharer.unreachable = false
			w.world.sharer.handle(SetPaths{wire.PathsDirect})
			n.handle(Connect{})
			w.wait(5_000, "the list comes", func() bool { return r.View().Listed })
		})
	}
}

// PATHS has one form, comes once, and before anything that shows an address.
func TestPathsMessage(t *testing.T) {
	for name, tt := range map[string]struct {
		payload []byte
		nextPC  int
		paths   uint8
		want    wire.Code
	}{
		"direct":     {[]byte{wire.TPaths, 1}, 0, 0, wire.None},
		"relay":      {[]byte{wire.TPaths, 2}, 0, 0, wire.None},
		"any":        {[]byte{wire.TPaths, 0}, 0, 0, wire.Format},
		"unknown":    {[]byte{wire.TPaths, 3}, 0, 0, wire.Format},
		"short":      {[]byte{wire.TPaths}, 0, 0, wire.Format},
		"long":       {[]byte{wire.TPaths, 1, 0}, 0, 0, wire.Format},
		"twice":      {[]byte{wire.TPaths, 2}, 0, wire.PathsDirect, wire.Format},
		"after DESC": {[]byte{wire.TPaths, 2}, 1, 0, wire.Format},
	} {
		r := &Receiver{paths: tt.paths, conn: &conn{nextPC: tt.nextPC}}
		if got := wire.CodeOf(r.limited(tt.payload)); got != tt.want {
			t.Errorf("%s: %v, want %v", name, got, tt.want)
		}
	}
}

// Who hides while looking for what contacts share shows its address to nobody but
// the relay, and is told where there is none.
func TestWatcherHidesItsAddress(t *testing.T) {
	for name, hidden := range map[string]bool{"hides": true, "does not": false} {
		t.Run(name, func(t *testing.T) {
			w := newPathsWorld(t, true)
			a, b := newPerson(t, "Anna"), newPerson(t, "Bela")
			w.world.sharer.shareWith(a, b)
			m := NewWatcher(0, w.config(1))
			n := w.node("B", m)
			w.watch(n)
			n.online()
			n.handle(SetContacts{Own: b.id, Cards: cards([]person{a}), Hidden: hidden})
			w.wait(10_000, "the share in B's list", func() bool { return len(offers(m, 0)) == 1 })
			kinds := "host relay"
			if hidden {
				kinds = "relay"
			}
			if got := kindsIn(w.shown[w.world.sharer]); got != kinds || w.made[n][0].RelayOnly != hidden {
				t.Errorf("Anna was told of %q, relay only %v; want %q", got, w.made[n][0].RelayOnly, kinds)
			}
			if m.NoRelay() {
				t.Error("the hub's relay was not seen")
			}
		})
	}
	w := newPathsWorld(t, false)
	a, b := newPerson(t, "Anna"), newPerson(t, "Bela")
	_, m := w.world.watch("B", b, a)
	w.run(1_000)
	if !m.NoRelay() {
		t.Error("without a relay nothing is said of it")
	}
}

// Whoever has a relay-only share of a host sees no address by looking what there is,
// whatever else is shared with them; to others it is as without that share.
func TestLookingHidesWhatTakingHides(t *testing.T) {
	w := newPathsWorld(t, true)
	a, b, c := newPerson(t, "Anna"), newPerson(t, "Bela"), newPerson(t, "Cleo")
	n, _ := w.host(a)
	hidden := n.add("Hidden", a, tiny(), b)
	n.add("Open", a, tiny(), b, c)
	n.handle(To{hidden.id, SetPaths{wire.PathsRelay}})
	w.watch(n)
	n.online()
	nb, mb := w.world.watch("B", b, a)
	nc, mc := w.world.watch("C", c, a)
	w.watch(nb)
	w.watch(nc)
	w.wait(5_000, "what there is", func() bool { return len(offers(mb, 0)) == 2 && len(offers(mc, 0)) == 1 })
	if b, c := kindsIn(w.shown[nb]), kindsIn(w.shown[nc]); b != "relay" || c != "host relay" {
		t.Errorf("B was told of %q and C of %q, want relay, and host relay", b, c)
	}
	only := 0
	for _, pc := range w.made[n] {
		if pc.RelayOnly {
			only++
		}
	}
	if len(w.made[n]) != 2 || only != 1 {
		t.Errorf("of %d connections %d may use a relay only, want one of two", len(w.made[n]), only)
	}
}

// Who had nothing but a relay-only share sees no address either in the moment in which
// that is taken away to be listed anew, and the contact not yet.
func TestLookingHidesWhatIsAway(t *testing.T) {
	w := newPathsWorld(t, true)
	a, b := newPerson(t, "Anna"), newPerson(t, "Bela")
	n, h := w.host(a)
	hidden := n.add("Hidden", a, tiny(), b)
	n.handle(To{hidden.id, SetPaths{wire.PathsRelay}})
	n.online()
	n.handle(Suspend{hidden.id})
	n.handle(Await{hidden.id, []*identity.Card{b.card}})
	if len(h.lobby.members) != 1 {
		t.Fatalf("%d contacts are waited for, want 1 until the next Tick", len(h.lobby.members))
	}
	if p := h.paths(h.lobby.members[0]); p != wire.PathsRelay {
		t.Errorf("who looks now may use paths %d, want %d", p, wire.PathsRelay)
	}
}
