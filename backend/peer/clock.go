package peer

import "time"

// A clock is the time the machine hears. Machines count time-outs by it and take
// the hour of a topic and the end of a share from it, so it goes as the system's
// monotonic clock does, and follows what the system says the time is:
//
//   - one that is behind at once while there is no connection: after a sleep, or when
//     somebody sets the clock. Nothing is counted then that more than a try is lost by;
//   - otherwise by going half as fast again, or half as fast: no time-out under way
//     comes at the wrong moment by more than that, and none never.
//
// So a transfer doesn't notice a clock that is set by a day. Who waits and had their
// clock put back is found at the right hour's topics late, twice as long as it was.
type clock struct {
	wall func() time.Time     // what tests put in the place of time.Now, without its monotonic part
	mono func() time.Duration // likewise, the time since some moment
	last time.Duration
	now  time.Time
}

func newClock() *clock {
	began := time.Now()
	return &clock{wall: func() time.Time { return time.Now().Round(0) }, mono: func() time.Duration { return time.Since(began) }, now: began.Round(0)}
}

// read returns the time in ms since 1970. idle: there is no connection.
func (c *clock) read(idle bool) int64 {
	mono := c.mono()
	gone := mono - c.last
	c.last = mono
	c.now = c.now.Add(gone)
	if off := c.wall().Sub(c.now); idle && off > 0 {
		c.now = c.now.Add(off)
	} else {
		c.now = c.now.Add(min(max(off, -gone/2), gone/2))
	}
	return c.now.UnixMilli()
}
