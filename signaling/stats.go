package signaling

import "sync/atomic"

// Stats are all that the hub remembers of what happened: sums, never who.
type Stats struct {
	Connections    int64  // open now
	Topics         int64  // with members now; -1 where the bus doesn't know
	Plates         int64  // taken now; -1 where the bus doesn't know
	Accepted       uint64 // connections
	RefusedAddress uint64 // connections, by the limits per address
	Forwarded      uint64 // frames given to a queue
	Dropped        uint64 // frames, from a full queue
	Refused        uint64 // messages answered with ERR
	Displaced      uint64 // members put out for a newcomer
	Allotted       uint64 // plates given
	Claimed        uint64 // plates claimed
	DeadClaims     uint64 // claims of plates that nobody had
	QuietClaims    uint64 // claimers put out because they sent nothing
	Protocol       uint64 // connections closed for a message that no honest client sends
	Silent         uint64 // connections closed because no pong came
	Slow           uint64 // connections closed because they took nothing
}

type counters struct {
	connections                                                                              atomic.Int64
	accepted, refusedAddress, forwarded, dropped, refused, displaced, protocol, silent, slow atomic.Uint64
	allotted, claimed, deadClaims, quietClaims                                               atomic.Uint64
}

// Stats returns the sums so far.
func (h *Hub) Stats() Stats {
	topics, plates := int64(-1), int64(-1)
	if b, ok := h.bus.(interface {
		Topics() int
		Plates() int
	}); ok {
		topics, plates = int64(b.Topics()), int64(b.Plates())
	}
	c := &h.counters
	return Stats{
		Connections:    c.connections.Load(),
		Topics:         topics,
		Plates:         plates,
		Accepted:       c.accepted.Load(),
		RefusedAddress: c.refusedAddress.Load(),
		Forwarded:      c.forwarded.Load(),
		Dropped:        c.dropped.Load(),
		Refused:        c.refused.Load(),
		Displaced:      c.displaced.Load(),
		Allotted:       c.allotted.Load(),
		Claimed:        c.claimed.Load(),
		DeadClaims:     c.deadClaims.Load(),
		QuietClaims:    c.quietClaims.Load(),
		Protocol:       c.protocol.Load(),
		Silent:         c.silent.Load(),
		Slow:           c.slow.Load(),
	}
}
