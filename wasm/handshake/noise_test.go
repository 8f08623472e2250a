package handshake

import (
	"bytes"
	"crypto/ecdh"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	mathrand "math/rand/v2"
	"os"
	"strings"
	"testing"

	"github.com/flynn/noise"
)

// The symmetric state is our own, so here it carries patterns that others have
// published: with X25519 in place of the KEM it is plain Noise.

// A pattern is a handshake of Noise, sections 7.4 and 7.5: who knows whose static
// key before, and the tokens of each message.
type pattern struct {
	initiatorKnown, responderKnown bool
	messages                       []string
}

var patterns = map[string]pattern{
	"N":  {false, true, []string{"e es"}},
	"K":  {true, true, []string{"e es ss"}},
	"X":  {false, true, []string{"e es s ss"}},
	"NN": {false, false, []string{"e", "e ee"}},
	"NK": {false, true, []string{"e es", "e ee"}},
	"NX": {false, false, []string{"e", "e ee s es"}},
	"KN": {true, false, []string{"e", "e ee se"}},
	"KK": {true, true, []string{"e es ss", "e ee se"}},
	"KX": {true, false, []string{"e", "e ee se s es"}},
	"XN": {false, false, []string{"e", "e ee", "s se"}},
	"XK": {false, true, []string{"e es", "e ee", "s se"}},
	"XX": {false, false, []string{"e", "e ee s es", "s se"}},
	"IN": {false, false, []string{"e s", "e ee se"}},
	"IK": {false, true, []string{"e es s ss", "e ee se"}},
	"IX": {false, false, []string{"e s", "e ee se s es"}},
}

// A party plays one side of a pattern around a symmetric state.
type party struct {
	symmetric
	initiator  bool
	e, s       *ecdh.PrivateKey
	re, rs     *ecdh.PublicKey
	psk        []byte
	tokens     [][]string
	toR, toI   [32]byte
	nToR, nToI uint64
}

func newParty(t *testing.T, name string, initiator bool, prologue, psk []byte, e, s *ecdh.PrivateKey, rs *ecdh.PublicKey) *party {
	base, _, _ := strings.Cut(strings.Split(name, "_")[1], "psk")
	pat, ok := patterns[base]
	if !ok {
		t.Fatalf("no pattern %s", base)
	}
	p := &party{symmetric: newSymmetric(name), initiator: initiator, e: e, s: s, psk: psk}
	for i, m := range pat.messages {
		tokens := strings.Fields(m)
		if i == 0 && psk != nil {
			tokens = append([]string{"psk"}, tokens...)
		}
		p.tokens = append(p.tokens, tokens)
	}
	p.mixHash(prologue)
	for _, known := range []struct{ is, initiator bool }{{pat.initiatorKnown, true}, {pat.responderKnown, false}} {
		switch {
		case known.is && known.initiator == initiator:
			p.mixHash(s.PublicKey().Bytes())
		case known.is:
			p.mixHash(rs.Bytes())
			p.rs = rs
		}
	}
	return p
}

func (p *party) mixDH(token string) {
	mine, theirs := token[0], token[1]
	if !p.initiator {
		mine, theirs = theirs, mine
	}
	private, public := p.e, p.re
	if mine == 's' {
		private = p.s
	}
	if theirs == 's' {
		public = p.rs
	}
	shared, err := private.ECDH(public)
	if err != nil {
		panic(err)
	}
	p.mixKey(shared)
}

func (p *party) write(payload []byte) (message []byte) {
	for _, token := range p.tokens[0] {
		switch token {
		case "psk":
			p.mixKeyAndHash(p.psk)
		case "e":
			pk := p.e.PublicKey().Bytes()
			message = append(message, pk...)
			p.mixHash(pk)
			if p.psk != nil {
				p.mixKey(pk)
			}
		case "s":
			message = p.encryptAndHash(message, p.s.PublicKey().Bytes())
		default:
			p.mixDH(token)
		}
	}
	message = p.encryptAndHash(message, payload)
	p.next()
	return message
}

