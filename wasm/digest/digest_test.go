package digest

import (
	"lukechampine.com/blake3"
	"math/rand/v2"
	"testing"
)

func random(n int) []byte { b := make([]byte, n); rand.NewChaCha8([32]byte{1}).Read(b); return b }
func TestQuick(t *testing.T) {
	for _, n := range []int{0, 1, 1023, 1024, 1025, 16384, 16385, 1<<20 - 1, 1 << 20, 1<<20 + 1, 3<<20 + 7, 5 << 20} {
		d := random(n)
		want := blake3.Sum256(d)
		tr := NewTree(uint64(n))
		for g := 0; g*(1<<20) < n; g++ {
			part := d[g<<20 : min(n, (g+1)<<20)]
			if tr.Groups() == 1 {
				tr.SetSingle(OneGroup(part))
			} else {
				tr.Set(uint32(g), Group(part, uint64(g)))
			}
		}
		got, ok := tr.Digest()
		if !ok || got != want {
			t.Errorf("%d: tree %x want %x", n, got, want)
		}
		h := NewHasher(func(g uint32, cv [32]byte) {
			if c, _ := tr.CV(g); c != cv {
				t.Errorf("cv %d differs", g)
			}
		})
		for p := d; len(p) > 0; {
			k := min(len(p), 100_000)
			h.Write(p[:k])
			p = p[k:]
		}
		if got := h.Sum(); got != want {
			t.Errorf("%d: hasher %x want %x", n, got, want)
		}
	}
	d := random(1 << 20)
	t.Log(testing.AllocsPerRun(10, func() { Group(d, 3) }), testing.AllocsPerRun(10, func() { Single(d[:100001]) }))
}
func BenchmarkGroup(b *testing.B) {
	d := random(1 << 20)
	b.SetBytes(1 << 20)
	for b.Loop() {
		Group(d, 7)
	}
}
