package peer

import "sync"

// A queue hands values of any number of goroutines to one, in order. put never
// blocks, so whoever owns something can always be told; wait is for those who
// carry what strangers send.
type queue[T any] struct {
	ready chan struct{} // capacity 1: something is there, or the queue is closed

	mu     sync.Mutex // guards the rest
	less   *sync.Cond // the queue got shorter, or was closed
	items  []T
	closed bool
}

func newQueue[T any]() *queue[T] {
	q := &queue[T]{ready: make(chan struct{}, 1)}
	q.less = sync.NewCond(&q.mu)
	return q
}

// put appends v. It reports false where the queue is closed.
func (q *queue[T]) put(v T) bool { return q.wait(v, 0) }

// wait is put once fewer than limit values are there; 0: at once.
func (q *queue[T]) wait(v T, limit int) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	for limit > 0 && len(q.items) >= limit && !q.closed {
		q.less.Wait()
	}
	if q.closed {
		return false
	}
	q.items = append(q.items, v)
	q.signal()
	return true
}

func (q *queue[T]) signal() {
	select {
	case q.ready <- struct{}{}:
	default:
	}
}

// take returns everything that is there.
func (q *queue[T]) take() []T {
	q.mu.Lock()
	defer q.mu.Unlock()
	items := q.items
	q.items = nil
	q.less.Broadcast()
	return items
}

func (q *queue[T]) isClosed() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.closed
}

// close makes every put fail and drops what is there.
func (q *queue[T]) close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed, q.items = true, nil
	q.less.Broadcast()
	q.signal()
}