func (p *party) read(message []byte) (payload []byte, ok bool) {
	for _, token := range p.tokens[0] {
		switch token {
		case "psk":
			p.mixKeyAndHash(p.psk)
		case "e":
			p.re, _ = ecdh.X25519().NewPublicKey(message[:32])
			p.mixHash(message[:32])
			if p.psk != nil {
				p.mixKey(message[:32])
			}
			message = message[32:]
		case "s":
			n := 32
			if p.keyed {
				n += tagSize
			}
			pk, ok := p.decryptAndHash(message[:n])
			if !ok {
				return nil, false
			}
			p.rs, _ = ecdh.X25519().NewPublicKey(pk)
			message = message[n:]
		default:
			p.mixDH(token)
		}
	}
	payload, ok = p.decryptAndHash(message)
	p.next()
	return payload, ok
}

func (p *party) next() {
	if p.tokens = p.tokens[1:]; len(p.tokens) == 0 {
		p.toR, p.toI, _ = p.split()
	}
}

// seal is a transport message: Noise, section 5.1, with counters from zero.
func (p *party) seal(toR bool, plain []byte) []byte {
	key, n := &p.toI, &p.nToI
	if toR {
		key, n = &p.toR, &p.nToR
	}
	*n++
	return newAEAD(*key).Seal(nil, noiseNonce(*n-1), plain, nil)
}

func TestPublishedNoiseVectors(t *testing.T) {
	src, err := os.ReadFile("testdata/noise_vectors.txt")
	if err != nil {
		t.Fatal(err)
	}
	ran := map[string]int{}
	for _, block := range strings.Split(strings.TrimSpace(string(src)), "\n\n") {
		if strings.HasPrefix(block, "#") {
			continue
		}
		f := map[string]string{}
		for line := range strings.Lines(block) {
			k, v, _ := strings.Cut(strings.TrimSpace(line), "=")
			f[k] = v
		}
		name := f["handshake"]
		ran[name]++
		t.Run(fmt.Sprint(name, "/", ran[name]), func(t *testing.T) { runNoiseVector(t, name, f) })
	}
	if ran["Noise_NNpsk0_25519_ChaChaPoly_SHA256"] != 4 || len(ran) != 16 {
		t.Errorf("ran %v, want 16 patterns, 4 of NNpsk0", ran)
	}
}

func runNoiseVector(t *testing.T, name string, f map[string]string) {
	eI, eR := x25519(f["gen_init_ephemeral"]), x25519(f["gen_resp_ephemeral"])
	sI, sR := x25519(f["init_static"]), x25519(f["resp_static"])
	var psk []byte
	if f["preshared_key"] != "" {
		psk = unhex(f["preshared_key"])
	}
	i := newParty(t, name, true, unhex(f["prologue"]), psk, eI, sI, public(sR))
	r := newParty(t, name, false, unhex(f["prologue"]), psk, eR, sR, public(sI))
	handshakes := len(i.tokens)
	for m := 0; f[fmt.Sprintf("msg_%d_ciphertext", m)] != ""; m++ {
		payload, want := unhex(f[fmt.Sprintf("msg_%d_payload", m)]), f[fmt.Sprintf("msg_%d_ciphertext", m)]
		if m >= handshakes {
			if got := hex.EncodeToString(i.seal((m-handshakes)%2 == 0, payload)); got != want {
				t.Errorf("transport message %d = %s, want %s", m, got, want)
			}
			continue
		}
		writer, reader := i, r
		if m%2 == 1 {
			writer, reader = r, i
		}
		message := writer.write(payload)
		if got := hex.EncodeToString(message); got != want {
			t.Fatalf("message %d = %s, want %s", m, got, want)
		}
		if got, ok := reader.read(message); !ok || !bytes.Equal(got, payload) {
			t.Fatalf("message %d reads as %x, %v; want %x", m, got, ok, payload)
		}
	}
	if i.h != r.h || i.ck != r.ck || i.toR != r.toR || i.toI != r.toI {
		t.Error("the two sides end in different states")
	}
}

