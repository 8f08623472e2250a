package relay

import (
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
)

// quota counts allocations. Two that begin at the same moment over two TCP
// connections may both find the last place free; the exchange has no more ports
// than Limits.Allocations in any case.
type quota struct {
	limits Limits
	exempt bool // addresses of this machine

	refused atomic.Uint64

	mu        sync.Mutex // guards the rest
	all       int
	addresses map[netip.Prefix]int
	users     map[string]int
}

func newQuota(l Limits, exemptLoopback bool) *quota {
	return &quota{limits: l, exempt: exemptLoopback, addresses: make(map[netip.Prefix]int), users: make(map[string]int)}
}

// allows reports whether there is room for one more allocation.
func (q *quota) allows(user, _ string, from net.Addr) bool {
	p := prefixOf(from)
	q.mu.Lock()
	defer q.mu.Unlock()
	ok := q.all < q.limits.Allocations && q.users[user] < q.limits.PerUser &&
		(q.addresses[p] < q.limits.PerAddress || q.exempt && p.Addr().IsLoopback())
	if !ok {
		q.refused.Add(1)
	}
	return ok
}

func (q *quota) created(from, _ net.Addr, _, user, _ string, _ net.Addr, _ int) {
	q.count(from, user, 1)
}
func (q *quota) deleted(from, _ net.Addr, _, user, _ string) { q.count(from, user, -1) }

func (q *quota) count(from net.Addr, user string, n int) {
	p := prefixOf(from)
	q.mu.Lock()
	defer q.mu.Unlock()
	q.all += n
	if q.addresses[p] += n; q.addresses[p] == 0 {
		delete(q.addresses, p)
	}
	if q.users[user] += n; q.users[user] == 0 {
		delete(q.users, user)
	}
}

// prefixOf returns what an address counts as: itself, or the /64 that one
// household or phone gets.
func prefixOf(a net.Addr) netip.Prefix {
	at, _ := netip.ParseAddrPort(a.String()) // what is none shares one budget with its like
	ip := at.Addr().Unmap().WithZone("")
	bits := ip.BitLen()
	if ip.Is6() {
		bits = 64
	}
	p, _ := ip.Prefix(bits)
	return p
}

// visits counts open TCP connections.
type visits struct {
	perAddress, max int
	exempt          bool

	mu   sync.Mutex // guards the rest
	all  int
	open map[netip.Prefix]int
}

func newVisits(perAddress, max int, exemptLoopback bool) *visits {
	return &visits{perAddress: perAddress, max: max, exempt: exemptLoopback, open: make(map[netip.Prefix]int)}
}

// enter counts a connection; false means that it is one too many.
func (v *visits) enter(p netip.Prefix) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.all >= v.max || v.open[p] >= v.perAddress && !(v.exempt && p.Addr().IsLoopback()) {
		return false
	}
	v.all++
	v.open[p]++
	return true
}

func (v *visits) leave(p netip.Prefix) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.all--
	if v.open[p]--; v.open[p] == 0 {
		delete(v.open, p)
	}
}
