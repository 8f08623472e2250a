//go:build linux

package lab

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/vishvananda/netns"
	"golang.org/x/sys/unix"
)

// A Lab is running until it is closed.
type Lab struct {
	number      uint64 // among those of this process
	description Description
	engine      *engine
	spaces      map[string]*namespace // by host
	forwards    []*forward
	running     sync.WaitGroup
	once        sync.Once

	moving sync.Mutex // guards moves and addresses of spaces
	moves  []int      // by site
}

var labs atomic.Uint64

type namespace struct {
	name      string
	handle    netns.NsHandle
	addresses pair
}

// A Host is where programs run: `ip netns exec NAMESPACE program`. They find the
// others by name: "server.test". After a move the names are still the old ones'.
type Host struct {
	Namespace string `json:"namespace"`
	Address   string `json:"address"`            // IPv4, where there is one
	Address6  string `json:"address6,omitempty"` // where it has both
}

// Start builds what is described and lets it run.
func Start(d Description) (_ *Lab, err error) {
	if err := d.check(); err != nil {
		return nil, err
	}
	if err := Possible(); err != nil {
		return nil, err
	}
	sweep()
	l := &Lab{
		number: labs.Add(1), description: d, spaces: map[string]*namespace{}, moves: make([]int, len(d.Sites)),
		engine: &engine{public: map[netip.Addr]*site{}},
	}
	defer func() {
		if err != nil {
			l.Close()
		}
	}()
	if l.engine.wake, err = unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK); err != nil {
		return nil, fmt.Errorf("make an eventfd: %w", err)
	}
	middle, err := newNamespace("")
	if err != nil {
		return nil, err
	}
	defer middle.Close() // the packet sockets keep it
	for i, s := range d.Sites {
		if err := l.addSite(i, s, middle); err != nil {
			return nil, fmt.Errorf("site %s: %w", s.Name, err)
		}
	}
	if err := l.writeNames(); err != nil {
		return nil, err
	}
	l.running.Go(l.engine.run)
	if d.Forward != nil {
		return l, l.forward(*d.Forward)
	}
	return l, nil
}

func (l *Lab) addSite(i int, s Site, middle netns.NsHandle) error {
	q, err := s.Line.quality()
	if err != nil {
		return err
	}
	// Each direction of each line, and each NAT, has a seed of its own.
	seed := func(n int) uint64 { return l.description.Seed ^ uint64(3*i+n+1)<<40 }
	made := &site{name: s.Name, block: s.Block, up: &pipe{seed: seed(0), quality: q}, down: &pipe{seed: seed(1), quality: q}, hosts: map[netip.Addr]*host{}}
	if s.NAT != Open {
		made.nat = newNAT(s.NAT, publicOf(i, 0), seed(2))
	}
	l.engine.sites = append(l.engine.sites, made)
	for j, name := range s.Hosts {
		h := &host{site: made, mac: [6]byte{0x02, 0xbe, 0xe0, 0, byte(i), byte(j)}}
		space := &namespace{name: fmt.Sprintf("%s%d-%d-%s", prefix, os.Getpid(), l.number, name), addresses: hostOf(s, i, j, 0)}
		if space.handle, err = newNamespace(space.name); err != nil {
			return err
		}
		l.spaces[name] = space
		err := in(middle, func() error {
			index, err := plug(fmt.Sprintf("h%d-%d", i, j), space.handle, h.mac)
			if err != nil {
				return err
			}
			h.port, err = openPort(index)
			return err
		})
		if err != nil {
			return err
		}
		l.engine.hosts = append(l.engine.hosts, h)
		for _, a := range space.addresses.each() {
			made.hosts[a] = h
		}
		if err := in(space.handle, func() error { return settle(space.addresses) }); err != nil {
			return err
		}
	}
	l.engine.publish(made)
	return nil
}