// NNpsk0 against flynn/noise, in both roles, with random keys, prologues and
// payloads: every message equal, and what was damaged refused by both.
func TestAgainstFlynnNoise(t *testing.T) {
	const name = "Noise_NNpsk0_25519_ChaChaPoly_SHA256"
	rng := mathrand.NewChaCha8([32]byte{1})
	some := func(max int) []byte {
		b := make([]byte, rng.Uint64()%uint64(max))
		rng.Read(b)
		return b
	}
	for round := range 50 {
		oursFirst := round%2 == 0
		prologue, psk := some(200), make([]byte, 32)
		rng.Read(psk)
		e, _ := ecdh.X25519().GenerateKey(rand.Reader)
		ours := newParty(t, name, oursFirst, prologue, psk, e, nil, nil)
		theirs, err := noise.NewHandshakeState(noise.Config{
			CipherSuite: noise.NewCipherSuite(noise.DH25519, noise.CipherChaChaPoly, noise.HashSHA256),
			Pattern:     noise.HandshakeNN, Initiator: !oursFirst,
			Prologue: prologue, PresharedKey: psk,
		})
		if err != nil {
			t.Fatal(err)
		}
		var toR, toI *noise.CipherState
		for m := range 2 {
			payload := some(900)
			if (m == 0) == oursFirst {
				message := ours.write(payload)
				damaged := bytes.Clone(message)
				damaged[len(damaged)-1] ^= 1
				if _, _, _, err := theirs.ReadMessage(nil, damaged); err == nil {
					t.Fatal("flynn/noise takes a damaged message")
				}
				var got []byte
				if got, toR, toI, err = theirs.ReadMessage(nil, message); err != nil || !bytes.Equal(got, payload) {
					t.Fatalf("round %d: flynn/noise reads message %d as %x, %v", round, m, got, err)
				}
				continue
			}
			var message []byte
			if message, toR, toI, err = theirs.WriteMessage(nil, payload); err != nil {
				t.Fatal(err)
			}
			damaged := bytes.Clone(message)
			damaged[len(damaged)-1] ^= 1
			twin := *ours // a copy of the state is a checkpoint
			if _, ok := twin.read(damaged); ok {
				t.Fatal("we take a damaged message")
			}
			if got, ok := ours.read(message); !ok || !bytes.Equal(got, payload) {
				t.Fatalf("round %d: we read message %d as %x, %v", round, m, got, ok)
			}
		}
		if !bytes.Equal(ours.h[:], theirs.ChannelBinding()) {
			t.Errorf("round %d: h = %x, flynn/noise has %x", round, ours.h, theirs.ChannelBinding())
		}
		if ours.toR != toR.UnsafeKey() || ours.toI != toI.UnsafeKey() {
			t.Errorf("round %d: keys differ", round)
		}
		for range 3 {
			payload := some(100)
			want, _ := toR.Encrypt(nil, nil, payload)
			if got := ours.seal(true, payload); !bytes.Equal(got, want) {
				t.Errorf("round %d: transport message = %x, want %x", round, got, want)
			}
		}
	}
}

// The third output goes on where Noise's Split ends; the first two stay the same.
func TestThirdOutputOfSplit(t *testing.T) {
	s := newSymmetric(protocolName)
	s.mixKey([]byte("a secret"))
	toR, toI, exp := s.split()
	two := noiseHKDF(s.ck, nil, 2)
	if toR != two[0] || toI != two[1] {
		t.Error("three outputs change the first two")
	}
	if exp == toR || exp == toI || exp == s.ck || exp == [32]byte{} {
		t.Error("the third output is one of the others")
	}
}

func x25519(private string) *ecdh.PrivateKey {
	if private == "" {
		return nil
	}
	k, err := ecdh.X25519().NewPrivateKey(unhex(private))
	if err != nil {
		panic(err)
	}
	return k
}

func public(k *ecdh.PrivateKey) *ecdh.PublicKey {
	if k == nil {
		return nil
	}
	return k.PublicKey()
}

func unhex(s string) []byte {
	b, err := hex.DecodeString(s)
	if err != nil {
		panic(err)
	}
	return b
}
