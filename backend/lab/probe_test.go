//go:build linux

package lab

import (
	"errors"
	"net"
	"net/netip"
	"os"
	"testing"
	"time"
)

// What a NAT does as RFC 5780 finds it out: from one socket inside to two
// addresses with two ports each, which say what they saw, and answer from another
// port or address than was asked.

// A behaviour is in the words of RFC 4787, 4.1 and 5.
type behaviour struct {
	mapping, filtering string
}

const (
	independent        = "endpoint-independent"
	byAddress          = "address-dependent"
	byAddressAndPort   = "address and port-dependent"
	probeWait          = 150 * time.Millisecond
	firstPortOfServers = 3478
)

func TestNATsBehaveAsTheyAreCalled(t *testing.T) {
	for nat, want := range map[NAT]behaviour{
		FullCone:          {independent, independent},
		AddressRestricted: {independent, byAddress},
		PortRestricted:    {independent, byAddressAndPort},
		Symmetric:         {byAddressAndPort, byAddressAndPort},
		Firewall:          {"none", byAddressAndPort},
		Open:              {"none", independent},
	} {
		t.Run(string(nat), func(t *testing.T) {
			l := start(t, Description{Seed: 5, Sites: []Site{{Name: "a", NAT: nat}, {Name: "b"}, {Name: "c"}}})
			if got := l.behaviour(t); got != want {
				t.Errorf("%+v, want %+v", got, want)
			}
		})
	}
}

// The filter of IPv6 is the same.
func TestFirewallOfIPv6(t *testing.T) {
	l := start(t, Description{Sites: []Site{{Name: "a", NAT: Firewall, IP: "6"}, {Name: "b", IP: "6"}, {Name: "c", IP: "6"}}})
	if got, want := l.behaviour(t), (behaviour{"none", byAddressAndPort}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
}

// behaviour probes host a, with servers on b and c.
func (l *Lab) behaviour(t *testing.T) (b behaviour) {
	servers := map[string][2]*net.UDPConn{}
	for _, name := range []string{"b", "c"} {
		servers[name] = [2]*net.UDPConn{l.udp(t, name, firstPortOfServers), l.udp(t, name, firstPortOfServers+1)}
	}
	// ask sends from a socket of a's and returns where the server saw it.
	ask := func(from *net.UDPConn, server string, port int) netip.AddrPort {
		t.Helper()
		if _, err := from.WriteToUDP([]byte("?"), l.address(server, firstPortOfServers+port)); err != nil {
			t.Fatal(err)
		}
		seen, ok := heard(t, servers[server][port])
		if !ok {
			t.Fatalf("what a sent to %s did not arrive", server)
		}
		return seen
	}
	one := l.udp(t, "a", 0)
	first, port, address := ask(one, "b", 0), ask(one, "b", 1), ask(one, "c", 0)
	switch {
	case first.Addr() == l.spaces["a"].addresses.any():
		b.mapping = "none"
	case first == port && first == address:
		b.mapping = independent
	case first == port:
		b.mapping = byAddress
	default:
		b.mapping = byAddressAndPort
	}
	other := l.udp(t, "a", 0)
	seen := ask(other, "b", 0)
	// comes reports whether what a server sends there arrives.
	comes := func(server string, port int) bool {
		_, _ = servers[server][port].WriteToUDPAddrPort([]byte("!"), seen)
		_, ok := heard(t, other)
		return ok
	}
	if !comes("b", 0) {
		t.Error("nobody may answer, not even who was asked")
	}
	switch {
	case comes("c", 0):
		b.filtering = independent
	case comes("b", 1):
		b.filtering = byAddress
	default:
		b.filtering = byAddressAndPort
	}
	return b
}

// heard is who sent the next packet, if one comes.
func heard(t *testing.T, conn *net.UDPConn) (netip.AddrPort, bool) {
	t.Helper()
	_ = conn.SetReadDeadline(time.Now().Add(probeWait))
	_, from, err := conn.ReadFromUDPAddrPort(make([]byte, 64))
	if err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Fatal(err)
	}
	return netip.AddrPortFrom(from.Addr().Unmap(), from.Port()), err == nil
}

func TestNoHairpinAndNeighboursMeet(t *testing.T) {
	l := start(t, Description{Sites: []Site{{Name: "a", NAT: FullCone, Hosts: []string{"a1", "a2"}}, {Name: "b"}}})
	out := l.udp(t, "b", 9)
	one, two := l.udp(t, "a1", 1), l.udp(t, "a2", 2)
	if _, err := one.WriteToUDP([]byte("?"), l.address("b", 9)); err != nil {
		t.Fatal(err)
	}
	seen, _ := heard(t, out)
	_, _ = two.WriteToUDPAddrPort([]byte("!"), seen)
	if _, ok := heard(t, one); ok {
		t.Error("a packet to the site's own address came back in")
	}
	_, _ = two.WriteToUDP([]byte("!"), l.address("a1", 1))
	if from, ok := heard(t, one); !ok || from.Addr().String() != "192.168.1.11" {
		t.Errorf("from the host beside it: %v, %v", from, ok)
	}
}

func TestMovedSiteIsElsewhere(t *testing.T) {
	for _, nat := range []NAT{Open, PortRestricted} {
		l := start(t, Description{Sites: []Site{{Name: "a", NAT: nat}, {Name: "b"}}})
		at := l.udp(t, "b", 9)
		ask := func() netip.Addr {
			// A socket that has no address of its own, so it follows the host's.
			if _, err := l.udp(t, "a", 0).WriteToUDP([]byte("?"), l.address("b", 9)); err != nil {
				t.Fatal(err)
			}
			from, _ := heard(t, at)
			return from.Addr()
		}
		before := ask()
		if err := l.Move("a"); err != nil {
			t.Fatal(err)
		}
		if after := ask(); !after.IsValid() || after == before {
			t.Errorf("%q: seen at %v, and after the move at %v", nat, before, after)
		}
		l.Close()
	}
}
