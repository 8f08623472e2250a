package lab

import "net/netip"

// Addresses of the lab: those of its internet are ones that belong to a ministry
// and are seen nowhere, so that programs treat them as public; those behind a NAT
// are everybody's own, the same at each site.
//
//	11.G.S.1         a NAT's               2600:be:G:S::H
//	11.G.S.H         a host's without      192.168.1.H     behind a NAT
//
// S is the site, from 1; H the host, from 10; G how often the site moved.

const firstHost = 10

// A pair is an address of each family; one that is not there is not valid.
type pair struct{ v4, v6 netip.Addr }

// any is the one to name where one is enough.
func (p pair) any() netip.Addr {
	if p.v4.IsValid() {
		return p.v4
	}
	return p.v6
}

func (p pair) each() []netip.Addr {
	var all []netip.Addr
	for _, a := range []netip.Addr{p.v4, p.v6} {
		if a.IsValid() {
			all = append(all, a)
		}
	}
	return all
}

// publicOf is the address of a NAT.
func publicOf(site, moves int) netip.Addr {
	return netip.AddrFrom4([4]byte{11, byte(moves), byte(site + 1), 1})
}

// hostOf are the addresses of a host.
func hostOf(s Site, site, host, moves int) (p pair) {
	last := byte(firstHost + host)
	if s.NAT.maps() {
		return pair{v4: netip.AddrFrom4([4]byte{192, 168, 1, last})}
	}
	if s.IP != "6" {
		p.v4 = netip.AddrFrom4([4]byte{11, byte(moves), byte(site + 1), last})
	}
	if s.IP != "4" {
		p.v6 = netip.AddrFrom16([16]byte{0x26, 0, 0, 0xbe, 0, byte(moves), 0, byte(site + 1), 15: last})
	}
	return p
}
