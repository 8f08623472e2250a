package session

// How many lanes a session uses. Over distance a browser's data channel barely
// opens its window, so several carry more than one; nearby one fills the path or
// the processor, and more only cost. Nobody can tell which from outside, so the
// sharer measures. PROTOCOL.md f.1.
//
//	          rtt is known                measured, more lanes help
//	1 lane ----------------▶ first lanes ◀------------------------▶ twice as many
//	                              ▲  |
//	            a while has passed|  ▼ the last ones brought nothing, or there is no more
//	                             stays

// Round trips, in ms: below nearRTT one lane is enough; guessRTT stands for one
// that is not known, as in Firefox.
const (
	nearRTT  = 10
	guessRTT = 50
)

// firstLanes are those that are used as soon as the distance is known. They are
// opened while people still look at the list. Where it is not, the route says
// something, and measuring the rest.
func firstLanes(s laneSight) int {
	switch rtt := s.rtt; {
	case rtt == 0 && (s.route == RouteDirect || s.route == RouteRelayed):
		return 4
	case rtt < nearRTT:
		return 1
	case rtt < 20:
		return 2
	case rtt < 40:
		return 4
	}
	return 8
}

// lanesRelayed is the most where a relay carries them. A credential is good for 32
// allocations and each end of each lane makes up to three; and the relay's
// bandwidth is somebody's bill. signaling/PROTOCOL.md 3.2.
const lanesRelayed = 4

// Times of a measurement, ms; in round trips as well, whichever is longer: new
// lanes open their window by half a round trip, and what they carry swings.
const (
	upWithin    = 4_000   // lanes that are not up by then are not waited for
	settleFor   = 400     // from the last lane that came up
	settleTrips = 8       //
	measureFor  = 1_000   //
	measureTrip = 15      //
	retryFirst  = 5_000   // from an addition that brought nothing to the next
	retryMost   = 160_000 // it doubles up to here
)

// worth is by how much the rate must rise for lanes to be kept.
const worth = 1.10

// A lanePlan decides how many lanes to use. It is told what is seen with step, and
// knows nothing else.
type lanePlan struct {
	most int // that both ends and the route allow

	want   int
	open   int     // to have ready: what may be wanted next comes up while this is measured
	before int     // lanes before the addition that is tried; 0: none is
	rate   float64 // bytes/ms that they carried
	stays  int64   // no addition before; 0: one may be tried
	pause  int64   // from the last addition that brought nothing to the next

	changed int64 // when want or up was changed last
	up      int
	from    int64 // when measuring began; 0: it does not
	bytes   uint64
	idle    int64
}

// laneSight is what is seen of a session's lanes at one time.
type laneSight struct {
	now   int64
	rtt   int64 // ms; 0: not known
	route Route
	up    int    // lanes that work and are in use
	bytes uint64 // handed to the network on all of them so far
	idle  int64  // ms in which a lane had nothing to send: others limit the rate, not the path
}

// step returns how many lanes to use from now on.
func (p *lanePlan) step(s laneSight) int {
	if p.want == 0 {
		p.want, p.pause, p.changed = 1, retryFirst, s.now
	}
	if p.want > p.most {
		p.set(s.now, max(p.most, 1)) // the route is another
		p.before = 0
	}
	near := s.rtt > 0 && s.rtt < nearRTT
	if near && p.want > 1 {
		p.set(s.now, 1) // it was thought to be far
		p.before = 0
	}
	if near || s.route == RouteUnknown {
		return p.want
	}
	if first := min(firstLanes(s), p.most); p.want < first {
		p.set(s.now, first)
	}
	if s.rtt == 0 {
		s.rtt = guessRTT
	}
	if s.up != p.up {
		p.up, p.changed, p.from = s.up, s.now, 0
	}
	measure := max(measureFor, measureTrip*s.rtt)
	wait := max(settleFor, settleTrips*s.rtt)
	if p.up < p.want {
		wait = upWithin
	}
	switch {
	case s.now < p.stays || p.before == 0 && (p.want >= p.most || p.up < p.want):
	case p.from == 0:
		if s.now-p.changed >= wait {
			p.begin(s)
		}
	case 4*(s.idle-p.idle) > measure:
		p.begin(s) // that says nothing about the path
	case s.now-p.from >= measure:
		p.judge(s)
	case 2*(s.now-p.from) >= measure:
		p.open = min(2*p.want, p.most)
	}
	return p.want
}

func (p *lanePlan) begin(s laneSight) {
	p.open = p.want
	p.from, p.bytes, p.idle = s.now, s.bytes, s.idle
}

func (p *lanePlan) set(now int64, want int) {
	p.want, p.open, p.changed, p.from = want, want, now, 0
}

// judge ends a measurement: more lanes if the last ones helped, else none of them.
func (p *lanePlan) judge(s laneSight) {
	rate := float64(s.bytes-p.bytes) / float64(s.now-p.from)
	if p.before > 0 && rate < worth*p.rate {
		p.set(s.now, p.before)
		p.before = 0
		p.stays = s.now + p.pause
		p.pause = min(2*p.pause, retryMost)
		return
	}
	p.rate, p.before = rate, 0
	switch {
	case p.up < p.want: // they help, but not all of them come
		p.from, p.stays = 0, s.now+p.pause
	case p.want == p.most:
		p.from = 0
	default:
		p.before = p.want
		p.set(s.now, min(2*p.want, p.most))
	}
}
