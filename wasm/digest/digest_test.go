package digest

import (
	"encoding/hex"
	"encoding/json"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"lukechampine.com/blake3"

	"beeline/wasm/testdata"
	"beeline/wasm/wire"
)

func TestVectors(t *testing.T) {
	testdata.Run(t, "digest_", func(t *testing.T, v testdata.Vector) {
		data := pattern(int(v.Int(t, "size")))
		want := v.Key(t, "digest")
		values := v.Bytes(t, "values")
		if got := fill(data, rand.Perm(groupsOf(data))); got != want {
			t.Errorf("Tree.Digest = %x, want %x", got, want)
		}
		if got, groups := readBack(data, 1<<16); got != want || hex.EncodeToString(groups) != hex.EncodeToString(values) {
			t.Errorf("Hasher = %x with values %x, want %x with %x", got, groups, want, values)
		}
		for g := range groupsOf(data) {
			cv := Group(group(data, g), uint64(g))
			if want := [32]byte(values[32*g:]); cv != want {
				t.Errorf("Group %d = %x, want %x", g, cv, want)
			}
		}
	})
}

func TestOfficialVectors(t *testing.T) {
	var file struct {
		Cases []struct {
			Length int    `json:"input_len"`
			Hash   string `json:"hash"`
		} `json:"cases"`
	}
	if err := json.Unmarshal(testdata.BLAKE3(t), &file); err != nil || len(file.Cases) != 35 {
		t.Fatalf("%d cases, %v; want 35", len(file.Cases), err)
	}
	for _, c := range file.Cases {
		data := pattern(c.Length)
		got, want := Single(data), c.Hash[:64]
		if hex.EncodeToString(got[:]) != want {
			t.Errorf("Single of %d bytes = %x, want %s", c.Length, got, want)
		}
		if got, _ := readBack(data, 7); hex.EncodeToString(got[:]) != want {
			t.Errorf("Hasher of %d bytes = %x, want %s", c.Length, got, want)
		}
	}
}

// The digest is that of the whole file at every size where the tree changes shape,
// whatever the order of the groups and however a file is read back.
func TestEqualsTheWhole(t *testing.T) {
	sizes := []int{0, 1, 1023, 1024, 1025, 2048, 16_383, 16_384, 16_385, 100_000,
		1<<20 - 1, 1 << 20, 1<<20 + 1, 2<<20 - 1, 2 << 20, 2<<20 + 1, 3<<20 + 7, 4 << 20, 6<<20 + 1025, 9 << 20}
	if testing.Short() {
		sizes = sizes[:len(sizes)-2]
	}
	for _, n := range sizes {
		data := random(n)
		want := blake3.Sum256(data)
		if got := fill(data, rand.Perm(groupsOf(data))); got != want {
			t.Errorf("%d bytes: Tree.Digest = %x, want %x", n, got, want)
		}
		for _, step := range []int{333, 16_384, 1 << 20, 1<<20 + 1, n + 1} {
			if got, _ := readBack(data, step); got != want {
				t.Errorf("%d bytes, %d at a time: Hasher = %x, want %x", n, step, got, want)
			}
		}
	}
}

// A value is never a digest, nor the value of the same bytes at another place.
func TestValuesAreNoDigests(t *testing.T) {
	for _, n := range []int{1, 1024, 1025, 1 << 20} {
		data := random(n)
		cv, digest := OneGroup(data)
		if cv == digest {
			t.Errorf("%d bytes: value and digest are equal", n)
		}
		if cv != Group(data, 0) || digest != Single(data) {
			t.Errorf("%d bytes: OneGroup differs from Group or Single", n)
		}
		if cv == Group(data, 1) {
			t.Errorf("%d bytes: groups 0 and 1 have one value", n)
		}
	}
}

func TestGroupOfNoSizePanics(t *testing.T) {
	for _, n := range []int{0, wire.GroupSize + 1} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("Group of %d bytes: no panic", n)
				}
			}()
			Group(make([]byte, n), 0)
		}()
	}
}

func TestNothingIsAllocated(t *testing.T) {
	data := random(wire.GroupSize)
	h := NewHasher(nil)
	for name, f := range map[string]func(){
		"a group":           func() { Group(data, 5) },
		"a short group":     func() { Group(data[:123_457], 5) },
		"a file":            func() { Single(data[:9_999]) },
		"a file of a group": func() { OneGroup(data[:33_333]) },
		"a read-back":       func() { h.Reset(); h.Write(data[:99_999]); h.Write(data); h.Sum() },
	} {
		if n := testing.AllocsPerRun(5, f); n != 0 {
			t.Errorf("%s: %v allocations, want none", name, n)
		}
	}
}

