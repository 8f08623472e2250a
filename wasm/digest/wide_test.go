package digest

import (
	"math/rand"
	"testing"
)

// What a processor hashes side by side is what is hashed one after the other, the
// only way there is in WebAssembly.
func TestWideIsOneByOne(t *testing.T) {
	rng := rand.New(rand.NewSource(1))
	for range 50 {
		var data [blockBytes]byte
		rng.Read(data[:])
		counter := rng.Uint64() >> rng.Intn(64)
		n, ok := wide(&data, counter)
		if !ok {
			t.Skip("nothing is hashed side by side here")
		}
		if value(n) != value(oneByOne(data[:], counter)) || root(n) != root(oneByOne(data[:], counter)) {
			t.Fatalf("chunk %d and up: the two differ", counter)
		}
	}
}
