package vault

import (
	"encoding/hex"
	"flag"
	"os"
	"strings"
	"testing"
)

var record = flag.Bool("record", false, "write new vault vectors into wasm/testdata: only before a release, and only for new scenarios")

// What it writes is judged by TestVaultVectors and by a second implementation
// (wasm/testdata/vectors.test.mjs).
func TestRecordVectors(t *testing.T) {
	if !*record {
		t.Skip("records vectors only when asked with -record")
	}
	write := func(name, comment, expect, pass string, pepper []byte, h Header, container []byte, plain string) {
		var b strings.Builder
		for _, f := range [][2]string{{"comment", comment}, {"spec", "i"}, {"expect", expect}} {
			b.WriteString(f[0] + ": " + f[1] + "\n")
		}
		if h.Asks() {
			base := h.Base([]byte(pass))
			b.WriteString("passphrase: " + pass + "\nbase: " + hex.EncodeToString(base[:]) + "\n")
		}
		b.WriteString("pepper: " + hex.EncodeToString(pepper) + "\nplain: " + hex.EncodeToString([]byte(plain)) + "\ncontainer:\n")
		for s := hex.EncodeToString(container); s != ""; {
			n := min(len(s), 96)
			b.WriteString(" " + s[:n] + "\n")
			s = s[n:]
		}
		if err := os.WriteFile("../testdata/vault_"+name+".txt", []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for _, v := range []struct {
		name, comment, pass string
		cost                Cost
		pepper              []byte
	}{
		{"pepper", "no passphrase: the browser's key is all there is", "", Cost{}, pepper},
		{"passphrase", "a passphrase and the browser's key", "correct horse battery staple", cheap, pepper},
		{"backup", "a backup: a passphrase and nothing else", "correct horse battery staple", cheap, nil},
	} {
		k := key(t, v.cost, v.pass, v.pepper)
		plain := "contents"
		c := k.Seal([]byte(plain))
		write(v.name, v.comment, "ok", v.pass, v.pepper, k.header, c, plain)
		if v.name == "pepper" {
			write("neither", "no passphrase and no pepper: the key would be in the file", "E_VAULT", "", nil, k.header, c, plain)
			c[commitAt] ^= 1
			write("commitment_differs", "one bit of the commitment", "E_VAULT", "", v.pepper, k.header, c, plain)
			c[commitAt] ^= 1
			c[5] = 1
			write("costs_without_a_passphrase", "kdf 0 that asks for memory", "E_VAULT", "", v.pepper, k.header, c, plain)
		}
	}
}
