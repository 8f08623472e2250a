//go:build race

package signaling

// underRace: the race detector keeps more of its own beside what is measured.
const underRace = true
