package kdf

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"testing"

	"beeline/wasm/testdata"
)

func TestVectors(t *testing.T) {
	testdata.Run(t, "kdf_", func(t *testing.T, v testdata.Vector) {
		prk := v.Bytes(t, "prk")
		if v.Has("salt") {
			prk = XT(v.Text(t, "salt"), v.Bytes(t, "ikm"))
			if want := v.Bytes(t, "prk"); !bytes.Equal(prk, want) {
				t.Errorf("XT = %x, want %x", prk, want)
			}
		}
		want := v.Bytes(t, "out")
		got := X(prk, v.Text(t, "label"), v.Bytes(t, "ctx"), len(want))
		if !bytes.Equal(got, want) {
			t.Errorf("X = %x, want %x", got, want)
		}
	})
}

// The extraction of RFC 5869, appendix A.1 to A.3.
func TestExtractOfRFC5869(t *testing.T) {
	for _, c := range []struct{ ikm, salt, prk string }{
		{strings.Repeat("0b", 22), "000102030405060708090a0b0c",
			"077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5"},
		{sequence(0x00, 80), sequence(0x60, 80),
			"06a6b88c5853361a06104c9ceb35b45cef760014904671014a193f40c15fc244"},
		{strings.Repeat("0b", 22), "",
			"19ef24a32c717b167f33a91d6f648bdf96596776afdb6377ac434c1c293ccb04"},
	} {
		got := XT(string(unhex(c.salt)), unhex(c.ikm))
		if want := unhex(c.prk); !bytes.Equal(got, want) {
			t.Errorf("XT = %x, want %x", got, want)
		}
	}
}

// X is HKDF-Expand over a string that nothing else makes; here both are written
// out by hand.
func TestXByHand(t *testing.T) {
	prk := bytes.Repeat([]byte{7}, 32)
	info := "\x00\x28" + "\x0abee1 topic" + "\x00\x04" + "\x01\x02\x03\x04"
	step := func(prev []byte, i byte) []byte {
		m := hmac.New(sha256.New, prk)
		m.Write(prev)
		m.Write([]byte(info))
		m.Write([]byte{i})
		return m.Sum(nil)
	}
	t1 := step(nil, 1)
	want := append(t1, step(t1, 2)...)[:40]
	if got := X(prk, "topic", []byte{1, 2, 3, 4}, 40); !bytes.Equal(got, want) {
		t.Errorf("X = %x, want %x", got, want)
	}
}

// No change of label, context, their border, or the length gives related bytes.
func TestEveryInputCounts(t *testing.T) {
	prk := make([]byte, 32)
	seen := map[string]string{}
	for name, out := range map[string][]byte{
		"a|bc":     X(prk, "a", []byte("bc"), 32),
		"ab|c":     X(prk, "ab", []byte("c"), 32),
		"abc|":     X(prk, "abc", nil, 32),
		"|abc":     X(prk, "", []byte("abc"), 32),
		"abc|, 64": X(prk, "abc", nil, 64)[:32],
		"key":      X(append(make([]byte, 31), 1), "abc", nil, 32),
	} {
		if other, ok := seen[string(out)]; ok {
			t.Errorf("%s and %s derive the same bytes", name, other)
		}
		seen[string(out)] = name
	}
}

func TestOutOfRangePanics(t *testing.T) {
	for name, call := range map[string]func(){
		"too much": func() { X(nil, "a", nil, 255*32+1) },
		"negative": func() { X(nil, "a", nil, -1) },
		"label":    func() { X(nil, strings.Repeat("a", 251), nil, 32) },
		"context":  func() { X(nil, "a", make([]byte, 65_536), 32) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: no panic", name)
				}
			}()
			call()
		}()
	}
}

func sequence(from, n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(from + i)
	}
	return hex.EncodeToString(b)
}

func unhex(s string) []byte {
	b, err := hex.DecodeString(s)
	if err != nil {
		panic(err)
	}
	return b
}

func TestManyIsX(t *testing.T) {
	prk := bytes.Repeat([]byte{7}, 32)
	many := NewMany(prk)
	for n := range 33 {
		ctx := bytes.Repeat([]byte{byte(n)}, 3*n)
		if got, want := many.X("leaf", ctx, n), X(prk, "leaf", ctx, n); !bytes.Equal(got, want) {
			t.Errorf("%d bytes: %x, want %x", n, got, want)
		}
	}
}
