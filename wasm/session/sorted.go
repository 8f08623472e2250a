package session

import (
	"cmp"
	"sort"
)

// sorting is a sort.Interface of two functions. Sorting by package slices would put
// 20 KB into the browser's binary for each type of element.
type sorting struct {
	n    int
	less func(i, j int) bool
	swap func(i, j int)
}

func (s sorting) Len() int           { return s.n }
func (s sorting) Less(i, j int) bool { return s.less(i, j) }
func (s sorting) Swap(i, j int)      { s.swap(i, j) }

// sortBy sorts list; what compares equal keeps its order.
func sortBy[E any](list []E, less func(a, b E) bool) {
	sort.Stable(sorting{
		len(list),
		func(i, j int) bool { return less(list[i], list[j]) },
		func(i, j int) { list[i], list[j] = list[j], list[i] },
	})
}

func sortedKeys[K cmp.Ordered, V any](m map[K]V) []K {
	keys := make([]K, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	sortBy(keys, func(a, b K) bool { return a < b })
	return keys
}