// Hosts returns where programs run, by name.
func (l *Lab) Hosts() map[string]Host {
	l.moving.Lock()
	defer l.moving.Unlock()
	hosts := map[string]Host{}
	for name, s := range l.spaces {
		h := Host{Namespace: s.name, Address: s.addresses.any().String()}
		if s.addresses.v4.IsValid() && s.addresses.v6.IsValid() {
			h.Address6 = s.addresses.v6.String()
		}
		hosts[name] = h
	}
	return hosts
}

// In runs f on a thread in a host's namespace; what it opens stays there.
func (l *Lab) In(host string, f func() error) error {
	s, ok := l.spaces[host]
	if !ok {
		return fmt.Errorf("lab: there is no host %q", host)
	}
	return in(s.handle, f)
}

// SetLine changes a site's line from the next packet on.
func (l *Lab) SetLine(name string, line Line) error {
	q, err := line.quality()
	if err != nil {
		return err
	}
	return l.changeSite(name, func(_ int, s *site) { s.up.quality, s.down.quality = q, q })
}

// Down cuts a site's line: what is sent from now on is lost, and nobody is told.
// 0 mends it.
func (l *Lab) Down(name string, d time.Duration) error {
	until := now() + int64(d)
	return l.changeSite(name, func(_ int, s *site) { s.up.downUntil, s.down.downUntil = until, until })
}

// Move gives a site other addresses. Behind a NAT the hosts see nothing of it,
// except that everything they had open is silent; others lose theirs.
func (l *Lab) Move(name string) error {
	l.moving.Lock()
	defer l.moving.Unlock()
	var index int
	var maps bool
	err := l.changeSite(name, func(i int, s *site) {
		index, maps = i, l.description.Sites[i].NAT.maps()
		l.moves[i]++
		if maps {
			s.nat.move(publicOf(i, l.moves[i]))
			l.engine.publish(s)
		}
	})
	if err != nil || maps {
		return err
	}
	d := l.description.Sites[index]
	fresh := map[netip.Addr]*host{}
	for j, name := range d.Hosts {
		space, addresses := l.spaces[name], hostOf(d, index, j, l.moves[index])
		for k, a := range addresses.each() {
			fresh[a] = l.engine.sites[index].hosts[space.addresses.each()[k]]
		}
		space.addresses = addresses
		if err := in(space.handle, func() error { return setAddresses(addresses) }); err != nil {
			return err
		}
	}
	return l.changeSite(name, func(_ int, s *site) {
		s.hosts = fresh
		l.engine.publish(s)
	})
}

func (l *Lab) changeSite(name string, f func(int, *site)) error {
	for i, s := range l.engine.sites {
		if s.name == name {
			l.engine.change(func() { f(i, s) })
			return nil
		}
	}
	return fmt.Errorf("lab: there is no site %q", name)
}

// A Report is what the lines carried, and what they did not.
type Report struct {
	Up     map[string]Counts `json:"up"` // by site
	Down   map[string]Counts `json:"down"`
	Missed uint64            `json:"missed"` // frames this process or the kernel lost: 0, or nothing that was measured counts
}

// Report counts from the beginning.
func (l *Lab) Report() Report {
	r := Report{Up: map[string]Counts{}, Down: map[string]Counts{}}
	l.engine.change(func() {
		for _, s := range l.engine.sites {
			r.Up[s.name], r.Down[s.name] = s.up.counts, s.down.counts
		}
		for _, h := range l.engine.hosts {
			h.port.count()
			r.Missed += h.port.missed + h.port.refused
		}
	})
	return r
}

// Close takes everything down. Programs that still run in a namespace keep it,
// without a cable.
func (l *Lab) Close() {
	l.once.Do(func() {
		for _, f := range l.forwards {
			f.close()
		}
		l.engine.change(func() { l.engine.ended = true })
		l.running.Wait()
		for _, h := range l.engine.hosts {
			h.port.close()
		}
		for _, s := range l.spaces {
			removeNames(s.name)
			_ = errors.Join(s.handle.Close(), netns.DeleteNamed(s.name))
		}
		_ = unix.Close(l.engine.wake)
	})
}
