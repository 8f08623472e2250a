package signaling

import (
	"math"
	"time"

	"golang.org/x/time/rate"
)

// Limits says how much of everything one client may have. PROTOCOL.md 5.
type Limits struct {
	Topics     int        // held by one connection
	TopicRate  rate.Limit // topics a second in SUB; as many again in UNSUB
	TopicBurst int

	Members        int           // of one topic
	PerAddress     int           // members of one role from one address
	Tenure         time.Duration // a member can't be put out for a newcomer before this
	Connections    int           // at once from one address
	NewRate        rate.Limit    // connections a second from one address
	NewBurst       int
	ExemptLoopback bool // addresses of this machine have no limits per address

	PubRate       rate.Limit // frames a second of one connection
	PubBurst      int
	TopicPubRate  rate.Limit // frames a second of one connection on one topic
	TopicPubBurst int

	PlateRate  rate.Limit    // plates a second given to one address
	PlateBurst int           //
	ClaimRate  rate.Limit    // claims a second of one address
	ClaimBurst int           //
	ClaimDead  int           // claims that one of a plate nobody has counts for
	ClaimQuiet time.Duration // a claimer that has sent nothing by then is put out

	ICERate         rate.Limit // answers a second to one connection
	ICEBurst        int
	AddressICERate  rate.Limit // answers a second to one address
	AddressICEBurst int

	Queue         int           // frames that wait for one slow client
	QueuePerPeer  int           // of them from one connection
	QueueAll      int           // messages of any kind that wait for one client
	WriteWithin   time.Duration // a client that takes nothing for this long is dropped
	PingEvery     time.Duration
	PongWithin    time.Duration // from ping to close
	Lifetime      time.Duration // of a connection
	RefusalPause  time.Duration // before the next message of a client that was just refused one
	ClosingWithin time.Duration // Close waits this long for polite goodbyes
}

// DefaultLimits returns the limits of PROTOCOL.md 5.
func DefaultLimits() Limits {
	return Limits{
		Topics:     256, // 64 families waiting, 64 knocking, two topics each around the hour
		TopicRate:  64,
		TopicBurst: 256,

		Members:     16,
		PerAddress:  2,
		Tenure:      5 * time.Second,
		Connections: 128,
		NewRate:     rate.Every(time.Minute / 60),
		NewBurst:    60,

		PubRate:       20,
		PubBurst:      60,
		TopicPubRate:  10,
		TopicPubBurst: 20,

		PlateRate:  rate.Every(time.Minute / 6),
		PlateBurst: 6,
		ClaimRate:  rate.Every(time.Minute / 10),
		ClaimBurst: 10,
		ClaimDead:  5,
		ClaimQuiet: 5 * time.Second,

		ICERate:         rate.Every(10 * time.Second),
		ICEBurst:        20,
		AddressICERate:  rate.Every(5 * time.Second),
		AddressICEBurst: 128,

		Queue:         32,
		QueuePerPeer:  8,
		QueueAll:      2048,
		WriteWithin:   10 * time.Second,
		PingEvery:     25 * time.Second,
		PongWithin:    60 * time.Second,
		Lifetime:      24 * time.Hour,
		RefusalPause:  20 * time.Millisecond,
		ClosingWithin: 5 * time.Second,
	}
}

// take takes n tokens, or none and says how long until n are there. A wait that
// never ends (n above the burst) is reported as a second.
func take(l *rate.Limiter, now time.Time, n int) (wait time.Duration) {
	r := l.ReserveN(now, n)
	if !r.OK() {
		return time.Second
	}
	wait = r.DelayFrom(now)
	if wait > 0 {
		r.CancelAt(now)
	}
	return wait
}

// retryMS turns a wait into the field of an ERR message: rounded up, at least 1
// because 0 means "don't", at most what 16 bits hold.
func retryMS(wait time.Duration) uint16 {
	ms := (wait + time.Millisecond - 1) / time.Millisecond
	return uint16(min(max(ms, 1), math.MaxUint16))
}
