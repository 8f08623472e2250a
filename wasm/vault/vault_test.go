package vault

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"os/exec"
	"runtime"
	"testing"

	"golang.org/x/crypto/argon2"
	"golang.org/x/crypto/chacha20poly1305"

	"beeline/wasm/kdf"
	"beeline/wasm/testdata"
	"beeline/wasm/wire"
)

// cheap is the least that is accepted, so that tests are quick.
var cheap = Cost{MemoryLeast, 1, 1}

var pepper = bytes.Repeat([]byte{0x5a}, PepperSize)

func key(t testing.TB, c Cost, pass string, pepper []byte) Key {
	t.Helper()
	h := NewHeader(c)
	var base [BaseSize]byte
	if h.Asks() {
		base = h.Base([]byte(pass))
	}
	k, err := NewKey(h, base, pepper)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func reopen(t testing.TB, container []byte, pass string, pepper []byte) ([]byte, error) {
	t.Helper()
	h, err := Read(container, MemoryMost)
	if err != nil {
		return nil, err
	}
	var base [BaseSize]byte
	if h.Asks() {
		base = h.Base([]byte(pass))
	}
	k, err := NewKey(h, base, pepper)
	if err != nil {
		return nil, err
	}
	return k.Open(container)
}

func TestSealedIsOpenedAgain(t *testing.T) {
	for _, v := range []struct {
		cost   Cost
		pass   string
		pepper []byte
	}{{Cost{}, "", pepper}, {cheap, "correct horse", pepper}, {cheap, "correct horse", nil}} {
		k := key(t, v.cost, v.pass, v.pepper)
		for _, plain := range []string{"", "a seed and some contacts"} {
			a, b := k.Seal([]byte(plain)), k.Seal([]byte(plain))
			if bytes.Equal(a[nonceAt:commitAt], b[nonceAt:commitAt]) {
				t.Error("two containers have one nonce")
			}
			if got, err := reopen(t, a, v.pass, v.pepper); err != nil || string(got) != plain {
				t.Errorf("opened: %q, %v; want %q", got, err, plain)
			}
		}
	}
}

// Attack 47: a stolen profile. Without the key of the browser, or without the
// passphrase, nothing opens, and nothing tells which of them was wrong.
func TestAttack47StolenVault(t *testing.T) {
	container := key(t, cheap, "correct horse", pepper).Seal([]byte("secret"))
	other := bytes.Repeat([]byte{0x5b}, PepperSize)
	for name, v := range map[string]struct {
		pass   string
		pepper []byte
	}{"another passphrase": {"correct house", pepper}, "no passphrase": {"", pepper}, "another pepper": {"correct horse", other}, "no pepper": {"correct horse", nil}} {
		got, err := reopen(t, container, v.pass, v.pepper)
		if got != nil || !errors.Is(err, wire.Vault) {
			t.Errorf("%s: %q, %v; want %v", name, got, err, wire.Vault)
		}
		damaged := bytes.Clone(container)
		damaged[len(damaged)-1] ^= 1
		if _, dErr := reopen(t, damaged, "correct horse", pepper); err == nil || dErr == nil || dErr.Error() != err.Error() {
			t.Errorf("%s: %q; a damaged one: %q", name, err, dErr)
		}
	}
}

// Attack 47: neither passphrase nor pepper is no key at all: it would be in the container.
func TestNoKeyAtAll(t *testing.T) {
	if _, err := NewKey(NewHeader(Cost{}), [32]byte{}, nil); !errors.Is(err, wire.Vault) {
		t.Errorf("neither: %v, want %v", err, wire.Vault)
	}
	if _, err := NewKey(NewHeader(Cost{}), [32]byte{1}, pepper); !errors.Is(err, wire.Vault) {
		t.Errorf("a base without a passphrase: %v, want %v", err, wire.Vault)
	}
	if _, err := NewKey(NewHeader(cheap), [32]byte{1}, pepper[:31]); !errors.Is(err, wire.Vault) {
		t.Errorf("a short pepper: %v, want %v", err, wire.Vault)
	}
	container := key(t, Cost{}, "", pepper).Seal(nil)
	if _, err := reopen(t, container, "", nil); !errors.Is(err, wire.Vault) {
		t.Errorf("kdf 0 without a pepper: %v, want %v", err, wire.Vault)
	}
}

// Attack 48: a container made to open under two passphrases, which Poly1305 alone
// would allow. The commitment names one key, and is compared first.
func TestAttack48PartitioningOracle(t *testing.T) {
	h := NewHeader(cheap)
	k1, err1 := NewKey(h, h.Base([]byte("one")), pepper)
	k2, err2 := NewKey(h, h.Base([]byte("two")), pepper)
	if err1 != nil || err2 != nil {
		t.Fatal(err1, err2)
	}
	container := k1.Seal([]byte("opens under one"))
	// The attacker makes the rest right for k2: sealed by its enc, over its header
	// and the commitment of k1. Only the commitment stands against it.
	hdr := container[:commitAt]
	aead, err := chacha20poly1305.NewX(kdf.X(k2.k[:], "vault enc", hdr, 32))
	if err != nil {
		t.Fatal(err)
	}
	crafted := aead.Seal(bytes.Clone(container[:sealedAt]), hdr[nonceAt:], []byte("opens under two"), container[:sealedAt])
	if got, err := k2.Open(crafted); got != nil || !errors.Is(err, wire.Vault) {
		t.Errorf("opened %q, %v; want %v", got, err, wire.Vault)
	}
	// With the commitment of k2 instead it is k2's container, and k1 refuses it.
	copy(crafted[commitAt:], k2.commit(hdr))
	if _, err := k1.Open(crafted); !errors.Is(err, wire.Vault) {
		t.Errorf("k1: %v, want %v", err, wire.Vault)
	}
}

// Every flipped bit and every cut is refused, before or after the key.
func TestFlippedBits(t *testing.T) {
	k := key(t, Cost{}, "", pepper)
	container := k.Seal([]byte("contents"))
	for i := range len(container) * 8 {
		b := bytes.Clone(container)
		b[i/8] ^= 1 << (i % 8)
		if _, err := k.Open(b); !errors.Is(err, wire.Vault) {
			t.Errorf("bit %d: %v, want %v", i, err, wire.Vault)
		}
	}
	for n := range container {
		if _, err := k.Open(container[:n]); !errors.Is(err, wire.Vault) {
			t.Errorf("%d bytes: %v, want %v", n, err, wire.Vault)
		}
	}
}

// A crafted header asks for no more than a machine has.
func TestCostsAreBounded(t *testing.T) {
	container := key(t, cheap, "x", nil).Seal(nil)
	with := func(kdf byte, m uint32, time, threads byte) []byte {
		b := bytes.Clone(container)
		b[4] = kdf
		binary.BigEndian.PutUint32(b[5:], m)
		b[9], b[10] = time, threads
		return b
	}
	for _, ok := range [][]byte{with(1, MemoryLeast, 1, 1), with(1, MemoryMost, 16, 16)} {
		if _, err := Read(ok, MemoryMost); err != nil {
			t.Errorf("within the limits: %v", err)
		}
	}
	if _, err := Read(with(1, MemoryBrowser+1, 1, 1), MemoryBrowser); !errors.Is(err, wire.Vault) {
		t.Errorf("more than a browser has: %v", err)
	}
	for _, bad := range [][]byte{
		with(1, MemoryLeast-1, 1, 1), with(1, MemoryMost+1, 1, 1), with(1, 1<<32-1, 1, 1), with(1, MemoryLeast, 0, 1), with(1, MemoryLeast, 17, 1),
		with(1, MemoryLeast, 1, 0), with(1, MemoryLeast, 1, 17), with(0, MemoryLeast, 1, 1), with(0, 0, 0, 1), with(2, MemoryLeast, 1, 1),
	} {
		if h, err := Read(bad, MemoryMost); !errors.Is(err, wire.Vault) || h != (Header{}) {
			t.Errorf("Read(%x) = %v, %v; want %v", bad[:saltAt], h, err, wire.Vault)
		}
	}
}

// The vector of RFC 9106 has a secret and associated data, which the exported
// function of x/crypto does not take: x/crypto's own test has it, and is run here.
// The values of the reference implementation go through the exported one.
func TestArgon2idOfRFC9106(t *testing.T) {
	for _, v := range []struct {
		time, memory uint32
		threads      uint8
		want         string
	}{
		{2, 1 << 16, 1, "09316115d5cf24ed5a15a31a3ba326e5cf32edc24702987c02b6566f61913cf7"},
		{2, 1 << 8, 1, "9dfeb910e80bad0311fee20f9c0e2b12c17987b4cac90c2ef54d5b3021c68bfe"},
		{2, 1 << 8, 2, "6d093c501fd5999645e0ea3bf620d7b8be7fd2db59c20d9fff9539da2bf57037"},
	} {
		if got := hex.EncodeToString(argon2.IDKey([]byte("password"), []byte("somesalt"), v.time, v.memory, v.threads, 32)); got != v.want {
			t.Errorf("t %d, m %d, p %d: %s, want %s", v.time, v.memory, v.threads, got, v.want)
		}
	}
	if runtime.GOOS == "js" || testing.Short() {
		return
	}
	out, err := exec.Command("go", "test", "-run", "^TestArgon2$|^TestVectors$", "-v", "golang.org/x/crypto/argon2").CombinedOutput()
	if err != nil || !bytes.Contains(out, []byte("--- PASS: TestArgon2")) || !bytes.Contains(out, []byte("--- PASS: TestVectors")) {
		t.Errorf("x/crypto: %v\n%s", err, out)
	}
}

func TestVaultVectors(t *testing.T) {
	testdata.Run(t, "vault_", func(t *testing.T, v testdata.Vector) {
		container := v.Bytes(t, "container")
		h, err := Read(container, MemoryMost)
		if err == nil {
			var base [BaseSize]byte
			if h.Asks() {
				base = h.Base([]byte(v.Text(t, "passphrase")))
				if want := v.Key(t, "base"); base != want {
					t.Fatalf("base = %x, want %x", base, want)
				}
			}
			var k Key
			if k, err = NewKey(h, base, v.Bytes(t, "pepper")); err == nil {
				var plain []byte
				if plain, err = k.Open(container); err == nil && (!bytes.Equal(plain, v.Bytes(t, "plain")) || v.Expect() != "") {
					t.Fatalf("opened %x, want %s", plain, v.Expect())
				}
			}
		}
		if want := v.Expect(); want != "" && wire.CodeOf(err).Error() != want || want == "" && err != nil {
			t.Errorf("%v, want %s", err, v.Text(t, "expect"))
		}
	})
}

func FuzzOpen(f *testing.F) {
	k := key(f, Cost{}, "", pepper)
	k.header.Salt = [32]byte{}
	f.Fuzz(func(t *testing.T, b []byte) {
		if _, err := Read(b, MemoryMost); err != nil && !errors.Is(err, wire.Vault) {
			t.Fatalf("Read: %v", err)
		}
		if got, err := k.Open(b); err == nil {
			t.Fatalf("%x opened: %x", b, got)
		}
	})
}

func TestCorpora(t *testing.T) { testdata.Corpora(t) }

func BenchmarkBase(b *testing.B) {
	h := NewHeader(ForVault)
	for b.Loop() {
		h.Base([]byte("correct horse battery staple"))
	}
}
