package peer

import (
	"strings"
	"time"

	"beeline/wasm/session"
)

// relayHold is what a link knows of relays and does not try yet.
//
// A browser that offers nominates what answers first, and that is a relay. It goes
// over to a direct path when it finds one; but pion stops looking for others once a
// pair was nominated, and where our NAT lets nobody in who was not asked, ours are the
// only checks that can find one. So who answers leaves relays out for a moment.
type relayHold struct {
	until  <-chan time.Time // from both descriptions on
	over   bool
	ours   []string // candidates, as in SDP after "a="
	theirs []string
}

// keep reports whether a relay of either side is to wait.
func (h *relayHold) keep(l *link) bool { return !l.offer && !l.relayed && !h.over }

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
func (l *link) release() {
	theirs, ours := l.held.theirs, l.held.ours
	l.held = relayHold{over: true}
	l.apply(theirs)
	l.later = append(l.later, ours...)
	l.sendLater()
}

// sendLater tells the candidates that were found since the last time.
func (l *link) sendLater() {
	if len(l.later) > 0 {
		l.tell(session.LocalCandidates{Session: l.session, PC: l.pc, Lines: l.later})
		l.later = nil
	}
}
