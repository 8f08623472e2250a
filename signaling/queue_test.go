package signaling

import (
	"testing"

	"beeline/signaling/wire"
)

// drain empties a queue and returns the marks of its frames.
func drain(q *queue) (marks []byte) {
	for it, ok := q.pop(); ok; it, ok = q.pop() {
		if it.op == wire.OpData {
			marks = append(marks, it.frame[0])
		}
	}
	return marks
}

func TestOneSenderHasEightFramesQueued(t *testing.T) {
	q := newQueue(DefaultLimits())
	dropped := 0
	for i := range 20 {
		dropped += q.frame(topic(1), 1, 100, frame(byte(i)))
	}
	if marks := drain(q); dropped != 12 || len(marks) != 8 || marks[0] != 0 || marks[7] != 7 {
		t.Errorf("%d dropped, frames %v left; want 12 and the first 8", dropped, marks)
	}
	if q.frames != 0 || len(q.from) != 0 {
		t.Errorf("%d frames and %d senders counted in an empty queue, want none", q.frames, len(q.from))
	}
}

func TestFullQueueDropsTheNewestOfTheFullestSender(t *testing.T) {
	q := newQueue(DefaultLimits())
	for sender := range 4 { // 5 + 8 + 8 + 8 = 29 frames
		for i := range 8 {
			if sender == 0 && i >= 5 {
				continue
			}
			q.frame(topic(1), 1, uint64(sender), frame(byte(10*sender+i)))
		}
	}
	for i := range 3 { // up to 32
		q.frame(topic(1), 1, 9, frame(byte(90+i)))
	}
	if n := q.frame(topic(1), 1, 50, frame(200)); n != 1 {
		t.Errorf("%d frames dropped, want 1", n)
	}
	marks := drain(q)
	has := func(mark byte) bool {
		for _, m := range marks {
			if m == mark {
				return true
			}
		}
		return false
	}
	gone := 0
	for _, newest := range []byte{17, 27, 37} {
		if !has(newest) {
			gone++
		}
	}
	if len(marks) != 32 || !has(200) || gone != 1 || !has(4) || !has(92) {
		t.Errorf("left: %v; want 32 with the newcomer's, less the newest of one that had 8", marks)
	}
}

func TestFullQueueDropsTheNewcomerThatHasMost(t *testing.T) {
	q := newQueue(DefaultLimits())
	for sender := range 16 {
		for range 2 {
			q.frame(topic(1), 1, uint64(sender), frame(1))
		}
	}
	if n := q.frame(topic(1), 1, 3, frame(200)); n != 1 {
		t.Errorf("%d frames dropped, want 1", n)
	}
	for _, m := range drain(q) {
		if m == 200 {
			t.Error("the third frame of a sender displaced the second of another, want it dropped itself")
		}
	}
}

func TestNewsOfMembersCancelsOut(t *testing.T) {
	q := newQueue(DefaultLimits())
	for i := range uint32(1000) {
		q.joined(topic(1), i+1)
		q.frame(topic(1), i+1, 5, frame(1))
		q.left(topic(1), i+1)
	}
	if len(q.items) != 0 || q.frames != 0 {
		t.Errorf("%d items wait after 1,000 came and went, want none", len(q.items))
	}
	// A member that was announced is taken back with a LEAVE, after what it said.
	q.frame(topic(1), 7, 5, frame(1))
	q.left(topic(1), 7)
	first, _ := q.pop()
	second, _ := q.pop()
	if first.op != wire.OpData || second.op != wire.OpLeave {
		t.Errorf("operations %02x, %02x; want 84, 83", first.op, second.op)
	}
}

func TestNothingIsSentForATopicGivenUp(t *testing.T) {
	q := newQueue(DefaultLimits())
	q.joined(topic(1), 1)
	q.frame(topic(1), 1, 5, frame(1))
	q.joined(topic(2), 1)
	q.subbed()
	q.forget(topics(1, 1))
	if len(q.items) != 2 || q.frames != 0 || q.items[0].topic != topic(2) {
		t.Errorf("%d items wait, want the JOIN of the other topic and SUBBED", len(q.items))
	}
}

func TestOverfullQueueKeepsNothingMore(t *testing.T) {
	q := newQueue(DefaultLimits())
	over := 0
	q.over = func() { over++ }
	for range q.limits.QueueAll {
		q.subbed()
	}
	if over != 0 {
		t.Fatal("over although no more waits than may")
	}
	q.subbed()
	q.joined(topic(1), 7)
	if over != 1 {
		t.Errorf("over was said %d times, want once", over)
	}
	if len(q.items) != q.limits.QueueAll {
		t.Errorf("%d messages wait, want %d", len(q.items), q.limits.QueueAll)
	}
}
