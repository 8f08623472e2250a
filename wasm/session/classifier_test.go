package session

import (
	"fmt"
	"math"
	"math/bits"
	"slices"
	"testing"

	"beeline/wasm/identity"
	"beeline/wasm/invite"
)

// Whoever has the hub's log, and worlds enough of which they know the truth, learns
// from them: how often a topic was said and dropped, when first and last, for how
// long it was held, where in its messages it stood, what its bits are like. What
// they learned is no better than a coin in worlds that they don't know.
// PROTOCOL.md d.2 and 2.4, padding; 3, attack 57.
func TestAClassifierLearnsNothing(t *testing.T) {
	var learned, unknown [][]exhibit
	for i := range 240 {
		seen := hubsDay(t, int64(i))
		if i%2 == 0 {
			learned = append(learned, seen...)
		} else {
			unknown = append(unknown, seen...)
		}
	}
	right, pairs, variance := judged(unknown, learn(learned))
	share, sigma := right/pairs, math.Sqrt(variance)/pairs
	t.Logf("of %.0f pairs %.3f are told apart, by chance 0.500 ± %.3f", pairs, share, sigma)
	if pairs < 2000 || math.Abs(share-0.5) > 5*sigma {
		t.Errorf("of %.0f pairs of a real topic and a dummy %.3f are told apart, want 0.5 within %.3f", pairs, share, 5*sigma)
	}
}

// exhibit is a topic as the hub sees it, and the truth.
type exhibit struct {
	real     bool
	features []float64
}

// hubsDay is what the hub sees of a sharer with a link and perhaps members, and of
// somebody who looks at contacts, in a few hours with lost connections. Nobody meets:
// that a topic met somebody is no secret. One list a connection.
func hubsDay(t *testing.T, seed int64) [][]exhibit {
	t.Helper()
	w := newWorld(t, seed)
	w.now = noon + seed%7*11*60_000
	a := newPerson(t, "Anna")
	var others []person
	for i := range 1 + seed%3 {
		others = append(others, newPerson(t, fmt.Sprint("Contact ", i)))
	}
	s := NewSharer("Share", w.config(1))
	w.sharer = w.node("sharer", s)
	w.sharer.offer(tiny())
	if seed%5 > 0 {
		w.sharer.shareWith(a, others...)
	}
	w.sharer.online()
	m := NewWatcher(0, w.config(1))
	looker := w.node("looker", m)
	looker.handle(SetContacts{Own: a.id, Cards: cards(others)})
	looker.online()
	began := w.now
	for q := range int64(10) { // quarters of an hour
		if (q+seed)%4 == 3 {
			for _, n := range []*node{w.sharer, looker} {
				n.offline()
				n.online()
			}
			w.settle()
		}
		w.asleep(began + (q+1)*15*60_000)
	}
	real := truth(s, a, others, began)
	return [][]exhibit{exhibits(w, w.sharer, began, real), exhibits(w, looker, began, real)}
}

// truth returns all the topics that mean something, of every hour of the day.
func truth(s *Sharer, own person, others []person, began int64) map[[32]byte]bool {
	real := make(map[[32]byte]bool)
	for e := invite.Epoch(began) - 1; e <= invite.Epoch(began)+5; e++ {
		real[s.link.Topic(e)] = true
		for _, o := range others {
			root, _ := own.id.ContactRoot(o.card)
			real[identity.ContactTopic(root, own.id.Public(), o.id.Public(), e)] = true
			real[identity.ContactTopic(root, o.id.Public(), own.id.Public(), e)] = true
		}
	}
	return real
}

// exhibits are the topics of one connection. What all of them have in common says
// only which connection it is, so features are what differs from their mean.
func exhibits(w *world, n *node, began int64, real map[[32]byte]bool) []exhibit {
	_, log := w.hub.own(n)
	type life struct{ on, off, first, last, held, since, place, size float64 }
	lives := make(map[[32]byte]*life)
	for _, m := range log {
		at := float64(m.at-began) / (60 * 60_000)
		for i, topic := range m.topics {
			l := lives[topic]
			if l == nil {
				l = &life{first: at}
				lives[topic] = l
			}
			l.last = at
			if m.on {
				l.on++
				l.since = at
				l.place += float64(i) / float64(len(m.topics))
				l.size += float64(len(m.topics))
			} else {
				l.off++
				l.held += at - l.since
			}
		}
	}
	var all []exhibit
	for topic, l := range lives {
		ones := 0
		for _, b := range topic {
			ones += bits.OnesCount8(b)
		}
		all = append(all, exhibit{real[topic], []float64{
			l.on, l.off, l.first, l.last, l.held, l.place / max(l.on, 1), l.size / max(l.on, 1),
			float64(ones) / 256, float64(topic[0]) / 255, float64(topic[31]) / 255,
		}})
	}
	for f := range all[0].features {
		mean := 0.0
		for _, e := range all {
			mean += e.features[f] / float64(len(all))
		}
		for _, e := range all {
			e.features[f] -= mean
		}
	}
	return all
}

// learn is logistic regression: the weights of the features, and of their products.
func learn(from [][]exhibit) []float64 {
	all := slices.Concat(from...)
	weights := make([]float64, len(crossed(all[0].features)))
	for range 60 {
		slope := make([]float64, len(weights))
		for _, e := range all {
			x := crossed(e.features)
			miss := 1 / (1 + math.Exp(-dot(weights, x)))
			if e.real {
				miss--
			}
			for i := range slope {
				slope[i] += miss * x[i] / float64(len(all))
			}
		}
		for i := range weights {
			weights[i] -= slope[i]
		}
	}
	return weights
}

func crossed(x []float64) []float64 {
	all := slices.Clone(x)
	for i := range x {
		for j := i; j < len(x); j++ {
			all = append(all, x[i]*x[j])
		}
	}
	return all
}

func dot(a, b []float64) (sum float64) {
	for i := range a {
		sum += a[i] * b[i]
	}
	return sum
}

// judged counts the pairs of a real topic and a dummy of one connection, and of which
// the real one looks more real; where nothing is to be learned that is half, with
// the variance of the Mann-Whitney statistic.
func judged(of [][]exhibit, weights []float64) (right, pairs, variance float64) {
	for _, connection := range of {
		var real, dummies []float64
		for _, e := range connection {
			if score := dot(weights, crossed(e.features)); e.real {
				real = append(real, score)
			} else {
				dummies = append(dummies, score)
			}
		}
		for _, r := range real {
			for _, d := range dummies {
				if r > d {
					right++
				} else if r == d {
					right += 0.5
				}
			}
		}
		n, m := float64(len(real)), float64(len(dummies))
		pairs += n * m
		variance += n * m * (n + m + 1) / 12
	}
	return right, pairs, variance
}
