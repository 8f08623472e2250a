//go:build linux

package lab

import (
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
	number   uint64 // among those of this process
	engine   *engine
	spaces   map[string]namespace // by host
	forwards []*forward
	running  sync.WaitGroup
	once     sync.Once
}

var labs atomic.Uint64

type namespace struct {
	name    string
	handle  netns.NsHandle
	address netip.Addr
}

// A Host is where programs run: `ip netns exec NAMESPACE program`.
type Host struct {
	Namespace string `json:"namespace"`
	Address   string `json:"address"`
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
	l := &Lab{number: labs.Add(1), engine: &engine{routes: map[netip.Addr]*host{}}, spaces: map[string]namespace{}}
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
		if err := l.addSite(i, s, d.Seed, middle); err != nil {
			return nil, fmt.Errorf("site %s: %w", s.Name, err)
		}
	}
	l.running.Go(l.engine.run)
	if d.Forward != nil {
		return l, l.forward(*d.Forward)
	}
	return l, nil
}

func (l *Lab) addSite(i int, s Site, seed uint64, middle netns.NsHandle) error {
	q, err := s.Line.quality()
	if err != nil {
		return err
	}
	// Each direction of each line has a seed of its own.
	made := &site{name: s.Name, up: &pipe{seed: seed ^ uint64(2*i+1)<<40, quality: q}, down: &pipe{seed: seed ^ uint64(2*i+2)<<40, quality: q}}
	l.engine.sites = append(l.engine.sites, made)
	for j, name := range s.Hosts {
		h := &host{name: name, site: made, mac: [6]byte{0x02, 0xbe, 0xe0, 0, byte(i), byte(j)}}
		address := netip.AddrFrom4([4]byte{11, 0, byte(i + 1), byte(10 + j)})
		space := namespace{name: fmt.Sprintf("%s%d-%d-%s", prefix, os.Getpid(), l.number, name), address: address}
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
		l.engine.routes[address] = h
		if err := in(space.handle, func() error { return settle(address) }); err != nil {
			return err
		}
	}
	return nil
}

// Hosts returns where programs run, by name.
func (l *Lab) Hosts() map[string]Host {
	hosts := map[string]Host{}
	for name, s := range l.spaces {
		hosts[name] = Host{Namespace: s.name, Address: s.address.String()}
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
	return l.changeSite(name, func(s *site) { s.up.quality, s.down.quality = q, q })
}

// Down cuts a site's line: what is sent from now on is lost, and nobody is told.
// 0 mends it.
func (l *Lab) Down(name string, d time.Duration) error {
	until := now() + int64(d)
	return l.changeSite(name, func(s *site) { s.up.downUntil, s.down.downUntil = until, until })
}

func (l *Lab) changeSite(name string, f func(*site)) error {
	for _, s := range l.engine.sites {
		if s.name == name {
			l.engine.change(func() { f(s) })
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
			_ = s.handle.Close()
			_ = netns.DeleteNamed(s.name)
		}
		_ = unix.Close(l.engine.wake)
	})
}