func TestTreeKeepsCount(t *testing.T) {
	const groups = 3*pageGroups + 5
	tree := NewTree(groups*wire.GroupSize - 9)
	has := map[uint32]bool{}
	rng := rand.New(rand.NewPCG(3, 4))
	for step := range 20_000 {
		g := rng.Uint32N(groups)
		if rng.IntN(3) == 0 && step < 15_000 {
			tree.Clear(g)
			delete(has, g)
		} else {
			tree.Set(g, [32]byte{byte(g), byte(step)})
			has[g] = true
			if cv, ok := tree.CV(g); !ok || cv != [32]byte{byte(g), byte(step)} {
				t.Fatalf("CV(%d) = %x, %v", g, cv, ok)
			}
		}
		if tree.Has(g) != has[g] || tree.Len() != uint64(len(has)) {
			t.Fatalf("Has(%d) = %v, Len = %d; want %v, %d", g, tree.Has(g), tree.Len(), has[g], len(has))
		}
		from, limit := rng.Uint32N(groups+3), rng.Uint32N(100)+1
		first, n := tree.Missing(from, limit)
		wantFirst, wantN := from, uint32(0)
		for wantFirst < groups && has[wantFirst] {
			wantFirst++
		}
		for wantFirst+wantN < groups && wantN < limit && !has[wantFirst+wantN] {
			wantN++
		}
		if wantN == 0 {
			wantFirst = 0
		}
		if first != wantFirst || n != wantN {
			t.Fatalf("Missing(%d, %d) = %d, %d; want %d, %d", from, limit, first, n, wantFirst, wantN)
		}
		if _, ok := tree.Digest(); ok != (len(has) == groups) {
			t.Fatalf("Digest with %d of %d groups = %v", len(has), groups, ok)
		}
	}
}

// A size is what a peer says: the largest one costs nothing until groups come.
func TestTreeOfALie(t *testing.T) {
	for _, size := range []uint64{wire.FileMax, math.MaxUint64} {
		n := testing.AllocsPerRun(1, func() {
			tree := NewTree(size)
			tree.Set(math.MaxUint32, [32]byte{1})
			if first, n := tree.Missing(0, 1000); first != 0 || n != 1000 {
				t.Errorf("Missing = %d, %d; want 0, 1000", first, n)
			}
			if _, ok := tree.Digest(); ok {
				t.Error("digest of a file of one group in 2^32")
			}
		})
		if n > 10 {
			t.Errorf("%v allocations for one group of %d bytes", n, size)
		}
	}
}

func TestTreeIgnoresWhatIsNotThere(t *testing.T) {
	tree := NewTree(2 * wire.GroupSize)
	tree.Set(2, [32]byte{1})
	tree.SetSingle([32]byte{1}, [32]byte{2})
	tree.Clear(7)
	if tree.Len() != 0 || tree.Has(0) || tree.Has(2) {
		t.Errorf("%d groups are there, want none", tree.Len())
	}
	one := NewTree(5)
	one.Set(0, [32]byte{1}) // without the digest it would be complete and wrong
	if _, ok := one.Digest(); ok || one.Has(0) {
		t.Error("a file of one group is complete without its digest")
	}
}

func BenchmarkGroup(b *testing.B) {
	data := random(wire.GroupSize)
	b.SetBytes(wire.GroupSize)
	b.ReportAllocs()
	for b.Loop() {
		Group(data, 7)
	}
}

func BenchmarkHasher(b *testing.B) {
	data := random(wire.GroupSize)
	h := NewHasher(nil)
	b.SetBytes(wire.GroupSize)
	for b.Loop() {
		h.Write(data)
	}
}

// BenchmarkDigest is the last step of a file of 64 GiB.
func BenchmarkDigest(b *testing.B) {
	tree := NewTree(64 << 30)
	for g := range uint32(tree.Groups()) {
		tree.Set(g, [32]byte{1})
	}
	for b.Loop() {
		tree.Digest()
	}
}

// fill hashes the groups of data in the given order and returns the digest.
func fill(data []byte, order []int) [32]byte {
	tree := NewTree(uint64(len(data)))
	for _, g := range order {
		if len(order) == 1 {
			tree.SetSingle(OneGroup(data))
			continue
		}
		tree.Set(uint32(g), Group(group(data, g), uint64(g)))
	}
	digest, ok := tree.Digest()
	if !ok {
		return [32]byte{}
	}
	return digest
}

// readBack writes data to a Hasher, step bytes at a time, and returns the digest
// and the values it reported.
func readBack(data []byte, step int) (digest [32]byte, values []byte) {
	h := NewHasher(func(g uint32, cv [32]byte) {
		if int(g) != len(values)/32 {
			panic("groups out of order")
		}
		values = append(values, cv[:]...)
	})
	h.Write([]byte("another file"))
	h.Sum()
	values = nil
	h.Reset()
	for part := range slices.Chunk(data, step) {
		h.Write(part)
	}
	return h.Sum(), values
}

func groupsOf(data []byte) int { return (len(data) + wire.GroupSize - 1) / wire.GroupSize }

func group(data []byte, g int) []byte {
	return data[g*wire.GroupSize : min((g+1)*wire.GroupSize, len(data))]
}

// pattern is the input of the official vectors.
func pattern(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(i % 251)
	}
	return b
}

func random(n int) []byte {
	b := make([]byte, n)
	rand.NewChaCha8([32]byte{byte(n)}).Read(b)
	return b
}
