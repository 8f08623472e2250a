package aead

import (
	"bytes"
	"encoding/binary"
	"math/big"
	"math/rand/v2"
	"slices"
	"testing"

	"golang.org/x/crypto/chacha20poly1305"
)

// All of these run natively and in WebAssembly: the code is the same, the compiler
// is not.

// number is what b says, little-endian.
func number(b []byte) *big.Int {
	b = bytes.Clone(b)
	slices.Reverse(b)
	return new(big.Int).SetBytes(b)
}

// clamped is the r of a key.
func clamped(key [32]byte) *big.Int {
	r := bytes.Clone(key[:16])
	for _, i := range []int{3, 7, 11, 15} {
		r[i] &= 15
	}
	for _, i := range []int{4, 8, 12} {
		r[i] &= 252
	}
	return number(r)
}

// reference is Poly1305 as RFC 8439, 2.5 says it, in numbers of any size.
func reference(key [32]byte, msg []byte) (tag [16]byte) {
	r := clamped(key)
	p := new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), 130), big.NewInt(5))
	acc := new(big.Int)
	for ; len(msg) > 0; msg = msg[16:] {
		acc.Add(acc, number(append(bytes.Clone(msg[:16]), 1)))
		acc.Mod(acc.Mul(acc, r), p)
	}
	acc.Add(acc, number(key[16:]))
	for i := range tag {
		tag[i] = byte(new(big.Int).Rsh(acc, uint(8*i)).Uint64())
	}
	return tag
}

func tagOf(key [32]byte, msg []byte) [16]byte {
	m := newMAC(&key)
	m.blocks(msg)
	return m.finish()
}

// Sums around 2^130 - 5, each bit of r, and the largest s: where carries and the last
// subtraction can be wrong.
func TestPoly1305OfEdges(t *testing.T) {
	ones := bytes.Repeat([]byte{0xff}, 16)
	// 2^130 - 5, and its neighbours, are sums of blocks with their 2^128: r = 1 adds them up.
	one, minusFive := make([]byte, 16), append([]byte{0xfb}, ones[1:]...)
	one[0] = 1
	small := func(n byte) []byte { return append([]byte{n}, make([]byte, 15)...) }
	keys := [][32]byte{{}, [32]byte(append(bytes.Clone(one), ones...)), [32]byte(append(bytes.Clone(ones), ones...)), [32]byte(append(small(2), make([]byte, 16)...))}
	for shift := range 128 { // each bit of r by itself, clamped or not, with the largest s
		var k [32]byte
		k[shift/8] = 1 << (shift % 8)
		copy(k[16:], ones)
		keys = append(keys, k)
	}
	blocks := [][]byte{make([]byte, 16), ones, minusFive, small(1), small(2), small(4), small(5), small(6), append([]byte{0xfa}, ones[1:]...), append([]byte{0xfc}, ones[1:]...)}
	for _, key := range keys {
		for _, a := range blocks {
			for _, b := range blocks {
				for _, c := range blocks {
					msg := bytes.Join([][]byte{a, b, c}, nil)
					for _, m := range [][]byte{msg, append(bytes.Clone(msg), bytes.Repeat(c, 2)...)} {
						if got, want := tagOf(key, m), reference(key, m); got != want {
							t.Fatalf("key %x, message %x: tag %x, want %x", key, m, got, want)
						}
					}
				}
			}
		}
	}
}

// Many blocks of ones and zeros by chance keep limbs near their bounds.
func TestPoly1305OfManyBlocks(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		var key [32]byte
		msg := make([]byte, 16*(1+rng.IntN(40)))
		for _, b := range [][]byte{key[:], msg} {
			for i := range b {
				b[i] = [...]byte{0, 0xff, 0xff, 0xff, byte(rng.Uint32())}[rng.IntN(5)]
			}
		}
		if got, want := tagOf(key, msg), reference(key, msg); got != want {
			t.Fatalf("key %x, message %x: tag %x, want %x", key, msg, got, want)
		}
	}
}

