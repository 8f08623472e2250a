package signaling

import (
	"slices"
	"time"

	"beeline/signaling/wire"
)

// A room is one topic and its members, in the order in which they came. The bus
// makes sure that only one goroutine is in a room.
type room struct {
	members []*member
}

type member struct {
	seat   Seat
	handle uint32
	since  time.Time
}

// place finds out whether a newcomer fits: at once (nil, 0), in the place of
// another (out, 0), or not before retry.
//
// Whoever knows a topic may fill it with connections that do nothing. So a
// newcomer takes the place of the one that has been there longest, of its own
// address where that has too many, else of the role that has more members.
// Everybody has a place for Tenure, which is enough for a handshake, and the
// first waiter, who is the sharer unless somebody was quicker, keeps it for
// good.
func (r *room) place(seat Seat, now time.Time, l Limits) (out *member, retry time.Duration) {
	same := func(m *member) bool {
		return seat.Address != 0 && m.seat.Address == seat.Address && m.seat.Role == seat.Role
	}
	switch {
	case r.count(same) >= l.PerAddress:
		return r.longest(same, now, l.Tenure)
	case len(r.members) >= l.Members:
		waiting := r.count(func(m *member) bool { return m.seat.Role == wire.Wait })
		fuller := wire.Knock
		if knocking := len(r.members) - waiting; waiting > knocking || waiting == knocking && seat.Role == wire.Wait {
			fuller = wire.Wait
		}
		return r.longest(func(m *member) bool { return m.seat.Role == fuller }, now, l.Tenure)
	}
	return nil, 0
}

// longest returns the member that may be put out first, or how long until there
// is one.
func (r *room) longest(may func(*member) bool, now time.Time, tenure time.Duration) (*member, time.Duration) {
	first := r.firstWaiter()
	for _, m := range r.members { // in the order of arrival
		if m == first || !may(m) {
			continue
		}
		if left := tenure - now.Sub(m.since); left > 0 {
			return nil, left
		}
		return m, 0
	}
	return nil, tenure // only the first waiter would have to go
}

func (r *room) firstWaiter() *member {
	for _, m := range r.members {
		if m.seat.Role == wire.Wait {
			return m
		}
	}
	return nil
}

func (r *room) count(is func(*member) bool) (n int) {
	for _, m := range r.members {
		if is(m) {
			n++
		}
	}
	return n
}

func (r *room) find(handle uint32) *member {
	for _, m := range r.members {
		if m.handle == handle {
			return m
		}
	}
	return nil
}

// add lets a newcomer in and introduces it to the other role.
func (r *room) add(topic wire.Topic, seat Seat, now time.Time) uint32 {
	m := &member{seat: seat, handle: newHandle(), since: now}
	for r.find(m.handle) != nil {
		m.handle = newHandle()
	}
	for _, other := range r.members {
		if other.seat.Role != seat.Role {
			seat.Member.Joined(topic, other.handle)
			other.seat.Member.Joined(topic, m.handle)
		}
	}
	r.members = append(r.members, m)
	return m.handle
}

// remove takes a member out and tells the other role.
func (r *room) remove(topic wire.Topic, m *member) {
	r.members = slices.DeleteFunc(r.members, func(o *member) bool { return o == m })
	for _, other := range r.members {
		if other.seat.Role != m.seat.Role {
			other.seat.Member.Left(topic, m.handle)
		}
	}
}
