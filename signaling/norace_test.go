//go:build !race

package signaling

const underRace = false
