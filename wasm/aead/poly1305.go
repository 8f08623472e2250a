package aead

import (
	"encoding/binary"
	"math/bits"
)

// This file: Poly1305, RFC 8439 section 2.5, for messages of whole blocks of 16
// bytes. That is all the AEAD needs: it fills up its parts with zeros.
//
//	acc = (acc + block + 2¹²⁸) · r  mod 2¹³⁰ − 5, for each block
//	tag = acc + s                   mod 2¹²⁸
//
// Numbers are five limbs of 26 bits. A product of two limbs, and the sum of five
// of them, fit into 64 bits, so a block costs 25 multiplications and no carries
// between them; 2¹³⁰ = 5 turns what overflows into another product.

const (
	limbBits = 26
	limbMask = 1<<limbBits - 1
	twoTo128 = 1 << (128 - 4*limbBits) // in the highest limb
)

type mac struct {
	r   [5]uint64 // clamped
	acc [5]uint64 // limbs below 2²⁶, the second below 2²⁶ + 2⁹
	s   [2]uint64 // little-endian
}

// newMAC returns the MAC of a one-time key, r ‖ s.
func newMAC(key *[32]byte) (m mac) {
	// RFC 8439, 2.5.1: 22 bits of r are zero.
	low := binary.LittleEndian.Uint64(key[0:]) & 0x0ffffffc0fffffff
	high := binary.LittleEndian.Uint64(key[8:]) & 0x0ffffffc0ffffffc
	m.r = [5]uint64{
		low & limbMask,
		low >> 26 & limbMask,
		(low>>52 | high<<12) & limbMask,
		high >> 14 & limbMask,
		high >> 40,
	}
	m.s = [2]uint64{binary.LittleEndian.Uint64(key[16:]), binary.LittleEndian.Uint64(key[24:])}
	return m
}

// padded takes in b, and zeros up to a multiple of 16.
func (m *mac) padded(b []byte) {
	whole := len(b) &^ 15
	m.blocks(b[:whole])
	if whole < len(b) {
		var last [16]byte
		copy(last[:], b[whole:])
		m.blocks(last[:])
	}
}

// blocks takes in b, a multiple of 16 bytes.
//
// Limbs of acc are below 2²⁷ + 2⁹ where a block was added, those of r below 2²⁶ and
// five times those below 5·2²⁶: the sum of five products and a carry is below
// 25·2⁵³ + 2⁴⁰, which is below 2⁵⁸.
func (m *mac) blocks(b []byte) {
	r0, r1, r2, r3, r4 := m.r[0], m.r[1], m.r[2], m.r[3], m.r[4]
	f1, f2, f3, f4 := 5*r1, 5*r2, 5*r3, 5*r4
	a0, a1, a2, a3, a4 := m.acc[0], m.acc[1], m.acc[2], m.acc[3], m.acc[4]
	for len(b) >= 16 {
		low, high := binary.LittleEndian.Uint64(b), binary.LittleEndian.Uint64(b[8:])
		a0 += low & limbMask
		a1 += low >> 26 & limbMask
		a2 += (low>>52 | high<<12) & limbMask
		a3 += high >> 14 & limbMask
		a4 += high>>40 | twoTo128

		p0 := a0*r0 + a1*f4 + a2*f3 + a3*f2 + a4*f1
		p1 := a0*r1 + a1*r0 + a2*f4 + a3*f3 + a4*f2
		p2 := a0*r2 + a1*r1 + a2*r0 + a3*f4 + a4*f3
		p3 := a0*r3 + a1*r2 + a2*r1 + a3*r0 + a4*f4
		p4 := a0*r4 + a1*r3 + a2*r2 + a3*r1 + a4*r0

		p1 += p0 >> limbBits
		p2 += p1 >> limbBits
		p3 += p2 >> limbBits
		p4 += p3 >> limbBits
		a0 = p0&limbMask + 5*(p4>>limbBits) // below 2²⁶ + 5·2³², so below 2³⁵
		a1 = p1&limbMask + a0>>limbBits     // below 2²⁶ + 2⁹
		a0 &= limbMask
		a2, a3, a4 = p2&limbMask, p3&limbMask, p4&limbMask
		b = b[16:]
	}
	m.acc = [5]uint64{a0, a1, a2, a3, a4}
}

// finish returns the tag. The MAC must not be used again.
func (m *mac) finish() (tag [16]byte) {
	a := m.acc
	carry := func(a *[5]uint64) {
		for i := range 4 {
			a[i+1] += a[i] >> limbBits
			a[i] &= limbMask
		}
		a[0] += 5 * (a[4] >> limbBits)
		a[4] &= limbMask
	}
	carry(&a)
	carry(&a) // the first may leave 2²⁶ + 4 in the lowest limb; a is below 2¹³⁰ now, but may still be p = 2¹³⁰ − 5 or more

	// b = a + 5 − 2¹³⁰ = a − p: chosen, without a branch, where it is not negative.
	b := a
	b[0] += 5
	for i := range 4 {
		b[i+1] += b[i] >> limbBits
		b[i] &= limbMask
	}
	less := b[4]>>limbBits - 1 // all ones where a < p
	b[4] &= limbMask
	for i := range a {
		a[i] = a[i]&less | b[i]&^less
	}

	low := a[0] | a[1]<<26 | a[2]<<52
	high := a[2]>>12 | a[3]<<14 | a[4]<<40
	low, over := bits.Add64(low, m.s[0], 0)
	high, _ = bits.Add64(high, m.s[1], over)
	binary.LittleEndian.PutUint64(tag[:], low)
	binary.LittleEndian.PutUint64(tag[8:], high)
	return tag
}
