package signaling

import (
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"math/big"
	"sync"
	"time"

	"beeline/signaling/wire"
)

// A Bus holds the topics: who is on which, and the way from one member to
// another. Several hubs may share one; each brings its own connections. Today
// there is [MemoryBus]; one over a message broker fits behind the same methods.
type Bus interface {
	// Enter puts a member on a topic and returns its handle. Before it returns,
	// the member was told of everybody there in the other role, and they of it.
	// A [FullError] says when to try again.
	Enter(topic wire.Topic, seat Seat) (handle uint32, err error)
	// Allot puts a waiter on the topic of a plate that nobody has, and returns it.
	// On such a topic Enter takes one knocker, while the waiter is there (else it
	// says ErrNoMember), and nobody else: a FullError.
	Allot(seat Seat) (plate, handle uint32, err error)
	// Exit takes a member off a topic. A handle that is not there is no error.
	Exit(topic wire.Topic, handle uint32)
	// Send carries a frame from src to dst, in the order of the calls. The bus
	// keeps frame. ErrNoMember: src or dst is not there, or both have one role.
	Send(topic wire.Topic, src, dst uint32, frame []byte) error
}

// A Seat is what the bus has to know of a member to be.
type Seat struct {
	Role       uint8   // wire.Knock or wire.Wait
	Address    Address // for the limit per address; 0: none
	Connection uint64  // random, the same on all topics of one connection
	Member     Member
}

// A Member hears what happens on its topic. The methods are called one at a
// time for one topic; they must not block and must not call the bus.
type Member interface {
	Joined(topic wire.Topic, handle uint32)
	Left(topic wire.Topic, handle uint32)
	Frame(topic wire.Topic, src uint32, connection uint64, frame []byte)
	// Displaced tells a member that a newcomer has its place; it has left.
	Displaced(topic wire.Topic, handle uint32)
}

// ErrNoMember means a frame for or from somebody who is not on the topic.
var ErrNoMember = errors.New("signaling: not a member of the topic")

// A FullError means that a topic has no place for another member now.
type FullError struct {
	Retry time.Duration // until a member there may be put out for a newcomer
}

func (e *FullError) Error() string {
	return fmt.Sprintf("signaling: topic is full, a place may be free in %v", e.Retry)
}

// MemoryBus is a Bus within one process.
type MemoryBus struct {
	limits Limits

	mu     sync.Mutex // guards the rest, and everything in the rooms
	rooms  map[wire.Topic]*room
	plates int // rooms that are a plate's
}

// NewMemoryBus returns an empty bus. Of the limits it uses Members, PerAddress
// and Tenure.
func NewMemoryBus(l Limits) *MemoryBus {
	return &MemoryBus{limits: l, rooms: make(map[wire.Topic]*room)}
}

// Enter implements [Bus].
func (b *MemoryBus) Enter(topic wire.Topic, seat Seat) (uint32, error) {
	now := time.Now()
	b.mu.Lock()
	defer b.mu.Unlock()
	r := b.rooms[topic]
	if wire.IsPlate(topic) {
		if r == nil || seat.Role == wire.Wait || r.firstWaiter() == nil {
			return 0, ErrNoMember
		}
		if len(r.members) > 1 {
			return 0, &FullError{Retry: b.limits.Tenure}
		}
		return r.add(topic, seat, now), nil
	}
	if r == nil {
		r = &room{}
		b.rooms[topic] = r
	}
	if out, retry := r.place(seat, now, b.limits); retry > 0 {
		return 0, &FullError{Retry: retry}
	} else if out != nil {
		r.remove(topic, out)
		for _, m := range r.members {
			if m.seat.Role != out.seat.Role {
				out.seat.Member.Left(topic, m.handle) // as seen from where it is now
			}
		}
		out.seat.Member.Displaced(topic, out.handle)
	}
	return r.add(topic, seat, now), nil
}

// Exit implements [Bus].
func (b *MemoryBus) Exit(topic wire.Topic, handle uint32) {
	b.mu.Lock()
	defer b.mu.Unlock()
	r := b.rooms[topic]
	if r == nil {
		return
	}
	if m := r.find(handle); m != nil {
		r.remove(topic, m)
	}
	if len(r.members) == 0 {
		delete(b.rooms, topic)
		if wire.IsPlate(topic) {
			b.plates--
		}
	}
}

// Plates have as few digits as people can be asked to say: five, and six as soon
// as so many are taken that whoever tries numbers would find some. PROTOCOL.md 3.
const (
	shortPlates  = 10_000
	longPlates   = 100_000
	platesEnd    = 1_000_000
	manyPlates   = 100
	plateGuesses = 100 // of a number that is free
)

// Allot implements [Bus].
func (b *MemoryBus) Allot(seat Seat) (plate, handle uint32, err error) {
	now := time.Now()
	b.mu.Lock()
	defer b.mu.Unlock()
	from, end := uint32(shortPlates), uint32(longPlates)
	if b.plates >= manyPlates {
		from, end = longPlates, platesEnd
	}
	for range plateGuesses {
		plate = from + randomBelow(end-from)
		topic := wire.PlateTopic(plate)
		if b.rooms[topic] != nil {
			continue // also where only a claimer is left
		}
		r := &room{}
		b.rooms[topic] = r
		b.plates++
		return plate, r.add(topic, seat, now), nil
	}
	return 0, 0, &FullError{Retry: time.Second}
}

// Plates returns how many plates are taken.
func (b *MemoryBus) Plates() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.plates
}

// Send implements [Bus].
func (b *MemoryBus) Send(topic wire.Topic, src, dst uint32, frame []byte) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	r := b.rooms[topic]
	if r == nil {
		return ErrNoMember
	}
	from, to := r.find(src), r.find(dst)
	if from == nil || to == nil || from.seat.Role == to.seat.Role {
		return ErrNoMember
	}
	to.seat.Member.Frame(topic, src, from.seat.Connection, frame)
	return nil
}

// Topics returns how many topics have members.
func (b *MemoryBus) Topics() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.rooms)
}

// randomBelow returns a random number below n, each as likely as the others.
func randomBelow(n uint32) uint32 {
	v, _ := rand.Int(rand.Reader, big.NewInt(int64(n))) // never fails
	return uint32(v.Int64())
}

// newHandle returns a random handle that is not 0.
func newHandle() uint32 {
	var b [4]byte
	for {
		_, _ = rand.Read(b[:]) // never fails
		if h := binary.BigEndian.Uint32(b[:]); h != 0 {
			return h
		}
	}
}
