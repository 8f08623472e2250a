package session

import (
	"cmp"
	"fmt"
	"math"
	"math/rand"
	"testing"
)

// road is a path as a browser's data channels see it: each lane's window is what
// loss leaves of it (Mathis: 1.22 packets / √loss a round trip), swings as such
// windows do, and opens from ten packets by half a round trip. All share the link.
type road struct {
	rtt   int64   // ms
	blind bool    // nobody knows the round trip
	route Route   // direct, if it is not said
	loss  float64 // of packets
	link  float64 // bytes/ms: the path, or the processors at its ends
	reads float64 // bytes/ms that the source gives; 0: as many as are wanted
	since int64   // ms: when the drive begins
}

const (
	packet    = 1191
	groupSent = 1 << 20 // what is sent is known group by group
)

// drive lets a plan steer lanes over the road, and returns how many it had each
// second.
func (p road) drive(plan *lanePlan, seed int64, seconds int) (had []int) {
	rng := rand.New(rand.NewSource(seed))
	type roadLane struct {
		upAt  int64
		swing float64
		part  float64 // of the group under way
	}
	lanes := []*roadLane{{swing: 1}}
	sight := laneSight{rtt: p.rtt, route: cmp.Or(p.route, RouteDirect)}
	if p.blind {
		sight.rtt = 0
	}
	for now := int64(0); now < int64(seconds)*1000; now += 10 {
		var rates []float64
		sum := 0.0
		for i, l := range lanes {
			rate := 0.0
			if i < plan.want && now >= l.upAt {
				// A sawtooth from 2/3 to 4/3 of the mean.
				if l.swing += 0.67 * 10 / (float64(p.rtt) * 40); l.swing > 1.33 || rng.Float64() < 0.002 {
					l.swing = 0.67
				}
				opened := 10 * packet * math.Pow(1.5, float64(now-l.upAt)/float64(p.rtt))
				rate = min(opened, l.swing*packet*1.22/math.Sqrt(p.loss)) / float64(p.rtt)
			}
			rates = append(rates, rate)
			sum += rate
		}
		share := min(1, p.link/sum)
		if p.reads > 0 && sum*share > p.reads {
			share = p.reads / sum
			sight.idle += 10
		}
		for i, l := range lanes {
			if l.part += rates[i] * share * 10; l.part >= groupSent {
				l.part -= groupSent
				sight.bytes += groupSent
			}
		}
		if now%100 == 0 {
			sight.now = 1000 + p.since + now
			sight.up = 0
			for _, l := range lanes[:min(len(lanes), max(1, plan.want))] {
				if now >= l.upAt {
					sight.up++
				}
			}
			for open := max(plan.step(sight), plan.open); len(lanes) < open; {
				lanes = append(lanes, &roadLane{upAt: now + 200 + 6*p.rtt, swing: 1})
			}
		}
		if now%1000 == 990 {
			had = append(had, plan.want)
		}
	}
	return had
}

