package signaling

import (
	"errors"
	"time"

	"beeline/signaling/wire"
)

// A plate is a number of five or six digits under which one connection waits and
// one other may knock: the part of a spoken code that the hub knows. Its topic is
// a room like any other but for its rules, which the bus keeps (see [Bus]): the
// waiter comes by NP_ALLOC alone, the only knocker by NP_CLAIM, and the number
// dies with the waiter's connection. PROTOCOL.md 5.

// allot gives the client a plate to wait under.
func (c *conn) allot() (refused bool) {
	if len(c.seats) >= c.hub.limits.Topics || len(c.plates(wire.Wait)) > 0 {
		return c.refuse(wire.OpPlate, 0)
	}
	if wait := c.hub.addresses.takePlate(c.from, time.Now()); wait > 0 {
		return c.refuse(wire.OpPlate, wait)
	}
	plate, handle, err := c.hub.bus.Allot(Seat{Role: wire.Wait, Address: c.from, Connection: c.id, Member: c})
	if err != nil {
		return c.refuse(wire.OpPlate, time.Second)
	}
	c.hub.counters.allotted.Add(1)
	c.seats[wire.PlateTopic(plate)] = &seat{role: wire.Wait, handle: handle}
	c.out.plateIs(plate)
	return false
}

// claim lets the client knock at a plate. It gives up the one it claimed before.
func (c *conn) claim(plate uint32) (refused bool) {
	topic := wire.PlateTopic(plate)
	held := c.seats[topic]
	if held != nil && held.role == wire.Wait {
		return c.refuse(wire.OpClaim, 0) // one role a connection and topic
	}
	now := time.Now()
	if wait := c.hub.addresses.takeClaim(c.from, now); wait > 0 {
		return c.refuse(wire.OpClaim, wait)
	}
	if held != nil { // a client may repeat itself
		c.out.plateIs(plate)
		return false
	}
	before := c.plates(wire.Knock)
	for _, t := range before {
		c.leave(t)
	}
	c.out.forget(before)
	if len(c.seats) >= c.hub.limits.Topics {
		return c.refuse(wire.OpClaim, 0)
	}
	handle, err := c.hub.bus.Enter(topic, Seat{Role: wire.Knock, Address: c.from, Connection: c.id, Member: c})
	var full *FullError
	switch {
	case errors.As(err, &full):
		return c.refuse(wire.OpClaim, full.Retry)
	case err != nil:
		c.hub.counters.deadClaims.Add(1)
		c.hub.addresses.deadClaim(c.from, now)
		return c.refuse(wire.OpClaim, 0)
	}
	c.hub.counters.claimed.Add(1)
	// Whoever sweeps numbers holds each of them no longer than this.
	quiet := time.AfterFunc(c.hub.limits.ClaimQuiet, func() {
		c.hub.counters.quietClaims.Add(1)
		c.hub.bus.Exit(topic, handle)
		c.out.displaced(topic, handle, wire.OpClaim, retryMS(c.hub.limits.ClaimQuiet))
	})
	c.seats[topic] = &seat{role: wire.Knock, handle: handle, quiet: quiet}
	c.out.plateIs(plate)
	return false
}

// freePlates gives up the plate that was allotted and the one that was claimed.
// Like UNSUB it is not answered.
func (c *conn) freePlates() (refused bool) {
	topics := append(c.plates(wire.Wait), c.plates(wire.Knock)...)
	for _, t := range topics {
		c.leave(t)
	}
	c.out.forget(topics)
	return false
}

// plates returns the topics of plates that the client holds in a role: one at most.
func (c *conn) plates(role uint8) (topics []wire.Topic) {
	for t, s := range c.seats {
		if s.role == role && wire.IsPlate(t) {
			topics = append(topics, t)
		}
	}
	return topics
}
