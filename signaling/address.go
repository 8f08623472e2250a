package signaling

import (
	"hash/maphash"
	"net/netip"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// An Address stands for the client's IPv4 address or IPv6 /64: a keyed hash
// under a key that lives as long as the process. The hub only ever compares
// them, so it has no use for the address itself. 0 has no limits per address.
type Address uint64

// addresses counts what one address does. An entry is forgotten when its last
// connection has gone and its rates have recovered, after 11 minutes at most.
type addresses struct {
	limits Limits
	seed   maphash.Seed

	mu      sync.Mutex // guards the rest
	known   map[Address]*visitor
	sweepAt time.Time
}

type visitor struct {
	connections int
	fresh       *rate.Limiter // new connections
	// Answers with ICE servers, plates given, plates claimed; nil until the first.
	ice, plates, claims *rate.Limiter
}

const sweepEvery = 30 * time.Second

func newAddresses(l Limits) *addresses {
	return &addresses{limits: l, seed: maphash.MakeSeed(), known: make(map[Address]*visitor)}
}

// of returns the Address that ip counts for.
func (a *addresses) of(ip netip.Addr) Address {
	ip = ip.Unmap().WithZone("")
	if a.limits.ExemptLoopback && ip.IsLoopback() {
		return 0
	}
	bits := ip.BitLen()
	if ip.Is6() {
		bits = 64 // what one household or phone gets
	}
	p, _ := ip.Prefix(bits) // an invalid ip gives the zero prefix: all of those share one budget
	h := maphash.Comparable(a.seed, p)
	return Address(max(h, 1))
}

// enter counts a new connection from addr, or says how long to wait before
// another attempt.
func (a *addresses) enter(addr Address) (wait time.Duration) {
	if addr == 0 {
		return 0
	}
	now := time.Now()
	a.mu.Lock()
	defer a.mu.Unlock()
	a.sweep(now)
	v := a.visitor(addr)
	if v.connections >= a.limits.Connections {
		return sweepEvery // somebody has to leave first
	}
	if wait := take(v.fresh, now, 1); wait > 0 {
		return wait
	}
	v.connections++
	return 0
}

// leave undoes enter.
func (a *addresses) leave(addr Address) {
	if addr == 0 {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.known[addr].connections--
}

// visitor returns what is known of addr. Needs mu.
func (a *addresses) visitor(addr Address) *visitor {
	v := a.known[addr]
	if v == nil {
		v = &visitor{fresh: rate.NewLimiter(a.limits.NewRate, a.limits.NewBurst)}
		a.known[addr] = v
	}
	return v
}

// takeICE takes one answer with ICE servers from the budget of addr.
func (a *addresses) takeICE(addr Address, now time.Time) (wait time.Duration) {
	return a.spend(addr, now, func(v *visitor) **rate.Limiter { return &v.ice }, a.limits.AddressICERate, a.limits.AddressICEBurst)
}

// takePlate takes one plate from the budget of addr.
func (a *addresses) takePlate(addr Address, now time.Time) (wait time.Duration) {
	return a.spend(addr, now, func(v *visitor) **rate.Limiter { return &v.plates }, a.limits.PlateRate, a.limits.PlateBurst)
}

// takeClaim takes one claim from the budget of addr.
func (a *addresses) takeClaim(addr Address, now time.Time) (wait time.Duration) {
	return a.spend(addr, now, func(v *visitor) **rate.Limiter { return &v.claims }, a.limits.ClaimRate, a.limits.ClaimBurst)
}

// spend takes one from a budget of addr, which is made when it is first needed.
func (a *addresses) spend(addr Address, now time.Time, of func(*visitor) **rate.Limiter, limit rate.Limit, burst int) (wait time.Duration) {
	if addr == 0 {
		return 0
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	budget := of(a.visitor(addr))
	if *budget == nil {
		*budget = rate.NewLimiter(limit, burst)
	}
	return take(*budget, now, 1)
}

// deadClaim holds a claim that was taken, of a plate that nobody has, against
// addr: whoever tries numbers waits before they can go on.
func (a *addresses) deadClaim(addr Address, now time.Time) {
	if addr == 0 {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if v := a.known[addr]; v != nil && v.claims != nil {
		v.claims.ReserveN(now, a.limits.ClaimDead-1) // not given back: the budget may go below none
	}
}

// sweep forgets whoever left and has nothing to be held against. Needs mu.
func (a *addresses) sweep(now time.Time) {
	if now.Before(a.sweepAt) {
		return
	}
	a.sweepAt = now.Add(sweepEvery)
	recovered := func(l *rate.Limiter) bool { return l == nil || l.TokensAt(now) >= float64(l.Burst()) }
	for addr, v := range a.known {
		if v.connections == 0 && recovered(v.fresh) && recovered(v.ice) && recovered(v.plates) && recovered(v.claims) {
			delete(a.known, addr)
		}
	}
}
