package cli

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"beeline/backend/peer"
	"beeline/wasm/session"
)

// way is how the bytes go, for people.
func way(r session.Route) string {
	switch r {
	case session.RouteLAN:
		return "within the network"
	case session.RouteDirect:
		return "directly"
	case session.RouteRelayed:
		return "through the relay"
	}
	return ""
}

// size is a number of bytes for people, with three digits that count.
func size(n uint64) string {
	if n < 1000 {
		return plural(int(n), "byte")
	}
	v, unit := float64(n), ""
	for _, unit = range []string{"KB", "MB", "GB", "TB", "PB"} {
		if v /= 1000; v < 999.5 {
			break
		}
	}
	digits := max(0, 2-len(strconv.Itoa(int(v)))+1)
	if v >= 99.5 {
		digits = 0
	}
	return strconv.FormatFloat(v, 'f', digits, 64) + " " + unit
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return strconv.Itoa(n) + " " + what + "s"
}

// lasting is a time for people: "8 s", "3 min 20 s", "2 h 5 min".
func lasting(d time.Duration) string {
	s := int(d.Round(time.Second) / time.Second)
	switch {
	case s < 60:
		return fmt.Sprintf("%d s", s)
	case s < 3600:
		return fmt.Sprintf("%d min %d s", s/60, s%60)
	}
	return fmt.Sprintf("%d h %d min", s/3600, s/60%60)
}

// visible is a name of somebody else's as a terminal may be shown it: nothing in
// it controls anything. The list's names were judged already (PROTOCOL.md g.3);
// paths of this machine were not.
func visible(name string) string {
	return strings.Map(func(r rune) rune {
		if !strconv.IsPrint(r) {
			return '\uFFFD'
		}
		return r
	}, name)
}

// A pace is how fast bytes come, over the last seconds.
type pace struct {
	at    []time.Time
	bytes []uint64
}

const paceOver = 5 * time.Second

// note adds how many there are now and returns bytes a second.
func (p *pace) note(now time.Time, bytes uint64) float64 {
	if n := len(p.bytes); n > 0 && bytes < p.bytes[n-1] {
		*p = pace{} // something began again
	}
	p.at, p.bytes = append(p.at, now), append(p.bytes, bytes)
	for len(p.at) > 2 && now.Sub(p.at[0]) > paceOver {
		p.at, p.bytes = p.at[1:], p.bytes[1:]
	}
	if took := now.Sub(p.at[0]).Seconds(); took > 0.2 {
		return float64(bytes-p.bytes[0]) / took
	}
	return 0
}

// progress is a line about a transfer under way.
func progress(have, all uint64, rate float64, r session.Route) string {
	const cells = 20
	part := 0.0
	if all > 0 {
		part = min(1, float64(have)/float64(all))
	}
	full := int(part * cells)
	s := fmt.Sprintf("[%s%s] %3d %%  %s of %s", strings.Repeat("#", full), strings.Repeat("-", cells-full), int(100*part), size(have), size(all))
	if rate >= 1 {
		s += fmt.Sprintf("  %s/s", size(uint64(rate)))
		if have < all {
			s += "  " + lasting(time.Duration(float64(all-have)/rate*float64(time.Second))) + " left"
		}
	}
	if w := way(r); w != "" {
		s += "  " + w
	}
	return s
}

// holesText says of files with holes that they are sent in full.
func holesText(h peer.Holes) string {
	if h.Files == 1 {
		return "1 file has holes; it is sent in full (" + size(h.Bytes) + ")."
	}
	return plural(h.Files, "file") + " have holes; they are sent in full (" + size(h.Bytes) + ")."
}

func sayHoles(h peer.Holes, json bool, lines *jsonStream, s *screen) {
	if json {
		lines.say("holes", object{"files": h.Files, "bytes": h.Bytes})
	} else {
		s.line("%s", holesText(h))
	}
}