// Sums that leave the last limbs nearly full: what blocks() leaves is p and some
// more then, and carries run through all of finish(). No sum by chance comes there,
// so the message is computed from where it shall lead.
func TestPoly1305OfResidues(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	p := new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), 130), big.NewInt(5))
	top := new(big.Int).Lsh(big.NewInt(1), 128)
	little := func(x *big.Int) []byte {
		b := x.FillBytes(make([]byte, 16))
		slices.Reverse(b)
		return b
	}
	var residues []*big.Int
	for _, high := range []int64{0, 1, 2, 3, 7, 15} { // of 2^26: the carries out of the lowest limb
		for low := range int64(12) {
			x := big.NewInt(high<<limbBits + low)
			residues = append(residues, x, new(big.Int).Sub(p, new(big.Int).Add(x, big.NewInt(1))))
		}
	}
	ran := 0
	for _, x := range residues {
		for i := range 32 {
			var key [32]byte
			for i := range key {
				key[i] = byte(rng.Uint32())
			}
			r := clamped(key)
			// The block is x / r without the sum before it; a quarter of all have its 2^128.
			before := []byte{}
			if i%2 == 1 {
				before = little(new(big.Int).Rsh(r, uint(rng.IntN(100))))
			}
			sum := new(big.Int)
			if len(before) > 0 {
				sum.Mul(sum.Add(number(before), top), r)
			}
			block := new(big.Int).Mul(x, new(big.Int).ModInverse(r, p))
			block.Mod(block.Sub(block, sum), p)
			if block.Sub(block, top); block.Sign() < 0 || block.Cmp(top) >= 0 {
				continue
			}
			ran++
			msg := append(before, little(block)...)
			for _, m := range [][]byte{msg, append(bytes.Clone(msg), bytes.Repeat([]byte{0xff}, 16)...)} {
				if got, want := tagOf(key, m), reference(key, m); got != want {
					t.Fatalf("residue %x, key %x, message %x: tag %x, want %x", x, key, m, got, want)
				}
			}
		}
	}
	if want := 6 * len(residues); ran < want { // eight of 32 are expected
		t.Errorf("ran %d, want at least %d", ran, want)
	}
}

// compare seals and opens with both, apart and in place, and damages each part once.
func compare(t *testing.T, key [KeySize]byte, nonce [NonceSize]byte, plain, ad []byte, damage uint64) {
	t.Helper()
	ours := &portable{key}
	theirs, err := chacha20poly1305.New(key[:])
	if err != nil {
		t.Fatal(err)
	}
	want := theirs.Seal(nil, nonce[:], plain, ad)
	before := []byte("before")
	box := ours.Seal(bytes.Clone(before), nonce[:], plain, ad)
	if !bytes.Equal(box, append(bytes.Clone(before), want...)) {
		t.Fatalf("Seal of %x with %x is %x, want %x", plain, ad, box[len(before):], want)
	}
	place := append(make([]byte, 0, len(plain)+Overhead), plain...)
	if got := ours.Seal(place[:0], nonce[:], place, ad); !bytes.Equal(got, want) {
		t.Fatalf("Seal in place is %x, want %x", got, want)
	}
	if got, err := ours.Open(bytes.Clone(before), nonce[:], want, ad); err != nil || !bytes.Equal(got, append(bytes.Clone(before), plain...)) {
		t.Fatalf("Open is %x, %v; want %x", got, err, plain)
	}
	place = bytes.Clone(want)
	if got, err := ours.Open(place[:0], nonce[:], place, ad); err != nil || !bytes.Equal(got, plain) {
		t.Fatalf("Open in place is %x, %v; want %x", got, err, plain)
	}
	bad := bytes.Clone(want)
	bad[damage/8%uint64(len(bad))] ^= 1 << (damage % 8)
	kept := bytes.Clone(bad)
	if got, err := ours.Open(bad[:0], nonce[:], bad, ad); err == nil || got != nil {
		t.Fatalf("Open of a damaged box is %x, %v", got, err)
	}
	if !bytes.Equal(bad, kept) {
		t.Fatal("a box that did not open was changed")
	}
	if _, err := ours.Open(nil, nonce[:], want, append(bytes.Clone(ad), 0)); err == nil {
		t.Fatal("Open with other associated data")
	}
	if _, err := ours.Open(nil, nonce[:], want[:len(want)-1], ad); err == nil {
		t.Fatal("Open of a box without its end")
	}
}

