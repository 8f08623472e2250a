package people

import (
	"crypto/sha256"
	"strings"

	"beeline/wasm/wire"
	"beeline/wasm/words"
)

// SeedWords is how many words a seed has on paper: BIP-39's 256 bits and 8 that
// find slips.
const SeedWords = 24

const bitsPerWord = 11

// Words returns the seed as words with a space between, for paper. They are the
// identity itself.
func (b *Book) Words() string {
	seed := b.Identity.Seed()
	sum := sha256.Sum256(seed[:])
	var out [SeedWords]string
	n, bits, at := 0, 0, 0
	for _, c := range append(seed[:], sum[0]) {
		n, bits = n<<8|int(c), bits+8
		for bits >= bitsPerWord {
			bits -= bitsPerWord
			out[at] = words.At(n >> bits & (words.Count - 1))
			at++
		}
	}
	return strings.Join(out[:], " ")
}

// SeedOf reads what somebody typed off a paper: 24 words in order, in any case,
// each of them in full or by its first four letters, whatever stands between them.
// It fails with [wire.Vault]; slip is then the number of the first word that is
// none, from 1, or 0 where the number of words is another one, or they are not
// those of one seed.
func SeedOf(typed string) (seed [32]byte, slip int, err error) {
	if len(typed) > 1024 { // 24 words of 8 letters and much between them
		return seed, 0, wire.Vault.Because("not 24 words")
	}
	all := strings.FieldsFunc(strings.ToLower(typed), func(r rune) bool { return r < 'a' || r > 'z' })
	var b [SeedWords * bitsPerWord / 8]byte
	n, bits, at := 0, 0, 0
	for i, word := range all {
		full, ok := words.Full(word)
		if !ok {
			return seed, i + 1, wire.Vault.Because("a word that is none")
		}
		if len(all) != SeedWords {
			continue // only to say which word is wrong
		}
		index, _ := words.Index(full)
		n, bits = (n<<bitsPerWord|index)&0xFFFFF, bits+bitsPerWord
		for bits >= 8 {
			bits -= 8
			b[at] = byte(n >> bits)
			at++
		}
	}
	copy(seed[:], b[:32])
	if sum := sha256.Sum256(seed[:]); len(all) != SeedWords || sum[0] != b[32] {
		return [32]byte{}, 0, wire.Vault.Because("not the words of a seed")
	}
	return seed, 0, nil
}