// On most seeds, because windows swing: one of ten may stop one step too early and
// tries again later.
func TestLanesFollowTheRoad(t *testing.T) {
	const minute = 60
	for _, v := range []struct {
		name        string
		road        road
		most        int
		at          int // s
		least, upto int
	}{
		{"nearby one lane stays", road{rtt: 2, loss: 1e-6, link: 30_000}, 16, 2 * minute, 1, 1},
		{"50 ms: eight as soon as it is known", road{rtt: 50, loss: 1e-4, link: 125_000}, 16, 1, 8, 8},
		{"50 ms: all of them soon", road{rtt: 50, loss: 1e-4, link: 125_000}, 16, 4, 16, 16},
		{"20 ms: all of them soon", road{rtt: 20, loss: 1e-4, link: 125_000}, 16, 6, 16, 16},
		{"50 ms: and they stay", road{rtt: 50, loss: 1e-4, link: 125_000}, 16, 2 * minute, 16, 16},
		{"150 ms, much loss", road{rtt: 150, loss: 1e-3, link: 125_000}, 16, 20, 16, 16},
		{"nobody knows how far it is", road{blind: true, rtt: 50, loss: 1e-4, link: 125_000}, 16, 10, 16, 16},
		{"nobody knows, and it looks near", road{blind: true, route: RouteLAN, rtt: 50, loss: 1e-4, link: 125_000}, 16, 14, 16, 16},
		{"nobody knows, and it is near", road{blind: true, route: RouteLAN, rtt: 2, loss: 1e-6, link: 30_000}, 16, 5, 1, 1},
		{"a phone", road{rtt: 50, loss: 1e-4, link: 125_000}, 4, minute, 4, 4},
		{"four fill the link", road{rtt: 30, loss: 1e-4, link: 8_000}, 16, 5, 4, 4},
		{"eight fill the link", road{rtt: 50, loss: 1e-4, link: 10_000}, 16, 5, 8, 8},
		{"one fills the link", road{rtt: 30, loss: 1e-6, link: 6_000}, 16, 5, 4, 4},
		{"the source is slow", road{rtt: 30, loss: 1e-4, link: 125_000, reads: 4_000}, 16, 2 * minute, 4, 4},
		{"a town away", road{rtt: 15, loss: 1e-4, link: 125_000}, 16, 10, 8, 16},
	} {
		t.Run(v.name, func(t *testing.T) {
			const seeds = 20
			wrong := ""
			n := 0
			for seed := range int64(seeds) {
				had := v.road.drive(&lanePlan{most: v.most}, seed, v.at)
				if got := had[v.at-1]; got < v.least || got > v.upto {
					n++
					wrong = fmt.Sprint(had)
				}
			}
			if n > seeds/10 {
				t.Errorf("%d of %d times it had not %d to %d lanes after %d s; the lanes of each second: %s", n, seeds, v.least, v.upto, v.at, wrong)
			}
		})
	}
}

// Additions that bring nothing get rare: each costs a set-up at both ends.
func TestUselessLanesAreTriedRarely(t *testing.T) {
	had := road{rtt: 30, loss: 1e-4, link: 8_000}.drive(&lanePlan{most: 16}, 1, 30*60)
	tries := 0
	for i := 1; i < len(had); i++ {
		if had[i] > had[i-1] {
			tries++
		}
	}
	if tries < 3 || tries > 20 {
		t.Errorf("more lanes were tried %d times in half an hour, want 3 to 20", tries)
	}
}

// A path that gets better is noticed within minutes.
func TestALinkThatFreesIsUsed(t *testing.T) {
	plan := &lanePlan{most: 16}
	p := road{rtt: 30, loss: 1e-4, link: 8_000}
	p.drive(plan, 1, 60)
	p.link, p.since = 125_000, 60_000
	had := p.drive(plan, 1, 4*60)
	if got := had[len(had)-1]; got != 16 {
		t.Errorf("%d lanes, want 16: %v", got, had)
	}
}

// What looked far was a busy processor: a later, shorter round trip says so.
func TestWhatLookedFarIsNear(t *testing.T) {
	plan := &lanePlan{most: 16}
	road{rtt: 25, loss: 1e-6, link: 30_000}.drive(plan, 1, 1)
	if plan.want != 4 {
		t.Fatalf("%d lanes at 25 ms, want 4", plan.want)
	}
	if got := plan.step(laneSight{now: 10_000, rtt: 3, route: RouteDirect, up: 4}); got != 1 {
		t.Errorf("%d lanes at 3 ms, want 1", got)
	}
}

// A relay is somebody's: as soon as one carries the session, four lanes at most.
func TestARelayCarriesFewLanes(t *testing.T) {
	plan := &lanePlan{most: 16}
	road{rtt: 50, loss: 1e-4, link: 125_000}.drive(plan, 1, 20)
	plan.most = lanesRelayed
	if got := plan.step(laneSight{now: 30_000, rtt: 50, route: RouteRelayed, up: 16}); got != lanesRelayed {
		t.Errorf("%d lanes, want %d", got, lanesRelayed)
	}
}