func TestEqualsThatOfXCrypto(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	random := func(n int) []byte {
		b := make([]byte, n)
		for i := range b {
			b[i] = byte(rng.Uint32())
		}
		return b
	}
	lengths := []int{4_095, 4_096, 61_440, 65_503, 65_535, 65_536, 70_001}
	for n := range 260 {
		lengths = append(lengths, n)
	}
	for i, n := range lengths {
		compare(t, [KeySize]byte(random(KeySize)), [NonceSize]byte(random(NonceSize)), random(n), random(i%40), rng.Uint64())
	}
}

func FuzzEqualsThatOfXCrypto(f *testing.F) {
	f.Add([]byte("key"), uint64(7), []byte("plain text"), []byte("and what goes with it"), uint64(3))
	f.Add(bytes.Repeat([]byte{0xff}, KeySize), uint64(1<<63), make([]byte, 64), []byte{}, uint64(1<<40))
	f.Fuzz(func(t *testing.T, k []byte, n uint64, plain, ad []byte, damage uint64) {
		var key [KeySize]byte
		var nonce [NonceSize]byte
		copy(key[:], k)
		binary.LittleEndian.PutUint64(nonce[4:], n)
		compare(t, key, nonce, plain, ad, damage)
	})
}

func FuzzPoly1305(f *testing.F) {
	f.Add(bytes.Repeat([]byte{0xff}, 32), bytes.Repeat([]byte{0xff}, 48))
	f.Add(append([]byte{1}, make([]byte, 31)...), append([]byte{0xfb}, bytes.Repeat([]byte{0xff}, 31)...))
	f.Fuzz(func(t *testing.T, k, msg []byte) {
		var key [32]byte
		copy(key[:], k)
		msg = msg[:min(len(msg), 4_096)&^15]
		if got, want := tagOf(key, msg), reference(key, msg); got != want {
			t.Fatalf("tag %x, want %x", got, want)
		}
	})
}

func TestNothingIsAllocated(t *testing.T) {
	p := &portable{[KeySize]byte{1}}
	nonce, ad := make([]byte, NonceSize), make([]byte, 12)
	buf := make([]byte, 61_440, 61_440+Overhead)
	if n := testing.AllocsPerRun(20, func() {
		box := p.Seal(buf[:0], nonce, buf, ad)
		if _, err := p.Open(box[:0], nonce, box, ad); err != nil {
			t.Fatal(err)
		}
	}); n != 0 {
		t.Errorf("%v allocations for a record", n)
	}
}

func TestBadLengths(t *testing.T) {
	p := &portable{}
	if _, err := p.Open(nil, make([]byte, NonceSize), make([]byte, Overhead-1), nil); err == nil {
		t.Error("a box shorter than its tag opens")
	}
	defer func() {
		if recover() == nil {
			t.Error("a nonce of 24 bytes is taken")
		}
	}()
	p.Seal(nil, make([]byte, 24), nil, nil)
}

func BenchmarkPortable(b *testing.B) {
	p := &portable{[KeySize]byte{1}}
	nonce := make([]byte, NonceSize)
	buf := make([]byte, 61_440, 61_440+Overhead)
	b.SetBytes(int64(len(buf)))
	for b.Loop() {
		p.Seal(buf[:0], nonce, buf, nil)
	}
}
