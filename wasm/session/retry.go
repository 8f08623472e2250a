package session

// This file: how long a lost session is waited for, and how often the next one is
// tried. PROTOCOL.md, States and times.

const (
	cutFor    = 2_000     // ms of ICE saying that the path is lost until another is looked for
	tellFor   = 3_600_000 // ms of who has everything looking for a sharer who may not know
	hubWithin = 5_000     // ms from a question to the hub to a sign of life
	hubEvery  = 60_000    // ms without one until everything is said to it again
	tryFirst  = 500       // ms before a session that follows two that led nowhere; it doubles
	tryMost   = 10_000    // up to this
)

// untilNext draws the wait before the next try after n sessions in a row that led
// nowhere, in ms: none after one, then between half and all of 0.5, 1, 2 … 10 s,
// so that two sides that lost the same network don't meet it in step.
func untilNext(n int) int64 {
	if n < 2 {
		return 0
	}
	full := int64(tryMost)
	if n < 7 {
		full = min(full, tryFirst<<(n-2))
	}
	var b [1]byte
	random(b[:])
	return full/2 + full/2*int64(b[0])/255
}
