package rtc

import (
	"strings"
	"time"
)

// relayHold is what a connection knows of relays and does not try yet.
//
// A browser that offers nominates what answers first, and that is a relay. It goes
// over to a direct path when it finds one; but pion stops looking for others once a
// pair was nominated, and where our NAT lets nobody in who was not asked, ours are the
// only checks that can find one. So who answers leaves relays out for a moment.
type relayHold struct {
	never  bool        // who offers, or has nothing but relays, holds none
	until  *time.Timer // from both descriptions on
	over   bool
	ours   []string // candidates, as in SDP after "a="
	theirs []string
}

// keep reports whether a relay of either side is to wait.
func (h *relayHold) keep() bool { return !h.never && !h.over }

func isRelay(candidate string) bool { return strings.Contains(candidate, " typ relay") }

// withoutRelays takes the relays out of a description, unless it names nothing else:
// then there is nothing to wait for.
func withoutRelays(sdp string) (rest string, relays []string) {
	var kept strings.Builder
	others := 0
	for line := range strings.Lines(sdp) {
		candidate, ok := strings.CutPrefix(strings.TrimRight(line, "\r\n"), "a=")
		if ok && strings.HasPrefix(candidate, "candidate:") {
			if isRelay(candidate) {
				relays = append(relays, candidate)
				continue
			}
			others++
		}
		kept.WriteString(line)
	}
	if others == 0 {
		return sdp, nil
	}
	return kept.String(), relays
}

// release begins to try what was held.
func (c *conn) release() {
	c.mu.Lock()
	theirs := c.held.theirs
	c.later = append(c.later, c.held.ours...)
	c.held.over, c.held.ours, c.held.theirs = true, nil, nil
	c.mu.Unlock()
	c.apply(theirs)
	c.sendLater()
}

// sendLater tells the candidates that were found since the last time.
func (c *conn) sendLater() {
	c.mu.Lock()
	later := c.later
	c.later = nil
	c.mu.Unlock()
	if len(later) > 0 {
		c.events.Candidates(later)
	}
}
