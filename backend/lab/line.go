package lab

import "time"

// A Quality says how a line carries what one direction sends.
type Quality struct {
	Delay   time.Duration // one way
	Loss    float64       // probability that a packet is lost, 0 to 1
	Rate    int64         // bits a second; 0: no limit
	Queue   int           // bytes that wait for the rate; more are lost
	Reorder float64       // probability that a packet is held back
	HoldFor time.Duration // how long it is then
}

// frameBytes are what a cable carries with each packet besides the Ethernet
// frame: preamble, checksum, gap. They count for the rate.
const frameBytes = 24

// A packet is a frame on its way.
type packet struct {
	due  int64 // ns since 1970: when it is at the end of the line
	slot int32 // in the pool
	size int32 // bytes of the frame
}

// A Counts is what became of the packets that were given to one direction.
type Counts struct {
	Packets  uint64 `json:"packets"`
	Bytes    uint64 `json:"bytes"`
	Lost     uint64 `json:"lost"`     // by probability
	Overflow uint64 `json:"overflow"` // no room in the queue
	Cut      uint64 `json:"cut"`      // the line was down
	Held     uint64 `json:"held"`     // overtaken by later ones
}

// A pipe is one direction of a line. What happens to a packet depends on the seed
// and on how many came before it, on nothing else.
type pipe struct {
	seed uint64

	quality   Quality
	downUntil int64 // ns: everything that is sent before is lost
	count     uint64
	free      int64 // ns: when the last bit of the last packet has been sent
	last      int64 // due of the last packet in order: none overtakes by a shorter delay
	lastHeld  int64

	inOrder ring
	held    ring
	counts  Counts
}

// put takes a packet that came at t. It reports whether the packet is under way;
// if not, its slot is the caller's again.
func (p *pipe) put(pkt packet, t int64) bool {
	q := &p.quality
	n := p.count
	p.count++
	p.counts.Packets++
	p.counts.Bytes += uint64(pkt.size)
	if t < p.downUntil {
		p.counts.Cut++
		return false
	}
	sent := t
	if q.Rate > 0 {
		start := max(t, p.free)
		if waiting := (start - t) * q.Rate / 8 / int64(time.Second); q.Queue > 0 && waiting+int64(pkt.size) > int64(q.Queue) {
			p.counts.Overflow++
			return false
		}
		sent = start + int64(pkt.size+frameBytes)*8*int64(time.Second)/q.Rate
		p.free = sent
	}
	// After the queue: a packet that is lost on the way took its time to be sent.
	if chance(p.seed, 2*n) < q.Loss {
		p.counts.Lost++
		return false
	}
	pkt.due = sent + int64(q.Delay)
	if q.Reorder > 0 && chance(p.seed, 2*n+1) < q.Reorder {
		pkt.due = max(pkt.due+int64(q.HoldFor), p.lastHeld)
		p.lastHeld = pkt.due
		p.held.push(pkt)
		p.counts.Held++
		return true
	}
	pkt.due = max(pkt.due, p.last)
	p.last = pkt.due
	p.inOrder.push(pkt)
	return true
}

// next is when the next packet arrives.
func (p *pipe) next() (due int64, ok bool) {
	r := p.first()
	if r == nil {
		return 0, false
	}
	return r.front().due, true
}

// take returns the next packet.
func (p *pipe) take() packet { return p.first().pop() }

func (p *pipe) first() *ring {
	switch a, b := &p.inOrder, &p.held; {
	case a.size == 0 && b.size == 0:
		return nil
	case b.size == 0 || a.size > 0 && a.front().due <= b.front().due:
		return a
	default:
		return b
	}
}

// chance returns a number in [0, 1), the n-th of this seed (splitmix64).
func chance(seed, n uint64) float64 {
	x := seed + (n+1)*0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return float64((x^x>>31)>>11) / (1 << 53)
}

// A ring is a queue that grows.
type ring struct {
	items []packet // a power of two of them
	head  int
	size  int
}

func (r *ring) push(p packet) {
	if r.size == len(r.items) {
		grown := make([]packet, max(256, 2*len(r.items)))
		for i := range r.size {
			grown[i] = r.items[(r.head+i)&(len(r.items)-1)]
		}
		r.items, r.head = grown, 0
	}
	r.items[(r.head+r.size)&(len(r.items)-1)] = p
	r.size++
}

func (r *ring) front() *packet { return &r.items[r.head] }

func (r *ring) pop() packet {
	p := r.items[r.head]
	r.head = (r.head + 1) & (len(r.items) - 1)
	r.size--
	return p
}
